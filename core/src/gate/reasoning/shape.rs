//! `thinking.type` in the values that each Claude accepts.

use serde_json::{Map, Value, json};

use super::super::change::Action;
use super::super::draft::Draft;
use super::super::rule::{On, Rule};
use super::ask::{budget_for, effort_for, nearest};
use super::settings::{BUDGET, EFFORT, EFFORT_PLACES, THINKING, THINKING_TYPE, thinking_type};
use crate::model::fact::ThinkingType;

const ADAPTIVE_PAGE: &str =
    "https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html";

pub(in super::super) const R8: Rule = Rule {
    id: "R8",
    name: "budget-to-adaptive",
    summary: "Rewrites thinking with a budget to adaptive thinking with an effort on Claude models \
              that refuse budgets.",
    evidence: &[
        "https://github.com/earendil-works/pi/issues/7081",
        "https://github.com/earendil-works/pi/issues/6582",
        "https://github.com/coder/coder/issues/27339",
        "https://github.com/coder/coder/issues/28877",
    ],
    on: On::Conversations,
    apply: |draft| {
        if draft.capabilities.reasoning.thinking_types.lacks(&ThinkingType::Enabled) {
            let reason =
                format!("{} does not accept a thinking budget; it decides itself.", draft.model());
            to_adaptive(draft, reason);
        }
    },
};

pub(in super::super) const R9: Rule = Rule {
    id: "R9",
    name: "deprecated-budget-to-adaptive",
    summary: "Rewrites thinking with a budget to adaptive thinking where a budget silently loses \
              the thinking of later turns.",
    evidence: &["https://github.com/pydantic/pydantic-ai/issues/5326"],
    on: On::Conversations,
    apply: |draft| {
        if draft.capabilities.reasoning.deprecated_thinking_types.has(&ThinkingType::Enabled) {
            let model = draft.model();
            let reason = format!("With a budget, {model} stops thinking after the first turn.");
            to_adaptive(draft, reason);
        }
    },
};

pub(in super::super) const R10: Rule = Rule {
    id: "R10",
    name: "adaptive-to-budget",
    summary: "Rewrites adaptive thinking to thinking with a budget on Claude models that know only \
              budgets.",
    evidence: &[ADAPTIVE_PAGE],
    on: On::Conversations,
    apply: |draft| {
        let types = &draft.capabilities.reasoning.thinking_types;
        let refused = types.lacks(&ThinkingType::Adaptive) && types.has(&ThinkingType::Enabled);
        if !refused || thinking_type(draft) != Some("adaptive") {
            return;
        }
        let effort = EFFORT_PLACES.iter().find_map(|place| draft.text(place)).map(str::to_owned);
        let budget = budget_for(draft, effort.as_deref());
        let mut thinking = thinking(draft);
        thinking.insert("type".to_owned(), "enabled".into());
        thinking.entry("budget_tokens").or_insert(budget);
        let reason = format!("{} thinks with a budget, not adaptively.", draft.model());
        draft.set(THINKING, Value::Object(thinking), Action::Rewrite, reason);
    },
};

pub(in super::super) const R11: Rule = Rule {
    id: "R11",
    name: "thinking-cannot-be-disabled",
    summary: "Drops a thinking that turns thinking off on models that always think.",
    evidence: &[ADAPTIVE_PAGE],
    on: On::Conversations,
    apply: |draft| {
        let types = &draft.capabilities.reasoning.thinking_types;
        let off = matches!(thinking_type(draft), Some("disabled" | "between_tools"));
        let unknown = [ThinkingType::Disabled, ThinkingType::BetweenTools];
        if off && unknown.iter().all(|kind| types.lacks(kind)) {
            let reason = format!("Thinking cannot be turned off on {}.", draft.model());
            draft.drop(THINKING, reason);
        }
    },
};

pub(in super::super) const R12: Rule = Rule {
    id: "R12",
    name: "least-thinking",
    summary: "Turns thinking down to the least that the model allows (Sonnet 5.5: only between \
              tool calls), with an effort of at most high and nothing else beside it.",
    evidence: &["https://github.com/vercel/ai", "https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        let types = &draft.capabilities.reasoning.thinking_types;
        let model = draft.model();
        match thinking_type(draft) {
            Some("disabled" | "between_tools")
                if types.lacks(&ThinkingType::Disabled)
                    && types.has(&ThinkingType::BetweenTools) =>
            {
                let least = json!({ "type": "between_tools" });
                if draft.at(&THINKING) != Some(&least) {
                    let reason = format!(
                        "Thinking cannot be turned off on {model}; between tools is the least, \
                         with no further settings."
                    );
                    draft.set(THINKING, least, Action::Rewrite, reason);
                }
                let most = draft.capabilities.reasoning.max_effort_when_disabled.known();
                let most = most.map_or("high", String::as_str);
                super::effort::cap(draft, most, |model, effort| {
                    format!("{model} accepts at most effort {effort} with thinking between tools.")
                });
            }
            Some("between_tools")
                if types.lacks(&ThinkingType::BetweenTools)
                    && types.has(&ThinkingType::Disabled) =>
            {
                let reason = format!("{model} has no thinking between tools; it was turned off.");
                draft.set(THINKING_TYPE, "disabled".into(), Action::Rewrite, reason);
            }
            _ => {}
        }
    },
};

fn thinking(draft: &Draft<'_>) -> Map<String, Value> {
    draft.at(&THINKING).and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Rewrites `enabled` to `adaptive`, and its budget to the effort it stands for.
fn to_adaptive(draft: &mut Draft<'_>, reason: String) {
    let reasoning = &draft.capabilities.reasoning;
    let possible = reasoning.thinking_types.has(&ThinkingType::Adaptive);
    if !possible || thinking_type(draft) != Some("enabled") {
        return;
    }
    let budget = draft.number(&BUDGET);
    let mut thinking = thinking(draft);
    thinking.insert("type".to_owned(), "adaptive".into());
    thinking.shift_remove("budget_tokens");
    draft.set(THINKING, Value::Object(thinking), Action::Rewrite, reason);
    let is_set = EFFORT_PLACES.iter().any(|place| draft.at(place).is_some());
    let efforts = reasoning.efforts.known().map_or(&[][..], Vec::as_slice);
    let effort = budget.and_then(|budget| nearest(effort_for(budget), efforts));
    if let (Some(budget), Some(effort), false) = (budget, effort, is_set) {
        let reason = format!("A budget of {budget} tokens is about what effort {effort} thinks.");
        draft.add(EFFORT, effort.into(), reason);
    }
}
