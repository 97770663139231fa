//! A request's way, the same for every operation: resolve → fit → wire → send → read.
//!
//! This is the only module that knows all four rooms.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::attribution::{Attribution, Way, WayName};
use crate::bedrock::CallError;
use crate::bedrock::bindings::{self, Parts};
use crate::bedrock::exchange::Caller;
use crate::bedrock::json::{self, Document};
use crate::bedrock::replay::{self, chunks::ChunkFormat};
use crate::bedrock::role::RoleToAssume;
use crate::bedrock::shapes;
use crate::bedrock::stream::EventSource;
use crate::bedrock::wire::{BodyFormat, CallState, WireBody, WireRequest, WireResponse};
use crate::caching;
use crate::cut_short::{self, Conversation};
use crate::failover::{
    Cause, Place, ReadyDestination, RestOf, RouteReport, SET_RIGHT, SharedStaying, denies_streaming,
};
use crate::gate::{self, Outcome, PromptCache, Route, Site, secrets};
use crate::hints;
use crate::lane::heavy;
use crate::model::knowledge::Knowledge;
use crate::notice;
use crate::operation::{Fitted, ResponseKind};
use crate::profile::{ModelRef, ResolvedProfile};
use crate::settings::Gating;
use crate::strict;
use crate::tenant::Tenant;
use crate::unseen;

pub use crate::call::{
    Call, CallFailure, ExplainedRequest, Explanation, Head, Host, Notice, Notifier, ProfileReport,
    Response, ResponseBody,
};
pub use crate::client::Client;
pub use crate::operation::Operation;

/// Whether anything in this process was found to answer, but not in a stream: most processes never look.
static STREAMS_DENIED: AtomicBool = AtomicBool::new(false);

/// The model that a request calls.
pub(crate) struct CallTarget {
    /// The mappings name the id: no rule chooses another.
    mapped: bool,
    pub(crate) resolved: Arc<ResolvedProfile>,
    pub(crate) known: Knowledge,
}

/// A request on its way.
pub(crate) struct Prepared {
    /// As the caller wants it.
    pub(crate) operation: Operation,
    pub(crate) gating: Gating,
    /// Absent where the operation calls no model.
    pub(crate) target: Option<CallTarget>,
    region: Option<String>,
    pub(crate) request: Map<String, Value>,
    outcome: Outcome,
    /// In which ways it says whose cost it is.
    ways: Vec<Way>,
    /// The role whose session signs, with the tags that say whose cost it is.
    role: Option<RoleToAssume>,
    /// What refusals taught has changed it: where it succeeds, that is proved.
    pub(crate) proves: bool,
    /// The conversation, where the length of its responses is to be fitted.
    conversation: Option<Conversation>,
    /// The stream is a whole response of Converse or InvokeModel, since streaming is denied.
    pub(crate) streaming_denied: bool,
    /// The way that was taken to where it is sent, where there were several.
    pub(crate) route: Option<RouteReport>,
    /// Where its prompt cache stays.
    pub(crate) staying: Option<SharedStaying>,
}

impl Prepared {
    /// Fits the request to what is known; what changes because of a refusal is marked as learned.
    /// Whether anything was changed.
    pub(crate) fn fit(&mut self, known: Knowledge, learned: bool, blobs: &[Vec<u8>]) -> bool {
        let operation = self.sent();
        let Some(target) = &mut self.target else { return false };
        let ResolvedProfile { call_id, region, partition, model, .. } = &*target.resolved;
        let site = region.as_deref().map(|region| Site { call_id, region, partition });
        let site = site.filter(|_| !target.mapped);
        let route = Route { operation, site, model: model.as_deref(), blobs };
        let mut outcome = gate::gate(&mut self.request, &known.capabilities, route);
        target.known = known;
        if let Some(id) = outcome.call_id.take() {
            let resolved = Arc::make_mut(&mut target.resolved);
            resolved.kind = ModelRef::parse(&id).map_or(resolved.kind, |id| id.kind());
            resolved.profiles = vec![id.clone()];
            resolved.call_id = id;
        }
        if learned {
            outcome.changes.iter_mut().for_each(|change| change.rule = "learned");
        }
        let changed = !outcome.changes.is_empty();
        self.outcome.changes.append(&mut outcome.changes);
        self.outcome.violations = outcome.violations;
        self.outcome.needs_converse |= outcome.needs_converse;
        changed
    }

