//! What a model can do, field by field, each with where it is known from.
//!
//! Rules in `gate/` read these fields and nothing else about a model; a new model is therefore
//! a change to `catalog.json` only.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a fact is known from, from the most to the least trusted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The operator said so (`overrides`).
    Config,
    /// Bedrock refused a request with a text that names it.
    Learned,
    /// AWS's control plane states it.
    Aws,
    /// The model is in the catalog.
    Catalog,
    /// The model is unknown, its family is not: its family's newest behaviour.
    Pattern,
    /// Nothing is known; nothing is gated because of it.
    #[default]
    Assumed,
}

/// One fact: a value, or `None` where nobody knows, and its source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fact<T> {
    /// The value; `null` in JSON where it is unknown.
    pub value: Option<T>,
    /// Where the value is known from.
    pub source: Source,
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Self { value: None, source: Source::Assumed }
    }
}

impl<T> Fact<T> {
    /// A fact with a source; an unknown value is always `assumed`.
    pub fn new(value: Option<T>, source: Source) -> Self {
        let source = if value.is_some() { source } else { Source::Assumed };
        Self { value, source }
    }

    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        self.value.as_ref()
    }
}

impl Fact<bool> {
    /// Known to be true.
    pub fn yes(&self) -> bool {
        self.value == Some(true)
    }

    /// Known to be false: an unknown is neither `yes` nor `no`.
    pub fn no(&self) -> bool {
        self.value == Some(false)
    }
}

impl<T: PartialEq> Fact<Vec<T>> {
    /// The list is known and has the item.
    pub fn has(&self, item: &T) -> bool {
        self.value.as_ref().is_some_and(|list| list.contains(item))
    }

    /// The list is known and lacks the item.
    pub fn lacks(&self, item: &T) -> bool {
        self.value.as_ref().is_some_and(|list| !list.contains(item))
    }
}

/// Which kinds of content a message may hold.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Inputs {
    /// Text blocks.
    pub text: Fact<bool>,
    /// Image blocks.
    pub image: Fact<bool>,
    /// Document blocks.
    pub document: Fact<bool>,
    /// Video blocks.
    pub video: Fact<bool>,
    /// Audio blocks.
    pub audio: Fact<bool>,
    /// Bytes of an image at most, where that is less than Bedrock's 3.75 MB.
    pub max_image_bytes: Fact<u64>,
}

/// A number a model may or may not take, with its range (inclusive).
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct NumberParameter {
    /// Whether the parameter is accepted at all.
    pub supported: Fact<bool>,
    /// Smallest accepted value.
    pub min: Fact<f64>,
    /// Largest accepted value.
    pub max: Fact<f64>,
    /// Values that are tolerated although the parameter is not supported.
    pub accepted_values: Fact<Vec<f64>>,
}

/// Where a model takes top-k, which Converse has no member for.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct TopK {
    /// Whether top-k is accepted at all.
    pub supported: Fact<bool>,
    /// Path below `additionalModelRequestFields`: `top_k`, `inferenceConfig.topK` or `k`.
    pub request_field: Fact<String>,
    /// Smallest accepted value.
    pub min: Fact<f64>,
    /// Largest accepted value.
    pub max: Fact<f64>,
}

/// Stop sequences.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct StopSequences {
    /// Whether they are accepted at all.
    pub supported: Fact<bool>,
    /// How many at most.
    pub max: Fact<u64>,
}

/// A value of `thinking.type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThinkingType {
    /// A token budget (`budget_tokens`).
    Enabled,
    /// No thinking.
    Disabled,
    /// The model decides, steered by an effort.
    Adaptive,
    /// Thinking only between tool calls: the least that Sonnet 5.5 allows.
    BetweenTools,
}

/// The request member a family takes its reasoning setting in, below `additionalModelRequestFields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReasoningField {
    /// Claude: `thinking: { type, budget_tokens, … }`.
    #[serde(rename = "thinking")]
    Thinking,
    /// Nova 2: `reasoningConfig: { type, maxReasoningEffort }`.
    #[serde(rename = "reasoningConfig")]
    NovaReasoningConfig,
    /// gpt-oss, DeepSeek V3, GLM, Kimi: `reasoning_effort: "low"`.
    #[serde(rename = "reasoning_effort")]
    ReasoningEffort,
    /// GPT, Grok: `reasoning: { effort: "low" }`.
    #[serde(rename = "reasoning.effort")]
    NestedReasoningEffort,
    /// Qwen3: `reasoning_config: "low"`.
    #[serde(rename = "reasoning_config")]
    QwenReasoningConfig,
    /// The model reasons, or not, and takes no setting (R1, MiniMax, Magistral).
    #[serde(rename = "none")]
    None,
}

