//! Tools: their definitions, and which of them the model must use.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::blocks::{content_of, holds, is_blank, is_cache_point};
use super::change::Action;
use super::draft::Draft;
use super::names::is_tool_name;
use super::path::Path;
use super::rule::{On, Rule};
use crate::operation::Operation;

pub(super) const TOOL_CHOICE: [&str; 2] = ["toolConfig", "toolChoice"];
/// Claude's own tool choice, which knows more than Converse's.
pub(super) const CLAUDE_CHOICE: [&str; 2] = ["additionalModelRequestFields", "tool_choice"];
const CLAUDE_CHOICE_TYPE: [&str; 3] = ["additionalModelRequestFields", "tool_choice", "type"];
const TOOL_CONFIG: [&str; 1] = ["toolConfig"];
pub(super) const TOOLS: [&str; 2] = ["toolConfig", "tools"];
const FEATURES_PAGE: &str = "https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html";

pub(super) const M1: Rule = Rule {
    id: "M1",
    name: "tool-history-without-tools",
    summary: "Defines the tools that the conversation has used where none are defined, and drops a \
              choice among them; on models without tools, turns their calls and results into text.",
    evidence: &[
        "https://github.com/langgenius/dify/issues/17545",
        "https://github.com/langgenius/dify/issues/16421",
        "https://github.com/vercel/ai/issues/7537",
        "https://github.com/vxcontrol/pentagi/issues/196",
        "https://github.com/aws-samples/bedrock-access-gateway/issues/239",
        "https://github.com/onyx-dot-app/onyx/issues/7842",
        "https://github.com/patriceckhart/zot/issues/18",
        "https://github.com/nearai/ironclaw/issues/1710",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.tools {
            return;
        }
        if draft.capabilities.tools.supported.no() {
            tell_tools(draft);
        } else if draft.knows_model() && !has_tools(draft) {
            define_tools(draft);
        }
    },
};

pub(super) const M2: Rule = Rule {
    id: "M2",
    name: "tools-while-streaming",
    summary: "Calls Converse where the model cannot use tools while it streams; its response is \
              handed on as a stream.",
    evidence: &[
        "https://github.com/earendil-works/pi/issues/3739",
        "https://github.com/langchain-ai/langchain-aws/issues/140",
        "https://github.com/langchain-ai/langchain-aws/issues/466",
        "https://github.com/langchain-ai/langchain-aws/issues/588",
        "https://github.com/run-llama/llama_index/issues/19655",
        "https://github.com/obot-platform/obot/issues/4101",
    ],
    on: On::Conversations,
    apply: |draft| {
        let stream = draft.operation == Operation::ConverseStream;
        if stream && draft.capabilities.tools.streaming.no() && has_tools(draft) {
            draft.need_converse(format!("{} cannot use tools while it streams.", draft.model()));
        }
    },
};

pub(super) const M3: Rule = Rule {
    id: "M3",
    name: "tools-unsupported",
    summary: "Drops toolConfig on models that cannot use tools.",
    evidence: &[FEATURES_PAGE],
    on: On::Conversations,
    apply: |draft| {
        let unsupported = draft.capabilities.tools.supported.no();
        if unsupported && draft.at(&TOOL_CONFIG).is_some_and(Value::is_object) {
            draft.drop(TOOL_CONFIG, format!("{} cannot use tools.", draft.model()));
        }
    },
};

pub(super) const M4: Rule = Rule {
    id: "M4",
    name: "tool-choice-unsupported",
    summary: "Lowers a tool choice to one that the model knows: from tool to any, to auto, to none \
              said.",
    evidence: &[
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html",
    ],
    on: On::Conversations,
    apply: |draft| {
        const CHOICES: [&str; 3] = ["tool", "any", "auto"];
        let Some(choice) = draft.at(&TOOL_CHOICE) else {
            return;
        };
        let Some(given) = CHOICES.iter().position(|name| holds(choice, name)) else {
            return;
        };
        let known = &draft.capabilities.tools.tool_choice;
        let mut lower = CHOICES.iter().skip(given);
        if !lower.next().is_some_and(|given| known.lacks(&(*given).to_owned())) {
            return;
        }
        let model = draft.model();
        if let Some(next) = lower.find(|name| known.has(&(**name).to_owned())) {
            let reason =
                format!("{model} does not know this tool choice; {next} is the next it knows.");
            draft.set(TOOL_CHOICE, json!({ *next: {} }), Action::Rewrite, reason);
        } else {
            draft.drop(TOOL_CHOICE, format!("{model} takes no tool choice of this kind."));
        }
    },
};

