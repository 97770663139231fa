//! Temperature, topP, top-k and stop sequences.

use serde_json::{Map, Value, json};

use super::change::Action;
use super::draft::{Draft, number};
use super::limits::MAX_TOKENS;
use super::path::Path;
use super::rule::{On, Rule};
use super::tools::TOOLS;
use crate::model::capabilities::NumberParameter;

pub(super) const TEMPERATURE: [&str; 2] = ["inferenceConfig", "temperature"];
pub(super) const TOP_P: [&str; 2] = ["inferenceConfig", "topP"];
/// The most stop sequences that Converse's shape allows, whatever the model.
const SHAPE_STOP_SEQUENCES: u64 = 2500;
const STOP_SEQUENCES: [&str; 2] = ["inferenceConfig", "stopSequences"];
const NESTED_CONFIG: [&str; 2] = ["additionalModelRequestFields", "inferenceConfig"];

/// Where callers put top-k, which Converse has no member for.
pub(super) const TOP_K: [&[&str]; 5] = [
    &["additionalModelRequestFields", "top_k"],
    &["additionalModelRequestFields", "topK"],
    &["additionalModelRequestFields", "k"],
    &["additionalModelRequestFields", "inferenceConfig", "topK"],
    &["inferenceConfig", "topK"],
];

/// Fields of the models' own formats that Converse has a member for.
const CONVERSE_FIELDS: [(&[&str], [&str; 2]); 10] = [
    (&["additionalModelRequestFields", "temperature"], TEMPERATURE),
    (&["additionalModelRequestFields", "top_p"], TOP_P),
    (&["additionalModelRequestFields", "topP"], TOP_P),
    (&["additionalModelRequestFields", "max_tokens"], MAX_TOKENS),
    (&["additionalModelRequestFields", "maxTokens"], MAX_TOKENS),
    (&["additionalModelRequestFields", "stop_sequences"], STOP_SEQUENCES),
    (&["additionalModelRequestFields", "stopSequences"], STOP_SEQUENCES),
    (&["additionalModelRequestFields", "inferenceConfig", "temperature"], TEMPERATURE),
    (&["additionalModelRequestFields", "inferenceConfig", "topP"], TOP_P),
    (&["additionalModelRequestFields", "inferenceConfig", "maxTokens"], MAX_TOKENS),
];

/// Members of Converse that do not belong into `additionalModelRequestFields`.
const CONVERSE_MEMBERS: [&str; 8] = [
    "system",
    "messages",
    "toolConfig",
    "guardrailConfig",
    "promptVariables",
    "requestMetadata",
    "performanceConfig",
    "additionalModelResponseFieldPaths",
];

pub(super) const S1: Rule = Rule {
    id: "S1",
    name: "temperature-or-top-p",
    summary: "Keeps temperature and drops topP where a model accepts only one of them.",
    evidence: &[
        "https://github.com/aws-samples/bedrock-access-gateway/issues/191",
        "https://github.com/BerriAI/litellm/issues/15070",
        "https://github.com/mem0ai/mem0/issues/4147",
        "https://github.com/BoltAI/BoltAI/issues/399",
        "https://github.com/open-webui/open-webui/issues/17922",
        "https://github.com/lobehub/lobehub/issues/9523",
        "https://github.com/skydiscover-ai/skydiscover/issues/15",
        "https://github.com/iOfficeAI/gemini-cli-pro/issues/38",
    ],
    on: On::Conversations,
    apply: |draft| {
        let exclusive = draft.capabilities.temperature_and_top_p_exclusive.yes();
        if exclusive && draft.number(&TEMPERATURE).is_some() && draft.number(&TOP_P).is_some() {
            let model = draft.model();
            let reason =
                format!("{model} accepts temperature or topP, not both; temperature was kept.");
            draft.drop(TOP_P, reason);
        }
    },
};

