//! The YAML that files of mappings are mostly made of: blocks of keys and lists, and flows (`[a, b]`,
//! `{ a: b }`) that end on their line. It is read several times as fast as all that YAML can be, and where a
//! text holds anything else, or anything is wrong with it, nothing is read here.

use std::borrow::Cow;

use super::{MERGE, plain};
use crate::profile::mapping::json::{JsonNode, Members};

/// Deepest nesting that is read here.
const DEEPEST: usize = 8;
/// Longest key that is read here, in bytes: all that YAML can be ends at 1024 characters.
const LONGEST_KEY: usize = 512;

/// Reads a text; `None` where it is not simple.
pub(super) fn read(text: &str) -> Option<JsonNode<'_>> {
    let mut lines = Lines { rest: text, now: None };
    lines.advance()?;
    if lines.now? == (Line { indent: 0, text: "---" }) {
        lines.advance()?;
    }
    let first = lines.now.filter(|line| line.indent == 0 && !is_item(line.text))?;
    let node = mapping(&mut lines, first, 0)?;
    lines.now.is_none().then_some(node)
}

/// A line with something on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line<'a> {
    indent: usize,
    text: &'a str,
}

/// The lines of a text, and the one that is next.
struct Lines<'a> {
    rest: &'a str,
    now: Option<Line<'a>>,
}

impl Lines<'_> {
    /// Goes to the next line with something on it; `None` where one is not simple.
    fn advance(&mut self) -> Option<()> {
        loop {
            if self.rest.is_empty() {
                self.now = None;
                return Some(());
            }
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            self.rest = rest;
            let line = line.strip_suffix('\r').unwrap_or(line);
            let text = line.trim_start_matches(' ');
            let indent = line.len() - text.len();
            match text.strip_prefix('#') {
                Some(comment) => only_spaces_or_comment(comment, true)?,
                None if text.is_empty() => {}
                None => {
                    self.now = Some(Line { indent, text });
                    return Some(());
                }
            }
        }
    }
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// The block that begins with this line.
fn block<'a>(lines: &mut Lines<'a>, first: Line<'a>, depth: usize) -> Option<JsonNode<'a>> {
    if depth > DEEPEST {
        None
    } else if is_item(first.text) {
        sequence(lines, first.indent, depth)
    } else {
        mapping(lines, first, depth)
    }
}

/// Keys and their values, all at the indentation of the first one.
fn mapping<'a>(lines: &mut Lines<'a>, first: Line<'a>, depth: usize) -> Option<JsonNode<'a>> {
    let mut members: Members<'a> = Vec::new();
    let indent = first.indent;
    let mut line = first;
    loop {
        let (key, rest) = key(line.text)?;
        let value = rest.trim_start_matches(' ');
        lines.advance()?;
        let next = lines.now.filter(|next| next.indent >= indent);
        let node = if value.is_empty() || value.starts_with('#') {
            only_spaces_or_comment(rest, false)?;
            match next {
                Some(next) if next.indent > indent => block(lines, next, depth + 1)?,
                // A list may stand right below its key.
                Some(next) if is_item(next.text) => sequence(lines, indent, depth + 1)?,
                _ => JsonNode::Null,
            }
        } else {
            let (node, rest) = value_of(value, false, depth + 1)?;
            only_spaces_or_comment(rest, false)?;
            node
        };
        members.push((key, node));
        match lines.now {
            Some(next) if next.indent == indent && !is_item(next.text) => line = next,
            // What is deeper goes on with the value, which is then not simple.
            Some(next) if next.indent > indent => return None,
            _ => return Some(JsonNode::Object(members)),
        }
    }
}

/// Items, all at this indentation.
fn sequence<'a>(lines: &mut Lines<'a>, indent: usize, depth: usize) -> Option<JsonNode<'a>> {
    if depth > DEEPEST {
        return None;
    }
    let mut list = Vec::new();
    while let Some(line) = lines.now.filter(|line| line.indent == indent && is_item(line.text)) {
        let after = line.text.strip_prefix('-')?;
        let text = after.trim_start_matches(' ');
        if text.is_empty() || is_item(text) {
            return None;
        }
        let node = if key(text).is_some() {
            let inner = indent + line.text.len() - text.len();
            mapping(lines, Line { indent: inner, text }, depth + 1)?
        } else {
            let (node, rest) = value_of(text, false, depth + 1)?;
            only_spaces_or_comment(rest, false)?;
            lines.advance()?;
            node
        };
        list.push(node);
    }
    // What is deeper goes on with the last item.
    let deeper = lines.now.is_some_and(|line| line.indent > indent);
    (!deeper).then_some(JsonNode::List(list))
}

