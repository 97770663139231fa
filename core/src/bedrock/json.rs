//! JSON as JavaScript reads it: half a surrogate pair is no reason to lose an answer. A stream may
//! cut a pair in two, and its reader puts the halves together again.

use std::borrow::Cow;

use serde_json::Value;

/// Stands before the four digits of half a surrogate pair, which no text of Rust can hold. Neither
/// character is ever part of an interchanged text.
const HALF: &str = "\u{fdd0}\u{fdd1}";

/// Reads JSON; bytes that are no UTF-8 become U+FFFD, and escapes of half a surrogate pair are kept
/// for [`with_halves`].
pub fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&text).or_else(|error| match without_halves(&text) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// JSON text with the escapes of half a surrogate pair as they were read.
pub fn with_halves(json: &str) -> Cow<'_, str> {
    if json.contains(HALF) { Cow::Owned(json.replace(HALF, "\\u")) } else { Cow::Borrowed(json) }
}

/// The text with a mark for each escape of half a surrogate pair; `None` where there is none.
fn without_halves(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut mended = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let length = match (surrogate(escape), surrogate(escape.get(6..).unwrap_or_default())) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(_), _) => {
                mended = true;
                out.push_str(HALF);
                out.push_str(escape.get(2..6).unwrap_or_default());
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            // Another escape, whose second character is no backslash of its own.
            (None, _) => 1 + escape.chars().nth(1).map_or(0, char::len_utf8),
        };
        let (kept, after) = escape.split_at(length);
        out.push_str(kept);
        rest = after;
    }
    out.push_str(rest);
    mended.then_some(out)
}

/// The surrogate that an escape at the start of the text is.
fn surrogate(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let unit = u32::from_str_radix(digits, 16).ok()?;
    (0xd800..=0xdfff).contains(&unit).then_some(unit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    #[test]
    fn halves_come_out_as_they_came_in() {
        for text in [
            r#""x\ud83ey""#,
            r#""\udc00""#,
            r#""\ud83e\ud83e🤖""#,
            r#""\\ud83e \ud83e""#,
            r#"["\ud83e",{"\udd16":1}]"#,
        ] {
            let read = parse(text.as_bytes()).unwrap().to_string();
            assert_eq!(with_halves(&read), text);
        }
        let whole = parse(br#""\ud83e\ud83e\udd16""#).unwrap().to_string();
        assert_eq!(with_halves(&whole), r#""\ud83e🤖""#);
    }

    #[test]
    fn whole_pairs_and_bad_bytes_are_read() {
        assert_eq!(parse(br#""\ud83e\udd16""#).unwrap(), json!("\u{1f916}"));
        assert_eq!(parse(b"\"a\xffb\"").unwrap(), json!("a\u{fffd}b"));
        assert!(parse(b"{").is_err());
        assert!(parse(br#""\"#).is_err());
    }
}
