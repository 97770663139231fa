//! The shape of the answer, and members that bar one another.

use serde_json::{Value, json};

use crate::models::*;
use crate::support::{gated, left_alone, stays};

fn format(schema: &str) -> Value {
    json!({ "textFormat": {
        "type": "json_schema", "structure": { "jsonSchema": { "name": "a", "schema": schema } },
    } })
}

const LAWFUL: &str = r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#;

fn structured() -> bedrock_profile_core::model::ModelCapabilities {
    let mut model = sonnet_4_5();
    model.structured_output = fact(true);
    model
}

#[test]
fn m19_asks_for_json_in_the_system_prompt_where_there_are_no_structured_outputs() {
    let request = json!({ "outputConfig": format(LAWFUL), "system": [{ "text": "Be brief." }] });
    let gated = gated(&opus_4_8(), request.clone());
    assert_eq!(gated.rules(), ["M19"]);
    assert_eq!(gated.request.get("outputConfig"), None);
    assert_eq!(gated.request["system"][0]["text"], "Be brief.");
    assert!(gated.request["system"][1]["text"].as_str().unwrap().ends_with(LAWFUL));
    stays(&structured(), request.clone());
    stays(&unknown(), request);
}

#[test]
fn m19_keeps_the_effort_beside_the_format() {
    let gated = gated(
        &opus_4_8(),
        json!({ "additionalModelRequestFields": { "output_config": {
            "effort": "low", "format": { "type": "json_schema", "schema": { "type": "object" } },
        } } }),
    );
    assert_eq!(
        gated.request["additionalModelRequestFields"],
        json!({ "output_config": { "effort": "low" } })
    );
    assert_eq!(gated.request["system"].as_array().unwrap().len(), 1);
}

#[test]
fn m20_reports_what_schemas_of_structured_outputs_may_not_hold() {
    for wrong in [
        r#"{"type":"object","properties":{}}"#,
        r#"{"type":"object","additionalProperties":false,"properties":{"a":{"type":"object"}}}"#,
        r#"{"type":"string","maxLength":5}"#,
        r#"{"type":"array","minItems":2}"#,
        r##"{"$ref":"#"}"##,
        r#"{"anyOf":[{"$ref":"https://example.com/a"}]}"#,
    ] {
        let gated = left_alone(&structured(), json!({ "outputConfig": format(wrong) }));
        assert_eq!(gated.violated(), ["M20"], "{wrong}");
    }
    for right in
        [LAWFUL, r#"{"type":"array","minItems":1}"#, r##"{"$ref":"#/$defs/a"}"##, "no JSON"]
    {
        stays(&structured(), json!({ "outputConfig": format(right) }));
    }
}

#[test]
fn m21_reports_citations_in_a_structured_output() {
    let request = |enabled: bool| {
        json!({
            "outputConfig": format(LAWFUL),
            "messages": [{ "role": "user", "content": [
                { "text": "q" },
                { "document": { "format": "pdf", "name": "a", "citations": { "enabled": enabled } } },
            ] }],
        })
    };
    assert_eq!(left_alone(&structured(), request(true)).violated(), ["M21"]);
    stays(&structured(), request(false));
}

#[test]
fn m22_reports_what_a_managed_prompt_brings_itself() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1";
    let request = |id: &str| {
        json!({
            "modelId": id, "inferenceConfig": { "maxTokens": 5 }, "system": [], "toolConfig": null,
        })
    };
    let gated = left_alone(&unknown(), request(arn));
    assert_eq!(gated.violated(), ["M22"]);
    assert_eq!(gated.outcome.violations[0].path, "inferenceConfig");
    stays(&unknown(), request("amazon.nova-pro-v1:0"));
}

#[test]
fn m23_reports_request_metadata_of_a_wrong_size() {
    let metadata = |count: usize| {
        let pairs = (0..count).map(|n| (format!("key {n}"), Value::from("v")));
        json!({ "requestMetadata": Value::Object(pairs.collect()) })
    };
    assert_eq!(left_alone(&unknown(), metadata(17)).violated(), ["M23"]);
    assert_eq!(left_alone(&unknown(), metadata(0)).violated(), ["M23"]);
    stays(&unknown(), metadata(16));
    let long = left_alone(&unknown(), json!({ "requestMetadata": { "k".repeat(257): "v" } }));
    assert_eq!(long.violated(), ["M23"]);
}
