//! Resolution: mapping, memory, AWS.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod profile_support;

use bedrock_profile_core::profile::lookup::LookupCause;
use bedrock_profile_core::profile::mapping::{MappingSource, Mappings};
use bedrock_profile_core::profile::resolver::{ResolveSource, WarningCause};
use profile_support::*;
use serde_json::json;

#[tokio::test]
async fn an_id_that_names_its_model_needs_no_lookup() {
    let world = World::new();
    let resolved = world.resolve("us.anthropic.claude-sonnet-4-6").await;
    assert_eq!(
        serde_json::to_value(&resolved).unwrap(),
        json!({
            "requestedId": "us.anthropic.claude-sonnet-4-6",
            "callId": "us.anthropic.claude-sonnet-4-6",
            "kind": "system-profile",
            "model": SONNET,
            "region": "us-east-1",
            "partition": "aws",
            "source": "id",
            "age": 0,
            "label": null,
            "name": null,
            "profiles": ["us.anthropic.claude-sonnet-4-6"],
            "warnings": [],
        })
    );
    assert_eq!(world.now("us.anthropic.claude-sonnet-4-6"), Some(resolved));
    assert_eq!(world.lookup.count(), 0);
}

#[tokio::test]
async fn an_id_that_cannot_be_one_is_an_error() {
    let world = World::new();
    let sources = &world.sources;
    let error = world.resolver.resolve("", None, &world.mappings, sources).await.unwrap_err();
    assert!(error.message().starts_with("The model id is empty;"));
    assert!(world.resolver.resolve_sync("a b", None, &world.mappings, sources, false).is_err());
}

#[tokio::test]
async fn the_mappings_come_first() {
    let world = World::mapped(&json!({
        ARN: SONNET,
        "My Sonnet": { "profiles": [ARN], "label": "Sonnet of team A" },
        "us fast": { "model": "us.anthropic.claude-opus-5", "region": "us-west-2" },
    }));
    let resolved = world.resolve("My Sonnet").await;
    assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Mapping));
    assert_eq!(resolved.call_id, ARN);
    assert_eq!(resolved.requested_id, "My Sonnet");
    assert_eq!(resolved.label.as_deref(), Some("Sonnet of team A"));
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Mapping));
    let resolved = world.resolve("us fast").await;
    assert_eq!(said(&resolved), (Some(OPUS), ResolveSource::Mapping));
    assert_eq!(resolved.region.as_deref(), Some("us-west-2"));
    assert_eq!(world.lookup.count(), 0);
}

#[tokio::test]
async fn an_alias_of_an_unmapped_arn_asks_aws_about_the_arn() {
    let world = World::mapped(&json!({ "mine": ARN }));
    world.lookup.knows(ARN, &[SONNET_ARN]);
    let resolved = world.resolve("mine").await;
    assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Aws));
    assert_eq!(resolved.call_id, ARN);
    // What was learnt for the alias holds for the ARN.
    assert_eq!(said(&world.resolve(ARN).await), (Some(SONNET), ResolveSource::Cache));
}

#[tokio::test]
async fn aws_is_asked_once_and_then_memory() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN, SONNET_ARN]);
    assert_eq!(world.now(ARN), None);
    let resolved = world.resolve(ARN).await;
    assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Aws));
    assert_eq!((resolved.age, resolved.name.as_deref()), (0, Some("team-a")));
    assert_eq!(resolved.warnings, []);
    world.clock.advance(50 * MINUTE);
    let resolved = world.resolve(ARN).await;
    assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Cache));
    assert_eq!(resolved.age, 3_000_000);
    assert_eq!(world.now(ARN), Some(resolved));
    assert_eq!(world.lookup.count(), 1);
}

#[tokio::test]
async fn the_question_goes_to_the_region_of_the_arn() {
    let world = World::new();
    let arn = "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:application-inference-profile/abc";
    world.lookup.knows(
        arn,
        &["arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.claude-opus-5"],
    );
    let resolved = world.resolve(arn).await;
    assert_eq!(resolved.region.as_deref(), Some("us-gov-west-1"));
    assert_eq!(resolved.partition, "aws-us-gov");
    assert_eq!(world.lookup.asked.lock().unwrap()[0].1.as_deref(), Some("us-gov-west-1"));
    assert_eq!(
        resolved.warnings[0].message,
        format!(
            "\"{arn}\" is in us-gov-west-1, the client is configured for \"us-east-1\": it is called in us-gov-west-1."
        )
    );
    assert!(resolved.warnings[0].first);
    assert!(!world.resolve(arn).await.warnings[0].first);
}

