//! JSON as JavaScript reads and writes it: half a surrogate pair is a text like any other. A stream
//! may cut a pair in two, and its reader puts the halves together again.
//!
//! What passes through is not decoded ([`Document`], [`RawText`]), so that halves stay the escapes
//! that they are. Values hold texts of Rust, which cannot: in these a half is a mark, made of private
//! characters that each process draws anew and that never leave it, so that no text that comes from
//! outside can be taken for one.

mod document;
mod marks;
mod pieces;
mod text;

pub use document::{Document, Malformed};
pub(crate) use document::{NodeId, NodeKind, Nodes, is_long};
pub use marks::{from_utf16, parse, read, read_lossy, to_string};
pub(crate) use marks::{lossy, write_text};
pub use pieces::from_pieces;
pub use text::RawText;
