//! Where the entries of a file stand, for what is said of them. Only a file with something wrong in it is
//! read once more for this.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser};

use super::Form;
use super::problem::MappingProblem;
use crate::profile::quote::quoted;

/// Line and column, from 1.
type Position = (usize, usize);

/// Writes into the problems where the entries stand that they are about. `name` is what their messages
/// begin with.
pub(super) fn add(problems: &mut [MappingProblem], name: &str, text: &str, form: Form) {
    let keys: HashSet<&str> = problems.iter().filter_map(|one| one.entry.as_deref()).collect();
    if keys.is_empty() {
        return;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let found = match form {
        Form::Json => in_json(text, &keys),
        Form::Yaml => in_yaml(text, &keys),
    };
    for problem in problems {
        let Some(key) = &problem.entry else { continue };
        let Some((line, column)) = found.get(key) else { continue };
        let about = format!("{name}, entry {}", quoted(key));
        if let Some(rest) = problem.message.strip_prefix(&about) {
            problem.message = format!("{about} at line {line}, column {column}{rest}");
        }
    }
}

/// The last place of each key: the last one counts.
fn in_json(text: &str, keys: &HashSet<&str>) -> HashMap<String, Position> {
    let mut found = HashMap::new();
    let (mut depth, mut is_key) = (0_usize, false);
    let (mut line, mut start) = (1, 0);
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => {
                let mut escaped = false;
                let end = bytes.find(|(_, byte)| {
                    let ends = *byte == b'"' && !escaped;
                    escaped = *byte == b'\\' && !escaped;
                    ends
                });
                let Some((end, _)) = end else { return found };
                if depth == 1 && std::mem::replace(&mut is_key, false) {
                    let key = text.get(at..=end).map(serde_json::from_str::<String>);
                    if let Some(Ok(key)) = key
                        && keys.contains(key.trim())
                    {
                        let before = text.get(start..at).unwrap_or_default();
                        found.insert(key.trim().to_owned(), (line, before.chars().count() + 1));
                    }
                }
            }
            b'{' | b'[' => {
                depth += 1;
                is_key = depth == 1;
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b',' => is_key = depth == 1,
            b'\n' => (line, start) = (line + 1, at + 1),
            _ => {}
        }
    }
    found
}

fn in_yaml(text: &str, keys: &HashSet<&str>) -> HashMap<String, Position> {
    let mut found = HashMap::new();
    let (mut depth, mut is_key) = (0_usize, true);
    for event in Parser::new_from_str(text) {
        let Ok((event, span)) = event else { return found };
        match event {
            Event::Scalar(value, ..) if depth == 1 => {
                if is_key && keys.contains(value.trim()) {
                    let place = (span.start.line(), span.start.col() + 1);
                    found.insert(value.trim().to_owned(), place);
                }
                is_key = !is_key;
            }
            Event::Alias(_) if depth == 1 => is_key = !is_key,
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => {
                depth = depth.saturating_sub(1);
                if depth == 1 {
                    is_key = !is_key;
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_where_they_stand() {
        let keys = HashSet::from(["b", "ü \"x\""]);
        let json = "{ \"a\": { \"b\": [\"b\", {}] },\n  \"c\": \"b\", \"b\": \"\\\"b\",\n\n \"ü \\\"x\\\"\" : 5 }";
        let yaml = "a:\n  b: [b, {b: c}]\nc: &b b\n# b\n  \nb: x\n'ü \"x\"': *b\n";
        let expected = |b, x| HashMap::from([("b".to_owned(), b), ("ü \"x\"".to_owned(), x)]);
        assert_eq!(in_json(json, &keys), expected((2, 13), (4, 2)));
        assert_eq!(in_yaml(yaml, &keys), expected((6, 1), (7, 1)));
    }

    #[test]
    fn what_cannot_be_read_ends_it() {
        let keys = HashSet::from(["b"]);
        for text in ["{\"a", "]", "", "{\"b\\"] {
            assert_eq!(in_json(text, &keys), HashMap::new(), "{text}");
        }
        assert_eq!(in_yaml("a: [", &keys), HashMap::new());
    }
}
