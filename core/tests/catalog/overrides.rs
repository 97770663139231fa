//! Facts that an operator lays over the catalog's.

use bedrock_profile_core::model::catalog::capabilities;
use bedrock_profile_core::model::{ModelCapabilities, Source};
use serde_json::{Value, json};

fn lay(facts: &Value) -> Result<ModelCapabilities, String> {
    let mut laid = ModelCapabilities::clone(&capabilities("anthropic.claude-sonnet-4-6"));
    match laid.lay_over(facts, Source::Config) {
        Ok(()) => Ok(laid),
        Err(error) => {
            let before = &*capabilities("anthropic.claude-sonnet-4-6");
            assert_eq!(laid, *before, "a wrong override changes nothing");
            Err(error.to_string())
        }
    }
}

fn assert_refused(overrides: &[(Value, &str)]) {
    for (facts, message) in overrides {
        assert_eq!(lay(facts).unwrap_err(), *message, "{facts}");
    }
}

#[test]
fn an_override_changes_what_it_names_and_nothing_else() {
    let laid = lay(&json!({
        "maxOutputTokens": 8192,
        "temperature": { "supported": false, "max": null },
        "reasoning": { "field": "thinking", "thinkingTypes": ["adaptive"], "efforts": ["low"] },
    }))
    .unwrap();
    assert_eq!(laid.max_output_tokens.known(), Some(&8192));
    assert_eq!(laid.max_output_tokens.source, Source::Config);
    assert!(laid.temperature.supported.no());
    assert_eq!(laid.temperature.max.known(), None);
    assert_eq!(laid.temperature.max.source, Source::Assumed);
    assert_eq!(laid.temperature.min.source, Source::Catalog);
    assert_eq!(laid.context_window.source, Source::Catalog);
    assert_eq!(laid.reasoning.efforts.known().unwrap(), &["low"]);
}

#[test]
fn an_override_of_no_fact_is_told_by_its_path() {
    assert_refused(&[
        (json!([]), "expected an object of facts, found []"),
        (json!({ "reasoning": true }), "reasoning: expected an object of facts, found true"),
        (json!({ "reasoning": null }), "reasoning: expected an object of facts, found null"),
        (
            json!({ "reasoning": { "minbudget": 1 } }),
            "reasoning.minbudget: no such fact; did you mean minBudget?",
        ),
        (
            json!({ "max_output_tokens": 1 }),
            "max_output_tokens: no such fact; did you mean maxOutputTokens?",
        ),
        (
            json!({ "stopSequences": { "limit": 4 } }),
            "stopSequences.limit: no such fact; there are supported, max",
        ),
    ]);
}

#[test]
fn an_override_of_the_wrong_type_is_told_what_would_be_right() {
    assert_refused(&[
        (
            json!({ "maxOutputTokens": "8192" }),
            "maxOutputTokens: expected a whole number of at least 0, found \"8192\"",
        ),
        (
            json!({ "maxOutputTokens": -1 }),
            "maxOutputTokens: expected a whole number of at least 0, found -1",
        ),
        (
            json!({ "maxOutputTokens": 1.5 }),
            "maxOutputTokens: expected a whole number of at least 0, found 1.5",
        ),
        (json!({ "converse": "yes" }), "converse: expected true or false, found \"yes\""),
        (
            json!({ "temperature": { "max": "1" } }),
            "temperature.max: expected a number, found \"1\"",
        ),
        (json!({ "family": "" }), "family: expected a string, found \"\""),
        (json!({ "betas": "interleaved" }), "betas: expected an array, found \"interleaved\""),
        (json!({ "betas": ["a", 1] }), "betas.1: expected a string, found 1"),
        (
            json!({ "reasoning": { "efforts": ["low", "extreme"] } }),
            "reasoning.efforts.1: expected one of none, minimal, low, medium, high, xhigh, max, \
             found \"extreme\"",
        ),
        (
            json!({ "reasoning": { "thinkingTypes": ["on"] } }),
            "reasoning.thinkingTypes.0: expected one of enabled, disabled, adaptive, \
             between_tools, found \"on\"",
        ),
        (
            json!({ "reasoning": { "field": "effort" } }),
            "reasoning.field: expected one of thinking, reasoningConfig, reasoning_effort, \
             reasoning.effort, reasoning_config, none, found \"effort\"",
        ),
        (
            json!({ "tools": { "toolChoice": ["none"] } }),
            "tools.toolChoice.0: expected one of auto, any, tool, found \"none\"",
        ),
        (
            json!({ "promptCaching": { "ttls": ["2h"] } }),
            "promptCaching.ttls.0: expected one of 5m, 1h, found \"2h\"",
        ),
        (
            json!({ "status": "dead" }),
            "status: expected one of preview, active, legacy, eol, found \"dead\"",
        ),
        (
            json!({ "eolDate": "01.02.2027" }),
            "eolDate: expected a day as YYYY-MM-DD, found \"01.02.2027\"",
        ),
    ]);
}

#[test]
fn an_override_that_contradicts_is_refused() {
    assert_refused(&[
        (
            json!({ "temperature": { "min": 0.5, "max": 0.25 } }),
            "temperature.min: 0.5 is above temperature.max, which is 0.25",
        ),
        // Against a fact that the catalog has.
        (json!({ "topP": { "min": 2 } }), "topP.min: 2 is above topP.max, which is 1"),
        (
            json!({ "minMaxTokens": 64001 }),
            "minMaxTokens: 64001 is above maxOutputTokens, which is 64000",
        ),
        (json!({ "topK": { "max": -1 } }), "topK.min: 0 is above topK.max, which is -1"),
    ]);
}

#[test]
fn the_unknown_model_can_be_described() {
    let facts =
        json!({ "provider": "Acme", "contextWindow": 32000, "tools": { "supported": true } });
    let described = ModelCapabilities::from_json("acme.rocket-1", &facts, Source::Config).unwrap();
    assert_eq!(described.model, "acme.rocket-1");
    assert_eq!(described.provider.known().unwrap(), "Acme");
    assert_eq!(described.tools.supported.source, Source::Config);
    assert_eq!(described.tools.streaming.source, Source::Assumed);
}
