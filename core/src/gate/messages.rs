//! Turns and the content they hold.

use serde_json::{Value, json};

use super::blocks::{
    PLACEHOLDER, content_of, holds, is_assistant, is_blank, is_blank_text, is_only,
};
use super::change::Action;
use super::draft::Draft;
use super::path::Path;
use super::rule::{On, Rule};

const FEATURES_PAGE: &str = "https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html";
const CONVERSE_PAGE: &str =
    "https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html";

pub(super) const M12: Rule = Rule {
    id: "M12",
    name: "first-message",
    summary: "Lets a user turn come first where the conversation starts with the assistant.",
    evidence: &["https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        let assistant = draft.messages().first().is_some_and(is_assistant);
        if assistant && draft.capabilities.assistant_first.no() {
            let turn = json!({ "role": "user", "content": [{ "text": PLACEHOLDER }] });
            let reason = format!("On {}, a user turn must come first.", draft.model());
            draft.add(Path::message(0), turn, reason);
        }
    },
};

pub(super) const M13: Rule = Rule {
    id: "M13",
    name: "system-prompt-unsupported",
    summary: "Puts the system prompt before the first user turn's content on models without one.",
    evidence: &[FEATURES_PAGE],
    on: On::Conversations,
    apply: |draft| {
        if !draft.capabilities.system_prompt.no() || draft.list(&["system"]).is_empty() {
            return;
        }
        let user = |message: &Value| message.get("role").and_then(Value::as_str) == Some("user");
        let Some(first) = draft.messages().iter().position(user) else {
            return;
        };
        if !draft.get(&Path::message(first).key("content")).is_some_and(Value::is_array) {
            return;
        }
        let reason = format!("{} takes no system prompt.", draft.model());
        let (mut index, mut end) = (0, 0);
        while let Some(block) = draft.list(&["system"]).get(index) {
            // White space is accepted there, and refused in a message.
            if block.get("text").is_some_and(Value::is_string) && !is_blank_text(block) {
                let from = Path::from(["system"]).index(index);
                draft.mv(from, Path::block(first, end), &*reason);
                end += 1;
            } else {
                index += 1;
            }
        }
        draft.drop(["system"], &*reason);
    },
};

pub(super) const M14: Rule = Rule {
    id: "M14",
    name: "content-unsupported",
    summary: "Drops citations on models that refuse them, and reports content of a kind that the \
              model cannot take: without it, the model would answer another question.",
    evidence: &["https://github.com/pydantic/pydantic-ai"],
    on: On::Conversations,
    apply: |draft| {
        if draft.capabilities.citations.no() {
            drop_citations(draft);
        }
        let inputs = &draft.capabilities.inputs;
        let kinds = [
            ("image", draft.survey.images && inputs.image.no()),
            ("document", draft.survey.documents && inputs.document.no()),
            ("video", draft.survey.videos && inputs.video.no()),
        ];
        for (kind, concerned) in kinds {
            let Some(path) = concerned.then(|| first_of(draft, kind)).flatten() else {
                continue;
            };
            let reason = format!("{} takes no {kind} blocks.", draft.model());
            draft.violation(path, reason, format!("Use a model that takes {kind} blocks."));
        }
    },
};

pub(super) const M15: Rule = Rule {
    id: "M15",
    name: "media-limits",
    summary: "Puts a placeholder beside documents without a text, and reports too many images or \
              documents in a message.",
    evidence: &[CONVERSE_PAGE],
    on: On::Conversations,
    apply: |draft| {
        if !draft.knows_model() || !(draft.survey.documents || draft.survey.images) {
            return;
        }
        if draft.survey.documents && !draft.capabilities.inputs.document.no() {
            add_texts(draft);
        }
        let mut found = Vec::new();
        for (index, message) in draft.messages().iter().enumerate() {
            let content = content_of(message);
            let count = |kind| content.iter().filter(|block| holds(block, kind)).count();
            for (kind, most) in [("document", 5), ("image", 20)] {
                if count(kind) > most {
                    found.push((
                        index,
                        format!("A message may hold at most {most} {kind} blocks."),
                        format!("Spread the {kind} blocks over several messages."),
                    ));
                }
            }
            if count("document") > 0 && count("text") == 0 {
                let reason = "A message with a document needs a text block too.".to_owned();
                found.push((index, reason, "Add a text block to the message.".to_owned()));
            }
        }
        for (index, reason, remedy) in found {
            draft.violation(Path::message(index).key("content"), reason, remedy);
        }
    },
};

/// Puts a placeholder behind the content of messages that hold documents and no text.
fn add_texts(draft: &mut Draft<'_>) {
    for message in 0..draft.messages().len() {
        let content = draft.content(message);
        let has = |kind| content.iter().any(|block| holds(block, kind));
        if has("document") && !has("text") {
            let path = Path::block(message, content.len());
            let reason = "A message with a document needs a text block too.";
            draft.add(path, json!({ "text": PLACEHOLDER }), reason);
        }
    }
}

/// The paths of all content blocks, those inside tool results too.
pub(super) fn blocks<'d>(draft: &'d Draft<'_>) -> Vec<(Path, &'d Value)> {
    let mut found = Vec::new();
    for (message, value) in draft.messages().iter().enumerate() {
        for (index, block) in content_of(value).iter().enumerate() {
            let path = Path::block(message, index);
            for (inner, block) in
                block.get("toolResult").map_or(&[][..], content_of).iter().enumerate()
            {
                let path = path.clone().key("toolResult").key("content").index(inner);
                found.push((path, block));
            }
            found.push((path, block));
        }
    }
    found
}

/// The path of the first block of a kind.
fn first_of(draft: &Draft<'_>, kind: &'static str) -> Option<Path> {
    let found = blocks(draft).into_iter().find(|(_, block)| holds(block, kind));
    found.map(|(path, _)| path.key(kind))
}

/// The paths of all documents.
pub(super) fn documents(draft: &Draft<'_>) -> Vec<Path> {
    let found = blocks(draft).into_iter().filter(|(_, block)| holds(block, "document"));
    found.map(|(path, _)| path.key("document")).collect()
}

fn drop_citations(draft: &mut Draft<'_>) {
    let model = draft.model();
    if draft.survey.documents {
        for path in documents(draft) {
            let path = path.key("citations");
            if draft.get(&path).is_some_and(Value::is_object) {
                draft.drop(path, format!("{model} does not support citations."));
            }
        }
    }
    if draft.survey.citations {
        let cited = blocks(draft).into_iter();
        let cited = cited.filter(|(_, block)| is_only(block, "citationsContent"));
        let cited = cited.filter_map(|(path, block)| {
            let content = content_of(block.get("citationsContent")?).iter();
            let texts: Vec<_> = content.filter_map(|part| part.get("text")?.as_str()).collect();
            (!texts.is_empty()).then(|| (path, texts.concat()))
        });
        let cited: Vec<_> = cited.collect();
        for (path, text) in cited {
            // A blank text would be refused in turn.
            let text = if is_blank(&text) { PLACEHOLDER.to_owned() } else { text };
            let reason = format!("{model} does not support citations; the text was kept.");
            draft.set(path, json!({ "text": text }), Action::Rewrite, reason);
        }
    }
}
