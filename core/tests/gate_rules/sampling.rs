use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, left_alone, stays};

#[test]
fn s1_keeps_temperature_and_drops_top_p_on_exclusive_models() {
    let gated = becomes(
        &sonnet_4_5(),
        json!({ "modelId": "x", "inferenceConfig": { "topP": 0.9, "maxTokens": 100, "temperature": 0.4 } }),
        json!({ "modelId": "x", "inferenceConfig": { "maxTokens": 100, "temperature": 0.4 } }),
    );
    let change = gated.change("S1");
    assert_eq!(change.path, "inferenceConfig.topP");
    assert_eq!(
        change.reason,
        "anthropic.claude-sonnet-4-5 accepts temperature or topP, not both; temperature was kept."
    );
}

#[test]
fn s1_leaves_one_of_them_and_both_on_other_models() {
    stays(&sonnet_4_5(), json!({ "inferenceConfig": { "topP": 0.9 } }));
    stays(&sonnet_4_5(), json!({ "inferenceConfig": { "topP": 0.9, "temperature": null } }));
    stays(&claude_3_7(), json!({ "inferenceConfig": { "topP": 0.9, "temperature": 0.4 } }));
}

#[test]
fn s2_drops_all_sampling_on_new_claude_with_the_containers_it_empties() {
    let gated = becomes(
        &opus_4_8(),
        json!({
            "inferenceConfig": { "temperature": 0.5, "topP": 0.9 },
            "additionalModelRequestFields": { "top_k": 40 },
            "messages": [],
        }),
        json!({ "messages": [] }),
    );
    assert_eq!(gated.rules(), ["S2"]);
    let paths: Vec<_> = gated.outcome.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "inferenceConfig.temperature",
            "inferenceConfig.topP",
            "additionalModelRequestFields.top_k",
            "inferenceConfig",
            "additionalModelRequestFields",
        ]
    );
}

#[test]
fn s2_keeps_the_values_that_are_tolerated() {
    stays(&opus_4_8(), json!({ "inferenceConfig": { "temperature": 1 } }));
    stays(&opus_4_8(), json!({ "inferenceConfig": { "temperature": 1.0 } }));
    stays(&fable_5_1(), json!({ "inferenceConfig": { "topP": 0.99 } }));
    becomes(
        &fable_5_1(),
        json!({ "inferenceConfig": { "temperature": 1, "topP": 0.99 } }),
        json!({ "inferenceConfig": { "temperature": 1 } }),
    );
}

#[test]
fn s3_drops_temperature_and_top_p_on_other_models_that_refuse_them() {
    let gated = becomes(
        &gpt(),
        json!({ "inferenceConfig": { "temperature": 1, "topP": 1, "maxTokens": 100 } }),
        json!({ "inferenceConfig": { "maxTokens": 100 } }),
    );
    assert_eq!(gated.rules(), ["S3"]);
    stays(&gpt_oss(), json!({ "inferenceConfig": { "temperature": 1, "topP": 1 } }));
}

#[test]
fn s4_drops_stop_sequences_where_they_are_known_to_be_refused() {
    let request = json!({ "inferenceConfig": { "stopSequences": ["a"] } });
    assert_eq!(becomes(&gpt(), request.clone(), json!({})).rules(), ["S4"]);
    stays(&gpt_oss(), request.clone());
    stays(&llama(), request);
}

#[test]
fn s5_clamps_temperature_and_top_p_to_the_range() {
    let clamped = |given: serde_json::Value, expected: serde_json::Value| {
        becomes(
            &llama(),
            json!({ "inferenceConfig": { "temperature": given, "topP": given } }),
            json!({ "inferenceConfig": { "temperature": expected, "topP": expected } }),
        );
    };
    clamped(json!(1.5), json!(1));
    clamped(json!(-0.1), json!(0));
    clamped(json!(1), json!(1));
    clamped(json!(0.0), json!(0.0));
    becomes(
        &nova_pro(),
        json!({ "inferenceConfig": { "temperature": 0 } }),
        json!({ "inferenceConfig": { "temperature": 0.00001 } }),
    );
}

#[test]
fn s5_leaves_models_without_known_range() {
    stays(&unknown(), json!({ "inferenceConfig": { "temperature": 1.5, "topP": -3 } }));
}

#[test]
fn s6_moves_top_k_to_the_field_of_the_model_and_clamps_it() {
    for place in ["topK", "k"] {
        let gated = becomes(
            &sonnet_4_5(),
            json!({ "additionalModelRequestFields": { place: 40, "x": 1 } }),
            json!({ "additionalModelRequestFields": { "x": 1, "top_k": 40 } }),
        );
        assert_eq!(gated.rules(), ["S6"]);
    }
    becomes(
        &sonnet_4_5(),
        json!({ "inferenceConfig": { "topK": 40 } }),
        json!({ "additionalModelRequestFields": { "top_k": 40 } }),
    );
    becomes(
        &sonnet_4_5(),
        json!({ "additionalModelRequestFields": { "top_k": 4000, "topK": 1 } }),
        json!({ "additionalModelRequestFields": { "top_k": 500 } }),
    );
    stays(&sonnet_4_5(), json!({ "additionalModelRequestFields": { "top_k": 500 } }));
}

#[test]
fn s6_does_not_move_top_k_to_a_model_that_is_not_known_to_take_it() {
    stays(&unknown(), json!({ "inferenceConfig": { "topK": 40 } }));
    let mut model = sonnet_4_5();
    model.top_k.supported = Default::default();
    stays(&model, json!({ "inferenceConfig": { "topK": 40 } }));
}