pub(super) const M5: Rule = Rule {
    id: "M5",
    name: "tool-choice-none",
    summary: "Says a tool choice of none, which Converse has no member for, in Claude's own words; \
              for other models leaves the tools out where the conversation has not used any.",
    evidence: &["https://github.com/BerriAI/litellm", "https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        let none = |choice: &Value| holds(choice, "none") || choice == "none";
        if !draft.knows_model() || !draft.at(&TOOL_CHOICE).is_some_and(none) {
            return;
        }
        if draft.is_claude() {
            draft.drop(TOOL_CHOICE, "Converse knows no tool choice of none.");
            let reason = "This is how Claude itself is told to use no tool.";
            draft.add(CLAUDE_CHOICE, json!({ "type": "none" }), reason);
        } else if draft.survey.tools {
            let reason = "Converse knows no tool choice of none, and the tools are needed for \
                          their calls in the conversation.";
            draft.drop(TOOL_CHOICE, reason);
        } else {
            let reason = "Converse knows no tool choice of none; without tools, none is used.";
            draft.drop(TOOL_CONFIG, reason);
        }
    },
};

pub(super) const M6: Rule = Rule {
    id: "M6",
    name: "two-tool-choices",
    summary: "Leaves one tool choice where Converse's and Claude's own are both there: Claude's if \
              it says something about parallel use.",
    evidence: &["https://github.com/BerriAI/litellm"],
    on: On::Conversations,
    apply: |draft| {
        let Some(own) = draft.at(&CLAUDE_CHOICE).and_then(Value::as_object) else {
            return;
        };
        if !draft.is_claude() {
            if draft.knows_model() && draft.at(&TOOL_CHOICE).is_some() {
                let reason = "Bedrock refuses two tool choices; Converse's own was kept.";
                draft.drop(CLAUDE_CHOICE, reason);
            }
            return;
        }
        let parallel = own.contains_key("disable_parallel_tool_use");
        let typed = draft.text(&CLAUDE_CHOICE_TYPE).is_some();
        let choice = draft.at(&TOOL_CHOICE).and_then(claude_choice);
        if parallel && !typed {
            let (kind, name) = choice.clone().unwrap_or(("auto", None));
            let reason = "Claude's own tool choice needs a type.";
            draft.add(CLAUDE_CHOICE_TYPE, kind.into(), reason);
            if let Some(name) = name {
                let path = Path::from(CLAUDE_CHOICE).key("name");
                draft.add(path, name, "Claude's own tool choice names the tool.");
            }
        }
        if choice.is_none() {
            return;
        }
        if parallel {
            let reason = "Bedrock refuses two tool choices; Claude's own says more and was kept.";
            draft.drop(TOOL_CHOICE, reason);
        } else if typed {
            let reason = "Bedrock refuses two tool choices; the one of toolConfig was kept.";
            draft.drop(CLAUDE_CHOICE, reason);
        }
    },
};

pub(super) const M8: Rule = Rule {
    id: "M8",
    name: "tool-name",
    summary: "Reports a tool name that Bedrock refuses: renamed, the caller would not recognise it \
              in the answer.",
    evidence: &[
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html",
    ],
    on: On::Conversations,
    apply: |draft| {
        let names = draft.list(&TOOLS).iter().enumerate();
        let names = names.filter_map(|(index, tool)| Some((index, tool_name(tool)?)));
        let wrong: Vec<_> = names.filter(|(_, name)| !is_tool_name(name)).map(|(i, _)| i).collect();
        for index in wrong {
            let path = Path::from(TOOLS).index(index).key("toolSpec").key("name");
            let reason = "Bedrock refuses this tool name.";
            let remedy = "Use 1 to 64 letters, digits, underscores and hyphens.";
            draft.violation(path, reason, remedy);
        }
    },
};

