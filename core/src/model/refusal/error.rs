//! A refusal as Bedrock sends it, with the request that it refuses.

use serde_json::{Map, Value};

/// A refusal, and what was refused.
#[derive(Clone, Copy)]
pub struct Refusal<'a> {
    /// AWS's name for it.
    pub name: &'a str,
    /// AWS's text.
    pub message: &'a str,
    /// The request as it was sent.
    pub request: &'a Map<String, Value>,
    /// Whether the catalog lists a beta for the model.
    pub lists_beta: &'a dyn Fn(&str) -> bool,
}

impl Refusal<'_> {
    /// The value below these members of the request.
    pub(super) fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(self.request.get(*first)?, |value, name| value.get(name))
    }
}
