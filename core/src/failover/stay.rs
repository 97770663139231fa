//! Where the prompt cache of a conversation is warm. It is of one region and one profile, and lives for
//! five minutes or an hour after it was last used: as long as that, the conversation stays there. Every
//! process looks for it at the same destination; where it is at another one, the store tells the others.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::bedrock::{json, shapes};
use crate::call::{Notice, Notifier};
use crate::lru::Lru;
use crate::operation::{Fitted, Operation};
use crate::profile::clock::{Clock, SystemClock};
use crate::store::{SharedStore, StoreKey};
use crate::tenant::Fingerprint;

/// Most conversations that are remembered.
const MOST: usize = 20_000;
/// How long a cache lives, in milliseconds: by default, and with a `ttl` of `1h`.
const SHORT: u64 = 5 * 60 * 1000;
const LONG: u64 = 60 * 60 * 1000;

static WARM: LazyLock<Mutex<Lru<Fingerprint, WarmCache>>> =
    LazyLock::new(|| Mutex::new(Lru::new(MOST)));

/// A cache that is warm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarmCache {
    /// `<region>/<id>` of the destination.
    pub place: String,
    /// How many tokens it holds of the prompt, as far as its last response said.
    pub tokens: u64,
    until: u64,
}

/// What a conversation begins with, which its cache is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prefix {
    /// The same in every process.
    pub seed: u64,
    ttl: u64,
}

impl Prefix {
    /// The prefix of a request that uses the prompt cache; `planned`: cache points will be added.
    pub fn of(
        operation: Operation,
        request: &Map<String, Value>,
        blobs: &[Vec<u8>],
        planned: bool,
    ) -> Option<Self> {
        if operation.fitted() == Fitted::Id {
            let body = blobs.first().filter(|body| contains(body, b"\"cache_control\""))?;
            let Ok(Value::Object(body)) = json::parse(body) else { return None };
            let lives = lives(&body, "cache_control");
            return Some(Self::hash(&body, "cache_control", &[], lives.contains(&true)));
        }
        let lives = lives(request, "cachePoint");
        let uses = planned || !lives.is_empty();
        uses.then(|| Self::hash(request, "cachePoint", blobs, lives.contains(&true)))
    }

    /// Of the tools, the system prompt and the first message, which every turn repeats.
    fn hash(request: &Map<String, Value>, mark: &str, blobs: &[Vec<u8>], long: bool) -> Self {
        let mut digest = Sha256::new();
        let messages = request.get("messages").and_then(Value::as_array);
        let first = messages.and_then(|messages| messages.first());
        let parts = ["tools", "toolConfig", "system"].map(|part| request.get(part));
        for part in parts.into_iter().chain([first]) {
            digest.update([0]);
            if let Some(part) = part {
                digest.update(without(part, mark, blobs).to_string().as_bytes());
            }
        }
        let seed =
            digest.finalize().iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte));
        Self { seed, ttl: if long { LONG } else { SHORT } }
    }

    /// Where its cache is, for those who call an id.
    pub fn key(&self, tenant: &Fingerprint, id: &str) -> Fingerprint {
        Fingerprint::of(&(tenant, id, self.seed))
    }
}

/// Whether each of a request's cache points, which are marked so, lives for an hour.
fn lives(request: &Map<String, Value>, mark: &str) -> Vec<bool> {
    let is_long = |point: &Value| point.get("ttl").is_some_and(|ttl| ttl == "1h");
    let parts = ["tools", "system", "messages"].map(|part| request.get(part));
    let in_tools = request.get("toolConfig").and_then(|config| config.get("tools"));
    let mut found: Vec<bool> = request.get(mark).map(is_long).into_iter().collect();
    let mut left: Vec<&Value> = parts.into_iter().chain([in_tools]).flatten().collect();
    while let Some(value) = left.pop() {
        match value {
            Value::Array(items) => left.extend(items),
            Value::Object(members) => {
                found.extend(members.get(mark).map(is_long));
                left.extend(members.get("content"));
            }
            _ => {}
        }
    }
    found
}

