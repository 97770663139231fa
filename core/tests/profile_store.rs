//! Resolution with a store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod profile_support;

use std::sync::Arc;
use std::time::Duration;

use bedrock_profile_core::profile::clock::Clock;
use bedrock_profile_core::profile::lookup::LookupCause;
use bedrock_profile_core::profile::mapping::Mappings;
use bedrock_profile_core::profile::record::Record;
use bedrock_profile_core::profile::resolver::{ResolveSource, Resolver, WarningCause};
use bedrock_profile_core::store::{
    Answer, KeyOwner, Kind, MemoryStore, SharedStore, Store, StoreError, StoreKey, Stored,
};
use bedrock_profile_core::tenant::Tenant;
use profile_support::*;
use serde_json::json;

fn record(model: &str, fetched_at: u64) -> Record {
    Record { model: model.to_owned(), other_models: Vec::new(), fetched_at }
}

/// A store that outlives the process, as one process sees it.
fn opened(store: &Arc<MemoryStore>, world: &World) -> Arc<SharedStore> {
    let store: Arc<MemoryStore> = Arc::clone(store);
    SharedStore::new(vec![store], Arc::clone(&world.clock) as _)
}

fn with_memory(world: &mut World) -> Arc<MemoryStore> {
    let store = Arc::new(MemoryStore::new(100_000, Arc::clone(&world.clock) as _));
    world.sources.store = Some(opened(&store, world));
    store
}

fn with_store(world: &mut World, store: impl Store + 'static) {
    let stores: Vec<Arc<dyn Store>> = vec![Arc::new(store)];
    world.sources.store = Some(SharedStore::new(stores, Arc::clone(&world.clock) as _));
}

fn key(kind: Kind) -> StoreKey {
    StoreKey::new(kind, None, &KeyOwner::of_arn(ARN).unwrap(), ARN)
}

fn put(store: &MemoryStore, record: &Record) {
    let text = serde_json::to_string(record).unwrap();
    store.keep(&key(Kind::Profile), &text, 1000 * HOUR);
}

/// Another process with the same store.
fn next_process(world: &World, store: &Arc<MemoryStore>) -> World {
    let mut sources = world.sources.clone();
    sources.store = Some(opened(store, world));
    World {
        resolver: Resolver::new(Arc::clone(&world.clock) as _),
        sources,
        mappings: Mappings::default(),
        clock: Arc::clone(&world.clock),
        lookup: Arc::clone(&world.lookup),
    }
}

/// Until the store has the ARN: it is written after the answer was given.
async fn until_stored(store: &MemoryStore) {
    until(|| stored(store).is_some()).await;
}

fn stored(store: &MemoryStore) -> Option<Record> {
    store.value(&key(Kind::Profile)).map(|text| serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn an_answer_is_kept_in_the_store_and_read_by_the_next_process() {
    let mut world = World::new();
    let store = with_memory(&mut world);
    world.lookup.knows(ARN, &[SONNET_ARN]);
    assert_eq!(world.resolve(ARN).await.source, ResolveSource::Aws);
    until_stored(&store).await;
    assert_eq!(stored(&store).unwrap().model, SONNET);
    let next = next_process(&world, &store);
    world.clock.advance(10 * MINUTE);
    let resolved = next.resolve(ARN).await;
    assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Store));
    assert_eq!(resolved.age, 600_000);
    assert_eq!(next.resolve(ARN).await.source, ResolveSource::Cache);
    assert_eq!(world.lookup.count(), 1);
}

#[tokio::test]
async fn a_stored_answer_of_some_hours_is_used_and_confirmed_an_older_one_confirmed_first() {
    let mut world = World::new();
    let store = with_memory(&mut world);
    put(&store, &record(SONNET, world.clock.now() - 7_200_000));
    world.lookup.knows(ARN, &[OPUS_ARN]);
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Store));
    assert_eq!(world.lookup.count(), 0);
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Cache));
    until(|| world.now(ARN).unwrap().model.as_deref() == Some(OPUS)).await;

    let mut old = World::new();
    let store = with_memory(&mut old);
    put(&store, &record(SONNET, old.clock.now() - 90_000_000));
    old.lookup.fails(ARN, LookupCause::Unavailable);
    // An old record is better than none.
    assert_eq!(said(&old.resolve(ARN).await), (Some(SONNET), ResolveSource::Store));
    assert_eq!(old.lookup.count(), 1);
}

#[tokio::test]
async fn a_store_without_discovery_is_read_and_left_alone_for_a_while() {
    let mut world = World::new();
    let store = with_memory(&mut world);
    world.sources.lookup = None;
    assert_eq!(causes(&world.resolve(ARN).await), [WarningCause::NotAsked]);
    put(&store, &record(SONNET, world.clock.now() - 90_000_000));
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Store));
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Cache));
}

