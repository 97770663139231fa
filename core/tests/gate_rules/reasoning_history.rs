//! Reasoning, and settings of it, in the conversation so far.

use serde_json::{Value, json};

use crate::asks::{assert_rules, fields, thinking};
use crate::models::*;
use crate::support::{becomes, left_alone, stays};

#[test]
fn r19_drops_the_effort_of_a_message_without_its_beta() {
    let message = |settings: bool| {
        let mut message = json!({ "role": "user", "content": [{ "text": "a" }] });
        if settings {
            message["output_config"] = json!({ "effort": "low" });
        }
        message
    };
    let gated = becomes(
        &opus_4_8(),
        json!({ "messages": [message(true)] }),
        json!({ "messages": [message(false)] }),
    );
    assert_rules(&gated, &["R19"]);
    stays(
        &fable_5_1(),
        json!({
            "messages": [message(true)],
            "additionalModelRequestFields": {
                "anthropic_beta": ["mid-conversation-output-config-2026-07-01"],
            },
        }),
    );
}

#[test]
fn r20_reports_a_conversation_that_ends_with_the_assistant() {
    let messages = |roles: &[&str]| -> Vec<Value> {
        let message = |role: &&str| json!({ "role": role, "content": [{ "text": "a" }] });
        roles.iter().map(message).collect()
    };
    let request = |roles: &[&str]| json!({ "messages": messages(roles) });
    let gated = left_alone(&opus_4_6(), request(&["user", "assistant"]));
    assert_eq!(gated.violated(), ["R20"]);
    assert_eq!(gated.outcome.violations[0].path, "messages[1]");
    stays(&opus_4_6(), request(&["user", "assistant", "user"]));
    stays(&sonnet_4_5(), request(&["user", "assistant"]));
    let thinking = json!({
        "messages": messages(&["user", "assistant"]),
        "additionalModelRequestFields": { "thinking": json!({ "type": "enabled", "budget_tokens": 2000 }) },
    });
    assert_eq!(left_alone(&sonnet_4_5(), thinking).violated(), ["R20"]);
}

#[test]
fn r21_opts_into_the_beta_of_block_binding_or_drops_it() {
    let bound = json!({
        "type": "adaptive", "block_binding": { "prefix_mismatch_behavior": "drop_block" },
    });
    let beta = json!(["thinking-binding-controls-2026-08-01"]);
    let gated = becomes(
        &fable_5_1(),
        thinking(bound.clone()),
        fields(json!({ "thinking": bound, "anthropic_beta": beta })),
    );
    assert_rules(&gated, &["R21"]);
    stays(&fable_5_1(), fields(json!({ "thinking": bound, "anthropic_beta": beta })));
    assert_rules(
        &becomes(&opus_4_6(), thinking(bound), thinking(json!({ "type": "adaptive" }))),
        &["R21"],
    );
}

#[test]
fn r26_drops_reasoning_of_earlier_turns_where_it_is_refused() {
    let signed = json!({ "text": "hm", "signature": "s" });
    let reasoning = json!({ "reasoningContent": { "reasoningText": signed } });
    let answer = |content: &[Value]| {
        json!({ "messages": [
            { "role": "user", "content": [{ "text": "q" }] },
            { "role": "assistant", "content": content },
            { "role": "user", "content": [{ "text": "q" }] },
        ] })
    };
    let text = json!({ "text": "a" });
    for model in [nova_pro(), llama(), deepseek_r1(), gpt()] {
        let gated = becomes(
            &model,
            answer(&[reasoning.clone(), text.clone(), reasoning.clone()]),
            answer(&[text.clone()]),
        );
        assert_rules(&gated, &["R26"]);
    }
    becomes(
        &llama(),
        answer(&[reasoning.clone(), reasoning.clone()]),
        answer(&[json!({ "text": "." })]),
    );
    stays(&sonnet_4_5(), answer(&[reasoning.clone(), text.clone()]));
    stays(&unknown(), answer(&[reasoning.clone(), text]));
    // With a cache point, which is no content either.
    let point = json!({ "cachePoint": { "type": "default" } });
    for content in [
        vec![reasoning.clone(), point.clone()],
        vec![point.clone(), reasoning.clone()],
        vec![reasoning.clone(), point.clone(), reasoning.clone(), point.clone()],
    ] {
        let gated = becomes(&llama(), answer(&content), answer(&[json!({ "text": "." })]));
        assert_rules(&gated, &["R26", "P1"]);
        assert!(gated.change("R26").reason.contains("accepts no reasoning"));
    }
    becomes(
        &nova_pro(),
        answer(&[reasoning, point.clone()]),
        answer(&[json!({ "text": "." }), point]),
    );
}

#[test]
fn r27_drops_only_redacted_reasoning_where_that_is_refused() {
    let redacted = json!({ "reasoningContent": { "redactedContent": { "\u{0}blob": 0 } } });
    let signed = json!({ "text": "hm", "signature": "s" });
    let open = json!({ "reasoningContent": { "reasoningText": signed } });
    let answer = |content: &[Value]| {
        json!({ "messages": [
            { "role": "user", "content": [{ "text": "q" }] },
            { "role": "assistant", "content": content },
            { "role": "user", "content": [{ "text": "q" }] },
        ] })
    };
    let gated =
        becomes(&nova_2_lite(), answer(&[redacted.clone(), open.clone()]), answer(&[open.clone()]));
    assert_rules(&gated, &["R27"]);
    stays(&sonnet_4_5(), answer(&[redacted, open]));
}

#[test]
fn r29_drops_reasoning_without_a_text_on_every_known_model() {
    let turns = |contents: &[Value]| {
        let mut messages = vec![json!({ "role": "user", "content": [{ "text": "q" }] })];
        for content in contents {
            messages.push(json!({ "role": "assistant", "content": content }));
            messages.push(json!({ "role": "user", "content": [{ "text": "q" }] }));
        }
        json!({ "messages": messages })
    };
    let text = json!({ "text": "a" });
    let reasoning = |value: Value| json!({ "reasoningContent": value });
    for hidden in [
        json!({ "reasoningText": { "signature": "s" } }),
        json!({ "reasoningText": { "text": null, "signature": "s" } }),
        json!({ "reasoningText": {} }),
        json!({}),
    ] {
        let hidden = reasoning(hidden);
        let request = turns(&[json!([hidden, text]), json!([hidden])]);
        let expected = turns(&[json!([text]), json!([{ "text": "." }])]);
        for model in [nova_2_lite(), mistral_large(), gpt_oss(), qwen3()] {
            becomes(&model, request.clone(), expected.clone());
        }
        let gated = becomes(&nova_2_lite(), request.clone(), expected.clone());
        assert_rules(&gated, &["R29"]);
        stays(&unknown(), request);
    }
    // Signed, it is Claude's own that was not shown.
    let signed = |value: Value| reasoning(json!({ "reasoningText": value }));
    becomes(
        &sonnet_4_5(),
        turns(&[json!([signed(json!({ "signature": "s" })), text])]),
        turns(&[json!([signed(json!({ "signature": "s", "text": "" })), text])]),
    );
    stays(&nova_2_lite(), turns(&[json!([signed(json!({ "text": "hm" })), text])]));
}

#[test]
fn r29_ends_no_conversation_with_a_placeholder_of_the_assistants() {
    let user = json!({ "role": "user", "content": [{ "text": "q" }] });
    let hidden = json!({ "reasoningContent": { "reasoningText": { "signature": "s" } } });
    becomes(
        &mistral_large(),
        json!({ "messages": [user, { "role": "assistant", "content": [hidden] }] }),
        json!({ "messages": [user] }),
    );
}
