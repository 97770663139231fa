//! Reasoning asked for in the words of another family.

use serde_json::{Value, json};

use crate::asks::fields;
use crate::models::*;
use crate::support::{becomes, stays};

#[test]
fn r24_moves_an_effort_between_the_families_that_know_efforts() {
    let flat = fields(json!({ "reasoning_effort": "low" }));
    let nested = fields(json!({ "reasoning": { "effort": "low" } }));
    let qwen = fields(json!({ "reasoning_config": "low" }));
    let gated = becomes(&gpt(), flat.clone(), nested.clone());
    assert_eq!(gated.rules(), ["R24"]);
    assert_eq!(
        gated.change("R24").to,
        Some(json!("additionalModelRequestFields.reasoning.effort"))
    );
    becomes(&qwen3(), flat.clone(), qwen.clone());
    becomes(&gpt_oss(), nested.clone(), flat.clone());
    becomes(&gpt_oss(), qwen.clone(), flat.clone());
    becomes(&gpt_oss(), json!({ "outputConfig": { "effort": "low" } }), flat.clone());
    stays(&gpt_oss(), flat);
    stays(&gpt(), nested);
    stays(&qwen3(), qwen);
}

#[test]
fn r24_says_thinking_of_claude_in_the_words_of_other_families() {
    let budget = fields(json!({ "thinking": { "type": "enabled", "budget_tokens": 8000 } }));
    becomes(&gpt_oss(), budget.clone(), fields(json!({ "reasoning_effort": "medium" })));
    becomes(&gpt(), budget.clone(), fields(json!({ "reasoning": { "effort": "medium" } })));
    becomes(
        &nova_2_lite(),
        budget.clone(),
        fields(json!({ "reasoningConfig": { "type": "enabled", "maxReasoningEffort": "medium" } })),
    );
    let effort = fields(json!({
        "thinking": { "type": "adaptive" }, "output_config": { "effort": "max" },
    }));
    let gated = becomes(&gpt_oss(), effort.clone(), fields(json!({ "reasoning_effort": "high" })));
    assert_eq!(gated.rules(), ["R24", "R25", "R24"]);
    becomes(
        &nova_2_lite(),
        effort,
        fields(json!({ "reasoningConfig": { "type": "enabled", "maxReasoningEffort": "high" } })),
    );
}

#[test]
fn r24_asks_for_no_effort_where_none_was_said_and_the_model_reasons_anyway() {
    let adaptive = fields(json!({ "thinking": { "type": "adaptive" } }));
    becomes(&gpt_oss(), adaptive.clone(), json!({}));
    becomes(&qwen3(), adaptive, fields(json!({ "reasoning_config": "high" })));
}

#[test]
fn r24_turns_reasoning_off_in_the_words_of_the_family() {
    let off = fields(json!({ "thinking": { "type": "disabled" } }));
    becomes(&gpt(), off.clone(), fields(json!({ "reasoning": { "effort": "none" } })));
    becomes(&qwen3(), off.clone(), fields(json!({ "reasoning_config": "none" })));
    becomes(&gpt_oss(), off.clone(), json!({}));
    becomes(&nova_2_lite(), off, json!({}));
    let off = fields(json!({ "reasoning_effort": "none" }));
    becomes(&opus_5(), off.clone(), fields(json!({ "thinking": { "type": "disabled" } })));
    becomes(&sonnet_5_5(), off.clone(), fields(json!({ "thinking": { "type": "between_tools" } })));
    becomes(&sonnet_4_5(), off.clone(), json!({}));
    becomes(&fable_5_1(), off, json!({}));
}

#[test]
fn r24_says_what_libre_chat_asks_of_a_model_it_does_not_recognise_to_claude() {
    let asked = fields(json!({ "reasoning_config": "medium" }));
    becomes(
        &opus_4_8(),
        asked.clone(),
        fields(
            json!({ "thinking": { "type": "adaptive" }, "output_config": { "effort": "medium" } }),
        ),
    );
    becomes(
        &sonnet_4_5(),
        asked.clone(),
        fields(json!({ "thinking": { "type": "enabled", "budget_tokens": 8192 } })),
    );
    becomes(&claude_3_5(), asked, json!({}));
}

#[test]
fn r24_reads_how_the_ai_sdk_and_lang_chain_word_it() {
    becomes(
        &sonnet_4_5(),
        fields(json!({ "reasoningConfig": { "type": "enabled", "budgetTokens": 3000 } })),
        fields(json!({ "thinking": { "type": "enabled", "budget_tokens": 3000 } })),
    );
    becomes(
        &sonnet_4_5(),
        fields(json!({ "reasoning_config": { "type": "enabled", "budget_tokens": 3000 } })),
        fields(json!({ "thinking": { "type": "enabled", "budget_tokens": 3000 } })),
    );
}

