//! The wire's shapes as JavaScript asks for them: to say what JSON cannot, and to compare them with
//! those of a caller's AWS SDK.

use bedrock_profile_core::bedrock::shapes;
use napi::{Error, Result};
use napi_derive::napi;

/// The wire's shapes as JSON: see `core/src/bedrock/shapes.json`.
#[napi(catch_unwind)]
pub fn wire_shapes() -> String {
    shapes::text()
}

/// Adds what a caller's AWS SDK knows and the shapes do not (JSON).
#[napi(catch_unwind)]
pub fn extend_wire_shapes(additions: String) -> Result<()> {
    shapes::extend(&additions).map_err(|error| Error::from_reason(error.to_string()))
}