    /// Adds the cache points that the client wants and the caller left out.
    fn plan(&mut self, wanted: PromptCache) {
        if let Some(target) = &self.target
            && self.operation.fitted() == Fitted::Conversation
        {
            let capabilities = &target.known.capabilities;
            self.outcome.changes.extend(gate::plan(&mut self.request, capabilities, wanted));
        }
    }

    /// Requests less than the model's maximum, unless that was too little the last time.
    fn reserve(&mut self) {
        if let Some(target) = &self.target
            && self.conversation.is_some_and(|conversation| !conversation.was_cut_short())
        {
            let capabilities = &target.known.capabilities;
            self.outcome.changes.extend(gate::reserve(&mut self.request, capabilities));
        }
    }

    /// The id that is called.
    fn call_id(&self) -> Option<&str> {
        self.target.as_ref().map(|target| target.resolved.call_id.as_str())
    }

    /// The operation that is sent: some models cannot stream what is wanted (M2).
    pub(crate) fn sent(&self) -> Operation {
        match self.operation {
            operation if !self.outcome.needs_converse && !self.streaming_denied => operation,
            Operation::InvokeModelWithResponseStream => Operation::InvokeModel,
            _ => Operation::Converse,
        }
    }

    /// Whether it is sent as a stream, and a whole response could be handed on as one.
    fn could_come_whole(&self) -> bool {
        match self.sent() {
            Operation::ConverseStream => true,
            Operation::InvokeModelWithResponseStream => self.chunk_format().is_some(),
            _ => false,
        }
    }

    /// How the model's chunks look, where that is known.
    fn chunk_format(&self) -> Option<ChunkFormat> {
        ChunkFormat::of(self.target.as_ref()?.resolved.model.as_deref()?)
    }

    pub(crate) fn failure(&self, mut error: CallError, call: &Call) -> CallFailure {
        let context = self.target.as_ref().map(|target| hints::HintContext {
            resolved: &target.resolved,
            model: &target.known.capabilities,
            request: &self.request,
            blobs: &call.blobs,
            violations: &self.outcome.violations,
        });
        hints::advise(&mut error, context.as_ref());
        unseen::hide(&mut error, &secrets::texts(&self.request, &call.blobs));
        CallFailure { error, profile: self.report().map(Box::new) }
    }

    fn report(&self) -> Option<ProfileReport> {
        let resolved = &self.target.as_ref()?.resolved;
        Some(ProfileReport {
            requested_id: resolved.requested_id.clone(),
            call_id: resolved.call_id.clone(),
            model: resolved.model.clone(),
            region: resolved.region.clone(),
            source: resolved.source,
            label: resolved.label.clone(),
            changes: self.outcome.changes.clone(),
            route: self.route.clone().or_else(|| self.streamed_route()),
        })
    }

    /// The way of a call that was not taken as it was asked for, though there was but one destination.
    fn streamed_route(&self) -> Option<RouteReport> {
        let resolved = &self.target.as_ref().filter(|_| self.streaming_denied)?.resolved;
        Some(RouteReport::straight(resolved, self.sent()))
    }

    /// The request as it is sent; the caller's headers take precedence over those of its members.
    fn wire(&self, call: &Call) -> Result<WireRequest, CallError> {
        let operation = self.sent();
        let Parts { path, mut headers, body } =
            bindings::request(operation.name(), &self.request, &call.blobs)?;
        headers.extend(call.headers.iter().cloned());
        let response = match operation.response() {
            ResponseKind::Json(_) => BodyFormat::Json,
            ResponseKind::Bytes => BodyFormat::Bytes,
            ResponseKind::Events => BodyFormat::Events,
        };
        Ok(WireRequest { method: "POST", path, headers, body: body.into(), response })
    }

    /// Tells the operator of secrets that were sent, or left out without a refusal.
    fn warn_of_secrets(&self, call: &Call) {
        if let Some(CallTarget { resolved, .. }) = &self.target {
            let (changes, notify) = (&self.outcome.changes, &call.notify);
            unseen::warn(self.gating, &self.request, &call.blobs, changes, resolved, notify);
        }
    }

    fn notify(&self, notify: &Notifier) {
        let changes = self.outcome.changes.as_slice();
        if let Some(CallTarget { known, .. }) = &self.target
            && !changes.is_empty()
        {
            notify(&Notice::Gate { model: known.capabilities.model.as_str(), changes });
        }
    }
}

