//! How AWS says that it does not accept credentials, which is no missing permission.

use super::error::CallError;

/// What is wrong with the credentials that a request was signed with, or with its signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// They have expired.
    Expired,
    /// The clock that signed is wrong.
    Clock,
    /// They are not known, or do not belong together.
    NotAccepted,
}

/// Names of errors that say that the credentials themselves are not accepted.
const NOT_ACCEPTED: &[&str] = &[
    "UnrecognizedClient",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidSignature",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "InvalidToken",
    "AuthFailure",
    "NotAuthorized",
    "Unauthorized",
];

/// Names of errors that say that a session or a signature has expired.
const EXPIRED: &[&str] = &["ExpiredToken", "TokenRefreshRequired"];

/// Names of errors that are about the time of a signature, and what their texts say of it.
const SKEWED: &[&str] = &["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"];
const SKEWED_TEXTS: &[&str] = &["signature expired", "not yet current"];

/// How an access denial speaks of a token that is not accepted, and not of a missing permission.
const TOKEN_TEXTS: &[&str] =
    &["bearer token", "api key", "bearer authentication", "security token"];

impl Rejection {
    /// What an error says of the credentials, where it is about them.
    pub(crate) fn of(error: &CallError) -> Option<Self> {
        let name = error.name.strip_suffix("Exception").unwrap_or(&error.name);
        let text = error.message.to_lowercase();
        let says = |texts: &[&str]| texts.iter().any(|part| text.contains(part));
        let denied = name == "AccessDenied";
        if EXPIRED.contains(&name) || (denied && text.contains("token") && text.contains("expired"))
        {
            return Some(Self::Expired);
        }
        let unaccepted = NOT_ACCEPTED.contains(&name);
        if SKEWED.contains(&name) || (unaccepted && says(SKEWED_TEXTS)) {
            return Some(Self::Clock);
        }
        (unaccepted || (denied && says(TOKEN_TEXTS))).then_some(Self::NotAccepted)
    }
}
