//! The control plane, as far as resolving needs it: one GET, over the same path as every call.

use bytes::Bytes;
use serde_json::Value;

use super::error::{CallError, ErrorKind};
use super::exchange::Caller;
use super::wire::{BodyFormat, CallState, SendOptions, WireBody, WireRequest};
use crate::profile::lookup::{LookupCause, LookupError, Question, Underlying};

/// Asks one question.
pub async fn ask(
    caller: &Caller,
    question: &Question,
    options: SendOptions,
) -> Result<Underlying, LookupError> {
    let request = WireRequest {
        method: "GET",
        path: question.path.clone(),
        headers: Vec::new(),
        body: Bytes::new(),
        response: BodyFormat::Json,
    };
    let state = CallState::new(options, |_| {});
    let response = caller.send(request, &state).await.map_err(|error| failure(&error))?;
    let WireBody::Json(body) = response.body else {
        return Err(LookupError::new(LookupCause::Other, "the answer is no JSON"));
    };
    Ok(read(&body.value(body.root()).unwrap_or_default(), question))
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
    LookupError { unreachable, ..LookupError::new(cause, error.message.clone()) }
}
