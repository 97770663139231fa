//! From JSON to facts, in one place: catalog entries and the operator's overrides are read alike.
//!
//! The lists at the end name each fact once, by its JSON name, with the reader that knows which
//! values it may have, and, where the type's own rule would be wrong, with what several models have
//! in common of it (`common.rs`). Facts are laid over what is there: a member that is absent
//! changes nothing, `null` makes a fact unknown again.

use std::fmt;

use serde_json::{Map, Value};

use super::capabilities::{
    Fact, Inputs, ModelCapabilities, NumberParameter, PromptCaching, Reasoning, ReasoningField,
    Source, StopSequences, ThinkingType, Tools, TopK,
};
use super::common::{Common, either, joined, known, least, lowest_effort, most, one_field, same};

/// Efforts, from low to high.
pub const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
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

/// A fact that cannot be: which one, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactError {
    /// Path of the member (`reasoning.minBudget`); empty where the whole value is wrong.
    pub path: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl FactError {
    fn new(problem: String) -> Self {
        Self { path: String::new(), problem }
    }

    fn expected(what: &str, found: &Value) -> Self {
        Self::new(format!("expected {what}, found {found}"))
    }

    fn below(mut self, member: &str) -> Self {
        self.path = if self.path.is_empty() {
            member.to_owned()
        } else {
            format!("{member}.{}", self.path)
        };
        self
    }
}

impl fmt::Display for FactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "" => f.write_str(&self.problem),
            path => write!(f, "{path}: {}", self.problem),
        }
    }
}

impl std::error::Error for FactError {}

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
}

/// What holds facts: its members by their JSON names.
trait Facts {
    /// JSON names of the members.
    const MEMBERS: &'static [&'static str];

    /// Lays one member.
    fn lay_member(&mut self, name: &str, value: &Value, source: Source) -> Result<(), FactError>;

    /// Gives every known fact another source.
    fn mark(&mut self, source: Source);

    /// What these facts and others have in common.
    fn common(&self, other: &Self) -> Self;

    /// Lays an object's members.
    fn lay(&mut self, facts: &Value, source: Source) -> Result<(), FactError> {
        match facts {
            Value::Object(members) => self.lay_members(members, source),
            other => Err(FactError::expected("an object of facts", other)),
        }
    }

    fn lay_members(
        &mut self,
        members: &Map<String, Value>,
        source: Source,
    ) -> Result<(), FactError> {
        members.iter().try_for_each(|(name, value)| {
            self.lay_member(name, value, source).map_err(|error| error.below(name))
        })
    }
}

fn lay_fact<T>(
    fact: &mut Fact<T>,
    value: &Value,
    source: Source,
    read: fn(&Value) -> Result<T, FactError>,
) -> Result<(), FactError> {
    *fact = match value {
        Value::Null => Fact::default(),
        value => Fact::new(Some(read(value)?), source),
    };
    Ok(())
}

fn mark_fact<T>(fact: &mut Fact<T>, source: Source) {
    if fact.value.is_some() {
        fact.source = source;
    }
}

fn no_such_fact(name: &str, members: &[&str]) -> FactError {
    let plain = |name: &str| name.replace(['_', '-'], "").to_ascii_lowercase();
    let meant = members.iter().find(|known| plain(known) == plain(name));
    FactError::new(match meant {
        Some(meant) => format!("no such fact; did you mean {meant}?"),
        None => format!("no such fact; there are {}", members.join(", ")),
    })
}

fn flag(value: &Value) -> Result<bool, FactError> {
    value.as_bool().ok_or_else(|| FactError::expected("true or false", value))
}

fn count(value: &Value) -> Result<u64, FactError> {
    value.as_u64().ok_or_else(|| FactError::expected("a whole number of at least 0", value))
}

fn number(value: &Value) -> Result<f64, FactError> {
    value.as_f64().ok_or_else(|| FactError::expected("a number", value))
}

fn text(value: &Value) -> Result<String, FactError> {
    match value.as_str() {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(FactError::expected("a string", value)),
    }
}

fn word(value: &Value, words: &[&str]) -> Result<String, FactError> {
    match value.as_str() {
        Some(text) if words.contains(&text) => Ok(text.to_owned()),
        _ => Err(FactError::expected(&format!("one of {}", words.join(", ")), value)),
    }
}

