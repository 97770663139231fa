//! JSON that remembers duplicate keys, and explanations of JSON that is none.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::profile::quote::quoted_up_to;

/// A JSON value as it was written: an object keeps every key, in order, duplicates too. Texts stay where
/// they stand, as far as they stand there as they are meant.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum JsonNode<'a> {
    Null,
    Bool,
    /// Its value, where it is a whole one that fits.
    Number(Option<u32>),
    Text(Cow<'a, str>),
    List(Vec<JsonNode<'a>>),
    Object(Members<'a>),
}

/// What an object holds.
pub(super) type Members<'a> = Vec<(Cow<'a, str>, JsonNode<'a>)>;

impl JsonNode<'_> {
    /// What it is, for a message.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// How serde_json hands over a number with `arbitrary_precision`: as a map with this one key.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for JsonNode<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

/// A key; derived for a `Cow`, it would be copied.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
        Ok(Key(Cow::Owned(text.to_owned())))
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = JsonNode<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON")
    }

    fn visit_unit<E>(self) -> Result<JsonNode<'de>, E> {
        Ok(JsonNode::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<JsonNode<'de>, E> {
        Ok(JsonNode::Bool)
    }

    fn visit_i64<E>(self, number: i64) -> Result<JsonNode<'de>, E> {
        Ok(JsonNode::Number(number.try_into().ok()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<JsonNode<'de>, E> {
        Ok(JsonNode::Number(number.try_into().ok()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<JsonNode<'de>, E> {
        Ok(JsonNode::Number(None))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<JsonNode<'de>, E> {
        Ok(JsonNode::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<JsonNode<'de>, E> {
        Ok(JsonNode::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<JsonNode<'de>, E> {
        Ok(JsonNode::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<JsonNode<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = sequence.next_element()? {
            list.push(node);
        }
        Ok(JsonNode::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonNode<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some((Key(key), node)) = map.next_entry()? {
            entries.push((key, node));
        }
        match entries.as_slice() {
            [(key, JsonNode::Text(text))] if key == NUMBER => {
                Ok(JsonNode::Number(text.parse().ok()))
            }
            _ => Ok(JsonNode::Object(entries)),
        }
    }
}

/// Reads JSON; the error says where it breaks and what would be right, as the rest of a sentence
/// that begins with the name of the text.
pub(super) fn read(text: &str) -> Result<JsonNode<'_>, String> {
    serde_json::from_str(text).map_err(|error| explain(text, &error))
}

fn explain(text: &str, error: &serde_json::Error) -> String {
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    let at = floor(line, error.column().saturating_sub(1));
    let from = at_most_before(line, at, 12);
    let near = quoted_up_to(line.get(from..).unwrap_or_default(), 24);
    let found = line.get(at..).and_then(|rest| rest.chars().next());
    let hint = hint(text, &reason, found);
    format!(
        "is not JSON: {reason} at line {}, column {}, near {near}. {hint} None of its mappings is used.",
        error.line(),
        error.column(),
    )
}

/// The nearest character boundary at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&place| text.is_char_boundary(place)).unwrap_or(0)
}

fn at_most_before(text: &str, at: usize, bytes: usize) -> usize {
    floor(text, at.saturating_sub(bytes))
}

fn hint(text: &str, reason: &str, found: Option<char>) -> &'static str {
    let first = text.trim_start().chars().next();
    if first == Some('\'') || found == Some('\'') {
        return "JSON takes double quotes (\"), not single ones.";
    }
    if matches!(found, Some('“' | '”' | '„' | '‘' | '’' | '«' | '»')) {
        return "Write straight double quotes (\"), not typographic ones.";
    }
    if matches!(found, Some('/' | '#')) {
        return "JSON has no comments.";
    }
    if reason.starts_with("trailing comma") {
        return "Take out the comma after the last entry.";
    }
    if reason.starts_with("EOF") {
        return "The text ends too early: a bracket or quote is not closed, or only the first line of it \
                arrived (in a .env file, a value over several lines must stand in single quotes).";
    }
    if reason.starts_with("control character") {
        return "A line break or tab stands inside a quoted text: join the lines, or close the quote.";
    }
    if reason.contains("escape") || reason.contains("surrogate") {
        return "A backslash inside a quoted text must be written twice (\\\\).";
    }
    if reason.starts_with("key must be a string") {
        return "Each key must stand in double quotes.";
    }
    if reason.starts_with("trailing characters") {
        return "Something follows the closing brace: take it out, or join the objects into one.";
    }
    if reason.contains("`,` or") {
        return "A comma is missing between two entries, or a double quote inside a text lacks its backslash.";
    }
    if reason.starts_with("recursion limit") {
        return "A mapping is a text, or an object of texts and one list; nothing deeper.";
    }
    "It must be one object, such as {\"<ARN or alias>\": \"<model id or ARN>\"}."
}
