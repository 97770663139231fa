//! What thinking does not go together with.

use serde_json::Value;

use super::super::change::Action;
use super::super::draft::{Draft, number};
use super::super::limits::{room, tokens};
use super::super::rule::{On, Rule};
use super::super::sampling::{TEMPERATURE, TOP_P, drop_top_k};
use super::super::tools::unforce;
use super::ask::{effort_for, rank};
use super::settings::{BUDGET, THINKING, has_beta, thinking_type, thinks};
use crate::model::fact::ReasoningField;

const INTERLEAVED: &str = "interleaved-thinking-2025-05-14";
const NOVA: [&str; 2] = ["additionalModelRequestFields", "reasoningConfig"];
const NOVA_EFFORT: [&str; 3] =
    ["additionalModelRequestFields", "reasoningConfig", "maxReasoningEffort"];
const NOVA_BUDGET: [&str; 3] = ["additionalModelRequestFields", "reasoningConfig", "budgetTokens"];
const THINKING_PAGE: &str =
    "https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html";
const NOVA_PAGE: &str =
    "https://docs.aws.amazon.com/nova/latest/nova2-userguide/reasoning-capabilities.html";

pub(in super::super) const R1: Rule = Rule {
    id: "R1",
    name: "temperature-while-thinking",
    summary: "Drops a temperature other than 1 while Claude thinks.",
    evidence: &["https://github.com/Aider-AI/aider/issues/3720"],
    on: On::Conversations,
    apply: |draft| {
        let locked = draft.capabilities.reasoning.temperature_locked.yes();
        // The exact comparison is meant: only 1 is accepted.
        #[expect(clippy::float_cmp, reason = "1 is exact")]
        let other = draft.number(&TEMPERATURE).is_some_and(|given| given != 1.0);
        if locked && other && thinks(draft) {
            let reason = format!("While thinking, {} accepts no temperature but 1.", draft.model());
            draft.drop(TEMPERATURE, reason);
        }
    },
};

pub(in super::super) const R2: Rule = Rule {
    id: "R2",
    name: "top-p-while-thinking",
    summary: "Drops topP while Claude 3.7 thinks.",
    evidence: &["https://github.com/n8n-io/n8n/issues/14288"],
    on: On::Conversations,
    apply: |draft| {
        if thinks(draft) && draft.number(&TOP_P).is_some() && min_top_p(draft) > Some(1.0) {
            let reason = format!("While thinking, {} accepts no topP.", draft.model());
            draft.drop(TOP_P, reason);
        }
    },
};

pub(in super::super) const R2B: Rule = Rule {
    id: "R2b",
    name: "low-top-p-while-thinking",
    summary: "Drops a topP below 0.95 while Claude 4 and newer think.",
    evidence: &["https://platform.claude.com/docs/en/build-with-claude/extended-thinking"],
    on: On::Conversations,
    apply: |draft| {
        let Some(min) = min_top_p(draft).filter(|min| *min <= 1.0) else {
            return;
        };
        if thinks(draft) && draft.number(&TOP_P).is_some_and(|given| given < min) {
            let reason = format!("While thinking, {} accepts no topP below {min}.", draft.model());
            draft.drop(TOP_P, reason);
        }
    },
};

pub(in super::super) const R3: Rule = Rule {
    id: "R3",
    name: "top-k-while-thinking",
    summary: "Drops top-k while Claude thinks.",
    evidence: &[THINKING_PAGE],
    on: On::Conversations,
    apply: |draft| {
        let claude = draft.capabilities.reasoning.field.known() == Some(&ReasoningField::Thinking);
        if claude && thinks(draft) {
            let reason = format!("While thinking, {} accepts no top-k.", draft.model());
            drop_top_k(draft, &reason);
        }
    },
};

pub(in super::super) const R4: Rule = Rule {
    id: "R4",
    name: "budget-below-minimum",
    summary: "Raises a thinking budget to the minimum where the answer has room for it, and drops \
              thinking where it has not.",
    evidence: &["https://github.com/danny-avila/LibreChat/issues/8346"],
    on: On::Conversations,
    apply: |draft| {
        let Some(min) = min_budget(draft) else { return };
        let Some(budget) = budget(draft).filter(|budget| *budget < min) else {
            return;
        };
        let model = draft.model();
        if room(draft).is_none_or(|room| room > min) {
            let reason = format!("{model} accepts a thinking budget of at least {min} tokens.");
            draft.set(BUDGET, number(min), Action::Clamp, reason);
        } else {
            let reason = format!(
                "A thinking budget of {budget} tokens is below the least that {model} accepts \
                 ({min}), and maxTokens leaves no room for more."
            );
            draft.drop(THINKING, reason);
        }
    },
};

pub(in super::super) const R5: Rule = Rule {
    id: "R5",
    name: "budget-above-max-tokens",
    summary: "Lowers a thinking budget below maxTokens, and drops thinking where too little is left \
              of it.",
    evidence: &[
        "https://github.com/BerriAI/litellm/issues/39627",
        "https://github.com/BerriAI/litellm/issues/39740",
    ],
    on: On::Conversations,
    apply: |draft| {
        let (Some(budget), Some(room)) = (budget(draft), room(draft)) else {
            return;
        };
        if budget < room || interleaves(draft) {
            return;
        }
        let (model, left) = (draft.model(), (room - 1.0).floor());
        if left >= min_budget(draft).unwrap_or(1.0) {
            let reason =
                format!("On {model}, the thinking budget must be below maxTokens ({room}).");
            draft.set(BUDGET, number(left), Action::Clamp, reason);
        } else {
            let reason = format!("maxTokens ({room}) leaves {model} no room to think.");
            draft.drop(THINKING, reason);
        }
    },
};

