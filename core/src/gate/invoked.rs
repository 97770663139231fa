//! InvokeModel's body, which is in the model's own words: what is known to be refused in it.

use serde_json::Value;

use super::draft::Draft;
use super::rule::{On, Rule};
use crate::bedrock::shapes;
use crate::operation::Operation;

/// The longest response that Claude gives whole while it thinks, in tokens.
const WHOLE: u64 = 21_333;

pub(super) const T7: Rule = Rule {
    id: "T7",
    name: "long-response-while-thinking",
    summary: "Reports a response that Claude may only stream, because it thinks and may be longer \
              than 21,333 tokens.",
    evidence: &[
        "https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html",
    ],
    on: On::Only(Operation::InvokeModel),
    apply: |draft| {
        if let Some(longest) = too_long_to_wait_for(draft) {
            let reason = format!(
                "Claude gives no more than {WHOLE} tokens whole while it thinks; {longest} were \
                 requested."
            );
            let remedy = format!("Use InvokeModelWithResponseStream, or request at most {WHOLE}.");
            draft.violation(["body", "max_tokens"], reason, remedy);
        }
    },
};

/// How many tokens are requested, where they are too many. A body that is not Claude's has none.
fn too_long_to_wait_for(draft: &Draft<'_>) -> Option<u64> {
    let body = draft.at(&["body"])?;
    let bytes = body.as_str().map(str::as_bytes).or_else(|| shapes::blob(body, draft.blobs))?;
    let body: Value = serde_json::from_slice(bytes).ok()?;
    let thinks = matches!(body.pointer("/thinking/type")?.as_str()?, "enabled" | "adaptive");
    let longest = body.get("max_tokens")?.as_u64()?;
    (thinks && longest > WHOLE).then_some(longest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::super::{Route, gate};
    use super::*;
    use crate::model::ModelCapabilities;

    fn found(operation: Operation, body: &Value) -> Vec<&'static str> {
        let blobs = [br#"{"max_tokens":21334,"thinking":{"type":"adaptive"}}"#.to_vec()];
        let mut request = json!({ "modelId": "a", "body": body }).as_object().unwrap().clone();
        let model = ModelCapabilities::default();
        let route = Route { blobs: &blobs, ..Route::from(operation) };
        let outcome = gate(&mut request, &model, route);
        outcome.violations.iter().map(|violation| violation.rule).collect()
    }

    #[test]
    fn a_long_response_with_thinking_must_be_streamed() {
        let invoke = |body| found(Operation::InvokeModel, &body);
        assert_eq!(invoke(json!({ shapes::BLOB_KEY: 0 })), ["T7"]);
        let enabled = r#"{"max_tokens":30000,"thinking":{"type":"enabled","budget_tokens":1024}}"#;
        assert_eq!(invoke(json!(enabled)), ["T7"]);
        let streamed = found(Operation::InvokeModelWithResponseStream, &json!(enabled));
        assert_eq!(streamed, Vec::<&str>::new());
        for body in [
            r#"{"max_tokens":21333,"thinking":{"type":"enabled"}}"#,
            r#"{"max_tokens":30000,"thinking":{"type":"disabled"}}"#,
            r#"{"max_tokens":30000}"#,
            "no JSON",
        ] {
            assert_eq!(invoke(json!(body)), Vec::<&str>::new(), "{body}");
        }
    }
}
