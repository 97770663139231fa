//! The request while the rules work on it: the only way to change it, so that every change is
//! recorded.
//!
//! Applying the recorded changes in order to the input gives exactly the output. What that means
//! for each action:
//!
//! * `drop` removes the member or the element; what follows keeps its order.
//! * `clamp`, `rewrite` replace the value where it stands.
//! * `add` puts a new member at the end of its object (or where its `null` stood), or an element
//!   at that index; objects that are missing on the way are made.
//! * `move` is `drop` at `path`, then `add` at `to`: an index in `to` counts after the drop.

use std::mem;

use serde_json::{Map, Value, json};

use super::blocks::{PLACEHOLDER, content_of, holds, is_assistant, is_cache_point};
use super::change::{Action, Change};
use super::outcome::{Outcome, Violation};
use super::path::{Path, Segment};
use super::route::{Route, Site};
use super::survey::Survey;
use crate::bedrock::json as text;
use crate::model::ModelCapabilities;
use crate::operation::Operation;

/// A request that rules are working on.
pub(crate) struct Draft<'a> {
    root: Value,
    /// What the model can do.
    pub(super) capabilities: &'a ModelCapabilities,
    /// What the request is for.
    pub(super) operation: Operation,
    /// The id that is called and where, where a rule may choose another.
    pub(super) site: Option<Site<'a>>,
    /// The model behind the id, where it is known.
    pub(super) resolved_model: Option<&'a str>,
    /// The input's blobs.
    pub(super) blobs: &'a [Vec<u8>],
    /// What the messages hold.
    pub(super) survey: Survey,
    rule: &'static str,
    outcome: Outcome,
    /// Containers that a rule took something out of, with that rule's id.
    lightened: Vec<(Path, &'static str)>,
}

impl<'a> Draft<'a> {
    /// Takes the request over; [`Draft::finish`] gives it back.
    pub(super) fn new(
        request: &mut Map<String, Value>,
        capabilities: &'a ModelCapabilities,
        route: Route<'a>,
    ) -> Self {
        let root = Value::Object(mem::take(request));
        let survey = Survey::of(&root);
        let (outcome, lightened) = (Outcome::default(), Vec::new());
        let Route { operation, site, model: resolved_model, blobs } = route;
        let rule = "";
        Self {
            root,
            capabilities,
            operation,
            site,
            resolved_model,
            blobs,
            survey,
            rule,
            outcome,
            lightened,
        }
    }

    /// Lets a rule act; what it changed in the messages, the next rules shall find.
    pub(super) fn act(&mut self, rule: &'static str, apply: fn(&mut Self)) {
        let before = self.outcome.changes.len();
        self.begin(rule);
        apply(self);
        let made = self.outcome.changes.get(before..).unwrap_or_default();
        if made.iter().any(|change| change.path.starts_with("messages")) {
            self.survey = Survey::of(&self.root);
        }
    }

    /// Says which rule acts from now on.
    pub(super) fn begin(&mut self, rule: &'static str) {
        self.rule = rule;
    }

    /// Drops what the rules left empty, and gives the request back.
    pub(super) fn finish(mut self, request: &mut Map<String, Value>) -> Outcome {
        // Pruning a container may lighten the one around it.
        while !self.lightened.is_empty() {
            let (path, rule) = self.lightened.remove(0);
            self.begin(rule);
            self.prune(path);
        }
        if let Value::Object(map) = self.root {
            *request = map;
        }
        self.outcome
    }

