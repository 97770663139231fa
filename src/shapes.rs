//! The wire's shapes as JavaScript asks for them: to say what JSON cannot, and to compare them with
//! those of a caller's AWS SDK.

use bedrock_profile_core::bedrock::shapes;
use bedrock_profile_core::operation::{Operation, ResponseKind};
use napi::{Error, Result};
use napi_derive::napi;
use serde_json::{Map, Value};

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

/// The operations that are called natively, as a JSON array of `{ operation, labels, stream?, bytes? }`:
/// the members that are in the path, and which member of the output is a stream or bytes.
#[napi(catch_unwind)]
pub fn operations() -> String {
    let described = Operation::all().filter_map(|operation| {
        let shape = shapes::operation(operation.name())?;
        let payload = shape.output.payload.as_deref();
        let (stream, bytes) = match operation.response() {
            ResponseKind::Events => (payload, None),
            ResponseKind::Bytes => (None, payload),
            ResponseKind::Json(_) => (None, None),
        };
        let labels: Vec<&str> = shape.labels().collect();
        let mut described = Map::new();
        described.insert("operation".to_owned(), operation.name().into());
        described.insert("labels".to_owned(), labels.into());
        for (name, member) in [("stream", stream), ("bytes", bytes)] {
            if let Some(member) = member {
                described.insert(name.to_owned(), member.into());
            }
        }
        Some(Value::Object(described))
    });
    described.collect::<Value>().to_string()
}
