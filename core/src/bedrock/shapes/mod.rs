//! The wire's shapes: what of an input goes out, and what of an answer comes in.
//!
//! `shapes.json` is made from AWS's published service model by `scripts/shapes.js`. As in the AWS
//! SDK for JavaScript, members go out in the shapes' order, and members that the shapes do not
//! know are dropped in both directions. What a caller's newer SDK knows is added while the process
//! runs ([`extend`]).

mod read;
mod write;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use serde_json::{Map, Value};

pub use read::{BLOB, Decoded, Delta, DeltaKind, decode, decode_error, decode_event};
pub use write::{BLOB_KEY, JSON_KEY, blob, encode};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A text, or a yes or no.
    Scalar,
    Number,
    /// Seconds since 1970.
    Timestamp,
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

impl Shape {
    fn targets(&self) -> Box<dyn Iterator<Item = Target> + '_> {
        match self {
            Self::Structure(members) | Self::Union(members) => {
                Box::new(members.iter().map(|(_, target)| *target))
            }
            Self::List(item) | Self::Map(item) => Box::new(std::iter::once(*item)),
        }
    }
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

impl OperationShapes {
    /// The members that are in the path.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let segments = self.path.split('{').skip(1);
        segments.filter_map(|segment| Some(segment.split_once('}')?.0))
    }
}

#[derive(Debug, Default)]
struct Shapes {
    list: Vec<Shape>,
    /// Of each shape, whether it can hold a document.
    documents: Vec<bool>,
    operations: HashMap<String, OperationShapes>,
    errors: HashMap<String, ErrorShape>,
    /// Members of each exception, by class name.
    error_members: HashMap<String, Target>,
    /// What the event `contentBlockDelta` of ConverseStream holds.
    delta: Option<Target>,
}

/// The table as JSON and as it is read.
struct Table {
    text: Cow<'static, str>,
    shapes: &'static Shapes,
}

static TABLE: LazyLock<RwLock<Table>> = LazyLock::new(|| {
    let text = include_str!("../shapes.json");
    let json = serde_json::from_str(text).unwrap_or_default();
    let shapes = Box::leak(Box::new(load(&json)));
    RwLock::new(Table { text: Cow::Borrowed(text), shapes })
});

fn shapes() -> &'static Shapes {
    TABLE.read().unwrap_or_else(PoisonError::into_inner).shapes
}

/// The table as it is now, as JSON.
pub fn text() -> String {
    TABLE.read().unwrap_or_else(PoisonError::into_inner).text.clone().into_owned()
}

/// Adds shapes, and members to shapes that are there: `{ "shapes": { … } }` as in `shapes.json`.
/// Members take the order of what is added; nothing that is there is changed or lost.
pub fn extend(additions: &str) -> Result<(), serde_json::Error> {
    let additions: Value = serde_json::from_str(additions)?;
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    let before: Value = serde_json::from_str(&table.text)?;
    let mut json = before.clone();
    if let (Some(known), Some(added)) = (
        json.get_mut("shapes").and_then(Value::as_object_mut),
        additions.get("shapes").and_then(Value::as_object),
    ) {
        for (name, shape) in added {
            let merged = match known.get(name) {
                Some(there) => merge(there, shape),
                None => shape.clone(),
            };
            known.insert(name.clone(), merged);
        }
    }
    if json != before {
        // Calls under way go on with the table they began with. Each SDK that a process loads adds
        // once, so what is left behind is small.
        let shapes = Box::leak(Box::new(load(&json)));
        *table = Table { text: Cow::Owned(json.to_string()), shapes };
    }
    Ok(())
}

/// One shape with the members of another.
fn merge(there: &Value, added: &Value) -> Value {
    let parts = |shape: &Value| {
        let (kind, members) = shape.as_object()?.iter().next()?;
        Some((kind.clone(), members.as_object()?.clone()))
    };
    match (parts(there), parts(added)) {
        (Some((kind, mut members)), Some((same, ordered))) if kind == same => {
            let mut merged = Map::new();
            for (name, target) in ordered {
                let target = members.shift_remove(&name).unwrap_or(target);
                merged.insert(name, target);
            }
            merged.append(&mut members);
            Value::Object(Map::from_iter([(kind, Value::Object(merged))]))
        }
        _ => there.clone(),
    }
}

fn load(json: &Value) -> Shapes {
    let empty = Map::new();
    let table = |key: &str| json.get(key).and_then(Value::as_object).unwrap_or(&empty);
    let index: HashMap<&str, usize> =
        table("shapes").keys().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let target = |name: &Value| match name.as_str() {
        Some("document") => Target::Document,
        Some("blob") => Target::Blob,
        Some("number") => Target::Number,
        Some("timestamp") => Target::Timestamp,
        Some(name) => index.get(name).map_or(Target::Scalar, |at| Target::Shape(*at)),
        None => Target::Scalar,
    };
    let members = |map: &Value| -> Vec<(String, Target)> {
        let members = map.as_object().unwrap_or(&empty);
        members.iter().map(|(name, to)| (name.clone(), target(to))).collect()
    };
    let list: Vec<Shape> = table("shapes")
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
    let documents = holding_documents(&list);
    let mut shapes = Shapes { list, documents, operations, errors, error_members, delta: None };
    shapes.delta = shapes.event("ConverseStream", "contentBlockDelta").map(|(_, target)| target);
    shapes
}

