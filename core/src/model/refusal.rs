//! What a refusal of Bedrock's teaches about a model: from its text to facts.
//!
//! Only texts that name a parameter teach; errors that are about content, access or load do not.
//! The texts are those of real refusals; see the evidence of the rules in `gate/`.

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};
use serde_json::{Map, Value, json};

/// The facts in what a refusal's pattern has found.
type Facts = fn(&Captures<'_>) -> Option<Value>;

/// A refusal, and the facts that it teaches.
struct Lesson {
    text: Regex,
    facts: Facts,
}

static LESSONS: LazyLock<Vec<Lesson>> = LazyLock::new(|| {
    let table: &[(&str, Facts)] = &[
        (r"`(\w+)` is deprecated for this model", |found| unsupported(found.get(1)?.as_str())),
        (r"doesn't support the ([\w.]+) (?:field|content block)", |found| {
            unsupported(found.get(1)?.as_str())
        }),
        (r"`temperature` and `top_p` cannot both be specified", |_| {
            Some(json!({ "temperatureAndTopPExclusive": true }))
        }),
        (r"The additional field ([\w.]+) conflicts with an existing field", |found| {
            refused_field(found.get(1)?.as_str())
        }),
        // Structured output, which sources dispute for some models: tried, and remembered.
        (
            r"output_config\.format: Extra inputs are not permitted|extraneous key \[(?:outputConfig|output_config)\]",
            |_| Some(json!({ "structuredOutput": false })),
        ),
        (r"extraneous key \[([\w.]+)\] is not permitted", |found| {
            refused_field(found.get(1)?.as_str())
        }),
        (r"output_config\.effort: Extra inputs are not permitted", |_| {
            Some(json!({ "reasoning": { "field": "thinking", "efforts": [] } }))
        }),
        (r"maximum tokens you requested exceeds the model limit of (\d+)", |found| {
            let limit: u64 = found.get(1)?.as_str().parse().ok()?;
            Some(json!({ "maxOutputTokens": limit }))
        }),
        (r#""thinking\.type\.enabled" is not supported for this model"#, |_| {
            Some(json!({ "reasoning": { "field": "thinking", "supported": true,
                "thinkingTypes": ["adaptive"],
                "efforts": ["low", "medium", "high"] } }))
        }),
        (r"`temperature` may only be set to 1 when thinking is enabled", |_| {
            Some(json!({ "reasoning": { "field": "thinking", "temperatureLocked": true } }))
        }),
        (r"`top_p` must be unset when thinking is enabled", |_| {
            Some(json!({ "reasoning": { "field": "thinking", "minTopP": 2 } }))
        }),
        (r"Thinking may not be enabled when tool_choice forces tool use", |_| {
            Some(json!({ "reasoning": { "field": "thinking", "forbidsForcedTools": true } }))
        }),
        (r"budget_tokens: Input should be greater than or equal to (\d+)", |found| {
            let least: u64 = found.get(1)?.as_str().parse().ok()?;
            Some(json!({ "reasoning": { "field": "thinking", "minBudget": least } }))
        }),
        (
            r"is not supported when thinking is disabled on this model\. Use effort '(\w+)'",
            |found| {
                let most = found.get(1)?.as_str();
                Some(json!({ "reasoning": { "field": "thinking", "maxEffortWhenDisabled": most } }))
            },
        ),
        (r"cannot contain reasoning content", |_| {
            Some(json!({ "reasoning": { "acceptsHistory": false } }))
        }),
        (r"did not allow prompt caching", |_| {
            Some(json!({ "promptCaching": { "supported": false } }))
        }),
        (r"doesn't support tool use in streaming mode", |_| {
            Some(json!({ "tools": { "streaming": false } }))
        }),
        (r"doesn't support tool use\.", |_| Some(json!({ "tools": { "supported": false } }))),
        (r"doesn't support citations", |_| Some(json!({ "citations": false }))),
        (r"doesn't support system messages", |_| Some(json!({ "systemPrompt": false }))),
    ];
    let compile = |&(text, facts): &(&str, _)| Some(Lesson { text: Regex::new(text).ok()?, facts });
    table.iter().filter_map(compile).collect()
});

/// The facts that a refusal teaches, in the shape of the catalog's; `None` where it teaches none.
pub fn facts(name: &str, message: &str) -> Option<Value> {
    if !matches!(name, "ValidationException" | "AccessDeniedException") {
        return None;
    }
    // Bedrock's typographic apostrophes are the same words.
    let message = message.replace('’', "'");
    let lesson = LESSONS.iter().find_map(|lesson| Some((lesson, lesson.text.captures(&message)?)));
    let (lesson, found) = lesson?;
    // Missing permissions are no fact about a model, but for the one text that is.
    if name == "AccessDeniedException" && !message.contains("prompt caching") {
        return None;
    }
    (lesson.facts)(&found)
}

