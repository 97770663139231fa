//! A client's settings and keys in the additional fields.

use bedrock_profile_core::gate::Action;
use serde_json::{Value, json};

use crate::asks::fields;
use crate::models::{sonnet_4_5, unknown};
use crate::support::{Gated, becomes, gated, left_alone};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const ID: &str = "AKIAIOSFODNN7EXAMPLE";

fn paths(gated: &Gated) -> Vec<&str> {
    let of =
        |change: &'_ bedrock_profile_core::gate::Change| change.rule == "K1" && !change.follows;
    gated.outcome.changes.iter().filter(|change| of(change)).map(|change| &*change.path).collect()
}

/// Nothing that is reported has a secret in it.
fn assert_unseen(gated: &Gated) {
    let said = serde_json::to_string(&gated.outcome.changes).unwrap();
    assert!(!said.contains(SECRET) && !said.contains(ID), "{said}");
    for change in gated.outcome.changes.iter().filter(|change| !change.follows) {
        assert_eq!((change.action, &change.from), (Action::Drop, &Some(json!("[redacted]"))));
    }
}

#[test]
fn settings_of_a_client_are_dropped_whatever_the_model_and_whatever_they_hold() {
    let keys = json!({ "accessKeyId": ID, "secretAccessKey": SECRET });
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123";
    for model in [sonnet_4_5(), unknown()] {
        for (name, value) in [
            ("credentials", keys.clone()),
            ("credentials", json!("anything")),
            ("credentials", json!({})),
            ("client", json!({ "config": { "token": SECRET } })),
            ("configuration", json!({ "apiKey": SECRET })),
            ("configuration", json!(7)),
            ("applicationInferenceProfile", json!(arn)),
        ] {
            let request = fields(json!({ name: value, "top_k": 5 }));
            let gated = becomes(&model, request, fields(json!({ "top_k": 5 })));
            assert_eq!(paths(&gated), [format!("additionalModelRequestFields.{name}")]);
            assert_unseen(&gated);
        }
    }
}

#[test]
fn all_of_them_at_once_leave_nothing() {
    let request = fields(json!({
        "credentials": { "secretAccessKey": SECRET },
        "client": {},
        "configuration": {},
        "applicationInferenceProfile": "arn:x",
        "secretAccessKey": SECRET,
        "accessKeyId": ID,
    }));
    let gated = becomes(&unknown(), request, json!({}));
    assert_eq!(paths(&gated).len(), 6);
    assert_unseen(&gated);
}

#[test]
fn keys_are_dropped_at_any_depth() {
    let at = |value: &str| json!({ "a": [{ "b": { "apiKey": value } }], "c": 1 });
    let gated = gated(&unknown(), fields(at(SECRET)));
    assert_eq!(paths(&gated), ["additionalModelRequestFields.a[0].b.apiKey"]);
    assert_unseen(&gated);
}

#[test]
fn a_field_of_a_keys_name_is_dropped_only_where_it_looks_like_one() {
    for name in ["secretAccessKey", "accessKeyId", "sessionToken", "apiKey", "token"] {
        for value in [json!(SECRET), json!(ID), json!("Bearer bedrock-api-key-YmVkcm9jay5hbWF6")] {
            let gated = gated(&sonnet_4_5(), fields(json!({ name: value })));
            assert_eq!(paths(&gated), [format!("additionalModelRequestFields.{name}")]);
        }
        for value in [
            json!("</s>"),
            json!("<|end_of_turn|>"),
            json!("a sentence that is long enough to be one"),
            json!("https://example.com/a/long/address"),
            json!(7),
            json!(true),
            json!(null),
            json!({ "type": "string" }),
            json!([]),
        ] {
            left_alone(&unknown(), fields(json!({ name: value })));
        }
    }
}

#[test]
fn what_only_resembles_them_is_left_alone() {
    for (name, value) in [
        ("client_id", json!(SECRET)),
        ("Credentials", json!({ "a": 1 })),
        ("max_token", json!(SECRET)),
        ("settings", json!({ "client": "a", "credentials": "b", "configuration": {} })),
        ("credentials", Value::Null),
    ] {
        left_alone(&unknown(), fields(json!({ name: value })));
    }
    left_alone(&unknown(), json!({ "requestMetadata": { "client": "a", "apiKey": "b" } }));
    let tool =
        json!([{ "toolUse": { "toolUseId": "a", "name": "b", "input": { "apiKey": SECRET } } }]);
    left_alone(&unknown(), json!({ "messages": [{ "role": "assistant", "content": tool }] }));
}
