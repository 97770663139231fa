//! Claude's thinking.

use serde_json::{Value, json};

use crate::models::*;
use crate::support::{Gated, becomes, gated, left_alone, stays};

/// A request with these additional fields.
fn fields(fields: Value) -> Value {
    json!({ "additionalModelRequestFields": fields })
}

fn thinking(thinking: Value) -> Value {
    fields(json!({ "thinking": thinking }))
}

fn with_effort(thinking: Value, effort: &str) -> Value {
    fields(json!({ "thinking": thinking, "output_config": { "effort": effort } }))
}

fn enabled(budget: u64) -> Value {
    json!({ "type": "enabled", "budget_tokens": budget })
}

fn adaptive() -> Value {
    json!({ "type": "adaptive" })
}

fn disabled() -> Value {
    json!({ "type": "disabled" })
}

fn between() -> Value {
    json!({ "type": "between_tools" })
}

fn limited(max_tokens: u64, thinking: Value) -> Value {
    json!({
        "inferenceConfig": { "maxTokens": max_tokens },
        "additionalModelRequestFields": { "thinking": thinking },
    })
}

fn sampled(config: Value, thinking: Value) -> Value {
    json!({ "inferenceConfig": config, "additionalModelRequestFields": { "thinking": thinking } })
}

fn assert_rules(gated: &Gated, rules: &[&str]) {
    assert_eq!(gated.rules(), rules);
}

#[test]
fn r1_drops_a_temperature_other_than_1_while_thinking() {
    for (model, thinking) in [
        (claude_3_7(), enabled(2000)),
        (sonnet_4_5(), enabled(2000)),
        (opus_4_6(), adaptive()),
    ] {
        let gated = becomes(
            &model,
            sampled(
                json!({ "temperature": 0.5, "maxTokens": 8000 }),
                thinking.clone(),
            ),
            sampled(json!({ "maxTokens": 8000 }), thinking.clone()),
        );
        assert_rules(&gated, &["R1"]);
        stays(
            &model,
            sampled(json!({ "temperature": 1, "maxTokens": 8000 }), thinking),
        );
    }
    stays(
        &sonnet_4_5(),
        sampled(json!({ "temperature": 0.5 }), disabled()),
    );
}

#[test]
fn r2_drops_top_p_while_3_7_thinks() {
    let gated = becomes(
        &claude_3_7(),
        sampled(json!({ "topP": 0.99, "maxTokens": 8000 }), enabled(2000)),
        limited(8000, enabled(2000)),
    );
    assert_rules(&gated, &["R2"]);
    stays(
        &claude_3_7(),
        json!({ "inferenceConfig": { "topP": 0.99 } }),
    );
}

#[test]
fn r2b_drops_a_low_top_p_while_newer_claude_thinks() {
    let gated = becomes(
        &sonnet_4_5(),
        sampled(json!({ "topP": 0.9, "maxTokens": 8000 }), enabled(2000)),
        limited(8000, enabled(2000)),
    );
    assert_rules(&gated, &["R2b"]);
    stays(
        &sonnet_4_5(),
        sampled(json!({ "topP": 0.95 }), enabled(2000)),
    );
}

#[test]
fn r3_drops_top_k_while_thinking() {
    let gated = becomes(
        &sonnet_4_5(),
        fields(json!({ "top_k": 40, "thinking": enabled(2000) })),
        thinking(enabled(2000)),
    );
    assert_rules(&gated, &["R3"]);
    stays(
        &sonnet_4_5(),
        fields(json!({ "top_k": 40, "thinking": disabled() })),
    );
}

#[test]
fn r4_raises_a_small_budget_where_it_fits_and_else_drops_thinking() {
    let gated = becomes(
        &sonnet_4_5(),
        limited(2000, enabled(500)),
        limited(2000, enabled(1024)),
    );
    assert_rules(&gated, &["R4"]);
    becomes(
        &sonnet_4_5(),
        thinking(enabled(1023)),
        thinking(enabled(1024)),
    );
    becomes(
        &sonnet_4_5(),
        limited(1025, enabled(0)),
        limited(1025, enabled(1024)),
    );
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
        let gated = becomes(
            &sonnet_4_5(),
            limited(4000, enabled(budget)),
            limited(4000, enabled(3999)),
        );
        assert_rules(&gated, &["R5"]);
    }
    becomes(
        &sonnet_4_5(),
        limited(1025, enabled(1025)),
        limited(1025, enabled(1024)),
    );
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
    let gated = becomes(
        &sonnet_4_5(),
        limited(100_000, enabled(80_000)),
        limited(64_000, enabled(63_999)),
    );
    assert_rules(&gated, &["T1", "R5"]);
    becomes(
        &sonnet_4_5(),
        thinking(enabled(64_000)),
        thinking(enabled(63_999)),
    );
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
        let gated = becomes(
            &model,
            request(json!({ "any": {} })),
            request(json!({ "auto": {} })),
        );
        assert_rules(&gated, &["R7"]);
        stays(&model, request(json!({ "auto": {} })));
    }
    stays(&opus_5(), request(json!({ "any": {} })));
}