#[test]
fn s7_moves_top_k_where_nova_takes_it() {
    let gated = becomes(
        &nova_pro(),
        json!({ "additionalModelRequestFields": { "top_k": 200 } }),
        json!({ "additionalModelRequestFields": { "inferenceConfig": { "topK": 128 } } }),
    );
    assert_eq!(gated.rules(), ["S7"]);
    assert_eq!(
        gated.change("S7").to,
        Some(json!("additionalModelRequestFields.inferenceConfig.topK"))
    );
    stays(
        &nova_pro(),
        json!({ "additionalModelRequestFields": { "inferenceConfig": { "topK": 20 } } }),
    );
}

#[test]
fn s8_drops_the_inference_config_of_nova_on_claude() {
    let gated = becomes(
        &sonnet_4_5(),
        json!({ "additionalModelRequestFields": { "inferenceConfig": { "topK": 20, "x": 1 } } }),
        json!({ "additionalModelRequestFields": { "top_k": 20 } }),
    );
    assert_eq!(gated.rules(), ["S6", "S8"]);
    stays(
        &nova_pro(),
        json!({ "additionalModelRequestFields": { "inferenceConfig": { "x": 1 } } }),
    );
}

#[test]
fn s9_drops_top_k_where_the_model_does_not_know_it() {
    let gated = becomes(
        &llama(),
        json!({ "additionalModelRequestFields": { "top_k": 5, "x": 1, "inferenceConfig": { "topK": 5 } } }),
        json!({ "additionalModelRequestFields": { "x": 1 } }),
    );
    assert_eq!(gated.rules(), ["S8", "S9"]);
    stays(&unknown(), json!({ "additionalModelRequestFields": { "top_k": 5 } }));
}

#[test]
fn s10_keeps_the_first_stop_sequences() {
    let stops = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    let request = |count| json!({ "inferenceConfig": { "stopSequences": stops(count) } });
    assert_eq!(becomes(&mistral_large(), request(11), request(10)).rules(), ["S10"]);
    stays(&mistral_large(), request(10));
    stays(&unknown(), request(3000));
}

#[test]
fn s11_moves_additional_fields_to_the_members_of_converse_or_drops_them() {
    let gated = becomes(
        &sonnet_4_5(),
        json!({
            "inferenceConfig": { "temperature": 0.3 },
            "additionalModelRequestFields": {
                "temperature": 0.7, "max_tokens": 100, "stop_sequences": ["a"], "top_k": 3,
            },
        }),
        json!({
            "inferenceConfig": { "temperature": 0.3, "maxTokens": 100, "stopSequences": ["a"] },
            "additionalModelRequestFields": { "top_k": 3 },
        }),
    );
    assert_eq!(gated.rules(), ["S11"]);
}

#[test]
fn s11_makes_a_system_prompt_of_an_additional_field_blocks() {
    becomes(
        &sonnet_4_5(),
        json!({ "additionalModelRequestFields": { "system": "Be brief." } }),
        json!({ "system": [{ "text": "Be brief." }] }),
    );
    becomes(
        &sonnet_4_5(),
        json!({ "system": [{ "text": "a" }], "additionalModelRequestFields": { "system": "b" } }),
        json!({ "system": [{ "text": "a" }] }),
    );
}

#[test]
fn s11_says_tools_of_the_models_own_format_in_the_words_of_converse() {
    let own = |more: Value| {
        let schema = json!({ "type": "object", "properties": {} });
        let tool = json!({ "name": "add", "description": "adds", "input_schema": schema });
        let mut request = json!({ "additionalModelRequestFields": { "tools": [tool] } });
        request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        request
    };
    let spec = json!({ "toolSpec": {
        "name": "add", "description": "adds",
        "inputSchema": { "json": { "type": "object", "properties": {} } },
    } });
    let config = json!({ "toolConfig": { "tools": [spec] } });
    for model in [sonnet_4_5(), nova_pro()] {
        assert_eq!(becomes(&model, own(json!({})), config.clone()).rules(), ["S11"]);
        assert_eq!(becomes(&model, own(config.clone()), config.clone()).rules(), ["S11"]);
    }
    let typed = json!({ "additionalModelRequestFields": { "tools": [{ "type": "function" }] } });
    becomes(&nova_pro(), typed.clone(), json!({}));
    stays(&sonnet_4_5(), typed);
    stays(&unknown(), own(json!({})));
}

#[test]
fn s11_leaves_tools_that_only_the_model_knows_and_unknown_models() {
    let tools = json!([{ "type": "computer_20250124", "name": "computer" }]);
    stays(&sonnet_4_5(), json!({ "additionalModelRequestFields": { "tools": tools } }));
    stays(&unknown(), json!({ "additionalModelRequestFields": { "temperature": 0.7 } }));
}

#[test]
fn values_of_a_wrong_type_are_left_for_aws_to_answer() {
    let request = json!({
        "inferenceConfig": {
            "temperature": "0.5", "topP": [0.5], "topK": {}, "maxTokens": "many", "stopSequences": "stop",
        },
        "additionalModelRequestFields": { "top_k": "40", "temperature": "0.5" },
    });
    for model in all() {
        left_alone(&model, request.clone());
    }
    for wrong in [json!("text"), json!(7), json!([]), json!(null)] {
        let request = json!({
            "inferenceConfig": wrong, "additionalModelRequestFields": wrong, "outputConfig": wrong,
            "messages": wrong, "system": wrong, "toolConfig": wrong,
        });
        for model in all() {
            left_alone(&model, request.clone());
        }
    }
}

#[test]
fn numbers_keep_their_digits() {
    let digits = "0.1000000000000000055511151231257827021181583404541015625";
    let request: serde_json::Value =
        serde_json::from_str(&format!(r#"{{"inferenceConfig":{{"temperature":{digits}}}}}"#))
            .unwrap();
    stays(&sonnet_4_5(), request);
}
