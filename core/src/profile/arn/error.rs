//! What can be wrong with an id.

use std::fmt;

use crate::profile::quote::quoted;

/// The part of an id that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdPart {
    /// The id as a whole: empty, `.`, not enough parts for an ARN.
    Whole,
    /// Its length.
    Length,
    /// A character in it.
    Character,
    /// The partition of an ARN.
    Partition,
    /// The service of an ARN.
    Service,
    /// The region of an ARN.
    Region,
    /// The account of an ARN.
    Account,
    /// The resource of an ARN.
    Resource,
}

/// An id that cannot be one. The message quotes it, and says what is wrong, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError {
    /// The part that is wrong.
    pub part: IdPart,
    message: String,
}

impl IdError {
    /// `id` is quoted, `wrong` a sentence without its full stop, `right` another.
    pub(super) fn new(part: IdPart, id: &str, wrong: &str, right: &str) -> Self {
        Self { part, message: format!("Model id {}: {wrong}; {right}.", quoted(id)) }
    }

    pub(super) fn empty() -> Self {
        let message =
            "The model id is empty; give a model id such as \"anthropic.claude-sonnet-4-6\", \
                       the ARN of a profile, or an alias of the mappings."
                .to_owned();
        Self { part: IdPart::Whole, message }
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for IdError {}
