//! Names of documents, which Bedrock holds to characters of its own and wants to be different.
//!
//! What becomes of a name depends on the names before it only: the next call's documents must not
//! change this call's prompt.

use serde_json::Value;

use super::change::Action;
use super::draft::Draft;
use super::messages::documents;
use super::names::{DocumentNames, is_document_name};
use super::rule::{On, Rule};

pub(super) const M16: Rule = Rule {
    id: "M16",
    name: "document-name",
    summary: "Replaces what Bedrock does not accept in names of documents.",
    evidence: &[
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html",
    ],
    on: On::Conversations,
    apply: |draft| {
        let reason = "Bedrock accepts letters, digits, single spaces, hyphens, parentheses and \
                      brackets in names of documents, 200 characters at most.";
        name_all(draft, reason, |name, before| {
            if is_document_name(name) {
                before.insert(name);
                return None;
            }
            Some(before.fitting(name))
        });
    },
};

pub(super) const M37: Rule = Rule {
    id: "M37",
    name: "document-name-twice",
    summary: "Numbers the later of two documents of one name, wherever in the conversation they \
              stand.",
    evidence: &[
        "https://github.com/maximhq/bifrost/issues/7003",
        "https://github.com/BerriAI/litellm/issues/29418",
        "https://github.com/aws-samples/generative-ai-use-cases/issues/1685",
    ],
    on: On::Conversations,
    apply: |draft| {
        let reason = "Bedrock refuses two documents of one name, whatever their case.";
        name_all(draft, reason, |name, before| {
            if before.insert(name) { None } else { Some(before.numbered(name, '-')) }
        });
    },
};

/// Goes through the names of all documents; `rename` gives a name's new one, where it needs one.
fn name_all(
    draft: &mut Draft<'_>,
    reason: &str,
    rename: fn(&str, &mut DocumentNames) -> Option<String>,
) {
    if !draft.survey.documents || !draft.knows_model() {
        return;
    }
    let mut before = DocumentNames::default();
    for path in documents(draft) {
        let path = path.key("name");
        let name = draft.get(&path).and_then(Value::as_str);
        if let Some(name) = name.and_then(|name| rename(name, &mut before)) {
            draft.set(path, name.into(), Action::Rewrite, reason);
        }
    }
}
