//! The wire's shapes: what of an input goes out, and what of an answer comes in.
//!
//! `shapes.json` is made from AWS's published service model by `scripts/shapes.js`. As in the AWS
//! SDK for JavaScript, members go out in the shapes' order, and members that the shapes do not
//! know are dropped in both directions.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64_simd::STANDARD as BASE64;
use serde_json::{Map, Value};

/// The key that marks a blob in an input's JSON: `{"\u{0}blob": index}`.
pub const BLOB_KEY: &str = "\u{0}blob";

/// The key that marks a bigint, by its digits: JavaScript's JSON has no way to say it.
pub const BIGINT_KEY: &str = "\u{0}bigint";

#[derive(Debug, Clone, Copy)]
enum Target {
    Scalar,
    Document,
    Blob,
    Shape(usize),
}

#[derive(Debug)]
enum Shape {
    Structure(Vec<(String, Target)>),
    Union(Vec<(String, Target)>),
    List(Target),
    Map(Target),
}

/// An exception of the service model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorShape {
    /// Its class name.
    pub name: String,
    /// Its HTTP status.
    pub status: u16,
    /// Whether the service is at fault.
    pub server_fault: bool,
    /// Whether the service model marks it as retryable (`$retryable`).
    pub retryable: bool,
}

/// One side of an operation.
#[derive(Debug)]
pub struct Side {
    target: Target,
    /// Members that stand in headers, with the headers' names in lower case.
    pub headers: Vec<(String, String)>,
    /// The member that is the whole body.
    pub payload: Option<String>,
}

/// An operation.
#[derive(Debug)]
pub struct OperationShapes {
    /// Its path, with labels in braces.
    pub path: String,
    /// What is sent.
    pub input: Side,
    /// What is answered; of a stream, one event.
    pub output: Side,
}

#[derive(Debug, Default)]
struct Shapes {
    list: Vec<Shape>,
    operations: HashMap<String, OperationShapes>,
    errors: HashMap<String, ErrorShape>,
    /// Members of each exception, by class name.
    error_members: HashMap<String, Target>,
}

static SHAPES: LazyLock<Shapes> = LazyLock::new(|| {
    serde_json::from_str(include_str!("shapes.json")).map(|json| load(&json)).unwrap_or_default()
});

fn load(json: &Value) -> Shapes {
    let empty = Map::new();
    let table = |key: &str| json.get(key).and_then(Value::as_object).unwrap_or(&empty);
    let index: HashMap<&str, usize> =
        table("shapes").keys().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let target = |name: &Value| match name.as_str() {
        Some("document") => Target::Document,
        Some("blob") => Target::Blob,
        Some(name) => index.get(name).map_or(Target::Scalar, |at| Target::Shape(*at)),
        None => Target::Scalar,
    };
    let members = |map: &Value| -> Vec<(String, Target)> {
        let members = map.as_object().unwrap_or(&empty);
        members.iter().map(|(name, to)| (name.clone(), target(to))).collect()
    };
    let shapes = table("shapes")
        .values()
        .map(|shape| match shape.as_object().and_then(|shape| shape.iter().next()) {
            Some((kind, to)) if kind == "list" => Shape::List(target(to)),
            Some((kind, to)) if kind == "map" => Shape::Map(target(to)),
            Some((kind, to)) if kind == "union" => Shape::Union(members(to)),
            Some((_, to)) => Shape::Structure(members(to)),
            None => Shape::Structure(Vec::new()),
        })
        .collect();
    let operations = table("operations")
        .iter()
        .map(|(name, operation)| {
            let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
            let side = |key: &str| {
                let side = operation.get(key).and_then(Value::as_object).unwrap_or(&empty);
                let headers = side.get("headers").and_then(Value::as_object).unwrap_or(&empty);
                let header = |(member, name): (&String, &Value)| {
                    Some((member.clone(), name.as_str()?.to_owned()))
                };
                Side {
                    target: side.get("shape").map_or(Target::Document, &target),
                    headers: headers.iter().filter_map(header).collect(),
                    payload: text(side.get("payload")),
                }
            };
            let path = text(operation.get("path")).unwrap_or_default();
            (name.clone(), OperationShapes { path, input: side("input"), output: side("output") })
        })
        .collect();
    let errors = table("errors")
        .iter()
        .map(|(name, error)| {
            let status = error.get("status").and_then(Value::as_u64).unwrap_or(400);
            let shape = ErrorShape {
                name: name.clone(),
                status: u16::try_from(status).unwrap_or(400),
                server_fault: error.get("fault").and_then(Value::as_str) == Some("server"),
                retryable: error.get("retryable").and_then(Value::as_bool) == Some(true),
            };
            (name.clone(), shape)
        })
        .collect();
    let error_members = table("errors")
        .keys()
        .map(|name| (name.clone(), target(&Value::String(name.clone()))))
        .collect();
    Shapes { list: shapes, operations, errors, error_members }
}

