//! What operators write while the product runs, and every replica works by: mappings and overrides that are
//! kept in the store. A task watches the store and takes over what is new; what cannot be read changes nothing.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::bedrock::CallError;
use crate::client::Client;
use crate::model::knowledge::Overrides;
use crate::profile::Mappings;
use crate::profile::mapping::Live;
use crate::shared::{known_models, trust_names};
use crate::store::shared::LeaseState;
use crate::store::{KeyOwner, Kind, SharedStore, StoreKey};

/// How long a request waits for what the store has, once.
const LIMIT: Duration = Duration::from_millis(50);
/// How often a store is asked that does not tell of changes.
const LOOK: Duration = Duration::from_secs(5);
/// How long a document is kept.
const LASTS: Duration = Duration::from_hours(24 * 365 * 10);
/// How long one who changes a document may take.
const LOCK: Duration = Duration::from_secs(10);
/// Most messages that wait for someone to tell them to.
const MOST_MESSAGES: usize = 100;

/// The documents of a store, as they are now.
#[derive(Debug, Default)]
pub struct Documents {
    mappings: Live,
    overrides: RwLock<Arc<Overrides>>,
    started: AtomicBool,
    loaded: watch::Sender<bool>,
    messages: Mutex<Vec<String>>,
}

/// What is to be done with a document.
#[derive(Debug, Deserialize)]
#[serde(tag = "act", rename_all = "camelCase", deny_unknown_fields)]
enum Act {
    Read { name: Name },
    Lock { name: Name, holder: String },
    Unlock { name: Name, holder: String },
    Write { name: Name, text: String },
}

/// Which document.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Name {
    Mappings,
    Overrides,
    /// Who has changed what.
    Journal,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Self::Mappings => "mappings",
            Self::Overrides => "overrides",
            Self::Journal => "journal",
        }
    }

    fn key(self, owner: &KeyOwner) -> StoreKey {
        StoreKey::new(Kind::Mapping, None, owner, self.as_str())
    }
}

impl Documents {
    /// The mappings, as they are now and will be.
    pub fn mappings(&self) -> Live {
        self.mappings.clone()
    }

    /// How often the mappings were read.
    pub fn changes(&self) -> u64 {
        self.mappings.changes()
    }

    /// The overrides now.
    pub fn overrides(&self) -> Arc<Overrides> {
        Arc::clone(&self.overrides.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether they have been read once.
    pub fn is_loaded(&self) -> bool {
        *self.loaded.borrow()
    }

    /// What the operator should know, once.
    pub fn take_messages(&self) -> Vec<String> {
        std::mem::take(&mut *self.messages())
    }

    fn messages(&self) -> MutexGuard<'_, Vec<String>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, what: String) {
        let mut messages = self.messages();
        if messages.len() < MOST_MESSAGES {
            messages.push(what);
        }
    }

    /// Begins to watch the store, and waits a little until it has been read once.
    pub async fn load(self: &Arc<Self>, store: &Arc<SharedStore>, owner: KeyOwner) {
        if !self.started.swap(true, Ordering::Relaxed) {
            tokio::spawn(follow(Arc::downgrade(self), Arc::downgrade(store), owner));
        }
        let mut loaded = self.loaded.subscribe();
        // What is not there by then is not known yet.
        let _ = tokio::time::timeout(LIMIT, loaded.wait_for(|loaded| *loaded)).await;
    }

    /// Takes over the text of a document.
    fn take(&self, name: Name, text: &str) {
        match name {
            Name::Mappings => match Mappings::read_store(text, &known_models) {
                Ok((mut mappings, problems)) => {
                    trust_names(&mut mappings);
                    self.mappings.replace(mappings);
                    for problem in problems {
                        self.tell(problem.message);
                    }
                }
                Err(wrong) => self.tell(format!("{wrong} What was there before goes on holding.")),
            },
            Name::Overrides => match Overrides::parse(text) {
                Ok(overrides) => {
                    *self.overrides.write().unwrap_or_else(PoisonError::into_inner) =
                        Arc::new(overrides);
                }
                Err(wrong) => {
                    self.tell(format!(
                        "{wrong} (in the store). What was there before goes on holding."
                    ));
                }
            },
            Name::Journal => {}
        }
    }
}

/// Takes over what the store has, as long as both are there.
async fn follow(documents: Weak<Documents>, store: Weak<SharedStore>, owner: KeyOwner) {
    let watched = [Name::Mappings, Name::Overrides].map(|name| (name, name.key(&owner)));
    let mut seen: [Option<Arc<str>>; 2] = [None, None];
    let Some(mut changes) = store.upgrade().map(|store| store.subscribe()) else { return };
    loop {
        let Some(held) = store.upgrade() else { return };
        for ((name, key), seen) in watched.iter().zip(&mut seen) {
            // A document is never removed: where none is found, the store has lost it or is away.
            let found = held.get_first(key).await.unwrap_or_default();
            let Some(text) = found.filter(|text| seen.as_ref() != Some(text)) else { continue };
            let (Some(documents), name) = (documents.upgrade(), *name) else { return };
            *seen = Some(Arc::clone(&text));
            // A large one takes a while. A reader that panics has changed nothing.
            let _ = tokio::task::spawn_blocking(move || documents.take(name, &text)).await;
        }
        let Some(read) = documents.upgrade() else { return };
        read.loaded.send_replace(true);
        drop(read);
        let keys: Vec<&StoreKey> = watched.iter().map(|(_, key)| key).collect();
        held.changed(&mut changes, &keys, LOOK).await;
    }
}

impl Client {
    /// Whose documents are read and written.
    pub(crate) fn documents_owner(&self) -> KeyOwner {
        match self.settings().tenant.as_deref() {
            Some(name) => KeyOwner::Named(Arc::from(name)),
            None => KeyOwner::Everyone,
        }
    }

