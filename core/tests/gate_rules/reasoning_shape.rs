//! Claude's thinking and efforts in the words that each Claude accepts.

use serde_json::{Value, json};

use crate::asks::{
    adaptive, assert_rules, between, disabled, enabled, fields, limited, thinking, with_effort,
};
use crate::models::*;
use crate::support::{becomes, left_alone, stays};

#[test]
fn r8_rewrites_a_budget_to_adaptive_thinking_with_the_effort_it_stands_for() {
    for (budget, effort) in [(1024, "low"), (2048, "low"), (8192, "medium"), (32_000, "high")] {
        let gated =
            becomes(&opus_4_8(), thinking(enabled(budget)), with_effort(adaptive(), effort));
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
    let gated = becomes(&opus_4_6(), thinking(enabled(20_000)), with_effort(adaptive(), "high"));
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
    for (effort, budget) in
        [("low", 2_048), ("medium", 8_192), ("high", 16_384), ("xhigh", 31_999), ("max", 31_999)]
    {
        let gated =
            becomes(&sonnet_4_5(), adapted(32_000, effort), limited(32_000, enabled(budget)));
        assert_rules(&gated, &["R10", "R15"]);
    }
    becomes(&sonnet_4_5(), adapted(4_000, "high"), limited(4_000, enabled(3_999)));
    becomes(&sonnet_4_5(), thinking(adaptive()), thinking(enabled(16_384)));
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
        with_effort(json!({ "type": "between_tools", "display": "omitted" }), "max"),
        with_effort(between(), "high"),
    );
    stays(&sonnet_5_5(), with_effort(between(), "medium"));
    becomes(&opus_5(), thinking(between()), thinking(disabled()));
}

#[test]
fn r13_caps_the_effort_while_thinking_is_disabled() {
    for effort in ["xhigh", "max"] {
        let gated =
            becomes(&opus_5(), with_effort(disabled(), effort), with_effort(disabled(), "high"));
        assert_rules(&gated, &["R13"]);
    }
    stays(&opus_5(), with_effort(disabled(), "high"));
    stays(&opus_5(), with_effort(adaptive(), "max"));
    stays(&opus_4_6(), with_effort(disabled(), "max"));
}

#[test]
fn r14_turns_effort_none_into_thinking_that_is_disabled() {
    let effort = |effort: &str| fields(json!({ "output_config": { "effort": effort } }));
    assert_rules(&becomes(&opus_5(), effort("none"), thinking(disabled())), &["R14"]);
    becomes(&opus_4_8(), effort("none"), json!({}));
    becomes(&opus_5(), with_effort(adaptive(), "none"), thinking(disabled()));
    becomes(&sonnet_5_5(), effort("none"), thinking(between()));
    assert_rules(&becomes(&fable_5_1(), effort("none"), effort("low")), &["R25"]);
    stays(&opus_5(), effort("low"));
}

#[test]
fn r15_drops_the_effort_where_efforts_are_unknown() {
    let gated = becomes(&sonnet_4_5(), with_effort(disabled(), "low"), thinking(disabled()));
    assert_rules(&gated, &["R15"]);
    becomes(&sonnet_4_5(), json!({ "outputConfig": { "effort": "low" } }), json!({}));
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
    let gated = becomes(&opus_4_5(), effort(json!(["a"])), effort(json!(["a", beta])));
    assert_rules(&gated, &["R16"]);
    assert_eq!(gated.change("R16").path, "additionalModelRequestFields.anthropic_beta[1]");
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
    let gated =
        becomes(&opus_4_6(), with_effort(adaptive(), "xhigh"), with_effort(adaptive(), "high"));
    assert_rules(&gated, &["R17"]);
    stays(&opus_4_8(), with_effort(adaptive(), "xhigh"));
}

#[test]
fn r18_moves_an_effort_out_of_thinking() {
    let inside = json!({ "type": "adaptive", "effort": "low" });
    let gated = becomes(&opus_4_8(), thinking(inside.clone()), with_effort(adaptive(), "low"));
    assert_rules(&gated, &["R18"]);
    becomes(&opus_4_8(), with_effort(inside, "max"), with_effort(adaptive(), "max"));
}
