//! Where the body of a response ends.

use bytes::{Bytes, BytesMut};

use crate::bedrock::error::CallError;

/// The longest line of a size with its extensions, and the longest trailers, in bytes.
const MOST_LINE: usize = 16 * 1024;

/// How the end of a body is told, and how far it has been read.
#[derive(Debug)]
pub struct Framing {
    end: End,
    /// Something came after the end.
    excess: bool,
}

#[derive(Debug)]
enum End {
    /// So many bytes from now.
    After(u64),
    /// With the last chunk.
    Chunks(Chunk),
    /// With the connection.
    Close,
    Reached,
}

/// Where in a chunk the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chunk {
    /// In the line of its size: what of it is known, and how many bytes it has so far.
    Size { size: Option<u64>, length: usize },
    /// After the size in that line.
    Extension { size: u64, length: usize },
    /// After its CR.
    SizeEnd { size: u64 },
    /// In its bytes.
    Data { left: u64 },
    /// Before the CR after them.
    DataEnd,
    /// Before the LF after that.
    DataLineEnd,
    /// In the trailers: how long they are so far, and whether a line has just begun.
    Trailers { length: usize, begins: bool },
    /// After the CR of an empty line.
    LastLineEnd,
}

impl Framing {
    /// A body of so many bytes; none is no body.
    pub fn length(bytes: u64) -> Self {
        Self { end: if bytes == 0 { End::Reached } else { End::After(bytes) }, excess: false }
    }

    /// A body in chunks.
    pub fn chunked() -> Self {
        let end = End::Chunks(Chunk::Size { size: None, length: 0 });
        Self { end, excess: false }
    }

    /// A body that ends with its connection.
    pub fn until_close() -> Self {
        Self { end: End::Close, excess: false }
    }

    /// Whether the end has been read.
    pub fn has_ended(&self) -> bool {
        matches!(self.end, End::Reached)
    }

    /// Whether something came after it.
    pub fn has_excess(&self) -> bool {
        self.excess
    }

    /// What of these bytes, which are next, is the body's: nothing of them may be. No bytes at all are
    /// the end of the connection.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Bytes, CallError> {
        match &mut self.end {
            End::Close if bytes.is_empty() => {
                self.end = End::Reached;
                Ok(Bytes::new())
            }
            End::Close => Ok(Bytes::copy_from_slice(bytes)),
            End::Reached => {
                self.excess |= !bytes.is_empty();
                Ok(Bytes::new())
            }
            _ if bytes.is_empty() => {
                Err(CallError::hang_up().caused_by("the response ended before its end"))
            }
            End::After(left) => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let (body, rest) = bytes.split_at_checked(most).unwrap_or((bytes, &[]));
                *left -= body.len() as u64;
                if *left == 0 {
                    self.end = End::Reached;
                }
                self.excess = !rest.is_empty();
                Ok(Bytes::copy_from_slice(body))
            }
            End::Chunks(chunk) => {
                let mut body = BytesMut::with_capacity(bytes.len());
                let mut rest = bytes;
                while !rest.is_empty() {
                    let Some(next) = chunk.step(&mut rest, &mut body)? else {
                        self.end = End::Reached;
                        self.excess = !rest.is_empty();
                        break;
                    };
                    *chunk = next;
                }
                Ok(body.freeze())
            }
        }
    }
}

impl Chunk {
    /// Takes what it can of bytes of which there is at least one; `None` after the last.
    fn step(self, rest: &mut &[u8], body: &mut BytesMut) -> Result<Option<Self>, CallError> {
        if let Self::Data { left } = self {
            let most = usize::try_from(left).unwrap_or(usize::MAX);
            let (data, after) = rest.split_at_checked(most).unwrap_or((rest, &[]));
            body.extend_from_slice(data);
            *rest = after;
            let left = left - data.len() as u64;
            return Ok(Some(if left == 0 { Self::DataEnd } else { Self::Data { left } }));
        }
        let Some((&byte, after)) = rest.split_first() else { return Ok(Some(self)) };
        *rest = after;
        self.take(byte)
    }

