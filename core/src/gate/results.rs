//! Calls of tools and their results in the conversation.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::Rule;
use super::blocks::{PLACEHOLDER, content_of, holds, is_cache_point};
use super::change::Action;
use super::draft::Draft;
use super::path::Path;

pub(super) const M7: Rule = Rule {
    id: "M7",
    name: "tool-use-id",
    summary: "Replaces ids of tool calls that the model refuses, in the call and in its result \
              alike.",
    evidence: &["https://github.com/vercel/ai", "https://github.com/pydantic/pydantic-ai"],
    apply: |draft| {
        if !draft.survey.tools || !draft.knows_model() {
            return;
        }
        let pattern = draft.capabilities.tools.use_id_pattern.known();
        if pattern.is_none() && !draft.survey.odd_use_ids {
            return;
        }
        let Some(pattern) =
            pattern.map_or_else(|| Some(Pattern::shape()), |text| Pattern::of(text))
        else {
            return;
        };
        if ids(draft).all(|id| pattern.matches(id)) {
            return;
        }
        let mut taken: HashSet<String> = ids(draft).map(str::to_owned).collect();
        let mut fitting: HashMap<String, String> = HashMap::new();
        let wrong: Vec<String> =
            ids(draft).filter(|id| !pattern.matches(id)).map(str::to_owned).collect();
        for id in wrong {
            fitting.entry(id).or_insert_with_key(|id| pattern.fit(id, &mut taken));
        }
        let reason = format!("{} refuses this toolUseId.", draft.model());
        for path in id_spots(draft) {
            let id = draft.get(&path).and_then(Value::as_str);
            if let Some(fit) = id.and_then(|id| fitting.get(id)) {
                draft.set(path, fit.as_str().into(), Action::Rewrite, &*reason);
            }
        }
    },
};

pub(super) const M9: Rule = Rule {
    id: "M9",
    name: "results-beside-other-content",
    summary: "Puts what may not stand beside tool results into a user turn of its own: everything \
              where the model wants the results alone, documents and videos on Claude 3 and newer.",
    evidence: &["https://github.com/strands-agents/harness-sdk/issues/1223"],
    apply: |draft| {
        let tools = &draft.capabilities.tools;
        let media = draft.survey.documents || draft.survey.videos;
        let (moves, reason): (fn(&Value) -> bool, _) = if !draft.survey.tool_results {
            return;
        } else if tools.mixed_results.no() {
            (is_no_result, "wants tool results alone in their turn.")
        } else if tools.media_beside_results.no() && media {
            (is_media, "accepts no documents or videos beside tool results.")
        } else {
            return;
        };
        let reason = format!("{} {reason}", draft.model());
        let mut message = 0;
        while message < draft.messages().len() {
            let content = draft.content(message);
            let role = draft.messages().get(message).and_then(|message| message.get("role"));
            let user = role.and_then(Value::as_str) == Some("user");
            let result = |block: &Value| block.get("toolResult").is_some_and(Value::is_object);
            if user && content.iter().any(result) && content.iter().any(moves) {
                split(draft, message, moves, &reason);
            }
            message += 1;
        }
    },
};

pub(super) const M10: Rule = Rule {
    id: "M10",
    name: "result-status",
    summary: "Drops the status of tool results on models that do not know it.",
    evidence: &["https://github.com/pydantic/pydantic-ai"],
    apply: |draft| {
        if !draft.survey.tool_results || !draft.capabilities.tools.result_status.no() {
            return;
        }
        for path in result_paths(draft) {
            let path = path.key("status");
            if draft.get(&path).is_some_and(Value::is_string) {
                let model = draft.model();
                draft.drop(path, format!("{model} does not know the status of tool results."));
            }
        }
    },
};

pub(super) const M11: Rule = Rule {
    id: "M11",
    name: "images-in-results",
    summary: "Moves images out of tool results, behind them, where the model refuses them inside.",
    evidence: &["https://github.com/BerriAI/litellm", "https://github.com/pydantic/pydantic-ai"],
    apply: |draft| {
        let concerned = draft.survey.tool_results && draft.survey.images;
        if !concerned || !draft.capabilities.tools.result_images.no() {
            return;
        }
        for message in 0..draft.messages().len() {
            let mut index = 0;
            while let Some(block) = draft.content(message).get(index) {
                let images = block.get("toolResult").map(images_of).unwrap_or_default();
                if !images.is_empty() {
                    move_images(draft, message, index, &images);
                }
                index += 1;
            }
        }
    },
};

/// The paths of all tool results.
fn result_paths(draft: &Draft<'_>) -> Vec<Path> {
    paths(draft, &["toolResult"])
}

/// All ids of tool calls.
fn ids<'d>(draft: &'d Draft<'_>) -> impl Iterator<Item = &'d str> {
    let calls =
        draft.messages().iter().flat_map(content_of).flat_map(|block| {
            [block.get("toolUse"), block.get("toolResult")].into_iter().flatten()
        });
    calls.filter_map(|call| call.get("toolUseId")?.as_str())
}

/// The paths of all ids of tool calls.
fn id_spots(draft: &Draft<'_>) -> Vec<Path> {
    let blocks = paths(draft, &["toolUse", "toolResult"]);
    blocks.into_iter().map(|path| path.key("toolUseId")).collect()
}

