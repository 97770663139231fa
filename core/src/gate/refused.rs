//! Additional fields that the model itself has refused.

use serde_json::Value;

use super::draft::Draft;
use super::path::Path;
use super::rule::{On, Rule};

pub(super) const L1: Rule = Rule {
    id: "L1",
    name: "refused-field",
    summary: "Drops additional fields that the model has refused, or that the operator says it \
              refuses.",
    evidence: &["https://github.com/apache/seatunnel/pull/11509"],
    on: On::Conversations,
    apply: |draft| {
        let Some(fields) = draft.capabilities.refused_fields.known() else {
            return;
        };
        for field in fields {
            while let Some(path) = place_of(draft, field) {
                let reason = format!("{} has refused the field {field}.", draft.model());
                if !draft.drop(path, reason) {
                    break;
                }
            }
        }
    },
};

/// Where an additional field is in the request. In a list, a step is an index, or an element that
/// is this text (`anthropic_beta.context-1m-2025-08-07`).
fn place_of(draft: &Draft<'_>, field: &str) -> Option<Path> {
    let mut path = Path::from(["additionalModelRequestFields"]);
    for step in field.split('.') {
        path = match draft.get(&path)? {
            Value::Array(items) => {
                let named = items.iter().position(|item| item == step);
                path.index(named.or_else(|| step.parse().ok())?)
            }
            _ => path.key(step.to_owned()),
        };
    }
    draft.get(&path).is_some().then_some(path)
}
