//! A request's way: resolve → capabilities → gate → call.
//!
//! This is the only module that knows all four rooms.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::bedrock::CallError;
use crate::bedrock::bindings::{self, Parts};
use crate::bedrock::call::{AnswerBody, AnswerKind, WireRequest};
use crate::bedrock::json;
use crate::bedrock::replay;
use crate::bedrock::retry::CallState;
use crate::bedrock::shapes;
use crate::bedrock::stream::EventSource;
use crate::caching;
use crate::cut_short::{self, Conversation};
use crate::gate::{self, Action, Change, Operation, Outcome, PromptCache, Route, Site, Violation};
use crate::hints;
use crate::model::knowledge::Known;
use crate::model::learned::{self, Lesson};
use crate::model::refusal;
use crate::profile::partition::partition_of_region;
use crate::profile::resolver::ResolveSource;
use crate::profile::{Kind, ModelRef, ResolvedProfile};
use crate::settings::Gating;

pub use crate::client::Client;
pub use crate::exchange::{
    Call, ExplainedRequest, Explanation, Failure, Head, Host, Notice, Notify, ProfileReport, Reply,
    ReplyBody,
};

/// A request that has been through the first three rooms.
struct Prepared {
    /// As the caller asked for it.
    asked: Operation,
    gating: Gating,
    /// The mappings name the id: no rule chooses another.
    mapped: bool,
    resolved: ResolvedProfile,
    known: Known,
    request: Map<String, Value>,
    outcome: Outcome,
    /// The conversation, where the length of its answers is to be fitted.
    conversation: Option<Conversation>,
}

impl Prepared {
    /// Fits the request to what is known; what changes because of a refusal is marked as learned.
    fn fit(&mut self, known: Known, learned: bool) -> bool {
        let ResolvedProfile { call_id, region, partition, .. } = &self.resolved;
        let site = region.as_deref().map(|region| Site { call_id, region, partition });
        let route = Route { operation: self.asked, site: site.filter(|_| !self.mapped) };
        let mut outcome = gate::gate(&mut self.request, &known.capabilities, route);
        if let Some(id) = outcome.call_id.take() {
            self.resolved.kind = Kind::SystemProfile;
            self.resolved.profiles = vec![id.clone()];
            self.resolved.call_id = id;
        }
        if outcome.needs_converse && self.sent() == Operation::ConverseStream {
            through_converse(&mut outcome);
        } else {
            outcome.violations.retain(|violation| !is_streaming(violation));
        }
        if learned {
            outcome.changes.iter_mut().for_each(|change| change.rule = "learned");
        }
        let changed = !outcome.changes.is_empty();
        self.known = known;
        self.outcome.changes.append(&mut outcome.changes);
        self.outcome.violations = outcome.violations;
        self.outcome.needs_converse |= outcome.needs_converse;
        changed
    }

    /// Adds the cache points that the client wants and the caller left out.
    fn plan(&mut self, wanted: PromptCache) {
        let capabilities = &self.known.capabilities;
        self.outcome.changes.extend(gate::plan(&mut self.request, capabilities, wanted));
    }

    /// Asks for less than the model's maximum, unless that was too little the last time.
    fn reserve(&mut self) {
        if self.conversation.is_some_and(|conversation| !conversation.was_cut_short()) {
            let capabilities = &self.known.capabilities;
            self.outcome.changes.extend(gate::reserve(&mut self.request, capabilities));
        }
    }

    /// The operation that is sent: some models cannot stream what was asked for.
    fn sent(&self) -> Operation {
        if self.outcome.needs_converse { Operation::Converse } else { self.asked }
    }

    fn failure(&self, mut error: CallError) -> Failure {
        hints::advise(&mut error, &self.resolved, &self.known.capabilities);
        if error.hint.is_none() && error.name == "ValidationException" {
            error.hint = self.foreseen(&error);
        }
        Failure { error, profile: Some(self.report()) }
    }

    /// What no rule could repair, where AWS has refused the request.
    fn foreseen(&self, error: &CallError) -> Option<String> {
        let violations = &self.outcome.violations;
        if violations.is_empty() || error.members.contains_key("violations") {
            return None;
        }
        let told = violations.iter().map(|violation| {
            let Violation { path, rule, reason, remedy } = violation;
            format!("{path} ({rule}): {reason} {remedy}")
        });
        Some(told.collect::<Vec<_>>().join(" "))
    }

