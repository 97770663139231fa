//! The time, as something a test can turn.

use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::BoxFuture;

/// Tells the time and waits.
pub trait Clock: Debug + Send + Sync {
    /// Milliseconds since 1970: ages outlive the process in a store.
    fn now(&self) -> u64;

    /// Completes after the duration.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        // Tokio's timer panics outside its runtime; there, nothing can be timed.
        if tokio::runtime::Handle::try_current().is_err() {
            return Box::pin(std::future::pending());
        }
        Box::pin(async move { tokio::time::sleep(duration).await })
    }
}
