//! The forms an id can name a model in, brought down to provider and name.
//!
//! The whole grammar of ids and ARNs is `profile::arn`'s; here it is only what is needed to find
//! the model's name in an id that shows it.

use crate::labels::is_provider;

/// Ends that clients add and that never reach AWS.
const DECORATIONS: [&str; 2] = ["[1m]", "-latency-optimized"];

/// The part of an id that may name a model, and whether it must name the provider too: the names
/// in an ARN always do, and a made-up id must not be taken for a bare name.
pub(super) fn spoken(id: &str) -> Option<(&str, bool)> {
    if id.starts_with("arn:") {
        let (kind, name) = id.splitn(6, ':').nth(5)?.split_once('/')?;
        return match kind {
            "foundation-model" | "inference-profile" => Some((name, true)),
            // custom-model/<base model>/<id>
            "custom-model" => name.split_once('/').map(|(base, _)| (base, true)),
            _ => None,
        };
    }
    // bedrock/, bedrock/converse/, bedrock/us-east-1/, converse/
    let mut name = id.rsplit('/').next()?;
    while let Some(bare) = DECORATIONS.iter().find_map(|end| name.strip_suffix(end)) {
        name = bare;
    }
    (!name.is_empty()).then_some((name, false))
}

/// Each `(provider, name)` in `spoken`, from the left: at its start, after a geo prefix, after what
/// an alias puts in front.
pub(super) fn qualified(spoken: &str) -> impl Iterator<Item = (&str, &str)> {
    let starts = std::iter::once(0).chain(spoken.match_indices('.').map(|(dot, _)| dot + 1));
    starts.filter_map(|start| {
        let (provider, name) = spoken.get(start..)?.split_once('.')?;
        (!name.is_empty() && is_provider(provider)).then_some((provider, name))
    })
}

/// The parts of a name that say which edition of a model it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Edition<'a> {
    date: Option<&'a str>,
    version: Option<&'a str>,
    minor: Option<&'a str>,
}

impl Edition<'_> {
    /// How well a wanted edition fits this one, and whether nothing speaks against it.
    pub(super) fn fit(&self, wanted: &Edition<'_>) -> (u8, bool) {
        let pairs =
            [(wanted.date, self.date), (wanted.version, self.version), (wanted.minor, self.minor)];
        let (mut fit, mut agrees) = (0, true);
        for pair in pairs {
            let this = match pair {
                (wanted, is) if wanted == is => 2,
                (Some(_), Some(_)) => {
                    agrees = false;
                    0
                }
                _ => 1,
            };
            fit = fit * 3 + this;
        }
        (fit, agrees)
    }
}

/// A name without its provider, with less and less of its edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// Without what follows a colon: `claude-3-5-sonnet-20241022-v2`.
    pub(super) head: &'a str,
    /// Without `-vN` too: `claude-3-5-sonnet-20241022`.
    pub(super) versionless: &'a str,
    /// Without the date too: `claude-3-5-sonnet`.
    pub(super) base: &'a str,
    /// What was taken off.
    pub(super) edition: Edition<'a>,
    /// Something followed a colon.
    pub(super) has_colon: bool,
}

impl<'a> Name<'a> {
    /// Takes a name apart; a context variant (`…:0:51k`) is dropped.
    pub(super) fn parse(name: &'a str) -> Self {
        let mut parts = name.split(':');
        let head = parts.next().unwrap_or(name);
        let minor = parts.next();
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let (versionless, version) = match head.rsplit_once("-v") {
            Some((before, version)) if digits(version) => (before, Some(version)),
            _ => (head, None),
        };
        let (base, date) = match versionless.rsplit_once('-') {
            Some((before, date)) if date.len() == 8 && digits(date) => (before, Some(date)),
            _ => (versionless, None),
        };
        Self {
            head,
            versionless,
            base,
            edition: Edition { date, version, minor },
            has_colon: minor.is_some(),
        }
    }

    /// `gpt-oss-120b` of `gpt-oss-120b-1:0`, which counts its versions without a `v`.
    pub(super) fn without_plain_version(&self) -> Option<&'a str> {
        let (before, version) = self.head.rsplit_once('-')?;
        let plain = version.len() == 1 && version.bytes().all(|b| b.is_ascii_digit());
        (self.has_colon && plain).then_some(before)
    }
}
