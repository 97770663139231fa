//! The operator's mappings: what they say, chains and loops.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use bedrock_profile_core::profile::mapping::{
    MAX_CHAIN, MAX_ENTRIES, MappingSource, Mappings, unmapped_warning,
};
use proptest::prelude::*;
use serde_json::json;

mod profile_mapping_support;

use profile_mapping_support::*;

#[test]
fn the_example_of_the_issue_works_to_the_letter() {
    let text = r#"{"arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/rf3zeruqfake": "anthropic.claude-3-7-sonnet-20250219-v1:0", "arn:aws:bedrock:us-west-2:123456789123:application-inference-profile/abc123def": "anthropic.claude-3-5-sonnet-20241022-v1:0"}"#;
    let (mappings, problems) = load(text);
    assert_eq!(problems, []);
    assert_eq!(mappings.len(), 2);
    assert_eq!(
        says(&found(&mappings, ARN)),
        (ARN, Some("anthropic.claude-3-7-sonnet-20250219-v1:0"))
    );
    assert_eq!(
        says(&found(&mappings, ARN2)),
        (ARN2, Some("anthropic.claude-3-5-sonnet-20241022-v1:0"))
    );
    assert_eq!(mappings.find("anthropic.claude-3-7-sonnet-20250219-v1:0"), None);
}

#[test]
fn an_arn_says_what_is_behind_it_and_an_alias_what_to_call() {
    let mappings = good(&json!({
        ARN: SONNET,
        "team-a.anthropic.claude-sonnet-4-6": ARN,
        "My Sonnet": "team-a.anthropic.claude-sonnet-4-6",
        "fast": "us.amazon.nova-pro-v1:0",
        "unknown behind": ARN2,
    }));
    assert_eq!(says(&found(&mappings, ARN)), (ARN, Some(SONNET)));
    assert_eq!(says(&found(&mappings, "team-a.anthropic.claude-sonnet-4-6")), (ARN, Some(SONNET)));
    assert_eq!(says(&found(&mappings, "My Sonnet")), (ARN, Some(SONNET)));
    assert_eq!(
        says(&found(&mappings, "fast")),
        ("us.amazon.nova-pro-v1:0", Some("amazon.nova-pro-v1:0"))
    );
    assert_eq!(says(&found(&mappings, "unknown behind")), (ARN2, None));
}

#[test]
fn an_alias_says_which_model_is_behind_the_arns_that_it_calls() {
    let third = "arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/third";
    let mappings = good(&json!({
        "team-a": { "profiles": [ARN, ARN2], "model": SONNET, "label": "Team A" },
        SONNET: third,
        "again": ARN2,
        "labelled": "team-a",
    }));
    assert_eq!(says(&found(&mappings, ARN)), (ARN, Some(SONNET)));
    assert_eq!(found(&mappings, ARN).label, None);
    assert_eq!(found(&mappings, ARN).profiles, [ARN]);
    assert_eq!(says(&found(&mappings, ARN2)), (ARN2, Some(SONNET)));
    assert_eq!(says(&found(&mappings, third)), (third, Some(SONNET)));
    assert_eq!(says(&found(&mappings, "again")), (ARN2, Some(SONNET)));
    assert_eq!(mappings.unmapped_arns(&format!("{ARN},{third}")), []);
}

#[test]
fn an_arns_own_entry_goes_before_what_an_alias_says_of_it() {
    let (mappings, problems) =
        of(&json!({ "team-a": { "profiles": [ARN], "model": SONNET }, ARN: OPUS }));
    assert_eq!(says(&found(&mappings, ARN)), (ARN, Some(OPUS)));
    assert!(told(&problems)[0].contains("different models are behind it"));
    // An entry that says something else leaves it to the alias.
    let (mappings, _) =
        of(&json!({ "team-a": { "profiles": [ARN], "model": SONNET }, ARN: { "label": "mine" } }));
    assert_eq!(found(&mappings, ARN).model.as_deref(), Some(SONNET));
}

