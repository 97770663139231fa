//! Ids: every form that names a model finds it, and what an unknown one is taken for.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bedrock_profile_core::labels::geo_prefixes;
use bedrock_profile_core::model::Source;
use bedrock_profile_core::model::catalog::{all, capabilities, find};
use proptest::prelude::*;
use serde_json::json;

use crate::fact;

fn found(id: &str) -> Option<(&'static str, bool)> {
    find(id).map(|found| (found.entry.id(), found.exact))
}

#[test]
fn every_id_finds_its_entry() {
    for entry in all() {
        let id = entry.id();
        assert_eq!(found(id), Some((id, true)));
        assert!(Arc::ptr_eq(&capabilities(id), entry.capabilities()));
        assert_eq!(found(&id.to_uppercase()), Some((id, true)));
        for geo in geo_prefixes() {
            assert_eq!(found(&format!("{geo}.{id}")), Some((id, true)), "{geo}");
        }
        let (head, _) = id.split_once(':').unwrap_or((id, ""));
        if id != "anthropic.claude-v2:1" {
            assert_eq!(found(head), Some((id, true)), "{head}");
        }
    }
}

const SONNET: &str = "anthropic.claude-sonnet-4-6";
const SONNET_45: &str = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const SONNET_35: &str = "anthropic.claude-3-5-sonnet-20241022-v2:0";
const NOVA: &str = "amazon.nova-pro-v1:0";

fn assert_found(forms: &[(&str, &str)]) {
    for (form, id) in forms {
        assert_eq!(found(form), Some((*id, true)), "{form}");
        assert_eq!(fact(form, "family")["source"], "catalog", "{form}");
    }
}

#[test]
fn an_id_needs_no_version() {
    assert_found(&[
        ("anthropic.claude-sonnet-4-6-v1:0", SONNET),
        ("anthropic.claude-sonnet-4-6-v1", SONNET),
        ("anthropic.claude-sonnet-4-6:0", SONNET),
        ("anthropic.claude-opus-4-6", "anthropic.claude-opus-4-6-v1"),
        ("anthropic.claude-opus-4-6-v1:0", "anthropic.claude-opus-4-6-v1"),
        ("anthropic.claude-sonnet-4-5-20250929-v1", SONNET_45),
        ("anthropic.claude-sonnet-4-5-20250929", SONNET_45),
        ("anthropic.claude-sonnet-4-5", SONNET_45),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0:51k", SONNET_35),
        (
            "anthropic.claude-3-5-sonnet-20240620-v1:0:18k",
            "anthropic.claude-3-5-sonnet-20240620-v1:0",
        ),
        ("anthropic.claude-3-5-sonnet", SONNET_35),
        ("anthropic.claude-3-5-sonnet-v1", "anthropic.claude-3-5-sonnet-20240620-v1:0"),
        ("anthropic.claude-v2:1:200k", "anthropic.claude-v2:1"),
        ("anthropic.claude-opus-4", "anthropic.claude-opus-4-20250514-v1:0"),
        ("amazon.nova-pro", NOVA),
        ("amazon.nova-pro-v1:0:300k", NOVA),
        ("openai.gpt-oss-120b", "openai.gpt-oss-120b-1:0"),
        ("openai.gpt-oss-120b-1", "openai.gpt-oss-120b-1:0"),
        ("deepseek.v3", "deepseek.v3-v1:0"),
        ("nvidia.nemotron-nano-9b", "nvidia.nemotron-nano-9b-v2"),
    ]);
}

