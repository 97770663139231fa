//! How much of the quota a call reserves (the option `reserve`). Bedrock takes `maxTokens` from the
//! quota as the call begins and gives back what was not used as it ends, so that a client that always
//! asks for the model's maximum is throttled by answers that nobody gives.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::blocks::{content_of, is_assistant};
use super::change::{Action, Change};
use super::draft::{Draft, number};
use super::limits::{MAX_TOKENS, tokens};
use crate::model::ModelCapabilities;
use crate::operation::Operation;

/// What the change names as its rule. It is none of [`super::RULES`]: without it the request is as
/// lawful.
const RULE: &str = "reserve-fit";

/// A response may become so many times as long as the longest before it.
const GROWTH: f64 = 4.0;
/// The least that is requested, in tokens.
const LEAST: f64 = 4096.0;
/// What is left for the response beside a thinking budget, in tokens.
const BESIDE_BUDGET: f64 = 1024.0;
/// Fewer bytes than a token stands for in prose and in code: rather too many tokens than too few.
const BYTES: usize = 3;

const BUDGET: [&str; 3] = ["additionalModelRequestFields", "thinking", "budget_tokens"];

/// The option `reserve`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reserve {
    /// In place of the model's maximum, what the conversation's answers so far suggest.
    Fit,
}

/// Lowers a `maxTokens` that is the model's maximum. What is not known of a model is left as it is.
pub fn reserve(request: &mut Map<String, Value>, capabilities: &ModelCapabilities) -> Vec<Change> {
    let Some(most) = capabilities.max_output_tokens.known().copied().map(tokens) else {
        return Vec::new();
    };
    let mut draft = Draft::new(request, capabilities, Operation::Converse.into());
    draft.begin(RULE);
    let given = draft.number(&MAX_TOKENS);
    let budget = draft.number(&BUDGET).map_or(0.0, |budget| budget + BESIDE_BUDGET);
    let fitting = (GROWTH * longest_response(draft.messages())).max(LEAST).max(budget.ceil());
    if given.is_some_and(|given| given >= most && fitting < given) {
        let reason = format!(
            "The quota is reserved for maxTokens as the call begins; reserve asks for what the \
             answers so far suggest, not for all that {} can give.",
            draft.model()
        );
        draft.set(MAX_TOKENS, number(fitting), Action::Clamp, reason);
    }
    draft.finish(request).changes
}

/// The length of the longest turn of the assistant's, in tokens.
fn longest_response(messages: &[Value]) -> f64 {
    let (mut longest, mut turn) = (0, 0_usize);
    for message in messages {
        let bytes = content_of(message).iter().map(bytes_of).sum::<usize>();
        turn = if is_assistant(message) { turn.saturating_add(bytes) } else { 0 };
        longest = longest.max(turn);
    }
    tokens(u64::try_from(longest.div_ceil(BYTES)).unwrap_or(u64::MAX))
}

/// What the model has written of a block: texts, and the calls it has made.
fn bytes_of(block: &Value) -> usize {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map_or(0, str::len);
    let reasoning = block.get("reasoningContent").and_then(|block| block.get("reasoningText"));
    let cited = block.get("citationsContent").map_or(&[][..], content_of).iter();
    let call = block.get("toolUse").map_or(0, |call| call.to_string().len());
    text(block.get("text"))
        + text(reasoning.and_then(|reasoning| reasoning.get("text")))
        + cited.map(|part| text(part.get("text"))).sum::<usize>()
        + call
}
