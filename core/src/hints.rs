//! What can be said beyond AWS's text: the likely cause of an error and its fix.
//!
//! AWS's message stays word for word, because callers match on it; this goes into `error.hint`.

use crate::bedrock::CallError;
use crate::bedrock::error::ErrorKind;
use crate::gate::Violation;
use crate::model::ModelCapabilities;
use crate::profile::ResolvedProfile;

/// Adds advice where there is some and none was given. `violations` is what the gate left for AWS to
/// answer.
pub fn advise(
    error: &mut CallError,
    resolved: &ResolvedProfile,
    model: &ModelCapabilities,
    violations: &[Violation],
) {
    if error.hint.is_none() {
        error.hint = advice(error, resolved, model, violations);
    }
}

fn advice(
    error: &CallError,
    resolved: &ResolvedProfile,
    model: &ModelCapabilities,
    violations: &[Violation],
) -> Option<String> {
    let text = error.message.replace('’', "'");
    let called = &resolved.call_id;
    let region = resolved.region.as_deref().unwrap_or("its region");
    match error.name.as_str() {
        "AccessDeniedException" => Some(format!(
            "The credentials need bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream on \
             {called} and on the foundation model in every region the profile may route to; a \
             service control policy that denies one of these regions denies the profile. After a \
             model agreement was accepted, access takes some minutes. \
             https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html"
        )),
        "UnrecognizedClientException" | "InvalidSignatureException" | "ExpiredTokenException" => {
            Some(
                "AWS does not take these credentials; look at the keys and their session token."
                    .to_owned(),
            )
        }
        "ValidationException" if text.contains("on-demand throughput") => {
            let profiles = profiles_of(resolved, model);
            Some(format!("{called} is called through an inference profile only{profiles}."))
        }
        "ValidationException" if text.contains("model identifier is invalid") => Some(format!(
            "There is no {called} in {region}: look at the id, and whether its geo prefix or ARN \
             belongs to this region and account."
        )),
        "ValidationException" if error.kind == ErrorKind::Service && !violations.is_empty() => {
            let told = violations.iter().map(|Violation { path, rule, reason, remedy }| {
                format!("{path} ({rule}): {reason} {remedy}")
            });
            Some(told.collect::<Vec<_>>().join(" "))
        }
        "ValidationException" if resolved.model.is_none() => Some(format!(
            "Which model is behind {called} is not known, so the request was not fitted to it. Say it \
             in BEDROCK_INFERENCE_PROFILE_MAPPINGS, or allow bedrock:GetInferenceProfile."
        )),
        _ => None,
    }
}

/// The system profiles of a model, as the end of a sentence.
fn profiles_of(resolved: &ResolvedProfile, model: &ModelCapabilities) -> String {
    let base = resolved.model.as_deref().unwrap_or(&model.model);
    let prefixes = model.inference_profile_prefixes.known().map_or(&[][..], Vec::as_slice);
    let ids: Vec<String> = prefixes.iter().map(|prefix| format!("{prefix}.{base}")).collect();
    match ids.as_slice() {
        [] => String::new(),
        ids => format!(": {}", ids.join(", ")),
    }
}
