//! R24: reasoning requested in another family's form.

use serde_json::{Value, json};

use super::super::draft::Draft;
use super::super::path::Path;
use super::super::rule::{On, Rule};
use super::ask::{Ask, AskPlace, PLACES, budget_for, effort_for};
use super::settings::{BETAS, EFFORT, THINKING};
use crate::model::fact::{ReasoningField, ThinkingType};

pub(in super::super) const R24: Rule = Rule {
    id: "R24",
    name: "reasoning-field",
    summary: "Says what was asked of the model's reasoning in the words of its family, or drops it \
              where the model takes no such setting.",
    evidence: &["https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        drop_betas(draft);
        let reasoning = &draft.capabilities.reasoning;
        let field = if reasoning.supported.no() {
            ReasoningField::None
        } else {
            let Some(field) = reasoning.field.known().copied() else {
                return;
            };
            field
        };
        let foreign = || PLACES.iter().filter(move |place| place.field != field);
        let own = PLACES.iter().any(|place| place.field == field && draft.at(place.path).is_some());
        // The first that says anything speaks for all; Claude says it in two places.
        let found = foreign().find_map(|place| Some((place, read(draft, place)?)));
        let Some((speaker, ask)) = found else { return };
        let words = if own { None } else { words_for(draft, field, &ask) };
        say(draft, words.unwrap_or_default(), speaker);
        for place in foreign() {
            if place.ask(draft).is_some() {
                let reason = reason_to_drop(draft, place, field);
                draft.drop(place.to_path(), reason);
            }
        }
    },
};

/// What a place asks for, with the effort that Claude's thinking has beside it.
fn read(draft: &Draft<'_>, place: &AskPlace) -> Option<Ask> {
    let ask = place.ask(draft)?;
    if !matches!(ask, Ask::On { effort: None, budget: None }) {
        return Some(ask);
    }
    let beside = PLACES.iter().filter(|other| other.field == place.field);
    let more = beside.filter_map(|other| other.ask(draft)).find(
        |other| matches!(other, Ask::On { effort, budget } if effort.is_some() || budget.is_some()),
    );
    Some(more.unwrap_or(ask))
}

/// The members that ask a family for this; `None` where it need not, or cannot, be asked.
fn words_for(draft: &Draft<'_>, field: ReasoningField, ask: &Ask) -> Option<Vec<(Path, Value)>> {
    let fields = Path::from(["additionalModelRequestFields"]);
    let one = |path: Path, value: Value| Some(vec![(path, value)]);
    match field {
        ReasoningField::None => None,
        ReasoningField::Thinking => claude(draft, ask),
        ReasoningField::NovaReasoningConfig => {
            let path = fields.key("reasoningConfig");
            match ask {
                Ask::Off if draft.capabilities.reasoning.default_on.no() => None,
                Ask::Off => one(path, json!({ "type": "disabled" })),
                Ask::On { .. } => {
                    let effort = effort_or(ask, "medium");
                    one(path, json!({ "type": "enabled", "maxReasoningEffort": effort }))
                }
            }
        }
        ReasoningField::ReasoningEffort => one(fields.key("reasoning_effort"), level(draft, ask)?),
        ReasoningField::NestedReasoningEffort => {
            one(fields.key("reasoning").key("effort"), level(draft, ask)?)
        }
        ReasoningField::QwenReasoningConfig => {
            one(fields.key("reasoning_config"), level(draft, ask)?)
        }
    }
}

/// The requested effort, given as such or as a budget.
fn effort_or(ask: &Ask, default: &str) -> String {
    match ask {
        Ask::Off => "none".to_owned(),
        Ask::On { effort: Some(effort), .. } => effort.clone(),
        Ask::On { budget: Some(budget), .. } => effort_for(*budget).to_owned(),
        Ask::On { .. } => default.to_owned(),
    }
}

/// The effort for a family that knows nothing but efforts.
fn level(draft: &Draft<'_>, ask: &Ask) -> Option<Value> {
    let reasoning = &draft.capabilities.reasoning;
    let none = "none".to_owned();
    match ask {
        Ask::Off if !reasoning.efforts.has(&none) => None,
        // It reasons anyway, as much as it likes: that is what was requested.
        Ask::On { effort: None, budget: None } if reasoning.default_on.yes() => None,
        // R25 brings it to what the model accepts.
        _ => Some(Value::String(effort_or(ask, "high"))),
    }
}

fn claude(draft: &Draft<'_>, ask: &Ask) -> Option<Vec<(Path, Value)>> {
    let reasoning = &draft.capabilities.reasoning;
    let types = &reasoning.thinking_types;
    let thinking = |value| (Path::from(THINKING), value);
    match ask {
        // Where thinking is off by default, leaving it out is enough.
        Ask::Off if reasoning.default_on.no() => None,
        Ask::Off if types.has(&ThinkingType::Disabled) => {
            Some(vec![thinking(json!({ "type": "disabled" }))])
        }
        Ask::Off if types.has(&ThinkingType::BetweenTools) => {
            Some(vec![thinking(json!({ "type": "between_tools" }))])
        }
        Ask::On { effort, budget } if types.has(&ThinkingType::Adaptive) => {
            let mut words = vec![thinking(json!({ "type": "adaptive" }))];
            if effort.is_some() || budget.is_some() {
                words.push((EFFORT.into(), Value::String(effort_or(ask, "high"))));
            }
            Some(words)
        }
        Ask::On { effort, budget } if types.has(&ThinkingType::Enabled) => {
            let budget = match budget {
                Some(budget) => super::super::draft::number(*budget),
                None => budget_for(draft, effort.as_deref()),
            };
            Some(vec![thinking(json!({ "type": "enabled", "budget_tokens": budget }))])
        }
        _ => None,
    }
}

/// Adds the words; where they are the very value that stood elsewhere, moves it.
fn say(draft: &mut Draft<'_>, words: Vec<(Path, Value)>, speaker: &AskPlace) {
    for (path, value) in words {
        let reason = format!("{} takes its reasoning setting in {path}.", draft.model());
        let source = speaker.to_path();
        let same = draft.get(&source) == Some(&value);
        if same && draft.mv(source, path.clone(), &*reason) {
            continue;
        }
        draft.add(path, value, reason);
    }
}

fn reason_to_drop(draft: &Draft<'_>, place: &AskPlace, field: ReasoningField) -> String {
    let (model, path) = (draft.model(), place.to_path());
    if field == ReasoningField::None {
        return format!("{model} takes no reasoning setting; {path} would be refused.");
    }
    format!("{model} does not know {path}, which is how another family asks for reasoning.")
}

/// `anthropic_beta` is for Anthropic's models alone.
fn drop_betas(draft: &mut Draft<'_>) {
    let other = draft.capabilities.provider.known().is_some() && !draft.is_claude();
    if other && draft.at(&BETAS).is_some_and(|betas| betas.is_array() || betas.is_string()) {
        let reason =
            format!("{} is not one of Anthropic's models and takes no betas.", draft.model());
        draft.drop(BETAS, reason);
    }
}
