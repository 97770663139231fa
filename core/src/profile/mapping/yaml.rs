//! YAML as the same nodes that JSON is read into.

mod simple;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::json::{JsonNode, Members};

/// Deepest nesting: a mapping is a text, or an object of texts and one list.
const DEEPEST: usize = 16;
/// Most nodes that aliases may stand for: a few lines can ask for billions.
const MOST_REPEATED: usize = 1_000_000;

/// Something that is not whole yet.
enum Open<'a> {
    List(Vec<JsonNode<'a>>),
    /// The entries, and the key whose value comes next.
    Object(Members<'a>, Option<Cow<'a, str>>),
}

/// Reads YAML; the error says where it breaks, as the rest of a sentence that begins with the name of the
/// text.
pub(super) fn read(text: &str) -> Result<JsonNode<'_>, String> {
    match simple::read(text) {
        Some(node) => Ok(node),
        None => read_any(text),
    }
}

/// Reads all that YAML can be.
fn read_any(text: &str) -> Result<JsonNode<'_>, String> {
    let mut open: Vec<(Open<'_>, usize)> = Vec::new();
    let mut anchors: HashMap<usize, JsonNode<'_>> = HashMap::new();
    let mut repeated = 0;
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            if error.info().contains("found a tab") {
                return wrong_tab(text, error.info(), error.marker());
            }
            wrong(error.info(), error.marker())
        })?;
        let at = &span.start;
        let (node, anchor) = match event {
            Event::Scalar(value, style, anchor, tag) => {
                (scalar(value, style, tag.as_deref()), anchor)
            }
            Event::Alias(anchor) => {
                let node = anchors.get(&anchor).cloned();
                let node =
                    node.ok_or_else(|| wrong("an alias of an anchor that is not whole", at))?;
                repeated += size(&node);
                if repeated > MOST_REPEATED {
                    return Err(wrong("its aliases stand for too much", at));
                }
                (node, 0)
            }
            Event::SequenceStart(anchor, _) => {
                deeper(&open, at)?;
                open.push((Open::List(Vec::new()), anchor));
                continue;
            }
            Event::MappingStart(anchor, _) => {
                deeper(&open, at)?;
                open.push((Open::Object(Vec::new(), None), anchor));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((Open::List(list), anchor)) => (JsonNode::List(list), anchor),
                Some((Open::Object(entries, _), anchor)) => {
                    (JsonNode::Object(merged(entries)), anchor)
                }
                None => continue,
            },
            Event::DocumentStart(_) if root.is_some() => {
                return Err(wrong("a second document begins; write one", at));
            }
            _ => continue,
        };
        if anchor > 0 {
            anchors.insert(anchor, node.clone());
        }
        match open.last_mut() {
            None => root = Some(node),
            Some((Open::List(list), _)) => list.push(node),
            Some((Open::Object(entries, key), _)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => match node {
                    JsonNode::Text(text) => *key = Some(text),
                    other => {
                        let text = format!("a key is {}; write it in quotes", other.what());
                        return Err(wrong(&text, at));
                    }
                },
            },
        }
    }
    Ok(root.unwrap_or(JsonNode::Null))
}

fn deeper(open: &[(Open<'_>, usize)], at: &Marker) -> Result<(), String> {
    if open.len() < DEEPEST {
        return Ok(());
    }
    Err(wrong("it is nested too deep: a mapping is a text, or an object of texts and one list", at))
}

/// The entries with those that `<<` merges into them; what stands there itself goes before it.
fn merged(entries: Members<'_>) -> Members<'_> {
    if !entries.iter().any(|(key, _)| key == MERGE) {
        return entries;
    }
    let (merges, mut own): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|(key, _)| key == MERGE);
    let mut names: HashSet<Cow<'_, str>> = own.iter().map(|(key, _)| key.clone()).collect();
    for (key, node) in merges {
        let sources = match node {
            JsonNode::List(list) => list,
            other => vec![other],
        };
        for source in sources {
            match source {
                JsonNode::Object(entries) => {
                    own.extend(entries.into_iter().filter(|(name, _)| names.insert(name.clone())));
                }
                // What cannot be merged is told as any other key that means nothing.
                other => own.push((key.clone(), other)),
            }
        }
    }
    own
}

const MERGE: &str = "<<";

fn size(node: &JsonNode<'_>) -> usize {
    match node {
        JsonNode::List(list) => 1 + list.iter().map(size).sum::<usize>(),
        JsonNode::Object(entries) => 1 + entries.iter().map(|(_, node)| size(node)).sum::<usize>(),
        _ => 1,
    }
}

/// A scalar by YAML's core schema.
fn scalar<'a>(value: Cow<'a, str>, style: ScalarStyle, tag: Option<&Tag>) -> JsonNode<'a> {
    let is_text = tag.is_some_and(|tag| tag.suffix == "str");
    if style != ScalarStyle::Plain || is_text {
        return JsonNode::Text(value);
    }
    plain(value)
}

