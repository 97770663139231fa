//! Why prompt caching does not help: what stands before the cache points changes, is too short, or is
//! asked for again too late. Blocks are known by their hash: nothing of them is kept.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::Tokens;

/// So many of the latest prefixes of a profile are compared with.
const RECENT: usize = 16;
/// Most blocks of a prefix that are kept.
const MOST_BLOCKS: usize = 128;
/// Something that happens so often in a row is told.
const OFTEN: u32 = 5;
/// Most places whose changes are counted.
const MOST_PLACES: usize = 64;

const MINUTES: Duration = Duration::from_mins(5);
const HOUR: Duration = Duration::from_hours(1);

/// The same for all prompts of a process.
static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Where a block of a prompt is, in the order in which models read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum BlockPlace {
    Tool(usize),
    System(usize),
    Message(usize, usize),
}

impl fmt::Display for BlockPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool(at) => write!(formatter, "toolConfig.tools[{at}]"),
            Self::System(at) => write!(formatter, "system[{at}]"),
            Self::Message(message, at) => write!(formatter, "messages[{message}].content[{at}]"),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Block {
    hash: u64,
    place: BlockPlace,
}

/// What of a request stands before its last cache point.
#[derive(Debug, Clone)]
pub struct CachedPrefix {
    blocks: Vec<Block>,
    /// Whether the last cache point asks for an hour.
    for_an_hour: bool,
    /// Of the text before the last point, and of all, in characters of JSON.
    cached: usize,
    all: usize,
}

impl CachedPrefix {
    /// That of a request; `None` without cache points.
    pub fn of(request: &Map<String, Value>) -> Option<Self> {
        let is_point =
            |(_, _, block): &(BlockPlace, &str, &Value)| block.get("cachePoint").is_some();
        // Most requests have none.
        if !blocks(request).any(|item| is_point(&item)) {
            return None;
        }
        let items: Vec<_> = blocks(request).collect();
        let last = items.iter().rposition(is_point)?;
        let point = items.get(last).and_then(|(_, _, block)| block.get("cachePoint"));
        let ttl = point.and_then(|point| point.get("ttl")).and_then(Value::as_str);
        let sizes = |items: &[(BlockPlace, &str, &Value)]| -> usize {
            items.iter().map(|(_, _, block)| size_of(block)).sum()
        };
        let before = items.get(..last).unwrap_or_default();
        let hashed = |(place, role, block): &(BlockPlace, &str, &Value)| Block {
            hash: HASHER.hash_one((role, block)),
            place: *place,
        };
        let blocks = before.iter().filter(|item| !is_point(item)).take(MOST_BLOCKS).map(hashed);
        let cached = sizes(before);
        Some(Self {
            blocks: blocks.collect(),
            for_an_hour: ttl == Some("1h"),
            cached,
            all: cached + sizes(items.get(last..).unwrap_or_default()),
        })
    }

    fn lives(&self) -> Duration {
        if self.for_an_hour { HOUR } else { MINUTES }
    }

    /// How many blocks at the front are the same.
    fn common(&self, other: &Self) -> usize {
        let same = |(one, other): &(&Block, &Block)| one.hash == other.hash;
        self.blocks.iter().zip(&other.blocks).take_while(same).count()
    }

    fn last_message(&self) -> Option<usize> {
        self.blocks.iter().rev().find_map(|block| match block.place {
            BlockPlace::Message(index, _) => Some(index),
            _ => None,
        })
    }
}

/// The items of a list; none where there is none.
fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The blocks of a request, in the order in which models read them: where, whose turn, what.
fn blocks(request: &Map<String, Value>) -> impl Iterator<Item = (BlockPlace, &str, &Value)> {
    let tools = list(request.get("toolConfig").and_then(|config| config.get("tools")));
    let tools = tools.iter().enumerate().map(|(at, tool)| (BlockPlace::Tool(at), "", tool));
    let system = list(request.get("system"));
    let system = system.iter().enumerate().map(|(at, block)| (BlockPlace::System(at), "", block));
    let messages = list(request.get("messages")).iter().enumerate();
    let messages = messages.flat_map(|(index, message)| {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        let content = list(message.get("content")).iter().enumerate();
        content.map(move |(at, block)| (BlockPlace::Message(index, at), role, block))
    });
    tools.chain(system).chain(messages)
}

/// How long the texts of a value are.
fn size_of(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size_of).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, value)| name.len() + size_of(value)).sum()
        }
        _ => 4,
    }
}

/// What the model takes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Limits {
    /// Tokens below which nothing is cached.
    pub min_tokens: Option<u64>,
    /// Whether what is cached can live for an hour.
    pub offers_hour: bool,
}

