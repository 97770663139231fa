//! The grammar of ids and ARNs, partitions, and the encoding of a path.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use bedrock_profile_core::profile::arn::{IdKind, IdPart, ModelRef, encode_path_segment};
use bedrock_profile_core::profile::partition::partition_of_region;
use proptest::prelude::*;

fn parse(id: &str) -> ModelRef {
    ModelRef::parse(id).unwrap_or_else(|error| panic!("{error}"))
}

fn message(id: &str) -> String {
    ModelRef::parse(id).expect_err("should not be an id").to_string()
}

#[test]
fn every_form_of_id_is_understood() {
    use IdKind as K;
    let arn = |resource: &str| format!("arn:aws:bedrock:us-east-1:123456789012:{resource}");
    #[rustfmt::skip]
    let forms: Vec<(String, K, Option<&str>)> = vec![
        ("anthropic.claude-opus-4-6-v1".into(), K::FoundationModel, Some("anthropic.claude-opus-4-6-v1")),
        ("amazon.nova-pro-v1:0".into(), K::FoundationModel, Some("amazon.nova-pro-v1:0")),
        ("deepseek.v3.2".into(), K::FoundationModel, Some("deepseek.v3.2")),
        ("openai.gpt-5.6-sol".into(), K::FoundationModel, Some("openai.gpt-5.6-sol")),
        ("newco.model-1".into(), K::FoundationModel, Some("newco.model-1")),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0:51k".into(), K::FoundationModel, Some("anthropic.claude-3-5-sonnet-20241022-v2:0")),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-5".into(), K::FoundationModel, Some("anthropic.claude-opus-5")),
        ("arn:aws:bedrock:::foundation-model/anthropic.claude-opus-5".into(), K::FoundationModel, Some("anthropic.claude-opus-5")),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0".into(), K::SystemProfile, Some("anthropic.claude-sonnet-4-5-20250929-v1:0")),
        ("us-gov.anthropic.claude-sonnet-4-6".into(), K::SystemProfile, Some("anthropic.claude-sonnet-4-6")),
        ("global.openai.gpt-6-astra".into(), K::SystemProfile, Some("openai.gpt-6-astra")),
        ("eu.deepseek.v3.2".into(), K::SystemProfile, Some("deepseek.v3.2")),
        (arn("inference-profile/eu.anthropic.claude-sonnet-4-6"), K::SystemProfile, Some("anthropic.claude-sonnet-4-6")),
        (arn("inference-profile/us.newco.model-1"), K::SystemProfile, Some("newco.model-1")),
        (arn("inference-profile/future"), K::SystemProfile, None),
        (arn("application-inference-profile/s529qz7ddy06"), K::ApplicationProfile, None),
        (arn("application-inference-profile/rf3zeruqfake"), K::ApplicationProfile, None),
        (arn("application-inference-profile/abc123def"), K::ApplicationProfile, None),
        (arn("application-inference-profile/us.anthropic.claude-x"), K::ApplicationProfile, None),
        (arn("provisioned-model/abcd1234efgh"), K::ProvisionedModel, None),
        (arn("custom-model/amazon.nova-lite-v1:0/abcd1234efgh"), K::CustomModel, Some("amazon.nova-lite-v1:0")),
        (arn("custom-model/amazon.nova-lite-v1:0:300k/abcd1234efgh"), K::CustomModel, Some("amazon.nova-lite-v1:0")),
        (arn("custom-model/amazon.nova-lite-v1:0"), K::CustomModel, Some("amazon.nova-lite-v1:0")),
        (arn("custom-model/imported/abcd1234efgh"), K::CustomModel, None),
        (arn("custom-model-deployment/abcd1234efgh"), K::CustomModelDeployment, None),
        (arn("imported-model/abcd1234efgh"), K::ImportedModel, None),
        (arn("prompt-router/abcd1234efgh"), K::PromptRouter, None),
        (arn("default-prompt-router/anthropic.claude:1"), K::DefaultPromptRouter, None),
        (arn("prompt/ABCDE12345"), K::Prompt, None),
        (arn("prompt/ABCDE12345:3"), K::Prompt, None),
        ("arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint".into(), K::SagemakerEndpoint, None),
        ("my-pt_1".into(), K::Alias, None),
        ("claude-3-7-sonnet".into(), K::Alias, None),
        ("team-a.anthropic.claude-sonnet-4-6".into(), K::Alias, None),
        ("us.newco.model-1".into(), K::Alias, None),
        ("us.model".into(), K::Alias, None),
        ("Anthropic.Claude".into(), K::Alias, None),
        ("constructor".into(), K::Alias, None),
        ("__proto__".into(), K::Alias, None),
    ];
    for (id, kind, model) in forms {
        let parsed = parse(&id);
        assert_eq!((parsed.kind(), parsed.names_model()), (kind, model), "{id}");
        assert_eq!(parsed.is_opaque(), model.is_none(), "{id}");
        assert_eq!(parsed.as_str(), id);
        assert_eq!(parsed.is_arn(), id.starts_with("arn:"), "{id}");
        assert_eq!(parsed.decorated(), None, "{id}");
    }
}

