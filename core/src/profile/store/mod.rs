//! Where answers of AWS outlive the process or are shared by several.
//!
//! Only what AWS itself says of ARNs is stored: that means the same to everyone. Names, of models or
//! of profiles, mean something within an account only.

mod memory;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::BoxFuture;

pub use memory::MemoryStore;

/// What is stored about an ARN. Profiles never change their model; a deployment may, so a record
/// says when it was last confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Base model id.
    pub model: String,
    /// Models that AWS named beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_models: Vec<String>,
    /// When AWS's response arrived, in milliseconds since 1970.
    pub fetched_at: u64,
}

/// Keeps records by ARN.
pub trait Store: Send + Sync {
    /// The record of an ARN.
    fn get<'a>(&'a self, arn: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>>;

    /// Keeps the record of an ARN, in place of the one that was there.
    fn put<'a>(&'a self, arn: &'a str, record: &'a Record)
    -> BoxFuture<'a, Result<(), StoreError>>;

    /// Forgets an ARN.
    fn remove<'a>(&'a self, arn: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// A store that cannot be read or written. It never fails a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreError {
    /// What is wrong, and with which store.
    pub message: String,
}

impl fmt::Display for StoreError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for StoreError {}
