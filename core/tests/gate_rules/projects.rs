//! Projects beside what takes none.

use bedrock_profile_core::gate::Operation;
use bedrock_profile_core::model::ModelCapabilities;
use bedrock_profile_core::model::catalog::capabilities;
use serde_json::{Value, json};

use crate::models::unknown;
use crate::support::{Gated, gated, gated_for};

const SONNET: &str = "anthropic.claude-sonnet-4-6";

fn arn(resource: &str, region: &str) -> String {
    format!("arn:aws:bedrock:{region}:123456789012:{resource}")
}

fn profile(region: &str) -> String {
    arn("application-inference-profile/abc123def456", region)
}

fn asking(id: &str, project: Value) -> Value {
    let messages = json!([{ "role": "user", "content": [{ "text": "q" }] }]);
    json!({ "modelId": id, "projectIdentifier": project, "messages": messages })
}

fn remedy(model: &ModelCapabilities, id: &str) -> String {
    let Gated { outcome, .. } = gated(model, asking(id, json!("team-a")));
    assert_eq!(outcome.changes, []);
    let [violation] = outcome.violations.as_slice() else { panic!("{:?}", outcome.violations) };
    assert_eq!((violation.rule, violation.path.as_str()), ("I9", "projectIdentifier"));
    assert!(violation.reason.contains("team-a"), "{}", violation.reason);
    violation.remedy.clone()
}

#[test]
fn i9_reports_a_project_beside_an_application_profile_with_both_ways_out() {
    let sonnet = capabilities(SONNET);
    for (region, instead) in [
        ("us-east-1", "us.anthropic.claude-sonnet-4-6"),
        ("eu-west-1", "eu.anthropic.claude-sonnet-4-6"),
        ("ap-northeast-1", "jp.anthropic.claude-sonnet-4-6"),
        ("ap-south-1", "global.anthropic.claude-sonnet-4-6"),
    ] {
        let expected = format!("Leave projectIdentifier out, or call {instead}.");
        assert_eq!(remedy(&sonnet, &profile(region)), expected);
    }
    // Served by its own id: that takes a project too.
    let coder = capabilities("qwen.qwen3-coder-next");
    assert!(remedy(&coder, &profile("us-east-1")).ends_with("or call qwen.qwen3-coder-next."));
    let nobody_knows = remedy(&unknown(), &profile("us-east-1"));
    assert_eq!(nobody_knows, "Leave projectIdentifier out, or call a model or a system profile.");
}

#[test]
fn i9_holds_for_both_operations_and_all_that_is_no_foundation_model() {
    let sonnet = capabilities(SONNET);
    for operation in [Operation::Converse, Operation::ConverseStream] {
        let request = asking(&profile("us-east-1"), json!("team-a"));
        assert_eq!(gated_for(&sonnet, request, operation).violated(), ["I9"]);
    }
    for resource in [
        "custom-model/amazon.nova-lite-v1:0/abc",
        "custom-model-deployment/abc",
        "imported-model/abc",
    ] {
        remedy(&unknown(), &arn(resource, "us-east-1"));
    }
    remedy(&unknown(), "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine");
    let project = arn("project/team-a", "us-east-1");
    let found = gated(&sonnet, asking(&profile("us-east-1"), json!(project)));
    assert_eq!(found.violated(), ["I9"]);
}

#[test]
fn i9_leaves_the_default_project_and_models_and_system_profiles_alone() {
    let sonnet = capabilities(SONNET);
    let default = arn("project/default", "us-east-1");
    for project in [json!("default"), json!(default), json!(""), Value::Null, json!(5)] {
        let found = gated(&sonnet, asking(&profile("us-east-1"), project));
        assert_eq!(found.outcome, Default::default());
    }
    for id in [
        "us.anthropic.claude-sonnet-4-6".to_owned(),
        arn("inference-profile/us.anthropic.claude-sonnet-4-6", "us-east-1"),
        format!("arn:aws:bedrock:us-east-1::foundation-model/{SONNET}"),
        "amazon.nova-pro-v1:0".to_owned(),
        arn("provisioned-model/abc", "us-east-1"),
        arn("prompt-router/abc", "us-east-1"),
    ] {
        let found = gated(&sonnet, asking(&id, json!("team-a")));
        assert_eq!(found.outcome, Default::default(), "{id}");
    }
}
