//! The table of shapes, and what is added to it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShapeTarget {
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
pub(super) enum Shape {
    Structure(Vec<(String, ShapeTarget)>),
    Union(Vec<(String, ShapeTarget)>),
    List(ShapeTarget),
    Map(ShapeTarget),
}

impl Shape {
    fn targets(&self) -> Box<dyn Iterator<Item = ShapeTarget> + '_> {
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
    pub(super) target: ShapeTarget,
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
pub(super) struct Shapes {
    pub(super) list: Vec<Shape>,
    /// Of each shape, whether it can hold a document.
    pub(super) documents: Vec<bool>,
    pub(super) operations: HashMap<String, OperationShapes>,
    errors: HashMap<String, ErrorShape>,
    /// Members of each exception, by class name.
    pub(super) error_members: HashMap<String, ShapeTarget>,
    /// What the event `contentBlockDelta` of ConverseStream holds.
    pub(super) delta: Option<ShapeTarget>,
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

pub(super) fn shapes() -> &'static Shapes {
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
        Some("document") => ShapeTarget::Document,
        Some("blob") => ShapeTarget::Blob,
        Some("number") => ShapeTarget::Number,
        Some("timestamp") => ShapeTarget::Timestamp,
        Some(name) => index.get(name).map_or(ShapeTarget::Scalar, |at| ShapeTarget::Shape(*at)),
        None => ShapeTarget::Scalar,
    };
    let members = |map: &Value| -> Vec<(String, ShapeTarget)> {
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
                    target: side.get("shape").map_or(ShapeTarget::Document, &target),
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
    pub(super) fn event(&self, operation: &str, event_type: &str) -> Option<(&str, ShapeTarget)> {
        let ShapeTarget::Shape(at) = self.operations.get(operation)?.output.target else {
            return None;
        };
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
                    ShapeTarget::Document => true,
                    ShapeTarget::Shape(at) => before.get(at) == Some(&true),
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
