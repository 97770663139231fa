//! The operations beside Converse: their ids are resolved and their regions are the ids'; what they
//! say to a model goes as it is, in the model's own words. Of CountTokens the conversation is fitted
//! as the call would be that it counts for.

use std::mem;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::bedrock::call::{Answer, AnswerBody, AnswerKind};
use crate::bedrock::retry::CallState;
use crate::bedrock::stream::EventSource;
use crate::bedrock::{CallError, bindings, shapes};
use crate::client::Client;
use crate::exchange::{Call, Failure, Head, Notice, ProfileReport, Reply, ReplyBody};
use crate::gate::{self, Action, Change, Outcome, Route, Site, Violation};
use crate::hints;
use crate::pipeline;
use crate::profile::ResolvedProfile;
use crate::settings::Gating;

/// An operation beside Converse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direct {
    /// Text against a guardrail, without a model.
    ApplyGuardrail,
    /// How many tokens an input is.
    CountTokens,
    /// A model in its own words.
    InvokeModel,
    /// The same, answered piece by piece.
    InvokeModelWithResponseStream,
}

impl Direct {
    /// The operation of this name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::ApplyGuardrail,
            Self::CountTokens,
            Self::InvokeModel,
            Self::InvokeModelWithResponseStream,
        ]
        .into_iter()
        .find(|operation| operation.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::ApplyGuardrail => "ApplyGuardrail",
            Self::CountTokens => "CountTokens",
            Self::InvokeModel => "InvokeModel",
            Self::InvokeModelWithResponseStream => "InvokeModelWithResponseStream",
        }
    }

    fn answer(self) -> AnswerKind {
        match self {
            Self::ApplyGuardrail | Self::CountTokens => AnswerKind::Json,
            Self::InvokeModel => AnswerKind::Bytes,
            Self::InvokeModelWithResponseStream => AnswerKind::Events,
        }
    }

    /// A member that every answer of this operation has, where it is JSON.
    fn sign(self) -> &'static str {
        match self {
            Self::ApplyGuardrail => "action",
            _ => "inputTokens",
        }
    }
}

/// A request on its way.
struct Prepared {
    request: Map<String, Value>,
    /// Absent where there is no model.
    resolved: Option<ResolvedProfile>,
    region: Option<String>,
    outcome: Outcome,
}

impl Prepared {
    fn report(&self) -> Option<ProfileReport> {
        let resolved = self.resolved.as_ref()?;
        let called = self.request.get("modelId").and_then(Value::as_str);
        Some(ProfileReport {
            requested_id: resolved.requested_id.clone(),
            call_id: called.unwrap_or(&resolved.call_id).to_owned(),
            model: resolved.model.clone(),
            region: resolved.region.clone(),
            source: resolved.source,
            changes: self.outcome.changes.clone(),
        })
    }
}

impl Client {
    /// Calls one of the operations beside Converse.
    pub async fn direct(&self, operation: Direct, call: Call) -> Result<Reply, Failure> {
        let prepared = self.prepare_direct(operation, &call).await?;
        let failed = |mut error: CallError| {
            if let Some(resolved) = &prepared.resolved {
                let model = &self.knowledge(resolved, true).capabilities;
                let (request, blobs) = (&prepared.request, &call.blobs);
                hints::advise(&mut error, &hints::Asked { resolved, model, request, blobs });
            }
            Failure { error, profile: prepared.report() }
        };
        let caller = self.runtime(prepared.region.as_deref()).await.map_err(failed)?;
        let name = operation.name();
        let wire = pipeline::wire(name, &prepared.request, &call, operation.answer());
        let notify = Arc::clone(&call.notify);
        let state = CallState::new(move |retry| notify(&Notice::Retry(retry)));
        let sent = caller.send(wire.map_err(failed)?, Arc::clone(&state)).await;
        let Answer { status, ids, headers, body } = sent.map_err(failed)?;
        let metadata = state.metadata(Some(status), ids);
        let body = match body {
            AnswerBody::Stream(frames) => {
                let silence = self.settings().silence();
                ReplyBody::Stream(EventSource::chunks(frames, silence, metadata.clone()))
            }
            AnswerBody::Whole(bytes) if operation.answer() == AnswerKind::Json => {
                let answer = pipeline::read_answer(name, operation.sign(), &bytes);
                let answer =
                    answer.map_err(|error| failed(error.with_metadata(metadata.clone())))?;
                ReplyBody::Whole(shapes::decode(name, answer))
            }
            AnswerBody::Whole(bytes) => ReplyBody::Bytes(bytes),
        };
        let members = bindings::answer_members(name, &headers);
        Ok(Reply { head: Head { metadata, profile: prepared.report(), members }, body })
    }