/// Why caching does not help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// A block is another each time.
    Changes { place: String, now: u64, before: u64 },
    /// What was cached is gone when it is wanted.
    Expires { after_an_hour: bool, offers_hour: bool },
    /// There is too little to be cached.
    TooShort { tokens: u64, min: u64 },
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changes { place, now, before } => write!(
                formatter,
                "{place} differs from call to call (hash {now:016x}, before {before:016x}): it and all that \
                 follows is written to the cache again, and not read. Keep it the same, for example without \
                 the time or the user's name, or put the cache point before it."
            ),
            Self::Expires { after_an_hour: false, offers_hour: true } => formatter.write_str(
                "turns come more than five minutes after each other, when what was cached is gone. Use a ttl \
                 of 1h (`promptCache: { ttl: '1h' }`).",
            ),
            Self::Expires { after_an_hour, .. } => write!(
                formatter,
                "turns come more than {} after each other, when what was cached is gone. Leave out the cache \
                 points of such conversations.",
                if *after_an_hour { "an hour" } else { "five minutes" }
            ),
            Self::TooShort { tokens, min } => write!(
                formatter,
                "the cache points have no effect: about {tokens} tokens stand before the last of them, and the \
                 model caches from {min} tokens on. Leave them out, or put them further back."
            ),
        }
    }
}

/// What was seen of one profile.
#[derive(Debug, Default)]
pub(super) struct Diagnosis {
    recent: VecDeque<(CachedPrefix, Instant)>,
    changes: HashMap<BlockPlace, u32>,
    expired: u32,
    too_short: u32,
    told_changes: bool,
    told_expiry: bool,
    told_too_short: bool,
}

impl Diagnosis {
    /// Notes a call; what is wrong is told once.
    pub(super) fn observe(
        &mut self,
        prefix: &CachedPrefix,
        tokens: Tokens,
        limits: Limits,
        now: Instant,
    ) -> Option<Finding> {
        if tokens.written == 0 && tokens.read == 0 {
            return self.unused(prefix, tokens, limits);
        }
        self.too_short = 0;
        let found = self.compare(prefix, tokens, limits, now);
        self.keep(prefix, now);
        found
    }

    /// Nothing was cached.
    fn unused(&mut self, prefix: &CachedPrefix, tokens: Tokens, limits: Limits) -> Option<Finding> {
        let min = limits.min_tokens?;
        let [cached, all] =
            [prefix.cached, prefix.all].map(|size| u64::try_from(size).unwrap_or(u64::MAX));
        let before = tokens.input.saturating_mul(cached).checked_div(all)?;
        if before >= min {
            return None;
        }
        self.too_short = self.too_short.saturating_add(1);
        if self.too_short < OFTEN || std::mem::replace(&mut self.told_too_short, true) {
            return None;
        }
        Some(Finding::TooShort { tokens: before, min })
    }

    fn compare(
        &mut self,
        prefix: &CachedPrefix,
        tokens: Tokens,
        limits: Limits,
        now: Instant,
    ) -> Option<Finding> {
        let best = self.recent.iter().max_by_key(|(other, at)| (prefix.common(other), *at))?;
        let (other, at) = (&best.0, best.1);
        let common = prefix.common(other);
        if common == other.blocks.len() {
            // It goes on where an earlier one has ended.
            self.changes.clear();
            let late = now.saturating_duration_since(at) > other.lives();
            self.expired =
                if late && tokens.read == 0 { self.expired.saturating_add(1) } else { 0 };
            if self.expired < OFTEN || std::mem::replace(&mut self.told_expiry, true) {
                return None;
            }
            let offers_hour = limits.offers_hour;
            return Some(Finding::Expires { after_an_hour: other.for_an_hour, offers_hour });
        }
        let (new, old) = (*prefix.blocks.get(common)?, *other.blocks.get(common)?);
        if !should_be_same(new.place, other) || new.place != old.place {
            return None;
        }
        if self.changes.len() >= MOST_PLACES {
            self.changes.clear();
        }
        let count = self.changes.entry(new.place).or_default();
        *count = count.saturating_add(1);
        if *count < OFTEN || std::mem::replace(&mut self.told_changes, true) {
            return None;
        }
        Some(Finding::Changes { place: new.place.to_string(), now: new.hash, before: old.hash })
    }

    fn keep(&mut self, prefix: &CachedPrefix, now: Instant) {
        // A conversation is kept as its latest turn.
        self.recent.retain(|(other, _)| prefix.common(other) < other.blocks.len());
        self.recent.push_back((prefix.clone(), now));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }
}