pub(in super::super) const R6: Rule = Rule {
    id: "R6",
    name: "forced-tools-while-thinking",
    summary: "Lowers a tool choice that forces tool use to auto while Claude thinks with a budget.",
    evidence: &[
        "https://github.com/langchain-ai/langchain-aws/issues/640",
        "https://github.com/langchain-ai/langchain-aws/issues/925",
        "https://github.com/langchain-ai/langchain-aws/issues/927",
        "https://github.com/strands-agents/harness-sdk/issues/1495",
        "https://github.com/strands-agents/sdk-typescript/issues/798",
        "https://github.com/pydantic/pydantic-ai/issues/3092",
    ],
    on: On::Conversations,
    apply: |draft| {
        let forbidden = draft.capabilities.reasoning.forbids_forced_tools.yes();
        if forbidden && thinking_type(draft) == Some("enabled") {
            let model = draft.model();
            let reason = format!("{model} cannot be forced to use a tool while it thinks.");
            unforce(draft, &reason);
        }
    },
};

pub(in super::super) const R7: Rule = Rule {
    id: "R7",
    name: "forced-tools-refused",
    summary: "Lowers a tool choice that forces tool use to auto on Claude models that refuse it, \
              thinking or not.",
    evidence: &["https://github.com/pydantic/pydantic-ai", "https://github.com/BerriAI/litellm"],
    on: On::Conversations,
    apply: |draft| {
        let choices = &draft.capabilities.tools.tool_choice;
        let forced = ["any".to_owned(), "tool".to_owned()];
        if draft.is_claude() && forced.iter().all(|choice| choices.lacks(choice)) {
            let reason = format!("{} cannot be forced to use a tool.", draft.model());
            unforce(draft, &reason);
        }
    },
};

pub(in super::super) const R22: Rule = Rule {
    id: "R22",
    name: "nova-reasoning-config",
    summary: "Gives Nova's reasoning the effort it requires, and drops budgets, which it refuses.",
    evidence: &[NOVA_PAGE],
    on: On::Conversations,
    apply: |draft| {
        if !nova_reasons(draft) {
            return;
        }
        let budget = draft.number(&NOVA_BUDGET);
        let model = draft.model();
        if draft.at(&NOVA_EFFORT).is_none() {
            let effort = budget.map_or("medium", effort_for);
            let reason = format!("{model} reasons only with a maxReasoningEffort.");
            draft.add(NOVA_EFFORT, effort.into(), reason);
        }
        if budget.is_some() {
            draft.drop(NOVA_BUDGET, format!("{model} takes an effort, not a budget."));
        }
    },
};

pub(in super::super) const R23: Rule = Rule {
    id: "R23",
    name: "sampling-beside-high-effort",
    summary: "Drops temperature, topP and top-k where Nova reasons with effort high.",
    evidence: &[NOVA_PAGE],
    on: On::Conversations,
    apply: |draft| {
        if !nova_thinks_hard(draft) {
            return;
        }
        let model = draft.model();
        for (path, name) in [(TEMPERATURE, "temperature"), (TOP_P, "topP")] {
            if draft.number(&path).is_some() {
                let reason = format!("{model} accepts no {name} with reasoning effort high.");
                draft.drop(path, reason);
            }
        }
        drop_top_k(draft, &format!("{model} accepts no top-k with reasoning effort high."));
    },
};

/// Whether Nova is asked to reason with effort high, which goes with no other setting.
pub(in super::super) fn nova_thinks_hard(draft: &Draft<'_>) -> bool {
    nova_reasons(draft) && draft.text(&NOVA_EFFORT).and_then(rank) >= rank("high")
}

fn nova_reasons(draft: &Draft<'_>) -> bool {
    let field = draft.capabilities.reasoning.field.known();
    let kind = draft.at(&NOVA).and_then(|config| config.get("type")).and_then(Value::as_str);
    field == Some(&ReasoningField::NovaReasoningConfig) && kind == Some("enabled")
}

fn min_top_p(draft: &Draft<'_>) -> Option<f64> {
    draft.capabilities.reasoning.min_top_p.known().copied()
}

fn min_budget(draft: &Draft<'_>) -> Option<f64> {
    draft.capabilities.reasoning.min_budget.known().copied().map(tokens)
}

/// The budget that thinking is enabled with, on a model that takes budgets.
fn budget(draft: &Draft<'_>) -> Option<f64> {
    let claude = draft.capabilities.reasoning.field.known() == Some(&ReasoningField::Thinking);
    (claude && thinking_type(draft) == Some("enabled")).then(|| draft.number(&BUDGET))?
}

/// With interleaved thinking, the budget is for all turns together and may exceed maxTokens.
fn interleaves(draft: &Draft<'_>) -> bool {
    let betas = &draft.capabilities.betas;
    has_beta(draft, INTERLEAVED) && !betas.lacks(&INTERLEAVED.to_owned())
}
