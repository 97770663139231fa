//! Definitions of tools: schemas, descriptions, none at all.

use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, gated, left_alone, stays};

fn tools(schema: Value) -> Value {
    json!({ "toolConfig": { "tools": [
        { "toolSpec": { "name": "first", "inputSchema": { "json": { "type": "object" } } } },
        { "toolSpec": { "name": "search", "inputSchema": { "json": schema } } },
    ] } })
}

#[test]
fn m41_takes_away_branches_that_only_say_required() {
    let properties = json!({ "a": { "type": "string" }, "b": { "type": "string" } });
    for union in ["anyOf", "oneOf"] {
        let given = json!({
            "type": "object", "properties": properties,
            union: [{ "required": ["a"] }, { "required": ["b"] }],
        });
        let right = json!({ "type": "object", "properties": properties });
        for model in [claude_3_5(), sonnet_4_5(), opus_5(), fable_5_1()] {
            assert_eq!(
                becomes(&model, tools(given.clone()), tools(right.clone())).rules(),
                ["M41"]
            );
            stays(&model, tools(right.clone()));
        }
        for model in [nova_pro(), gpt(), unknown()] {
            stays(&model, tools(given.clone()));
        }
    }
}

#[test]
fn m41_merges_properties_and_what_is_required() {
    let branches = json!([
        { "type": "object", "properties": { "kind": { "const": "a" }, "x": { "type": "string" } },
          "required": ["kind", "x"] },
        { "type": "object", "properties": { "kind": { "const": "b" }, "x": { "type": "string" } },
          "required": ["kind"] },
    ]);
    let properties = json!({
        "id": { "type": "string" },
        "kind": { "anyOf": [{ "const": "a" }, { "const": "b" }] },
        "x": { "type": "string" },
    });
    for (union, required) in [
        ("anyOf", json!(["id", "kind"])),
        ("oneOf", json!(["id", "kind"])),
        ("allOf", json!(["id", "kind", "x"])),
    ] {
        becomes(
            &sonnet_4_5(),
            tools(json!({
                "type": "object", "properties": { "id": { "type": "string" } },
                "required": ["id"], union: branches,
            })),
            tools(json!({ "type": "object", "properties": properties, "required": required })),
        );
    }
    // Instead of properties, and without a type.
    let gated = becomes(
        &sonnet_4_5(),
        tools(json!({ "anyOf": [
            { "properties": { "a": {} }, "required": ["a"] }, { "properties": { "b": {} } },
        ] })),
        tools(json!({ "properties": { "a": {}, "b": {} }, "type": "object" })),
    );
    assert_eq!(gated.rules(), ["M41", "M42"]);
}

#[test]
fn m41_follows_references_and_leaves_deeper_unions() {
    let deep = json!({ "anyOf": [{ "type": "string" }, { "type": "null" }] });
    stays(
        &sonnet_4_5(),
        tools(
            json!({ "type": "object", "properties": { "a": deep, "anyOf": { "type": "string" } } }),
        ),
    );
    let defs = json!({ "A": { "type": "object", "properties": { "a": deep } } });
    becomes(
        &sonnet_4_5(),
        tools(json!({
            "type": "object", "$defs": defs,
            "oneOf": [{ "$ref": "#/$defs/A" }, { "type": "null" }, { "allOf": [{ "properties": { "b": {} } }] }],
        })),
        tools(json!({
            "type": "object", "$defs": defs, "properties": { "a": deep, "b": {} },
        })),
    );
    // One that refers to itself ends.
    let turns = json!({ "A": { "anyOf": [{ "$ref": "#/$defs/A" }, { "$ref": "#/$defs/A" }] } });
    gated(&sonnet_4_5(), tools(json!({ "$defs": turns, "anyOf": [{ "$ref": "#/$defs/A" }] })));
}

