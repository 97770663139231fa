//! An input that comes in pieces (`lib/blobs.js`).

use super::marks::{push_utf16, room_for};

/// The JSON of an input. One piece is all of it; of several the first is an object of the members before
/// `messages`, the last one of those after them, and between them are arrays of the messages.
pub fn from_pieces<'a>(pieces: impl Iterator<Item = &'a [u16]> + Clone) -> String {
    let length = pieces.clone().map(<[u16]>::len).sum();
    let mut text = String::with_capacity(room_for(length));
    let mut pieces = pieces.peekable();
    let Some(before) = pieces.next() else { return text };
    if pieces.peek().is_none() {
        push_utf16(&mut text, before);
        return text;
    }
    text.push('{');
    push_utf16(&mut text, inside(before));
    if text.len() > 1 {
        text.push(',');
    }
    text.push_str("\"messages\":[");
    let mut is_first = true;
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            text.push(']');
        }
        if !is_first && !inside(piece).is_empty() {
            text.push(',');
        }
        push_utf16(&mut text, inside(piece));
        is_first = false;
    }
    text.push('}');
    text
}

/// What an object or an array holds.
fn inside(json: &[u16]) -> &[u16] {
    json.get(1..json.len().saturating_sub(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(pieces: &[&str]) -> String {
        let units: Vec<Vec<u16>> =
            pieces.iter().map(|piece| piece.encode_utf16().collect()).collect();
        from_pieces(units.iter().map(Vec::as_slice))
    }

    #[test]
    fn one_piece_is_all_of_it() {
        assert_eq!(joined(&[]), "");
        assert_eq!(joined(&["\"an id\""]), "\"an id\"");
        assert_eq!(joined(&["{\"a\":[]}"]), "{\"a\":[]}");
    }

    #[test]
    fn messages_stand_where_they_stood() {
        for (pieces, whole) in [
            (
                vec!["{\"a\":1}", "[1,2]", "[3]", "{\"b\":{}}"],
                "{\"a\":1,\"messages\":[1,2,3],\"b\":{}}",
            ),
            (vec!["{}", "[1]", "{}"], "{\"messages\":[1]}"),
            (vec!["{}", "[\"ü😀\"]", "[]", "{\"b\":2}"], "{\"messages\":[\"ü😀\"],\"b\":2}"),
            (vec!["{\"a\":1}", "[]", "{}"], "{\"a\":1,\"messages\":[]}"),
            (vec!["{\"a\":1}", "{}"], "{\"a\":1,\"messages\":[]}"),
            (vec!["{", "", "}"], "{\"messages\":[]}"),
        ] {
            assert_eq!(joined(&pieces), whole);
        }
    }
}
