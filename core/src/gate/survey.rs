//! What a conversation and its tools hold, found in one walk: most rules about messages concern
//! blocks that most conversations lack, and need not walk it again.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::blocks::{is_blank, is_several};
use super::names::{is_format, is_tool_name, is_use_id};

/// Which kinds of content occur somewhere in the messages and among the tools.
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
    /// A call whose name Converse's own shape refuses.
    pub(super) odd_names: bool,
    /// A call whose input is no object.
    pub(super) odd_inputs: bool,
    /// A `json` inside a `toolResult` that is no object.
    pub(super) odd_json: bool,
    /// Calls and results that may not be in pairs, or may be in the wrong turns.
    pub(super) odd_pairs: bool,
    /// A format that is not spelt as AWS spells it, also inside a `toolResult`.
    pub(super) odd_formats: bool,
    /// A block of two kinds, also inside a `toolResult`.
    pub(super) two_kinds: bool,
    /// A block of text with nothing to read in it.
    pub(super) blank_text: bool,
    /// A message whose `content` is an empty list.
    pub(super) empty_turns: bool,
    /// `cachePoint`.
    pub(super) cache_points: bool,
    /// `cachePoint` inside a `toolResult`.
    pub(super) points_in_results: bool,
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
    /// A tool whose description has nothing to read in it.
    pub(super) blank_descriptions: bool,
    /// A tool whose schema does not say that it is one of objects.
    pub(super) untyped_schemas: bool,
    /// A tool whose schema is a union.
    pub(super) union_schemas: bool,
}

/// Calls and results on the way through the messages.
#[derive(Default)]
struct Pairs<'v> {
    /// The ids of all calls so far.
    seen: HashSet<&'v str>,
    /// The calls of the assistant's turn that is being read, or was read last.
    open: Vec<&'v str>,
    /// How many results the message that is being read has.
    results: usize,
    role: Option<Role>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    User,
    Assistant,
}

impl Survey {
    /// Walks the messages and the tools of a request.
    pub(super) fn of(request: &Value) -> Self {
        let mut survey = Self::default();
        let mut pairs = Pairs::default();
        let messages = request.get("messages").and_then(Value::as_array);
        for message in messages.into_iter().flatten().filter_map(Value::as_object) {
            survey.message(message, &mut pairs);
        }
        survey.odd_pairs |= pairs.role == Some(Role::Assistant) && !pairs.open.is_empty();
        let tools = request.get("toolConfig").and_then(|config| config.get("tools"));
        let tools = tools.and_then(Value::as_array).into_iter().flatten();
        for spec in tools.filter_map(|tool| tool.get("toolSpec")?.as_object()) {
            survey.tool(spec);
        }
        survey
    }

    fn tool(&mut self, spec: &Map<String, Value>) {
        for (name, value) in spec {
            match (name.as_str(), value) {
                ("description", Value::String(text)) => self.blank_descriptions |= is_blank(text),
                ("inputSchema", schema) => {
                    let schema = schema.get("json").and_then(Value::as_object);
                    let mut typed = schema.is_none();
                    for (name, value) in schema.into_iter().flatten() {
                        match name.as_str() {
                            "type" => typed = value == "object",
                            "anyOf" | "oneOf" | "allOf" => self.union_schemas = true,
                            _ => {}
                        }
                    }
                    self.untyped_schemas |= !typed;
                }
                _ => {}
            }
        }
    }

