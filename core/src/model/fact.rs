//! One fact: a value and where it is known from; and the types of values that are neither flags,
//! numbers nor strings.

use serde::{Deserialize, Serialize};

/// Where a fact is known from, from the most to the least trusted.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The operator's `overrides`.
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

/// Efforts, from low to high.
pub const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