/// The facts behind "doesn't support the … field".
fn unsupported(field: &str) -> Option<Value> {
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
        _ => return None,
    })
}

/// A member of `additionalModelRequestFields` that the model does not take. What Converse has a
/// member for is a fact of its own.
fn refused_field(field: &str) -> Option<Value> {
    match field {
        "temperature" | "top_p" | "topP" | "max_tokens" | "stop_sequences" | "system"
        | "messages" => None,
        "top_k" | "topK" => unsupported(field),
        field => Some(json!({ "refusedFields": [field] })),
    }
}

/// The paths of the facts in such an object (`reasoning.minBudget`).
pub fn paths(facts: &Value) -> Vec<String> {
    fn below(prefix: &str, members: &Map<String, Value>, out: &mut Vec<String>) {
        for (name, value) in members {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match value {
                Value::Object(members) => below(&path, members, out),
                _ => out.push(path),
            }
        }
    }
    let mut out = Vec::new();
    if let Value::Object(members) = facts {
        below("", members, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::super::{ModelCapabilities, Source};
    use super::*;

    const TEXTS: &[(&str, &str)] = &[
        (
            "The model returned the following errors: `temperature` is deprecated for this model.",
            "temperature.supported",
        ),
        ("`top_k` is deprecated for this model.", "topK.supported"),
        (
            "This model doesn't support the temperature field. Remove temperature and try again.",
            "temperature.supported",
        ),
        (
            "This model doesn’t support the stopSequences field. Remove stopSequences and try again.",
            "stopSequences.supported",
        ),
        ("This model doesn't support the cachePoint field", "promptCaching.supported"),
        (
            "This model doesn't support the status field. Remove status and try again.",
            "tools.resultStatus",
        ),
        (
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
            "temperatureAndTopPExclusive",
        ),
        ("The additional field thinking conflicts with an existing field", "refusedFields"),
        (
            "Malformed input request: #: extraneous key [reasoning_effort] is not permitted, please reformat your input and try again.",
            "refusedFields",
        ),
        (
            "The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.",
            "maxOutputTokens",
        ),
        ("This model doesn't support tool use in streaming mode.", "tools.streaming"),
        ("This model doesn't support tool use.", "tools.supported"),
        ("User messages cannot contain reasoning content", "reasoning.acceptsHistory"),
        (
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
            "reasoning.minBudget",
        ),
        (
            "output_config.effort 'xhigh' is not supported when thinking is disabled on this model. Use effort 'high' or below, or enable thinking.",
            "reasoning.maxEffortWhenDisabled",
        ),
        (
            "Thinking may not be enabled when tool_choice forces tool use.",
            "reasoning.forbidsForcedTools",
        ),
        ("output_config.effort: Extra inputs are not permitted", "reasoning.efforts"),
        ("output_config.format: Extra inputs are not permitted", "structuredOutput"),
        (
            "Malformed input request: #: extraneous key [outputConfig] is not permitted, please reformat your input and try again.",
            "structuredOutput",
        ),
    ];

    #[test]
    fn a_refusal_that_names_a_parameter_teaches_a_lawful_fact() {
        for (text, path) in TEXTS {
            let taught = facts("ValidationException", text).unwrap_or_else(|| panic!("{text}"));
            assert!(paths(&taught).iter().any(|taught| taught == path), "{text}: {taught}");
            ModelCapabilities::from_json("m", &taught, Source::Learned).unwrap();
        }
        let thinking = "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior.";
        let taught = facts("ValidationException", thinking).unwrap();
        ModelCapabilities::from_json("m", &taught, Source::Learned).unwrap();
    }

    #[test]
    fn what_is_about_content_or_access_teaches_nothing() {
        for text in [
            "prompt is too long: 200049 tokens > 200000 maximum",
            "Input is too long for requested model.",
            "The provided model identifier is invalid.",
            "messages.1.content: Input should be a valid list",
            "This model does not support assistant message prefill.",
            "The additional field system conflicts with an existing field",
        ] {
            assert_eq!(facts("ValidationException", text), None, "{text}");
        }
        let denied = "This model doesn't support the temperature field";
        assert_eq!(facts("AccessDeniedException", denied), None);
        assert_eq!(facts("ThrottlingException", denied), None);
        let caching =
            "You invoked an unsupported model or your request did not allow prompt caching";
        assert!(facts("AccessDeniedException", caching).is_some());
    }
}
