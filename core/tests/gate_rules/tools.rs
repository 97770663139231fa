//! Tools, their calls and their results.

use bedrock_profile_core::gate::Operation;
use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, gated, gated_for, left_alone, stays};

fn tool(name: &str) -> Value {
    json!({ "toolSpec": { "name": name, "inputSchema": { "json": { "type": "object" } } } })
}

fn text(text: &str) -> Value {
    json!({ "text": text })
}

fn call(id: &str) -> Value {
    json!({ "toolUse": { "toolUseId": id, "name": "search", "input": { "q": 1 } } })
}

fn result(id: &str, content: &[Value]) -> Value {
    json!({ "toolResult": { "toolUseId": id, "content": content } })
}

fn message(role: &str, content: &[Value]) -> Value {
    json!({ "role": role, "content": content })
}

/// A conversation in which a tool was used.
fn history(id: &str, results: &[Value]) -> Vec<Value> {
    vec![message("user", &[text("q")]), message("assistant", &[call(id)]), message("user", results)]
}

fn with_tools(messages: &[Value]) -> Value {
    json!({ "messages": messages, "toolConfig": { "tools": [tool("search")] } })
}

fn choosing(choice: Value) -> Value {
    json!({ "toolConfig": { "tools": [tool("search")], "toolChoice": choice } })
}

#[test]
fn m1_defines_the_tools_that_the_conversation_has_used() {
    let messages = history("t1", &[result("t1", &[text("r")])]);
    let gated = gated(&sonnet_4_5(), json!({ "messages": messages }));
    assert_eq!(gated.rules(), ["M1"]);
    let tools = &gated.request["toolConfig"]["tools"];
    assert_eq!(tools[0]["toolSpec"]["name"], "search");
    assert_eq!(tools[0]["toolSpec"]["inputSchema"], json!({ "json": { "type": "object" } }));
    assert_eq!(tools.as_array().unwrap().len(), 1);
    stays(&sonnet_4_5(), with_tools(&messages));
    stays(&unknown(), json!({ "messages": messages }));
    stays(&sonnet_4_5(), json!({ "messages": [message("user", &[text("q")])] }));
}

#[test]
fn m1_defines_tools_where_the_list_holds_none() {
    let messages = history("t1", &[result("t1", &[text("r")])]);
    let point = json!({ "cachePoint": { "type": "default" } });
    for config in [json!({}), json!({ "tools": [] }), json!({ "tools": [point] }), json!(null)] {
        let gated = gated(&sonnet_4_5(), json!({ "messages": messages, "toolConfig": config }));
        assert_eq!(gated.rules(), ["M1"], "{config}");
        let tools = &gated.request["toolConfig"]["tools"];
        assert_eq!(tools[0]["toolSpec"]["name"], "search");
    }
}

#[test]
fn m1_tells_of_tools_in_text_where_the_model_has_none() {
    let image = json!({ "image": { "format": "png", "source": { "bytes": { "\u{0}blob": 0 } } } });
    let results = [result("t1", &[text("r"), json!({ "json": { "a": 1 } }), image.clone()])];
    let gated = becomes(
        &titan(),
        with_tools(&history("t1", &results)),
        json!({ "messages": [
            message("user", &[text("q")]),
            message("assistant", &[text("[Called the tool search with {\"q\":1}]")]),
            message("user", &[text("[The tool gave: r\n{\"a\":1}]"), image]),
        ] }),
    );
    assert_eq!(gated.rules(), ["M1", "M3"]);
    // Also where nothing is known but a refusal.
    let mut learned = unknown();
    learned.tools.supported = fact(false);
    let request = with_tools(&history("t1", &[result("t1", &[text("r")])]));
    assert_eq!(crate::support::gated(&learned, request).rules(), ["M1", "M3"]);
}

