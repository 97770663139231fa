//! What gating gives.

use serde::Serialize;

use super::change::Change;

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
    /// The model answers this request only through Converse, although a stream was requested (M2).
    pub needs_converse: bool,
    /// The id that must be called instead of the requested one (I1).
    pub call_id: Option<String>,
}
