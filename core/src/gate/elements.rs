//! Single elements of the conversation, of `system` and of the tools that are spelt as Bedrock does
//! not read them. They come first: what other rules look for is only then where they look.

use serde_json::{Value, json};

use super::blocks::{content_of, holds, is_cache_point, is_kind, is_several, kinds};
use super::change::Action;
use super::draft::Draft;
use super::names;
use super::path::Path;
use super::results::paths;
use super::rule::{On, Rule};
use super::tools::TOOLS;

const MEDIA: [&str; 4] = ["audio", "document", "image", "video"];

pub(super) const M24: Rule = Rule {
    id: "M24",
    name: "element-of-two-kinds",
    summary: "Makes one element for each kind of an element that claims several, the cache point \
              last.",
    evidence: &[
        "https://github.com/envoyproxy/ai-gateway/issues/2476",
        "https://github.com/envoyproxy/ai-gateway/issues/1717",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.knows_model() {
            return;
        }
        for list in [Path::from(TOOLS), Path::from(["system"])] {
            part_all(draft, &list);
        }
        if !draft.survey.two_kinds {
            return;
        }
        for message in 0..draft.messages().len() {
            let content = Path::message(message).key("content");
            part_all(draft, &content);
            for block in 0..draft.content(message).len() {
                part_all(draft, &Path::block(message, block).key("toolResult").key("content"));
            }
        }
    },
};

pub(super) const M25: Rule = Rule {
    id: "M25",
    name: "cache-point-in-a-result",
    summary: "Puts a cache point that stands inside a tool result behind the result.",
    evidence: &[
        "https://github.com/langchain-ai/langchain-aws/issues/503",
        "https://github.com/Portkey-AI/gateway/issues/1762",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.points_in_results || !draft.knows_model() {
            return;
        }
        for message in 0..draft.messages().len() {
            let mut block = 0;
            while let Some(here) = draft.content(message).get(block) {
                let inside = here.get("toolResult").map_or(&[][..], content_of);
                let Some(point) = inside.iter().rposition(is_cache_point) else {
                    block += 1;
                    continue;
                };
                let path = Path::block(message, block).key("toolResult").key("content");
                let path = path.index(point);
                if draft.content(message).get(block + 1).is_some_and(is_cache_point) {
                    draft.drop(path, "A cache point stands behind this tool result already.");
                } else {
                    let to = Path::block(message, block + 1);
                    draft.mv(path, to, "A tool result holds no cache points.");
                }
            }
        }
    },
};

pub(super) const M26: Rule = Rule {
    id: "M26",
    name: "format-spelt-otherwise",
    summary: "Spells the formats of images, documents, videos and audio as AWS does.",
    evidence: &[
        "https://github.com/NousResearch/hermes-agent/issues/55429",
        "https://github.com/agentscope-ai/QwenPaw/issues/3313",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.knows_model() {
            return;
        }
        let mut found = Vec::new();
        for (index, block) in draft.list(&["system"]).iter().enumerate() {
            guarded_format(block, &Path::from(["system"]).index(index), &mut found);
        }
        if draft.survey.odd_formats {
            for (path, block) in super::messages::blocks(draft) {
                for kind in MEDIA {
                    let media = block.get(kind).filter(|media| !names::is_format(kind, media));
                    let given = media.and_then(|media| media.get("format")?.as_str());
                    if let Some(name) = given.and_then(|given| names::format(kind, given)) {
                        found.push((path.clone().key(kind).key("format"), name));
                    }
                }
                guarded_format(block, &path, &mut found);
            }
        }
        for (path, name) in found {
            draft.set(path, name.into(), Action::Rewrite, format!("AWS calls it {name}."));
        }
    },
};

pub(super) const M27: Rule = Rule {
    id: "M27",
    name: "input-of-a-call",
    summary: "Makes the input of a call in the conversation an object: of nothing an empty one, of \
              JSON text what it says, of anything else a member value.",
    evidence: &[
        "https://github.com/vercel/ai/issues/16561",
        "https://github.com/vercel/ai/issues/19023",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.odd_inputs || !draft.knows_model() {
            return;
        }
        let reason = "The input of a call is an object.";
        for path in paths(draft, &["toolUse"]) {
            let named = draft.get(&path.clone().key("name")).is_some_and(Value::is_string);
            let path = path.key("input");
            match draft.get(&path).cloned() {
                None if named => {
                    draft.add(path, json!({}), reason);
                }
                None | Some(Value::Object(_)) => {}
                Some(input) => {
                    draft.set(path, object_of(&input), Action::Rewrite, reason);
                }
            }
        }
    },
};

