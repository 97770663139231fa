//! What an id and the mappings tell without asking anyone.

use super::resolved::{ResolveSource, ResolvedProfile, WarningCause};
use crate::profile::arn::{IdError, ModelRef};
use crate::profile::lookup::{LookupError, Question};
use crate::profile::mapping::{Mapped, Mappings, line_to_add};
use crate::profile::partition::{AWS, partition_of_region};
use crate::profile::quote::{quoted, quoted_up_to};

/// A resolution that may lack its model.
pub(super) struct Resolution {
    pub(super) profile: ResolvedProfile,
    /// What is called, taken apart.
    pub(super) target: ModelRef,
    /// Warnings that do not depend on AWS.
    pub(super) warnings: Vec<(WarningCause, String)>,
}

impl Resolution {
    pub(super) fn new(
        id: &str,
        client_region: Option<&str>,
        mappings: &Mappings,
    ) -> Result<Self, IdError> {
        let mut warnings = Vec::new();
        let mut mapped = mappings.find(id);
        if mapped.is_none() {
            let parsed = ModelRef::parse(id)?;
            if let Some(decorated) = parsed.decorated() {
                mapped = mappings.find(parsed.as_str());
                let message = format!(
                    "The model id {} holds what only other clients understand; {} is called. Write it so.",
                    quoted(decorated),
                    quoted(parsed.as_str())
                );
                warnings.push((WarningCause::Decoration, message));
            }
            if let Some(why) = mappings.why_left_out(id) {
                let message = format!("The mapping of {} was left out: {why}", quoted(id));
                warnings.push((WarningCause::MappingLeftOut, message));
            }
        }
        if let Some((below, over)) = mappings.overridden(id) {
            let message = format!(
                "{} has an entry for {} too: it is overridden by {}.",
                below.name(),
                quoted(id),
                over.name()
            );
            warnings.push((WarningCause::Overridden, message));
        }
        Self::to(id, mapped, client_region, warnings)
    }

    /// The resolution of an id for which this is called.
    pub(super) fn of_mapped(
        id: &str,
        mapped: Mapped,
        client_region: Option<&str>,
    ) -> Result<Self, IdError> {
        Self::to(id, Some(mapped), client_region, Vec::new())
    }

    fn to(
        id: &str,
        mapped: Option<Mapped>,
        client_region: Option<&str>,
        mut warnings: Vec<(WarningCause, String)>,
    ) -> Result<Self, IdError> {
        let target = ModelRef::parse(mapped.as_ref().map_or(id, |mapped| mapped.call_id.as_str()))?;
        let decorated_region =
            || ModelRef::parse(id).ok().and_then(|id| id.region().map(str::to_owned));
        let region = target
            .region()
            .map(str::to_owned)
            .or_else(|| mapped.as_ref().and_then(|mapped| mapped.region.clone()))
            .or_else(decorated_region)
            .or_else(|| client_region.map(str::to_owned));
        // An operator who maps a name to an ARN knows where it is.
        let redirected = mapped.as_ref().is_some_and(|mapped| mapped.call_id != id);
        if let (Some(fixed), Some(configured)) = (target.region(), client_region)
            && fixed != configured
            && !redirected
        {
            let message = format!(
                "{} is in {fixed}, the client is configured for {}: it is called in {fixed}.",
                quoted(target.as_str()),
                quoted_up_to(configured, 40)
            );
            warnings.push((WarningCause::Region, message));
        }
        let partition = match (target.partition(), region.as_deref()) {
            (Some(partition), _) => partition.to_owned(),
            (None, Some(region)) => partition_of_region(region).id.to_owned(),
            (None, None) => AWS.id.to_owned(),
        };
        let (model, source) = known_model(id, &target, mapped.as_ref());
        let Mapped { label, profiles, .. } = mapped.unwrap_or_else(|| Mapped {
            call_id: String::new(),
            profiles: vec![target.as_str().to_owned()],
            model: None,
            label: None,
            region: None,
        });
        let profile = ResolvedProfile {
            requested_id: id.to_owned(),
            call_id: target.as_str().to_owned(),
            kind: target.kind(),
            model,
            other_models: Vec::new(),
            region,
            partition,
            source,
            age: 0,
            label,
            name: None,
            profiles,
            warnings: Vec::new(),
        };
        Ok(Self { profile, target, warnings })
    }

    /// Whether the model is known, or nobody can be asked about it.
    pub(super) fn is_final(&self) -> bool {
        self.profile.model.is_some() || Question::about(&self.target).is_none()
    }
}

fn known_model(
    id: &str,
    target: &ModelRef,
    mapped: Option<&Mapped>,
) -> (Option<String>, ResolveSource) {
    let named = target.names_model();
    let stated = mapped.and_then(|mapped| mapped.model.as_deref());
    // An entry that only labels an id says nothing about its model.
    let redirects = mapped.is_some_and(|mapped| mapped.call_id != id);
    match (stated, named) {
        (Some(stated), _) if redirects || Some(stated) != named => {
            (Some(stated.to_owned()), ResolveSource::Mapping)
        }
        (_, Some(named)) => (Some(named.to_owned()), ResolveSource::Id),
        _ => (None, ResolveSource::Unknown),
    }
}

/// Why the model is not known, after asking AWS in vain.
pub(super) fn failure_message(call_id: &str, error: &LookupError) -> String {
    use crate::profile::lookup::LookupCause as Cause;
    let detail = if error.message.is_empty() {
        String::new()
    } else {
        format!(" ({})", quoted_up_to(&error.message, 200))
    };
    let remedy = match (error.cause, &error.permission) {
        (Cause::AccessDenied, Some(permission)) => {
            format!(
                "Allow {} for the credentials in use, or add",
                quoted_up_to(permission, 60).trim_matches('"')
            )
        }
        (Cause::AccessDenied, None) => "Allow the credentials in use to read it, or add".to_owned(),
        (Cause::Credentials, _) => {
            "Check that the access key id, the secret and the session token belong together, and that \
             the key is active; or add"
                .to_owned()
        }
        (Cause::Expired, _) => {
            "Sign in again, or configure credentials that are renewed; or add".to_owned()
        }
        (Cause::Clock, _) => "Set the clock by a time server, or add".to_owned(),
        (Cause::Refused, _) => {
            "Check that the gateway or proxy of the control plane lets this request through, or add"
                .to_owned()
        }
        (Cause::NotFound | Cause::Validation, _) => {
            "Check the id, its region and its account, or add".to_owned()
        }
        _ => "AWS will be asked again; to do without, add".to_owned(),
    };
    unknown(call_id, &format!("{}{detail}", error.cause.phrase()), &remedy)
}

/// Why the model is not known, without having asked.
pub(super) fn undiscovered_message(call_id: &str, why: &str) -> String {
    unknown(call_id, why, "To say it, add")
}

fn unknown(call_id: &str, why: &str, remedy: &str) -> String {
    format!(
        "Which model is behind {} is not known: {why}. Requests go out as they are, not fitted to the model. \
         {remedy} to BEDROCK_INFERENCE_PROFILE_MAPPINGS: {}",
        quoted(call_id),
        line_to_add(call_id)
    )
}