/// Thinking, also called reasoning.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Reasoning {
    /// Whether the model can reason at all.
    pub supported: Fact<bool>,
    /// Where the setting goes.
    pub field: Fact<ReasoningField>,
    /// Accepted values of `thinking.type` (Claude), deprecated ones included.
    pub thinking_types: Fact<Vec<ThinkingType>>,
    /// Accepted today, but with a silent loss (`enabled` on Claude 4.6: rule R9).
    pub deprecated_thinking_types: Fact<Vec<ThinkingType>>,
    /// Accepted efforts, from low to high; an empty list where effort is refused.
    pub efforts: Fact<Vec<String>>,
    /// The beta that effort needs (Opus 4.5: `effort-2025-11-24`).
    pub effort_beta: Fact<String>,
    /// The highest effort accepted while thinking is disabled (Opus 5, Haiku 5.5: `high`) or, where
    /// it cannot be disabled, `between_tools` (Sonnet 5.5: `high`).
    pub max_effort_when_disabled: Fact<String>,
    /// Smallest `budget_tokens`.
    pub min_budget: Fact<u64>,
    /// Whether the model thinks when the request does not say.
    pub default_on: Fact<bool>,
    /// Whether thinking can be turned off.
    pub can_disable: Fact<bool>,
    /// While thinking, temperature must be 1 or absent (R1).
    pub temperature_locked: Fact<bool>,
    /// While thinking, the smallest accepted topP (Claude 4+: 0.95); above 1 where it must be absent (3.7).
    pub min_top_p: Fact<f64>,
    /// While thinking with a budget, `toolChoice` any/tool is refused (R6).
    pub forbids_forced_tools: Fact<bool>,
    /// The conversation may not end with an assistant message (R20).
    pub rejects_prefill: Fact<bool>,
    /// Thinking blocks are bound to the turns before them (R21).
    pub binds_blocks: Fact<bool>,
    /// `reasoningContent` may stand in the history that is sent (R26).
    pub accepts_history: Fact<bool>,
    /// `redactedContent` may stand in the history that is sent (R27).
    pub accepts_redacted: Fact<bool>,
    /// Reasoning in the history that is sent must bear its signature (R28).
    pub needs_signature: Fact<bool>,
    /// The signature of reasoning in the history that is sent may be empty (R28).
    pub accepts_empty_signature: Fact<bool>,
    /// While thinking with a budget, a tool loop's first turn must begin with reasoning (R30).
    pub signed_loops: Fact<bool>,
}

/// What the model takes of tools.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Tools {
    /// Whether `toolConfig` is accepted.
    pub supported: Fact<bool>,
    /// Accepted members of `toolChoice`: `auto`, `any`, `tool`.
    pub tool_choice: Fact<Vec<String>>,
    /// Whether tools work with ConverseStream.
    pub streaming: Fact<bool>,
    /// Whether `strict` on a tool is accepted.
    pub strict: Fact<bool>,
    /// Whether `toolResult.status` is accepted (M10).
    pub result_status: Fact<bool>,
    /// Whether images may stand inside a `toolResult` (M11).
    pub result_images: Fact<bool>,
    /// Whether a user turn may mix `toolResult` with other blocks (M9).
    pub mixed_results: Fact<bool>,
    /// Whether a document or a video may stand beside a `toolResult` in one user turn (M9, Claude).
    pub media_beside_results: Fact<bool>,
    /// Whether an assistant turn may say something beside its calls (M40).
    pub text_beside_calls: Fact<bool>,
    /// Whether `anyOf`, `oneOf` and `allOf` may stand at the top of a tool's schema (M41).
    pub schema_unions: Fact<bool>,
    /// The pattern that the keys of a tool schema's own properties must match (M43).
    pub property_key_pattern: Fact<String>,
    /// Whether regex lookaround in `pattern` of a tool schema is accepted (M17).
    pub schema_lookaround: Fact<bool>,
    /// The pattern a `toolUseId` must match (M7); `None` is the shape's own.
    pub use_id_pattern: Fact<String>,
}

/// Prompt caching with explicit cache points.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct PromptCaching {
    /// Whether `cachePoint` is accepted.
    pub supported: Fact<bool>,
    /// Tokens below which a section is silently not cached.
    pub min_tokens: Fact<u64>,
    /// How many cache points at most, over tools, system and messages together.
    pub max_checkpoints: Fact<u64>,
    /// Accepted values of `cachePoint.ttl`.
    pub ttls: Fact<Vec<String>>,
    /// Where cache points are accepted: `tools`, `system`, `messages`.
    pub fields: Fact<Vec<String>>,
    /// Whether a message that holds `toolUse` or `toolResult` may hold a cache point (P8).
    pub beside_tools: Fact<bool>,
}

