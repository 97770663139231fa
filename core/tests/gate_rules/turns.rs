//! Turns with nothing in them, or with nothing to read, in every place of a conversation.

use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, stays};

fn text(text: &str) -> Value {
    json!({ "text": text })
}

fn turns(turns: &[&[Value]]) -> Value {
    let role = |at: usize| if at.is_multiple_of(2) { "user" } else { "assistant" };
    let turns = turns.iter().enumerate();
    let turns: Vec<_> =
        turns.map(|(at, content)| json!({ "role": role(at), "content": content })).collect();
    json!({ "messages": turns })
}

fn point() -> Value {
    json!({ "cachePoint": { "type": "default" } })
}

fn signed() -> Value {
    json!({ "reasoningContent": { "reasoningText": { "text": "hm", "signature": "s" } } })
}

#[test]
fn m31_drops_blank_text_and_keeps_turns() {
    let (a, q) = ([text("a")], [text("q")]);
    for model in [sonnet_4_5(), opus_5(), nova_pro(), gpt(), llama(), mistral_large(), qwen3()] {
        for blank in ["", " ", " \n\t", "\u{a0}"] {
            let some = [text("a"), text(blank)];
            assert_eq!(becomes(&model, turns(&[&some]), turns(&[&a])).rules(), ["M31"]);
            let only = [text(blank)];
            let dot = [text(".")];
            becomes(&model, turns(&[&only]), turns(&[&dot]));
            becomes(&model, turns(&[&q, &only, &q]), turns(&[&q, &dot, &q]));
            becomes(&model, turns(&[&only, &a, &only]), turns(&[&dot, &a, &dot]));
        }
        stays(&model, turns(&[&[text(" a ")], &a, &q]));
    }
    stays(&unknown(), turns(&[&[text("")]]));
}

#[test]
fn m31_leaves_a_placeholder_where_a_document_or_reasoning_would_stand_alone() {
    let document = json!({ "document": { "format": "pdf", "name": "a", "source": {} } });
    let image = json!({ "image": { "format": "png", "source": {} } });
    let model = sonnet_4_5();
    becomes(
        &model,
        turns(&[&[document.clone(), text("")]]),
        turns(&[&[document.clone(), text(".")]]),
    );
    becomes(&model, turns(&[&[text(""), image.clone()]]), turns(&[&[image]]));
    becomes(&model, turns(&[&[text(" "), point()]]), turns(&[&[text("."), point()]]));
    becomes(
        &model,
        turns(&[&[text("q")], &[signed(), text("")], &[text("q")]]),
        turns(&[&[text("q")], &[signed(), text(".")], &[text("q")]]),
    );
}

#[test]
fn blank_text_inside_a_result_is_lawful() {
    let call = json!({ "toolUse": { "toolUseId": "t", "name": "a", "input": {} } });
    let inside =
        |content: &[Value]| json!({ "toolResult": { "toolUseId": "t", "content": content } });
    let tools = json!({ "tools": [
        { "toolSpec": { "name": "a", "inputSchema": { "json": { "type": "object" } } } },
    ] });
    for content in [vec![text("")], vec![text(" \n")], vec![]] {
        let mut request = turns(&[&[text("q")], &[call.clone()], &[inside(&content)]]);
        request["toolConfig"] = tools.clone();
        stays(&sonnet_4_5(), request.clone());
        stays(&nova_pro(), request);
    }
}

#[test]
fn m30_leaves_out_a_last_answer_that_says_nothing_and_fills_other_turns() {
    let q = [text("q")];
    for model in [sonnet_4_5(), opus_4_6(), nova_pro(), gpt()] {
        for nothing in
            [vec![], vec![text("")], vec![text(" "), text("\n")], vec![text(""), point()]]
        {
            let gated = becomes(&model, turns(&[&q, &nothing]), turns(&[&q]));
            assert_eq!(gated.rules(), ["M30"]);
        }
        becomes(&model, turns(&[&q, &[], &q]), turns(&[&q, &[text(".")], &q]));
        becomes(&model, turns(&[&[]]), turns(&[&[text(".")]]));
    }
    becomes(&sonnet_4_5(), turns(&[&q, &[signed(), text("")]]), turns(&[&q]));
    // One after another.
    let twice = json!({ "messages": [
        { "role": "user", "content": [text("q")] },
        { "role": "assistant", "content": [text("")] },
        { "role": "assistant", "content": [] },
    ] });
    becomes(&sonnet_4_5(), twice, turns(&[&q]));
    stays(&unknown(), turns(&[&q, &[], &q]));
    stays(&sonnet_4_5(), turns(&[&q, &[text("Here:")]]));
}

#[test]
fn reasoning_that_was_all_of_the_last_answer_leaves_no_prefill() {
    let q = [text("q")];
    let unsigned = json!({ "reasoningContent": { "reasoningText": { "text": "hm" } } });
    becomes(&sonnet_4_5(), turns(&[&q, &[unsigned.clone()]]), turns(&[&q]));
    becomes(&nova_pro(), turns(&[&q, &[unsigned]]), turns(&[&q]));
}

#[test]
fn m32_leaves_out_a_system_prompt_that_says_nothing() {
    let request = |system: Option<Value>| {
        let mut request = turns(&[&[text("q")]]);
        if let Some(system) = system {
            request["system"] = system;
        }
        request
    };
    for model in [sonnet_4_5(), nova_pro(), gpt()] {
        let gated = becomes(&model, request(Some(json!([text("")]))), request(None));
        assert_eq!(gated.rules(), ["M32"]);
        becomes(&model, request(Some(json!([text(""), text("")]))), request(None));
        becomes(
            &model,
            request(Some(json!([text("a"), text("")]))),
            request(Some(json!([text("a")]))),
        );
        becomes(&model, request(Some(json!([text(""), point()]))), request(None));
        stays(&model, request(Some(json!([text(" ")]))));
        stays(&model, request(Some(json!([]))));
    }
    stays(&unknown(), request(Some(json!([text("")]))));
    // Where it goes into a message, what is blank there does not.
    becomes(&titan(), request(Some(json!([text(" ")]))), request(None));
}

#[test]
fn r31_trims_a_prefill_and_nothing_else() {
    let q = [text("q")];
    let prefill = |last: &str| turns(&[&q, &[text("Here: ")], &q, &[text(last)]]);
    for model in [claude_3_5(), claude_3_7(), sonnet_4_5(), opus_4_5()] {
        assert_eq!(becomes(&model, prefill("Here: \n"), prefill("Here:")).rules(), ["R31"]);
        stays(&model, prefill("Here:"));
    }
    becomes(
        &sonnet_4_5(),
        turns(&[&q, &[text("Here: "), text(" ")]]),
        turns(&[&q, &[text("Here:")]]),
    );
    stays(&nova_pro(), prefill("Here: "));
    stays(&unknown(), prefill("Here: "));
}
