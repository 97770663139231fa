//! What a model can do, field by field, each with where it is known from.
//!
//! Each fact is declared here, once: its JSON name, its type and its reader. A test holds
//! `catalog.schema.json` to it, and another `lib/types/profile.d.ts`. Rules in `gate/` read these
//! fields and nothing else about a model; a new model is therefore a change to `catalog.json` only.

use std::fmt;

use serde_json::{Map, Value};

use super::common::{either, joined, known, least, lowest_effort, most, one_field, same};
use super::fact::{EFFORTS, Fact, ReasoningField, Source, ThinkingType};
use super::facts::{
    FactError, Facts, count, day, facts, flag, list, number, reasoning_field, text, thinking_type,
    word,
};

/// Members of `toolChoice`.
const TOOL_CHOICES: &[&str] = &["auto", "any", "tool"];
/// Values of `cachePoint.ttl`.
const TTLS: &[&str] = &["5m", "1h"];
/// Where a cache point may stand.
const CACHE_FIELDS: &[&str] = &["tools", "system", "messages"];
/// Stages of a model's life.
const STATUSES: &[&str] = &["preview", "active", "legacy", "eol"];
/// Data retention modes of an account, from the least to the most permissive.
const RETENTION_MODES: &[&str] = &["none", "default", "aws_review", "provider_data_share"];

facts! {
    /// Which kinds of content a message may hold.
    pub struct Inputs {
        /// Text blocks.
        "text" => text: Fact<bool> = flag,
        /// Image blocks.
        "image" => image: Fact<bool> = flag,
        /// Document blocks.
        "document" => document: Fact<bool> = flag,
        /// Video blocks.
        "video" => video: Fact<bool> = flag,
        /// Audio blocks.
        "audio" => audio: Fact<bool> = flag,
        /// Bytes of an image at most, where that is less than Bedrock's 3.75 MB.
        "maxImageBytes" => max_image_bytes: Fact<u64> = count,
    }
}

facts! {
    /// A number a model may or may not take, with its range (inclusive).
    pub struct NumberParameter {
        /// Whether the parameter is accepted at all.
        "supported" => supported: Fact<bool> = flag,
        /// Smallest accepted value.
        "min" => min: Fact<f64> = number => most,
        /// Largest accepted value.
        "max" => max: Fact<f64> = number,
        /// Values that are tolerated although the parameter is not supported.
        "acceptedValues" => accepted_values: Fact<Vec<f64>> = |value| list(value, number),
    }
}

facts! {
    /// Where a model takes top-k, which Converse has no member for.
    pub struct TopK {
        /// Whether top-k is accepted at all.
        "supported" => supported: Fact<bool> = flag,
        /// Path below `additionalModelRequestFields`: `top_k`, `inferenceConfig.topK` or `k`.
        "requestField" => request_field: Fact<String> = text,
        /// Smallest accepted value.
        "min" => min: Fact<f64> = number => most,
        /// Largest accepted value.
        "max" => max: Fact<f64> = number,
    }
}

facts! {
    /// Stop sequences.
    pub struct StopSequences {
        /// Whether they are accepted at all.
        "supported" => supported: Fact<bool> = flag,
        /// How many at most.
        "max" => max: Fact<u64> = count,
    }
}

