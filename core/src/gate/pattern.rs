//! Patterns of names and ids, of the one kind that Bedrock has: so many of these characters.

use std::collections::HashSet;
use std::ops::RangeInclusive;

/// What an id or a name must look like (`^[a-zA-Z0-9]{9}$`).
#[derive(Debug, PartialEq)]
pub(super) struct Pattern {
    chars: Vec<RangeInclusive<char>>,
    /// The ASCII characters among them, a bit for each: every id of a conversation is looked at.
    ascii: u128,
    length: RangeInclusive<usize>,
}

impl Pattern {
    fn new(chars: Vec<RangeInclusive<char>>, length: RangeInclusive<usize>) -> Self {
        let ascii = chars.iter().fold(0, |bits, range| {
            let (first, last) = (u32::from(*range.start()), u32::from(*range.end()).min(127));
            let others = 127 + first - last.max(first);
            if first > last { bits } else { bits | u128::MAX >> others << first }
        });
        Self { chars, ascii, length }
    }

    /// The pattern of Converse itself.
    pub(super) fn shape() -> Self {
        let chars =
            vec!['a'..='z', 'A'..='Z', '0'..='9', '_'..='_', '.'..='.', ':'..=':', '-'..='-'];
        Self::new(chars, 1..=64)
    }

    /// Reads `^[…]{n}$` and `^[…]{m,n}$`; `None` for anything else, of which nothing is known.
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text.strip_prefix('^').unwrap_or(text);
        let text = text.strip_suffix('$').unwrap_or(text);
        let (class, count) = text.strip_prefix('[')?.split_once("]{")?;
        let count = count.strip_suffix('}')?;
        let (min, max) = count.split_once(',').unwrap_or((count, count));
        let length = min.trim().parse().ok()?..=max.trim().parse().ok()?;
        let plain = !class.is_empty() && !class.starts_with('^') && !class.contains(['\\', '[']);
        let mut chars = Vec::new();
        let mut rest = class.chars();
        while let Some(first) = rest.next() {
            let mut ahead = rest.clone();
            let last = match (ahead.next(), ahead.next()) {
                (Some('-'), Some(last)) => {
                    rest = ahead;
                    last
                }
                _ => first,
            };
            chars.push(first..=last);
        }
        (plain && *length.start() > 0 && length.start() <= length.end())
            .then(|| Self::new(chars, length))
    }

    fn allows(&self, c: char) -> bool {
        match u32::from(c) {
            ascii @ 0..128 => self.ascii >> ascii & 1 == 1,
            _ => self.chars.iter().any(|range| range.contains(&c)),
        }
    }

    pub(super) fn matches(&self, id: &str) -> bool {
        if id.is_ascii() {
            let allowed = |byte: u8| self.ascii >> byte & 1 == 1;
            return self.length.contains(&id.len()) && id.bytes().all(allowed);
        }
        self.length.contains(&id.chars().count()) && id.chars().all(|c| self.allows(c))
    }

    /// An id of this pattern for another, the same each time, and one that is not taken: what is
    /// left of the id where that is enough, else a hash of it.
    pub(super) fn fit(&self, id: &str, taken: &mut HashSet<String>) -> String {
        let kept: String = id.chars().filter(|c| self.allows(*c)).collect();
        let mut fitting = kept;
        let mut salt = 0;
        // As many tries as ids could stand in the way.
        while (!self.matches(&fitting) || taken.contains(&fitting)) && salt <= taken.len() {
            fitting = self.hashed(id, salt);
            salt += 1;
        }
        taken.insert(fitting.clone());
        fitting
    }

    fn hashed(&self, id: &str, salt: usize) -> String {
        // FNV-1a: the same in every process, so that prompts stay cacheable.
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in id.bytes().chain(salt.to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let alphabet: Vec<char> = self.chars.iter().cloned().flatten().collect();
        let base = u64::try_from(alphabet.len()).unwrap_or(1).max(1);
        let length = 24.clamp(*self.length.start(), *self.length.end());
        let digits = (0..length).map(|_| {
            // A generator's step, so that long ids do not run out of hash.
            let digit = (hash >> 32) % base;
            hash = hash.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(digit).ok().and_then(|digit| alphabet.get(digit)).copied()
        });
        digits.flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_pattern_is_read_or_not_known() {
        let nine = Pattern::of("^[a-zA-Z0-9]{9}$").unwrap();
        assert!(nine.matches("abcDEF123"));
        assert!(!nine.matches("abcDEF12") && !nine.matches("abcDEF-12"));
        assert_eq!(Pattern::of("[a-zA-Z0-9_.:-]{1,64}").unwrap(), Pattern::shape());
        let long = "a".repeat(64);
        for id in ["", "a", "Z9_.:-", "a b", "é", "a/b", &long, &format!("{long}a")] {
            assert_eq!(super::super::names::is_use_id(id), Pattern::shape().matches(id), "{id}");
        }
        for unknown in ["", "^a+$", "^[^a]{3}$", "^[\\w]{3}$", "^[a]{x}$", "^[a]{0}$", "^[]{2}$"] {
            assert_eq!(Pattern::of(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn ascii_is_what_the_ranges_hold() {
        let ends = ['\0', '\u{1}', '0', 'z', '~', '\u{7e}', '\u{7f}', '\u{80}', 'é', '\u{10ffff}'];
        for (first, last) in ends.iter().flat_map(|first| ends.map(|last| (*first, last))) {
            let pattern = Pattern::new(vec![first..=last, 'q'..='q'], 1..=1);
            for letter in '\0'..='\u{ff}' {
                let held = (first..=last).contains(&letter) || letter == 'q';
                assert_eq!(
                    pattern.matches(&letter.to_string()),
                    held,
                    "{first:?} {last:?} {letter:?}"
                );
            }
        }
    }

    #[test]
    fn fitting_ids_are_stable_and_distinct() {
        let nine = Pattern::of("^[a-zA-Z0-9]{9}$").unwrap();
        let mut taken = HashSet::new();
        let first = nine.fit("tooluse_one-and-more", &mut taken);
        assert_eq!(first, nine.fit("tooluse_one-and-more", &mut HashSet::new()));
        let second = nine.fit("tooluse_one-and-more", &mut taken);
        assert!(nine.matches(&first) && nine.matches(&second) && first != second);
        assert_eq!(nine.fit("abc-def_123", &mut taken), "abcdef123");
    }
}