    fn take(self, byte: u8) -> Result<Option<Self>, CallError> {
        Ok(Some(match (self, byte) {
            (
                Self::Size { length: MOST_LINE.., .. }
                | Self::Extension { length: MOST_LINE.., .. },
                _,
            ) => {
                return Err(CallError::unparsable(
                    "HPE_CHUNK_EXTENSIONS_OVERFLOW",
                    "Chunk extensions overflow",
                ));
            }
            (Self::Trailers { length: MOST_LINE.., .. }, _) => {
                return Err(CallError::unparsable("HPE_HEADER_OVERFLOW", "Header overflow"));
            }
            (Self::Size { size: Some(size), .. } | Self::Extension { size, .. }, b'\r') => {
                Self::SizeEnd { size }
            }
            (Self::Size { size: Some(size), length }, b';' | b' ' | b'\t') => {
                Self::Extension { size, length: length + 1 }
            }
            (Self::Size { size, length }, _) => {
                let digit = char::from(byte).to_digit(16);
                let digit = digit.ok_or_else(|| {
                    CallError::unparsable(
                        "HPE_INVALID_CHUNK_SIZE",
                        "Invalid character in chunk size",
                    )
                })?;
                let size = size
                    .unwrap_or(0)
                    .checked_mul(16)
                    .and_then(|size| size.checked_add(digit.into()));
                let size = size.ok_or_else(|| {
                    CallError::unparsable("HPE_INVALID_CHUNK_SIZE", "Chunk size overflow")
                })?;
                Self::Size { size: Some(size), length: length + 1 }
            }
            // A line may not end but with CR and LF: who ends it with LF alone sees other chunks.
            (Self::Extension { .. }, b'\n') => {
                return Err(CallError::unparsable(
                    "HPE_CR_EXPECTED",
                    "Missing expected CR after chunk extension",
                ));
            }
            (Self::Extension { size, length }, _) => Self::Extension { size, length: length + 1 },
            (Self::SizeEnd { size: 0 }, b'\n') => Self::Trailers { length: 0, begins: true },
            (Self::SizeEnd { size }, b'\n') => Self::Data { left: size },
            (Self::DataEnd, b'\r') => Self::DataLineEnd,
            (Self::DataLineEnd, b'\n') => Self::Size { size: None, length: 0 },
            (Self::Trailers { begins: true, .. }, b'\r') => Self::LastLineEnd,
            (Self::Trailers { begins: true, .. } | Self::LastLineEnd, b'\n') => return Ok(None),
            (Self::Trailers { length, .. }, _) => {
                Self::Trailers { length: length + 1, begins: byte == b'\n' }
            }
            (Self::SizeEnd { .. } | Self::DataLineEnd | Self::LastLineEnd, _) => {
                return Err(CallError::unparsable(
                    "HPE_LF_EXPECTED",
                    "Expected LF after chunk data",
                ));
            }
            // Bytes are taken by `step`.
            (Self::DataEnd | Self::Data { .. }, _) => {
                return Err(CallError::unparsable("HPE_STRICT", "Expected LF after chunk data"));
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// What a body gives that arrives in pieces of this size.
    fn read(framing: fn() -> Framing, wire: &[u8], piece: usize) -> Result<(String, bool), String> {
        let mut framing = framing();
        let mut body = Vec::new();
        for bytes in wire.chunks(piece) {
            body.extend_from_slice(&framing.take(bytes).map_err(|error| error.message)?);
        }
        if !framing.has_ended() {
            framing.take(b"").map_err(|error| error.message)?;
        }
        Ok((String::from_utf8(body).unwrap(), framing.has_excess()))
    }

    #[test]
    fn chunks_are_read_however_they_are_cut() {
        let wire = b"4\r\nWiki\r\n6;name=\"a;b\"\r\npedia \r\nE \r\nin \r\n\r\nchunks.\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n";
        for piece in 1..=wire.len() {
            let read = read(Framing::chunked, wire, piece).unwrap();
            assert_eq!(read, ("Wikipedia in \r\n\r\nchunks.".to_owned(), false), "{piece}");
        }
    }

    #[test]
    fn a_length_is_read_however_it_is_cut_and_what_comes_after_it_is_noticed() {
        for piece in 1..10 {
            let exact = read(|| Framing::length(7), b"seven b", piece).unwrap();
            assert_eq!(exact, ("seven b".to_owned(), false));
            let more = read(|| Framing::length(7), b"seven bytes", piece).unwrap();
            assert_eq!(more, ("seven b".to_owned(), true));
        }
        assert!(Framing::length(0).has_ended());
    }

    #[test]
    fn the_end_of_the_connection_is_the_end_of_one_body_and_the_loss_of_the_others() {
        assert_eq!(read(Framing::until_close, b"all", 2).unwrap(), ("all".to_owned(), false));
        for (framing, wire) in [
            ((|| Framing::length(5)) as fn() -> Framing, b"four".as_slice()),
            (Framing::chunked, b"4\r\nWi"),
            (Framing::chunked, b"4\r\nWiki\r\n"),
            (Framing::chunked, b"4\r\nWiki\r\n0\r\n"),
            (Framing::chunked, b"0\r\nX: 1\r\n"),
        ] {
            assert_eq!(read(framing, wire, 3).unwrap_err(), "socket hang up", "{wire:?}");
        }
    }

    #[test]
    fn chunks_that_are_none_are_refused_in_the_words_of_nodejs() {
        let long = [b"4;".as_slice(), &[b'x'; MOST_LINE], b"\r\nWiki\r\n0\r\n\r\n"].concat();
        let trailers = [b"0\r\nX: ".as_slice(), &[b'x'; MOST_LINE], b"\r\n\r\n"].concat();
        let cases: [(&[u8], &str); 10] = [
            (b"x\r\n", "Invalid character in chunk size"),
            (b"\r\n", "Invalid character in chunk size"),
            (b"-1\r\n", "Invalid character in chunk size"),
            (b"10000000000000000\r\n", "Chunk size overflow"),
            (b"4\nWiki", "Invalid character in chunk size"),
            (b"4;a\nWiki", "Missing expected CR after chunk extension"),
            (b"4\r\nWikipedia", "Expected LF after chunk data"),
            (b"4\r\nWiki\rX", "Expected LF after chunk data"),
            (&long, "Chunk extensions overflow"),
            (&trailers, "Header overflow"),
        ];
        for (wire, what) in cases {
            for piece in [1, 3, wire.len()] {
                let told = read(Framing::chunked, wire, piece).unwrap_err();
                assert_eq!(told, format!("Parse Error: {what}"), "{}", wire.escape_ascii());
            }
        }
    }
}