facts! {
    /// Thinking, also called reasoning.
    pub struct Reasoning {
        /// Whether the model can reason at all.
        "supported" => supported: Fact<bool> = flag,
        /// Where the setting goes.
        "field" => field: Fact<ReasoningField> = reasoning_field => one_field,
        /// Accepted values of `thinking.type` (Claude), deprecated ones included.
        "thinkingTypes" => thinking_types: Fact<Vec<ThinkingType>> = |value| {
            list(value, thinking_type)
        },
        /// Accepted today, but with a silent loss (`enabled` on Claude 4.6: rule R9).
        "deprecatedThinkingTypes" => deprecated_thinking_types: Fact<Vec<ThinkingType>> = |value| {
            list(value, thinking_type)
        } => joined,
        /// Accepted efforts, from low to high; an empty list where effort is refused.
        "efforts" => efforts: Fact<Vec<String>> = |value| list(value, |item| word(item, EFFORTS)),
        /// The beta that effort needs (Opus 4.5: `effort-2025-11-24`).
        "effortBeta" => effort_beta: Fact<String> = text => known,
        /// The highest effort accepted while thinking is disabled (Opus 5, Haiku 5.5: `high`) or,
        /// where it cannot be disabled, `between_tools` (Sonnet 5.5: `high`).
        "maxEffortWhenDisabled" => max_effort_when_disabled: Fact<String> = |value| {
            word(value, EFFORTS)
        } => lowest_effort,
        /// Smallest `budget_tokens`.
        "minBudget" => min_budget: Fact<u64> = count => most,
        /// Whether the model thinks when the request does not say.
        "defaultOn" => default_on: Fact<bool> = flag => same,
        /// Whether thinking can be turned off.
        "canDisable" => can_disable: Fact<bool> = flag,
        /// While thinking, temperature must be 1 or absent (R1).
        "temperatureLocked" => temperature_locked: Fact<bool> = flag => either,
        /// While thinking, the smallest accepted topP (Claude 4+: 0.95); above 1 where it must
        /// be absent (3.7).
        "minTopP" => min_top_p: Fact<f64> = number => most,
        /// While thinking with a budget, `toolChoice` any/tool is refused (R6).
        "forbidsForcedTools" => forbids_forced_tools: Fact<bool> = flag => either,
        /// The conversation may not end with an assistant message (R20).
        "rejectsPrefill" => rejects_prefill: Fact<bool> = flag => either,
        /// Thinking blocks are bound to the turns before them (R21).
        "bindsBlocks" => binds_blocks: Fact<bool> = flag => either,
        /// `reasoningContent` may stand in the history that is sent (R26).
        "acceptsHistory" => accepts_history: Fact<bool> = flag,
        /// `redactedContent` may stand in the history that is sent (R27).
        "acceptsRedacted" => accepts_redacted: Fact<bool> = flag,
        /// Reasoning in the history that is sent must bear its signature (R28).
        "needsSignature" => needs_signature: Fact<bool> = flag,
        /// The signature of reasoning in the history that is sent may be empty (R28).
        "acceptsEmptySignature" => accepts_empty_signature: Fact<bool> = flag,
        /// While thinking with a budget, a tool loop's first turn must begin with reasoning (R30).
        "signedLoops" => signed_loops: Fact<bool> = flag,
    }
}

facts! {
    /// What the model takes of tools.
    pub struct Tools {
        /// Whether `toolConfig` is accepted.
        "supported" => supported: Fact<bool> = flag,
        /// Accepted members of `toolChoice`: `auto`, `any`, `tool`.
        "toolChoice" => tool_choice: Fact<Vec<String>> = |value| {
            list(value, |item| word(item, TOOL_CHOICES))
        },
        /// Whether tools work with ConverseStream.
        "streaming" => streaming: Fact<bool> = flag,
        /// Whether `strict` on a tool is accepted.
        "strict" => strict: Fact<bool> = flag,
        /// Whether `toolResult.status` is accepted (M10).
        "resultStatus" => result_status: Fact<bool> = flag,
        /// Whether images may stand inside a `toolResult` (M11).
        "resultImages" => result_images: Fact<bool> = flag,
        /// Whether a user turn may mix `toolResult` with other blocks (M9).
        "mixedResults" => mixed_results: Fact<bool> = flag,
        /// Whether a document or a video may stand beside a `toolResult` in one user turn
        /// (M9, Claude).
        "mediaBesideResults" => media_beside_results: Fact<bool> = flag,
        /// Whether an assistant turn may say something beside its calls (M40).
        "textBesideCalls" => text_beside_calls: Fact<bool> = flag,
        /// Whether `anyOf`, `oneOf` and `allOf` may stand at the top of a tool's schema (M41).
        "schemaUnions" => schema_unions: Fact<bool> = flag,
        /// The pattern that the keys of a tool schema's own properties must match (M43).
        "propertyKeyPattern" => property_key_pattern: Fact<String> = text,
        /// Whether regex lookaround in `pattern` of a tool schema is accepted (M17).
        "schemaLookaround" => schema_lookaround: Fact<bool> = flag,
        /// The pattern a `toolUseId` must match (M7); `None` is the shape's own.
        "useIdPattern" => use_id_pattern: Fact<String> = text => known,
    }
}

