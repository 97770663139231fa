//! Resolution when AWS does not answer, or nobody waits for it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod profile_support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use bedrock_profile_core::profile::BoxFuture;
use bedrock_profile_core::profile::lookup::{LookupCause, LookupError};
use bedrock_profile_core::profile::resolver::{ResolveSource, ResolvedProfile, WAIT, WarningCause};
use profile_support::*;

#[tokio::test]
async fn the_flight_goes_on_when_the_first_waiter_is_gone() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]).close();
    let first = world.spawn(ARN);
    until(|| world.lookup.count() == 1).await;
    let second = world.spawn(ARN);
    world.clock.sleepers(3).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    world.lookup.open();
    assert_eq!(said(&second.await.unwrap()), (Some(SONNET), ResolveSource::Aws));
    assert_eq!((world.lookup.count(), world.lookup.cancelled.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn the_flight_goes_on_when_all_waiters_are_gone() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]).close();
    let only = world.spawn(ARN);
    until(|| world.lookup.count() == 1).await;
    only.abort();
    assert!(only.await.unwrap_err().is_cancelled());
    world.lookup.open();
    until(|| world.now(ARN).is_some()).await;
    assert_eq!(world.lookup.count(), 1);
}

#[test]
fn without_a_runtime_the_next_waiter_starts_again() {
    // A hand-made executor: nothing here knows Tokio.
    fn poll<T>(future: &mut BoxFuture<'_, T>) -> Option<T> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => Some(value),
            std::task::Poll::Pending => None,
        }
    }
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]).close();
    let mut first: BoxFuture<'_, ResolvedProfile> = Box::pin(world.resolve(ARN));
    let mut second: BoxFuture<'_, ResolvedProfile> = Box::pin(world.resolve(ARN));
    assert!(poll(&mut first).is_none() && poll(&mut second).is_none());
    assert_eq!(world.lookup.count(), 1);
    drop(first);
    assert_eq!(world.lookup.cancelled.load(Ordering::SeqCst), 1);
    assert!(poll(&mut second).is_none());
    assert_eq!(world.lookup.count(), 2);
    world.lookup.open();
    assert_eq!(said(&poll(&mut second).unwrap()), (Some(SONNET), ResolveSource::Aws));
}

#[tokio::test]
async fn failures_are_remembered_by_cause() {
    let causes = [
        (LookupCause::AccessDenied, 300),
        (LookupCause::Validation, 300),
        (LookupCause::NotFound, 60),
        (LookupCause::Throttled, 5),
        (LookupCause::Unavailable, 15),
        (LookupCause::Timeout, 15),
        (LookupCause::Other, 30),
    ];
    for (cause, seconds) in causes {
        let world = World::new();
        world.lookup.fails(ARN, cause);
        assert_eq!(said(&world.resolve(ARN).await), (None, ResolveSource::Unknown));
        world
            .clock
            .advance(Duration::from_secs(seconds).checked_sub(Duration::from_millis(1)).unwrap());
        assert_eq!(world.resolve(ARN).await.model, None);
        assert_eq!(world.lookup.count(), 1, "{cause:?}");
        // With its jitter, a failure lasts a tenth longer at most.
        world.clock.advance(Duration::from_secs(seconds) / 10 + Duration::from_millis(2));
        world.lookup.knows(ARN, &[SONNET_ARN]);
        // It is not waited for again.
        assert_eq!(world.resolve(ARN).await.model, None, "{cause:?}");
        until(|| world.now(ARN).is_some()).await;
        assert_eq!(world.resolve(ARN).await.model.as_deref(), Some(SONNET), "{cause:?}");
        assert_eq!(world.lookup.count(), 2, "{cause:?}");
    }
}

#[tokio::test]
async fn throttling_is_remembered_as_long_as_aws_wants_within_bounds() {
    for (wanted, lasts) in [(20, 20), (0, 1), (3600, 60)] {
        let world = World::new();
        let mut error = LookupError::new(LookupCause::Throttled, "slow down");
        error.retry_after = Some(Duration::from_secs(wanted));
        world.lookup.results(ARN, Err(error));
        world.resolve(ARN).await;
        world
            .clock
            .advance(Duration::from_secs(lasts).checked_sub(Duration::from_millis(1)).unwrap());
        world.resolve(ARN).await;
        assert_eq!(world.lookup.count(), 1);
        world.clock.advance(Duration::from_secs(lasts) / 10 + Duration::from_millis(2));
        world.resolve(ARN).await;
        until(|| world.lookup.count() == 2).await;
    }
}