/// The key that a text begins with, and what follows its colon.
fn key(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let (node, rest) = scalar(text, false)?;
    let rest = rest.strip_prefix(':').filter(|rest| rest.is_empty() || rest.starts_with(' '))?;
    match node {
        // What `<<` merges is read where all that YAML can be is.
        JsonNode::Text(key) if key.len() <= LONGEST_KEY && key != MERGE => Some((key, rest)),
        _ => None,
    }
}

/// The value that a text begins with, and what follows it; `flow`: within brackets.
fn value_of(text: &str, flow: bool, depth: usize) -> Option<(JsonNode<'_>, &str)> {
    if depth > DEEPEST {
        return None;
    }
    let spaces = |text: &'_ str| text.len() - text.trim_start_matches(' ').len();
    let skip = |text: &'_ str| spaces(text);
    if let Some(inside) = text.strip_prefix('[') {
        let mut rest = inside.get(skip(inside)..)?;
        let mut list = Vec::new();
        if let Some(rest) = rest.strip_prefix(']') {
            return Some((JsonNode::List(list), rest));
        }
        loop {
            let (node, after) = value_of(rest, true, depth + 1)?;
            list.push(node);
            let after = after.get(skip(after)..)?;
            if let Some(rest) = after.strip_prefix(']') {
                return Some((JsonNode::List(list), rest));
            }
            let after = after.strip_prefix(',')?;
            rest = after.get(skip(after)..)?;
        }
    }
    if let Some(inside) = text.strip_prefix('{') {
        let mut rest = inside.get(skip(inside)..)?;
        let mut members: Members<'_> = Vec::new();
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((JsonNode::Object(members), rest));
        }
        loop {
            let (key, after) = key(rest)?;
            let after = after.get(skip(after)..)?;
            let (node, after) = value_of(after, true, depth + 1)?;
            members.push((key, node));
            let after = after.get(skip(after)..)?;
            if let Some(rest) = after.strip_prefix('}') {
                return Some((JsonNode::Object(members), rest));
            }
            let after = after.strip_prefix(',')?;
            rest = after.get(skip(after)..)?;
        }
    }
    let (node, rest) = scalar(text, flow)?;
    // What a colon follows is a key.
    (!rest.starts_with(':')).then_some((node, rest))
}

/// The scalar that a text begins with, and what follows it.
fn scalar(text: &str, flow: bool) -> Option<(JsonNode<'_>, &str)> {
    let first = text.chars().next()?;
    if matches!(first, '\'' | '"') {
        let inside = text.get(1..)?;
        let end = inside.find(first)?;
        let (value, rest) = (inside.get(..end)?, inside.get(end + 1..)?);
        let escapes =
            (first == '\'' && rest.starts_with('\'')) || value.contains('\\') && first == '"';
        return (!escapes && value.chars().all(is_simple))
            .then_some((JsonNode::Text(Cow::Borrowed(value)), rest));
    }
    if !first.is_ascii_alphanumeric() && first != '_' {
        return None;
    }
    let end = plain_end(text, flow)?;
    let (value, rest) = (text.get(..end)?, text.get(end..)?);
    Some((plain(Cow::Borrowed(value)), rest))
}

/// Where the scalar without quotes ends that a text begins with: before the spaces at its end; `None` where
/// it is not simple.
fn plain_end(text: &str, flow: bool) -> Option<usize> {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match char {
            ' ' => {
                if next == Some('#') {
                    break;
                }
                continue;
            }
            ':' => match next {
                None | Some(' ') => break,
                Some(next) if !is_plain(next) && next != ':' => return None,
                Some(_) => {}
            },
            ',' | ']' | '}' if flow => break,
            char if is_plain(char) => {}
            _ => return None,
        }
        end = at + char.len_utf8();
    }
    // A key that ends in a space is not simple.
    let rest = text.get(end..)?;
    (!rest.trim_start_matches(' ').starts_with(':') || rest.starts_with(':')).then_some(end)
}

