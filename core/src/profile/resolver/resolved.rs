//! What a resolution gives.

use serde::{Serialize, Serializer};

use crate::profile::arn::IdKind;
use crate::profile::lookup::LookupCause;

/// Where the model is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ResolveSource {
    /// The operator's mappings.
    Mapping,
    /// The id itself names it.
    Id,
    /// An earlier response of AWS or of the store.
    Cache,
    /// The store, just now.
    Store,
    /// AWS, just now.
    Aws,
    /// Nobody.
    Unknown,
}

/// What a warning is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WarningCause {
    /// AWS could not be asked about the model.
    Lookup(LookupCause),
    /// AWS was not to be asked (`discovery: false`).
    NotAsked,
    /// AWS has no answer for this kind of id.
    CannotTell,
    /// The id is called in another region than the client's.
    Region,
    /// AWS named several models.
    SeveralModels,
    /// A client's decoration was taken off the id.
    Decoration,
    /// The id's entry in the mappings was left out.
    MappingLeftOut,
    /// The id has an entry in the mappings that another takes precedence over.
    Overridden,
    /// The store cannot be read or written.
    Store,
}

impl Serialize for WarningCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Lookup(cause) => cause.serialize(serializer),
            Self::NotAsked => serializer.serialize_str("notAsked"),
            Self::CannotTell => serializer.serialize_str("cannotTell"),
            Self::Region => serializer.serialize_str("region"),
            Self::SeveralModels => serializer.serialize_str("severalModels"),
            Self::Decoration => serializer.serialize_str("decoration"),
            Self::MappingLeftOut => serializer.serialize_str("mappingLeftOut"),
            Self::Overridden => serializer.serialize_str("overridden"),
            Self::Store => serializer.serialize_str("store"),
        }
    }
}

/// Something the operator should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// What it is about.
    pub cause: WarningCause,
    /// The whole message.
    pub message: String,
    /// Whether the process says it for the first time of this id: what is to be logged.
    #[serde(skip)]
    pub first: bool,
}

/// Which model stands behind an id, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResolvedProfile {
    /// The id as the caller gave it.
    pub requested_id: String,
    /// The id that goes into the path, not yet encoded.
    pub call_id: String,
    /// What `call_id` is.
    pub kind: IdKind,
    /// The base model's id; `null` where nobody knows it.
    pub model: Option<String>,
    /// Further models that may answer: those of a prompt router, or of a profile that has several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_models: Vec<String>,
    /// Where it is called: the ARN's region, else the mapping's, else the client's.
    pub region: Option<String>,
    /// The partition of that.
    pub partition: String,
    /// Where `model` is known from.
    pub source: ResolveSource,
    /// How long ago AWS confirmed it, in milliseconds; 0 where it did not have to.
    pub age: u64,
    /// The operator's name for it.
    pub label: Option<String>,
    /// AWS's name for it.
    pub name: Option<String>,
    /// Everything the mappings would call for it, `call_id` first.
    pub profiles: Vec<String>,
    /// What the operator should know.
    pub warnings: Vec<Warning>,
}
