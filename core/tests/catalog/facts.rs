//! The models: that their facts hang together, and are what they are known to be.

use bedrock_profile_core::model::catalog::all;
use bedrock_profile_core::model::fact::EFFORTS;
use serde_json::Value;

use crate::fact;

#[test]
fn converse_serves_123_of_135() {
    assert_eq!(all().count(), 135);
    let served = all().filter(|entry| entry.capabilities().converse.yes());
    assert_eq!(served.count(), 123);
}

#[test]
fn a_model_of_converse_has_the_facts_that_gating_needs() {
    for entry in all().filter(|entry| entry.capabilities().converse.yes()) {
        let (id, facts) = (entry.id(), entry.capabilities());
        assert_eq!(facts.model, id);
        assert!(facts.provider.known().is_some(), "{id}");
        assert!(facts.family.known().is_some(), "{id}");
        assert!(facts.min_max_tokens.known().is_some(), "{id}");
        assert!(facts.citations.known().is_some() || entry.is_a("claude-text"), "{id}");
        assert!(facts.reasoning.accepts_redacted.known().is_some(), "{id}");
        assert!(facts.prompt_caching.supported.known().is_some(), "{id}");
        if entry.is_a("claude-thinking") {
            assert!(facts.reasoning.thinking_types.known().is_some(), "{id}");
            assert!(facts.reasoning.efforts.known().is_some(), "{id}");
            assert!(facts.reasoning.can_disable.known().is_some(), "{id}");
            assert!(facts.reasoning.default_on.known().is_some(), "{id}");
        }
    }
}

#[test]
fn ranges_are_the_right_way_round() {
    for entry in all() {
        let (id, facts) = (entry.id(), entry.capabilities());
        for range in [&facts.temperature, &facts.top_p] {
            assert!(!range.supported.yes() || range.min.known() < range.max.known(), "{id}");
            assert!(!range.supported.no() || range.max.known().is_none(), "{id}");
        }
        if facts.top_k.supported.yes() {
            assert!(facts.top_k.request_field.known().is_some(), "{id}");
            assert!(facts.top_k.min.known() < facts.top_k.max.known(), "{id}");
        }
        if let (Some(least), Some(most)) =
            (facts.min_max_tokens.known(), facts.max_output_tokens.known())
        {
            assert!(least <= most, "{id}");
            let usual = facts.default_max_tokens.known().unwrap_or(least);
            assert!((least..=most).contains(&usual), "{id}");
            let fits = facts.context_window.known().is_none_or(|window| most <= &(window + 200));
            assert!(fits, "{id}");
        }
        // Input and output windows are told apart only where they differ.
        if let Some(input) = facts.max_input_tokens.known() {
            assert!(facts.context_window.known() > Some(input), "{id}");
        }
    }
}

#[test]
fn thinking_hangs_together() {
    for entry in all() {
        let (id, reasoning) = (entry.id(), &entry.capabilities().reasoning);
        for deprecated in reasoning.deprecated_thinking_types.known().into_iter().flatten() {
            assert!(reasoning.thinking_types.has(deprecated), "{id}: {deprecated:?}");
        }
        if let Some(efforts) = reasoning.efforts.known() {
            let place = |effort: &String| EFFORTS.iter().position(|known| known == effort);
            assert!(efforts.iter().map(place).is_sorted(), "{id}: {efforts:?}");
            assert!(!efforts.contains(&"minimal".to_owned()), "{id}: Bedrock has no minimal");
        }
        if let Some(most) = reasoning.max_effort_when_disabled.known() {
            assert!(reasoning.efforts.has(most), "{id}: {most}");
        }
        // A budget and its least go together.
        let budget = reasoning.thinking_types.known().is_some_and(|types| {
            types.contains(&bedrock_profile_core::model::fact::ThinkingType::Enabled)
        });
        assert_eq!(reasoning.min_budget.known(), budget.then_some(&1024), "{id}");
        assert_eq!(reasoning.temperature_locked.known(), budget.then_some(&true), "{id}");
        if reasoning.supported.no() {
            assert_eq!(reasoning.thinking_types.known(), None, "{id}");
            assert_eq!(reasoning.field.known(), None, "{id}");
        }
    }
}

