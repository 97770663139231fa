//! A request's way: resolve → capabilities → gate → call.
//!
//! This is the only module that knows all four rooms.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::bedrock::call::{AnswerBody, WireRequest};
use crate::bedrock::credentials::KeysFuture;
use crate::bedrock::replay;
use crate::bedrock::retry::{CallState, RetryEvent};
use crate::bedrock::shapes::{self, Decoded};
use crate::bedrock::stream::EventSource;
use crate::bedrock::{CallError, Metadata};
use crate::gate::{self, Action, Change, Operation, Outcome, Violation};
use crate::model::{ModelCapabilities, catalog};
use crate::profile::arn::encode_path_segment;
use crate::profile::partition::partition_of_region;
use crate::profile::resolver::ResolveSource;
use crate::profile::{Kind, ModelRef, ResolvedProfile};
use crate::settings::Gating;

pub use crate::client::Client;

/// What the core needs of the process it runs in.
pub trait Host: Send + Sync {
    /// Asks one of the caller's providers for keys.
    fn keys(&self, provider: u32) -> KeysFuture;
}

/// Something the client's listeners are told while a call is under way.
#[derive(Debug, Serialize)]
// The tag is no field of what it tags: a resolved profile has a `kind` of its own.
#[serde(tag = "notice", rename_all = "lowercase")]
pub enum Notice<'a> {
    /// An id was resolved.
    Resolve(&'a ResolvedProfile),
    /// A request was changed.
    Gate {
        /// The model it was fitted to.
        model: &'a str,
        /// The changes.
        changes: &'a [Change],
    },
    /// An attempt failed and is repeated.
    Retry(RetryEvent),
    /// The operator should know.
    Warning {
        /// What.
        message: &'a str,
    },
}

/// Tells the client's listeners.
pub type Notify = Arc<dyn Fn(&Notice<'_>) + Send + Sync>;

/// A call to Converse or ConverseStream.
pub struct Call {
    /// Which.
    pub operation: Operation,
    /// The input as JSON.
    pub input: String,
    /// The input's blobs.
    pub blobs: Vec<Vec<u8>>,
    /// Tells the client's listeners.
    pub notify: Notify,
}

/// What a call was resolved to and changed by: `$metadata.profile`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileReport {
    /// The id as the caller gave it.
    pub requested_id: String,
    /// The id that was called.
    pub call_id: String,
    /// The base model's id, where it is known.
    pub model: Option<String>,
    /// Where it was called.
    pub region: Option<String>,
    /// Where the model is known from.
    pub source: ResolveSource,
    /// What was changed.
    pub changes: Vec<Change>,
}

/// What is known before an answer's content.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Head {
    /// `$metadata`.
    pub metadata: Metadata,
    /// `$metadata.profile`.
    pub profile: ProfileReport,
}

/// An answer.
pub struct Reply {
    /// What is known before its content.
    pub head: Head,
    /// Its content.
    pub body: ReplyBody,
}

/// An answer's content.
pub enum ReplyBody {
    /// All of it.
    Whole(Decoded),
    /// Its events.
    Stream(EventSource),
}

/// Why a call failed, and what it was resolved to before.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// Why.
    #[serde(flatten)]
    pub error: CallError,
    /// What it was resolved to, where that far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileReport>,
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self { error, profile: None }
    }
}

/// What would be sent, and why.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// What the id was resolved to.
    pub resolved: ResolvedProfile,
    /// What the model can do.
    pub capabilities: Arc<ModelCapabilities>,
    /// What would be changed.
    pub changes: Vec<Change>,
    /// What is wrong and would be left for AWS to answer.
    pub violations: Vec<Violation>,
    /// What would be sent.
    pub request: ExplainedRequest,
}

/// What would be sent.
#[derive(Debug, Serialize)]
pub struct ExplainedRequest {
    /// The HTTP method.
    pub method: &'static str,
    /// The URL.
    pub url: String,
    /// The body, as JSON text.
    pub body: String,
}

/// A request that has been through the first three rooms.
struct Prepared {
    operation: Operation,
    resolved: ResolvedProfile,
    capabilities: Arc<ModelCapabilities>,
    outcome: Outcome,
    body: Vec<u8>,
}

impl Prepared {
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

    fn path(&self) -> String {
        let verb = match self.operation {
            Operation::Converse => "converse",
            Operation::ConverseStream => "converse-stream",
        };
        format!("/model/{}/{verb}", encode_path_segment(&self.resolved.call_id))
    }
}

