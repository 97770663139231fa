//! Errors as data: what a call failed with, in AWS's names, fields and texts.
//!
//! JavaScript makes its classes of these (`lib/errors.js`); what we can add to AWS's text, the
//! likely cause and its fix, stands in `hint` and never in `message`, because callers match on it.

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use serde::Serialize;
use serde_json::{Map, Value};

use super::json;
use super::shapes;

/// What kind of error it is, which decides its class in JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    /// Bedrock answered with an error.
    Service,
    /// The connection failed or ran out of time.
    Transport,
    /// The response could not be read, or ended before it was whole.
    Response,
    /// The request or the options are wrong; nothing was sent.
    Input,
    /// No credentials could be had.
    Credentials,
    /// The caller aborted.
    Abort,
}

/// By what ids an exchange can be found again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Ids {
    /// AWS's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// AWS's second id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_request_id: Option<String>,
    /// CloudFront's id, where it stands in front of a gateway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cf_id: Option<String>,
}

impl Ids {
    /// The same of a list of headers.
    pub(super) fn of_list(headers: &[(String, String)]) -> Self {
        Self::of(|wanted| {
            let found = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.clone())
        })
    }

    /// The ids that a response's headers name.
    pub(super) fn of(header: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            request_id: ["x-amzn-requestid", "x-amzn-request-id", "x-amz-request-id"]
                .into_iter()
                .find_map(&header),
            extended_request_id: header("x-amz-id-2"),
            cf_id: header("x-amz-cf-id"),
        }
    }
}

