//! What refusals have taught, remembered for a while.
//!
//! Behind a small trait, so that a file or Redis can take the place of memory.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde_json::Value;

/// How long a lesson holds: models change, and a wrong lesson must not last.
pub const LASTS: Duration = Duration::from_hours(24);

/// Most subjects that are remembered.
const MOST: usize = 4096;

/// What was taught about one model or profile, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// The facts, in the shape of the catalog's.
    pub facts: Value,
    /// When Bedrock taught it.
    pub at: SystemTime,
}

/// Remembers lessons by subject: a model's or a profile's id.
pub trait Lessons: Send + Sync {
    /// What was taught about a subject and still holds at `now`, the oldest first.
    fn about(&self, subject: &str, now: SystemTime) -> Vec<Lesson>;

    /// Remembers a lesson.
    fn learn(&self, subject: &str, lesson: Lesson);
}

/// The process's memory.
#[derive(Debug, Default)]
pub struct MemoryLessons(Mutex<HashMap<String, Vec<Lesson>>>);

impl Lessons for MemoryLessons {
    fn about(&self, subject: &str, now: SystemTime) -> Vec<Lesson> {
        let lessons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = lessons.get(subject).map_or(&[][..], Vec::as_slice);
        known.iter().filter(|lesson| holds(lesson, now)).cloned().collect()
    }

    fn learn(&self, subject: &str, lesson: Lesson) {
        let mut lessons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lessons.len() >= MOST && !lessons.contains_key(subject) {
            lessons.retain(|_, known| known.iter().any(|known| holds(known, lesson.at)));
            if lessons.len() >= MOST {
                return;
            }
        }
        let known = lessons.entry(subject.to_owned()).or_default();
        known.retain(|known| known.facts != lesson.facts && holds(known, lesson.at));
        known.push(lesson);
    }
}

fn holds(lesson: &Lesson, now: SystemTime) -> bool {
    // A clock that was turned back does not make a lesson false.
    now.duration_since(lesson.at).unwrap_or_default() < LASTS
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

    #[test]
    fn a_lesson_holds_for_a_day() {
        let lessons = MemoryLessons::default();
        let at = SystemTime::UNIX_EPOCH;
        lessons.learn("m", Lesson { facts: json!({ "citations": false }), at });
        assert_eq!(lessons.about("m", at + LASTS - Duration::from_secs(1)).len(), 1);
        assert_eq!(lessons.about("m", at + LASTS).len(), 0);
        assert_eq!(lessons.about("other", at).len(), 0);
    }

    #[test]
    fn the_same_lesson_is_kept_once_and_renewed() {
        let lessons = MemoryLessons::default();
        let at = SystemTime::UNIX_EPOCH;
        for hours in [0, 5] {
            let at = at + Duration::from_hours(hours);
            lessons.learn("m", Lesson { facts: json!({ "citations": false }), at });
        }
        let known = lessons.about("m", at + Duration::from_hours(6));
        assert_eq!((known.len(), known[0].at), (1, at + Duration::from_hours(5)));
    }

    #[test]
    fn memory_is_bounded() {
        let lessons = MemoryLessons::default();
        let at = SystemTime::UNIX_EPOCH;
        for subject in 0..=MOST {
            lessons.learn(&subject.to_string(), Lesson { facts: json!({}), at });
        }
        assert_eq!(lessons.about(&MOST.to_string(), at).len(), 0);
        let later = at + LASTS;
        lessons.learn("later", Lesson { facts: json!({}), at: later });
        assert_eq!(lessons.about("later", later).len(), 1);
    }
}
