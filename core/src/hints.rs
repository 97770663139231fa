//! What can be added to AWS's text: the likely cause of an error, and the way out.
//!
//! AWS's message stays word for word, because callers match on it; this goes into `error.hint`.
//! Its tables have all of it: how an error is recognized, its cause, the way out, the permissions that
//! are missing, and the id under which it is found in logs and in the troubleshooting page.

mod fill;
mod network;
mod quota;
mod table;

use serde_json::{Map, Value, json};

use crate::bedrock::CallError;
use crate::bedrock::error::ErrorKind;
use crate::gate::Violation;
use crate::model::ModelCapabilities;
use crate::profile::ResolvedProfile;

/// An entry of the table.
#[derive(Debug)]
pub struct Hint {
    /// Its name in logs, and its anchor in the troubleshooting page.
    pub id: &'static str,
    /// What has happened, as a heading.
    pub title: &'static str,
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// AWS's names for the error; with `statuses` and `codes` empty too, any.
    pub names: &'static [&'static str],
    /// HTTP statuses that stand for such a name where a gateway gave the error another one.
    pub statuses: &'static [u16],
    /// Codes as Node.js spells them (`ECONNREFUSED`).
    pub codes: &'static [&'static str],
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

/// Adds advice where there is some. What was said before of the place of a failure stays in front of it;
/// other advice that was given stays alone.
pub fn advise(error: &mut CallError, context: Option<&HintContext<'_>>) {
    if error.kind != ErrorKind::Transport && error.hint.is_some() {
        return;
    }
    let hint = recognize(error, context);
    error.hint_id = hint.map(|hint| hint.id);
    // What is known to be wrong with this request says more than what may be with any.
    let known = context
        .filter(|_| hint.is_none_or(|hint| hint.texts.is_empty()))
        .and_then(|context| told(error, context));
    let Some(advice) = known.or_else(|| Some(hint?.text(error, context))) else { return };
    error.hint = Some(match error.hint.take() {
        Some(place) => format!("{place} {advice}"),
        None => advice,
    });
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

/// The entry that an error is recognized by: the first that fits. Without a context only what concerns
/// no model in particular.
pub fn recognize(error: &CallError, context: Option<&HintContext<'_>>) -> Option<&'static Hint> {
    let text = error.message.replace('’', "'").to_lowercase();
    let status = error.metadata.as_ref().and_then(|metadata| metadata.http_status_code);
    let status = status.or_else(|| Some(error.response.as_ref()?.status_code));
    let code = error.code.as_deref();
    all().find(|hint| {
        let Hint { names, statuses, codes, texts, .. } = hint;
        let by_status = status.is_some_and(|status| statuses.contains(&status));
        let by_code = code.is_some_and(|code| codes.contains(&code));
        let any = names.is_empty() && statuses.is_empty() && codes.is_empty();
        hint.kind == error.kind
            && (any || names.contains(&error.name.as_str()) || by_status || by_code)
            && (texts.is_empty() || texts.iter().any(|part| text.contains(part)))
            && match (hint.when, context) {
                (None, Some(_)) => true,
                (None, None) => hint.kind != ErrorKind::Service,
                (Some(holds), Some(context)) => holds(context),
                (Some(_), None) => false,
            }
    })
}

/// Every entry, in the order in which they are tried.
pub fn all() -> impl Iterator<Item = &'static Hint> {
    network::TABLE.iter().chain(table::TABLE)
}

/// The table as the troubleshooting page is made of it.
pub fn described() -> Value {
    let page = |hint: &Hint| match hint.page {
        "" => Value::Null,
        page => Value::from(format!("{GUIDE}{page}")),
    };
    let entry = |hint: &'static Hint| {
        json!({
            "id": hint.id,
            "title": hint.title,
            "names": hint.names,
            "statuses": hint.statuses,
            "codes": hint.codes,
            "texts": hint.texts,
            "cause": hint.cause,
            "remedy": hint.remedy,
            "permissions": hint.permissions,
            "page": page(hint),
        })
    };
    all().map(entry).collect()
}

/// AWS's user guide.
const GUIDE: &str = "https://docs.aws.amazon.com/bedrock/latest/userguide/";

impl Hint {
    /// Cause and way out for one call.
    pub fn text(&self, error: &CallError, context: Option<&HintContext<'_>>) -> String {
        let filled = |template: &str| match context {
            Some(context) => fill::fill(template, self, error, context),
            None => template.to_owned(),
        };
        let text = format!("{} {}", filled(self.cause), filled(self.remedy));
        match self.page {
            "" => text,
            page => format!("{text} {GUIDE}{page}"),
        }
    }
}