/// What is known of the exchange: `$metadata`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// HTTP status of the last response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status_code: Option<u16>,
    /// AWS's ids of it.
    #[serde(flatten)]
    pub ids: Ids,
    /// How often the request was sent.
    pub attempts: u32,
    /// Milliseconds waited between attempts.
    pub total_retry_delay: u64,
    /// How many attempts were throttled and repeated.
    #[serde(skip_serializing_if = "is_zero")]
    pub throttles: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The HTTP response behind an error: `$response`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RawResponse {
    /// HTTP status.
    pub status_code: u16,
    /// Headers, in their order.
    pub headers: Vec<(String, String)>,
    /// The body, or its first 64 KiB.
    pub body: String,
}

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallError {
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// AWS's name for it (`ThrottlingException`).
    pub name: String,
    /// AWS's text, word for word.
    pub message: String,
    /// A code as Node.js spells it (`ECONNREFUSED`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// `client` or `server`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<&'static str>,
    /// Whether the same request may succeed later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retryable: bool,
    /// Absent for exceptions within a stream, as in the AWS SDK for JavaScript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Further members of the exception (`originalStatusCode`, `resourceName`).
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub members: Map<String, Value>,
    /// The HTTP response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<RawResponse>,
    /// The error of the library below, where the message is in the words of Node.js.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What we know beyond AWS's text: the likely cause and its fix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// By which entry of the table of hints it is recognized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint_id: Option<&'static str>,
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

impl Error for CallError {}

impl CallError {
    /// An error of a kind, with nothing known beyond its text.
    pub fn new(kind: ErrorKind, name: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            message: message.into(),
            code: None,
            fault: None,
            retryable: false,
            metadata: None,
            members: Map::new(),
            response: None,
            cause: None,
            hint: None,
            hint_id: None,
        }
    }

    /// Wrong input: nothing was sent.
    pub fn input(message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Input, "ValidationException", message);
        error.fault = Some("client");
        error
    }

    /// The caller aborted.
    pub fn aborted() -> Self {
        Self::new(ErrorKind::Abort, "AbortError", "Request aborted")
    }

    /// The response cannot be read, or is not whole.
    pub fn bad_response(name: &str, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Response, name, message);
        error.retryable = true;
        error
    }

    /// A connection that failed, in the words of Node.js: another attempt may help.
    pub fn transport(code: &str, message: impl Into<String>) -> Self {
        // The AWS SDK for JavaScript calls connections that break TimeoutError.
        let broken = ["ECONNRESET", "EPIPE", "ETIMEDOUT"].contains(&code);
        let name = if broken { "TimeoutError" } else { "Error" };
        let mut error = Self::new(ErrorKind::Transport, name, message).with_code(code);
        error.retryable = true;
        error
    }

    /// The other side closed a connection on which something was awaited.
    pub fn hang_up() -> Self {
        Self::transport("ECONNRESET", "socket hang up")
    }

    /// A response that is none of HTTP/1.1, in the words of Node.js: another attempt would find the same.
    pub fn unparsable(code: &str, what: &str) -> Self {
        let mut error = Self::transport(code, format!("Parse Error: {what}"));
        error.retryable = false;
        error
    }

    /// A system call on a connection failed: `connect ECONNREFUSED 127.0.0.1:9`.
    pub fn system(syscall: &str, error: &io::Error, peer: Option<SocketAddr>) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::hang_up().caused_by(error.to_string());
        }
        let at = peer.map(|peer| format!(" {peer}")).unwrap_or_default();
        let mut made = match code_of(error) {
            Some(code) => Self::transport(code, format!("{syscall} {code}{at}")),
            None => Self::new(ErrorKind::Transport, "Error", format!("{syscall}{at}: {error}")),
        };
        if let Some(number) = error.raw_os_error() {
            made = made.with_member("errno", -number).with_member("syscall", syscall);
        }
        if let Some(peer) = peer {
            let address = peer.ip().to_string();
            made = made.with_member("address", address).with_member("port", peer.port());
        }
        made.caused_by(error.to_string())
    }

    /// The same with a code as Node.js spells it.
    #[must_use]
    pub fn with_code(mut self, code: &str) -> Self {
        self.code = Some(code.to_owned());
        self
    }

    /// The same with a further member.
    #[must_use]
    pub fn with_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// The same with the error of the library below.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The same with what is known of the exchange.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A modelled exception or an unknown code with its members.
    pub fn service(code: &str, status: u16, mut body: Value) -> Self {
        let shape = shapes::error_shape(code);
        let mut take = |name: &str| {
            let text = body.as_object_mut().and_then(|members| members.shift_remove(name));
            text.filter(|text| !text.is_null())
        };
        let (text, capital) = (take("message"), take("Message"));
        let mut members = match shapes::decode_error(code, &body) {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let message = match text.or(capital) {
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => "UnknownError".to_owned(),
        };
        members.shift_remove("__type");
        let server = shape.map_or(status >= 500, |shape| shape.server_fault);
        let mut error = Self::new(ErrorKind::Service, code, message);
        error.fault = Some(if server { "server" } else { "client" });
        error.retryable = shape.is_some_and(|shape| shape.retryable);
        error.members = members;
        error
    }
}

/// What the HTTP response of a failed attempt says.
pub(super) fn from_response(status: u16, headers: &[(String, String)], body: &[u8]) -> CallError {
    let header = |wanted: &str| {
        headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let parsed = json::parse(body).ok();
    let member = |key: &str| {
        parsed.as_ref().and_then(|body| body.get(key)).and_then(Value::as_str).map(str::to_owned)
    };
    let code =
        header("x-amzn-errortype").cloned().or_else(|| member("__type")).or_else(|| member("code"));
    let mut error = match (code, parsed) {
        (Some(code), body) => {
            let code = clean_code(&code);
            CallError::service(&code, status, body.unwrap_or(Value::Null))
        }
        (None, Some(body @ Value::Object(_))) => CallError::service("Unknown", status, body),
        (None, _) if body.is_empty() && status < 500 => {
            CallError::service("Unknown", status, Value::Null)
        }
        (None, _) => gateway(status, body),
    };
    error.response = Some(RawResponse {
        status_code: status,
        headers: headers.to_vec(),
        body: start_of(body, 64 * 1024),
    });
    error
}

/// A response that is not AWS's: a proxy's or a load balancer's page.
fn gateway(status: u16, body: &[u8]) -> CallError {
    let name = if status >= 500 { "ServiceUnavailableException" } else { "UnknownError" };
    let start = start_of(body, 200);
    let message = if start.is_empty() {
        format!("HTTP {status} without a body.")
    } else {
        format!("HTTP {status} with a body that is not AWS's: {start}")
    };
    let mut error = CallError::service(name, status, Value::Null);
    error.message = message;
    error.retryable = status >= 500;
    error
}

/// `ValidationException:http://…` and `com.amazon#ValidationException` are `ValidationException`.
fn clean_code(code: &str) -> String {
    let code = code.split([',', ':']).next().unwrap_or_default();
    code.rsplit('#').next().unwrap_or_default().trim().to_owned()
}

fn start_of(bytes: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(bytes.get(..most).unwrap_or(bytes));
    text.trim().to_owned()
}

/// The error of this type that another one comes from.
pub(super) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// What the errors say that another one comes from.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(error) = next {
        let text = error.to_string();
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
        next = error.source();
    }
    if parts.is_empty() { error.to_string() } else { parts.join(": ") }
}

