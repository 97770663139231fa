//! Mappings for tests.
#![allow(dead_code, reason = "each test file uses a part")]

use bedrock_profile_core::profile::mapping::{Mapped, MappingProblem, Mappings, Severity};
use serde_json::Value;

pub const ARN: &str =
    "arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/rf3zeruqfake";
pub const ARN2: &str =
    "arn:aws:bedrock:us-west-2:123456789123:application-inference-profile/abc123def";
pub const SONNET: &str = "anthropic.claude-sonnet-4-6";
pub const OPUS: &str = "anthropic.claude-opus-5";
pub const ENV: &str = "BEDROCK_INFERENCE_PROFILE_MAPPINGS";

pub fn known() -> Vec<String> {
    [
        "anthropic.claude-3-5-sonnet-20241022-v2:0",
        "anthropic.claude-3-7-sonnet-20250219-v1:0",
        SONNET,
        OPUS,
        "amazon.nova-pro-v1:0",
    ]
    .map(str::to_owned)
    .to_vec()
}

pub fn load(text: &str) -> (Mappings, Vec<MappingProblem>) {
    Mappings::load(Some(text), None, &known)
}

pub fn of(value: &Value) -> (Mappings, Vec<MappingProblem>) {
    load(&value.to_string())
}

/// Mappings without any problem.
pub fn good(value: &Value) -> Mappings {
    let (mappings, problems) = of(value);
    assert_eq!(problems, []);
    mappings
}

pub fn found(mappings: &Mappings, id: &str) -> Mapped {
    mappings.find(id).unwrap_or_else(|| panic!("{id} is not mapped"))
}

/// What is called and which model is behind it.
pub fn says(found: &Mapped) -> (&str, Option<&str>) {
    (&found.call_id, found.model.as_deref())
}

/// The messages, each with the name of its severity before it.
pub fn told(problems: &[MappingProblem]) -> Vec<String> {
    problems
        .iter()
        .map(|problem| match problem.severity {
            Severity::Error => format!("error: {}", problem.message),
            Severity::Warning => format!("warning: {}", problem.message),
        })
        .collect()
}
