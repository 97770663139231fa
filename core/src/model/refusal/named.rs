//! Refusals that name a member by its place in the request: what of it the model does not take.

use serde_json::{Value, json};

use super::error::Refusal;

const FIELDS: &str = "additionalModelRequestFields";
const BETAS: &str = "anthropic_beta";
/// Where a cache point may stand.
const PLACES: [&str; 3] = ["messages", "system", "tools"];

/// Members of `additionalModelRequestFields` that Converse has members of its own for.
const OWN: [&str; 7] =
    ["max_tokens", "messages", "stop_sequences", "system", "temperature", "topP", "top_p"];

/// The facts behind "doesn't support the … field".
pub(super) fn unsupported(field: &str) -> Option<Value> {
    Some(match field {
        "temperature" => json!({ "temperature": { "supported": false } }),
        "top_p" | "topP" => json!({ "topP": { "supported": false } }),
        "top_k" | "topK" => json!({ "topK": { "supported": false } }),
        "stopSequences" | "stop_sequences" => json!({ "stopSequences": { "supported": false } }),
        "cachePoint" => json!({ "promptCaching": { "supported": false } }),
        "status" => json!({ "tools": { "resultStatus": false } }),
        "toolConfig.toolChoice.any" => json!({ "tools": { "toolChoice": ["auto"] } }),
        "toolConfig.toolChoice.tool" => json!({ "tools": { "toolChoice": ["auto", "any"] } }),
        "toolConfig.toolChoice" | "toolConfig.toolChoice.auto" => {
            json!({ "tools": { "toolChoice": [] } })
        }
        "strict" | "toolConfig.tools.toolSpec.strict" => json!({ "tools": { "strict": false } }),
        "outputConfig" | "outputConfig.textFormat" => json!({ "structuredOutput": false }),
        _ => return None,
    })
}

/// `The additional field … conflicts with an existing field`.
pub(super) fn conflicting(refusal: &Refusal<'_>, field: &str) -> Option<Value> {
    refused_field(refusal, &field.split('.').collect::<Vec<_>>())
}

/// `#/…: extraneous key […] is not permitted`, of a check against the model's own schema.
pub(super) fn extraneous(refusal: &Refusal<'_>, pointer: &str, key: &str) -> Option<Value> {
    let mut path: Vec<&str> = pointer.split('/').filter(|part| !part.is_empty()).collect();
    path.push(key);
    if let Some(field) = refused_field(refusal, &path) {
        return Some(field);
    }
    let (place, _) = path.split_first()?;
    match (*place, key) {
        ("outputConfig", _) => {
            refusal.at(&["outputConfig"]).map(|_| json!({ "structuredOutput": false }))
        }
        ("toolConfig", "strict") => strict(refusal),
        ("toolConfig", "cachePoint") => Some(cached_elsewhere("tools")),
        (place @ ("messages" | "system"), "cachePoint") => Some(cached_elsewhere(place)),
        ("toolConfig", "toolChoice") => unsupported("toolConfig.toolChoice"),
        ("messages", "status") => unsupported(key),
        ("messages", "citations") => Some(json!({ "citations": false })),
        _ => None,
    }
}

/// `…: Extra inputs are not permitted`, in Anthropic's notation: `output_config.format`,
/// `tools.0.custom.strict`, `thinking.adaptive.display`.
pub(super) fn extra(refusal: &Refusal<'_>, path: &str) -> Option<Value> {
    let path: Vec<&str> = path.split('.').collect();
    match path.as_slice() {
        ["output_config", "effort"] => {
            Some(json!({ "reasoning": { "field": "thinking", "efforts": [] } }))
        }
        ["output_config", "format"] => structured(refusal),
        ["tools", .., "strict"] => strict(refusal).or_else(|| refused_field(refusal, &path)),
        [place, .., "cache_control", "ttl"] if PLACES.contains(place) => {
            Some(json!({ "promptCaching": { "ttls": ["5m"] } }))
        }
        [place, .., "cache_control"] if PLACES.contains(place) => Some(cached_elsewhere(place)),
        ["messages", .., "citations"] => Some(json!({ "citations": false })),
        // What the conversation is made of is no field of the model.
        ["messages" | "system", ..] => None,
        path => refused_field(refusal, path),
    }
}

/// `invalid beta flag`, which names none: those that the catalog does not list.
pub(super) fn betas(refusal: &Refusal<'_>) -> Option<Value> {
    let unlisted = |beta: &&str| !(refusal.lists_beta)(beta);
    let refused: Vec<String> = match refusal.at(&[FIELDS, BETAS])? {
        Value::Array(betas) => {
            let betas = betas.iter().filter_map(Value::as_str).filter(unlisted);
            betas.map(|beta| format!("{BETAS}.{beta}")).collect()
        }
        Value::String(betas) if betas.split(',').map(str::trim).any(|beta| unlisted(&beta)) => {
            vec![BETAS.to_owned()]
        }
        _ => return None,
    };
    (!refused.is_empty()).then(|| json!({ "refusedFields": refused }))
}

fn structured(refusal: &Refusal<'_>) -> Option<Value> {
    let wanted = [&["outputConfig"][..], &[FIELDS, "output_config", "format"]];
    wanted
        .into_iter()
        .any(|path| refusal.at(path).is_some())
        .then(|| json!({ "structuredOutput": false }))
}

fn strict(refusal: &Refusal<'_>) -> Option<Value> {
    let tools = refusal.at(&["toolConfig", "tools"])?.as_array()?;
    let strict = |tool: &Value| tool.pointer("/toolSpec/strict") == Some(&Value::Bool(true));
    tools.iter().any(strict).then(|| json!({ "tools": { "strict": false } }))
}

/// A model that takes no cache points here.
fn cached_elsewhere(place: &str) -> Value {
    let left: Vec<&str> = PLACES.into_iter().filter(|other| *other != place).collect();
    json!({ "promptCaching": { "fields": left } })
}

/// An additional field that the model does not take: exactly the path named, where the request has
/// it. What Converse has a member for is a fact of its own.
fn refused_field(refusal: &Refusal<'_>, path: &[&str]) -> Option<Value> {
    let fields = refusal.at(&[FIELDS])?;
    let found = locate(fields, path)?;
    match found.as_slice() {
        [field] if OWN.contains(&field.as_str()) => None,
        [field] if matches!(field.as_str(), "top_k" | "topK") => unsupported(field),
        [config, format] if config == "output_config" && format == "format" => {
            Some(json!({ "structuredOutput": false }))
        }
        found => Some(json!({ "refusedFields": [found.join(".")] })),
    }
}

/// The path of a member as the request has it. AWS's may name the kind of an object beside its
/// place (`thinking.adaptive.display`).
fn locate(fields: &Value, path: &[&str]) -> Option<Vec<String>> {
    let mut at = fields;
    let mut found = Vec::new();
    for (index, step) in path.iter().enumerate() {
        let below = match at {
            Value::Object(members) => members.get(*step),
            Value::Array(items) => step.parse().ok().and_then(|index: usize| items.get(index)),
            _ => None,
        };
        if let Some(below) = below {
            at = below;
            found.push((*step).to_owned());
            continue;
        }
        let kind = at.get("type").and_then(Value::as_str);
        let last = index + 1 == path.len();
        if last || !at.is_object() || (kind != Some(*step) && *step != "custom") {
            return None;
        }
    }
    (!found.is_empty()).then_some(found)
}
