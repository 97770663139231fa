//! The id that is called.

use bedrock_profile_core::gate::{Operation, Route, Site};
use bedrock_profile_core::model::ModelCapabilities;
use bedrock_profile_core::model::catalog::capabilities;
use serde_json::{Value, json};

use crate::models::{fact, strings, unknown};
use crate::support::{Gated, gated_for};

const SONNET: &str = "anthropic.claude-sonnet-4-6";

fn at<'a>(call_id: &'a str, region: &'a str) -> Route<'a> {
    let partition = if region.starts_with("us-gov") { "aws-us-gov" } else { "aws" };
    let site = Some(Site { call_id, region, partition });
    Route { site, ..Route::from(Operation::Converse) }
}

fn asking(id: &str) -> Value {
    json!({ "modelId": id, "messages": [{ "role": "user", "content": [{ "text": "q" }] }] })
}

fn called(model: &ModelCapabilities, id: &str, region: &str) -> Gated {
    gated_for(model, asking(id), at(id, region))
}

/// The prefix that a profile-only model with these profiles is called by.
fn prefix(profiles: &[&str], region: &str) -> Option<String> {
    let mut model = unknown();
    model.model = "acme.wonder-1".to_owned();
    model.on_demand = fact(false);
    model.inference_profile_prefixes = strings(profiles);
    let gated = called(&model, "acme.wonder-1", region);
    let id = gated.outcome.call_id.clone()?;
    assert_eq!(gated.request["modelId"], id.as_str());
    assert_eq!(gated.rules(), ["I1"]);
    id.strip_suffix(".acme.wonder-1").map(str::to_owned)
}

#[test]
fn i1_calls_a_profile_only_model_by_the_profile_of_the_regions_geography() {
    let gated = called(&capabilities(SONNET), SONNET, "eu-west-1");
    assert_eq!(gated.outcome.call_id.as_deref(), Some("eu.anthropic.claude-sonnet-4-6"));
    assert_eq!(gated.change("I1").path, "modelId");
    assert_eq!(gated.change("I1").from, Some(json!(SONNET)));
    for (profiles, region, expected) in [
        (&["us", "eu", "global"][..], "us-west-2", Some("us")),
        (&["us", "us-gov"], "us-gov-west-1", Some("us-gov")),
        (&["jp", "apac", "global"], "ap-northeast-1", Some("jp")),
        (&["apac", "global"], "ap-northeast-1", Some("apac")),
        (&["au", "apac"], "ap-southeast-2", Some("au")),
        (&["in", "global"], "ap-south-1", Some("in")),
        (&["ca", "us"], "ca-central-1", Some("ca")),
    ] {
        assert_eq!(prefix(profiles, region).as_deref(), expected, "{profiles:?} from {region}");
    }
}

#[test]
fn i1_takes_the_global_profile_only_where_there_is_no_other() {
    assert_eq!(prefix(&["global"], "eu-west-1").as_deref(), Some("global"));
    assert_eq!(prefix(&["global"], "sa-east-1").as_deref(), Some("global"));
    assert_eq!(prefix(&["global"], "us-gov-east-1"), None);
    for (profiles, region) in [
        (&["us", "global"][..], "eu-west-1"),
        (&["us", "eu", "global"], "sa-east-1"),
        (&["us"], "ca-central-1"),
        (&["jp"], "ap-south-1"),
    ] {
        assert_eq!(prefix(profiles, region), None, "{profiles:?} from {region}");
    }
}

#[test]
fn i1_reports_a_bare_id_where_the_region_has_no_profile() {
    let gated = called(&capabilities(SONNET), SONNET, "sa-east-1");
    assert_eq!((gated.rules().len(), gated.violated()), (0, vec!["I1"]));
    assert_eq!(gated.outcome.call_id, None);
    let violation = &gated.outcome.violations[0];
    assert_eq!(violation.path, "modelId");
    assert!(violation.remedy.contains("global.anthropic.claude-sonnet-4-6"), "{violation:?}");
}

#[test]
fn i1_takes_the_arn_of_the_base_model_for_its_id() {
    let arn = format!("arn:aws:bedrock:eu-west-1::foundation-model/{SONNET}");
    let gated = called(&capabilities(SONNET), &arn, "eu-west-1");
    assert_eq!(gated.outcome.call_id.as_deref(), Some("eu.anthropic.claude-sonnet-4-6"));
}

#[test]
fn i1_leaves_alone_what_may_be_called() {
    let stays = |model: &ModelCapabilities, id: &str, region| {
        let gated = called(model, id, region);
        assert_eq!(gated.outcome, Default::default(), "{id}");
    };
    let sonnet = capabilities(SONNET);
    stays(&sonnet, "eu.anthropic.claude-sonnet-4-6", "eu-west-1");
    stays(&sonnet, "global.anthropic.claude-sonnet-4-6", "eu-west-1");
    let profile = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc";
    stays(&sonnet, profile, "eu-west-1");
    // Served on demand, or not known to be refused, or its profiles are not known.
    for id in ["anthropic.claude-3-haiku-20240307-v1:0", "amazon.nova-pro-v1:0", "zai.glm-5.3"] {
        stays(&capabilities(id), id, "us-east-1");
    }
    let future = "anthropic.claude-opus-9";
    assert!(capabilities(future).on_demand.no());
    stays(&capabilities(future), future, "us-east-1");
    // Nobody said where it is called, or it is the operator's choice.
    let gated = gated_for(&sonnet, asking(SONNET), Operation::Converse);
    assert_eq!(gated.outcome, Default::default());
}

#[test]
fn i3_reports_a_profile_of_another_geography() {
    let sonnet = capabilities(SONNET);
    let remedy = |geo: &str, region: &str| {
        let gated = called(&sonnet, &format!("{geo}.{SONNET}"), region);
        assert_eq!(gated.outcome.changes, []);
        let violation = gated.outcome.violations.first()?;
        assert_eq!((violation.rule, violation.path.as_str()), ("I3", "modelId"));
        Some(violation.remedy.clone())
    };
    let eu = "Call eu.anthropic.claude-sonnet-4-6.";
    assert_eq!(remedy("us", "eu-west-1").as_deref(), Some(eu));
    let there = "Call it in a region of its own geography, jp.";
    assert_eq!(remedy("jp", "sa-east-1").as_deref(), Some(there));
    assert!(remedy("global", "us-gov-west-1").is_some());
    for (geo, region) in [
        ("us", "us-west-2"),
        ("us", "ca-central-1"),
        ("eu", "eu-central-1"),
        ("jp", "ap-northeast-3"),
        ("apac", "ap-northeast-1"),
        ("global", "sa-east-1"),
        // Whatever else AWS may offer there.
        ("ca", "us-east-1"),
        ("amer", "sa-east-1"),
    ] {
        assert_eq!(remedy(geo, region), None, "{geo} from {region}");
    }
    let gated = called(&unknown(), "us.acme.wonder-1", "eu-west-1");
    assert_eq!(gated.outcome, Default::default());
}