    fn report(&self) -> ProfileReport {
        ProfileReport {
            requested_id: self.resolved.requested_id.clone(),
            call_id: self.resolved.call_id.clone(),
            model: self.resolved.model.clone(),
            region: self.resolved.region.clone(),
            source: self.resolved.source,
            changes: self.outcome.changes.clone(),
        }
    }

    fn wire(&self, call: &Call) -> Result<WireRequest, CallError> {
        let answer = match self.sent() {
            Operation::Converse => AnswerKind::Json,
            Operation::ConverseStream => AnswerKind::Events,
        };
        wire(name_of(self.sent()), &self.request, call, answer)
    }
}

/// A request as it is sent; the caller's headers go before those that its members stand in.
pub(crate) fn wire(
    operation: &str,
    request: &Map<String, Value>,
    call: &Call,
    answer: AnswerKind,
) -> Result<WireRequest, CallError> {
    let Parts { path, mut headers, body } = bindings::request(operation, request, &call.blobs)?;
    headers.extend(call.headers.iter().cloned());
    Ok(WireRequest { method: "POST", path, headers, body: body.into(), answer })
}

impl Client {
    /// Calls Converse or ConverseStream.
    pub async fn converse(&self, operation: Operation, call: Call) -> Result<Reply, Failure> {
        let mut prepared = self.prepare(operation, &call).await?;
        let failed = |prepared: &Prepared, error| prepared.failure(error);
        let caller = self.runtime(prepared.resolved.region.as_deref()).await;
        let caller = caller.map_err(|error| failed(&prepared, error))?;
        let notify = Arc::clone(&call.notify);
        let state = CallState::new(move |retry| notify(&Notice::Retry(retry)));
        let wire = prepared.wire(&call).map_err(|error| failed(&prepared, error))?;
        let sent = caller.send(wire, Arc::clone(&state)).await;
        let answer = match sent {
            Err(error) if self.learn_from(&error, &mut prepared) => {
                notify_gate(&call.notify, &prepared);
                state.send_once_more();
                let wire = prepared.wire(&call).map_err(|error| failed(&prepared, error))?;
                caller.send(wire, Arc::clone(&state)).await
            }
            sent => sent,
        };
        let answer = answer.map_err(|error| failed(&prepared, error))?;
        let metadata = state.metadata(Some(answer.status), answer.ids);
        let body = match answer.body {
            AnswerBody::Whole(bytes) => {
                let body = read_answer("Converse", "output", &bytes)
                    .map_err(|error| failed(&prepared, error.with_metadata(metadata.clone())))?;
                let answer = shapes::decode("Converse", body);
                if let Some(usage) = answer.value.get("usage") {
                    watch_usage(&prepared, &call.notify)(usage);
                }
                match prepared.asked {
                    Operation::Converse => ReplyBody::Whole(answer),
                    Operation::ConverseStream => {
                        let events = replay::events(&answer.value);
                        ReplyBody::Stream(EventSource::ready(events, metadata.clone()))
                    }
                }
            }
            AnswerBody::Stream(frames) => {
                let silence = self.settings().silence();
                let events = EventSource::new(frames, silence, metadata.clone());
                let watch = watch_usage(&prepared, &call.notify);
                ReplyBody::Stream(events.on_usage(watch))
            }
        };
        let head = Head { metadata, profile: Some(prepared.report()), members: Map::new() };
        Ok(Reply { head, body })
    }

    /// Which model stands behind an id; what the operator should know is told.
    pub async fn resolve_and_tell(
        &self,
        id: &str,
        gating: Gating,
        notify: &Notify,
    ) -> Result<ResolvedProfile, CallError> {
        let resolved = self.resolve(id, gating).await?;
        for warning in resolved.warnings.iter().filter(|warning| warning.first) {
            notify(&Notice::Warning { message: &warning.message });
        }
        Ok(resolved)
    }

    /// What would be sent for an input, and why; makes no inference call.
    pub async fn explain(&self, operation: Operation, call: Call) -> Result<Explanation, Failure> {
        let prepared = self.prepare(operation, &call).await?;
        let caller = self.runtime(prepared.resolved.region.as_deref()).await;
        let caller = caller.map_err(|error| prepared.failure(error))?;
        let wire = prepared.wire(&call).map_err(|error| prepared.failure(error))?;
        let request = ExplainedRequest {
            method: wire.method,
            url: format!("{}{}", caller.url().trim_end_matches('/'), wire.path),
            body: String::from_utf8_lossy(&wire.body).into_owned(),
        };
        Ok(Explanation {
            capabilities: prepared.known.describe(SystemTime::now()),
            resolved: prepared.resolved,
            changes: prepared.outcome.changes,
            violations: prepared.outcome.violations,
            request,
        })
    }

