//! Calls and their results as pairs.

use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, gated, stays};

fn text(text: &str) -> Value {
    json!({ "text": text })
}

fn call(id: &str) -> Value {
    json!({ "toolUse": { "toolUseId": id, "name": "search", "input": {} } })
}

fn result(id: &str, said: &str) -> Value {
    json!({ "toolResult": { "toolUseId": id, "content": [text(said)] } })
}

/// What stands for a result that is missing.
fn missing(id: &str, status: bool) -> Value {
    let mut missing = result(id, "The call was interrupted; it has no result.");
    if status {
        missing["toolResult"]["status"] = json!("error");
    }
    missing
}

fn u(content: &[Value]) -> Value {
    json!({ "role": "user", "content": content })
}

fn a(content: &[Value]) -> Value {
    json!({ "role": "assistant", "content": content })
}

fn request(messages: &[Value]) -> Value {
    let tool = json!({ "name": "search", "inputSchema": { "json": { "type": "object" } } });
    json!({ "messages": messages, "toolConfig": { "tools": [{ "toolSpec": tool }] } })
}

fn q() -> Value {
    u(&[text("q")])
}

#[test]
fn m36_gives_a_call_without_a_result_one() {
    for (model, status) in
        [(sonnet_4_5(), true), (opus_5(), true), (gpt(), false), (qwen3(), false)]
    {
        let gated = becomes(
            &model,
            request(&[q(), a(&[call("1")]), u(&[text("go on")])]),
            request(&[q(), a(&[call("1")]), u(&[missing("1", status), text("go on")])]),
        );
        assert_eq!(gated.rules(), ["M36"]);
        // At the end, in a turn of its own.
        becomes(
            &model,
            request(&[q(), a(&[text("x"), call("1")])]),
            request(&[q(), a(&[text("x"), call("1")]), u(&[missing("1", status)])]),
        );
        // One of two.
        becomes(
            &model,
            request(&[q(), a(&[call("1"), call("2")]), u(&[result("2", "r")])]),
            request(&[
                q(),
                a(&[call("1"), call("2")]),
                u(&[missing("1", status), result("2", "r")]),
            ]),
        );
        // Two of two, in the order of the calls.
        becomes(
            &model,
            request(&[q(), a(&[call("1"), call("2")]), u(&[text("stop")])]),
            request(&[
                q(),
                a(&[call("1"), call("2")]),
                u(&[missing("1", status), missing("2", status), text("stop")]),
            ]),
        );
    }
    stays(&unknown(), request(&[q(), a(&[call("1")]), u(&[text("go on")])]));
}

#[test]
fn m35_tells_a_result_without_a_call() {
    let told = |said: &str| text(&format!("[The tool gave: {said}]"));
    for model in [sonnet_4_5(), nova_pro(), gpt(), qwen3()] {
        // A request whose only tool block was stray needs no tools.
        let mut only = request(&[u(&[result("9", "r")])]);
        only.as_object_mut().unwrap().remove("toolConfig");
        let gated = becomes(&model, only, json!({ "messages": [u(&[told("r")])] }));
        assert_eq!(gated.rules(), ["M35"]);
        // Results stand together.
        becomes(
            &model,
            request(&[q(), a(&[call("1")]), u(&[result("9", "s"), result("1", "r"), text("x")])]),
            request(&[q(), a(&[call("1")]), u(&[result("1", "r"), told("s"), text("x")])]),
        );
        // A second result of one id, and one that comes late.
        becomes(
            &model,
            request(&[q(), a(&[call("1")]), u(&[result("1", "r"), result("1", "s")])]),
            request(&[q(), a(&[call("1")]), u(&[result("1", "r"), told("s")])]),
        );
        becomes(
            &model,
            request(&[
                q(),
                a(&[call("1")]),
                u(&[result("1", "r")]),
                a(&[text("a")]),
                u(&[result("1", "s")]),
            ]),
            request(&[
                q(),
                a(&[call("1")]),
                u(&[result("1", "r")]),
                a(&[text("a")]),
                u(&[told("s")]),
            ]),
        );
    }
    let image = json!({ "image": { "format": "png", "source": {} } });
    let mut stray = result("9", "r");
    stray["toolResult"]["content"] = json!([image, text("r"), image]);
    becomes(
        &sonnet_4_5(),
        request(&[q(), a(&[call("1")]), u(&[stray, result("1", "s")])]),
        request(&[q(), a(&[call("1")]), u(&[result("1", "s"), told("r"), image.clone(), image])]),
    );
    stays(&unknown(), request(&[u(&[result("9", "r")])]));
}

