//! What is kept, and whose it is: `<kind>:<endpoint>:<owner>:<subject>`.
//!
//! The endpoint is `aws`, or the URL of another one without user name, password and query. The owner is an
//! account, a tenant that the operator has named (`~`), a key that does not rotate (`=`), or everyone (`*`). The same key means the same to every
//! process: nothing in it comes from keys that rotate, or from one process alone.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::tenant::Tenant;

/// What a value is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What is behind an ARN or a name.
    Profile,
    /// Why that could not be found out.
    Failure,
    /// What a refusal taught about a model or a profile.
    Lesson,
    /// What AWS says of a foundation model.
    Model,
    /// A profile that is not to be called for a while.
    Cooldown,
    /// Where the prompt cache of a conversation is warm that has left its first destination.
    Stay,
    /// Where a profile may process requests.
    Places,
    /// What was spent.
    Spend,
    /// Mappings that a page or a command has written.
    Mapping,
    /// Who does something for all.
    Lease,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Profile,
        Self::Failure,
        Self::Lesson,
        Self::Model,
        Self::Cooldown,
        Self::Stay,
        Self::Places,
        Self::Spend,
        Self::Mapping,
        Self::Lease,
    ];

    /// Whether what another copy still has of it holds where the first store has nothing: that may have
    /// been restarted empty.
    pub(super) fn outlives_its_store(self) -> bool {
        matches!(self, Self::Profile | Self::Lesson | Self::Model | Self::Places)
    }

    /// As it stands in a key.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Failure => "failure",
            Self::Lesson => "lesson",
            Self::Model => "model",
            Self::Cooldown => "cooldown",
            Self::Stay => "stay",
            Self::Places => "places",
            Self::Spend => "spend",
            Self::Mapping => "mapping",
            Self::Lease => "lease",
        }
    }
}

/// Whose a value is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum KeyOwner {
    /// Everyone's at that endpoint.
    Everyone,
    /// An AWS account's.
    Account(Arc<str>),
    /// That of those whom the operator has named as one (option `tenant`).
    Named(Arc<str>),
    /// That of keys that do not rotate, as long as their account is not known.
    Signer(Arc<str>),
}

impl KeyOwner {
    /// The owner that a tenant is in every process; `None` for a signer whose account is not known: what
    /// it learns stays in the process.
    pub fn of(tenant: &Tenant) -> Option<Self> {
        match tenant {
            Tenant::Named(name) => Some(Self::Named(Arc::clone(name))),
            Tenant::Account(id) => Some(Self::Account(Arc::clone(id))),
            Tenant::Signer(_) => None,
        }
    }

    /// The account that an ARN names.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.split(':');
        let account = (parts.next() == Some("arn")).then(|| parts.nth(3)).flatten()?;
        let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| Self::Account(Arc::from(account)))
    }
}

/// Where a value is found.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoreKey {
    text: Arc<str>,
    kind: Kind,
}

impl StoreKey {
    /// The key of a subject. `endpoint` is that of the control plane, or for lessons, cool-downs and spend
    /// that of inference, where it is not AWS's own.
    pub fn new(kind: Kind, endpoint: Option<&str>, owner: &KeyOwner, subject: &str) -> Self {
        let mut text = String::with_capacity(64 + subject.len());
        text.push_str(kind.as_str());
        text.push(':');
        match endpoint {
            None => text.push_str("aws"),
            Some(url) => push_segment(&mut text, without_secrets(url)),
        }
        text.push(':');
        match owner {
            KeyOwner::Everyone => text.push('*'),
            KeyOwner::Account(id) => push_segment(&mut text, id),
            KeyOwner::Named(name) => {
                text.push('~');
                push_segment(&mut text, name);
            }
            KeyOwner::Signer(name) => {
                text.push('=');
                push_segment(&mut text, name);
            }
        }
        text.push(':');
        text.push_str(subject);
        Self { text: Arc::from(text), kind }
    }

    /// The lease on finding out what this key holds.
    #[must_use]
    pub fn lease(&self) -> Self {
        Self {
            text: Arc::from(format!("{}:{}", Kind::Lease.as_str(), self.text)),
            kind: Kind::Lease,
        }
    }

    /// A key that was read; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.split(':').next()?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == name)?;
        Some(Self { text: Arc::from(text), kind })
    }

    /// What it is about.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The whole key.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// A URL's user name, password, query and fragment may be secrets.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}/{path}").trim_end_matches('/').to_owned()
}

/// Writes a segment so that it holds no colon.
fn push_segment(text: &mut String, segment: impl AsRef<str>) {
    for letter in segment.as_ref().chars() {
        if letter == ':' || letter == '%' || letter.is_control() || letter.is_whitespace() {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                // Writing to a String cannot fail.
                let _ = write!(text, "%{byte:02X}");
            }
        } else {
            text.push(letter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tenant::Fingerprint;

    const ARN: &str =
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456";

    fn key(endpoint: Option<&str>, owner: &KeyOwner, subject: &str) -> String {
        StoreKey::new(Kind::Profile, endpoint, owner, subject).as_str().to_owned()
    }

    #[test]
    fn a_key_says_what_where_and_whose() {
        let account = KeyOwner::of_arn(ARN);
        assert_eq!(account, Some(KeyOwner::Account(Arc::from("123456789012"))));
        let account = account.unwrap_or(KeyOwner::Everyone);
        assert_eq!(key(None, &account, ARN), format!("profile:aws:123456789012:{ARN}"));
        let elsewhere =
            key(Some("https://user:secret@gateway.example:8443/a/?key=secret"), &account, ARN);
        assert_eq!(
            elsewhere,
            format!("profile:https%3A//gateway.example%3A8443/a:123456789012:{ARN}")
        );
        let named =
            KeyOwner::of(&Tenant::Named(Arc::from("team: a%"))).unwrap_or(KeyOwner::Everyone);
        assert_eq!(key(None, &named, "m"), "profile:aws:~team%3A%20a%25:m");
        assert_eq!(key(None, &KeyOwner::Everyone, "m"), "profile:aws:*:m");
    }

    #[test]
    fn a_signer_of_an_unknown_account_owns_nothing_that_others_could_find() {
        assert_eq!(KeyOwner::of(&Tenant::Signer(Fingerprint::of(&"keys"))), None);
        for id in
            ["anthropic.claude-sonnet-4-6", "arn:aws:bedrock:us-east-1::foundation-model/m", "arn"]
        {
            assert_eq!(KeyOwner::of_arn(id), None, "{id}");
        }
    }

    #[test]
    fn a_key_that_was_written_can_be_read() {
        for kind in Kind::ALL {
            let key = StoreKey::new(kind, None, &KeyOwner::Everyone, "m");
            assert_eq!(StoreKey::parse(key.as_str()), Some(key));
        }
        let key = StoreKey::new(Kind::Profile, None, &KeyOwner::Everyone, "m");
        assert_eq!(StoreKey::parse(key.lease().as_str()).map(|key| key.kind()), Some(Kind::Lease));
        assert_eq!(StoreKey::parse("session:1"), None);
    }
}
