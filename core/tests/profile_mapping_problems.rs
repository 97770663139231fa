//! The operator's mappings: what is said of what is wrong with them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use bedrock_profile_core::profile::mapping::{MAX_ENTRIES, MAX_SIZE, MappingSource, Mappings};
use serde_json::{Value, json};

mod profile_mapping_support;

use profile_mapping_support::*;

#[test]
fn text_that_is_no_json_is_explained() {
    #[rustfmt::skip]
    let texts = [
        ("{'a': 'b.c'}", "key must be a string at line 1, column 2, near \"{'a': 'b.c'}\". JSON takes double quotes (\"), not single ones."),
        ("'{\"a\":\"b.c\"}'", "expected value at line 1, column 1, near \"'{\\\"a\\\":\\\"b.c\\\"}'\". JSON takes double quotes (\"), not single ones."),
        ("{\n\"a\": \"b.c\",\n}", "trailing comma at line 3, column 1, near \"}\". Take out the comma after the last entry."),
        ("{“a”: “b.c”}", "key must be a string at line 1, column 2, near \"{“a”: “b.c”}\". Write straight double quotes (\"), not typographic ones."),
        ("{\"a\": \"b.c\"", "EOF while parsing an object at line 1, column 11, near \"{\\\"a\\\": \\\"b.c\\\"\". The text ends too early: a bracket or quote is not closed, or only the first line of it arrived (in a .env file, a value over several lines must stand in single quotes)."),
        ("{\"a\": \"b\nc\"}", "control character (\\u0000-\\u001F) found while parsing a string at line 2, column 0, near \"c\\\"}\". A line break or tab stands inside a quoted text: join the lines, or close the quote."),
        ("{\"a\\x\": \"b.c\"}", "invalid escape at line 1, column 5, near \"{\\\"a\\x\\\": \\\"b.c\\\"}\". A backslash inside a quoted text must be written twice (\\\\)."),
        ("{a: \"b.c\"}", "key must be a string at line 1, column 2, near \"{a: \\\"b.c\\\"}\". Each key must stand in double quotes."),
        ("{\"a\": \"b.c\"} {\"d\": \"e.f\"}", "trailing characters at line 1, column 14, near \"\\\"a\\\": \\\"b.c\\\"} {\\\"d\\\": \\\"e.f\\\"}\". Something follows the closing brace: take it out, or join the objects into one."),
        ("{\"a\": \"b.c\" \"d\": \"e.f\"}", "expected `,` or `}` at line 1, column 13, near \"{\\\"a\\\": \\\"b.c\\\" \\\"d\\\": \\\"e.f\\\"}\". A comma is missing between two entries, or a double quote inside a text lacks its backslash."),
        ("{\"a\": \"b.c\", // team\n}", "key must be a string at line 1, column 14, near \"\\\"a\\\": \\\"b.c\\\", // team\". JSON has no comments."),
        ("arn=model", "expected value at line 1, column 1, near \"arn=model\". It must be one object, such as {\"<ARN or alias>\": \"<model id or ARN>\"}."),
    ];
    for (text, expected) in texts {
        let (mappings, problems) = load(text);
        assert!(mappings.is_empty());
        let expected =
            format!("error: {ENV} is not JSON: {expected} None of its mappings is used.");
        assert_eq!(told(&problems), [expected], "{text}");
        assert_eq!(problems[0].entry, None);
    }
}

#[test]
fn depth_is_bounded() {
    let deep = format!("{{\"a\": {}1{}}}", "[".repeat(5000), "]".repeat(5000));
    let (mappings, problems) = load(&deep);
    assert!(mappings.is_empty());
    let messages = told(&problems);
    assert!(
        messages[0]
            .starts_with(&format!("error: {ENV} is not JSON: recursion limit exceeded at line 1")),
        "{messages:?}"
    );
    assert!(
        messages[0]
            .contains("A mapping is a text, or an object of texts and one list; nothing deeper.")
    );
}

#[test]
fn json_that_is_no_object_is_explained() {
    #[rustfmt::skip]
    let texts = [
        ("[]", "is an array, not an object; it must be {\"<ARN or alias>\": \"<model id or ARN>\"}. Write {…} instead of […]."),
        ("null", "is null, not an object; it must be {\"<ARN or alias>\": \"<model id or ARN>\"}."),
        ("5", "is a number, not an object; it must be {\"<ARN or alias>\": \"<model id or ARN>\"}."),
        ("true", "is true or false, not an object; it must be {\"<ARN or alias>\": \"<model id or ARN>\"}."),
        ("\"{\\\"a\\\": \\\"b.c\\\"}\"", "is a text, not an object; it must be {\"<ARN or alias>\": \"<model id or ARN>\"}. It was made JSON twice: take the outer quotes and the backslashes off."),
    ];
    for (text, expected) in texts {
        let (mappings, problems) = load(text);
        assert!(mappings.is_empty());
        let expected = format!("error: {ENV} {expected} None of its mappings is used.");
        assert_eq!(told(&problems), [expected]);
    }
}

