//! What of an input goes out, as the AWS SDK for JavaScript writes it.

use base64_simd::STANDARD as BASE64;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::table::{Shape, ShapeTarget, Shapes, shapes};
use crate::bedrock::json;

/// The key that marks a blob in an input's JSON: `{"\u{0}blob": index}`.
pub const BLOB_KEY: &str = "\u{0}blob";

/// The key that marks JSON text that goes out as it stands, such as more digits than JavaScript's
/// numbers have.
pub const JSON_KEY: &str = "\u{0}json";

/// Writes an operation's body as the AWS SDK for JavaScript would.
pub fn encode<B: AsRef<[u8]>>(operation: &str, input: &Map<String, Value>, blobs: &[B]) -> Vec<u8> {
    let shapes = shapes();
    let size = blobs.iter().map(|blob| blob.as_ref().len()).sum::<usize>();
    let mut writer = Writer { shapes, blobs, out: Vec::with_capacity(1024 + size / 3 * 4) };
    let shape = match shapes.operations.get(operation).map(|known| known.input.target) {
        Some(ShapeTarget::Shape(at)) => shapes.list.get(at),
        _ => None,
    };
    match shape {
        // Without a member of a body there is none, whatever else an input has.
        Some(Shape::Structure(members)) if !members.iter().any(|(name, _)| has(input, name)) => {
            writer.out.extend_from_slice(b"{}");
        }
        Some(Shape::Structure(members)) => writer.members(members, input, false),
        _ => writer.object(input),
    }
    writer.out
}

fn has(object: &Map<String, Value>, name: &str) -> bool {
    object.get(name).is_some_and(|value| !value.is_null())
}

/// The bytes that a value of an input stands for, where it is a blob of the table.
pub fn blob<'a>(value: &Value, blobs: &'a [impl AsRef<[u8]>]) -> Option<&'a [u8]> {
    blob_of(value.as_object()?, blobs)
}

struct Writer<'a, B> {
    shapes: &'a Shapes,
    blobs: &'a [B],
    out: Vec<u8>,
}