/// The operation of this name.
pub fn operation(name: &str) -> Option<&'static OperationShapes> {
    SHAPES.operations.get(name)
}

/// The exception of this class name, where the service model has it.
pub fn error_shape(name: &str) -> Option<&'static ErrorShape> {
    SHAPES.errors.get(name)
}

/// The exception behind a stream's `:exception-type` (`throttlingException`).
pub fn stream_exception(exception_type: &str) -> Option<&'static ErrorShape> {
    let mut letters = exception_type.chars();
    let first = letters.next()?.to_ascii_uppercase();
    SHAPES.errors.get(&format!("{first}{}", letters.as_str()))
}

/// Writes an operation's body as the AWS SDK for JavaScript would.
pub fn encode(operation: &str, input: &Map<String, Value>, blobs: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let size = blobs.iter().map(|blob| blob.as_ref().len()).sum::<usize>();
    let mut out = Vec::with_capacity(1024 + size / 3 * 4);
    let target = self::operation(operation).map(|shapes| shapes.input.target);
    let shape = match target {
        Some(Target::Shape(at)) => SHAPES.list.get(at),
        _ => None,
    };
    match shape {
        Some(Shape::Structure(members)) => write_members(members, input, blobs, &mut out),
        _ => write_object(input, blobs, &mut out),
    }
    out
}

/// The bytes that a value of an input stands for, where it is a blob of the table.
pub fn blob<'a>(value: &Value, blobs: &'a [impl AsRef<[u8]>]) -> Option<&'a [u8]> {
    blob_of(value.as_object()?, blobs)
}

fn write(target: Target, value: &Value, blobs: &[impl AsRef<[u8]>], out: &mut Vec<u8>) {
    let shape = match target {
        Target::Shape(at) => SHAPES.list.get(at),
        Target::Blob => return write_blob(value, blobs, out),
        Target::Document => return write_document(value, blobs, out),
        Target::Scalar => None,
    };
    match (shape, value) {
        (Some(Shape::Structure(members)), Value::Object(object)) => {
            write_members(members, object, blobs, out);
        }
        (Some(Shape::Union(members)), Value::Object(object)) => match unknown_of(object) {
            Some((key, value)) => {
                out.push(b'{');
                write_text(key, out);
                out.push(b':');
                write_document(value, blobs, out);
                out.push(b'}');
            }
            None => write_members(members, object, blobs, out),
        },
        (Some(Shape::List(item)), Value::Array(items)) => {
            out.push(b'[');
            let mut first = true;
            for value in items.iter().filter(|value| !value.is_null()) {
                separate(&mut first, out);
                write(*item, value, blobs, out);
            }
            out.push(b']');
        }
        (Some(Shape::Map(item)), Value::Object(object)) => {
            out.push(b'{');
            let mut first = true;
            for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
                separate(&mut first, out);
                write_text(key, out);
                out.push(b':');
                write(*item, value, blobs, out);
            }
            out.push(b'}');
        }
        // The caller's type is not the shape's: it goes out as it is, and AWS says what is wrong.
        _ => write_document(value, blobs, out),
    }
}

