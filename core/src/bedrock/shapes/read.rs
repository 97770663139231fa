//! What of a response comes in, as the AWS SDK for JavaScript reads it.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use serde_json::Value;

use super::table::{Shape, ShapeTarget, Shapes, shapes};
use crate::bedrock::json::{self, Document, NodeId, NodeKind, RawText};

/// What of a response the shapes know, and what of it JSON has no way to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decoded {
    /// The known members, as JSON text.
    pub json: Vec<u8>,
    /// The path of each value that is more than its JSON, with what it is as the last step, as JSON
    /// arrays one after another with commas between; empty where there is none:
    ///
    /// | last step | value | what it is |
    /// |---|---|---|
    /// | `blob` | base64 | bytes |
    /// | `number` | `"NaN"`, `"Infinity"`, `"-Infinity"` | that number |
    /// | `timestamp` | seconds since 1970 | a time |
    /// | `=digits` | a number | these digits, which may be more than a double holds |
    pub special: Vec<u8>,
}

/// The mark of a blob, which ends its path.
pub const BLOB: &str = "blob";

/// Keeps what the shapes know of an operation's output.
pub fn decode(operation: &str, body: &Document) -> Decoded {
    let shapes = shapes();
    let known = shapes.operations.get(operation);
    let target = known.map_or(ShapeTarget::Document, |known| known.output.target);
    let mut decoded =
        Decoded { json: Vec::with_capacity(body.raw(body.root()).len()), special: Vec::new() };
    let mut reader = Reader::new(shapes, target, body, &mut decoded);
    // Beside a `__type` a structure keeps what is unknown, but not a response as a whole.
    match target {
        ShapeTarget::Shape(at) => match shapes.list.get(at) {
            Some(Shape::Structure(members)) if body.kind(body.root()) == NodeKind::Object => {
                reader.structure(members, body.root(), false);
            }
            _ => reader.read(target, body.root()),
        },
        _ => reader.read(target, body.root()),
    }
    decoded
}

/// Keeps what the shapes know of an exception's members; all of an exception they do not know.
pub fn decode_error(name: &str, body: &Value) -> Value {
    let shapes = shapes();
    let target = shapes.error_members.get(name).copied().unwrap_or(ShapeTarget::Document);
    let text = body.to_string();
    let Ok(document) = Document::read(Bytes::from(text)) else { return Value::Null };
    let mut decoded = Decoded::default();
    let mut reader = Reader::new(shapes, target, &document, &mut decoded);
    reader.exact = false;
    reader.read(target, document.root());
    json::parse(&decoded.json).unwrap_or_default()
}

/// Keeps what the shapes know of one stream event, added to what is there; `false` where they do not
/// know the event.
pub fn decode_event(
    operation: &str,
    event_type: &str,
    payload: &Document,
    into: &mut Decoded,
) -> bool {
    let shapes = shapes();
    let Some((name, target)) = shapes.event(operation, event_type) else { return false };
    let mut reader = Reader::new(shapes, target, payload, into);
    reader.out.json.push(b'{');
    reader.member_name(name);
    reader.inside(Step::Name(name), |reader| reader.read(target, payload.root()));
    reader.out.json.push(b'}');
    true
}

/// What of a content block a delta adds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeltaKind {
    /// `{ text }`
    Text,
    /// `{ reasoningContent: { text } }`
    Reasoning,
    /// `{ toolUse: { input } }`
    ToolInput,
}

/// A `contentBlockDelta` that is nothing but a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delta<'a> {
    /// What it adds to.
    pub kind: DeltaKind,
    /// `contentBlockIndex`
    pub block: u32,
    /// The piece.
    pub text: RawText<'a>,
}

impl Delta<'_> {
    /// The deltas of models that speak: most events are one. `None` for every other event, and where
    /// the shapes know something else of it.
    pub fn of(payload: &Document) -> Option<Delta<'_>> {
        let shapes = shapes();
        let ShapeTarget::Shape(at) = shapes.delta? else { return None };
        let Some(Shape::Structure(known)) = shapes.list.get(at) else { return None };
        let [(delta_name, ShapeTarget::Shape(delta_at)), (index_name, _)] = known.as_slice() else {
            return None;
        };
        if delta_name != "delta" || index_name != "contentBlockIndex" {
            return None;
        }
        let (mut delta, mut index) = (None, None);
        for (name, value) in payload.members(payload.root()) {
            let name = payload.text(name);
            if name.is("delta") {
                delta = Some(value);
            } else if name.is("contentBlockIndex") {
                index = Some(value);
            } else if name.is("__type") {
                return None;
            }
        }
        let Some(Shape::Union(kinds)) = shapes.list.get(*delta_at) else { return None };
        let (name, value) = only(payload, delta?)?;
        let (kind, text) = match payload.text(name).plain()? {
            "text" => (DeltaKind::Text, value),
            "toolUse" => (DeltaKind::ToolInput, named(payload, value, "input")?),
            "reasoningContent" => (DeltaKind::Reasoning, named(payload, value, "text")?),
            _ => return None,
        };
        let known = kinds.iter().any(|(kind, _)| payload.text(name).is(kind));
        if !known || payload.kind(text) != NodeKind::Text {
            return None;
        }
        let index = std::str::from_utf8(payload.raw(index?)).ok()?;
        let digits = index.len() == 1 || !index.starts_with('0');
        let block = index.parse().ok().filter(|_| digits && !index.starts_with('+'))?;
        Some(Delta { kind, block, text: payload.text(text) })
    }
}