/// One entry, the whole text about it, and that a good entry beside it works.
fn only_problem(key: &str, value: &Value, expected: &str) -> Mappings {
    let mut all = json!({ "good": OPUS });
    all[key] = value.clone();
    let (mappings, problems) = of(&all);
    let (severity, text) = expected.split_once(": ").unwrap();
    let full = format!("{severity}: {ENV}, entry {text}");
    assert_eq!(told(&problems), [full]);
    assert_eq!(problems[0].entry.as_deref(), Some(key.trim()));
    assert_eq!(found(&mappings, "good").call_id, OPUS);
    assert_eq!(mappings.find(key.trim()).is_none(), severity == "error", "{key}");
    mappings
}

#[test]
fn a_bad_value_is_left_out_and_said() {
    let value = "it must be a model id such as \"anthropic.claude-sonnet-4-6\", an ARN, an alias, or an object with \
                 \"model\", \"profiles\", \"label\", \"region\", \"allow\"";
    #[rustfmt::skip]
    let values = [
        (json!(5), format!("error: \"a\": the value is a number; {value}. The entry is left out.")),
        (json!(5.5), format!("error: \"a\": the value is a number; {value}. The entry is left out.")),
        (serde_json::from_str("1e400").unwrap(), format!("error: \"a\": the value is a number; {value}. The entry is left out.")),
        (json!(null), format!("error: \"a\": the value is null; {value}. The entry is left out.")),
        (json!(true), format!("error: \"a\": the value is true or false; {value}. The entry is left out.")),
        (json!([ARN]), format!("error: \"a\": the value is an array; {value}. The entry is left out.")),
        (json!(""), format!("error: \"a\": the value is empty; {value}. It is left out.")),
        (json!("   "), format!("error: \"a\": the value is empty; {value}. It is left out.")),
        (json!("x\u{0}y"), "error: \"a\": the value cannot be used. Model id \"x\\u{0}y\": a control character (U+0000) stands at character 2; take it out. It is left out.".into()),
        (json!("arn:aws:bedrock:us-east-1:1234:application-inference-profile/x"),
         "error: \"a\": the value cannot be used. Model id \"arn:aws:bedrock:us-east-1:1234:application-inference-profile/x\": the account (part 5) is \"1234\"; it must be the 12 digits of the account's number. It is left out.".into()),
        (json!("My Sonnet"), "error: \"a\": \"My Sonnet\" is neither a model id, nor an ARN, nor a key of the mappings (did you mean \"anthropic.claude-sonnet-4-6\"?). The entry is left out.".into()),
        (json!({}), "error: \"a\": it says neither what to call nor which model is meant; give \"profiles\" (a list of ARNs), \"model\" (a model id), or both. The entry is left out.".into()),
        (json!({ "label": "x" }), "error: \"a\": it says neither what to call nor which model is meant; give \"profiles\" (a list of ARNs), \"model\" (a model id), or both. The entry is left out.".into()),
        (json!({ "model": 5 }), "error: \"a\": \"model\" is a number; it must be a model id such as \"anthropic.claude-sonnet-4-6\". The entry is left out.".into()),
        (json!({ "profiles": ARN }), "error: \"a\": \"profiles\" is a text; it must be an array of ARNs such as [\"arn:aws:bedrock:…\"]. The entry is left out.".into()),
    ];
    for (value, expected) in values {
        only_problem("a", &value, &expected);
    }
}

#[test]
fn a_bad_key_is_left_out_and_said() {
    #[rustfmt::skip]
    let keys = [
        ("", "error: \"\": the key is empty; it must be an ARN, a model id or an alias. The entry is left out."),
        ("..", "error: \"..\": the key cannot be used. Model id \"..\": it is a step in a path, not a name; give a model id, the ARN of a profile, or an alias of the mappings. The entry is left out."),
        ("a\u{7}", "error: \"a\\u{7}\": the key cannot be used. Model id \"a\\u{7}\": a control character (U+0007) stands at character 2; take it out. The entry is left out."),
        ("arn:aws:bedrock:us-east-1:123456789123", "error: \"arn:aws:bedrock:us-east-1:123456789123\": the key cannot be used. Model id \"arn:aws:bedrock:us-east-1:123456789123\": it has 5 of the 6 parts of an ARN; an ARN is \"arn:aws:bedrock:<region>:<account>:<type>/<id>\". The entry is left out."),
    ];
    for (key, expected) in keys {
        only_problem(key, &json!(SONNET), expected);
    }
    let (mappings, problems) = of(&json!({ "k".repeat(2049): SONNET }));
    assert!(mappings.is_empty());
    assert!(problems[0].message.contains("it has 2049 characters; AWS takes at most 2048."));
}