#[test]
fn the_parts_of_an_arn_can_be_asked_for() {
    let parsed = parse(
        "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude-sonnet-4-6",
    );
    assert_eq!(parsed.partition(), Some("aws-us-gov"));
    assert_eq!(parsed.region(), Some("us-gov-west-1"));
    assert_eq!(parsed.account(), Some("123456789012"));
    assert_eq!(parsed.resource_id(), "us-gov.anthropic.claude-sonnet-4-6");
    assert_eq!(parsed.geo(), Some("us-gov"));
    let global = parse("arn:aws:bedrock:::foundation-model/anthropic.claude-opus-5");
    assert_eq!((global.region(), global.account()), (None, None));
    let plain = parse("eu.anthropic.claude-sonnet-4-6");
    assert_eq!((plain.partition(), plain.region(), plain.account()), (None, None, None));
    assert_eq!(plain.resource_id(), "eu.anthropic.claude-sonnet-4-6");
}

#[test]
fn partitions_newer_than_the_documented_patterns_are_taken() {
    for partition in ["aws-iso-e", "aws-iso-f", "aws-eusc", "aws-new"] {
        let arn = format!(
            "arn:{partition}:bedrock:xx-any-1:123456789012:application-inference-profile/abc"
        );
        assert_eq!(parse(&arn).partition(), Some(partition));
    }
}

#[test]
fn decorations_of_clients_are_taken_off() {
    #[rustfmt::skip]
    let forms = [
        ("bedrock/us.anthropic.claude-opus-5", "us.anthropic.claude-opus-5", None),
        ("bedrock/converse/anthropic.claude-opus-5", "anthropic.claude-opus-5", None),
        ("converse/anthropic.claude-opus-5", "anthropic.claude-opus-5", None),
        ("bedrock/eu-west-1/anthropic.claude-opus-5", "anthropic.claude-opus-5", Some("eu-west-1")),
        ("anthropic.claude-sonnet-4-6[1m]", "anthropic.claude-sonnet-4-6", None),
        ("bedrock/arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc[1m]",
         "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", Some("us-east-1")),
    ];
    for (id, bare, region) in forms {
        let parsed = parse(id);
        assert_eq!(
            (parsed.as_str(), parsed.decorated(), parsed.region()),
            (bare, Some(id), region)
        );
    }
    // Could be legal, so it stays.
    let kept = "anthropic.claude-3-5-haiku-20241022-v1:0-latency-optimized";
    assert_eq!(parse(kept).as_str(), kept);
}

