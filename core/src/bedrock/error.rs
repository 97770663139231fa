//! Errors as data: what a call failed with, in AWS's names, fields and texts.
//!
//! JavaScript makes its classes of these (`lib/errors.js`); what we can add to AWS's text, the
//! likely cause and its fix, stands in `hint` and never in `message`, because callers match on it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use serde::Serialize;
use serde_json::{Map, Value};

use super::connector::find;
use super::frames::FrameError;
use super::json;
use super::proxy::ProxyError;
use super::shapes;
use super::tls::HandshakeError;

/// What kind of error it is, which decides its class in JavaScript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    /// Bedrock answered with an error.
    Service,
    /// The connection failed or ran out of time.
    Transport,
    /// The answer could not be read, or ended before it was whole.
    Answer,
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

    /// The ids that an answer's headers name.
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
    /// HTTP status of the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status_code: Option<u16>,
    /// AWS's ids of it.
    #[serde(flatten)]
    pub ids: Ids,
    /// How often the request was sent.
    pub attempts: u32,
    /// Milliseconds waited between attempts.
    pub total_retry_delay: u64,
}

/// The HTTP answer behind an error: `$response`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RawAnswer {
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
    /// The HTTP answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<RawAnswer>,
    /// What we know beyond AWS's text: the likely cause and its fix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
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
            hint: None,
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

    /// The answer cannot be read, or is not whole.
    pub fn answer(name: &str, message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Answer, name, message);
        error.retryable = true;
        error
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

/// What the HTTP answer of a failed attempt says.
pub(super) fn from_answer(status: u16, headers: &[(String, String)], body: &[u8]) -> CallError {
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
    error.response = Some(RawAnswer {
        status_code: status,
        headers: headers.to_vec(),
        body: start_of(body, 64 * 1024),
    });
    error
}

/// An answer that is not AWS's: a proxy's or a load balancer's page.
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
    error.with_hint(
        "The answer did not come from Bedrock itself; a proxy or gateway between made it.",
    )
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

/// The error behind whatever the orchestrator failed with.
pub(super) fn from_sdk(error: SdkError<CallError, HttpResponse>, url: &str) -> CallError {
    let error = match error {
        SdkError::ServiceError(context) => return context.into_err(),
        error => error,
    };
    if let SdkError::DispatchFailure(failure) = &error
        && let Some(connector) = failure.as_connector_error()
    {
        return from_connector(connector, url);
    }
    from_identity(&error).unwrap_or_else(|| other(&error))
}

/// The whole call took longer than it may.
pub(super) fn late(limit: Duration) -> CallError {
    let message = format!("The call took longer than its timeout of {} ms.", limit.as_millis());
    let mut error = CallError::new(ErrorKind::Transport, "TimeoutError", message);
    error.code = Some("ETIMEDOUT".to_owned());
    error
}

fn other(error: &SdkError<CallError, HttpResponse>) -> CallError {
    let text = chain(error);
    // The identity cache's own error: whoever was to give keys or a token has not answered in time.
    if text.contains("identity resolver timed out") {
        let message = format!("Could not load credentials from any providers: {text}");
        return CallError::new(ErrorKind::Credentials, "CredentialsProviderError", message);
    }
    CallError::new(ErrorKind::Transport, "Error", text)
}