impl Client {
    /// Calls an operation.
    pub async fn call(&self, operation: Operation, call: Call) -> Result<Response, CallFailure> {
        let mut options = self.settings().call_options();
        options.first_byte = call.first_byte.or(options.first_byte);
        let deadline = options.deadline;
        let notify = Arc::clone(&call.notify);
        let state = CallState::new(options, move |retry| notify(&Notice::Retry(retry)));
        let request = heavy(call.size(), || read_input(operation, &call))?;
        let routed = async { Ok(self.routed(operation, &request, &call).await) };
        if let Some(routed) = deadline.bound(routed).await? {
            // On the heap: most calls have one destination.
            let routed = self.call_routed(operation, &call, request, routed, &state);
            return Box::pin(routed).await;
        }
        let preparing = async { Ok(self.prepare(operation, &call, request, None).await) };
        let mut prepared = deadline.bound(preparing).await??;
        let sent = self.send(&mut prepared, &call, &state).await;
        let response = sent.map_err(|error| prepared.failure(error, &call))?;
        self.answer(&prepared, &call, &state, response)
    }

    /// Sends a request, changed where a refusal teaches how.
    pub(crate) async fn send(
        &self,
        prepared: &mut Prepared,
        call: &Call,
        state: &Arc<CallState>,
    ) -> Result<WireResponse, CallError> {
        let caller = state.options().deadline.bound(self.sender(prepared, call)).await?;
        if self.is_streaming_denied(prepared).await {
            prepared.streaming_denied = true;
        }
        let wire = heavy(call.size(), || prepared.wire(call))?;
        let mut sent = caller.send(wire, state).await;
        if let Err(refusal) = &sent
            && let Some(lesson) = self.lesson_of(refusal, prepared, call)
        {
            prepared.notify(&call.notify);
            let wire = heavy(call.size(), || prepared.wire(call))?;
            let again = caller.send(wire, state).await;
            self.judge(&lesson, prepared, refusal, again.as_ref().err());
            sent = again;
        }
        if let Err(denied) = &sent
            && prepared.could_come_whole()
            && denies_streaming(denied)
        {
            prepared.streaming_denied = true;
            let wire = heavy(call.size(), || prepared.wire(call))?;
            match caller.send(wire, state).await {
                Ok(response) => {
                    self.streaming_was_denied(prepared, call);
                    sent = Ok(response);
                }
                // That is denied too: what was asked for is what the caller hears of.
                Err(error) if is_denied_too(&error, prepared.operation) => {
                    prepared.streaming_denied = false;
                }
                Err(error) => sent = Err(error),
            }
        }
        sent
    }

    /// Whether what is called was found to answer, but not in a stream.
    async fn is_streaming_denied(&self, prepared: &Prepared) -> bool {
        let shared = self.store().filter(|store| store.is_shared());
        let may_be = STREAMS_DENIED.load(Ordering::Relaxed) || shared.is_some();
        if !may_be || !prepared.could_come_whole() {
            return false;
        }
        let Some(place) = self.place_called(prepared) else { return false };
        place.resting_once(shared, RestOf::Streams).await.is_some()
    }

    fn streaming_was_denied(&self, prepared: &Prepared, call: &Call) {
        let Some(place) = self.place_called(prepared) else { return };
        STREAMS_DENIED.store(true, Ordering::Relaxed);
        place.rest(self.store(), Cause::StreamingDenied, SET_RIGHT);
        let message = format!(
            "{} may be called, but not for a stream: its responses come whole and are handed on as streams. \
             Allow bedrock:InvokeModelWithResponseStream for the credentials in use.",
            prepared.call_id().unwrap_or_default()
        );
        (call.notify)(&Notice::Warning { message: &message });
    }

    /// What a request calls, as its signer calls it.
    fn place_called(&self, prepared: &Prepared) -> Option<Place> {
        let role = prepared.role.as_ref().map(|role| role.role_arn.as_str());
        Some(self.place(prepared.call_id()?, prepared.region.as_deref(), role))
    }

    /// What a successful response is to the caller.
    pub(crate) fn answer(
        &self,
        prepared: &Prepared,
        call: &Call,
        state: &CallState,
        response: WireResponse,
    ) -> Result<Response, CallFailure> {
        self.succeeded(prepared);
        let size = match &response.body {
            WireBody::Json(document) => document.size(),
            WireBody::Bytes(_) | WireBody::Stream(_) => 0,
        };
        heavy(size, || self.read(prepared, call, state, response))
    }

