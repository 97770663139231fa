//! Thinking, also called reasoning: what was asked for, and in which words a model takes it.

mod ask;
mod conflict;
mod effort;
mod family;
mod history;
mod shape;
mod signature;
mod tool_loop;

pub(super) use conflict::{R1, R2, R2B, R3, R4, R5, R6, R7, R22, R23, nova_thinks_hard};
pub(super) use effort::{R13, R14, R15, R16, R17, R18, R19, R25};
pub(super) use family::R24;
pub(super) use history::{R20, R21, R26, R27, R31};
pub(super) use shape::{R8, R9, R10, R11, R12};
pub(super) use signature::{R28, R29};
pub(super) use tool_loop::R30;

use super::draft::Draft;

const THINKING: [&str; 2] = ["additionalModelRequestFields", "thinking"];
const THINKING_TYPE: [&str; 3] = ["additionalModelRequestFields", "thinking", "type"];
const BUDGET: [&str; 3] = ["additionalModelRequestFields", "thinking", "budget_tokens"];
const EFFORT: [&str; 3] = ["additionalModelRequestFields", "output_config", "effort"];
const BETAS: [&str; 2] = ["additionalModelRequestFields", "anthropic_beta"];

/// Where Claude takes an effort: the field of its own format, and the newer member of Converse.
const EFFORT_PLACES: [&[&str]; 2] = [&EFFORT, &["outputConfig", "effort"]];

/// `thinking.type` of the request.
fn thinking_type<'d>(draft: &'d Draft<'_>) -> Option<&'d str> {
    draft.text(&THINKING_TYPE)
}

/// Whether the request turns Claude's thinking on.
fn thinks(draft: &Draft<'_>) -> bool {
    matches!(thinking_type(draft), Some("enabled" | "adaptive"))
}

/// Whether the request opts into a beta.
pub(super) fn has_beta(draft: &Draft<'_>, name: &str) -> bool {
    draft.list(&BETAS).iter().any(|beta| beta.as_str() == Some(name))
}

/// Opts into a beta; `false` where `anthropic_beta` is something other than a list.
pub(super) fn add_beta(draft: &mut Draft<'_>, name: &str, reason: String) -> bool {
    use super::path::Path;
    use serde_json::json;
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
