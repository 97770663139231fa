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

use bedrock_profile_core::profile::BoxFuture;
use bedrock_profile_core::profile::clock::Clock;
use bedrock_profile_core::profile::lookup::LookupCause;
use bedrock_profile_core::profile::mapping::Mappings;
use bedrock_profile_core::profile::resolver::{ResolveSource, Resolver, WarningCause};
use bedrock_profile_core::profile::store::{MemoryStore, Record, Store, StoreError};
use profile_support::*;
use serde_json::json;

fn record(model: &str, fetched_at: u64) -> Record {
    Record { model: model.to_owned(), other_models: Vec::new(), fetched_at }
}

fn with_store(world: &mut World, store: impl Store + 'static) {
    world.sources.store = Some(Arc::new(store));
}

/// Until the store has the ARN: it is written after the answer was given.
async fn until_stored(world: &World) {
    for _ in 0..100_000 {
        if stored(world).await.is_some() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("nothing was stored");
}

async fn stored(world: &World) -> Option<Record> {
    world.sources.store.as_ref().unwrap().get(ARN).await.unwrap()
}

#[tokio::test]
async fn an_answer_is_kept_in_the_store_and_read_by_the_next_process() {
    let mut world = World::new();
    with_store(&mut world, MemoryStore::new(10));
    world.lookup.knows(ARN, &[SONNET_ARN]);
    assert_eq!(world.resolve(ARN).await.source, ResolveSource::Aws);
    until_stored(&world).await;
    assert_eq!(stored(&world).await.unwrap().model, SONNET);
    let next = World {
        resolver: Resolver::new(Arc::clone(&world.clock) as _),
        sources: world.sources.clone(),
        mappings: Mappings::default(),
        clock: Arc::clone(&world.clock),
        lookup: Arc::clone(&world.lookup),
    };
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
    with_store(&mut world, MemoryStore::new(10));
    let store = world.sources.store.clone().unwrap();
    store.put(ARN, &record(SONNET, world.clock.now() - 7_200_000)).await.unwrap();
    world.lookup.knows(ARN, &[OPUS_ARN]);
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Store));
    assert_eq!(world.lookup.count(), 0);
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Cache));
    until(|| world.now(ARN).unwrap().model.as_deref() == Some(OPUS)).await;

    let mut old = World::new();
    with_store(&mut old, MemoryStore::new(10));
    let store = old.sources.store.clone().unwrap();
    store.put(ARN, &record(SONNET, old.clock.now() - 90_000_000)).await.unwrap();
    old.lookup.fails(ARN, LookupCause::Unavailable);
    // An old record is better than none.
    assert_eq!(said(&old.resolve(ARN).await), (Some(SONNET), ResolveSource::Store));
    assert_eq!(old.lookup.count(), 1);
}

#[tokio::test]
async fn a_store_without_discovery_is_read_and_left_alone_for_a_while() {
    let mut world = World::new();
    with_store(&mut world, MemoryStore::new(10));
    world.sources.lookup = None;
    assert_eq!(causes(&world.resolve(ARN).await), [WarningCause::NotAsked]);
    let store = world.sources.store.clone().unwrap();
    store.put(ARN, &record(SONNET, world.clock.now() - 90_000_000)).await.unwrap();
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Store));
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Cache));
}

#[tokio::test]
async fn a_record_from_the_future_or_without_a_model_is_not_believed_for_ever() {
    let mut world = World::new();
    with_store(&mut world, MemoryStore::new(10));
    let store = world.sources.store.clone().unwrap();
    store.put(ARN, &record(SONNET, u64::MAX)).await.unwrap();
    world.lookup.knows(ARN, &[OPUS_ARN]);
    let resolved = world.resolve(ARN).await;
    assert_eq!((resolved.model.as_deref(), resolved.age), (Some(SONNET), 3_600_000));
    world.clock.advance(2 * HOUR);
    world.resolve(ARN).await;
    until(|| world.now(ARN).unwrap().model.as_deref() == Some(OPUS)).await;

    let mut odd = World::new();
    with_store(&mut odd, MemoryStore::new(10));
    let store = odd.sources.store.clone().unwrap();
    store.put(ARN, &record("not a model", odd.clock.now())).await.unwrap();
    odd.lookup.knows(ARN, &[OPUS_ARN]);
    assert_eq!(said(&odd.resolve(ARN).await), (Some(OPUS), ResolveSource::Aws));
}

/// Fails, or never answers.
struct BadStore {
    hangs: bool,
}

impl BadStore {
    fn answer<T: Send + 'static>(&self) -> BoxFuture<'static, Result<T, StoreError>> {
        if self.hangs {
            return Box::pin(std::future::pending());
        }
        Box::pin(async { Err(StoreError { message: "no space left".to_owned() }) })
    }
}

impl Store for BadStore {
    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Record>, StoreError>> {
        self.answer()
    }

    fn put<'a>(&'a self, _: &'a str, _: &'a Record) -> BoxFuture<'a, Result<(), StoreError>> {
        self.answer()
    }

    fn remove<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
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
        "The store of resolved profiles cannot be used (\"no space left\"); answers are kept in memory only."
    );

    let mut world = World::new();
    with_store(&mut world, BadStore { hangs: true });
    world.lookup.knows(ARN, &[SONNET_ARN]);
    let task = world.spawn(ARN);
    world.clock.sleepers(3).await;
    world.clock.advance(Duration::from_secs(1));
    let resolved = task.await.unwrap();
    assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Aws));
    assert!(resolved.warnings[0].message.contains("(\"no answer within 1 s\")"));
}

#[tokio::test]
async fn names_are_never_stored() {
    let mut world = World::new();
    with_store(&mut world, MemoryStore::new(10));
    world.lookup.knows("shared", &[SONNET_ARN]).knows(ARN, &[SONNET_ARN]);
    world.resolve("shared").await;
    // What is asked later is stored later.
    world.resolve(ARN).await;
    until_stored(&world).await;
    assert_eq!(world.sources.store.as_ref().unwrap().get("shared").await.unwrap(), None);
}

#[tokio::test]
async fn a_store_forgets_when_told() {
    let store = MemoryStore::new(2);
    store.put("a", &record(SONNET, 1)).await.unwrap();
    assert!(store.get("a").await.unwrap().is_some());
    store.remove("a").await.unwrap();
    assert_eq!(store.get("a").await.unwrap(), None);
    let text = serde_json::to_value(record(SONNET, 1)).unwrap();
    assert_eq!(text, json!({ "model": SONNET, "fetchedAt": 1 }));
}
