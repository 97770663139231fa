//! JSON that is looked at and passed on, and not decoded: one pass checks it and notes where what
//! is, and what is passed on is copied as it is written.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use serde_json::Value;

use super::marks::parse;
use super::text::RawText;

/// How deep objects and lists may be nested: that of [`serde_json`].
const DEEPEST: usize = 127;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string, or the name of a member.
    Text,
    /// A list.
    List,
    /// An object: names and values in turn.
    Object,
}

/// One value, or the name of a member.
#[derive(Debug, Clone, Copy)]
struct Node {
    kind: NodeKind,
    /// Where its text starts and ends.
    start: u32,
    end: u32,
    /// The node after it and all that it holds.
    next: u32,
}

/// So many nodes are kept for the next text.
const KEPT: usize = 4096;

/// A node's place.
pub type NodeId = u32;

/// Why a text is no JSON.
#[derive(Debug)]
pub struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// What a text is made of. The nodes' memory is used again for the next text.
#[derive(Debug, Default)]
pub struct Nodes {
    list: Vec<Node>,
    open: Vec<NodeId>,
    /// Whether it has a member `__proto__`, or a number that may have more digits than a double.
    /// What has neither can be copied whole.
    odd: bool,
}

/// A JSON text with its nodes.
#[derive(Debug)]
pub struct Document {
    text: Bytes,
    nodes: Nodes,
}

impl Document {
    /// Checks a text; bytes that are no UTF-8 become U+FFFD.
    pub fn read(text: Bytes) -> Result<Self, Malformed> {
        Self::read_with(Nodes::default(), text)
    }

    /// The same with the memory of another text's nodes.
    pub(crate) fn read_with(mut nodes: Nodes, text: Bytes) -> Result<Self, Malformed> {
        let text = match String::from_utf8_lossy(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(mended) => Bytes::from(mended),
        };
        nodes.list.clear();
        nodes.open.clear();
        nodes.odd = false;
        let scanned = Scanner { text: &text, at: 0, nodes: &mut nodes }.scan();
        match scanned {
            Some(()) => Ok(Self { text, nodes }),
            None => Err(malformed(&text)),
        }
    }

    /// The nodes' memory, to be used again; none where it is much.
    pub(crate) fn into_nodes(self) -> Nodes {
        if self.nodes.list.capacity() > KEPT { Nodes::default() } else { self.nodes }
    }

    /// Its text.
    pub fn into_text(self) -> Bytes {
        self.text
    }

    /// How long its text is, in bytes.
    pub fn size(&self) -> usize {
        self.text.len()
    }

    /// The whole value.
    pub fn root(&self) -> NodeId {
        0
    }

    fn node(&self, at: NodeId) -> Node {
        let none = Node { kind: NodeKind::Null, start: 0, end: 0, next: u32::MAX };
        self.nodes.list.get(at as usize).copied().unwrap_or(none)
    }

    /// What a node is.
    pub fn kind(&self, at: NodeId) -> NodeKind {
        self.node(at).kind
    }

    /// A node as it is written.
    pub fn raw(&self, at: NodeId) -> &[u8] {
        let Node { start, end, .. } = self.node(at);
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The content of a string.
    pub fn text(&self, at: NodeId) -> RawText<'_> {
        let raw = self.raw(at);
        RawText::new(raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default())
    }

    /// The members of an object, name and value; nothing of what is none.
    pub fn members(&self, at: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let mut items = self.children(at, NodeKind::Object);
        std::iter::from_fn(move || Some((items.next()?, items.next()?)))
    }

    /// The items of a list; nothing of what is none.
    pub fn items(&self, at: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.children(at, NodeKind::List)
    }

    fn children(&self, at: NodeId, kind: NodeKind) -> impl Iterator<Item = NodeId> + '_ {
        let node = self.node(at);
        let end = if node.kind == kind { node.next } else { 0 };
        let mut child = at + 1;
        std::iter::from_fn(move || {
            if child >= end {
                return None;
            }
            let this = child;
            child = self.node(child).next;
            Some(this)
        })
    }

    /// The last member of this name, which is the one that counts.
    pub fn member(&self, at: NodeId, name: &str) -> Option<NodeId> {
        let named = self.members(at).filter(|(key, _)| self.text(*key).is(name));
        named.last().map(|(_, value)| value)
    }

    /// The same as a value.
    pub fn get(&self, at: NodeId, name: &str) -> Option<Value> {
        self.value(self.member(at, name)?)
    }

    /// A node as a value.
    pub fn value(&self, at: NodeId) -> Option<Value> {
        parse(self.raw(at)).ok()
    }

    /// Whether copies must be looked at closer than text: see [`Nodes`].
    pub(crate) fn is_odd(&self) -> bool {
        self.nodes.odd
    }
}