#[test]
fn m2_asks_for_converse_where_tools_do_not_stream() {
    let request = with_tools(&[message("user", &[text("q")])]);
    let gated = becomes(&llama(), request.clone(), request.clone());
    assert!(gated.outcome.needs_converse);
    let change = gated.change("M2");
    assert_eq!((&*change.path, &change.to), ("(operation)", &Some("Converse".into())));
    let converse = gated_for(&llama(), request.clone(), Operation::Converse);
    assert!(!converse.outcome.needs_converse && converse.outcome.violations.is_empty());
    stays(&sonnet_4_5(), request.clone());
    stays(&unknown(), request);
    stays(&llama(), json!({ "messages": [message("user", &[text("q")])] }));
    // Tools that another rule leaves out hinder no stream.
    let gated = crate::support::gated(&llama(), choosing(json!({ "none": {} })));
    assert!(!gated.outcome.needs_converse && gated.violated().is_empty());
}

#[test]
fn m3_drops_tools_on_models_without_tools() {
    let gated = becomes(&titan(), choosing(json!({ "auto": {} })), json!({}));
    assert_eq!(gated.rules(), ["M3"]);
    stays(&unknown(), choosing(json!({ "auto": {} })));
}

#[test]
fn m4_lowers_a_tool_choice_to_one_that_the_model_knows() {
    let named = json!({ "tool": { "name": "search" } });
    let gated = becomes(&mistral_large(), choosing(named.clone()), choosing(json!({ "any": {} })));
    assert_eq!(gated.rules(), ["M4"]);
    becomes(&qwen3(), choosing(named.clone()), choosing(json!({ "auto": {} })));
    becomes(&qwen3(), choosing(json!({ "any": {} })), choosing(json!({ "auto": {} })));
    let mut model = qwen3();
    model.tools.tool_choice = strings(&[]);
    let without = json!({ "toolConfig": { "tools": [tool("search")] } });
    becomes(&model, choosing(json!({ "auto": {} })), without);
    stays(&nova_pro(), choosing(named.clone()));
    stays(&unknown(), choosing(named));
}

#[test]
fn m5_says_a_choice_of_none_in_the_words_of_claude_or_leaves_tools_out() {
    let gated = becomes(
        &sonnet_4_5(),
        choosing(json!({ "none": {} })),
        json!({
            "toolConfig": { "tools": [tool("search")] },
            "additionalModelRequestFields": { "tool_choice": { "type": "none" } },
        }),
    );
    assert_eq!(gated.rules(), ["M5"]);
    becomes(&nova_pro(), choosing(json!({ "none": {} })), json!({}));
    let mut used = with_tools(&history("t1", &[result("t1", &[text("r")])]));
    let expected = used.clone();
    used["toolConfig"]["toolChoice"] = json!({ "none": {} });
    becomes(&nova_pro(), used, expected);
    stays(&unknown(), choosing(json!({ "none": {} })));
}

#[test]
fn m6_leaves_one_of_two_tool_choices() {
    let both = |choice: Value, own: Value| {
        let mut request = choosing(choice);
        request["additionalModelRequestFields"] = json!({ "tool_choice": own });
        request
    };
    let gated = becomes(
        &sonnet_4_5(),
        both(json!({ "any": {} }), json!({ "type": "auto" })),
        choosing(json!({ "any": {} })),
    );
    assert_eq!(gated.rules(), ["M6"]);
    becomes(
        &sonnet_4_5(),
        both(json!({ "tool": { "name": "search" } }), json!({ "disable_parallel_tool_use": true })),
        json!({
            "toolConfig": { "tools": [tool("search")] },
            "additionalModelRequestFields": { "tool_choice": {
                "disable_parallel_tool_use": true, "type": "tool", "name": "search",
            } },
        }),
    );
    stays(
        &sonnet_4_5(),
        json!({ "additionalModelRequestFields": { "tool_choice": {
            "type": "auto", "disable_parallel_tool_use": true,
        } } }),
    );
}