#[tokio::test]
async fn a_record_from_the_future_or_without_a_model_is_not_believed_for_ever() {
    let mut world = World::new();
    let store = with_memory(&mut world);
    put(&store, &record(SONNET, u64::MAX));
    world.lookup.knows(ARN, &[OPUS_ARN]);
    let resolved = world.resolve(ARN).await;
    assert_eq!((resolved.model.as_deref(), resolved.age), (Some(SONNET), 3_600_000));
    world.clock.advance(2 * HOUR);
    world.resolve(ARN).await;
    until(|| world.now(ARN).unwrap().model.as_deref() == Some(OPUS)).await;

    let mut odd = World::new();
    let store = with_memory(&mut odd);
    put(&store, &record("not a model", odd.clock.now()));
    odd.lookup.knows(ARN, &[OPUS_ARN]);
    assert_eq!(said(&odd.resolve(ARN).await), (Some(OPUS), ResolveSource::Aws));
}

/// Fails, or never answers.
#[derive(Debug)]
struct BadStore {
    hangs: bool,
}

impl BadStore {
    fn answer<T: Send + 'static>(&self) -> Answer<'static, T> {
        if self.hangs {
            return Box::pin(std::future::pending());
        }
        Box::pin(async { Err(StoreError::new("no space left")) })
    }
}

impl Store for BadStore {
    fn name(&self) -> &'static str {
        "bad"
    }

    fn get<'a>(&'a self, _: &'a StoreKey) -> Answer<'a, Option<Stored>> {
        self.answer()
    }

    fn put<'a>(&'a self, _: &'a StoreKey, _: &'a str, _: Duration) -> Answer<'a, ()> {
        self.answer()
    }

    fn remove<'a>(&'a self, _: &'a StoreKey) -> Answer<'a, ()> {
        self.answer()
    }

    fn add<'a>(&'a self, _: &'a StoreKey, _: i64, _: Duration) -> Answer<'a, i64> {
        self.answer()
    }

    fn lease<'a>(&'a self, _: &'a StoreKey, _: &'a str, _: Duration) -> Answer<'a, bool> {
        self.answer()
    }

    fn release<'a>(&'a self, _: &'a StoreKey, _: &'a str) -> Answer<'a, ()> {
        self.answer()
    }
}

#[tokio::test]
async fn a_store_that_fails_or_hangs_is_passed_over_and_told() {
    let mut world = World::new();
    with_store(&mut world, BadStore { hangs: false });
    world.lookup.knows(ARN, &[SONNET_ARN]);
    let resolved = world.resolve(ARN).await;
    assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Aws));
    assert_eq!(
        resolved.warnings[0].message,
        "The store bad cannot be used: no space left. Memory carries on, and it will be tried again."
    );

    let mut world = World::new();
    with_store(&mut world, BadStore { hangs: true });
    world.lookup.knows(ARN, &[SONNET_ARN]);
    let task = world.spawn(ARN);
    world.clock.sleepers(3).await;
    world.clock.advance(Duration::from_millis(50));
    let resolved = task.await.unwrap();
    assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Aws));
    assert_eq!(resolved.warnings, []);
}

#[tokio::test]
async fn a_name_is_stored_for_the_account_that_asked_and_for_nobody_where_that_is_unknown() {
    let mut world = World::new();
    let store = with_memory(&mut world);
    world.lookup.knows("shared", &[SONNET_ARN]).knows(ARN, &[SONNET_ARN]);
    let account = KeyOwner::Account(Arc::from("123456789012"));
    let name = StoreKey::new(Kind::Profile, None, &account, "us-east-1/shared");
    world.resolve("shared").await;
    // What is asked later is stored later.
    world.resolve(ARN).await;
    until_stored(&store).await;
    assert_eq!(store.value(&name), None);
    world.sources.scope.tenants.now = Tenant::Account(Arc::from("123456789012"));
    world.resolve("shared").await;
    until(|| store.value(&name).is_some()).await;
}

#[tokio::test]
async fn of_many_processes_that_ask_one_thing_at_once_one_asks_aws() {
    let mut world = World::new();
    let store = with_memory(&mut world);
    world.lookup.knows(ARN, &[SONNET_ARN]).close();
    let others: Vec<World> = (0..10).map(|_| next_process(&world, &store)).collect();
    let tasks: Vec<_> = others.iter().map(|other| other.spawn(ARN)).collect();
    until(|| world.lookup.count() == 1).await;
    world.settled().await;
    world.lookup.open();
    for _ in 0..60 {
        world.settled().await;
        world.clock.advance(Duration::from_millis(25));
    }
    for task in tasks {
        assert_eq!(task.await.unwrap().model.as_deref(), Some(SONNET));
    }
    assert_eq!(world.lookup.count(), 1);
}