/// A day as `YYYY-MM-DD`.
fn day(value: &Value) -> Result<String, FactError> {
    let is_day = |text: &str| {
        text.len() == 10
            && text.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    match value.as_str() {
        Some(text) if is_day(text) => Ok(text.to_owned()),
        _ => Err(FactError::expected("a day as YYYY-MM-DD", value)),
    }
}

fn list<T>(
    value: &Value,
    read: impl Fn(&Value) -> Result<T, FactError>,
) -> Result<Vec<T>, FactError> {
    let items = value.as_array().ok_or_else(|| FactError::expected("an array", value))?;
    let read =
        |(at, item): (usize, &Value)| read(item).map_err(|error| error.below(&at.to_string()));
    items.iter().enumerate().map(read).collect()
}

fn thinking_type(value: &Value) -> Result<ThinkingType, FactError> {
    match value.as_str() {
        Some("enabled") => Ok(ThinkingType::Enabled),
        Some("disabled") => Ok(ThinkingType::Disabled),
        Some("adaptive") => Ok(ThinkingType::Adaptive),
        Some("between_tools") => Ok(ThinkingType::BetweenTools),
        _ => Err(FactError::expected("one of enabled, disabled, adaptive, between_tools", value)),
    }
}

fn reasoning_field(value: &Value) -> Result<ReasoningField, FactError> {
    match value.as_str() {
        Some("thinking") => Ok(ReasoningField::Thinking),
        Some("reasoningConfig") => Ok(ReasoningField::NovaReasoningConfig),
        Some("reasoning_effort") => Ok(ReasoningField::ReasoningEffort),
        Some("reasoning.effort") => Ok(ReasoningField::NestedReasoningEffort),
        Some("reasoning_config") => Ok(ReasoningField::QwenReasoningConfig),
        Some("none") => Ok(ReasoningField::None),
        _ => Err(FactError::expected(
            "one of thinking, reasoningConfig, reasoning_effort, reasoning.effort, \
             reasoning_config, none",
            value,
        )),
    }
}

/// The rule that a fact names, or its type's own.
macro_rules! rule_of {
    ($own:expr) => {
        $own
    };
    ($own:expr, $named:expr) => {
        $named
    };
}

/// The facts of a type, each with its JSON name and reader (and `=>` the rule for what several models
/// have in common), and after `groups` the nested types.
macro_rules! facts {
    (
        $owner:ty { $($name:literal => $fact:ident: $read:expr $(=> $common:expr)?,)* }
        groups { $($group_name:literal => $group:ident,)* }
    ) => {
        impl Facts for $owner {
            const MEMBERS: &'static [&'static str] = &[$($name,)* $($group_name,)*];

            fn lay_member(
                &mut self,
                name: &str,
                value: &Value,
                source: Source,
            ) -> Result<(), FactError> {
                match name {
                    $($name => lay_fact(&mut self.$fact, value, source, $read),)*
                    $($group_name => self.$group.lay(value, source),)*
                    _ => Err(no_such_fact(name, Self::MEMBERS)),
                }
            }

            fn mark(&mut self, source: Source) {
                $(mark_fact(&mut self.$fact, source);)*
                $(self.$group.mark(source);)*
            }

            fn common(&self, other: &Self) -> Self {
                let mut common = Self::default();
                $(
                    let rule = rule_of!(Common::common $(, $common)?);
                    common.$fact = rule(&self.$fact, &other.$fact);
                )*
                $(common.$group = self.$group.common(&other.$group);)*
                common
            }
        }
    };
}

