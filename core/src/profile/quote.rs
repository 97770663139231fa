//! Quoting of foreign text in messages: one line, bounded, without anything that moves a cursor.

use std::fmt::Write as _;

/// Longest quotation, in characters. A profile's ARN (about 110) is quoted whole.
const LONGEST: usize = 160;

/// The text in double quotes, cut after [`LONGEST`] characters, control and format characters
/// written as `\u{..}`.
pub(crate) fn quoted(text: &str) -> String {
    quoted_up_to(text, LONGEST)
}

/// As [`quoted`], with another bound.
pub(crate) fn quoted_up_to(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len().min(longest) + 4);
    out.push('"');
    let mut chars = text.chars();
    for character in chars.by_ref().take(longest) {
        match character {
            '"' => out.push_str("\\\""),
            hidden if is_hidden(hidden) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(hidden));
            }
            plain => out.push(plain),
        }
    }
    if chars.next().is_some() {
        out.push('…');
    }
    out.push('"');
    out
}

/// Control characters, and those that reorder or hide text (bidi marks, zero-width, BOM, line separators).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_is_one_bounded_visible_line() {
        assert_eq!(quoted("a\n\u{1b}[2J\u{202e}\"z"), r#""a\u{a}\u{1b}[2J\u{202e}\"z""#);
        assert_eq!(quoted_up_to("ééé", 2), "\"éé…\"");
        assert_eq!(quoted_up_to("éé", 2), "\"éé\"");
    }
}