/// The only member of an object.
fn only(document: &Document, at: NodeId) -> Option<(NodeId, NodeId)> {
    let mut members = document.members(at);
    let first = members.next()?;
    members.next().is_none().then_some(first)
}

/// The value of the only member of an object, where it has this name.
fn named(document: &Document, at: NodeId, name: &str) -> Option<NodeId> {
    let (key, value) = only(document, at)?;
    document.text(key).is(name).then_some(value)
}

#[derive(Clone, Copy)]
enum Step<'a> {
    /// A member of the shapes.
    Name(&'a str),
    /// A key, as it is written.
    Key(&'a [u8]),
    /// An item of a list.
    At(usize),
}

struct Reader<'a> {
    shapes: &'static Shapes,
    document: &'a Document,
    out: &'a mut Decoded,
    /// Whether the digits of numbers are kept: the AWS SDK does in responses that can hold documents.
    exact: bool,
    path: Vec<Step<'a>>,
}

impl<'a> Reader<'a> {
    fn new(
        shapes: &'static Shapes,
        target: ShapeTarget,
        document: &'a Document,
        out: &'a mut Decoded,
    ) -> Self {
        let exact = match target {
            ShapeTarget::Shape(at) => shapes.documents.get(at) == Some(&true),
            target => target == ShapeTarget::Document,
        };
        Self { shapes, document, out, exact, path: Vec::new() }
    }

    fn read(&mut self, target: ShapeTarget, at: NodeId) {
        let shape = match target {
            ShapeTarget::Shape(shape) => self.shapes.list.get(shape),
            target => return self.leaf(target, at),
        };
        match (shape, self.document.kind(at)) {
            (Some(Shape::Structure(members)), NodeKind::Object) => {
                let typed = self.document.member(at, "__type");
                let typed = typed.is_some_and(|named| self.document.kind(named) == NodeKind::Text);
                self.structure(members, at, typed);
            }
            (Some(Shape::Union(members)), NodeKind::Object) => self.union(members, at),
            (Some(Shape::Structure(_) | Shape::Union(_)), NodeKind::List) => {
                self.out.json.extend_from_slice(b"{}");
            }
            (Some(Shape::List(item)), NodeKind::List) => self.items(*item, at),
            (Some(Shape::Map(item)), NodeKind::Object) => self.entries(*item, at),
            _ => self.leaf(ShapeTarget::Scalar, at),
        }
    }

    /// The known members, in the shapes' order. Beside a `__type` the AWS SDK keeps what is unknown,
    /// and what is null.
    fn structure(&mut self, members: &'static [(String, ShapeTarget)], at: NodeId, typed: bool) {
        self.out.json.push(b'{');
        let mut first = true;
        for (name, target) in members {
            if let Some(value) = self.known(at, name) {
                self.separate(&mut first);
                self.member_name(name);
                self.inside(Step::Name(name), |reader| reader.read(*target, value));
            }
        }
        if typed {
            let document = self.document;
            let rest = document.members(at).filter(|(key, value)| {
                let known = members.iter().any(|(name, _)| document.text(*key).is(name));
                document.kind(*value) == NodeKind::Null || !known
            });
            self.distinct(ShapeTarget::Scalar, rest.collect(), first);
        }
        self.out.json.push(b'}');
    }

    /// One member that the shapes do not know, and nothing else, is `$unknown`.
    fn union(&mut self, members: &'static [(String, ShapeTarget)], at: NodeId) {
        let known = members.iter().any(|(name, _)| self.known(at, name).is_some());
        if !known {
            let document = self.document;
            let mut rest = document.members(at).filter(|(key, _)| {
                let key = document.text(*key);
                !key.is("__type") && !members.iter().any(|(name, _)| key.is(name))
            });
            if let (Some((key, value)), None) = (rest.next(), rest.next()) {
                self.out.json.extend_from_slice(b"{\"$unknown\":[");
                self.out.json.extend_from_slice(document.raw(key));
                self.out.json.push(b',');
                self.inside(Step::Name("$unknown"), |reader| {
                    reader.inside(Step::At(1), |reader| reader.leaf(ShapeTarget::Scalar, value));
                });
                self.out.json.extend_from_slice(b"]}");
                return;
            }
        }
        self.structure(members, at, false);
    }