/// What may stand in a scalar without quotes, besides spaces and colons.
fn is_plain(char: char) -> bool {
    if char.is_ascii() {
        char.is_ascii_alphanumeric()
            || matches!(char, '.' | '_' | '/' | '-' | '(' | ')' | '+' | '=')
    } else {
        char.is_alphanumeric()
    }
}

/// What may stand in quotes and comments.
fn is_simple(char: char) -> bool {
    if char.is_ascii() { char == ' ' || char.is_ascii_graphic() } else { char.is_alphanumeric() }
}

/// Whether a line ends here, but for a comment; `within`: the comment has begun.
fn only_spaces_or_comment(text: &str, within: bool) -> Option<()> {
    if !text.chars().all(is_simple) {
        return None;
    }
    let bare = text.trim_start_matches(' ');
    let begins = bare.len() < text.len() && bare.starts_with('#');
    (within || bare.is_empty() || begins).then_some(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;
    use crate::profile::mapping::yaml::read_any;

    #[test]
    fn what_people_write_is_read_and_as_all_of_yaml_reads_it() {
        for text in [
            "a: b\n",
            "a: b",
            "---\na: b\n",
            "# für alle\r\na: b # why\r\n\r\nc: d\r\n",
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc: m.n-1:0\n",
            "'arn:aws:x/y': \"m n\"\nMy Sonnet: a.b\n",
            "a:\n  model: b\n  profiles:\n    - c:d\n    - e\n  label: Große (1)\nf: g\n",
            "a:\n  profiles:\n  - id: c\n    priority: 1\n    weight: 2\n  - d\nb: c\n",
            "a:\n  profiles: [b, 'c, d', \"e\"]\n  allow: []\nb: { model: c, profiles: [d, { id: e }] }\n",
            "a:\nb: 1\nc: true\nd: ''\ne: 1.5\nf: null\n",
        ] {
            let simple = read(text);
            assert!(simple.is_some(), "{text}");
            assert_eq!(simple.unwrap(), read_any(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_more_is_left_to_all_of_yaml() {
        for text in [
            "",
            "# nothing\n",
            "a",
            "- a\n",
            "a: &x b\nc: *x\n",
            "a: b: c\n",
            "a: |\n  b\n",
            "a: b\n  c\n",
            "a: 'b\n  c'\n",
            "a: 'it''s'\n",
            "a: \"\\u0041\"\n",
            "? a\n: b\n",
            "a: !!str 1\n",
            "1: b\n",
            "a:\tb\n",
            "a: b\n\tc: d\n",
            "a: [b,\n  c]\n",
            "a: b\n---\nc: d\n",
            "a: b\n...\n",
            "%YAML 1.2\n---\na: b\n",
            " a: b\nc: d\n",
            "a:\n    b: c\n  d: e\n",
            "a: b\rc: d\n",
            "a: [b: c]\n",
            "a: @b\n",
            "<<: b\n",
            "a : b\n",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    /// Pieces that YAML is made of, right and wrong.
    fn piece() -> impl Strategy<Value = String> {
        let pieces = [
            "a",
            "b c",
            "arn:aws:x/y",
            "m.n-1:0",
            ":",
            ": ",
            ":\n",
            "\n",
            "\n\n",
            " ",
            "  ",
            "    ",
            "- ",
            "-",
            "'",
            "\"",
            "'x y'",
            "\"z\"",
            "[",
            "]",
            "{",
            "}",
            ",",
            ", ",
            "#",
            " # c",
            "1",
            "1.5",
            "true",
            "null",
            "~",
            "&x ",
            "*x",
            "!",
            "|",
            ">",
            "?",
            "\t",
            "\r\n",
            "\r",
            "---\n",
            "...\n",
            "%",
            "@",
            "ä",
            "\u{2028}",
            "a: b\n",
            "  c: d\n",
            "  - e\n",
            "- f: g\n",
            "\\",
            "''",
            "=",
            "<<",
            "_x",
            ".5",
            "+1",
            "0x1",
            "1e3",
            "inf",
            "nan",
        ];
        proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn whatever_is_read_is_read_alike(pieces in proptest::collection::vec(piece(), 0..14)) {
            let text = pieces.concat();
            if let Some(node) = read(&text) {
                prop_assert_eq!(Ok(node), read_any(&text), "{}", text);
            }
        }
    }
}
