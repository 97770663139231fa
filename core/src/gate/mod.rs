//! What of a request will the model accept?
//!
//! [`gate`] runs the rules of [`RULES`] over a request, in order. Each rule has one action and
//! reports what it did as a [`Change`].

pub mod change;

pub use change::{Action, Change};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::model::ModelCapabilities;

/// The operation a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// One answer.
    Converse,
    /// A stream of events.
    ConverseStream,
}

/// Something the model will refuse: what `strict` reports, and what no rule can repair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Violation {
    /// Path of the member in the request.
    pub path: String,
    /// The rule's id.
    pub rule: &'static str,
    /// Why Bedrock will refuse it.
    pub reason: String,
    /// What would be right.
    pub remedy: String,
}

/// What gating did to a request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// The changes made, in order.
    pub changes: Vec<Change>,
    /// What is wrong and was left for AWS to answer.
    pub violations: Vec<Violation>,
}

/// Fits a Converse or ConverseStream input to a model.
///
/// `request` is the operation's input as JSON (`messages`, `inferenceConfig`, …); members that AWS
/// does not know are still in it. Blobs stand in it as `{"\u{0}blob": n}`.
pub fn gate(
    _request: &mut Map<String, Value>,
    _capabilities: &ModelCapabilities,
    _operation: Operation,
) -> Outcome {
    Outcome::default()
}
