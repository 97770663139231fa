//! The chain from an opaque id to a base model, one question to AWS at a time.

use crate::profile::arn::{Kind, ModelRef};
use crate::profile::lookup::{LookupCause, LookupError, ProfileLookup, Question, Underlying};
use crate::profile::quote::quoted;

/// A deployment, its custom model, that one's base; the rest is for what AWS may add.
const MAX_STEPS: usize = 5;

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    /// The base model's id.
    pub(super) model: String,
    /// Others that AWS named beside it.
    pub(super) other_models: Vec<String>,
    /// AWS's name for what was asked about.
    pub(super) name: Option<String>,
}

/// Asks until a reference names its model.
pub(super) async fn follow(
    lookup: &dyn ProfileLookup,
    target: &ModelRef,
    region: Option<&str>,
) -> Result<Answer, LookupError> {
    let mut target = target.clone();
    let mut visited = vec![target.as_str().to_owned()];
    let mut name = None;
    for _ in 0..MAX_STEPS {
        let answer = step(lookup, &target, target.region().or(region)).await?;
        name = name.or(answer.name);
        let references: Vec<ModelRef> =
            answer.models.iter().filter_map(|reference| ModelRef::parse(reference).ok()).collect();
        let mut models: Vec<&str> = Vec::new();
        for model in references.iter().filter_map(ModelRef::names_model) {
            if !models.contains(&model) {
                models.push(model);
            }
        }
        if let [model, others @ ..] = models.as_slice() {
            let other_models = others.iter().map(|&other| other.to_owned()).collect();
            return Ok(Answer { model: (*model).to_owned(), other_models, name });
        }
        let is_new = |next: &ModelRef| !visited.iter().any(|seen| seen == next.as_str());
        let Some(next) =
            references.into_iter().find(|next| is_new(next) && Question::about(next).is_some())
        else {
            return Err(dead_end(&target, &answer.models));
        };
        visited.push(next.as_str().to_owned());
        target = next;
    }
    let message = format!(
        "the references lead on for more than {MAX_STEPS} steps, now at {}",
        quoted(target.as_str())
    );
    Err(LookupError::new(LookupCause::Other, message))
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
        Ok(answer) => return Ok(answer),
        Err(error) => with_permission(error, target),
    };
    match target.as_provisioned_name() {
        Some(provisioned) if target.kind() == Kind::Alias && missing(&failure) => {
            match lookup.underlying(&provisioned, region).await {
                Err(second) if missing(&second) => Err(failure),
                Err(second) => Err(with_permission(second, &provisioned)),
                answer => answer,
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