fn write_members(
    members: &[(String, Target)],
    object: &Map<String, Value>,
    blobs: &[impl AsRef<[u8]>],
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    let mut first = true;
    for (name, target) in members {
        let Some(value) = object.get(name).filter(|value| !value.is_null()) else {
            continue;
        };
        separate(&mut first, out);
        write_text(name, out);
        out.push(b':');
        write(*target, value, blobs, out);
    }
    out.push(b'}');
}

/// `{ $unknown: [name, value] }`: a member of a union that this version does not know.
fn unknown_of(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    match object.get("$unknown")?.as_array()?.as_slice() {
        [Value::String(key), value] => Some((key, value)),
        _ => None,
    }
}

fn write_document(value: &Value, blobs: &[impl AsRef<[u8]>], out: &mut Vec<u8>) {
    match value {
        Value::Object(object) => write_object(object, blobs, out),
        Value::Array(items) => {
            out.push(b'[');
            let mut first = true;
            for value in items {
                separate(&mut first, out);
                write_document(value, blobs, out);
            }
            out.push(b']');
        }
        Value::String(text) => write_text(text, out),
        Value::Number(number) => out.extend_from_slice(number.as_str().as_bytes()),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Null => out.extend_from_slice(b"null"),
    }
}

fn write_object(object: &Map<String, Value>, blobs: &[impl AsRef<[u8]>], out: &mut Vec<u8>) {
    if let Some(blob) = blob_of(object, blobs) {
        return write_base64(blob, out);
    }
    if let Some(digits) = bigint_of(object) {
        return out.extend_from_slice(digits.as_bytes());
    }
    out.push(b'{');
    let mut first = true;
    for (key, value) in object {
        separate(&mut first, out);
        write_text(key, out);
        out.push(b':');
        write_document(value, blobs, out);
    }
    out.push(b'}');
}

/// A blob: bytes from the table, or a string, whose UTF-8 is what AWS gets.
fn write_blob(value: &Value, blobs: &[impl AsRef<[u8]>], out: &mut Vec<u8>) {
    match value {
        Value::String(text) => write_base64(text.as_bytes(), out),
        _ => write_document(value, blobs, out),
    }
}

fn blob_of<'a>(object: &Map<String, Value>, blobs: &'a [impl AsRef<[u8]>]) -> Option<&'a [u8]> {
    if object.len() != 1 {
        return None;
    }
    let index = usize::try_from(object.get(BLOB_KEY)?.as_u64()?).ok()?;
    blobs.get(index).map(AsRef::as_ref)
}

fn bigint_of(object: &Map<String, Value>) -> Option<&str> {
    let digits = object.get(BIGINT_KEY).filter(|_| object.len() == 1)?.as_str()?;
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let lawful = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    lawful.then_some(digits)
}

fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    BASE64.encode_append(bytes, out);
    out.push(b'"');
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail, and a str is always valid JSON text.
    let _ = serde_json::to_writer(out, text);
}

fn separate(first: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

/// What of an answer the shapes know, and where its blobs are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// The known members.
    pub value: Value,
    /// The path of each blob, whose value is still base64.
    pub blobs: Vec<Vec<Value>>,
}

/// Keeps what the shapes know of an operation's output.
pub fn decode(operation: &str, body: Value) -> Decoded {
    let target = self::operation(operation).map_or(Target::Document, |shapes| shapes.output.target);
    decode_target(target, body)
}

/// Keeps what the shapes know of an exception's members; all of an exception they do not know.
pub fn decode_error(name: &str, body: Value) -> Value {
    let target = SHAPES.error_members.get(name).copied().unwrap_or(Target::Document);
    decode_target(target, body).value
}

