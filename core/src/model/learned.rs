//! What refusals have taught, remembered for a while.
//!
//! Behind a small trait, so that a file or Redis can take the place of memory.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::lru::Lru;
use crate::tenant::{Tenant, Tenants};

/// How long a lesson holds: models change, and a wrong lesson must not last.
pub const LASTS: Duration = Duration::from_hours(24);
/// How long a lesson waits for a request that proves it.
const PENDING: Duration = Duration::from_hours(1);

/// Most bytes of lessons that are remembered.
const BYTES: usize = 8 * 1024 * 1024;
/// Most lessons about one subject: more are no facts about a model.
const MOST: usize = 32;

/// Whose lessons: what one account, one endpoint or one gateway refuses, another may take.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Owner {
    /// The endpoint that was called, where it is not AWS's own.
    pub endpoint: Option<Arc<str>>,
    /// Who has called it.
    pub tenants: Tenants,
}

/// What was taught about one model or profile, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// The facts, in the shape of the catalog's.
    pub facts: Value,
    /// When Bedrock taught it.
    pub at: SystemTime,
    /// Whether a request that was changed by it has succeeded.
    pub proven: bool,
}

/// Remembers lessons by owner and subject: a model's or a profile's id.
pub trait Lessons: Send + Sync {
    /// What was taught an owner about a subject and still holds at `now`, the oldest first.
    fn about(&self, owner: &Owner, subject: &str, now: SystemTime) -> Vec<Lesson>;

    /// Remembers a lesson, in place of the same one.
    fn learn(&self, owner: &Owner, subject: &str, lesson: Lesson);

    /// Forgets a lesson that has turned out wrong.
    fn forget(&self, owner: &Owner, subject: &str, facts: &Value);
}

type Key = (Option<Arc<str>>, Tenant, String);

/// The process's memory.
#[derive(Debug)]
pub struct MemoryLessons(Mutex<Lru<Key, Vec<Lesson>>>);

impl Default for MemoryLessons {
    fn default() -> Self {
        Self(Mutex::new(Lru::new(BYTES)))
    }
}

fn key(owner: &Owner, tenant: &Tenant, subject: &str) -> Key {
    (owner.endpoint.clone(), tenant.clone(), subject.to_owned())
}

impl Lessons for MemoryLessons {
    fn about(&self, owner: &Owner, subject: &str, now: SystemTime) -> Vec<Lesson> {
        let mut lessons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lessons.is_empty() {
            return Vec::new();
        }
        let mut known: Vec<Lesson> = owner
            .tenants
            .iter()
            .filter_map(|tenant| lessons.get(&key(owner, tenant, subject)).cloned())
            .flatten()
            .filter(|lesson| holds(lesson, now))
            .collect();
        known.sort_by_key(|lesson| lesson.at);
        known
    }

    fn learn(&self, owner: &Owner, subject: &str, lesson: Lesson) {
        let mut lessons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(owner, &owner.tenants.now, subject);
        let mut known = lessons.remove(&key).unwrap_or_default();
        known.retain(|known| known.facts != lesson.facts && holds(known, lesson.at));
        if known.len() >= MOST {
            known.remove(0);
        }
        known.push(lesson);
        let weight = known.iter().map(|known| 256 + known.facts.to_string().len()).sum::<usize>();
        lessons.insert_weighing(key, known, 256 + subject.len() + weight);
    }

    fn forget(&self, owner: &Owner, subject: &str, facts: &Value) {
        let mut lessons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for tenant in owner.tenants.iter() {
            if let Some(known) = lessons.get_mut(&key(owner, tenant, subject)) {
                known.retain(|known| known.facts != *facts);
            }
        }
    }
}

fn holds(lesson: &Lesson, now: SystemTime) -> bool {
    let lasts = if lesson.proven { LASTS } else { PENDING };
    // A clock that was turned back does not make a lesson false.
    now.duration_since(lesson.at).unwrap_or_default() < lasts
}

/// The lessons that the clients of the process share.
pub fn shared() -> Arc<dyn Lessons> {
    static SHARED: LazyLock<Arc<MemoryLessons>> = LazyLock::new(Arc::default);
    let shared: Arc<MemoryLessons> = Arc::clone(&SHARED);
    shared
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn lesson(facts: Value, at: SystemTime) -> Lesson {
        Lesson { facts, at, proven: true }
    }

    fn owner(tenant: &str, before: Option<&str>) -> Owner {
        let named = |name: &str| Tenant::Named(Arc::from(name));
        Owner { endpoint: None, tenants: Tenants { now: named(tenant), before: before.map(named) } }
    }

    #[test]
    fn a_lesson_holds_for_a_day_and_one_that_nothing_proves_for_an_hour() {
        let (lessons, owner) = (MemoryLessons::default(), Owner::default());
        let at = SystemTime::UNIX_EPOCH;
        lessons.learn(&owner, "m", lesson(json!({ "citations": false }), at));
        let second = Duration::from_secs(1);
        assert_eq!(lessons.about(&owner, "m", at + LASTS - second).len(), 1);
        assert_eq!(lessons.about(&owner, "m", at + LASTS).len(), 0);
        assert_eq!(lessons.about(&owner, "other", at).len(), 0);
        let pending = Lesson { proven: false, ..lesson(json!({ "streaming": false }), at) };
        lessons.learn(&owner, "p", pending);
        assert_eq!(lessons.about(&owner, "p", at + PENDING - second).len(), 1);
        assert_eq!(lessons.about(&owner, "p", at + PENDING).len(), 0);
    }

    #[test]
    fn the_same_lesson_is_kept_once_and_renewed() {
        let (lessons, owner) = (MemoryLessons::default(), Owner::default());
        let at = SystemTime::UNIX_EPOCH;
        for hours in [0, 5] {
            let at = at + Duration::from_hours(hours);
            lessons.learn(&owner, "m", lesson(json!({ "citations": false }), at));
        }
        let known = lessons.about(&owner, "m", at + Duration::from_hours(6));
        assert_eq!((known.len(), known[0].at), (1, at + Duration::from_hours(5)));
        lessons.forget(&owner, "m", &json!({ "citations": false }));
        assert_eq!(lessons.about(&owner, "m", at).len(), 0);
    }

    #[test]
    fn one_owners_lessons_are_no_others() {
        let lessons = MemoryLessons::default();
        let (at, one) = (SystemTime::UNIX_EPOCH, owner("one", None));
        lessons.learn(&one, "m", lesson(json!({ "citations": false }), at));
        let gateway = Owner { endpoint: Some(Arc::from("https://g.example")), ..one.clone() };
        for other in [owner("two", None), gateway] {
            assert_eq!(lessons.about(&other, "m", at).len(), 0, "{other:?}");
        }
        // One whose account became known still knows what it learned before.
        assert_eq!(lessons.about(&owner("account", Some("one")), "m", at).len(), 1);
    }

    #[test]
    fn memory_is_bounded() {
        let (lessons, at) = (MemoryLessons::default(), SystemTime::UNIX_EPOCH);
        for number in 0..2 * MOST {
            lessons.learn(&Owner::default(), "m", lesson(json!({ "refusedFields": [number] }), at));
        }
        assert_eq!(lessons.about(&Owner::default(), "m", at).len(), MOST);
        for number in 0..100_000 {
            let owner = owner(&number.to_string(), None);
            lessons.learn(&owner, "m", lesson(json!({ "citations": false }), at));
        }
        assert!(lessons.0.lock().is_ok_and(|lessons| lessons.len() * 512 <= BYTES));
        assert_eq!(lessons.about(&owner("99999", None), "m", at).len(), 1);
    }
}
