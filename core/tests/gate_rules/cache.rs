use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, left_alone, stays};

fn point() -> Value {
    json!({ "cachePoint": { "type": "default" } })
}

fn lasting(ttl: &str) -> Value {
    json!({ "cachePoint": { "type": "default", "ttl": ttl } })
}

fn text(text: &str) -> Value {
    json!({ "text": text })
}

fn user(content: &[Value]) -> Value {
    json!({ "messages": [{ "role": "user", "content": content }] })
}

fn tool() -> Value {
    json!({ "toolSpec": { "name": "search", "inputSchema": { "json": { "type": "object" } } } })
}

fn document(format: &str) -> Value {
    json!({ "document": { "format": format, "name": "a", "source": { "bytes": "" } } })
}

#[test]
fn p1_drops_cache_points_on_models_without_caching() {
    let gated = becomes(
        &llama(),
        json!({
            "system": [text("a"), point()],
            "messages": [{ "role": "user", "content": [text("b"), point(), text("c"), point()] }],
        }),
        json!({
            "system": [text("a")],
            "messages": [{ "role": "user", "content": [text("b"), text("c")] }],
        }),
    );
    assert_eq!(gated.rules(), ["P1"]);
    let request = user(&[text("a"), point()]);
    stays(&sonnet_4_5(), request.clone());
    stays(&unknown(), request);
}

#[test]
fn p1_drops_a_tool_config_that_held_nothing_else() {
    becomes(
        &llama(),
        json!({ "toolConfig": { "tools": [point()], "toolChoice": { "auto": {} } } }),
        json!({}),
    );
}

#[test]
fn p2_keeps_the_last_four_cache_points() {
    let request = |tools: &[Value], system: &[Value]| {
        json!({
            "messages": [
                { "role": "user", "content": [text("a"), point()] },
                { "role": "assistant", "content": [text("b"), point()] },
                { "role": "user", "content": [text("c"), point()] },
            ],
            "system": system,
            "toolConfig": { "tools": tools },
        })
    };
    let gated = becomes(
        &sonnet_4_5(),
        request(&[tool(), point()], &[text("a"), point(), text("b"), point()]),
        request(&[tool()], &[text("a"), text("b"), point()]),
    );
    assert_eq!(gated.rules(), ["P2"]);
    stays(&sonnet_4_5(), request(&[tool()], &[text("a"), point()]));
}

#[test]
fn p4_drops_a_ttl_that_the_model_does_not_accept() {
    let gated =
        becomes(&claude_3_7(), user(&[text("a"), lasting("1h")]), user(&[text("a"), point()]));
    assert_eq!(gated.rules(), ["P4"]);
    assert_eq!(gated.change("P4").path, "messages[0].content[1].cachePoint.ttl");
    stays(&claude_3_7(), user(&[text("a"), lasting("5m")]));
    stays(&sonnet_4_5(), user(&[text("a"), lasting("1h")]));
}

#[test]
fn p5_shortens_an_hour_that_follows_five_minutes() {
    let request = |system: Value, message: Value| {
        json!({
            "messages": [{ "role": "user", "content": [text("b"), message] }],
            "system": [text("a"), system],
        })
    };
    let gated =
        becomes(&sonnet_4_5(), request(point(), lasting("1h")), request(point(), lasting("5m")));
    assert_eq!(gated.rules(), ["P5"]);
    stays(&sonnet_4_5(), request(lasting("1h"), lasting("1h")));
    stays(&sonnet_4_5(), request(lasting("1h"), point()));
}

#[test]
fn p6_drops_cache_points_in_tools_of_nova() {
    let tools = |tools: &[Value]| json!({ "toolConfig": { "tools": tools } });
    assert_eq!(becomes(&nova_pro(), tools(&[tool(), point()]), tools(&[tool()])).rules(), ["P6"]);
    stays(&sonnet_4_5(), tools(&[tool(), point()]));
}

#[test]
fn p7_moves_a_cache_point_behind_something_to_cache() {
    let gated = becomes(
        &sonnet_4_5(),
        user(&[point(), text("a"), text("b")]),
        user(&[text("a"), point(), text("b")]),
    );
    assert_eq!(gated.rules(), ["P7"]);
    assert_eq!(gated.change("P7").to, Some(json!("messages[0].content[1]")));
    becomes(
        &sonnet_4_5(),
        json!({ "system": [point(), text("a")] }),
        json!({ "system": [text("a"), point()] }),
    );
}

