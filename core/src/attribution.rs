//! Whose cost a call is, said in as many of AWS's ways as go together: the profile that is called, a
//! project, the tags of a session, and `requestMetadata`.
//!
//! `lib/attribution.js` decides what a call is attributed to; here it becomes part of the request.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bedrock::json;
use crate::bedrock::role::RoleToAssume;
use crate::operation::{Fitted, Operation};
use crate::profile::IdKind;

/// Most pairs that `requestMetadata` holds.
const MOST_PAIRS: usize = 16;
/// Most characters of a key or a value in it.
const LONGEST: usize = 256;

/// What a call is attributed to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attribution {
    /// The profile to call in place of the one that was asked for: its tags say whose cost it is.
    #[serde(default)]
    pub profile: Option<String>,
    /// For `projectIdentifier`.
    #[serde(default)]
    pub project: Option<String>,
    /// Pairs for `requestMetadata`.
    #[serde(default)]
    pub metadata: Vec<(String, String)>,
    /// The role whose session signs, with the tags that say it.
    #[serde(default)]
    pub session: Option<RoleToAssume>,
    /// The ways that are left out, and why.
    #[serde(default)]
    pub left_out: Vec<(WayName, String)>,
}

/// AWS's ways to say whose cost a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WayName {
    /// The tags of the profile that is called.
    Profile,
    /// `projectIdentifier`.
    Project,
    /// The tags of the STS session that signs.
    SessionTags,
    /// `requestMetadata`.
    RequestMetadata,
}

/// What became of one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Way {
    /// Which.
    pub way: WayName,
    /// Whether the request says it in this way.
    pub applied: bool,
    /// What it says, or why it says nothing.
    pub reason: String,
}

impl Way {
    pub(crate) fn applied(way: WayName, reason: impl Into<String>) -> Self {
        Self { way, applied: true, reason: reason.into() }
    }

    pub(crate) fn left_out(way: WayName, reason: impl Into<String>) -> Self {
        Self { way, applied: false, reason: reason.into() }
    }
}

impl Attribution {
    /// Fills the members of a request that say whose cost it is; `kind` is of what is called. What the
    /// caller has set stays.
    pub(crate) fn fill(
        &self,
        request: &mut Map<String, Value>,
        operation: Operation,
        kind: IdKind,
    ) -> Vec<Way> {
        let mut ways = Vec::new();
        if let Some(profile) = &self.profile {
            ways.push(Way::applied(WayName::Profile, format!("Calls {profile}.")));
        }
        if let Some(project) = &self.project {
            ways.push(match fill_project(request, project, operation, kind) {
                Ok(()) => Way::applied(WayName::Project, format!("Names the project {project}.")),
                Err(reason) => Way::left_out(WayName::Project, reason),
            });
        }
        if !self.metadata.is_empty() {
            ways.push(fill_metadata(request, &self.metadata, operation));
        }
        ways.extend(self.left_out.iter().map(|(way, reason)| Way::left_out(*way, reason.as_str())));
        ways
    }
}

/// Whether an operation has members that say whose cost it is.
fn takes_attribution(operation: Operation) -> bool {
    matches!(operation.fitted(), Fitted::Conversation | Fitted::Id)
}

fn fill_project(
    request: &mut Map<String, Value>,
    project: &str,
    operation: Operation,
    kind: IdKind,
) -> Result<(), String> {
    if !takes_attribution(operation) {
        return Err(format!("{} takes no projectIdentifier.", operation.name()));
    }
    if request.contains_key("projectIdentifier") {
        return Err("The request names a project itself.".to_owned());
    }
    match kind {
        IdKind::FoundationModel | IdKind::SystemProfile => {}
        // See rule I9: AWS takes no other than the default project beside these.
        IdKind::ApplicationProfile => {
            return Err("What is called is an application inference profile, which takes the \
                        default project only."
                .to_owned());
        }
        _ => {
            return Err("What is called is neither a foundation model nor a system profile: it \
                        takes the default project only."
                .to_owned());
        }
    }
    if !is_project(project) {
        return Err(format!(
            "{} is no project: AWS takes its id, of letters, digits, `_` and `-`, or its ARN.",
            json::to_string(&project).unwrap_or_default()
        ));
    }
    request.insert("projectIdentifier".to_owned(), Value::from(project));
    Ok(())
}