impl Shapes {
    /// The event of this type, and what it holds.
    fn event(&self, operation: &str, event_type: &str) -> Option<(&str, Target)> {
        let Target::Shape(at) = self.operations.get(operation)?.output.target else { return None };
        let (Shape::Structure(members) | Shape::Union(members)) = self.list.get(at)? else {
            return None;
        };
        members.iter().find(|(name, _)| name == event_type).map(|(name, to)| (name.as_str(), *to))
    }
}

/// Of each shape, whether it can hold a document, however deep.
fn holding_documents(list: &[Shape]) -> Vec<bool> {
    let mut holding = vec![false; list.len()];
    loop {
        let before = holding.clone();
        for (holds, shape) in holding.iter_mut().zip(list) {
            *holds = *holds
                || shape.targets().any(|target| match target {
                    Target::Document => true,
                    Target::Shape(at) => before.get(at) == Some(&true),
                    _ => false,
                });
        }
        if holding == before {
            return holding;
        }
    }
}

/// The operation of this name.
pub fn operation(name: &str) -> Option<&'static OperationShapes> {
    shapes().operations.get(name)
}

/// The exception of this class name, where the service model has it.
pub fn error_shape(name: &str) -> Option<&'static ErrorShape> {
    shapes().errors.get(name)
}

