//! How long a response may be.

use serde_json::Value;

use super::blocks::content_of;
use super::change::Action;
use super::draft::{Draft, number};
use super::limits::{MAX_TOKENS, limit, tokens};
use super::reasoning::{add_beta, has_beta, nova_thinks_hard};
use super::rule::{On, Rule};

pub(super) const T1: Rule = Rule {
    id: "T1",
    name: "max-tokens-above-limit",
    summary: "Clamps maxTokens to the model's maximum.",
    evidence: &[
        "https://github.com/langgenius/dify/issues/10390",
        "https://github.com/vercel/ai/issues/2772",
        "https://github.com/charmbracelet/crush/issues/946",
        "https://github.com/aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws/issues/175",
    ],
    on: On::Conversations,
    apply: |draft| {
        let (Some(given), Some(max)) = (draft.number(&MAX_TOKENS), limit(draft)) else {
            return;
        };
        if given > max {
            let reason = format!("{} answers with at most {max} tokens.", draft.model());
            draft.set(MAX_TOKENS, number(max), Action::Clamp, reason);
        }
    },
};

pub(super) const T2: Rule = Rule {
    id: "T2",
    name: "max-tokens-below-minimum",
    summary: "Raises maxTokens to the model's minimum.",
    evidence: &["https://github.com/BerriAI/litellm"],
    on: On::Conversations,
    apply: |draft| {
        let Some(min) = draft.capabilities.min_max_tokens.known().copied() else {
            return;
        };
        let min = tokens(min);
        // Zero and less is refused everywhere: that is AWS's to say, not ours to guess at.
        let Some(given) = draft.number(&MAX_TOKENS).filter(|given| *given >= 1.0) else {
            return;
        };
        if given < min {
            let reason = format!("{} accepts maxTokens from {min}.", draft.model());
            draft.set(MAX_TOKENS, number(min), Action::Clamp, reason);
        }
    },
};

pub(super) const T8: Rule = Rule {
    id: "T8",
    name: "max-tokens-beside-high-effort",
    summary: "Drops maxTokens where Nova reasons with effort high.",
    evidence: &[
        "https://docs.aws.amazon.com/nova/latest/nova2-userguide/reasoning-capabilities.html",
    ],
    on: On::Conversations,
    apply: |draft| {
        if nova_thinks_hard(draft) && draft.number(&MAX_TOKENS).is_some() {
            let model = draft.model();
            let reason = format!("{model} accepts no maxTokens with reasoning effort high.");
            draft.drop(MAX_TOKENS, reason);
        }
    },
};

const LONG_CONTEXT: &str = "context-1m-2025-08-07";
/// The window that this beta opens.
const LONG_WINDOW: f64 = 1_000_000.0;
/// More bytes than a token stands for, on average over a prompt, white space aside. Nothing here can
/// count tokens; what is said of a prompt must be certain.
const MOST_BYTES: usize = 12;

pub(super) const T4: Rule = Rule {
    id: "T4",
    name: "prompt-longer-than-window",
    summary: "Reports a prompt that is certainly longer than the model's context window: AWS answers.",
    evidence: &["https://github.com/daisuke-awaji/moca/issues/254"],
    on: On::Conversations,
    apply: |draft| {
        let Some(window) = window(draft) else { return };
        let least = least_tokens(draft, window);
        if least > window {
            let reason =
                format!("{} reads {window} tokens; this is at least {least}.", draft.model());
            draft.violation(["messages"], reason, "Shorten the conversation.");
        }
    },
};

pub(super) const T5: Rule = Rule {
    id: "T5",
    name: "prompt-and-answer-longer-than-window",
    summary: "Reports a maxTokens that together with the prompt is certainly more than the context \
              window, on Claude before Sonnet 4.5, which counts both: AWS answers.",
    evidence: &["https://platform.claude.com/docs/en/build-with-claude/context-windows"],
    on: On::Conversations,
    apply: |draft| {
        if !draft.capabilities.answer_in_window.yes() {
            return;
        }
        let (Some(window), Some(output)) = (window(draft), draft.number(&MAX_TOKENS)) else {
            return;
        };
        let least = least_tokens(draft, window - output);
        if least <= window && least + output > window {
            let model = draft.model();
            let reason = format!(
                "{model} has {window} tokens for the prompt, which is at least {least}, and the \
                 answer together."
            );
            let remedy = format!("Ask for at most {} tokens.", window - least);
            draft.violation(MAX_TOKENS, reason, remedy);
        }
    },
};

pub(super) const T6: Rule = Rule {
    id: "T6",
    name: "long-context-beta",
    summary: "Opts into the beta of the long context window where the prompt is certainly longer \
              than the usual one (Sonnet 4, Sonnet 4.5).",
    evidence: &[
        "https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html",
    ],
    on: On::Conversations,
    apply: |draft| {
        let Some(usual) = draft.capabilities.context_window.known().copied().map(tokens) else {
            return;
        };
        let offered = draft.capabilities.betas.has(&LONG_CONTEXT.to_owned());
        let needed = usual < LONG_WINDOW && least_tokens(draft, usual) > usual;
        if offered && needed && !has_beta(draft, LONG_CONTEXT) {
            let reason =
                format!("{} reads more than {usual} tokens with this beta.", draft.model());
            add_beta(draft, LONG_CONTEXT, reason);
        }
    },
};

/// How many tokens the model reads.
fn window(draft: &Draft<'_>) -> Option<f64> {
    let usual = draft.capabilities.context_window.known().copied().map(tokens)?;
    let long =
        has_beta(draft, LONG_CONTEXT) && draft.capabilities.betas.has(&LONG_CONTEXT.to_owned());
    Some(if long { usual.max(LONG_WINDOW) } else { usual })
}

/// So many tokens the texts of the conversation have at the least. Exact only where that is more
/// than `bound`: to look at every character of every conversation would cost more than all rules.
fn least_tokens(draft: &Draft<'_>, bound: f64) -> f64 {
    let least = |bytes: usize| tokens(u64::try_from(bytes / MOST_BYTES).unwrap_or(u64::MAX));
    let rough = least(draft.survey.text_bytes);
    if rough <= bound {
        return rough.min(bound.max(0.0));
    }
    let letters = |text: &str| text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count();
    let text = |block: &Value| block.get("text").and_then(Value::as_str).map_or(0, letters);
    let blocks = draft.messages().iter().flat_map(content_of);
    let inside = |block: &Value| {
        let inner = block.get("toolResult").map_or(&[][..], content_of).iter();
        text(block) + inner.map(text).sum::<usize>()
    };
    least(blocks.map(inside).sum())
}