    async fn prepare_direct(&self, operation: Direct, call: &Call) -> Result<Prepared, Failure> {
        let mut request = pipeline::read_input(call)?;
        if operation == Direct::ApplyGuardrail {
            let named = request.get("guardrailIdentifier").and_then(Value::as_str);
            let region = named.and_then(region_of_arn).map(str::to_owned);
            let region = region.or_else(|| self.settings().region.clone());
            return Ok(Prepared { request, resolved: None, region, outcome: Outcome::default() });
        }
        let gating = call.gating.unwrap_or(self.settings().gating);
        let resolved = self.resolve_input(&mut request, gating, &call.notify).await?;
        let mut outcome = match operation {
            _ if gating == Gating::Off => Outcome::default(),
            Direct::CountTokens => self.fit_count(&resolved, &mut request),
            _ => self.fit_id(&resolved, &mut request),
        };
        if !outcome.changes.is_empty() {
            let model = resolved.model.as_deref().unwrap_or_default();
            (call.notify)(&Notice::Gate { model, changes: &outcome.changes });
        }
        if operation == Direct::InvokeModel && gating == Gating::Strict {
            outcome.violations.extend(too_long_to_wait_for(&request, &call.blobs));
        }
        let region = resolved.region.clone();
        let prepared = Prepared { request, resolved: Some(resolved), region, outcome };
        if gating == Gating::Strict {
            pipeline::refuse(&prepared.outcome)
                .map_err(|error| Failure { error, profile: prepared.report() })?;
        }
        Ok(prepared)
    }

    /// The id of a model that is served by profiles only (I1): of the rules that alone is not about
    /// Converse's own members.
    fn fit_id(&self, resolved: &ResolvedProfile, request: &mut Map<String, Value>) -> Outcome {
        if self.is_mapped(&resolved.requested_id) {
            return Outcome::default();
        }
        let ResolvedProfile { call_id, region, partition, .. } = resolved;
        let site = region.as_deref().map(|region| Site { call_id, region, partition });
        let known = self.knowledge(resolved, true);
        let mut named = Map::from_iter([("modelId".to_owned(), Value::from(call_id.as_str()))]);
        let route = Route { operation: gate::Operation::Converse, site };
        let mut outcome = gate::gate(&mut named, &known.capabilities, route);
        outcome.changes.retain(|change| change.path == "modelId");
        outcome.violations.retain(|violation| violation.path == "modelId");
        if let Some(id) = outcome.call_id.take() {
            request.insert("modelId".to_owned(), Value::from(id));
        }
        outcome
    }

    /// What CountTokens counts: the conversation as it would be sent, by the model's own id.
    fn fit_count(&self, resolved: &ResolvedProfile, request: &mut Map<String, Value>) -> Outcome {
        let mut outcome = Outcome::default();
        if let Some(model) = resolved.model.as_deref().filter(|model| *model != resolved.call_id) {
            request.insert("modelId".to_owned(), Value::from(model));
            outcome.changes.push(counted_by_model(&resolved.call_id, model));
        }
        let conversation = request.get_mut("input").and_then(|input| input.get_mut("converse"));
        if let Some(Value::Object(conversation)) = conversation {
            let mut fitted = mem::take(conversation);
            let known = self.knowledge(resolved, true);
            let found = gate::gate(&mut fitted, &known.capabilities, gate::Operation::Converse);
            *conversation = fitted;
            outcome.changes.extend(found.changes.into_iter().filter_map(|mut change| {
                change.path = counted(&change.path)?;
                Some(change)
            }));
            outcome.violations.extend(found.violations.into_iter().filter_map(|mut violation| {
                violation.path = counted(&violation.path)?;
                Some(violation)
            }));
        }
        outcome
    }
}

