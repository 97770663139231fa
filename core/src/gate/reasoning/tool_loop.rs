//! Thinking that is switched on while tools are being used.

use serde_json::Value;

use super::super::blocks::{content_of, holds, is_assistant, is_cache_point, is_user};
use super::super::rule::{On, Rule};
use super::settings::{THINKING, thinking_type};

pub(in super::super) const R30: Rule = Rule {
    id: "R30",
    name: "thinking-inside-a-tool-loop",
    summary: "Leaves thinking with a budget out of a call that goes on with a tool loop whose first \
              assistant turn does not begin with its reasoning.",
    evidence: &[
        "https://github.com/anomalyco/opencode/issues/3077",
        "https://github.com/RooCodeInc/Roo-Code/issues/11238",
        "https://github.com/pydantic/pydantic-ai/issues/3645",
    ],
    on: On::Conversations,
    apply: |draft| {
        let needed = draft.capabilities.reasoning.signed_loops.yes();
        if needed && thinking_type(draft) == Some("enabled") && is_unreasoned(draft.messages()) {
            let reason = format!(
                "{} cannot begin to think in the middle of a tool loop; it can after the next \
                 message of the user's.",
                draft.model()
            );
            draft.drop(THINKING, reason);
        }
    },
};

/// Whether a conversation is in a loop of calls and results whose first assistant turn does not begin
/// with reasoning. A loop begins after the last user turn that has more than results.
fn is_unreasoned(messages: &[Value]) -> bool {
    if !messages.last().is_some_and(is_user) {
        return false;
    }
    // A message of cache points alone will hold a placeholder, which asks too.
    let has_results = |content: &[Value]| {
        content.iter().all(is_result) && content.iter().any(|block| holds(block, "toolResult"))
    };
    let asks = |message: &Value| is_user(message) && !has_results(content_of(message));
    let start = messages.iter().rposition(asks).map_or(0, |at| at + 1);
    let mut loops = messages.iter().skip(start).skip_while(|message| !is_assistant(message));
    let Some(first) = loops.next() else {
        return false;
    };
    let mut blocks = content_of(first).iter().filter(|block| !is_cache_point(block));
    !blocks.next().is_some_and(|block| holds(block, "reasoningContent"))
}

/// Whether a block is a result, or a mark behind one.
fn is_result(block: &Value) -> bool {
    holds(block, "toolResult") || is_cache_point(block)
}
