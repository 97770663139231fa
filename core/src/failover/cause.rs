//! Why a destination is left, and for how long it is not called then.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::bedrock::error::{CallError, ErrorKind};
use crate::bedrock::rejection::Rejection;
use crate::bedrock::retry;

/// Why a destination is left before the first byte of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cause {
    /// Too many requests or tokens in a minute.
    Throttled,
    /// A quota is used up that does not refill within minutes.
    Quota,
    /// The service or the model has no capacity, or an error of its own.
    Overloaded,
    /// The credentials may not call it.
    Denied,
    /// There is no such profile or model there.
    NotFound,
    /// No connection, or one that broke.
    Connection,
    /// Nothing arrived in time.
    Stalled,
    /// The credentials that sign there are not accepted, or could not be had.
    Credentials,
    /// It may be called, but not for a stream.
    StreamingDenied,
}

/// For how long nothing is tried that only the operator can set right.
pub const SET_RIGHT: Duration = Duration::from_mins(5);
/// How a `ValidationException` says that what is called is not open to the account.
const NOT_OPEN: &[&str] = &[
    "operation not allowed",
    "not authorized to invoke this api operation",
    "is not available for this account",
    "is not allowed for this account",
    "not available for channel program accounts",
];
/// How it says that there is nothing there that could be called so.
const NOT_THERE: &[&str] = &["model identifier is invalid", "on-demand throughput"];
/// Longest cool-down that a response's `retry-after` may ask for.
const LONGEST: Duration = Duration::from_mins(2);

impl Cause {
    /// Why this error is one to leave a destination for; `None` where another would answer the same, or
    /// where an answer has begun. `streams`: the response is a stream of events.
    pub fn of(error: &CallError, streams: bool) -> Option<Self> {
        let status = error.response.as_ref().map(|response| response.status_code);
        match error.kind {
            ErrorKind::Service if Rejection::of(error).is_some() => Some(Self::Credentials),
            ErrorKind::Service => Self::of_service(error, status),
            ErrorKind::Credentials => Some(Self::Credentials),
            // The head of a whole answer has arrived: the model was called, and is paid.
            ErrorKind::Transport | ErrorKind::Response if !streams && has_answered(error) => None,
            ErrorKind::Transport if is_timeout(error) => Some(Self::Stalled),
            ErrorKind::Transport => Some(Self::Connection),
            ErrorKind::Response if streams && is_timeout(error) => Some(Self::Stalled),
            // Before its first event, a stream has answered nothing.
            ErrorKind::Response if streams => Some(Self::Connection),
            ErrorKind::Response | ErrorKind::Input | ErrorKind::Abort => None,
        }
    }

    fn of_service(error: &CallError, status: Option<u16>) -> Option<Self> {
        let name = error.name.strip_suffix("Exception").unwrap_or(&error.name);
        let text = error.message.to_lowercase();
        if name == "ServiceQuotaExceeded" || text.contains("per day") {
            return Some(Self::Quota);
        }
        if name == "Validation" {
            let says = |texts: &[&str]| texts.iter().any(|part| text.contains(part));
            return if says(NOT_OPEN) {
                Some(Self::Denied)
            } else {
                says(NOT_THERE).then_some(Self::NotFound)
            };
        }
        match (name, status) {
            ("ModelNotReady" | "InternalServer" | "ServiceUnavailable" | "InternalFailure", _) => {
                Some(Self::Overloaded)
            }
            _ if retry::is_throttled(error) => Some(Self::Throttled),
            ("AccessDenied", _) | (_, Some(401 | 403 | 407)) => Some(Self::Denied),
            ("ResourceNotFound", _) => Some(Self::NotFound),
            ("ModelError" | "ModelTimeout" | "ModelStreamError", _) => None,
            (_, Some(500 | 502 | 503 | 504 | 529)) => Some(Self::Overloaded),
            _ => None,
        }
    }

    /// For how long a destination is not called after it was left for this.
    pub fn cool_down(self, error: &CallError) -> Option<Duration> {
        let asked = || retry::requested_delay(error, SystemTime::now());
        let longer = |least: u64| {
            let least = Duration::from_secs(least);
            asked().map_or(least, |asked| asked.clamp(least, LONGEST))
        };
        Some(match self {
            Self::Throttled => longer(15),
            Self::Overloaded => longer(10),
            Self::Connection => Duration::from_secs(10),
            Self::Stalled => Duration::from_secs(30),
            Self::Quota | Self::Denied | Self::NotFound | Self::StreamingDenied => SET_RIGHT,
            // That is about who signs, who may be right the next time.
            Self::Credentials => return None,
        })
    }