    /// A member that is there and not null.
    fn known(&self, at: NodeId, name: &str) -> Option<NodeId> {
        let value = self.document.member(at, name)?;
        (self.document.kind(value) != NodeKind::Null).then_some(value)
    }

    fn items(&mut self, item: ShapeTarget, at: NodeId) {
        self.out.json.push(b'[');
        let mut first = true;
        for (index, value) in self.document.items(at).enumerate() {
            self.separate(&mut first);
            self.inside(Step::At(index), |reader| reader.read(item, value));
        }
        self.out.json.push(b']');
    }

    fn entries(&mut self, item: ShapeTarget, at: NodeId) {
        self.out.json.push(b'{');
        self.distinct(item, self.document.members(at).collect(), true);
        self.out.json.push(b'}');
    }

    /// Members of any name, each once: of those of one name the last value counts.
    fn distinct(&mut self, item: ShapeTarget, members: Vec<(NodeId, NodeId)>, mut first: bool) {
        let document = self.document;
        let mut last: HashMap<Cow<'_, [u8]>, NodeId> = HashMap::with_capacity(members.len());
        for (key, value) in &members {
            last.insert(comparable(document, *key), *value);
        }
        for (key, _) in members {
            // What a caller does with such a key could reach a prototype.
            if document.text(key).is("__proto__") {
                continue;
            }
            let Some(value) = last.remove(&comparable(document, key)) else { continue };
            self.separate(&mut first);
            self.out.json.extend_from_slice(document.raw(key));
            self.out.json.push(b':');
            self.inside(Step::Key(document.raw(key)), |reader| reader.read(item, value));
        }
    }

    fn leaf(&mut self, target: ShapeTarget, at: NodeId) {
        let document = self.document;
        match (target, document.kind(at)) {
            (ShapeTarget::Blob, NodeKind::Text) => self.mark(BLOB.as_bytes()),
            (ShapeTarget::Timestamp, NodeKind::Text | NodeKind::Number) => self.mark(b"timestamp"),
            (ShapeTarget::Number, NodeKind::Text) => {
                if matches!(document.raw(at), b"\"NaN\"" | b"\"Infinity\"" | b"\"-Infinity\"") {
                    self.mark(b"number");
                }
            }
            (_, NodeKind::Number) if self.exact && json::is_long(document.raw(at)) => {
                let digits = document.raw(at);
                self.mark(&[b"=", digits].concat());
            }
            (_, NodeKind::List) if document.is_odd() => {
                return self.items(ShapeTarget::Document, at);
            }
            (_, NodeKind::Object) if document.is_odd() => {
                return self.entries(ShapeTarget::Document, at);
            }
            _ => {}
        }
        self.out.json.extend_from_slice(document.raw(at));
    }

    /// Notes that the value at this path is more than its JSON.
    fn mark(&mut self, mark: &[u8]) {
        let special = &mut self.out.special;
        if !special.is_empty() {
            special.push(b',');
        }
        special.push(b'[');
        for step in &self.path {
            match step {
                Step::Name(name) => json::write_text(special, name),
                Step::Key(raw) => special.extend_from_slice(raw),
                Step::At(index) => special.extend_from_slice(index.to_string().as_bytes()),
            }
            special.push(b',');
        }
        special.push(b'"');
        special.extend_from_slice(mark);
        special.extend_from_slice(b"\"]");
    }

    fn member_name(&mut self, name: &str) {
        json::write_text(&mut self.out.json, name);
        self.out.json.push(b':');
    }

    fn separate(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.out.json.push(b',');
        }
    }

    fn inside(&mut self, step: Step<'a>, read: impl FnOnce(&mut Self)) {
        self.path.push(step);
        read(self);
        self.path.pop();
    }
}

/// A key by which those that read the same are the same.
fn comparable(document: &Document, key: NodeId) -> Cow<'_, [u8]> {
    let text = document.text(key);
    if let Some(plain) = text.plain() {
        return Cow::Borrowed(plain.as_bytes());
    }
    let units: Vec<u16> = text.units().collect();
    Cow::Owned(match String::from_utf16(&units) {
        Ok(text) => text.into_bytes(),
        // Halves of surrogate pairs have no UTF-8, in which no byte is 0xff.
        Err(_) => units
            .iter()
            .flat_map(|unit| {
                let [high, low] = unit.to_be_bytes();
                [0xff, high, low]
            })
            .collect(),
    })
}
