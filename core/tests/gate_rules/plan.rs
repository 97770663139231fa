//! Cache points that are planned: where, how many, for how long, and that the next call hits them.

use bedrock_profile_core::gate::{Action, Change, Operation, PromptCache, Ttl, gate, plan};
use bedrock_profile_core::model::ModelCapabilities;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::models::*;
use crate::properties::{is_point, lists, model, nth, request};
use crate::support::{gated_for, replay};

const AUTO: PromptCache = PromptCache { ttl: None };
const HOUR: PromptCache = PromptCache { ttl: Some(Ttl::OneHour) };

fn point() -> Value {
    json!({ "cachePoint": { "type": "default" } })
}

fn lasting(ttl: &str) -> Value {
    json!({ "cachePoint": { "type": "default", "ttl": ttl } })
}

/// Long enough to be cached by any model of these tests.
fn long(text: &str) -> Value {
    json!({ "text": format!("{text}{}", ".".repeat(1100)) })
}

fn tool() -> Value {
    json!({ "toolSpec": { "name": "search", "inputSchema": { "json": { "type": "object" } } } })
}

fn user(content: &[Value]) -> Value {
    json!({ "role": "user", "content": content })
}

fn assistant(content: &[Value]) -> Value {
    json!({ "role": "assistant", "content": content })
}

fn call() -> Value {
    json!({ "toolUse": { "toolUseId": "t1", "name": "search", "input": {} } })
}

fn result() -> Value {
    json!({ "toolResult": { "toolUseId": "t1", "content": [{ "text": "r" }] } })
}

fn object(request: &Value) -> Map<String, Value> {
    request.as_object().unwrap().clone()
}

/// Plans, and checks what must hold for every plan of a request that was gated.
fn planned(
    model: &ModelCapabilities,
    request: &Value,
    wanted: PromptCache,
) -> (Value, Vec<Change>) {
    let input = object(request);
    let mut output = input.clone();
    let changes = plan(&mut output, model, wanted);
    assert_eq!(Value::Object(replay(&input, &changes)), Value::Object(output.clone()));
    for change in &changes {
        assert_eq!((change.rule, change.action), ("cache-plan", Action::Add));
    }
    let mut again = output.clone();
    assert_eq!(plan(&mut again, model, wanted), [], "a second plan");
    (Value::Object(output), changes)
}

/// Where points were added.
fn spots(model: &ModelCapabilities, request: &Value, wanted: PromptCache) -> Vec<String> {
    let (output, changes) = planned(model, request, wanted);
    let mut gated = object(&output);
    let outcome = gate(&mut gated, model, Operation::Converse);
    assert_eq!(outcome.changes, [], "what is planned is lawful");
    changes.into_iter().map(|change| change.path).collect()
}

fn conversation(tools: &[Value], system: &[Value], messages: &[Value]) -> Value {
    json!({ "system": system, "messages": messages, "toolConfig": { "tools": tools } })
}

fn turns() -> Vec<Value> {
    vec![user(&[long("a")]), assistant(&[long("b")]), user(&[long("c")])]
}

const ALL: [&str; 4] =
    ["toolConfig.tools[1]", "system[1]", "messages[0].content[1]", "messages[2].content[1]"];

#[test]
fn points_stand_behind_tools_system_and_the_last_two_user_turns() {
    let request = conversation(&[tool()], &[long("s")], &turns());
    assert_eq!(spots(&sonnet_4_5(), &request, AUTO), ALL);
    let mut longer = turns();
    longer.extend([assistant(&[long("d")]), user(&[long("e")])]);
    assert_eq!(
        spots(&sonnet_4_5(), &json!({ "messages": longer }), AUTO),
        ["messages[2].content[1]", "messages[4].content[1]"],
    );
}

#[test]
fn nothing_is_planned_where_caching_is_not_known_to_work() {
    let request = conversation(&[tool()], &[long("s")], &turns());
    let mut vague = sonnet_4_5();
    vague.prompt_caching.max_checkpoints = Default::default();
    let mut nowhere = sonnet_4_5();
    nowhere.prompt_caching.fields = Default::default();
    let mut silent = sonnet_4_5();
    silent.prompt_caching.supported = Default::default();
    for model in [unknown(), llama(), gpt(), vague, nowhere, silent] {
        assert_eq!(planned(&model, &request, AUTO), (request.clone(), Vec::new()));
    }
}

#[test]
fn nova_takes_none_in_tools_nor_beside_their_calls() {
    let mut messages = turns();
    messages.extend([assistant(&[call()]), user(&[result(), long("more")])]);
    let request = conversation(&[tool()], &[long("s")], &messages);
    let found = spots(&nova_pro(), &request, AUTO);
    assert_eq!(found, ["system[1]", "messages[0].content[1]", "messages[2].content[1]"]);
    let found = spots(&sonnet_4_5(), &request, AUTO);
    assert_eq!(found[2..], ["messages[2].content[1]", "messages[4].content[2]"]);
    // Bedrock makes one turn of them, with a result inside.
    messages.push(user(&[long("and")]));
    let found = spots(&nova_pro(), &conversation(&[tool()], &[], &messages), AUTO);
    assert_eq!(found, ["messages[0].content[1]", "messages[2].content[1]"]);
}

