//! A clock that tests turn, and an AWS that they answer for.
#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bedrock_profile_core::profile::BoxFuture;
use bedrock_profile_core::profile::arn::ModelRef;
use bedrock_profile_core::profile::clock::Clock;
use bedrock_profile_core::profile::lookup::{
    LookupCause, LookupError, ProfileLookup, Scope, Underlying,
};
use bedrock_profile_core::profile::mapping::{MappingSource, Mappings};
use bedrock_profile_core::profile::resolver::{
    ResolveSource, ResolvedProfile, Resolver, Sources, WarningCause,
};
use bedrock_profile_core::tenant::{Fingerprint, Tenant, Tenants};
use tokio::sync::{Notify, watch};

pub const ARN: &str =
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/s529qz7ddy06";
pub const SONNET: &str = "anthropic.claude-sonnet-4-6";
pub const OPUS: &str = "anthropic.claude-opus-5";

/// Stands still until it is turned.
#[derive(Debug)]
pub struct TestClock {
    now: watch::Sender<u64>,
    /// How many are waiting for a time.
    sleepers: Arc<AtomicUsize>,
}

impl TestClock {
    pub fn new() -> Arc<Self> {
        let (now, _) = watch::channel(1_700_000_000_000);
        Arc::new(Self { now, sleepers: Arc::default() })
    }

    pub fn advance(&self, duration: Duration) {
        let millis = u64::try_from(duration.as_millis()).unwrap();
        self.now.send_modify(|now| *now += millis);
    }

    /// Until so many sleep.
    pub async fn sleepers(&self, count: usize) {
        until(|| self.sleepers.load(Ordering::SeqCst) >= count).await;
    }
}