    /// What the model behind an id can do, each fact with its value, source and age.
    pub async fn capabilities(&self, id: &str, notify: &Notify) -> Result<Value, CallError> {
        let resolved = self.resolve_and_tell(id, self.settings().gating, notify).await?;
        let known = self.knowledge(&resolved, true);
        Ok(known.describe(SystemTime::now()))
    }

    /// Resolves the `modelId` of an input, in which the id to call takes its place.
    pub(crate) async fn resolve_input(
        &self,
        request: &mut Map<String, Value>,
        gating: Gating,
        notify: &Notify,
    ) -> Result<ResolvedProfile, CallError> {
        let Some(Value::String(id)) = request.get("modelId") else {
            return Err(CallError::input("No value provided for input HTTP label: modelId."));
        };
        let resolved = self.resolve_and_tell(id, gating, notify).await?;
        notify(&Notice::Resolve(&resolved));
        request.insert("modelId".to_owned(), Value::from(resolved.call_id.as_str()));
        Ok(resolved)
    }

    async fn prepare(&self, operation: Operation, call: &Call) -> Result<Prepared, Failure> {
        let mut request = read_input(call)?;
        let gating = call.gating.unwrap_or(self.settings().gating);
        let resolved = self.resolve_input(&mut request, gating, &call.notify).await?;
        let known = self.knowledge(&resolved, gating != Gating::Off);
        let mut prepared = Prepared {
            asked: operation,
            gating,
            mapped: self.is_mapped(&resolved.requested_id),
            resolved,
            known,
            request,
            outcome: Outcome::default(),
            conversation: None,
        };
        if gating == Gating::Off {
            return Ok(prepared);
        }
        if self.settings().reserve.is_some() {
            prepared.conversation = Some(Conversation::of(&prepared.request));
        }
        let known = prepared.known.clone();
        if known.has_lessons() {
            // First what is known anyway, so that the rest is seen to be learned.
            prepared.fit(self.knowledge(&prepared.resolved, false), false);
            prepared.fit(known, true);
        } else {
            prepared.fit(known, false);
        }
        if gating == Gating::Strict {
            refuse(&prepared.outcome).map_err(|error| prepared.failure(error))?;
        }
        // What is planned is lawful: nothing that `strict` would refuse.
        if let Some(wanted) = self.settings().prompt_cache {
            prepared.plan(wanted);
        }
        prepared.reserve();
        notify_gate(&call.notify, &prepared);
        Ok(prepared)
    }

    /// Learns from a refusal that names a parameter; whether the request, changed in just that, is
    /// worth sending once more.
    fn learn_from(&self, error: &CallError, prepared: &mut Prepared) -> bool {
        if prepared.gating == Gating::Off || !self.settings().learning {
            return false;
        }
        let Some(facts) = refusal::facts(&error.name, &error.message) else { return false };
        let lesson = Lesson { facts, at: SystemTime::now() };
        let resolved = &prepared.resolved;
        for id in resolved.model.iter().chain([&resolved.call_id]) {
            learned::shared().learn(id, lesson.clone());
        }
        // What the operator says is laid over what was learned.
        let known = self.knowledge(&prepared.resolved, true);
        prepared.gating == Gating::Adapt && prepared.fit(known, true)
    }
}

/// A call's input.
pub(crate) fn read_input(call: &Call) -> Result<Map<String, Value>, CallError> {
    serde_json::from_str(&call.input)
        .map_err(|error| CallError::input(format!("The input is no JSON object: {error}")))
}

/// A whole answer. Some gateways answer 200 with an error in the body, or with something else.
pub(crate) fn read_answer(operation: &str, wanted: &str, bytes: &[u8]) -> Result<Value, CallError> {
    let body = json::parse(bytes).map_err(|error| {
        CallError::answer("UnreadableAnswerError", format!("The answer is no JSON: {error}"))
    })?;
    if body.get(wanted).is_some() {
        return Ok(body);
    }
    let error = body.get("Output").unwrap_or(&body);
    if let Some(code) = error.get("__type").and_then(Value::as_str) {
        let name = code.rsplit('#').next().unwrap_or(code).to_owned();
        return Err(CallError::service(&name, 200, error.clone()));
    }
    let message = format!("The answer has no {wanted}: it is not {operation}'s.");
    Err(CallError::answer("UnreadableAnswerError", message))
}

