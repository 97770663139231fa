//! `anyOf`, `oneOf` and `allOf` at the top of a schema of objects, merged into its properties: what
//! the schema then allows is at least what it allowed.

use serde_json::{Map, Value, json};

const UNIONS: [&str; 3] = ["anyOf", "oneOf", "allOf"];
/// Deeper than any schema that means something: one that refers to itself ends here.
const MOST_DEEP: usize = 8;

/// The schema without unions at its top; `None` where it has none.
pub(super) fn merged(schema: &Map<String, Value>) -> Option<Map<String, Value>> {
    let concerned = UNIONS.iter().any(|union| schema.get(*union).is_some_and(Value::is_array));
    concerned.then(|| merge(schema, schema, 0))
}

fn merge(
    schema: &Map<String, Value>,
    root: &Map<String, Value>,
    depth: usize,
) -> Map<String, Value> {
    let mut merged = schema.clone();
    for union in UNIONS {
        let Some(Value::Array(branches)) = schema.get(union) else {
            continue;
        };
        merged.shift_remove(union);
        let branches: Vec<_> =
            branches.iter().filter_map(|branch| resolve(branch, root, depth)).collect();
        let all = union == "allOf";
        // One of several sets of required properties cannot be said without a union.
        if !all && branches.iter().all(says_only_required) {
            continue;
        }
        for branch in &branches {
            add_properties(&mut merged, branch);
        }
        let required: Vec<Vec<&Value>> = branches.iter().map(required_of).collect();
        require(&mut merged, &required, all);
    }
    merged
}

/// What a branch says, its own unions and reference merged; `None` where it is about something that
/// is no object, as an input never is.
fn resolve(branch: &Value, root: &Map<String, Value>, depth: usize) -> Option<Map<String, Value>> {
    let Some(mut branch) = branch.as_object().cloned() else {
        return Some(Map::new());
    };
    if depth >= MOST_DEEP {
        return Some(Map::new());
    }
    if let Some(target) = branch.get("$ref").and_then(Value::as_str).and_then(|at| find(at, root)) {
        let target = resolve(target, root, depth + 1)?;
        branch.shift_remove("$ref");
        add_properties(&mut branch, &target);
        let required = [required_of(&target)];
        require(&mut branch, &required, true);
    }
    let is_object = |kind: &Value| kind == "object";
    let object = match branch.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is_object),
        Some(Value::Null) | None => true,
        Some(kind) => is_object(kind),
    };
    object.then(|| merge(&branch, root, depth + 1))
}

/// What a reference within a schema (`#/$defs/a`) points at.
fn find<'v>(reference: &str, root: &'v Map<String, Value>) -> Option<&'v Value> {
    let mut steps = reference
        .strip_prefix("#/")?
        .split('/')
        .map(|step| step.replace("~1", "/").replace("~0", "~"));
    let first = root.get(&steps.next()?)?;
    steps.try_fold(first, |at, step| match at {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        at => at.get(&step),
    })
}

fn says_only_required(branch: &Map<String, Value>) -> bool {
    let about = ["required", "type", "title", "description"];
    branch.keys().all(|name| about.contains(&name.as_str()))
}

fn required_of(branch: &Map<String, Value>) -> Vec<&Value> {
    branch.get("required").and_then(Value::as_array).into_iter().flatten().collect()
}

fn add_properties(schema: &mut Map<String, Value>, branch: &Map<String, Value>) {
    let Some(Value::Object(added)) = branch.get("properties") else {
        return;
    };
    let properties = schema.entry("properties").or_insert(Value::Null);
    if !properties.is_object() {
        *properties = Value::Object(Map::new());
    }
    let Some(properties) = properties.as_object_mut() else { return };
    for (name, kind) in added {
        match properties.get_mut(name) {
            None => {
                properties.insert(name.clone(), kind.clone());
            }
            Some(known) => join(known, kind),
        }
    }
}

/// Lets a property be of another kind too.
fn join(known: &mut Value, kind: &Value) {
    if known == kind {
        return;
    }
    let alone = known.as_object().is_some_and(|members| members.len() == 1);
    match known.get_mut("anyOf").and_then(Value::as_array_mut).filter(|_| alone) {
        Some(kinds) if kinds.contains(kind) => {}
        Some(kinds) => kinds.push(kind.clone()),
        None => {
            let first = known.take();
            *known = json!({ "anyOf": [first, kind] });
        }
    }
}

/// Adds to what a schema requires: what all branches do, or what any of them does.
fn require(schema: &mut Map<String, Value>, branches: &[Vec<&Value>], any: bool) {
    let mut required: Vec<Value> = required_of(schema).into_iter().cloned().collect();
    let before = required.len();
    for name in branches.iter().flatten().copied() {
        let wanted = any || branches.iter().all(|branch| branch.contains(&name));
        if wanted && !required.contains(name) {
            required.push(name.clone());
        }
    }
    if required.len() > before {
        schema.insert("required".to_owned(), Value::Array(required));
    }
}
