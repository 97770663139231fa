//! Who knows what: tenants, endpoints, credentials.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod profile_support;

use std::sync::Arc;

use bedrock_profile_core::profile::lookup::{LookupCause, LookupError, Scope};
use bedrock_profile_core::profile::resolver::ResolveSource;
use bedrock_profile_core::tenant::{Tenant, Tenants};
use profile_support::*;

const GATEWAY: &str = "https://gateway.example.com";

fn of_account(credential: u64, account: &str, endpoint: Option<&str>) -> Scope {
    let scope = scope(credential, endpoint);
    let now = Tenant::Account(Arc::from(account));
    Scope { tenants: Tenants { now, before: Some(scope.tenants.now) }, ..scope }
}

#[tokio::test]
async fn everyone_knows_the_model_of_an_arn_and_its_readers_the_name() {
    let one = World::new();
    one.lookup.knows(ARN, &[SONNET_ARN]);
    assert_eq!(one.resolve(ARN).await.name.as_deref(), Some("team-a"));
    let denied = TestLookup::new().fails(ARN, LookupCause::AccessDenied);
    let two = one.client(scope(2, None), &denied);
    for _ in 0..2 {
        let resolved = two.resolve(ARN).await;
        assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Cache));
        assert_eq!(resolved.name, None);
        assert_eq!(two.now(ARN).unwrap().name, None);
    }
    assert_eq!(denied.count(), 0);
    assert_eq!(one.resolve(ARN).await.name.as_deref(), Some("team-a"));
    // Who confirms the answer reads the name then.
    one.clock.advance(HOUR + MINUTE);
    let three = one.client(scope(3, None), &one.lookup);
    three.resolve(ARN).await;
    until(|| three.now(ARN).unwrap().name.is_some()).await;
}

#[tokio::test]
async fn one_account_reads_the_same_names_with_whatever_keys_but_not_where_it_was_denied() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]);
    let one = world.client(of_account(1, "123456789012", None), &world.lookup);
    one.resolve(ARN).await;
    let rotated = world.client(of_account(2, "123456789012", None), &world.lookup);
    assert_eq!(rotated.resolve(ARN).await.name.as_deref(), Some("team-a"));
    let other = world.client(of_account(3, "210987654321", None), &world.lookup);
    assert_eq!(other.resolve(ARN).await.name, None);
    assert_eq!(world.lookup.count(), 1);

    world.clock.advance(HOUR + MINUTE);
    let denied = TestLookup::new().fails(ARN, LookupCause::AccessDenied);
    let four = world.client(of_account(4, "123456789012", None), &denied);
    four.resolve(ARN).await;
    until(|| denied.count() == 1).await;
    world.settled().await;
    assert_eq!(four.now(ARN).unwrap().name, None);
    assert_eq!(one.now(ARN).unwrap().name.as_deref(), Some("team-a"));
}

#[tokio::test]
async fn what_was_learned_before_the_account_was_known_is_still_known() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]).knows("mine", &[OPUS_ARN]);
    world.resolve(ARN).await;
    world.resolve("mine").await;
    let later = world.client(of_account(1, "123456789012", None), &world.lookup);
    assert_eq!(later.now(ARN).unwrap().name.as_deref(), Some("team-a"));
    assert_eq!(later.now("mine").unwrap().model.as_deref(), Some(OPUS));
}

#[tokio::test]
async fn what_one_gateway_says_is_not_believed_of_another_nor_of_aws() {
    let aws = World::new();
    aws.lookup.knows(ARN, &[SONNET_ARN]);
    let liar = TestLookup::new().knows(ARN, &[OPUS_ARN]);
    let gateway = aws.client(scope(1, Some(GATEWAY)), &liar);
    assert_eq!(said(&gateway.resolve(ARN).await), (Some(OPUS), ResolveSource::Aws));
    let second = aws.client(scope(1, Some("https://other.example.com")), &aws.lookup);
    assert_eq!(second.now(ARN), None);
    assert_eq!(aws.now(ARN), None);
    // Nor by another tenant of the same gateway.
    let stranger = aws.client(scope(2, Some(GATEWAY)), &aws.lookup);
    assert_eq!(stranger.now(ARN), None);
    assert_eq!(said(&stranger.resolve(ARN).await), (Some(SONNET), ResolveSource::Aws));
    assert_eq!(gateway.resolve(ARN).await.model.as_deref(), Some(OPUS));
    // Who asks for nobody in particular may have it, without the name.
    let nobody = aws.client(scope(3, Some(GATEWAY)), &aws.lookup);
    let found = nobody.resolver.resolve_sync(ARN, None, &nobody.mappings, &nobody.sources, true);
    let found = found.unwrap().unwrap();
    assert_eq!((found.model.as_deref(), found.name), (Some(SONNET), None));
}

#[tokio::test]
async fn awss_word_holds_behind_a_gateway_that_says_nothing() {
    let aws = World::new();
    aws.lookup.knows(ARN, &[SONNET_ARN]);
    aws.resolve(ARN).await;
    let silent = TestLookup::new();
    let gateway = aws.client(scope(2, Some(GATEWAY)), &silent);
    assert_eq!(said(&gateway.resolve(ARN).await), (Some(SONNET), ResolveSource::Cache));
    assert_eq!(silent.count(), 0);
}

#[tokio::test]
async fn ten_thousand_users_are_each_refused_once() {
    let world = World::new();
    let arns = [0, 1, 2].map(|number| format!("{ARN}{number}"));
    let text = "User: arn:aws:sts::123456789012:assumed-role/chat/user is not authorized to perform: \
        bedrock:GetInferenceProfile on resource: arn:aws:bedrock:us-east-1:123456789012:\
        application-inference-profile/abcdef123456 because no identity-based policy allows it";
    for arn in &arns {
        world.lookup.results(arn, Err(LookupError::new(LookupCause::AccessDenied, text)));
    }
    for _ in 0..2 {
        for credential in 0..10_000 {
            let user = world.client(scope(credential, None), &world.lookup);
            for arn in &arns {
                assert_eq!(user.resolve(arn).await.model, None);
            }
        }
    }
    assert_eq!(world.lookup.count(), 30_000);
}

#[tokio::test]
async fn ten_thousand_users_behind_a_gateway_are_each_told_once() {
    let world = World::new();
    let arns = [0, 1, 2].map(|number| format!("{ARN}{number}"));
    for arn in &arns {
        world.lookup.knows(arn, &[SONNET_ARN]);
    }
    for _ in 0..2 {
        for credential in 0..10_000 {
            let user = world.client(scope(credential, Some(GATEWAY)), &world.lookup);
            for arn in &arns {
                assert_eq!(user.resolve(arn).await.name.as_deref(), Some("team-a"));
            }
        }
    }
    assert_eq!(world.lookup.count(), 30_000);
}

#[tokio::test]
async fn questions_of_one_credential_do_not_crowd_out_those_of_another() {
    let world = World::new();
    world.lookup.close();
    let arn = |number: usize| format!("{ARN}{number}");
    for number in 0..1_000 {
        let world = world.client(world.sources.scope.clone(), &world.lookup);
        tokio::spawn(async move { world.resolve(&arn(number)).await });
    }
    until(|| world.lookup.count() == 1_000).await;
    assert!(world.resolve(ARN).await.warnings[0].message.contains("1000 other ids"));
    let other = TestLookup::new().knows(ARN, &[SONNET_ARN]);
    let two = world.client(scope(2, None), &other);
    assert_eq!(two.resolve(ARN).await.model.as_deref(), Some(SONNET));
}
