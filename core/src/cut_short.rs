//! Conversations whose last response ended because `maxTokens` was reached: the next response gets all the
//! requested room.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::lru::Lru;
use crate::tenant::Tenant;

/// The conversations that the process remembers.
static CUT: LazyLock<Mutex<Lru<u64, ()>>> = LazyLock::new(|| Mutex::new(Lru::new(1024)));

/// A conversation as a request holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conversation {
    /// All of it.
    whole: u64,
    /// All that stands before the last response: what the request before this one held.
    earlier: u64,
}

impl Conversation {
    /// The conversation of a request, as its caller wrote it. Cache points do not count: some callers
    /// move them along.
    pub fn of(tenant: &Tenant, request: &Map<String, Value>) -> Self {
        let messages = request.get("messages").and_then(Value::as_array);
        let messages = messages.map_or(&[][..], Vec::as_slice);
        let assistant = |message: &Value| message.get("role").is_some_and(|r| r == "assistant");
        // A response may be several messages.
        let end = messages.iter().rposition(assistant).map_or(0, |last| last + 1);
        let before = messages.get(..end).unwrap_or_default();
        let start = before.iter().rposition(|message| !assistant(message)).map_or(0, |at| at + 1);
        let (mut hasher, mut earlier) = (DefaultHasher::new(), 0);
        tenant.hash(&mut hasher);
        for (index, message) in messages.iter().enumerate() {
            if index == start {
                earlier = hasher.finish();
            }
            hash(message, &mut hasher);
        }
        Self { whole: hasher.finish(), earlier }
    }

    /// Notes that the response was cut short.
    pub fn note(self) {
        CUT.lock().unwrap_or_else(PoisonError::into_inner).insert(self.whole, ());
    }

    /// Whether the last response was cut short, or the response to this very request.
    pub fn was_cut_short(self) -> bool {
        let mut cut = CUT.lock().unwrap_or_else(PoisonError::into_inner);
        [self.whole, self.earlier].iter().any(|conversation| cut.get(conversation).is_some())
    }
}

fn hash(message: &Value, hasher: &mut DefaultHasher) {
    message.get("role").and_then(Value::as_str).hash(hasher);
    let content = message.get("content").and_then(Value::as_array);
    for block in content.into_iter().flatten() {
        if block.get("cachePoint").is_none() {
            block.to_string().hash(hasher);
        }
    }
}

/// Whether a response's `usage` says that it has all the requested tokens.
pub fn is_full(usage: &Value, max_tokens: f64) -> bool {
    usage.get("outputTokens").and_then(Value::as_f64).is_some_and(|given| given >= max_tokens)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn conversation(messages: &Value) -> Conversation {
        let request = json!({ "messages": messages });
        Conversation::of(&Tenant::default(), request.as_object().unwrap())
    }

    #[test]
    fn the_request_after_one_that_was_cut_short_is_known() {
        let user = |text: &str| json!({ "role": "user", "content": [{ "text": text }] });
        let answer = |text: &str| json!({ "role": "assistant", "content": [{ "text": text }] });
        let first = conversation(&json!([user("a long story of 1001 nights")]));
        assert!(!first.was_cut_short());
        first.note();
        assert!(first.was_cut_short(), "asked once more");
        let mut marked = user("a long story of 1001 nights");
        if let Some(content) = marked.get_mut("content").and_then(Value::as_array_mut) {
            content.push(json!({ "cachePoint": { "type": "default" } }));
        }
        let next = conversation(&json!([marked, answer("Once"), user("go on")]));
        assert!(next.was_cut_short());
        let later = json!([
            user("a long story of 1001 nights"),
            answer("Once"),
            user("go on"),
            answer("upon"),
            user("and?"),
        ]);
        assert!(!conversation(&later).was_cut_short(), "only the last answer counts");
        assert!(!conversation(&json!([user("another")])).was_cut_short());
        assert!(!conversation(&json!([])).was_cut_short());
    }
}