#[tokio::test]
async fn a_hundred_at_once_are_one_lookup() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]).close();
    let tasks: Vec<_> = (0..100).map(|_| world.spawn(ARN)).collect();
    // Each waits for the answer or three seconds; the flight itself has a limit too.
    world.clock.sleepers(101).await;
    world.lookup.open();
    for task in tasks {
        assert_eq!(said(&task.await.unwrap()), (Some(SONNET), ResolveSource::Aws));
    }
    assert_eq!(world.lookup.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_many_threads_too() {
    for _ in 0..50 {
        let world = World::new();
        world.lookup.knows(ARN, &[SONNET_ARN]);
        let tasks: Vec<_> = (0..20).map(|_| world.spawn(ARN)).collect();
        for task in tasks {
            assert_eq!(task.await.unwrap().model.as_deref(), Some(SONNET));
        }
        assert_eq!(world.lookup.count(), 1);
    }
}

#[tokio::test]
async fn an_old_answer_is_used_while_it_is_confirmed() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]);
    world.resolve(ARN).await;
    world.clock.advance(HOUR + MINUTE);
    world.lookup.close();
    for _ in 0..3 {
        let resolved = world.resolve(ARN).await;
        assert_eq!(said(&resolved), (Some(SONNET), ResolveSource::Cache));
        assert_eq!(resolved.age, 3_660_000);
    }
    until(|| world.lookup.count() == 2).await;
    world.lookup.open();
    until(|| world.now(ARN).unwrap().age == 0).await;
    world.resolve(ARN).await;
    assert_eq!(world.lookup.count(), 2);
}

#[tokio::test]
async fn a_day_old_answer_is_confirmed_first_and_holds_where_aws_fails() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN]);
    world.resolve(ARN).await;
    world.clock.advance(25 * HOUR);
    world.lookup.knows(ARN, &[OPUS_ARN]);
    assert_eq!(said(&world.resolve(ARN).await), (Some(OPUS), ResolveSource::Aws));
    world.clock.advance(25 * HOUR);
    world.lookup.fails(ARN, LookupCause::AccessDenied);
    for _ in 0..2 {
        let resolved = world.resolve(ARN).await;
        assert_eq!(said(&resolved), (Some(OPUS), ResolveSource::Cache));
        assert_eq!(resolved.warnings, []);
    }
    assert_eq!(world.lookup.count(), 3);
}

#[tokio::test]
async fn a_name_means_something_within_region_and_account_only() {
    let world = World::new();
    world.lookup.knows("shared", &[SONNET_ARN]);
    assert_eq!(world.resolve("shared").await.model.as_deref(), Some(SONNET));
    let other = TestLookup::new().knows("shared", &[OPUS_ARN]);
    let two = world.client(scope(2, None), &other);
    assert_eq!(two.resolve("shared").await.model.as_deref(), Some(OPUS));
    let elsewhere = two.resolver.resolve("shared", Some("eu-west-1"), &two.mappings, &two.sources);
    assert_eq!(elsewhere.await.unwrap().source, ResolveSource::Aws);
    assert_eq!(other.asked.lock().unwrap()[1].1.as_deref(), Some("eu-west-1"));
}

#[tokio::test]
async fn aws_is_not_asked_what_it_cannot_tell() {
    let world = World::new();
    for id in [
        "arn:aws:bedrock:us-east-1:123456789012:imported-model/abcd1234efgh",
        "arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDE12345:3",
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine",
    ] {
        let resolved = world.resolve(id).await;
        assert_eq!(said(&resolved), (None, ResolveSource::Unknown));
        assert_eq!(causes(&resolved), [WarningCause::CannotTell]);
        assert!(world.now(id).is_some());
    }
    assert_eq!(world.lookup.count(), 0);
}

#[tokio::test]
async fn a_chain_is_followed_to_the_base_model() {
    let arn = |resource: &str| format!("arn:aws:bedrock:us-east-1:123456789012:{resource}");
    let world = World::new();
    let deployment = arn("custom-model-deployment/abcd1234efgh");
    let imported = arn("custom-model/imported/abcd1234efgh");
    let custom = arn("custom-model/amazon.nova-lite-v1:0/abcd1234efgh");
    world.lookup.knows(&deployment, &[&imported]).knows(&imported, &[&custom]);
    assert_eq!(world.resolve(&deployment).await.model.as_deref(), Some("amazon.nova-lite-v1:0"));
    assert_eq!(world.lookup.count(), 2);
    let provisioned = arn("provisioned-model/abcd1234efgh");
    world.lookup.knows(&provisioned, &[SONNET_ARN]);
    assert_eq!(world.resolve(&provisioned).await.model.as_deref(), Some(SONNET));
    let router = arn("default-prompt-router/anthropic.claude:1");
    let profile = arn("inference-profile/us.anthropic.claude-opus-5");
    world.lookup.knows(&router, &[&profile]);
    assert_eq!(world.resolve(&router).await.model.as_deref(), Some(OPUS));
    let global = arn("application-inference-profile/global");
    world.lookup.knows(&global, &["arn:aws:bedrock:::foundation-model/anthropic.claude-opus-5"]);
    assert_eq!(world.resolve(&global).await.model.as_deref(), Some(OPUS));
}

