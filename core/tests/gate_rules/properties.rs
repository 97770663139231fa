//! What holds for every request and every model. That changes can be replayed and that gating
//! twice is gating once is checked by [`gated_for`] itself.

use std::sync::LazyLock;

use bedrock_profile_core::gate::{Operation, Outcome, Route, Site};
use bedrock_profile_core::model::{ModelCapabilities, catalog};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::models;
use crate::support::{Gated, gated_for};

/// One of each class by hand, then all of the catalog.
static MODELS: LazyLock<Vec<ModelCapabilities>> = LazyLock::new(|| {
    let known = catalog::all().map(|entry| ModelCapabilities::clone(entry.capabilities()));
    models::all().into_iter().chain(known).collect()
});

/// The index of a model: failures that print its capabilities are hard to read.
pub fn model() -> impl Strategy<Value = usize> {
    0..MODELS.len()
}

pub fn nth(index: usize) -> ModelCapabilities {
    MODELS[index].clone()
}

fn operation() -> impl Strategy<Value = Operation> {
    select(vec![Operation::Converse, Operation::ConverseStream])
}

/// An object of these members, each of which may be absent.
fn object(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let members: Vec<_> = members
        .into_iter()
        .map(|(name, value)| of(value).prop_map(move |value| value.map(|value| (name, value))))
        .collect();
    let with_order = (members, any::<bool>()).prop_map(|(members, backwards)| {
        let mut members: Vec<_> = members.into_iter().flatten().collect();
        if backwards {
            members.reverse();
        }
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>()
    });
    with_order.prop_map(Value::Object).boxed()
}

fn one_of(values: Vec<Value>) -> BoxedStrategy<Value> {
    select(values).boxed()
}

fn values(list: Value) -> BoxedStrategy<Value> {
    one_of(list.as_array().unwrap().clone())
}

/// Any JSON, with the names that rules look for.
fn garbage() -> BoxedStrategy<Value> {
    let names = select(vec![
        "type",
        "text",
        "thinking",
        "effort",
        "content",
        "messages",
        "cachePoint",
        "toolUse",
        "toolResult",
        "reasoningContent",
        "document",
        "tools",
        "toolSpec",
        "inferenceConfig",
        "a.b",
        "",
        "budget_tokens",
        "toolUseId",
        "name",
        "ttl",
        "output_config",
        "anthropic_beta",
        "topK",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-2.0..2.0).prop_map(Value::from),
        "[a-z\"\\[. ]{0,6}".prop_map(Value::from),
        values(json!(["enabled", "adaptive", "disabled", "none", "high", "max", "1h", "user"])),
    ];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::Array),
            vec((names.clone(), inner), 0..5).prop_map(|members| {
                Value::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
            }),
        ]
    })
    .boxed()
}

/// Mostly what is meant, sometimes anything.
fn mostly(meant: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    prop_oneof![30 => meant, 1 => Just(Value::Null), 1 => garbage()].boxed()
}

fn point() -> BoxedStrategy<Value> {
    values(json!([
        { "cachePoint": { "type": "default" } },
        { "cachePoint": { "type": "default", "ttl": "5m" } },
        { "cachePoint": { "type": "default", "ttl": "1h" } },
    ]))
}

