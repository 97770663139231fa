//! What is known of an id beyond one model's entry: several models behind it, the geography it is
//! called in, the day.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bedrock_profile_core::gate::{Operation, gate};
use bedrock_profile_core::model::catalog::{CatalogEntry, all, capabilities, capabilities_in};
use bedrock_profile_core::model::knowledge::{Overrides, Subject, Taught, about};
use bedrock_profile_core::model::learned::{Lesson, Lessons, MemoryLessons, Owner};
use bedrock_profile_core::model::{ModelCapabilities, Source};
use serde_json::{Map, Value, json};

const ROUTER: &str = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/meta.llama:1";

fn subject<'a>(model: &'a str, others: &'a [String]) -> Subject<'a> {
    let (call_id, requested_id) = (ROUTER, ROUTER);
    Subject { model: Some(model), other_models: others, geography: None, call_id, requested_id }
}

fn known(subject: Subject<'_>, lessons: &MemoryLessons) -> Arc<ModelCapabilities> {
    let owner = Owner::default();
    let taught = Taught::Proven(lessons, &owner);
    about(subject, &|_| None, &Overrides::default(), taught, SystemTime::now()).capabilities
}

fn of_list(models: &[&str]) -> Arc<ModelCapabilities> {
    let others: Vec<String> = models[1..].iter().map(|model| (*model).to_owned()).collect();
    known(subject(models[0], &others), &MemoryLessons::default())
}

#[test]
fn a_router_takes_what_all_of_its_models_take() {
    let common = of_list(&["amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0"]);
    assert!(common.inputs.image.no() && common.inputs.video.no() && common.tools.supported.yes());
    assert_eq!(common.context_window.known(), Some(&128_000));
    assert_eq!(common.family.known(), None);
    assert_eq!(common.model, "amazon.nova-lite-v1:0, amazon.nova-micro-v1:0");
    // In whatever order AWS names them.
    let turned = of_list(&["amazon.nova-micro-v1:0", "amazon.nova-lite-v1:0"]);
    assert_eq!(turned.inputs, common.inputs);
    assert_eq!(turned.max_output_tokens, common.max_output_tokens);
}

#[test]
fn a_request_to_a_router_is_fitted_to_its_weakest_model() {
    let common = of_list(&["meta.llama4-scout-17b-instruct-v1:0", "meta.llama3-8b-instruct-v1:0"]);
    let input = json!({
        "modelId": ROUTER,
        "messages": [{ "role": "user", "content": [
            { "text": "What is this?" },
            { "image": { "format": "png", "source": { "bytes": "" } } },
        ] }],
        "inferenceConfig": { "maxTokens": 8192 },
    });
    let Value::Object(mut request) = input else { unreachable!() };
    let outcome = gate(&mut request, &common, Operation::Converse);
    assert_eq!(request["inferenceConfig"]["maxTokens"], 2048);
    assert!(outcome.violations.iter().any(|violation| violation.path.contains("content[1]")));
    // The larger one alone takes both.
    let alone = capabilities("meta.llama4-scout-17b-instruct-v1:0");
    assert!(alone.inputs.image.yes() && alone.max_output_tokens.known() == Some(&8192));
}

#[test]
fn a_list_is_what_the_catalog_says_of_each_whatever_its_length() {
    let models: Vec<&str> = all().map(CatalogEntry::id).collect();
    for pair in models.windows(2) {
        let (one, other) = (capabilities(pair[0]), capabilities(pair[1]));
        let common = one.in_common(&other);
        for kind in [
            |of: &ModelCapabilities| of.inputs.image.value,
            |of: &ModelCapabilities| of.tools.supported.value,
        ] {
            let both = [kind(&one), kind(&other)];
            assert_eq!(kind(&common) == Some(false), both.contains(&Some(false)), "{pair:?}");
            assert_eq!(kind(&common) == Some(true), both == [Some(true); 2], "{pair:?}");
        }
        let known = [&one, &other].into_iter().filter_map(|of| of.max_output_tokens.known());
        assert_eq!(common.max_output_tokens.known(), known.min(), "{pair:?}");
        // Of a model and itself nothing is lost.
        let same = one.in_common(&one);
        let again = ModelCapabilities { model: one.model.clone(), ..same };
        assert_eq!(again, *one);
    }
}

