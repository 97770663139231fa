//! What nobody may see of a request ([`secrets`]), in errors and warnings.

use serde_json::{Map, Value};

use crate::bedrock::CallError;
use crate::call::{Notice, Notifier};
use crate::gate::{Change, secrets};
use crate::profile::ResolvedProfile;
use crate::settings::Gating;

/// Takes secrets of a request that was sent out of an error that repeats them.
pub(crate) fn hide(error: &mut CallError, secrets: &[String]) {
    for secret in secrets {
        let hidden = |text: &mut String| {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), secrets::REDACTED);
            }
        };
        hidden(&mut error.message);
        error.hint.iter_mut().for_each(hidden);
        error.cause.iter_mut().for_each(hidden);
        error.members.values_mut().for_each(|value| each_text(value, &hidden));
        if let Some(response) = &mut error.response {
            hidden(&mut response.body);
            response.headers.iter_mut().for_each(|(_, value)| hidden(value));
        }
    }
}

fn each_text(value: &mut Value, change: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Value::Object(members) => members.values_mut().for_each(|value| each_text(value, change)),
        _ => {}
    }
}

/// Tells the operator where a mode leaves secrets in a request, or drops them without a refusal.
pub(crate) fn warn(
    gating: Gating,
    request: &Map<String, Value>,
    blobs: &[Vec<u8>],
    changes: &[Change],
    resolved: &ResolvedProfile,
    notify: &Notifier,
) {
    let id = &resolved.requested_id;
    let message = match gating {
        Gating::Off => secrets::warning_of_sent(request, blobs, id),
        Gating::Strict => secrets::warning_of_dropped(changes, id),
        Gating::Adapt => None, // the change says it
    };
    if let Some(message) = message {
        notify(&Notice::Warning { message: &message });
    }
}