#[test]
fn r8_rewrites_a_budget_to_adaptive_thinking_with_the_effort_it_stands_for() {
    for (budget, effort) in [
        (1024, "low"),
        (2048, "low"),
        (8192, "medium"),
        (32_000, "high"),
    ] {
        let gated = becomes(
            &opus_4_8(),
            thinking(enabled(budget)),
            with_effort(adaptive(), effort),
        );
        assert_rules(&gated, &["R8"]);
    }
    stays(&opus_4_8(), with_effort(adaptive(), "xhigh"));
}

#[test]
fn r8_keeps_an_effort_that_was_said_and_other_members_of_thinking() {
    becomes(
        &opus_4_8(),
        fields(json!({
            "thinking": { "budget_tokens": 2000, "type": "enabled", "display": "summarized" },
            "output_config": { "effort": "max" },
        })),
        fields(json!({
            "thinking": { "type": "adaptive", "display": "summarized" },
            "output_config": { "effort": "max" },
        })),
    );
    let request = |thinking: Value| {
        json!({
            "outputConfig": { "effort": "low" },
            "additionalModelRequestFields": { "thinking": thinking },
        })
    };
    becomes(&opus_4_8(), request(enabled(30_000)), request(adaptive()));
}

#[test]
fn r9_rewrites_a_deprecated_budget() {
    let gated = becomes(
        &opus_4_6(),
        thinking(enabled(20_000)),
        with_effort(adaptive(), "high"),
    );
    assert_rules(&gated, &["R9"]);
    stays(&sonnet_4_5(), thinking(enabled(20_000)));
}

#[test]
fn r10_rewrites_adaptive_thinking_to_a_budget_below_max_tokens() {
    let adapted = |max: u64, effort: &str| {
        json!({
            "inferenceConfig": { "maxTokens": max },
            "additionalModelRequestFields": {
                "thinking": adaptive(), "output_config": { "effort": effort },
            },
        })
    };
    for (effort, budget) in [
        ("low", 2_048),
        ("medium", 8_192),
        ("high", 16_384),
        ("xhigh", 31_999),
        ("max", 31_999),
    ] {
        let gated = becomes(
            &sonnet_4_5(),
            adapted(32_000, effort),
            limited(32_000, enabled(budget)),
        );
        assert_rules(&gated, &["R10", "R15"]);
    }
    becomes(
        &sonnet_4_5(),
        adapted(4_000, "high"),
        limited(4_000, enabled(3_999)),
    );
    becomes(
        &sonnet_4_5(),
        thinking(adaptive()),
        thinking(enabled(16_384)),
    );
    let gated = becomes(
        &sonnet_4_5(),
        adapted(1_000, "high"),
        json!({ "inferenceConfig": { "maxTokens": 1_000 } }),
    );
    assert_rules(&gated, &["R10", "R15", "R4", "R15"]);
}

#[test]
fn r11_drops_what_would_turn_thinking_off_where_it_always_is_on() {
    for off in [disabled(), between()] {
        let gated = becomes(&fable_5_1(), thinking(off), json!({}));
        assert_rules(&gated, &["R11"]);
    }
    stays(&opus_5(), thinking(disabled()));
    stays(&fable_5_1(), thinking(adaptive()));
}

#[test]
fn r12_turns_thinking_down_to_between_tools_with_effort_high_at_most() {
    let gated = becomes(&sonnet_5_5(), thinking(disabled()), thinking(between()));
    assert_rules(&gated, &["R12"]);
    becomes(
        &sonnet_5_5(),
        with_effort(
            json!({ "type": "between_tools", "display": "omitted" }),
            "max",
        ),
        with_effort(between(), "high"),
    );
    stays(&sonnet_5_5(), with_effort(between(), "medium"));
    becomes(&opus_5(), thinking(between()), thinking(disabled()));
}

