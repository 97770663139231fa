//! Gates a request and checks what must hold for every one: the recorded changes, replayed over
//! the input, give the output; and what was gated once has nothing left to change.

use std::collections::BTreeSet;

use bedrock_profile_core::gate::{Action, Change, Operation, Outcome, Route, gate};
use bedrock_profile_core::model::ModelCapabilities;
use serde_json::{Map, Value};

/// A gated request.
pub struct Gated {
    pub request: Value,
    pub outcome: Outcome,
}

impl Gated {
    /// The rules that changed something, in order, each once in a row.
    pub fn rules(&self) -> Vec<&'static str> {
        let mut rules: Vec<_> = self.outcome.changes.iter().map(|change| change.rule).collect();
        rules.dedup();
        rules
    }

    /// The rules that found what they cannot repair.
    pub fn violated(&self) -> Vec<&'static str> {
        self.outcome.violations.iter().map(|violation| violation.rule).collect()
    }

    /// The first change of a rule.
    pub fn change(&self, rule: &str) -> &Change {
        self.outcome.changes.iter().find(|change| change.rule == rule).expect("the rule acted")
    }
}

/// Gates a request for ConverseStream.
pub fn gated(model: &ModelCapabilities, request: Value) -> Gated {
    gated_for(model, request, Operation::ConverseStream)
}

/// Gates a request.
pub fn gated_for<'a>(
    model: &'a ModelCapabilities,
    request: Value,
    route: impl Into<Route<'a>>,
) -> Gated {
    let Value::Object(input) = request else { panic!("a request is an object") };
    let (route, mut output) = (route.into(), input.clone());
    let outcome = gate(&mut output, model, route);
    assert_written_alike(&replay(&input, &outcome.changes), &output);
    if outcome.changes.is_empty() {
        assert_written_alike(&input, &output);
    }
    let mut again = output.clone();
    let sent = if outcome.needs_converse { Operation::Converse } else { route.operation };
    let second = gate(&mut again, model, Route { operation: sent, ..route });
    assert_eq!(second.changes, [], "a second gating changed {}", Value::Object(output));
    assert_written_alike(&again, &output);
    // What is wrong now was wrong before: the rules have broken nothing.
    let wrong = |outcome: &Outcome| -> BTreeSet<_> {
        outcome.violations.iter().map(|violation| violation.rule).collect()
    };
    let added: Vec<_> = wrong(&second).difference(&wrong(&outcome)).copied().collect();
    assert!(added.is_empty(), "{added:?} in {}", Value::Object(output));
    Gated { request: Value::Object(output), outcome }
}

/// Asserts what a request becomes, and that the order of keys survives.
#[track_caller]
pub fn becomes(model: &ModelCapabilities, request: Value, expected: Value) -> Gated {
    let gated = gated(model, request);
    assert_eq!(gated.request.to_string(), expected.to_string());
    gated
}

/// Asserts that a request is lawful: nothing is changed, nothing found.
#[track_caller]
pub fn stays(model: &ModelCapabilities, request: Value) {
    let gated = becomes(model, request.clone(), request);
    assert_eq!(gated.outcome, Outcome::default());
}

/// Asserts that a request is not changed, whatever is found in it.
#[track_caller]
pub fn left_alone(model: &ModelCapabilities, request: Value) -> Gated {
    let gated = becomes(model, request.clone(), request);
    assert_eq!(gated.outcome.changes, []);
    gated
}

#[track_caller]
fn assert_written_alike(left: &Map<String, Value>, right: &Map<String, Value>) {
    assert_eq!(serde_json::to_string(left).unwrap(), serde_json::to_string(right).unwrap());
}

/// Applies changes, as whoever reads the reports would.
pub fn replay(input: &Map<String, Value>, changes: &[Change]) -> Map<String, Value> {
    let mut root = Value::Object(input.clone());
    // Which operation is sent is said beside the request.
    for change in changes.iter().filter(|change| change.path != "(operation)") {
        let path = parse(&change.path);
        match change.action {
            Action::Drop => {
                let removed = remove(&mut root, &path);
                // Of what nobody may see, only that it was there is said.
                let shown = if change.rule == "K1" && !change.follows {
                    "[redacted]".into()
                } else {
                    removed
                };
                assert_eq!(Some(shown), change.from, "{change:?}");
                assert_eq!(change.to, None);
            }
            Action::Clamp | Action::Rewrite => {
                let place = at(&mut root, &path);
                assert_eq!(Some(&*place), change.from.as_ref(), "{change:?}");
                *place = change.to.clone().unwrap();
            }
            Action::Add => {
                assert_eq!(change.from, None);
                insert(&mut root, &path, change.to.clone().unwrap());
            }
            Action::Move => {
                let value = remove(&mut root, &path);
                assert_eq!(Some(&value), change.from.as_ref(), "{change:?}");
                let to = change.to.as_ref().and_then(Value::as_str).expect("a path");
                insert(&mut root, &parse(to), value);
            }
        }
        assert!(change.reason.ends_with('.'), "a sentence: {}", change.reason);
    }
    let Value::Object(map) = root else { panic!("still an object") };
    map
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

/// Reads a path as JavaScript would.
fn parse(path: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix("[\"") {
            let mut end = 0;
            let bytes = inside.as_bytes();
            while bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            steps
                .push(Step::Key(serde_json::from_str(&format!("\"{}\"", &inside[..end])).unwrap()));
            rest = inside[end + 1..].strip_prefix(']').unwrap();
        } else if let Some(inside) = rest.strip_prefix('[') {
            let (index, after) = inside.split_once(']').unwrap();
            steps.push(Step::Index(index.parse().unwrap()));
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            steps.push(Step::Key(name[..end].to_owned()));
            rest = &name[end..];
        }
    }
    steps
}

fn at<'v>(root: &'v mut Value, path: &[Step]) -> &'v mut Value {
    path.iter().fold(root, |value, step| match step {
        Step::Key(key) => value.as_object_mut().unwrap().get_mut(key).unwrap(),
        Step::Index(index) => value.as_array_mut().unwrap().get_mut(*index).unwrap(),
    })
}

fn remove(root: &mut Value, path: &[Step]) -> Value {
    let (last, parents) = path.split_last().unwrap();
    match last {
        Step::Key(key) => at(root, parents).as_object_mut().unwrap().shift_remove(key).unwrap(),
        Step::Index(index) => at(root, parents).as_array_mut().unwrap().remove(*index),
    }
}

fn insert(root: &mut Value, path: &[Step], value: Value) {
    let (last, parents) = path.split_last().unwrap();
    let parent = parents.iter().fold(root, |value, step| match step {
        Step::Key(key) => {
            let next = value.as_object_mut().unwrap().entry(key.clone()).or_insert(Value::Null);
            if next.is_null() {
                *next = Value::Object(Map::new());
            }
            next
        }
        Step::Index(index) => value.as_array_mut().unwrap().get_mut(*index).unwrap(),
    });
    match last {
        Step::Key(key) => {
            let before = parent.as_object_mut().unwrap().insert(key.clone(), value);
            assert!(before.is_none_or(|before| before.is_null()), "an add overwrites nothing");
        }
        Step::Index(index) => parent.as_array_mut().unwrap().insert(*index, value),
    }
}
