//! Capabilities of one model of each class, written by hand.

use bedrock_profile_core::model::capabilities::{
    ModelCapabilities, NumberParameter, PromptCaching, Reasoning, StopSequences, TopK,
};
use bedrock_profile_core::model::fact::{Fact, ReasoningField, Source, ThinkingType};

use ThinkingType::{Adaptive, BetweenTools, Disabled, Enabled};

pub fn fact<T>(value: T) -> Fact<T> {
    Fact::new(Some(value), Source::Catalog)
}

pub fn strings(values: &[&str]) -> Fact<Vec<String>> {
    fact(values.iter().map(ToString::to_string).collect())
}

fn range(min: f64, max: f64) -> NumberParameter {
    NumberParameter {
        supported: fact(true),
        min: fact(min),
        max: fact(max),
        accepted_values: Fact::default(),
    }
}

fn refused(tolerated: &[f64]) -> NumberParameter {
    NumberParameter {
        supported: fact(false),
        accepted_values: fact(tolerated.to_vec()),
        ..NumberParameter::default()
    }
}

fn top_k(field: &str, max: f64) -> TopK {
    TopK {
        supported: fact(true),
        request_field: fact(field.to_owned()),
        min: fact(0.0),
        max: fact(max),
    }
}

fn no_top_k() -> TopK {
    TopK { supported: fact(false), ..TopK::default() }
}

fn stops(max: u64) -> StopSequences {
    StopSequences { supported: fact(true), max: fact(max) }
}

fn caching(ttls: &[&str], fields: &[&str], beside_tools: bool) -> PromptCaching {
    PromptCaching {
        supported: fact(true),
        min_tokens: fact(1024),
        max_checkpoints: fact(4),
        ttls: strings(ttls),
        fields: strings(fields),
        beside_tools: fact(beside_tools),
    }
}

fn no_caching() -> PromptCaching {
    PromptCaching { supported: fact(false), ..PromptCaching::default() }
}

/// A model of which nothing is known.
pub fn unknown() -> ModelCapabilities {
    ModelCapabilities { model: "acme.wonder-1".to_owned(), ..ModelCapabilities::default() }
}

fn model(id: &str, provider: &str, family: &str) -> ModelCapabilities {
    ModelCapabilities {
        model: id.to_owned(),
        provider: fact(provider.to_owned()),
        family: fact(family.to_owned()),
        converse: fact(true),
        min_max_tokens: fact(1),
        temperature: range(0.0, 1.0),
        top_p: range(0.0, 1.0),
        top_k: no_top_k(),
        temperature_and_top_p_exclusive: fact(false),
        stop_sequences: stops(2500),
        system_prompt: fact(true),
        assistant_first: fact(false),
        prompt_caching: no_caching(),
        ..ModelCapabilities::default()
    }
    .with_tools(&["auto"])
}

trait Tooled {
    fn with_tools(self, choices: &[&str]) -> Self;
}

impl Tooled for ModelCapabilities {
    fn with_tools(mut self, choices: &[&str]) -> Self {
        self.tools.supported = fact(true);
        self.tools.streaming = fact(true);
        self.tools.tool_choice = strings(choices);
        self
    }
}

fn claude(family: &str) -> ModelCapabilities {
    let mut model = model(&format!("anthropic.{family}"), "Anthropic", family)
        .with_tools(&["auto", "any", "tool"]);
    model.context_window = fact(200_000);
    model.top_k = top_k("top_k", 500.0);
    model.prompt_caching = caching(&["5m"], &["system", "messages", "tools"], true);
    model.citations = fact(true);
    model.assistant_first = fact(true);
    model.tools.media_beside_results = fact(false);
    model.inputs.image = fact(true);
    model.inputs.document = fact(true);
    model.inputs.video = fact(false);
    model.reasoning.accepts_history = fact(true);
    model.reasoning.accepts_redacted = fact(true);
    model.reasoning.needs_signature = fact(true);
    model.tools.result_status = fact(true);
    model.tools.schema_unions = fact(false);
    model.tools.property_key_pattern = fact("^[a-zA-Z0-9_.-]{1,64}$".to_owned());
    model
}

/// C-old.
pub fn claude_3_5() -> ModelCapabilities {
    let mut model = claude("claude-3-5-sonnet");
    model.max_output_tokens = fact(8_192);
    model.reasoning.supported = fact(false);
    model
}

fn budget(family: &str, max: u64) -> ModelCapabilities {
    let mut model = claude(family);
    model.max_output_tokens = fact(max);
    model.reasoning = Reasoning {
        supported: fact(true),
        field: fact(ReasoningField::Thinking),
        thinking_types: fact(vec![Enabled, Disabled]),
        deprecated_thinking_types: fact(vec![]),
        efforts: fact(vec![]),
        min_budget: fact(1_024),
        default_on: fact(false),
        can_disable: fact(true),
        temperature_locked: fact(true),
        min_top_p: fact(0.95),
        forbids_forced_tools: fact(true),
        rejects_prefill: fact(false),
        binds_blocks: fact(false),
        signed_loops: fact(true),
        ..model.reasoning
    };
    model
}