pub(super) const M38: Rule = Rule {
    id: "M38",
    name: "no-tools",
    summary: "Drops a toolConfig without tools, with its choice, where the conversation has used \
              none.",
    evidence: &[
        "https://github.com/elastic/kibana/issues/277821",
        "https://github.com/Portkey-AI/gateway/issues/1124",
    ],
    on: On::Conversations,
    apply: |draft| {
        let given = draft.at(&TOOL_CONFIG).is_some_and(Value::is_object);
        let list = draft.at(&TOOLS).is_none_or(Value::is_array);
        let tools = draft.list(&TOOLS);
        if given && list && draft.knows_model() && tools.iter().all(is_cache_point) {
            draft.drop(TOOL_CONFIG, "Bedrock refuses a toolConfig without tools.");
        }
    },
};

pub(super) const M39: Rule = Rule {
    id: "M39",
    name: "blank-description",
    summary: "Drops the description of a tool where it says nothing.",
    evidence: &[
        "https://github.com/danny-avila/LibreChat/issues/13209",
        "https://github.com/anomalyco/opencode/issues/48582",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.blank_descriptions || !draft.knows_model() {
            return;
        }
        for index in 0..draft.list(&TOOLS).len() {
            let path = Path::from(TOOLS).index(index).key("toolSpec").key("description");
            if draft.get(&path).and_then(Value::as_str).is_some_and(is_blank) {
                draft.drop(path, "Bedrock refuses a description that says nothing.");
            }
        }
    },
};

pub(super) const M18: Rule = Rule {
    id: "M18",
    name: "strict-tools",
    summary: "Drops strict from tools on models that refuse it.",
    evidence: &["https://github.com/vercel/ai", "https://github.com/BerriAI/litellm"],
    on: On::Conversations,
    apply: |draft| {
        if !draft.capabilities.tools.strict.no() {
            return;
        }
        let strict = |tool: &Value| {
            let strict = tool.get("toolSpec").and_then(|spec| spec.get("strict"));
            strict == Some(&Value::Bool(true))
        };
        let tools = draft.list(&TOOLS).iter().enumerate();
        let tools: Vec<usize> =
            tools.filter(|(_, tool)| strict(tool)).map(|(index, _)| index).collect();
        for index in tools {
            let path = Path::from(TOOLS).index(index).key("toolSpec").key("strict");
            draft.drop(path, format!("{} does not support strict tools.", draft.model()));
        }
    },
};

/// Sets a tool choice that forces tool use to auto, in Converse's member and in Claude's own.
pub(super) fn unforce(draft: &mut Draft<'_>, reason: &str) {
    let forced = |choice: &Value| holds(choice, "any") || holds(choice, "tool");
    if draft.at(&TOOL_CHOICE).is_some_and(forced) {
        draft.set(TOOL_CHOICE, json!({ "auto": {} }), Action::Rewrite, reason);
    }
    if matches!(draft.text(&CLAUDE_CHOICE_TYPE), Some("any" | "tool")) {
        let own = draft.at(&CLAUDE_CHOICE).and_then(Value::as_object).cloned().unwrap_or_default();
        let kept = own
            .into_iter()
            .filter(|(key, _)| key != "name")
            .map(|(key, value)| if key == "type" { (key, "auto".into()) } else { (key, value) });
        draft.set(CLAUDE_CHOICE, Value::Object(kept.collect()), Action::Rewrite, reason);
    }
}

/// The name of a tool that is defined here.
fn tool_name(tool: &Value) -> Option<&str> {
    tool.get("toolSpec")?.get("name")?.as_str()
}