/// Says what is wrong as the parser of values would.
#[cold]
fn malformed(text: &[u8]) -> Malformed {
    Malformed(match parse(text) {
        Err(error) => error.to_string(),
        Ok(_) => "more than 4 GiB".to_owned(),
    })
}

/// Whether a number has more to it than any double keeps: whoever reads it looks closer.
pub(crate) fn is_long(number: &[u8]) -> bool {
    number.len() > 15 || number.iter().any(|digit| matches!(digit, b'e' | b'E'))
}

struct Scanner<'t, 'n> {
    text: &'t [u8],
    at: usize,
    nodes: &'n mut Nodes,
}

impl Scanner<'_, '_> {
    fn scan(mut self) -> Option<()> {
        u32::try_from(self.text.len()).ok()?;
        loop {
            self.value()?;
            // What comes after a value, and closes what ends with it.
            loop {
                let next = self.skip_space();
                let Some(open) = self.nodes.open.last().copied() else {
                    return next.is_none().then_some(());
                };
                let object = self.nodes.list.get(open as usize)?.kind == NodeKind::Object;
                match (next?, object) {
                    (b',', false) => {
                        self.at += 1;
                        break;
                    }
                    (b',', true) => {
                        self.at += 1;
                        self.name()?;
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        self.at += 1;
                        self.close(open)?;
                    }
                    _ => return None,
                }
            }
        }
    }

    /// Reads one value; of an object or a list that holds something, as far as its first value.
    fn value(&mut self) -> Option<()> {
        loop {
            let start = self.at_value()?;
            match *self.text.get(start)? {
                b'"' => return self.string(),
                b'{' => {
                    let open = self.open(NodeKind::Object)?;
                    if self.skip_space()? == b'}' {
                        self.at += 1;
                        return self.close(open);
                    }
                    self.name()?;
                }
                b'[' => {
                    let open = self.open(NodeKind::List)?;
                    if self.skip_space()? == b']' {
                        self.at += 1;
                        return self.close(open);
                    }
                }
                b't' => return self.word(b"true", NodeKind::Bool),
                b'f' => return self.word(b"false", NodeKind::Bool),
                b'n' => return self.word(b"null", NodeKind::Null),
                _ => return self.number(),
            }
        }
    }

    fn at_value(&mut self) -> Option<usize> {
        self.skip_space()?;
        Some(self.at)
    }

