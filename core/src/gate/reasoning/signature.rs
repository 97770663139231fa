//! Signatures of reasoning: a Claude reads its own reasoning again only where it is signed.

use serde_json::Value;

use super::super::blocks::is_blank;
use super::super::draft::Draft;
use super::super::path::Path;
use super::super::rule::{On, Rule};
use super::history::drop_reasoning;

pub(in super::super) const R28: Rule = Rule {
    id: "R28",
    name: "reasoning-without-signature",
    summary: "Drops reasoning without a signature on models that read only their own (Claude), and \
              an empty signature on models that refuse one (Nova 2, MiniMax).",
    evidence: &[
        "https://github.com/maximhq/bifrost/issues/6942",
        "https://github.com/can1357/oh-my-pi/issues/333",
        "https://github.com/run-llama/llama_index/issues/20851",
        "https://github.com/XiaomiMiMo/MiMo-Code/issues/892",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.reasoning {
            return;
        }
        let model = draft.model();
        if draft.capabilities.reasoning.needs_signature.yes() {
            let reason = format!("{model} reads no reasoning without its signature.");
            drop_reasoning(draft, &reason, |reasoning| {
                let text = reasoning.get("reasoningText").and_then(Value::as_object);
                text.is_some_and(|text| !text.get("signature").is_some_and(is_signature))
            });
        } else if draft.capabilities.reasoning.accepts_empty_signature.no() {
            for path in reasoning_texts(draft) {
                let path = path.key("signature");
                if draft.get(&path).and_then(Value::as_str).is_some_and(str::is_empty) {
                    draft.drop(path, format!("{model} refuses an empty signature."));
                }
            }
        }
    },
};

pub(in super::super) const R29: Rule = Rule {
    id: "R29",
    name: "signature-without-text",
    summary: "Puts an empty text beside the signature of reasoning that was not shown (Claude), and \
              drops other reasoning that holds nothing to read: the text is required of every model.",
    evidence: &[
        "https://github.com/danny-avila/LibreChat/issues/12722",
        "https://github.com/danny-avila/LibreChat/issues/13888",
        "https://github.com/strands-agents/harness-sdk/issues/2704",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.reasoning || !draft.knows_model() {
            return;
        }
        if draft.capabilities.reasoning.needs_signature.yes() {
            for path in reasoning_texts(draft) {
                let text = path.clone().key("text");
                let signed = draft.get(&path.key("signature")).is_some_and(is_signature);
                if signed && draft.get(&text).is_none() {
                    draft.add(text, "".into(), "Bedrock wants a text beside a signature.");
                }
            }
        }
        drop_reasoning(draft, "Bedrock refuses reasoning without a text.", |reasoning| {
            let present = |value: &&Value| !value.is_null();
            let text = reasoning.get("reasoningText").filter(present);
            let redacted = reasoning.get("redactedContent").filter(present);
            let without =
                |value: &Value| value.is_object() && value.get("text").is_none_or(Value::is_null);
            reasoning.is_object() && text.map_or(redacted.is_none(), without)
        });
    },
};

/// The paths of all `reasoningText`.
fn reasoning_texts(draft: &Draft<'_>) -> Vec<Path> {
    let mut found = Vec::new();
    for message in 0..draft.messages().len() {
        for (block, content) in draft.content(message).iter().enumerate() {
            let text = content.get("reasoningContent").and_then(|it| it.get("reasoningText"));
            if text.is_some_and(Value::is_object) {
                found
                    .push(Path::block(message, block).key("reasoningContent").key("reasoningText"));
            }
        }
    }
    found
}

/// Whether a value may be a signature; one of a wrong type is AWS's to refuse.
fn is_signature(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !is_blank(text),
        _ => true,
    }
}