#[test]
fn r13_caps_the_effort_while_thinking_is_disabled() {
    for effort in ["xhigh", "max"] {
        let gated = becomes(
            &opus_5(),
            with_effort(disabled(), effort),
            with_effort(disabled(), "high"),
        );
        assert_rules(&gated, &["R13"]);
    }
    stays(&opus_5(), with_effort(disabled(), "high"));
    stays(&opus_5(), with_effort(adaptive(), "max"));
    stays(&opus_4_6(), with_effort(disabled(), "max"));
}

#[test]
fn r14_turns_effort_none_into_thinking_that_is_disabled() {
    let effort = |effort: &str| fields(json!({ "output_config": { "effort": effort } }));
    assert_rules(
        &becomes(&opus_5(), effort("none"), thinking(disabled())),
        &["R14"],
    );
    becomes(&opus_4_8(), effort("none"), json!({}));
    becomes(
        &opus_5(),
        with_effort(adaptive(), "none"),
        thinking(disabled()),
    );
    becomes(&sonnet_5_5(), effort("none"), thinking(between()));
    assert_rules(
        &becomes(&fable_5_1(), effort("none"), effort("low")),
        &["R25"],
    );
    stays(&opus_5(), effort("low"));
}

#[test]
fn r15_drops_the_effort_where_efforts_are_unknown() {
    let gated = becomes(
        &sonnet_4_5(),
        with_effort(disabled(), "low"),
        thinking(disabled()),
    );
    assert_rules(&gated, &["R15"]);
    becomes(
        &sonnet_4_5(),
        json!({ "outputConfig": { "effort": "low" } }),
        json!({}),
    );
    let mut model = sonnet_4_5();
    model.reasoning.efforts = Default::default();
    stays(&model, with_effort(disabled(), "low"));
}

#[test]
fn r16_opts_into_the_beta_of_the_effort() {
    let effort = |betas: Value| {
        fields(json!({ "anthropic_beta": betas, "output_config": { "effort": "low" } }))
    };
    let beta = "effort-2025-11-24";
    let gated = becomes(
        &opus_4_5(),
        effort(json!(["a"])),
        effort(json!(["a", beta])),
    );
    assert_rules(&gated, &["R16"]);
    assert_eq!(
        gated.change("R16").path,
        "additionalModelRequestFields.anthropic_beta[1]"
    );
    becomes(&opus_4_5(), effort(json!([])), effort(json!([beta])));
    becomes(
        &opus_4_5(),
        fields(json!({ "output_config": { "effort": "low" } })),
        fields(json!({ "output_config": { "effort": "low" }, "anthropic_beta": [beta] })),
    );
    stays(&opus_4_5(), effort(json!([beta])));
    stays(&opus_4_5(), fields(json!({ "thinking": disabled() })));
    left_alone(&opus_4_5(), effort(json!("a")));
}

#[test]
fn r17_lowers_xhigh_to_high_where_it_is_unknown() {
    let gated = becomes(
        &opus_4_6(),
        with_effort(adaptive(), "xhigh"),
        with_effort(adaptive(), "high"),
    );
    assert_rules(&gated, &["R17"]);
    stays(&opus_4_8(), with_effort(adaptive(), "xhigh"));
}

#[test]
fn r18_moves_an_effort_out_of_thinking() {
    let inside = json!({ "type": "adaptive", "effort": "low" });
    let gated = becomes(
        &opus_4_8(),
        thinking(inside.clone()),
        with_effort(adaptive(), "low"),
    );
    assert_rules(&gated, &["R18"]);
    becomes(
        &opus_4_8(),
        with_effort(inside, "max"),
        with_effort(adaptive(), "max"),
    );
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
        for model in [
            sonnet_4_5(),
            opus_4_6(),
            opus_4_8(),
            sonnet_5_5(),
            fable_5_1(),
        ] {
            left_alone(&model, thinking(wrong.clone()));
        }
    }
    left_alone(&sonnet_4_5(), thinking(json!({ "type": "enabled" })));
    left_alone(
        &sonnet_4_5(),
        thinking(json!({ "type": "enabled", "budget_tokens": "2000" })),
    );
    left_alone(
        &opus_4_8(),
        fields(json!({ "output_config": "low", "thinking": adaptive() })),
    );
}