facts! {
    /// Prompt caching with explicit cache points.
    pub struct PromptCaching {
        /// Whether `cachePoint` is accepted.
        "supported" => supported: Fact<bool> = flag,
        /// Tokens below which a section is silently not cached.
        "minTokens" => min_tokens: Fact<u64> = count => most,
        /// How many cache points at most, over tools, system and messages together.
        "maxCheckpoints" => max_checkpoints: Fact<u64> = count,
        /// Accepted values of `cachePoint.ttl`.
        "ttls" => ttls: Fact<Vec<String>> = |value| list(value, |item| word(item, TTLS)),
        /// Where cache points are accepted: `tools`, `system`, `messages`.
        "fields" => fields: Fact<Vec<String>> = |value| {
            list(value, |item| word(item, CACHE_FIELDS))
        },
        /// Whether a message that holds `toolUse` or `toolResult` may hold a cache point (P8).
        "besideTools" => beside_tools: Fact<bool> = flag,
    }
}

facts! {
    /// Everything known about a model.
    ///
    /// [`ModelCapabilities::values`] gives the values alone.
    pub struct ModelCapabilities of model {
        /// Who made the model (`Anthropic`).
        "provider" => provider: Fact<String> = text,
        /// The model's family (`claude-sonnet-4-5`).
        "family" => family: Fact<String> = text,
        /// Whether Converse serves it.
        "converse" => converse: Fact<bool> = flag,
        /// Whether the bare id can be called; `false` where only an inference profile can (I1).
        "onDemand" => on_demand: Fact<bool> = flag,
        /// Geo prefixes of its system profiles (`us`, `eu`, `global`, …).
        "inferenceProfilePrefixes" => inference_profile_prefixes: Fact<Vec<String>> = |value| {
            list(value, text)
        },
        /// Context window in tokens: input and output together, where `max_input_tokens` is less.
        "contextWindow" => context_window: Fact<u64> = count,
        /// Most input tokens, where that is less than the context window.
        "maxInputTokens" => max_input_tokens: Fact<u64> = count,
        /// Whether the response counts against the context window: prompt and `maxTokens` must fit
        /// into it together (T5).
        "answerInWindow" => answer_in_window: Fact<bool> = flag => either,
        /// Largest accepted `maxTokens`.
        "maxOutputTokens" => max_output_tokens: Fact<u64> = count,
        /// What the model uses where `maxTokens` is absent, where that is known.
        "defaultMaxTokens" => default_max_tokens: Fact<u64> = count,
        /// Smallest accepted `maxTokens`.
        "minMaxTokens" => min_max_tokens: Fact<u64> = count => most,
        /// How many tokens of the tokens-per-minute quota one output token consumes.
        "outputBurndownRate" => output_burndown_rate: Fact<u64> = count => most,
        /// Content a message may hold.
        "inputs" => inputs: Inputs,
        /// Whether `system` is accepted.
        "systemPrompt" => system_prompt: Fact<bool> = flag,
        /// Whether ConverseStream serves it.
        "streaming" => streaming: Fact<bool> = flag,
        /// Whether guardrails work with it.
        "guardrails" => guardrails: Fact<bool> = flag,
        /// Whether `outputConfig.textFormat` is accepted.
        "structuredOutput" => structured_output: Fact<bool> = flag,
        /// Whether citations are accepted on documents (M14).
        "citations" => citations: Fact<bool> = flag,
        /// Whether a conversation may begin with the assistant (M12).
        "assistantFirst" => assistant_first: Fact<bool> = flag,
        /// `inferenceConfig.temperature`.
        "temperature" => temperature: NumberParameter,
        /// `inferenceConfig.topP`.
        "topP" => top_p: NumberParameter,
        /// Top-k.
        "topK" => top_k: TopK,
        /// Only one of temperature and topP is accepted.
        "temperatureAndTopPExclusive" => temperature_and_top_p_exclusive: Fact<bool> = flag => either,
        /// `inferenceConfig.stopSequences`.
        "stopSequences" => stop_sequences: StopSequences,
        /// Thinking.
        "reasoning" => reasoning: Reasoning,
        /// Tools.
        "tools" => tools: Tools,
        /// Prompt caching.
        "promptCaching" => prompt_caching: PromptCaching,
        /// Betas that may stand in `anthropic_beta`.
        "betas" => betas: Fact<Vec<String>> = |value| list(value, text),
        /// Members of `additionalModelRequestFields` that the model has refused, by dotted path.
        "refusedFields" => refused_fields: Fact<Vec<String>> = |value| list(value, text) => joined,
        /// Data retention modes of an account under which the model may be called; unknown where it
        /// makes no demands.
        "dataRetentionModes" => data_retention_modes: Fact<Vec<String>> = |value| {
            list(value, |item| word(item, RETENTION_MODES))
        },
        /// Whether only accounts in the provider's trusted access program may call it.
        "trustedAccess" => trusted_access: Fact<bool> = flag => either,
        /// Whether it is a preview; `false`: generally available.
        "preview" => preview: Fact<bool> = flag => either,
        /// Day on which it became legacy, `YYYY-MM-DD`.
        "legacyDate" => legacy_date: Fact<String> = day => least,
        /// Day of end of life, `YYYY-MM-DD`.
        "eolDate" => eol_date: Fact<String> = day => least,
        /// Base id of the model that is recommended in its place.
        "successor" => successor: Fact<String> = text,
        /// `preview`, `active`, `legacy`, `eol`: derived from the dates and the clock (see
        /// [`lifecycle`](super::lifecycle)), unless the operator says it.
        "status" => status: Fact<String> = |value| word(value, STATUSES),
    }
}

