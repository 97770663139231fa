//! Names as AWS spells them: of tools, of formats, of documents.

use std::collections::HashSet;

use serde_json::Value;

/// Whether Bedrock takes a tool's name.
pub(super) fn is_tool_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A name that Bedrock takes, for one that it does not: the same each time, whatever else is there.
pub(super) fn tool_name(name: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let fitting: String = name.chars().take(64).map(|c| if allowed(c) { c } else { '_' }).collect();
    if fitting.is_empty() { "unnamed_tool".to_owned() } else { fitting }
}

/// Whether Converse's own shape takes an id.
pub(super) fn is_use_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(allowed)
}

/// The formats of media, by the kind of the block.
const FORMATS: [(&str, &[&str]); 4] = [
    (
        "audio",
        &[
            "aac", "flac", "m4a", "mka", "mkv", "mp3", "mp4", "mpeg", "mpga", "ogg", "opus", "pcm",
            "wav", "webm", "x-aac",
        ],
    ),
    ("document", &["csv", "doc", "docx", "html", "md", "pdf", "txt", "xls", "xlsx"]),
    ("image", &["gif", "jpeg", "png", "webp"]),
    ("video", &["flv", "mkv", "mov", "mp4", "mpeg", "mpg", "three_gp", "webm", "wmv"]),
];

/// What people call a format, and what AWS calls it. The names of both are in lower case.
const ALIASES: [(&str, &str, &str); 21] = [
    ("audio", "wave", "wav"),
    ("audio", "x-wav", "wav"),
    ("document", "htm", "html"),
    ("document", "markdown", "md"),
    ("document", "mdown", "md"),
    ("document", "msword", "doc"),
    ("document", "plain", "txt"),
    ("document", "text", "txt"),
    ("document", "vnd.ms-excel", "xls"),
    ("document", "vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("document", "vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("document", "x-markdown", "md"),
    ("document", "xhtml", "html"),
    ("image", "jpe", "jpeg"),
    ("image", "jpg", "jpeg"),
    ("image", "pjpeg", "jpeg"),
    ("image", "x-png", "png"),
    ("video", "3gp", "three_gp"),
    ("video", "3gpp", "three_gp"),
    ("video", "quicktime", "mov"),
    ("video", "x-matroska", "mkv"),
];

fn formats(kind: &str) -> &'static [&'static str] {
    FORMATS.iter().find(|(of, _)| *of == kind).map_or(&[], |(_, formats)| formats)
}

/// Whether the format of a block's value is spelt as AWS spells it; one that is no text, or absent,
/// is not a matter of spelling.
pub(super) fn is_format(kind: &str, media: &Value) -> bool {
    let format = media.get("format").and_then(Value::as_str);
    format.is_none_or(|format| formats(kind).contains(&format))
}

/// AWS's name of a format that is spelt otherwise (`JPG`, `.pdf`, `image/jpeg`); `None` where it is
/// no format of this kind, or is spelt so.
pub(super) fn format(kind: &str, given: &str) -> Option<&'static str> {
    let known = formats(kind);
    if known.contains(&given) {
        return None;
    }
    let lower = given.trim().to_ascii_lowercase();
    let lower = lower.split(';').next().unwrap_or_default().trim();
    let plain = lower.rsplit('/').next().unwrap_or_default().trim_start_matches('.');
    let alias = ALIASES.iter().find(|(of, alias, _)| *of == kind && *alias == plain);
    let name = alias.map_or(plain, |(_, _, name)| *name);
    known.iter().copied().find(|format| *format == name)
}

const MAX_NAME: usize = 200;

fn is_document_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '(' | ')' | '[' | ']')
}

/// Whether Bedrock takes a document's name.
pub(super) fn is_document_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.chars().all(is_document_name_char)
        && !name.contains("  ")
}

/// Names of documents that stand before one; Bedrock compares them without case.
#[derive(Debug, Default)]
pub(super) struct DocumentNames(HashSet<String>);

impl DocumentNames {
    /// Notes a name; whether it is new.
    pub(super) fn insert(&mut self, name: &str) -> bool {
        self.0.insert(name.to_lowercase())
    }

    /// A name that Bedrock takes and that no document before has, for one that it does not take.
    pub(super) fn fitting(&mut self, name: &str) -> String {
        let chars = name.chars().map(|c| {
            if c.is_whitespace() {
                ' '
            } else if is_document_name_char(c) {
                c
            } else {
                '-'
            }
        });
        let plain: String = chars.collect();
        let words: Vec<_> = plain.split(' ').filter(|word| !word.is_empty()).collect();
        let mut base = words.join(" ");
        base.truncate(MAX_NAME);
        if base.is_empty() {
            "document".clone_into(&mut base);
        }
        let base = base.trim_end();
        if self.insert(base) { base.to_owned() } else { self.numbered(base, ' ') }
    }

    /// The name with the first number that no document before has.
    pub(super) fn numbered(&mut self, name: &str, separator: char) -> String {
        let mut number = 2_usize;
        loop {
            let suffix = format!("{separator}{number}");
            let stem = name.get(..name.len().min(MAX_NAME - suffix.len())).unwrap_or_default();
            let numbered = format!("{}{suffix}", stem.trim_end());
            // It ends: there are fewer names before than numbers.
            if self.insert(&numbered) {
                return numbered;
            }
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_found_by_what_people_call_them() {
        for (kind, given, name) in [
            ("image", "jpg", Some("jpeg")),
            ("image", "JPEG", Some("jpeg")),
            ("image", ".PNG", Some("png")),
            ("image", "image/webp", Some("webp")),
            ("document", "PDF", Some("pdf")),
            ("document", "application/pdf", Some("pdf")),
            ("document", "text/plain; charset=utf-8", Some("txt")),
            ("document", "htm", Some("html")),
            ("video", "3GP", Some("three_gp")),
            ("audio", "WAV", Some("wav")),
            ("image", "png", None),
            ("image", "pdf", None),
            ("image", "bmp", None),
            ("image", "", None),
        ] {
            assert_eq!(format(kind, given), name, "{kind} {given}");
        }
    }

    #[test]
    fn aliases_name_formats_that_there_are() {
        for (kind, alias, name) in ALIASES {
            assert!(formats(kind).contains(&name) && !formats(kind).contains(&alias), "{alias}");
        }
    }

    #[test]
    fn names_of_tools_are_made_lawful() {
        let long = "x".repeat(70);
        for (name, fitting) in
            [("functions.w", "functions_w"), ("", "unnamed_tool"), ("a b/ü", "a_b__")]
        {
            assert_eq!(tool_name(name), fitting);
        }
        assert_eq!(tool_name(&long).len(), 64);
        assert!(is_tool_name(&tool_name(&long)) && !is_tool_name(&long));
    }

    #[test]
    fn numbers_are_free_and_fit_into_long_names() {
        let mut names = DocumentNames::default();
        assert!(names.insert("Report") && !names.insert("report"));
        assert_eq!(names.numbered("report", '-'), "report-2");
        assert_eq!(names.numbered("REPORT", '-'), "REPORT-3");
        let long = "x".repeat(200);
        assert!(names.insert(&long));
        assert_eq!(names.numbered(&long, '-').len(), 200);
    }
}
