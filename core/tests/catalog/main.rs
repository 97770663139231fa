//! The catalog: that it is well formed, that the models are what they are known to be, and that
//! ids find them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod common;
mod facts;
mod form;
mod ids;
mod overrides;

use bedrock_profile_core::model::catalog::capabilities;
use serde_json::{Map, Value};

/// `{ value, source }` at each fact becomes the value: the shape of the catalog.
fn values_only(serialised: &Value) -> Value {
    match serialised {
        Value::Object(fact) if fact.contains_key("source") => fact["value"].clone(),
        Value::Object(group) => {
            let members = group.iter().filter(|(name, _)| *name != "model");
            members
                .map(|(name, member)| (name.clone(), values_only(member)))
                .collect::<Map<_, _>>()
                .into()
        }
        other => panic!("neither a fact nor a group: {other}"),
    }
}

/// One fact as `{ value, source }`, by its path in `ModelCapabilities`.
fn fact(id: &str, path: &str) -> Value {
    let serialised = serde_json::to_value(&*capabilities(id)).unwrap();
    let at = path.split('.').fold(&serialised, |at, name| &at[name]);
    assert!(at["source"].is_string(), "no such fact: {path}");
    at.clone()
}