    /// Who sends to a region: a session of the client's role where one is wanted and can be had. That it
    /// cannot costs the attribution and not the request.
    async fn sender(&self, prepared: &Prepared, call: &Call) -> Result<Arc<Caller>, CallError> {
        let region = prepared.region.as_deref();
        if let Some(role) = &prepared.role {
            match self.runtime_in(role, region).await? {
                Ok(caller) => return Ok(caller),
                Err(None) => {}
                Err(Some(why)) => {
                    let message = format!(
                        "The session that says whose cost calls are could not be had; they are sent \
                         without it: {why}"
                    );
                    (call.notify)(&Notice::Warning { message: &message });
                }
            }
        }
        self.runtime(region, prepared.call_id()).await
    }

    /// A successful response as its operation answers.
    fn read(
        &self,
        prepared: &Prepared,
        call: &Call,
        state: &CallState,
        response: WireResponse,
    ) -> Result<Response, CallFailure> {
        let WireResponse { status, ids, headers, body } = response;
        let metadata = state.metadata(Some(status), ids);
        let (operation, sent) = (prepared.operation, prepared.sent());
        let tenant = || self.owner(prepared.call_id().unwrap_or_default()).tenants.now;
        let watch = || {
            let prefix = heavy(call.size(), || caching::CachedPrefix::of(&prepared.request));
            watch_usage(tenant(), prepared, prefix, &call.notify)
        };
        // What InvokeModel answers, in the place of a stream as that.
        let whole = |bytes: Bytes| {
            let format = prepared.chunk_format().filter(|_| prepared.streaming_denied);
            let Some(format) = format else { return ResponseBody::Bytes(bytes) };
            let chunks = format.chunks(&bytes, metrics_of_headers(&headers));
            ResponseBody::Stream(Box::new(EventSource::ready(chunks, metadata.clone())))
        };
        let body = match (body, sent.response()) {
            (WireBody::Stream(frames), _) => {
                let silence = self.settings().silence();
                let metadata = metadata.clone();
                let events = match operation {
                    Operation::ConverseStream => {
                        EventSource::new(frames, silence, metadata).on_usage(watch())
                    }
                    _ => EventSource::chunks(frames, silence, metadata),
                };
                // What the gate has left in the request may come back.
                let secrets = match prepared.gating {
                    Gating::Off => secrets::texts(&prepared.request, &call.blobs),
                    _ => Vec::new(),
                };
                let events = if secrets.is_empty() {
                    events
                } else {
                    events.on_error(move |error| unseen::hide(error, &secrets))
                };
                ResponseBody::Stream(Box::new(events))
            }
            (WireBody::Json(body), ResponseKind::Json(wanted)) => {
                let body = read_response(sent.name(), wanted, body);
                let body = body.map_err(|error| {
                    prepared.failure(error.with_metadata(metadata.clone()), call)
                })?;
                if let Some(usage) = body.get(body.root(), "usage") {
                    watch()(&usage);
                }
                let response = shapes::decode(sent.name(), &body);
                if operation == Operation::ConverseStream {
                    let events = replay::events(&response);
                    let events = EventSource::ready(events, metadata.clone());
                    ResponseBody::Stream(Box::new(events))
                } else {
                    ResponseBody::Whole(response)
                }
            }
            (WireBody::Json(body), _) => whole(body.into_text()),
            (WireBody::Bytes(bytes), _) => whole(bytes),
        };
        let members = bindings::response_members(sent.name(), &headers);
        let usage = match operation.response() {
            ResponseKind::Bytes => usage_of_headers(&headers),
            _ => None,
        };
        Ok(Response { head: Head { metadata, profile: prepared.report(), members, usage }, body })
    }

    /// Which model stands behind an id; what the operator should know is told.
    pub async fn resolve_and_tell(
        &self,
        id: &str,
        gating: Gating,
        notify: &Notifier,
    ) -> Result<Arc<ResolvedProfile>, CallError> {
        let resolved = self.resolve(id, gating).await?;
        self.tell(&resolved, notify);
        Ok(resolved)
    }

    /// Tells what the operator should know.
    pub(crate) fn tell(&self, resolved: &ResolvedProfile, notify: &Notifier) {
        for message in self.declared().take_messages() {
            notify(&Notice::Warning { message: &message });
        }
        for warning in resolved.warnings.iter().filter(|warning| warning.first) {
            notify(&Notice::Warning { message: &warning.message });
        }
    }

