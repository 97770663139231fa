//! What CountTokens counts: the conversation as it would be sent, by the model's own id.

use std::mem;

use serde_json::{Map, Value};

use super::outcome::Outcome;

/// The members of a conversation that are counted.
const COUNTED: [&str; 4] = ["messages", "system", "toolConfig", "additionalModelRequestFields"];

/// Lets `fit` fit the conversation at `input.converse`; other inputs are in the model's own words.
pub(super) fn gate(
    request: &mut Map<String, Value>,
    fit: impl FnOnce(&mut Map<String, Value>) -> Outcome,
) -> Outcome {
    let mut conversation = converse(request).map(mem::take).unwrap_or_default();
    let model_id = conversation.insert("modelId".to_owned(), id_of(request));
    if let Some(body) = body_of(request) {
        conversation.insert("body".to_owned(), mem::take(body));
    }
    let mut outcome = fit(&mut conversation);
    let called = conversation.shift_remove("modelId");
    if let Some(body) = conversation.shift_remove("body")
        && let Some(place) = body_of(request)
    {
        *place = body;
    }
    if let Some(given) = model_id {
        conversation.insert("modelId".to_owned(), given);
    }
    if let Some(place) = converse(request) {
        *place = conversation;
    }
    if outcome.call_id.is_some()
        && let Some(called) = called
    {
        request.insert("modelId".to_owned(), called);
    }
    outcome.changes.retain_mut(|change| counted(&mut change.path));
    outcome.violations.retain_mut(|violation| counted(&mut violation.path));
    outcome
}

fn converse(request: &mut Map<String, Value>) -> Option<&mut Map<String, Value>> {
    request.get_mut("input")?.get_mut("converse")?.as_object_mut()
}

/// The body in the model's own words, where that is what is counted.
fn body_of(request: &mut Map<String, Value>) -> Option<&mut Value> {
    request.get_mut("input")?.get_mut("invokeModel")?.get_mut("body")
}

fn id_of(request: &Map<String, Value>) -> Value {
    request.get("modelId").cloned().unwrap_or_default()
}

/// Makes the path of a member within what is counted one of the whole input; other members of a
/// conversation do not count.
fn counted(path: &mut String) -> bool {
    if path == "modelId" {
        return true;
    }
    if path.split('.').next() == Some("body") {
        path.insert_str(0, "input.invokeModel.");
        return true;
    }
    let is_counted = path.split(['.', '[']).next().is_some_and(|first| COUNTED.contains(&first));
    if is_counted {
        path.insert_str(0, "input.converse.");
    }
    is_counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_counted_is_reported() {
        let path = |path: &str| {
            let mut path = path.to_owned();
            counted(&mut path).then_some(path)
        };
        let block = "input.converse.messages[0].content[1]";
        assert_eq!(path("messages[0].content[1]").as_deref(), Some(block));
        assert_eq!(path("modelId").as_deref(), Some("modelId"));
        assert_eq!(path("inferenceConfig.topP"), None);
        assert_eq!(path("body.client").as_deref(), Some("input.invokeModel.body.client"));
    }
}