#[test]
fn what_is_refused_has_no_details() {
    for entry in all() {
        let (id, facts) = (entry.id(), entry.capabilities());
        if facts.tools.supported.no() {
            assert_eq!(facts.tools.tool_choice.known(), None, "{id}");
            assert_eq!(facts.tools.streaming.known(), None, "{id}");
        }
        if facts.stop_sequences.supported.no() {
            assert_eq!(facts.stop_sequences.max.known(), None, "{id}");
        }
        let caching = &facts.prompt_caching;
        if caching.supported.no() {
            assert_eq!((caching.ttls.known(), caching.min_tokens.known()), (None, None), "{id}");
        } else if caching.supported.yes() {
            assert!(caching.fields.known().is_some(), "{id}");
        }
    }
}

#[test]
fn only_claude_takes_citations_and_only_nova_takes_videos_on_converse() {
    for entry in all().filter(|entry| entry.capabilities().converse.yes()) {
        let (id, facts) = (entry.id(), entry.capabilities());
        assert!(!facts.citations.yes() || entry.is_a("claude"), "{id}");
        assert!(!facts.inputs.video.yes() || entry.is_a("nova"), "{id}");
        assert!(facts.inputs.video.known().is_some(), "{id}");
    }
}

/// Where only a profile can be called, the profiles are known.
#[test]
fn what_is_not_served_on_demand_has_profiles() {
    for entry in all().filter(|entry| entry.capabilities().converse.yes()) {
        let (id, facts) = (entry.id(), entry.capabilities());
        let prefixes = facts.inference_profile_prefixes.known();
        assert!(!facts.on_demand.no() || prefixes.is_some_and(|all| !all.is_empty()), "{id}");
    }
}

