//! The adaptive mode's limit on the rate of requests: that of the AWS SDKs.
//!
//! It limits nothing until AWS throttles. Then the rate falls to 70 % of what was measured, and grows
//! along a cubic curve from one throttling to the next, up to twice what is really sent.
//!
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// What is left of the rate after throttling.
const BETA: f64 = 0.7;
/// How steeply the rate grows.
const SCALE: f64 = 0.4;
/// How much the newest half second weighs in the measured rate.
const SMOOTH: f64 = 0.8;
/// Requests a second that are always allowed.
const LEAST_RATE: f64 = 0.5;
const LEAST_CAPACITY: f64 = 1.0;

/// Limits requests that share one set of credentials and one region. Times are seconds since 1970.
#[derive(Debug, Default)]
pub struct RateLimiter(Mutex<Option<State>>);

#[derive(Debug)]
struct State {
    limits: bool,
    tokens: f64,
    capacity: f64,
    rate: f64,
    filled_at: f64,
    measured: f64,
    requests: f64,
    half_second: f64,
    best_rate: f64,
    throttled_at: f64,
}

/// Now, as the limiter counts.
pub fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.as_ref().map_or(0.0, Duration::as_secs_f64)
}

impl RateLimiter {
    /// Takes the token of one request and says how long to wait before it is sent. Tokens of waiting
    /// requests are owed, so that they leave one after the other.
    pub fn reserve(&self, now: f64) -> Duration {
        self.with(now, |state| {
            if !state.limits {
                return Duration::ZERO;
            }
            state.fill(now);
            state.tokens -= 1.0;
            let wait = (-state.tokens / state.rate).max(0.0);
            Duration::try_from_secs_f64(wait).unwrap_or(Duration::ZERO)
        })
    }

    /// Learns how an attempt ended.
    pub fn update(&self, now: f64, throttled: bool) {
        self.with(now, |state| {
            state.measure(now);
            let rate = if throttled {
                let rate =
                    if state.limits { state.measured.min(state.rate) } else { state.measured };
                state.best_rate = rate;
                state.throttled_at = now;
                state.limits = true;
                rate * BETA
            } else {
                let window = (state.best_rate * (1.0 - BETA) / SCALE).cbrt();
                SCALE * (now - state.throttled_at - window).powi(3) + state.best_rate
            };
            state.set_rate(now, rate.min(2.0 * state.measured));
        });
    }

    fn with<T>(&self, now: f64, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(state.get_or_insert_with(|| State::new(now)))
    }
}

impl State {
    fn new(now: f64) -> Self {
        Self {
            limits: false,
            tokens: 0.0,
            capacity: LEAST_CAPACITY,
            rate: LEAST_RATE,
            filled_at: now,
            measured: 0.0,
            requests: 0.0,
            half_second: now.floor(),
            best_rate: 0.0,
            throttled_at: now,
        }
    }

    fn fill(&mut self, now: f64) {
        let gained = (now - self.filled_at).max(0.0) * self.rate;
        self.tokens = self.capacity.min(self.tokens + gained);
        self.filled_at = self.filled_at.max(now);
    }

    fn measure(&mut self, now: f64) {
        let half_second = (now * 2.0).floor() / 2.0;
        self.requests += 1.0;
        if half_second > self.half_second {
            let rate = self.requests / (half_second - self.half_second);
            self.measured = rate * SMOOTH + self.measured * (1.0 - SMOOTH);
            self.requests = 0.0;
            self.half_second = half_second;
        }
    }

    fn set_rate(&mut self, now: f64, rate: f64) {
        self.fill(now);
        self.rate = rate.max(LEAST_RATE);
        self.capacity = rate.max(LEAST_CAPACITY);
        self.tokens = self.tokens.min(self.capacity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(limiter: &RateLimiter, now: f64) -> f64 {
        limiter.with(now, |state| state.rate)
    }

    fn measured(limiter: &RateLimiter, now: f64) -> f64 {
        limiter.with(now, |state| state.measured)
    }

    #[track_caller]
    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
    }

    #[test]
    fn it_limits_nothing_before_the_first_throttling() {
        let limiter = RateLimiter::default();
        for n in 0..1000 {
            assert_eq!(limiter.reserve(100.0 + f64::from(n) / 1000.0), Duration::ZERO);
            limiter.update(100.0 + f64::from(n) / 1000.0, false);
        }
    }

    // The published vectors of the AWS SDKs: what is measured and allowed, answer by answer.
    #[test]
    fn rates_are_those_of_the_aws_sdks() {
        let limiter = RateLimiter::default();
        limiter.with(0.0, |_| ());
        for (throttled, now, expected_measured, expected_rate) in [
            (false, 0.2, 0.0, 0.5),
            (false, 0.4, 0.0, 0.5),
            (false, 0.6, 4.8, 0.5),
            (false, 0.8, 4.8, 0.5),
            (false, 1.0, 4.16, 0.5),
            (false, 1.2, 4.16, 0.691_2),
            (false, 1.4, 4.16, 1.097_6),
            (false, 1.6, 5.632, 1.638_4),
            (false, 1.8, 5.632, 2.332_8),
            (true, 2.0, 4.326_4, 3.028_48),
            (false, 2.2, 4.326_4, 3.486_639),
            (false, 2.4, 4.326_4, 3.821_874),
            (false, 2.6, 5.665_28, 4.053_386),
            (false, 2.8, 5.665_28, 4.200_373),
            (false, 3.0, 4.333_056, 4.282_037),
            (true, 3.2, 4.333_056, 2.997_426),
            (false, 3.4, 4.333_056, 3.452_226),
        ] {
            limiter.update(now, throttled);
            let (found, allowed) = (measured(&limiter, now), rate(&limiter, now));
            assert!((found - expected_measured).abs() < 1e-5, "measured {found} at {now}");
            assert!((allowed - expected_rate).abs() < 1e-5, "rate {allowed} at {now}");
        }
    }

    #[test]
    fn throttled_requests_leave_one_after_the_other() {
        let limiter = RateLimiter::default();
        limiter.with(0.0, |_| ());
        limiter.update(0.1, true); // nothing measured yet: the least rate
        close(rate(&limiter, 0.1), 0.5);
        let waits: Vec<f64> = (0..3).map(|_| limiter.reserve(0.1).as_secs_f64()).collect();
        // Half a request a second, less the 0.05 tokens of the first tenth of a second.
        for (wait, expected) in waits.iter().zip([1.9, 3.9, 5.9]) {
            close(*wait, expected);
        }
        // Who comes later waits behind them, and less as time goes by.
        close(limiter.reserve(6.1).as_secs_f64(), 1.9);
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_tokens_and_takes_none() {
        let limiter = RateLimiter::default();
        limiter.with(100.0, |_| ());
        limiter.update(100.0, true);
        let wait = limiter.reserve(90.0);
        assert!(wait >= Duration::from_secs(1) && wait <= Duration::from_secs(2), "{wait:?}");
    }
}
