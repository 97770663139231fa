//! The event stream's frames (`application/vnd.amazon.eventstream`).
//!
//! A frame is `total length, headers length, prelude CRC, headers, payload, message CRC`. The
//! prelude's checksum is verified before either length is believed, and a length above
//! [`MAX_FRAME`] is refused: both AWS SDKs trust the length first and can be made to allocate
//! 2 GiB. The texts of the errors are those of the AWS SDK for JavaScript.
//!
//! <https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html>

use std::fmt;

use bytes::{Buf, Bytes, BytesMut};

/// The largest frame that is read: AWS documents 16 MiB of payload and 128 KiB of headers.
pub const MAX_FRAME: usize = 24 * 1024 * 1024;

const PRELUDE: usize = 12;
const OVERHEAD: usize = PRELUDE + 4;

/// What a frame says it is (`:message-type`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameKind {
    /// `event`, with its `:event-type`.
    Event(EventType),
    /// `exception`, with its `:exception-type`.
    Exception(String),
    /// `error`, with its `:error-code` and `:error-message`.
    Error {
        /// The code.
        code: String,
        /// The message.
        message: String,
    },
    /// Another message type, which readers skip.
    Unknown(String),
}

/// An `:event-type`: a piece of its frame, so that an event costs no text of its own.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct EventType(Bytes);

impl EventType {
    /// The name; empty where it is no UTF-8.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl From<&'static str> for EventType {
    fn from(name: &'static str) -> Self {
        Self(Bytes::from_static(name.as_bytes()))
    }
}

impl fmt::Debug for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it is.
    pub kind: FrameKind,
    /// What it holds.
    pub payload: Bytes,
}

/// Why a frame cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameError {
    /// The bytes ended within a frame.
    Truncated,
    /// A length below the smallest possible frame.
    TooShort,
    /// A length above [`MAX_FRAME`].
    TooLong(usize),
    /// The prelude's checksum differs.
    PreludeChecksum {
        /// As the frame says.
        specified: u32,
        /// As its bytes say.
        calculated: u32,
    },
    /// The message's checksum differs.
    MessageChecksum {
        /// As the frame says.
        specified: u32,
        /// As its bytes say.
        calculated: u32,
    },
    /// The headers do not parse.
    Headers(&'static str),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("Truncated event message received."),
            Self::TooShort => f.write_str(
                "Provided message too short to accommodate event stream message overhead",
            ),
            Self::TooLong(length) => write!(
                f,
                "The event message claims {length} bytes, above the limit of {MAX_FRAME}."
            ),
            Self::PreludeChecksum { specified, calculated } => write!(
                f,
                "The prelude checksum specified in the message ({specified}) does not match the \
                 calculated CRC32 checksum ({calculated})"
            ),
            Self::MessageChecksum { specified, calculated } => write!(
                f,
                "The message checksum ({calculated}) did not match the expected value of {specified}"
            ),
            Self::Headers(what) => write!(f, "The event message's headers are malformed: {what}."),
        }
    }
}

impl std::error::Error for FrameError {}

/// Cuts bytes as they arrive into frames.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
    /// The total length, once the prelude of the frame at the front has been verified.
    verified: Option<usize>,
}

impl Decoder {
    /// Adds what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// How many bytes wait for the rest of their frame.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// The next whole frame; `None` where more bytes are needed.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let total = match self.verified {
            Some(total) => total,
            None => match self.verify_prelude()? {
                Some(total) => *self.verified.insert(total),
                None => return Ok(None),
            },
        };
        if self.buffer.len() < total {
            self.buffer.reserve(total - self.buffer.len());
            return Ok(None);
        }
        self.verified = None;
        let mut frame = self.buffer.split_to(total).freeze();
        let mut checked = frame.split_to(total - 4);
        let specified = frame.get_u32();
        let calculated = crc32fast::hash(&checked);
        if specified != calculated {
            return Err(FrameError::MessageChecksum { specified, calculated });
        }
        checked.advance(4);
        let headers_length = checked.get_u32() as usize;
        checked.advance(4);
        // Bounded by verify_prelude.
        let headers = checked.split_to(headers_length.min(checked.len()));
        Ok(Some(Frame { kind: kind_of(&headers)?, payload: checked }))
    }

    fn verify_prelude(&self) -> Result<Option<usize>, FrameError> {
        let Some(prelude) = self.buffer.get(..PRELUDE) else {
            return Ok(None);
        };
        let mut fields = prelude;
        let total = fields.get_u32() as usize;
        let headers = fields.get_u32() as usize;
        let specified = fields.get_u32();
        if total < OVERHEAD {
            return Err(FrameError::TooShort);
        }
        let calculated = crc32fast::hash(prelude.get(..8).unwrap_or_default());
        if specified != calculated {
            return Err(FrameError::PreludeChecksum { specified, calculated });
        }
        if total > MAX_FRAME {
            return Err(FrameError::TooLong(total));
        }
        if headers > total - OVERHEAD {
            return Err(FrameError::Headers("they are longer than the message"));
        }
        Ok(Some(total))
    }
}

