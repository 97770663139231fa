//! What belongs to a client and not into a request: a caller that mixes its own settings into the
//! additional fields, or into a body in the model's own words, would send its secret key to the model.
//!
//! Nobody may see such a value: a change has [`REDACTED`] in its place, and so has what `explain`
//! shows where the gate is off.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::change::Change;
use super::draft::Draft;
use super::path::Path;
use super::rule::{On, Rule};
use crate::bedrock::{json, shapes};

/// Stands where a value was that nobody may see.
pub const REDACTED: &str = "[redacted]";

const FIELDS: &str = "additionalModelRequestFields";
const BODY: &str = "body";

/// Members of a body in the model's own words that hold the conversation: what stands there was
/// written for the model.
const CONVERSATION: [&str; 14] = [
    "messages",
    "system",
    "tools",
    "tool_config",
    "toolConfig",
    "prompt",
    "message",
    "chat_history",
    "documents",
    "inputText",
    "input_text",
    "texts",
    "images",
    "input",
];

/// Settings of a client. No model has a field of one of these names.
const SETTINGS: [&str; 4] =
    ["credentials", "client", "configuration", "applicationInferenceProfile"];

/// Names of keys, without capitals and separators: SDKs, environments and STS each spell them their
/// own way. A model may have a field of such a name, but not with a key in it.
const KEYS: [&str; 5] = ["secretaccesskey", "accesskeyid", "sessiontoken", "apikey", "token"];

/// The shortest key that AWS gives out (an access key id) has as many characters.
const SHORTEST: usize = 16;

pub(super) const K1: Rule = Rule {
    id: "K1",
    name: "credentials-in-additional-fields",
    summary: "Drops a client's own settings (credentials, client, configuration, \
              applicationInferenceProfile) and keys from the additional fields, and from what stands \
              beside the conversation in a body in the model's own words, whatever the model.",
    evidence: &[
        "https://github.com/danny-avila/LibreChat/blob/main/packages/api/src/agents/memory.ts",
        "https://github.com/danny-avila/LibreChat/blob/main/packages/data-provider/src/bedrock.ts",
    ],
    on: On::Models,
    apply: |draft| {
        if let Some(fields) = draft.at(&[FIELDS]) {
            let found = paths(fields, &Path::from([FIELDS]));
            drop_all(draft, found);
        }
        let Some(bytes) = draft.at(&[BODY]).and_then(|body| bytes_of(body, draft.blobs)) else {
            return;
        };
        let found = read_settings(bytes).map(|settings| paths(&settings, &Path::from([BODY])));
        let found = found.unwrap_or_default();
        // A body without them goes out byte for byte as it came.
        if !found.is_empty()
            && let Ok(body) = json::parse(bytes)
        {
            draft.in_body(body, |draft| drop_all(draft, found));
        }
    },
};

fn drop_all(draft: &mut Draft<'_>, found: Vec<Path>) {
    for path in found {
        let reason = format!(
            "{path} belongs to the client that makes the call. In a request it would be sent to \
             the model."
        );
        draft.drop_unseen(path, REDACTED, reason);
    }
}

/// The bytes of a body.
fn bytes_of<'a>(body: &'a Value, blobs: &'a [Vec<u8>]) -> Option<&'a [u8]> {
    body.as_str().map(str::as_bytes).or_else(|| shapes::blob(body, blobs))
}

/// What stands beside the conversation in a body; `None` where it is no JSON object.
fn read_settings(bytes: &[u8]) -> Option<Value> {
    match serde_json::from_slice(bytes) {
        Ok(Beside(settings)) => Some(Value::Object(settings)),
        // It may hold halves of surrogate pairs.
        Err(_) => match json::parse(bytes) {
            Ok(Value::Object(mut body)) => {
                body.retain(|name, _| !CONVERSATION.contains(&name.as_str()));
                Some(Value::Object(body))
            }
            _ => None,
        },
    }
}

/// The members of a body beside its conversation, which may have megabytes and is passed over.
struct Beside(Map<String, Value>);

