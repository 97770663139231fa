//! How many tokens a response may have.

use super::draft::Draft;

pub(super) const MAX_TOKENS: [&str; 2] = ["inferenceConfig", "maxTokens"];

/// The longest response the model gives.
pub(super) fn limit(draft: &Draft<'_>) -> Option<f64> {
    draft.capabilities.max_output_tokens.known().copied().map(tokens)
}

/// How many tokens this response may have, as far as that is known.
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
