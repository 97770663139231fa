//! Whole conversations as agents make them, for every model of the catalog: what is sent keeps every
//! rule of Bedrock's that is known, says all that was said in the order it was said, and does not
//! change where it was cached. The rules are written down here once more, by the reports alone.

use std::collections::HashSet;
use std::sync::Arc;

use bedrock_profile_core::gate::Operation;
use bedrock_profile_core::model::{ModelCapabilities, catalog};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::support::gated_for;

/// What a conversation is made of; texts get their numbers afterwards.
const SAID: &str = "\u{1}";

fn one_of(list: Value) -> BoxedStrategy<Value> {
    select(list.as_array().unwrap().clone()).boxed()
}

fn text() -> BoxedStrategy<Value> {
    prop_oneof![
        6 => Just(json!({ "text": SAID })),
        1 => one_of(json!([{ "text": "" }, { "text": " \n" }, { "text": "\t" }])),
        1 => Just(json!({ "text": format!("{SAID} \n") })),
    ]
    .boxed()
}

fn point() -> BoxedStrategy<Value> {
    one_of(json!([
        { "cachePoint": { "type": "default" } },
        { "cachePoint": { "type": "default", "ttl": "1h" } },
    ]))
}

fn media() -> BoxedStrategy<Value> {
    let source = json!({ "bytes": { "\u{0}blob": 0 } });
    let image = select(vec!["png", "jpg", "JPEG", "image/webp", ".gif"]);
    let image = image.prop_map({
        let source = source.clone();
        move |format| json!({ "image": { "format": format, "source": source } })
    });
    let names = select(vec!["report", "Report", "report-2", "report.pdf", "a_b", "a-b", ""]);
    let formats = select(vec!["pdf", "PDF", "txt", "markdown", "csv", "application/pdf"]);
    let document = (names, formats).prop_map(move |(name, format)| {
        json!({ "document": { "name": name, "format": format, "source": source } })
    });
    prop_oneof![image, document].boxed()
}

/// Two elements in one, as some gateways write them.
fn marked(block: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    (block, prop::bool::weighted(0.1))
        .prop_map(|(mut block, marked)| {
            if marked && let Some(members) = block.as_object_mut() {
                members.insert("cachePoint".to_owned(), json!({ "type": "default" }));
            }
            block
        })
        .boxed()
}

fn question() -> BoxedStrategy<Vec<Value>> {
    let block = prop_oneof![6 => marked(text()), 2 => media(), 1 => point()];
    vec(block, 0..4)
        .prop_map(|mut content| {
            let documents = content.iter().any(|block| block.get("document").is_some());
            if documents && !content.iter().any(|block| block.get("text").is_some()) {
                content.push(json!({ "text": "" }));
            }
            content
        })
        .boxed()
}

fn reasoning() -> BoxedStrategy<Value> {
    one_of(json!([
        { "reasoningContent": { "reasoningText": { "text": "hm", "signature": "sig" } } },
        { "reasoningContent": { "reasoningText": { "text": "hm" } } },
        { "reasoningContent": { "reasoningText": { "text": "hm", "signature": "" } } },
        { "reasoningContent": { "reasoningText": { "signature": "sig" } } },
        { "reasoningContent": { "redactedContent": { "\u{0}blob": 0 } } },
    ]))
}

fn id() -> BoxedStrategy<String> {
    let few = select(vec!["1", "2", "call/3", "tooluse_Ab-9", "abcDEF123"]);
    prop_oneof![1 => few.prop_map(str::to_owned), 3 => "[a-z0-9]{12}"].boxed()
}

fn call() -> BoxedStrategy<Value> {
    let names = select(vec!["search", "functions.read", "", "web-search"]);
    let inputs = one_of(json!([{ "q": 1 }, {}, "", null, "{\"a\":", "{\"a\":1}", [1], 7]));
    (id(), names, inputs)
        .prop_map(|(id, name, input)| {
            json!({ "toolUse": { "toolUseId": id, "name": name, "input": input } })
        })
        .boxed()
}

/// What becomes of the results of a turn's calls.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Answered,
    Backwards,
    Split,
    Interrupted,
    OneMissing,
    Twice,
    Late,
}

#[derive(Debug, Clone)]
struct Step {
    reasoning: Vec<Value>,
    said: Vec<Value>,
    calls: Vec<Value>,
    after: Vec<Value>,
    fate: Fate,
    results: Vec<Vec<Value>>,
    apart: bool,
}