fn kind_of(headers: &Bytes) -> Result<FrameKind, FrameError> {
    let mut rest = headers.as_ref();
    let mut message_type: &[u8] = b"";
    let mut event_type: &[u8] = b"";
    let mut exception_type: &[u8] = b"";
    let mut code = None;
    let mut message: &[u8] = b"";
    while let Some((length, after)) = rest.split_first() {
        rest = after;
        let name = take(&mut rest, usize::from(*length))?;
        let Some(value) = header_value(&mut rest)? else { continue };
        match name {
            b":message-type" => message_type = value,
            b":event-type" => event_type = value,
            b":exception-type" => exception_type = value,
            b":error-code" => code = Some(value),
            b":error-message" => message = value,
            _ => {}
        }
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(match message_type {
        b"event" => FrameKind::Event(EventType(headers.slice_ref(event_type))),
        b"exception" => FrameKind::Exception(text(exception_type)),
        b"error" => FrameKind::Error {
            code: code.map_or_else(|| "UnknownError".to_owned(), text),
            message: text(message),
        },
        other => FrameKind::Unknown(text(other)),
    })
}

/// Reads one header's value; only strings are kept, the others are skipped.
fn header_value<'a>(headers: &mut &'a [u8]) -> Result<Option<&'a [u8]>, FrameError> {
    let Some((kind, rest)) = headers.split_first() else {
        return Err(FrameError::Headers("a header has no value"));
    };
    *headers = rest;
    let length = match kind {
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 4,
        5 | 8 => 8,
        9 => 16,
        kind @ (6 | 7) => {
            if headers.len() < 2 {
                return Err(FrameError::Headers("a value's length is cut off"));
            }
            let length = usize::from(headers.get_u16());
            let value = take(headers, length)?;
            return Ok((*kind == 7).then_some(value));
        }
        _ => return Err(FrameError::Headers("a value has an unknown type")),
    };
    take(headers, length)?;
    Ok(None)
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], FrameError> {
    let Some((taken, rest)) = bytes.split_at_checked(length) else {
        return Err(FrameError::Headers("a header reaches past their end"));
    };
    *bytes = rest;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "tests"
    )]

    use proptest::prelude::*;

    use super::*;

    fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
        let mut head = Vec::new();
        for (name, value) in headers {
            head.push(name.len() as u8);
            head.extend_from_slice(name.as_bytes());
            head.push(7);
            head.extend_from_slice(&(value.len() as u16).to_be_bytes());
            head.extend_from_slice(value.as_bytes());
        }
        raw(&head, payload)
    }

    fn raw(head: &[u8], payload: &[u8]) -> Vec<u8> {
        let total = OVERHEAD + head.len() + payload.len();
        let mut out = (total as u32).to_be_bytes().to_vec();
        out.extend_from_slice(&(head.len() as u32).to_be_bytes());
        out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
        out.extend_from_slice(head);
        out.extend_from_slice(payload);
        out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
        out
    }

    fn event(payload: &[u8]) -> Vec<u8> {
        frame(
            &[
                (":event-type", "messageStart"),
                (":content-type", "application/json"),
                (":message-type", "event"),
            ],
            payload,
        )
    }

    fn decode(bytes: &[u8]) -> Result<Option<Frame>, FrameError> {
        let mut decoder = Decoder::default();
        decoder.push(bytes);
        decoder.next_frame()
    }

    #[test]
    fn reads_an_event() {
        let frame = decode(&event(b"{}")).unwrap().unwrap();
        assert_eq!(frame.kind, FrameKind::Event("messageStart".into()));
        assert_eq!(&frame.payload[..], b"{}");
    }

    #[test]
    fn reads_exceptions_and_errors() {
        let bytes = frame(
            &[(":exception-type", "throttlingException"), (":message-type", "exception")],
            b"{\"message\":\"slow\"}",
        );
        let kind = decode(&bytes).unwrap().unwrap().kind;
        assert_eq!(kind, FrameKind::Exception("throttlingException".into()));
        let bytes = frame(
            &[
                (":error-code", "InternalFailure"),
                (":error-message", "no"),
                (":message-type", "error"),
            ],
            b"",
        );
        let kind = decode(&bytes).unwrap().unwrap().kind;
        assert_eq!(kind, FrameKind::Error { code: "InternalFailure".into(), message: "no".into() });
    }

    #[test]
    fn refuses_a_prelude_that_lies_before_believing_its_length() {
        let mut bytes = event(b"{}");
        bytes[0] = 0x7f;
        assert!(matches!(decode(&bytes[..12]), Err(FrameError::PreludeChecksum { .. })));
    }

    #[test]
    fn refuses_a_huge_length_with_a_right_checksum() {
        let mut out = 0x7fff_ffff_u32.to_be_bytes().to_vec();
        out.extend_from_slice(&0_u32.to_be_bytes());
        out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
        assert_eq!(decode(&out), Err(FrameError::TooLong(0x7fff_ffff)));
    }

    #[test]
    fn refuses_a_tiny_length() {
        assert_eq!(decode(&[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]), Err(FrameError::TooShort));
    }

    #[test]
    fn refuses_a_flipped_payload_byte() {
        let mut bytes = event(b"{\"a\":1}");
        let at = bytes.len() - 6;
        bytes[at] ^= 1;
        assert!(matches!(decode(&bytes), Err(FrameError::MessageChecksum { .. })));
    }

    #[test]
    fn refuses_headers_longer_than_the_message() {
        let mut out = 20_u32.to_be_bytes().to_vec();
        out.extend_from_slice(&5000_u32.to_be_bytes());
        out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
        assert!(matches!(decode(&out), Err(FrameError::Headers(_))));
    }

    #[test]
    fn refuses_a_header_that_reaches_past_the_end() {
        assert!(matches!(decode(&raw(&[200, b'x'], b"")), Err(FrameError::Headers(_))));
        assert!(matches!(decode(&raw(&[1, b'x'], b"")), Err(FrameError::Headers(_))));
        assert!(matches!(decode(&raw(&[1, b'x', 7, 0], b"")), Err(FrameError::Headers(_))));
        assert!(matches!(decode(&raw(&[1, b'x', 77], b"")), Err(FrameError::Headers(_))));
    }

    #[test]
    fn skips_headers_of_other_types() {
        let mut head = vec![1, b'a', 0, 1, b'b', 4, 0, 0, 0, 1, 1, b'c', 9];
        head.extend_from_slice(&[0; 16]);
        head.extend_from_slice(&[13]);
        head.extend_from_slice(b":message-type");
        head.extend_from_slice(&[7, 0, 5]);
        head.extend_from_slice(b"event");
        let frame = decode(&raw(&head, b"")).unwrap().unwrap();
        assert_eq!(frame.kind, FrameKind::Event(EventType::default()));
    }

    proptest! {
        #[test]
        fn any_split_gives_the_same_frames(cuts in prop::collection::vec(1usize..40, 1..20)) {
            let bytes = [event(b"{\"a\":1}"), event(b""), event(&[b'x'; 300])].concat();
            let mut decoder = Decoder::default();
            let mut payloads = Vec::new();
            let mut rest = &bytes[..];
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                decoder.push(now);
                while let Some(frame) = decoder.next_frame().unwrap() {
                    payloads.push(frame.payload.len());
                }
                rest = later;
                if rest.is_empty() { break; }
            }
            prop_assert_eq!(payloads, vec![7, 0, 300]);
            prop_assert_eq!(decoder.pending(), 0);
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::default();
            decoder.push(&bytes);
            while let Ok(Some(_)) = decoder.next_frame() {}
        }
    }
}
