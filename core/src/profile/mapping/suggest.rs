//! "Did you mean …?": the known model id that a text was probably meant to be.

/// A text that is no model id, such as `claude-3-7-sonnet` or `My Sonnet`: the known id that shares
/// the most words with it. Among equals the one with the fewest other words, then the newest.
pub(super) fn for_name(known: &[String], text: &str) -> Option<String> {
    let wanted = words(text);
    let score = |id: &String| {
        let has = words(id);
        let shared: Vec<&String> = wanted.iter().filter(|word| has.contains(word)).collect();
        // Numbers and short words alone ("v1", "pro") prove nothing.
        let telling = shared.iter().any(|word| word.len() > 3 && !is_number(word));
        telling.then(|| {
            (shared.len(), std::cmp::Reverse(has.len() - shared.len().min(has.len())), version(id))
        })
    };
    known.iter().filter_map(|id| score(id).map(|score| (score, id))).max().map(|(_, id)| id.clone())
}

/// A model id that is not known: the known one it is a beginning or a misspelling of. Ids that
/// differ only in their numbers are versions of one model: a new model is no mistake.
pub(super) fn for_id(known: &[String], id: &str) -> Option<String> {
    if known.iter().any(|other| other == id) {
        return None;
    }
    let begun =
        |other: &&String| other.strip_prefix(id).is_some_and(|rest| rest.starts_with(['-', ':']));
    let dated = |other: &String| {
        let rest = other.strip_prefix(id).unwrap_or_default();
        words(rest).first().is_some_and(|word| word.len() == 8 && is_number(word))
    };
    if let Some(whole) =
        known.iter().filter(begun).max_by_key(|other| (dated(other), version(other)))
    {
        return Some(whole.clone());
    }
    let spelt = letters(id);
    let mut best: Option<(usize, &String)> = None;
    for other in known {
        match misspelling(&spelt, &letters(other)) {
            Some(0) => return None,
            Some(_) => {
                let far = distance(id, other);
                let is_better = best.is_none_or(|(least, newest)| {
                    far < least || (far == least && version(other) > version(newest))
                });
                if is_better {
                    best = Some((far, other));
                }
            }
            None => {}
        }
    }
    best.map(|(_, meant)| meant.clone())
}

/// How many letters two ids differ in, where one may be a misspelling of the other: as many words,
/// the wrong ones long enough to be told from another word.
fn misspelling(left: &[&str], right: &[&str]) -> Option<usize> {
    if left.len() != right.len() {
        return None;
    }
    let mut total = 0;
    for (a, b) in left.iter().zip(right) {
        if a != b {
            if a.len() < 4 || a.len().abs_diff(b.len()) > 2 {
                return None;
            }
            total += distance(a, b);
        }
    }
    (total <= 2).then_some(total)
}

/// The id's words of letters: what does not change with the version.
fn letters(id: &str) -> Vec<&str> {
    id.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).collect()
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The id's words so that newer sorts above older: numbers as numbers.
fn version(id: &str) -> Vec<(bool, u64, String)> {
    let part = |word: String| match word.parse::<u64>() {
        Ok(number) => (false, number, String::new()),
        Err(_) => (true, 0, word),
    };
    words(id).into_iter().map(part).collect()
}

/// Levenshtein distance, over bytes.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.bytes().enumerate() {
        let mut before = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        let mut left_of = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(right.bytes()) {
            let value = (before + usize::from(a != b)).min(left_of + 1).min(*cell + 1);
            before = *cell;
            *cell = value;
            left_of = value;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<String> {
        [
            "anthropic.claude-3-5-sonnet-20240620-v1:0",
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "anthropic.claude-3-7-sonnet-20250219-v1:0",
            "anthropic.claude-sonnet-4-6",
            "anthropic.claude-sonnet-5-5",
            "amazon.nova-pro-v1:0",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    #[test]
    fn a_bare_name_finds_its_id() {
        let meant = |text| for_name(&known(), text);
        assert_eq!(
            meant("claude-3-7-sonnet").as_deref(),
            Some("anthropic.claude-3-7-sonnet-20250219-v1:0")
        );
        assert_eq!(
            meant("Claude 3.5 Sonnet").as_deref(),
            Some("anthropic.claude-3-5-sonnet-20241022-v2:0")
        );
        assert_eq!(meant("My Sonnet").as_deref(), Some("anthropic.claude-sonnet-5-5"));
        assert_eq!(meant("nova-pro").as_deref(), Some("amazon.nova-pro-v1:0"));
        assert_eq!(meant("v1 3 5"), None);
        assert_eq!(meant(""), None);
    }

    #[test]
    fn a_misspelling_is_found_and_a_new_version_is_none() {
        let meant = |text| for_id(&known(), text);
        assert_eq!(
            meant("anthropic.claude-3-7-sonet-20250219-v1:0").as_deref(),
            Some("anthropic.claude-3-7-sonnet-20250219-v1:0")
        );
        assert_eq!(
            meant("anthropic.claude-3-7-sonnet").as_deref(),
            Some("anthropic.claude-3-7-sonnet-20250219-v1:0")
        );
        assert_eq!(meant("anthropic.claude-3-5-sonnet-20241022-v1:0"), None);
        assert_eq!(meant("amazon.nova-max-v1:0"), None);
        assert_eq!(meant("anthropic.claude-sonnet-6-1"), None);
        assert_eq!(meant("newco.model-1"), None);
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }
}