fn step() -> BoxedStrategy<Step> {
    use Fate::{Answered, Backwards, Interrupted, Late, OneMissing, Split, Twice};
    let fates = vec![
        Answered,
        Answered,
        Answered,
        Answered,
        Backwards,
        Split,
        Interrupted,
        OneMissing,
        Twice,
        Late,
    ];
    let result = prop_oneof![
        4 => Just(json!({ "text": SAID })),
        1 => one_of(json!([{ "text": "" }, { "json": { "a": 1 } }, { "json": [1] }, { "json": null }])),
        1 => media(),
        1 => point(),
    ];
    (
        vec(reasoning(), 0..3),
        vec(marked(text()), 0..3),
        vec(call(), 0..4),
        prop_oneof![3 => Just(Vec::new()), 1 => question()],
        select(fates),
        vec(vec(result, 0..3), 4),
        any::<bool>(),
    )
        .prop_map(|(reasoning, said, calls, after, fate, results, apart)| Step {
            reasoning,
            said,
            calls,
            after,
            fate,
            results,
            apart,
        })
        .boxed()
}

fn turn(role: &str, content: Vec<Value>) -> Value {
    json!({ "role": role, "content": content })
}

/// Writes the steps of an agent down as messages.
fn written(exchanges: &[(Vec<Value>, Vec<Step>)]) -> Vec<Value> {
    let mut messages = Vec::new();
    let mut late = Vec::new();
    for (question, steps) in exchanges {
        let mut question = question.clone();
        question.append(&mut late);
        messages.push(turn("user", question));
        for step in steps {
            let mut answer: Vec<Value> = step.reasoning.clone();
            answer.extend(step.said.iter().cloned());
            if step.apart && !answer.is_empty() {
                messages.push(turn("assistant", std::mem::take(&mut answer)));
            }
            answer.extend(step.calls.iter().cloned());
            messages.push(turn("assistant", answer));
            let results = step.calls.iter().zip(&step.results).map(|(call, content)| {
                let id = &call["toolUse"]["toolUseId"];
                json!({ "toolResult": { "toolUseId": id, "content": content, "status": "success" } })
            });
            let mut results: Vec<Value> = results.collect();
            let after = step.after.clone();
            match step.fate {
                Fate::Answered => {}
                Fate::Backwards => results.reverse(),
                Fate::Split => {
                    messages.extend(results.drain(..).map(|result| turn("user", vec![result])));
                }
                Fate::Interrupted => results.clear(),
                Fate::OneMissing => {
                    results.pop();
                }
                Fate::Twice => results.extend(results.clone()),
                Fate::Late => late.append(&mut results),
            }
            if step.apart {
                let parts = [results, after].into_iter().filter(|part| !part.is_empty());
                messages.extend(parts.map(|part| turn("user", part)));
            } else {
                results.extend(after);
                if !results.is_empty() {
                    messages.push(turn("user", results));
                }
            }
        }
    }
    messages
}

/// Gives each text a number of its own.
fn number(value: &mut Value, next: &mut usize) {
    match value {
        Value::String(text) if text.contains(SAID) => {
            *text = text.replace(SAID, &format!("said{next}."));
            *next += 1;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| number(item, next)),
        Value::Object(members) => members.values_mut().for_each(|item| number(item, next)),
        _ => {}
    }
}

fn tools() -> BoxedStrategy<Value> {
    let union = json!({ "anyOf": [
        { "properties": { "a": { "type": "string" } }, "required": ["a"] },
        { "properties": { "a": { "type": "integer" }, "b": {} }, "required": ["a", "b"] },
    ] });
    let only = json!({
        "type": "object", "properties": { "a": {}, "b": {} },
        "oneOf": [{ "required": ["a"] }, { "required": ["b"] }],
    });
    let schema = one_of(json!([{ "type": "object" }, {}, union, only, { "type": null }]));
    let names = select(vec!["search", "read", "other"]);
    let descriptions = one_of(json!(["Searches.", "", " ", null]));
    let tool = (names, descriptions, schema, prop::bool::weighted(0.1)).prop_map(
        |(name, description, schema, marked)| {
            let spec = json!({
                "name": name, "description": description, "inputSchema": { "json": schema },
            });
            if marked {
                json!({ "toolSpec": spec, "cachePoint": { "type": "default" } })
            } else {
                json!({ "toolSpec": spec })
            }
        },
    );
    let some = vec(tool, 0..3).prop_map(|tools| json!({ "tools": tools }));
    prop_oneof![4 => some, 1 => Just(json!({})), 1 => Just(Value::Null)].boxed()
}