#[tokio::test]
async fn a_name_may_be_that_of_a_provisioned_model() {
    let world = World::new();
    world.lookup.knows("ProvisionedModel my-pt", &[SONNET_ARN]);
    assert_eq!(said(&world.resolve("my-pt").await), (Some(SONNET), ResolveSource::Aws));
    let asked = world.lookup.asked.lock().unwrap().clone();
    assert_eq!(
        (asked[0].0.as_str(), asked[1].0.as_str()),
        ("Alias my-pt", "ProvisionedModel my-pt")
    );
    let resolved = world.resolve("nobody").await;
    assert_eq!(causes(&resolved), [WarningCause::Lookup(LookupCause::NotFound)]);
    assert!(resolved.warnings[0].message.ends_with("\"nobody\": \"<ARN or model id to call>\""));
    world.lookup.fails("ProvisionedModel other", LookupCause::AccessDenied);
    let resolved = world.resolve("other").await;
    assert!(resolved.warnings[0].message.contains("Allow bedrock:GetProvisionedModelThroughput"));
}

#[tokio::test]
async fn several_models_are_all_named_and_told_once() {
    let world = World::new();
    world.lookup.knows(ARN, &[SONNET_ARN, OPUS_ARN, SONNET_ARN]);
    let resolved = world.resolve(ARN).await;
    assert_eq!(resolved.model.as_deref(), Some(SONNET));
    assert_eq!(resolved.other_models, [OPUS]);
    assert_eq!(causes(&resolved), [WarningCause::SeveralModels]);
    assert_eq!(
        resolved.warnings[0].message,
        format!(
            "AWS names several models behind \"{ARN}\": \"{SONNET}\" and \"{OPUS}\". Requests are fitted to what \
             they have in common. \"{SONNET}\" counts as its model, because AWS names it first. If only one of \
             them is meant, map \"{ARN}\" to it in BEDROCK_INFERENCE_PROFILE_MAPPINGS."
        )
    );
    assert!(!world.resolve(ARN).await.warnings[0].first);
}

/// An ARN of the account.
fn arn(resource: &str) -> String {
    format!("arn:aws:bedrock:us-east-1:123456789012:{resource}")
}

#[tokio::test]
async fn a_router_over_profiles_has_the_models_of_all_of_them() {
    let router = arn("prompt-router/abcd1234efgh");
    let other = arn("application-inference-profile/zzzzzzzzzzzz");
    let world = World::new();
    world.lookup.knows(&router, &[ARN, OPUS_ARN, &other]);
    world.lookup.knows(ARN, &[SONNET_ARN]);
    world
        .lookup
        .knows(&other, &["arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"]);
    let resolved = world.resolve(&router).await;
    assert_eq!(resolved.model.as_deref(), Some(OPUS));
    assert_eq!(resolved.other_models, [SONNET, "amazon.nova-pro-v1:0"]);
}

#[tokio::test]
async fn a_profile_that_cannot_be_asked_about_takes_nothing_from_the_others() {
    let router = arn("prompt-router/abcd1234efgh");
    let world = World::new();
    world.lookup.knows(&router, &[ARN, OPUS_ARN]);
    let resolved = world.resolve(&router).await;
    assert_eq!((resolved.model.as_deref(), resolved.other_models.len()), (Some(OPUS), 0));
}

#[tokio::test]
async fn decorated_ids_are_called_without_their_decoration() {
    let world = World::mapped(&json!({ "mine": ARN, ARN: SONNET }));
    let resolved = world.resolve("bedrock/eu-west-1/us.anthropic.claude-opus-5").await;
    assert_eq!(resolved.call_id, "us.anthropic.claude-opus-5");
    assert_eq!(resolved.region.as_deref(), Some("eu-west-1"));
    assert_eq!(causes(&resolved), [WarningCause::Decoration, WarningCause::Region]);
    let resolved = world.resolve("bedrock/mine").await;
    assert_eq!((resolved.call_id.as_str(), resolved.model.as_deref()), (ARN, Some(SONNET)));
}

#[tokio::test]
async fn an_id_whose_mapping_was_left_out_says_so() {
    let (mappings, _) = Mappings::parse(r#"{"mine": 5}"#, MappingSource::Environment);
    let world = World { mappings, ..World::new() };
    let resolved = world.resolve("mine").await;
    assert!(causes(&resolved).contains(&WarningCause::MappingLeftOut));
    assert!(
        resolved.warnings[0]
            .message
            .starts_with("The mapping of \"mine\" was left out: the value is a number;")
    );
}