#[tokio::test]
async fn a_failure_of_some_credentials_is_not_one_of_others() {
    let world = World::new();
    world.lookup.fails(ARN, LookupCause::AccessDenied);
    world.resolve(ARN).await;
    let other = TestLookup::new().knows(ARN, &[SONNET_ARN]);
    let two = world.client(scope(2, None), &other);
    assert_eq!(said(&two.resolve(ARN).await), (Some(SONNET), ResolveSource::Aws));
    // An ARN means the same to everyone, as AWS says it.
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Cache));
}

#[tokio::test]
async fn each_failure_is_told_once_with_what_to_do() {
    let line = format!("\"{ARN}\": \"<model id, such as anthropic.claude-sonnet-4-6>\"");
    let message = |why: &str, remedy: &str| {
        format!(
            "Which model is behind \"{ARN}\" is not known: {why} (\"AWS's text\"). Requests go out as they are, not \
             fitted to the model. {remedy} to BEDROCK_INFERENCE_PROFILE_MAPPINGS: {line}"
        )
    };
    #[rustfmt::skip]
    let causes = [
        (LookupCause::AccessDenied, "AWS refused to say", "Allow bedrock:GetInferenceProfile for the credentials in use, or add"),
        (LookupCause::NotFound, "AWS does not know it", "Check the id, its region and its account, or add"),
        (LookupCause::Validation, "AWS does not take this id", "Check the id, its region and its account, or add"),
        (LookupCause::Throttled, "AWS was asked too often", "AWS will be asked again; to do without, add"),
        (LookupCause::Unavailable, "AWS could not be asked", "AWS will be asked again; to do without, add"),
        (LookupCause::Timeout, "AWS did not answer in time", "AWS will be asked again; to do without, add"),
        (LookupCause::Other, "asking AWS failed", "AWS will be asked again; to do without, add"),
    ];
    for (cause, why, remedy) in causes {
        let world = World::new();
        world.lookup.fails(ARN, cause);
        let resolved = world.resolve(ARN).await;
        assert_eq!(resolved.call_id, ARN);
        assert_eq!(resolved.warnings.len(), 1);
        assert_eq!(resolved.warnings[0].message, message(why, remedy));
        assert!(resolved.warnings[0].first);
        let again = world.resolve(ARN).await;
        assert_eq!(again.warnings[0].message, resolved.warnings[0].message);
        assert!(!again.warnings[0].first);
        world.clock.advance(HOUR);
        world.lookup.knows(ARN, &[SONNET_ARN]);
        world.resolve(ARN).await;
        until(|| world.now(ARN).is_some()).await;
        assert_eq!(world.resolve(ARN).await.warnings, []);
    }
}

#[tokio::test]
async fn a_request_waits_three_seconds_at_most_and_the_flight_goes_on() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]).close();
    let first = world.spawn(ARN);
    world.clock.sleepers(2).await;
    world.clock.advance(WAIT.checked_sub(Duration::from_millis(1)).unwrap());
    tokio::task::yield_now().await;
    assert!(!first.is_finished());
    world.clock.advance(Duration::from_millis(1));
    let resolved = first.await.unwrap();
    assert_eq!(said(&resolved), (None, ResolveSource::Unknown));
    assert_eq!(causes(&resolved), [WarningCause::Lookup(LookupCause::Timeout)]);
    assert!(
        resolved.warnings[0]
            .message
            .contains("not within 3 s; it is still waited for in the background")
    );
    // Who comes later does not wait three seconds more.
    assert_eq!(world.resolve(ARN).await.model, None);
    world.lookup.open();
    until(|| world.now(ARN).is_some()).await;
    assert_eq!(world.lookup.count(), 1);
}

#[tokio::test]
async fn a_lookup_that_hangs_is_given_up() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]).close();
    let first = world.spawn(ARN);
    world.clock.sleepers(2).await;
    world.clock.advance(Duration::from_secs(30));
    first.await.unwrap();
    until(|| world.lookup.cancelled.load(Ordering::SeqCst) == 1).await;
    world.lookup.open();
    world.clock.advance(Duration::from_secs(17));
    world.resolve(ARN).await;
    until(|| world.now(ARN).is_some()).await;
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Cache));
}