#[test]
fn m33_puts_results_of_one_turn_into_one_message() {
    let calls = || a(&[call("1"), call("2")]);
    let both = [result("1", "r"), result("2", "s")];
    for model in [sonnet_4_5(), opus_5(), nova_pro(), gpt(), qwen3()] {
        let gated = becomes(
            &model,
            request(&[q(), calls(), u(&[result("1", "r")]), u(&[result("2", "s")])]),
            request(&[q(), calls(), u(&both)]),
        );
        assert_eq!(gated.rules(), ["M33"]);
        becomes(
            &model,
            request(&[
                q(),
                calls(),
                u(&[result("1", "r"), text("x")]),
                u(&[result("2", "s"), text("y")]),
            ]),
            request(&[
                q(),
                calls(),
                u(&[result("1", "r"), result("2", "s"), text("x"), text("y")]),
            ]),
        );
        becomes(
            &model,
            request(&[q(), a(&[call("1")]), u(&[text("x")]), u(&[result("1", "r")])]),
            request(&[q(), a(&[call("1")]), u(&[result("1", "r"), text("x")])]),
        );
        becomes(
            &model,
            request(&[q(), a(&[call("1")]), a(&[call("2")]), u(&both)]),
            request(&[q(), calls(), u(&both)]),
        );
        stays(&model, request(&[q(), calls(), u(&both)]));
        stays(&model, request(&[q(), calls(), u(&[both[1].clone(), both[0].clone()])]));
    }
    // What is asked after them stays a message of its own.
    stays(&sonnet_4_5(), request(&[q(), calls(), u(&both), u(&[text("and?")])]));
}

#[test]
fn m34_renames_the_later_of_two_calls_of_one_id() {
    let exchange = |id: &str, said: &str| [a(&[call(id)]), u(&[result(id, said)])];
    let twice = |id: &str| request(&[&[q()][..], &exchange("1", "r"), &exchange(id, "s")].concat());
    for model in [sonnet_4_5(), nova_pro(), gpt()] {
        let gated = gated(&model, twice("1"));
        assert_eq!(gated.rules(), ["M34"]);
        let id = gated.request["messages"][3]["content"][0]["toolUse"]["toolUseId"].clone();
        assert_ne!(id, "1");
        assert_eq!(gated.request, twice(id.as_str().unwrap()));
        stays(&model, twice("2"));
    }
    // Also in one turn, each with its own result.
    let gated = gated(
        &sonnet_4_5(),
        request(&[q(), a(&[call("1"), call("1")]), u(&[result("1", "r"), result("1", "s")])]),
    );
    let messages = &gated.request["messages"];
    let id = messages[1]["content"][1]["toolUse"]["toolUseId"].as_str().unwrap();
    assert_eq!(messages[2]["content"], json!([result("1", "r"), result(id, "s")]));
    stays(&unknown(), twice("1"));
}

#[test]
fn ids_and_names_do_not_depend_on_what_comes_later() {
    let exchange = |id: &str| [a(&[call(id)]), u(&[result(id, "r")])];
    let before = [&[q()][..], &exchange("call/1")].concat();
    let after = [&before[..], &exchange("call1"), &exchange("call/2")].concat();
    let (before, after) =
        (gated(&sonnet_4_5(), request(&before)), gated(&sonnet_4_5(), request(&after)));
    let messages = after.request["messages"].as_array().unwrap();
    assert_eq!(before.request["messages"], Value::from(messages[..3].to_vec()));
    assert_ne!(messages[1]["content"], messages[3]["content"], "the later one gives way");
    let named = |names: &[&str]| {
        let document =
            |name: &&str| json!({ "document": { "format": "pdf", "name": name, "source": {} } });
        let mut content = vec![text("q")];
        content.extend(names.iter().map(document));
        json!({ "messages": [u(&content)] })
    };
    let gated = becomes(
        &sonnet_4_5(),
        named(&["report", "Report", "report-2", "report"]),
        named(&["report", "Report-2", "report-2-2", "report-3"]),
    );
    assert_eq!(gated.rules(), ["M37"]);
    becomes(&sonnet_4_5(), named(&["a.b", "a-b"]), named(&["a-b", "a-b-2"]));
    stays(&sonnet_4_5(), named(&["report", "report-2"]));
    stays(&unknown(), named(&["report", "report"]));
}