/// Whether any tool is defined; cache points among the tools are none.
fn has_tools(draft: &Draft<'_>) -> bool {
    draft.list(&TOOLS).iter().any(|tool| tool.is_object() && tool.get("cachePoint").is_none())
}

/// Converse's tool choice as Claude's type and name.
fn claude_choice(choice: &Value) -> Option<(&'static str, Option<Value>)> {
    let kind = ["auto", "any", "tool"].into_iter().find(|kind| holds(choice, kind))?;
    Some((kind, choice.get(kind).and_then(|choice| choice.get("name")).cloned()))
}

/// Defines each tool that the conversation has used.
fn define_tools(draft: &mut Draft<'_>) {
    let blocks = draft.messages().iter().flat_map(content_of);
    let names = blocks.filter_map(|block| block.get("toolUse")?.get("name")?.as_str());
    let mut seen = HashSet::new();
    let mut names: Vec<_> =
        names.filter(|name| is_tool_name(name) && seen.insert(*name)).map(str::to_owned).collect();
    if names.is_empty() {
        names.push("earlier_tool".to_owned());
    }
    let reason = "Bedrock wants the tools defined that the conversation has used.";
    let stub = |name: &String| {
        let description = "A tool of an earlier turn that is no longer available.";
        let schema = json!({ "json": { "type": "object" } });
        json!({ "toolSpec": { "name": name, "description": description, "inputSchema": schema } })
    };
    if draft.at(&TOOLS).is_some() {
        // There may be cache points, which belong after what they cache.
        for (index, name) in names.iter().enumerate() {
            draft.add(Path::from(TOOLS).index(index), stub(name), reason);
        }
    } else {
        draft.add(TOOLS, names.iter().map(stub).collect(), reason);
    }
    // Nobody is there to answer what the model would be made to call.
    let forced =
        |choice: Option<&Value>| matches!(choice.and_then(Value::as_str), Some("any" | "tool"));
    let reason = "There is no tool left that the model could use.";
    if draft.at(&TOOL_CHOICE).is_some() {
        draft.drop(TOOL_CHOICE, reason);
    }
    if draft.is_claude() && forced(draft.at(&CLAUDE_CHOICE_TYPE)) {
        draft.drop(CLAUDE_CHOICE, reason);
    }
}

/// Turns calls of tools and their results into text.
fn tell_tools(draft: &mut Draft<'_>) {
    let model = draft.model();
    let reason = format!("{model} cannot use tools, and refuses their calls in the conversation.");
    for message in 0..draft.messages().len() {
        let mut index = 0;
        while let Some(block) = draft.content(message).get(index) {
            let told = block.get("toolUse").and_then(told_use).map(|text| (text, Vec::new()));
            let told = told.or_else(|| block.get("toolResult").and_then(told_result));
            if let Some((text, media)) = told {
                let path = Path::block(message, index);
                draft.set(path, json!({ "text": text }), Action::Rewrite, &*reason);
                for (offset, block) in media.into_iter().enumerate() {
                    let reason = "What the tool gave besides text stands after it.";
                    draft.add(Path::block(message, index + 1 + offset), block, reason);
                }
            }
            index += 1;
        }
    }
}

fn told_use(call: &Value) -> Option<String> {
    let name = call.get("name")?.as_str()?;
    let input = call.get("input").unwrap_or(&Value::Null);
    Some(format!("[Called the tool {name} with {input}]"))
}

pub(super) fn told_result(result: &Value) -> Option<(String, Vec<Value>)> {
    let mut parts = Vec::new();
    let mut media = Vec::new();
    for block in result.get("content")?.as_array()? {
        if let Some(text) = block.get("text").and_then(Value::as_str) {
            parts.push(text.to_owned());
        } else if let Some(json) = block.get("json") {
            parts.push(json.to_string());
        } else if block.is_object() {
            media.push(block.clone());
        }
    }
    let failed = result.get("status").and_then(Value::as_str) == Some("error");
    let what = if failed { "The tool failed" } else { "The tool gave" };
    Some((format!("[{what}: {}]", parts.join("\n")), media))
}
