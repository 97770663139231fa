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

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Encoding {
    Ascii = 0,
    Utf8 = 1,
    /// The only one that can say half a surrogate pair.
    Utf16 = 2,
}

impl Encoding {
    fn of(text: &[u8]) -> Self {
        if text.is_ascii() { Self::Ascii } else { Self::Utf8 }
    }
}

/// What an event weighs beside its text while it waits in JavaScript.
const EVENT: usize = 64;

/// So many bytes of a stream are given to JavaScript at a time.
const FULL: usize = 32 * 1024;

/// Appends a record.
pub fn write(out: &mut Vec<u8>, id: u32, kind: RecordKind, text: &[u8], special: &[u8]) {
    header(out, id, kind, Encoding::of(text), text.len(), special.len());
    out.extend_from_slice(text);
    out.extend_from_slice(special);
    fill(out);
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
        let length = if let Some(plain) = delta.text.plain() {
            let encoding = Encoding::of(plain.as_bytes());
            header(self.out, self.id, kind, encoding, plain.len(), block);
            self.out.extend_from_slice(plain.as_bytes());
            plain.len()
        } else {
            let length = delta.text.units().count() * 2;
            header(self.out, self.id, kind, Encoding::Utf16, length, block);
            self.out.extend(delta.text.units().flat_map(u16::to_le_bytes));
            length
        };
        fill(self.out);
        self.count(length);
    }

    fn event(&mut self, event: &Decoded) {
        let Decoded { json, special } = event;
        write(self.out, self.id, RecordKind::Event, json, special);
        self.count(json.len() + special.len());
    }

    fn is_full(&self) -> bool {
        self.weight >= FULL
    }
}
