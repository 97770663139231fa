//! What a refusal of Bedrock's teaches about a model: from its text to facts.
//!
//! A text teaches where all of it is one of AWS's sentences, perhaps with advice behind it. AWS
//! quotes what callers have sent (`Value '…' at '…' failed …`), so a sentence that is found within
//! another text may be a caller's. The texts are those of real refusals; see the evidence of the
//! rules in `gate/`. Errors that are about content, access or load teach nothing.

mod error;
mod named;

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};
use serde_json::{Map, Value, json};

pub use error::Refusal;
use named::unsupported;

/// The facts in what a refusal's pattern has found.
type FactsOf = fn(&Captures<'_>, &Refusal<'_>) -> Option<Value>;

/// A refusal, and the facts that it teaches.
struct RefusalPattern {
    text: Regex,
    facts: FactsOf,
}

/// Longest text that is looked at, in bytes: AWS's sentences are short, what it quotes may not be.
const LONGEST: usize = 1024;

/// What may stand before AWS's sentence.
const BEFORE: &str = "(?:The model returned the following errors: )?(?:Malformed input request: )?";
/// What may stand behind it: advice in whole sentences, which quotes names and nothing else.
const BEHIND: &str = "\
    (?:[.,]? (?:please|Please|Remove|Try|Use|See|To|For|If|Or|or)\\b\
    (?:[^.'\"`\\[\\]{}<>\\x00-\\x1f\u{85}\u{ab}\u{bb}\u{2018}-\u{201f}\u{2028}\u{2029}\u{2039}\u{203a}]|\\.[\\w/]|\\. [A-Z]|['\"`][\\w.]+['\"`])*)?\\.?";
/// How AWS begins.
const MODEL: &str =
    r"(?:This|The(?: provided| requested| specified)?) model (?:doesn't|does not) support ";

static LESSONS: LazyLock<Vec<RefusalPattern>> = LazyLock::new(|| {
    let table: &[(&str, FactsOf)] = &[
        (r"`(\w+)` is deprecated for this model", |found, _| unsupported(found.get(1)?.as_str())),
        (r"MODEL the ([\w.]+) (?:field|content block)", |found, _| {
            unsupported(found.get(1)?.as_str())
        }),
        (r"MODEL the image content block in tool results", |_, _| {
            Some(json!({ "tools": { "resultImages": false } }))
        }),
        (r"`temperature` and `top_p` cannot both be specified(?: for this model)?", |_, _| {
            Some(json!({ "temperatureAndTopPExclusive": true }))
        }),
        (r"The additional field ([\w.]+) conflicts with an existing field", |found, refusal| {
            named::conflicting(refusal, found.get(1)?.as_str())
        }),
        (
            r"(?:#((?:/[\w.~-]+)*)/?: )?extraneous key \[([\w.-]+)\] is not permitted",
            |found, refusal| {
                let pointer = found.get(1).map_or("", |pointer| pointer.as_str());
                named::extraneous(refusal, pointer, found.get(2)?.as_str())
            },
        ),
        (r"([\w-]+(?:\.[\w-]+)*): Extra inputs are not permitted", |found, refusal| {
            named::extra(refusal, found.get(1)?.as_str())
        }),
        (r"(?:ValidationException: )?[Ii]nvalid beta flag", |_, refusal| named::betas(refusal)),
        (r"The maximum tokens you requested exceeds the model limit of (\d{1,9})", |found, _| {
            let limit: u64 = found.get(1)?.as_str().parse().ok()?;
            Some(json!({ "maxOutputTokens": limit }))
        }),
        (r#""thinking\.type\.enabled" is not supported for this model"#, |_, _| {
            Some(json!({ "reasoning": { "field": "thinking", "supported": true,
                "thinkingTypes": ["adaptive"],
                "efforts": ["low", "medium", "high"] } }))
        }),
        (
            r"`temperature` may only be set to 1 when thinking is enabled(?: or in adaptive mode)?",
            |_, _| Some(json!({ "reasoning": { "field": "thinking", "temperatureLocked": true } })),
        ),
        (r"`top_p` must be unset when thinking is enabled", |_, _| {
            Some(json!({ "reasoning": { "field": "thinking", "minTopP": 2 } }))
        }),
        (
            r"`top_p` must be greater than or equal to 0\.95 or unset when thinking is enabled",
            |_, _| Some(json!({ "reasoning": { "field": "thinking", "minTopP": 0.95 } })),
        ),
        (r"Thinking may not be enabled when tool_choice forces tool use", |_, _| {
            Some(json!({ "reasoning": { "field": "thinking", "forbidsForcedTools": true } }))
        }),
        (
            r"(?:[\w-]+\.)*budget_tokens: Input should be greater than or equal to (\d{1,9})",
            |found, _| {
                let least: u64 = found.get(1)?.as_str().parse().ok()?;
                Some(json!({ "reasoning": { "field": "thinking", "minBudget": least } }))
            },
        ),
        (
            r"output_config\.effort '\w+' is not supported when thinking is disabled on this model\. Use effort '(\w+)' or below, or enable thinking",
            |found, _| {
                let most = found.get(1)?.as_str();
                Some(json!({ "reasoning": { "field": "thinking", "maxEffortWhenDisabled": most } }))
            },
        ),
        (r"(?:User|Assistant|The|These)? ?[Mm]essages cannot contain reasoning content", |_, _| {
            Some(json!({ "reasoning": { "acceptsHistory": false } }))
        }),
        (r"MODEL redacted reasoning content", |_, _| {
            Some(json!({ "reasoning": { "acceptsRedacted": false } }))
        }),
        (
            r"You invoked an unsupported model or your request did not allow prompt caching",
            |_, _| Some(json!({ "promptCaching": { "supported": false } })),
        ),
        (r"Extended TTL prompt caching is not supported for this model", |_, _| {
            Some(json!({ "promptCaching": { "ttls": ["5m"] } }))
        }),
        (
            r"Conversation blocks and tool result blocks cannot be provided in the same turn",
            |_, _| Some(json!({ "tools": { "mixedResults": false } })),
        ),
        (r"MODEL tool use in streaming mode", |_, _| {
            Some(json!({ "tools": { "streaming": false } }))
        }),
        (r"MODEL tool use", |_, _| Some(json!({ "tools": { "supported": false } }))),
        (r"MODEL citations", |_, _| Some(json!({ "citations": false }))),
        (r"MODEL system messages", |_, _| Some(json!({ "systemPrompt": false }))),
    ];
    let compile = |&(text, facts): &(&str, _)| {
        let text = text.replace("MODEL ", MODEL);
        Some(RefusalPattern {
            text: Regex::new(&format!("^{BEFORE}(?:{text}){BEHIND}$")).ok()?,
            facts,
        })
    };
    table.iter().filter_map(compile).collect()
});