pub(super) const S2: Rule = Rule {
    id: "S2",
    name: "sampling-on-new-claude",
    summary: "Drops temperature, topP and top-k on Claude models that deprecated them.",
    evidence: &[
        "https://github.com/openclaw/openclaw/issues/73663",
        "https://github.com/NousResearch/hermes-agent/issues/36151",
        "https://github.com/cline/cline/issues/10572",
        "https://github.com/promptfoo/promptfoo/issues/10307",
        "https://github.com/DayuanJiang/next-ai-draw-io/issues/861",
        "https://github.com/zeroclaw-labs/zeroclaw/issues/6095",
        "https://github.com/aws-samples/bedrock-chat/issues/1102",
        "https://github.com/logancyang/obsidian-copilot/issues/2600",
        "https://github.com/Mintplex-Labs/anything-llm/issues/5821",
        "https://github.com/opensearch-project/opensearch-build/issues/6330",
    ],
    on: On::Conversations,
    apply: |draft| {
        if draft.is_claude() {
            drop_unsupported_sampling(draft);
            if draft.capabilities.temperature.supported.no() {
                drop_unsupported_top_k(draft);
            }
        }
    },
};

pub(super) const S3: Rule = Rule {
    id: "S3",
    name: "sampling-on-reasoning-models",
    summary: "Drops temperature and topP on the other models that refuse them (GPT, Grok).",
    evidence: &[
        "https://github.com/aws-samples/sample-kolya-br-proxy/issues/104",
        "https://github.com/NousResearch/hermes-agent/issues/111438",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.is_claude() {
            drop_unsupported_sampling(draft);
        }
    },
};

pub(super) const S4: Rule = Rule {
    id: "S4",
    name: "stop-sequences-unsupported",
    summary: "Drops stopSequences on models that refuse them (GPT, Grok).",
    evidence: &["https://github.com/BerriAI/litellm", "https://github.com/vercel/ai"],
    on: On::Conversations,
    apply: |draft| {
        let unsupported = draft.capabilities.stop_sequences.supported.no();
        if unsupported && draft.at(&STOP_SEQUENCES).is_some_and(Value::is_array) {
            let reason = format!("{} does not support stop sequences.", draft.model());
            draft.drop(STOP_SEQUENCES, reason);
        }
    },
};

pub(super) const S5: Rule = Rule {
    id: "S5",
    name: "sampling-range",
    summary: "Clamps temperature and topP to the range that the model accepts.",
    evidence: &["https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html"],
    on: On::Conversations,
    apply: |draft| {
        let capabilities = draft.capabilities;
        clamp(draft, TEMPERATURE, "temperature", &capabilities.temperature);
        clamp(draft, TOP_P, "topP", &capabilities.top_p);
    },
};

pub(super) const S6: Rule = Rule {
    id: "S6",
    name: "top-k-field",
    summary: "Moves top-k to the additional field that the model takes it in.",
    evidence: &["https://github.com/vercel/ai/issues/7842"],
    on: On::Conversations,
    apply: |draft| {
        if has_top_k(draft) && top_k_path(draft).is_some_and(|path| path.segments().len() == 2) {
            place_top_k(draft);
        }
    },
};

pub(super) const S7: Rule = Rule {
    id: "S7",
    name: "top-k-field-of-nova",
    summary: "Moves top-k to the inferenceConfig inside the additional fields, where Nova takes it.",
    evidence: &[
        "https://github.com/UKGovernmentBEIS/inspect_ai/issues/3939",
        "https://github.com/BerriAI/litellm/issues/7087",
    ],
    on: On::Conversations,
    apply: |draft| {
        if has_top_k(draft) && top_k_path(draft).is_some_and(|path| path.segments().len() > 2) {
            place_top_k(draft);
        }
    },
};

pub(super) const S8: Rule = Rule {
    id: "S8",
    name: "nested-inference-config",
    summary: "Drops Nova's inferenceConfig from the additional fields of other models.",
    evidence: &["https://github.com/BerriAI/litellm/issues/7782"],
    on: On::Conversations,
    apply: |draft| {
        let top_k = &draft.capabilities.top_k;
        let elsewhere = match top_k.request_field.known() {
            Some(field) => !field.starts_with("inferenceConfig"),
            None => top_k.supported.no(),
        };
        if elsewhere && draft.at(&NESTED_CONFIG).is_some_and(Value::is_object) {
            let model = draft.model();
            let reason = format!(
                "{model} does not accept an inferenceConfig inside additionalModelRequestFields."
            );
            draft.drop(NESTED_CONFIG, reason);
        }
    },
};

pub(super) const S9: Rule = Rule {
    id: "S9",
    name: "top-k-unsupported",
    summary: "Drops top-k on models that do not know it.",
    evidence: &["https://github.com/Arize-ai/phoenix/issues/6943"],
    on: On::Conversations,
    apply: drop_unsupported_top_k,
};

