//! The id that is called, as far as it follows from the model.

use serde_json::Value;

use super::Rule;
use super::change::Action;
use super::draft::Draft;
use crate::labels::home;

const GLOBAL: &str = "global";
/// The partition whose regions global profiles can be called from.
const COMMERCIAL: &str = "aws";

pub(super) const I1: Rule = Rule {
    id: "I1",
    name: "profile-only-model",
    summary: "Calls a model that is served through inference profiles only by its system profile \
              of the region's own geography, or by the global one where there is no other; reports \
              the bare id where the region has neither.",
    evidence: &[
        "https://github.com/cline/cline/issues/689",
        "https://github.com/cline/cline/issues/2482",
        "https://github.com/anthropics/anthropic-sdk-python/issues/894",
        "https://github.com/microsoft/semantic-kernel/issues/10738",
        "https://github.com/aws-samples/artifacts-and-tools-for-bedrock/issues/14",
        "https://github.com/aws-samples/bedrock-chat/issues/508",
    ],
    apply: |draft| {
        let Some(site) = draft.site.filter(|site| names_bare_model(site.call_id, draft)) else {
            return;
        };
        let model = &draft.capabilities.model;
        let prefixes = draft.capabilities.inference_profile_prefixes.known();
        let Some(prefixes) = prefixes.filter(|_| draft.capabilities.on_demand.no()) else {
            return;
        };
        let region = site.region;
        let served = |prefix: &str| prefixes.iter().any(|known| known == prefix);
        let own = home(region).iter().copied().find(|prefix| served(prefix));
        // A global profile may answer from anywhere: whether that is allowed is not ours to say,
        // unless it is the only way there is.
        let only = prefixes.len() == 1 && served(GLOBAL) && site.partition == COMMERCIAL;
        if let Some(prefix) = own.or_else(|| only.then_some(GLOBAL)) {
            let id = format!("{prefix}.{model}");
            if draft.text(&["modelId"]) == Some(&*id) {
                return;
            }
            let reason = format!(
                "{model} is served through inference profiles only; this is the one of {region}."
            );
            if draft.set(["modelId"], Value::from(&*id), Action::Rewrite, reason) {
                draft.call(id);
            }
        } else {
            let ids: Vec<String> =
                prefixes.iter().map(|prefix| format!("{prefix}.{model}")).collect();
            let reason = format!(
                "{model} is served through inference profiles only, and none is {region}'s own."
            );
            let remedy = format!("Call one that may be used there: {}.", ids.join(", "));
            draft.violation(["modelId"], reason, remedy);
        }
    },
};

/// Whether an id is that of the base model itself, by its bare id or the ARN of it.
fn names_bare_model(id: &str, draft: &Draft<'_>) -> bool {
    let model = draft.capabilities.model.as_str();
    let of_arn = |id: &str| {
        let (start, name) = id.split_once(":foundation-model/").unwrap_or_default();
        start.starts_with("arn:") && name == model
    };
    !model.is_empty() && (id == model || of_arn(id))
}