fn block() -> BoxedStrategy<Value> {
    let id = || values(json!(["t1", "tooluse_abc-def", "call/1", "abcDEF123"]));
    let image = json!({ "image": { "format": "png", "source": { "bytes": { "\u{0}blob": 0 } } } });
    let result = (id(), vec(values(json!([{ "text": "r" }, image, { "json": { "a": 1 } }])), 0..3))
        .prop_map(|(id, content)| {
            json!({ "toolResult": { "toolUseId": id, "content": content, "status": "success" } })
        });
    let call = id()
        .prop_map(|id| json!({ "toolUse": { "toolUseId": id, "name": "search", "input": {} } }));
    let other = json!([
        { "text": "a" }, { "text": "b" }, image,
        { "reasoningContent": { "reasoningText": { "text": "hm", "signature": "s" } } },
        { "reasoningContent": { "redactedContent": { "\u{0}blob": 1 } } },
        { "document": { "format": "pdf", "name": "a", "source": { "bytes": "" } } },
        { "document": { "format": "csv", "name": "a.b", "citations": { "enabled": true } } },
        { "document": { "format": "txt", "name": "a_b", "source": { "bytes": "" } } },
        { "video": { "format": "mp4", "source": { "bytes": "" } } },
        { "citationsContent": { "content": [{ "text": "c" }], "citations": [] } },
    ]);
    let one = prop_oneof![4 => values(other), 3 => point(), 1 => call, 1 => result].boxed();
    // Blocks that claim to be two things at once are refused by Bedrock and must do no harm here.
    let both = (one.clone(), one.clone()).prop_map(|(mut one, other)| {
        if let (Some(one), Some(other)) = (one.as_object_mut(), other.as_object()) {
            one.extend(other.clone());
        }
        one
    });
    mostly(prop_oneof![20 => one, 1 => both].boxed())
}

fn messages() -> BoxedStrategy<Value> {
    let message = object(vec![
        ("role", values(json!(["user", "assistant"]))),
        ("content", mostly(vec(block(), 0..6).prop_map(Value::Array).boxed())),
        ("output_config", values(json!([null, { "effort": "low" }]))),
    ]);
    mostly(vec(message, 0..6).prop_map(Value::Array).boxed())
}

fn effort() -> BoxedStrategy<Value> {
    mostly(values(json!(["none", "minimal", "low", "medium", "high", "xhigh", "max"])))
}

fn number() -> BoxedStrategy<Value> {
    mostly(values(json!([-1, 0, 0.5, 0.95, 0.99, 1, 1.0, 1.5, 40, 600])))
}

fn tokens() -> BoxedStrategy<Value> {
    mostly(values(json!([0, 1, 15, 1000, 1024, 1025, 2000, 4096.0, 8000.5, 64_000, 200_000])))
}

fn fields() -> BoxedStrategy<Value> {
    let thinking = object(vec![
        ("type", mostly(values(json!(["enabled", "adaptive", "disabled", "between_tools"])))),
        ("budget_tokens", tokens()),
        ("effort", effort()),
        ("display", values(json!(["summarized", "omitted"]))),
        ("block_binding", values(json!([{ "prefix_mismatch_behavior": "drop_block" }]))),
    ]);
    let nova = object(vec![
        ("type", values(json!(["enabled", "disabled"]))),
        ("maxReasoningEffort", effort()),
        ("budgetTokens", tokens()),
    ]);
    let betas = json!([
        [],
        ["output-128k-2025-02-19"],
        ["interleaved-thinking-2025-05-14"],
        "a",
        ["effort-2025-11-24", "mid-conversation-output-config-2026-07-01"],
    ]);
    object(vec![
        ("thinking", mostly(thinking.clone())),
        (
            "output_config",
            mostly(object(vec![
                ("effort", effort()),
                (
                    "format",
                    values(json!([{ "type": "json_schema", "schema": { "type": "object" } }])),
                ),
            ])),
        ),
        ("anthropic_beta", values(betas)),
        ("reasoning_effort", effort()),
        ("reasoning", mostly(object(vec![("effort", effort()), ("summary", effort())]))),
        ("reasoning_config", prop_oneof![effort(), thinking].boxed()),
        ("reasoningConfig", mostly(nova)),
        ("top_k", number()),
        ("topK", number()),
        ("k", number()),
        ("inferenceConfig", mostly(object(vec![("topK", number()), ("temperature", number())]))),
        ("temperature", number()),
        ("max_tokens", tokens()),
        ("system", values(json!(["Be brief.", [{ "text": "a" }], 7]))),
        (
            "tool_choice",
            mostly(object(vec![
                ("type", values(json!(["auto", "any", "tool", "none"]))),
                ("name", values(json!(["search"]))),
                ("disable_parallel_tool_use", values(json!([true]))),
            ])),
        ),
        ("custom", garbage()),
    ])
}

