//! What crosses to JavaScript: records, each by itself, so that one that cannot be read costs its
//! own call an error and no other anything.
//!
//! A record is a header of four words and its text, filled up to a whole word; words are the
//! machine's, as JavaScript's typed arrays read them:
//!
//! | word | what |
//! |---|---|
//! | 0 | the call's id |
//! | 1 | its kind, and from bit 8 on how its text is written |
//! | 2 | bytes of its text |
//! | 3 | `contentBlockIndex` of a delta, a provider's number; of others the bytes of `special`, which follows the text |
//!
//! `lib/records.js` reads them.

use std::borrow::Cow;
use std::io::Write as _;

use bedrock_profile_core::bedrock::shapes::{Decoded, Delta, DeltaKind};
use bedrock_profile_core::bedrock::stream::EventSink;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RecordKind {
    /// A stream has begun: `{ metadata, profile }`.
    Head = 0,
    /// A stream's event: a piece of text.
    Text = 1,
    /// A stream's event: a piece of reasoning.
    Reasoning = 2,
    /// A stream's event: a piece of a tool's input.
    ToolInput = 3,
    /// Any other event of a stream.
    Event = 4,
    /// A stream has ended whole.
    End = 5,
    /// The result of a call; its bytes, where it has some, are taken by `takeBytes`.
    Result = 6,
    /// The error that ends a call.
    Error = 7,
    /// A notice to the client's listeners.
    Notice = 8,
    /// A provider is asked for keys or a token; the id is the question's.
    Ask = 9,
}

/// How a text is written: in one of the two ways in which V8 keeps texts, so that its thread copies
/// and decodes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Encoding {
    Ascii = 0,
    Utf16 = 1,
}

/// A JSON text of which no more than one byte in so many is not ASCII is written with escapes: V8
/// reads one byte a letter faster than two.
const FEW: usize = 8;

/// What an event weighs beside its text while it waits in JavaScript.
const EVENT: usize = 64;

/// So many bytes of a stream are given to JavaScript at a time.
const FULL: usize = 32 * 1024;

/// Appends a record with a JSON text, and says how many bytes that and `special` are in it.
pub fn write(out: &mut Vec<u8>, id: u32, kind: RecordKind, json: &[u8], special: &[u8]) -> usize {
    let (encoding, text) = written(json);
    header(out, id, kind, encoding, text.len(), special.len());
    out.extend_from_slice(&text);
    out.extend_from_slice(special);
    fill(out);
    text.len() + special.len()
}

/// A JSON text as it crosses: with escapes where few of its letters are not ASCII.
fn written(json: &[u8]) -> (Encoding, Cow<'_, [u8]>) {
    let others = json.iter().filter(|byte| !byte.is_ascii()).count();
    if others == 0 {
        return (Encoding::Ascii, Cow::Borrowed(json));
    }
    let text = String::from_utf8_lossy(json);
    if others > json.len() / FEW {
        let units = text.encode_utf16().flat_map(u16::to_ne_bytes);
        return (Encoding::Utf16, units.collect());
    }
    let mut escaped = Vec::with_capacity(json.len() + 3 * others);
    let mut rest = text.as_ref();
    // Outside its strings JSON has none.
    while let Some(at) = rest.find(|letter: char| !letter.is_ascii()) {
        let (plain, odd) = rest.split_at(at);
        escaped.extend_from_slice(plain.as_bytes());
        let mut letters = odd.chars();
        if let Some(letter) = letters.next() {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                // Writing to a Vec cannot fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
        rest = letters.as_str();
    }
    escaped.extend_from_slice(rest.as_bytes());
    (Encoding::Ascii, Cow::Owned(escaped))
}

/// Appends a record without a text.
pub fn write_number(out: &mut Vec<u8>, id: u32, kind: RecordKind, number: u32) {
    header(out, id, kind, Encoding::Ascii, 0, number as usize);
}

fn header(
    out: &mut Vec<u8>,
    id: u32,
    kind: RecordKind,
    encoding: Encoding,
    text: usize,
    last: usize,
) {
    // Frames are at most 24 MiB; what is larger than 4 GiB was refused where it was read.
    let word = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let tag = u32::from(kind as u8) | u32::from(encoding as u8) << 8;
    for word in [id, tag, word(text), word(last)] {
        out.extend_from_slice(&word.to_ne_bytes());
    }
}

fn fill(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

/// Events of one stream as records.
pub struct Events<'a> {
    id: u32,
    out: &'a mut Vec<u8>,
    /// How many there are.
    pub count: u32,
    /// What they weigh in JavaScript, in bytes.
    pub weight: usize,
}

impl<'a> Events<'a> {
    /// Appends the events of the stream with this id.
    pub fn new(id: u32, out: &'a mut Vec<u8>) -> Self {
        Self { id, out, count: 0, weight: 0 }
    }

    fn count(&mut self, text: usize) {
        self.count += 1;
        self.weight += EVENT + text;
    }
}

impl EventSink for Events<'_> {
    fn delta(&mut self, delta: Delta<'_>) {
        let kind = match delta.kind {
            DeltaKind::Text => RecordKind::Text,
            DeltaKind::Reasoning => RecordKind::Reasoning,
            DeltaKind::ToolInput => RecordKind::ToolInput,
        };
        let block = delta.block as usize;
        let length = if let Some(plain) = delta.text.plain().filter(|text| text.is_ascii()) {
            header(self.out, self.id, kind, Encoding::Ascii, plain.len(), block);
            self.out.extend_from_slice(plain.as_bytes());
            plain.len()
        } else {
            let length = delta.text.units().count() * 2;
            header(self.out, self.id, kind, Encoding::Utf16, length, block);
            self.out.extend(delta.text.units().flat_map(u16::to_ne_bytes));
            length
        };
        fill(self.out);
        self.count(length);
    }

    fn event(&mut self, event: &Decoded) {
        let Decoded { json, special } = event;
        let length = write(self.out, self.id, RecordKind::Event, json, special);
        self.count(length);
    }

    fn is_full(&self) -> bool {
        self.weight >= FULL
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn few_letters_that_are_not_ascii_are_escapes_and_many_are_utf_16() {
        for text in [
            "plain",
            "one “quoted” word in a text that goes on for longer",
            "𝄞 in the midst of a text of letters",
        ] {
            let json = serde_json::to_string(text).unwrap();
            let (encoding, written) = written(json.as_bytes());
            assert!(encoding == Encoding::Ascii && written.is_ascii(), "{text}");
            assert_eq!(serde_json::from_slice::<String>(&written).unwrap(), text);
        }
        for text in ["é", "日本語のテキスト", "🤖🤖", "naïveté"] {
            let json = serde_json::to_string(text).unwrap();
            let (encoding, written) = written(json.as_bytes());
            assert_eq!(encoding, Encoding::Utf16, "{text}");
            let units = written.as_chunks::<2>().0.iter().map(|unit| u16::from_ne_bytes(*unit));
            let read: String = char::decode_utf16(units).map(Result::unwrap).collect();
            assert_eq!(read, json);
        }
    }

    #[test]
    fn a_record_says_how_long_its_text_is() {
        let mut out = Vec::new();
        for json in ["{}", "\"é and much that is plain beside it\"", "\"日本\""] {
            out.clear();
            let length = write(&mut out, 7, RecordKind::Event, json.as_bytes(), b"[1]");
            assert_eq!(out.get(8..12).unwrap(), u32::try_from(length - 3).unwrap().to_ne_bytes());
            assert_eq!(out.len(), 16 + length.next_multiple_of(4), "{json}");
        }
    }
}