#[tokio::test]
async fn a_process_that_is_gone_while_it_asks_is_not_waited_for_beyond_the_lookups_own_time() {
    let mut world = World::new();
    let store = with_memory(&mut world);
    world.lookup.knows(ARN, &[SONNET_ARN]);
    store.lease(&key(Kind::Profile).lease(), "someone", HOUR).await.unwrap();
    let started = world.clock.now();
    let task = world.spawn(ARN);
    for _ in 0..70 {
        world.settled().await;
        assert_eq!(world.lookup.count(), 0);
        if world.clock.now() >= started + 2900 {
            break;
        }
        world.clock.advance(Duration::from_millis(50));
    }
    for _ in 0..10 {
        world.clock.advance(Duration::from_millis(50));
        world.settled().await;
    }
    task.await.unwrap();
    until(|| world.lookup.count() == 1).await;
}

#[tokio::test]
async fn what_aws_does_not_know_is_asked_once_and_what_it_refuses_once_by_each_signer() {
    for (cause, asked) in [(LookupCause::NotFound, 1), (LookupCause::AccessDenied, 2)] {
        let mut world = World::new();
        let store = with_memory(&mut world);
        world.sources.scope.signer = Some(Arc::from("chain-a"));
        world.sources.scope.tenants.now = Tenant::Account(Arc::from("123456789012"));
        world.lookup.fails(ARN, cause);
        assert_eq!(causes(&world.resolve(ARN).await), [WarningCause::Lookup(cause)]);
        world.settled().await;
        let same = next_process(&world, &store);
        assert_eq!(causes(&same.resolve(ARN).await), [WarningCause::Lookup(cause)]);
        assert_eq!(world.lookup.count(), 1);
        let mut other = next_process(&world, &store);
        other.sources.scope.signer = Some(Arc::from("chain-b"));
        assert_eq!(causes(&other.resolve(ARN).await), [WarningCause::Lookup(cause)]);
        assert_eq!(world.lookup.count(), asked, "{cause:?}");
    }
}

#[tokio::test]
async fn what_another_endpoint_says_is_stored_for_those_whom_it_said_it_to() {
    let mut world = World::new();
    let store = with_memory(&mut world);
    world.sources.scope.endpoint = Some(Arc::from("https://gateway.example"));
    world.sources.scope.keys = Some(Arc::from("key-1"));
    world.lookup.knows(ARN, &[SONNET_ARN]);
    assert_eq!(world.resolve(ARN).await.source, ResolveSource::Aws);
    world.settled().await;
    let same = next_process(&world, &store);
    assert_eq!(same.resolve(ARN).await.source, ResolveSource::Store);
    for keys in [Some(Arc::from("key-2")), None] {
        let mut other = next_process(&world, &store);
        other.sources.scope.keys = keys;
        assert_eq!(other.resolve(ARN).await.source, ResolveSource::Aws);
    }
}

#[tokio::test]
async fn one_accounts_failure_is_no_others() {
    let mut world = World::new();
    let store = with_memory(&mut world);
    world.sources.scope.tenants.now = Tenant::Account(Arc::from("210987654321"));
    world.lookup.fails(ARN, LookupCause::NotFound);
    world.resolve(ARN).await;
    world.settled().await;
    let mut owner = next_process(&world, &store);
    owner.sources.scope.tenants.now = Tenant::Account(Arc::from("123456789012"));
    world.lookup.knows(ARN, &[SONNET_ARN]);
    assert_eq!(said(&owner.resolve(ARN).await), (Some(SONNET), ResolveSource::Aws));
}

#[tokio::test]
async fn a_store_forgets_when_told_and_when_time_is_over() {
    let world = World::new();
    let store = MemoryStore::new(10_000, Arc::clone(&world.clock) as _);
    let key = key(Kind::Cooldown);
    store.put(&key, "a", MINUTE).await.unwrap();
    assert_eq!(&*store.get(&key).await.unwrap().unwrap().value, "a");
    store.remove(&key).await.unwrap();
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert_eq!(store.add(&key, 3, MINUTE).await.unwrap(), 3);
    assert_eq!(store.add(&key, -1, HOUR).await.unwrap(), 2);
    world.clock.advance(MINUTE);
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert!(store.lease(&key, "one", MINUTE).await.unwrap());
    assert!(!store.lease(&key, "two", MINUTE).await.unwrap());
    store.release(&key, "two").await.unwrap();
    assert!(!store.lease(&key, "two", MINUTE).await.unwrap());
    store.release(&key, "one").await.unwrap();
    assert!(store.lease(&key, "two", MINUTE).await.unwrap());
    let text = serde_json::to_value(record(SONNET, 1)).unwrap();
    assert_eq!(text, json!({ "model": SONNET, "fetchedAt": 1 }));
}
