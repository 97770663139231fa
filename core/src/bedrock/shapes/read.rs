//! What of an answer comes in, as the AWS SDK for JavaScript reads it.

use serde_json::{Map, Value};

use super::{Shape, Shapes, Target, shapes};

/// What of an answer the shapes know, and what of it JSON has no way to say.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// The known members.
    pub value: Value,
    /// The path of each value that is more than its JSON, with what it is as the last step:
    ///
    /// | last step | value | what it is |
    /// |---|---|---|
    /// | `blob` | base64 | bytes |
    /// | `number` | `"NaN"`, `"Infinity"`, `"-Infinity"` | that number |
    /// | `timestamp` | seconds since 1970 | a time |
    /// | `=digits` | a number | these digits, which may be more than a double holds |
    pub special: Vec<Vec<Value>>,
}

/// The mark of a blob, which ends its path.
pub const BLOB: &str = "blob";

/// Keeps what the shapes know of an operation's output.
pub fn decode(operation: &str, body: Value) -> Decoded {
    let shapes = shapes();
    let known = shapes.operations.get(operation);
    let target = known.map_or(Target::Document, |known| known.output.target);
    // Beside a `__type` a structure keeps what is unknown, but not an answer as a whole.
    let body = match body {
        Value::Object(mut members) => {
            members.shift_remove("__type");
            Value::Object(members)
        }
        body => body,
    };
    let mut reader = Reader::new(shapes, target);
    let value = reader.read(target, body);
    Decoded { value, special: reader.special }
}

/// Keeps what the shapes know of an exception's members; all of an exception they do not know.
pub fn decode_error(name: &str, body: Value) -> Value {
    let shapes = shapes();
    let target = shapes.error_members.get(name).copied().unwrap_or(Target::Document);
    Reader { shapes, exact: false, path: Vec::new(), special: Vec::new() }.read(target, body)
}

/// Keeps what the shapes know of one stream event; `None` where they do not know the event.
pub fn decode_event(operation: &str, event_type: &str, payload: Value) -> Option<Decoded> {
    let shapes = shapes();
    let Target::Shape(at) = shapes.operations.get(operation)?.output.target else { return None };
    let (Shape::Structure(members) | Shape::Union(members)) = shapes.list.get(at)? else {
        return None;
    };
    let (name, target) = members.iter().find(|(name, _)| name == event_type)?;
    let mut reader = Reader::new(shapes, *target);
    let value = reader.inside(name.as_str(), |reader| reader.read(*target, payload));
    let value = Value::Object(Map::from_iter([(name.clone(), value)]));
    Some(Decoded { value, special: reader.special })
}

struct Reader<'a> {
    shapes: &'a Shapes,
    /// Whether the digits of numbers are kept: the AWS SDK does in answers that can hold documents.
    exact: bool,
    path: Vec<Value>,
    special: Vec<Vec<Value>>,
}

impl<'a> Reader<'a> {
    fn new(shapes: &'a Shapes, target: Target) -> Self {
        let exact = match target {
            Target::Shape(at) => shapes.documents.get(at) == Some(&true),
            target => target == Target::Document,
        };
        Self { shapes, exact, path: Vec::new(), special: Vec::new() }
    }

    fn read(&mut self, target: Target, value: Value) -> Value {
        let shapes = self.shapes;
        let shape = match target {
            Target::Shape(at) => shapes.list.get(at),
            target => return self.leaf(target, value),
        };
        match (shape, value) {
            (Some(Shape::Structure(members)), Value::Object(object)) => {
                Value::Object(self.structure(members, object))
            }
            (Some(Shape::Union(members)), Value::Object(object)) => {
                Value::Object(self.union(members, object))
            }
            (Some(Shape::Structure(_) | Shape::Union(_)), Value::Array(_)) => {
                Value::Object(Map::new())
            }
            (Some(Shape::List(item)), Value::Array(items)) => {
                let items = items.into_iter().enumerate();
                Value::Array(
                    items
                        .map(|(at, value)| self.inside(at, |reader| reader.read(*item, value)))
                        .collect(),
                )
            }
            (Some(Shape::Map(item)), Value::Object(object)) => {
                Value::Object(self.entries(*item, object))
            }
            (_, value) => self.leaf(Target::Scalar, value),
        }
    }

