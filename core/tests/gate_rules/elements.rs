//! Single elements, each kind in every place it may stand.

use bedrock_profile_core::model::ModelCapabilities;
use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, gated, left_alone, stays};

fn tool(name: &str) -> Value {
    json!({ "toolSpec": { "name": name, "inputSchema": { "json": { "type": "object" } } } })
}

fn user(content: Value) -> Value {
    json!({ "messages": [{ "role": "user", "content": content }] })
}

/// A conversation with one call, its result, and what the user says then.
fn used(call: Value, content: Value) -> Value {
    json!({
        "messages": [
            { "role": "user", "content": [{ "text": "q" }] },
            { "role": "assistant", "content": [{ "toolUse": call }] },
            { "role": "user", "content": [
                { "toolResult": { "toolUseId": "t1", "content": content } },
            ] },
        ],
        "toolConfig": { "tools": [tool("search")] },
    })
}

fn call(name: &str, input: Value) -> Value {
    json!({ "toolUseId": "t1", "name": name, "input": input })
}

fn point() -> Value {
    json!({ "cachePoint": { "type": "default" } })
}

/// Every known model is concerned: one of each provider that can use tools and stream with them.
fn known() -> Vec<ModelCapabilities> {
    vec![claude_3_5(), sonnet_4_5(), opus_5(), nova_pro(), gpt(), qwen3()]
}

#[test]
fn m24_parts_elements_of_two_kinds_with_the_cache_point_last() {
    let both = json!({ "cachePoint": { "type": "default" }, "text": "a" });
    let text = json!({ "text": "a", "type": "text" });
    let model = sonnet_4_5();
    // What is left keeps its place; what a marker says stays with it.
    let parted = gated(
        &model,
        user(json!([{ "text": "a", "type": "text", "cachePoint": { "type": "default" } }])),
    );
    assert_eq!(parted.request, user(json!([text, point()])));
    assert_eq!(parted.rules(), ["M24"]);
    let system = |system: Value| {
        let mut request = user(json!([{ "text": "q" }]));
        request["system"] = system;
        request
    };
    assert_eq!(
        gated(&model, system(json!([{ "text": "s", "cachePoint": { "type": "default" } }])))
            .request,
        system(json!([{ "text": "s" }, point()])),
    );
    let mut marked = tool("search");
    marked["cachePoint"] = json!({ "type": "default" });
    let tools = |tools: Value| {
        let mut request = user(json!([{ "text": "q" }]));
        request["toolConfig"] = json!({ "tools": tools });
        request
    };
    becomes(
        &model,
        tools(json!([marked, tool("b")])),
        tools(json!([tool("search"), point(), tool("b")])),
    );
    // Two kinds of content, and the cache point before them.
    let image = json!({ "format": "png", "source": {} });
    becomes(
        &model,
        user(json!([{ "text": "a", "image": image, "cachePoint": { "type": "default" } }])),
        user(json!([{ "text": "a" }, { "image": image }, point()])),
    );
    becomes(&model, user(json!([both])), user(json!([{ "text": "a" }, point()])));
    stays(&model, user(json!([{ "text": "a", "type": "text" }, point()])));
    stays(&unknown(), user(json!([{ "text": "a", "cachePoint": { "type": "default" } }])));
    left_alone(&model, user(json!([{ "text": "a", "cachePoint": 7 }])));
    // Behind what is no element at all, too.
    becomes(
        &model,
        user(json!([null, { "text": "a", "cachePoint": { "type": "default" } }])),
        user(json!([null, { "text": "a" }, point()])),
    );
}

#[test]
fn m25_puts_a_cache_point_of_a_result_behind_the_result() {
    let inside = used(call("search", json!({})), json!([{ "text": "r" }, point()]));
    let mut behind = used(call("search", json!({})), json!([{ "text": "r" }]));
    let without = behind.clone();
    behind["messages"][2]["content"].as_array_mut().unwrap().push(point());
    assert_eq!(becomes(&sonnet_4_5(), inside.clone(), behind.clone()).rules(), ["M25"]);
    assert_eq!(becomes(&nova_pro(), inside.clone(), without.clone()).rules(), ["M25", "P8"]);
    assert_eq!(becomes(&gpt(), inside.clone(), without).rules(), ["M25", "P1"]);
    stays(&sonnet_4_5(), behind.clone());
    stays(&unknown(), inside);
    // One is enough.
    let mut both = used(
        call("search", json!({})),
        json!([point(), { "text": "r", "cachePoint": { "type": "default" } }]),
    );
    both["messages"][2]["content"].as_array_mut().unwrap().push(point());
    becomes(&sonnet_4_5(), both, behind);
}

