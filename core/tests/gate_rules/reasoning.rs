//! What Claude's thinking does not go together with.

use serde_json::{Value, json};

use crate::asks::{adaptive, assert_rules, disabled, enabled, fields, limited, sampled, thinking};
use crate::models::*;
use crate::support::{becomes, gated, left_alone, stays};

#[test]
fn r1_drops_a_temperature_other_than_1_while_thinking() {
    for (model, thinking) in
        [(claude_3_7(), enabled(2000)), (sonnet_4_5(), enabled(2000)), (opus_4_6(), adaptive())]
    {
        let gated = becomes(
            &model,
            sampled(json!({ "temperature": 0.5, "maxTokens": 8000 }), thinking.clone()),
            sampled(json!({ "maxTokens": 8000 }), thinking.clone()),
        );
        assert_rules(&gated, &["R1"]);
        stays(&model, sampled(json!({ "temperature": 1, "maxTokens": 8000 }), thinking));
    }
    stays(&sonnet_4_5(), sampled(json!({ "temperature": 0.5 }), disabled()));
}

#[test]
fn r2_drops_top_p_while_3_7_thinks() {
    let gated = becomes(
        &claude_3_7(),
        sampled(json!({ "topP": 0.99, "maxTokens": 8000 }), enabled(2000)),
        limited(8000, enabled(2000)),
    );
    assert_rules(&gated, &["R2"]);
    stays(&claude_3_7(), json!({ "inferenceConfig": { "topP": 0.99 } }));
}

#[test]
fn r2b_drops_a_low_top_p_while_newer_claude_thinks() {
    let gated = becomes(
        &sonnet_4_5(),
        sampled(json!({ "topP": 0.9, "maxTokens": 8000 }), enabled(2000)),
        limited(8000, enabled(2000)),
    );
    assert_rules(&gated, &["R2b"]);
    stays(&sonnet_4_5(), sampled(json!({ "topP": 0.95 }), enabled(2000)));
}

#[test]
fn r3_drops_top_k_while_thinking() {
    let gated = becomes(
        &sonnet_4_5(),
        fields(json!({ "top_k": 40, "thinking": enabled(2000) })),
        thinking(enabled(2000)),
    );
    assert_rules(&gated, &["R3"]);
    stays(&sonnet_4_5(), fields(json!({ "top_k": 40, "thinking": disabled() })));
}

#[test]
fn r4_raises_a_small_budget_where_it_fits_and_else_drops_thinking() {
    let gated = becomes(&sonnet_4_5(), limited(2000, enabled(500)), limited(2000, enabled(1024)));
    assert_rules(&gated, &["R4"]);
    becomes(&sonnet_4_5(), thinking(enabled(1023)), thinking(enabled(1024)));
    becomes(&sonnet_4_5(), limited(1025, enabled(0)), limited(1025, enabled(1024)));
    let gated = becomes(
        &sonnet_4_5(),
        limited(1024, enabled(500)),
        json!({ "inferenceConfig": { "maxTokens": 1024 } }),
    );
    assert_rules(&gated, &["R4"]);
    stays(&sonnet_4_5(), limited(1025, enabled(1024)));
}

#[test]
fn r5_lowers_the_budget_below_max_tokens_and_else_drops_thinking() {
    for budget in [4000, 9000] {
        let gated =
            becomes(&sonnet_4_5(), limited(4000, enabled(budget)), limited(4000, enabled(3999)));
        assert_rules(&gated, &["R5"]);
    }
    becomes(&sonnet_4_5(), limited(1025, enabled(1025)), limited(1025, enabled(1024)));
    let gated = becomes(
        &sonnet_4_5(),
        limited(1024, enabled(1024)),
        json!({ "inferenceConfig": { "maxTokens": 1024 } }),
    );
    assert_rules(&gated, &["R5"]);
    stays(&sonnet_4_5(), limited(4000, enabled(3999)));
}

#[test]
fn r5_counts_with_the_limit_of_the_model() {
    let gated =
        becomes(&sonnet_4_5(), limited(100_000, enabled(80_000)), limited(64_000, enabled(63_999)));
    assert_rules(&gated, &["T1", "R5"]);
    becomes(&sonnet_4_5(), thinking(enabled(64_000)), thinking(enabled(63_999)));
}

