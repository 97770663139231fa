//! Messages for a chat's users, which come as reasoning in front of an answer (`lib/notice.js`) and come
//! back with the conversation: they are taken out again, so that the model, and the prompt cache, see the
//! conversation as it was.
//!
//! A message stands between marks that nobody sees. Clients put pieces of reasoning together, so that it may
//! come back as the beginning of the model's own, whose signature holds without it alone.

use serde_json::{Map, Value};

use crate::operation::{Fitted, Operation};

/// Invisible characters of Unicode, in an order that no text has.
const BEGINS: &str = "\u{2063}\u{2064}\u{2063}";
const ENDS: &str = "\u{2064}\u{2063}\u{2064}";

/// A message between its marks. The empty line sets it apart from what follows.
pub fn marked(message: &str) -> String {
    format!("{BEGINS}{message}\n\n{ENDS}")
}

/// Takes the messages out of a conversation.
pub(crate) fn strip(operation: Operation, request: &mut Map<String, Value>) {
    let messages = match operation.fitted() {
        Fitted::Conversation => request.get_mut("messages"),
        Fitted::Counted => {
            let input = request.get_mut("input").and_then(|input| input.get_mut("converse"));
            input.and_then(|converse| converse.get_mut("messages"))
        }
        Fitted::Nothing | Fitted::Id => None,
    };
    let Some(Value::Array(messages)) = messages else { return };
    for message in messages {
        if message.get("role").and_then(Value::as_str) != Some("assistant") {
            continue;
        }
        if let Some(Value::Array(blocks)) = message.get_mut("content") {
            blocks.retain_mut(holds_more);
        }
    }
}

/// Takes the messages out of a block; whether anything is left of it.
fn holds_more(block: &mut Value) -> bool {
    if let Some(reasoning) = block.pointer_mut("/reasoningContent/reasoningText") {
        let signed = reasoning.get("signature").and_then(Value::as_str).is_some_and(is_filled);
        return match reasoning.get_mut("text") {
            Some(Value::String(text)) if text.contains(BEGINS) => {
                *text = without(text);
                signed || is_filled(text)
            }
            _ => true,
        };
    }
    // Whoever knows no reasoning has made text of it.
    match block.get_mut("text") {
        Some(Value::String(text)) if text.starts_with(BEGINS) => {
            *text = without(text);
            is_filled(text)
        }
        _ => true,
    }
}

fn is_filled(text: &str) -> bool {
    !text.is_empty()
}

fn without(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::with_capacity(text.len());
    while let Some((before, after)) = rest.split_once(BEGINS) {
        kept.push_str(before);
        rest = after.split_once(ENDS).map_or("", |(_, after)| after);
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn stripped(operation: Operation, input: Value) -> Value {
        let Value::Object(mut request) = input else { return input };
        strip(operation, &mut request);
        Value::Object(request)
    }

    fn reasoning(text: &str, signature: Option<&str>) -> Value {
        let mut block = json!({ "reasoningContent": { "reasoningText": { "text": text } } });
        if let (Some(signature), Some(inner)) =
            (signature, block.pointer_mut("/reasoningContent/reasoningText"))
        {
            inner["signature"] = Value::from(signature);
        }
        block
    }

    fn conversation(blocks: &Value) -> Value {
        json!({ "messages": [
            { "role": "user", "content": [{ "text": "hi" }] },
            { "role": "assistant", "content": blocks },
        ] })
    }

    #[test]
    fn a_block_that_is_only_a_message_is_gone() {
        let blocks = json!([reasoning(&marked("Note: a."), None), { "text": "hello" }]);
        let left = stripped(Operation::Converse, conversation(&blocks));
        assert_eq!(left, conversation(&json!([{ "text": "hello" }])));
        let with_empty = json!([reasoning(&marked("Note: a."), Some("")), { "text": "hello" }]);
        let left = stripped(Operation::ConverseStream, conversation(&with_empty));
        assert_eq!(left, conversation(&json!([{ "text": "hello" }])));
    }

    #[test]
    fn what_was_put_together_with_it_is_as_it_was() {
        let whole = format!("{}I think{} so", marked("Note: a."), marked("Note: b."));
        let blocks = json!([reasoning(&whole, Some("sig")), { "text": "hello" }]);
        let left = stripped(Operation::Converse, conversation(&blocks));
        let wanted = json!([reasoning("I think so", Some("sig")), { "text": "hello" }]);
        assert_eq!(left, conversation(&wanted));
        let signed = json!([reasoning(&marked("Note: a."), Some("sig"))]);
        let left = stripped(Operation::Converse, conversation(&signed));
        assert_eq!(left, conversation(&json!([reasoning("", Some("sig"))])));
    }

    #[test]
    fn text_that_was_made_of_it_is_found_too() {
        let blocks = json!([{ "text": format!("{}hello", marked("Note: a.")) }]);
        let left = stripped(Operation::Converse, conversation(&blocks));
        assert_eq!(left, conversation(&json!([{ "text": "hello" }])));
    }

    #[test]
    fn what_is_counted_is_what_is_sent() {
        let blocks = json!([reasoning(&marked("Note: a."), None), { "text": "hello" }]);
        let counted = |blocks: &Value| json!({ "input": { "converse": conversation(blocks) } });
        let left = stripped(Operation::CountTokens, counted(&blocks));
        assert_eq!(left, counted(&json!([{ "text": "hello" }])));
    }

    #[test]
    fn everything_else_stays() {
        let half = format!("{BEGINS}Note");
        for (blocks, wanted) in [
            (json!([reasoning("hm", None), { "text": "a" }]), None),
            (json!([{ "text": "a\u{2063}b" }, { "toolUse": { "input": {} } }, 7, null]), None),
            (json!("no list"), None),
            (json!([reasoning(&half, Some("s"))]), Some(json!([reasoning("", Some("s"))]))),
        ] {
            let left = stripped(Operation::Converse, conversation(&blocks));
            assert_eq!(left, conversation(&wanted.unwrap_or(blocks)));
        }
        let users = json!({ "messages": [
            { "role": "user", "content": [{ "text": marked("mine") }] }, 3,
        ] });
        assert_eq!(stripped(Operation::Converse, users.clone()), users);
        let body = json!({ "messages": [{ "role": "assistant", "content": [] }] });
        assert_eq!(stripped(Operation::InvokeModel, body.clone()), body);
        assert_eq!(
            stripped(Operation::Converse, json!({ "messages": 3 })),
            json!({ "messages": 3 })
        );
    }
}