#[test]
fn m37_numbers_documents_across_turns_and_in_results() {
    let document =
        |name: &str| json!({ "document": { "format": "pdf", "name": name, "source": {} } });
    let request = |second: &str, third: &str| {
        let mut inside = result("1", "r");
        inside["toolResult"]["content"] = json!([document(second)]);
        request(&[
            u(&[text("q"), document("report")]),
            a(&[call("1")]),
            u(&[inside]),
            a(&[text("a")]),
            u(&[text("q"), document(third)]),
        ])
    };
    becomes(&sonnet_4_5(), request("REPORT", "report"), request("REPORT-2", "report-3"));
    stays(&sonnet_4_5(), request("report-2", "report-3"));
}

#[test]
fn a_tool_of_the_service_has_its_result_in_its_own_turn() {
    let mut search = call("1");
    search["toolUse"]["type"] = json!("server_tool_use");
    stays(
        &nova_2_lite(),
        request(&[q(), a(&[search, result("1", "r"), text("a")]), u(&[text("and?")])]),
    );
}

#[test]
fn m40_puts_what_is_said_beside_calls_into_a_turn_before() {
    let mut models = [llama(), mistral_large()];
    for model in &mut models {
        model.tools.streaming = fact(true);
        model.tools.use_id_pattern = unknown().tools.use_id_pattern;
        let gated = becomes(
            model,
            request(&[q(), a(&[text("Let me look."), call("1")]), u(&[result("1", "r")])]),
            request(&[
                q(),
                a(&[text("Let me look.")]),
                u(&[text(".")]),
                a(&[call("1")]),
                u(&[result("1", "r")]),
            ]),
        );
        assert_eq!(gated.rules(), ["M40"]);
        // Also where it stands in the message before.
        becomes(
            model,
            request(&[q(), a(&[text("x")]), a(&[call("1")]), u(&[result("1", "r")])]),
            request(&[
                q(),
                a(&[text("x")]),
                u(&[text(".")]),
                a(&[call("1")]),
                u(&[result("1", "r")]),
            ]),
        );
        stays(
            model,
            request(&[q(), a(&[call("1"), call("2")]), u(&[result("1", "r"), result("2", "s")])]),
        );
    }
    let said = request(&[q(), a(&[text("Let me look."), call("1")]), u(&[result("1", "r")])]);
    for model in [sonnet_4_5(), nova_pro(), gpt(), qwen3(), unknown()] {
        stays(&model, said.clone());
    }
}

#[test]
fn m9_separates_a_message_after_results() {
    let followed = [q(), a(&[call("1")]), u(&[result("1", "r")]), u(&[text("and?")])];
    let mut model = llama();
    model.tools.streaming = fact(true);
    let gated = becomes(
        &model,
        request(&followed),
        request(&[&followed[..3], &[a(&[text(".")])], &followed[3..]].concat()),
    );
    assert_eq!(gated.rules(), ["M9"]);
    for model in [sonnet_4_5(), nova_pro(), gpt(), unknown()] {
        stays(&model, request(&followed));
    }
}

#[test]
fn m9_separates_a_turn_of_cache_points_that_will_hold_a_placeholder() {
    let point = json!({ "cachePoint": { "type": "default" } });
    for mut model in [llama(), mistral_large(), palmyra()] {
        model.tools.streaming = fact(true);
        model.tools.mixed_results = fact(false);
        model.tools.use_id_pattern = unknown().tools.use_id_pattern;
        for points in [1, 2] {
            let cached = u(&vec![point.clone(); points]);
            let made = [
                gated(
                    &model,
                    request(&[q(), a(&[call("1")]), u(&[result("1", "r")]), cached.clone()]),
                ),
                gated(&model, request(&[q(), a(&[call("1")]), cached, u(&[result("1", "r")])])),
            ];
            for gated in made {
                let sent = gated.request["messages"].as_array().unwrap();
                let results = &sent[2];
                assert_eq!(*results, u(&[result("1", "r")]), "{}", gated.request);
                assert!(
                    sent.get(3).is_none_or(|next| next["role"] == "assistant"),
                    "{}",
                    gated.request
                );
            }
        }
    }
}

#[test]
fn three_kinds_at_once_are_repaired_together() {
    let unsigned = json!({ "reasoningContent": { "reasoningText": { "text": "hm" } } });
    becomes(
        &sonnet_4_5(),
        request(&[
            u(&[text("q"), text("")]),
            a(&[unsigned, text(" "), call("1"), call("2")]),
            u(&[result("2", "s")]),
            u(&[result("1", "r"), result("9", "t")]),
            a(&[]),
        ]),
        request(&[
            q(),
            a(&[call("1"), call("2")]),
            u(&[result("2", "s"), result("1", "r"), text("[The tool gave: t]")]),
        ]),
    );
}
