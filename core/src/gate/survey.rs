//! What a conversation holds, found in one walk: most rules about messages concern blocks that
//! most conversations lack, and need not walk it again.

use serde_json::Value;

use super::blocks::content_of;
use super::results::is_use_id;

/// Which kinds of content occur somewhere in the messages.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a set of independent findings")]
pub(super) struct Survey {
    /// `reasoningContent`.
    pub(super) reasoning: bool,
    /// `toolUse` or `toolResult`.
    pub(super) tools: bool,
    /// `toolResult`.
    pub(super) tool_results: bool,
    /// A `toolUseId` that Converse's own shape refuses.
    pub(super) odd_use_ids: bool,
    /// `cachePoint`.
    pub(super) cache_points: bool,
    /// `document`, also inside a `toolResult`.
    pub(super) documents: bool,
    /// `image`, also inside a `toolResult`.
    pub(super) images: bool,
    /// `video`, also inside a `toolResult`.
    pub(super) videos: bool,
    /// `citationsContent`.
    pub(super) citations: bool,
    /// A message with an `output_config` of its own.
    pub(super) message_settings: bool,
    /// Bytes of `text`, also inside a `toolResult`.
    pub(super) text_bytes: usize,
}

impl Survey {
    /// Walks the messages of a request.
    pub(super) fn of(request: &Value) -> Self {
        let mut survey = Self::default();
        let messages = request.get("messages").and_then(Value::as_array);
        for message in messages.into_iter().flatten() {
            survey.message_settings |= message.get("output_config").is_some();
            for block in content_of(message) {
                survey.block(block);
            }
        }
        survey
    }

    fn call(&mut self, call: &Value) {
        self.tools = true;
        let id = call.get("toolUseId").and_then(Value::as_str);
        self.odd_use_ids |= !id.is_none_or(is_use_id);
    }

    fn block(&mut self, block: &Value) {
        let Some(block) = block.as_object() else {
            return;
        };
        for (kind, value) in block {
            match kind.as_str() {
                "text" => self.text_bytes += value.as_str().map_or(0, str::len),
                "reasoningContent" => self.reasoning = true,
                "toolUse" => self.call(value),
                "toolResult" => {
                    self.call(value);
                    self.tool_results = true;
                    for inner in content_of(value) {
                        self.block(inner);
                    }
                }
                "cachePoint" => self.cache_points = true,
                "document" => self.documents = true,
                "image" => self.images = true,
                "video" => self.videos = true,
                "citationsContent" => self.citations = true,
                _ => {}
            }
        }
    }
}