/// C-budget without exclusive sampling.
pub fn claude_3_7() -> ModelCapabilities {
    let mut model = budget("claude-3-7-sonnet", 64_000);
    model.reasoning.min_top_p = fact(1.5);
    model.betas = strings(&["computer-use-2025-01-24", "output-128k-2025-02-19"]);
    model
}

/// C-budget.
pub fn sonnet_4_5() -> ModelCapabilities {
    let mut model = budget("claude-sonnet-4-5", 64_000);
    model.temperature_and_top_p_exclusive = fact(true);
    model.prompt_caching.ttls = strings(&["5m", "1h"]);
    model.betas = strings(&["interleaved-thinking-2025-05-14"]);
    model
}

/// C-budget with an effort behind a beta.
pub fn opus_4_5() -> ModelCapabilities {
    let mut model = sonnet_4_5();
    model.model = "anthropic.claude-opus-4-5".to_owned();
    model.reasoning.efforts = strings(&["low", "medium", "high"]);
    model.reasoning.effort_beta = fact("effort-2025-11-24".to_owned());
    model
}

/// C-4.6.
pub fn opus_4_6() -> ModelCapabilities {
    let mut model = sonnet_4_5();
    model.model = "anthropic.claude-opus-4-6".to_owned();
    model.max_output_tokens = fact(128_000);
    model.reasoning.thinking_types = fact(vec![Adaptive, Enabled, Disabled]);
    model.reasoning.deprecated_thinking_types = fact(vec![Enabled]);
    model.reasoning.efforts = strings(&["low", "medium", "high", "max"]);
    model.reasoning.rejects_prefill = fact(true);
    model.reasoning.signed_loops = Fact::default();
    model
}

/// C-adaptive, off unless asked for.
pub fn opus_4_8() -> ModelCapabilities {
    let mut model = opus_4_6();
    model.model = "anthropic.claude-opus-4-8".to_owned();
    model.temperature = refused(&[1.0]);
    model.top_p = refused(&[]);
    model.top_k = no_top_k();
    model.tools.strict = fact(false);
    model.structured_output = fact(false);
    model.reasoning.thinking_types = fact(vec![Adaptive, Disabled]);
    model.reasoning.deprecated_thinking_types = fact(vec![]);
    model.reasoning.efforts = strings(&["low", "medium", "high", "xhigh", "max"]);
    model.reasoning.min_budget = Fact::default();
    model.reasoning.temperature_locked = fact(false);
    model.reasoning.forbids_forced_tools = fact(false);
    model.betas = strings(&[]);
    model
}

/// C-adaptive, on unless turned off.
pub fn opus_5() -> ModelCapabilities {
    let mut model = opus_4_8();
    model.model = "anthropic.claude-opus-5".to_owned();
    model.reasoning.default_on = fact(true);
    model.reasoning.max_effort_when_disabled = fact("high".to_owned());
    model
}

/// C-between.
pub fn sonnet_5_5() -> ModelCapabilities {
    let mut model = opus_5();
    model.model = "anthropic.claude-sonnet-5-5".to_owned();
    model.reasoning.thinking_types = fact(vec![Adaptive, BetweenTools]);
    model.reasoning.max_effort_when_disabled = Fact::default();
    model.reasoning.can_disable = fact(false);
    model.reasoning.binds_blocks = fact(true);
    model.betas = strings(&["thinking-binding-controls-2026-08-01"]);
    model.tools.tool_choice = strings(&["auto"]);
    model
}

/// C-always; tolerates topP 0.99.
pub fn fable_5_1() -> ModelCapabilities {
    let mut model = sonnet_5_5();
    model.model = "anthropic.claude-fable-5-1".to_owned();
    model.top_p = refused(&[0.99]);
    model.reasoning.thinking_types = fact(vec![Adaptive]);
    model
}

fn nova(id: &str) -> ModelCapabilities {
    let mut model = model(id, "Amazon", "nova").with_tools(&["auto", "any", "tool"]);
    model.max_output_tokens = fact(10_000);
    model.temperature = range(0.00001, 1.0);
    model.top_k = top_k("inferenceConfig.topK", 128.0);
    model.prompt_caching = caching(&["5m"], &["system", "messages"], false);
    model.citations = fact(false);
    model.inputs.video = fact(true);
    model
}

pub fn nova_pro() -> ModelCapabilities {
    let mut model = nova("amazon.nova-pro-v1:0");
    model.reasoning.supported = fact(false);
    model.reasoning.accepts_history = fact(false);
    model
}

