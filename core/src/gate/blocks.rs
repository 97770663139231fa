//! Content blocks: objects that hold one member, which says of what kind they are.

use serde_json::Value;

/// What stands where a message would otherwise be left without content, which Bedrock refuses.
/// Several models also refuse white space.
pub(super) const PLACEHOLDER: &str = ".";

/// The kinds of blocks in messages, in `system`, in results of tools and among tools.
const KINDS: [&str; 12] = [
    "audio",
    "cachePoint",
    "citationsContent",
    "document",
    "guardContent",
    "image",
    "reasoningContent",
    "text",
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

/// Whether a block is a cache point.
pub(super) fn is_cache_point(block: &Value) -> bool {
    is_only(block, "cachePoint")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_block_is_of_one_kind_whatever_markers_it_bears() {
        assert!(is_cache_point(&json!({ "cachePoint": { "type": "default" }, "type": "x" })));
        assert!(is_cache_point(&json!({ "cachePoint": { "type": "default" }, "text": null })));
        assert!(!is_cache_point(&json!({ "cachePoint": null })));
        assert!(!is_cache_point(&json!({ "cachePoint": {}, "text": "a" })));
        assert!(!is_cache_point(&json!("cachePoint")));
    }
}
