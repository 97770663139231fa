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

/// Units that are looked at together: where all are ASCII, and where some are not.
const PLAIN: usize = 64;
const SOME: usize = 32;

/// The first byte of every mark: that of the characters from U+100000 on.
const FIRST_BYTE: u8 = 0xf4;

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
    if written.contains(&FIRST_BYTE)
        && let Ok(json) = std::str::from_utf8(written)
        && let Cow::Owned(mended) = with_halves(json)
    {
        out.truncate(start);
        out.extend_from_slice(mended.as_bytes());
    }
}

/// A text of JavaScript, with marks for halves of surrogate pairs.
pub fn from_utf16(units: &[u16]) -> String {
    let mut text = String::with_capacity(room_for(units.len()));
    push_utf16(&mut text, units);
    text
}

/// Bytes that a text of so many code units may need.
pub(super) fn room_for(units: usize) -> usize {
    units + units / 16
}

/// The same at the end of another text.
pub(super) fn push_utf16(text: &mut String, units: &[u16]) {
    let mut rest = units;
    while !rest.is_empty() {
        // Most of it is ASCII, most of the time: many at once, in loops that do not end early.
        if let Some((chunk, after)) = rest.split_first_chunk::<PLAIN>()
            && chunk.iter().fold(0, |all, unit| all | unit) < 0x80
        {
            text.push_str(ascii(&chunk.map(low)));
            rest = after;
            continue;
        }
        let chunk = rest.get(..SOME).unwrap_or(rest);
        let plain = chunk.iter().position(|unit| *unit >= 0x80).unwrap_or(chunk.len());
        let mut bytes = [0; SOME];
        for (byte, unit) in bytes.iter_mut().zip(chunk) {
            *byte = low(*unit);
        }
        text.push_str(ascii(bytes.get(..plain).unwrap_or_default()));
        rest = rest.get(plain..).unwrap_or_default();
        // Up to the next letter of ASCII, and so never within a pair.
        let odd = rest.iter().position(|unit| *unit < 0x80).unwrap_or(rest.len());
        let (odd, after) = rest.split_at(odd);
        for letter in char::decode_utf16(odd.iter().copied()) {
            match letter {
                Ok(letter) => text.push(letter),
                Err(half) => push_half(text, half.unpaired_surrogate()),
            }
        }
        rest = after;
    }
}

fn low(unit: u16) -> u8 {
    let [byte, _] = unit.to_le_bytes();
    byte
}

fn ascii(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
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
    // Nearly no text has such a character, and a byte is found faster than a text.
    if !text.as_bytes().contains(&FIRST_BYTE) {
        return Cow::Borrowed(text);
    }
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

    use proptest::prelude::*;
    use serde_json::json;

    use super::super::text::RawText;
    use super::*;

    /// What `from_utf16` gives, a letter at a time.
    fn by_letters(units: &[u16]) -> String {
        let mut text = String::new();
        for letter in char::decode_utf16(units.iter().copied()) {
            match letter {
                Ok(letter) => text.push(letter),
                Err(half) => push_half(&mut text, half.unpaired_surrogate()),
            }
        }
        text
    }

    /// Texts of long plain stretches with other letters, pairs and halves between, at any place.
    fn texts() -> impl Strategy<Value = Vec<u16>> {
        let plain = prop::collection::vec(0_u16..0x80, 0..200);
        let odd = prop_oneof![
            0x80_u16..=0xffff,
            0xd7f0_u16..=0xe010,
            0xd800_u16..=0xdbff,
            0xdc00_u16..=0xdfff,
        ];
        let stretch = (plain, prop::collection::vec(odd, 0..80));
        let stretches = prop::collection::vec(stretch, 0..8);
        stretches
            .prop_map(|all| all.into_iter().flat_map(|(a, b)| a.into_iter().chain(b)).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_text_is_read_as_letter_by_letter(units in texts()) {
            prop_assert_eq!(from_utf16(&units), by_letters(&units));
        }

        #[test]
        fn a_written_text_is_read_back(units in texts()) {
            let text = from_utf16(&units);
            let mut written = Vec::new();
            write_text(&mut written, &text);
            let written = String::from_utf8(written).unwrap();
            prop_assert_eq!(&written, &to_string(&text).unwrap());
            let read: String = read(&written).unwrap();
            prop_assert_eq!(read, text);
        }
    }

    #[test]
    fn every_code_point_is_read_at_every_place_of_a_stretch() {
        let mut units = Vec::new();
        for point in 0..=0x0010_ffff_u32 {
            units.extend(std::iter::repeat_n(0x61, (point % 3) as usize * (point % 47) as usize));
            match char::from_u32(point) {
                Some(letter) => units.extend_from_slice(letter.encode_utf16(&mut [0; 2])),
                None => units.extend(u16::try_from(point)),
            }
        }
        assert!(from_utf16(&units) == by_letters(&units));
    }

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
