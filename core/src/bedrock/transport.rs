//! HTTP for the process: connections shared by every client with the same transport settings, and
//! a wrapper that reads as much of an answer as decides whether the attempt succeeded.
//!
//! Of a Converse answer that is all of it, of a stream its first frame: a connection that breaks,
//! an empty answer, a page that is no answer and an exception as first frame then fail the attempt,
//! and the one retry strategy sees them all.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt;
use serde::de::IgnoredAny;

use super::call::AnswerKind;
use super::error::{CallError, Ids, Metadata};
use super::frames::{Decoder, Frame, FrameKind};
use super::json;
use super::retry::CALL;
use super::shapes;

/// What connections depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransportSettings {
    /// Longest time for TCP and TLS together.
    pub connect_timeout: Duration,
    /// Longest time until the head of the answer; none unless set, long prompts are slow.
    pub first_byte_timeout: Option<Duration>,
    /// The proxy, as a URL; `None` is a direct connection.
    pub proxy: Option<String>,
    /// Hosts that the proxy is not for, as in `NO_PROXY`.
    pub no_proxy: Option<String>,
    /// Certificates to trust beside the system's, in PEM.
    pub ca: Option<String>,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            first_byte_timeout: None,
            proxy: None,
            no_proxy: None,
            ca: None,
        }
    }
}

/// Why an answer that has begun cannot be used.
enum Unread {
    /// It is not what it should be.
    Answer(Box<CallError>),
    /// Its connection failed.
    Connector(ConnectorError),
}

fn known_of(response: &HttpResponse) -> Metadata {
    Metadata {
        http_status_code: Some(response.status().as_u16()),
        ids: Ids::of(|name| response.headers().get(name).map(str::to_owned)),
        ..Metadata::default()
    }
}

/// Connections, shared.
#[derive(Debug, Clone)]
pub struct Transport {
    connector: SharedHttpConnector,
}

impl Transport {
    /// Opens nothing yet; connections are made when they are needed.
    pub fn new(settings: &TransportSettings) -> Result<Self, CallError> {
        let mut timeouts =
            HttpConnectorSettings::builder().connect_timeout(settings.connect_timeout);
        timeouts.set_read_timeout(settings.first_byte_timeout);
        let mut trust = TrustStore::default();
        if let Some(ca) = &settings.ca {
            trust = trust.with_pem_certificate(ca.as_bytes());
        }
        let tls = TlsContext::builder().with_trust_store(trust).build().map_err(|error| {
            CallError::input(format!("The certificates to trust cannot be used: {error}"))
        })?;
        let proxy = match &settings.proxy {
            Some(url) => {
                let proxy = ProxyConfig::all(url.as_str()).map_err(|error| {
                    CallError::input(format!("The proxy's URL cannot be used: {error}"))
                })?;
                proxy.no_proxy(settings.no_proxy.as_deref().unwrap_or_default())
            }
            None => ProxyConfig::disabled(),
        };
        let connector = Connector::builder()
            .connector_settings(timeouts.build())
            .proxy_config(proxy)
            .pool_idle_timeout(Duration::from_mins(1))
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(tls)
            .build();
        Ok(Self {
            connector: SharedHttpConnector::new(Reading {
                inner: SharedHttpConnector::new(connector),
            }),
        })
    }
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.connector.clone()
    }
}

/// The wrapper.
#[derive(Debug)]
struct Reading {
    inner: SharedHttpConnector,
}

impl HttpConnector for Reading {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // Extensions are lost when a request is sent again; the task's own state is not.
        let expected = CALL.try_with(|call| call.expected()).unwrap_or(AnswerKind::Json);
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let response = answer.await?;
            let known = known_of(&response);
            let read = match expected {
                AnswerKind::Events if response.status().is_success() => {
                    read_first_frame(response).await
                }
                expected => read_whole(response, expected == AnswerKind::Json).await,
            };
            read.map_err(|error| match error {
                Unread::Answer(error) => {
                    ConnectorError::other(error.with_metadata(known).into(), None)
                }
                Unread::Connector(error) => error,
            })
        })
    }
}

