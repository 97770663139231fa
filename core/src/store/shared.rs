//! Stores behind one another, as the rest of the product uses them: what they know is a help and never
//! a condition.
//!
//! Memory comes first. What is read of the stores behind it is waited for [`LIMIT`] at most; what is
//! written is written in the background. A store that fails or is slow is left alone for a while, the
//! others carry on, and one warning says so. What others have changed is heard of, or noticed when a value
//! that is older than [`CURRENT`] is read.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, broadcast};

use super::memory::after;
use super::{
    Answer, KeyOwner, Kind, MemoryStore, Store, StoreChange, StoreError, StoreKey, Stored,
};
use crate::lru::Lru;
use crate::profile::clock::Clock;

/// How long a request waits for a store.
pub const LIMIT: Duration = Duration::from_millis(50);
/// How long a call waits for a counter that decides whether it is made.
const URGENT: Duration = Duration::from_millis(500);
/// How long something in the background waits for a store.
const WRITE_LIMIT: Duration = Duration::from_secs(2);
/// How long someone who looks whether a store works waits for it.
const CHECK_LIMIT: Duration = Duration::from_secs(3);
/// How long what is written for that lasts.
const CHECK_LASTS: Duration = Duration::from_secs(1);
/// How old a value may be that is taken from memory without looking whether it has changed.
pub const CURRENT: Duration = Duration::from_secs(1);
/// How long a store that failed is left alone: longer each time.
const REST: Duration = Duration::from_millis(250);
const LONGEST_REST: Duration = Duration::from_secs(5);
/// Most bytes of values in memory.
const BYTES: usize = 16 * 1024 * 1024;
/// Most operations in the background at a time; what comes beyond them stays in memory.
const MOST_BACKGROUND: usize = 1024;
/// Most counters whose amounts wait for a store to come back.
const MOST_PENDING: usize = 10_000;
/// How many changes a listener may be behind.
const CHANGES: usize = 1024;

/// Who has a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseState {
    /// The one who asked.
    Mine,
    /// Another.
    Taken,
    /// No store could say: the one who asked is on its own.
    Unknown,
}

/// Whether a store can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreCheck {
    /// What it is called in messages.
    name: String,
    /// Whether the operator has asked for it.
    asked_for: bool,
    /// What is wrong with it.
    problem: Option<String>,
}

/// Memory with stores behind it; cheap to share, never fails.
pub struct SharedStore {
    memory: MemoryStore,
    /// When a key was last read from a store.
    read_at: Mutex<Lru<StoreKey, u64>>,
    layers: Vec<Layer>,
    /// What was counted and no store has taken yet.
    pending: Mutex<HashMap<StoreKey, (i64, Duration)>>,
    clock: Arc<dyn Clock>,
    changes: broadcast::Sender<StoreChange>,
    /// What the operator has not been told yet.
    trouble: Mutex<Option<String>>,
    runtime: OnceLock<Handle>,
    background: Arc<Semaphore>,
    listening: AtomicBool,
    myself: Weak<Self>,
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.layers.iter().map(|layer| layer.store.name());
        formatter.debug_tuple("SharedStore").field(&names.collect::<Vec<_>>()).finish()
    }
}

struct Layer {
    store: Arc<dyn Store>,
    /// Nobody is told of its failures: nobody has asked for it.
    quiet: bool,
    health: Mutex<StoreHealth>,
}

#[derive(Debug, Default)]
struct StoreHealth {
    /// How often it failed in a row.
    failures: u32,
    /// Until when it is left alone.
    rests_until: u64,
    /// Whether the operator was told.
    told: bool,
}

impl Layer {
    fn health(&self) -> MutexGuard<'_, StoreHealth> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SharedStore {
    /// Memory with these stores behind it, the one that counts first.
    pub fn new(stores: Vec<Arc<dyn Store>>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Self::with(stores.into_iter().map(|store| (store, false)).collect(), clock, None)
    }