/// Model, fact, value.
const WELL_KNOWN: &str = r#"
    Sampling
        claude-opus-4-1 temperatureAndTopPExclusive true
        claude-sonnet-4-5 temperatureAndTopPExclusive true
        claude-haiku-4-5 temperatureAndTopPExclusive true
        claude-opus-4-5 temperatureAndTopPExclusive true
        claude-opus-4-6 temperatureAndTopPExclusive true
        claude-sonnet-4-6 temperatureAndTopPExclusive true
        claude-sonnet-4 temperatureAndTopPExclusive false
        claude-sonnet-4-6 temperature.supported true
        claude-opus-4-7 temperature.supported false
        claude-opus-4-7 temperature.acceptedValues [1.0]
        claude-fable-5-1 topP.acceptedValues [0.99]
        claude-haiku-5-5 topK.supported false
        claude-3-7-sonnet topK.requestField "top_k"
        amazon.nova-pro-v1:0 topK.requestField "inferenceConfig.topK"
        amazon.nova-pro-v1:0 temperature.min 0.00001
        cohere.command-r-plus-v1:0 topP.max 0.99
        amazon.titan-text-express-v1 topP.min 0.0001
        openai.gpt-6-astra temperature.supported false
        openai.gpt-6-astra stopSequences.supported false
        openai.gpt-oss-120b-1:0 stopSequences.supported null
        deepseek.r1-v1:0 stopSequences.max 10
        moonshotai.kimi-k3 temperature.supported null
    Tokens
        amazon.nova-pro-v1:0 maxOutputTokens 10000
        claude-sonnet-4-6 maxOutputTokens 64000
        openai.gpt-5.6-sol minMaxTokens 16
        xai.grok-4.7 minMaxTokens 16
        moonshotai.kimi-k3 minMaxTokens 16
        claude-opus-5 minMaxTokens 1
    Thinking
        claude-3-5-sonnet reasoning.supported false
        claude-3-5-sonnet reasoning.efforts []
        claude-3-7-sonnet reasoning.minBudget 1024
        claude-3-7-sonnet reasoning.minTopP 2.0
        claude-sonnet-4-5 reasoning.minTopP 0.95
        claude-sonnet-4-5 reasoning.efforts []
        claude-sonnet-4-5 reasoning.thinkingTypes ["enabled", "disabled"]
        claude-opus-4-5 reasoning.efforts ["low", "medium", "high"]
        claude-opus-4-5 reasoning.effortBeta "effort-2025-11-24"
        claude-opus-4-6 reasoning.efforts ["low", "medium", "high", "max"]
        claude-opus-4-6 reasoning.deprecatedThinkingTypes ["enabled"]
        claude-opus-4-6 reasoning.forbidsForcedTools true
        claude-opus-4-6 reasoning.rejectsPrefill true
        claude-opus-4-5 reasoning.rejectsPrefill false
        claude-opus-4-8 reasoning.defaultOn false
        claude-opus-4-8 reasoning.efforts ["low", "medium", "high", "xhigh", "max"]
        claude-opus-4-8 reasoning.thinkingTypes ["disabled", "adaptive"]
        claude-opus-5 reasoning.defaultOn true
        claude-opus-5 reasoning.maxEffortWhenDisabled "high"
        claude-haiku-5-5 reasoning.maxEffortWhenDisabled "high"
        claude-sonnet-5 reasoning.maxEffortWhenDisabled null
        claude-sonnet-5-5 reasoning.thinkingTypes ["adaptive", "between_tools"]
        claude-sonnet-5-5 reasoning.maxEffortWhenDisabled "high"
        claude-opus-5-5 reasoning.canDisable false
        claude-haiku-5-5 reasoning.bindsBlocks true
        claude-mythos-5-1 reasoning.bindsBlocks false
        amazon.nova-2-lite-v1:0 reasoning.field "reasoningConfig"
        openai.gpt-6-sol reasoning.field "reasoning.effort"
        openai.gpt-oss-20b-1:0 reasoning.field "reasoning_effort"
        qwen.qwen3-32b-v1:0 reasoning.field "reasoning_config"
        deepseek.r1-v1:0 reasoning.field "none"
        mistral.magistral-small-2509 reasoning.field "none"
        writer.palmyra-x5-v1:0 reasoning.field "none"
        writer.palmyra-vision-7b reasoning.field "none"
        nvidia.nemotron-super-3-120b reasoning.field "none"
        openai.gpt-6.1-sol reasoning.efforts ["low", "medium", "high", "xhigh", "max"]
        openai.gpt-6-sol reasoning.acceptsHistory false
        openai.gpt-6-sol reasoning.acceptsRedacted true
        amazon.nova-lite-v1:0 reasoning.acceptsHistory false
        qwen.qwen3-coder-next reasoning.acceptsHistory false
        minimax.minimax-m2.5 reasoning.acceptsHistory true
    Tools and messages
        claude-opus-5 tools.toolChoice ["auto", "any", "tool"]
        claude-opus-5-5 tools.toolChoice ["auto"]
        claude-sonnet-5-5 tools.toolChoice ["auto"]
        claude-fable-5-2 tools.toolChoice ["auto"]
        claude-mythos-5-1 tools.toolChoice ["auto"]
        claude-fable-5 tools.toolChoice ["auto", "any", "tool"]
        deepseek.v3.2 tools.toolChoice ["auto", "any"]
        meta.llama4-scout-17b-instruct-v1:0 tools.streaming false
        mistral.pixtral-large-2502-v1:0 tools.streaming false
        writer.palmyra-vision-7b tools.streaming false
        qwen.qwen3-next-80b-a3b tools.toolChoice ["auto"]
        openai.gpt-oss-safeguard-20b tools.toolChoice ["auto"]
        minimax.minimax-m2 tools.toolChoice ["auto"]
        nvidia.nemotron-nano-9b-v2 tools.toolChoice ["auto"]
        claude-opus-4-7 tools.strict false
        claude-opus-4-6 tools.strict true
        writer.palmyra-x5-v1:0 tools.resultStatus false
        writer.palmyra-x5-v1:0 tools.mixedResults false
        meta.llama4-scout-17b-instruct-v1:0 tools.textBesideCalls false
        mistral.devstral-2-123b tools.textBesideCalls false
        anthropic.claude-opus-5 tools.schemaUnions false
        anthropic.claude-3-haiku-20240307-v1:0 tools.propertyKeyPattern "^[a-zA-Z0-9_.-]{1,64}$"
        anthropic.claude-opus-5-5 reasoning.needsSignature true
        anthropic.claude-haiku-4-5-20251001-v1:0 reasoning.signedLoops true
        amazon.nova-2-lite-v1:0 reasoning.acceptsEmptySignature false
        minimax.minimax-m2.5 reasoning.acceptsEmptySignature false
        amazon.nova-pro-v1:0 tools.resultStatus true
        mistral.devstral-2-123b tools.useIdPattern "^[a-zA-Z0-9]{9}$"
        moonshotai.kimi-k2.5 tools.resultImages false
        xai.grok-4.6 tools.schemaLookaround false
        mistral.mistral-7b-instruct-v0:2 systemPrompt false
        amazon.nova-micro-v1:0 inputs.video false
        claude-opus-4-5 structuredOutput true
        claude-opus-5 structuredOutput null
        claude-sonnet-5-5 structuredOutput null
        claude-opus-4-7 structuredOutput false
    Prompt caching
        claude-opus-4-7 promptCaching.minTokens 4096
        claude-sonnet-4-6 promptCaching.minTokens 1024
        claude-sonnet-4 promptCaching.ttls ["5m"]
        claude-sonnet-4-5 promptCaching.ttls ["5m", "1h"]
        amazon.nova-pro-v1:0 promptCaching.fields ["system", "messages"]
        amazon.nova-pro-v1:0 promptCaching.besideTools false
        openai.gpt-6-sol promptCaching.supported false
        zai.glm-5.3 promptCaching.supported false
    Ids
        claude-3-5-sonnet-20240620 onDemand null
        claude-3-5-sonnet-20241022 onDemand false
        claude-3-5-haiku onDemand false
        claude-sonnet-4-6 onDemand false
        claude-fable-5-2 onDemand false
        meta.llama3-1-70b-instruct-v1:0 onDemand null
        meta.llama3-2-1b-instruct-v1:0 onDemand false
        meta.llama4-scout-17b-instruct-v1:0 onDemand false
        openai.gpt-5.6-sol onDemand false
        openai.gpt-oss-120b-1:0 onDemand null
        xai.grok-4.7 onDemand false
        amazon.nova-pro-v1:0 onDemand null
    Life
        amazon.nova-premier-v1:0 eolDate "2026-09-14"
        claude-sonnet-4-5 eolDate "2027-04-08"
        claude-sonnet-4-5 successor "anthropic.claude-sonnet-5-5"
        claude-sonnet-5-5 preview false
        amazon.nova-2-pro-preview-20251202-v1:0 preview true
        mistral.mistral-large-2407-v1:0 preview null
    Windows
        openai.gpt-5.4 contextWindow 1050000
        openai.gpt-5.4 maxInputTokens 922000
        openai.gpt-6.1-terra maxInputTokens 922000
        openai.gpt-6.1-sol maxInputTokens null
        deepseek.v3.2 contextWindow 164000
        deepseek.v3.2 maxInputTokens 156000
        moonshotai.kimi-k3.1 maxInputTokens 868928
        moonshotai.kimi-k3.1 maxOutputTokens 131072
        moonshotai.kimi-k3.1 inferenceProfilePrefixes ["global", "in", "us"]
        xai.grok-4.7 inferenceProfilePrefixes ["global", "us", "us-gov"]
    Quotas and access
        claude-opus-4-8 outputBurndownRate 15
        claude-sonnet-5 outputBurndownRate 10
        claude-sonnet-4-6 outputBurndownRate 5
        claude-sonnet-5-5 outputBurndownRate null
        openai.gpt-5.6-sol outputBurndownRate 10
        amazon.nova-pro-v1:0 outputBurndownRate 1
        claude-fable-5-1 dataRetentionModes ["aws_review", "provider_data_share"]
        claude-opus-5 dataRetentionModes null
        claude-mythos-5-1 trustedAccess true
        claude-mythos-5 converse false
        openai.gpt-5.5 converse false
"#;

#[test]
fn well_known_facts() {
    let lines = WELL_KNOWN.lines().filter(|line| line.starts_with("        "));
    let mut count = 0;
    for line in lines {
        let [id, path, value] = line.trim().splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let value: Value = serde_json::from_str(value).unwrap();
        let fact = fact(id, path);
        assert_eq!(fact["value"].to_string(), value.to_string(), "{id}: {path}");
        let source = if value.is_null() { "assumed" } else { "catalog" };
        assert_eq!(fact["source"], source, "{id}: {path}");
        count += 1;
    }
    assert!(count > 90);
}
