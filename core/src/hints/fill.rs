//! The placeholders of a hint, filled for one call.

use std::time::SystemTime;

use serde_json::json;

use super::quota::{Reserved, grouped};
use super::{Hint, HintContext};
use crate::bedrock::CallError;
use crate::labels::geography;
use crate::model::successor::successor;
use crate::profile::lookup::LookupCause;
use crate::profile::partition::{AWS, partition_by_id};
use crate::profile::resolver::WarningCause;
use crate::profile::{IdKind, ResolvedProfile};

/// The template with its placeholders filled. Braces around anything else stay.
pub(super) fn fill(
    template: &str,
    hint: &Hint,
    error: &CallError,
    context: &HintContext<'_>,
) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let filled = after
            .split_once('}')
            .and_then(|(name, after)| Some((value(name, hint, error, context)?, after)));
        if let Some((value, after)) = filled {
            out.push_str(&value);
            rest = after;
        } else {
            out.push('{');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// What stands for a placeholder; `None` for what is none.
fn value(name: &str, hint: &Hint, error: &CallError, context: &HintContext<'_>) -> Option<String> {
    let HintContext { resolved, model, .. } = context;
    let base = resolved.model.as_deref();
    Some(match name {
        "called" => resolved.call_id.clone(),
        "model" => base.unwrap_or(&resolved.call_id).to_owned(),
        "region" => resolved.region.clone().unwrap_or_else(|| "its region".to_owned()),
        "partition" => resolved.partition.clone(),
        "domain" => partition_by_id(&resolved.partition).unwrap_or(AWS).dns_suffix.to_owned(),
        "reserved" => match Reserved::by(context) {
            Some(reserved) => format!(" {}", reserved.sentence()),
            None => String::new(),
        },
        "burndown" => match model.output_burndown_rate.known() {
            Some(rate) if *rate > 1 => {
                format!(" At its end, each token of output counts {rate} times.")
            }
            _ => String::new(),
        },
        "fewer" => fewer(context).to_owned(),
        "profiles" => as_list(", for example ", &other_profiles(context)),
        "profile_ids" => as_list(": ", &profiles(context)),
        "modes" => match model.data_retention_modes.known() {
            Some(modes) => modes.join(" or "),
            None => "another one".to_owned(),
        },
        "window" => match model.max_input_tokens.known().or(model.context_window.known()) {
            Some(window) => format!(" ({} tokens)", grouped(*window)),
            None => String::new(),
        },
        "eol" => match model.eol_date.known() {
            Some(day) => format!(" (end of life: {day})"),
            None => String::new(),
        },
        "successor" => match successor(model, SystemTime::now()) {
            Some(successor) => format!(", for example {successor}"),
            None => String::new(),
        },
        "action" => action(error).unwrap_or("the call").to_owned(),
        "denied" => resource(error).unwrap_or(&resolved.call_id).to_owned(),
        "denied_place" => denied_place(error, context),
        "actions" => hint.permissions.join(" and "),
        "policy" => policy(hint, error, context),
        // No other failure of the question is one that permissions mend.
        "or_allow" if was_denied(resolved) => {
            format!(", or allow it to be context for: {}", policy(hint, error, context))
        }
        "or_allow" => String::new(),
        _ => return None,
    })
}

/// Whether AWS has refused to say which model stands behind the id.
fn was_denied(resolved: &ResolvedProfile) -> bool {
    let denied = WarningCause::Lookup(LookupCause::AccessDenied);
    resolved.warnings.iter().any(|warning| warning.cause == denied)
}

/// How a call can reserve less.
fn fewer(context: &HintContext<'_>) -> &'static str {
    match Reserved::by(context) {
        Some(Reserved { is_set: false, .. }) => {
            "Set inferenceConfig.maxTokens near the longest answer that is needed: what is reserved \
             beyond that is given back only when the call ends."
        }
        Some(_) => {
            "Lower maxTokens to near the longest answer that is needed: what is reserved beyond that \
             is given back only when the call ends."
        }
        None => "Spread the calls over more time.",
    }
}

fn as_list(lead: &str, ids: &[String]) -> String {
    if ids.is_empty() { String::new() } else { format!("{lead}{}", ids.join(", ")) }
}

/// The system profiles of the model.
fn profiles(context: &HintContext<'_>) -> Vec<String> {
    let base = context.resolved.model.as_deref().unwrap_or(&context.model.model);
    let prefixes = context.model.inference_profile_prefixes.known();
    let prefixes = prefixes.map_or(&[][..], Vec::as_slice);
    prefixes.iter().map(|prefix| format!("{prefix}.{base}")).collect()
}

/// Those that can be called from where the call was made, without the one that was called.
fn other_profiles(context: &HintContext<'_>) -> Vec<String> {
    let resolved = context.resolved;
    let here = |prefix: &str| {
        let commercial = resolved.partition == AWS.id;
        let region = resolved.region.as_deref().unwrap_or_default();
        (prefix == "global" && commercial) || crate::labels::home(region).contains(&prefix)
    };
    let called = resolved.call_id.rsplit('/').next().unwrap_or_default();
    let mut ids = profiles(context);
    ids.retain(|id| id != called && id.split('.').next().is_some_and(here));
    ids
}

/// The action in "is not authorized to perform: bedrock:InvokeModel on resource: …".
fn action(error: &CallError) -> Option<&str> {
    let (_, after) = error.message.split_once("to perform: ")?;
    let action = after.split_whitespace().next()?.trim_end_matches(['.', ',']);
    action.contains(':').then_some(action)
}

/// The resource in it.
fn resource(error: &CallError) -> Option<&str> {
    let (_, after) = error.message.split_once("on resource: ")?;
    let resource = after.split_whitespace().next()?.trim_end_matches(['.', ',']);
    resource.starts_with("arn:").then_some(resource)
}

/// Where the denied resource is, if that is not where the call was made.
fn denied_place(error: &CallError, context: &HintContext<'_>) -> String {
    let called = &context.resolved.call_id;
    match resource(error).and_then(|arn| arn.split(':').nth(3)) {
        Some("") => format!(": {called} is global and may route to any region"),
        Some(region) if Some(region) != context.resolved.region.as_deref() => {
            format!(": {called} may route to {region}")
        }
        _ => String::new(),
    }
}

/// A statement of an IAM policy that allows what is missing.
fn policy(hint: &Hint, error: &CallError, context: &HintContext<'_>) -> String {
    // What AWS names is what is missing, and more than this table can know.
    let named = action(error).filter(|action| !hint.permissions.contains(action));
    let actions = named.map_or_else(|| hint.permissions.to_vec(), |action| vec![action]);
    let invokes = |action: &&str| action.starts_with("bedrock:Invoke");
    let resources = if actions.iter().all(invokes) {
        invocable(context)
    } else if actions == ["bedrock:GetInferenceProfile"] {
        vec![arn_of_called(context)]
    } else {
        vec![resource(error).unwrap_or("*").to_owned()]
    };
    json!({ "Effect": "Allow", "Action": actions, "Resource": resources }).to_string()
}

/// The ARNs that a call of a model needs to be allowed: of what is called, and of the model wherever
/// it may be routed to.
fn invocable(context: &HintContext<'_>) -> Vec<String> {
    let resolved = context.resolved;
    let mut arns = vec![arn_of_called(context)];
    for model in resolved.model.iter().chain(&resolved.other_models) {
        let everywhere = format!("arn:{}:bedrock:*::foundation-model/{model}", resolved.partition);
        if !arns.contains(&everywhere) {
            arns.push(everywhere);
        }
    }
    arns
}

fn arn_of_called(context: &HintContext<'_>) -> String {
    let resolved = context.resolved;
    let (called, partition) = (&resolved.call_id, &resolved.partition);
    let region = resolved.region.as_deref().unwrap_or("*");
    if called.starts_with("arn:") {
        return called.clone();
    }
    match resolved.kind {
        IdKind::FoundationModel => format!("arn:{partition}:bedrock:*::foundation-model/{called}"),
        IdKind::SystemProfile => {
            format!("arn:{partition}:bedrock:{region}:*:inference-profile/{called}")
        }
        // A name tells less than its ARN: an application profile's, or a provisioned model's.
        _ if geography(called, None, AWS.id).is_some() => {
            format!("arn:{partition}:bedrock:{region}:*:inference-profile/{called}")
        }
        _ => format!("arn:{partition}:bedrock:{region}:*:application-inference-profile/{called}"),
    }
}