fn tool_config() -> BoxedStrategy<Value> {
    let tools = json!([
        { "toolSpec": { "name": "search", "strict": true, "inputSchema": { "json": {
            "type": "object", "properties": { "pattern": { "pattern": "(?=a)" } },
        } } } },
        { "toolSpec": { "name": "not a name" } },
    ]);
    let choices = json!([
        { "auto": {} }, { "any": {} }, { "tool": { "name": "search" } }, { "none": {} }, "none",
    ]);
    let tool = prop_oneof![3 => values(tools), 1 => point()].boxed();
    object(vec![
        ("tools", mostly(vec(mostly(tool), 0..4).prop_map(Value::Array).boxed())),
        ("toolChoice", mostly(values(choices))),
    ])
}

pub fn request() -> BoxedStrategy<Value> {
    let stops = vec(Just("s"), 0..13).prop_map(|stops| json!(stops)).boxed();
    let system = prop_oneof![3 => values(json!([{ "text": "a" }])), 2 => point()].boxed();
    let schema = r#"{"type":"object"}"#;
    object(vec![
        ("modelId", values(json!(["x", "arn:aws:bedrock:us-east-1:1:prompt/A"]))),
        ("messages", messages()),
        ("system", mostly(vec(mostly(system), 0..5).prop_map(Value::Array).boxed())),
        (
            "inferenceConfig",
            mostly(object(vec![
                ("temperature", number()),
                ("maxTokens", tokens()),
                ("topP", number()),
                ("topK", number()),
                ("stopSequences", mostly(stops)),
            ])),
        ),
        ("toolConfig", mostly(tool_config())),
        ("additionalModelRequestFields", mostly(fields())),
        (
            "outputConfig",
            mostly(object(vec![
                ("effort", effort()),
                (
                    "textFormat",
                    values(json!([{ "structure": { "jsonSchema": { "schema": schema } } }])),
                ),
            ])),
        ),
        ("requestMetadata", garbage()),
    ])
}

/// A conversation in text that every model takes.
fn lawful() -> BoxedStrategy<Value> {
    let text = "[a-z]{1,9}".prop_map(|text| json!([{ "text": text }]));
    let config = object(vec![
        ("maxTokens", (16..=2048_u32).prop_map(Value::from).boxed()),
        ("x", garbage()),
    ]);
    (vec(text, 1..8), config)
        .prop_map(|(mut texts, config)| {
            if texts.len().is_multiple_of(2) {
                texts.pop();
            }
            let role = |index: usize| {
                if index.is_multiple_of(2) { "user" } else { "assistant" }
            };
            let messages: Vec<_> = texts
                .into_iter()
                .enumerate()
                .map(|(index, content)| json!({ "role": role(index), "content": content }))
                .collect();
            json!({ "modelId": "x", "messages": messages, "inferenceConfig": config, "y": null })
        })
        .boxed()
}

pub fn lists(request: &Value) -> Vec<&Vec<Value>> {
    let messages = request["messages"].as_array().into_iter().flatten();
    let contents = messages.map(|message| &message["content"]);
    let lists = [&request["toolConfig"]["tools"], &request["system"]].into_iter().chain(contents);
    lists.filter_map(Value::as_array).collect()
}

fn holds(block: &Value, kind: &str) -> bool {
    block.get(kind).is_some_and(|value| !value.is_null())
}

/// Whether a block is a cache point and nothing else.
pub fn is_point(block: &Value) -> bool {
    holds(block, "cachePoint") && block.as_object().is_some_and(|members| members.len() == 1)
}

fn assert_cache_points(model: &ModelCapabilities, gated: &Gated) {
    let lists = lists(&gated.request);
    let points = lists.iter().flat_map(|list| list.iter()).filter(|b| is_point(b));
    let count = points.count() as u64;
    if model.prompt_caching.supported.no() {
        assert_eq!(count, 0);
    }
    if let Some(max) = model.prompt_caching.max_checkpoints.known() {
        assert!(count <= *max && *max <= 4);
        for list in lists {
            assert!(!list.first().is_some_and(is_point));
            for pair in list.windows(2) {
                assert!(!(holds(&pair[0], "reasoningContent") && is_point(&pair[1])));
            }
        }
    }
}

