//! What the process remembers: answers, failures, questions under way, warnings given.

use std::collections::HashMap;
use std::time::Duration;

use super::flight::Flight;
use super::lru::Lru;
use super::resolved::WarningCause;
use crate::profile::lookup::{LookupCause, LookupError};
use crate::profile::store::Record;

/// Most ids that are remembered.
const CAPACITY: usize = 10_000;
/// Most questions under way at once; beyond it ids stay unknown rather than queue.
pub(super) const MAX_FLIGHTS: usize = 1_000;

/// How long an answer is used without asking again.
pub(super) const FRESH: Duration = Duration::from_hours(1);
/// How long an answer is used while AWS is asked again; after it, the answer is waited for.
pub(super) const STALE: Duration = Duration::from_hours(24);
/// How long a store that has nothing newer is left alone, where AWS must not be asked.
const POSTPONE: Duration = Duration::from_mins(1);

/// What an answer depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// An ARN means the same to everyone.
    Arn(String),
    /// A name means something within an account and region.
    Name { name: String, region: Option<String>, scope: Option<String> },
}

/// What a question depends on: beside its subject, who asks and which store is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FlightKey {
    pub(super) key: Key,
    pub(super) scope: Option<String>,
    /// Address of the store; only compared.
    pub(super) store: usize,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) record: Record,
    pub(super) from_store: bool,
    /// When to ask again; with jitter, so that ids learnt together are not asked about together.
    pub(super) refresh_at: u64,
}

impl Known {
    pub(super) fn new(record: Record, from_store: bool) -> Self {
        let fresh = millis(FRESH);
        let refresh_at = record.fetched_at.saturating_add(fresh - fastrand::u64(0..=fresh / 10));
        Self { record, from_store, refresh_at }
    }

    pub(super) fn is_fresh(&self, now: u64) -> bool {
        now < self.refresh_at
    }

    pub(super) fn is_usable(&self, now: u64) -> bool {
        now < self.record.fetched_at.saturating_add(millis(STALE))
    }
}

/// A failure that is not repeated until its time is over.
#[derive(Debug, Clone)]
struct Failure {
    error: LookupError,
    until: u64,
}

#[derive(Debug)]
pub(super) struct Memory {
    known: Lru<Key, Known>,
    failed: Lru<FlightKey, Failure>,
    pub(super) flights: HashMap<FlightKey, Flight>,
    warned: Lru<(String, WarningCause), ()>,
    /// What went wrong with the store last.
    pub(super) store_trouble: Option<String>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            known: Lru::new(CAPACITY),
            failed: Lru::new(CAPACITY),
            flights: HashMap::new(),
            warned: Lru::new(CAPACITY),
            store_trouble: None,
        }
    }

    pub(super) fn known(&mut self, key: &Key) -> Option<&Known> {
        self.known.get(key)
    }

    /// Nobody could be asked: what is known is not looked up again at once.
    pub(super) fn postpone(&mut self, key: &Key, now: u64) {
        if let Some(known) = self.known.get(key).cloned() {
            let refresh_at = now.saturating_add(millis(POSTPONE));
            self.known.insert(key.clone(), Known { refresh_at, ..known });
        }
    }

    pub(super) fn failed(&mut self, key: &FlightKey, now: u64) -> Option<LookupError> {
        self.failed
            .get(key)
            .filter(|failure| now < failure.until)
            .map(|failure| failure.error.clone())
    }

    pub(super) fn learn(&mut self, key: &FlightKey, known: Known) {
        self.failed.remove(key);
        self.known.insert(key.key.clone(), known);
    }

    pub(super) fn fail(&mut self, key: &FlightKey, error: LookupError, now: u64) {
        let hold = millis(hold(&error));
        let until = now.saturating_add(hold + fastrand::u64(0..=hold / 10));
        self.failed.insert(key.clone(), Failure { error, until });
    }

    /// Whether a warning was not given before.
    pub(super) fn is_first(&mut self, id: &str, cause: WarningCause) -> bool {
        let key = (id.to_owned(), cause);
        let is_first = self.warned.get(&key).is_none();
        if is_first {
            self.warned.insert(key, ());
        }
        is_first
    }
}

/// How long a failure is remembered: as long as its cause is likely to last.
fn hold(error: &LookupError) -> Duration {
    match error.cause {
        LookupCause::AccessDenied | LookupCause::Validation => Duration::from_mins(5),
        LookupCause::NotFound => Duration::from_mins(1),
        LookupCause::Throttled => error
            .retry_after
            .unwrap_or(Duration::from_secs(5))
            .clamp(Duration::from_secs(1), Duration::from_mins(1)),
        LookupCause::Unavailable | LookupCause::Timeout => Duration::from_secs(15),
        LookupCause::Other => Duration::from_secs(30),
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
