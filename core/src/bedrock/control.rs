//! The control plane: requests with JSON answers, over the same path as every call.

use std::time::SystemTime;

use bytes::Bytes;
use serde_json::Value;

use super::error::{CallError, ErrorKind};
use super::exchange::Caller;
use super::rejection::Rejection;
use super::retry::requested_delay;
use super::wire::{BodyFormat, CallState, SendOptions, WireBody, WireRequest};
use crate::profile::lookup::{LookupCause, LookupError, Question, Underlying};

/// Asks one question.
pub async fn ask(
    caller: &Caller,
    question: &Question,
    options: SendOptions,
) -> Result<Underlying, LookupError> {
    let body = get(caller, question.path.clone(), options).await?;
    Ok(read(&body, question))
}

/// The JSON of a GET; `path` with its query, encoded.
pub async fn get(
    caller: &Caller,
    path: String,
    options: SendOptions,
) -> Result<Value, LookupError> {
    let (headers, body) = (Vec::new(), Bytes::new());
    let response = BodyFormat::Json;
    send(caller, WireRequest { method: "GET", path, headers, body, response }, options).await
}

/// The JSON of a POST.
pub async fn post(
    caller: &Caller,
    path: &str,
    body: &Value,
    options: SendOptions,
) -> Result<Value, LookupError> {
    let request = WireRequest {
        method: "POST",
        path: path.to_owned(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Bytes::from(body.to_string()),
        response: BodyFormat::Json,
    };
    send(caller, request, options).await
}

async fn send(
    caller: &Caller,
    request: WireRequest,
    options: SendOptions,
) -> Result<Value, LookupError> {
    let state = CallState::new(options, |_| {});
    let response = caller.send(request, &state).await.map_err(|error| failure(&error))?;
    let WireBody::Json(body) = response.body else {
        return Err(LookupError::new(LookupCause::Other, "the answer is no JSON"));
    };
    Ok(body.value(body.root()).unwrap_or_default())
}

fn read(body: &Value, question: &Question) -> Underlying {
    let text = |member: &str| body.get(member).and_then(Value::as_str).map(str::to_owned);
    let mut models: Vec<String> = question
        .members
        .iter()
        .find_map(|member| match body.get(*member)? {
            Value::String(arn) => Some(vec![arn.clone()]),
            Value::Array(items) => Some(
                items
                    .iter()
                    .filter_map(|item| item.get("modelArn")?.as_str().map(str::to_owned))
                    .collect(),
            ),
            _ => None,
        })
        .unwrap_or_default();
    let fallback = question.fallback_member.and_then(|member| body.get(member)?.get("modelArn"));
    models.extend(fallback.and_then(Value::as_str).map(str::to_owned));
    Underlying { models, name: text(question.name_member), status: text("status") }
}

fn cause_of(error: &CallError) -> LookupCause {
    match Rejection::of(error) {
        Some(Rejection::Expired) => return LookupCause::Expired,
        Some(Rejection::Clock) => return LookupCause::Clock,
        Some(Rejection::NotAccepted) => return LookupCause::Credentials,
        None => {}
    }
    let name = error.name.strip_suffix("Exception").unwrap_or(&error.name);
    let status = error.response.as_ref().map(|response| response.status_code);
    match (name, status) {
        ("AccessDenied", _) => LookupCause::AccessDenied,
        ("Throttling" | "TooManyRequests", _) | (_, Some(429)) => LookupCause::Throttled,
        ("ResourceNotFound", _) | (_, Some(404)) => LookupCause::NotFound,
        ("Validation", _) | (_, Some(400)) => LookupCause::Validation,
        ("TimeoutError", _) if error.code.as_deref() == Some("ETIMEDOUT") => LookupCause::Timeout,
        (_, Some(401)) => LookupCause::Credentials,
        (_, Some(403 | 407)) => LookupCause::Refused,
        (_, Some(500..)) => LookupCause::Unavailable,
        _ if matches!(error.kind, ErrorKind::Transport | ErrorKind::Response) => {
            LookupCause::Unavailable
        }
        _ => LookupCause::Other,
    }
}

fn failure(error: &CallError) -> LookupError {
    let unreachable = error.kind == ErrorKind::Transport && error.response.is_none();
    let retry_after = requested_delay(error, SystemTime::now());
    let plain = LookupError::new(cause_of(error), error.message.clone());
    LookupError { retry_after, unreachable, ..plain }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::bedrock::error::RawResponse;

    #[test]
    fn only_a_denial_of_access_is_a_missing_permission() {
        use LookupCause as Cause;
        for (name, status, text, cause) in [
            ("AccessDeniedException", 403, "User: x is not authorized", Cause::AccessDenied),
            ("AccessDenied", 403, "no", Cause::AccessDenied),
            (
                "AccessDeniedException",
                403,
                "Please make sure your API Key is valid.",
                Cause::Credentials,
            ),
            ("AccessDeniedException", 403, "Bearer Token has expired", Cause::Expired),
            (
                "UnrecognizedClientException",
                403,
                "The security token is invalid.",
                Cause::Credentials,
            ),
            ("SignatureDoesNotMatch", 403, "The request signature", Cause::Credentials),
            ("InvalidSignatureException", 403, "The request signature", Cause::Credentials),
            ("InvalidSignatureException", 403, "Signature expired: now", Cause::Clock),
            ("InvalidSignatureException", 403, "Signature not yet current: 1", Cause::Clock),
            ("RequestTimeTooSkewed", 403, "The difference", Cause::Clock),
            ("IncompleteSignature", 400, "Authorization header", Cause::Credentials),
            ("IncompleteSignatureException", 403, "Authorization header", Cause::Credentials),
            ("MissingAuthenticationTokenException", 403, "Missing", Cause::Credentials),
            ("InvalidClientTokenId", 403, "", Cause::Credentials),
            ("ExpiredToken", 400, "The security token has expired", Cause::Expired),
            ("ExpiredTokenException", 403, "The security token has expired", Cause::Expired),
            ("UnknownError", 403, "Forbidden", Cause::Refused),
            ("Unknown", 401, "", Cause::Credentials),
            ("ThrottlingException", 400, "Rate exceeded", Cause::Throttled),
            ("ResourceNotFoundException", 404, "", Cause::NotFound),
            ("Unknown", 503, "", Cause::Unavailable),
        ] {
            let mut error = CallError::service(name, status, json!({ "message": text }));
            error.response =
                Some(RawResponse { status_code: status, headers: Vec::new(), body: String::new() });
            assert_eq!(failure(&error).cause, cause, "{name} {status} {text}");
        }
    }
}