impl<B: AsRef<[u8]>> Writer<'_, B> {
    fn write(&mut self, target: ShapeTarget, value: &Value) {
        let shapes = self.shapes;
        let shape = match target {
            ShapeTarget::Shape(at) => shapes.list.get(at),
            ShapeTarget::Blob => return self.blob(value),
            _ => return self.document(value),
        };
        match (shape, value) {
            (_, Value::Object(object)) if is_mark(object) => self.document(value),
            (Some(Shape::Structure(members)), Value::Object(object)) => {
                self.members(members, object, false);
            }
            (Some(Shape::Union(members)), Value::Object(object)) => {
                self.members(members, object, true);
            }
            (Some(Shape::Structure(_) | Shape::Union(_)), Value::Array(_)) => {
                self.out.extend_from_slice(b"{}");
            }
            (Some(Shape::List(item)), Value::Array(items)) => {
                self.out.push(b'[');
                let mut first = true;
                for value in items.iter().filter(|value| !value.is_null()) {
                    self.separate(&mut first);
                    self.write(*item, value);
                }
                self.out.push(b']');
            }
            (Some(Shape::Map(item)), Value::Object(object)) => {
                let entries = object.iter().map(|(key, value)| (key.as_str(), value));
                self.entries(*item, entries);
            }
            (Some(Shape::Map(item @ ShapeTarget::Shape(_))), Value::Array(items)) => {
                let keys: Vec<String> = (0..items.len()).map(|at| at.to_string()).collect();
                self.entries(*item, keys.iter().map(String::as_str).zip(items));
            }
            // The caller's type is not the shape's: it goes out as it is, and AWS says what is
            // wrong.
            _ => self.document(value),
        }
    }

    fn members(
        &mut self,
        members: &[(String, ShapeTarget)],
        object: &Map<String, Value>,
        union: bool,
    ) {
        self.out.push(b'{');
        let mut first = true;
        let mut written = 0;
        for (name, target) in members {
            let Some(value) = object.get(name).filter(|value| !value.is_null()) else { continue };
            self.member(&mut first, name, *target, value);
            written += 1;
        }
        if written < object.len() {
            self.unknown_members(members, object, union, first);
        }
        self.out.push(b'}');
    }

    /// What is sent though the shapes do not know it: `{ $unknown: [name, value] }`, by which a
    /// caller names a member of a union, and all that stands beside a `__type`.
    fn unknown_members(
        &mut self,
        members: &[(String, ShapeTarget)],
        object: &Map<String, Value>,
        union: bool,
        mut first: bool,
    ) {
        if first && union {
            let pair = object.get("$unknown").and_then(Value::as_array).map(Vec::as_slice);
            if let Some([Value::String(key), value, ..]) = pair {
                self.member(&mut first, key, ShapeTarget::Document, value);
            }
        } else if object.get("__type").is_some_and(Value::is_string) {
            let known = |name: &str| members.iter().any(|(known, _)| known == name);
            for (name, value) in object {
                if value.is_null() || !known(name) {
                    self.member(&mut first, name, ShapeTarget::Document, value);
                }
            }
        }
    }

    fn entries<'v>(
        &mut self,
        item: ShapeTarget,
        entries: impl Iterator<Item = (&'v str, &'v Value)>,
    ) {
        self.out.push(b'{');
        let mut first = true;
        for (key, value) in entries.filter(|(_, value)| !value.is_null()) {
            self.member(&mut first, key, item, value);
        }
        self.out.push(b'}');
    }

    fn member(&mut self, first: &mut bool, key: &str, target: ShapeTarget, value: &Value) {
        self.separate(first);
        self.text(key);
        self.out.push(b':');
        self.write(target, value);
    }

    fn document(&mut self, value: &Value) {
        match value {
            Value::Object(object) => self.object(object),
            Value::Array(items) => {
                self.out.push(b'[');
                let mut first = true;
                for value in items {
                    self.separate(&mut first);
                    self.document(value);
                }
                self.out.push(b']');
            }
            Value::String(text) => self.text(text),
            Value::Number(number) => self.out.extend_from_slice(number.as_str().as_bytes()),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Null => self.out.extend_from_slice(b"null"),
        }
    }

    fn object(&mut self, object: &Map<String, Value>) {
        if is_mark(object) {
            if let Some(blob) = blob_of(object, self.blobs) {
                return self.base64(blob);
            }
            if let Some(json) = json_of(object) {
                return self.out.extend_from_slice(json.as_bytes());
            }
        }
        self.out.push(b'{');
        let mut first = true;
        for (key, value) in object {
            self.member(&mut first, key, ShapeTarget::Document, value);
        }
        self.out.push(b'}');
    }

    /// A blob: bytes from the table, or a string, whose UTF-8 is what AWS gets.
    fn blob(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.base64(json::lossy(text).as_bytes()),
            _ => self.document(value),
        }
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.out.push(b'"');
        BASE64.encode_append(bytes, &mut self.out);
        self.out.push(b'"');
    }

    fn text(&mut self, text: &str) {
        json::write_text(&mut self.out, text);
    }

    fn separate(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.out.push(b',');
        }
    }
}

/// Whether an object stands for something that JSON has no way to say.
fn is_mark(object: &Map<String, Value>) -> bool {
    object.len() == 1 && object.keys().next().is_some_and(|key| key.starts_with('\0'))
}

fn blob_of<'a, B: AsRef<[u8]>>(object: &Map<String, Value>, blobs: &'a [B]) -> Option<&'a [u8]> {
    let index = usize::try_from(object.get(BLOB_KEY)?.as_u64()?).ok()?;
    blobs.get(index).map(AsRef::as_ref)
}

fn json_of(object: &Map<String, Value>) -> Option<&str> {
    let json = object.get(JSON_KEY)?.as_str()?;
    serde_json::from_str::<IgnoredAny>(json).is_ok().then_some(json)
}