#[test]
fn aliases_that_differ_say_nothing_of_their_arn() {
    let mappings = good(&json!({
        "a": { "profiles": [ARN], "model": SONNET },
        "b": { "profiles": [ARN], "model": OPUS },
        "c": { "profiles": [ARN2], "model": OPUS },
    }));
    assert_eq!(mappings.find(ARN), None);
    assert_eq!(says(&found(&mappings, ARN2)), (ARN2, Some(OPUS)));
}

#[test]
fn arn_to_model_beside_model_to_arn_is_no_loop() {
    let mappings = good(&json!({ ARN: SONNET, SONNET: ARN, "us.anthropic.claude-opus-5": OPUS,
        OPUS: "us.anthropic.claude-opus-5" }));
    assert_eq!(says(&found(&mappings, SONNET)), (ARN, Some(SONNET)));
    assert_eq!(says(&found(&mappings, ARN)), (ARN, Some(SONNET)));
    let profile = "us.anthropic.claude-opus-5";
    assert_eq!(says(&found(&mappings, OPUS)), (profile, Some(OPUS)));
    assert_eq!(says(&found(&mappings, profile)), (profile, Some(OPUS)));
}

#[test]
fn a_model_mapped_to_a_profile_is_the_model_behind_it() {
    let mappings = good(&json!({ SONNET: ARN, "us.anthropic.claude-opus-5": ARN2 }));
    assert_eq!(says(&found(&mappings, SONNET)), (ARN, Some(SONNET)));
    assert_eq!(says(&found(&mappings, "us.anthropic.claude-opus-5")), (ARN2, Some(OPUS)));
}

#[test]
fn an_object_says_more() {
    let mappings = good(&json!({
        "team-b": { "profiles": [ARN, ARN2], "model": SONNET, "label": " Claude for team B " },
        "eu": { "model": "eu.anthropic.claude-opus-5", "region": "eu-west-1" },
        ARN: { "model": "us.anthropic.claude-sonnet-4-6", "label": "Team A" },
        OPUS: { "label": "Opus" },
        "spread": { "profiles": [ARN2] },
    }));
    let team_b = found(&mappings, "team-b");
    assert_eq!(says(&team_b), (ARN, Some(SONNET)));
    assert_eq!(team_b.profiles, [ARN, ARN2]);
    assert_eq!(team_b.label.as_deref(), Some("Claude for team B"));
    let eu = found(&mappings, "eu");
    assert_eq!(says(&eu), ("eu.anthropic.claude-opus-5", Some(OPUS)));
    assert_eq!(eu.region.as_deref(), Some("eu-west-1"));
    let arn = found(&mappings, ARN);
    assert_eq!((says(&arn), arn.label.as_deref()), ((ARN, Some(SONNET)), Some("Team A")));
    assert_eq!(found(&mappings, OPUS).label.as_deref(), Some("Opus"));
    assert_eq!(says(&found(&mappings, OPUS)), (OPUS, Some(OPUS)));
    // What the other alias says of the ARN.
    assert_eq!(says(&found(&mappings, "spread")), (ARN2, Some(SONNET)));
}

#[test]
fn what_is_behind_may_be_an_alias() {
    let mappings =
        good(&json!({ ARN: "sonnet", "sonnet": { "profiles": [ARN], "model": SONNET } }));
    assert_eq!(says(&found(&mappings, ARN)), (ARN, Some(SONNET)));
    assert_eq!(says(&found(&mappings, "sonnet")), (ARN, Some(SONNET)));
}

#[test]
fn names_of_object_members_are_plain_keys() {
    let mappings = good(
        &json!({ "__proto__": ARN, "constructor": "us.amazon.nova-pro-v1:0", "toString": SONNET }),
    );
    assert_eq!(found(&mappings, "__proto__").call_id, ARN);
    assert_eq!(found(&mappings, "constructor").call_id, "us.amazon.nova-pro-v1:0");
    assert_eq!(found(&mappings, "toString").call_id, SONNET);
    assert_eq!(mappings.find("hasOwnProperty"), None);
}