/// One without quotes.
fn plain(value: Cow<'_, str>) -> JsonNode<'_> {
    match &*value {
        "" | "~" | "null" | "Null" | "NULL" => JsonNode::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => JsonNode::Bool,
        // Whatever is a number begins like one.
        text if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
            && text.parse::<f64>().is_ok()
            && text.contains(|c: char| c.is_ascii_digit()) =>
        {
            JsonNode::Number(text.parse().ok())
        }
        _ => JsonNode::Text(value),
    }
}

fn wrong(what: &str, at: &Marker) -> String {
    wrong_at(what, at.line(), at.col() + 1)
}

/// The parser names where the text began that the tab stands in.
fn wrong_tab(text: &str, what: &str, from: &Marker) -> String {
    let (mut line, mut column) = (from.line(), from.col() + 1);
    for letter in text.chars().skip(from.index()).take_while(|letter| *letter != '\t') {
        (line, column) = if letter == '\n' { (line + 1, 1) } else { (line, column + 1) };
    }
    wrong_at(what, line, column)
}

fn wrong_at(what: &str, line: usize, column: usize) -> String {
    format!("is not YAML: {what} at line {line}, column {column}. None of its mappings is used.")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn yaml_and_json_say_the_same() {
        let yaml =
            "# ours\na: &x b\n'c d':\n  profiles: [e, *x]\n  label: \"1\"\nf: 1\ng: ~\nh: true\n";
        let json = r#"{ "a": "b", "c d": { "profiles": ["e", "b"], "label": "1" }, "f": 1, "g": null, "h": true }"#;
        assert_eq!(read(yaml), super::super::json::read(json));
        assert_eq!(read(json), super::super::json::read(json));
        assert_eq!(read("# nothing\n"), Ok(JsonNode::Null));
    }

    #[test]
    fn what_is_merged_into_an_entry_stands_behind_its_own() {
        let yaml = "a: &a { region: r, label: l }\nb: &b { label: m, model: n }\nc:\n  <<: [*a, *b]\n  region: s\nd:\n  <<: *a\n";
        let json = r#"{ "a": { "region": "r", "label": "l" }, "b": { "label": "m", "model": "n" },
            "c": { "region": "s", "label": "l", "model": "n" }, "d": { "region": "r", "label": "l" } }"#;
        assert_eq!(read(yaml), super::super::json::read(json));
        assert_eq!(read("a:\n  <<: b\n"), super::super::json::read(r#"{ "a": { "<<": "b" } }"#));
    }

    #[test]
    fn what_is_wrong_is_said_with_line_and_column() {
        for (text, place) in [
            ("a: b\nc: [d\n", "at line 3, column 1."),
            ("a: b\n  c: d\n", "at line 2, column 4."),
            ("a: 'b\n", "line "),
            ("a: b\n\tc: d\n", "at line 2, column 1."),
            ("1: b\n", "a key is a number; write it in quotes at line 1, column 1."),
            ("a: *b\n", "line 1, column "),
            ("a: b\n---\nc: d\n", "a second document begins; write one at line 2, column 1."),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(place), "{text}: {error}");
        }
        let deep = "[".repeat(100);
        assert!(read(&deep).unwrap_err().contains("nested too deep"));
        let mut bomb = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..30 {
            let below = level - 1;
            writeln!(bomb, "a{level}: &a{level} [*a{below}, *a{below}]").unwrap();
        }
        assert!(read(&bomb).unwrap_err().contains("stand for too much"));
    }
}