    fn structure(
        &mut self,
        members: &[(String, Target)],
        mut object: Map<String, Value>,
    ) -> Map<String, Value> {
        if !object.get("__type").is_some_and(Value::is_string) {
            return self.members(members, &mut object);
        }
        // Beside a `__type` the AWS SDK keeps what is unknown, and what is null.
        let mut known = self.members(members, &mut object.clone());
        object.retain(|name, _| !known.contains_key(name));
        known.extend(self.entries(Target::Scalar, object));
        known
    }

    /// One member that the shapes do not know, and nothing else, is `$unknown`.
    fn union(
        &mut self,
        members: &[(String, Target)],
        mut object: Map<String, Value>,
    ) -> Map<String, Value> {
        let known = self.members(members, &mut object);
        let mut rest = object.into_iter().filter(|(key, _)| key != "__type");
        match (known.is_empty(), rest.next(), rest.next()) {
            (true, Some((key, value)), None) => {
                let value = self.inside("$unknown", |reader| {
                    reader.inside(1, |reader| reader.leaf(Target::Scalar, value))
                });
                let pair = Value::Array(vec![Value::String(key), value]);
                Map::from_iter([("$unknown".to_owned(), pair)])
            }
            _ => known,
        }
    }

    /// Takes the known members out of an object.
    fn members(
        &mut self,
        members: &[(String, Target)],
        object: &mut Map<String, Value>,
    ) -> Map<String, Value> {
        let mut known = Map::new();
        for (name, target) in members {
            let Some(value) = object.swap_remove(name).filter(|value| !value.is_null()) else {
                continue;
            };
            let value = self.inside(name.as_str(), |reader| reader.read(*target, value));
            known.insert(name.clone(), value);
        }
        known
    }

    fn entries(&mut self, item: Target, object: Map<String, Value>) -> Map<String, Value> {
        // What a caller does with such a key could reach a prototype.
        let object = object.into_iter().filter(|(key, _)| key != "__proto__");
        object
            .map(|(key, value)| {
                let value = self.inside(key.as_str(), |reader| reader.read(item, value));
                (key, value)
            })
            .collect()
    }

    fn leaf(&mut self, target: Target, value: Value) -> Value {
        match (target, value) {
            (Target::Blob, value @ Value::String(_)) => self.marked(BLOB, value),
            (Target::Timestamp, value @ (Value::String(_) | Value::Number(_))) => {
                self.marked("timestamp", value)
            }
            (Target::Number, Value::String(text))
                if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") =>
            {
                self.marked("number", Value::String(text))
            }
            (_, Value::Number(number)) if self.exact && is_long(number.as_str()) => {
                let mark = format!("={number}");
                self.marked(&mark, Value::Number(number))
            }
            (_, Value::Array(items)) => {
                let items = items.into_iter().enumerate();
                Value::Array(
                    items
                        .map(|(at, value)| {
                            self.inside(at, |reader| reader.leaf(Target::Document, value))
                        })
                        .collect(),
                )
            }
            (_, Value::Object(object)) => Value::Object(self.entries(Target::Document, object)),
            (_, value) => value,
        }
    }

    fn marked(&mut self, mark: &str, value: Value) -> Value {
        let mut path = self.path.clone();
        path.push(Value::from(mark));
        self.special.push(path);
        value
    }

    fn inside<T>(&mut self, step: impl Into<Value>, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step.into());
        let out = read(self);
        self.path.pop();
        out
    }
}

/// Whether a number has more to it than any double keeps: whoever reads it looks closer.
fn is_long(number: &str) -> bool {
    number.len() > 15 || number.contains(['e', 'E'])
}
