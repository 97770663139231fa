//! Where a request says what it wants of reasoning, and the betas that it opts into.

use serde_json::json;

use super::super::draft::Draft;
use super::super::path::Path;

pub(super) const THINKING: [&str; 2] = ["additionalModelRequestFields", "thinking"];
pub(super) const THINKING_TYPE: [&str; 3] = ["additionalModelRequestFields", "thinking", "type"];
pub(super) const BUDGET: [&str; 3] = ["additionalModelRequestFields", "thinking", "budget_tokens"];
pub(super) const EFFORT: [&str; 3] = ["additionalModelRequestFields", "output_config", "effort"];
pub(super) const BETAS: [&str; 2] = ["additionalModelRequestFields", "anthropic_beta"];

/// Where Claude takes an effort: the field of its own format, and the newer member of Converse.
pub(super) const EFFORT_PLACES: [&[&str]; 2] = [&EFFORT, &["outputConfig", "effort"]];

/// `thinking.type` of the request.
pub(super) fn thinking_type<'d>(draft: &'d Draft<'_>) -> Option<&'d str> {
    draft.text(&THINKING_TYPE)
}

/// Whether the request turns Claude's thinking on.
pub(super) fn thinks(draft: &Draft<'_>) -> bool {
    matches!(thinking_type(draft), Some("enabled" | "adaptive"))
}

/// Whether the request opts into a beta.
pub(in super::super) fn has_beta(draft: &Draft<'_>, name: &str) -> bool {
    draft.list(&BETAS).iter().any(|beta| beta.as_str() == Some(name))
}

/// Opts into a beta; `false` where `anthropic_beta` is something other than a list.
pub(in super::super) fn add_beta(draft: &mut Draft<'_>, name: &str, reason: String) -> bool {
    match draft.at(&BETAS) {
        None => draft.add(BETAS, json!([name]), reason),
        Some(betas) => {
            let Some(end) = betas.as_array().map(Vec::len) else {
                return false;
            };
            draft.add(Path::from(BETAS).index(end), json!(name), reason)
        }
    }
}
