use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, stays};

fn max_tokens(given: impl Into<Value>) -> Value {
    json!({ "inferenceConfig": { "maxTokens": given.into() } })
}

#[test]
fn t1_clamps_max_tokens_to_the_limit_of_the_model() {
    let gated = becomes(&llama(), max_tokens(4_097), max_tokens(4_096));
    assert_eq!(gated.rules(), ["T1"]);
    assert_eq!(gated.change("T1").from, Some(json!(4_097)));
    becomes(&llama(), max_tokens(5000.5), max_tokens(4_096));
    stays(&llama(), max_tokens(4_096));
    stays(&unknown(), max_tokens(10_000_000));
}

#[test]
fn t2_raises_max_tokens_to_the_minimum_of_the_model() {
    assert_eq!(becomes(&gpt(), max_tokens(15), max_tokens(16)).rules(), ["T2"]);
    stays(&gpt(), max_tokens(16));
    stays(&llama(), max_tokens(1));
}

#[test]
fn t2_leaves_what_is_no_number_of_tokens_to_aws() {
    stays(&gpt(), max_tokens(0));
    stays(&gpt(), max_tokens(-1));
}

#[test]
fn t3_never_adds_max_tokens() {
    stays(&sonnet_4_5(), json!({ "inferenceConfig": {} }));
}

#[test]
fn t8_and_r23_leave_nothing_beside_high_effort_of_nova() {
    let reasoning = |effort| json!({ "type": "enabled", "maxReasoningEffort": effort });
    let request = |effort| {
        json!({
            "inferenceConfig": { "maxTokens": 100, "temperature": 0.5, "topP": 0.5 },
            "additionalModelRequestFields": {
                "reasoningConfig": reasoning(effort), "inferenceConfig": { "topK": 5 },
            },
        })
    };
    let gated = becomes(
        &nova_2_lite(),
        request("high"),
        json!({ "additionalModelRequestFields": { "reasoningConfig": reasoning("high") } }),
    );
    assert_eq!(gated.outcome.changes.iter().filter(|change| change.rule == "T8").count(), 2);
    stays(&nova_2_lite(), request("medium"));
}