#[test]
fn a_point_stands_behind_the_last_block_that_can_be_cached() {
    let csv = json!({ "document": { "format": "csv", "name": "a", "source": {} } });
    let video = json!({ "video": { "format": "mp4", "source": {} } });
    let reasoning = json!({ "reasoningContent": { "reasoningText": { "text": "hm" } } });
    for block in [csv, video, reasoning, json!({ "text": " " }), json!(7)] {
        let blocks = [long("a"), block.clone()];
        assert_eq!(place(&blocks), ["messages[0].content[1]"], "{block}");
        assert_eq!(place(&[block]), Vec::<String>::new());
    }
    let pdf = json!({ "document": { "format": "pdf", "name": "a", "source": {} } });
    assert_eq!(place(&[long("a"), pdf]), ["messages[0].content[2]"]);
    assert_eq!(place(&[]), Vec::<String>::new());
}

fn place(blocks: &[Value]) -> Vec<String> {
    let (_, changes) = planned(&nova_pro(), &json!({ "messages": [user(blocks)] }), AUTO);
    changes.into_iter().map(|change| change.path).collect()
}

#[test]
fn what_the_caller_placed_stays_and_counts() {
    let model = sonnet_4_5();
    let at = |tools: &[Value], system: &[Value], messages: &[Value]| {
        spots(&model, &conversation(tools, system, messages), AUTO)
    };
    let marked = [tool(), point()];
    assert_eq!(at(&marked, &[long("s")], &turns()), ALL[1..]);
    let mut tail = turns();
    tail[2] = user(&[long("c"), point()]);
    assert_eq!(at(&[tool()], &[long("s")], &tail), ALL[..3]);
    // Two places left: those of the turns, which need two; also in the first call.
    let two = [long("s"), point(), long("t"), point()];
    assert_eq!(at(&[tool()], &two, &turns()), ALL[2..]);
    assert_eq!(at(&[tool()], &two, &turns()[..1]), ALL[2..3]);
    // One place left.
    let three = [tool(), point(), tool(), point(), tool(), point()];
    assert_eq!(at(&three, &[long("s")], &turns()), ["system[1]"]);
    let four = [&three[..], &[tool(), point()]].concat();
    assert_eq!(at(&four, &[long("s")], &turns()), Vec::<String>::new());
}

#[test]
fn an_hour_is_written_where_the_model_offers_it() {
    let request = conversation(&[tool()], &[long("s")], &turns());
    for (model, expected) in [(sonnet_4_5(), lasting("1h")), (claude_3_7(), point())] {
        let (output, changes) = planned(&model, &request, HOUR);
        assert_eq!(output["system"][1], expected);
        assert_eq!(output["messages"][2]["content"][1], expected);
        let told = changes[0].reason.contains("1h");
        assert_eq!(told, expected == point(), "{}", changes[0].reason);
    }
    for ttl in [None, Some(Ttl::FiveMinutes)] {
        let (output, _) = planned(&sonnet_4_5(), &request, PromptCache { ttl });
        assert_eq!(output["system"][1], point());
    }
}

#[test]
fn an_hour_never_follows_five_minutes() {
    let ttls = |system: Value, wanted| {
        let request = conversation(&[tool()], &[long("s"), system], &turns());
        let (output, _) = planned(&sonnet_4_5(), &request, wanted);
        let mut gated = object(&output);
        assert_eq!(gate(&mut gated, &sonnet_4_5(), Operation::Converse).changes, []);
        [&output["toolConfig"]["tools"][1], &output["messages"][2]["content"][1]].map(Value::clone)
    };
    assert_eq!(ttls(point(), HOUR), [lasting("1h"), point()]);
    assert_eq!(ttls(lasting("5m"), HOUR), [lasting("1h"), point()]);
    assert_eq!(ttls(lasting("1h"), AUTO), [lasting("1h"), point()]);
    assert_eq!(ttls(lasting("1h"), HOUR), [lasting("1h"), lasting("1h")]);
}