impl Clock for TestClock {
    fn now(&self) -> u64 {
        *self.now.borrow()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        struct Sleeper(Arc<AtomicUsize>);
        impl Drop for Sleeper {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }
        let end = self.now() + u64::try_from(duration.as_millis()).unwrap();
        let mut now = self.now.subscribe();
        let sleepers = Arc::clone(&self.sleepers);
        Box::pin(async move {
            sleepers.fetch_add(1, Ordering::SeqCst);
            let _sleeper = Sleeper(sleepers);
            if now.wait_for(|now| *now >= end).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

/// Waits for a condition, giving way to other tasks.
pub async fn until(condition: impl Fn() -> bool) {
    for _ in 0..1_000_000 {
        if condition() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the condition did not come true");
}

/// What hangs fails. Only a broken test waits that long.
async fn in_time<T>(future: impl Future<Output = T>) -> T {
    if tokio::runtime::Handle::try_current().is_err() {
        return future.await;
    }
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("should not hang")
}

pub type LookupResult = Result<Underlying, LookupError>;

/// Answers by id; keeps what it was asked. Closed gates hold answers back.
#[derive(Default)]
pub struct TestLookup {
    results: Mutex<HashMap<String, LookupResult>>,
    pub asked: Mutex<Vec<(String, Option<String>)>>,
    gate: Mutex<Option<Arc<Notify>>>,
    panics: AtomicUsize,
    /// Dropped before they were answered.
    pub cancelled: Arc<AtomicUsize>,
}

impl TestLookup {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn knows(self: &Arc<Self>, id: &str, models: &[&str]) -> Arc<Self> {
        let models = models.iter().map(|&model| model.to_owned()).collect();
        self.results(id, Ok(Underlying { models, name: Some("team-a".to_owned()), status: None }))
    }

    pub fn fails(self: &Arc<Self>, id: &str, cause: LookupCause) -> Arc<Self> {
        self.results(id, Err(LookupError::new(cause, "AWS's text")))
    }

    pub fn results(self: &Arc<Self>, id: &str, result: LookupResult) -> Arc<Self> {
        self.results.lock().unwrap().insert(id.to_owned(), result);
        Arc::clone(self)
    }

    pub fn close(self: &Arc<Self>) -> Arc<Self> {
        *self.gate.lock().unwrap() = Some(Arc::default());
        Arc::clone(self)
    }

    /// Answers what waits, and from now on at once.
    pub fn open(&self) {
        if let Some(gate) = self.gate.lock().unwrap().take() {
            gate.notify_waiters();
        }
    }

    pub fn panics_next(&self) {
        self.panics.store(1, Ordering::SeqCst);
    }

    pub fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl ProfileLookup for TestLookup {
    fn underlying<'a>(
        &'a self,
        target: &'a ModelRef,
        region: Option<&'a str>,
    ) -> BoxFuture<'a, LookupResult> {
        struct Pending(Arc<AtomicUsize>, bool);
        impl Drop for Pending {
            fn drop(&mut self) {
                if !self.1 {
                    self.0.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
        let kind = format!("{:?}", target.kind());
        let id = target.as_str().to_owned();
        Box::pin(async move {
            let mut pending = Pending(Arc::clone(&self.cancelled), false);
            let gate = self.gate.lock().unwrap().clone();
            let opened = gate.as_ref().map(|gate| gate.notified());
            self.asked.lock().unwrap().push((format!("{kind} {id}"), region.map(str::to_owned)));
            if let Some(opened) = opened {
                opened.await;
            }
            assert_ne!(self.panics.swap(0, Ordering::SeqCst), 1, "a lookup that panics");
            pending.1 = true;
            let results = self.results.lock().unwrap();
            let by_kind = results.get(&format!("{kind} {id}"));
            by_kind
                .or_else(|| results.get(&id))
                .cloned()
                .unwrap_or_else(|| Err(LookupError::new(LookupCause::NotFound, "no such thing")))
        })
    }
}

pub const HOUR: Duration = Duration::from_hours(1);
pub const MINUTE: Duration = Duration::from_mins(1);
pub const SONNET_ARN: &str =
    "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-6";
pub const OPUS_ARN: &str = "arn:aws:bedrock:us-west-2::foundation-model/anthropic.claude-opus-5";

/// Credentials by number, at AWS or at an endpoint that is not AWS's.
pub fn scope(credential: u64, endpoint: Option<&str>) -> Scope {
    let fingerprint = Fingerprint::of(&credential);
    let tenants = Tenants { now: Tenant::Signer(fingerprint), before: None };
    let endpoint = endpoint.map(Arc::from);
    Scope {
        endpoint,
        tenants,
        credential: fingerprint,
        signer: None,
        keys: None,
        way: Fingerprint::default(),
    }
}

/// A resolver with a clock and an AWS of its own.
pub struct World {
    pub clock: Arc<TestClock>,
    pub resolver: Resolver,
    pub lookup: Arc<TestLookup>,
    pub sources: Sources,
    pub mappings: Mappings,
}

impl World {
    pub fn new() -> Self {
        let clock = TestClock::new();
        let lookup = TestLookup::new();
        Self {
            resolver: Resolver::new(Arc::clone(&clock) as Arc<dyn Clock>),
            sources: Sources {
                lookup: Some(Arc::clone(&lookup) as _),
                store: None,
                scope: scope(1, None),
            },
            clock,
            lookup,
            mappings: Mappings::default(),
        }
    }

    pub fn mapped(mappings: &serde_json::Value) -> Self {
        let (mappings, problems) = Mappings::parse(&mappings.to_string(), MappingSource::Option);
        assert_eq!(problems, []);
        Self { mappings, ..Self::new() }
    }

    pub async fn resolve(&self, id: &str) -> ResolvedProfile {
        let resolved = self.resolver.resolve(id, Some("us-east-1"), &self.mappings, &self.sources);
        in_time(resolved).await.unwrap()
    }

    pub fn now(&self, id: &str) -> Option<ResolvedProfile> {
        self.resolver
            .resolve_sync(id, Some("us-east-1"), &self.mappings, &self.sources, false)
            .unwrap()
    }

    /// Another client of the same process: who it is, and whom it asks.
    pub fn client(&self, scope: Scope, lookup: &Arc<TestLookup>) -> Self {
        Self {
            clock: Arc::clone(&self.clock),
            resolver: self.resolver.clone(),
            lookup: Arc::clone(lookup),
            sources: Sources { lookup: Some(Arc::clone(lookup) as _), store: None, scope },
            mappings: self.mappings.clone(),
        }
    }

    /// Until what is under way in the background has had its time.
    pub async fn settled(&self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    /// A resolution in a task of its own.
    pub fn spawn(&self, id: &'static str) -> tokio::task::JoinHandle<ResolvedProfile> {
        let (resolver, mappings, sources) =
            (self.resolver.clone(), self.mappings.clone(), self.sources.clone());
        tokio::spawn(async move {
            in_time(resolver.resolve(id, Some("us-east-1"), &mappings, &sources)).await.unwrap()
        })
    }
}

pub fn causes(resolved: &ResolvedProfile) -> Vec<WarningCause> {
    resolved.warnings.iter().map(|warning| warning.cause).collect()
}

pub fn said(resolved: &ResolvedProfile) -> (Option<&str>, ResolveSource) {
    (resolved.model.as_deref(), resolved.source)
}