#[test]
fn m7_replaces_ids_in_calls_and_results_alike() {
    let request = |id: &str| with_tools(&history(id, &[result(id, &[text("r")])]));
    let gated = becomes(&sonnet_4_5(), request("call/1"), request("call1"));
    assert_eq!(gated.rules(), ["M7"]);
    stays(&sonnet_4_5(), request("tooluse_A-b.c:1"));
    stays(&unknown(), request("call/1"));
    let long = gated_id(&sonnet_4_5(), &"x".repeat(65));
    assert!(long.len() <= 64);
    let nine = gated_id(&mistral_large(), "tooluse_abcdefghijkl");
    assert!(nine.len() == 9 && nine.chars().all(|c| c.is_ascii_alphanumeric()));
    let mut model = mistral_large();
    model.tools.streaming = fact(true);
    stays(&model, request("abcDEF123"));
}

/// What becomes of an id, the same in the call and in its result.
fn gated_id(model: &bedrock_profile_core::model::ModelCapabilities, id: &str) -> String {
    let gated = gated(model, with_tools(&history(id, &[result(id, &[text("r")])])));
    let messages = &gated.request["messages"];
    let used = &messages[1]["content"][0]["toolUse"]["toolUseId"];
    assert_eq!(used, &messages[2]["content"][0]["toolResult"]["toolUseId"]);
    used.as_str().unwrap().to_owned()
}

#[test]
fn m7_keeps_different_ids_different() {
    let messages = [
        message("user", &[text("q")]),
        message("assistant", &[call("a/b"), call("ab"), call("a-b/")]),
        message(
            "user",
            &[
                result("a/b", &[text("1")]),
                result("ab", &[text("2")]),
                result("a-b/", &[text("3")]),
            ],
        ),
    ];
    let gated = gated(&sonnet_4_5(), with_tools(&messages));
    let content = gated.request["messages"][1]["content"].as_array().unwrap().clone();
    let ids: std::collections::HashSet<_> =
        content.iter().map(|block| block["toolUse"]["toolUseId"].to_string()).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.contains("\"ab\""), "an id that fits stays");
}

#[test]
fn m8_reports_tool_names_that_bedrock_refuses() {
    let named = |name: &str| json!({ "toolConfig": { "tools": [tool("ok"), tool(name)] } });
    for wrong in ["", "web search", "näme", &"x".repeat(65)] {
        let gated = left_alone(&sonnet_4_5(), named(wrong));
        assert_eq!(gated.violated(), ["M8"]);
        assert_eq!(gated.outcome.violations[0].path, "toolConfig.tools[1].toolSpec.name");
    }
    stays(&sonnet_4_5(), named(&"x".repeat(64)));
}

#[test]
fn m9_gives_what_stands_beside_results_a_turn_of_its_own() {
    let gated = becomes(
        &llama_converse(),
        with_tools(&history("t1", &[text("and"), result("t1", &[text("r")]), text("more")])),
        with_tools(&[
            message("user", &[text("q")]),
            message("assistant", &[call("t1")]),
            message("user", &[result("t1", &[text("r")])]),
            message("assistant", &[text(".")]),
            message("user", &[text("and"), text("more")]),
        ]),
    );
    assert_eq!(gated.rules(), ["M9"]);
    let mixed = with_tools(&history("t1", &[result("t1", &[text("r")]), text("more")]));
    stays(&sonnet_4_5(), mixed);
    stays(&llama_converse(), with_tools(&history("t1", &[result("t1", &[text("r")])])));
}

#[test]
fn m9_keeps_a_block_that_is_a_result_and_more_where_it_is() {
    let both = |id: &str| {
        let mut both = result(id, &[text("r")]);
        both["cachePoint"] = json!(false);
        both
    };
    let messages = [
        message("user", &[text("q")]),
        message("assistant", &[call("t1"), call("t2")]),
        message("user", &[both("t1"), text("a"), both("t2")]),
    ];
    let gated = gated(&mixing(), with_tools(&messages));
    assert_eq!(gated.request["messages"].as_array().unwrap().len(), 5);
    assert_eq!(gated.request["messages"][4], message("user", &[text("a")]));
}