impl<'de> Deserialize<'de> for Beside {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Beside;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Beside, A::Error> {
                let mut kept = Map::new();
                while let Some(name) = members.next_key::<String>()? {
                    if CONVERSATION.contains(&name.as_str()) {
                        members.next_value::<IgnoredAny>()?;
                    } else {
                        kept.insert(name, members.next_value()?);
                    }
                }
                Ok(Beside(kept))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// Where in the additional fields, or beside the conversation in a body, something stands that nobody
/// may see.
fn paths(fields: &Value, root: &Path) -> Vec<Path> {
    let mut found = Vec::new();
    for (name, value) in fields.as_object().into_iter().flatten() {
        let path = root.clone().key(name.clone());
        let mut below = Vec::new();
        keys(name, value, path.clone(), &mut below);
        // A body may have a member of such a name that is the model's own.
        let settles = !root.is(&[BODY]) || !below.is_empty();
        if SETTINGS.contains(&name.as_str()) && !value.is_null() && settles {
            found.push(path);
        } else {
            found.append(&mut below);
        }
    }
    found
}

fn keys(name: &str, value: &Value, path: Path, found: &mut Vec<Path>) {
    match value {
        Value::String(text) if names_a_key(name) && looks_like_a_key(text) => found.push(path),
        Value::Object(members) => {
            for (name, value) in members {
                keys(name, value, path.clone().key(name.clone()), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                keys("", item, path.clone().index(index), found);
            }
        }
        _ => {}
    }
}

/// Whether a name is one of [`KEYS`]: `secretAccessKey`, `SecretAccessKey`, `aws_secret_access_key`.
fn names_a_key(name: &str) -> bool {
    let counts = |sign: &char| !matches!(sign, '_' | '-');
    let plain: String = name.chars().filter(counts).collect::<String>().to_ascii_lowercase();
    KEYS.contains(&plain.strip_prefix("aws").unwrap_or(&plain))
}

/// The key in a text: an environment or a file often leaves white space around it.
fn word_of(text: &str) -> &str {
    let word = text.trim();
    match word.split_once(char::is_whitespace) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        _ => word,
    }
}

/// Keys and tokens are one long word of letters, digits and a few signs.
fn looks_like_a_key(text: &str) -> bool {
    let word = word_of(text);
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=_.~:-".contains(&byte);
    word.len() >= SHORTEST && word.bytes().all(sign) && !word.contains("://")
}

/// The additional fields of a request; of CountTokens, those of the conversation that is counted.
fn fields_of(request: &Map<String, Value>) -> Option<&Value> {
    let counted = || request.get("input")?.get("converse")?.get(FIELDS);
    request.get(FIELDS).or_else(counted)
}

/// The body of a request in the model's own words; of CountTokens, the one that is counted.
fn body_of(request: &Map<String, Value>) -> Option<&Value> {
    let counted = || request.get("input")?.get("invokeModel")?.get(BODY);
    request.get(BODY).or_else(counted)
}

/// Where a request may hold settings of a client, and what stands there.
fn searched<'a>(
    request: &'a Map<String, Value>,
    blobs: &'a [Vec<u8>],
) -> Option<(&'static str, Cow<'a, Value>)> {
    if let Some(fields) = fields_of(request) {
        return Some((FIELDS, Cow::Borrowed(fields)));
    }
    Some((BODY, Cow::Owned(read_settings(bytes_of(body_of(request)?, blobs)?)?)))
}

/// What the operator should know where a request goes out as it is (`off`).
pub(crate) fn warning_of_sent(
    request: &Map<String, Value>,
    blobs: &[Vec<u8>],
    id: &str,
) -> Option<String> {
    let (root, fields) = searched(request, blobs)?;
    let found = paths(&fields, &Path::from([root]));
    warning(
        found.iter().map(ToString::to_string),
        id,
        "were sent to the model, since gating is \"off\"",
    )
}

/// What the operator should know where a request was changed instead of being refused (`strict`).
pub(crate) fn warning_of_dropped(changes: &[Change], id: &str) -> Option<String> {
    let found = changes.iter().filter(|change| is_secret(change)).map(|change| change.path.clone());
    warning(found, id, "were left out")
}

fn warning(found: impl Iterator<Item = String>, id: &str, what: &str) -> Option<String> {
    let found = found.collect::<Vec<_>>().join(", ");
    (!found.is_empty()).then(|| {
        format!(
            "A request for {id} contained settings of a client, which may hold a secret key: {found}. \
             They {what}. Find where the caller mixes a client's settings into its request. (K1)"
        )
    })
}

/// Whether a change was made here: such a request is not refused in `strict`, where its caller would
/// have to see what nobody may see.
pub(crate) fn is_secret(change: &Change) -> bool {
    change.rule == K1.id
}

/// A request as it may be shown.
pub(crate) fn redacted(request: &Map<String, Value>) -> Map<String, Value> {
    let mut shown = request.clone();
    let Some(fields) = fields_of(request) else { return shown };
    let found = paths(fields, &Path::from([FIELDS]));
    let mut shown_fields = shown.get_mut(FIELDS);
    if shown_fields.is_none() {
        shown_fields = shown
            .get_mut("input")
            .and_then(|input| input.get_mut("converse"))
            .and_then(|conversation| conversation.get_mut(FIELDS));
    }
    let Some(shown_fields) = shown_fields else { return shown };
    for path in found {
        let mut steps = path.segments().iter().skip(1);
        let place = steps.try_fold(&mut *shown_fields, |at, step| step.below_mut(at));
        if let Some(place) = place {
            *place = Value::from(REDACTED);
        }
    }
    shown
}

/// The texts in a request that nobody may see, wherever they come back.
pub(crate) fn texts(request: &Map<String, Value>, blobs: &[Vec<u8>]) -> Vec<String> {
    let Some((root, fields)) = searched(request, blobs) else { return Vec::new() };
    let mut texts = Vec::new();
    for path in paths(&fields, &Path::from([root])) {
        let mut steps = path.segments().iter().skip(1);
        if let Some(value) = steps.try_fold(&*fields, |at, step| step.below(at)) {
            leaves("", value, &mut texts);
        }
    }
    // One may be a part of another.
    texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
    texts
}

/// Keys below a value; what else a client's settings say (a region, an ARN) is no secret.
fn leaves(name: &str, value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let word = word_of(text);
            let is_key = names_a_key(name) || (looks_like_a_key(text) && !word.starts_with("arn:"));
            if is_key && !word.is_empty() {
                texts.push(word.to_owned());
            }
        }
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| leaves(name, value, texts));
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(name, item, texts)),
        _ => {}
    }
}
