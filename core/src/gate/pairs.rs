//! Calls of tools and their results as pairs: each call of an assistant's turn has its result in the
//! message that follows it, and each result its call. Bedrock makes one turn of messages of one role
//! that follow each other, but looks for results in the first of them only.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use serde_json::{Value, json};

use super::blocks::{holds, is_assistant, is_cache_point, is_user};
use super::change::Action;
use super::draft::Draft;
use super::path::Path;
use super::pattern::Pattern;
use super::rule::{On, Rule};
use super::tools::told_result;

const NO_RESULT: &str = "The call was interrupted; it has no result.";

pub(super) const M33: Rule = Rule {
    id: "M33",
    name: "results-in-several-turns",
    summary: "Puts the results of one turn's calls into one message, before what else is in it, and \
              the calls of one turn into one message.",
    evidence: &[
        "https://github.com/camel-ai/camel/issues/3957",
        "https://github.com/timothy-agent/timothy/pull/33",
        "https://github.com/elastic/kibana/issues/241103",
    ],
    on: On::Conversations,
    apply: |draft| {
        if is_concerned(draft) {
            each_exchange(draft, |draft, mut exchange| {
                gather_calls(draft, &mut exchange);
                gather_results(draft, &exchange);
            });
        }
    },
};

pub(super) const M34: Rule = Rule {
    id: "M34",
    name: "tool-use-id-twice",
    summary: "Renames the later of two calls of one id, with its result.",
    evidence: &[
        "https://github.com/earendil-works/pi/issues/707",
        "https://github.com/strands-agents/harness-sdk/issues/1435",
    ],
    on: On::Conversations,
    apply: |draft| {
        if is_concerned(draft) {
            let pattern = draft.capabilities.tools.use_id_pattern.known();
            let pattern = pattern.and_then(|text| Pattern::of(text)).unwrap_or_else(Pattern::shape);
            let mut taken = HashSet::new();
            each_exchange(draft, |draft, exchange| {
                rename_later(draft, exchange, &pattern, &mut taken);
            });
        }
    },
};

/// What becomes of calls without results, and of results without calls.
const LOST_PAIRS: &[&str] = &[
    "https://github.com/earendil-works/pi/issues/707",
    "https://github.com/stagewise-io/stagewise/issues/956",
    "https://github.com/strands-agents/harness-sdk/issues/1435",
];

pub(super) const M35: Rule = Rule {
    id: "M35",
    name: "result-without-call",
    summary: "Tells as text a tool result whose call is not in the turn before it, and a second \
              result of one call.",
    evidence: LOST_PAIRS,
    on: On::Conversations,
    apply: |draft| {
        if is_concerned(draft) {
            each_exchange(draft, tell_strays);
        }
    },
};

pub(super) const M36: Rule = Rule {
    id: "M36",
    name: "call-without-result",
    summary: "Gives a call without a result one that says so, first in the next user turn, or in a \
              user turn of its own at the end.",
    evidence: LOST_PAIRS,
    on: On::Conversations,
    apply: |draft| {
        if is_concerned(draft) {
            each_exchange(draft, add_missing);
        }
    },
};

fn is_concerned(draft: &Draft<'_>) -> bool {
    draft.survey.tools && draft.survey.odd_pairs && draft.knows_model()
}

/// A turn of the assistant's and the user's turn after it, as messages; either may be none.
#[derive(Debug, Clone)]
struct Exchange {
    assistant: Range<usize>,
    user: Range<usize>,
}

/// Goes through the exchanges, in which messages may come and go.
fn each_exchange(draft: &mut Draft<'_>, mut act: impl FnMut(&mut Draft<'_>, Exchange)) {
    let mut at = 0;
    while at < draft.messages().len() {
        let exchange = exchange_at(draft.messages(), at);
        // What comes after: as many messages as now, wherever they will stand.
        let rest = draft.messages().len() - exchange.user.end;
        act(draft, exchange);
        at = draft.messages().len() - rest;
    }
}

fn exchange_at(messages: &[Value], start: usize) -> Exchange {
    let run = |from: usize, is: fn(&Value) -> bool| {
        let rest = messages.get(from..).unwrap_or_default();
        from + rest.iter().position(|message| !is(message)).unwrap_or(rest.len())
    };
    let middle = run(start, is_assistant);
    let end = run(middle, is_user);
    // A message of no known role is passed over.
    let end = if end == start { start + 1 } else { end };
    Exchange { assistant: start..middle, user: middle..end }
}