#[test]
fn what_is_certainly_too_short_gets_no_point() {
    let text = |length: usize| json!({ "text": "x".repeat(length) });
    let at = |system: Value, message: Value| {
        let request = json!({ "system": [system], "messages": [user(&[message])] });
        spots(&sonnet_4_5(), &request, AUTO)
    };
    assert_eq!(at(text(400), text(400)), Vec::<String>::new());
    // 1,024 tokens, of at least a byte each, and 16 around each block.
    assert_eq!(at(text(1007), text(1)), ["messages[0].content[1]"]);
    assert_eq!(at(text(1008), text(1)), ["system[1]", "messages[0].content[1]"]);
    // Nobody knows how many tokens an image is.
    let image = json!({ "image": { "format": "png", "source": {} } });
    assert_eq!(at(text(1), image), ["messages[0].content[1]"]);
    let mut vague = sonnet_4_5();
    vague.prompt_caching.min_tokens = Default::default();
    let short = json!({ "messages": [user(&[text(1)])] });
    assert_eq!(spots(&vague, &short, AUTO), ["messages[0].content[1]"]);
}

fn wanted() -> impl Strategy<Value = PromptCache> {
    select(vec![AUTO, HOUR, PromptCache { ttl: Some(Ttl::FiveMinutes) }])
}

/// The index of a model with prompt caching.
fn caching() -> impl Strategy<Value = usize> {
    let indexes = (0..all().len()).filter(|index| nth(*index).prompt_caching.supported.yes());
    select(indexes.collect::<Vec<_>>())
}

/// What a user turn holds.
fn turn() -> BoxedStrategy<Vec<Value>> {
    let csv = json!({ "document": { "format": "csv", "name": "a", "source": {} } });
    let image = json!({ "image": { "format": "png", "source": {} } });
    let block = select(vec![
        long("a"),
        json!({ "text": "short" }),
        json!({ "text": "b".repeat(500) }),
        image,
    ]);
    (vec(block, 1..3), any::<bool>())
        .prop_map(move |(mut blocks, document)| {
            if document {
                blocks.extend([json!({ "text": "see" }), csv.clone()]);
            }
            blocks
        })
        .boxed()
}

/// The messages of a conversation; a turn may be a tool's result.
fn messages() -> BoxedStrategy<Vec<Value>> {
    vec((turn(), 0..4_u8), 1..7)
        .prop_map(|turns| {
            let mut messages = Vec::new();
            for (index, (blocks, kind)) in turns.into_iter().enumerate() {
                let results = kind == 0 && index > 0;
                if index > 0 {
                    messages.push(assistant(&[if results { call() } else { long("yes") }]));
                }
                if results {
                    let more = if index % 2 == 0 { blocks } else { Vec::new() };
                    messages.push(user(&[&[result()], &more[..]].concat()));
                } else if kind == 1 {
                    messages.extend(blocks.into_iter().map(|block| user(&[block])));
                } else {
                    messages.push(user(&blocks));
                }
            }
            messages
        })
        .boxed()
}

/// Blocks that the model reads up to each point, without the points.
fn prefixes(request: &Value) -> Vec<Vec<&Value>> {
    let (mut read, mut found) = (Vec::new(), Vec::new());
    for block in lists(request).into_iter().flatten() {
        if is_point(block) {
            found.push(read.clone());
        } else {
            read.push(block);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_is_lawful_and_made_once(model in model(), request in request(), wanted in wanted()) {
        let model = nth(model);
        let gated = gated_for(&model, request, Operation::Converse).request;
        let (output, changes) = planned(&model, &gated, wanted);
        let mut again = object(&output);
        let outcome = gate(&mut again, &model, Operation::Converse);
        prop_assert_eq!(outcome.changes, []);
        prop_assert_eq!(Value::Object(again).to_string(), output.to_string());
        if !model.prompt_caching.supported.yes() {
            prop_assert_eq!(changes, []);
        }
    }

    #[test]
    fn the_next_call_reads_what_this_call_wrote(
        model in caching(), messages in messages(), tools in any::<bool>(), system in any::<bool>(),
        tail in any::<bool>(), wanted in wanted(),
    ) {
        let model = nth(model);
        let mut last: Option<Value> = None;
        for end in 1..=messages.len() {
            let is_user = messages[end - 1]["role"] == "user";
            if !is_user || messages.get(end).is_some_and(|next| next["role"] == "user") {
                continue;
            }
            let mut sent = messages[..end].to_vec();
            if tail {
                // A caller that marks the last turn itself.
                sent[end - 1]["content"].as_array_mut().unwrap().push(point());
            }
            let mut request = json!({ "messages": sent, "toolConfig": { "tools": [tool()] } });
            if tools {
                request["toolConfig"]["tools"].as_array_mut().unwrap().push(point());
            }
            if system {
                request["system"] = json!([long("s")]);
            }
            let gated = gated_for(&model, request, Operation::Converse).request;
            let (output, _) = planned(&model, &gated, wanted);
            // The point of the last turn in which one may stand is where the next call has one.
            let before = last.iter().filter_map(|before| prefixes(before).pop());
            for written in before {
                prop_assert!(prefixes(&output).contains(&written), "{last:?}\n{output}");
            }
            last = Some(output);
        }
    }
}
