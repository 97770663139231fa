//! The way that a call has taken: `$metadata.profile.route`.

use serde::{Serialize, Serializer};

use super::cause::Cause;
use crate::operation::Operation;
use crate::profile::ResolvedProfile;

/// The way that a call has taken.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteReport {
    /// Destinations in the order in which they were considered.
    pub steps: Vec<RouteStep>,
    /// The conversation's prompt cache was warm where it was answered.
    pub warm: bool,
    /// How many tokens were in the prompt cache that was left, and are written anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cold_tokens: Option<u64>,
    /// The stream is a whole response of Converse: streaming is denied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub streamed_from_converse: bool,
    /// The same of InvokeModel.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub streamed_from_invoke_model: bool,
}

impl RouteReport {
    /// The way to the one destination that there is, whose streaming is denied.
    pub fn straight(resolved: &ResolvedProfile, sent: Operation) -> Self {
        let step = RouteStep { outcome: StepOutcome::Answered, ..RouteStep::to(resolved) };
        let mut report = Self { steps: vec![step], ..Self::default() };
        report.comes_whole(sent);
        report
    }

    /// The stream is a whole response of this operation.
    pub fn comes_whole(&mut self, sent: Operation) {
        self.streamed_from_converse = sent == Operation::Converse;
        self.streamed_from_invoke_model = sent == Operation::InvokeModel;
    }
}

/// A destination, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RouteStep {
    /// What was, or would have been, called.
    pub call_id: String,
    /// Where.
    pub region: Option<String>,
    /// The model behind it, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What became of it.
    pub outcome: StepOutcome,
    /// The name of its error, or why it was not called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Milliseconds for which it is not called from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cool_down: Option<u64>,
}

/// A destination of an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListedDestination {
    /// What is called.
    call_id: String,
    /// Where.
    region: Option<String>,
    /// The model behind it, where it is known.
    model: Option<String>,
    /// Why it is never called.
    #[serde(skip_serializing_if = "Option::is_none")]
    closed: Option<String>,
}

impl ListedDestination {
    /// One that may be called.
    pub fn open(resolved: &ResolvedProfile) -> Self {
        let ResolvedProfile { call_id, region, model, .. } = resolved;
        Self {
            call_id: call_id.clone(),
            region: region.clone(),
            model: model.clone(),
            closed: None,
        }
    }

    /// One that is passed over.
    pub fn closed(step: RouteStep) -> Self {
        let RouteStep { call_id, region, model, reason, .. } = step;
        Self { call_id, region, model, closed: Some(reason.unwrap_or_default()) }
    }
}

/// What became of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOutcome {
    /// It has answered.
    Answered,
    /// It would be called.
    Chosen,
    /// It was left for this.
    Left(Cause),
    /// It has failed with what another destination would answer too.
    Failed,
    /// It was not called: it cools down.
    CoolingDown,
    /// It was not called: it may lead to where nothing is allowed.
    NotAllowed,
    /// It was not called: another model is behind it, and it is not listed with that.
    OtherModel,
}

impl Serialize for StepOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Answered => serializer.serialize_str("answered"),
            Self::Chosen => serializer.serialize_str("chosen"),
            Self::Left(cause) => cause.serialize(serializer),
            Self::Failed => serializer.serialize_str("failed"),
            Self::CoolingDown => serializer.serialize_str("coolingDown"),
            Self::NotAllowed => serializer.serialize_str("notAllowed"),
            Self::OtherModel => serializer.serialize_str("otherModel"),
        }
    }
}
