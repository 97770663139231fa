//! How long an answer may be.

use super::Rule;
use super::change::Action;
use super::draft::{Draft, number};
use super::reasoning::nova_thinks_hard;

pub(super) const MAX_TOKENS: [&str; 2] = ["inferenceConfig", "maxTokens"];

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
    apply: |draft| {
        if nova_thinks_hard(draft) && draft.number(&MAX_TOKENS).is_some() {
            let model = draft.model();
            let reason = format!("{model} accepts no maxTokens with reasoning effort high.");
            draft.drop(MAX_TOKENS, reason);
        }
    },
};

/// The longest answer the model gives.
fn limit(draft: &Draft<'_>) -> Option<f64> {
    draft.capabilities.max_output_tokens.known().copied().map(tokens)
}

/// How many tokens this answer may have, as far as that is known.
pub(super) fn room(draft: &Draft<'_>) -> Option<f64> {
    let given =
        draft.number(&MAX_TOKENS).map(|given| limit(draft).map_or(given, |max| given.min(max)));
    let default = || draft.capabilities.default_max_tokens.known().copied().map(tokens);
    given.or_else(default).or_else(|| limit(draft))
}

/// A count of tokens as a number to compare with.
#[expect(clippy::cast_precision_loss, reason = "no model counts 2^53 tokens")]
pub(super) fn tokens(count: u64) -> f64 {
    count as f64
}
