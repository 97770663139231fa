//! Schemas of tools: what of JSON schema Bedrock and its models take.

use serde_json::{Map, Value};

use super::change::Action;
use super::draft::Draft;
use super::path::Path;
use super::pattern::Pattern;
use super::rule::{On, Rule};
use super::tools::TOOLS;
use super::unions;

pub(super) const M17: Rule = Rule {
    id: "M17",
    name: "lookaround-in-tool-schema",
    summary: "Drops patterns with lookaround from the schemas of tools on models that refuse them.",
    evidence: &["https://github.com/BerriAI/litellm"],
    on: On::Conversations,
    apply: |draft| {
        if !draft.capabilities.tools.schema_lookaround.no() {
            return;
        }
        let mut found = Vec::new();
        for (index, tool) in draft.list(&TOOLS).iter().enumerate() {
            let schema = tool.get("toolSpec").and_then(|spec| spec.get("inputSchema"));
            if let Some(schema) = schema.and_then(|schema| schema.get("json")) {
                let path = Path::from(TOOLS).index(index).key("toolSpec").key("inputSchema");
                find_lookaround(schema, &path.key("json"), &mut found);
            }
        }
        let model = draft.model();
        for path in found {
            draft.drop(path, format!("{model} refuses patterns with lookaround."));
        }
    },
};

pub(super) const M41: Rule = Rule {
    id: "M41",
    name: "union-at-the-top-of-a-schema",
    summary: "Merges anyOf, oneOf and allOf at the top of a tool's schema into its properties, where \
              the model refuses them there.",
    evidence: &[
        "https://github.com/code-yeongyu/senpi/issues/1947",
        "https://github.com/mthines/lorekit/issues/656",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.union_schemas || !draft.capabilities.tools.schema_unions.no() {
            return;
        }
        let merged =
            |(index, schema): (usize, &Map<String, Value>)| Some((index, unions::merged(schema)?));
        let found: Vec<_> = schemas(draft).filter_map(merged).collect();
        for (index, schema) in found {
            let reason = format!("{} refuses unions at the top of a schema.", draft.model());
            draft.set(path(index), Value::Object(schema), Action::Rewrite, reason);
        }
    },
};

pub(super) const M42: Rule = Rule {
    id: "M42",
    name: "schema-without-type",
    summary: "Says in a tool's schema that the input is an object, where it does not, and reports a \
              schema of anything else.",
    evidence: &[
        "https://github.com/block/goose/issues/5064",
        "https://github.com/code-yeongyu/senpi/issues/1947",
    ],
    on: On::Conversations,
    apply: |draft| {
        if !draft.survey.untyped_schemas || !draft.knows_model() {
            return;
        }
        let other = |(_, schema): &(usize, &Map<String, Value>)| {
            schema.get("type").is_none_or(|kind| kind.is_null() || is_objects(kind))
        };
        let found: Vec<_> = schemas(draft).filter(other).map(|(index, _)| index).collect();
        for index in found {
            let path = path(index).key("type");
            let reason = "Bedrock takes schemas of objects, and wants the type said.";
            if !draft.add(path.clone(), "object".into(), reason) {
                draft.set(path, "object".into(), Action::Rewrite, reason);
            }
        }
        let other = |(_, schema): &(usize, &Map<String, Value>)| {
            schema.get("type").is_some_and(|kind| !kind.is_null() && kind != "object")
        };
        let found: Vec<_> = schemas(draft).filter(other).map(|(index, _)| index).collect();
        for index in found {
            let reason = "Bedrock takes schemas of objects only.";
            let remedy = "Make it an object that has the value as a property.";
            draft.violation(path(index).key("type"), reason.to_owned(), remedy);
        }
    },
};

pub(super) const M43: Rule = Rule {
    id: "M43",
    name: "property-key",
    summary: "Reports a property of a tool's schema whose name the model refuses: renamed, the \
              caller would not recognise it in the answer.",
    evidence: &[
        "https://github.com/aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws/issues/709",
    ],
    on: On::Conversations,
    apply: |draft| {
        let pattern = draft.capabilities.tools.property_key_pattern.known();
        let Some(pattern) = pattern.and_then(|text| Pattern::of(text)) else {
            return;
        };
        let mut found = Vec::new();
        for (index, schema) in schemas(draft) {
            let properties = schema.get("properties").and_then(Value::as_object);
            let keys = properties.into_iter().flatten().map(|(key, _)| key);
            let tool = draft.get(&Path::from(TOOLS).index(index).key("toolSpec").key("name"));
            let tool = tool.and_then(Value::as_str).unwrap_or_default();
            for key in keys.filter(|key| !pattern.matches(key)) {
                found.push((index, tool.to_owned(), key.clone()));
            }
        }
        for (index, tool, key) in found {
            let reason =
                format!("{} refuses the property {key:?} of the tool {tool:?}.", draft.model());
            let remedy = "Name it with 1 to 64 letters, digits, underscores, dots and hyphens.";
            draft.violation(path(index).key("properties").key(key), reason, remedy);
        }
    },
};

/// The schemas of all tools, with the tools' places.
fn schemas<'d>(draft: &'d Draft<'_>) -> impl Iterator<Item = (usize, &'d Map<String, Value>)> {
    let schema = |(index, tool): (usize, &'d Value)| {
        let schema = tool.get("toolSpec")?.get("inputSchema")?.get("json")?;
        Some((index, schema.as_object()?))
    };
    draft.list(&TOOLS).iter().enumerate().filter_map(schema)
}

fn path(tool: usize) -> Path {
    Path::from(TOOLS).index(tool).key("toolSpec").key("inputSchema").key("json")
}

/// Whether a type is a list that has objects among others: an input is always an object.
fn is_objects(kind: &Value) -> bool {
    kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"))
}

/// Members of a JSON schema whose values are data, not schemas.
const SCHEMA_DATA: [&str; 5] = ["const", "default", "enum", "example", "examples"];

fn find_lookaround(schema: &Value, path: &Path, found: &mut Vec<Path>) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                let lookaround = |text: &str| {
                    ["(?=", "(?!", "(?<=", "(?<!"].iter().any(|start| text.contains(start))
                };
                if SCHEMA_DATA.contains(&name.as_str()) {
                } else if name == "pattern" && value.as_str().is_some_and(lookaround) {
                    found.push(path.clone().key(name.clone()));
                } else if value.is_object() || value.is_array() {
                    find_lookaround(value, &path.clone().key(name.clone()), found);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_lookaround(item, &path.clone().index(index), found);
            }
        }
        _ => {}
    }
}
