//! What goes into the pipeline and what comes out: calls, notices, answers, failures.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::attribution::{Attribution, Way};
use crate::bedrock::credentials::GivenFuture;
use crate::bedrock::retry::RetryEvent;
use crate::bedrock::shapes::Decoded;
use crate::bedrock::stream::EventSource;
use crate::bedrock::{CallError, Metadata};
use crate::failover::{Cause, RouteReport};
use crate::gate::{Change, Violation};
use crate::profile::ResolvedProfile;
use crate::profile::resolver::ResolveSource;
use crate::settings::Gating;
use crate::store::object::Keeper;

/// What the core needs of the process it runs in.
pub trait Host: Keeper {
    /// Asks one of the caller's providers for keys or a token.
    fn ask(&self, provider: u32) -> GivenFuture;
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
    /// A destination is left for another one.
    #[serde(rename_all = "camelCase")]
    Failover {
        /// What was called, and where.
        from: &'a str,
        /// Why it is left.
        cause: Cause,
        /// The name of its error.
        error: &'a str,
        /// The text of its error.
        message: &'a str,
        /// Milliseconds for which it is not called.
        cool_down: Option<u64>,
    },
    /// A conversation has left a warm prompt cache, and was written to another one.
    #[serde(rename = "coldWrite")]
    ColdWrite {
        /// Where its cache was warm.
        from: &'a str,
        /// Where it was written.
        to: &'a str,
        /// How many tokens were written.
        tokens: u64,
        /// How many were in the cache that was left.
        warm: u64,
    },
    /// The operator should know.
    Warning {
        /// What.
        message: &'a str,
    },
    /// Who looks for the reason of something may want to know.
    Debug {
        /// What.
        message: &'a str,
    },
}

/// Tells the client's listeners.
pub type Notifier = Arc<dyn Fn(&Notice<'_>) + Send + Sync>;

/// A call, whatever its operation.
pub struct Call {
    /// The input as JSON.
    pub input: String,
    /// The input's blobs.
    pub blobs: Vec<Vec<u8>>,
    /// The mode for this call; the client's where it is absent.
    pub gating: Option<Gating>,
    /// Longest time until the response begins; the client's where it is absent.
    pub first_byte: Option<Duration>,
    /// Whose cost it is.
    pub attribution: Option<Attribution>,
    /// Headers that go before those of the client.
    pub headers: Vec<(String, String)>,
    /// Tells the client's listeners.
    pub notify: Notifier,
}

impl Call {
    /// How much there is to read and to write, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.blobs.iter().map(Vec::len).sum::<usize>() + self.input.len()
    }
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
    /// The operator's name for it, where the mappings give one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What was changed.
    pub changes: Vec<Change>,
    /// The way that was taken, where there were several, or something forbids some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteReport>,
}

/// What is known before a response's content.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Head {
    /// `$metadata`.
    pub metadata: Metadata,
    /// `$metadata.profile`, where the call has a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileReport>,
    /// Members of the response that stand in its headers.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub members: Map<String, Value>,
    /// What was used, where the headers say it and the content is the model's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Map<String, Value>>,
}

/// A response.
pub struct Response {
    /// What is known before its content.
    pub head: Head,
    /// Its content.
    pub body: ResponseBody,
}

/// A response's content.
pub enum ResponseBody {
    /// All of it.
    Whole(Decoded),
    /// All of it, as bytes that no shape is known of.
    Bytes(Bytes),
    /// Its events.
    Stream(Box<EventSource>),
}

/// Why a call failed, and what it was resolved to before.
#[derive(Debug, Serialize)]
pub struct CallFailure {
    /// Why.
    #[serde(flatten)]
    pub error: CallError,
    /// What it was resolved to, where that far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Box<ProfileReport>>,
}

impl From<CallError> for CallFailure {
    fn from(error: CallError) -> Self {
        Self { error, profile: None }
    }
}

/// What would be sent, and why.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// What the id was resolved to.
    pub resolved: ResolvedProfile,
    /// What the model can do, each fact with its value, source and age.
    pub capabilities: Value,
    /// What would be changed.
    pub changes: Vec<Change>,
    /// What is wrong and would be left for AWS to answer.
    pub violations: Vec<Violation>,
    /// In which of AWS's ways the request would say whose cost it is, and which are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attribution: Vec<Way>,
    /// The way to what would be called, where there are several or something may forbid it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<RouteReport>,
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
