//! What is asked for instead of the model's maximum (the option `reserve`).

use bedrock_profile_core::gate::{Action, Change, reserve};
use bedrock_profile_core::model::ModelCapabilities;
use serde_json::{Value, json};

use crate::models::*;
use crate::support::replay;

fn fitted(model: &ModelCapabilities, request: Value) -> (Value, Vec<Change>) {
    let Value::Object(input) = request else { panic!("a request is an object") };
    let mut output = input.clone();
    let changes = reserve(&mut output, model);
    assert_eq!(replay(&input, &changes), output);
    let mut again = output.clone();
    assert_eq!(reserve(&mut again, model), []);
    (output["inferenceConfig"]["maxTokens"].clone(), changes)
}

fn request(max_tokens: u64, answers: &[usize]) -> Value {
    let user = json!({ "role": "user", "content": [{ "text": "q".repeat(90_000) }] });
    let answer = |length: &usize| json!({ "role": "assistant", "content": [{ "text": "a".repeat(*length) }] });
    let mut messages = vec![user.clone()];
    for length in answers {
        messages.extend([answer(length), user.clone()]);
    }
    json!({ "messages": messages, "inferenceConfig": { "maxTokens": max_tokens } })
}

#[test]
fn the_maximum_becomes_what_the_answers_suggest() {
    let model = sonnet_4_5();
    let (max_tokens, changes) = fitted(&model, request(64_000, &[]));
    assert_eq!(max_tokens, 4096);
    assert_eq!((changes[0].rule, changes[0].action), ("reserve-fit", Action::Clamp));
    assert_eq!(changes[0].path, "inferenceConfig.maxTokens");
    // 4 times the longest, a token for every 3 bytes.
    assert_eq!(fitted(&model, request(64_000, &[30, 6_000, 300])).0, 8_000);
    assert_eq!(fitted(&model, request(64_000, &[48_000])).1, []);
    assert_eq!(fitted(&model, request(63_999, &[])).1, [], "the caller's own choice");
    assert_eq!(fitted(&model, json!({ "messages": [] , "inferenceConfig": {} })).1, []);
    assert_eq!(fitted(&unknown(), request(64_000, &[])).1, []);
    assert_eq!(fitted(&llama(), request(4_096, &[])).1, [], "the maximum is the least");
}

#[test]
fn a_thinking_budget_keeps_its_room() {
    let mut request = request(64_000, &[]);
    request["additionalModelRequestFields"] =
        json!({ "thinking": { "type": "enabled", "budget_tokens": 16_000 } });
    assert_eq!(fitted(&sonnet_4_5(), request).0, 17_024);
}

#[test]
fn calls_reasoning_and_citations_are_written_too_and_a_turn_may_be_several_messages() {
    let long = "a".repeat(3_000);
    let answer = |block: Value| json!({ "role": "assistant", "content": [block] });
    let mut request = request(64_000, &[]);
    request["messages"].as_array_mut().unwrap().extend([
        answer(json!({ "toolUse": { "toolUseId": "1", "name": "a", "input": { "a": long } } })),
        answer(json!({ "reasoningContent": { "reasoningText": { "text": long } } })),
        answer(json!({ "citationsContent": { "content": [{ "text": long }] } })),
    ]);
    let given = fitted(&sonnet_4_5(), request).0.as_f64().unwrap();
    assert!((12_000.0..12_200.0).contains(&given), "{given}");
}