#[test]
fn m42_says_the_type_of_a_schema() {
    for model in [sonnet_4_5(), nova_pro(), gpt(), qwen3()] {
        for (given, right) in [
            (json!({}), json!({ "type": "object" })),
            (
                json!({ "properties": { "a": {} } }),
                json!({ "properties": { "a": {} }, "type": "object" }),
            ),
            (json!({ "type": null }), json!({ "type": "object" })),
            (json!({ "type": ["object", "null"] }), json!({ "type": "object" })),
        ] {
            assert_eq!(becomes(&model, tools(given), tools(right)).rules(), ["M42"]);
        }
        stays(&model, tools(json!({ "type": "object", "properties": { "a": {} } })));
        for kind in [json!("string"), json!("array"), json!(["string", "null"]), json!(1)] {
            let gated = left_alone(&model, tools(json!({ "type": kind })));
            assert_eq!(gated.violated(), ["M42"]);
            let path = "toolConfig.tools[1].toolSpec.inputSchema.json.type";
            assert_eq!(gated.outcome.violations[0].path, path);
        }
        left_alone(&model, tools(json!(true)));
    }
    stays(&unknown(), tools(json!({})));
}

#[test]
fn m43_reports_keys_at_the_top_of_a_schema() {
    let keyed = |key: &str| {
        tools(json!({ "type": "object", "properties": { "a": {}, (key): { "type": "string" } } }))
    };
    for key in ["$top", "filter[id]", "", "ü", &"x".repeat(65)] {
        for model in [claude_3_5(), sonnet_4_5(), opus_5()] {
            let gated = left_alone(&model, keyed(key));
            assert_eq!(gated.violated(), ["M43"]);
            let violation = &gated.outcome.violations[0];
            assert!(violation.path.starts_with("toolConfig.tools[1].toolSpec.inputSchema.json"));
            assert!(
                violation.reason.contains("\"search\"")
                    && violation.reason.contains(&format!("{key:?}"))
            );
        }
        stays(&nova_pro(), keyed(key));
        stays(&unknown(), keyed(key));
    }
    stays(&sonnet_4_5(), keyed("a.b-c_9"));
    let deeper = json!({ "type": "object", "properties": { "a": {
        "type": "object", "properties": { "$top": {} },
    } } });
    stays(&sonnet_4_5(), tools(deeper));
    // A branch's properties are the schema's own once they are merged.
    let branch = json!({ "type": "object", "anyOf": [{ "properties": { "$top": {} } }] });
    assert_eq!(gated(&sonnet_4_5(), tools(branch)).violated(), ["M43"]);
}

#[test]
fn m39_drops_descriptions_that_say_nothing() {
    let described = |description: Option<&str>| {
        let mut request = tools(json!({ "type": "object" }));
        if let Some(description) = description {
            request["toolConfig"]["tools"][1]["toolSpec"]["description"] = json!(description);
        }
        request
    };
    for model in [sonnet_4_5(), nova_pro(), gpt()] {
        for blank in ["", " \n"] {
            assert_eq!(becomes(&model, described(Some(blank)), described(None)).rules(), ["M39"]);
        }
        stays(&model, described(Some("Searches.")));
    }
    stays(&unknown(), described(Some("")));
}

#[test]
fn m38_drops_a_tool_config_without_tools() {
    let message = json!({ "role": "user", "content": [{ "text": "q" }] });
    let request = |config: Option<Value>| {
        let mut request = json!({ "messages": [message] });
        if let Some(config) = config {
            request["toolConfig"] = config;
        }
        request
    };
    let point = json!({ "cachePoint": { "type": "default" } });
    for model in [sonnet_4_5(), nova_pro(), gpt(), llama()] {
        for config in [
            json!({}),
            json!({ "tools": [] }),
            json!({ "tools": null, "toolChoice": { "any": {} } }),
            json!({ "tools": [], "toolChoice": { "auto": {} } }),
            json!({ "tools": [point] }),
        ] {
            assert_eq!(becomes(&model, request(Some(config)), request(None)).rules(), ["M38"]);
        }
    }
    stays(&unknown(), request(Some(json!({ "tools": [] }))));
}
