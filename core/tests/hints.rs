//! Hints: each of AWS's texts is recognized for what it is, its neighbours are not, and what a hint says
//! of a call is true of that call.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use bedrock_profile_core::bedrock::CallError;
use bedrock_profile_core::bedrock::error::{ErrorKind, Metadata};
use bedrock_profile_core::bedrock::shapes::BLOB_KEY;
use bedrock_profile_core::hints::{self, HintContext, advise, recognize};
use bedrock_profile_core::model::ModelCapabilities;
use bedrock_profile_core::model::catalog::capabilities;
use bedrock_profile_core::profile::lookup::LookupCause;
use bedrock_profile_core::profile::resolver::{ResolveSource, Warning, WarningCause};
use bedrock_profile_core::profile::{IdKind, ModelRef, ResolvedProfile};
use serde_json::{Map, Value, json};

const SONNET: &str = "anthropic.claude-sonnet-5";
const PROFILE: &str =
    "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/s529qz7ddy06";

/// A call of an id.
struct Call {
    resolved: ResolvedProfile,
    model: Arc<ModelCapabilities>,
    request: Map<String, Value>,
    blobs: Vec<Vec<u8>>,
}

impl Call {
    fn of(id: &str, model: Option<&str>) -> Self {
        let resolved = ResolvedProfile {
            requested_id: id.to_owned(),
            call_id: id.to_owned(),
            kind: ModelRef::parse(id).map_or(IdKind::Alias, |id| id.kind()),
            model: model.map(str::to_owned),
            other_models: Vec::new(),
            region: Some("us-east-1".to_owned()),
            partition: "aws".to_owned(),
            source: ResolveSource::Id,
            age: 0,
            label: None,
            name: None,
            profiles: vec![id.to_owned()],
            warnings: Vec::new(),
        };
        let model = model.map_or_else(Arc::default, capabilities);
        Self { resolved, model, request: Map::new(), blobs: Vec::new() }
    }

    fn asking(mut self, request: Value) -> Self {
        let Value::Object(request) = request else { panic!("an object") };
        self.request = request;
        self
    }

    fn context(&self) -> HintContext<'_> {
        let Self { resolved, model, request, blobs } = self;
        HintContext { resolved, model, request, blobs, violations: &[] }
    }

    /// The hint of an error.
    fn hint(&self, name: &str, status: u16, text: &str) -> String {
        let mut error = refusal(name, status, text);
        advise(&mut error, Some(&self.context()));
        assert_eq!(error.message, text, "AWS's text is AWS's");
        error.hint.unwrap_or_default()
    }

    fn id(&self, name: &str, status: u16, text: &str) -> Option<&'static str> {
        recognize(&refusal(name, status, text), Some(&self.context())).map(|hint| hint.id)
    }
}

fn refusal(name: &str, status: u16, text: &str) -> CallError {
    let metadata = Metadata { http_status_code: Some(status), ..Metadata::default() };
    CallError::service(name, status, json!({ "message": text })).with_metadata(metadata)
}

fn sonnet() -> Call {
    Call::of(&format!("us.{SONNET}"), Some(SONNET))
}

