//! Additional fields that the model itself has refused.

use super::Rule;
use super::path::Path;

pub(super) const L1: Rule = Rule {
    id: "L1",
    name: "refused-field",
    summary: "Drops additional fields that the model has refused, or that the operator says it \
              refuses.",
    evidence: &["https://github.com/apache/seatunnel/pull/11509"],
    apply: |draft| {
        let Some(fields) = draft.capabilities.refused_fields.known() else {
            return;
        };
        for field in fields {
            let root = Path::from(["additionalModelRequestFields"]);
            let path = field.split('.').fold(root, |path, key| path.key(key.to_owned()));
            if draft.get(&path).is_some() {
                let reason = format!("{} has refused the field {field}.", draft.model());
                draft.drop(path, reason);
            }
        }
    },
};