#[test]
fn r5_allows_a_larger_budget_with_interleaved_thinking() {
    let request = json!({
        "inferenceConfig": { "maxTokens": 4000 },
        "additionalModelRequestFields": {
            "thinking": enabled(8000), "anthropic_beta": ["interleaved-thinking-2025-05-14"],
        },
    });
    stays(&sonnet_4_5(), request.clone());
    assert_rules(&gated(&claude_3_7(), request), &["R5"]);
}

#[test]
fn r6_lowers_a_forced_tool_choice_while_thinking_with_a_budget() {
    let request = |choice: Value, thinking: Value| {
        json!({
            "toolConfig": { "toolChoice": choice, "tools": [{ "toolSpec": { "name": "a" } }] },
            "additionalModelRequestFields": { "thinking": thinking },
        })
    };
    for choice in [json!({ "any": {} }), json!({ "tool": { "name": "a" } })] {
        let gated = becomes(
            &sonnet_4_5(),
            request(choice.clone(), enabled(2000)),
            request(json!({ "auto": {} }), enabled(2000)),
        );
        assert_rules(&gated, &["R6"]);
        stays(&sonnet_4_5(), request(choice.clone(), disabled()));
        // R6b: accepted while thinking adaptively.
        stays(&opus_4_6(), request(choice.clone(), adaptive()));
        stays(&opus_5(), request(choice, adaptive()));
    }
    stays(&sonnet_4_5(), request(json!({ "auto": {} }), enabled(2000)));
}

#[test]
fn r6_knows_the_tool_choice_of_claude_itself() {
    becomes(
        &sonnet_4_5(),
        fields(json!({
            "tool_choice": { "type": "tool", "name": "a", "disable_parallel_tool_use": true },
            "thinking": enabled(2000),
        })),
        fields(json!({
            "tool_choice": { "type": "auto", "disable_parallel_tool_use": true },
            "thinking": enabled(2000),
        })),
    );
}

#[test]
fn r7_lowers_a_forced_tool_choice_on_models_that_refuse_it_always() {
    let request = |choice: Value| json!({ "toolConfig": { "tools": [{ "toolSpec": { "name": "a" } }], "toolChoice": choice } });
    for model in [sonnet_5_5(), fable_5_1()] {
        let gated = becomes(&model, request(json!({ "any": {} })), request(json!({ "auto": {} })));
        assert_rules(&gated, &["R7"]);
        stays(&model, request(json!({ "auto": {} })));
    }
    stays(&opus_5(), request(json!({ "any": {} })));
}

#[test]
fn settings_that_fight_come_out_in_one_lawful_shape() {
    let request = || {
        json!({
            "inferenceConfig": { "temperature": 0.4, "topP": 0.9, "maxTokens": 90_000 },
            "additionalModelRequestFields": {
                "thinking": enabled(80_000), "top_k": 40,
                "anthropic_beta": ["output-128k-2025-02-19"],
            },
        })
    };
    let betas = json!(["output-128k-2025-02-19"]);
    let gated = becomes(
        &sonnet_4_5(),
        request(),
        json!({
            "inferenceConfig": { "maxTokens": 64_000 },
            "additionalModelRequestFields": { "thinking": enabled(63_999), "anthropic_beta": betas },
        }),
    );
    assert_rules(&gated, &["R1", "R2b", "R3", "T1", "R5"]);
    let gated = becomes(
        &opus_4_8(),
        request(),
        json!({
            "inferenceConfig": { "maxTokens": 90_000 },
            "additionalModelRequestFields": {
                "thinking": adaptive(), "anthropic_beta": betas, "output_config": { "effort": "high" },
            },
        }),
    );
    assert_rules(&gated, &["R8", "S2"]);
}

#[test]
fn thinking_of_a_wrong_shape_is_left_for_aws_to_answer() {
    for wrong in [
        json!(true),
        json!("enabled"),
        json!([]),
        json!({}),
        json!({ "type": 7 }),
        json!({ "type": "deep" }),
        json!({ "type": null, "budget_tokens": 5 }),
    ] {
        for model in [sonnet_4_5(), opus_4_6(), opus_4_8(), sonnet_5_5(), fable_5_1()] {
            left_alone(&model, thinking(wrong.clone()));
        }
    }
    left_alone(&sonnet_4_5(), thinking(json!({ "type": "enabled" })));
    left_alone(&sonnet_4_5(), thinking(json!({ "type": "enabled", "budget_tokens": "2000" })));
    left_alone(&opus_4_8(), fields(json!({ "output_config": "low", "thinking": adaptive() })));
}
