//! When a failed attempt is sent again: the standard mode of the AWS SDK for JavaScript.
//!
//! Three attempts; back-off `random × min(base × 2^n, 20 s)` with a base of 1000 ms for throttling
//! and 50 ms otherwise; `retry-after` and `x-amz-retry-after` may lengthen it by up to 5 s; a bucket
//! of 500 tokens, shared by the clients of one set of credentials and region, so that a storm of
//! retries ends (LibreChat makes a client for each request: a bucket per client would never empty).
//! The adaptive mode is that with a limit on the rate of requests (`limiter.rs`), shared likewise.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::Serialize;

use super::error::{CallError, ErrorKind};
use super::limiter::{self, RateLimiter};

const MAX_DELAY: Duration = Duration::from_secs(20);
const MAX_EXTRA: Duration = Duration::from_secs(5);
/// Clocks that are closer make no signature wrong.
const SKEW: Duration = Duration::from_mins(4);

const THROTTLING: [&str; 14] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];
/// Whether an error of this name says that there were too many requests.
pub(super) fn is_throttling(name: &str) -> bool {
    THROTTLING.contains(&name)
}

const SKEWED: [&str; 6] = [
    "AuthFailure",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

/// A retry that is about to happen, as listeners of `retry` see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryEvent {
    /// The attempt that failed, from 1.
    pub attempt: u32,
    /// How many there may be.
    pub max_attempts: u32,
    /// Milliseconds until the next.
    pub delay: u64,
    /// The name of what it failed with.
    pub error: String,
    /// The text of what it failed with.
    pub message: String,
}

/// Tokens that retries cost; empty, nothing is retried.
#[derive(Debug)]
pub struct TokenBucket(Mutex<u32>);

impl TokenBucket {
    const CAPACITY: u32 = 500;

    fn take(&self, cost: u32) -> bool {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match tokens.checked_sub(cost) {
            Some(rest) => {
                *tokens = rest;
                true
            }
            None => false,
        }
    }

    fn give(&self, tokens: u32) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = held.saturating_add(tokens).min(Self::CAPACITY);
    }
}

impl Default for TokenBucket {
    fn default() -> Self {
        Self(Mutex::new(Self::CAPACITY))
    }
}

/// What the clients of one set of credentials and one region share: what their retries may cost, how
/// often they may ask, and how far their clock is off.
#[derive(Debug, Default)]
pub struct Quota {
    tokens: TokenBucket,
    limiter: RateLimiter,
    /// Milliseconds to add to the clock, learned from a service that found a signature too old or too
    /// new.
    skew: AtomicI64,
}

/// How failed attempts are repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RetryMode {
    /// As they fail.
    Standard,
    /// And no more requests in a second than AWS has let pass, once it has throttled.
    Adaptive,
}

/// Another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Retry {
    /// How long until then.
    pub delay: Duration,
    /// What it costs of the bucket; it comes back if the attempt succeeds.
    pub cost: u32,
}

impl Quota {
    /// How long a request that was not sent yet must wait.
    pub(super) fn wait(&self, mode: RetryMode) -> Duration {
        self.limiter(mode).map_or(Duration::ZERO, |limiter| limiter.reserve(limiter::now()))
    }

    /// The service's time, as far as it is known. `offset` is what the caller says of the clock.
    pub(super) fn time(&self, offset: i64) -> SystemTime {
        shifted(SystemTime::now(), offset.saturating_add(self.skew.load(Ordering::Relaxed)))
    }

    /// An attempt has succeeded, after a retry that cost so much.
    pub(super) fn succeeded(&self, mode: RetryMode, cost: u32) {
        self.tokens.give(cost.max(1));
        if let Some(limiter) = self.limiter(mode) {
            limiter.update(limiter::now(), false);
        }
    }