fn assert_budget(model: &ModelCapabilities, gated: &Gated) {
    let fields = &gated.request["additionalModelRequestFields"];
    let thinking = &fields["thinking"];
    let interleaved = fields["anthropic_beta"].to_string().contains("interleaved-thinking");
    if model.reasoning.min_budget.known().is_none() || thinking["type"] != "enabled" || interleaved
    {
        return;
    }
    let max = gated.request["inferenceConfig"]["maxTokens"].as_f64();
    if let (Some(budget), Some(max)) = (thinking["budget_tokens"].as_f64(), max) {
        assert!(budget < max && budget >= 1024.0, "{budget} of {max}");
    }
}

fn assert_sampling(model: &ModelCapabilities, gated: &Gated) {
    let config = &gated.request["inferenceConfig"];
    let (temperature, top_p) = (config["temperature"].as_f64(), config["topP"].as_f64());
    if model.temperature_and_top_p_exclusive.yes() {
        assert!(temperature.is_none() || top_p.is_none());
    }
    let thinks = ["enabled", "adaptive"].contains(
        &gated.request["additionalModelRequestFields"]["thinking"]["type"].as_str().unwrap_or(""),
    );
    if thinks && model.reasoning.temperature_locked.yes() {
        assert!(temperature.is_none_or(|given| (given - 1.0).abs() < f64::EPSILON));
    }
}

/// Chance may leave a model out; here each has its turn.
#[test]
fn what_is_gated_is_lawful_for_every_model_of_the_catalog() {
    let mut runner = TestRunner::deterministic();
    let regions = ["us-east-1", "us-gov-west-1", "eu-west-3", "ap-northeast-1", "sa-east-1"];
    let (request, place) = (request(), select(regions.to_vec()));
    for entry in catalog::all() {
        let model = entry.capabilities();
        for _ in 0..32 {
            let mut request = request.new_tree(&mut runner).unwrap().current();
            request["modelId"] = json!(entry.id());
            let region = place.new_tree(&mut runner).unwrap().current();
            let operation = operation().new_tree(&mut runner).unwrap().current();
            let site = Some(Site { call_id: entry.id(), region, partition: "aws" });
            let gated = gated_for(model, request, Route { site, ..Route::from(operation) });
            assert_cache_points(model, &gated);
            assert_budget(model, &gated);
            assert_sampling(model, &gated);
            let called = gated.outcome.call_id.as_deref();
            assert_eq!(gated.request["modelId"].as_str(), called.or(Some(entry.id())));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_gated_is_lawful_and_its_changes_replay(
        model in model(), request in request(), operation in operation(),
    ) {
        let model = nth(model);
        let gated = gated_for(&model, request, operation);
        assert_cache_points(&model, &gated);
        assert_budget(&model, &gated);
        assert_sampling(&model, &gated);
    }

    #[test]
    fn garbage_never_panics(model in model(), garbage in garbage(), operation in operation()) {
        let request = if garbage.is_object() { garbage } else { json!({ "messages": garbage }) };
        gated_for(&nth(model), request, operation);
    }

    #[test]
    fn lawful_requests_are_not_touched(model in model(), request in lawful()) {
        let gated = gated_for(&nth(model), request.clone(), Operation::ConverseStream);
        prop_assert_eq!(gated.outcome, Outcome::default());
        prop_assert_eq!(gated.request.to_string(), request.to_string());
    }

    #[test]
    fn a_model_of_which_nothing_is_known_is_never_gated(request in request()) {
        let gated = gated_for(&models::unknown(), request.clone(), Operation::ConverseStream);
        prop_assert_eq!(gated.outcome.changes, []);
        prop_assert_eq!(gated.request.to_string(), request.to_string());
    }
}