#[test]
fn p7_moves_a_cache_point_before_documents_that_are_not_pdf_and_videos() {
    let video = json!({ "video": { "format": "mp4", "source": { "bytes": "" } } });
    becomes(
        &sonnet_4_5(),
        user(&[text("a"), document("csv"), video.clone(), point()]),
        user(&[text("a"), point(), document("csv"), video.clone()]),
    );
    becomes(
        &nova_pro(),
        user(&[text("a"), video.clone(), point()]),
        user(&[text("a"), point(), video]),
    );
    stays(&sonnet_4_5(), user(&[text("a"), document("pdf"), point()]));
}

#[test]
fn p7_does_not_take_a_citation_for_a_place_to_cache() {
    let cited = |format: &str| {
        let mut document = document(format);
        document["document"]["citations"] = json!({ "enabled": true });
        document
    };
    let gated = becomes(
        &sonnet_4_5(),
        user(&[text("a"), cited("txt"), point()]),
        user(&[text("a"), point(), cited("txt")]),
    );
    assert_eq!(gated.rules(), ["P7"]);
    stays(&sonnet_4_5(), user(&[text("a"), cited("pdf"), point()]));
}

#[test]
fn a_message_of_cache_points_alone_is_not_left_empty() {
    for model in [llama(), sonnet_4_5()] {
        let gated = becomes(&model, user(&[point()]), user(&[text(".")]));
        assert!(gated.outcome.changes[0].reason.ends_with("Nothing else was in this message."));
    }
    becomes(&llama(), user(&[point(), point()]), user(&[text(".")]));
}

#[test]
fn p7_never_leaves_a_cache_point_after_reasoning() {
    let signed = json!({ "text": "hm", "signature": "s" });
    let reasoning = json!({ "reasoningContent": { "reasoningText": signed } });
    let assistant = |content: &[Value]| {
        json!({ "messages": [
            { "role": "user", "content": [text("q")] },
            { "role": "assistant", "content": content },
            { "role": "user", "content": [text("q")] },
        ] })
    };
    becomes(
        &sonnet_4_5(),
        assistant(&[reasoning.clone(), point(), text("a")]),
        assistant(&[reasoning.clone(), text("a"), point()]),
    );
    becomes(
        &sonnet_4_5(),
        assistant(&[text("a"), reasoning.clone(), point()]),
        assistant(&[text("a"), point(), reasoning.clone()]),
    );
    becomes(&sonnet_4_5(), assistant(&[reasoning.clone(), point()]), assistant(&[reasoning]));
}

#[test]
fn p7_drops_a_cache_point_whose_place_is_taken_and_one_with_nothing_to_cache() {
    becomes(&sonnet_4_5(), user(&[point(), point(), text("a")]), user(&[text("a"), point()]));
    becomes(
        &sonnet_4_5(),
        user(&[text("a"), point(), document("csv"), point()]),
        user(&[text("a"), point(), document("csv")]),
    );
    stays(&unknown(), user(&[point()]));
}

#[test]
fn p8_drops_cache_points_beside_tool_calls_of_nova() {
    let call = json!({ "toolUse": { "toolUseId": "t", "name": "search", "input": {} } });
    let result = json!({ "toolResult": { "toolUseId": "t", "content": [text("r")] } });
    let request = |content: &[Value]| {
        json!({
            "messages": [
                { "role": "user", "content": [text("q")] },
                { "role": "assistant", "content": [call] },
                { "role": "user", "content": content },
            ],
            "toolConfig": { "tools": [tool()] },
        })
    };
    let gated =
        becomes(&nova_pro(), request(&[result.clone(), point()]), request(&[result.clone()]));
    assert_eq!(gated.rules(), ["P8"]);
    stays(&sonnet_4_5(), request(&[result, point()]));
    stays(&nova_pro(), user(&[text("a"), point()]));
}

#[test]
fn garbage_among_cache_points_is_left_alone() {
    left_alone(
        &sonnet_4_5(),
        json!({
            "system": [{ "text": "a" }, { "cachePoint": "here" }, { "cachePoint": { "ttl": 5 } }],
            "messages": [{ "role": "user", "content": "text" }, 7, null, { "content": [[], 1] }],
        }),
    );
}
