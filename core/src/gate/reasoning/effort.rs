//! Efforts: where they stand and which are accepted.

use serde_json::{Value, json};

use super::super::change::Action;
use super::super::draft::Draft;
use super::super::path::Path;
use super::super::rule::{On, Rule};
use super::ask::{nearest, rank};
use super::settings::{EFFORT, EFFORT_PLACES, THINKING, add_beta, has_beta, thinking_type, thinks};
use crate::model::fact::{ReasoningField, ThinkingType};

const THINKING_EFFORT: [&str; 3] = ["additionalModelRequestFields", "thinking", "effort"];
const TURN_EFFORT_BETA: &str = "mid-conversation-output-config-2026-07-01";
/// The effort that no model on Bedrock takes, and the least of those that models do take: what can be
/// said where a model's own efforts are not known.
const NOWHERE: &str = "minimal";
const LEAST: &str = "low";
const ADAPTIVE_PAGE: &str =
    "https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html";

pub(in super::super) const R13: Rule = Rule {
    id: "R13",
    name: "effort-while-disabled",
    summary: "Caps the effort at what the model accepts while thinking is disabled.",
    evidence: &["https://github.com/boto/botocore"],
    on: On::Conversations,
    apply: |draft| {
        if thinking_type(draft) != Some("disabled") {
            return;
        }
        let most = &draft.capabilities.reasoning.max_effort_when_disabled;
        if let Some(most) = most.known() {
            cap(draft, most, |model, most| {
                format!("{model} accepts at most effort {most} while thinking is disabled.")
            });
        }
    },
};

pub(in super::super) const R14: Rule = Rule {
    id: "R14",
    name: "reasoning-off-said-outright",
    summary: "Turns effort none on Claude into thinking that is disabled: leaving thinking out \
              would leave it on.",
    evidence: &[ADAPTIVE_PAGE],
    on: On::Conversations,
    apply: |draft| {
        let Some(off) = off_type(draft) else { return };
        let model = draft.model();
        let mut dropped = false;
        for place in EFFORT_PLACES {
            if draft.text(place) == Some("none") {
                let reason =
                    format!("{model} has no effort none; its thinking is turned off instead.");
                dropped |= draft.drop(place, reason);
            }
        }
        if !dropped {
            return;
        }
        let needless = draft.capabilities.reasoning.default_on.no();
        let reason = format!("{model} thinks unless it is told not to.");
        match draft.at(&THINKING) {
            None if needless => {}
            None => {
                draft.add(THINKING, json!({ "type": off }), reason);
            }
            Some(Value::Object(_)) if thinks(draft) => {
                let reason = "Effort none asks for no thinking.";
                draft.set(THINKING, json!({ "type": off }), Action::Rewrite, reason);
            }
            Some(_) => {}
        }
    },
};

pub(in super::super) const R15: Rule = Rule {
    id: "R15",
    name: "effort-unsupported",
    summary: "Drops the effort on Claude models that do not know efforts.",
    evidence: &[
        "https://github.com/BerriAI/litellm",
        "https://github.com/langchain-ai/langchain-aws",
    ],
    on: On::Conversations,
    apply: |draft| {
        let reasoning = &draft.capabilities.reasoning;
        let none = reasoning.efforts.known().is_some_and(Vec::is_empty);
        if !none || !takes(draft, ReasoningField::Thinking) {
            return;
        }
        for place in EFFORT_PLACES {
            if draft.text(place).is_some() {
                let reason = format!("{} does not know efforts.", draft.model());
                draft.drop(place, reason);
            }
        }
    },
};

pub(in super::super) const R16: Rule = Rule {
    id: "R16",
    name: "effort-beta",
    summary: "Opts into the beta that an effort needs (Opus 4.5).",
    evidence: &[
        "https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html",
    ],
    on: On::Conversations,
    apply: |draft| {
        let Some(beta) = draft.capabilities.reasoning.effort_beta.known() else {
            return;
        };
        let is_set = EFFORT_PLACES.iter().any(|place| draft.text(place).is_some());
        if is_set && !has_beta(draft, beta) {
            let reason = format!("{} takes an effort only with this beta.", draft.model());
            add_beta(draft, beta, reason);
        }
    },
};

pub(in super::super) const R17: Rule = Rule {
    id: "R17",
    name: "effort-xhigh",
    summary: "Lowers effort xhigh to high on Claude models that lack it.",
    evidence: &[
        "https://github.com/BerriAI/litellm",
        "https://github.com/langchain-ai/langchain-aws",
    ],
    on: On::Conversations,
    apply: |draft| {
        if takes(draft, ReasoningField::Thinking) {
            fit(draft, &EFFORT_PLACES, |effort| effort == "xhigh");
        }
    },
};

