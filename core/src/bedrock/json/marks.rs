//! Texts with halves of surrogate pairs, in values: see [the module](super).

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The first of the 2,048 private characters that say which half a mark is.
const FIRST_HALF: u32 = 0x0010_f800;
const SURROGATES: std::ops::RangeInclusive<u16> = 0xd800..=0xdfff;

/// Stands before the character that says which half of a surrogate pair it is.
static MARK: LazyLock<String> = LazyLock::new(|| {
    let random = RandomState::new();
    // Private characters below those of the halves, from the system's randomness.
    let private = |at: u64| char::from_u32(0x0010_0000 + (random.hash_one(at) % 0xf800) as u32);
    (0..4).filter_map(private).collect()
});

/// Reads JSON; bytes that are no UTF-8 become U+FFFD, and halves of surrogate pairs become marks.
pub fn parse(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    read(&String::from_utf8_lossy(bytes))
}

/// Reads what JavaScript has written as JSON; halves of surrogate pairs become marks.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match without_halves(text) {
        Some(marked) => serde_json::from_str(&marked),
        None => Err(error),
    })
}

/// The same where bytes are wanted: halves become U+FFFD.
pub fn read_lossy<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match without_halves(text) {
        Some(marked) => serde_json::from_str(&lossy(&marked)),
        None => Err(error),
    })
}

/// JSON text with the escapes of halves where there are marks.
pub fn to_string(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let json = serde_json::to_string(value)?;
    match with_halves(&json) {
        Cow::Borrowed(_) => Ok(json),
        Cow::Owned(mended) => Ok(mended),
    }
}

/// Appends a text as a JSON string, with the escapes of halves where there are marks.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    let start = out.len();
    // Writing to a Vec cannot fail, and a str is always valid JSON text.
    let _ = serde_json::to_writer(&mut *out, text);
    let written = out.get(start..).unwrap_or_default();
    if let Ok(json) = std::str::from_utf8(written)
        && let Cow::Owned(mended) = with_halves(json)
    {
        out.truncate(start);
        out.extend_from_slice(mended.as_bytes());
    }
}

/// A text of JavaScript, with marks for halves of surrogate pairs.
pub fn from_utf16(units: &[u16]) -> String {
    let mut text = String::with_capacity(units.len() + units.len() / 16);
    let mut rest = units;
    while !rest.is_empty() {
        // Most of it is ASCII, most of the time.
        let plain = rest.chunks(64).take_while(|chunk| chunk.iter().all(|unit| *unit < 0x80));
        let plain = plain.map(<[u16]>::len).sum();
        let (ascii, after) = rest.split_at(plain);
        text.extend(ascii.iter().filter_map(|unit| u8::try_from(*unit).ok()).map(char::from));
        // A pair is not cut: at the end of what is decoded singly there is no first half.
        let mut end = after.len().min(64);
        if end < after.len() && after.get(end - 1).is_some_and(|unit| unit >> 10 == 0x36) {
            end += 1;
        }
        let (singly, after) = after.split_at(end);
        for unit in char::decode_utf16(singly.iter().copied()) {
            match unit {
                Ok(letter) => text.push(letter),
                Err(half) => push_half(&mut text, half.unpaired_surrogate()),
            }
        }
        rest = after;
    }
    text
}

/// The text with U+FFFD for each mark: where bytes are wanted, a half is no character.
pub(crate) fn lossy(text: &str) -> Cow<'_, str> {
    replace_marks(text, |out, _| out.push(char::REPLACEMENT_CHARACTER))
}

fn with_halves(json: &str) -> Cow<'_, str> {
    use std::fmt::Write;
    replace_marks(json, |out, half| {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\u{half:04x}");
    })
}

fn replace_marks(text: &str, replace: impl Fn(&mut String, u16)) -> Cow<'_, str> {
    let mark = MARK.as_str();
    let Some((before, mut rest)) = text.split_once(mark) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(before);
    loop {
        let mut letters = rest.chars();
        match letters.next().and_then(half_of) {
            Some(half) => {
                replace(&mut out, half);
                rest = letters.as_str();
            }
            // A text that was cut within a mark.
            None => out.push(char::REPLACEMENT_CHARACTER),
        }
        match rest.split_once(mark) {
            Some((before, after)) => {
                out.push_str(before);
                rest = after;
            }
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn half_of(letter: char) -> Option<u16> {
    let unit = u32::from(letter).checked_sub(FIRST_HALF)? + u32::from(*SURROGATES.start());
    u16::try_from(unit).ok().filter(|unit| SURROGATES.contains(unit))
}

fn push_half(out: &mut String, half: u16) {
    out.push_str(&MARK);
    out.extend(char::from_u32(FIRST_HALF + u32::from(half - SURROGATES.start())));
}

/// JSON text with a mark for each escape of half a surrogate pair; `None` where there is none.
fn without_halves(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut marked = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let length = match (surrogate(escape), surrogate(escape.get(6..).unwrap_or_default())) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(half), _) => {
                marked = true;
                push_half(&mut out, half);
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
    marked.then_some(out)
}

/// The surrogate that an escape at the start of the text is.
fn surrogate(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let unit = u16::from_str_radix(digits, 16).ok()?;
    SURROGATES.contains(&unit).then_some(unit)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::super::text::RawText;
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
            let read = parse(text.as_bytes()).unwrap();
            assert_eq!(to_string(&read).unwrap(), text);
        }
        let whole = parse(br#""\ud83e\ud83e\udd16""#).unwrap();
        assert_eq!(to_string(&whole).unwrap(), r#""\ud83e🤖""#);
    }

    #[test]
    fn whole_pairs_and_bad_bytes_are_read() {
        assert_eq!(parse(br#""\ud83e\udd16""#).unwrap(), json!("\u{1f916}"));
        assert_eq!(parse(b"\"a\xffb\"").unwrap(), json!("a\u{fffd}b"));
        assert!(parse(b"{").is_err());
        assert!(parse(br#""\"#).is_err());
    }

    #[test]
    fn every_code_unit_comes_back() {
        let beyond = (0x0001_0000..=0x0010_ffff).filter_map(char::from_u32);
        let pairs = beyond.map(|letter| letter.to_string());
        let pairs: Vec<u16> =
            pairs.flat_map(|pair| pair.encode_utf16().collect::<Vec<_>>()).collect();
        // Backwards, so that no two halves make a pair.
        let units: Vec<u16> = (0..=0xffff).rev().chain(pairs).collect();
        let text = from_utf16(&units);
        let json = to_string(&text).unwrap();
        let back = RawText::new(json.as_bytes().get(1..json.len() - 1).unwrap());
        assert!(back.units().eq(units));
    }

    #[test]
    fn no_text_from_outside_is_a_mark() {
        for text in ["\u{fdd0}\u{fdd1}zz", "\u{10f800}", "\u{100000}\u{100001}\u{10f83e}"] {
            assert_eq!(to_string(&text).unwrap(), format!("\"{text}\""));
            assert_eq!(lossy(text), text);
        }
    }

    #[test]
    fn a_half_is_no_character_where_bytes_are_wanted() {
        let text = from_utf16(&[0x61, 0xd83e, 0x62]);
        assert_eq!(lossy(&text), "a\u{fffd}b");
        let cut: String = text.chars().take(5).collect();
        assert_eq!(to_string(&cut).unwrap(), "\"a\u{fffd}\"");
    }
}