#[test]
fn what_is_wrong_with_an_id_is_said() {
    let arn = |rest: &str| format!("arn:aws:bedrock:us-east-1:123456789012:{rest}");
    let name = "application-inference-profile/abc";
    #[rustfmt::skip]
    let wrong: Vec<(String, IdPart, &str)> = vec![
        (".".into(), IdPart::Whole,
         "it is a step in a path, not a name; give a model id, the ARN of a profile, or an alias of the mappings."),
        // A decoration must not hide it.
        ("bedrock/..".into(), IdPart::Whole,
         "it is a step in a path, not a name; give a model id, the ARN of a profile, or an alias of the mappings."),
        (".[1m]".into(), IdPart::Whole,
         "it is a step in a path, not a name; give a model id, the ARN of a profile, or an alias of the mappings."),
        ("..".into(), IdPart::Whole,
         "it is a step in a path, not a name; give a model id, the ARN of a profile, or an alias of the mappings."),
        (" a.b".into(), IdPart::Character,
         "whitespace stands before it; take it out; only an alias that is a key of the mappings may hold spaces."),
        ("My Sonnet".into(), IdPart::Character,
         "whitespace stands at character 3; take it out; only an alias that is a key of the mappings may hold spaces."),
        ("claude–opus".into(), IdPart::Character,
         "\"–\" cannot stand in a model id (character 7); write a plain hyphen (-)."),
        ("'a.b'".into(), IdPart::Character,
         "\"'\" cannot stand in a model id (character 1); take the quotation marks off."),
        ("arn%3Aaws".into(), IdPart::Character,
         "\"%\" cannot stand in a model id (character 4); give the id as AWS shows it, it is percent-encoded when it is sent."),
        ("team/sonnet".into(), IdPart::Character,
         "\"/\" cannot stand in a model id (character 5); letters, digits, \"-\", \".\", \"_\" and \":\" can; an alias with other characters must be a key of the mappings."),
        ("bedrock/".into(), IdPart::Whole,
         "nothing is left of it without the client's own prefix; a model id such as \"anthropic.claude-sonnet-4-6\" must follow."),
        ("arn:aws:bedrock:us-east-1".into(), IdPart::Whole,
         "it has 4 of the 6 parts of an ARN; an ARN is \"arn:aws:bedrock:<region>:<account>:<type>/<id>\"."),
        (format!("ARN:aws:bedrock:us-east-1:123456789012:{name}"), IdPart::Whole,
         "it begins with \"ARN\"; an ARN begins with \"arn\" in small letters."),
        (format!("arn:amazon:bedrock:us-east-1:123456789012:{name}"), IdPart::Partition,
         "the partition (part 2) is \"amazon\"; it must be \"aws\", \"aws-us-gov\", \"aws-cn\" or another that begins with \"aws-\"."),
        (format!("arn:aws-:bedrock:us-east-1:123456789012:{name}"), IdPart::Partition,
         "the partition (part 2) is \"aws-\"; it must be \"aws\", \"aws-us-gov\", \"aws-cn\" or another that begins with \"aws-\"."),
        (format!("arn:aws:s3:us-east-1:123456789012:{name}"), IdPart::Service,
         "the service (part 3) is \"s3\"; it must be \"bedrock\", or \"sagemaker\" for a Marketplace endpoint."),
        (format!("arn:aws:bedrock::123456789012:{name}"), IdPart::Region,
         "the region (part 4) is \"\"; it must be a region's name such as \"us-east-1\"."),
        (format!("arn:aws:bedrock:us_east_1:123456789012:{name}"), IdPart::Region,
         "the region (part 4) is \"us_east_1\"; it must be a region's name such as \"us-east-1\"."),
        (format!("arn:aws:bedrock:us-east-1:12345:{name}"), IdPart::Account,
         "the account (part 5) is \"12345\"; it must be the 12 digits of the account's number."),
        (format!("arn:aws:bedrock:us-east-1::{name}"), IdPart::Account,
         "the account (part 5) is \"\"; it must be the 12 digits of the account's number."),
        (arn("foundation-model/a.b"), IdPart::Account,
         "the account (part 5) is \"123456789012\"; a foundation model has none (\"…::foundation-model/…\")."),
        (arn("abc"), IdPart::Resource,
         "the resource (part 6) is \"abc\"; it must be \"<type>/<id>\", such as \"application-inference-profile/abc123def456\"."),
        (arn("guardrail/abc"), IdPart::Resource,
         "the resource (part 6) is \"guardrail/abc\"; its type must be one that can be called: application-inference-profile, inference-profile, foundation-model, provisioned-model, custom-model, custom-model-deployment, imported-model, prompt-router, default-prompt-router or prompt."),
        (arn("project/team-a"), IdPart::Resource,
         "it is the ARN of a project (\"project/team-a\"), which cannot be called; a project is named in projectIdentifier, beside the id of a model or of a system profile."),
        ("arn:aws:bedrock-mantle:us-east-1:123456789012:project/proj_abc".into(), IdPart::Resource,
         "it is the ARN of a project (\"project/proj_abc\"), which cannot be called; a project is named in projectIdentifier, beside the id of a model or of a system profile."),
        (arn("application-inference-profile/"), IdPart::Resource,
         "the resource (part 6) is \"application-inference-profile/\"; the id after \"/\" must be 1 to 64 letters, digits, \"-\", \":\" and \".\"."),
        (arn("application-inference-profile/a/b"), IdPart::Resource,
         "the resource (part 6) is \"application-inference-profile/a/b\"; the id after \"/\" must be 1 to 64 letters, digits, \"-\", \":\" and \".\"."),
        (arn("provisioned-model/a.b"), IdPart::Resource,
         "the resource (part 6) is \"provisioned-model/a.b\"; the id after \"/\" must be 1 to 64 letters, digits, \"-\" and \"_\"."),
        ("arn:aws:bedrock:us-east-1::foundation-model/claude".into(), IdPart::Resource,
         "the resource (part 6) is \"foundation-model/claude\"; it must hold a model id such as \"foundation-model/anthropic.claude-sonnet-4-6\"."),
        (arn("custom-model/x/abc"), IdPart::Resource,
         "the resource (part 6) is \"custom-model/x/abc\"; it must be \"custom-model/<base model id>/<id>\"."),
        (arn("prompt/ABC:v1"), IdPart::Resource,
         "the resource (part 6) is \"prompt/ABC:v1\"; it must be \"prompt/<id>\" or \"prompt/<id>:<version>\", the version being 1 to 5 digits."),
        ("arn:aws:sagemaker:us-east-1:123456789012:model/x".into(), IdPart::Resource,
         "the resource (part 6) is \"model/x\"; of SageMaker only \"endpoint/<name>\" can be called."),
        ("arn:aws:sagemaker:us-east-1:123456789012:endpoint/a_b".into(), IdPart::Resource,
         "the resource (part 6) is \"endpoint/a_b\"; the endpoint's name must be 1 to 63 letters, digits and \"-\"."),
        ("arn:aws-cn:sagemaker:cn-north-1:123456789012:endpoint/x".into(), IdPart::Partition,
         "the partition (part 2) is \"aws-cn\"; Marketplace endpoints exist in \"aws\" only."),
    ];
    for (id, part, expected) in wrong {
        assert_eq!(message(&id), format!("Model id \"{id}\": {expected}"));
        assert_eq!(ModelRef::parse(&id).map_err(|error| error.part), Err(part), "{id}");
    }
}

