use bedrock_profile_core::model::ModelCapabilities;
use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, left_alone, stays};

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

/// A conversation of so many bytes, in a result of a tool and around it.
fn long(bytes: usize, config: Value) -> Value {
    let (half, rest) = ("a".repeat(bytes / 2), "b".repeat(bytes - bytes / 2));
    let result = json!({ "toolUseId": "t1", "content": [{ "text": rest }] });
    let call = json!({ "toolUseId": "t1", "name": "add", "input": {} });
    let schema = json!({ "json": { "type": "object" } });
    json!({
        "messages": [
            { "role": "user", "content": [{ "text": half }] },
            { "role": "assistant", "content": [{ "toolUse": call }] },
            { "role": "user", "content": [{ "toolResult": result }] },
        ],
        "toolConfig": { "tools": [{ "toolSpec": { "name": "add", "inputSchema": schema } }] },
        "inferenceConfig": config,
    })
}

fn small(mut model: ModelCapabilities) -> ModelCapabilities {
    model.context_window = fact(1000);
    model
}

#[test]
fn t4_reports_a_prompt_that_is_certainly_too_long() {
    let gated = left_alone(&small(opus_4_6()), long(12_012, json!({})));
    assert_eq!(gated.violated(), ["T4"]);
    assert_eq!(gated.outcome.violations[0].path, "messages");
    stays(&small(opus_4_6()), long(12_011, json!({})));
    stays(&unknown(), long(12_012, json!({})));
    // White space is as many tokens as it likes.
    let blank = format!("a{}", " ".repeat(20_000));
    let request = json!({ "messages": [{ "role": "user", "content": [{ "text": blank }] }] });
    stays(&small(opus_4_6()), request);
}

#[test]
fn t5_reports_an_answer_that_certainly_does_not_fit_beside_the_prompt() {
    let config = |max: u64| json!({ "maxTokens": max });
    let mut model = small(claude_3_7());
    model.answer_in_window = fact(true);
    let gated = left_alone(&model, long(6_000, config(501)));
    assert_eq!(gated.violated(), ["T5"]);
    assert_eq!(gated.outcome.violations[0].remedy, "Ask for at most 500 tokens.");
    stays(&model, long(6_000, config(500)));
    stays(&model, long(6_000, json!({})));
    assert_eq!(left_alone(&model, long(12_012, config(1))).violated(), ["T4"]);
    stays(&small(claude_3_7()), long(6_000, config(501)));
}

#[test]
fn t6_opts_into_the_long_window_where_the_prompt_needs_it() {
    let beta = json!(["context-1m-2025-08-07"]);
    let with = |mut request: Value| {
        request["additionalModelRequestFields"] = json!({ "anthropic_beta": beta });
        request
    };
    let mut model = small(sonnet_4_5());
    model.betas = strings(&["context-1m-2025-08-07"]);
    let request = long(12_012, json!({}));
    let gated = becomes(&model, request.clone(), with(request.clone()));
    assert_eq!((gated.rules(), gated.violated()), (vec!["T6"], vec![]));
    stays(&model, with(request.clone()));
    stays(&model, long(12_011, json!({})));
    model.betas = strings(&[]);
    assert_eq!(left_alone(&model, request.clone()).violated(), ["T4"]);
    model.betas = Default::default();
    assert_eq!(left_alone(&model, request).violated(), ["T4"]);
}