/// Whether another block in this place is no new conversation, and no last turn that was written anew.
fn should_be_same(place: BlockPlace, other: &CachedPrefix) -> bool {
    match place {
        BlockPlace::Tool(_) | BlockPlace::System(_) => true,
        BlockPlace::Message(index, _) => {
            index > 0 && other.last_message().is_some_and(|last| index < last)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    const LIMITS: Limits = Limits { min_tokens: Some(1024), offers_hour: true };
    const WROTE: Tokens = Tokens { written: 2000, read: 0, input: 10 };
    const READ: Tokens = Tokens { written: 100, read: 2000, input: 10 };

    fn request(system: &str, turns: &[&str]) -> CachedPrefix {
        let point = json!({ "cachePoint": { "type": "default" } });
        let turn = |(at, text): (usize, &&str)| {
            let role = if at % 2 == 0 { "user" } else { "assistant" };
            let mut content = vec![json!({ "text": text })];
            if at + 1 == turns.len() {
                content.push(point.clone());
            }
            json!({ "role": role, "content": content })
        };
        let messages: Vec<Value> = turns.iter().enumerate().map(turn).collect();
        let request = json!({
            "toolConfig": { "tools": [{ "toolSpec": { "name": "t" } }] },
            "system": [{ "text": system }, point],
            "messages": messages,
        });
        CachedPrefix::of(request.as_object().unwrap()).unwrap()
    }

    #[test]
    fn a_request_without_points_has_no_prefix() {
        let request = json!({ "system": [{ "text": "a" }], "messages": [] });
        assert!(CachedPrefix::of(request.as_object().unwrap()).is_none());
    }

    #[test]
    fn a_system_prompt_that_changes_is_named_once_and_not_quoted() {
        let mut seen = Diagnosis::default();
        let now = Instant::now();
        let told: Vec<Finding> = (0..30)
            .filter_map(|at| {
                let prefix = request(&format!("it is {at} o'clock"), &["hello"]);
                seen.observe(&prefix, WROTE, LIMITS, now)
            })
            .collect();
        assert_eq!(told.len(), 1);
        let text = told.first().unwrap().to_string();
        assert!(text.starts_with("system[0] differs from call to call (hash "), "{text}");
        assert!(!text.contains("clock"), "{text}");
    }

    #[test]
    fn a_history_that_is_edited_is_named_where_it_changes() {
        let mut seen = Diagnosis::default();
        let told = (0..30).find_map(|at| {
            let old = format!("answer {at}");
            let prefix = request("s", &["hello", &old, "and", "so", "on"]);
            seen.observe(&prefix, WROTE, LIMITS, Instant::now())
        });
        assert!(told.unwrap().to_string().starts_with("messages[1].content[0] differs"));
    }

    #[test]
    fn conversations_and_agents_beside_each_other_are_no_changes() {
        let mut seen = Diagnosis::default();
        let texts: Vec<String> = (0..40).map(|at| format!("text {at}")).collect();
        for text in &texts {
            for agent in ["a", "b", "c"] {
                let begun = request(agent, &[text]);
                assert_eq!(seen.observe(&begun, READ, LIMITS, Instant::now()), None);
                let goes_on = request(agent, &[text, "yes", "more"]);
                assert_eq!(seen.observe(&goes_on, READ, LIMITS, Instant::now()), None);
                let edited = request(agent, &[text, "yes", "other"]);
                assert_eq!(seen.observe(&edited, READ, LIMITS, Instant::now()), None);
            }
        }
    }

    #[test]
    fn turns_that_come_too_late_are_told_once() {
        let mut seen = Diagnosis::default();
        let mut now = Instant::now();
        let mut turns = vec!["a"];
        let told: Vec<Finding> = (0..20)
            .filter_map(|_| {
                now += Duration::from_mins(6);
                let told = seen.observe(&request("s", &turns), WROTE, LIMITS, now);
                turns.extend(["b", "c"]);
                told
            })
            .collect();
        assert_eq!(told, [Finding::Expires { after_an_hour: false, offers_hour: true }]);
    }

    #[test]
    fn turns_that_come_in_time_are_not_told() {
        let mut seen = Diagnosis::default();
        let mut now = Instant::now();
        let mut turns = vec!["a"];
        for _ in 0..20 {
            now += Duration::from_mins(4);
            assert_eq!(seen.observe(&request("s", &turns), READ, LIMITS, now), None);
            turns.extend(["b", "c"]);
        }
    }

    #[test]
    fn points_below_the_models_minimum_are_told_once() {
        let mut seen = Diagnosis::default();
        let unused = Tokens { written: 0, read: 0, input: 500 };
        let told: Vec<Finding> = (0..20)
            .filter_map(|_| seen.observe(&request("s", &["a"]), unused, LIMITS, Instant::now()))
            .collect();
        assert!(matches!(told.as_slice(), [Finding::TooShort { min: 1024, tokens: 1..=500 }]));
        let long = Tokens { input: 50_000, ..unused };
        let mut seen = Diagnosis::default();
        for _ in 0..20 {
            let prefix = request("s", &["a"]);
            assert_eq!(seen.observe(&prefix, long, LIMITS, Instant::now()), None);
        }
    }
}