    /// The model's name for reasons.
    pub(super) fn model(&self) -> &'a str {
        let model = self.capabilities.model.as_str();
        if model.is_empty() { "The model" } else { model }
    }

    /// Whether anything is known about whose model this is. Rules that hold for all of Converse
    /// leave the requests of an unknown model alone too.
    pub(super) fn knows_model(&self) -> bool {
        self.capabilities.provider.known().is_some() || self.capabilities.family.known().is_some()
    }

    /// Whether the model is known to be one of Anthropic's.
    pub(super) fn is_claude(&self) -> bool {
        self.capabilities.provider.known().is_some_and(|name| name == "Anthropic")
            || self.capabilities.family.known().is_some_and(|name| name.starts_with("claude"))
    }

    /// The value below these keys; `null` counts as absent.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Value> {
        let mut value = &self.root;
        for key in keys {
            value = value.as_object()?.get(*key)?;
        }
        (!value.is_null()).then_some(value)
    }

    /// The value at a path; `null` counts as absent.
    pub(super) fn get(&self, path: &Path) -> Option<&Value> {
        let value = path.segments().iter().try_fold(&self.root, |at, step| step.below(at))?;
        (!value.is_null()).then_some(value)
    }

    /// The number below these keys.
    pub(super) fn number(&self, keys: &[&str]) -> Option<f64> {
        self.at(keys)?.as_number()?.as_f64()
    }

    /// The string below these keys.
    pub(super) fn text(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys)?.as_str()
    }

    /// The list below these keys; empty where there is none.
    pub(super) fn list(&self, keys: &[&str]) -> &[Value] {
        self.at(keys).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// The messages; none where `messages` is not a list.
    pub(super) fn messages(&self) -> &[Value] {
        self.list(&["messages"])
    }

    /// The content blocks of a message; none where `content` is not a list.
    pub(super) fn content(&self, message: usize) -> &[Value] {
        self.messages().get(message).map_or(&[], content_of)
    }

    /// Leaves a member or an element out.
    pub(super) fn drop(&mut self, path: impl Into<Path>, reason: impl Into<String>) -> bool {
        let path = path.into();
        let Some(from) = self.remove(&path) else {
            return false;
        };
        self.record(&path, Action::Drop, Some(from), None, reason.into());
        true
    }

    /// Leaves a member out whose value nobody may see: the change has `shown` in its place.
    pub(super) fn drop_unseen(
        &mut self,
        path: impl Into<Path>,
        shown: &str,
        reason: impl Into<String>,
    ) -> bool {
        let path = path.into();
        if self.remove(&path).is_none() {
            return false;
        }
        self.record(&path, Action::Drop, Some(shown.into()), None, reason.into());
        true
    }

    /// Lets something be done to a body in the model's own words, which is read already.
    pub(super) fn in_body(&mut self, body: Value, change: impl FnOnce(&mut Self)) {
        let place = |root: &mut Value, body| {
            if let Value::Object(members) = root {
                members.insert("body".to_owned(), body);
            }
        };
        place(&mut self.root, body);
        change(self);
        let written = self.at(&["body"]).and_then(|body| text::to_string(body).ok());
        place(&mut self.root, Value::from(written.unwrap_or_default()));
    }

    /// Leaves a content block out. A message in which nothing but cache points would be left keeps a
    /// placeholder: Bedrock refuses an empty message, and without the message the turns would no
    /// longer take turns. The assistant's at the end is left out: a placeholder there would be begun
    /// for the model to go on with.
    pub(super) fn drop_block(&mut self, message: usize, block: usize, reason: &str) {
        let path = Path::block(message, block);
        let others = self.content(message).iter().enumerate();
        let mut others = others.filter(|(at, _)| *at != block);
        if others.any(|(_, other)| !is_cache_point(other)) {
            self.drop(path, reason);
            self.end_without_placeholder(reason);
            return;
        }
        let reason = format!("{reason} Nothing else was in this message.");
        let messages = self.messages();
        let ends = message + 1 == messages.len() && message > 0;
        if ends && messages.last().is_some_and(is_assistant) {
            self.drop(Path::message(message), &*reason);
            self.end_without_placeholder(&reason);
        } else {
            self.set(path, json!({ "text": PLACEHOLDER }), Action::Rewrite, reason);
        }
    }

    /// Leaves out placeholders that were given because something came after them: the model would go
    /// on with one that ends the conversation.
    fn end_without_placeholder(&mut self, reason: &str) {
        let placeholder = json!({ "text": PLACEHOLDER });
        while let [_, .., last] = self.messages()
            && is_assistant(last)
            && let [before @ .., end] = content_of(last)
            && *end == placeholder
        {
            let message = self.messages().len() - 1;
            if before.is_empty() {
                self.drop(Path::message(message), reason);
            } else if before.iter().all(|block| holds(block, "reasoningContent")) {
                self.drop(Path::block(message, before.len()), reason);
            } else {
                break;
            }
        }
    }

    /// Replaces a value that is there.
    pub(super) fn set(
        &mut self,
        path: impl Into<Path>,
        value: Value,
        action: Action,
        reason: impl Into<String>,
    ) -> bool {
        let path = path.into();
        let place = path.segments().iter().try_fold(&mut self.root, |at, step| step.below_mut(at));
        let Some(place) = place else { return false };
        let from = mem::replace(place, value.clone());
        self.record(&path, action, Some(from), Some(value), reason.into());
        true
    }

    /// Adds a member that is absent, or an element; `false` where something else is in the way.
    pub(super) fn add(
        &mut self,
        path: impl Into<Path>,
        value: Value,
        reason: impl Into<String>,
    ) -> bool {
        let path = path.into();
        if !self.can_insert(&path) {
            return false;
        }
        self.insert(&path, value.clone());
        self.record(&path, Action::Add, None, Some(value), reason.into());
        true
    }

    /// Moves a member or an element; `false` where something else is in the way.
    pub(super) fn mv(
        &mut self,
        path: impl Into<Path>,
        to: impl Into<Path>,
        reason: impl Into<String>,
    ) -> bool {
        let (path, to) = (path.into(), to.into());
        if !self.can_insert(&to) {
            return false;
        }
        let Some(from) = self.remove(&path) else {
            return false;
        };
        self.insert(&to, from.clone());
        let to = Some(Value::String(to.to_string()));
        self.record(&path, Action::Move, Some(from), to, reason.into());
        true
    }

    /// Notes what no rule can repair; AWS will answer it.
    pub(super) fn violation(
        &mut self,
        path: impl Into<Path>,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (path, rule) = (path.into().to_string(), self.rule);
        let violation = Violation { path, rule, reason: reason.into(), remedy: remedy.into() };
        self.outcome.violations.push(violation);
    }

    /// Notes that another id must be called.
    pub(super) fn call(&mut self, id: String) {
        self.outcome.call_id = Some(id);
    }

    /// Sends the request to Converse although a stream was requested.
    pub(super) fn need_converse(&mut self, reason: String) {
        self.outcome.needs_converse = true;
        self.outcome.changes.push(Change {
            path: "(operation)".to_owned(),
            action: Action::Rewrite,
            from: Some(Value::from(self.operation.name())),
            to: Some(Value::from(Operation::Converse.name())),
            rule: self.rule,
            reason,
            follows: false,
        });
    }

    fn record(
        &mut self,
        path: &Path,
        action: Action,
        from: Option<Value>,
        to: Option<Value>,
        reason: String,
    ) {
        let (path, rule) = (path.to_string(), self.rule);
        let change = Change { path, action, from, to, rule, reason, follows: false };
        self.outcome.changes.push(change);
    }

    fn remove(&mut self, path: &Path) -> Option<Value> {
        let (last, parents) = path.split_last()?;
        let parent = parents.iter().try_fold(&mut self.root, |at, step| step.below_mut(at))?;
        let removed = match (last, parent) {
            // Not `remove`, which would put the last member into the gap.
            (Segment::Key(key), Value::Object(map)) => map.shift_remove(key.as_ref()),
            (Segment::Index(index), Value::Array(items)) => {
                (*index < items.len()).then(|| items.remove(*index))
            }
            _ => None,
        }?;
        if let Some(parent) = path.parent()
            && is_prunable(&parent)
        {
            // The rule that took the last thing out is the one that emptied it.
            self.lightened.retain(|(path, _)| *path != parent);
            self.lightened.push((parent, self.rule));
        }
        Some(removed)
    }

    fn can_insert(&self, path: &Path) -> bool {
        let Some((last, parents)) = path.split_last() else {
            return false;
        };
        let mut at = &self.root;
        for (depth, step) in parents.iter().enumerate() {
            match step.below(at) {
                Some(next) if !next.is_null() => at = next,
                // From here on objects are made, in an object.
                _ => {
                    return at.is_object()
                        && path.segments().iter().skip(depth).all(Segment::is_key);
                }
            }
        }
        match (last, at) {
            (Segment::Key(key), Value::Object(map)) => {
                map.get(key.as_ref()).is_none_or(Value::is_null)
            }
            (Segment::Index(index), Value::Array(items)) => *index <= items.len(),
            _ => false,
        }
    }

    fn insert(&mut self, path: &Path, value: Value) {
        let Some((last, parents)) = path.split_last() else {
            return;
        };
        let mut at = &mut self.root;
        for step in parents {
            let next = match (step, at) {
                (Segment::Key(key), Value::Object(map)) => {
                    let next = map.entry(key.as_ref()).or_insert(Value::Null);
                    if next.is_null() {
                        *next = Value::Object(Map::new());
                    }
                    Some(next)
                }
                (Segment::Index(index), Value::Array(items)) => items.get_mut(*index),
                _ => None,
            };
            let Some(next) = next else { return };
            at = next;
        }
        match (last, at) {
            (Segment::Key(key), Value::Object(map)) => {
                map.insert(key.clone().into_owned(), value);
            }
            (Segment::Index(index), Value::Array(items)) if *index <= items.len() => {
                items.insert(*index, value);
            }
            _ => {}
        }
    }

    /// Drops a container that the rules left empty.
    fn prune(&mut self, path: Path) {
        let empty = match self.get(&path) {
            Some(Value::Object(map)) => map.is_empty(),
            Some(Value::Array(list)) => list.is_empty(),
            _ => false,
        };
        if !empty {
            return;
        }
        // toolConfig is nothing without tools; a toolChoice left in it would be refused.
        let path =
            if path.is(&["toolConfig", "tools"]) { Path::from(["toolConfig"]) } else { path };
        let reason = format!("Nothing that {} accepts was left in {path}.", self.model());
        if self.drop(path, reason)
            && let Some(change) = self.outcome.changes.last_mut()
        {
            change.follows = true;
        }
    }
}

/// Whether a container is dropped when rules empty it: settings are; a list of `messages` or
/// `system` that is left empty is AWS's to answer.
fn is_prunable(path: &Path) -> bool {
    let settings =
        ["inferenceConfig", "toolConfig", "additionalModelRequestFields", "outputConfig"];
    let first = path.segments().first();
    first.is_some_and(|first| settings.iter().any(|name| first.is_named(name)))
        && path.segments().iter().all(Segment::is_key)
}

/// A JSON number that is an integer where it can be.
pub(super) fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "integral and below 2^53")]
    if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
        return Value::from(value as i64);
    }
    Value::from(value)
}