    /// The same; of a store that nobody has asked for (`true`) no failure is told, and of what was wrong
    /// already the operator is.
    pub fn with(
        stores: Vec<(Arc<dyn Store>, bool)>,
        clock: Arc<dyn Clock>,
        wrong: Option<String>,
    ) -> Arc<Self> {
        let layer = |(store, quiet)| Layer { store, quiet, health: Mutex::default() };
        Arc::new_cyclic(|myself| Self {
            memory: MemoryStore::new(BYTES, Arc::clone(&clock)),
            read_at: Mutex::new(Lru::new(BYTES / 256)),
            layers: stores.into_iter().map(layer).collect(),
            pending: Mutex::default(),
            clock,
            changes: broadcast::channel(CHANGES).0,
            trouble: Mutex::new(wrong),
            runtime: OnceLock::new(),
            background: Arc::new(Semaphore::new(MOST_BACKGROUND)),
            listening: AtomicBool::new(false),
            myself: Weak::clone(myself),
        })
    }

    /// Whether there is anything behind memory.
    pub fn is_shared(&self) -> bool {
        !self.layers.is_empty()
    }

    /// What is to be told the operator, once.
    pub fn take_trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).take();
        trouble.or_else(|| self.layers.iter().find_map(|layer| layer.store.take_notice()))
    }

    /// Hears of what others change, and of what this process changes.
    pub fn subscribe(&self) -> broadcast::Receiver<StoreChange> {
        self.listen();
        self.changes.subscribe()
    }

    /// The value in memory. Where it is older than [`CURRENT`], it is read again in the background.
    pub fn peek(&self, key: &StoreKey) -> Option<Arc<str>> {
        let value = self.memory.value(key);
        if self.is_shared() && !self.is_current(key) {
            self.seen(key);
            let key = key.clone();
            self.in_background(move |store| async move {
                store.read(&key, WRITE_LIMIT).await;
            });
        }
        value
    }

    /// The value of a key: from memory where that is not older than [`CURRENT`], else from the stores.
    pub async fn get(&self, key: &StoreKey) -> Option<Arc<str>> {
        if !self.is_shared() || self.is_current(key) {
            return self.memory.value(key);
        }
        self.seen(key);
        self.read(key, LIMIT).await;
        self.memory.value(key)
    }

    /// The value of a key: waited for where it has never been read, else from memory as with
    /// [`Self::peek`].
    pub async fn get_once(&self, key: &StoreKey) -> Option<Arc<str>> {
        let known = self.read_at.lock().unwrap_or_else(PoisonError::into_inner).get(key).is_some();
        // On the heap: it is large, and rare.
        if known { self.peek(key) } else { Box::pin(self.get(key)).await }
    }

    /// The value of a key as the stores have it now.
    pub async fn get_now(&self, key: &StoreKey) -> Option<Arc<str>> {
        self.seen(key);
        self.read(key, LIMIT).await;
        self.memory.value(key)
    }

    /// Keeps a value for so long: in memory at once, in the stores in the background.
    pub fn put(&self, key: &StoreKey, value: &str, lasts: Duration) {
        self.memory.keep(key, value, lasts);
        self.seen(key);
        self.tell(StoreChange::Put(key.clone()));
        let (key, value) = (key.clone(), Arc::<str>::from(value));
        self.in_background(move |store| async move {
            store.everywhere(|layer| layer.put(&key, &value, lasts)).await;
        });
    }

    /// The value that the store which counts has now; an error where it does not say. Memory and the stores
    /// behind it are not asked: they may have what is another's.
    pub async fn get_first(&self, key: &StoreKey) -> Result<Option<Arc<str>>, StoreError> {
        let unknown = || StoreError::new("it does not answer");
        let layer = self.layers.first().ok_or_else(unknown)?;
        let stored =
            self.ask(layer, WRITE_LIMIT, layer.store.get(key)).await.ok_or_else(unknown)?;
        Ok(stored.map(|stored| stored.value))
    }

    /// Keeps a value in the store which counts, and waits until it does; whether it does.
    pub async fn put_first(&self, key: &StoreKey, value: &str, lasts: Duration) -> bool {
        let Some(layer) = self.layers.first() else { return false };
        let kept = self.ask(layer, WRITE_LIMIT, layer.store.put(key, value, lasts)).await.is_some();
        self.tell(StoreChange::Put(key.clone()));
        kept
    }

    /// What the store that counts is called; it shows no password.
    pub fn name(&self) -> Option<&str> {
        self.layers.first().map(|layer| layer.store.name())
    }

    /// Forgets a key, likewise.
    pub fn remove(&self, key: &StoreKey) {
        self.memory.forget(key);
        self.seen(key);
        self.tell(StoreChange::Removed(key.clone()));
        let key = key.clone();
        self.in_background(move |store| async move {
            store.everywhere(|layer| layer.remove(&key)).await;
        });
    }

    /// Adds to a whole number and gives the sum as far as it is known here; that of all is known soon
    /// after. A new number lasts for so long.
    pub fn add(&self, key: &StoreKey, amount: i64, lasts: Duration) -> i64 {
        let sum = self.memory.count(key, amount, lasts).unwrap_or_else(|_| {
            self.memory.keep(key, &amount.to_string(), lasts);
            amount
        });
        if self.is_shared() {
            self.defer(key, amount, lasts);
            self.in_background(move |store| async move { store.count_pending().await });
        }
        sum
    }

    /// Adds to a whole number and gives the sum of all who count; `None` where the store does not say it
    /// in time. Then it may have counted. What is `urgent` does not wait for long.
    pub async fn add_now(
        &self,
        key: &StoreKey,
        amount: i64,
        lasts: Duration,
        urgent: bool,
    ) -> Option<i64> {
        let Some(layer) = self.layers.first() else {
            return self.memory.count(key, amount, lasts).ok();
        };
        let limit = if urgent { URGENT } else { WRITE_LIMIT };
        let sum = self.ask(layer, limit, layer.store.add(key, amount, lasts)).await?;
        self.memory.keep(key, &sum.to_string(), lasts);
        self.seen(key);
        Some(sum)
    }

    /// The value that the store has now; `None` where it does not say it in time.
    pub async fn get_from_store(&self, key: &StoreKey, urgent: bool) -> Option<Option<Arc<str>>> {
        let Some(layer) = self.layers.first() else { return Some(self.memory.value(key)) };
        let limit = if urgent { URGENT } else { WRITE_LIMIT };
        let stored = self.ask(layer, limit, layer.store.get(key)).await?;
        Some(stored.map(|stored| stored.value))
    }

    /// Asks for a lease on a key: of those who ask under different names, one has it.
    pub async fn lease(&self, key: &StoreKey, holder: &str, lasts: Duration) -> LeaseState {
        for layer in &self.layers {
            match self.ask(layer, LIMIT, layer.store.lease(key, holder, lasts)).await {
                Some(true) => return LeaseState::Mine,
                Some(false) => return LeaseState::Taken,
                None => {}
            }
        }
        LeaseState::Unknown
    }

    /// Gives a lease back.
    pub fn release(&self, key: &StoreKey, holder: &str) {
        let (key, holder) = (key.clone(), Arc::<str>::from(holder));
        self.in_background(move |store| async move {
            store.everywhere(|layer| layer.release(&key, &holder)).await;
        });
    }

    /// Waits until one of the keys has changed, or for so long.
    pub async fn changed(
        &self,
        changes: &mut broadcast::Receiver<StoreChange>,
        keys: &[&StoreKey],
        at_most: Duration,
    ) {
        let heard = async {
            loop {
                match changes.recv().await {
                    Ok(StoreChange::Put(key) | StoreChange::Removed(key))
                        if !keys.contains(&&key) => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            () = heard => {}
            () = self.clock.sleep(at_most) => {}
        }
    }

    /// Whether each store can be read and written now. What is written for that is gone in a second.
    pub async fn check(&self) -> Vec<StoreCheck> {
        let key = StoreKey::new(Kind::Lease, None, &KeyOwner::Everyone, "checkup");
        let mut checks = Vec::with_capacity(self.layers.len());
        for Layer { store, quiet, .. } in &self.layers {
            let works = async {
                store.get(&key).await?;
                let holder = format!("checkup-{}", fastrand::u64(..));
                store.lease(&key, &holder, CHECK_LASTS).await?;
                store.release(&key, &holder).await
            };
            let problem = tokio::select! {
                biased;
                answer = works => answer.err().map(|error| error.message),
                () = self.clock.sleep(CHECK_LIMIT) => {
                    Some(format!("no answer within {} s", CHECK_LIMIT.as_secs()))
                }
            };
            checks.push(StoreCheck { name: store.name().to_owned(), asked_for: !quiet, problem });
        }
        checks
    }

    fn is_current(&self, key: &StoreKey) -> bool {
        let read_at = self.read_at.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied();
        read_at.is_some_and(|read_at| self.clock.now() < after(read_at, CURRENT))
    }

    fn seen(&self, key: &StoreKey) {
        let now = self.clock.now();
        self.read_at.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), now);
    }

    /// Reads a key into memory; where no store answers, memory keeps what it has.
    async fn read(&self, key: &StoreKey, limit: Duration) {
        self.listen();
        let mut answered = false;
        let mut found: Option<Stored> = None;
        let mut lacking = Vec::new();
        for layer in &self.layers {
            let Some(stored) = self.ask(layer, limit, layer.store.get(key)).await else { continue };
            answered = true;
            if stored.is_some() || !key.kind().outlives_its_store() {
                found = stored;
                break;
            }
            lacking.push(layer);
        }
        match found {
            Some(Stored { value, left }) => {
                self.memory.keep(key, &value, left);
                for layer in lacking {
                    let (layer, key) = (Arc::clone(&layer.store), key.clone());
                    let value = Arc::clone(&value);
                    self.in_background(move |_| async move {
                        // It has just answered: what fails now will fail again, and be told then.
                        let _ = layer.put(&key, &value, left).await;
                    });
                }
            }
            None if answered && !key.kind().outlives_its_store() => self.memory.forget(key),
            None => {}
        }
    }

    /// What a store answers in time; `None` where it does not, or is left alone.
    async fn ask<T>(&self, layer: &Layer, limit: Duration, answer: Answer<'_, T>) -> Option<T> {
        {
            let mut health = layer.health();
            let now = self.clock.now();
            // One that is being connected to is waited for in the background.
            if now < health.rests_until && (health.failures > 0 || limit <= LIMIT) {
                return None;
            }
            if health.failures > 0 {
                // One tries whether it is back; the others do not wait with it.
                health.rests_until = after(now, limit.saturating_mul(2));
            }
        }
        let mut slow = false;
        let answer = tokio::select! {
            biased;
            answer = answer => answer,
            () = self.clock.sleep(limit) => {
                if layer.store.is_starting() {
                    layer.health().rests_until = after(self.clock.now(), REST);
                    return None;
                }
                slow = true;
                Err(StoreError::new(format!("no answer within {} ms", limit.as_millis())))
            }
        };
        match answer {
            Ok(answer) => {
                let before = std::mem::take(&mut *layer.health());
                if before.failures > 0 {
                    let store = Arc::clone(&layer.store);
                    self.in_background(move |myself| async move { myself.refill(&*store).await });
                }
                Some(answer)
            }
            Err(error) => {
                self.failed(layer, &error, slow);
                None
            }
        }
    }

    /// A store has come back, and may be empty: it is given what was found out meanwhile.
    async fn refill(&self, store: &dyn Store) {
        for (key, Stored { value, left }) in self.memory.lasting() {
            // Where it fails again, it will come back again.
            match store.get(&key).await {
                Ok(None) if store.put(&key, &value, left).await.is_ok() => {}
                Ok(Some(_)) => {}
                _ => return,
            }
        }
    }

    /// That a store was `slow` is told when it is so again: a machine that stands still for a moment is no
    /// news.
    fn failed(&self, layer: &Layer, error: &StoreError, slow: bool) {
        let mut health = layer.health();
        let rest = REST.saturating_mul(2_u32.saturating_pow(health.failures)).min(LONGEST_REST);
        health.failures = health.failures.saturating_add(1);
        health.rests_until = after(self.clock.now(), rest);
        let is_news = !health.told && (!slow || health.failures > 1);
        health.told |= is_news;
        if is_news && !layer.quiet {
            let others = match self.layers.iter().find(|other| !std::ptr::eq(*other, layer)) {
                Some(other) => format!("{} and memory carry", other.store.name()),
                None => "Memory carries".to_owned(),
            };
            let message = format!(
                "The store {} cannot be used: {}. {others} on, and it will be tried again.",
                layer.store.name(),
                error.message
            );
            *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
        }
    }

    /// Does the same in each store.
    async fn everywhere<'a, F>(&'a self, act: F)
    where
        F: Fn(&'a dyn Store) -> Answer<'a, ()>,
    {
        for layer in &self.layers {
            self.ask(layer, WRITE_LIMIT, act(&*layer.store)).await;
        }
    }

    fn defer(&self, key: &StoreKey, amount: i64, lasts: Duration) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((sum, _)) = pending.get_mut(key) {
            *sum = sum.saturating_add(amount);
        } else if pending.len() < MOST_PENDING {
            pending.insert(key.clone(), (amount, lasts));
        }
    }

    /// Counts what waits for it, in the first store that takes it.
    async fn count_pending(&self) {
        let waiting =
            std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(layer) = self.layers.first() else { return };
        for (key, (amount, lasts)) in waiting {
            match self.ask(layer, WRITE_LIMIT, layer.store.add(&key, amount, lasts)).await {
                Some(sum) => {
                    let more = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
                    let more = more.get(&key).map_or(0, |(more, _)| *more);
                    self.memory.keep(&key, &sum.saturating_add(more).to_string(), lasts);
                    self.seen(&key);
                }
                None => self.defer(&key, amount, lasts),
            }
        }
    }

    fn tell(&self, change: StoreChange) {
        // Nobody needs to listen.
        let _ = self.changes.send(change);
    }

    /// Starts to hear of what others change.
    fn listen(&self) {
        let Some(runtime) = self.runtime() else { return };
        if self.layers.is_empty() || self.listening.swap(true, Ordering::Relaxed) {
            return;
        }
        for layer in &self.layers {
            let Some(mut changes) = layer.store.changes() else { continue };
            let myself = Weak::clone(&self.myself);
            runtime.spawn(async move {
                loop {
                    let change = match changes.recv().await {
                        Ok(change) => change,
                        Err(broadcast::error::RecvError::Lagged(_)) => StoreChange::Missed,
                        Err(broadcast::error::RecvError::Closed) => return,
                    };
                    let Some(store) = myself.upgrade() else { return };
                    store.heard(change);
                }
            });
        }
    }

    /// Someone has changed something: what memory has of it is not current any more.
    fn heard(&self, change: StoreChange) {
        let mut read_at = self.read_at.lock().unwrap_or_else(PoisonError::into_inner);
        match &change {
            StoreChange::Put(key) => {
                read_at.remove(key);
            }
            StoreChange::Removed(key) => {
                read_at.remove(key);
                self.memory.forget(key);
            }
            StoreChange::Missed => *read_at = Lru::new(BYTES / 256),
        }
        drop(read_at);
        self.tell(change);
    }

    fn runtime(&self) -> Option<&Handle> {
        if let Some(runtime) = self.runtime.get() {
            return Some(runtime);
        }
        let runtime = Handle::try_current().ok()?;
        Some(self.runtime.get_or_init(|| runtime))
    }

    /// Without a runtime there is no background: memory has it, and that is all.
    fn in_background<F, T>(&self, act: F)
    where
        F: FnOnce(Arc<Self>) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        if self.layers.is_empty() {
            return;
        }
        let (Some(runtime), Some(myself)) = (self.runtime(), self.myself.upgrade()) else { return };
        let Ok(permit) = Arc::clone(&self.background).try_acquire_owned() else { return };
        let to_the_end = self.layers.iter().all(|layer| layer.store.works_to_the_end());
        let under_way = to_the_end.then(UnderWay::begin);
        runtime.spawn(async move {
            act(myself).await;
            drop((permit, under_way));
        });
    }
}

/// What is written in the background in this process, by whatever store.
static UNDER_WAY: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

struct UnderWay;

impl UnderWay {
    fn begin() -> Self {
        *UNDER_WAY.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut count = UNDER_WAY.0.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.saturating_sub(1);
        UNDER_WAY.1.notify_all();
    }
}

/// Waits, as a process ends, until what is under way is written, or for so long.
pub fn settle(at_most: Duration) {
    let count = UNDER_WAY.0.lock().unwrap_or_else(PoisonError::into_inner);
    // Whether it was in time makes no difference.
    let _ = UNDER_WAY.1.wait_timeout_while(count, at_most, |count| *count > 0);
}
