//! When a failed attempt is sent again: the standard mode of the AWS SDK for JavaScript.
//!
//! Three attempts; back-off `random × min(base × 2^n, 20 s)` with a base of 1000 ms for throttling
//! and 50 ms otherwise; `retry-after` and `x-amz-retry-after` may lengthen it by up to 5 s; a bucket
//! of 500 tokens, shared by the clients of one set of credentials and region, so that a storm of
//! retries ends (LibreChat makes a client for each request: a bucket per client would never empty).
//! The adaptive mode is that with a limit on the rate of requests (`limiter.rs`), shared likewise.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::retries::{RequestAttempts, RetryStrategy, ShouldAttempt};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use serde::Serialize;

use super::call::AnswerKind;
use super::error::{self, CallError, ErrorKind, Ids, Metadata};
use super::limiter::{self, RateLimiter};

const MAX_DELAY: Duration = Duration::from_secs(20);
const MAX_EXTRA: Duration = Duration::from_secs(5);
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

/// What one call has gone through so far.
pub struct CallState {
    attempts: AtomicU32,
    /// Attempts of the request as it was before it was changed.
    earlier: AtomicU32,
    delay: AtomicU64,
    last_cost: AtomicU32,
    expected: Mutex<AnswerKind>,
    on_retry: Box<dyn Fn(RetryEvent) + Send + Sync>,
}

