//! `gating: "strict"`: what does not fit the model is an error, and nothing is sent.

use serde_json::Value;

use crate::bedrock::CallError;
use crate::gate::{Change, Outcome, Violation, secrets};

/// In `strict`, one error that says everything that is wrong.
pub fn refuse(outcome: &Outcome) -> Result<(), CallError> {
    let changes = || {
        let refused = |change: &&Change| !change.follows && !secrets::is_secret(change);
        outcome.changes.iter().filter(refused)
    };
    let repairs = changes().map(|change| {
        let Change { path, rule, reason, .. } = change;
        format!("{path} ({rule}): {reason} {}", change.remedy())
    });
    let refusals = outcome.violations.iter().map(|violation| {
        let Violation { path, rule, reason, remedy } = violation;
        format!("{path} ({rule}): {reason} {remedy}")
    });
    let wrong: Vec<String> = repairs.chain(refusals).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let mut error = CallError::input(format!(
        "The request does not fit the model and was not sent (gating: \"strict\"). {}",
        wrong.join(" ")
    ));
    let repaired = changes().filter_map(|change| {
        let mut violation = serde_json::to_value(change).ok()?;
        violation.as_object_mut()?.insert("remedy".to_owned(), change.remedy().into());
        Some(violation)
    });
    let left = outcome.violations.iter().filter_map(|left| serde_json::to_value(left).ok());
    let violations = repaired.chain(left).collect();
    error.members.insert("violations".to_owned(), Value::Array(violations));
    Err(error)
}
