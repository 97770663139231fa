//! The control plane: requests with JSON answers, over the same path as every call.

use std::time::SystemTime;

use bytes::Bytes;
use serde_json::Value;

use super::error::{CallError, ErrorKind};
use super::exchange::Caller;
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

fn failure(error: &CallError) -> LookupError {
    let status = error.response.as_ref().map(|response| response.status_code);
    let cause = match (error.name.as_str(), status) {
        ("AccessDeniedException" | "UnrecognizedClientException", _) | (_, Some(403)) => {
            LookupCause::AccessDenied
        }
        ("ThrottlingException", _) | (_, Some(429)) => LookupCause::Throttled,
        ("ResourceNotFoundException", _) | (_, Some(404)) => LookupCause::NotFound,
        ("ValidationException", _) | (_, Some(400)) => LookupCause::Validation,
        ("TimeoutError", _) if error.code.as_deref() == Some("ETIMEDOUT") => LookupCause::Timeout,
        (_, Some(500..)) => LookupCause::Unavailable,
        _ if matches!(error.kind, ErrorKind::Transport | ErrorKind::Response) => {
            LookupCause::Unavailable
        }
        _ => LookupCause::Other,
    };
    let unreachable = error.kind == ErrorKind::Transport && error.response.is_none();
    let retry_after = requested_delay(error, SystemTime::now());
    LookupError { unreachable, retry_after, ..LookupError::new(cause, error.message.clone()) }
}