/// Everything known about a model.
///
/// [`ModelCapabilities::values`] gives the values alone.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ModelCapabilities {
    /// The base model id that the facts are about, as it was asked for where it is unknown.
    pub model: String,
    /// Who made the model (`Anthropic`).
    pub provider: Fact<String>,
    /// The model's family (`claude-sonnet-4-5`).
    pub family: Fact<String>,
    /// Whether Converse serves it.
    pub converse: Fact<bool>,
    /// Whether the bare id can be called; `false` where only an inference profile can (I1).
    pub on_demand: Fact<bool>,
    /// Geo prefixes of its system profiles (`us`, `eu`, `global`, …).
    pub inference_profile_prefixes: Fact<Vec<String>>,
    /// Context window in tokens: input and output together, where `max_input_tokens` is less.
    pub context_window: Fact<u64>,
    /// Most input tokens, where that is less than the context window.
    pub max_input_tokens: Fact<u64>,
    /// Whether the answer counts against the context window: prompt and `maxTokens` must fit into it
    /// together (T5).
    pub answer_in_window: Fact<bool>,
    /// Largest accepted `maxTokens`.
    pub max_output_tokens: Fact<u64>,
    /// What the model uses where `maxTokens` is absent, where that is known.
    pub default_max_tokens: Fact<u64>,
    /// Smallest accepted `maxTokens`.
    pub min_max_tokens: Fact<u64>,
    /// How many tokens of the tokens-per-minute quota one output token consumes.
    pub output_burndown_rate: Fact<u64>,
    /// Content a message may hold.
    pub inputs: Inputs,
    /// Whether `system` is accepted.
    pub system_prompt: Fact<bool>,
    /// Whether ConverseStream serves it.
    pub streaming: Fact<bool>,
    /// Whether guardrails work with it.
    pub guardrails: Fact<bool>,
    /// Whether `outputConfig.textFormat` is accepted.
    pub structured_output: Fact<bool>,
    /// Whether citations are accepted on documents (M14).
    pub citations: Fact<bool>,
    /// Whether a conversation may begin with the assistant (M12).
    pub assistant_first: Fact<bool>,
    /// `inferenceConfig.temperature`.
    pub temperature: NumberParameter,
    /// `inferenceConfig.topP`.
    pub top_p: NumberParameter,
    /// Top-k.
    pub top_k: TopK,
    /// Only one of temperature and topP is accepted.
    pub temperature_and_top_p_exclusive: Fact<bool>,
    /// `inferenceConfig.stopSequences`.
    pub stop_sequences: StopSequences,
    /// Thinking.
    pub reasoning: Reasoning,
    /// Tools.
    pub tools: Tools,
    /// Prompt caching.
    pub prompt_caching: PromptCaching,
    /// Betas that may stand in `anthropic_beta`.
    pub betas: Fact<Vec<String>>,
    /// Members of `additionalModelRequestFields` that the model has refused, by dotted path.
    pub refused_fields: Fact<Vec<String>>,
    /// Data retention modes of an account under which the model may be called; unknown where it
    /// makes no demands.
    pub data_retention_modes: Fact<Vec<String>>,
    /// Whether only accounts in the provider's trusted access program may call it.
    pub trusted_access: Fact<bool>,
    /// Whether it is a preview; `false`: generally available.
    pub preview: Fact<bool>,
    /// Day on which it became legacy, `YYYY-MM-DD`.
    pub legacy_date: Fact<String>,
    /// Day of end of life, `YYYY-MM-DD`.
    pub eol_date: Fact<String>,
    /// Base id of the model that is recommended in its place.
    pub successor: Fact<String>,
    /// `preview`, `active`, `legacy`, `eol`: derived from the dates and the clock (see
    /// [`lifecycle`](super::lifecycle)), unless the operator says it.
    pub status: Fact<String>,
}

impl ModelCapabilities {
    /// What is known, as JSON without sources; what is not known is absent.
    pub fn values(&self) -> Value {
        known(serde_json::to_value(self).unwrap_or_default()).unwrap_or_default()
    }
}

/// A fact's value in the place of the fact; absent where nobody knows it.
fn known(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(mut fact) if fact.contains_key("source") => {
            fact.remove("value").filter(|value| !value.is_null())
        }
        Value::Object(members) => {
            let members =
                members.into_iter().filter_map(|(name, value)| Some((name, known(value)?)));
            Some(Value::Object(members.collect()))
        }
        value => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_facts_without_their_sources_and_without_what_nobody_knows() {
        let mut capabilities = ModelCapabilities { model: "a.b".to_owned(), ..Default::default() };
        capabilities.max_output_tokens = Fact::new(Some(4096), Source::Catalog);
        capabilities.tools.strict = Fact::new(Some(false), Source::Config);
        let values = capabilities.values();
        assert_eq!(values.get("model"), Some(&json!("a.b")));
        assert_eq!(values.get("maxOutputTokens"), Some(&json!(4096)));
        assert_eq!(values.get("tools"), Some(&json!({ "strict": false })));
        assert_eq!(values.get("contextWindow"), None);
    }
}
