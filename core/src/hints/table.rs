//! The table of hints. The first entry that fits is taken: what a text names goes before what only a
//! name does. The texts are those of real refusals; where they were seen stands beside them.

use super::Hint;
use crate::bedrock::error::ErrorKind;
use crate::profile::IdKind;

const DENIED: &[&str] = &["AccessDeniedException"];
/// Bedrock tells of access and of the end of a model by all of these.
const REFUSED: &[&str] =
    &["AccessDeniedException", "ResourceNotFoundException", "ValidationException"];
const INVOKE: &[&str] = &["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"];
const SUBSCRIBE: &[&str] = &["aws-marketplace:ViewSubscriptions", "aws-marketplace:Subscribe"];

/// What an entry has that says no more.
pub(super) const PLAIN: Hint = Hint {
    id: "",
    title: "",
    kind: ErrorKind::Service,
    names: &[],
    statuses: &[],
    codes: &[],
    texts: &[],
    when: None,
    cause: "",
    remedy: "",
    permissions: &[],
    page: "",
};

/// What Bedrock answers with.
pub(super) static TABLE: &[Hint] = &[
    // "HTTP 502 with a body that is not AWS's: <html>…" (this client's own text)
    Hint {
        id: "gateway",
        title: "A proxy or gateway answered instead of Bedrock",
        names: &["ServiceUnavailableException", "UnknownError"],
        texts: &["with a body that is not aws's", "without a body."],
        cause: "The response did not come from Bedrock; a proxy, load balancer or gateway on the way \
                made it.",
        remedy: "Check that gateway and its log. If requests go through one on purpose, its timeout \
                 must be longer than the longest pause of a stream, and it must pass the body and \
                 the headers on as they are.",
        ..PLAIN
    },
    Hint {
        id: "model-not-ready",
        title: "The model is being started",
        names: &["ModelNotReadyException"],
        cause: "{called} is not loaded yet: AWS unloads custom and imported models that nobody calls.",
        remedy: "Call it again in some minutes; the automatic retries were not enough.",
        ..PLAIN
    },
    // Quotas. "Too many tokens per day, please wait before trying again."
    Hint {
        id: "tokens-per-day",
        title: "The daily quota of tokens is used up",
        names: &["ThrottlingException"],
        statuses: &[429],
        texts: &["tokens per day"],
        cause: "The account has used up its tokens per day in {region}.{reserved}{burndown} New \
                accounts have reduced quotas, at times of 0: then no call succeeds.",
        remedy: "Compare the applied quotas of {model} with the default ones in Service Quotas, and \
                 ask AWS Support to raise those that are lower. {fewer}",
        page: "quotas-token-burndown.html",
        ..PLAIN
    },
    // "Too many tokens, please wait before trying again."
    Hint {
        id: "tokens-per-minute",
        title: "The quota of tokens per minute is used up",
        names: &["ThrottlingException"],
        statuses: &[429],
        texts: &["too many tokens", "tokens per minute"],
        cause: "The account's tokens per minute for {called} are used up.{reserved}{burndown}",
        remedy: "{fewer} Profiles that cover more regions have a quota of their own{profiles}. Service Quotas \
                 raises the tokens per minute of a model.",
        page: "quotas-token-burndown.html",
        ..PLAIN
    },
    // "Too many requests, please wait before trying again." "Too many connections, …"
    Hint {
        id: "throttled",
        title: "Too many requests",
        names: &["ThrottlingException", "TooManyRequestsException"],
        statuses: &[429],
        cause: "The account calls {called} more often, or with more tokens, than its quotas allow.{reserved}{burndown}",
        remedy: "{fewer} Make fewer calls at a time, or raise the quotas of the model in Service \
                 Quotas.",
        page: "quotas.html",
        ..PLAIN
    },
    Hint {
        id: "quota-exceeded",
        title: "A service quota is exceeded",
        names: &["ServiceQuotaExceededException"],
        cause: "The account has reached a quota of Bedrock in {region}.",
        remedy: "Look up its applied value in Service Quotas, and ask for a higher one there.",
        page: "quotas.html",
        ..PLAIN
    },
    // "Bedrock is unable to process your request."
    Hint {
        id: "no-capacity",
        title: "AWS has no capacity",
        names: &["ServiceUnavailableException"],
        cause: "AWS has no capacity for {called} at the moment; the account's quotas have no part in \
                that.",
        remedy: "Call it again later, or through a profile over more regions{profiles}.",
        page: "troubleshooting-api-error-codes.html",
        ..PLAIN
    },
    Hint {
        id: "model-timeout",
        title: "The model took too long",
        names: &["ModelTimeoutException"],
        cause: "{called} did not answer within Bedrock's own time limit.",
        remedy: "Shorten the conversation or lower maxTokens, and use ConverseStream, which begins to \
                 answer at once.",
        page: "troubleshooting-api-error-codes.html",
        ..PLAIN
    },
    Hint {
        id: "model-error",
        title: "The model failed",
        names: &["ModelErrorException", "ModelStreamErrorException"],
        cause: "{called} failed while it processed the request; neither the account nor this client \
                is the reason.",
        remedy: "Call it again. If it fails with the same request each time, ask AWS Support with the \
                 request's id.",
        page: "troubleshooting-api-error-codes.html",
        ..PLAIN
    },
    Hint {
        id: "internal-error",
        title: "Bedrock failed",
        names: &["InternalServerException"],
        cause: "Bedrock failed by itself; the automatic retries were not enough.",
        remedy: "Call it again later. AWS's health dashboard shows outages of {region}.",
        page: "troubleshooting-api-error-codes.html",
        ..PLAIN
    },
    // What a model demands of the account.
    // "data retention mode 'default' is not available for this model" (pydantic-ai#8170, live)
    Hint {
        id: "data-retention",
        title: "The model demands data retention",
        names: REFUSED,
        texts: &["data retention mode"],
        cause: "{model} may be called only where the account's data retention mode is {modes}: AWS \
                then keeps what is sent to it and what it answers, for review. The mode belongs to \
                the account and the region, and no request can set it.",
        remedy: "If that may be, set it for {region}: PUT https://bedrock.{region}.{domain}/data-retention \
                 with the body {\"mode\":\"aws_review\"} and the permission {policy}.",
        permissions: &["bedrock:PutAccountDataRetention", "bedrock:GetAccountDataRetention"],
        page: "data-retention.html",
        ..PLAIN
    },
    // "anthropic.claude-… is not available for this account. You can explore other available models on
    // Amazon Bedrock. For additional access options, contact AWS Sales at …"
    Hint {
        id: "trusted-access",
        title: "The model is open to a trusted access program only",
        names: REFUSED,
        texts: &["is not available for this account"],
        when: Some(|context| context.model.trusted_access.yes()),
        cause: "{model} is open only to accounts in its provider's trusted access program; no IAM \
                policy and no agreement gives access to it.",
        remedy: "Apply for the program through the account team of AWS, or call another model.",
        page: "model-access.html",
        ..PLAIN
    },
    Hint {
        id: "account-access",
        title: "The model is not open to the account",
        names: REFUSED,
        texts: &["is not available for this account", "models is not allowed for this account"],
        cause: "AWS has not opened {model} to this account. That is decided for each account, also \
                within an organization; IAM policies and agreements do not change it.",
        remedy: "Ask AWS Sales for access, or call a model that the account has.",
        page: "model-access.html",
        ..PLAIN
    },
    // "Operation not allowed" (dify#7488)
    Hint {
        id: "account-restricted",
        title: "The account may not call models",
        names: &["ValidationException"],
        texts: &["operation not allowed"],
        cause: "AWS has not enabled the account for inference in {region}, as happens to new accounts; \
                permissions are not the reason.",
        remedy: "Ask AWS Support to enable it, with the request's id.",
        ..PLAIN
    },
    // "Model use case details have not been submitted for this account. Fill out the Anthropic use case
    // details form before using the model. …" "You have not filled out the required use-case form …"
    Hint {
        id: "use-case",
        title: "The use case form is missing",
        names: REFUSED,
        statuses: &[404],
        texts: &["use case details", "use-case form", "use case form"],
        cause: "Before its first call of a model by Anthropic, an account has to state its use case, \
                once for all of them.",
        remedy: "Open a Claude model in the model catalog of the Bedrock console and fill in the form, \
                 or call PutUseCaseForModelAccess with {policy}; done in the organization's \
                 management account it holds for all accounts. It takes effect within 15 minutes.",
        permissions: &["bedrock:PutUseCaseForModelAccess", "bedrock:GetUseCaseForModelAccess"],
        page: "model-access.html",
        ..PLAIN
    },
    // "Model access is denied due to IAM user or service role is not authorized to perform the required
    // AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe) to enable
    // access to this model. …"
    Hint {
        id: "marketplace",
        title: "The agreement for the model cannot be made",
        names: REFUSED,
        texts: &["aws marketplace actions"],
        cause: "The account calls {model} for the first time, and these credentials may not make the \
                agreement in AWS Marketplace that this needs, once for the account.",
        remedy: "Call the model once with credentials that may, for example in the Bedrock console; \
                 that is safer than to allow {policy} to a service. After that, access takes up to \
                 15 minutes.",
        permissions: SUBSCRIBE,
        page: "model-access.html",
        ..PLAIN
    },
    // "Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument must be
    // provided.. Your AWS Marketplace subscription for this model cannot be completed at this time. …"
    Hint {
        id: "payment",
        title: "AWS Marketplace does not take the payment method",
        names: REFUSED,
        texts: &["invalid_payment_instrument", "payment instrument"],
        cause: "{model} is sold through AWS Marketplace, which does not take the account's payment \
                method.",
        remedy: "Give the account, or the organization's management account, a valid payment method, \
                 and call again after 15 minutes.",
        page: "model-access.html",
        ..PLAIN
    },
    // "Your account is not authorized to access this model. Your AWS Marketplace subscription for this
    // model is still being processed …"
    Hint {
        id: "agreement-pending",
        title: "The agreement for the model is being made",
        names: REFUSED,
        texts: &["marketplace subscription", "marketplace agreement"],
        cause: "The agreement for {model} in AWS Marketplace is not made yet, or has failed.",
        remedy: "Call again after 15 minutes. If it lasts, look at the agreement in AWS Marketplace: \
                 payment method and country of the account are what it fails for.",
        page: "troubleshooting-api-error-codes.html",
        ..PLAIN
    },
    // "Your account does not have an agreement to this model."
    Hint {
        id: "agreement",
        title: "The account has no agreement for the model",
        names: REFUSED,
        texts: &["agreement to this model"],
        cause: "Nobody has accepted the terms of {model} for this account.",
        remedy: "Call it once with credentials that may subscribe in AWS Marketplace, or accept the \
                 offer with CreateFoundationModelAgreement: {policy}. After that, access takes up to \
                 15 minutes.",
        permissions: &[
            "bedrock:ListFoundationModelAgreementOffers",
            "bedrock:CreateFoundationModelAgreement",
            "aws-marketplace:Subscribe",
        ],
        page: "model-access.html",
        ..PLAIN
    },
    // "You don't have access to the model with the specified model ID."
    Hint {
        id: "model-access",
        title: "The account has no access to the model",
        names: REFUSED,
        texts: &["have access to the model"],
        cause: "The account has no access to {model} in {region}, or the model is not served there.",
        remedy: "Open it in the model catalog of the Bedrock console in that region, and accept its \
                 terms; look also whether the id belongs to this region and account.",
        page: "model-access.html",
        ..PLAIN
    },
    // "Access to Anthropic models is not allowed from unsupported countries, regions, or territories. …"
    Hint {
        id: "country",
        title: "The provider does not serve the country",
        names: REFUSED,
        texts: &["unsupported countries"],
        cause: "The provider of {model} does not serve the country of the account's billing address, \
                or of the address that the call comes from; the region called does not matter.",
        remedy: "Call a model of another provider, or call from where the provider serves.",
        ..PLAIN
    },
    // The life of a model.
    // "Access denied. This Model is marked by provider as Legacy and you have not been actively using the
    // model in the last 30 days. Please upgrade to an active model on Amazon Bedrock" (15 days since
    // 2026); seen with three names of errors
    Hint {
        id: "legacy",
        title: "A legacy model is closed to the account",
        names: REFUSED,
        texts: &["marked by provider as legacy"],
        cause: "{model} is legacy{eol}: AWS closes such models to accounts that have not called them \
                for 15 to 30 days, and does not open them again.",
        remedy: "Call another model{successor}.",
        page: "model-lifecycle.html",
        ..PLAIN
    },
    // "This model version has reached the end of its life. Please refer to the AWS documentation for more
    // details."
    Hint {
        id: "end-of-life",
        title: "The model has reached the end of its life",
        names: REFUSED,
        texts: &["reached the end of its life"],
        cause: "AWS no longer serves {model}{eol}.",
        remedy: "Call another model{successor}.",
        page: "model-lifecycle.html",
        ..PLAIN
    },
    // Permissions.
    // "User: … is not authorized to perform: bedrock:InvokeModel on resource: … with an explicit deny in a
    // service control policy: …" "… because no service control policy allows the … action"
    Hint {
        id: "service-control-policy",
        title: "A service control policy denies the call",
        names: DENIED,
        texts: &["service control policy", "resource control policy"],
        cause: "A policy of the AWS organization, not of these credentials, denies {action} on \
                {denied}{denied_place}. One denied region is enough to deny a whole profile.",
        remedy: "Have the actions {actions} allowed for every region that the profile routes to (the \
                 condition key bedrock:InferenceProfileArn limits that to the profile; global profiles \
                 have aws:RequestedRegion \"unspecified\"), or call a profile of a geography that the \
                 policy allows{profiles}.",
        permissions: INVOKE,
        page: "geographic-cross-region-inference.html",
        ..PLAIN
    },
    // "… with an explicit deny in an identity-based policy" (or a permissions boundary, a session policy,
    // a resource-based policy, a VPC endpoint policy)
    Hint {
        id: "explicit-deny",
        title: "A policy denies the call",
        names: DENIED,
        texts: &["with an explicit deny"],
        cause: "A policy says Deny to {action} on {denied}{denied_place}; AWS's text tells its kind, \
                and no Allow outweighs it.",
        remedy: "Change that policy, or use other credentials.",
        ..PLAIN
    },
    // "… is not authorized to perform: bedrock:InvokeModel on resource:
    // arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/… because no …"
    Hint {
        id: "profile-denied",
        title: "Permission for the inference profile is missing",
        names: DENIED,
        texts: &[":application-inference-profile/", ":inference-profile/"],
        cause: "The credentials may not perform {action} on the inference profile {denied}. A \
                permission on its foundation model alone is not enough.",
        remedy: "Attach to the role or user: {policy}.",
        permissions: INVOKE,
        page: "inference-profiles-prereq.html",
        ..PLAIN
    },
    // "… is not authorized to perform: bedrock:InvokeModel on resource:
    // arn:aws:bedrock:us-east-2::foundation-model/… because no …"
    Hint {
        id: "destination-denied",
        title: "Permission for a foundation model behind the profile is missing",
        names: DENIED,
        texts: &["::foundation-model/"],
        when: Some(|context| context.resolved.kind != IdKind::FoundationModel),
        cause: "The credentials may call the profile, but may not perform {action} on the foundation \
                model {denied} behind it{denied_place}.",
        remedy: "Allow the foundation model in every region that the profile routes to. Attach to the \
                 role or user: {policy}.",
        permissions: INVOKE,
        page: "inference-profiles-prereq.html",
        ..PLAIN
    },
    // "User: … is not authorized to perform: bedrock:InvokeModel on resource: … because no identity-based
    // policy allows the bedrock:InvokeModel action"
    Hint {
        id: "not-authorized",
        title: "A permission is missing",
        names: DENIED,
        texts: &["is not authorized to perform", "you do not have permission to perform"],
        cause: "The credentials may not perform {action} on {denied}{denied_place}. Calls through a \
                profile need the permission on the profile and on the foundation model in every region \
                that it may route to.",
        remedy: "Attach to the role or user: {policy}.",
        permissions: INVOKE,
        page: "inference-profiles-prereq.html",
        ..PLAIN
    },
    // Credentials. "Bearer Token has expired" "Authentication failed: Please make sure your API Key is
    // valid."
    Hint {
        id: "api-key",
        title: "The Bedrock API key is not valid",
        names: &["AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"],
        statuses: &[401],
        texts: &["bearer token", "api key", "bearer authentication"],
        cause: "AWS does not take the Bedrock API key: it has expired, was revoked, or belongs to \
                another region.",
        remedy: "Make a new one. A short-term key holds for 12 hours at most, and never longer than \
                 the session that made it.",
        page: "api-keys.html",
        ..PLAIN
    },
    // "You invoked an unsupported model or your request did not allow prompt caching." (litellm#39210)
    Hint {
        id: "cache-point",
        title: "The model takes no cache points",
        names: DENIED,
        texts: &["did not allow prompt caching"],
        cause: "{model} takes no cachePoint; permissions are not the reason.",
        remedy: "Leave cache points out for this model.",
        page: "prompt-caching.html",
        ..PLAIN
    },
    Hint {
        id: "access-denied",
        title: "Access is denied",
        names: DENIED,
        cause: "The credentials need bedrock:InvokeModel and bedrock:InvokeModelWithResponseStream on \
                {called} and on the foundation model in every region the profile may route to; a \
                service control policy that denies one of these regions denies the profile. After a \
                model agreement was accepted, access takes some minutes.",
        remedy: "Attach to the role or user: {policy}.",
        permissions: INVOKE,
        page: "inference-profiles-prereq.html",
        ..PLAIN
    },
    // "Signature expired: 20261127T… is now earlier than …" "Signature not yet current: …"
    Hint {
        id: "clock",
        title: "The machine's clock is wrong",
        names: &["InvalidSignatureException", "RequestExpired", "RequestTimeTooSkewed"],
        texts: &["signature expired", "not yet current", "too large"],
        cause: "The signature's time differs by more than five minutes from AWS's.",
        remedy: "Set the clock of the machine by a time server.",
        ..PLAIN
    },
    Hint {
        id: "session-expired",
        title: "The credentials have expired",
        names: &["ExpiredTokenException", "ExpiredToken", "RequestExpired"],
        cause: "The session that the credentials belong to has expired.",
        remedy: "Sign in again, or configure credentials that are renewed: a role, an SSO profile, or \
                 a credential provider.",
        ..PLAIN
    },
    Hint {
        id: "credentials",
        title: "AWS does not take the credentials",
        names: &[
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "InvalidAccessKeyId",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "IncompleteSignature",
            "IncompleteSignatureException",
            "MissingAuthenticationToken",
            "MissingAuthenticationTokenException",
        ],
        cause: "AWS does not take these credentials.",
        remedy: "Check that access key id, secret and session token belong together and to the \
                 partition {partition}: temporary keys need their session token, and a key that was \
                 deleted or copied in part is refused like this.",
        ..PLAIN
    },
    // Ids.
    // "Invocation of model ID … with on-demand throughput isn't supported. …"
    Hint {
        id: "profile-only",
        title: "The model is called through an inference profile only",
        names: &["ValidationException"],
        texts: &["on-demand throughput"],
        cause: "{called} is called through an inference profile only{profile_ids}.",
        remedy: "Use the id or ARN of such a profile as modelId, or map the id to an application \
                 inference profile.",
        page: "inference-profiles-support.html",
        ..PLAIN
    },
    // "The provided ARN is invalid for the service region."
    Hint {
        id: "wrong-region",
        title: "The ARN belongs to another region",
        names: &["ValidationException"],
        texts: &["invalid for the service region"],
        cause: "{called} was called in {region}, and belongs to another region.",
        remedy: "Remove the configured endpoint (endpoint, BEDROCK_REVERSE_PROXY, \
                 AWS_ENDPOINT_URL_BEDROCK_RUNTIME), or set that of the ARN's region: an endpoint of \
                 your own is never replaced.",
        page: "inference-profiles-use.html",
        ..PLAIN
    },
    // "The provided model identifier is invalid."
    Hint {
        id: "no-such-model",
        title: "The region does not have the model",
        names: &["ValidationException"],
        texts: &["model identifier is invalid"],
        cause: "There is no {called} in {region}.",
        remedy: "Check the id, and whether its geo prefix or ARN belongs to this region and account: a \
                 profile is called from the regions of its geography only{profile_ids}.",
        page: "inference-profiles-support.html",
        ..PLAIN
    },
    // "The guardrail identifier or version provided in the request does not exist."
    Hint {
        id: "guardrail",
        title: "There is no such guardrail",
        names: REFUSED,
        texts: &["guardrail identifier"],
        cause: "There is no guardrail of this id and version in {region}.",
        remedy: "Check guardrailIdentifier and guardrailVersion, and that the guardrail is in the region \
                 and account of the call.",
        page: "guardrails-use-converse-api.html",
        ..PLAIN
    },
    Hint {
        id: "not-found",
        title: "What is called does not exist",
        names: &["ResourceNotFoundException"],
        cause: "There is no {called} in {region}, or it belongs to another account.",
        remedy: "Check the id, its region and its account.",
        page: "inference-profiles-support.html",
        ..PLAIN
    },
    Hint {
        id: "unknown-operation",
        title: "The answer is not Bedrock's",
        names: &["UnknownOperationException"],
        cause: "Whatever answers at the endpoint does not know the path: a gateway may have changed \
                the encoded id in it.",
        remedy: "Check the endpoint, and that gateways leave %2F and %3A in paths as they are.",
        ..PLAIN
    },
    // Requests. "Input is too long for requested model." "prompt is too long: 200049 tokens > 200000 maximum"
    Hint {
        id: "too-long",
        title: "The conversation is longer than the model's window",
        names: &["ValidationException"],
        texts: &[
            "input is too long",
            "prompt is too long",
            "exceeds the model's context",
            "exceed context limit",
            "maximum context length",
            "too many input tokens",
        ],
        cause: "The conversation is longer than {model} takes{window}. Waiting does not help.",
        remedy: "Shorten or summarize it, or call a model with a larger window.",
        ..PLAIN
    },
    Hint {
        id: "unknown-model",
        title: "The model behind the id is not known",
        names: &["ValidationException"],
        when: Some(|context| {
            context.resolved.model.is_none() && context.resolved.kind != IdKind::Prompt
        }),
        cause: "Which model is behind {called} is not known, so the request was not fitted to it.",
        remedy: "Name it in BEDROCK_INFERENCE_PROFILE_MAPPINGS{or_allow}.",
        permissions: &["bedrock:GetInferenceProfile"],
        ..PLAIN
    },
];