/// Claude, so that only what is tested is found.
fn apart() -> bedrock_profile_core::model::ModelCapabilities {
    let mut model = sonnet_4_5();
    model.inputs.video = fact(true);
    model
}

#[test]
fn m9_moves_only_documents_and_videos_where_only_they_are_refused() {
    let document = json!({ "document": { "format": "pdf", "name": "a", "source": {} } });
    let video = json!({ "video": { "format": "mp4", "source": {} } });
    let image = json!({ "image": { "format": "png", "source": {} } });
    let point = json!({ "cachePoint": { "type": "default" } });
    let results = |more: &[Value]| {
        let first = [result("t1", &[text("r")])];
        history("t1", &[&first[..], more].concat())
    };
    let split = |kept: &[Value], moved: &[Value]| {
        let turns = [message("assistant", &[text(".")]), message("user", moved)];
        with_tools(&[results(kept), turns.to_vec()].concat())
    };
    let see = text("See the documents above.");
    let gated = becomes(
        &apart(),
        with_tools(&results(&[text("a"), document.clone(), point.clone(), image.clone()])),
        split(&[text("a"), image.clone()], &[document.clone(), point, see]),
    );
    assert_eq!(gated.rules(), ["M9"]);
    assert_eq!(gated.violated(), Vec::<&str>::new());
    becomes(
        &apart(),
        with_tools(&results(&[video.clone(), text("a")])),
        split(&[text("a")], &[video.clone()]),
    );
    let inside = history("t1", &[result("t1", &[document.clone(), video.clone()]), text("a")]);
    stays(&apart(), with_tools(&inside));
    stays(&apart(), with_tools(&results(&[text("a"), image])));
    let elsewhere = message("user", &[text("q"), document.clone()]);
    let mut later = results(&[]);
    later.extend([message("assistant", &[text("a")]), elsewhere]);
    stays(&apart(), with_tools(&later));
    stays(&nova_pro(), with_tools(&results(&[text("a"), document.clone()])));
    // Where everything must go, the text goes with its document.
    becomes(
        &mixing(),
        with_tools(&results(&[text("a"), document.clone()])),
        split(&[], &[text("a"), document]),
    );
}

/// Refuses mixed results, and keeps what looks like a cache point.
fn mixing() -> bedrock_profile_core::model::ModelCapabilities {
    let mut model = sonnet_4_5();
    model.tools.mixed_results = fact(false);
    model.prompt_caching = Default::default();
    model
}

/// Llama, so that only what is tested is found.
fn llama_converse() -> bedrock_profile_core::model::ModelCapabilities {
    let mut model = llama();
    model.tools.streaming = fact(true);
    model
}

#[test]
fn m10_drops_the_status_of_results_where_it_is_unknown() {
    let mut with_status = result("t1", &[text("r")]);
    with_status["toolResult"]["status"] = json!("success");
    let request = with_tools(&history("t1", &[with_status]));
    let gated = becomes(
        &palmyra(),
        request.clone(),
        with_tools(&history("t1", &[result("t1", &[text("r")])])),
    );
    assert_eq!(gated.rules(), ["M10"]);
    stays(&sonnet_4_5(), request);
}

#[test]
fn m11_moves_images_out_of_results() {
    let image = json!({ "image": { "format": "png", "source": { "bytes": { "\u{0}blob": 0 } } } });
    let request =
        with_tools(&history("t1", &[result("t1", &[image.clone(), text("r"), image.clone()])]));
    let gated = becomes(
        &gpt(),
        request.clone(),
        with_tools(&history("t1", &[result("t1", &[text("r")]), image.clone(), image.clone()])),
    );
    assert_eq!(gated.rules(), ["M11"]);
    stays(&sonnet_4_5(), request);
    becomes(
        &gpt(),
        with_tools(&history("t1", &[result("t1", &[image.clone()])])),
        with_tools(&history(
            "t1",
            &[result("t1", &[text("See the image that follows.")]), image.clone()],
        )),
    );
    // Where results must stand alone, a turn of their own.
    let gated = gated_images(&image);
    assert_eq!(gated.rules(), ["M11", "M9"]);
    assert_eq!(gated.request["messages"][4], message("user", &[image]));
}

