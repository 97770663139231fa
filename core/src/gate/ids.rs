//! The id that is called, as far as it follows from the model.

use serde_json::Value;

use super::change::Action;
use super::draft::Draft;
use super::rule::{On, Rule};
use crate::labels::{home, is_home};
use crate::operation::Operation;

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
    on: On::Models,
    apply: |draft| {
        let Some(site) = site_of(draft).filter(|site| names_bare_model(site.call_id, draft)) else {
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

pub(super) const I3: Rule = Rule {
    id: "I3",
    name: "profile-of-another-geography",
    summary: "Reports the id of a system profile that cannot be called from the region: AWS answers.",
    evidence: &[
        "https://github.com/RooCodeInc/Roo-Code/issues/2704",
        "https://github.com/langgenius/dify-official-plugins/issues/2948",
    ],
    on: On::Models,
    apply: |draft| {
        let Some(site) = site_of(draft).filter(|_| draft.knows_model()) else {
            return;
        };
        let Some((geo, base)) = site.call_id.split_once('.') else {
            return;
        };
        let model = draft.capabilities.model.as_str();
        if base != model || is_callable(geo, site.region, site.partition) {
            return;
        }
        let region = site.region;
        let known = &draft.capabilities.inference_profile_prefixes;
        let own = home(region).iter().find(|own| known.has(&(**own).to_owned()));
        let reason = format!("{} cannot be called from {region}.", site.call_id);
        let remedy = own.map_or_else(
            || format!("Call it in a region of its own geography, {geo}."),
            |own| format!("Call {own}.{model}."),
        );
        draft.violation(["modelId"], reason, remedy);
    },
};

pub(super) const I8: Rule = Rule {
    id: "I8",
    name: "count-by-model",
    summary: "CountTokens is called by the id of the model behind a profile: it takes no profile.",
    evidence: &[
        // AWS: "The provided model doesn't support counting tokens." for every profile.
        "https://github.com/pydantic/pydantic-ai/issues/4001",
        "https://github.com/Boise-State-Development/agentcore-public-stack/pull/430",
    ],
    on: On::Conversations,
    apply: |draft| {
        let counts = draft.operation == Operation::CountTokens;
        let Some(model) = draft.resolved_model.filter(|_| counts) else { return };
        if draft.text(&["modelId"]).is_none_or(|called| called == model) {
            return;
        }
        let reason = format!(
            "CountTokens takes the ids of models and not those of profiles: {model} is called."
        );
        if draft.set(["modelId"], Value::from(model), Action::Rewrite, reason) {
            draft.call(model.to_owned());
        }
    },
};

/// The id that is called and where, for the rules about profiles: CountTokens takes none.
fn site_of<'a>(draft: &Draft<'a>) -> Option<super::route::Site<'a>> {
    draft.site.filter(|_| draft.operation != Operation::CountTokens)
}

/// Whether profiles with a geo prefix can be called from a region; what is not known, can.
fn is_callable(geo: &str, region: &str, partition: &str) -> bool {
    match geo {
        GLOBAL => partition == COMMERCIAL,
        // Newer Claude is served to Canada from here too.
        "us" if region.starts_with("ca-") => true,
        // AWS does not say from where these can be called; `sa` is only in lists of other clients.
        "ca" | "sa" => true,
        _ if is_home(geo) => home(region).contains(&geo),
        _ => true,
    }
}

/// Whether an id is that of the base model itself, by its bare id or the ARN of it.
fn names_bare_model(id: &str, draft: &Draft<'_>) -> bool {
    let model = draft.capabilities.model.as_str();
    let of_arn = |id: &str| {
        let (start, name) = id.split_once(":foundation-model/").unwrap_or_default();
        start.starts_with("arn:") && name == model
    };
    !model.is_empty() && (id == model || of_arn(id))
}