/// Texts as they were seen, with what they are.
#[rustfmt::skip]
const SEEN: &[(&str, &str, u16, &str)] = &[
    ("tokens-per-day", "ThrottlingException", 429, "Too many tokens per day, please wait before trying again."),
    ("tokens-per-minute", "ThrottlingException", 429, "Too many tokens, please wait before trying again."),
    ("throttled", "ThrottlingException", 429, "Too many requests, please wait before trying again."),
    ("throttled", "ThrottlingException", 429, "Too many connections, please wait before trying again."),
    ("throttled", "ThrottlingException", 429, "Rate exceeded"),
    ("quota-exceeded", "ServiceQuotaExceededException", 400, "Your request exceeds the service quota for your account."),
    ("model-not-ready", "ModelNotReadyException", 429, "Model is not ready for inference. Please wait and try again."),
    ("no-capacity", "ServiceUnavailableException", 503, "Bedrock is unable to process your request."),
    ("data-retention", "ValidationException", 400, "data retention mode 'default' is not available for this model"),
    ("data-retention", "ValidationException", 400, "The model returned the following errors: data retention mode 'none' is not available for this model"),
    ("account-access", "AccessDeniedException", 403, "anthropic.claude-sonnet-5 is not available for this account. You can explore other available models on Amazon Bedrock. For additional access options, contact AWS Sales at https://aws.amazon.com/contact-us/sales-support/"),
    ("account-access", "ValidationException", 400, "Access to Anthropic models is not allowed for this account."),
    ("account-restricted", "ValidationException", 400, "Operation not allowed"),
    ("use-case", "ResourceNotFoundException", 404, "Model use case details have not been submitted for this account. Fill out the Anthropic use case details form before using the model. If you have already filled out the form, try again in 15 minutes."),
    ("use-case", "ValidationException", 400, "The model returned the following errors: You have not filled out the required use-case form for this model. Complete the form at https://ap-southeast-4.console.aws.amazon.com/bedrock/ before requesting access."),
    ("marketplace", "AccessDeniedException", 403, "Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable access to this model. Refer to the Amazon Bedrock documentation for further details. Your AWS Marketplace subscription for this model cannot be completed at this time. If you recently fixed this issue, try again after 5 minutes."),
    ("payment", "AccessDeniedException", 403, "Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument must be provided.. Your AWS Marketplace subscription for this model cannot be completed at this time. If you recently fixed this issue, try again after 15 minutes."),
    ("agreement-pending", "AccessDeniedException", 403, "Your account is not authorized to access this model. Your AWS Marketplace subscription for this model is still being processed."),
    ("agreement", "AccessDeniedException", 403, "Your account does not have an agreement to this model."),
    ("model-access", "AccessDeniedException", 403, "You don't have access to the model with the specified model ID."),
    ("country", "ValidationException", 400, "Access to Anthropic models is not allowed from unsupported countries, regions, or territories. Please refer to https://www.anthropic.com/supported-countries for more information on the countries and regions Anthropic currently supports."),
    ("legacy", "ResourceNotFoundException", 404, "Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 30 days. Please upgrade to an active model on Amazon Bedrock"),
    ("legacy", "ValidationException", 400, "This Model is marked by provider as Legacy and you have not been actively using the model in the last 15 days. Please upgrade to an active model on Amazon Bedrock."),
    ("end-of-life", "ResourceNotFoundException", 404, "This model version has reached the end of its life. Please refer to the AWS documentation for more details."),
    ("service-control-policy", "AccessDeniedException", 403, "User: arn:aws:sts::123456789012:assumed-role/chat/s is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: arn:aws:bedrock:us-east-2::foundation-model/anthropic.claude-sonnet-5 with an explicit deny in a service control policy: arn:aws:organizations::123456789012:policy/o-x/service_control_policy/p-x"),
    ("service-control-policy", "AccessDeniedException", 403, "User: x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5 because no service control policy allows the bedrock:InvokeModel action"),
    ("explicit-deny", "AccessDeniedException", 403, "User: x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5 with an explicit deny in an identity-based policy"),
    ("destination-denied", "AccessDeniedException", 403, "User: x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5 because no identity-based policy allows the bedrock:InvokeModel action"),
    ("profile-denied", "AccessDeniedException", 403, "User: x is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/s529qz7ddy06 because no identity-based policy allows the bedrock:InvokeModel action"),
    ("profile-denied", "AccessDeniedException", 403, "User: x is not authorized to perform: bedrock:InvokeModelWithResponseStream on resource: arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5 because no identity-based policy allows the bedrock:InvokeModelWithResponseStream action"),
    ("not-authorized", "AccessDeniedException", 403, "User: x is not authorized to perform: bedrock:ApplyGuardrail on resource: arn:aws:bedrock:us-east-1:123456789012:guardrail/g because no identity-based policy allows the bedrock:ApplyGuardrail action"),
    ("not-authorized", "AccessDeniedException", 403, "User: x is not authorized to perform: bedrock:CallWithBearerToken on resource: * because no identity-based policy allows the bedrock:CallWithBearerToken action"),
    ("api-key", "AccessDeniedException", 403, "Bearer Token has expired"),
    ("api-key", "AccessDeniedException", 403, "Authentication failed: Please make sure your API Key is valid."),
    ("cache-point", "AccessDeniedException", 403, "You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information."),
    ("access-denied", "AccessDeniedException", 403, "not authorized"),
    ("clock", "InvalidSignatureException", 403, "Signature expired: 20261127T010101Z is now earlier than 20261127T020202Z (20261127T020702Z - 5 min.)"),
    ("clock", "InvalidSignatureException", 403, "Signature not yet current: 20261127T030101Z is still later than 20261127T020202Z (20261127T015702Z + 5 min.)"),
    ("session-expired", "ExpiredTokenException", 403, "The security token included in the request is expired"),
    ("credentials", "UnrecognizedClientException", 403, "The security token included in the request is invalid."),
    ("credentials", "InvalidSignatureException", 403, "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."),
    ("profile-only", "ValidationException", 400, "Invocation of model ID anthropic.claude-sonnet-5 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model."),
    ("no-such-model", "ValidationException", 400, "The provided model identifier is invalid."),
    ("guardrail", "ValidationException", 400, "The guardrail identifier or version provided in the request does not exist."),
    ("not-found", "ResourceNotFoundException", 404, "Could not find the resource."),
    ("unknown-operation", "UnknownOperationException", 404, "UnknownOperationException"),
    ("wrong-region", "ValidationException", 400, "The provided ARN is invalid for the service region."),
    ("gateway", "ServiceUnavailableException", 502, "HTTP 502 with a body that is not AWS's: <html>Bad gateway</html>"),
    ("gateway", "UnknownError", 403, "HTTP 403 with a body that is not AWS's: Forbidden"),
    ("model-timeout", "ModelTimeoutException", 408, "Model processing timed out."),
    ("model-error", "ModelErrorException", 424, "The model returned an error."),
    ("internal-error", "InternalServerException", 500, "The system encountered an unexpected error during processing. Try your request again."),
    ("too-long", "ValidationException", 400, "The model returned the following errors: input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease input length or `max_tokens` and try again"),
    ("too-long", "ValidationException", 400, "Input is too long for requested model."),
    ("too-long", "ValidationException", 400, "prompt is too long: 200049 tokens > 200000 maximum"),
];

