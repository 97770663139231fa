//! ARNs that are offered to users and whose model nothing names.

use std::collections::HashSet;

use serde::Serialize;

use super::Mappings;
use crate::profile::arn::ModelRef;
use crate::profile::quote::quoted;

/// Stands in the line to add for what only the operator knows: behind an ARN, and for a name.
const MODEL: &str = "<model id, such as anthropic.claude-sonnet-4-6>";
const CALLED: &str = "<ARN or model id to call>";

/// One such ARN.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmappedArn {
    /// The ARN, as it stands in the list.
    pub arn: String,
    /// The line to add to the mappings; absent where the ARN itself is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// What is wrong with the ARN, where it is malformed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
}

impl Mappings {
    /// The ARNs of `BEDROCK_AWS_MODELS` (separated by commas) whose model neither they nor the
    /// mappings name, and those that are malformed. Each is named once.
    pub fn unmapped_arns(&self, models_list: &str) -> Vec<UnmappedArn> {
        let mut found: Vec<UnmappedArn> = Vec::new();
        let mut seen = HashSet::new();
        for item in models_list.split(',').map(str::trim) {
            let is_arn = item.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:"));
            if !is_arn || !seen.insert(item) {
                continue;
            }
            let unmapped = match ModelRef::parse(item) {
                Ok(id)
                    if !id.is_opaque()
                        || self.find(item).is_some_and(|found| found.model.is_some()) =>
                {
                    continue;
                }
                Ok(_) => {
                    UnmappedArn { arn: item.to_owned(), line: Some(line_to_add(item)), wrong: None }
                }
                Err(error) => UnmappedArn {
                    arn: item.to_owned(),
                    line: None,
                    wrong: Some(error.message().to_owned()),
                },
            };
            found.push(unmapped);
        }
        found
    }
}

/// The entry of the mappings that says what is behind an ARN, or what to call for a name.
pub(crate) fn line_to_add(id: &str) -> String {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    let value = if id.starts_with("arn:") { MODEL } else { CALLED };
    format!("{}: {}", json(id), json(value))
}

/// One warning for all of them; `None` where there is none.
pub fn unmapped_warning(unmapped: &[UnmappedArn]) -> Option<String> {
    let mut sentences: Vec<String> = Vec::new();
    let lines: Vec<&str> = unmapped.iter().filter_map(|one| one.line.as_deref()).collect();
    if !lines.is_empty() {
        let arns: Vec<String> =
            unmapped.iter().filter(|one| one.line.is_some()).map(|one| quoted(&one.arn)).collect();
        sentences.push(format!(
            "BEDROCK_AWS_MODELS lists {} without saying which model is behind; AWS will be asked when it is used \
             (bedrock:GetInferenceProfile). To say it, add to BEDROCK_INFERENCE_PROFILE_MAPPINGS: {{ {} }}",
            arns.join(", "),
            lines.join(", ")
        ));
    }
    for one in unmapped {
        if let Some(wrong) = &one.wrong {
            sentences.push(format!("BEDROCK_AWS_MODELS lists an ARN that cannot be used. {wrong}"));
        }
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