facts! {
    ModelCapabilities {
        "provider" => provider: text,
        "family" => family: text,
        "converse" => converse: flag,
        "onDemand" => on_demand: flag,
        "inferenceProfilePrefixes" => inference_profile_prefixes: |value| list(value, text),
        "contextWindow" => context_window: count,
        "maxInputTokens" => max_input_tokens: count,
        "answerInWindow" => answer_in_window: flag => either,
        "maxOutputTokens" => max_output_tokens: count,
        "defaultMaxTokens" => default_max_tokens: count,
        "minMaxTokens" => min_max_tokens: count => most,
        "outputBurndownRate" => output_burndown_rate: count => most,
        "systemPrompt" => system_prompt: flag,
        "streaming" => streaming: flag,
        "guardrails" => guardrails: flag,
        "structuredOutput" => structured_output: flag,
        "citations" => citations: flag,
        "assistantFirst" => assistant_first: flag,
        "temperatureAndTopPExclusive" => temperature_and_top_p_exclusive: flag => either,
        "betas" => betas: |value| list(value, text),
        "refusedFields" => refused_fields: |value| list(value, text) => joined,
        "dataRetentionModes" => data_retention_modes: |value| {
            list(value, |item| word(item, RETENTION_MODES))
        },
        "trustedAccess" => trusted_access: flag => either,
        "preview" => preview: flag => either,
        "legacyDate" => legacy_date: day => least,
        "eolDate" => eol_date: day => least,
        "successor" => successor: text,
        "status" => status: |value| word(value, STATUSES),
    }
    groups {
        "inputs" => inputs,
        "temperature" => temperature,
        "topP" => top_p,
        "topK" => top_k,
        "stopSequences" => stop_sequences,
        "reasoning" => reasoning,
        "tools" => tools,
        "promptCaching" => prompt_caching,
    }
}

facts! {
    Inputs {
        "text" => text: flag,
        "image" => image: flag,
        "document" => document: flag,
        "video" => video: flag,
        "audio" => audio: flag,
        "maxImageBytes" => max_image_bytes: count,
    }
    groups {}
}

facts! {
    NumberParameter {
        "supported" => supported: flag,
        "min" => min: number => most,
        "max" => max: number,
        "acceptedValues" => accepted_values: |value| list(value, number),
    }
    groups {}
}

facts! {
    TopK {
        "supported" => supported: flag,
        "requestField" => request_field: text,
        "min" => min: number => most,
        "max" => max: number,
    }
    groups {}
}

facts! {
    StopSequences {
        "supported" => supported: flag,
        "max" => max: count,
    }
    groups {}
}

facts! {
    Reasoning {
        "supported" => supported: flag,
        "field" => field: reasoning_field => one_field,
        "thinkingTypes" => thinking_types: |value| list(value, thinking_type),
        "deprecatedThinkingTypes" => deprecated_thinking_types: |value| {
            list(value, thinking_type)
        } => joined,
        "efforts" => efforts: |value| list(value, |item| word(item, EFFORTS)),
        "effortBeta" => effort_beta: text => known,
        "maxEffortWhenDisabled" => max_effort_when_disabled: |value| {
            word(value, EFFORTS)
        } => lowest_effort,
        "minBudget" => min_budget: count => most,
        "defaultOn" => default_on: flag => same,
        "canDisable" => can_disable: flag,
        "temperatureLocked" => temperature_locked: flag => either,
        "minTopP" => min_top_p: number => most,
        "forbidsForcedTools" => forbids_forced_tools: flag => either,
        "rejectsPrefill" => rejects_prefill: flag => either,
        "bindsBlocks" => binds_blocks: flag => either,
        "acceptsHistory" => accepts_history: flag,
        "acceptsRedacted" => accepts_redacted: flag,
        "needsSignature" => needs_signature: flag,
        "acceptsEmptySignature" => accepts_empty_signature: flag,
        "signedLoops" => signed_loops: flag,
    }
    groups {}
}

facts! {
    Tools {
        "supported" => supported: flag,
        "toolChoice" => tool_choice: |value| list(value, |item| word(item, TOOL_CHOICES)),
        "streaming" => streaming: flag,
        "strict" => strict: flag,
        "resultStatus" => result_status: flag,
        "resultImages" => result_images: flag,
        "mixedResults" => mixed_results: flag,
        "mediaBesideResults" => media_beside_results: flag,
        "textBesideCalls" => text_beside_calls: flag,
        "schemaUnions" => schema_unions: flag,
        "propertyKeyPattern" => property_key_pattern: text,
        "schemaLookaround" => schema_lookaround: flag,
        "useIdPattern" => use_id_pattern: text => known,
    }
    groups {}
}

facts! {
    PromptCaching {
        "supported" => supported: flag,
        "minTokens" => min_tokens: count => most,
        "maxCheckpoints" => max_checkpoints: count,
        "ttls" => ttls: |value| list(value, |item| word(item, TTLS)),
        "fields" => fields: |value| list(value, |item| word(item, CACHE_FIELDS)),
        "besideTools" => beside_tools: flag,
    }
    groups {}
}