impl Client {
    /// Makes a call.
    pub async fn converse(&self, call: Call) -> Result<Reply, Failure> {
        let prepared = self.prepare(call.operation, &call.input, &call.blobs, &call.notify).await?;
        let profile = prepared.report();
        let failed = |error| Failure { error, profile: Some(profile.clone()) };
        let caller = self.runtime(prepared.resolved.region.as_deref()).await.map_err(failed)?;
        let request = WireRequest {
            method: "POST",
            path: prepared.path(),
            body: prepared.body.into(),
            stream: prepared.operation == Operation::ConverseStream,
        };
        let notify = Arc::clone(&call.notify);
        let state = CallState::new(move |retry| notify(&Notice::Retry(retry)));
        let answer = caller.send(request, Arc::clone(&state)).await.map_err(failed)?;
        let metadata = state.metadata(Some(answer.status), answer.request_id);
        let body = match answer.body {
            AnswerBody::Whole(bytes) => {
                let body = serde_json::from_str(&String::from_utf8_lossy(&bytes)).map_err(|e| {
                    let message = format!("The answer is no JSON: {e}");
                    let error = CallError::answer("UnreadableAnswerError", message);
                    failed(error.with_metadata(metadata.clone()))
                })?;
                let answer = shapes::decode("Converse", body);
                match call.operation {
                    Operation::Converse => ReplyBody::Whole(answer),
                    Operation::ConverseStream => {
                        let events = replay::events(&answer.value);
                        ReplyBody::Stream(EventSource::ready(events, metadata.clone()))
                    }
                }
            }
            AnswerBody::Stream(frames) => {
                let silence = self.settings().silence();
                ReplyBody::Stream(EventSource::new(frames, silence, metadata.clone()))
            }
        };
        Ok(Reply { head: Head { metadata, profile }, body })
    }

    /// What would be sent for an input, and why; makes no inference call.
    pub async fn explain(
        &self,
        operation: Operation,
        input: &str,
        blobs: &[Vec<u8>],
    ) -> Result<Explanation, CallError> {
        let notify: Notify = Arc::new(|_| {});
        let prepared = self.prepare(operation, input, blobs, &notify).await?;
        let caller = self.runtime(prepared.resolved.region.as_deref()).await?;
        let request = ExplainedRequest {
            method: "POST",
            url: format!("{}{}", caller.url().trim_end_matches('/'), prepared.path()),
            body: String::from_utf8_lossy(&prepared.body).into_owned(),
        };
        Ok(Explanation {
            resolved: prepared.resolved,
            capabilities: prepared.capabilities,
            changes: prepared.outcome.changes,
            violations: prepared.outcome.violations,
            request,
        })
    }

    /// What the model behind an id can do.
    pub async fn capabilities(&self, id: &str) -> Result<Arc<ModelCapabilities>, CallError> {
        Ok(capabilities_of(&self.resolve(id).await?))
    }

    async fn prepare(
        &self,
        operation: Operation,
        input: &str,
        blobs: &[Vec<u8>],
        notify: &Notify,
    ) -> Result<Prepared, CallError> {
        let mut request: Map<String, Value> = serde_json::from_str(input)
            .map_err(|error| CallError::input(format!("The input is no JSON object: {error}")))?;
        let id = match request.get("modelId") {
            Some(Value::String(id)) => id.clone(),
            _ => return Err(CallError::input("No value provided for input HTTP label: modelId.")),
        };
        let resolved = self.resolve(&id).await?;
        notify(&Notice::Resolve(&resolved));
        for warning in resolved.warnings.iter().filter(|warning| warning.first) {
            notify(&Notice::Warning { message: &warning.message });
        }
        let capabilities = capabilities_of(&resolved);
        let outcome = match self.settings().gating {
            Gating::Off => Outcome::default(),
            Gating::Adapt => gate::gate(&mut request, &capabilities, operation),
            Gating::Strict => {
                let outcome = gate::gate(&mut request, &capabilities, operation);
                refuse(&outcome)?;
                outcome
            }
        };
        let (operation, outcome) = if outcome.needs_converse {
            (Operation::Converse, through_converse(outcome))
        } else {
            (operation, outcome)
        };
        if !outcome.changes.is_empty() {
            let model = capabilities.model.as_str();
            notify(&Notice::Gate { model, changes: &outcome.changes });
        }
        let body = shapes::encode(name_of(operation), &Value::Object(request), blobs);
        Ok(Prepared { operation, resolved, capabilities, outcome, body })
    }
}

/// Rule M2: what a model cannot stream is asked for whole, and reported as a change.
fn through_converse(mut outcome: Outcome) -> Outcome {
    let streaming = |violation: &Violation| violation.rule == "M2";
    let reason = outcome.violations.iter().find(|violation| streaming(violation));
    outcome.changes.push(Change {
        path: "(operation)".to_owned(),
        action: Action::Rewrite,
        from: Some(Value::from("ConverseStream")),
        to: Some(Value::from("Converse")),
        rule: "M2",
        reason: reason.map_or_else(String::new, |violation| violation.reason.clone()),
    });
    outcome.violations.retain(|violation| !streaming(violation));
    outcome
}

fn name_of(operation: Operation) -> &'static str {
    match operation {
        Operation::Converse => "Converse",
        Operation::ConverseStream => "ConverseStream",
    }
}

/// What the model behind a resolved id can do.
fn capabilities_of(resolved: &ResolvedProfile) -> Arc<ModelCapabilities> {
    match &resolved.model {
        Some(model) => catalog::capabilities(model),
        None => Arc::new(ModelCapabilities {
            model: resolved.call_id.clone(),
            ..ModelCapabilities::default()
        }),
    }
}

/// In `strict`, one error that says everything that is wrong.
fn refuse(outcome: &Outcome) -> Result<(), CallError> {
    let repairs = outcome
        .changes
        .iter()
        .map(|change| format!("{} ({}): {}", change.path, change.rule, change.reason));
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
    let violations = outcome.changes.iter().map(serde_json::to_value);
    let violations = violations.chain(outcome.violations.iter().map(serde_json::to_value));
    let violations = violations.filter_map(Result::ok).collect();
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