pub fn nova_2_lite() -> ModelCapabilities {
    let mut model = nova("amazon.nova-2-lite-v1:0");
    model.max_output_tokens = fact(64_000);
    model.reasoning.supported = fact(true);
    model.reasoning.field = fact(ReasoningField::NovaReasoningConfig);
    model.reasoning.efforts = strings(&["low", "medium", "high"]);
    model.reasoning.default_on = fact(false);
    model.reasoning.accepts_redacted = fact(false);
    model.reasoning.accepts_empty_signature = fact(false);
    model
}

/// GPT and Grok.
pub fn gpt() -> ModelCapabilities {
    let mut model = model("openai.gpt-5.6-sol", "OpenAI", "gpt-5.6-sol");
    model.min_max_tokens = fact(16);
    model.max_output_tokens = fact(128_000);
    model.temperature = refused(&[]);
    model.top_p = refused(&[]);
    model.stop_sequences = StopSequences { supported: fact(false), max: fact(0) };
    model.tools.result_images = fact(false);
    model.reasoning.supported = fact(true);
    model.reasoning.field = fact(ReasoningField::NestedReasoningEffort);
    model.reasoning.efforts = strings(&["none", "low", "medium", "high", "xhigh"]);
    model.reasoning.default_on = fact(true);
    model.reasoning.accepts_history = fact(false);
    model
}

pub fn gpt_oss() -> ModelCapabilities {
    let mut model = model("openai.gpt-oss-120b-1:0", "OpenAI", "gpt-oss-120b");
    model.max_output_tokens = fact(16_384);
    model.stop_sequences = StopSequences::default();
    model.reasoning.supported = fact(true);
    model.reasoning.field = fact(ReasoningField::ReasoningEffort);
    model.reasoning.efforts = strings(&["low", "medium", "high"]);
    model.reasoning.default_on = fact(true);
    model
}

pub fn qwen3() -> ModelCapabilities {
    let mut model = model("qwen.qwen3-235b-a22b-2507-v1:0", "Qwen", "qwen3-235b");
    model.assistant_first = fact(true);
    model.reasoning.supported = fact(true);
    model.reasoning.field = fact(ReasoningField::QwenReasoningConfig);
    model.reasoning.efforts = strings(&["none", "low", "medium", "high"]);
    model.reasoning.default_on = fact(false);
    model
}

/// Reasons, and takes no setting.
pub fn deepseek_r1() -> ModelCapabilities {
    let mut model = model("deepseek.r1-v1:0", "DeepSeek", "deepseek-r1");
    model.reasoning.supported = fact(true);
    model.reasoning.field = fact(ReasoningField::None);
    model.reasoning.accepts_history = fact(false);
    model.stop_sequences = stops(10);
    model.tools.supported = fact(false);
    model
}

pub fn llama() -> ModelCapabilities {
    let mut model = model("meta.llama3-3-70b-instruct-v1:0", "Meta", "llama3-3-70b");
    model.max_output_tokens = fact(4_096);
    model.reasoning.supported = fact(false);
    model.reasoning.accepts_history = fact(false);
    model.tools.streaming = fact(false);
    model.tools.mixed_results = fact(false);
    model.tools.text_beside_calls = fact(false);
    model.tools.result_images = fact(false);
    model
}

pub fn mistral_large() -> ModelCapabilities {
    let mut model = model("mistral.mistral-large-2407-v1:0", "Mistral AI", "mistral-large");
    model.tools.use_id_pattern = fact("^[a-zA-Z0-9]{9}$".to_owned());
    model.tools.mixed_results = fact(false);
    model.tools.text_beside_calls = fact(false);
    model.tools.tool_choice = strings(&["auto", "any"]);
    model.stop_sequences = stops(10);
    model
}

pub fn titan() -> ModelCapabilities {
    let mut model = model("amazon.titan-text-express-v1", "Amazon", "titan-text");
    model.system_prompt = fact(false);
    model.tools.supported = fact(false);
    model.tools.streaming = Fact::default();
    model.citations = fact(false);
    model.inputs.video = fact(false);
    model
}

pub fn palmyra() -> ModelCapabilities {
    let mut model = model("writer.palmyra-x5-v1:0", "Writer", "palmyra-x5");
    model.tools.result_status = fact(false);
    model.tools.schema_lookaround = fact(false);
    model
}

/// One of each class.
pub fn all() -> Vec<ModelCapabilities> {
    vec![
        unknown(),
        claude_3_5(),
        claude_3_7(),
        sonnet_4_5(),
        opus_4_5(),
        opus_4_6(),
        opus_4_8(),
        opus_5(),
        sonnet_5_5(),
        fable_5_1(),
        nova_pro(),
        nova_2_lite(),
        gpt(),
        gpt_oss(),
        qwen3(),
        deepseek_r1(),
        llama(),
        mistral_large(),
        titan(),
        palmyra(),
    ]
}