#[test]
fn a_doubtful_entry_works_and_is_said() {
    let label = "it must be a short text. It is left out.";
    #[rustfmt::skip]
    let entries = [
        ("a", json!("claude-3-7-sonnet"), "warning: \"a\": \"claude-3-7-sonnet\" is not a model id (\"<provider>.<name>\"), an ARN or a key of the mappings; it is sent to AWS as it is (did you mean \"anthropic.claude-3-7-sonnet-20250219-v1:0\"?).".to_owned()),
        (ARN, json!("claude-3-7-sonnet"), format!("warning: \"{ARN}\": \"claude-3-7-sonnet\" is not a model id (\"<provider>.<name>\") and may not be recognised (did you mean \"anthropic.claude-3-7-sonnet-20250219-v1:0\"?).")),
        (ARN, json!("qqq"), format!("warning: \"{ARN}\": \"qqq\" is not a model id (\"<provider>.<name>\") and may not be recognised.")),
        (ARN, json!(ARN2), format!("warning: \"{ARN}\": the value should say which model is behind the key, and \"{ARN2}\" does not name one; AWS will be asked about it. Write a model id such as \"anthropic.claude-sonnet-4-6\".")),
        (ARN, json!("anthropic.claude-3-7-sonet-20250219-v1:0"), format!("warning: \"{ARN}\": \"anthropic.claude-3-7-sonet-20250219-v1:0\" is not a model that is known; did you mean \"anthropic.claude-3-7-sonnet-20250219-v1:0\"?")),
        ("a", json!(format!(" {SONNET}\n")), "warning: \"a\": whitespace around the value was cut off; take it out.".into()),
        (" a ", json!(SONNET), "warning: \"a\": whitespace around the key was cut off; take it out.".into()),
        ("a", json!("bedrock/us.anthropic.claude-opus-5"), "warning: \"a\": the value is \"bedrock/us.anthropic.claude-opus-5\", which AWS does not take; \"us.anthropic.claude-opus-5\" is used. Write it so.".into()),
        ("a", json!({ "model": SONNET, "modle": 1 }), "warning: \"a\": \"modle\" means nothing here and is left out; an entry may hold \"model\", \"profiles\", \"label\", \"region\" and \"allow\".".into()),
        ("a", json!({ "model": SONNET, "profiles": [] }), "warning: \"a\": \"profiles\" is empty; list at least one ARN, or take it out.".into()),
        ("a", json!({ "profiles": [ARN, ARN] }), "warning: \"a\": \"profiles\"[1] stands in the list already; take it out.".into()),
        ("a", json!({ "model": SONNET, "label": 5 }), format!("warning: \"a\": \"label\" is a number; {label}")),
        ("a", json!({ "model": SONNET, "label": " " }), format!("warning: \"a\": \"label\" is empty; {label}")),
        ("a", json!({ "model": SONNET, "label": "x\ny" }), format!("warning: \"a\": \"label\" holds control characters; {label}")),
        ("a", json!({ "model": SONNET, "label": "x".repeat(201) }), format!("warning: \"a\": \"label\" has more than 200 characters; {label}")),
        ("a", json!({ "model": SONNET, "region": "US East" }), "warning: \"a\": \"region\" is \"US East\"; it must be a region's name such as \"us-east-1\". It is left out.".into()),
        ("a", json!({ "model": SONNET, "region": 1 }), "warning: \"a\": \"region\" is a number; it must be a region's name such as \"us-east-1\". It is left out.".into()),
        ("a", json!({ "profiles": [ARN], "region": "eu-west-1" }), format!("warning: \"a\": \"region\" is \"eu-west-1\", but \"{ARN}\" is in \"us-east-1\", where it is called. Take \"region\" out.")),
        ("a", json!({ "profiles": ["us.anthropic.claude-opus-5", "us.anthropic.claude-sonnet-4-6"] }), format!("warning: \"a\": different models are behind it (\"{OPUS}\", \"{SONNET}\"); requests are fitted to \"{OPUS}\". An alias should stand for one model. Profiles of another model are not called, unless they are listed as {{ \"id\": …, \"model\": … }}.")),
        ("a", json!({ "profiles": ["us.anthropic.claude-opus-5"], "model": SONNET }), format!("warning: \"a\": different models are behind it (\"{OPUS}\", \"{SONNET}\"); requests are fitted to \"{SONNET}\". An alias should stand for one model.")),
    ];
    for (key, value, expected) in entries {
        only_problem(key, &value, &expected);
    }
}