fn request() -> BoxedStrategy<Value> {
    let thinking = one_of(json!([
        null, { "type": "enabled", "budget_tokens": 4000 }, { "type": "adaptive" },
    ]));
    let system = one_of(json!([
        null, [{ "text": "Be brief." }], [{ "text": "" }], [{ "text": "a" }, { "text": "" }],
        [{ "text": "" }, { "cachePoint": { "type": "default" } }], [{ "text": " " }],
        [{ "text": "a", "cachePoint": { "type": "default" } }],
    ]));
    let exchanges = vec((question(), vec(step(), 0..4)), 1..4);
    let ends = prop_oneof![2 => Just(None), 1 => question().prop_map(Some)];
    (exchanges, ends, tools(), thinking, system)
        .prop_map(|(exchanges, ends, tools, thinking, system)| {
            let mut messages = written(&exchanges);
            messages.extend(ends.map(|content| turn("user", content)));
            let mut messages = Value::Array(messages);
            number(&mut messages, &mut 0);
            let mut request = Map::new();
            request.insert("messages".to_owned(), messages);
            request.insert("inferenceConfig".to_owned(), json!({ "maxTokens": 8000 }));
            for (name, value) in [("toolConfig", tools), ("system", system)] {
                if !value.is_null() {
                    request.insert(name.to_owned(), value);
                }
            }
            if !thinking.is_null() {
                let fields = json!({ "thinking": thinking });
                request.insert("additionalModelRequestFields".to_owned(), fields);
            }
            Value::Object(request)
        })
        .boxed()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn has(block: &Value, kind: &str) -> bool {
    block.get(kind).is_some_and(|value| !value.is_null())
}

fn any_has(blocks: &[Value], kind: &str) -> bool {
    blocks.iter().any(|block| has(block, kind))
}

fn is_user(message: &Value) -> bool {
    message["role"] == "user"
}

fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Messages of one role that follow each other, as the one turn that Bedrock makes of them.
fn merged(messages: &[Value]) -> Vec<(bool, Vec<Value>)> {
    let mut turns: Vec<(bool, Vec<Value>)> = Vec::new();
    for message in messages {
        let content = list(message, "content").to_vec();
        match turns.last_mut() {
            Some((user, turn)) if *user == is_user(message) => turn.extend(content),
            _ => turns.push((is_user(message), content)),
        }
    }
    turns
}

/// Everything that Bedrock would refuse.
fn wrong(model: &ModelCapabilities, request: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let messages = list(request, "messages");
    for (at, message) in messages.iter().enumerate() {
        let mut say = |what: &str| wrong.push(format!("messages[{at}] {what}"));
        let content = list(message, "content");
        if content.is_empty() {
            say("is empty");
        }
        let texts = content.iter().filter_map(|block| block["text"].as_str());
        if texts.into_iter().any(blank) {
            say("has a blank text");
        }
        if any_has(content, "document") && !any_has(content, "text") {
            say("has a document without a text");
        }
        let inside: Vec<&Value> =
            content.iter().flat_map(|block| list(&block["toolResult"], "content")).collect();
        for block in content.iter().chain(inside.iter().copied()) {
            element(block, &mut say);
        }
        if inside.iter().any(|block| has(block, "cachePoint")) {
            say("has a cache point in a result");
        }
        pairs(messages, at, &mut say);
        reasoning_of(model, content, &mut say);
    }
    calls(model, messages, &mut wrong);
    names(messages, &mut wrong);
    turns(model, messages, &mut wrong);
    around(model, request, &mut wrong);
    thinking(model, request, &mut wrong);
    wrong
}

fn element(block: &Value, say: &mut impl FnMut(&str)) {
    let kinds = [
        "text",
        "image",
        "document",
        "toolUse",
        "toolResult",
        "cachePoint",
        "reasoningContent",
        "json",
    ];
    if kinds.iter().filter(|kind| has(block, kind)).count() != 1 {
        say("has an element of no kind, or of two");
    }
    let formats = [
        ("image", &["png", "jpeg", "gif", "webp"][..]),
        ("document", &["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"][..]),
    ];
    for (kind, formats) in formats {
        let format = block[kind]["format"].as_str();
        if format.is_some_and(|format| !formats.contains(&format)) {
            say("has a format that AWS does not know");
        }
    }
    if has(block, "toolUse") {
        let name = block["toolUse"]["name"].as_str().unwrap();
        let lawful = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(lawful) {
            say("calls a tool by an unlawful name");
        }
        if !block["toolUse"]["input"].is_object() {
            say("has an input that is no object");
        }
    }
    if has(block, "json") && !block["json"].is_object() {
        say("has JSON in a result that is no object");
    }
}

/// Each call has its result in the next message, and each result its call in the one before.
fn pairs(messages: &[Value], at: usize, say: &mut impl FnMut(&str)) {
    let ids = |message: Option<&Value>, kind: &str| {
        let blocks = message.map_or(&[][..], |message| list(message, "content"));
        let ids = blocks.iter().filter(|block| has(block, kind));
        let mut ids: Vec<String> = ids.map(|block| block[kind]["toolUseId"].to_string()).collect();
        ids.sort();
        ids
    };
    let message = messages.get(at);
    if ids(message, "toolUse") != ids(messages.get(at + 1), "toolResult") {
        say("has calls without results, or results without calls after it");
    }
    if at == 0 && !ids(message, "toolResult").is_empty() {
        say("begins with results");
    }
}

fn reasoning_of(model: &ModelCapabilities, content: &[Value], say: &mut impl FnMut(&str)) {
    let claude = model.provider.known().is_some_and(|name| name == "Anthropic");
    for block in content.iter().filter(|block| has(block, "reasoningContent")) {
        let text = &block["reasoningContent"]["reasoningText"];
        if model.reasoning.accepts_history.no() {
            say("has reasoning");
        }
        if model.reasoning.accepts_redacted.no() && text.is_null() {
            say("has redacted reasoning");
        }
        if claude && !text.is_null() {
            if text["signature"].as_str().is_none_or(blank) {
                say("has reasoning without a signature");
            }
            if !text["text"].is_string() {
                say("has a signature without a text");
            }
        }
        let family = model.family.known().map_or("", String::as_str);
        let empty = ["nova-2", "minimax"].iter().any(|name| family.starts_with(name));
        if empty && text["signature"] == "" {
            say("has an empty signature");
        }
    }
}

fn calls(model: &ModelCapabilities, messages: &[Value], wrong: &mut Vec<String>) {
    let mut ids = HashSet::new();
    for block in messages.iter().flat_map(|message| list(message, "content")) {
        let Some(id) = block["toolUse"]["toolUseId"].as_str() else { continue };
        if !ids.insert(id) {
            wrong.push(format!("{id} is called twice"));
        }
        let (nine, allowed) = match model.provider.known().map(String::as_str) {
            Some("Mistral AI") => (true, ""),
            _ => (false, "_.:-"),
        };
        let length = if nine { 9..=9 } else { 1..=64 };
        let lawful = |c: char| c.is_ascii_alphanumeric() || allowed.contains(c);
        if !length.contains(&id.len()) || !id.chars().all(lawful) {
            wrong.push(format!("{id} is an unlawful id"));
        }
    }
}

fn names(messages: &[Value], wrong: &mut Vec<String>) {
    let mut names = HashSet::new();
    let blocks = messages.iter().flat_map(|message| list(message, "content"));
    let all =
        blocks.flat_map(|block| [block].into_iter().chain(list(&block["toolResult"], "content")));
    for document in all.filter(|block| has(block, "document")) {
        let name = document["document"]["name"].as_str().unwrap();
        let lawful = |c: char| c.is_ascii_alphanumeric() || " -()[]".contains(c);
        if name.is_empty() || !name.chars().all(lawful) {
            wrong.push(format!("{name:?} is no name for a document"));
        }
        if !names.insert(name.to_ascii_lowercase()) {
            wrong.push(format!("{name} names two documents"));
        }
    }
}

fn turns(model: &ModelCapabilities, messages: &[Value], wrong: &mut Vec<String>) {
    let family = model.family.known().map_or("", String::as_str);
    let provider = model.provider.known().map_or("", String::as_str);
    let alone = ["Meta", "Mistral AI"].contains(&provider);
    for (user, turn) in merged(messages) {
        let results = any_has(&turn, "toolResult");
        let said = |block: &Value| {
            !["toolUse", "toolResult", "cachePoint", "reasoningContent"]
                .iter()
                .any(|kind| has(block, kind))
        };
        if (alone || family.starts_with("palmyra")) && results && turn.iter().any(said) {
            wrong.push(format!("{turn:?} has more than results"));
        }
        if alone && any_has(&turn, "toolUse") && turn.iter().any(said) {
            wrong.push(format!("{turn:?} has more than calls"));
        }
        let media = any_has(&turn, "document") || any_has(&turn, "video");
        if provider == "Anthropic" && user && results && media {
            wrong.push(format!("{turn:?} has documents beside results"));
        }
    }
    let first = ["Anthropic", "Qwen", "Z.AI", "Moonshot AI"];
    if !first.contains(&provider) && messages.first().is_some_and(|message| !is_user(message)) {
        wrong.push("the assistant speaks first".to_owned());
    }
    if let Some(last) = messages.last().filter(|message| !is_user(message)) {
        let goes_on = provider == "Anthropic" && !model.reasoning.rejects_prefill.yes();
        let text = list(last, "content").last().and_then(|block| block["text"].as_str());
        if goes_on && text.is_some_and(|text| text.trim_end() != text) {
            wrong.push("the prefill ends with white space".to_owned());
        }
        if text == Some(".") {
            wrong.push("a placeholder is to be gone on with".to_owned());
        }
    }
}

fn around(model: &ModelCapabilities, request: &Value, wrong: &mut Vec<String>) {
    let messages = list(request, "messages");
    let config = request.get("toolConfig");
    let tools = config.map_or(&[][..], |config| list(config, "tools"));
    if config.is_some() && !any_has(tools, "toolSpec") {
        wrong.push("toolConfig has no tools".to_owned());
    }
    let blocks = messages.iter().flat_map(|message| list(message, "content"));
    let used = blocks.into_iter().any(|block| has(block, "toolUse") || has(block, "toolResult"));
    if used && tools.is_empty() {
        wrong.push("tools are used and none is defined".to_owned());
    }
    if model.tools.supported.no() && (used || config.is_some()) {
        wrong.push("the model has no tools".to_owned());
    }
    let claude = model.provider.known().is_some_and(|name| name == "Anthropic");
    for tool in tools {
        let spec = &tool["toolSpec"];
        if has(tool, "toolSpec") && has(tool, "cachePoint") {
            wrong.push("a tool is a cache point too".to_owned());
        }
        if spec["description"].as_str().is_some_and(blank) {
            wrong.push("a description says nothing".to_owned());
        }
        let schema = &spec["inputSchema"]["json"];
        if has(tool, "toolSpec") && schema["type"] != "object" {
            wrong.push("a schema has no type".to_owned());
        }
        if claude && ["anyOf", "oneOf", "allOf"].iter().any(|union| has(schema, union)) {
            wrong.push("a schema is a union".to_owned());
        }
    }
    let system = list(request, "system");
    if system.iter().any(|block| block["text"] == "") {
        wrong.push("system has an empty text".to_owned());
    }
    if request.get("system").is_some() && !any_has(system, "text") {
        wrong.push("system says nothing".to_owned());
    }
    let contents = messages.iter().map(|message| list(message, "content"));
    let lists = || contents.clone().chain([tools, system]);
    let points = lists().flatten().filter(|block| has(block, "cachePoint")).count();
    if model.prompt_caching.supported.no() && points > 0 || points > 4 {
        wrong.push("too many cache points".to_owned());
    }
    if lists().any(|list| list.first().is_some_and(|block| has(block, "cachePoint"))) {
        wrong.push("a cache point stands first".to_owned());
    }
}

/// Thinking with a budget, while tools are being used.
fn thinking(model: &ModelCapabilities, request: &Value, wrong: &mut Vec<String>) {
    let thinking = &request["additionalModelRequestFields"]["thinking"];
    let types = model.reasoning.thinking_types.known();
    let budgets =
        types.is_some_and(|types| !types.iter().any(|kind| format!("{kind:?}") == "Adaptive"));
    if thinking["type"] != "enabled" || !budgets {
        return;
    }
    let turns = merged(list(request, "messages"));
    if !turns.last().is_some_and(|(user, _)| *user) {
        return;
    }
    let results = |turn: &[Value]| {
        turn.iter().all(|block| has(block, "toolResult") || has(block, "cachePoint"))
    };
    let begin = turns.iter().rposition(|(user, turn)| *user && !results(turn));
    let after = turns.get(begin.map_or(0, |at| at + 1)).filter(|(user, _)| !user);
    if let Some((_, turn)) = after
        && !turn.first().is_some_and(|block| has(block, "reasoningContent"))
    {
        wrong.push("thinking begins inside a tool loop".to_owned());
    }
}

/// The numbered texts of a conversation, in order, each with who said it.
fn said(messages: &[Value]) -> Vec<(bool, String)> {
    let mut said = Vec::new();
    for (user, turn) in merged(messages) {
        let texts = turn.iter().filter_map(|block| block["text"].as_str());
        for text in texts.filter(|text| text.starts_with("said")) {
            said.push((user, text.trim_end().to_owned()));
        }
    }
    said
}

fn results(messages: &[Value]) -> Vec<String> {
    let blocks = messages.iter().flat_map(|message| list(message, "content"));
    let inside = blocks.flat_map(|block| list(&block["toolResult"], "content"));
    let texts = inside.filter_map(|block| block["text"].as_str());
    texts.filter(|text| text.starts_with("said")).map(|text| text.trim_end().to_owned()).collect()
}

fn gate(model: &ModelCapabilities, request: &Value) -> Value {
    gated_for(model, request.clone(), Operation::Converse).request
}

fn without_points(messages: &[Value]) -> Vec<Value> {
    let strip = |message: &Value| {
        let mut message = message.clone();
        if let Some(content) = message["content"].as_array_mut() {
            content.retain(|block| !has(block, "cachePoint"));
        }
        message
    };
    messages.iter().map(strip).collect()
}

/// How many messages stand before the last turn of the assistant's; what only stands between the
/// halves of a turn is no turn.
fn before_last_answer(messages: &[Value]) -> usize {
    let between = |message: &Value| message["content"] == json!([{ "text": "." }]);
    let mut at = messages.len();
    while at > 0 && (is_user(&messages[at - 1]) || between(&messages[at - 1])) {
        at -= 1;
    }
    while at > 0 && (!is_user(&messages[at - 1]) || between(&messages[at - 1])) {
        at -= 1;
    }
    at
}

/// How many conversations each model gets; `CASES=10` makes ten times as many.
fn cases(usual: usize) -> usize {
    let times = std::env::var("CASES").ok().and_then(|times| times.parse().ok());
    usual * times.unwrap_or(1)
}

fn models() -> Vec<Arc<ModelCapabilities>> {
    catalog::all()
        .map(|entry| Arc::clone(entry.capabilities()))
        .filter(|model| model.converse.yes())
        .collect()
}

#[test]
fn whatever_agents_make_of_a_conversation_keeps_the_rules_and_says_the_same() {
    let mut runner = TestRunner::deterministic();
    let request = request();
    for model in models() {
        for _ in 0..cases(96) {
            let given = request.new_tree(&mut runner).unwrap().current();
            let sent = gate(&model, &given);
            let wrong = wrong(&model, &sent);
            assert!(wrong.is_empty(), "{}: {wrong:#?}\n{given}\n{sent}", model.model);
            let (before, after) = (list(&given, "messages"), list(&sent, "messages"));
            let told = sent["messages"].to_string();
            for (user, text) in said(before) {
                assert!(told.contains(&text), "{}: {user} {text}\n{given}\n{sent}", model.model);
            }
            let mut order = said(after);
            order.retain(|text| said(before).contains(text));
            assert_eq!(order, said(before), "{}\n{given}\n{sent}", model.model);
            for text in results(before) {
                assert!(told.contains(&text), "{}: {text}\n{given}\n{sent}", model.model);
            }
        }
    }
}

#[test]
fn what_was_sent_before_the_last_answer_stays_as_the_conversation_grows() {
    let mut runner = TestRunner::deterministic();
    let request = request();
    for model in models() {
        for _ in 0..cases(24) {
            let given = request.new_tree(&mut runner).unwrap().current();
            let sent = gate(&model, &given);
            let later = without_points(list(&sent, "messages"));
            for end in 1..list(&given, "messages").len() {
                let mut shorter = given.clone();
                shorter["messages"].as_array_mut().unwrap().truncate(end);
                let earlier = gate(&model, &shorter);
                let earlier = without_points(list(&earlier, "messages"));
                let same = before_last_answer(&earlier);
                assert_eq!(
                    Value::from(earlier[..same].to_vec()).to_string(),
                    Value::from(later[..same.min(later.len())].to_vec()).to_string(),
                    "{} at {end}\n{given}",
                    model.model,
                );
            }
        }
    }
}