/// The error of whoever was to give keys or a token.
fn from_identity(error: &(dyn Error + 'static)) -> Option<CallError> {
    if let Some(error) = find::<CredentialsError>(error) {
        let message = format!("Could not load credentials from any providers: {}", chain(error));
        let error = CallError::new(ErrorKind::Credentials, "CredentialsProviderError", message);
        return Some(error.with_hint(
            "Set BEDROCK_AWS_ACCESS_KEY_ID and BEDROCK_AWS_SECRET_ACCESS_KEY (or the AWS SDK's own \
             variables), BEDROCK_AWS_BEARER_TOKEN, or give the client `credentials`.",
        ));
    }
    if let Some(error) = find::<TokenError>(error) {
        let message = format!("Could not load a token from any providers: {}", chain(error));
        let error = CallError::new(ErrorKind::Credentials, "TokenProviderError", message);
        return Some(error.with_hint(
            "Set AWS_BEARER_TOKEN_BEDROCK or BEDROCK_AWS_BEARER_TOKEN, give the client a `token`, \
             or leave `httpBearerAuth` out of its `authSchemePreference`.",
        ));
    }
    None
}

/// The error behind a connection that failed, with Node's code for it.
pub(super) fn from_connector(error: &ConnectorError, url: &str) -> CallError {
    if let Some(inner) = find::<CallError>(error) {
        return inner.clone();
    }
    if let Some(frame) = find::<FrameError>(error) {
        return CallError::answer("EventStreamError", frame.to_string());
    }
    if let Some(identity) = from_identity(error) {
        return identity;
    }
    let text = chain(error);
    let failure = Failure::of(error, &text);
    let code = failure.code;
    let what = [failure.syscall, code, Some(url).filter(|url| !url.is_empty())];
    let what = what.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let message = if what.is_empty() { text } else { format!("{what}: {text}") };
    // The AWS SDK for JavaScript calls connections that break TimeoutError.
    let broken = matches!(code, Some("ECONNRESET" | "EPIPE" | "ETIMEDOUT"));
    let name = if broken { "TimeoutError" } else { "Error" };
    let mut transport = CallError::new(ErrorKind::Transport, name, message);
    transport.code = code.map(str::to_owned);
    transport.retryable = failure.again;
    if let Some(errno) = failure.errno {
        transport.members.insert("errno".to_owned(), errno.into());
    }
    if let Some(syscall) = failure.syscall {
        transport.members.insert("syscall".to_owned(), syscall.into());
    }
    if find::<HandshakeError>(error).is_some_and(HandshakeError::is_distrust) {
        return transport.with_hint(
            "Give the certificates to trust: NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE names a file of \
             them, or `requestHandler` has an agent with `ca`.",
        );
    }
    transport
}

fn chain(error: &dyn Error) -> String {
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

/// How Node.js would describe a connection that failed.
struct Failure {
    code: Option<&'static str>,
    errno: Option<i32>,
    syscall: Option<&'static str>,
    /// Whether another attempt may help.
    again: bool,
}

impl Failure {
    fn of(error: &ConnectorError, text: &str) -> Self {
        let coded = |code, again| Self { code: Some(code), errno: None, syscall: None, again };
        if let Some(handshake) = find::<HandshakeError>(error) {
            return coded(handshake.code(), false);
        }
        if error.is_timeout() {
            return coded("ETIMEDOUT", true);
        }
        if find::<ProxyError>(error).is_some_and(ProxyError::is_refusal) {
            return Self { code: None, errno: None, syscall: None, again: false };
        }
        let lower = text.to_ascii_lowercase();
        let has = |needle: &str| lower.contains(needle);
        // Node.js's numbers for these are its own.
        if has("dns error") || has("failed to lookup address") {
            let again = has("temporary failure") || has("try again");
            let (code, errno) = if again { ("EAI_AGAIN", -3001) } else { ("ENOTFOUND", -3008) };
            return Self {
                code: Some(code),
                errno: Some(errno),
                syscall: Some("getaddrinfo"),
                again: true,
            };
        }
        if has("http2 error: ") && !has("connection error") {
            return coded("ERR_HTTP2_STREAM_ERROR", true);
        }
        let io = find::<std::io::Error>(error);
        let errno = io.and_then(std::io::Error::raw_os_error).map(|number| -number);
        let syscall = if has("tcp connect error") { "connect" } else { "read" };
        let by_kind = io.and_then(|io| code_of(io.kind())).or_else(|| {
            let closed = ["reset", "closed", "incomplete message", "eof", "connection error"];
            closed.iter().any(|needle| has(needle)).then_some("ECONNRESET")
        });
        Self {
            code: by_kind,
            errno,
            syscall: errno.is_some().then_some(syscall),
            again: by_kind.is_some(),
        }
    }
}

fn code_of(kind: std::io::ErrorKind) -> Option<&'static str> {
    use std::io::ErrorKind as Io;
    Some(match kind {
        Io::ConnectionRefused => "ECONNREFUSED",
        Io::ConnectionReset | Io::ConnectionAborted | Io::UnexpectedEof => "ECONNRESET",
        Io::BrokenPipe => "EPIPE",
        Io::TimedOut => "ETIMEDOUT",
        Io::HostUnreachable => "EHOSTUNREACH",
        Io::NetworkUnreachable => "ENETUNREACH",
        Io::AddrNotAvailable => "EADDRNOTAVAIL",
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
        let error = from_answer(400, &header, br#"{"message":"bad input"}"#);
        assert_eq!(
            (error.name.as_str(), error.message.as_str()),
            ("ValidationException", "bad input")
        );
        let error = from_answer(
            400,
            &[],
            br#"{"__type":"com.amazon#ThrottlingException","Message":"slow"}"#,
        );
        assert_eq!((error.name.as_str(), error.message.as_str()), ("ThrottlingException", "slow"));
        let error = from_answer(400, &[], br#"{"code":"BrandNew","message":"new","extra":1}"#);
        assert_eq!(error.members, *json!({ "code": "BrandNew", "extra": 1 }).as_object().unwrap());
    }

    #[test]
    fn an_error_without_code_or_text_is_unknown() {
        let error = from_answer(418, &[], br#"{"message":"no type"}"#);
        assert_eq!((error.name.as_str(), error.message.as_str()), ("Unknown", "no type"));
        let error = from_answer(404, &[], b"");
        assert_eq!((error.name.as_str(), error.message.as_str()), ("Unknown", "UnknownError"));
    }

    #[test]
    fn a_gateways_page_is_no_syntax_error() {
        let error = from_answer(502, &[], b"<html>Bad gateway</html>");
        assert_eq!(error.name, "ServiceUnavailableException");
        assert_eq!(
            error.message,
            "HTTP 502 with a body that is not AWS's: <html>Bad gateway</html>"
        );
        assert_eq!(error.fault, Some("server"));
        assert!(error.retryable && error.hint.is_some());
    }

    #[test]
    fn modelled_members_stay() {
        let header = headers(&[("x-amzn-errortype", "ModelErrorException")]);
        let body = br#"{"message":"m","originalStatusCode":500,"resourceName":"r","other":1}"#;
        let error = from_answer(424, &header, body);
        assert_eq!(
            Value::Object(error.members),
            json!({ "originalStatusCode": 500, "resourceName": "r" })
        );
    }
}
