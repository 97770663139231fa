//! One call: the orchestrator of the AWS SDK for Rust around our own bytes.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID as SIGV4, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime::client::auth::http::BearerAuthScheme;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::http::HTTP_BEARER_AUTH_SCHEME_ID as BEARER;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::identity::{SharedIdentityCache, SharedIdentityResolver};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use bytes::Bytes;

use super::credentials::{self, Identities, Signer, Surroundings};
use super::error::{self, CallError, Ids};
use super::retry::{CALL, CallState, Retries};
use super::transport::{FrameSource, Handover, Transport};

/// The media type of an event stream.
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

/// What a successful answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerKind {
    /// JSON.
    Json,
    /// Bytes of any kind.
    Bytes,
    /// An event stream.
    Events,
}

/// A request as bytes.
#[derive(Debug, Clone)]
pub struct WireRequest {
    /// `POST` or `GET`.
    pub method: &'static str,
    /// Path and query below the endpoint, percent-encoded once.
    pub path: String,
    /// Headers of its own; they go before those of the client.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// What is expected of the answer.
    pub answer: AnswerKind,
}

/// An answer: all of it, or its frames.
#[derive(Debug)]
pub enum AnswerBody {
    /// The whole body.
    Whole(Bytes),
    /// An event stream whose first frame has arrived.
    Stream(Box<FrameSource>),
}

/// A successful answer.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// AWS's ids of the request.
    pub ids: Ids,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: AnswerBody,
}

/// One set of credentials with what was resolved from it: kept by the process, so that clients made
/// for each request do not ask a provider each time.
#[derive(Clone)]
pub struct Identity {
    signer: Signer,
    resolver: SharedIdentityResolver,
    cache: SharedIdentityCache,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({:?})", self.signer)
    }
}

/// How long before its end what a provider gave is asked for again: that of the AWS SDK for JavaScript.
const EARLY: Duration = Duration::from_mins(5);

/// What has no end is asked for once.
const NO_END: Duration = Duration::from_hours(24 * 365 * 10);

/// A provider may wait for a person to sign in.
const PATIENCE: Duration = Duration::from_mins(5);

impl Identity {
    /// Asks nobody yet. `region` is where the default chain looks for STS, over `transport`.
    pub fn new(signer: Signer, region: &str, transport: &Transport) -> Self {
        let around = Surroundings { region: region.to_owned(), http: transport.plain() };
        let resolver = match credentials::identities(&signer, &around) {
            Identities::Keys(keys) => SharedIdentityResolver::new(keys),
            Identities::Tokens(tokens) => SharedIdentityResolver::new(tokens),
        };
        let mut cache = IdentityCache::lazy().buffer_time(EARLY).load_timeout(PATIENCE);
        // Files of the default chain may change; a provider says when to ask it again.
        if !matches!(signer, Signer::Chain { .. }) {
            cache = cache.default_expiration(NO_END);
        }
        Self { signer, resolver, cache: cache.build() }
    }

    fn is_bearer(&self) -> bool {
        matches!(
            self.signer,
            Signer::Bearer(_) | Signer::TokenProvider(_) | Signer::TokenChain { .. }
        )
    }
}

/// What a caller depends on.
#[derive(Debug, Clone)]
pub struct CallerSettings {
    /// The endpoint's URL.
    pub url: String,
    /// The region to sign for.
    pub signing_region: String,
    /// Longest time until the head of an answer; none unless set, long prompts are slow.
    pub first_byte: Option<Duration>,
    /// Longest time for the whole call, retries included.
    pub timeout: Option<Duration>,
    /// Milliseconds that the clock is wrong by, to be added.
    pub clock_offset: i64,
    /// The `user-agent`.
    pub user_agent: String,
}

/// Sends requests to one endpoint with one set of credentials.
#[derive(Debug)]
pub struct Caller {
    operation: Operation<WireRequest, Answer, CallError>,
    url: String,
    retries: Retries,
    timeout: Option<Duration>,
}

/// A clock that is wrong, set right.
#[derive(Debug)]
struct Shifted(i64);

impl TimeSource for Shifted {
    fn now(&self) -> SystemTime {
        let (now, by) = (SystemTime::now(), Duration::from_millis(self.0.unsigned_abs()));
        let shifted = if self.0 < 0 { now.checked_sub(by) } else { now.checked_add(by) };
        shifted.unwrap_or(now)
    }
}

