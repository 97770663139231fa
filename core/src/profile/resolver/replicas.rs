//! What other processes know and find out: of those that ask one thing at a time, one asks AWS.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::broadcast::error::RecvError;

use super::memory::Memory;
use super::remembered::{FRESH, millis};
use super::request::Request;
use crate::profile::arn::ModelRef;
use crate::profile::clock::Clock;
use crate::profile::lookup::{LookupCause, LookupError};
use crate::profile::record::{self, Record, StoredFailure};
use crate::store::shared::LeaseState;
use crate::store::{KeyOwner, Kind, SharedStore, StoreChange, StoreKey};

/// How far the clocks of machines that share a store may differ.
const SKEW: Duration = Duration::from_mins(5);
/// How long the right to ask lasts, should the one who has it be gone.
const LEASE: Duration = Duration::from_secs(5);
/// How often those who wait look whether there is an answer, where nobody tells them.
const LOOK: Duration = Duration::from_millis(50);

/// Where the store keeps what is known of one subject.
#[derive(Clone)]
pub(super) struct Shelf {
    store: Arc<SharedStore>,
    clock: Arc<dyn Clock>,
    record: StoreKey,
    /// Where a failure is kept; `None` where no other process knows who asks.
    failure: Option<StoreKey>,
    /// The same where it is the signer's alone.
    denial: Option<StoreKey>,
    /// When what is known already was fetched: only something newer is news.
    known_at: Option<u64>,
}

/// The right to ask AWS; given back when it is dropped.
pub(super) struct LookupLease {
    shelf: Shelf,
    lease: StoreKey,
    holder: String,
    /// It is given back together with what was found out.
    given_back: AtomicBool,
}

/// What came of waiting for one's turn.
pub(super) enum Others {
    /// Another has found it out.
    Know(Record),
    /// Another has asked in vain.
    Failed(LookupError),
    /// It is left to the one who asks.
    Leave(LookupLease),
}

impl Shelf {
    /// The place of what a request asks about; `None` where nothing can be shared of it.
    pub(super) fn of(request: &Request, clock: &Arc<dyn Clock>) -> Option<Self> {
        let store = request.sources.store.as_ref().filter(|store| store.is_shared())?;
        let scope = &request.sources.scope;
        let id = request.target.as_str();
        let subject = match &request.region {
            Some(region) if !request.target.is_arn() => format!("{region}/{id}"),
            _ => id.to_owned(),
        };
        let asker =
            KeyOwner::of(&scope.tenants.now).or_else(|| scope.keys.clone().map(KeyOwner::Signer));
        // What AWS itself says of an ARN is everyone's; the rest is told to those who ask.
        let everyones = request.target.is_arn() && scope.endpoint.is_none();
        let owner = if everyones { KeyOwner::of_arn(id) } else { asker.clone() }?;
        let endpoint = scope.endpoint.as_deref();
        let failure = |subject: &str| {
            asker.as_ref().map(|asker| StoreKey::new(Kind::Failure, endpoint, asker, subject))
        };
        let signer = scope.signer.as_ref();
        Some(Self {
            store: Arc::clone(store),
            clock: Arc::clone(clock),
            record: StoreKey::new(Kind::Profile, endpoint, &owner, &subject),
            failure: failure(&subject),
            denial: signer.and_then(|signer| failure(&format!("{signer}@{subject}"))),
            known_at: request.known_at,
        })
    }

    /// Follows what others find out about it from now on.
    pub(super) fn follow(&self, memory: &Arc<Mutex<Memory>>, request: &Request) {
        let address = Arc::as_ptr(&self.store).addr();
        let mut held = memory.lock().unwrap_or_else(PoisonError::into_inner);
        held.shelve(&self.record, &request.key, &request.sources.scope);
        // Without a runtime there is nobody to hear of it.
        let Ok(runtime) = Handle::try_current() else { return };
        if held.hears(address) {
            runtime.spawn(hear(Arc::downgrade(memory), Arc::downgrade(&self.store)));
        }
    }

    /// What the store has that is news.
    pub(super) async fn record(&self) -> Option<Record> {
        let text = self.store.get_now(&self.record).await?;
        let record: Record = serde_json::from_str(&text).ok()?;
        let record =
            Record { fetched_at: believable(record.fetched_at, self.clock.now()), ..record };
        let is_news = self.known_at.is_none_or(|known_at| record.fetched_at > known_at);
        let names = ModelRef::parse(&record.model).is_ok_and(|model| !model.is_opaque());
        (is_news && names).then_some(record)
    }

    async fn failed(&self) -> Option<LookupError> {
        for key in [&self.failure, &self.denial].into_iter().flatten() {
            if let Some(text) = self.store.get_now(key).await
                && let Ok(failed) = serde_json::from_str::<StoredFailure>(&text)
            {
                return Some(failed.into());
            }
        }
        None
    }