    fn message<'v>(&mut self, message: &'v Map<String, Value>, pairs: &mut Pairs<'v>) {
        let (mut content, mut role) = (None, None);
        // One look at each member: a look-up costs as much.
        for (name, value) in message {
            match name.as_str() {
                "content" => content = value.as_array(),
                "role" => {
                    role = match value.as_str() {
                        Some("user") => Some(Role::User),
                        Some("assistant") => Some(Role::Assistant),
                        _ => None,
                    }
                }
                "output_config" => self.message_settings = true,
                _ => {}
            }
        }
        let Some(content) = content else {
            // What such a message is, AWS will say; calls before it cannot be told to be in order.
            self.odd_pairs |= !pairs.open.is_empty();
            return;
        };
        self.empty_turns |= content.is_empty();
        // Calls that stand before another message of the assistant, and results behind another
        // message of the user's.
        let first = pairs.role != role;
        let begun = match role {
            Some(Role::Assistant) if first => {
                pairs.open.clear();
                false
            }
            Some(Role::Assistant) => !pairs.open.is_empty(),
            _ => false,
        };
        pairs.results = 0;
        let calls = pairs.open.len();
        for block in content.iter().filter_map(Value::as_object) {
            self.block(block, pairs);
        }
        self.odd_pairs |= begun;
        if role == Some(Role::User) {
            let expected = if first { pairs.open.len() } else { 0 };
            // A call of the user's is nobody's to answer.
            self.odd_pairs |= pairs.results != expected || pairs.open.len() != calls;
        } else {
            self.odd_pairs |= pairs.results > 0;
        }
        pairs.role = role;
    }

    fn block<'v>(&mut self, block: &'v Map<String, Value>, pairs: &mut Pairs<'v>) {
        self.two_kinds |= is_several(block);
        for (kind, value) in block {
            match kind.as_str() {
                "text" => {
                    if let Some(text) = value.as_str() {
                        self.text_bytes += text.len();
                        self.blank_text |= is_blank(text);
                    }
                }
                "reasoningContent" => self.reasoning = true,
                "toolUse" => self.call(value, pairs),
                "toolResult" => self.result(value, pairs),
                "cachePoint" => self.cache_points = true,
                "citationsContent" => self.citations = true,
                "guardContent" => {
                    let image = value.get("image");
                    self.odd_formats |= image.is_some_and(|image| !is_format("image", image));
                }
                _ => self.media(kind, value),
            }
        }
    }

    fn media(&mut self, kind: &str, value: &Value) {
        match kind {
            "document" => self.documents = true,
            "image" => self.images = true,
            "video" => self.videos = true,
            "audio" => {}
            _ => return,
        }
        self.odd_formats |= !is_format(kind, value);
    }

    fn call<'v>(&mut self, call: &'v Value, pairs: &mut Pairs<'v>) {
        self.tools = true;
        let (mut id, mut object) = (None, false);
        for (name, value) in call.as_object().into_iter().flatten() {
            match name.as_str() {
                "toolUseId" => id = value.as_str(),
                "name" => self.odd_names |= value.as_str().is_some_and(|name| !is_tool_name(name)),
                "input" => object = value.is_object(),
                // A tool of the service's own, whose result stands in the same turn.
                "type" => self.odd_pairs = true,
                _ => {}
            }
        }
        self.odd_inputs |= !object;
        let Some(id) = id else { return };
        self.odd_use_ids |= !is_use_id(id);
        self.odd_pairs |= !pairs.seen.insert(id);
        pairs.open.push(id);
    }

    fn result<'v>(&mut self, result: &'v Value, pairs: &mut Pairs<'v>) {
        self.tools = true;
        self.tool_results = true;
        for (name, value) in result.as_object().into_iter().flatten() {
            match (name.as_str(), value) {
                ("toolUseId", Value::String(id)) => {
                    self.odd_use_ids |= !is_use_id(id);
                    // In the order of the calls, as most have them; anything else is looked at.
                    self.odd_pairs |= pairs.open.get(pairs.results) != Some(&id.as_str());
                    pairs.results += 1;
                }
                ("content", Value::Array(content)) => {
                    for block in content.iter().filter_map(Value::as_object) {
                        self.inside(block);
                    }
                }
                _ => {}
            }
        }
    }

    /// A block inside a `toolResult`.
    fn inside(&mut self, block: &Map<String, Value>) {
        self.two_kinds |= is_several(block);
        for (kind, value) in block {
            match kind.as_str() {
                "text" => self.text_bytes += value.as_str().map_or(0, str::len),
                "json" => self.odd_json |= !value.is_object(),
                "cachePoint" => {
                    self.cache_points = true;
                    self.points_in_results = true;
                }
                _ => self.media(kind, value),
            }
        }
    }
}