/// Keeps what the shapes know of one stream event; `None` where they do not know the event.
pub fn decode_event(operation: &str, event_type: &str, payload: Value) -> Option<Decoded> {
    let Target::Shape(at) = self::operation(operation)?.output.target else { return None };
    let (Shape::Structure(members) | Shape::Union(members)) = SHAPES.list.get(at)? else {
        return None;
    };
    let (name, target) = members.iter().find(|(name, _)| name == event_type)?;
    let mut blobs = Vec::new();
    let value = read(*target, payload, &mut vec![Value::from(name.as_str())], &mut blobs);
    Some(Decoded { value: Value::Object(Map::from_iter([(name.clone(), value)])), blobs })
}

fn decode_target(target: Target, body: Value) -> Decoded {
    let mut blobs = Vec::new();
    let value = read(target, body, &mut Vec::new(), &mut blobs);
    Decoded { value, blobs }
}

fn read(target: Target, value: Value, path: &mut Vec<Value>, blobs: &mut Vec<Vec<Value>>) -> Value {
    let shape = match target {
        Target::Shape(at) => SHAPES.list.get(at),
        Target::Blob => {
            blobs.push(path.clone());
            None
        }
        Target::Document | Target::Scalar => None,
    };
    match (shape, value) {
        (Some(Shape::Structure(members)), Value::Object(mut object)) => {
            Value::Object(read_members(members, &mut object, path, blobs))
        }
        (Some(Shape::Union(members)), Value::Object(mut object)) => {
            let known = read_members(members, &mut object, path, blobs);
            let unknown =
                object.into_iter().find(|(key, value)| key != "__type" && !value.is_null());
            match unknown {
                Some((key, value)) if known.is_empty() => {
                    let pair = Value::Array(vec![Value::String(key), value]);
                    Value::Object(Map::from_iter([("$unknown".to_owned(), pair)]))
                }
                _ => Value::Object(known),
            }
        }
        (Some(Shape::List(item)), Value::Array(items)) => {
            let known = items.into_iter().filter(|value| !value.is_null()).enumerate();
            Value::Array(
                known
                    .map(|(at, value)| inside(path, at, |path| read(*item, value, path, blobs)))
                    .collect(),
            )
        }
        (Some(Shape::Map(item)), Value::Object(object)) => {
            let known = object.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(
                known
                    .map(|(key, value)| {
                        let value =
                            inside(path, key.as_str(), |path| read(*item, value, path, blobs));
                        (key, value)
                    })
                    .collect(),
            )
        }
        (_, value) => value,
    }
}

fn read_members(
    members: &[(String, Target)],
    object: &mut Map<String, Value>,
    path: &mut Vec<Value>,
    blobs: &mut Vec<Vec<Value>>,
) -> Map<String, Value> {
    let mut known = Map::new();
    for (name, target) in members {
        let Some(value) = object.swap_remove(name).filter(|value| !value.is_null()) else {
            continue;
        };
        let value = inside(path, name.as_str(), |path| read(*target, value, path, blobs));
        known.insert(name.clone(), value);
    }
    known
}