/// The exception behind a stream's `:exception-type` (`throttlingException`).
pub fn stream_exception(exception_type: &str) -> Option<&'static ErrorShape> {
    let mut letters = exception_type.chars();
    let first = letters.next()?.to_ascii_uppercase();
    shapes().errors.get(&format!("{first}{}", letters.as_str()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;
    use crate::bedrock::json::{self, Document};

    /// What is decoded, as a value with the paths of what is special.
    fn decoded(body: &Value) -> (Value, Vec<Vec<Value>>) {
        read(&decode("Converse", &Document::read(body.to_string().as_bytes()).unwrap()))
    }

    fn read(decoded: &Decoded) -> (Value, Vec<Vec<Value>>) {
        let special = [b"[", decoded.special.as_slice(), b"]"].concat();
        (json::parse(&decoded.json).unwrap(), serde_json::from_slice(&special).unwrap())
    }

    fn event(event_type: &str, payload: &str) -> Option<(Value, Vec<Vec<Value>>)> {
        let mut decoded = Decoded::default();
        let payload = Document::read(payload.as_bytes()).unwrap();
        decode_event("ConverseStream", event_type, &payload, &mut decoded).then(|| read(&decoded))
    }

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
        let (value, special) = decoded(&body);
        assert_eq!(
            value,
            json!({ "output": { "message": { "role": "assistant", "content": [
                { "text": "a" }, { "reasoningContent": { "redactedContent": "AP8=" } },
                { "$unknown": ["future", { "x": 1 }] }] } }, "stopReason": "end_turn" })
        );
        assert_eq!(
            special,
            vec![vec![
                json!("output"),
                json!("message"),
                json!("content"),
                json!(1),
                json!("reasoningContent"),
                json!("redactedContent"),
                json!("blob")
            ]]
        );
    }

    #[test]
    fn events_lose_their_padding_and_unknown_ones_are_skipped() {
        let payload = r#"{"contentBlockIndex":0,"delta":{"text":"x"},"p":"abcd"}"#;
        let (value, special) = event("contentBlockDelta", payload).unwrap();
        assert_eq!(
            value.to_string(),
            r#"{"contentBlockDelta":{"delta":{"text":"x"},"contentBlockIndex":0}}"#
        );
        assert!(special.is_empty());
        assert_eq!(event("brandNew", "{}"), None);
    }

    #[test]
    fn a_delta_that_is_a_piece_of_text_is_told_from_the_rest() {
        let kind = |payload: &str| {
            let payload = Document::read(payload.as_bytes()).unwrap();
            Delta::of(&payload).map(|delta| (delta.kind, delta.block, delta.text.to_text()))
        };
        let text = |text: &str| text.to_owned();
        assert_eq!(
            kind(r#"{"p":"abc","delta":{"text":"x\ny"},"contentBlockIndex":3}"#),
            Some((DeltaKind::Text, 3, text("x\ny")))
        );
        assert_eq!(
            kind(r#"{"contentBlockIndex":0,"delta":{"toolUse":{"input":"{"}}}"#),
            Some((DeltaKind::ToolInput, 0, text("{")))
        );
        assert_eq!(
            kind(r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"hm"}}}"#),
            Some((DeltaKind::Reasoning, 0, text("hm")))
        );
        for other in [
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"s"}}}"#,
            r#"{"contentBlockIndex":0,"delta":{"text":"x","later":1}}"#,
            r#"{"contentBlockIndex":0,"delta":{"text":5}}"#,
            r#"{"contentBlockIndex":0,"delta":{"later":"x"}}"#,
            r#"{"contentBlockIndex":0.5,"delta":{"text":"x"}}"#,
            r#"{"contentBlockIndex":4294967296,"delta":{"text":"x"}}"#,
            r#"{"contentBlockIndex":0,"delta":{"text":"x"},"__type":"t"}"#,
            r#"{"delta":{"text":"x"}}"#,
            r#"{"contentBlockIndex":0}"#,
            "[]",
        ] {
            assert_eq!(kind(other), None, "{other}");
        }
    }

    #[test]
    fn halves_and_pairs_pass_as_they_are_written() {
        let payload = r#"{"delta":{"text":"\ud83e 🤖 \udd16"},"contentBlockIndex":0}"#;
        let mut decoded = Decoded::default();
        let document = Document::read(payload.as_bytes()).unwrap();
        assert!(decode_event("ConverseStream", "contentBlockDelta", &document, &mut decoded));
        let json = String::from_utf8(decoded.json).unwrap();
        assert_eq!(json, format!("{{\"contentBlockDelta\":{payload}}}"));
    }

    #[test]
    fn of_two_members_of_one_name_the_last_counts() {
        let body = r#"{"stopReason":"a","stopReason":"b",
            "additionalModelResponseFields":{"x":12345678901234567890,"y":2,"\u0078":1}}"#;
        let (value, special) = read(&decode("Converse", &Document::read(body.as_bytes()).unwrap()));
        assert_eq!(
            value,
            json!({ "stopReason": "b",
            "additionalModelResponseFields": { "x": 1, "y": 2 } })
        );
        assert!(special.is_empty());
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

    #[test]
    fn beside_a_type_everything_is_sent_and_kept() {
        let message = json!({ "role": null, "extra": { "b": 1 }, "__type": "Message" });
        assert_eq!(
            encoded(&json!({ "messages": [message] })),
            r#"{"messages":[{"role":null,"extra":{"b":1},"__type":"Message"}]}"#
        );
        let body = json!({ "usage": { "new": 1, "__type": "Usage", "inputTokens": 2 } });
        let kept = json!({ "usage": { "inputTokens": 2, "new": 1, "__type": "Usage" } });
        assert_eq!(decoded(&body).0, kept);
        assert_eq!(encoded(&json!({ "__type": "Request", "modelId": "m" })), "{}");
    }

    #[test]
    fn lists_and_maps_of_answers_keep_their_nulls() {
        let body = json!({ "output": { "message": { "content": [null, { "text": "a" }] } } });
        assert_eq!(decoded(&body).0, body);
    }

    #[test]
    fn what_json_has_no_way_to_say_is_marked() {
        let body: Value = serde_json::from_str(
            r#"{"usage":{"inputTokens":"NaN"},"metrics":{"latencyMs":12345678901234567890},
                "additionalModelResponseFields":{"__proto__":1,"a":[0.12345678901234567]}}"#,
        )
        .unwrap();
        let (value, special) = decoded(&body);
        assert_eq!(value["additionalModelResponseFields"].as_object().unwrap().len(), 1);
        let marks: Vec<_> = special.iter().map(|path| path.last().unwrap()).collect();
        assert_eq!(marks, ["number", "=12345678901234567890", "=0.12345678901234567"]);
    }

    #[test]
    fn marked_json_goes_out_as_it_stands() {
        let fields = json!({ "additionalModelRequestFields": {
            "big": { JSON_KEY: "12345678901234567890" }, "bad": { JSON_KEY: "1}" } } });
        let sent = encoded(&fields);
        assert!(sent.contains(r#""big":12345678901234567890"#), "{sent}");
        assert!(sent.contains(r#""bad":{"\u0000json":"1}"}"#), "{sent}");
    }

    #[test]
    fn what_an_sdk_knows_more_is_added_in_its_order() {
        let more = json!({ "shapes": {
            "S3Location": { "structure": { "added": "Added", "uri": "blob" } },
            "Added": { "list": "document" } } });
        extend(&more.to_string()).unwrap();
        let location = json!({ "bucketOwner": "o", "uri": "u", "added": [{ "b": 1, "a": 2 }] });
        let image = json!({ "image": { "source": { "s3Location": location } } });
        assert_eq!(
            encoded(&json!({ "messages": [{ "content": [image] }] })),
            r#"{"messages":[{"content":[{"image":{"source":{"s3Location":{"added":[{"b":1,"a":2}],"uri":"u","bucketOwner":"o"}}}}]}]}"#
        );
        let now = text();
        extend(&more.to_string()).unwrap();
        assert_eq!(text(), now);
        assert!(extend("no json").is_err());
    }
}