    /// What would be sent for an input, and why; makes no inference call.
    pub async fn explain(
        &self,
        operation: Operation,
        call: Call,
    ) -> Result<Explanation, CallFailure> {
        let request = heavy(call.size(), || read_input(operation, &call))?;
        let (ready, route) = match self.routed(operation, &request, &call).await {
            Some(routed) => {
                let mut journey = Box::pin(self.set_out(operation, &request, &call, routed)).await;
                let next = Box::pin(self.next(&mut journey, &call)).await?;
                let ready = next.ok_or_else(|| journey.nothing_to_call())?;
                let route = journey.foreseen(&ready);
                (Some(ready), Some(route))
            }
            None => (None, None),
        };
        let mut prepared = self.prepare(operation, &call, request, ready.as_ref()).await?;
        prepared.request = secrets::redacted(&prepared.request);
        let caller = self.runtime(prepared.region.as_deref(), prepared.call_id()).await;
        let caller = caller.map_err(|error| prepared.failure(error, &call))?;
        let wire = prepared.wire(&call).map_err(|error| prepared.failure(error, &call))?;
        let request = ExplainedRequest {
            method: wire.method,
            url: format!("{}{}", caller.url().trim_end_matches('/'), wire.path),
            body: String::from_utf8_lossy(&wire.body).into_owned(),
        };
        let Some(CallTarget { resolved, known, .. }) = prepared.target else {
            let message =
                format!("{} calls no model: there is nothing to explain.", operation.name());
            return Err(CallError::input(message).into());
        };
        let known = match prepared.gating {
            Gating::Off => known,
            _ => self.knowledge(&resolved),
        };
        Ok(Explanation {
            capabilities: known.describe(SystemTime::now()),
            resolved: Arc::unwrap_or_clone(resolved),
            changes: prepared.outcome.changes,
            violations: prepared.outcome.violations,
            attribution: prepared.ways,
            route,
            request,
        })
    }

    /// What the model behind an id can do, each fact with its value, source and age.
    pub async fn capabilities(&self, id: &str, notify: &Notifier) -> Result<Value, CallError> {
        let resolved = self.resolve_and_tell(id, self.settings().gating, notify).await?;
        if self.has_shared_lessons() {
            Box::pin(self.recall(&resolved)).await;
        }
        self.confirm(&resolved, notify).await;
        let known = self.knowledge(&resolved);
        Ok(known.describe(SystemTime::now()))
    }

    /// Resolves the id of an input, unless that is done already, and fits it.
    pub(crate) async fn prepare(
        &self,
        operation: Operation,
        call: &Call,
        mut request: Map<String, Value>,
        ready: Option<&ReadyDestination>,
    ) -> Result<Prepared, CallFailure> {
        let gating = call.gating.unwrap_or(self.settings().gating);
        let (target, region) = if operation.fitted() == Fitted::Nothing {
            let named = request.get("guardrailIdentifier").and_then(Value::as_str);
            let region = named.and_then(region_of_arn).map(str::to_owned);
            (None, region.or_else(|| self.settings().region.clone()))
        } else {
            let target = self.target(&mut request, gating, call, ready).await?;
            let region = target.resolved.region.clone();
            (Some(target), region)
        };
        let mut prepared = Prepared {
            operation,
            gating,
            target,
            region,
            request,
            outcome: Outcome::default(),
            ways: Vec::new(),
            role: None,
            proves: false,
            conversation: None,
            streaming_denied: false,
            route: None,
            staying: None,
        };
        let fitted = match gating {
            Gating::Off => Ok(()),
            _ => heavy(call.size(), || self.fit(&mut prepared, call)),
        };
        prepared.warn_of_secrets(call);
        fitted?;
        if let Some(attribution) = &call.attribution {
            self.attribute(&mut prepared, attribution);
        }
        prepared.notify(&call.notify);
        Ok(prepared)
    }

