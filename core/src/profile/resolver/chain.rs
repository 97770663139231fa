//! The chain from an opaque id to its base models, one question to AWS at a time.

use std::collections::VecDeque;

use crate::profile::arn::{IdKind, ModelRef};
use crate::profile::lookup::{LookupCause, LookupError, ProfileLookup, Question, Underlying};
use crate::profile::quote::quoted;

/// A deployment, its custom model, that one's base; a prompt router and profiles as its models; the
/// rest is for what AWS may add.
const MAX_STEPS: usize = 5;

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChainEnd {
    /// The base model's id.
    pub(super) model: String,
    /// Others that AWS named beside it.
    pub(super) other_models: Vec<String>,
    /// AWS's name for what was asked about.
    pub(super) name: Option<String>,
}

/// Asks until every reference names its model. Where a further one cannot be followed, what the others
/// name still holds.
pub(super) async fn follow(
    lookup: &dyn ProfileLookup,
    target: &ModelRef,
    region: Option<&str>,
) -> Result<ChainEnd, LookupError> {
    let mut visited = vec![target.as_str().to_owned()];
    let mut waiting = VecDeque::from([target.clone()]);
    let mut models: Vec<String> = Vec::new();
    let (mut name, mut failure) = (None, None);
    for _ in 0..MAX_STEPS {
        let Some(target) = waiting.pop_front() else { break };
        let end = match step(lookup, &target, target.region().or(region)).await {
            Ok(end) => end,
            Err(error) => {
                failure.get_or_insert(error);
                continue;
            }
        };
        name = name.or(end.name);
        let mut leads_on = false;
        for reference in end.models.iter().filter_map(|text| ModelRef::parse(text).ok()) {
            if let Some(model) = reference.names_model() {
                leads_on = true;
                if !models.iter().any(|known| known == model) {
                    models.push(model.to_owned());
                }
            } else if Question::about(&reference).is_some()
                && !visited.iter().any(|seen| seen == reference.as_str())
            {
                leads_on = true;
                visited.push(reference.as_str().to_owned());
                waiting.push_back(reference);
            }
        }
        if !leads_on {
            failure.get_or_insert_with(|| dead_end(&target, &end.models));
        }
    }
    match (models.is_empty(), failure, waiting.pop_front()) {
        (false, ..) => {
            let model = models.remove(0);
            Ok(ChainEnd { model, other_models: models, name })
        }
        (true, Some(failure), _) => Err(failure),
        (true, None, next) => {
            let at = next.map_or_else(String::new, |next| quoted(next.as_str()));
            let message =
                format!("the references lead on for more than {MAX_STEPS} steps, now at {at}");
            Err(LookupError::new(LookupCause::Other, message))
        }
    }
}

fn dead_end(target: &ModelRef, models: &[String]) -> LookupError {
    let message = match models.first() {
        None => format!("AWS named no model behind {}", quoted(target.as_str())),
        Some(model) => format!("AWS named {}, which does not say its base model", quoted(model)),
    };
    LookupError::new(LookupCause::Other, message)
}

/// One question; a name that is no profile's may be a provisioned model's.
async fn step(
    lookup: &dyn ProfileLookup,
    target: &ModelRef,
    region: Option<&str>,
) -> Result<Underlying, LookupError> {
    let missing = |error: &LookupError| {
        matches!(error.cause, LookupCause::NotFound | LookupCause::Validation)
    };
    let failure = match lookup.underlying(target, region).await {
        Ok(end) => return Ok(end),
        Err(error) => with_permission(error, target),
    };
    match target.as_provisioned_name() {
        Some(provisioned) if target.kind() == IdKind::Alias && missing(&failure) => {
            match lookup.underlying(&provisioned, region).await {
                Err(second) if missing(&second) => Err(failure),
                Err(second) => Err(with_permission(second, &provisioned)),
                end => end,
            }
        }
        _ => Err(failure),
    }
}

fn with_permission(mut error: LookupError, target: &ModelRef) -> LookupError {
    if error.cause == LookupCause::AccessDenied && error.permission.is_none() {
        error.permission = Question::about(target).map(|question| question.permission());
    }
    error
}
