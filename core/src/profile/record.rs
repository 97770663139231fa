//! What is stored about an ARN, or about a name within an account.
//!
//! Fields are only ever added: an older or newer process reads the same records.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lookup::{LookupCause, LookupError};

/// How long a record is kept that nobody confirms: while AWS cannot be asked, an old one still holds.
pub const LASTS: Duration = Duration::from_hours(24 * 30);

/// What is stored. Profiles never change their model; a deployment may, so a record says when it was last
/// confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Base model id.
    pub model: String,
    /// Models that AWS named beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_models: Vec<String>,
    /// When AWS said so, in milliseconds since 1970.
    pub fetched_at: u64,
}

/// Why there is no record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredFailure {
    cause: LookupCause,
    /// AWS's text.
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permission: Option<String>,
}

/// How much of AWS's text is kept.
const MESSAGE: usize = 500;

impl From<&LookupError> for StoredFailure {
    fn from(error: &LookupError) -> Self {
        Self {
            cause: error.cause,
            message: error.message.chars().take(MESSAGE).collect(),
            permission: error.permission.clone(),
        }
    }
}

impl From<StoredFailure> for LookupError {
    fn from(failed: StoredFailure) -> Self {
        let StoredFailure { cause, message, permission } = failed;
        Self { permission, ..Self::new(cause, message) }
    }
}
