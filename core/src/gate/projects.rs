//! Projects, which only models and system profiles take.

use super::draft::Draft;
use super::rule::{On, Rule};
use crate::labels::home;

const PROJECT: [&str; 1] = ["projectIdentifier"];

pub(super) const I9: Rule = Rule {
    id: "I9",
    name: "project-beside-profile",
    summary: "Reports a project other than the default one beside what is neither a foundation model \
              nor a system profile: AWS answers.",
    evidence: &[
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
    ],
    on: On::Models,
    apply: |draft| {
        let Some(project) = draft.text(&PROJECT).filter(|project| !is_default(project)) else {
            return;
        };
        let Some(target) = draft.text(&["modelId"]).and_then(ProjectTarget::of) else {
            return;
        };
        let reason = format!(
            "{} take the default project only, not {project}: with any other, the id must be that \
             of a foundation model or of a system profile.",
            target.kind
        );
        let remedy = match instead(draft, &target) {
            Some(id) => format!("Leave projectIdentifier out, or call {id}."),
            None => "Leave projectIdentifier out, or call a model or a system profile.".to_owned(),
        };
        draft.violation(PROJECT, reason, remedy);
    },
};

/// Whether this is the account's default project, by name or ARN; an empty name is AWS's to refuse.
fn is_default(project: &str) -> bool {
    let name = project.split_once(":project/").map_or(project, |(_, name)| name);
    name.is_empty() || name == "default"
}

/// What is called, where that is neither a foundation model nor a system profile.
struct ProjectTarget<'a> {
    kind: &'static str,
    partition: &'a str,
    region: &'a str,
}

impl<'a> ProjectTarget<'a> {
    /// Of an ARN. Provisioned models and prompt routers lead to foundation models: whether they take
    /// a project is AWS's to say.
    fn of(id: &'a str) -> Option<Self> {
        let mut parts = id.strip_prefix("arn:")?.splitn(5, ':');
        let partition = parts.next()?;
        let region = parts.nth(1)?;
        let kind = match parts.nth(1)?.split_once('/')?.0 {
            "application-inference-profile" => "Application inference profiles",
            "custom-model" | "custom-model-deployment" => "Custom models",
            "imported-model" => "Imported models",
            "endpoint" => "Marketplace endpoints",
            _ => return None,
        };
        Some(Self { kind, partition, region })
    }
}

/// The id that takes a project and leads to the same model, where one is known: the system profile of
/// the region's geography, the model itself, the global profile.
fn instead(draft: &Draft<'_>, target: &ProjectTarget<'_>) -> Option<String> {
    let ProjectTarget { partition, region, .. } = *target;
    let capabilities = draft.capabilities;
    let served = capabilities.inference_profile_prefixes.known();
    let served = |prefix: &str| served.is_some_and(|known| known.iter().any(|one| one == prefix));
    let profile = |prefix: &str| format!("{prefix}.{}", capabilities.model);
    if !draft.knows_model() || capabilities.model.starts_with("arn:") {
        return None;
    }
    let own = home(region).iter().copied().find(|prefix| served(prefix)).map(profile);
    let bare = || (!capabilities.on_demand.no()).then(|| capabilities.model.clone());
    let global = || (partition == "aws" && served("global")).then(|| profile("global"));
    own.or_else(bare).or_else(global)
}