/// Node.js's code for a failed system call.
fn code_of(error: &io::Error) -> Option<&'static str> {
    use io::ErrorKind as Io;
    Some(match error.kind() {
        Io::ConnectionRefused => "ECONNREFUSED",
        Io::ConnectionReset => "ECONNRESET",
        Io::ConnectionAborted => "ECONNABORTED",
        Io::NotConnected => "ENOTCONN",
        Io::BrokenPipe => "EPIPE",
        Io::TimedOut => "ETIMEDOUT",
        Io::HostUnreachable => "EHOSTUNREACH",
        Io::NetworkUnreachable => "ENETUNREACH",
        Io::NetworkDown => "ENETDOWN",
        Io::AddrNotAvailable => "EADDRNOTAVAIL",
        Io::AddrInUse => "EADDRINUSE",
        Io::PermissionDenied => "EACCES",
        _ if cfg!(unix) && error.raw_os_error() == Some(24) => "EMFILE",
        _ if cfg!(unix) && error.raw_os_error() == Some(23) => "ENFILE",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn the_code_comes_from_the_header_or_the_body() {
        let header = headers(&[("X-Amzn-ErrorType", "ValidationException:http://internal/")]);
        let error = from_response(400, &header, br#"{"message":"bad input"}"#);
        assert_eq!(
            (error.name.as_str(), error.message.as_str()),
            ("ValidationException", "bad input")
        );
        let error = from_response(
            400,
            &[],
            br#"{"__type":"com.amazon#ThrottlingException","Message":"slow"}"#,
        );
        assert_eq!((error.name.as_str(), error.message.as_str()), ("ThrottlingException", "slow"));
        let error = from_response(400, &[], br#"{"code":"BrandNew","message":"new","extra":1}"#);
        assert_eq!(error.members, *json!({ "code": "BrandNew", "extra": 1 }).as_object().unwrap());
    }

    #[test]
    fn an_error_without_code_or_text_is_unknown() {
        let error = from_response(418, &[], br#"{"message":"no type"}"#);
        assert_eq!((error.name.as_str(), error.message.as_str()), ("Unknown", "no type"));
        let error = from_response(404, &[], b"");
        assert_eq!((error.name.as_str(), error.message.as_str()), ("Unknown", "UnknownError"));
    }

    #[test]
    fn a_gateways_page_is_no_syntax_error() {
        let error = from_response(502, &[], b"<html>Bad gateway</html>");
        assert_eq!(error.name, "ServiceUnavailableException");
        assert_eq!(
            error.message,
            "HTTP 502 with a body that is not AWS's: <html>Bad gateway</html>"
        );
        assert_eq!(error.fault, Some("server"));
        assert!(error.retryable);
    }

    #[test]
    fn modelled_members_stay() {
        let header = headers(&[("x-amzn-errortype", "ModelErrorException")]);
        let body = br#"{"message":"m","originalStatusCode":500,"resourceName":"r","other":1}"#;
        let error = from_response(424, &header, body);
        assert_eq!(
            Value::Object(error.members),
            json!({ "originalStatusCode": 500, "resourceName": "r" })
        );
    }
}