    /// Says whose cost a request is; asks nobody.
    fn attribute(&self, prepared: &mut Prepared, attribution: &Attribution) {
        let Some(target) = &prepared.target else { return };
        let (operation, kind) = (prepared.sent(), target.resolved.kind);
        let role = attribution.session.as_ref();
        let role = role.map(|wanted| self.tagged_role(wanted, &target.resolved.call_id));
        prepared.ways = attribution.fill(&mut prepared.request, operation, kind);
        let Some(role) = role else { return };
        prepared.ways.push(match &role {
            // That it is tried is told once, as any other failure of STS.
            Ok(_) if self.sends_token() => Way::left_out(
                WayName::SessionTags,
                "A bearer token cannot assume a role: session tags need keys.",
            ),
            Ok(RoleToAssume { role_arn, session_name, .. }) => {
                let how = format!("Signs with a session of {role_arn} named {session_name}.");
                Way::applied(WayName::SessionTags, how)
            }
            Err(why) => Way::left_out(WayName::SessionTags, *why),
        });
        prepared.role = role.ok();
    }

    /// Resolves the `modelId` of an input, in which the id to call takes its place.
    async fn target(
        &self,
        request: &mut Map<String, Value>,
        gating: Gating,
        call: &Call,
        ready: Option<&ReadyDestination>,
    ) -> Result<CallTarget, CallError> {
        let Some(Value::String(id)) = request.get("modelId") else {
            return Err(CallError::input("No value provided for input HTTP label: modelId."));
        };
        let instead = call.attribution.as_ref().and_then(|wanted| wanted.profile.as_ref());
        let called = instead.unwrap_or(id);
        let mut resolved = match ready {
            Some(ready) => Arc::new(ready.resolved.clone()),
            None => self.resolve_and_tell(called, gating, &call.notify).await?,
        };
        if self.has_shared_lessons() {
            Box::pin(self.recall(&resolved)).await;
        }
        // Of several destinations, each is called as it stands.
        let mapped = ready.is_some() || self.is_mapped(called);
        if resolved.requested_id != *id {
            Arc::make_mut(&mut resolved).requested_id.clone_from(id);
        }
        (call.notify)(&Notice::Resolve(&resolved));
        self.confirm_in_background(&resolved, &call.notify);
        request.insert("modelId".to_owned(), Value::from(resolved.call_id.as_str()));
        let known = match gating {
            Gating::Off => self.untaught(&resolved),
            _ => self.presumption(&resolved, None),
        };
        Ok(CallTarget { mapped, resolved, known })
    }

    /// Fits a request to what is known of its model; in `strict` what does not fit is refused.
    fn fit(&self, prepared: &mut Prepared, call: &Call) -> Result<(), CallFailure> {
        let blobs = &call.blobs;
        let Some(CallTarget { known, resolved, .. }) = &prepared.target else { return Ok(()) };
        let known = known.clone();
        if self.settings().reserve.is_some() && prepared.operation.fitted() == Fitted::Conversation
        {
            let tenant = self.owner(&resolved.call_id).tenants.now;
            prepared.conversation = Some(Conversation::of(&tenant, &prepared.request));
        }
        if known.has_lessons() {
            // First what is known anyway, so that the rest is seen to be learned.
            let (untaught, proven) = (self.untaught(resolved), self.knowledge(resolved));
            prepared.fit(untaught, false, blobs);
            prepared.fit(proven, true, blobs);
            // What is left for the others to change proves them where it succeeds.
            prepared.proves = !known.pending().is_empty() && prepared.fit(known, true, blobs);
        } else {
            prepared.fit(known, false, blobs);
        }
        if prepared.gating == Gating::Strict {
            strict::refuse(&prepared.outcome).map_err(|error| prepared.failure(error, call))?;
        }
        // What is planned is lawful: nothing that `strict` would refuse.
        if let Some(wanted) = self.settings().prompt_cache {
            prepared.plan(wanted);
        }
        prepared.reserve();
        Ok(())
    }
}

/// The headers in which InvokeModel says what was used, and Converse's names for it.
const USED: [(&str, &str); 4] = [
    ("x-amzn-bedrock-input-token-count", "inputTokens"),
    ("x-amzn-bedrock-output-token-count", "outputTokens"),
    ("x-amzn-bedrock-cache-read-input-token-count", "cacheReadInputTokens"),
    ("x-amzn-bedrock-cache-write-input-token-count", "cacheWriteInputTokens"),
];

/// What headers say was used; `None` where they say nothing.
fn usage_of_headers(headers: &[(String, String)]) -> Option<Map<String, Value>> {
    let value_of = |name: &str| {
        let found = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        found.1.trim().parse::<u64>().ok()
    };
    let used: Map<String, Value> = USED
        .into_iter()
        .filter_map(|(header, name)| Some((name.to_owned(), Value::from(value_of(header)?))))
        .collect();
    (!used.is_empty()).then_some(used)
}

