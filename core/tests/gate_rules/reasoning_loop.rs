//! Signatures of reasoning, and thinking that is switched on while tools are being used.

use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, gated, stays};

fn text(text: &str) -> Value {
    json!({ "text": text })
}

fn reasoning(value: Value) -> Value {
    json!({ "reasoningContent": { "reasoningText": value } })
}

fn signed() -> Value {
    reasoning(json!({ "text": "hm", "signature": "s" }))
}

fn redacted() -> Value {
    json!({ "reasoningContent": { "redactedContent": { "\u{0}blob": 0 } } })
}

fn call(id: &str) -> Value {
    json!({ "toolUse": { "toolUseId": id, "name": "search", "input": {} } })
}

fn result(id: &str) -> Value {
    json!({ "toolResult": { "toolUseId": id, "content": [text("r")] } })
}

fn answers(answers: &[&[Value]]) -> Value {
    let mut messages = vec![json!({ "role": "user", "content": [text("q")] })];
    for answer in answers {
        messages.push(json!({ "role": "assistant", "content": answer }));
        messages.push(json!({ "role": "user", "content": [text("q")] }));
    }
    json!({ "messages": messages })
}

#[test]
fn r28_drops_unsigned_reasoning_on_claude() {
    for model in [claude_3_7(), sonnet_4_5(), opus_4_6(), opus_5(), fable_5_1()] {
        for unsigned in [
            json!({ "text": "hm" }),
            json!({ "text": "hm", "signature": "" }),
            json!({ "text": "hm", "signature": null }),
            json!({}),
        ] {
            let unsigned = reasoning(unsigned);
            let gated = becomes(
                &model,
                answers(&[&[signed(), text("a")], &[unsigned.clone(), text("b")], &[unsigned]]),
                answers(&[&[signed(), text("a")], &[text("b")], &[text(".")]]),
            );
            assert_eq!(gated.rules(), ["R28"]);
        }
        stays(&model, answers(&[&[signed(), redacted(), text("a")]]));
    }
    stays(&unknown(), answers(&[&[reasoning(json!({ "text": "hm" })), text("a")]]));
    stays(&qwen3(), answers(&[&[reasoning(json!({ "text": "hm" })), text("a")]]));
}

#[test]
fn r28_leaves_an_empty_signature_out_where_it_is_refused() {
    let signature = |signature: Option<&str>| {
        let mut value = json!({ "text": "hm" });
        if let Some(signature) = signature {
            value["signature"] = json!(signature);
        }
        answers(&[&[reasoning(value), text("a")]])
    };
    let gated = becomes(&nova_2_lite(), signature(Some("")), signature(None));
    assert_eq!(gated.rules(), ["R28"]);
    stays(&nova_2_lite(), signature(Some("s")));
    stays(&nova_2_lite(), signature(None));
    stays(&qwen3(), signature(Some("")));
}

#[test]
fn r29_puts_an_empty_text_beside_a_signature_on_claude_and_drops_it_elsewhere() {
    let shown = |value: Value| answers(&[&[reasoning(value), text("a")]]);
    for model in [sonnet_4_5(), opus_4_8(), opus_5(), fable_5_1()] {
        let gated = becomes(
            &model,
            shown(json!({ "signature": "s" })),
            shown(json!({ "signature": "s", "text": "" })),
        );
        assert_eq!(gated.rules(), ["R29"]);
        stays(&model, shown(json!({ "text": "", "signature": "s" })));
    }
    let gated = becomes(&qwen3(), shown(json!({ "signature": "s" })), answers(&[&[text("a")]]));
    assert_eq!(gated.rules(), ["R29"]);
    stays(&unknown(), shown(json!({ "signature": "s" })));
}

