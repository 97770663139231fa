//! The requested shape of the response, and members that exclude each other.

use serde_json::{Value, json};

use super::path::Path;
use super::rule::{On, Rule};

const TEXT_FORMAT: [&str; 2] = ["outputConfig", "textFormat"];
const CLAUDE_FORMAT: [&str; 3] = ["additionalModelRequestFields", "output_config", "format"];
const PAGE: &str = "https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html";

pub(super) const M19: Rule = Rule {
    id: "M19",
    name: "structured-output-unsupported",
    summary: "Asks for the JSON in the system prompt on models that cannot be held to a schema.",
    evidence: &[PAGE],
    on: On::Conversations,
    apply: |draft| {
        if !draft.capabilities.structured_output.no() {
            return;
        }
        for place in [&TEXT_FORMAT[..], &CLAUDE_FORMAT[..]] {
            let Some(schema) = draft.at(place).and_then(schema_of) else {
                continue;
            };
            let text = format!(
                "Answer with one JSON value that matches this JSON schema, and with nothing else: \
                 {schema}"
            );
            let block = json!({ "text": text });
            let model = draft.model();
            let reason = format!("{model} cannot be held to a schema; it was told of it instead.");
            let told = match draft.at(&["system"]) {
                None => draft.add(["system"], json!([block]), &*reason),
                Some(system) => {
                    let end = system.as_array().map(Vec::len);
                    end.is_some_and(|end| {
                        draft.add(Path::from(["system"]).index(end), block, &*reason)
                    })
                }
            };
            if told {
                draft.drop(place, format!("{model} does not support structured output."));
            }
        }
    },
};

pub(super) const M20: Rule = Rule {
    id: "M20",
    name: "structured-output-schema",
    summary: "Reports what Bedrock refuses in the schema of a structured output.",
    evidence: &[PAGE],
    on: On::Conversations,
    apply: |draft| {
        if !draft.capabilities.structured_output.yes() {
            return;
        }
        let Some(text) = draft.at(&TEXT_FORMAT).and_then(schema_of) else {
            return;
        };
        let Ok(schema) = serde_json::from_str::<Value>(&text) else {
            return;
        };
        if let Some((reason, remedy)) = refused(&schema) {
            let path = Path::from(TEXT_FORMAT).key("structure").key("jsonSchema").key("schema");
            draft.violation(path, reason, remedy);
        }
    },
};

pub(super) const M21: Rule = Rule {
    id: "M21",
    name: "structured-output-with-citations",
    summary: "Reports a structured output that is asked of Claude together with citations.",
    evidence: &[PAGE],
    on: On::Conversations,
    apply: |draft| {
        let wanted = draft.at(&TEXT_FORMAT).or_else(|| draft.at(&CLAUDE_FORMAT)).is_some();
        if !wanted || !draft.survey.documents || !draft.is_claude() {
            return;
        }
        let cites = |block: &Value| {
            let citations = block.get("document").and_then(|document| document.get("citations"));
            citations.and_then(|citations| citations.get("enabled")) == Some(&Value::Bool(true))
        };
        let found = (0..draft.messages().len()).find_map(|message| {
            let index = draft.content(message).iter().position(cites)?;
            Some(Path::block(message, index).key("document").key("citations"))
        });
        if let Some(path) = found {
            let reason = format!("{} cannot cite in a structured output.", draft.model());
            draft.violation(path, reason, "Ask for citations or for a structured output.");
        }
    },
};

pub(super) const M22: Rule = Rule {
    id: "M22",
    name: "prompt-arn",
    summary: "Reports members that a managed prompt brings itself.",
    evidence: &[
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
    ],
    on: On::Conversations,
    apply: |draft| {
        let prompt = |id: &str| id.starts_with("arn:") && id.contains(":prompt/");
        if !draft.text(&["modelId"]).is_some_and(prompt) {
            return;
        }
        let members = ["additionalModelRequestFields", "inferenceConfig", "system", "toolConfig"];
        for member in members {
            let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
            if draft.at(&[member]).is_some_and(|value| !empty(value)) {
                let reason = format!("A managed prompt brings its own {member}.");
                draft.violation([member], reason, format!("Leave {member} out."));
            }
        }
    },
};

pub(super) const M23: Rule = Rule {
    id: "M23",
    name: "request-metadata",
    summary: "Reports request metadata of a size that Bedrock refuses.",
    evidence: &[
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
    ],
    on: On::Conversations,
    apply: |draft| {
        let Some(metadata) = draft.at(&["requestMetadata"]).and_then(Value::as_object) else {
            return;
        };
        let long = |key: &String| !(1..=256).contains(&key.chars().count());
        let (count, key) = (metadata.len(), metadata.keys().find(|key| long(key)).cloned());
        let path = Path::from(["requestMetadata"]);
        if let Some(key) = key {
            let reason = "A key of requestMetadata has 1 to 256 characters.";
            draft.violation(path.clone().key(key), reason, "Shorten the key.");
        }
        if !(1..=16).contains(&count) {
            let reason = format!("requestMetadata holds 1 to 16 pairs, not {count}.");
            draft.violation(path, reason, "Send 1 to 16 pairs, or no requestMetadata.");
        }
    },
};

/// The schema's text, of Converse's format or of Claude's own.
fn schema_of(format: &Value) -> Option<String> {
    if let Some(schema) = format.get("schema") {
        return schema.is_object().then(|| schema.to_string());
    }
    let schema = format.get("structure")?.get("jsonSchema")?.get("schema")?;
    schema.as_str().map(str::to_owned)
}

/// Bounds that structured outputs do not know.
const BOUNDS: [&str; 8] = [
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maximum",
    "minLength",
    "minimum",
    "multipleOf",
];

/// The first thing that Bedrock refuses in a schema, and what would be right.
fn refused(schema: &Value) -> Option<(String, String)> {
    let members = match schema {
        Value::Object(members) => members,
        Value::Array(schemas) => return schemas.iter().find_map(refused),
        _ => return None,
    };
    let object = members.get("type").is_some_and(|kind| kind == "object");
    if object && members.get("additionalProperties") != Some(&Value::Bool(false)) {
        let reason = "Each object of a structured output's schema must forbid other properties.";
        let remedy = "Set additionalProperties to false in each object of the schema.";
        return Some((reason.to_owned(), remedy.to_owned()));
    }
    if let Some(bound) =
        BOUNDS.iter().find(|bound| members.get(**bound).is_some_and(Value::is_number))
    {
        let reason = format!("The schema of a structured output may not have {bound}.");
        return Some((reason, format!("Leave {bound} out, or say it in the description.")));
    }
    if members.get("minItems").and_then(Value::as_f64).is_some_and(|count| count > 1.0) {
        let reason = "In the schema of a structured output, minItems is 0 or 1.";
        return Some((reason.to_owned(), "Set minItems to 0 or 1.".to_owned()));
    }
    let reference = members.get("$ref").and_then(Value::as_str);
    if reference.is_some_and(|reference| reference == "#" || !reference.starts_with('#')) {
        let reason = "The schema of a structured output may not refer to itself or elsewhere.";
        return Some((reason.to_owned(), "Write the schema out in full.".to_owned()));
    }
    members
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "const" | "default" | "enum" | "examples"))
        .find_map(|(_, value)| refused(value))
}
