//! Reasoning in the conversation so far.

use serde_json::Value;

use super::super::blocks::{content_of, is_assistant, is_cache_point, is_only};
use super::super::change::Action;
use super::super::draft::Draft;
use super::super::path::Path;
use super::super::rule::{On, Rule};
use super::settings::{THINKING, add_beta, has_beta, thinks};

const BINDING_BETA: &str = "thinking-binding-controls-2026-08-01";

pub(in super::super) const R20: Rule = Rule {
    id: "R20",
    name: "assistant-prefill",
    summary: "Reports a conversation that ends with an assistant message, where the model refuses \
              that: AWS answers.",
    evidence: &[
        "https://github.com/anomalyco/opencode/issues/29760",
        "https://github.com/anomalyco/opencode/issues/13768",
        "https://github.com/anomalyco/opencode/issues/21261",
        "https://github.com/strands-agents/harness-sdk/issues/1694",
        "https://github.com/HKUDS/Vibe-Trading/issues/246",
        "https://github.com/vercel/ai/issues/12296",
        "https://github.com/langchain-ai/deepagents/issues/1585",
    ],
    on: On::Conversations,
    apply: |draft| {
        let Some(last) = draft.messages().len().checked_sub(1) else {
            return;
        };
        if !draft.messages().last().is_some_and(is_assistant) {
            return;
        }
        let thinking = draft.is_claude() && thinks(draft);
        if draft.capabilities.reasoning.rejects_prefill.yes() || thinking {
            let reason = format!(
                "{} does not go on with a message of its own that was begun for it.",
                draft.model()
            );
            draft.violation(
                Path::message(last),
                reason,
                "End the conversation with a user message.",
            );
        }
    },
};

pub(in super::super) const R21: Rule = Rule {
    id: "R21",
    name: "block-binding-beta",
    summary: "Opts into the beta that thinking.block_binding needs, or drops it on models without \
              that beta.",
    evidence: &["https://github.com/vercel/ai", "https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        let binding = ["additionalModelRequestFields", "thinking", "block_binding"];
        if draft.at(&binding).is_none() || !draft.at(&THINKING).is_some_and(Value::is_object) {
            return;
        }
        let betas = &draft.capabilities.betas;
        let (beta, model) = (BINDING_BETA.to_owned(), draft.model());
        if draft.capabilities.reasoning.binds_blocks.yes() || betas.has(&beta) {
            if !has_beta(draft, BINDING_BETA) {
                let reason = format!("{model} takes block_binding only with this beta.");
                add_beta(draft, BINDING_BETA, reason);
            }
        } else if betas.lacks(&beta) && draft.capabilities.reasoning.binds_blocks.no() {
            draft.drop(binding, format!("{model} does not bind thinking blocks."));
        }
    },
};

pub(in super::super) const R26: Rule = Rule {
    id: "R26",
    name: "reasoning-in-history",
    summary: "Drops the reasoning blocks of earlier turns on models that refuse them.",
    evidence: &["https://github.com/strands-agents/sdk-python"],
    on: On::Conversations,
    apply: |draft| {
        if draft.capabilities.reasoning.accepts_history.no() {
            let model = draft.model();
            let reason = format!("{model} accepts no reasoning of earlier turns.");
            drop_reasoning(draft, &reason, |_| true);
        }
    },
};

pub(in super::super) const R27: Rule = Rule {
    id: "R27",
    name: "redacted-reasoning-in-history",
    summary: "Drops redacted reasoning on models that cannot read it.",
    evidence: &["https://github.com/BerriAI/litellm"],
    on: On::Conversations,
    apply: |draft| {
        if draft.capabilities.reasoning.accepts_redacted.no() {
            let reason = format!("{} cannot read redacted reasoning.", draft.model());
            drop_reasoning(draft, &reason, |reasoning| reasoning.get("redactedContent").is_some());
        }
    },
};

pub(in super::super) const R31: Rule = Rule {
    id: "R31",
    name: "prefill-that-ends-with-white-space",
    summary: "Trims the end of an assistant message that Claude is to go on with.",
    evidence: &[
        "https://github.com/aws/aws-sdk-net/issues/4015",
        "https://github.com/tigy32/Tycode/issues/10",
        "https://github.com/langchain-ai/langchain-aws/issues/599",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.is_claude() || draft.capabilities.reasoning.rejects_prefill.yes() {
            return;
        }
        let Some(last) = draft.messages().last().filter(|message| is_assistant(message)) else {
            return;
        };
        let content = content_of(last);
        let Some(block) = content.iter().rposition(|block| !is_cache_point(block)) else {
            return;
        };
        let text = content.get(block).filter(|block| is_only(block, "text"));
        let text = text.and_then(|block| block.get("text")?.as_str()).unwrap_or_default();
        let trimmed = text.trim_end();
        if trimmed.len() < text.len() && !trimmed.is_empty() {
            let path = Path::block(draft.messages().len() - 1, block).key("text");
            let (trimmed, model) = (trimmed.to_owned(), draft.model());
            let reason = format!("{model} does not go on after white space at the end.");
            draft.set(path, trimmed.into(), Action::Rewrite, reason);
        }
    },
};

/// Drops reasoning blocks; a message keeps at least a placeholder.
pub(super) fn drop_reasoning(draft: &mut Draft<'_>, reason: &str, applies: fn(&Value) -> bool) {
    if !draft.survey.reasoning {
        return;
    }
    for message in 0..draft.messages().len() {
        let mut block = 0;
        while let Some(content) = draft.content(message).get(block) {
            let reasoning = content.get("reasoningContent").filter(|value| !value.is_null());
            if reasoning.is_some_and(applies) {
                // What stands there now is looked at next: it may be a block, or a placeholder.
                draft.drop_block(message, block, reason);
            } else {
                block += 1;
            }
        }
    }
}
