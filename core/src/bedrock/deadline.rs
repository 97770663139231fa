//! The time a call may take, from its resolving to the head of its response: made once, passed all
//! the way.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, timeout, timeout_at};

use super::error::CallError;

/// When a call must have its response; attempts, waits and everything before them included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deadline(Option<(Instant, Duration)>);

impl Deadline {
    /// From now on; `None` is never.
    pub fn after(limit: Option<Duration>) -> Self {
        let at = |limit| Some((Instant::now().checked_add(limit)?, limit));
        Self(limit.and_then(at))
    }

    /// What is left of it; `None` where there is no end.
    pub fn left(&self) -> Option<Duration> {
        self.0.map(|(at, _)| at.saturating_duration_since(Instant::now()))
    }

    /// Waits for what must be there in time.
    pub async fn bound<T>(
        &self,
        waiting: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        match self.0 {
            None => waiting.await,
            Some((at, limit)) => {
                timeout_at(at, waiting).await.unwrap_or_else(|_| Err(too_late(limit)))
            }
        }
    }
}

/// Waits no longer than `limit`, where there is one.
pub(super) async fn within<T>(
    limit: Option<Duration>,
    waiting: impl Future<Output = Result<T, CallError>>,
    late: impl FnOnce(Duration) -> CallError,
) -> Result<T, CallError> {
    match limit {
        None => waiting.await,
        Some(limit) => timeout(limit, waiting).await.unwrap_or_else(|_| Err(late(limit))),
    }
}

fn too_late(limit: Duration) -> CallError {
    let message = format!("The call took longer than its timeout of {} ms.", limit.as_millis());
    let mut error = CallError::transport("ETIMEDOUT", message);
    error.retryable = false;
    error
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_deadline_bounds_everything_that_is_awaited_under_it() {
        let deadline = Deadline::after(Some(Duration::from_millis(700)));
        let pause = |millis| async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok::<_, CallError>(())
        };
        deadline.bound(pause(400)).await.unwrap();
        assert_eq!(deadline.left(), Some(Duration::from_millis(300)));
        let error = deadline.bound(pause(400)).await.unwrap_err();
        assert_eq!(error.message, "The call took longer than its timeout of 700 ms.");
        assert_eq!(
            (error.name.as_str(), error.code.as_deref()),
            ("TimeoutError", Some("ETIMEDOUT"))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_there_is_no_end() {
        for deadline in [Deadline::default(), Deadline::after(Some(Duration::MAX))] {
            let slow = async {
                tokio::time::sleep(Duration::from_secs(9999)).await;
                Ok::<_, CallError>(())
            };
            deadline.bound(slow).await.unwrap();
            assert_eq!(deadline.left(), None);
        }
    }
}