/// Whether AWS could take this as a project: its id, or its ARN.
fn is_project(project: &str) -> bool {
    let id = match project.strip_prefix("arn:") {
        Some(arn) => {
            let mut parts = arn.splitn(5, ':');
            let service = parts.nth(1);
            let resource = parts.nth(2).and_then(|resource| resource.strip_prefix("project/"));
            match resource.filter(|_| matches!(service, Some("bedrock" | "bedrock-mantle"))) {
                Some(id) => id,
                None => return false,
            }
        }
        None => project,
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(fits)
}

/// Adds what fits to the caller's own pairs: a pair that AWS would refuse must not cost the request.
fn fill_metadata(
    request: &mut Map<String, Value>,
    pairs: &[(String, String)],
    operation: Operation,
) -> Way {
    let way = WayName::RequestMetadata;
    if !takes_attribution(operation) {
        return Way::left_out(way, format!("{} takes no requestMetadata.", operation.name()));
    }
    let (own, as_text) = match request.get("requestMetadata") {
        None | Some(Value::Null) => (Map::new(), operation.fitted() == Fitted::Id),
        Some(Value::Object(own)) => (own.clone(), false),
        // InvokeModel has it as the text of an object, in a header.
        Some(Value::String(text)) => match json::parse(text.as_bytes()) {
            Ok(Value::Object(own)) => (own, true),
            _ => return Way::left_out(way, "The request's own requestMetadata is no JSON object."),
        },
        Some(_) => return Way::left_out(way, "The request's own requestMetadata is no object."),
    };
    let mut all = own;
    let (mut added, mut left) = (Vec::new(), Vec::new());
    for (key, value) in pairs {
        let (key, value) = (fitting(key), fitting(value));
        if key.is_empty() || value.is_empty() {
            left.push(format!("`{key}` has no character that requestMetadata takes"));
        } else if all.contains_key(&key) {
            left.push(format!("the request has a `{key}` of its own"));
        } else if all.len() >= MOST_PAIRS {
            left.push(format!("`{key}` would be more than {MOST_PAIRS} pairs"));
        } else {
            added.push(format!("`{key}`"));
            all.insert(key, Value::from(value));
        }
    }
    if added.is_empty() {
        return Way::left_out(way, format!("Nothing was added: {}.", left.join("; ")));
    }
    let value = if as_text {
        Value::from(json::to_string(&all).unwrap_or_default())
    } else {
        Value::Object(all)
    };
    request.insert("requestMetadata".to_owned(), value);
    let mut reason = format!("Adds {}.", added.join(", "));
    if !left.is_empty() {
        reason = format!("{reason} Left out: {}.", left.join("; "));
    }
    Way::applied(way, reason)
}

/// What of a text `requestMetadata` takes: `[a-zA-Z0-9\s:_@$#=/+,-.]{0,256}`; any other character
/// becomes `_`.
fn fitting(text: &str) -> String {
    let fits = |one: char| {
        one.is_ascii_alphanumeric()
            || matches!(one, ' ' | '\t' | ':' | '_' | '@' | '$' | '#')
            || matches!(one, '=' | '/' | '+' | ',' | '-' | '.')
    };
    let replaced: String =
        text.trim().chars().take(LONGEST).map(|one| if fits(one) { one } else { '_' }).collect();
    if replaced.chars().all(|one| one == '_') { String::new() } else { replaced }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn pairs(all: &[(&str, &str)]) -> Attribution {
        let metadata =
            all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Attribution { metadata, ..Attribution::default() }
    }

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn the_callers_own_pairs_stay_and_sixteen_are_the_most() {
        let mut request = object(&json!({ "requestMetadata": { "user": "own" } }));
        let many: Vec<(String, String)> =
            (0..20).map(|at| (format!("k{at}"), "v".to_owned())).collect();
        let mut all = vec![("user".to_owned(), "other".to_owned())];
        all.extend(many);
        let attribution = Attribution { metadata: all, ..Attribution::default() };
        let ways = attribution.fill(&mut request, Operation::Converse, IdKind::FoundationModel);
        let filled = request["requestMetadata"].as_object().unwrap();
        assert_eq!((filled.len(), &filled["user"]), (16, &json!("own")));
        assert!(ways[0].applied && ways[0].reason.contains("a `user` of its own"), "{ways:?}");
    }

    #[test]
    fn a_character_that_aws_refuses_is_replaced_and_nothing_but_such_is_left_out() {
        let mut request = Map::new();
        let long = "a".repeat(300);
        let attribution =
            pairs(&[("user", "Jürgen\u{d7ff}!"), ("team", "日本"), ("project", &long)]);
        let ways = attribution.fill(&mut request, Operation::Converse, IdKind::ApplicationProfile);
        let filled = &request["requestMetadata"];
        assert_eq!(filled["user"], "J_rgen__");
        assert_eq!(filled["project"].as_str().unwrap().len(), 256);
        assert!(filled.get("team").is_none());
        assert!(ways[0].reason.contains("no character"), "{ways:?}");
        let mut request = Map::new();
        let ways =
            pairs(&[("team", "日本")]).fill(&mut request, Operation::Converse, IdKind::CustomModel);
        assert!(!ways[0].applied && request.is_empty());
    }

    #[test]
    fn invoke_model_has_its_pairs_as_text() {
        let mut request = object(&json!({ "requestMetadata": r#"{"a":"b"}"# }));
        let attribution = pairs(&[("team", "x")]);
        attribution.fill(&mut request, Operation::InvokeModel, IdKind::FoundationModel);
        assert_eq!(request["requestMetadata"], r#"{"a":"b","team":"x"}"#);
        let mut request = Map::new();
        attribution.fill(&mut request, Operation::InvokeModel, IdKind::FoundationModel);
        assert_eq!(request["requestMetadata"], r#"{"team":"x"}"#);
        for odd in [json!("no json"), json!(7)] {
            let mut request = object(&json!({ "requestMetadata": odd }));
            let ways = attribution.fill(&mut request, Operation::InvokeModel, IdKind::CustomModel);
            assert!(!ways[0].applied);
            assert_eq!(request["requestMetadata"], odd);
        }
    }

    #[test]
    fn a_project_is_named_beside_models_and_system_profiles_only() {
        let attribution =
            Attribution { project: Some("proj-1".to_owned()), ..Attribution::default() };
        let fill = |request: &mut Map<String, Value>, operation, kind| {
            attribution.fill(request, operation, kind).remove(0)
        };
        let mut request = Map::new();
        assert!(fill(&mut request, Operation::Converse, IdKind::SystemProfile).applied);
        assert_eq!(request["projectIdentifier"], "proj-1");
        assert!(!fill(&mut request, Operation::Converse, IdKind::SystemProfile).applied);
        let mut request = Map::new();
        let way = fill(&mut request, Operation::Converse, IdKind::ApplicationProfile);
        assert!(!way.applied && way.reason.contains("application inference profile"));
        assert!(!fill(&mut request, Operation::CountTokens, IdKind::FoundationModel).applied);
        assert!(request.is_empty());
        for (text, fits) in [
            ("arn:aws:bedrock:us-east-1:123456789012:project/abc", true),
            ("arn:aws:bedrock:us-east-1:123456789012:guardrail/abc", false),
            ("arn:aws", false),
            ("with space", false),
            ("", false),
        ] {
            assert_eq!(is_project(text), fits, "{text}");
        }
    }
}
