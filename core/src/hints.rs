//! What can be added to AWS's text: the likely cause of an error, and the way out.
//!
//! AWS's message stays word for word, because callers match on it; this goes into `error.hint`.
//! [`TABLE`] has all of it: how an error is recognized, its cause, the way out, the permissions that
//! are missing, and the id under which it is found in logs and in the troubleshooting page.

mod fill;
mod quota;
mod table;

use serde_json::{Map, Value};

use crate::bedrock::CallError;
use crate::bedrock::error::ErrorKind;
use crate::gate::Violation;
use crate::model::ModelCapabilities;
use crate::profile::ResolvedProfile;

pub use table::TABLE;

/// An entry of the table.
#[derive(Debug)]
pub struct Hint {
    /// Its name in logs, and its anchor in the troubleshooting page.
    pub id: &'static str,
    /// What has happened, as a heading.
    pub title: &'static str,
    /// AWS's names for the error; with `statuses` empty too, any.
    pub names: &'static [&'static str],
    /// HTTP statuses that stand for such a name where a gateway gave the error another one.
    pub statuses: &'static [u16],
    /// Parts of AWS's texts, in lower case and with straight apostrophes: one of them stands in the
    /// text. Empty: any text.
    pub texts: &'static [&'static str],
    /// What else must hold.
    pub when: Option<fn(&HintContext<'_>) -> bool>,
    /// Why it happens, with `{placeholders}`.
    pub cause: &'static str,
    /// What to do about it, with `{placeholders}`.
    pub remedy: &'static str,
    /// IAM actions that may be missing; `{policy}` is a statement that allows them.
    pub permissions: &'static [&'static str],
    /// AWS's page about it.
    pub page: &'static str,
}

/// The call that failed.
#[derive(Debug, Clone, Copy)]
pub struct HintContext<'a> {
    /// The id, and what stands behind it.
    pub resolved: &'a ResolvedProfile,
    /// What is known of the model.
    pub model: &'a ModelCapabilities,
    /// The request as it was sent.
    pub request: &'a Map<String, Value>,
    /// The bytes that the request refers to.
    pub blobs: &'a [Vec<u8>],
    /// What the gate left for AWS to answer.
    pub violations: &'a [Violation],
}

/// Adds advice where there is some and none was given.
pub fn advise(error: &mut CallError, context: &HintContext<'_>) {
    if error.hint.is_some() {
        return;
    }
    let hint = recognize(error, context);
    // What is known to be wrong with this request says more than what may be with any.
    let known =
        hint.is_none_or(|hint| hint.texts.is_empty()).then(|| told(error, context)).flatten();
    error.hint = known.or_else(|| Some(hint?.text(error, context)));
}

/// What the gate found in a request that AWS has refused.
fn told(error: &CallError, context: &HintContext<'_>) -> Option<String> {
    let refused = error.kind == ErrorKind::Service && error.name == "ValidationException";
    let told = context.violations.iter().map(|Violation { path, rule, reason, remedy }| {
        format!("{path} ({rule}): {reason} {remedy}")
    });
    let told = told.collect::<Vec<_>>().join(" ");
    (refused && !told.is_empty()).then_some(told)
}

/// The entry that an error is recognized by: the first that fits.
pub fn recognize(error: &CallError, context: &HintContext<'_>) -> Option<&'static Hint> {
    if error.kind != ErrorKind::Service {
        return None;
    }
    let text = error.message.replace('’', "'").to_lowercase();
    let status = error.metadata.as_ref().and_then(|metadata| metadata.http_status_code);
    let status = status.or_else(|| Some(error.response.as_ref()?.status_code));
    TABLE.iter().find(|hint| {
        let by_status = status.is_some_and(|status| hint.statuses.contains(&status));
        (hint.names.contains(&error.name.as_str()) || by_status)
            && (hint.texts.is_empty() || hint.texts.iter().any(|part| text.contains(part)))
            && hint.when.is_none_or(|holds| holds(context))
    })
}

impl Hint {
    /// Cause and way out for one call.
    pub fn text(&self, error: &CallError, context: &HintContext<'_>) -> String {
        let filled = |template| fill::fill(template, self, error, context);
        let text = format!("{} {}", filled(self.cause), filled(self.remedy));
        match self.page {
            "" => text,
            page => format!("{text} https://docs.aws.amazon.com/bedrock/latest/userguide/{page}"),
        }
    }
}