fn paths(draft: &Draft<'_>, kinds: &[&'static str]) -> Vec<Path> {
    let mut found = Vec::new();
    for (message, value) in draft.messages().iter().enumerate() {
        for (index, block) in content_of(value).iter().enumerate() {
            let kinds = kinds.iter().filter(|kind| holds(block, kind));
            found.extend(kinds.map(|kind| Path::block(message, index).key(*kind)));
        }
    }
    found
}

/// Where the images are in a tool result.
fn images_of(result: &Value) -> Vec<usize> {
    let blocks = content_of(result).iter().enumerate();
    blocks.filter(|(_, block)| holds(block, "image")).map(|(index, _)| index).collect()
}

fn move_images(draft: &mut Draft<'_>, message: usize, result: usize, images: &[usize]) {
    let content = Path::block(message, result).key("toolResult").key("content");
    let model = draft.model();
    let inside = draft.get(&content).and_then(Value::as_array).map_or(0, Vec::len);
    let mut shift = 0;
    if inside == images.len() {
        // A result of images alone would be left without content.
        let text = json!({ "text": "See the image that follows." });
        let reason = "A tool result needs content besides the images that were moved.";
        draft.add(content.clone().index(0), text, reason);
        shift = 1;
    }
    // Behind all results, so that they stay together.
    for (moved, image) in images.iter().enumerate() {
        let end = draft.content(message).len();
        let reason = format!("{model} accepts no images inside tool results.");
        draft.mv(content.clone().index(image + shift - moved), Path::block(message, end), reason);
    }
}

/// Whether a block may not stand in a turn of results alone. A cache point may; it goes with what
/// it caches.
fn is_no_result(block: &Value) -> bool {
    block.is_object() && !holds(block, "toolResult") && !is_cache_point(block)
}

/// Whether a block is a document or a video, and no result that has one inside.
fn is_media(block: &Value) -> bool {
    (holds(block, "document") || holds(block, "video")) && !holds(block, "toolResult")
}

/// What stands between the halves of a turn that was split.
fn answer_between() -> Value {
    json!({ "role": "assistant", "content": [{ "text": PLACEHOLDER }] })
}

/// Whether a message only stands between the halves of a turn.
pub(super) fn is_between(message: &Value) -> bool {
    *message == answer_between()
}

/// Moves blocks of a turn with tool results into a user turn of their own: the results must follow
/// their calls directly. Bedrock merges turns of one role, so an answer stands between them;
/// several models refuse white space in it.
fn split(draft: &mut Draft<'_>, message: usize, moves: fn(&Value) -> bool, reason: &str) {
    draft.add(Path::message(message + 1), answer_between(), reason);
    let turn = json!({ "role": "user", "content": [] });
    draft.add(Path::message(message + 2), turn, reason);
    let (mut index, mut end, mut moving) = (0, 0, false);
    while let Some(block) = draft.content(message).get(index) {
        // A cache point stays behind what it caches.
        moving = moves(block) || (moving && is_cache_point(block));
        if moving {
            draft.mv(Path::block(message, index), Path::block(message + 2, end), reason);
            end += 1;
        } else {
            index += 1;
        }
    }
    let turn = draft.content(message + 2);
    let has = |kind| turn.iter().any(|block| holds(block, kind));
    if has("document") && !has("text") {
        let text = json!({ "text": "See the documents above." });
        let reason = "A message with a document needs a text block too.";
        draft.add(Path::block(message + 2, end), text, reason);
    }
}

/// Whether Converse's own shape takes an id.
pub(super) fn is_use_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(allowed)
}

/// What an id must look like: so many of these characters. The patterns that models are known to
/// have are all of this kind (`^[a-zA-Z0-9]{9}$`).
#[derive(Debug, PartialEq)]
struct Pattern {
    chars: Vec<RangeInclusive<char>>,
    /// The ASCII characters among them, a bit for each: every id of a conversation is looked at.
    ascii: u128,
    length: RangeInclusive<usize>,
}

impl Pattern {
    fn new(chars: Vec<RangeInclusive<char>>, length: RangeInclusive<usize>) -> Self {
        let ascii = ('\0'..='\x7f').filter(|c| chars.iter().any(|range| range.contains(c)));
        let ascii = ascii.fold(0, |bits, c| bits | 1 << u32::from(c));
        Self { chars, ascii, length }
    }

    /// The pattern of Converse itself.
    fn shape() -> Self {
        let chars =
            vec!['a'..='z', 'A'..='Z', '0'..='9', '_'..='_', '.'..='.', ':'..=':', '-'..='-'];
        Self::new(chars, 1..=64)
    }

    /// Reads `^[…]{n}$` and `^[…]{m,n}$`; `None` for anything else, of which nothing is known.
    fn of(text: &str) -> Option<Self> {
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

    fn matches(&self, id: &str) -> bool {
        self.length.contains(&id.chars().count()) && id.chars().all(|c| self.allows(c))
    }

    /// An id of this pattern for another, the same each time, and one that is not taken: what is
    /// left of the id where that is enough, else a hash of it.
    fn fit(&self, id: &str, taken: &mut HashSet<String>) -> String {
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
            assert_eq!(is_use_id(id), Pattern::shape().matches(id), "{id}");
        }
        for unknown in ["", "^a+$", "^[^a]{3}$", "^[\\w]{3}$", "^[a]{x}$", "^[a]{0}$", "^[]{2}$"] {
            assert_eq!(Pattern::of(unknown), None, "{unknown}");
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