#[test]
fn bad_profiles_of_a_list_leave_the_others() {
    let (mappings, problems) = of(&json!({ "a": { "profiles": [5, "arn:aws:bedrock", "", ARN] } }));
    assert_eq!(found(&mappings, "a").profiles, [ARN]);
    assert_eq!(
        told(&problems)[..2],
        [
            format!(
                "error: {ENV}, entry \"a\": \"profiles\"[0] is a number; it must be an ARN or a model id, or an object with \"id\", \"priority\", \"weight\", \"region\", \"model\" and \"runsIn\". It is left out."
            ),
            format!(
                "error: {ENV}, entry \"a\": \"profiles\"[1] cannot be used. Model id \"arn:aws:bedrock\": it has 3 of the 6 parts of an ARN; an ARN is \"arn:aws:bedrock:<region>:<account>:<type>/<id>\". It is left out."
            ),
        ]
    );
    let (mappings, problems) = of(&json!({ "a": { "profiles": [5] } }));
    assert!(mappings.is_empty());
    assert_eq!(
        told(&problems)[1],
        format!(
            "error: {ENV}, entry \"a\": none of its \"profiles\" can be used; list at least one ARN. The entry is left out."
        )
    );
}

#[test]
fn profiles_whose_own_mappings_disagree_are_said() {
    let (mappings, problems) =
        of(&json!({ "a": { "profiles": [ARN, ARN2] }, ARN: SONNET, ARN2: OPUS }));
    assert_eq!(says(&found(&mappings, "a")), (ARN, Some(SONNET)));
    assert_eq!(
        told(&problems),
        [format!(
            "warning: {ENV}, entry \"a\": different models are behind it (\"{OPUS}\", \"{SONNET}\"); requests are \
             fitted to \"{SONNET}\". An alias should stand for one model. Profiles of another model are not called, unless they are listed as {{ \"id\": …, \"model\": … }}."
        )]
    );
}

#[test]
fn of_duplicate_keys_the_last_counts_and_it_is_said() {
    let text = format!(r#"{{"a": "{OPUS}", "b": "{OPUS}", "a": "{SONNET}"}}"#);
    let (mappings, problems) = load(&text);
    assert_eq!(found(&mappings, "a").call_id, SONNET);
    assert_eq!(found(&mappings, "b").call_id, OPUS);
    assert_eq!(
        told(&problems),
        [format!(
            "warning: {ENV}, entry \"a\": the key stands there more than once; the last one counts, as in JSON.parse. Keep one."
        )]
    );
    let (mappings, problems) = load(&format!(r#"{{"a": "{OPUS}", "a": 5}}"#));
    assert!(mappings.is_empty());
    assert_eq!(problems.len(), 2);
    let (mappings, problems) =
        load(&format!(r#"{{"a": {{"model": "{OPUS}", "model": "{SONNET}"}}}}"#));
    assert_eq!(found(&mappings, "a").call_id, SONNET);
    assert_eq!(
        told(&problems),
        [format!(
            "warning: {ENV}, entry \"a\": \"model\" stands there more than once; the last one counts, as in JSON.parse. Keep one."
        )]
    );
}

#[test]
fn size_and_number_of_entries_have_bounds() {
    let filler = "x".repeat(MAX_SIZE);
    let (mappings, problems) = load(&format!("{{\"{filler}\": 1}}"));
    assert!(mappings.is_empty());
    assert_eq!(
        told(&problems),
        [format!(
            "error: {ENV} has 1048583 bytes; at most 1048576 (1 MiB) are read. None of its mappings is used."
        )]
    );
    let mut all = json!({});
    for entry in 0..=MAX_ENTRIES {
        all[format!("alias{entry}")] = json!(SONNET);
    }
    let (mappings, problems) = of(&all);
    assert_eq!(mappings.len(), MAX_ENTRIES);
    assert_eq!(
        told(&problems),
        [format!(
            "error: {ENV} has 10001 entries; the first 10000 are used, the others are left out."
        )]
    );
}

#[test]
fn many_problems_are_counted_after_the_first_hundred() {
    let mut all = json!({ "good": SONNET });
    for entry in 0..150 {
        all[format!("bad{entry}")] = json!(entry);
    }
    let (mappings, problems) = of(&all);
    assert_eq!((mappings.len(), problems.len()), (1, 101));
    assert_eq!(problems[100].message, format!("{ENV} has 50 more problems than these."));
}

#[test]
fn problems_cross_to_javascript_as_data() {
    let (_, problems) = Mappings::parse(r#"{"a": ""}"#, MappingSource::Environment);
    let value = serde_json::to_value(&problems[0]).unwrap();
    assert_eq!(value["origin"], "environment");
    assert_eq!(value["entry"], "a");
    assert_eq!(value["severity"], "error");
}
