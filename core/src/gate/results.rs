//! Calls of tools and their results in the conversation.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::blocks::{content_of, holds};
use super::change::Action;
use super::draft::Draft;
use super::path::Path;
use super::pattern::Pattern;
use super::rule::{On, Rule};

pub(super) const M7: Rule = Rule {
    id: "M7",
    name: "tool-use-id",
    summary: "Replaces ids of tool calls that the model refuses, in the call and in its result \
              alike.",
    evidence: &["https://github.com/vercel/ai", "https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.tools || !draft.knows_model() {
            return;
        }
        let pattern = draft.capabilities.tools.use_id_pattern.known();
        if pattern.is_none() && !draft.survey.odd_use_ids {
            return;
        }
        let Some(pattern) =
            pattern.map_or_else(|| Some(Pattern::shape()), |text| Pattern::of(text))
        else {
            return;
        };
        // In the order of the conversation: what becomes of an id depends on those before it only,
        // and an id that fits gives way to one before it that was made so.
        let mut taken: HashSet<String> = HashSet::new();
        let mut named: HashMap<String, String> = HashMap::new();
        let reason = format!("{} refuses this toolUseId.", draft.model());
        for path in id_spots(draft) {
            let Some(id) = draft.get(&path).and_then(Value::as_str) else {
                continue;
            };
            if !named.contains_key(id) {
                let fits = pattern.matches(id) && !taken.contains(id);
                let name = if fits { id.to_owned() } else { pattern.fit(id, &mut taken) };
                taken.insert(name.clone());
                named.insert(id.to_owned(), name);
            }
            if let Some(name) = named.get(id).filter(|name| *name != id).cloned() {
                draft.set(path, name.into(), Action::Rewrite, &*reason);
            }
        }
    },
};

pub(super) const M10: Rule = Rule {
    id: "M10",
    name: "result-status",
    summary: "Drops the status of tool results on models that do not know it.",
    evidence: &["https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.tool_results || !draft.capabilities.tools.result_status.no() {
            return;
        }
        for path in result_paths(draft) {
            let path = path.key("status");
            if draft.get(&path).is_some_and(Value::is_string) {
                let model = draft.model();
                draft.drop(path, format!("{model} does not know the status of tool results."));
            }
        }
    },
};

pub(super) const M11: Rule = Rule {
    id: "M11",
    name: "images-in-results",
    summary: "Moves images out of tool results, behind them, where the model refuses them inside.",
    evidence: &["https://github.com/BerriAI/litellm", "https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        let concerned = draft.survey.tool_results && draft.survey.images;
        if !concerned || !draft.capabilities.tools.result_images.no() {
            return;
        }
        for message in 0..draft.messages().len() {
            let mut index = 0;
            while let Some(block) = draft.content(message).get(index) {
                let images = block.get("toolResult").map(images_of).unwrap_or_default();
                if !images.is_empty() {
                    move_images(draft, message, index, &images);
                }
                index += 1;
            }
        }
    },
};

/// The paths of all tool results.
fn result_paths(draft: &Draft<'_>) -> Vec<Path> {
    paths(draft, &["toolResult"])
}

/// The paths of all ids of tool calls.
fn id_spots(draft: &Draft<'_>) -> Vec<Path> {
    let blocks = paths(draft, &["toolUse", "toolResult"]);
    blocks.into_iter().map(|path| path.key("toolUseId")).collect()
}

/// The paths of all blocks of these kinds in messages.
pub(super) fn paths(draft: &Draft<'_>, kinds: &[&'static str]) -> Vec<Path> {
    let mut found = Vec::new();
    for (message, value) in draft.messages().iter().enumerate() {
        for (index, block) in content_of(value).iter().enumerate() {
            let kinds = kinds.iter().filter(|kind| holds(block, kind));
            found.extend(kinds.map(|kind| Path::block(message, index).key(*kind)));
        }
    }
    found
}

/// Where the images are in a tool result.
fn images_of(result: &Value) -> Vec<usize> {
    let blocks = content_of(result).iter().enumerate();
    blocks.filter(|(_, block)| holds(block, "image")).map(|(index, _)| index).collect()
}

fn move_images(draft: &mut Draft<'_>, message: usize, result: usize, images: &[usize]) {
    let content = Path::block(message, result).key("toolResult").key("content");
    let model = draft.model();
    let inside = draft.get(&content).and_then(Value::as_array).map_or(0, Vec::len);
    let mut shift = 0;
    if inside == images.len() {
        // A result of images alone would be left without content.
        let text = json!({ "text": "See the image that follows." });
        let reason = "A tool result needs content besides the images that were moved.";
        draft.add(content.clone().index(0), text, reason);
        shift = 1;
    }
    // Behind all results, so that they stay together.
    for (moved, image) in images.iter().enumerate() {
        let end = draft.content(message).len();
        let reason = format!("{model} accepts no images inside tool results.");
        draft.mv(content.clone().index(image + shift - moved), Path::block(message, end), reason);
    }
}