fn gated_images(image: &Value) -> crate::support::Gated {
    let results = [result("t1", &[text("r"), image.clone()])];
    gated(&llama_converse(), with_tools(&history("t1", &results)))
}

#[test]
fn m17_drops_patterns_with_lookaround() {
    let schema = |pattern: bool| {
        let mut name = json!({ "type": "string" });
        if pattern {
            name["pattern"] = json!("^(?!x)a");
        }
        json!({ "toolConfig": { "tools": [{ "toolSpec": { "name": "a", "inputSchema": { "json": {
            "type": "object",
            "properties": {
                "pattern": name,
                "b.c": { "anyOf": [name, { "type": "string", "pattern": "^a+$" }] },
                "d": { "enum": [{ "pattern": "(?=a)" }] },
            },
        } } } }] } })
    };
    let gated = becomes(&palmyra(), schema(true), schema(false));
    assert_eq!(gated.rules(), ["M17"]);
    assert_eq!(
        gated.outcome.changes[1].path,
        "toolConfig.tools[0].toolSpec.inputSchema.json.properties[\"b.c\"].anyOf[0].pattern"
    );
    stays(&sonnet_4_5(), schema(true));
}

#[test]
fn m18_drops_strict_from_tools() {
    let strict = |strict: Option<bool>| {
        let mut tool = tool("a");
        if let Some(strict) = strict {
            tool["toolSpec"]["strict"] = json!(strict);
        }
        json!({ "toolConfig": { "tools": [tool] } })
    };
    assert_eq!(becomes(&opus_4_8(), strict(Some(true)), strict(None)).rules(), ["M18"]);
    stays(&opus_4_8(), strict(Some(false)));
    stays(&sonnet_4_5(), strict(Some(true)));
}

#[test]
fn garbage_among_tools_is_left_alone() {
    let request = json!({
        "toolConfig": {
            "tools": [7, null, "tool", {}, { "toolSpec": 7 }, { "toolSpec": { "name": 7 } }],
            "toolChoice": { "some": {} },
        },
        "messages": [
            { "role": "user", "content": [
                { "toolUse": 7 }, { "toolResult": "text" },
                { "toolUse": { "toolUseId": 7 } },
            ] },
            { "role": "user", "content": [{ "toolResult": { "content": [7, null] } }] },
        ],
    });
    for model in [sonnet_4_5(), opus_4_8(), mistral_large(), gpt(), palmyra()] {
        left_alone(&model, request.clone());
    }
}

#[test]
fn m1_forces_no_tool_that_is_no_longer_there() {
    let call = json!({ "toolUse": { "toolUseId": "abcdefgh1", "name": "add", "input": {} } });
    let result =
        json!({ "toolResult": { "toolUseId": "abcdefgh1", "content": [{ "text": "3" }] } });
    let messages = json!([
        { "role": "user", "content": [{ "text": "q" }] },
        { "role": "assistant", "content": [call] },
        { "role": "user", "content": [result] },
    ]);
    for choice in
        [json!({ "any": {} }), json!({ "auto": {} }), json!({ "tool": { "name": "add" } })]
    {
        for config in
            [json!({ "tools": [], "toolChoice": choice }), json!({ "toolChoice": choice })]
        {
            let made = gated(&sonnet_4_5(), json!({ "messages": messages, "toolConfig": config }));
            assert_eq!(made.rules(), ["M1"]);
            assert!(made.request["toolConfig"].get("toolChoice").is_none());
            assert_eq!(made.request["toolConfig"]["tools"][0]["toolSpec"]["name"], "add");
        }
    }
    let own = json!({ "messages": messages, "additionalModelRequestFields": {
        "tool_choice": { "type": "any" }, "top_k": 5,
    } });
    let made = gated(&sonnet_4_5(), own);
    assert_eq!(made.request["additionalModelRequestFields"], json!({ "top_k": 5 }));
}
