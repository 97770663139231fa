//! What AWS must be asked to learn which model stands behind an id, as a trait.
//!
//! One question is one GET of the control plane and gives the next reference; the resolver walks
//! the chain (a deployment, its custom model, the base model). The bedrock room implements it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::BoxFuture;
use super::arn::{IdKind, ModelRef, encode_path_segment};
use crate::tenant::{Fingerprint, Tenants};

/// Asks AWS what stands behind an id.
pub trait ProfileLookup: Send + Sync {
    /// One GET: what the target refers to next. `region` is where the target lives; `None` where
    /// neither the id nor the client's configuration says.
    fn underlying<'a>(
        &'a self,
        target: &'a ModelRef,
        region: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Underlying, LookupError>>;
}

/// Who asks, and whom: what an answer or a failure depends on beside its subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Scope {
    /// The endpoint that is asked, where it is not AWS's own. What AWS says of an ARN holds for
    /// everyone; what another endpoint says, for those whom it said it to.
    pub endpoint: Option<Arc<str>>,
    /// Whose names are read.
    pub tenants: Tenants,
    /// The whole credential: what is refused is refused to it.
    pub credential: Fingerprint,
    /// Who signs, where every process with the same configuration calls it the same. Nothing in it is
    /// secret or rotates.
    pub signer: Option<Arc<str>>,
    /// The same of keys that do not rotate: whose they are is certain.
    pub keys: Option<Arc<str>>,
    /// The way to the endpoint: what cannot be reached cannot be reached by all that go this way.
    pub way: Fingerprint,
}

/// What AWS answered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Underlying {
    /// The references as AWS gave them, in order: `models[].modelArn`, `foundationModelArn`,
    /// `modelArn` or `baseModelArn`; of a prompt router `fallbackModel` too.
    pub models: Vec<String>,
    /// `inferenceProfileName`, `promptRouterName`, …
    pub name: Option<String>,
    /// `status`, where there is one.
    pub status: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LookupCause {
    /// The credentials may not ask.
    AccessDenied,
    /// AWS does not accept the credentials: a wrong secret, an unknown key, a token that is missing.
    Credentials,
    /// The session of the credentials has expired.
    Expired,
    /// The time of the signature is not AWS's.
    Clock,
    /// Something else than AWS refused it: a gateway, a proxy, an endpoint's policy.
    Refused,
    /// There is no such thing.
    NotFound,
    /// Asked too often.
    Throttled,
    /// AWS does not take the id.
    Validation,
    /// AWS answered with an error of its own, or could not be reached.
    Unavailable,
    /// No answer in time.
    Timeout,
    /// Anything else, missing credentials among it.
    Other,
}

impl LookupCause {
    /// Whether it is about what is asked, or the service, and not about who asks or from where.
    pub(super) fn is_the_subjects(self) -> bool {
        matches!(self, Self::NotFound | Self::Throttled | Self::Validation | Self::Unavailable)
    }

    /// Whether it says that whoever asks may not know.
    pub(super) fn is_refusal(self) -> bool {
        matches!(self, Self::AccessDenied | Self::Credentials | Self::Expired | Self::Refused)
    }

    /// What happened, as the middle of a sentence.
    pub(super) fn phrase(self) -> &'static str {
        match self {
            Self::AccessDenied => "AWS refused to say",
            Self::Credentials => "AWS does not accept the credentials",
            Self::Expired => "the credentials have expired",
            Self::Clock => "the clock of this machine is wrong",
            Self::Refused => "the endpoint refused to say",
            Self::NotFound => "AWS does not know it",
            Self::Throttled => "AWS was asked too often",
            Self::Validation => "AWS does not take this id",
            Self::Unavailable => "AWS could not be asked",
            Self::Timeout => "AWS did not answer in time",
            Self::Other => "asking AWS failed",
        }
    }
}

/// No answer, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupError {
    /// The kind of failure; how long it is remembered depends on it.
    pub cause: LookupCause,
    /// AWS's text, or ours.
    pub message: String,
    /// The IAM action that is missing (`bedrock:GetInferenceProfile`); filled in by the resolver
    /// from [`Question`] where an implementation leaves it empty.
    pub permission: Option<String>,
    /// When AWS wants to be asked again.
    pub retry_after: Option<Duration>,
    /// Nothing answered at all: that is about the way there, and not about who asks.
    pub unreachable: bool,
}

impl LookupError {
    /// A failure without more details.
    pub fn new(cause: LookupCause, message: impl Into<String>) -> Self {
        Self {
            cause,
            message: message.into(),
            permission: None,
            retry_after: None,
            unreachable: false,
        }
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.cause.phrase(), self.message)
    }
}

impl std::error::Error for LookupError {}

/// The GET that answers what stands behind an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The operation's name (`GetInferenceProfile`).
    pub operation: &'static str,
    /// Path on the control plane's host, encoded.
    pub path: String,
    /// The members of the answer that hold the next reference, the first present one counting;
    /// `models` is a list of objects with `modelArn`.
    pub members: &'static [&'static str],
    /// A member that holds one reference more: a prompt router's `fallbackModel`.
    pub fallback_member: Option<&'static str>,
    /// The member that holds the display name.
    pub name_member: &'static str,
}

impl Question {
    /// What to ask about an id; `None` where AWS has no answer (the id tells it already, or an
    /// imported model, a prompt, a SageMaker endpoint: none of these names a family).
    pub fn about(target: &ModelRef) -> Option<Self> {
        if !target.is_opaque() {
            return None;
        }
        let (operation, folder, members, name_member): (_, _, &'static [&'static str], _) =
            match target.kind() {
                IdKind::ApplicationProfile | IdKind::SystemProfile | IdKind::Alias => (
                    "GetInferenceProfile",
                    "inference-profiles",
                    &["models"],
                    "inferenceProfileName",
                ),
                IdKind::ProvisionedModel => (
                    "GetProvisionedModelThroughput",
                    "provisioned-model-throughput",
                    &["foundationModelArn", "modelArn"],
                    "provisionedModelName",
                ),
                IdKind::CustomModel => {
                    ("GetCustomModel", "custom-models", &["baseModelArn"], "modelName")
                }
                IdKind::CustomModelDeployment => (
                    "GetCustomModelDeployment",
                    "model-customization/custom-model-deployments",
                    &["modelArn"],
                    "modelDeploymentName",
                ),
                IdKind::PromptRouter | IdKind::DefaultPromptRouter => {
                    ("GetPromptRouter", "prompt-routers", &["models"], "promptRouterName")
                }
                IdKind::FoundationModel
                | IdKind::ImportedModel
                | IdKind::Prompt
                | IdKind::SagemakerEndpoint => return None,
            };
        let path = format!("/{folder}/{}", encode_path_segment(target.as_str()));
        let router = matches!(target.kind(), IdKind::PromptRouter | IdKind::DefaultPromptRouter);
        let fallback_member = router.then_some("fallbackModel");
        Some(Self { operation, path, members, fallback_member, name_member })
    }

    /// The IAM action that the question needs.
    pub fn permission(&self) -> String {
        format!("bedrock:{}", self.operation)
    }
}