fn inside<T>(
    path: &mut Vec<Value>,
    step: impl Into<Value>,
    read: impl FnOnce(&mut Vec<Value>) -> T,
) -> T {
    path.push(step.into());
    let out = read(path);
    path.pop();
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn encoded(input: &Value) -> String {
        let blobs: [&[u8]; 2] = [b"\x00\xff", b"hello"];
        String::from_utf8(encode("Converse", input.as_object().unwrap(), &blobs)).unwrap()
    }

    #[test]
    fn members_go_out_in_the_shapes_order_and_unknown_ones_stay() {
        let input = json!({
            "inferenceConfig": { "topP": 0.9, "temperature": 0.7, "topK": 5, "maxTokens": null },
            "modelId": "m",
            "messages": [{ "content": [{ "text": "hi", "type": "text" }, null], "role": "user" }],
        });
        assert_eq!(
            encoded(&input),
            r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}],"inferenceConfig":{"temperature":0.7,"topP":0.9}}"#
        );
    }

    #[test]
    fn documents_keep_their_order_and_their_nulls() {
        let input =
            json!({ "additionalModelRequestFields": { "z": null, "a": [1, null], "m": 1.0 } });
        assert_eq!(
            encoded(&input),
            r#"{"additionalModelRequestFields":{"z":null,"a":[1,null],"m":1.0}}"#
        );
    }

    #[test]
    fn blobs_are_base64_from_the_table_or_from_text() {
        let image = |bytes: Value| {
            json!({ "messages": [{ "role": "user", "content": [
            { "image": { "format": "png", "source": { "bytes": bytes } } }] }] })
        };
        assert!(encoded(&image(json!({ BLOB_KEY: 0 }))).contains(r#""bytes":"AP8=""#));
        assert!(encoded(&image(json!("hello"))).contains(r#""bytes":"aGVsbG8=""#));
        let document = json!({ "additionalModelRequestFields": { "x": { BLOB_KEY: 1 } } });
        assert!(encoded(&document).contains(r#""x":"aGVsbG8=""#));
    }

    #[test]
    fn an_unknown_union_member_can_be_named() {
        let input = json!({ "messages": [{ "role": "user", "content": [
            { "$unknown": ["newBlock", { "b": 1, "a": 2 }] }, { "newBlock": {} }] }] });
        assert!(encoded(&input).contains(r#""content":[{"newBlock":{"b":1,"a":2}},{}]"#));
    }

    #[test]
    fn a_wrong_type_goes_out_as_it_is() {
        let input = json!({ "messages": "no", "inferenceConfig": { "maxTokens": "5" } });
        assert_eq!(encoded(&input), r#"{"messages":"no","inferenceConfig":{"maxTokens":"5"}}"#);
    }

    #[test]
    fn answers_lose_what_the_shapes_do_not_know() {
        let body = json!({ "output": { "message": { "role": "assistant", "content": [
            { "text": "a", "extra": 1 }, { "reasoningContent": { "redactedContent": "AP8=" } },
            { "future": { "x": 1 } }] } }, "p": "abc", "stopReason": "end_turn", "trace": null });
        let decoded = decode("Converse", body);
        assert_eq!(
            decoded.value,
            json!({ "output": { "message": { "role": "assistant", "content": [
                { "text": "a" }, { "reasoningContent": { "redactedContent": "AP8=" } },
                { "$unknown": ["future", { "x": 1 }] }] } }, "stopReason": "end_turn" })
        );
        assert_eq!(
            decoded.blobs,
            vec![vec![
                json!("output"),
                json!("message"),
                json!("content"),
                json!(1),
                json!("reasoningContent"),
                json!("redactedContent")
            ]]
        );
    }

    #[test]
    fn events_lose_their_padding_and_unknown_ones_are_skipped() {
        let payload = json!({ "contentBlockIndex": 0, "delta": { "text": "x" }, "p": "abcd" });
        let event = decode_event("ConverseStream", "contentBlockDelta", payload).unwrap();
        assert_eq!(
            event.value,
            json!({ "contentBlockDelta": { "delta": { "text": "x" }, "contentBlockIndex": 0 } })
        );
        assert_eq!(decode_event("ConverseStream", "brandNew", json!({})), None);
    }

    #[test]
    fn exceptions_are_known_by_both_names() {
        let shape = stream_exception("modelStreamErrorException").unwrap();
        assert_eq!((shape.name.as_str(), shape.status), ("ModelStreamErrorException", 424));
        assert!(error_shape("ModelNotReadyException").unwrap().retryable);
        assert!(error_shape("InternalServerException").unwrap().server_fault);
        assert_eq!(error_shape("Brand"), None);
        assert_eq!(stream_exception(""), None);
    }
}
