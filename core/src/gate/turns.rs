//! Turns with nothing in them, or with nothing to read.

use serde_json::{Value, json};

use super::blocks::{
    PLACEHOLDER, content_of, holds, is_assistant, is_blank_text, is_cache_point, is_only,
};
use super::change::Action;
use super::draft::Draft;
use super::path::Path;
use super::rule::{On, Rule};

pub(super) const M30: Rule = Rule {
    id: "M30",
    name: "empty-turn",
    summary: "Leaves out a last assistant turn that says nothing, and puts a placeholder into \
              other turns without content.",
    evidence: &[
        "https://github.com/archestra-ai/archestra/issues/4220",
        "https://github.com/aws/aws-sdk-net/issues/4015",
    ],
    on: On::Conversations,
    apply: |draft| {
        let concerned = draft.survey.empty_turns || draft.survey.blank_text;
        if !concerned || !draft.knows_model() {
            return;
        }
        while draft.messages().len() > 1 && draft.messages().last().is_some_and(says_nothing) {
            let last = Path::message(draft.messages().len() - 1);
            draft
                .drop(last, "The last turn of the assistant says nothing, which asks for nothing.");
        }
        for message in 0..draft.messages().len() {
            let content = Path::message(message).key("content");
            if draft.get(&content).and_then(Value::as_array).is_some_and(Vec::is_empty) {
                let reason = "Bedrock refuses a message without content.";
                draft.add(content.index(0), json!({ "text": PLACEHOLDER }), reason);
            }
        }
    },
};

pub(super) const M31: Rule = Rule {
    id: "M31",
    name: "blank-text",
    summary: "Drops text blocks with nothing to read in them; a placeholder stands where a turn, or \
              a document, would be left without text.",
    evidence: &[
        "https://github.com/NousResearch/hermes-agent/issues/63983",
        "https://github.com/NousResearch/hermes-agent/issues/67978",
        "https://github.com/NousResearch/hermes-agent/issues/41985",
        "https://github.com/aws-samples/generative-ai-use-cases/issues/1685",
        "https://github.com/aws/aws-sdk-net/issues/4015",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.blank_text || !draft.knows_model() {
            return;
        }
        for message in 0..draft.messages().len() {
            drop_blank(draft, message);
        }
    },
};

pub(super) const M32: Rule = Rule {
    id: "M32",
    name: "empty-system-text",
    summary: "Drops empty texts from the system prompt, and the system prompt where nothing else \
              is in it.",
    evidence: &[
        "https://github.com/anomalyco/opencode/issues/46294",
        "https://github.com/spring-projects/spring-ai/issues/6209",
        "https://github.com/aws-samples/bedrock-access-gateway/issues/167",
    ],
    on: On::Conversations,
    apply: |draft| {
        let empty = |block: &Value| {
            block.get("text").and_then(Value::as_str) == Some("") && is_only(block, "text")
        };
        let blocks = draft.list(&["system"]);
        if !blocks.iter().any(empty) || !draft.knows_model() {
            return;
        }
        if blocks.iter().all(|block| empty(block) || is_cache_point(block)) {
            draft.drop(["system"], "Nothing is said in the system prompt.");
            return;
        }
        let empty = blocks.iter().enumerate().filter(|(_, block)| empty(block));
        let empty: Vec<usize> = empty.map(|(index, _)| index).collect();
        for index in empty.into_iter().rev() {
            let reason = "Bedrock refuses an empty text in the system prompt.";
            draft.drop(Path::from(["system"]).index(index), reason);
        }
    },
};

/// Whether a message is an assistant's that says nothing: what it holds, if anything, is blank.
fn says_nothing(message: &Value) -> bool {
    let list = message.get("content").is_some_and(Value::is_array);
    let content = content_of(message);
    let blank = content.is_empty() || content.iter().any(is_blank_text);
    is_assistant(message) && list && blank && content.iter().all(is_silent)
}

/// Whether a block is nothing that is said.
fn is_silent(block: &Value) -> bool {
    is_blank_text(block) || is_cache_point(block) || is_only(block, "reasoningContent")
}

fn drop_blank(draft: &mut Draft<'_>, message: usize) {
    let content = draft.content(message);
    let blank = content.iter().enumerate().filter(|(_, block)| is_blank_text(block));
    let mut blank: Vec<usize> = blank.map(|(index, _)| index).collect();
    let Some(last) = blank.last().copied() else { return };
    let nothing = content.iter().all(is_silent);
    let document = content.iter().any(|block| holds(block, "document"));
    let text = content.iter().any(|block| holds(block, "text") && !is_blank_text(block));
    let reason = "Bedrock refuses a blank text.";
    if nothing || (document && !text) {
        blank.pop();
        let why = if nothing {
            "Nothing else was in this message."
        } else {
            "A message with a document needs a text block."
        };
        let placeholder = json!({ "text": PLACEHOLDER });
        let path = Path::block(message, last);
        draft.set(path, placeholder, Action::Rewrite, format!("{reason} {why}"));
    }
    for index in blank.into_iter().rev() {
        draft.drop(Path::block(message, index), reason);
    }
}
