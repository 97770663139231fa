//! A store in the process: in front of the others, and alone where there is none.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Answer, Store, StoreError, StoreKey, Stored};
use crate::lru::Lru;
use crate::profile::clock::Clock;

/// What an entry weighs beside its texts.
const ENTRY_BYTES: usize = 128;

/// Keeps so many bytes; the least recently used leave first.
#[derive(Debug)]
pub struct MemoryStore {
    entries: Mutex<Lru<StoreKey, Entry>>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug, Clone)]
struct Entry {
    value: Arc<str>,
    /// Milliseconds since 1970.
    until: u64,
}

impl MemoryStore {
    /// An empty store for so many bytes.
    pub fn new(bytes: usize, clock: Arc<dyn Clock>) -> Self {
        Self { entries: Mutex::new(Lru::new(bytes)), clock }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Lru<StoreKey, Entry>, u64) -> T) -> T {
        let now = self.clock.now();
        // A poisoned lock holds a valid map: no operation of it leaves one half done.
        act(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// The value of a key.
    pub fn value(&self, key: &StoreKey) -> Option<Arc<str>> {
        self.with(|entries, now| live(entries, key, now).map(|entry| Arc::clone(&entry.value)))
    }

    /// The same, and how much longer it lasts.
    pub fn stored(&self, key: &StoreKey) -> Option<Stored> {
        self.with(|entries, now| {
            live(entries, key, now).map(|entry| Stored {
                value: Arc::clone(&entry.value),
                left: Duration::from_millis(entry.until.saturating_sub(now)),
            })
        })
    }

    /// What is worth giving to a store that has lost it.
    pub(super) fn lasting(&self) -> Vec<(StoreKey, Stored)> {
        let keys: Vec<StoreKey> = self.with(|entries, _| {
            entries.keys().filter(|key| key.kind().outlives_its_store()).cloned().collect()
        });
        keys.into_iter().filter_map(|key| self.stored(&key).map(|stored| (key, stored))).collect()
    }

    /// Keeps a value for so long.
    pub fn keep(&self, key: &StoreKey, value: &str, lasts: Duration) {
        self.with(|entries, now| insert(entries, key, Arc::from(value), after(now, lasts)));
    }

    /// Forgets a key.
    pub fn forget(&self, key: &StoreKey) {
        self.with(|entries, _| entries.remove(key));
    }

    /// Adds to a whole number; see [`Store::add`].
    pub fn count(&self, key: &StoreKey, amount: i64, lasts: Duration) -> Result<i64, StoreError> {
        self.with(|entries, now| {
            let (before, until) = match live(entries, key, now) {
                Some(entry) => (whole(key, &entry.value)?, entry.until),
                None => (0, after(now, lasts)),
            };
            let sum = before.saturating_add(amount);
            insert(entries, key, Arc::from(sum.to_string()), until);
            Ok(sum)
        })
    }
}

/// A number that is counted.
pub(super) fn whole(key: &StoreKey, text: &str) -> Result<i64, StoreError> {
    text.parse().map_err(|_| StoreError::new(format!("the value of {key:?} is no whole number")))
}

/// When something ends that lasts for so long, in milliseconds since 1970.
pub(super) fn after(now: u64, lasts: Duration) -> u64 {
    now.saturating_add(u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX))
}

fn live<'a>(entries: &'a mut Lru<StoreKey, Entry>, key: &StoreKey, now: u64) -> Option<&'a Entry> {
    if entries.get(key).is_some_and(|entry| entry.until <= now) {
        entries.remove(key);
    }
    entries.get(key)
}

fn insert(entries: &mut Lru<StoreKey, Entry>, key: &StoreKey, value: Arc<str>, until: u64) {
    let weight = ENTRY_BYTES + key.as_str().len() + value.len();
    entries.insert_weighing(key.clone(), Entry { value, until }, weight);
}

impl Store for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, Option<Stored>> {
        Box::pin(async move { Ok(self.stored(key)) })
    }

    fn put<'a>(&'a self, key: &'a StoreKey, value: &'a str, lasts: Duration) -> Answer<'a, ()> {
        Box::pin(async move {
            self.keep(key, value, lasts);
            Ok(())
        })
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, ()> {
        Box::pin(async move {
            self.forget(key);
            Ok(())
        })
    }

    fn add<'a>(&'a self, key: &'a StoreKey, amount: i64, lasts: Duration) -> Answer<'a, i64> {
        Box::pin(async move { self.count(key, amount, lasts) })
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        holder: &'a str,
        lasts: Duration,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            Ok(self.with(|entries, now| {
                let taken = live(entries, key, now).is_some_and(|entry| *entry.value != *holder);
                if !taken {
                    insert(entries, key, Arc::from(holder), after(now, lasts));
                }
                !taken
            }))
        })
    }

    fn release<'a>(&'a self, key: &'a StoreKey, holder: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            self.with(|entries, now| {
                if live(entries, key, now).is_some_and(|entry| *entry.value == *holder) {
                    entries.remove(key);
                }
            });
            Ok(())
        })
    }
}