    /// Waits for the right to ask, as long as another has it; or for what that one finds out.
    pub(super) async fn turn(self, at_most: Duration) -> Others {
        let (lease, holder) = (self.record.lease(), format!("{:032x}", fastrand::u128(..)));
        let until = self.clock.now().saturating_add(millis(at_most));
        let mut changes = self.store.subscribe();
        loop {
            if let Some(error) = self.failed().await {
                return Others::Failed(error);
            }
            let taken = self.store.lease(&lease, &holder, LEASE).await == LeaseState::Taken;
            let now = self.clock.now();
            if !taken || now >= until {
                // Whoever had the right before may have found it out meanwhile.
                let found = if taken { None } else { self.record_since(now).await };
                return if let Some(record) = found {
                    self.store.release(&lease, &holder);
                    Others::Know(record)
                } else {
                    let given_back = AtomicBool::new(false);
                    Others::Leave(LookupLease { shelf: self, lease, holder, given_back })
                };
            }
            let left = Duration::from_millis(until - now).min(LOOK);
            let awaited: Vec<&StoreKey> =
                [Some(&self.record), self.failure.as_ref()].into_iter().flatten().collect();
            self.store.changed(&mut changes, &awaited, left).await;
            if let Some(record) = self.record_since(now).await {
                return Others::Know(record);
            }
        }
    }

    /// A record that is worth as much as AWS's own word.
    async fn record_since(&self, now: u64) -> Option<Record> {
        let record = self.record().await?;
        (now.saturating_sub(record.fetched_at) < millis(FRESH)).then_some(record)
    }
}

impl LookupLease {
    /// Keeps what AWS said, for all.
    pub(super) fn keep(&self, record: &Record) {
        let Shelf { store, record: key, failure, denial, .. } = &self.shelf;
        if let Ok(text) = serde_json::to_string(record) {
            self.put(key, &text, record::LASTS);
        }
        for key in [failure, denial].into_iter().flatten() {
            if store.peek(key).is_some() {
                store.remove(key);
            }
        }
    }

    /// Keeps why AWS did not say it, for as long as it is not to be asked again. What cannot be reached
    /// from here others may reach; what is refused to one signer is not refused to another, and keys that
    /// are not accepted say nothing of others.
    pub(super) fn keep_failure(&self, error: &LookupError, lasts: Duration) {
        let key = match error.cause {
            _ if error.unreachable => None,
            LookupCause::AccessDenied => self.shelf.denial.as_ref(),
            cause if cause.is_the_subjects() => self.shelf.failure.as_ref(),
            _ => None,
        };
        if let Some(key) = key
            && let Ok(text) = serde_json::to_string(&StoredFailure::from(error))
        {
            self.put(key, &text, lasts);
        }
    }

    fn put(&self, key: &StoreKey, text: &str, lasts: Duration) {
        let Self { shelf: Shelf { store, .. }, lease, holder, given_back } = self;
        given_back.store(true, Ordering::Relaxed);
        store.put_and_release(key, text, lasts, lease, holder);
    }
}

impl Drop for LookupLease {
    fn drop(&mut self) {
        if !self.given_back.load(Ordering::Relaxed) {
            self.shelf.store.release(&self.lease, &self.holder);
        }
    }
}

/// Takes over what other processes find out.
async fn hear(memory: Weak<Mutex<Memory>>, store: Weak<SharedStore>) {
    let Some(mut changes) = store.upgrade().map(|store| store.subscribe()) else { return };
    loop {
        let places = match changes.recv().await {
            Ok(StoreChange::Put(key)) if key.kind() == Kind::Profile => vec![key],
            Ok(StoreChange::Put(_) | StoreChange::Removed(_)) => continue,
            Ok(StoreChange::Missed) | Err(RecvError::Lagged(_)) => {
                let Some(memory) = memory.upgrade() else { return };
                memory.lock().unwrap_or_else(PoisonError::into_inner).places()
            }
            Err(RecvError::Closed) => return,
        };
        for place in places {
            let (Some(store), Some(memory)) = (store.upgrade(), memory.upgrade()) else { return };
            let Some(text) = store.get(&place).await else { continue };
            if let Ok(record) = serde_json::from_str::<Record>(&text) {
                memory.lock().unwrap_or_else(PoisonError::into_inner).hear(&place, record);
            }
        }
    }
}

/// When a record was made. One from the future was written by a machine whose clock is wrong: it
/// counts as due for confirmation, or it would be fresh for ever.
fn believable(fetched_at: u64, now: u64) -> u64 {
    if fetched_at <= now.saturating_add(millis(SKEW)) {
        fetched_at.min(now)
    } else {
        now.saturating_sub(millis(FRESH))
    }
}