#[test]
fn an_error_quotes_the_id_without_its_dangers() {
    assert_eq!(
        message(""),
        "The model id is empty; give a model id such as \"anthropic.claude-sonnet-4-6\", the ARN of a profile, or \
         an alias of the mappings."
    );
    assert_eq!(
        message("ab\u{1b}c"),
        "Model id \"ab\\u{1b}c\": a control character (U+001B) stands at character 3; take it out."
    );
    assert_eq!(
        message("ab\0"),
        "Model id \"ab\\u{0}\": a control character (U+0000) stands at character 3; take it out."
    );
    assert_eq!(
        message("a.b\n"),
        "Model id \"a.b\\u{a}\": whitespace stands after it; take it out; only an alias that is a key of the \
         mappings may hold spaces."
    );
    assert_eq!(
        message("\"a"),
        "Model id \"\\\"a\": \"\\\"\" cannot stand in a model id (character 1); take the quotation marks off."
    );
}

#[test]
fn an_id_has_at_most_2048_characters_and_its_quotation_fewer() {
    assert_eq!(parse(&"a".repeat(2048)).kind(), IdKind::Alias);
    let quoted = "a".repeat(160);
    assert_eq!(
        message(&"a".repeat(2049)),
        format!("Model id \"{quoted}…\": it has 2049 characters; AWS takes at most 2048.")
    );
}

#[test]
fn lengths_of_the_parts_have_bounds() {
    let profile = |length| {
        let id = "a".repeat(length);
        format!("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/{id}")
    };
    assert!(ModelRef::parse(&profile(64)).is_ok());
    assert!(ModelRef::parse(&profile(65)).is_err());
    let base = |length| format!("anthropic.{}", "a".repeat(length));
    assert_eq!(parse(&base(63)).kind(), IdKind::FoundationModel);
    assert_eq!(parse(&base(64)).kind(), IdKind::Alias);
}

#[test]
fn names_can_be_taken_as_those_of_provisioned_models() {
    let provisioned = parse("my-pt").as_provisioned_name().unwrap();
    assert_eq!((provisioned.kind(), provisioned.as_str()), (IdKind::ProvisionedModel, "my-pt"));
    assert_eq!(parse("my.pt.x:1:2:3").as_provisioned_name(), None);
    assert_eq!(parse(&"a".repeat(65)).as_provisioned_name(), None);
}

#[test]
fn a_path_is_encoded_as_the_sdks_do() {
    #[rustfmt::skip]
    let paths = [
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456",
         "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aapplication-inference-profile%2Fabc123def456"),
        ("arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude-sonnet-4-6",
         "arn%3Aaws-us-gov%3Abedrock%3Aus-gov-west-1%3A123456789012%3Ainference-profile%2Fus-gov.anthropic.claude-sonnet-4-6"),
        ("us.amazon.nova-pro-v1:0", "us.amazon.nova-pro-v1%3A0"),
        ("my_pt~1", "my_pt~1"),
        ("!*'()%é/ ", "%21%2A%27%28%29%25%C3%A9%2F%20"),
    ];
    for (id, path) in paths {
        assert_eq!(encode_path_segment(id), path);
    }
    assert_eq!(parse("amazon.nova-pro-v1:0").path_segment(), "amazon.nova-pro-v1%3A0");
}

