//! A flight as those see it who wait for its end.

use tokio::sync::watch;

use super::remembered::Remembered;
use crate::profile::lookup::LookupError;

/// How a flight ended.
#[derive(Debug, Clone)]
pub(super) enum Landed {
    Known(Remembered),
    Failed(LookupError),
    /// There was nobody to ask, and the store did not know.
    Skipped,
}

/// A flight, to those who wait.
#[derive(Debug, Clone)]
pub(super) struct Flight {
    pub(super) started: u64,
    pub(super) landed: watch::Receiver<Option<Landed>>,
}

impl Flight {
    /// How it ended; `None` where nobody leads it any more.
    pub(super) async fn landed(&mut self) -> Option<Landed> {
        self.landed.wait_for(Option::is_some).await.ok().and_then(|landed| landed.clone())
    }
}