impl CallState {
    /// A call that has not been sent yet.
    pub fn new(on_retry: impl Fn(RetryEvent) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            attempts: AtomicU32::new(0),
            earlier: AtomicU32::new(0),
            delay: AtomicU64::new(0),
            last_cost: AtomicU32::new(0),
            expected: Mutex::new(AnswerKind::Json),
            on_retry: Box::new(on_retry),
        })
    }

    /// Says what the answer will be.
    pub(super) fn expect(&self, answer: AnswerKind) {
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// What the answer should be.
    pub(super) fn expected(&self) -> AnswerKind {
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The request is sent once more, changed; its attempts are counted on.
    pub fn send_once_more(&self) {
        let attempts = self.attempts.swap(0, Ordering::Relaxed);
        self.earlier.fetch_add(attempts.max(1), Ordering::Relaxed);
        self.last_cost.store(0, Ordering::Relaxed);
    }

    /// `$metadata` as far as the retries know it.
    pub fn metadata(&self, status: Option<u16>, ids: Ids) -> Metadata {
        Metadata {
            http_status_code: status,
            ids,
            attempts: self.earlier.load(Ordering::Relaxed)
                + self.attempts.load(Ordering::Relaxed).max(1),
            total_retry_delay: self.delay.load(Ordering::Relaxed),
        }
    }
}

tokio::task_local! {
    /// The call that this task is making: the orchestrator's hooks get no other way to it.
    pub(super) static CALL: Arc<CallState>;
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

/// What the clients of one set of credentials and one region share.
#[derive(Debug, Default)]
pub struct Quota {
    tokens: TokenBucket,
    limiter: RateLimiter,
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

/// The strategy of one caller.
#[derive(Debug, Clone)]
pub struct Retries {
    /// Attempts in all, the first included.
    pub max_attempts: u32,
    /// Whether the rate of requests is limited.
    pub mode: RetryMode,
    /// Shared.
    pub quota: Arc<Quota>,
}

impl Retries {
    /// How long a request that was not sent yet must wait.
    pub(super) fn wait(&self) -> Duration {
        self.limiter().map_or(Duration::ZERO, |limiter| limiter.reserve(limiter::now()))
    }

    fn limiter(&self) -> Option<&RateLimiter> {
        (self.mode == RetryMode::Adaptive).then_some(&self.quota.limiter)
    }

    fn learn(&self, throttled: bool) {
        if let Some(limiter) = self.limiter() {
            limiter.update(limiter::now(), throttled);
        }
    }
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

impl RetryStrategy for Retries {
    fn should_attempt_initial_request(
        &self,
        _: &RuntimeComponents,
        _: &ConfigBag,
    ) -> Result<ShouldAttempt, BoxError> {
        Ok(ShouldAttempt::Yes)
    }

    fn should_attempt_retry(
        &self,
        context: &InterceptorContext,
        _: &RuntimeComponents,
        cfg: &ConfigBag,
    ) -> Result<ShouldAttempt, BoxError> {
        let attempt = cfg.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        let call = CALL.try_with(Arc::clone).ok();
        if let Some(call) = &call {
            call.attempts.store(attempt, Ordering::Relaxed);
        }
        let failure = match context.output_or_error() {
            Some(Err(failure)) => failure,
            Some(Ok(_)) => {
                let spent = call.map_or(0, |call| call.last_cost.swap(0, Ordering::Relaxed));
                self.quota.tokens.give(spent.max(1));
                self.learn(false);
                return Ok(ShouldAttempt::No);
            }
            None => return Ok(ShouldAttempt::No),
        };
        let error = if let Some(connector) = failure.as_connector_error() {
            error::from_connector(connector, "")
        } else if let Some(error) =
            failure.as_operation_error().and_then(|error| error.downcast_ref::<CallError>())
        {
            error.clone()
        } else {
            return Ok(ShouldAttempt::No);
        };
        let class = classify(&error, context.response());
        self.learn(class == Class::Throttling);
        let over = class == Class::Final || attempt >= self.max_attempts;
        if over || !self.quota.tokens.take(class.cost()) {
            return Ok(ShouldAttempt::No);
        }
        let mut delay = delay(class, attempt, context.response());
        if let Some(limiter) = self.limiter() {
            delay = delay.max(limiter.reserve(limiter::now()));
        }
        if let Some(call) = call {
            call.last_cost.store(class.cost(), Ordering::Relaxed);
            call.delay.fetch_add(millis(delay), Ordering::Relaxed);
            (call.on_retry)(RetryEvent {
                attempt,
                max_attempts: self.max_attempts,
                delay: millis(delay),
                error: error.name,
                message: error.message,
            });
        }
        Ok(ShouldAttempt::YesAfterDelay(delay))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn classify(error: &CallError, response: Option<&HttpResponse>) -> Class {
    let status = error.response.as_ref().map(|response| response.status_code);
    let retry = error.retryable || matches!(status, Some(500 | 502 | 503 | 504));
    match error.kind {
        ErrorKind::Service if error.name == "ModelNotReadyException" => Class::Transient,
        ErrorKind::Service if status == Some(429) || THROTTLING.contains(&error.name.as_str()) => {
            Class::Throttling
        }
        ErrorKind::Service if SKEWED.contains(&error.name.as_str()) => {
            if skewed(response) {
                Class::Transient
            } else {
                Class::Final
            }
        }
        ErrorKind::Service | ErrorKind::Transport | ErrorKind::Answer if retry => Class::Transient,
        _ => Class::Final,
    }
}

/// The server's clock and ours differ so far that a corrected signature may be accepted.
fn skewed(response: Option<&HttpResponse>) -> bool {
    let date = response.and_then(|response| response.headers().get("date"));
    let server = date
        .and_then(|date| DateTime::from_str(date, Format::HttpDate).ok())
        .and_then(|date| SystemTime::try_from(date).ok());
    let now = SystemTime::now();
    server.is_some_and(|server| {
        let apart = server.duration_since(now).or_else(|_| now.duration_since(server));
        apart.is_ok_and(|apart| apart > SKEW)
    })
}

fn delay(class: Class, attempt: u32, response: Option<&HttpResponse>) -> Duration {
    let exponent = attempt.saturating_sub(1).min(16);
    let backoff = MAX_DELAY.min(class.base() * 2_u32.pow(exponent)).mul_f64(fastrand::f64());
    match response.and_then(|response| asked_delay(response, SystemTime::now())) {
        Some(asked) => asked.clamp(backoff, backoff + MAX_EXTRA),
        None => backoff,
    }
}

/// What the service asks for: milliseconds in `x-amz-retry-after`, seconds or a date in `retry-after`.
fn asked_delay(response: &HttpResponse, now: SystemTime) -> Option<Duration> {
    let headers = response.headers();
    if let Some(millis) = headers.get("x-amz-retry-after").and_then(|text| text.trim().parse().ok())
    {
        return Some(Duration::from_millis(millis));
    }
    let text = headers.get("retry-after")?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTime::from_str(text, Format::HttpDate).ok()?;
    SystemTime::try_from(date).ok()?.duration_since(now).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;

    use super::super::error::RawAnswer;
    use super::*;

    fn failed(name: &str, status: u16) -> CallError {
        let mut error = CallError::service(name, status, serde_json::Value::Null);
        error.response =
            Some(RawAnswer { status_code: status, headers: vec![], body: String::new() });
        error
    }

    fn response(headers: &[(&'static str, &str)]) -> HttpResponse {
        let mut response = HttpResponse::new(StatusCode::try_from(429).unwrap(), SdkBody::empty());
        for (name, value) in headers {
            response.headers_mut().insert(*name, (*value).to_owned());
        }
        response
    }

    #[test]
    fn what_is_retried_is_what_the_javascript_sdk_retries() {
        let class = |name, status| classify(&failed(name, status), None);
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
    fn a_skewed_clock_is_retried() {
        let error = failed("InvalidSignatureException", 403);
        let far = response(&[("date", "Tue, 01 Jan 2019 00:00:00 GMT")]);
        assert_eq!(classify(&error, Some(&far)), Class::Transient);
    }

    #[test]
    fn retry_after_lengthens_the_back_off_within_bounds() {
        let wait = |headers: &[(&'static str, &str)]| {
            delay(Class::Throttling, 1, Some(&response(headers)))
        };
        assert!(wait(&[("retry-after", "2")]) >= Duration::from_secs(2));
        assert!(wait(&[("retry-after", "3600")]) <= Duration::from_secs(6));
        assert!(wait(&[("x-amz-retry-after", "1500")]) >= Duration::from_millis(1500));
        assert!(wait(&[("retry-after", "soon")]) <= Duration::from_secs(1));
    }

    #[test]
    fn the_back_off_never_exceeds_twenty_seconds() {
        for attempt in 1..100 {
            assert!(delay(Class::Throttling, attempt, None) <= MAX_DELAY);
            assert!(delay(Class::Transient, 1, None) <= Duration::from_millis(50));
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