/// A loop of these assistant turns, each with a call and its result.
fn in_loop(turns: &[Vec<Value>], more: &[Value], thinking: Option<Value>) -> Value {
    let tool = json!({ "name": "search", "inputSchema": { "json": { "type": "object" } } });
    let mut messages = vec![json!({ "role": "user", "content": [text("q")] })];
    for (at, turn) in turns.iter().enumerate() {
        let id = at.to_string();
        let content: Vec<Value> = turn.iter().cloned().chain([call(&id)]).collect();
        messages.push(json!({ "role": "assistant", "content": content }));
        messages.push(json!({ "role": "user", "content": [result(&id)] }));
    }
    let last = messages.last_mut().unwrap()["content"].as_array_mut().unwrap();
    last.extend(more.iter().cloned());
    let mut request =
        json!({ "messages": messages, "toolConfig": { "tools": [{ "toolSpec": tool }] } });
    if let Some(thinking) = thinking {
        request["additionalModelRequestFields"] = json!({ "thinking": thinking });
    }
    request
}

fn think() -> Option<Value> {
    Some(json!({ "type": "enabled", "budget_tokens": 4000 }))
}

#[test]
fn r30_leaves_thinking_out_inside_a_tool_loop_that_began_without() {
    for model in [claude_3_7(), sonnet_4_5(), opus_4_5()] {
        for turns in [
            vec![vec![text("x")]],
            vec![vec![]],
            vec![vec![], vec![signed()]],
            vec![vec![text("x"), signed()], vec![]],
        ] {
            let gated = becomes(&model, in_loop(&turns, &[], think()), in_loop(&turns, &[], None));
            assert_eq!(gated.rules(), ["R30"]);
        }
        // Only the first turn must begin with reasoning.
        for first in [signed(), redacted()] {
            stays(&model, in_loop(&[vec![first.clone()], vec![]], &[], think()));
            stays(&model, in_loop(&[vec![first], vec![text("y")]], &[], think()));
        }
        // The loop is over where the user says more.
        stays(&model, in_loop(&[vec![text("x")]], &[text("and?")], think()));
        stays(&model, in_loop(&[vec![text("x")]], &[], None));
    }
    let adaptive = Some(json!({ "type": "adaptive" }));
    stays(&opus_4_6(), in_loop(&[vec![text("x")]], &[], adaptive.clone()));
    stays(&opus_5(), in_loop(&[vec![text("x")]], &[], adaptive));
    stays(&unknown(), in_loop(&[vec![text("x")]], &[], think()));
}

#[test]
fn r30_sees_what_other_rules_have_made_of_the_loop() {
    let unsigned = reasoning(json!({ "text": "hm" }));
    let model = sonnet_4_5();
    // Unsigned reasoning is dropped, and with it the reason to think.
    let gated =
        becomes(&model, in_loop(&[vec![unsigned]], &[], think()), in_loop(&[vec![]], &[], None));
    assert_eq!(gated.rules(), ["R28", "R30"]);
    // Blank text says nothing more than the results.
    becomes(&model, in_loop(&[vec![]], &[text(" ")], think()), in_loop(&[vec![]], &[], None));
    // A cache point does not either.
    let point = json!({ "cachePoint": { "type": "default" } });
    becomes(
        &model,
        in_loop(&[vec![]], &[point.clone()], think()),
        in_loop(&[vec![]], &[point], None),
    );
    // A message of cache points alone holds a placeholder in the end, which is more than results.
    let mut marked = in_loop(&[vec![signed()], vec![]], &[], think());
    let point = json!({ "role": "user", "content": [{ "cachePoint": { "type": "default" } }] });
    marked["messages"].as_array_mut().unwrap().insert(3, point);
    assert_eq!(crate::support::gated(&model, marked).rules(), ["R30", "P7", "R30"]);
    // A call at the end has a result of its own.
    let mut open = in_loop(&[vec![]], &[], think());
    open["messages"].as_array_mut().unwrap().pop();
    assert_eq!(crate::support::gated(&model, open).rules(), ["M36", "R30"]);
}

#[test]
fn where_thinking_is_left_out_a_forced_tool_and_a_temperature_stay() {
    let with = |thinking: Option<Value>| {
        let mut request = in_loop(&[vec![text("x")]], &[], thinking);
        request["toolConfig"]["toolChoice"] = json!({ "any": {} });
        request["inferenceConfig"] = json!({ "temperature": 0.2, "maxTokens": 8000 });
        request
    };
    assert_eq!(gated(&sonnet_4_5(), with(think())).request.to_string(), {
        let mut expected = with(None);
        expected.as_object_mut().unwrap().shift_remove("additionalModelRequestFields");
        expected.to_string()
    });
}