    /// What begins to watch the documents of the store, where nothing does yet: for those who cannot wait.
    pub fn begin_documents(&self) -> Option<impl Future<Output = ()> + Send + 'static> {
        let documents = self.declared().documents.as_ref()?;
        if documents.started.load(Ordering::Relaxed) {
            return None;
        }
        let store = Arc::clone(self.store().filter(|store| store.is_shared())?);
        let (documents, owner) = (Arc::clone(documents), self.documents_owner());
        Some(async move { documents.load(&store, owner).await })
    }

    /// Reads, locks or writes a document of the store, as `act` (JSON) says; `null` where there is no
    /// store beyond the process.
    pub async fn document(&self, act: &str) -> Result<Value, CallError> {
        let act: Act = serde_json::from_str(act)
            .map_err(|error| CallError::input(format!("This cannot be done: {error}")))?;
        let Some(store) = self.store().filter(|store| store.is_shared()) else {
            return Ok(Value::Null);
        };
        let owner = self.documents_owner();
        if let Some(documents) = self.declared().documents.as_ref().filter(|it| !it.is_loaded()) {
            documents.load(store, owner.clone()).await;
        }
        let done = match act {
            Act::Read { name } => match store.get_first(&name.key(&owner)).await {
                Ok(text) => json!({ "store": store.name(), "text": text }),
                Err(error) => json!({ "store": store.name(), "error": error.message }),
            },
            Act::Lock { name, holder } => {
                let state = store.lease(&name.key(&owner).lease(), &holder, LOCK).await;
                json!(match state {
                    LeaseState::Mine => "mine",
                    LeaseState::Taken => "taken",
                    LeaseState::Unknown => "unknown",
                })
            }
            Act::Unlock { name, holder } => {
                store.release(&name.key(&owner).lease(), &holder);
                Value::Null
            }
            Act::Write { name, text } => {
                let is_written = store.put_first(&name.key(&owner), &text, LASTS).await;
                if is_written && let Some(documents) = self.declared().documents.clone() {
                    // Who has written it goes on by it; others hear of it.
                    let _ = tokio::task::spawn_blocking(move || documents.take(name, &text)).await;
                }
                json!(is_written)
            }
        };
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::clock::SystemClock;
    use crate::store::{MemoryStore, Store};

    const ARN: &str =
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdef123456";

    fn replica(store: &Arc<dyn Store>) -> (Arc<SharedStore>, Arc<Documents>) {
        let shared = SharedStore::new(vec![Arc::clone(store)], Arc::new(SystemClock));
        (shared, Arc::default())
    }

    #[tokio::test]
    async fn what_one_replica_writes_another_takes_over_and_what_cannot_be_read_changes_nothing() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(1 << 20, Arc::new(SystemClock)));
        let ((writer, _), (reader, documents)) = (replica(&store), replica(&store));
        let key = Name::Mappings.key(&KeyOwner::Everyone);
        let text = format!(r#"{{ "Team": "{ARN}" }}"#);
        assert!(writer.put_first(&key, &text, LASTS).await);
        documents.load(&reader, KeyOwner::Everyone).await;
        let called = |documents: &Documents| {
            documents.mappings().now().find("Team").map(|mapped| mapped.call_id)
        };
        assert_eq!(called(&documents).as_deref(), Some(ARN));
        documents.take(Name::Mappings, "{ nonsense");
        documents.take(Name::Overrides, "[]");
        assert_eq!(called(&documents).as_deref(), Some(ARN));
        assert_eq!(documents.take_messages().len(), 2);
    }
}