#[test]
fn an_empty_text_is_no_mappings() {
    for text in ["", "  \n", "{}", "\u{feff}", "\u{feff}{}"] {
        let (mappings, problems) = load(text);
        assert!(mappings.is_empty() && problems.is_empty(), "{text:?}");
    }
    let (mappings, problems) = load(&format!("\u{feff}{{\"{ARN}\": \"{SONNET}\"}}"));
    assert_eq!((mappings.len(), problems.len()), (1, 0));
}

#[test]
fn loops_are_named_whole_and_left_out() {
    let (mappings, problems) =
        of(&json!({ "a": "b", "b": "c", "c": "a", "d": "a", "e": "d", "good": SONNET }));
    assert_eq!(mappings.keys().collect::<Vec<_>>(), ["good"]);
    assert_eq!(
        told(&problems),
        [
            format!(
                "error: {ENV}, entry \"a\": the mappings go round in a loop: \"a\" → \"b\" → \"c\" → \"a\". One of them must lead to an ARN or a model id. Left out: \"a\", \"b\", \"c\"."
            ),
            format!(
                "error: {ENV}, entry \"d\": it leads to \"a\", whose entry was left out; put that one right. This one is left out too."
            ),
            format!(
                "error: {ENV}, entry \"e\": it leads to \"d\", whose entry was left out; put that one right. This one is left out too."
            ),
        ]
    );
    assert!(mappings.why_left_out("b").unwrap().contains("\"a\" → \"b\" → \"c\" → \"a\""));
}

#[test]
fn loops_of_other_shapes_are_found() {
    let (mappings, problems) = of(&json!({ "a": "a" }));
    assert!(mappings.is_empty());
    assert!(problems[0].message.contains("loop: \"a\" → \"a\"."));
    let (mappings, problems) = of(&json!({ ARN: ARN2, ARN2: ARN }));
    assert!(mappings.is_empty());
    assert!(problems[0].message.contains(&format!("loop: \"{ARN}\" → \"{ARN2}\" → \"{ARN}\".")));
    // The ARN describes itself through its own alias: the alias still says what to call.
    let (mappings, problems) = of(&json!({ ARN: "mine", "mine": ARN }));
    assert_eq!(says(&found(&mappings, "mine")), (ARN, None));
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.ends_with(&format!("Left out: \"{ARN}\".")));
    // A list that holds its own key, and a model that is mapped to itself, are none.
    good(&json!({ ARN: { "profiles": [ARN, ARN2], "model": SONNET }, OPUS: OPUS }));
}

#[test]
fn chains_have_a_bound() {
    let chain = |links: usize| {
        let mut all = json!({});
        for link in 0..links {
            all[format!("link{link:05}")] = json!(format!("link{:05}", link + 1));
        }
        all[format!("link{links:05}")] = json!(ARN);
        all
    };
    let mappings = good(&chain(MAX_CHAIN));
    assert_eq!(found(&mappings, "link00000").call_id, ARN);
    let (mappings, problems) = of(&chain(MAX_CHAIN + 1));
    assert_eq!(mappings.find("link00000"), None);
    assert_eq!(found(&mappings, "link00001").call_id, ARN);
    assert_eq!(
        told(&problems),
        [format!(
            "error: {ENV}, entry \"link00000\": the chain that begins here has more than 16 links; map it to its ARN or model id directly. It is left out."
        )]
    );
    // Neither slow nor deep enough to overflow a stack.
    let (mappings, problems) = of(&chain(MAX_ENTRIES - 1));
    assert_eq!(mappings.len(), MAX_CHAIN + 1);
    assert_eq!(problems.len(), 101);
}