pub(in super::super) const R18: Rule = Rule {
    id: "R18",
    name: "effort-inside-thinking",
    summary: "Moves an effort out of thinking into output_config, where Claude takes it.",
    evidence: &[ADAPTIVE_PAGE],
    on: On::Conversations,
    apply: |draft| {
        if !takes(draft, ReasoningField::Thinking) || draft.text(&THINKING_EFFORT).is_none() {
            return;
        }
        if EFFORT_PLACES.iter().any(|place| draft.at(place).is_some()) {
            let reason = "An effort inside thinking is refused; the one outside was kept.";
            draft.drop(THINKING_EFFORT, reason);
        } else {
            let reason = format!("{} takes the effort in output_config.", draft.model());
            draft.mv(THINKING_EFFORT, EFFORT, reason);
        }
    },
};

pub(in super::super) const R19: Rule = Rule {
    id: "R19",
    name: "effort-of-a-message",
    summary: "Drops the output_config of a message where its beta was not asked for.",
    evidence: &[ADAPTIVE_PAGE],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.message_settings || !draft.is_claude() || has_beta(draft, TURN_EFFORT_BETA)
        {
            return;
        }
        for index in 0..draft.messages().len() {
            let path = Path::message(index).key("output_config");
            if draft.get(&path).is_some_and(Value::is_object) {
                let reason = format!("An effort for one turn needs the beta {TURN_EFFORT_BETA}.");
                draft.drop(path, reason);
            }
        }
    },
};

pub(in super::super) const R25: Rule = Rule {
    id: "R25",
    name: "effort-unknown-to-the-model",
    summary: "Replaces an effort that the model does not know by the nearest that it knows.",
    evidence: &["https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        let Some(field) = draft.capabilities.reasoning.field.known() else {
            return;
        };
        // Where thinking can be turned off, R14 makes that of `none`; `xhigh` is R17's.
        let off = off_type(draft).is_some();
        match field {
            ReasoningField::None => {}
            ReasoningField::Thinking => {
                fit(draft, &EFFORT_PLACES, |effort| {
                    effort != "xhigh" && !(effort == "none" && off)
                });
            }
            ReasoningField::NovaReasoningConfig => {
                let keys =
                    ["additionalModelRequestFields", "reasoningConfig", "maxReasoningEffort"];
                fit(draft, &[&keys], |_| true);
            }
            ReasoningField::ReasoningEffort => {
                fit(draft, &[&["additionalModelRequestFields", "reasoning_effort"]], |_| true);
            }
            ReasoningField::NestedReasoningEffort => {
                fit(draft, &[&["additionalModelRequestFields", "reasoning", "effort"]], |_| true);
            }
            ReasoningField::QwenReasoningConfig => {
                fit(draft, &[&["additionalModelRequestFields", "reasoning_config"]], |_| true);
            }
        }
    },
};

fn takes(draft: &Draft<'_>, field: ReasoningField) -> bool {
    draft.capabilities.reasoning.field.known() == Some(&field)
}

/// The `thinking.type` that turns Claude's thinking off, where efforts have no `none`.
fn off_type(draft: &Draft<'_>) -> Option<&'static str> {
    let reasoning = &draft.capabilities.reasoning;
    if !takes(draft, ReasoningField::Thinking) || reasoning.efforts.has(&"none".to_owned()) {
        return None;
    }
    let types = &reasoning.thinking_types;
    if types.has(&ThinkingType::Disabled) {
        return Some("disabled");
    }
    types.has(&ThinkingType::BetweenTools).then_some("between_tools")
}

/// Brings the efforts in these places to accepted ones, where the rule is theirs to apply.
fn fit(draft: &mut Draft<'_>, places: &[&[&'static str]], applies: impl Fn(&str) -> bool) {
    let accepted = draft.capabilities.reasoning.efforts.known();
    for place in places {
        let Some(effort) = draft.text(place).filter(|effort| applies(effort)) else {
            continue;
        };
        let fitting = match accepted {
            Some(accepted) => nearest(effort, accepted),
            None => (effort == NOWHERE).then(|| LEAST.to_owned()),
        };
        let Some(fitting) = fitting.filter(|fitting| fitting != effort) else {
            continue;
        };
        let model = draft.model();
        let reason = match accepted.map(|accepted| accepted.join(", ")) {
            Some(known) => format!("{model} does not know effort {effort}; it knows {known}."),
            None => {
                format!("Nothing on Bedrock takes effort {effort}, so {model} does not either.")
            }
        };
        draft.set(*place, fitting.into(), Action::Rewrite, reason);
    }
}

/// Lowers efforts that are above `most`.
pub(super) fn cap(draft: &mut Draft<'_>, most: &str, reason: impl Fn(&str, &str) -> String) {
    for place in EFFORT_PLACES {
        if rank(most).is_some() && draft.text(place).and_then(rank) > rank(most) {
            let reason = reason(draft.model(), most);
            draft.set(place, most.into(), Action::Clamp, reason);
        }
    }
}
