//! A JSON string as it is written, without its quotes.

/// The content of a JSON string, escapes and all; its syntax has been checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawText<'a>(&'a [u8]);

impl<'a> RawText<'a> {
    /// The content between the quotes of a string that is valid JSON.
    pub fn new(content: &'a [u8]) -> Self {
        Self(content)
    }

    /// The text itself, where it is written without an escape.
    pub fn plain(self) -> Option<&'a str> {
        if self.0.contains(&b'\\') { None } else { std::str::from_utf8(self.0).ok() }
    }

    /// The text's UTF-16, halves of surrogate pairs included.
    pub fn units(self) -> impl Iterator<Item = u16> + 'a {
        let text = std::str::from_utf8(self.0).unwrap_or_default();
        Units { letters: text.chars(), second: None }
    }

    /// Whether it is this text, however it is written.
    pub fn is(self, text: &str) -> bool {
        match self.plain() {
            Some(plain) => plain == text,
            None => self.units().eq(text.encode_utf16()),
        }
    }

    /// The text, with U+FFFD for halves of surrogate pairs.
    pub fn to_text(self) -> String {
        match self.plain() {
            Some(plain) => plain.to_owned(),
            None => char::decode_utf16(self.units())
                .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
        }
    }
}

struct Units<'a> {
    letters: std::str::Chars<'a>,
    second: Option<u16>,
}

impl Iterator for Units<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if let Some(second) = self.second.take() {
            return Some(second);
        }
        let letter = self.letters.next()?;
        if letter != '\\' {
            let mut pair = [0; 2];
            let [first, rest @ ..] = &*letter.encode_utf16(&mut pair) else { return None };
            self.second = rest.first().copied();
            return Some(*first);
        }
        let escape = match self.letters.next()? {
            'b' => 0x08,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'u' => {
                let digits = self.letters.as_str().get(..4)?;
                self.letters = self.letters.as_str().get(4..)?.chars();
                u16::from_str_radix(digits, 16).ok()?
            }
            // A quote, a backslash, a slash.
            letter => u16::try_from(u32::from(letter)).ok()?,
        };
        Some(escape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read() {
        let text = RawText::new(br#"a\"\\\/\b\f\n\r\t\u00e9\ud83e\udd16\ud83e"#);
        let units: Vec<u16> = text.units().collect();
        let wanted: Vec<u16> =
            "a\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1f916}".encode_utf16().chain([0xd83e]).collect();
        assert_eq!(units, wanted);
        assert_eq!(text.plain(), None);
    }

    #[test]
    fn texts_are_compared_as_they_read() {
        assert!(RawText::new(br"te\u0078t").is("text"));
        assert!(RawText::new(b"text").is("text"));
        assert!(!RawText::new(b"texts").is("text"));
        assert_eq!(RawText::new("é漢".as_bytes()).plain(), Some("é漢"));
        assert_eq!(RawText::new(br"\udc00 x").to_text(), "\u{fffd} x");
    }
}