    fn skip_space(&mut self) -> Option<u8> {
        loop {
            match *self.text.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    fn push(&mut self, kind: NodeKind, start: usize, end: usize) -> Option<NodeId> {
        let id = u32::try_from(self.nodes.list.len()).ok()?;
        let (start, end) = (u32::try_from(start).ok()?, u32::try_from(end).ok()?);
        self.nodes.list.push(Node { kind, start, end, next: id + 1 });
        Some(id)
    }

    fn open(&mut self, kind: NodeKind) -> Option<NodeId> {
        if self.nodes.open.len() >= DEEPEST {
            return None;
        }
        let id = self.push(kind, self.at, self.at)?;
        self.nodes.open.push(id);
        self.at += 1;
        Some(id)
    }

    fn close(&mut self, id: NodeId) -> Option<()> {
        self.nodes.open.pop();
        let next = u32::try_from(self.nodes.list.len()).ok()?;
        let node = self.nodes.list.get_mut(id as usize)?;
        node.end = u32::try_from(self.at).ok()?;
        node.next = next;
        Some(())
    }

    fn name(&mut self) -> Option<()> {
        if self.skip_space()? != b'"' {
            return None;
        }
        let start = self.at;
        self.string()?;
        let content = self.text.get(start + 1..self.at - 1)?;
        if content.len() >= PROTO.len() && RawText::new(content).is(PROTO) {
            self.nodes.odd = true;
        }
        if self.skip_space()? != b':' {
            return None;
        }
        self.at += 1;
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let start = self.at;
        let mut at = start + 1;
        loop {
            match *self.text.get(at)? {
                b'"' => break,
                b'\\' => {
                    at += 1;
                    match *self.text.get(at)? {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 1,
                        b'u' => {
                            let digits = self.text.get(at + 1..at + 5)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            at += 5;
                        }
                        _ => return None,
                    }
                }
                0..=0x1f => return None,
                _ => at += 1,
            }
        }
        self.at = at + 1;
        self.push(NodeKind::Text, start, self.at)?;
        Some(())
    }

    fn word(&mut self, word: &[u8], kind: NodeKind) -> Option<()> {
        let end = self.at + word.len();
        if self.text.get(self.at..end)? != word {
            return None;
        }
        self.push(kind, self.at, end)?;
        self.at = end;
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        self.push(NodeKind::Number, start, self.at)?;
        self.nodes.odd |= is_long(self.text.get(start..self.at)?);
        Some(())
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(is);
        is
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

const PROTO: &str = "__proto__";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    /// The value again, from its nodes.
    fn rebuilt(document: &Document, at: NodeId) -> Value {
        match document.kind(at) {
            NodeKind::Object => Value::Object(
                document
                    .members(at)
                    .map(|(name, value)| (document.text(name).to_text(), rebuilt(document, value)))
                    .collect(),
            ),
            NodeKind::List => document.items(at).map(|item| rebuilt(document, item)).collect(),
            _ => document.value(at).unwrap(),
        }
    }

    fn same(text: &[u8]) {
        let ours = Document::read(Bytes::copy_from_slice(text));
        match parse(text) {
            Ok(value) => {
                let ours = ours.unwrap();
                assert_eq!(rebuilt(&ours, ours.root()), value, "{}", text.escape_ascii());
            }
            Err(error) => {
                assert_eq!(ours.unwrap_err().to_string(), error.to_string());
            }
        }
    }

    #[test]
    fn nodes_are_what_the_parser_of_values_reads() {
        for text in [
            "{}",
            "[]",
            "null",
            " [ 1 , {\"a\" : [ ] } ] ",
            "{\"a\":1,\"a\":2}",
            "-0.5e+7",
            "1E5",
            "\"\\u00e9\\n\"",
            "[[],{},\"\",0]",
            "{\"b\":{\"c\":[true,false,null]},\"d\":\"e\"}",
            "",
            " ",
            "{",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{1:2}",
            "01",
            "1.",
            ".5",
            "-",
            "+1",
            "1e",
            "tru",
            "nul",
            "\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\n\"",
            "[1 2]",
            "[1]]",
            "{]",
            "[}",
            "1 2",
            "NaN",
        ] {
            same(text.as_bytes());
        }
        same(b"\"a\xffb\"");
    }

    #[test]
    fn depth_is_that_of_the_parser_of_values() {
        for depth in [126, 127, 128, 5000] {
            let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            assert_eq!(
                Document::read(text.clone().into()).is_ok(),
                serde_json::from_str::<Value>(&text).is_ok(),
                "{depth}"
            );
        }
    }

    #[test]
    fn what_needs_a_closer_look_is_noticed() {
        let odd = |text: &'static str| Document::read(text.into()).unwrap().is_odd();
        assert!(odd(r#"{"a":{"__proto__":1}}"#));
        assert!(odd(r#"{"\u005f_proto__":1}"#));
        assert!(odd("[1234567890123456]") && odd("[1e2]"));
        assert!(!odd(r#"{"proto":["__proto__",123456789012345]}"#));
    }

    #[test]
    fn the_last_member_of_a_name_counts() {
        let document = Document::read(Bytes::from_static(br#"{"a":1,"b":2,"\u0061":3}"#)).unwrap();
        assert_eq!(document.get(document.root(), "a"), Some(Value::from(3)));
        assert_eq!(document.get(document.root(), "c"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_the_parser_of_values_reads_it(text in r#"[\[\]{}:,"a0\\\-eu.1 n]{0,24}"#) {
            same(text.as_bytes());
        }
    }
}
