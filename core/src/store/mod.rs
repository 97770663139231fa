//! Where knowledge outlives the process or is shared by several: what AWS said of an ARN, why a lookup
//! failed, what refusals taught, which profiles rest, what was spent.
//!
//! * [`key`]: what is kept where. Scopes are the account and the endpoint; nothing secret is in a key.
//! * [`Store`]: what a store can do, as a trait.
//! * [`memory`]: in the process.
//! * [`mod@file`]: in a file that the processes of a machine share.
//! * `redis`: in a Redis or Valkey that many machines share.
//! * [`object`]: in an object that the caller gives, such as a Keyv.
//! * [`shared`]: stores behind one another, as the rest of the product uses them: never waited for long,
//!   never a reason to fail.
//!
//! Below `profile` and `model`, which both keep what they know here.

pub mod file;
pub mod key;
pub mod memory;
pub mod object;
#[cfg(feature = "redis")]
pub mod redis;
pub mod settings;
pub mod shared;

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast;

use crate::profile::BoxFuture;

pub use key::{KeyOwner, Kind, StoreKey};
pub use memory::MemoryStore;
pub use shared::SharedStore;

/// The format of what is stored. A store with a higher one is left alone.
pub const FORMAT: u32 = 1;
/// How long a value lasts that says nothing of its end.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// Why a store that a newer version has written is not used.
fn newer_format(format: Option<u32>) -> StoreError {
    let written =
        format.map_or_else(|| "an unknown format".to_owned(), |it| format!("format {it}"));
    StoreError::lasting(format!(
        "a newer version of bedrock-profile-client has written it ({written}; this version reads format \
         {FORMAT}). Update this process, or give it another store"
    ))
}

/// What a store can do. Every value is a text (JSON, or a whole number that [`Store::add`] counts) and
/// is forgotten when its time is over.
pub trait Store: Debug + Send + Sync {
    /// What the store is called in messages. It shows no password.
    fn name(&self) -> &str;

    /// The value of a key.
    fn get<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, Option<Stored>>;

    /// Keeps a value for so long, in place of the one that was there.
    fn put<'a>(&'a self, key: &'a StoreKey, value: &'a str, lasts: Duration) -> Answer<'a, ()>;

    /// Forgets a key.
    fn remove<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, ()>;

    /// Adds to a whole number in one step, and gives the sum. A number that was not there is 0 and lasts
    /// for so long from then on; adding to it later does not prolong that.
    fn add<'a>(&'a self, key: &'a StoreKey, amount: i64, lasts: Duration) -> Answer<'a, i64>;

    /// Keeps the holder's name where there is none, for so long; whether the holder has the lease now.
    fn lease<'a>(&'a self, key: &'a StoreKey, holder: &'a str, lasts: Duration)
    -> Answer<'a, bool>;

    /// Gives a lease back, where the holder still has it.
    fn release<'a>(&'a self, key: &'a StoreKey, holder: &'a str) -> Answer<'a, ()>;

    /// Whether it is being connected to: what is not answered yet is no failure.
    fn is_starting(&self) -> bool {
        false
    }

    /// Whether it still works while the process ends: JavaScript does not.
    fn works_to_the_end(&self) -> bool {
        true
    }

    /// What the operator should know though the store works, once.
    fn take_notice(&self) -> Option<String> {
        None
    }

    /// Hears of what others put and remove; `None` where the store cannot tell.
    fn changes(&self) -> Option<broadcast::Receiver<StoreChange>> {
        None
    }
}

/// A value, and how much longer it lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The value.
    pub value: Arc<str>,
    /// How much longer it lasts.
    pub left: Duration,
}

/// A store's answer.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Someone has changed the value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreChange {
    /// There is another value.
    Put(StoreKey),
    /// There is none any more.
    Removed(StoreKey),
    /// Changes may have been missed: everything may be different.
    Missed,
}

/// A store that cannot be read or written. It never fails a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    /// What is wrong, as a sentence without its full stop. It shows no password.
    pub message: String,
    /// It lasts until the operator sets it right: told even where something else has been told before.
    pub lasts: bool,
}

impl StoreError {
    /// An error with this message that may pass by itself.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), lasts: false }
    }

    /// One that only the operator can set right.
    pub fn lasting(message: impl Into<String>) -> Self {
        Self { message: message.into(), lasts: true }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}
