//! A whole Converse answer as the events of a stream: for models that use tools, but not while
//! streaming (rule M2).

pub mod chunks;

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::json;
use super::shapes::{BLOB, Decoded};

/// The events that ConverseStream would have sent for this response.
pub fn events(response: &Decoded) -> VecDeque<Decoded> {
    let response = json::parse(&response.json).unwrap_or_default();
    let mut events = VecDeque::new();
    let message = response.pointer("/output/message").cloned().unwrap_or_default();
    let role = message.get("role").cloned().unwrap_or_else(|| Value::from("assistant"));
    events.push_back(event("messageStart", json!({ "role": role })));
    let blocks = message.get("content").and_then(Value::as_array).cloned().unwrap_or_default();
    for (index, block) in blocks.iter().enumerate() {
        if let Some(start) = start_of(block) {
            let start = json!({ "start": start, "contentBlockIndex": index });
            events.push_back(event("contentBlockStart", start));
        }
        for delta in deltas_of(block) {
            let redacted = delta.pointer("/reasoningContent/redactedContent").is_some();
            let mut next =
                event("contentBlockDelta", json!({ "delta": delta, "contentBlockIndex": index }));
            if redacted {
                let path =
                    ["contentBlockDelta", "delta", "reasoningContent", "redactedContent", BLOB];
                next.special = json!(path).to_string().into_bytes();
            }
            events.push_back(next);
        }
        events.push_back(event("contentBlockStop", json!({ "contentBlockIndex": index })));
    }
    let members = |names: &[&str]| -> Value {
        let known = names
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), response.get(*name)?.clone())));
        Value::Object(known.collect::<Map<_, _>>())
    };
    events
        .push_back(event("messageStop", members(&["stopReason", "additionalModelResponseFields"])));
    let metadata = members(&["usage", "metrics", "trace", "performanceConfig", "serviceTier"]);
    events.push_back(event("metadata", metadata));
    events
}

fn event(name: &str, content: Value) -> Decoded {
    let value = Value::Object(Map::from_iter([(name.to_owned(), content)]));
    // A value is always JSON.
    let json = json::to_string(&value).unwrap_or_default().into_bytes();
    Decoded { json, special: Vec::new() }
}

/// Only blocks that say more than their pieces have a start.
fn start_of(block: &Value) -> Option<Value> {
    let tool = block.get("toolUse")?;
    let mut start = tool.as_object()?.clone();
    start.shift_remove("input");
    Some(json!({ "toolUse": start }))
}

fn deltas_of(block: &Value) -> Vec<Value> {
    let Some((kind, content)) = block.as_object().and_then(|block| block.iter().next()) else {
        return Vec::new();
    };
    match kind.as_str() {
        "toolUse" => {
            let input = content.get("input").map_or_else(|| "{}".to_owned(), Value::to_string);
            vec![json!({ "toolUse": { "input": input } })]
        }
        "reasoningContent" => match content.get("reasoningText") {
            Some(text) => ["text", "signature"]
                .iter()
                .filter_map(|part| Some(json!({ "reasoningContent": { *part: text.get(*part)? } })))
                .collect(),
            None => vec![json!({ "reasoningContent": content })],
        },
        "citationsContent" => {
            let list = |name: &str| {
                content.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
            };
            let texts = list("content").into_iter().filter_map(|part| part.get("text").cloned());
            let texts = texts.map(|text| json!({ "text": text }));
            texts
                .chain(
                    list("citations").into_iter().map(|citation| json!({ "citation": citation })),
                )
                .collect()
        }
        // Text, and blocks that a stream sends in one piece.
        kind => vec![json!({ kind: content })],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn events_of(response: &Value) -> VecDeque<Decoded> {
        events(&Decoded { json: response.to_string().into_bytes(), special: Vec::new() })
    }

    #[test]
    fn a_response_becomes_its_events() {
        let response = json!({
            "output": { "message": { "role": "assistant", "content": [
                { "reasoningContent": { "reasoningText": { "text": "hm", "signature": "s" } } },
                { "reasoningContent": { "redactedContent": "AP8=" } },
                { "text": "hello" },
                { "toolUse": { "toolUseId": "t1", "name": "add", "input": { "b": 1, "a": 2 } } },
            ] } },
            "stopReason": "tool_use", "usage": { "inputTokens": 1 }, "metrics": { "latencyMs": 5 },
        });
        let events = events_of(&response);
        let values: Vec<Value> =
            events.iter().map(|event| json::parse(&event.json).unwrap()).collect();
        let at = |index: usize, delta: Value| json!({ "contentBlockDelta": { "delta": delta, "contentBlockIndex": index } });
        let stop = |index: usize| json!({ "contentBlockStop": { "contentBlockIndex": index } });
        assert_eq!(
            values,
            vec![
                json!({ "messageStart": { "role": "assistant" } }),
                at(0, json!({ "reasoningContent": { "text": "hm" } })),
                at(0, json!({ "reasoningContent": { "signature": "s" } })),
                stop(0),
                at(1, json!({ "reasoningContent": { "redactedContent": "AP8=" } })),
                stop(1),
                at(2, json!({ "text": "hello" })),
                stop(2),
                json!({ "contentBlockStart": { "start": { "toolUse": { "toolUseId": "t1", "name": "add" } }, "contentBlockIndex": 3 } }),
                at(3, json!({ "toolUse": { "input": "{\"b\":1,\"a\":2}" } })),
                stop(3),
                json!({ "messageStop": { "stopReason": "tool_use" } }),
                json!({ "metadata": { "usage": { "inputTokens": 1 }, "metrics": { "latencyMs": 5 } } }),
            ]
        );
        assert_eq!(
            String::from_utf8_lossy(&events[4].special),
            r#"["contentBlockDelta","delta","reasoningContent","redactedContent","blob"]"#
        );
    }

    #[test]
    fn a_response_without_a_message_still_ends() {
        assert_eq!(events_of(&json!({})).len(), 3);
    }
}