/// The same without its cache points, which callers move along; with a few of its bytes where they stand
/// beside it.
fn without(value: &Value, mark: &str, blobs: &[Vec<u8>]) -> Value {
    if let Some(bytes) = shapes::blob(value, blobs) {
        return told_apart(bytes);
    }
    match value {
        Value::Array(items) => {
            let kept = items.iter().filter(|item| {
                let only = item.as_object().is_some_and(|item| item.len() == 1);
                !(only && item.get(mark).is_some())
            });
            kept.map(|item| without(item, mark, blobs)).collect()
        }
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| name.as_str() != mark)
            .map(|(name, value)| (name.clone(), without(value, mark, blobs)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// What tells an image or a document from another one, without reading all of it.
fn told_apart(bytes: &[u8]) -> Value {
    let ends = bytes.get(..SAMPLE).unwrap_or(bytes).iter();
    let ends = ends.chain(bytes.iter().rev().take(SAMPLE)).copied().collect::<Vec<u8>>();
    let mut digest = Sha256::new();
    digest.update(bytes.len().to_le_bytes());
    digest.update(&ends);
    digest.finalize().iter().copied().map(Value::from).collect()
}

/// How many bytes are read of each end of a blob.
const SAMPLE: usize = 4096;

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Where a conversation's cache is warm.
pub fn warm(key: &Fingerprint) -> Option<WarmCache> {
    let mut all = WARM.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(key).filter(|warm| warm.until > SystemClock.now()).cloned()
}

/// Where another replica has found a conversation's cache to be warm. Waits for the store no longer than
/// requests may.
pub async fn told(store: &SharedStore, key: &StoreKey) -> Option<WarmCache> {
    let text = store.get_once(key).await?;
    let warm = serde_json::from_str::<WarmCache>(&text).ok()?;
    // A clock that is ahead elsewhere keeps nothing warm for longer.
    let until = warm.until.min(SystemClock.now().saturating_add(LONG));
    (until > SystemClock.now()).then_some(WarmCache { until, ..warm })
}

impl WarmCache {
    /// The one of two that was used last.
    pub fn latest(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        [one, other].into_iter().flatten().max_by_key(|warm| warm.until)
    }
}

/// A conversation that is being answered at a destination.
#[derive(Debug)]
pub struct Staying {
    /// Its own, for those who call an id.
    pub key: Fingerprint,
    /// What it begins with.
    pub prefix: Prefix,
    /// The destination that answers.
    pub place: String,
    /// Where its cache was warm, where that is another one.
    pub left: Option<WarmCache>,
    /// Whom it is told, where others would not find it there by themselves.
    pub others: Option<(Arc<SharedStore>, StoreKey)>,
}

impl Staying {
    /// It has answered.
    pub fn answered(&self) {
        let mut all = WARM.lock().unwrap_or_else(PoisonError::into_inner);
        let before = all.get(&self.key).filter(|warm| warm.place == self.place);
        let tokens = before.map_or(0, |warm| warm.tokens);
        let until = SystemClock.now().saturating_add(self.prefix.ttl);
        let warm = WarmCache { place: self.place.clone(), tokens, until };
        self.tell(&warm);
        all.insert(self.key, warm);
    }

    fn tell(&self, warm: &WarmCache) {
        if let Some((store, key)) = &self.others
            && let Ok(text) = serde_json::to_string(warm)
        {
            store.put(key, &text, Duration::from_millis(self.prefix.ttl));
        }
    }

    /// It has said what it read of the cache and wrote to it. What leaving a warm cache has cost is told.
    pub fn used(&self, usage: &Value, notify: &Notifier) {
        let tokens = |name| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
        let (written, read) = (tokens("cacheWriteInputTokens"), tokens("cacheReadInputTokens"));
        if let Some(warm) = WARM.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&self.key)
            && warm.place == self.place
        {
            warm.tokens = written.saturating_add(read);
            self.tell(warm);
        }
        if let Some(left) = &self.left
            && written > 0
        {
            let (to, from) = (self.place.as_str(), left.place.as_str());
            notify(&Notice::ColdWrite { from, to, tokens: written, warm: left.tokens });
        }
    }
}

/// What a call's usage is told to.
pub type SharedStaying = Arc<Staying>;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn prefix(request: &Value) -> Option<Prefix> {
        Prefix::of(Operation::Converse, request.as_object().unwrap(), &[], false)
    }

    fn turn(role: &str, text: &str, marked: bool) -> Value {
        let mut content = vec![json!({ "text": text })];
        if marked {
            content.push(json!({ "cachePoint": { "type": "default" } }));
        }
        json!({ "role": role, "content": content })
    }

    #[test]
    fn later_turns_of_a_conversation_have_its_prefix() {
        let first = prefix(&json!({ "messages": [turn("user", "a", true)] })).unwrap();
        let later = json!({ "messages": [
            turn("user", "a", false), turn("assistant", "b", false), turn("user", "c", true),
        ]});
        assert_eq!(prefix(&later), Some(first));
        let other = prefix(&json!({ "messages": [turn("user", "d", true)] })).unwrap();
        assert_ne!(other.seed, first.seed);
        let long = json!([{ "text": "s" }, { "cachePoint": { "type": "default", "ttl": "1h" } }]);
        let long = prefix(&json!({ "system": long, "messages": [turn("user", "a", false)] }));
        assert_eq!(long.unwrap().ttl, LONG);
    }

    #[test]
    fn another_image_is_another_conversation() {
        let image = json!({ "image": { "source": { "bytes": { "\u{0}blob": 0 } } } });
        let point = json!({ "cachePoint": { "type": "default" } });
        let request = json!({ "messages": [{ "role": "user", "content": [image, point] }] });
        let prefix = |bytes: &[u8]| {
            let blobs = [bytes.to_vec()];
            Prefix::of(Operation::Converse, request.as_object().unwrap(), &blobs, false).unwrap()
        };
        assert_eq!(prefix(b"a cat"), prefix(b"a cat"));
        assert_ne!(prefix(b"a cat").seed, prefix(b"a dog").seed);
    }

    #[test]
    fn what_uses_no_cache_has_none() {
        assert_eq!(prefix(&json!({ "messages": [turn("user", "a", false)] })), None);
        assert_eq!(prefix(&json!({})), None);
        let planned = Prefix::of(Operation::Converse, &Map::new(), &[], true);
        assert!(planned.is_some());
        let body = br#"{"system":[{"text":"s","cache_control":{"type":"ephemeral"}}]}"#.to_vec();
        let invoke = |body: Vec<u8>| {
            Prefix::of(Operation::InvokeModel, &Map::new(), &[body], false).is_some()
        };
        assert!(invoke(body));
        for marked in [
            r#"{"cache_control": {"ttl": "1h"}, "messages": []}"#,
            r#"{"tools": [{"name": "t", "cache_control": {"ttl": "1h"}}]}"#,
            r#"{"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [
                {"type": "text", "text": "a", "cache_control": {"ttl": "1h"}}]}]}]}"#,
        ] {
            let body = [marked.as_bytes().to_vec()];
            let prefix = Prefix::of(Operation::InvokeModel, &Map::new(), &body, false).unwrap();
            assert_eq!(prefix.ttl, LONG, "{marked}");
        }
        assert!(!invoke(b"{}".to_vec()) && !invoke(b"\"cache_control\"".to_vec()));
    }

    #[test]
    fn a_conversation_is_warm_where_it_was_answered_last() {
        let prefix = Prefix { seed: 7, ttl: SHORT };
        let key = prefix.key(&Fingerprint::of(&"stay-tests"), "alias");
        assert_eq!(warm(&key), None);
        let at = |place: &str, left| Staying {
            key,
            prefix,
            place: place.to_owned(),
            left,
            others: None,
        };
        let notify: Notifier = Arc::new(|_| {});
        let here = at("us-east-1/a", None);
        here.answered();
        here.used(&json!({ "cacheWriteInputTokens": 5, "cacheReadInputTokens": 7 }), &notify);
        let known = warm(&key).unwrap();
        assert_eq!((known.place.as_str(), known.tokens), ("us-east-1/a", 12));
        at("us-west-2/a", Some(known)).answered();
        assert_eq!(warm(&key).unwrap().place, "us-west-2/a");
    }

    #[tokio::test]
    async fn others_are_told_where_they_would_not_look_for_it() {
        let store = SharedStore::new(Vec::new(), Arc::new(SystemClock));
        let owner = crate::store::KeyOwner::Everyone;
        let shared = StoreKey::new(crate::store::Kind::Stay, None, &owner, "stay-tests");
        assert_eq!(told(&store, &shared).await, None);
        let prefix = Prefix { seed: 8, ttl: SHORT };
        let key = prefix.key(&Fingerprint::of(&"stay-tests"), "alias");
        let place = "us-west-2/a".to_owned();
        let others = Some((Arc::clone(&store), shared.clone()));
        let staying = Staying { key, prefix, place, left: None, others };
        staying.answered();
        staying.used(
            &json!({ "cacheReadInputTokens": 9 }),
            &(Arc::new(|_: &Notice<'_>| {}) as Notifier),
        );
        let heard = told(&store, &shared).await.unwrap();
        assert_eq!((heard.place.as_str(), heard.tokens), ("us-west-2/a", 9));
        let older =
            WarmCache { until: heard.until - 1, place: "us-east-1/a".to_owned(), tokens: 1 };
        assert_eq!(WarmCache::latest(Some(older), Some(heard.clone())), Some(heard));
    }
}
