//! What a request asks of the model's reasoning, in whichever family's words it says so.

use serde_json::Value;

use super::super::draft::{Draft, number};
use super::super::limits::room;
use super::super::path::Path;
use super::settings::{EFFORT, THINKING};
use crate::model::fact::{EFFORTS, ReasoningField};

/// What is wanted.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ask {
    /// No reasoning.
    Off,
    /// Reasoning, as much as said, where it is said.
    On {
        /// `low`, `medium`, `high`, …
        effort: Option<String>,
        /// Tokens to think with.
        budget: Option<f64>,
    },
}

/// A place a request may say it in, and the family whose place it is.
pub(super) struct AskPlace {
    /// The member to read and, in other families, to drop.
    pub(super) path: &'static [&'static str],
    /// The family that takes it; Claude's efforts count as Claude's.
    pub(super) field: ReasoningField,
    read: fn(&Value) -> Option<Ask>,
}

/// All places, those that say most first.
pub(super) const PLACES: [AskPlace; 7] = [
    AskPlace { path: &THINKING, field: ReasoningField::Thinking, read: from_thinking },
    AskPlace { path: &EFFORT, field: ReasoningField::Thinking, read: from_effort },
    AskPlace {
        path: &["outputConfig", "effort"],
        field: ReasoningField::Thinking,
        read: from_effort,
    },
    AskPlace {
        path: &["additionalModelRequestFields", "reasoning"],
        field: ReasoningField::NestedReasoningEffort,
        read: |value| from_effort(value.get("effort")?),
    },
    AskPlace {
        path: &["additionalModelRequestFields", "reasoning_effort"],
        field: ReasoningField::ReasoningEffort,
        read: from_effort,
    },
    AskPlace {
        path: &["additionalModelRequestFields", "reasoningConfig"],
        field: ReasoningField::NovaReasoningConfig,
        read: from_nova,
    },
    AskPlace {
        path: &["additionalModelRequestFields", "reasoning_config"],
        field: ReasoningField::QwenReasoningConfig,
        // LangChain once called Claude's thinking by this name.
        read: |value| from_effort(value).or_else(|| from_thinking(value)),
    },
];

impl AskPlace {
    /// What is asked here; `None` where nothing is, or nothing that can be understood.
    pub(super) fn ask(&self, draft: &Draft<'_>) -> Option<Ask> {
        (self.read)(draft.at(self.path)?)
    }

    /// The path of the place.
    pub(super) fn to_path(&self) -> Path {
        Path::from(self.path)
    }
}

fn from_effort(value: &Value) -> Option<Ask> {
    let effort = value.as_str()?;
    rank(effort)?;
    Some(if effort == "none" {
        Ask::Off
    } else {
        Ask::On { effort: Some(effort.to_owned()), budget: None }
    })
}

fn from_thinking(value: &Value) -> Option<Ask> {
    match value.get("type")?.as_str()? {
        "disabled" | "between_tools" => Some(Ask::Off),
        "enabled" | "adaptive" => Some(Ask::On {
            effort: known_effort(value.get("effort")),
            budget: value.get("budget_tokens").and_then(Value::as_f64),
        }),
        _ => None,
    }
}

fn from_nova(value: &Value) -> Option<Ask> {
    match value.get("type")?.as_str()? {
        "disabled" => Some(Ask::Off),
        // `adaptive` and `budgetTokens` are how the AI SDK words Claude's thinking.
        "enabled" | "adaptive" => Some(Ask::On {
            effort: known_effort(value.get("maxReasoningEffort")),
            budget: value.get("budgetTokens").and_then(Value::as_f64),
        }),
        _ => None,
    }
}

fn known_effort(value: Option<&Value>) -> Option<String> {
    let effort = value?.as_str()?;
    rank(effort).map(|_| effort.to_owned())
}

/// How much an effort is; `None` for a word that is no effort.
pub(super) fn rank(effort: &str) -> Option<usize> {
    EFFORTS.iter().position(|known| *known == effort)
}

/// The accepted effort nearest to the requested one: the highest that is not above it, else the
/// lowest. `none` stands in only for itself: who asked for a little did not ask for nothing.
pub(super) fn nearest(effort: &str, accepted: &[String]) -> Option<String> {
    if accepted.iter().any(|known| known == effort) {
        return Some(effort.to_owned());
    }
    let wanted = rank(effort)?;
    let ranked = || accepted.iter().filter_map(|known| Some((rank(known)?, known)));
    let thinking = || ranked().filter(|(rank, _)| *rank > 0);
    thinking()
        .filter(|(rank, _)| *rank <= wanted)
        .max()
        .or_else(|| thinking().min())
        .or_else(|| ranked().min())
        .map(|(_, known)| known.clone())
}

const LOW: f64 = 2_048.0;
const MEDIUM: f64 = 8_192.0;
const HIGH: f64 = 16_384.0;

/// The budget that an effort stands for, below the room that the answer has. Without an effort:
/// `high`, which is what Claude takes adaptive thinking to mean.
pub(super) fn budget_for(draft: &Draft<'_>, effort: Option<&str>) -> Value {
    let room = room(draft);
    let wanted = match effort {
        Some("minimal" | "low") => LOW,
        Some("medium") => MEDIUM,
        Some("xhigh" | "max") => room.unwrap_or(HIGH),
        _ => HIGH,
    };
    number(room.map_or(wanted, |room| wanted.min(room.floor() - 1.0)).max(0.0))
}

/// The effort that a budget stands for: the lowest whose budget covers it, `high` beyond the
/// table. What costs more than `high` is only for those who ask for it by name.
pub(super) fn effort_for(budget: f64) -> &'static str {
    if budget <= LOW {
        "low"
    } else if budget <= MEDIUM {
        "medium"
    } else {
        "high"
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn list(efforts: &[&str]) -> Vec<String> {
        efforts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nearest_effort_is_the_highest_not_above_else_the_lowest() {
        let claude = list(&["low", "medium", "high", "max"]);
        assert_eq!(nearest("high", &claude).unwrap(), "high");
        assert_eq!(nearest("xhigh", &claude).unwrap(), "high");
        assert_eq!(nearest("minimal", &claude).unwrap(), "low");
        assert_eq!(nearest("none", &claude).unwrap(), "low");
        assert_eq!(nearest("medium", &list(&["low", "high", "max"])).unwrap(), "low");
        assert_eq!(nearest("enormous", &claude), None);
        assert_eq!(nearest("low", &[]), None);
    }

    #[test]
    fn nearest_effort_of_a_little_is_not_none() {
        assert_eq!(nearest("minimal", &list(&["none", "low"])).unwrap(), "low");
        assert_eq!(nearest("minimal", &list(&["none"])).unwrap(), "none");
    }

    #[test]
    fn a_budget_stands_for_the_lowest_effort_that_covers_it() {
        assert_eq!(effort_for(1_024.0), "low");
        assert_eq!(effort_for(2_048.0), "low");
        assert_eq!(effort_for(2_049.0), "medium");
        assert_eq!(effort_for(8_193.0), "high");
        assert_eq!(effort_for(64_000.0), "high");
    }
}