#[test]
fn each_text_is_recognized_for_what_it_is() {
    for (id, name, status, text) in SEEN {
        assert_eq!(sonnet().id(name, *status, text), Some(*id), "{text}");
    }
}

/// What failed before Bedrock answered: name, code and text.
#[rustfmt::skip]
const ON_THE_WAY: &[(&str, ErrorKind, &str, &str, &str)] = &[
    ("role", ErrorKind::Credentials, "CredentialsProviderError", "", "Could not load credentials from any providers: the role arn:aws:iam::210987654321:role/r cannot be assumed: no"),
    ("no-credentials", ErrorKind::Credentials, "CredentialsProviderError", "", "Could not load credentials from any providers"),
    ("no-token", ErrorKind::Credentials, "TokenProviderError", "", "Could not load a token from any providers"),
    ("proxy", ErrorKind::Transport, "Error", "", "the proxy http://proxy:3128/ opens no connection to bedrock-runtime.us-east-1.amazonaws.com:443: it answered 407"),
    ("proxy", ErrorKind::Transport, "TimeoutError", "ECONNRESET", "the proxy http://proxy:3128/ opens no connection to host:443: it closed the connection"),
    ("certificate-expired", ErrorKind::Transport, "Error", "CERT_HAS_EXPIRED", "certificate has expired"),
    ("certificate-name", ErrorKind::Transport, "Error", "ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match certificate's altnames"),
    ("certificate-untrusted", ErrorKind::Transport, "Error", "SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"),
    ("certificate-untrusted", ErrorKind::Transport, "Error", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"),
    ("tls", ErrorKind::Transport, "Error", "EPROTO", "write EPROTO: it is no TLS"),
    ("unknown-host", ErrorKind::Transport, "Error", "ENOTFOUND", "getaddrinfo ENOTFOUND bedrock-runtime.us-east1.amazonaws.com"),
    ("refused-connection", ErrorKind::Transport, "Error", "ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:9"),
    ("unreachable", ErrorKind::Transport, "Error", "ENETUNREACH", "connect ENETUNREACH 10.0.0.1:443"),
    ("connect-timeout", ErrorKind::Transport, "TimeoutError", "ETIMEDOUT", "connect ETIMEDOUT host:443 (no connection within 5000 ms)"),
    ("timeout", ErrorKind::Transport, "TimeoutError", "ETIMEDOUT", "no answer within 500 ms"),
    ("closed-connection", ErrorKind::Transport, "TimeoutError", "ECONNRESET", "socket hang up"),
];

#[test]
fn what_fails_on_the_way_is_recognized_with_and_without_a_model() {
    for (id, kind, name, code, text) in ON_THE_WAY {
        let mut error = CallError::new(*kind, name, *text);
        error.code = Some((*code).to_owned()).filter(|code| !code.is_empty());
        for context in [None, Some(&sonnet().context())] {
            let mut told = error.clone().with_hint("The endpoint is x.");
            if *kind == ErrorKind::Credentials {
                told.hint = None;
            }
            advise(&mut told, context);
            assert_eq!(told.hint_id, Some(*id), "{text}");
            let hint = told.hint.unwrap();
            assert!(!hint.contains('{') && hint.ends_with('.'), "{hint}");
            assert_eq!(hint.starts_with("The endpoint is x. "), *kind == ErrorKind::Transport);
        }
    }
}

#[test]
fn every_entry_is_tried() {
    let mut tried: BTreeSet<&str> = SEEN.iter().map(|(id, ..)| *id).collect();
    tried.extend(ON_THE_WAY.iter().map(|(id, ..)| *id));
    // What depends on the call has tests of its own.
    tried.extend(["trusted-access", "unknown-model"]);
    let all: BTreeSet<&str> = hints::all().map(|hint| hint.id).collect();
    assert_eq!(tried, all);
    assert_eq!(all.len(), hints::all().count(), "an id stands twice");
}

#[test]
fn neighbours_are_not_mistaken() {
    #[rustfmt::skip]
    let others: &[(&str, u16, &str, Option<&str>)] = &[
        // Of the caller's own making.
        ("ValidationException", 400, "messages.1.content: Input should be a valid list", None),
        ("ValidationException", 400, "`temperature` is deprecated for this model.", None),
        ("ValidationException", 400, "The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.", None),
        ("ValidationException", 400, "The toolConfig field must be defined when using toolUse and toolResult content blocks.", None),
        // Names the words of another entry, under another name.
        ("InternalServerException", 500, "Too many tokens, please wait before trying again.", Some("internal-error")),
        ("ModelErrorException", 424, "The system is not authorized to perform: bedrock:InvokeModel", Some("model-error")),
        ("ValidationException", 400, "text about a service control policy", None),
        ("ThrottlingException", 429, "The model use case details are many", Some("throttled")),
        ("ModelTimeoutException", 408, "model timeout", Some("model-timeout")),
        // A gateway's name for the same status.
        ("Unknown", 429, "slow down", Some("throttled")),
        ("RateLimitError", 429, "Too many tokens per day", Some("tokens-per-day")),
        // Another name that has the status of throttling.
        ("ModelNotReadyException", 429, "Too many requests", Some("model-not-ready")),
    ];
    for (name, status, text, expected) in others {
        assert_eq!(sonnet().id(name, *status, text), *expected, "{name}: {text}");
    }
}

#[test]
fn what_did_not_come_from_bedrock_has_no_hint_of_this_table() {
    let call = Call::of(PROFILE, None);
    let mut error = CallError::input("The request does not fit the model");
    advise(&mut error, Some(&call.context()));
    assert_eq!(error.hint, None);
    let mut error = CallError::bad_response("UnreadableAnswerError", "The answer is no JSON");
    advise(&mut error, Some(&call.context()));
    assert_eq!(error.hint, None);
}

#[test]
fn a_hint_that_was_given_stays() {
    let mut error =
        refusal("AccessDeniedException", 403, "Bearer Token has expired").with_hint("ours");
    advise(&mut error, Some(&sonnet().context()));
    assert_eq!(error.hint.as_deref(), Some("ours"));
}

#[test]
fn placeholders_are_known_and_nothing_is_left_of_them() {
    let calls = [sonnet(), Call::of(PROFILE, None), Call::of("team-a", None)];
    for call in &calls {
        for hint in hints::all() {
            let name = hint.names.first().copied().unwrap_or("ValidationException");
            let error = refusal(name, 400, hint.texts.first().copied().unwrap_or_default());
            let text = hint.text(&error, Some(&call.context()));
            let left = text
                .match_indices('{')
                .any(|(at, _)| text[at + 1..].starts_with(|next: char| next.is_ascii_lowercase()));
            assert!(!left && !text.contains("  "), "{}: {text}", hint.id);
            assert!(text.contains(". ") && !text.contains(".."), "{}: {text}", hint.id);
        }
    }
}

#[test]
fn texts_are_written_as_they_are_compared() {
    for hint in hints::all() {
        let recognized = [hint.names, hint.codes, hint.texts].iter().any(|list| !list.is_empty());
        assert!(recognized && !hint.title.is_empty(), "{}", hint.id);
        for text in hint.texts {
            assert_eq!(text.to_lowercase().replace('’', "'"), *text, "{}", hint.id);
        }
    }
}

fn conversation(max_tokens: Option<u64>) -> Value {
    let text = "x".repeat(4000);
    let mut request = json!({ "messages": [{ "role": "user", "content": [{ "text": text }] }] });
    if let Some(max_tokens) = max_tokens {
        request["inferenceConfig"] = json!({ "maxTokens": max_tokens });
    }
    request
}

const TOO_MANY: &str = "Too many tokens, please wait before trying again.";

#[test]
fn throttling_tells_what_the_call_reserved() {
    let hint =
        sonnet().asking(conversation(Some(64_000))).hint("ThrottlingException", 429, TOO_MANY);
    for part in [
        "about 1,005 tokens; cache reads and writes included",
        "maxTokens (64,000): about 65,005 tokens, of which maxTokens is 98%.",
        "each token of output counts 10 times",
        "Lower maxTokens",
        "global.anthropic.claude-sonnet-5",
        "quotas-token-burndown.html",
    ] {
        assert!(hint.contains(part), "{part}: {hint}");
    }
    // Another geography cannot be called from here, and the called one is known.
    assert!(!hint.contains("eu.anthropic") && !hint.contains("example us."), "{hint}");
}

#[test]
fn without_max_tokens_the_models_maximum_is_reserved() {
    let hint = sonnet().asking(conversation(None)).hint("ThrottlingException", 429, TOO_MANY);
    assert!(hint.contains("(128,000, the model's maximum because the call sets none)"), "{hint}");
    assert!(hint.contains("Set inferenceConfig.maxTokens"), "{hint}");
    let unknown = Call::of(PROFILE, None).asking(conversation(None));
    let hint = unknown.hint("ThrottlingException", 429, TOO_MANY);
    assert!(
        hint.contains("the model's maximum for the answer, because the call sets no maxTokens")
    );
    assert!(!hint.contains("counts"), "{hint}");
}

#[test]
fn an_output_token_counts_as_often_as_the_catalog_says() {
    for (model, expected) in [
        ("anthropic.claude-opus-4-8", Some("counts 15 times")),
        ("anthropic.claude-sonnet-4-6", Some("counts 5 times")),
        ("amazon.nova-pro-v1:0", None),
    ] {
        let call = Call::of(model, Some(model)).asking(conversation(Some(1000)));
        let hint = call.hint("ThrottlingException", 429, TOO_MANY);
        match expected {
            Some(part) => assert!(hint.contains(part), "{model}: {hint}"),
            None => assert!(!hint.contains("counts"), "{model}: {hint}"),
        }
    }
}

#[test]
fn the_bodies_of_invoke_model_reserve_too() {
    for body in [
        json!({ "max_tokens": 7000, "messages": [] }),
        json!({ "inferenceConfig": { "max_new_tokens": 7000 } }),
        json!({ "max_gen_len": 7000, "prompt": "" }),
    ] {
        let text = sonnet().asking(json!({ "body": body.to_string() }));
        let mut bytes = sonnet().asking(json!({ "body": { BLOB_KEY: 0 } }));
        bytes.blobs = vec![body.to_string().into_bytes()];
        for call in [text, bytes] {
            let hint = call.hint("ThrottlingException", 429, TOO_MANY);
            assert!(hint.contains("maxTokens (7,000)"), "{hint}");
        }
    }
    // What is no JSON says nothing of itself.
    let hint =
        sonnet().asking(json!({ "body": "no JSON" })).hint("ThrottlingException", 429, TOO_MANY);
    assert!(
        !hint.contains("reserved its whole input") && hint.contains("Spread the calls"),
        "{hint}"
    );
}

#[test]
fn media_are_told_of_and_their_bytes_are_not_counted() {
    let image = json!({ "image": { "format": "png", "source": { "bytes": "A".repeat(100_000) } } });
    let request = json!({ "messages": [{ "role": "user", "content": [image] }] });
    let hint = sonnet().asking(request).hint("ThrottlingException", 429, TOO_MANY);
    assert!(hint.contains("tokens, images and documents not counted;"), "{hint}");
    assert!(!hint.contains("25,0"), "{hint}");
}

#[test]
fn a_service_control_policy_is_told_with_the_region_that_it_denies() {
    let denied = |region: &str| {
        let text = format!(
            "User: x is not authorized to perform: bedrock:InvokeModel on resource: \
             arn:aws:bedrock:{region}::foundation-model/{SONNET} with an explicit deny in a service control policy"
        );
        sonnet().hint("AccessDeniedException", 403, &text)
    };
    let hint = denied("us-east-2");
    assert!(hint.contains("us.anthropic.claude-sonnet-5 may route to us-east-2."), "{hint}");
    assert!(hint.contains("global.anthropic.claude-sonnet-5"), "{hint}");
    assert!(denied("").contains("is global and may route to any region"));
    assert!(!denied("us-east-1").contains("may route to us-east-1"));
}

#[test]
fn a_missing_permission_comes_with_the_policy_that_gives_it() {
    let text = format!(
        "User: x is not authorized to perform: bedrock:InvokeModel on resource: {PROFILE} because no \
         identity-based policy allows the bedrock:InvokeModel action"
    );
    let hint = Call::of(PROFILE, Some(SONNET)).hint("AccessDeniedException", 403, &text);
    let statement = json!({
        "Effect": "Allow",
        "Action": ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
        "Resource": [PROFILE, "arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-5"],
    });
    assert!(hint.contains(&statement.to_string()), "{hint}");
    // A profile's id tells no account; GovCloud has ARNs of its own.
    let mut gov = Call::of("us-gov.xai.grok-4.7", Some("xai.grok-4.7"));
    gov.resolved.partition = "aws-us-gov".to_owned();
    gov.resolved.region = Some("us-gov-west-1".to_owned());
    let hint = gov.hint("AccessDeniedException", 403, "not authorized");
    for arn in [
        "arn:aws-us-gov:bedrock:us-gov-west-1:*:inference-profile/us-gov.xai.grok-4.7",
        "arn:aws-us-gov:bedrock:*::foundation-model/xai.grok-4.7",
    ] {
        assert!(hint.contains(arn), "{hint}");
    }
    // Another action than this table knows is taken from AWS's text, with its resource.
    let guardrail = "arn:aws:bedrock:us-east-1:123456789012:guardrail/abc";
    let text = format!(
        "User: x is not authorized to perform: bedrock:ApplyGuardrail on resource: {guardrail} because no identity-based policy allows the bedrock:ApplyGuardrail action"
    );
    let hint = sonnet().hint("AccessDeniedException", 403, &text);
    let statement =
        json!({ "Effect": "Allow", "Action": ["bedrock:ApplyGuardrail"], "Resource": [guardrail] });
    assert!(hint.contains(&statement.to_string()), "{hint}");
}

#[test]
fn a_router_needs_the_permission_for_all_of_its_models() {
    let router = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/amazon.nova:1";
    let mut call = Call::of(router, Some("amazon.nova-lite-v1:0"));
    call.resolved.other_models = vec!["amazon.nova-pro-v1:0".to_owned()];
    let hint = call.hint("AccessDeniedException", 403, "not authorized");
    assert!(hint.contains("foundation-model/amazon.nova-lite-v1:0"), "{hint}");
    assert!(hint.contains("foundation-model/amazon.nova-pro-v1:0"), "{hint}");
}

const NOT_OPEN: &str = "anthropic.claude-mythos-5-1 is not available for this account. You can explore other available models on Amazon Bedrock.";

#[test]
fn a_model_of_a_trusted_access_program_is_told_as_that() {
    let mythos = Call::of("us.anthropic.claude-mythos-5-1", Some("anthropic.claude-mythos-5-1"));
    assert_eq!(mythos.id("AccessDeniedException", 403, NOT_OPEN), Some("trusted-access"));
    assert_eq!(sonnet().id("AccessDeniedException", 403, NOT_OPEN), Some("account-access"));
}

#[test]
fn data_retention_is_told_with_the_mode_and_the_call_that_sets_it() {
    let fable = "anthropic.claude-fable-5-1";
    let call = Call::of(&format!("us.{fable}"), Some(fable));
    let text = "data retention mode 'default' is not available for this model";
    let hint = call.hint("ValidationException", 400, text);
    for part in [
        "aws_review or provider_data_share",
        "PUT https://bedrock.us-east-1.amazonaws.com/data-retention",
        r#"{"mode":"aws_review"}"#,
        "bedrock:PutAccountDataRetention",
    ] {
        assert!(hint.contains(part), "{part}: {hint}");
    }
}

#[test]
fn a_legacy_model_is_told_with_one_that_can_be_used() {
    let old = "anthropic.claude-3-7-sonnet-20250219-v1:0";
    let call = Call::of(&format!("us.{old}"), Some(old));
    let text = "This model version has reached the end of its life.";
    let hint = call.hint("ResourceNotFoundException", 404, text);
    assert!(hint.contains("(end of life: 2026-04-28)"), "{hint}");
    // Not Sonnet 4.5, which AWS recommended when this one ended and which is legacy itself.
    assert!(hint.contains("for example anthropic.claude-sonnet-5"), "{hint}");
    let unknown = Call::of(PROFILE, None).hint("ResourceNotFoundException", 404, text);
    assert!(unknown.contains("Call another model."), "{unknown}");
}

#[test]
fn an_id_whose_model_nobody_knows_is_told_where_nothing_else_is() {
    let mut call = Call::of(PROFILE, None);
    let text = "messages.1.content: Input should be a list";
    let hint = call.hint("ValidationException", 400, text);
    assert!(hint.contains("BEDROCK_INFERENCE_PROFILE_MAPPINGS"), "{hint}");
    assert!(!hint.contains("bedrock:GetInferenceProfile"), "nobody was denied it: {hint}");
    call.resolved.warnings.push(Warning {
        cause: WarningCause::Lookup(LookupCause::AccessDenied),
        message: "AWS was asked and refused.".to_owned(),
        first: true,
    });
    let hint = call.hint("ValidationException", 400, text);
    assert!(hint.contains("bedrock:GetInferenceProfile") && hint.contains(PROFILE), "{hint}");
    assert_eq!(
        call.id("ValidationException", 400, "Input is too long for requested model."),
        Some("too-long")
    );
    assert_eq!(call.id("InternalServerException", 500, "boom"), Some("internal-error"));
}

#[test]
fn the_window_is_that_of_the_input() {
    let gpt = "openai.gpt-6-sol";
    let call = Call::of(&format!("us.{gpt}"), Some(gpt));
    let hint = call.hint("ValidationException", 400, "Input is too long for requested model.");
    assert!(hint.contains("(922,000 tokens)"), "{hint}");
}
