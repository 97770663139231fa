//! An object of the caller's with `get`, `set` and `delete`, such as a Keyv.
//!
//! It knows no operation in one step but these: a lease or a counter is read and then written, one at a
//! time within the process. Between processes two may take the same lease, and both ask.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Mutex;

use super::memory::{after, whole};
use super::{Answer, FORMAT, Store, StoreError, StoreKey, Stored, newer_format};
use crate::profile::BoxFuture;
use crate::profile::clock::{Clock, SystemClock};

/// What keys begin with: the object may hold what is others'.
const PREFIX: &str = "bedrock-profile-client:";

/// Asks an object in JavaScript.
pub trait Keeper: Send + Sync {
    /// Does what a request (JSON of `ObjectRequest`) says with the object of this number; gives the value
    /// that was asked for.
    fn keep(
        &self,
        object: u32,
        request: String,
    ) -> BoxFuture<'static, Result<Option<String>, String>>;
}

/// What an object is to do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ObjectRequest<'a> {
    method: &'static str,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    lasts: Option<u64>,
}

/// An object as a store.
pub struct ObjectStore {
    number: u32,
    keeper: Arc<dyn Keeper>,
    turn: Mutex<()>,
}

impl fmt::Debug for ObjectStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ObjectStore").field(&self.number).finish()
    }
}

impl ObjectStore {
    /// The object of this number.
    pub fn new(number: u32, keeper: Arc<dyn Keeper>) -> Self {
        Self { number, keeper, turn: Mutex::default() }
    }

    async fn ask(&self, request: &ObjectRequest<'_>) -> Result<Option<String>, StoreError> {
        let request = serde_json::to_string(request);
        let request = request.map_err(|error| StoreError::new(error.to_string()))?;
        self.keeper.keep(self.number, request).await.map_err(StoreError::new)
    }

    async fn read(&self, key: &StoreKey) -> Result<Option<Stored>, StoreError> {
        let key = format!("{PREFIX}{}", key.as_str());
        let request = ObjectRequest { method: "get", key, value: None, lasts: None };
        let Some(text) = self.ask(&request).await? else { return Ok(None) };
        // What is not of this form was not written by this.
        let mut parts = text.splitn(3, '|');
        let number = |part: Option<&str>| part.and_then(|part| part.parse::<u64>().ok());
        let (format, until) = (number(parts.next()), number(parts.next()));
        let (Some(format), Some(until), Some(value)) = (format, until, parts.next()) else {
            return Ok(None);
        };
        if format > u64::from(FORMAT) {
            return Err(newer_format(u32::try_from(format).ok()));
        }
        let left = Duration::from_millis(until.saturating_sub(SystemClock.now()));
        Ok((!left.is_zero()).then(|| Stored { value: Arc::from(value), left }))
    }

    async fn write(&self, key: &StoreKey, value: &str, lasts: Duration) -> Result<(), StoreError> {
        let until = after(SystemClock.now(), lasts);
        let text = format!("{FORMAT}|{until}|{value}");
        let request = ObjectRequest {
            method: "set",
            key: format!("{PREFIX}{}", key.as_str()),
            value: Some(&text),
            lasts: Some(u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX)),
        };
        self.ask(&request).await.map(drop)
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        let key = format!("{PREFIX}{}", key.as_str());
        self.ask(&ObjectRequest { method: "delete", key, value: None, lasts: None }).await.map(drop)
    }
}

impl Store for ObjectStore {
    fn name(&self) -> &'static str {
        "object"
    }

    fn works_to_the_end(&self) -> bool {
        false
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, Option<Stored>> {
        Box::pin(self.read(key))
    }

    fn put<'a>(&'a self, key: &'a StoreKey, value: &'a str, lasts: Duration) -> Answer<'a, ()> {
        Box::pin(self.write(key, value, lasts))
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, ()> {
        Box::pin(self.delete(key))
    }

    fn add<'a>(&'a self, key: &'a StoreKey, amount: i64, lasts: Duration) -> Answer<'a, i64> {
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            let (before, lasts) = match self.read(key).await? {
                Some(Stored { value, left }) => (whole(key, &value)?, left),
                None => (0, lasts),
            };
            let sum = before.saturating_add(amount);
            self.write(key, &sum.to_string(), lasts).await?;
            Ok(sum)
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        holder: &'a str,
        lasts: Duration,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            let taken = self.read(key).await?.is_some_and(|stored| *stored.value != *holder);
            if !taken {
                self.write(key, holder, lasts).await?;
            }
            Ok(!taken)
        })
    }

    fn release<'a>(&'a self, key: &'a StoreKey, holder: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let _turn = self.turn.lock().await;
            if self.read(key).await?.is_some_and(|stored| *stored.value == *holder) {
                self.delete(key).await?;
            }
            Ok(())
        })
    }
}
