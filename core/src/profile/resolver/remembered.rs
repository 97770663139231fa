//! An answer, and for how long it is used.

use std::time::Duration;

use crate::profile::record::Record;

/// How long an answer is used without asking again.
pub(super) const FRESH: Duration = Duration::from_hours(1);
/// How long an answer is used while AWS is asked again; after it, the answer is waited for.
pub(super) const STALE: Duration = Duration::from_hours(24);
/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remembered {
    pub(super) record: Record,
    pub(super) from_store: bool,
    /// When to ask again; with jitter, so that ids learnt together are not asked about together.
    pub(super) refresh_at: u64,
}

impl Remembered {
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

    pub(super) fn bytes(&self) -> usize {
        let Record { model, other_models, .. } = &self.record;
        model.len() + other_models.iter().map(|model| model.len() + 24).sum::<usize>()
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