    /// An attempt has failed; whether there is another.
    pub(super) fn failed(
        &self,
        mode: RetryMode,
        error: &CallError,
        attempts: (u32, u32),
        offset: i64,
    ) -> Option<Retry> {
        let (attempt, most) = attempts;
        let class = classify(error, || self.learn_clock(error, offset));
        if let Some(limiter) = self.limiter(mode) {
            limiter.update(limiter::now(), class == Class::Throttling);
        }
        let over = class == Class::Final || attempt >= most;
        if over || !self.tokens.take(class.cost()) {
            return None;
        }
        let mut delay = delay(class, attempt, error);
        if let Some(limiter) = self.limiter(mode) {
            delay = delay.max(limiter.reserve(limiter::now()));
        }
        Some(Retry { delay, cost: class.cost() })
    }

    /// Whether the service's clock and ours differ so far that a corrected signature may be accepted.
    fn learn_clock(&self, error: &CallError, offset: i64) -> bool {
        let Some(server) = header(error, "date").and_then(http_date) else {
            return false;
        };
        let ours = self.time(offset);
        let apart = server.duration_since(ours).or_else(|_| ours.duration_since(server));
        if !apart.is_ok_and(|apart| apart > SKEW) {
            return false;
        }
        let local = shifted(SystemTime::now(), offset);
        let skew = match server.duration_since(local) {
            Ok(ahead) => i64::try_from(ahead.as_millis()),
            Err(behind) => i64::try_from(behind.duration().as_millis()).map(|millis| -millis),
        };
        self.skew.store(skew.unwrap_or(0), Ordering::Relaxed);
        true
    }

    fn limiter(&self, mode: RetryMode) -> Option<&RateLimiter> {
        (mode == RetryMode::Adaptive).then_some(&self.limiter)
    }
}

/// A clock that is wrong, set right.
fn shifted(time: SystemTime, millis: i64) -> SystemTime {
    let by = Duration::from_millis(millis.unsigned_abs());
    let shifted = if millis < 0 { time.checked_sub(by) } else { time.checked_add(by) };
    shifted.unwrap_or(time)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Throttling,
    Transient,
    Final,
}

impl Class {
    fn base(self) -> Duration {
        Duration::from_millis(if self == Self::Throttling { 1000 } else { 50 })
    }

    fn cost(self) -> u32 {
        if self == Self::Throttling { 5 } else { 14 }
    }
}

/// Whether the service has had too many requests.
pub(crate) fn is_throttled(error: &CallError) -> bool {
    classify(error, || false) == Class::Throttling
}

/// `skewed` says whether a wrong clock may be why, and sets it right.
fn classify(error: &CallError, skewed: impl FnOnce() -> bool) -> Class {
    let status = error.response.as_ref().map(|response| response.status_code);
    let retry = error.retryable || matches!(status, Some(500 | 502 | 503 | 504));
    match error.kind {
        ErrorKind::Service if error.name == "ModelNotReadyException" => Class::Transient,
        ErrorKind::Service if status == Some(429) || THROTTLING.contains(&error.name.as_str()) => {
            Class::Throttling
        }
        ErrorKind::Service if SKEWED.contains(&error.name.as_str()) => {
            if skewed() {
                Class::Transient
            } else {
                Class::Final
            }
        }
        ErrorKind::Service | ErrorKind::Transport | ErrorKind::Response if retry => {
            Class::Transient
        }
        _ => Class::Final,
    }
}

fn delay(class: Class, attempt: u32, error: &CallError) -> Duration {
    let exponent = attempt.saturating_sub(1).min(16);
    let backoff = MAX_DELAY.min(class.base() * 2_u32.pow(exponent)).mul_f64(fastrand::f64());
    match requested_delay(error, SystemTime::now()) {
        Some(requested) => requested.clamp(backoff, backoff + MAX_EXTRA),
        None => backoff,
    }
}

/// What the service asks for: milliseconds in `x-amz-retry-after`, seconds or a date in `retry-after`.
pub(crate) fn requested_delay(error: &CallError, now: SystemTime) -> Option<Duration> {
    let millis = header(error, "x-amz-retry-after").and_then(|text| text.trim().parse().ok());
    if let Some(millis) = millis {
        return Some(Duration::from_millis(millis));
    }
    let text = header(error, "retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    http_date(text)?.duration_since(now).ok()
}

fn header<'a>(error: &'a CallError, wanted: &str) -> Option<&'a str> {
    let headers = &error.response.as_ref()?.headers;
    let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.map(|(_, value)| value.as_str())
}