impl Caller {
    /// Opens no connection and asks for no credentials.
    pub fn new(
        settings: &CallerSettings,
        transport: &Transport,
        identity: &Identity,
        retries: Retries,
    ) -> Self {
        let scheme = if identity.is_bearer() { BEARER } else { SIGV4 };
        let region = SigningRegion::from(Region::new(settings.signing_region.clone()));
        let mut config = Layer::new("bedrock-profile-client");
        config.store_put(RetryConfig::standard().with_max_attempts(retries.max_attempts));
        config.store_put(region);
        config.store_put(SigningName::from_static("bedrock"));
        config.store_put(SigV4OperationSigningConfig::default());
        config.store_put(AuthSchemeOptionResolverParams::new(()));
        let clock: SharedTimeSource = match settings.clock_offset {
            0 => SharedTimeSource::default(),
            offset => SharedTimeSource::new(Shifted(offset)),
        };
        let components = RuntimeComponentsBuilder::new("bedrock-profile-client")
            .with_time_source(Some(clock))
            .with_retry_strategy(Some(retries.clone()))
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme(BearerAuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![
                scheme.clone(),
            ])))
            .with_identity_cache(Some(identity.cache.clone()))
            .with_identity_resolver(scheme, identity.resolver.clone())
            .with_interceptor(InvocationIdInterceptor::new())
            .with_interceptor(RequestInfoInterceptor::new())
            .with_interceptor(ServiceClockSkewInterceptor::new());
        let mut timeouts = TimeoutConfig::builder().disable_connect_timeout();
        if let Some(timeout) = settings.first_byte {
            timeouts = timeouts.read_timeout(timeout);
        }
        let user_agent = settings.user_agent.clone();
        let operation = Operation::builder()
            .service_name("Bedrock Runtime")
            .operation_name("call")
            .behavior_version(aws_config::BehaviorVersion::latest())
            .http_client(transport.clone())
            .endpoint_url(&settings.url)
            .timeout_config(timeouts.build())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .runtime_plugin(
                StaticRuntimePlugin::new()
                    .with_config(config.freeze())
                    .with_runtime_components(components),
            )
            .serializer(move |request: WireRequest| serialize(&request, &user_agent))
            .deserializer(deserialize)
            .build();
        Self { operation, url: settings.url.clone(), retries, timeout: settings.timeout }
    }

    /// Where it sends.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sends a request, again where that may help. Dropping the future closes the exchange.
    pub async fn send(
        &self,
        request: WireRequest,
        state: Arc<CallState>,
    ) -> Result<Answer, CallError> {
        state.expect(request.answer);
        let sending = async {
            tokio::time::sleep(self.retries.wait()).await;
            let sent = CALL.scope(Arc::clone(&state), self.operation.invoke(request)).await;
            sent.map_err(|error| error::from_sdk(error, &self.url))
        };
        let sent = match self.timeout {
            Some(limit) => tokio::time::timeout(limit, sending)
                .await
                .unwrap_or_else(|_| Err(error::late(limit))),
            None => sending.await,
        };
        sent.map_err(|error| {
            let status = error.response.as_ref().map(|response| response.status_code);
            let (status, ids) = match (&error.metadata, &error.response) {
                (Some(read), _) => (read.http_status_code, read.ids.clone()),
                (None, Some(response)) => (status, Ids::of_list(&response.headers)),
                (None, None) => (status, Ids::default()),
            };
            let known = state.metadata(status, ids);
            error.with_metadata(known)
        })
    }
}

fn serialize(request: &WireRequest, user_agent: &str) -> Result<HttpRequest, BoxError> {
    let mut http = HttpRequest::new(SdkBody::from(request.body.clone()));
    http.set_method(request.method)?;
    http.set_uri(request.path.as_str())?;
    let headers = http.headers_mut();
    headers.insert("user-agent", user_agent.to_owned());
    headers.insert("x-amz-user-agent", user_agent.to_owned());
    if request.method == "POST" {
        headers.insert("content-length", request.body.len().to_string());
    }
    match request.answer {
        AnswerKind::Json => headers.insert("accept", "application/json"),
        AnswerKind::Events => headers.insert("accept", EVENT_STREAM),
        AnswerKind::Bytes => None,
    };
    for (name, value) in &request.headers {
        headers.try_insert(name.clone(), value.clone())?;
    }
    Ok(http)
}

fn deserialize(response: &HttpResponse) -> Result<Answer, OrchestratorError<CallError>> {
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers: Vec<_> =
        headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let bytes = response.body().bytes().unwrap_or_default();
    if !response.status().is_success() {
        return Err(OrchestratorError::operation(error::from_answer(status, &headers, bytes)));
    }
    let ids = Ids::of_list(&headers);
    let body = match response.extension::<Handover>().and_then(Handover::take) {
        Some(frames) => AnswerBody::Stream(Box::new(frames)),
        None => AnswerBody::Whole(Bytes::copy_from_slice(bytes)),
    };
    Ok(Answer { status, ids, headers, body })
}