#[test]
fn each_region_has_its_partition() {
    #[rustfmt::skip]
    let regions = [
        ("us-east-1", "aws", "amazonaws.com", "api.aws"),
        ("mx-central-1", "aws", "amazonaws.com", "api.aws"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com", "api.aws"),
        ("us-iso-east-1", "aws-iso", "c2s.ic.gov", "api.aws.ic.gov"),
        ("us-isob-east-1", "aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud"),
        ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu"),
        ("moon-north-1", "aws", "amazonaws.com", "api.aws"),
        ("aws-us-gov-global", "aws-us-gov", "amazonaws.com", "api.aws"),
        ("", "aws", "amazonaws.com", "api.aws"),
    ];
    for (region, id, dns, dual) in regions {
        let found = partition_of_region(region);
        assert_eq!(
            (found.id, found.dns_suffix, found.dual_stack_dns_suffix),
            (id, dns, dual),
            "{region}"
        );
    }
}

/// Text that has the look of an id: parts of ids in any order.
fn id_like() -> impl Strategy<Value = String> {
    #[rustfmt::skip]
    let parts = prop::sample::select(vec![
        "arn", ":", "aws", "bedrock", "us-east-1", "123456789012", "/", ".", "anthropic", "claude-opus-5",
        "application-inference-profile", "foundation-model", "custom-model", "us", "bedrock/", "[1m]", "v1:0",
        "é", "\u{202e}", " ", "-", "prompt", "\0", "anthropic.claude-opus-5", "us.",
        "arn:aws:bedrock:us-east-1:123456789012:", "arn:aws:bedrock:us-east-1::foundation-model/",
    ]);
    prop::collection::vec(parts, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn parsing_never_panics(id in ".{0,300}") {
        let _ = ModelRef::parse(&id);
    }

    #[test]
    fn what_is_an_id_stays_itself(id in id_like()) {
        match ModelRef::parse(&id) {
            Ok(parsed) => {
                let again = ModelRef::parse(parsed.as_str()).expect("an id's text is an id");
                prop_assert_eq!(again.as_str(), parsed.as_str());
                prop_assert_eq!(again.kind(), parsed.kind());
                prop_assert_eq!(again.names_model(), parsed.names_model());
                if let Some(model) = parsed.names_model() {
                    let model = ModelRef::parse(model).expect("a model's id is an id");
                    prop_assert!(model.as_str().contains('.'));
                }
                prop_assert_eq!(parsed.decorated().unwrap_or(parsed.as_str()), id);
            }
            Err(error) => {
                prop_assert!(error.message().chars().count() < 1200);
                prop_assert!(!error.message().chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn an_arn_gives_back_its_parts(
        partition in "aws(-[a-z]{1,8})?", region in "[a-z]{2}-[a-z]{4,9}-[1-9]",
        account in "[0-9]{12}", id in "[a-zA-Z0-9:.-]{1,64}",
    ) {
        let arn = format!("arn:{partition}:bedrock:{region}:{account}:application-inference-profile/{id}");
        let parsed = ModelRef::parse(&arn).unwrap();
        prop_assert_eq!(parsed.partition(), Some(partition.as_str()));
        prop_assert_eq!(parsed.region(), Some(region.as_str()));
        prop_assert_eq!(parsed.account(), Some(account.as_str()));
        prop_assert_eq!(parsed.resource_id(), id.as_str());
        prop_assert!(parsed.is_opaque());
    }

    #[test]
    fn an_encoded_path_can_be_decoded(text in ".{0,100}") {
        let encoded = encode_path_segment(&text);
        prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)));
        let mut bytes = Vec::new();
        let mut rest = encoded.as_bytes();
        while let [first, tail @ ..] = rest {
            rest = tail;
            if *first == b'%' {
                let (hex, tail) = tail.split_at(2);
                let hex = std::str::from_utf8(hex).unwrap();
                prop_assert_eq!(hex, hex.to_uppercase());
                bytes.push(u8::from_str_radix(hex, 16).unwrap());
                rest = tail;
            } else {
                bytes.push(*first);
            }
        }
        prop_assert_eq!(String::from_utf8(bytes).unwrap(), text);
    }
}