/// The id of a call that the caller answers; tools of the service's own answer in the same turn.
fn call_id(block: &Value) -> Option<&str> {
    let call = block.get("toolUse")?;
    let own = call.get("type").is_some_and(|kind| kind == "server_tool_use");
    call.get("toolUseId")?.as_str().filter(|_| !own)
}

fn result_id(block: &Value) -> Option<&str> {
    block.get("toolResult")?.get("toolUseId")?.as_str()
}

/// How often each id is called in these messages.
fn calls<'d>(draft: &'d Draft<'_>, messages: Range<usize>) -> HashMap<&'d str, usize> {
    let mut calls = HashMap::new();
    for id in messages.flat_map(|message| draft.content(message)).filter_map(call_id) {
        *calls.entry(id).or_insert(0) += 1;
    }
    calls
}

/// Takes one from the count of an id; `false` where none is left.
fn take(calls: &mut HashMap<&str, usize>, id: &str) -> bool {
    match calls.get_mut(id) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

/// Puts the calls of an assistant's turn into one message.
fn gather_calls(draft: &mut Draft<'_>, exchange: &mut Exchange) {
    let calls = |message: usize| draft.content(message).iter().any(|b| call_id(b).is_some());
    let Some(first) = exchange.assistant.clone().find(|message| calls(*message)) else {
        return;
    };
    let last = exchange.assistant.end - 1;
    let lists = (first..=last).all(|message| has_list(draft, message));
    if first == last || !lists {
        return;
    }
    let reason = "Calls stand in the message before that of their results.";
    merge(draft, first, last, reason, |draft, _| draft.content(first).len());
    let gone = last - first;
    exchange.assistant.end -= gone;
    exchange.user = exchange.user.start - gone..exchange.user.end - gone;
}

/// Puts the results of a turn into the first message after their calls.
fn gather_results(draft: &mut Draft<'_>, exchange: &Exchange) {
    let first = exchange.user.start;
    let mut open = calls(draft, exchange.assistant.clone());
    let mut last = None;
    for message in exchange.user.clone() {
        for id in draft.content(message).iter().filter_map(result_id) {
            if take(&mut open, id) {
                last = Some(message);
            }
        }
    }
    let Some(last) = last.filter(|last| *last > first) else {
        return;
    };
    if !(first..=last).all(|message| has_list(draft, message)) {
        return;
    }
    let reason = "All results of a turn's calls stand in the message that follows it.";
    merge(draft, first, last, reason, |draft, block| {
        let content = draft.content(first);
        let result = |block: &Value| holds(block, "toolResult");
        // A cache point goes with the result it stands behind.
        let with_result = |block: &Value| result(block) || is_cache_point(block);
        let end = content.iter().rposition(result).map_or(0, |last| {
            let behind = content.get(last + 1..).unwrap_or_default();
            last + 1 + behind.iter().take_while(|block| with_result(block)).count()
        });
        if block { end } else { content.len() }
    });
}

fn has_list(draft: &Draft<'_>, message: usize) -> bool {
    draft.get(&Path::message(message).key("content")).is_some_and(Value::is_array)
}

/// Moves the content of messages into the first of them; `place` says where a block goes, given
/// whether it is a result or belongs to one.
fn merge(
    draft: &mut Draft<'_>,
    first: usize,
    last: usize,
    reason: &str,
    place: impl Fn(&Draft<'_>, bool) -> usize,
) {
    for _ in first..last {
        let next = first + 1;
        let mut result = false;
        while let Some(block) = draft.content(next).first() {
            result = holds(block, "toolResult") || (result && is_cache_point(block));
            let to = Path::block(first, place(draft, result));
            if !draft.mv(Path::block(next, 0), to, reason) {
                return;
            }
        }
        draft.drop(Path::message(next), "Its content stands in the message before.");
    }
}

/// Renames calls whose id is taken, and their results.
fn rename_later(
    draft: &mut Draft<'_>,
    exchange: Exchange,
    pattern: &Pattern,
    taken: &mut HashSet<String>,
) {
    // By the id that was given: what each of its calls is named in the end.
    let mut named: HashMap<String, Vec<String>> = HashMap::new();
    let reason = "This id was used before; each call has an id of its own.";
    for message in exchange.assistant {
        for block in 0..draft.content(message).len() {
            let Some(id) = draft.content(message).get(block).and_then(call_id) else {
                continue;
            };
            let id = id.to_owned();
            let name = if taken.insert(id.clone()) { id.clone() } else { pattern.fit(&id, taken) };
            if name != id {
                let path = Path::block(message, block).key("toolUse").key("toolUseId");
                draft.set(path, name.as_str().into(), Action::Rewrite, reason);
            }
            named.entry(id).or_default().push(name);
        }
    }
    let mut met: HashMap<String, usize> = HashMap::new();
    for message in exchange.user {
        for block in 0..draft.content(message).len() {
            let Some(id) = draft.content(message).get(block).and_then(result_id) else {
                continue;
            };
            let met = met.entry(id.to_owned()).or_insert(0);
            let name = named.get(id).and_then(|names| names.get(*met).or_else(|| names.last()));
            *met += 1;
            if let Some(name) = name.filter(|name| *name != id) {
                let path = Path::block(message, block).key("toolResult").key("toolUseId");
                draft.set(path, name.as_str().into(), Action::Rewrite, reason);
            }
        }
    }
}

/// Tells results as text that answer no call of the turn before.
fn tell_strays(draft: &mut Draft<'_>, exchange: Exchange) {
    let open = calls(draft, exchange.assistant).into_iter();
    let mut open: HashMap<String, usize> = open.map(|(id, count)| (id.to_owned(), count)).collect();
    let first = exchange.user.start;
    for message in exchange.user {
        let mut block = 0;
        let mut told = Vec::new();
        while let Some(here) = draft.content(message).get(block) {
            let known = result_id(here).map(|id| {
                let left = open.get_mut(id).filter(|left| **left > 0);
                left.map(|left| *left -= 1).is_some() && message == first
            });
            let text = here.get("toolResult").filter(|_| known == Some(false));
            if let Some((text, media)) = text.and_then(told_result) {
                let reason = "This tool result answers no call of the turn before it.";
                let path = Path::block(message, block);
                draft.set(path, json!({ "text": text }), Action::Rewrite, reason);
                let count = media.len();
                for (offset, media) in media.into_iter().enumerate() {
                    let reason = "What the tool gave besides text stands after it.";
                    draft.add(Path::block(message, block + 1 + offset), media, reason);
                }
                told.push((block, 1 + count));
                block += count;
            }
            block += 1;
        }
        put_behind_results(draft, message, &told);
    }
}

/// Puts what was told behind the last result of a message: results come first.
fn put_behind_results(draft: &mut Draft<'_>, message: usize, told: &[(usize, usize)]) {
    let content = draft.content(message);
    let Some(last) = content.iter().rposition(|block| holds(block, "toolResult")) else {
        return;
    };
    let reason = "Results stand together, before what else the message holds.";
    let mut gone = 0;
    for (start, count) in told.iter().filter(|(start, _)| *start < last) {
        for _ in 0..*count {
            // What was moved before it has left the places before it.
            draft.mv(Path::block(message, start - gone), Path::block(message, last), reason);
        }
        gone += count;
    }
}

/// Adds the results that calls lack.
fn add_missing(draft: &mut Draft<'_>, exchange: Exchange) {
    let user = exchange.user.start;
    let results = if exchange.user.is_empty() { &[][..] } else { draft.content(user) };
    let mut open_results: HashMap<&str, usize> = HashMap::new();
    for id in results.iter().filter_map(result_id) {
        *open_results.entry(id).or_insert(0) += 1;
    }
    let ids = exchange.assistant.flat_map(|message| draft.content(message)).filter_map(call_id);
    let missing: Vec<String> =
        ids.filter(|id| !take(&mut open_results, id)).map(str::to_owned).collect();
    let knows_status = draft.capabilities.tools.result_status.yes();
    let results: Vec<Value> = missing
        .into_iter()
        .map(|id| {
            let mut result = json!({ "toolUseId": id, "content": [{ "text": NO_RESULT }] });
            if let (true, Some(result)) = (knows_status, result.as_object_mut()) {
                result.insert("status".to_owned(), "error".into());
            }
            json!({ "toolResult": result })
        })
        .collect();
    if results.is_empty() {
        return;
    }
    let reason = "Each call of a tool needs a result in the turn after it.";
    if exchange.user.is_empty() {
        draft.add(Path::message(user), json!({ "role": "user", "content": results }), reason);
    } else if has_list(draft, user) {
        for (index, result) in results.into_iter().enumerate() {
            draft.add(Path::block(user, index), result, reason);
        }
    }
}
