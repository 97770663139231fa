//! Turns and their content.

use serde_json::{Value, json};

use crate::models::*;
use crate::support::{becomes, left_alone, stays};

fn text(text: &str) -> Value {
    json!({ "text": text })
}

fn message(role: &str, content: &[Value]) -> Value {
    json!({ "role": role, "content": content })
}

fn user(content: &[Value]) -> Value {
    json!({ "messages": [message("user", content)] })
}

fn document(name: &str) -> Value {
    json!({ "document": { "format": "pdf", "name": name, "source": { "bytes": "" } } })
}

#[test]
fn m12_lets_a_user_turn_come_first() {
    let request =
        json!({ "messages": [message("assistant", &[text("hi")]), message("user", &[text("q")])] });
    let gated = becomes(
        &nova_pro(),
        request.clone(),
        json!({ "messages": [
            message("user", &[text(".")]), message("assistant", &[text("hi")]),
            message("user", &[text("q")]),
        ] }),
    );
    assert_eq!(gated.rules(), ["M12"]);
    for model in [sonnet_4_5(), qwen3(), unknown()] {
        stays(&model, request.clone());
    }
    stays(&nova_pro(), user(&[text("q")]));
}

#[test]
fn m13_puts_the_system_prompt_before_the_first_user_turn() {
    let request =
        |system: &[Value]| json!({ "system": system, "messages": [message("user", &[text("q")])] });
    let gated = becomes(
        &titan(),
        request(&[text("a"), text("b")]),
        user(&[text("a"), text("b"), text("q")]),
    );
    assert_eq!(gated.rules(), ["M13"]);
    stays(&titan(), request(&[]));
    stays(&llama(), request(&[text("a")]));
    left_alone(&titan(), json!({ "system": [text("a")], "messages": [] }));
}

#[test]
fn m14_drops_citations_where_they_are_refused() {
    let cited = |citations: bool| {
        let mut document = document("a");
        if citations {
            document["document"]["citations"] = json!({ "enabled": true });
        }
        user(&[text("q"), document])
    };
    assert_eq!(becomes(&nova_pro(), cited(true), cited(false)).rules(), ["M14"]);
    stays(&sonnet_4_5(), cited(true));
    stays(&unknown(), cited(true));
}

#[test]
fn m14_keeps_the_text_of_citations() {
    let answer = |block: Value| {
        json!({ "messages": [
            message("user", &[text("q")]), message("assistant", &[block]), message("user", &[text("q")]),
        ] })
    };
    let cited =
        json!({ "citationsContent": { "content": [text("a"), text("b")], "citations": [] } });
    becomes(&nova_pro(), answer(cited.clone()), answer(text("ab")));
    let blank = json!({ "citationsContent": { "content": [text(" ")], "citations": [] } });
    becomes(&nova_pro(), answer(blank), answer(text(".")));
    stays(&sonnet_4_5(), answer(cited));
}

#[test]
fn m14_reports_content_that_the_model_cannot_take() {
    let video = json!({ "video": { "format": "mp4", "source": { "bytes": "" } } });
    let gated = left_alone(&sonnet_4_5(), user(&[text("q"), video.clone()]));
    assert_eq!(gated.violated(), ["M14"]);
    assert_eq!(gated.outcome.violations[0].path, "messages[0].content[1].video");
    stays(&nova_pro(), user(&[text("q"), video]));
}

#[test]
fn m15_puts_a_placeholder_beside_documents_without_text() {
    for model in [sonnet_4_5(), nova_pro()] {
        let gated = becomes(&model, user(&[document("a")]), user(&[document("a"), text(".")]));
        assert_eq!(gated.rules(), ["M15"]);
        becomes(
            &model,
            user(&[document("a"), document("b")]),
            user(&[document("a"), document("b"), text(".")]),
        );
        stays(&model, user(&[document("a"), text("q")]));
    }
    becomes(&nova_pro(), user(&[text(" "), document("a")]), user(&[text("."), document("a")]));
    stays(&unknown(), user(&[document("a")]));
}

#[test]
fn m15_reports_too_many_documents_and_images() {
    let documents = |count: usize| {
        let names = (0..count).map(|n| document(&format!("doc {n}")));
        let content: Vec<_> = [text("q")].into_iter().chain(names).collect();
        user(&content)
    };
    assert_eq!(left_alone(&sonnet_4_5(), documents(6)).violated(), ["M15"]);
    stays(&sonnet_4_5(), documents(5));
    let images = |count: usize| {
        user(&vec![json!({ "image": { "format": "png", "source": { "bytes": "" } } }); count])
    };
    assert_eq!(left_alone(&sonnet_4_5(), images(21)).violated(), ["M15"]);
    stays(&sonnet_4_5(), images(20));
    stays(&unknown(), documents(6));
}

#[test]
fn m16_replaces_what_names_of_documents_may_not_hold() {
    let named = |name: &str| user(&[text("q"), document(name)]);
    let gated = becomes(&sonnet_4_5(), named("Q3 report_v2.pdf"), named("Q3 report-v2-pdf"));
    assert_eq!(gated.rules(), ["M16"]);
    assert_eq!(gated.change("M16").path, "messages[0].content[1].document.name");
    becomes(&sonnet_4_5(), named("a  b\t"), named("a b"));
    becomes(&sonnet_4_5(), named(""), named("document"));
    becomes(&sonnet_4_5(), named(&"x".repeat(201)), named(&"x".repeat(200)));
    stays(&sonnet_4_5(), named("A (1) [x]-y"));
    stays(&unknown(), named("a.b"));
}

#[test]
fn m16_keeps_names_of_documents_different() {
    becomes(
        &sonnet_4_5(),
        user(&[text("q"), document("a-b"), document("a.b"), document("a_b")]),
        user(&[text("q"), document("a-b"), document("a-b 2"), document("a-b 3")]),
    );
}