#[tokio::test]
async fn a_lookup_that_panics_is_a_failure() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]).panics_next();
    let resolved = world.resolve(ARN).await;
    assert_eq!(causes(&resolved), [WarningCause::Lookup(LookupCause::Other)]);
    world.resolve(ARN).await;
    assert_eq!(world.lookup.count(), 1);
    world.clock.advance(MINUTE);
    world.resolve(ARN).await;
    until(|| world.now(ARN).is_some()).await;
    assert_eq!(world.resolve(ARN).await.model.as_deref(), Some(SONNET));
}

#[tokio::test]
async fn where_aws_must_not_be_asked_it_is_said() {
    let mut world = World::new();
    world.sources.lookup = None;
    let resolved = world.resolve(ARN).await;
    assert_eq!(causes(&resolved), [WarningCause::NotAsked]);
    assert_eq!(
        resolved.warnings[0].message,
        format!(
            "Which model is behind \"{ARN}\" is not known: AWS is not to be asked (\"discovery\" is false). Requests \
             go out as they are, not fitted to the model. To say it, add to BEDROCK_INFERENCE_PROFILE_MAPPINGS: \
             \"{ARN}\": \"<model id, such as anthropic.claude-sonnet-4-6>\""
        )
    );
}

#[tokio::test]
async fn a_chain_that_leads_nowhere_is_a_failure() {
    let arn = |name: &str| {
        format!("arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/{name}")
    };
    let world = World::new();
    world
        .lookup
        .knows(&arn("empty"), &[])
        .knows(&arn("self"), &[&arn("self")])
        .knows(&arn("odd"), &["?"]);
    for step in 0..9 {
        world.lookup.knows(&arn(&format!("n{step}")), &[&arn(&format!("n{}", step + 1))]);
    }
    for (name, text) in [
        ("empty", "AWS named no model behind"),
        ("self", "which does not say its base model"),
        ("odd", "AWS named \\\"?\\\", which does not say its base model"),
        ("n0", "the references lead on for more than 5 steps"),
    ] {
        let resolved = world.resolve(&arn(name)).await;
        assert_eq!(causes(&resolved), [WarningCause::Lookup(LookupCause::Other)]);
        assert!(resolved.warnings[0].message.contains(text), "{}", resolved.warnings[0].message);
    }
}

#[tokio::test]
async fn a_known_failure_is_asked_about_in_the_background_after_longer_and_longer() {
    let world = World::new();
    world.lookup.fails(ARN, LookupCause::Unavailable);
    world.resolve(ARN).await;
    let mut hold = Duration::from_secs(15);
    for asked in 2..12 {
        world.clock.advance(hold.checked_sub(Duration::from_millis(1)).unwrap());
        world.resolve(ARN).await;
        assert_eq!(world.lookup.count(), asked - 1, "after {hold:?}");
        world.clock.advance(hold / 10 + Duration::from_millis(2));
        world.lookup.close();
        // Whoever asks now has the old answer at once, and the question is under way.
        assert_eq!(world.resolve(ARN).await.model, None);
        until(|| world.lookup.count() == asked).await;
        assert_eq!(world.resolve(ARN).await.model, None);
        world.lookup.open();
        world.settled().await;
        hold = (hold * 2).min(Duration::from_mins(15));
    }
    // Once it has answered, the next failure is a first one.
    world.clock.advance(HOUR);
    world.lookup.knows(ARN, &[SONNET_ARN]);
    world.resolve(ARN).await;
    until(|| world.now(ARN).is_some()).await;
}

#[tokio::test]
async fn what_cannot_be_reached_is_waited_for_once_whoever_asks() {
    let world = World::new();
    let error = LookupError::new(LookupCause::Unavailable, "connect ECONNREFUSED");
    world.lookup.results(ARN, Err(LookupError { unreachable: true, ..error.clone() }));
    world.resolve(ARN).await;
    let two = world.client(scope(2, None), &world.lookup);
    assert_eq!(two.resolve(ARN).await.model, None);
    assert_eq!(world.lookup.count(), 1);
    // Another way, or another endpoint, is another matter.
    let mut other = scope(2, None);
    other.way = bedrock_profile_core::tenant::Fingerprint::of(&"proxy");
    world.client(other, &world.lookup).resolve(ARN).await;
    world.client(scope(2, Some("http://gateway")), &world.lookup).resolve(ARN).await;
    assert_eq!(world.lookup.count(), 3);
    // What answers with an error is its own asker's trouble.
    let world = World::new();
    world.lookup.results(ARN, Err(error));
    world.resolve(ARN).await;
    world.client(scope(2, None), &world.lookup).resolve(ARN).await;
    assert_eq!(world.lookup.count(), 2);
}