async fn read_whole(mut response: HttpResponse, json: bool) -> Result<HttpResponse, Unread> {
    let body = response.take_body().collect().await;
    let body = body.map_err(|error| Unread::Connector(ConnectorError::io(error)))?.to_bytes();
    if response.status().is_success() {
        check_whole(&body, json)?;
    }
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

/// An answer that no one can use fails the attempt: it is empty, or a page of something between.
fn check_whole(body: &Bytes, json: bool) -> Result<(), Unread> {
    let error = if body.is_empty() {
        CallError::answer(
            "EmptyAnswerError",
            "The answer is empty although its status says success.",
        )
    // The pipeline makes values of it; here it is only looked at, unless something is wrong with it.
    } else if json
        && serde_json::from_slice::<IgnoredAny>(body).is_err()
        && let Err(error) = json::parse(body)
    {
        let start = String::from_utf8_lossy(body.get(..200).unwrap_or(body));
        let message = format!("The answer is no JSON ({error}): {}", start.trim());
        CallError::answer("UnreadableAnswerError", message)
    } else {
        return Ok(());
    };
    Err(Unread::Answer(Box::new(error)))
}

async fn read_first_frame(mut response: HttpResponse) -> Result<HttpResponse, Unread> {
    let mut source = FrameSource::new(response.take_body());
    let first = match source.next().await {
        Ok(Some(frame)) => frame,
        Ok(None) => {
            let message = "The stream ended before its first event.";
            return Err(Unread::Answer(Box::new(CallError::answer("EmptyAnswerError", message))));
        }
        Err(error) => return Err(Unread::Answer(Box::new(error))),
    };
    let (name, status, body) = match &first.kind {
        FrameKind::Exception(kind) => {
            let shape = shapes::stream_exception(kind);
            let name = shape.map_or(kind.as_str(), |shape| shape.name.as_str());
            (name.to_owned(), shape.map_or(400, |shape| shape.status), first.payload.clone())
        }
        FrameKind::Error { code, message } => {
            let body = serde_json::json!({ "message": message }).to_string();
            (code.clone(), 500, Bytes::from(body))
        }
        FrameKind::Event(_) | FrameKind::Unknown(_) => {
            source.first = Some(first);
            response.add_extension(Handover(Arc::new(Mutex::new(Some(source)))));
            *response.body_mut() = SdkBody::empty();
            return Ok(response);
        }
    };
    let status = StatusCode::try_from(status)
        .map_err(|error| Unread::Connector(ConnectorError::other(error.into(), None)))?;
    *response.status_mut() = status;
    response.headers_mut().insert("x-amzn-errortype", name);
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

/// Carries a stream from the connector to the deserialiser, through an extension that must be `Clone`.
#[derive(Clone)]
pub(super) struct Handover(Arc<Mutex<Option<FrameSource>>>);

impl Handover {
    pub(super) fn take(&self) -> Option<FrameSource> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A stream's frames, as they arrive. Dropping it closes the exchange.
pub struct FrameSource {
    body: SdkBody,
    decoder: Decoder,
    first: Option<Frame>,
}

impl fmt::Debug for FrameSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrameSource")
    }
}

impl FrameSource {
    fn new(body: SdkBody) -> Self {
        Self { body, decoder: Decoder::default(), first: None }
    }

    /// The next frame; `None` where the stream ended between two frames.
    pub async fn next(&mut self) -> Result<Option<Frame>, CallError> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        loop {
            let frame = self.decoder.next_frame();
            match frame.map_err(|error| CallError::answer("EventStreamError", error.to_string()))? {
                Some(frame) => return Ok(Some(frame)),
                None => match self.body.frame().await {
                    Some(Ok(part)) => {
                        if let Some(bytes) = part.data_ref() {
                            self.decoder.push(bytes);
                        }
                    }
                    Some(Err(error)) => return Err(broken(&error)),
                    None if self.decoder.pending() == 0 => return Ok(None),
                    None => {
                        let text = super::frames::FrameError::Truncated.to_string();
                        return Err(CallError::answer("EventStreamError", text));
                    }
                },
            }
        }
    }
}

fn broken(error: &aws_smithy_types::body::Error) -> CallError {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error.as_ref());
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    let mut error =
        CallError::answer("StreamInterruptedError", format!("The connection broke: {text}"));
    error.code = Some("ECONNRESET".to_owned());
    error
}
