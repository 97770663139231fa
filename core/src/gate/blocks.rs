//! Content blocks: objects that hold one member, which says of what kind they are.

use serde_json::{Map, Value};

/// What stands where a message would otherwise be left without content, which Bedrock refuses.
/// Several models also refuse white space.
pub(super) const PLACEHOLDER: &str = ".";

/// The kinds of blocks in messages, in `system`, in results of tools and among tools.
const KINDS: [&str; 17] = [
    "audio",
    "cachePoint",
    "citationsContent",
    "document",
    "guardContent",
    "image",
    "json",
    "reasoningContent",
    "searchResult",
    "systemTool",
    "text",
    "toolAddition",
    "toolRemoval",
    "toolResult",
    "toolSpec",
    "toolUse",
    "video",
];

/// The content blocks of a message or of a tool's result; none where `content` is not a list.
pub(super) fn content_of(message: &Value) -> &[Value] {
    message.get("content").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether a block has this member; `null` counts as absent.
pub(super) fn holds(block: &Value, kind: &str) -> bool {
    block.get(kind).is_some_and(|value| !value.is_null())
}

/// Whether a block is of this kind and of no other: one that claims to be two things is AWS's to
/// judge. Members that are no kind (markers of LangChain) do not count.
pub(super) fn is_only(block: &Value, kind: &str) -> bool {
    holds(block, kind) && !KINDS.iter().any(|other| *other != kind && holds(block, other))
}

/// The kinds that a block claims to be of, in the order of its members.
pub(super) fn kinds(block: &Value) -> Vec<&str> {
    let members = block.as_object().into_iter().flatten();
    let kinds = members.filter(|(name, value)| is_kind(name) && !value.is_null());
    kinds.map(|(name, _)| name.as_str()).collect()
}

/// Whether a block claims to be of several kinds. Most have one member.
pub(super) fn is_several(block: &Map<String, Value>) -> bool {
    let kind = |(name, value): &(&String, &Value)| !value.is_null() && is_kind(name);
    block.len() > 1 && block.iter().filter(kind).nth(1).is_some()
}

/// Whether a member's name is that of a kind of blocks.
pub(super) fn is_kind(name: &str) -> bool {
    KINDS.binary_search(&name).is_ok()
}

/// Whether a text has nothing to read in it.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Whether a block is a text with nothing to read in it.
pub(super) fn is_blank_text(block: &Value) -> bool {
    block.get("text").and_then(Value::as_str).is_some_and(is_blank) && is_only(block, "text")
}

/// The role of a message.
pub(super) fn role_of(message: &Value) -> Option<&str> {
    message.get("role")?.as_str()
}

/// Whether a message is the user's.
pub(super) fn is_user(message: &Value) -> bool {
    role_of(message) == Some("user")
}

/// Whether a message is the assistant's.
pub(super) fn is_assistant(message: &Value) -> bool {
    role_of(message) == Some("assistant")
}

/// Whether a block is a cache point.
pub(super) fn is_cache_point(block: &Value) -> bool {
    is_only(block, "cachePoint")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_are_sorted_so_that_they_can_be_searched() {
        assert!(KINDS.is_sorted());
    }

    #[test]
    fn a_block_is_of_one_kind_whatever_markers_it_bears() {
        assert!(is_cache_point(&json!({ "cachePoint": { "type": "default" }, "type": "x" })));
        assert!(is_cache_point(&json!({ "cachePoint": { "type": "default" }, "text": null })));
        assert!(!is_cache_point(&json!({ "cachePoint": null })));
        assert!(!is_cache_point(&json!({ "cachePoint": {}, "text": "a" })));
        assert!(!is_cache_point(&json!("cachePoint")));
    }
}