impl ModelCapabilities {
    /// Facts about `model` from JSON in the shape of this type, values only.
    ///
    /// ```
    /// # use bedrock_profile_core::model::{ModelCapabilities, Source};
    /// let facts = serde_json::json!({ "maxOutputTokens": 4096, "reasoning": { "supported": false } });
    /// let capabilities = ModelCapabilities::from_json("team.model", &facts, Source::Config)?;
    /// assert_eq!(capabilities.max_output_tokens.known(), Some(&4096));
    /// # Ok::<(), bedrock_profile_core::model::FactError>(())
    /// ```
    pub fn from_json(model: &str, facts: &Value, source: Source) -> Result<Self, FactError> {
        let mut capabilities = Self { model: model.to_owned(), ..Self::default() };
        capabilities.lay_over(facts, source)?;
        Ok(capabilities)
    }

    /// Lays facts over these, all or, where one is wrong, none. Lay the most trusted last.
    pub fn lay_over(&mut self, facts: &Value, source: Source) -> Result<(), FactError> {
        let mut laid = self.clone();
        laid.lay(facts, source)?;
        laid.check()?;
        *self = laid;
        Ok(())
    }

    /// Lays catalog facts, which a test has checked, without the copy that makes it all or none.
    pub(super) fn lay_checked(
        &mut self,
        facts: &Map<String, Value>,
        source: Source,
    ) -> Result<(), FactError> {
        self.lay_members(facts, source)
    }

    /// Gives every known fact another source.
    pub(super) fn mark_all(&mut self, source: Source) {
        self.mark(source);
    }

    /// What this model and another one both take: rules that read it let nothing through that one of
    /// the two refuses.
    #[must_use]
    pub fn in_common(&self, other: &Self) -> Self {
        let mut common = self.common(other);
        common.model = format!("{}, {}", self.model, other.model);
        let (one, next) = (&self.top_k.request_field, &other.top_k.request_field);
        if let (Some(one), Some(next)) = (one.known(), next.known())
            && one != next
        {
            common.top_k.supported = Fact::new(Some(false), common.top_k.supported.source);
        }
        common
    }

    /// Facts that contradict each other: a range the wrong way round would make clamping impossible.
    fn check(&self) -> Result<(), FactError> {
        fn ordered<T: PartialOrd + fmt::Display>(
            (low, low_path): (&Fact<T>, &str),
            (high, high_path): (&Fact<T>, &str),
        ) -> Result<(), FactError> {
            match (low.known(), high.known()) {
                (Some(min), Some(max)) if min > max => Err(FactError {
                    path: low_path.to_owned(),
                    problem: format!("{min} is above {high_path}, which is {max}"),
                }),
                _ => Ok(()),
            }
        }
        let (temperature, top_p, top_k) = (&self.temperature, &self.top_p, &self.top_k);
        ordered((&temperature.min, "temperature.min"), (&temperature.max, "temperature.max"))?;
        ordered((&top_p.min, "topP.min"), (&top_p.max, "topP.max"))?;
        ordered((&top_k.min, "topK.min"), (&top_k.max, "topK.max"))?;
        ordered(
            (&self.min_max_tokens, "minMaxTokens"),
            (&self.max_output_tokens, "maxOutputTokens"),
        )
    }

    /// What is known, as JSON without sources; what is not known is absent.
    pub fn values(&self) -> Value {
        without_sources(serde_json::to_value(self).unwrap_or_default()).unwrap_or_default()
    }
}

/// A fact's value in the place of the fact; absent where nobody knows it.
fn without_sources(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(mut fact) if fact.contains_key("source") => {
            fact.remove("value").filter(|value| !value.is_null())
        }
        Value::Object(members) => {
            let members = members
                .into_iter()
                .filter_map(|(name, value)| Some((name, without_sources(value)?)));
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