fn http_date(text: &str) -> Option<SystemTime> {
    SystemTime::try_from(DateTime::from_str(text, Format::HttpDate).ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::error::RawResponse;
    use super::*;

    fn failed(name: &str, status: u16, headers: &[(&str, &str)]) -> CallError {
        let mut error = CallError::service(name, status, serde_json::Value::Null);
        let headers =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        error.response = Some(RawResponse { status_code: status, headers, body: String::new() });
        error
    }

    #[test]
    fn what_is_retried_is_what_the_javascript_sdk_retries() {
        let class = |name, status| classify(&failed(name, status, &[]), || false);
        assert_eq!(class("ThrottlingException", 429), Class::Throttling);
        assert_eq!(class("ThrottlingException", 400), Class::Throttling);
        assert_eq!(class("Unknown", 429), Class::Throttling);
        assert_eq!(class("ModelNotReadyException", 429), Class::Transient);
        for status in [500, 502, 503, 504] {
            assert_eq!(class("Unknown", status), Class::Transient);
        }
        for (name, status) in [
            ("ValidationException", 400),
            ("AccessDeniedException", 403),
            ("ExpiredTokenException", 403),
            ("ModelTimeoutException", 408),
            ("ModelErrorException", 424),
            ("InvalidSignatureException", 403),
        ] {
            assert_eq!(class(name, status), Class::Final, "{name}");
        }
    }

    #[test]
    fn a_skewed_clock_is_set_right_once_and_for_those_who_share_it() {
        let quota = Quota::default();
        let old = [("Date", "Tue, 01 Jan 2019 00:00:00 GMT")];
        let error = failed("InvalidSignatureException", 403, &old);
        let retry = |error: &CallError| quota.failed(RetryMode::Standard, error, (1, 3), 0);
        assert!(retry(&error).is_some());
        let year = |offset| {
            let since = quota.time(offset).duration_since(SystemTime::UNIX_EPOCH).unwrap();
            1970 + since.as_secs() / 31_556_952
        };
        assert_eq!(year(0), 2019);
        // Signed with the right time and refused once more: it is not the clock.
        assert!(retry(&error).is_none());
        assert_eq!(year(366 * 86_400_000), 2020);
        assert!(retry(&failed("InvalidSignatureException", 403, &[])).is_none());
        assert!(retry(&failed("AccessDeniedException", 403, &old)).is_none());
    }

    #[test]
    fn retry_after_lengthens_the_back_off_within_bounds() {
        let wait = |headers: &[(&str, &str)]| {
            delay(Class::Throttling, 1, &failed("ThrottlingException", 429, headers))
        };
        assert!(wait(&[("retry-after", "2")]) >= Duration::from_secs(2));
        assert!(wait(&[("Retry-After", "3600")]) <= Duration::from_secs(6));
        assert!(wait(&[("x-amz-retry-after", "1500")]) >= Duration::from_millis(1500));
        assert!(wait(&[("retry-after", "soon")]) <= Duration::from_secs(1));
    }

    #[test]
    fn the_back_off_never_exceeds_twenty_seconds() {
        let error = failed("ThrottlingException", 429, &[]);
        for attempt in 1..100 {
            assert!(delay(Class::Throttling, attempt, &error) <= MAX_DELAY);
            assert!(delay(Class::Transient, 1, &error) <= Duration::from_millis(50));
        }
    }

    #[test]
    fn an_empty_bucket_ends_the_storm() {
        let bucket = TokenBucket::default();
        assert_eq!((0..200).filter(|_| bucket.take(5)).count(), 100);
        bucket.give(5);
        assert!(bucket.take(5) && !bucket.take(1));
        bucket.give(10_000);
        assert!(bucket.take(500) && !bucket.take(1));
    }
}