#[test]
fn what_stands_before_the_provider_is_dropped() {
    assert_found(&[
        ("us.anthropic.claude-sonnet-4-6", SONNET),
        ("us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_45),
        ("global.deepseek.v3.2", "deepseek.v3.2"),
        ("amer.amazon.nova-pro-v1:0", NOVA),
        ("team-a.anthropic.claude-sonnet-4-6", SONNET),
        ("team.b.eu.anthropic.claude-sonnet-4-6", SONNET),
        ("google.anthropic.claude-sonnet-4-6", SONNET),
    ]);
}

#[test]
fn an_arn_that_shows_a_name_is_found() {
    assert_found(&[
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6", SONNET),
        ("arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-6", SONNET),
        (
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6",
            SONNET,
        ),
        ("arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-pro-v1:0", NOVA),
        (
            "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-pro-v1:0/abcd1234efgh",
            NOVA,
        ),
        (
            "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-pro-v1:0:300k/abcd1234efgh",
            NOVA,
        ),
    ]);
}

#[test]
fn what_clients_add_is_dropped() {
    assert_found(&[
        ("anthropic.claude-sonnet-4-6[1m]", SONNET),
        ("us.anthropic.claude-sonnet-4-6-v1[1m]", SONNET),
        ("bedrock/anthropic.claude-sonnet-4-6", SONNET),
        ("bedrock/converse/us.anthropic.claude-sonnet-4-6", SONNET),
        ("converse/anthropic.claude-sonnet-4-6", SONNET),
        ("bedrock/us-east-1/anthropic.claude-sonnet-4-6", SONNET),
        ("amazon.nova-pro-v1:0-latency-optimized", NOVA),
        ("bedrock/arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", NOVA),
    ]);
}

#[test]
fn spelling_is_forgiven() {
    assert_found(&[
        ("Anthropic.Claude-Sonnet-4-6", SONNET),
        (" anthropic.claude-sonnet-4-6 ", SONNET),
        ("moonshotai.kimi-k2-thinking", "moonshot.kimi-k2-thinking"),
        ("moonshot.kimi-k2.5", "moonshotai.kimi-k2.5"),
        ("anthropic.claude-sonnet-4.6", SONNET),
    ]);
}

#[test]
fn a_name_needs_no_provider() {
    assert_found(&[
        ("claude-sonnet-4-6", SONNET),
        ("claude-sonnet-4-6[1m]", SONNET),
        ("claude-sonnet-4.6", SONNET),
        ("claude-3-5-sonnet", SONNET_35),
        ("Claude-Sonnet-4-5-20250929", SONNET_45),
        ("nova-pro", NOVA),
        ("gpt-oss-20b", "openai.gpt-oss-20b-1:0"),
        ("kimi-k2.5", "moonshotai.kimi-k2.5"),
        ("grok-4.7", "xai.grok-4.7"),
    ]);
}

#[test]
fn another_edition_of_a_known_model_has_its_facts_as_a_pattern() {
    for (asked, id) in [
        ("anthropic.claude-sonnet-4-5-20260101-v1:0", SONNET_45),
        ("us.anthropic.claude-sonnet-4-5-20260101-v1:0", SONNET_45),
        ("anthropic.claude-sonnet-4-5-20250929-v2:0", SONNET_45),
        ("amazon.nova-pro-v2:0", "amazon.nova-pro-v1:0"),
        ("amazon.nova-pro-v1:1", "amazon.nova-pro-v1:0"),
    ] {
        assert_eq!(found(asked), Some((id, false)), "{asked}");
        let capabilities = capabilities(asked);
        assert_eq!(capabilities.model, asked);
        assert_eq!(capabilities.context_window.source, Source::Pattern);
        assert_eq!(capabilities.tools.tool_choice.source, Source::Pattern);
        assert_eq!(fact(asked, "contextWindow")["value"], fact(id, "contextWindow")["value"]);
        assert_eq!(fact(asked, "betas")["value"], fact(id, "betas")["value"]);
    }
    // What is unknown stays so.
    assert_eq!(
        fact("amazon.nova-pro-v2:0", "betas"),
        json!({ "value": null, "source": "assumed" })
    );
}

#[test]
fn an_id_that_shows_no_model_finds_none() {
    for id in [
        "",
        " ",
        ".",
        "/",
        "claude",
        "r1",
        "v3",
        "anthropic.",
        "anthropic.claude",
        "anthropic.claude:1",
        "anthropic.claude-opus-6",
        "anthropic.claude-opus-4-9",
        "acme.claude-sonnet-4-6",
        "amazon.claude-sonnet-4-6",
        "my-provisioned-model",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/s529qz7ddy06",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/claude-opus-5",
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcd1234efgh",
        "arn:aws:bedrock:us-east-1:123456789012:imported-model/abcd1234efgh",
        "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1",
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/claude-opus-5/abcd1234efgh",
        "arn:aws:bedrock:us-east-1::foundation-model/claude-opus-5",
        "arn:aws:bedrock",
        "arn:",
    ] {
        assert_eq!(found(id), None, "{id}");
    }
}

#[test]
fn an_unknown_claude_is_sent_only_what_no_new_claude_refuses() {
    for id in [
        "anthropic.claude-opus-6",
        "us.anthropic.claude-opus-6",
        "claude-opus-6",
        "team-a.anthropic.claude-opus-6-20270101-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-6",
    ] {
        let expected = [
            ("provider", json!("Anthropic")),
            ("family", json!("claude-opus-6")),
            ("temperature.supported", json!(false)),
            ("topP.supported", json!(false)),
            ("topK.supported", json!(false)),
            ("reasoning.field", json!("thinking")),
            ("reasoning.thinkingTypes", json!(["adaptive"])),
            ("reasoning.efforts", json!(["low", "medium", "high", "xhigh", "max"])),
            ("reasoning.rejectsPrefill", json!(true)),
            ("tools.strict", json!(false)),
            ("promptCaching.ttls", json!(["5m", "1h"])),
        ];
        for (path, value) in expected {
            assert_eq!(
                fact(id, path),
                json!({ "value": value, "source": "pattern" }),
                "{id}: {path}"
            );
        }
        // Half of the new ones take a forced tool: Bedrock answers.
        for path in ["tools.toolChoice", "reasoning.bindsBlocks", "outputBurndownRate", "status"] {
            assert_eq!(
                fact(id, path),
                json!({ "value": null, "source": "assumed" }),
                "{id}: {path}"
            );
        }
        assert_eq!(capabilities(id).model, id);
    }
}

#[test]
fn what_an_unknown_claude_is_sent_no_new_claude_refuses() {
    let unknown = capabilities("anthropic.claude-opus-6");
    for entry in all().filter(|entry| entry.is_a("claude-new")) {
        let (id, known) = (entry.id(), entry.capabilities());
        for kind in unknown.reasoning.thinking_types.known().unwrap() {
            assert!(known.reasoning.thinking_types.has(kind), "{id}: {kind:?}");
        }
        for effort in unknown.reasoning.efforts.known().unwrap() {
            assert!(known.reasoning.efforts.has(effort), "{id}: {effort}");
        }
        for ttl in unknown.prompt_caching.ttls.known().unwrap() {
            assert!(known.prompt_caching.ttls.has(ttl), "{id}: {ttl}");
        }
        assert!(known.temperature.supported.no(), "{id}");
        assert!(!known.structured_output.yes(), "{id}");
        assert!(known.max_output_tokens.known() >= unknown.max_output_tokens.known(), "{id}");
    }
}

#[test]
fn an_unknown_model_of_a_known_family_gets_the_newest_behaviour() {
    for (id, path, value) in [
        ("amazon.nova-3-pro-v1:0", "reasoning.field", json!("reasoningConfig")),
        ("amazon.nova-3-pro-v1:0", "family", json!("nova-3-pro")),
        ("openai.gpt-7-sol", "reasoning.field", json!("reasoning.effort")),
        ("openai.gpt-7-sol", "reasoning.efforts", json!(["low", "medium", "high", "xhigh", "max"])),
        ("openai.gpt-oss-2-500b", "reasoning.field", json!("reasoning_effort")),
        ("meta.llama5-70b-instruct-v1:0", "tools.streaming", json!(false)),
        ("qwen.qwen4-80b", "reasoning.field", json!("reasoning_config")),
        ("mistral.mistral-large-4", "tools.useIdPattern", json!("^[a-zA-Z0-9]{9}$")),
        ("mistral.magistral-large-2701", "reasoning.field", json!("none")),
        ("deepseek.v4", "reasoning.field", json!("reasoning_effort")),
        ("deepseek.r2-v1:0", "reasoning.field", json!("none")),
        ("moonshot.kimi-k4", "minMaxTokens", json!(16)),
        ("moonshotai.kimi-k4", "provider", json!("Moonshot AI")),
        ("xai.grok-5", "reasoning.canDisable", json!(false)),
        ("zai.glm-6", "reasoning.efforts", json!(["low", "medium", "high", "xhigh", "max"])),
        ("anthropic.claude-3-9-sonnet", "reasoning.supported", json!(false)),
        ("llama5-70b-instruct", "provider", json!("Meta")),
        ("anthropic.claude:1", "reasoning.field", json!("thinking")),
    ] {
        assert_eq!(fact(id, path), json!({ "value": value, "source": "pattern" }), "{id}: {path}");
    }
}

#[test]
fn of_a_known_provider_only_the_provider_is_known() {
    let capabilities = capabilities("amazon.rufus-v1:0");
    assert_eq!(capabilities.provider.known().unwrap(), "Amazon");
    assert_eq!(capabilities.provider.source, Source::Pattern);
    assert_eq!(capabilities.family.known(), None);
    assert_eq!(capabilities.converse.source, Source::Assumed);
}

#[test]
fn of_an_unknown_model_nothing_is_known() {
    for id in [
        "acme.rocket-1",
        "my-provisioned-model",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/s529qz7ddy06",
        "",
    ] {
        let serialised = serde_json::to_string(&*capabilities(id)).unwrap();
        assert!(serialised.starts_with(&format!("{{\"model\":{}", json!(id))), "{serialised}");
        for source in ["config", "aws", "learned", "catalog", "pattern"] {
            assert!(!serialised.contains(&format!("\"source\":\"{source}\"")), "{id}: {source}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_an_id(id in ".*") {
        prop_assert_eq!(&capabilities(&id).model, &id);
    }

    #[test]
    fn any_text_like_an_id_is_one(id in "(arn:[a-z:/.-]{0,30})?[a-z.:/0-9-]{0,10}(anthropic|meta)?[.:/]claude-[a-zé0-9.:/\\[\\]-]{0,20}") {
        let _ = capabilities(&id);
    }
}

/// Not the budget itself (a microsecond in a release build), only that nobody made it another order.
#[test]
fn a_lookup_is_a_matter_of_microseconds() {
    let ids = [
        "anthropic.claude-opus-5",
        "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        "claude-3-5-sonnet",
    ];
    for id in ids {
        black_box(capabilities(id));
        let once = || {
            let start = Instant::now();
            for _ in 0..100 {
                black_box(find(black_box(id)));
            }
            start.elapsed() / 100
        };
        let fastest = (0..50).map(|_| once()).min().unwrap();
        assert!(fastest < Duration::from_micros(30), "{id}: {fastest:?}");
    }
}
