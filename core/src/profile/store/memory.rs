//! A store in the process: what the others are measured against, and for tests.

use std::sync::{Mutex, PoisonError};

use super::{Record, Store, StoreError};
use crate::lru::Lru;
use crate::profile::BoxFuture;

/// Keeps a bounded number of records; the least recently used leave first.
#[derive(Debug)]
pub struct MemoryStore {
    records: Mutex<Lru<String, Record>>,
}

impl MemoryStore {
    /// An empty store for so many records.
    pub fn new(capacity: usize) -> Self {
        Self { records: Mutex::new(Lru::new(capacity)) }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Lru<String, Record>) -> T) -> T {
        // A poisoned lock holds a valid map: no operation of it leaves one half done.
        act(&mut self.records.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for MemoryStore {
    fn get<'a>(&'a self, arn: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        Box::pin(async move { Ok(self.with(|records| records.get(arn).cloned())) })
    }

    fn put<'a>(
        &'a self,
        arn: &'a str,
        record: &'a Record,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.with(|records| records.insert(arn.to_owned(), record.clone()));
            Ok(())
        })
    }

    fn remove<'a>(&'a self, arn: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.with(|records| records.remove(arn));
            Ok(())
        })
    }
}