#[test]
fn the_option_lies_over_the_environment_key_by_key() {
    let env = json!({ "a": OPUS, "b": SONNET, "c": ARN, "d": "x" }).to_string();
    let option = json!({ "a": SONNET, "c": 5, "e": "b", "d": OPUS }).to_string();
    let (mappings, problems) = Mappings::load(Some(&env), Some(&option), &known);
    assert_eq!(found(&mappings, "a").call_id, SONNET);
    assert_eq!(found(&mappings, "b").call_id, SONNET);
    assert_eq!(found(&mappings, "c").call_id, ARN);
    assert_eq!(mappings.why_left_out("c"), None);
    assert_eq!(found(&mappings, "d").call_id, OPUS);
    assert_eq!(found(&mappings, "e").call_id, SONNET);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].origin, MappingSource::Option);
    assert!(
        problems[0]
            .message
            .starts_with("The option \"mappings\", entry \"c\": the value is a number;")
    );
}

#[test]
fn arns_that_are_offered_without_a_model_are_found() {
    let mappings = good(&json!({ ARN: SONNET }));
    let listed = format!(
        "{SONNET}, {ARN} ,,{ARN2},{ARN2},us.amazon.nova-pro-v1:0,\
         arn:aws:bedrock:us-east-1:123456789123:inference-profile/us.anthropic.claude-opus-5,arn:aws:bedrock:x"
    );
    let unmapped = mappings.unmapped_arns(&listed);
    let arns: Vec<&str> = unmapped.iter().map(|one| one.arn.as_str()).collect();
    assert_eq!(arns, [ARN2, "arn:aws:bedrock:x"]);
    let line = format!("\"{ARN2}\": \"<model id, such as anthropic.claude-sonnet-4-6>\"");
    assert_eq!(unmapped[0].line.as_deref(), Some(line.as_str()));
    assert_eq!(
        unmapped_warning(&unmapped).unwrap(),
        format!(
            "BEDROCK_AWS_MODELS lists \"{ARN2}\" without saying which model is behind; AWS will be asked when it is \
             used (bedrock:GetInferenceProfile). To say it, add to BEDROCK_INFERENCE_PROFILE_MAPPINGS: {{ {line} }} \
             BEDROCK_AWS_MODELS lists an ARN that cannot be used. Model id \"arn:aws:bedrock:x\": it has 4 of the 6 \
             parts of an ARN; an ARN is \"arn:aws:bedrock:<region>:<account>:<type>/<id>\"."
        )
    );
    assert_eq!(mappings.unmapped_arns(""), []);
    assert_eq!(unmapped_warning(&[]), None);
}
proptest! {
    #[test]
    fn reading_never_panics(text in "[\\[\\]{}\",: a-c\\\\0-9é'/]{0,60}") {
        let _ = load(&text);
    }

    /// Any graph of aliases: what is found is bounded, and leads to what the graph leads to.
    #[test]
    fn any_graph_of_aliases_is_resolved_or_reported(edges in prop::collection::btree_map(0_u8..12, 0_u8..14, 0..12)) {
        let name = |node: u8| match node { 12 => ARN.to_owned(), 13 => SONNET.to_owned(), n => format!("n{n}") };
        let mut all = json!({});
        for (from, to) in &edges {
            all[name(*from)] = json!(name(*to));
        }
        let (mappings, _) = of(&all);
        for from in edges.keys() {
            let mut at = *from;
            let mut steps = 0;
            while let Some(next) = edges.get(&at).filter(|_| steps < 50) {
                at = *next;
                steps += 1;
            }
            if let Some(found) = mappings.find(&name(*from)) {
                prop_assert_eq!(found.call_id, name(at));
            } else {
                prop_assert_eq!(steps, 50, "{} was left out", name(*from));
                prop_assert!(mappings.why_left_out(&name(*from)).is_some());
            }
        }
    }
}