#[test]
fn r24_drops_every_setting_where_the_model_takes_none() {
    for model in [deepseek_r1(), llama(), claude_3_5(), nova_pro()] {
        let gated = becomes(
            &model,
            fields(json!({
                "thinking": { "type": "enabled", "budget_tokens": 2000 },
                "output_config": { "effort": "low" },
                "reasoning": { "effort": "low" },
                "reasoning_effort": "low",
                "reasoning_config": "low",
                "reasoningConfig": { "type": "enabled", "maxReasoningEffort": "low" },
            })),
            json!({}),
        );
        assert_eq!(gated.rules(), ["R24"]);
    }
}

#[test]
fn r24_keeps_what_was_said_in_the_words_of_the_family() {
    becomes(
        &gpt_oss(),
        fields(json!({ "thinking": { "type": "disabled" }, "reasoning_effort": "low" })),
        fields(json!({ "reasoning_effort": "low" })),
    );
    becomes(
        &sonnet_4_5(),
        fields(json!({ "reasoning_effort": "low", "thinking": { "type": "disabled" } })),
        fields(json!({ "thinking": { "type": "disabled" } })),
    );
}

#[test]
fn r24_leaves_what_it_cannot_read_and_models_whose_field_is_unknown() {
    stays(&gpt_oss(), fields(json!({ "reasoning": "low", "reasoning_config": 7, "thinking": [] })));
    stays(
        &unknown(),
        fields(json!({ "thinking": { "type": "adaptive" }, "reasoning_effort": "x" })),
    );
}

#[test]
fn r24_drops_betas_of_anthropic_from_other_models_only() {
    let betas = fields(json!({ "anthropic_beta": ["output-128k-2025-02-19"] }));
    assert_eq!(becomes(&nova_pro(), betas.clone(), json!({})).rules(), ["R24"]);
    stays(&claude_3_5(), betas.clone());
    stays(&sonnet_4_5(), betas.clone());
    stays(&unknown(), betas);
}

#[test]
fn r25_replaces_an_effort_that_the_model_does_not_know() {
    let flat = |effort: &str| fields(json!({ "reasoning_effort": effort }));
    for (asked, given) in [("none", "low"), ("minimal", "low"), ("xhigh", "high"), ("max", "high")]
    {
        assert_eq!(becomes(&gpt_oss(), flat(asked), flat(given)).rules(), ["R25"]);
    }
    let nested = |effort: &str| fields(json!({ "reasoning": { "effort": effort } }));
    becomes(&gpt(), nested("minimal"), nested("low"));
    stays(&gpt(), nested("none"));
    let claude = |effort: &str| fields(json!({ "output_config": { "effort": effort } }));
    becomes(&opus_4_8(), claude("minimal"), claude("low"));
    stays(&gpt_oss(), flat("high"));
    stays(&gpt_oss(), flat("enormous"));
}

#[test]
fn r25_knows_of_minimal_that_nothing_takes_it() {
    let flat = |effort: &str| fields(json!({ "reasoning_effort": effort }));
    let mut model = gpt_oss();
    model.reasoning.efforts = Default::default();
    let gated = becomes(&model, flat("minimal"), flat("low"));
    assert_eq!(gated.rules(), ["R25"]);
    assert!(gated.change("R25").reason.starts_with("Nothing on Bedrock"));
    for effort in ["none", "low", "xhigh", "max"] {
        stays(&model, flat(effort));
    }
    stays(&unknown(), flat("minimal"));
    // Unless the operator knows better.
    model.reasoning.efforts = strings(&["minimal", "low"]);
    stays(&model, flat("minimal"));
}

#[test]
fn r22_gives_reasoning_of_nova_the_effort_it_requires() {
    let config = |config: Value| fields(json!({ "reasoningConfig": config }));
    let gated = becomes(
        &nova_2_lite(),
        config(json!({ "type": "enabled", "budgetTokens": 2000 })),
        config(json!({ "type": "enabled", "maxReasoningEffort": "low" })),
    );
    assert_eq!(gated.rules(), ["R22"]);
    becomes(
        &nova_2_lite(),
        config(json!({ "type": "enabled" })),
        config(json!({ "type": "enabled", "maxReasoningEffort": "medium" })),
    );
    stays(&nova_2_lite(), config(json!({ "type": "enabled", "maxReasoningEffort": "low" })));
    stays(&nova_2_lite(), config(json!({ "type": "disabled" })));
}