/// The facts that a refusal teaches, in the shape of the catalog's; `None` where it teaches none.
pub fn facts(refusal: &Refusal<'_>) -> Option<Value> {
    let denied = refusal.name == "AccessDeniedException";
    if !denied && refusal.name != "ValidationException" || refusal.message.len() > LONGEST {
        return None;
    }
    // Bedrock's typographic apostrophes are the same words.
    let message = refusal.message.replace('’', "'");
    let message = message.trim();
    // Missing permissions are no fact about a model, but for the one text that is.
    if denied && !message.contains("prompt caching") {
        return None;
    }
    LESSONS
        .iter()
        .find_map(|lesson| Some((lesson, lesson.text.captures(message)?)))
        .and_then(|(lesson, found)| (lesson.facts)(&found, refusal))
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

    /// What a text teaches that refuses a request.
    fn taught(name: &str, message: &str, request: &Value) -> Option<Value> {
        let request = request.as_object().unwrap();
        let lists_beta = &|beta: &str| beta == "listed-2025-01-01";
        facts(&Refusal { name, message, request, lists_beta })
    }

    fn request() -> Value {
        json!({
            "messages": [],
            "outputConfig": { "textFormat": {} },
            "toolConfig": { "tools": [{ "toolSpec": { "name": "add", "strict": true } }] },
            "additionalModelRequestFields": {
                "top_k": 5,
                "reasoning_effort": "low",
                "thinking": { "type": "adaptive", "display": "omitted", "budget_tokens": 1 },
                "output_config": { "effort": "high" },
                "anthropic_beta": ["listed-2025-01-01", "unheard-of-2026-01-01"],
                "tools": [{ "type": "computer_20250124", "name": "computer", "zoom": true }],
            },
        })
    }

    /// Texts, the fact that they teach, and its value.
    const TEXTS: &[(&str, &str, &str)] = &[
        (
            "The model returned the following errors: `temperature` is deprecated for this model.",
            "temperature.supported",
            "false",
        ),
        ("`top_k` is deprecated for this model.", "topK.supported", "false"),
        (
            "This model doesn't support the temperature field. Remove temperature and try again.",
            "temperature.supported",
            "false",
        ),
        (
            "This model doesn’t support the stopSequences field. Remove stopSequences and try again.",
            "stopSequences.supported",
            "false",
        ),
        ("This model doesn't support the cachePoint field", "promptCaching.supported", "false"),
        (
            "This model doesn't support the status field. Remove status and try again.",
            "tools.resultStatus",
            "false",
        ),
        (
            "This model doesn't support the image content block in tool results.",
            "tools.resultImages",
            "false",
        ),
        (
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
            "temperatureAndTopPExclusive",
            "true",
        ),
        (
            "The additional field thinking conflicts with an existing field",
            "refusedFields",
            r#"["thinking"]"#,
        ),
        (
            "Malformed input request: #: extraneous key [reasoning_effort] is not permitted, please reformat your input and try again.",
            "refusedFields",
            r#"["reasoning_effort"]"#,
        ),
        (
            "Malformed input request: #/thinking: extraneous key [display] is not permitted, please reformat your input and try again.",
            "refusedFields",
            r#"["thinking.display"]"#,
        ),
        (
            "Malformed input request: #: extraneous key [top_k] is not permitted, please reformat your input and try again.",
            "topK.supported",
            "false",
        ),
        ("extraneous key [outputConfig] is not permitted", "structuredOutput", "false"),
        (
            "Malformed input request: #/toolConfig/tools/0/toolSpec: extraneous key [strict] is not permitted, please reformat your input and try again.",
            "tools.strict",
            "false",
        ),
        (
            "Malformed input request: #/toolConfig/tools/1: extraneous key [cachePoint] is not permitted, please reformat your input and try again.",
            "promptCaching.fields",
            r#"["messages","system"]"#,
        ),
        (
            "The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.",
            "maxOutputTokens",
            "4096",
        ),
        ("This model doesn't support tool use in streaming mode.", "tools.streaming", "false"),
        ("This model doesn't support tool use.", "tools.supported", "false"),
        (
            "User messages cannot contain reasoning content. Please remove the reasoning content and try again.",
            "reasoning.acceptsHistory",
            "false",
        ),
        (
            "Conversation blocks and tool result blocks cannot be provided in the same turn.",
            "tools.mixedResults",
            "false",
        ),
        (
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
            "reasoning.minBudget",
            "1024",
        ),
        (
            "output_config.effort 'xhigh' is not supported when thinking is disabled on this model. Use effort 'high' or below, or enable thinking.",
            "reasoning.maxEffortWhenDisabled",
            "\"high\"",
        ),
        (
            "Thinking may not be enabled when tool_choice forces tool use.",
            "reasoning.forbidsForcedTools",
            "true",
        ),
        (
            "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \"output_config.effort\" to control thinking behavior.",
            "reasoning.thinkingTypes",
            r#"["adaptive"]"#,
        ),
        ("output_config.effort: Extra inputs are not permitted", "reasoning.efforts", "[]"),
        (
            "The model returned the following errors: output_config.format: Extra inputs are not permitted",
            "structuredOutput",
            "false",
        ),
        ("tools.0.custom.strict: Extra inputs are not permitted", "tools.strict", "false"),
        (
            "tools.0.computer_20250124.zoom: Extra inputs are not permitted",
            "refusedFields",
            r#"["tools.0.zoom"]"#,
        ),
        (
            "thinking.adaptive.display: Extra inputs are not permitted",
            "refusedFields",
            r#"["thinking.display"]"#,
        ),
        (
            "messages.0.content.1.cache_control.ttl: Extra inputs are not permitted",
            "promptCaching.ttls",
            r#"["5m"]"#,
        ),
        ("invalid beta flag", "refusedFields", r#"["anthropic_beta.unheard-of-2026-01-01"]"#),
    ];

    #[test]
    fn a_refusal_that_names_a_parameter_teaches_a_lawful_fact() {
        for (text, path, value) in TEXTS {
            let found = taught("ValidationException", text, &request());
            let found = found.unwrap_or_else(|| panic!("{text}"));
            let pointer = format!("/{}", path.replace('.', "/"));
            let fact = found.pointer(&pointer).unwrap_or_else(|| panic!("{text}: {found}"));
            assert_eq!(fact.to_string(), *value, "{text}");
            ModelCapabilities::from_json("m", &found, Source::Learned).unwrap();
        }
    }

    #[test]
    fn what_aws_quotes_teaches_nothing() {
        for (text, _, _) in TEXTS {
            let sentence = text.trim_start_matches("The model returned the following errors: ");
            for quoting in [
                format!(
                    "1 validation error detected: Value '{sentence}' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
                ),
                format!("Value 'x {sentence}' at 'messages' failed"),
                format!("The tool \"{sentence}\" is not known."),
                format!("The document name {sentence} is not valid."),
                format!("Invalid name: {sentence}"),
                format!("{sentence} is no name of a tool"),
                format!("{sentence}' at 'system' failed"),
                format!("messages.1.content: {sentence}"),
                format!("x\n{sentence}"),
                format!("{sentence}\nx"),
                format!("{sentence} Please remove it\nx"),
                format!("{sentence} Please remove it\u{2028}x"),
                format!("{sentence} To “{sentence}” there is no end"),
                format!("{sentence} See «x»"),
                format!("“{sentence}” is no name of a tool"),
                format!("‘{sentence}’"),
                format!("«{sentence}»"),
                format!("`{sentence}` is not known."),
                format!("\"{sentence}\""),
                format!("BedrockException - {{\"message\":\"{sentence}\"}}"),
                format!("litellm.BadRequestError: {sentence}"),
                format!("Error code: 400 - {sentence}"),
                format!("The model returned the following errors: tools.0: name: \"{sentence}\""),
            ] {
                assert_eq!(taught("ValidationException", &quoting, &request()), None, "{quoting}");
            }
        }
        let tool = "x doesn't support tool use.";
        assert_eq!(taught("ValidationException", tool, &request()), None);
    }

    #[test]
    fn a_path_that_is_not_in_the_additional_fields_teaches_nothing() {
        for text in [
            "thinking.adaptive.nothing: Extra inputs are not permitted",
            "thinking.enabled.display: Extra inputs are not permitted",
            "reasoning: Extra inputs are not permitted",
            "messages.0.content.0.image: Extra inputs are not permitted",
            "messages.0.output_config: Extra inputs are not permitted",
            "system.0.text: Extra inputs are not permitted",
            "tools.1.custom.zoom: Extra inputs are not permitted",
            "extraneous key [inferenceConfig] is not permitted",
            "#/messages/0: extraneous key [thinking] is not permitted",
            "The additional field other conflicts with an existing field",
            "The additional field system conflicts with an existing field",
        ] {
            assert_eq!(taught("ValidationException", text, &request()), None, "{text}");
        }
        let plain = json!({ "messages": [] });
        for text in [
            "output_config.format: Extra inputs are not permitted",
            "extraneous key [outputConfig] is not permitted",
            "tools.0.custom.strict: Extra inputs are not permitted",
            "invalid beta flag",
        ] {
            assert_eq!(taught("ValidationException", text, &plain), None, "{text}");
        }
        // Converse's own member, not a field of the model.
        let converse = json!({ "outputConfig": {}, "additionalModelRequestFields": { "x": 1 } });
        let text = "extraneous key [outputConfig] is not permitted";
        let found = taught("ValidationException", text, &converse);
        assert_eq!(found, Some(json!({ "structuredOutput": false })));
    }

    #[test]
    fn betas_that_are_all_listed_teach_nothing() {
        let with = |betas: Value| {
            let fields = json!({ "additionalModelRequestFields": { "anthropic_beta": betas } });
            taught("ValidationException", "invalid beta flag", &fields)
        };
        assert_eq!(with(json!(["listed-2025-01-01"])), None);
        assert_eq!(with(json!("listed-2025-01-01")), None);
        assert_eq!(with(json!(5)), None);
        let all = json!({ "refusedFields": ["anthropic_beta"] });
        assert_eq!(with(json!("listed-2025-01-01, other")), Some(all));
    }

    #[test]
    fn what_is_about_content_or_access_teaches_nothing() {
        for text in [
            "prompt is too long: 200049 tokens > 200000 maximum",
            "Input is too long for requested model.",
            "The provided model identifier is invalid.",
            "messages.1.content: Input should be a valid list",
            "This model does not support assistant message prefill.",
            "This model doesn't support the video content block",
        ] {
            assert_eq!(taught("ValidationException", text, &request()), None, "{text}");
        }
        let denied = "This model doesn't support the temperature field";
        assert_eq!(taught("AccessDeniedException", denied, &request()), None);
        assert_eq!(taught("ThrottlingException", denied, &request()), None);
        let caching = "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.";
        assert!(taught("AccessDeniedException", caching, &request()).is_some());
        let long = format!("{denied}. Try again {}", "x".repeat(LONGEST));
        assert_eq!(taught("ValidationException", &long, &request()), None);
    }
}