pub(super) const S10: Rule = Rule {
    id: "S10",
    name: "too-many-stop-sequences",
    summary: "Keeps as many of the first stop sequences as the model allows.",
    evidence: &["https://github.com/boto/botocore/issues/3354"],
    on: On::Conversations,
    apply: |draft| {
        let known = draft.capabilities.stop_sequences.max.known().copied();
        let Some(max) = known.or_else(|| draft.knows_model().then_some(SHAPE_STOP_SEQUENCES))
        else {
            return;
        };
        let given = draft.list(&STOP_SEQUENCES);
        let Ok(limit) = usize::try_from(max) else {
            return;
        };
        if limit == 0 || given.len() <= limit {
            return;
        }
        let kept = given.iter().take(limit).cloned().collect();
        let model = draft.model();
        let reason =
            format!("{model} accepts at most {max} stop sequences; the first {max} were kept.");
        draft.set(STOP_SEQUENCES, Value::Array(kept), Action::Clamp, reason);
    },
};

pub(super) const S11: Rule = Rule {
    id: "S11",
    name: "additional-field-conflict",
    summary: "Moves additional fields that Converse has a member for to that member, or drops them \
              where it is set.",
    evidence: &["https://github.com/danny-avila/LibreChat/issues/14029"],
    on: On::Conversations,
    apply: |draft| {
        if !draft.knows_model() {
            return;
        }
        for (field, member) in CONVERSE_FIELDS {
            let fits = |value: &Value| value.is_number() || value.is_array();
            if draft.at(field).is_some_and(fits) {
                to_converse(draft, field, member.into());
            }
        }
        for member in CONVERSE_MEMBERS {
            let field = ["additionalModelRequestFields", member];
            let fits = |value: &Value| value.is_object() || value.is_array();
            if draft.at(&field).is_some_and(fits) {
                to_converse(draft, &field, [member].into());
            }
        }
        own_tools(draft);
        let system = ["additionalModelRequestFields", "system"];
        if let Some(text) = draft.text(&system).map(str::to_owned) {
            let moved = to_converse(draft, &system, ["system"].into());
            if moved {
                let reason = "Converse takes the system prompt as a list of blocks.";
                let blocks = json!([{ "text": text }]);
                draft.set(["system"], blocks, Action::Rewrite, reason);
            }
        }
    },
};

/// Moves an additional field to the member of Converse it repeats; drops it where that is set.
fn to_converse(draft: &mut Draft<'_>, field: &[&'static str], member: Path) -> bool {
    let name = Path::from(field);
    if draft.get(&member).is_some() {
        let reason = format!("{name} repeats {member}, which Bedrock refuses; {member} was kept.");
        draft.drop(name, reason);
        return false;
    }
    let reason = format!("Converse has a member of its own for {name}: {member}.");
    draft.mv(name, member, reason)
}

/// Tools in a model's own words. Those that Converse can say too go there; the rest, which Anthropic
/// has defined (`computer_…`), are understood by Claude alone.
fn own_tools(draft: &mut Draft<'_>) {
    const OWN: [&str; 2] = ["additionalModelRequestFields", "tools"];
    let given = draft.list(&OWN);
    if given.is_empty() {
        return;
    }
    let specs: Option<Vec<Value>> = given.iter().map(tool_spec).collect();
    let name = Path::from(OWN);
    match specs {
        None if draft.is_claude() => {}
        None => {
            draft.drop(OWN, format!("{name} is Converse's to say, and was not understood."));
        }
        Some(_) if draft.at(&TOOLS).is_some() => {
            let reason = format!("{name} repeats toolConfig.tools, which Bedrock refuses.");
            draft.drop(OWN, reason);
        }
        Some(tools) => {
            let reason = format!("Converse has a member of its own for {name}: toolConfig.tools.");
            if draft.add(TOOLS, Value::Array(tools), &*reason) {
                draft.drop(OWN, reason);
            }
        }
    }
}

/// A tool of Claude's own format, as Converse says it; `None` where it is of another kind.
fn tool_spec(tool: &Value) -> Option<Value> {
    let custom = |kind: &Value| kind.is_null() || kind == "custom";
    let name = tool.get("name")?.as_str()?;
    let schema = tool.get("input_schema").filter(|schema| schema.is_object())?;
    if !tool.get("type").is_none_or(custom) {
        return None;
    }
    let mut spec = Map::new();
    spec.insert("name".to_owned(), name.into());
    if let Some(description) = tool.get("description").and_then(Value::as_str) {
        spec.insert("description".to_owned(), description.into());
    }
    spec.insert("inputSchema".to_owned(), json!({ "json": schema }));
    Some(json!({ "toolSpec": spec }))
}

