//! What goes into an exchange and what comes out of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::deadline::Deadline;
use super::error::{Ids, Metadata};
use super::json::Document;
use super::retry::{RetryEvent, RetryMode, is_throttling};
use super::transport::FrameSource;

/// What a successful response is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// JSON.
    Json,
    /// Bytes of any kind.
    Bytes,
    /// An event stream.
    Events,
}

/// A request as bytes.
#[derive(Debug, Clone)]
pub struct WireRequest {
    /// `POST` or `GET`.
    pub method: &'static str,
    /// Path and query below the endpoint, percent-encoded once.
    pub path: String,
    /// Headers of its own; they go before those of the client.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// What is expected of the response.
    pub response: BodyFormat,
}

/// A response's body: all of it, or its frames.
#[derive(Debug)]
pub enum WireBody {
    /// All of it, which is JSON.
    Json(Document),
    /// All of it, whatever it is.
    Bytes(Bytes),
    /// An event stream whose first frame has arrived.
    Stream(Box<FrameSource>),
}

/// A successful response.
#[derive(Debug)]
pub struct WireResponse {
    /// HTTP status.
    pub status: u16,
    /// AWS's ids of the request.
    pub ids: Ids,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: WireBody,
}

/// How one call is made: options that travel with it, so that clients that differ in nothing else
/// share identity and connections.
#[derive(Debug, Clone)]
pub struct SendOptions {
    /// When there must be a response, whatever came before it.
    pub deadline: Deadline,
    /// Longest time until the head of a response; none unless set, long prompts are slow.
    pub first_byte: Option<Duration>,
    /// Longest silence after the head: before a stream's first event, within a whole body.
    pub silence: Duration,
    /// Attempts in all, the first included.
    pub max_attempts: u32,
    /// Whether the rate of requests is limited.
    pub retry_mode: RetryMode,
    /// Milliseconds that the clock is wrong by, to be added.
    pub clock_offset: i64,
    /// The `user-agent`.
    pub user_agent: Arc<str>,
}

/// What one call has gone through so far.
pub struct CallState {
    pub(super) options: SendOptions,
    tally: Arc<CallTally>,
}

/// What a call's attempts count, wherever they are sent.
struct CallTally {
    attempts: AtomicU32,
    delay: AtomicU64,
    throttles: AtomicU32,
    on_retry: Box<dyn Fn(RetryEvent) + Send + Sync>,
}

impl CallState {
    /// A call that has not been sent yet. The same state counts on where a call is sent once more,
    /// changed.
    pub fn new(
        options: SendOptions,
        on_retry: impl Fn(RetryEvent) + Send + Sync + 'static,
    ) -> Arc<Self> {
        let tally = CallTally {
            attempts: AtomicU32::new(0),
            delay: AtomicU64::new(0),
            throttles: AtomicU32::new(0),
            on_retry: Box::new(on_retry),
        };
        Arc::new(Self { options, tally: Arc::new(tally) })
    }

    /// The same call, sent in another way: it counts on.
    #[must_use]
    pub fn with_options(&self, options: SendOptions) -> Arc<Self> {
        Arc::new(Self { options, tally: Arc::clone(&self.tally) })
    }

    /// How it is sent.
    pub fn options(&self) -> &SendOptions {
        &self.options
    }

    /// An attempt begins.
    pub(super) fn begin(&self) {
        self.tally.attempts.fetch_add(1, Ordering::Relaxed);
    }

    /// An attempt has failed and is repeated.
    pub(super) fn repeats(&self, event: RetryEvent) {
        self.tally.delay.fetch_add(event.delay, Ordering::Relaxed);
        if is_throttling(&event.error) {
            self.tally.throttles.fetch_add(1, Ordering::Relaxed);
        }
        (self.tally.on_retry)(event);
    }

    /// `$metadata` as far as the attempts know it.
    pub fn metadata(&self, status: Option<u16>, ids: Ids) -> Metadata {
        Metadata {
            http_status_code: status,
            ids,
            attempts: self.tally.attempts.load(Ordering::Relaxed).max(1),
            total_retry_delay: self.tally.delay.load(Ordering::Relaxed),
            throttles: self.tally.throttles.load(Ordering::Relaxed),
        }
    }
}