#[test]
fn reasoning_that_is_set_in_different_places_cannot_be_set() {
    let common = of_list(&["anthropic.claude-sonnet-4-6", "openai.gpt-6-sol"]);
    let input = json!({
        "modelId": ROUTER,
        "messages": [{ "role": "user", "content": [{ "text": "Hi" }] }],
        "additionalModelRequestFields": { "thinking": { "type": "adaptive" } },
    });
    let Value::Object(mut request) = input else { unreachable!() };
    gate(&mut request, &common, Operation::Converse);
    assert_eq!(request.get("additionalModelRequestFields"), None);
}

#[test]
fn a_lesson_about_one_of_the_models_counts_for_all() {
    let lessons = MemoryLessons::default();
    let facts = json!({ "citations": false });
    let lesson = Lesson { facts, at: SystemTime::now(), proven: true };
    lessons.learn(&Owner::default(), "amazon.nova-pro-v1:0", lesson);
    let others = ["amazon.nova-pro-v1:0".to_owned()];
    let learned = known(subject("amazon.nova-lite-v1:0", &others), &lessons);
    assert!(learned.citations.no());
    assert_eq!(learned.citations.source, Source::Learned);
}

#[test]
fn facts_differ_by_geography() {
    let sonnet = "anthropic.claude-sonnet-5-5";
    let gov = capabilities_in(sonnet, Some("us-gov"));
    assert!(gov.structured_output.no());
    for geography in [None, Some("eu"), Some("us"), Some("nowhere")] {
        let elsewhere = capabilities_in(sonnet, geography);
        assert_eq!(elsewhere.structured_output.value, None, "{geography:?}");
        assert!(Arc::ptr_eq(&elsewhere, &capabilities(sonnet)), "{geography:?}");
    }
    // Everything else is the same.
    let mut same = ModelCapabilities::clone(&gov);
    same.structured_output = capabilities(sonnet).structured_output.clone();
    assert_eq!(same, *capabilities(sonnet));
    let kimi = capabilities_in("moonshotai.kimi-k3", Some("us-gov"));
    assert_eq!(kimi.max_input_tokens.known(), Some(&868_928));
    // In any form of its id.
    assert!(
        capabilities_in("us-gov.anthropic.claude-sonnet-5-5", Some("us-gov"))
            .structured_output
            .no()
    );
}

#[test]
fn the_status_is_that_of_the_day() {
    let at = |days: u64| SystemTime::UNIX_EPOCH + Duration::from_hours(24 * days);
    let status = |model: &str, now: SystemTime| {
        let others = [];
        let known =
            about(subject(model, &others), &|_| None, &Overrides::default(), Taught::Nothing, now);
        known.capabilities.status.value.clone()
    };
    let jamba = "ai21.jamba-1-5-mini-v1:0";
    // 2026-11-25 and the day after.
    assert_eq!(status(jamba, at(20_782)).as_deref(), Some("legacy"));
    assert_eq!(status(jamba, at(20_783)).as_deref(), Some("eol"));
    assert_eq!(status("anthropic.claude-sonnet-5-5", at(20_783)).as_deref(), Some("active"));
    assert_eq!(status("mistral.mistral-large-2407-v1:0", at(20_783)), None);
}

#[test]
fn the_operator_may_say_the_status() {
    let overrides = json!({ ROUTER: { "status": "active" } }).to_string();
    let overrides = Overrides::parse(&overrides).unwrap();
    let subject = subject("anthropic.claude-v2", &[]);
    let known = about(subject, &|_| None, &overrides, Taught::Nothing, SystemTime::now());
    assert_eq!(known.capabilities.status.value.as_deref(), Some("active"));
}

#[test]
fn a_status_is_never_stored() {
    let catalog: Map<String, Value> =
        serde_json::from_str(include_str!("../../src/model/catalog.json")).unwrap();
    for model in catalog["models"].as_array().unwrap() {
        assert!(model["facts"].get("status").is_none(), "{}", model["id"]);
    }
}

#[test]
fn a_successor_is_in_the_catalog() {
    for entry in all() {
        let Some(successor) = entry.capabilities().successor.known() else { continue };
        assert!(all().any(|entry| entry.id() == successor), "{}: {successor}", entry.id());
        assert_ne!(entry.id(), successor);
    }
}