/// The path of a member within what is counted; other members of a conversation do not count.
fn counted(path: &str) -> Option<String> {
    let member = path.split(['.', '[']).next()?;
    ["messages", "system", "toolConfig", "additionalModelRequestFields"]
        .contains(&member)
        .then(|| format!("input.converse.{path}"))
}

/// Rule I8. AWS: "The provided model doesn't support counting tokens." for every profile.
fn counted_by_model(called: &str, model: &str) -> Change {
    Change {
        path: "modelId".to_owned(),
        action: Action::Rewrite,
        from: Some(Value::from(called)),
        to: Some(Value::from(model)),
        rule: "I8",
        reason: format!(
            "CountTokens takes the ids of models and not those of profiles: {model} was asked."
        ),
        follows: false,
    }
}

/// Rule T7: the longest answer that Claude gives whole while it thinks, in tokens.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html>
const WHOLE: u64 = 21_333;

/// Rule T7: an answer that Claude may only stream. What is no body of Claude's is none of these.
fn too_long_to_wait_for(request: &Map<String, Value>, blobs: &[Vec<u8>]) -> Option<Violation> {
    let body = request.get("body")?;
    let bytes = body.as_str().map(str::as_bytes).or_else(|| shapes::blob(body, blobs))?;
    let body: Value = serde_json::from_slice(bytes).ok()?;
    let thinks = matches!(body.pointer("/thinking/type")?.as_str()?, "enabled" | "adaptive");
    let longest = body.get("max_tokens")?.as_u64()?;
    (thinks && longest > WHOLE).then(|| Violation {
        path: "body.max_tokens".to_owned(),
        rule: "T7",
        reason: format!(
            "Claude gives no more than {WHOLE} tokens whole while it thinks; {longest} were asked for."
        ),
        remedy: format!("Use InvokeModelWithResponseStream, or ask for at most {WHOLE}."),
    })
}

/// The region that the ARN of a guardrail names.
fn region_of_arn(id: &str) -> Option<&str> {
    let mut parts = id.split(':');
    let arn = parts.next() == Some("arn") && parts.nth(1) == Some("bedrock");
    parts.next().filter(|region| arn && !region.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_guardrails_arn_names_its_region() {
        let arn = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc123";
        assert_eq!(region_of_arn(arn), Some("eu-west-1"));
        for id in ["abc123", "", "arn:aws:s3:eu-west-1:1:x", "arn:aws:bedrock::1:guardrail/x"] {
            assert_eq!(region_of_arn(id), None, "{id}");
        }
    }

    #[test]
    fn a_long_answer_with_thinking_must_be_streamed() {
        let blobs = [br#"{"max_tokens":21334,"thinking":{"type":"adaptive"}}"#.to_vec()];
        let found = |body: Value| {
            too_long_to_wait_for(&Map::from_iter([("body".to_owned(), body)]), &blobs)
        };
        assert_eq!(found(json!({ shapes::BLOB_KEY: 0 })).map(|found| found.rule), Some("T7"));
        let enabled = r#"{"max_tokens":30000,"thinking":{"type":"enabled","budget_tokens":1024}}"#;
        assert!(found(json!(enabled)).is_some());
        for body in [
            r#"{"max_tokens":21333,"thinking":{"type":"enabled"}}"#,
            r#"{"max_tokens":30000,"thinking":{"type":"disabled"}}"#,
            r#"{"max_tokens":30000}"#,
            "no JSON",
        ] {
            assert_eq!(found(json!(body)), None, "{body}");
        }
    }

    #[test]
    fn only_what_is_counted_is_reported() {
        assert_eq!(
            counted("messages[0].content[1]").as_deref(),
            Some("input.converse.messages[0].content[1]")
        );
        assert_eq!(counted("inferenceConfig.topP"), None);
    }
}
