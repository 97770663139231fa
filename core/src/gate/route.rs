//! Where a request is to go.

use crate::operation::Operation;

/// The id that is called and where, for the rule that may choose another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site<'a> {
    /// The id that goes into the path, unless a rule says otherwise.
    pub call_id: &'a str,
    /// The region it is called in.
    pub region: &'a str,
    /// The partition of that (`aws`).
    pub partition: &'a str,
}

/// Where a request is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route<'a> {
    /// The operation.
    pub operation: Operation,
    /// The id and the region; absent where the id is the caller's own choice and stays.
    pub site: Option<Site<'a>>,
    /// The model behind the id, where it is known.
    pub model: Option<&'a str>,
    /// The input's blobs.
    pub blobs: &'a [Vec<u8>],
}

impl From<Operation> for Route<'_> {
    fn from(operation: Operation) -> Self {
        Self { operation, site: None, model: None, blobs: &[] }
    }
}