#[test]
fn m26_spells_formats_as_aws_does_wherever_they_stand() {
    let image: fn(&str) -> Value = |format| json!({ "image": { "format": format, "source": {} } });
    let document: fn(&str) -> Value =
        |format| json!({ "document": { "format": format, "name": "a", "source": {} } });
    for (block, given, right) in [
        (image, "jpg", "jpeg"),
        (image, "JPEG", "jpeg"),
        (image, "image/png", "png"),
        (document, "PDF", "pdf"),
        (document, ".md", "md"),
    ] {
        for model in known() {
            let said = |format| user(json!([{ "text": "q" }, block(format)]));
            assert_eq!(becomes(&model, said(given), said(right)).rules(), ["M26"]);
            stays(&model, said(right));
        }
        let inside =
            |format| used(call("search", json!({})), json!([{ "text": "r" }, block(format)]));
        becomes(&sonnet_4_5(), inside(given), inside(right));
        stays(&unknown(), inside(given));
    }
    let guarded = |format: &str| json!([{ "guardContent": image(format) }]);
    becomes(&sonnet_4_5(), user(guarded("JPG")), user(guarded("jpeg")));
    left_alone(&sonnet_4_5(), user(json!([image("bmp")])));
}

#[test]
fn m27_makes_an_object_of_the_input_of_a_call() {
    let content = json!([{ "text": "r" }]);
    for (given, right) in [
        (json!(""), json!({})),
        (json!(" \n"), json!({})),
        (json!(null), json!({})),
        (json!("{\"a\":"), json!({ "value": "{\"a\":" })),
        (json!("{\"a\": 1}"), json!({ "a": 1 })),
        (json!("[1]"), json!({ "value": "[1]" })),
        (json!([1, 2]), json!({ "value": [1, 2] })),
        (json!(7), json!({ "value": 7 })),
    ] {
        for model in known() {
            let said = |input: &Value| used(call("search", input.clone()), content.clone());
            assert_eq!(becomes(&model, said(&given), said(&right)).rules(), ["M27"], "{given}");
        }
    }
    stays(&sonnet_4_5(), used(call("search", json!({ "a": "" })), content.clone()));
    stays(&unknown(), used(call("search", json!("")), content));
}

#[test]
fn m28_gives_as_text_what_is_no_object() {
    let said = |block: Value| used(call("search", json!({})), json!([block, { "text": "r" }]));
    for (given, text) in [
        (json!([1, 2]), "[1,2]"),
        (json!("plain"), "plain"),
        (json!(null), "null"),
        (json!(true), "true"),
    ] {
        let gated =
            becomes(&sonnet_4_5(), said(json!({ "json": given })), said(json!({ "text": text })));
        assert_eq!(gated.rules(), ["M28"]);
    }
    stays(&nova_pro(), said(json!({ "json": { "a": [1] } })));
    stays(&unknown(), said(json!({ "json": [1] })));
}

#[test]
fn m29_makes_names_lawful_in_the_history_and_in_stubs() {
    let content = json!([{ "text": "r" }]);
    let long = "x".repeat(70);
    for (given, right) in
        [("functions.w", "functions_w"), (long.as_str(), &long[..64]), ("", "unnamed_tool")]
    {
        for model in known() {
            let said = |name: &str| used(call(name, json!({})), content.clone());
            assert_eq!(becomes(&model, said(given), said(right)).rules(), ["M29"]);
        }
        let mut without = used(call(given, json!({})), content.clone());
        without.as_object_mut().unwrap().remove("toolConfig");
        let gated = gated(&sonnet_4_5(), without);
        assert_eq!(gated.rules(), ["M29", "M1"]);
        assert_eq!(gated.request["toolConfig"]["tools"][0]["toolSpec"]["name"], right);
    }
    stays(&sonnet_4_5(), used(call("web-search_2", json!({})), content.clone()));
    stays(&unknown(), used(call("functions.w", json!({})), content));
}