pub(super) const M28: Rule = Rule {
    id: "M28",
    name: "json-of-a-result",
    summary: "Gives as text what a tool result holds as JSON that is no object.",
    evidence: &[
        "https://github.com/sigoden/aichat/issues/1542",
        "https://github.com/sigoden/aichat/issues/1550",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.odd_json || !draft.knows_model() {
            return;
        }
        let mut found = Vec::new();
        for result in paths(draft, &["toolResult"]) {
            let content = result.key("content");
            let blocks = draft.get(&content).and_then(Value::as_array).into_iter().flatten();
            for (index, block) in blocks.enumerate() {
                let json = block.get("json").filter(|json| !json.is_object());
                let others = kinds(block).into_iter().any(|kind| kind != "json");
                if let Some(json) = json.filter(|_| !others) {
                    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
                    found.push((content.clone().index(index), text));
                }
            }
        }
        for (path, text) in found {
            let reason = "The JSON of a tool result is an object; this was given as text.";
            draft.set(path, json!({ "text": text }), Action::Rewrite, reason);
        }
    },
};

pub(super) const M29: Rule = Rule {
    id: "M29",
    name: "tool-name-in-history",
    summary: "Makes the names of tools lawful in earlier calls, where nobody reads them.",
    evidence: &["https://github.com/danny-avila/LibreChat/issues/14493"],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.odd_names || !draft.knows_model() {
            return;
        }
        for path in paths(draft, &["toolUse"]) {
            let path = path.key("name");
            let Some(name) = draft.get(&path).and_then(Value::as_str) else {
                continue;
            };
            if !names::is_tool_name(name) {
                let fitting = names::tool_name(name);
                let reason = "Bedrock accepts 1 to 64 letters, digits, underscores and hyphens in \
                              the name of a tool.";
                draft.set(path, fitting.into(), Action::Rewrite, reason);
            }
        }
    },
};

/// Parts all elements of a list that claim to be of several kinds.
fn part_all(draft: &mut Draft<'_>, list: &Path) {
    let elements = draft.get(list).and_then(Value::as_array);
    if !elements
        .is_some_and(|elements| elements.iter().filter_map(Value::as_object).any(is_several))
    {
        return;
    }
    let mut index = 0;
    while let Some(element) = draft.get(list).and_then(|elements| elements.get(index)) {
        let kinds = parts_of(element);
        for (offset, (kind, value)) in kinds.into_iter().enumerate() {
            let reason = "An element is of one kind; this one claimed several.";
            draft.drop(list.clone().index(index).key(kind.clone()), reason);
            let path = list.clone().index(index + 1 + offset);
            draft.add(path, json!({ kind: value }), reason);
        }
        index += 1;
    }
}

/// What must leave an element that claims to be of several kinds, the cache point last; nothing
/// where a kind is of a wrong type, which is AWS's to say.
fn parts_of(element: &Value) -> Vec<(String, Value)> {
    let is_right = |kind: &str, value: &Value| match kind {
        "text" => value.is_string(),
        "json" => true,
        _ => value.is_object(),
    };
    let members = element.as_object().into_iter().flatten();
    let mut kinds: Vec<_> =
        members.filter(|(kind, value)| is_kind(kind) && !value.is_null()).collect();
    if kinds.iter().any(|(kind, value)| !is_right(kind, value)) {
        return Vec::new();
    }
    // Stable: what is no cache point keeps its order.
    kinds.sort_by_key(|(kind, _)| *kind == "cachePoint");
    kinds.into_iter().skip(1).map(|(kind, value)| (kind.clone(), value.clone())).collect()
}

/// An object that says what an input said.
fn object_of(input: &Value) -> Value {
    if let Value::String(text) = input {
        if super::blocks::is_blank(text) {
            return json!({});
        }
        if let Ok(object @ Value::Object(_)) = serde_json::from_str(text) {
            return object;
        }
    }
    json!({ "value": input })
}

/// The format of an image for a guardrail.
fn guarded_format(block: &Value, path: &Path, found: &mut Vec<(Path, &'static str)>) {
    let Some(image) = block.get("guardContent").filter(|guarded| holds(guarded, "image")) else {
        return;
    };
    let given = image.get("image").and_then(|image| image.get("format")?.as_str());
    if let Some(name) = given.and_then(|given| names::format("image", given)) {
        found.push((path.clone().key("guardContent").key("image").key("format"), name));
    }
}
