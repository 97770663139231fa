//! What refusals have taught other processes, and what they have taught this one for others.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::Client;
use crate::model::learned::{self, LASTS, Lesson, Owner};
use crate::profile::ResolvedProfile;
use crate::store::{self, Kind, StoreKey};

/// Most subjects whose stored lessons are known to have been read.
const MOST: usize = 10_000;

/// A lesson as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredLesson {
    facts: Value,
    /// Milliseconds since 1970.
    at: u64,
    proven: bool,
}

/// The lessons that were read last, by their keys: what has not changed is not read again.
static READ: LazyLock<Mutex<HashMap<StoreKey, Arc<str>>>> = LazyLock::new(Mutex::default);

impl Client {
    /// Whether others may have been taught something that counts here.
    pub(crate) fn has_shared_lessons(&self) -> bool {
        self.settings().learning && self.store().is_some_and(|store| store.is_shared())
    }

    /// Learns what others were taught about the model behind a resolved id. A subject is waited for
    /// once, and later changes are heard of in the background.
    pub(crate) async fn recall(&self, resolved: &ResolvedProfile) {
        let Some(store) = self.store() else { return };
        let owner = self.owner(&resolved.call_id);
        for subject in subjects(resolved) {
            let Some(key) = self.lesson_key(&owner, resolved, subject) else { continue };
            let Some(text) = store.get_once(&key).await else { continue };
            let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
            if read.get(&key).is_some_and(|before| Arc::ptr_eq(before, &text) || **before == *text)
            {
                continue;
            }
            if read.len() >= MOST {
                read.clear();
            }
            read.insert(key, Arc::clone(&text));
            drop(read);
            replace(&owner, subject, &text);
        }
    }

    /// A lesson that others may use too.
    pub(crate) fn learn(&self, resolved: &ResolvedProfile, lesson: &Lesson) {
        let owner = self.owner(&resolved.call_id);
        for subject in subjects(resolved) {
            learned::shared().learn(&owner, subject, lesson.clone());
            self.publish(&owner, resolved, subject);
        }
    }

    /// A lesson that has turned out wrong.
    pub(crate) fn forget(&self, resolved: &ResolvedProfile, facts: &Value) {
        let owner = self.owner(&resolved.call_id);
        for subject in subjects(resolved) {
            learned::shared().forget(&owner, subject, facts);
            self.publish(&owner, resolved, subject);
        }
    }

    fn publish(&self, owner: &Owner, resolved: &ResolvedProfile, subject: &str) {
        let Some(store) = self.store().filter(|store| store.is_shared()) else { return };
        let Some(key) = self.lesson_key(owner, resolved, subject) else { return };
        let known = learned::shared().about(owner, subject, SystemTime::now());
        if known.is_empty() {
            return store.remove(&key);
        }
        let known: Vec<StoredLesson> = known
            .into_iter()
            .map(|Lesson { facts, at, proven }| {
                let at = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
                StoredLesson { facts, at: u64::try_from(at).unwrap_or(u64::MAX), proven }
            })
            .collect();
        if let Ok(text) = serde_json::to_string(&known) {
            store.put(&key, &text, LASTS);
        }
    }

    /// Where lessons about a subject are kept; `None` where nobody else could know whose they are.
    fn lesson_key(
        &self,
        owner: &Owner,
        resolved: &ResolvedProfile,
        subject: &str,
    ) -> Option<StoreKey> {
        let known = store::KeyOwner::of(&owner.tenants.now)
            .or_else(|| self.lasting_keys(&resolved.call_id).map(store::KeyOwner::Signer))?;
        Some(StoreKey::new(Kind::Lesson, owner.endpoint.as_deref(), &known, subject))
    }
}

/// Takes stored lessons in the place of those that are known.
fn replace(owner: &Owner, subject: &str, text: &str) {
    let Ok(stored) = serde_json::from_str::<Vec<StoredLesson>>(text) else { return };
    let lessons = learned::shared();
    for known in lessons.about(owner, subject, SystemTime::now()) {
        if !stored.iter().any(|stored| stored.facts == known.facts) {
            lessons.forget(owner, subject, &known.facts);
        }
    }
    for StoredLesson { facts, at, proven } in stored {
        // A clock that is ahead elsewhere makes no lesson last longer.
        let now = SystemTime::now();
        let at = UNIX_EPOCH.checked_add(Duration::from_millis(at)).unwrap_or(now).min(now);
        lessons.learn(owner, subject, Lesson { facts, at, proven });
    }
}

/// What a lesson is about: the model, and the id that was called; of several models behind an id
/// nobody knows which has refused.
fn subjects(resolved: &ResolvedProfile) -> impl Iterator<Item = &str> {
    let model = resolved.model.as_deref().filter(|_| resolved.other_models.is_empty());
    let called = Some(resolved.call_id.as_str()).filter(|id| Some(*id) != model);
    model.into_iter().chain(called)
}
