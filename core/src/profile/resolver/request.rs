//! One question, as a flight answers it.

use std::time::Duration;

use super::memory::FlightKey;
use super::sources::Sources;
use crate::profile::arn::ModelRef;

/// How long a request waits for AWS, counted from the start of the flight; and a flight for another
/// process that asks the same.
pub const WAIT: Duration = Duration::from_secs(3);

/// What is asked, and of whom.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) key: FlightKey,
    pub(super) target: ModelRef,
    pub(super) region: Option<String>,
    pub(super) sources: Sources,
    /// When what is known already was fetched: only something newer from the store is news.
    pub(super) known_at: Option<u64>,
}
