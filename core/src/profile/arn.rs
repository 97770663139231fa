//! The grammar of everything that may stand as `modelId`: model ids, profile ids, ARNs, and names.
//!
//! AWS's own pattern has a catch-all that rejects almost nothing, so what is wrong with an id is
//! found here, with a message, rather than as "The provided model identifier is invalid".
//!
//! Decorations that clients add (`bedrock/`, `bedrock/converse/`, `bedrock/us-east-1/`,
//! `converse/`, the suffix `[1m]`) never reach AWS: outside ARNs neither `/` nor `[` is legal. They
//! are therefore taken off, and [`ModelRef::decorated`] tells what was written. Anything that could
//! be legal (`-latency-optimized`) stays.

mod base;
mod error;
mod parse;

use std::fmt;

use serde::{Serialize, Serializer};

pub use error::{IdError, IdPart};

/// Longest id that AWS takes, in characters.
pub const MAX_ID_LENGTH: usize = 2048;

/// What an id stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdKind {
    /// A base model, by id or ARN.
    FoundationModel,
    /// A cross-region profile that AWS defines (`us.anthropic.…`), by id or ARN.
    SystemProfile,
    /// A profile that a customer made: its id says nothing about the model.
    ApplicationProfile,
    /// Provisioned throughput.
    ProvisionedModel,
    /// A customised model; its ARN holds the base model's id.
    CustomModel,
    /// A custom model deployed for on-demand use.
    CustomModelDeployment,
    /// A model imported from outside.
    ImportedModel,
    /// A customer's prompt router.
    PromptRouter,
    /// A prompt router that AWS defines.
    DefaultPromptRouter,
    /// A prompt of Prompt management.
    Prompt,
    /// A Marketplace model behind a SageMaker endpoint.
    SagemakerEndpoint,
    /// A name: an alias of the mappings, the bare id of a profile, the name of a provisioned model.
    Alias,
}

/// An id, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelRef {
    text: String,
    decorated: Option<String>,
    decorated_region: Option<String>,
    kind: IdKind,
    arn: Option<ArnParts>,
    model: Option<String>,
    geo: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ArnParts {
    partition: String,
    region: String,
    account: String,
    resource_id: String,
}

/// The same, as it stands in a text: where many ids are read, nothing is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdView<'a> {
    pub(crate) text: &'a str,
    pub(crate) decorated: Option<&'a str>,
    decorated_region: Option<&'a str>,
    pub(crate) kind: IdKind,
    arn: Option<ArnView<'a>>,
    pub(crate) model: Option<&'a str>,
    geo: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ArnView<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
    resource_id: &'a str,
}

impl<'a> IdView<'a> {
    /// Takes an id apart, or says what is wrong with it.
    pub(crate) fn parse(id: &'a str) -> Result<Self, IdError> {
        parse::parse(id)
    }

    /// Whether the id is an ARN.
    pub(crate) fn is_arn(&self) -> bool {
        self.arn.is_some()
    }

    /// See [`ModelRef::region`].
    pub(crate) fn region(&self) -> Option<&'a str> {
        let of_arn = self.arn.map(|arn| arn.region).filter(|region| !region.is_empty());
        of_arn.or(self.decorated_region)
    }
}

impl From<IdView<'_>> for ModelRef {
    fn from(view: IdView<'_>) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self {
            text: view.text.to_owned(),
            decorated: own(view.decorated),
            decorated_region: own(view.decorated_region),
            kind: view.kind,
            arn: view.arn.map(|arn| ArnParts {
                partition: arn.partition.to_owned(),
                region: arn.region.to_owned(),
                account: arn.account.to_owned(),
                resource_id: arn.resource_id.to_owned(),
            }),
            model: own(view.model),
            geo: own(view.geo),
        }
    }
}

impl ModelRef {
    /// Takes an id apart, or says what is wrong with it.
    pub fn parse(id: &str) -> Result<Self, IdError> {
        IdView::parse(id).map(Self::from)
    }

    /// The same name, as the name of a provisioned model, where it can be one.
    pub fn as_provisioned_name(&self) -> Option<Self> {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (self.kind == IdKind::Alias && self.text.len() <= 64 && self.text.bytes().all(legal))
            .then(|| Self { kind: IdKind::ProvisionedModel, ..self.clone() })
    }

    /// The id as it goes to AWS (before percent-encoding): as written, without client decorations.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What was written, where a client's decoration was taken off.
    pub fn decorated(&self) -> Option<&str> {
        self.decorated.as_deref()
    }

    /// What the id stands for.
    pub fn kind(&self) -> IdKind {
        self.kind
    }

    /// Whether the id is an ARN.
    pub fn is_arn(&self) -> bool {
        self.arn.is_some()
    }

    /// The ARN's partition.
    pub fn partition(&self) -> Option<&str> {
        self.arn.as_ref().map(|arn| arn.partition.as_str())
    }

    /// The ARN's region, or the one of a decoration (`bedrock/us-east-1/…`). Absent from ids, and
    /// from the foundation-model ARNs of global profiles.
    pub fn region(&self) -> Option<&str> {
        let of_arn =
            self.arn.as_ref().map(|arn| arn.region.as_str()).filter(|region| !region.is_empty());
        of_arn.or(self.decorated_region.as_deref())
    }

    /// The ARN's account; foundation models have none.
    pub fn account(&self) -> Option<&str> {
        self.arn.as_ref().map(|arn| arn.account.as_str()).filter(|account| !account.is_empty())
    }

    /// The ARN's resource id (what follows the type), or the id itself.
    pub fn resource_id(&self) -> &str {
        self.arn.as_ref().map_or(&self.text, |arn| arn.resource_id.as_str())
    }

    /// The geo prefix of a system profile (`us`, `eu`, `global`, …).
    pub fn geo(&self) -> Option<&str> {
        self.geo.as_deref()
    }

    /// The base model's id where the id names it, without geo prefix and context variant.
    pub fn names_model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Whether the id does not tell its model.
    pub fn is_opaque(&self) -> bool {
        self.model.is_none()
    }

    /// The id as one segment of a URL's path.
    pub fn path_segment(&self) -> String {
        encode_path_segment(&self.text)
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Serialize for ModelRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Percent-encodes a path segment as all AWS SDKs do: every byte outside `A-Za-z0-9-._~` becomes
/// `%XX`. To be called once: an ARN encoded twice is a 404, one with a literal `/` another operation.
pub fn encode_path_segment(segment: &str) -> String {
    const HEX: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or('0');
    let mut out = String::with_capacity(segment.len() + 16);
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(digit(byte >> 4));
            out.push(digit(byte & 15));
        }
    }
    out
}