    /// Whether it is about who asks, and says nothing to others of the same account.
    pub fn is_the_signers(self) -> bool {
        matches!(self, Self::Denied | Self::StreamingDenied | Self::Credentials)
    }

    /// Whether calling it all the same may help: it passes by itself.
    pub fn passes(self) -> bool {
        !matches!(self, Self::Denied | Self::NotFound | Self::Credentials)
    }
}

fn has_answered(error: &CallError) -> bool {
    let status = error.metadata.as_ref().and_then(|metadata| metadata.http_status_code);
    status.is_some_and(|status| (200..300).contains(&status))
}

fn is_timeout(error: &CallError) -> bool {
    let late = |text: &str| text.starts_with("no answer within") || text.starts_with("No event");
    error.code.as_deref() == Some("ETIMEDOUT") && late(&error.message)
}

/// Whether a stream was refused whose model may be called without one.
pub fn denies_streaming(error: &CallError) -> bool {
    let text = error.message.to_lowercase();
    Cause::of(error, true) == Some(Cause::Denied) && text.contains("stream")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bedrock::error::{Metadata, RawResponse};

    fn service(name: &str, status_code: u16, text: &str) -> CallError {
        let mut error = CallError::service(name, status_code, json!({ "message": text }));
        let (headers, body) = (Vec::new(), String::new());
        error.response = Some(RawResponse { status_code, headers, body });
        error
    }

    #[test]
    fn each_error_has_its_cause() {
        use Cause as C;
        for (name, status, text, cause) in [
            ("ThrottlingException", 429, "Too many requests", Some(C::Throttled)),
            ("ThrottlingException", 429, "Too many tokens per day", Some(C::Quota)),
            ("ServiceQuotaExceededException", 400, "", Some(C::Quota)),
            ("Unknown", 429, "", Some(C::Throttled)),
            ("ModelNotReadyException", 429, "", Some(C::Overloaded)),
            ("ServiceUnavailableException", 503, "", Some(C::Overloaded)),
            ("InternalServerException", 500, "", Some(C::Overloaded)),
            ("Unknown", 529, "", Some(C::Overloaded)),
            ("AccessDeniedException", 403, "You don't have access to the model", Some(C::Denied)),
            ("Unknown", 403, "Forbidden", Some(C::Denied)),
            ("ExpiredTokenException", 403, "", Some(C::Credentials)),
            ("UnrecognizedClientException", 403, "", Some(C::Credentials)),
            ("ResourceNotFoundException", 404, "", Some(C::NotFound)),
            ("ValidationException", 400, "bad input", None),
            ("ValidationException", 400, "Operation not allowed", Some(C::Denied)),
            (
                "ValidationException",
                400,
                "The provided model identifier is invalid.",
                Some(C::NotFound),
            ),
            (
                "ValidationException",
                400,
                "Invocation of model ID a.b with on-demand throughput isn’t supported.",
                Some(C::NotFound),
            ),
            ("ModelErrorException", 424, "", None),
            ("ModelTimeoutException", 408, "", None),
            ("Unknown", 404, "", None),
        ] {
            assert_eq!(Cause::of(&service(name, status, text), true), cause, "{name} {status}");
        }
    }

    #[test]
    fn an_answer_that_has_begun_is_not_left() {
        let broken = CallError::bad_response("EmptyAnswerError", "The stream ended");
        assert_eq!(Cause::of(&broken, true), Some(Cause::Connection));
        assert_eq!(Cause::of(&broken, false), None);
        assert_eq!(Cause::of(&CallError::hang_up(), false), Some(Cause::Connection));
        let begun = Metadata { http_status_code: Some(200), ..Metadata::default() };
        assert_eq!(Cause::of(&CallError::hang_up().with_metadata(begun), false), None);
        let late = CallError::transport("ETIMEDOUT", "no answer within 5 ms");
        assert_eq!(Cause::of(&late, false), Some(Cause::Stalled));
        assert_eq!(Cause::of(&CallError::aborted(), true), None);
        assert_eq!(Cause::of(&CallError::input("x"), true), None);
    }

    #[test]
    fn a_cool_down_is_as_long_as_the_response_asks_within_bounds() {
        let mut error = service("ThrottlingException", 429, "");
        let mut asks = |seconds: &str| {
            let headers = vec![("retry-after".to_owned(), seconds.to_owned())];
            error.response = Some(RawResponse { status_code: 429, headers, body: String::new() });
            Cause::Throttled.cool_down(&error)
        };
        assert_eq!(asks("40"), Some(Duration::from_secs(40)));
        assert_eq!(asks("1"), Some(Duration::from_secs(15)));
        assert_eq!(asks("86400"), Some(LONGEST));
        assert_eq!(Cause::Credentials.cool_down(&error), None);
    }
}