fn drop_unsupported_sampling(draft: &mut Draft<'_>) {
    let capabilities = draft.capabilities;
    let parameters = [
        (TEMPERATURE, "temperature", &capabilities.temperature),
        (TOP_P, "topP", &capabilities.top_p),
    ];
    for (path, name, parameter) in parameters {
        let Some(value) = draft.number(&path) else {
            continue;
        };
        if parameter.supported.no() && !parameter.accepted_values.has(&value) {
            let reason = format!("{} does not support {name}.", draft.model());
            draft.drop(path, reason);
        }
    }
}

fn drop_unsupported_top_k(draft: &mut Draft<'_>) {
    if draft.capabilities.top_k.supported.no() {
        let reason = format!("{} does not support top-k.", draft.model());
        drop_top_k(draft, &reason);
    }
}

/// Drops top-k from every place that callers put it in.
pub(super) fn drop_top_k(draft: &mut Draft<'_>, reason: &str) {
    for place in TOP_K {
        if draft.number(place).is_some() {
            draft.drop(place, reason);
        }
    }
}

fn clamp(draft: &mut Draft<'_>, path: [&'static str; 2], name: &str, parameter: &NumberParameter) {
    let Some(value) = draft.number(&path) else {
        return;
    };
    if parameter.accepted_values.has(&value) {
        return;
    }
    // What is not known of a model is what Converse's shape allows all of them.
    let shape = |bound: f64| draft.knows_model().then_some(bound);
    let min = parameter.min.known().copied().or_else(|| shape(0.0));
    let max = parameter.max.known().copied().or_else(|| shape(1.0));
    let Some(bound) = out_of_range(value, min, max) else {
        return;
    };
    let reason = format!("{} accepts {name} {}.", draft.model(), range(min, max));
    draft.set(path, number(bound), Action::Clamp, reason);
}

/// The nearest end of the range, where a value is outside of it.
fn out_of_range(value: f64, min: Option<f64>, max: Option<f64>) -> Option<f64> {
    min.filter(|min| value < *min).or_else(|| max.filter(|max| value > *max))
}

fn range(min: Option<f64>, max: Option<f64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("from {min} to {max}"),
        (Some(min), None) => format!("from {min}"),
        (None, Some(max)) => format!("up to {max}"),
        (None, None) => String::new(),
    }
}

/// Whether there may be a top-k at all.
fn has_top_k(draft: &Draft<'_>) -> bool {
    draft.at(&["additionalModelRequestFields"]).is_some()
        || TOP_K.iter().any(|place| draft.at(place).is_some())
}

/// Where the model takes top-k, if it is known to take it.
fn top_k_path(draft: &Draft<'_>) -> Option<Path> {
    let top_k = &draft.capabilities.top_k;
    if !top_k.supported.yes() {
        return None;
    }
    let field = top_k.request_field.known()?;
    let root = Path::from(["additionalModelRequestFields"]);
    Some(field.split('.').fold(root, |path, key| path.key(key.to_owned())))
}

/// Leaves one top-k, where the model takes it and in the range it accepts.
fn place_top_k(draft: &mut Draft<'_>) {
    let Some(target) = top_k_path(draft) else {
        return;
    };
    let model = draft.model();
    for place in TOP_K.map(Path::from) {
        if place == target || !draft.get(&place).is_some_and(Value::is_number) {
            continue;
        }
        if draft.get(&target).is_some() {
            draft.drop(place, format!("{model} takes top-k in {target}, which is set."));
        } else {
            draft.mv(place, target.clone(), format!("{model} takes top-k in {target}."));
        }
    }
    let top_k = &draft.capabilities.top_k;
    let (min, max) = (top_k.min.known().copied(), top_k.max.known().copied());
    let given = draft.get(&target).and_then(Value::as_number).and_then(serde_json::Number::as_f64);
    if let Some(bound) = given.and_then(|value| out_of_range(value, min, max)) {
        let reason = format!("{model} accepts top-k {}.", range(min, max));
        draft.set(target, number(bound), Action::Clamp, reason);
    }
}