fn notify_gate(notify: &Notify, prepared: &Prepared) {
    let changes = prepared.outcome.changes.as_slice();
    if !changes.is_empty() {
        let model = prepared.known.capabilities.model.as_str();
        notify(&Notice::Gate { model, changes });
    }
}

/// What hears the `usage` of an answer: where caching costs more than it saves, the operator should
/// know; an answer that was cut short gets more room the next time.
fn watch_usage(prepared: &Prepared, notify: &Notify) -> impl Fn(&Value) + Send + Sync + use<> {
    let resolved = &prepared.resolved;
    let (call_id, model) = (resolved.call_id.clone(), resolved.model.clone());
    let notify = Arc::clone(notify);
    let max_tokens = prepared.request.get("inferenceConfig").and_then(|it| it.get("maxTokens"));
    let limited = prepared.conversation.zip(max_tokens.and_then(Value::as_f64));
    move |usage| {
        if let Some((conversation, max_tokens)) = limited
            && cut_short::is_full(usage, max_tokens)
        {
            conversation.note();
        }
        if let Some(message) = caching::note(&call_id, model.as_deref(), usage) {
            notify(&Notice::Warning { message: &message });
        }
    }
}

pub(crate) fn is_streaming(violation: &Violation) -> bool {
    violation.rule == "M2"
}

/// Rule M2: what a model cannot stream is asked for whole, and reported as a change.
fn through_converse(outcome: &mut Outcome) {
    let reason = outcome.violations.iter().find(|violation| is_streaming(violation));
    outcome.changes.push(Change {
        path: "(operation)".to_owned(),
        action: Action::Rewrite,
        from: Some(Value::from("ConverseStream")),
        to: Some(Value::from("Converse")),
        rule: "M2",
        reason: reason.map_or_else(String::new, |violation| violation.reason.clone()),
        follows: false,
    });
    outcome.violations.retain(|violation| !is_streaming(violation));
}

fn name_of(operation: Operation) -> &'static str {
    match operation {
        Operation::Converse => "Converse",
        Operation::ConverseStream => "ConverseStream",
    }
}

/// In `strict`, one error that says everything that is wrong.
pub(crate) fn refuse(outcome: &Outcome) -> Result<(), CallError> {
    let changes = || outcome.changes.iter().filter(|change| !change.follows);
    let repairs = changes().map(|change| {
        let Change { path, rule, reason, .. } = change;
        format!("{path} ({rule}): {reason} {}", change.remedy())
    });
    let refusals = outcome.violations.iter().map(|violation| {
        let Violation { path, rule, reason, remedy } = violation;
        format!("{path} ({rule}): {reason} {remedy}")
    });
    let wrong: Vec<String> = repairs.chain(refusals).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let mut error = CallError::input(format!(
        "The request does not fit the model and was not sent (gating: \"strict\"). {}",
        wrong.join(" ")
    ));
    let repaired = changes().filter_map(|change| {
        let mut violation = serde_json::to_value(change).ok()?;
        violation.as_object_mut()?.insert("remedy".to_owned(), change.remedy().into());
        Some(violation)
    });
    let left = outcome.violations.iter().filter_map(|left| serde_json::to_value(left).ok());
    let violations = repaired.chain(left).collect();
    error.members.insert("violations".to_owned(), Value::Array(violations));
    Err(error)
}

/// With `gating: "off"` an id that no mapping names goes out as it is, lawful or not.
pub(crate) fn as_it_is(id: &str, client_region: Option<&str>) -> ResolvedProfile {
    let parsed = ModelRef::parse(id).ok();
    let region = parsed.as_ref().and_then(ModelRef::region).or(client_region);
    let partition = match parsed.as_ref().and_then(ModelRef::partition) {
        Some(partition) => partition,
        None => partition_of_region(region.unwrap_or("us-east-1")).id,
    };
    let model = parsed.as_ref().and_then(ModelRef::names_model).map(str::to_owned);
    ResolvedProfile {
        requested_id: id.to_owned(),
        call_id: id.to_owned(),
        kind: parsed.as_ref().map_or(Kind::Alias, ModelRef::kind),
        source: if model.is_some() { ResolveSource::Id } else { ResolveSource::Unknown },
        model,
        region: region.map(str::to_owned),
        partition: partition.to_owned(),
        age: 0,
        label: None,
        name: None,
        profiles: vec![id.to_owned()],
        warnings: Vec::new(),
    }
}