/// What Bedrock adds to the last chunk of a stream, from the headers of a whole response.
fn metrics_of_headers(headers: &[(String, String)]) -> Option<Map<String, Value>> {
    let used = usage_of_headers(headers)?;
    // `inputTokenCount` is what Converse calls `inputTokens`.
    let renamed = |name: String| format!("{}Count", name.trim_end_matches('s'));
    Some(used.into_iter().map(|(name, value)| (renamed(name), value)).collect())
}

/// Whether what was sent in the place of a stream says nothing of what was asked for: it is denied too, or
/// a whole response of the model has limits of its own.
fn is_denied_too(error: &CallError, wanted: Operation) -> bool {
    match Cause::of(error, false) {
        Some(cause) => cause == Cause::Denied,
        None => wanted == Operation::InvokeModelWithResponseStream,
    }
}

/// A call's input.
fn read_input(operation: Operation, call: &Call) -> Result<Map<String, Value>, CallError> {
    let wrong = |what: &str| CallError::input(format!("The input is no JSON object: {what}"));
    match json::read(&call.input) {
        Ok(Value::Object(mut input)) => {
            notice::strip(operation, &mut input);
            Ok(input)
        }
        Ok(_) => Err(wrong("it is another value")),
        Err(error) => Err(wrong(&error.to_string())),
    }
}

/// A whole response. Some gateways answer 200 with an error in the body, or with something else.
fn read_response(operation: &str, wanted: &str, body: Document) -> Result<Document, CallError> {
    let root = body.root();
    if body.member(root, wanted).is_some() {
        return Ok(body);
    }
    let error = body.member(root, "Output").unwrap_or(root);
    if let Some(Value::String(code)) = body.get(error, "__type") {
        let name = code.rsplit('#').next().unwrap_or(&code);
        let members = body.value(error).unwrap_or_default();
        return Err(CallError::service(name, 200, members));
    }
    let message = format!("The answer has no {wanted}: it is not {operation}'s.");
    Err(CallError::bad_response("UnreadableAnswerError", message))
}

/// What hears the `usage` of a response: where caching costs more than it saves, the operator should
/// know; a response that was cut short gets more room the next time.
fn watch_usage(
    tenant: Tenant,
    prepared: &Prepared,
    prefix: Option<caching::CachedPrefix>,
    notify: &Notifier,
) -> impl Fn(&Value) + Send + Sync + use<> {
    let called = prepared
        .target
        .as_ref()
        .map(|CallTarget { resolved, .. }| (resolved.call_id.clone(), resolved.model.clone()));
    let limits = prepared.target.as_ref().map(|target| {
        let caching = &target.known.capabilities.prompt_caching;
        caching::Limits {
            min_tokens: caching.min_tokens.known().copied(),
            offers_hour: caching.ttls.has(&"1h".to_owned()),
        }
    });
    let cached = prefix.zip(limits);
    let notify = Arc::clone(notify);
    let staying = prepared.staying.clone();
    let max_tokens = prepared.request.get("inferenceConfig").and_then(|it| it.get("maxTokens"));
    let limited = prepared.conversation.zip(max_tokens.and_then(Value::as_f64));
    move |usage| {
        if let Some(staying) = &staying {
            staying.used(usage, &notify);
        }
        if let Some((conversation, max_tokens)) = limited
            && cut_short::is_full(usage, max_tokens)
        {
            conversation.note();
        }
        let Some((call_id, model)) = &called else { return };
        let cached = cached.as_ref().map(|(prefix, limits)| (prefix, *limits));
        for message in caching::note(&tenant, call_id, model.as_deref(), usage, cached) {
            notify(&Notice::Warning { message: &message });
        }
    }
}

/// The region that the ARN of a guardrail names.
fn region_of_arn(id: &str) -> Option<&str> {
    let mut parts = id.split(':');
    let arn = parts.next() == Some("arn") && parts.nth(1) == Some("bedrock");
    parts.next().filter(|region| arn && !region.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guardrails_arn_names_its_region() {
        let arn = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc123";
        assert_eq!(region_of_arn(arn), Some("eu-west-1"));
        for id in ["abc123", "", "arn:aws:s3:eu-west-1:1:x", "arn:aws:bedrock::1:guardrail/x"] {
            assert_eq!(region_of_arn(id), None, "{id}");
        }
    }
}
