//! What requests ask of Claude's thinking.

use serde_json::{Value, json};

use crate::support::Gated;

/// A request with these additional fields.
pub fn fields(fields: Value) -> Value {
    json!({ "additionalModelRequestFields": fields })
}

pub fn thinking(thinking: Value) -> Value {
    fields(json!({ "thinking": thinking }))
}

pub fn with_effort(thinking: Value, effort: &str) -> Value {
    fields(json!({ "thinking": thinking, "output_config": { "effort": effort } }))
}

pub fn enabled(budget: u64) -> Value {
    json!({ "type": "enabled", "budget_tokens": budget })
}

pub fn adaptive() -> Value {
    json!({ "type": "adaptive" })
}

pub fn disabled() -> Value {
    json!({ "type": "disabled" })
}

pub fn between() -> Value {
    json!({ "type": "between_tools" })
}

pub fn limited(max_tokens: u64, thinking: Value) -> Value {
    json!({
        "inferenceConfig": { "maxTokens": max_tokens },
        "additionalModelRequestFields": { "thinking": thinking },
    })
}

pub fn sampled(config: Value, thinking: Value) -> Value {
    json!({ "inferenceConfig": config, "additionalModelRequestFields": { "thinking": thinking } })
}

pub fn assert_rules(gated: &Gated, rules: &[&str]) {
    assert_eq!(gated.rules(), rules);
}
