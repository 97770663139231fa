//! HTTP for the process: connections shared by every client with the same transport settings, and
//! a wrapper that reads as much of an answer as decides whether the attempt succeeded.
//!
//! Of a Converse answer that is all of it, of a stream its first frame: a connection that breaks,
//! an empty answer, a page that is no answer and an exception as first frame then fail the attempt,
//! and the one retry strategy sees them all.

use std::collections::HashMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::BodyExt;
use serde::de::IgnoredAny;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::call::AnswerKind;
use super::connector::{Connections, Protocol};
use super::error::{CallError, Ids, Metadata};
use super::frames::{Decoder, Frame, FrameKind};
use super::json;
use super::proxy::ProxySettings;
use super::retry::CALL;
use super::shapes;
use super::tls::TlsSettings;

/// What connections depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TransportSettings {
    /// Longest time for TCP, a proxy and TLS together.
    pub connect_timeout: Duration,
    /// The proxy; `None` is a direct connection.
    pub proxy: Option<ProxySettings>,
    /// Whom TLS trusts.
    pub tls: TlsSettings,
    /// Which HTTP is spoken, where not what the server offers.
    pub protocol: Option<Protocol>,
    /// How many exchanges a host may have at a time.
    pub max_sockets: Option<usize>,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            proxy: None,
            tls: TlsSettings::default(),
            protocol: None,
            max_sockets: None,
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
    connections: SharedHttpConnector,
    /// The same without a proxy.
    direct: SharedHttpConnector,
    sockets: Option<Arc<Sockets>>,
}

impl Transport {
    /// Opens nothing yet; connections are made when they are needed.
    pub fn new(settings: &TransportSettings) -> Result<Self, CallError> {
        let sockets = settings.max_sockets.map(|most| Sockets { most, hosts: Mutex::default() });
        let connections = SharedHttpConnector::new(Connections::new(settings)?);
        let direct = if settings.proxy.is_none() {
            connections.clone()
        } else {
            let settings = TransportSettings { proxy: None, ..settings.clone() };
            SharedHttpConnector::new(Connections::new(&settings)?)
        };
        Ok(Self { connections, direct, sockets: sockets.map(Arc::new) })
    }

    /// The same connections for whom wants answers as they are: providers of credentials.
    pub fn plain(&self) -> SharedHttpClient {
        SharedHttpClient::new(Plain(self.clone()))
    }
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Reading {
            inner: self.connections.clone(),
            sockets: self.sockets.clone(),
            first_byte: settings.read_timeout(),
        })
    }
}

#[derive(Debug)]
struct Plain(Transport);

impl HttpClient for Plain {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let limit = match (settings.connect_timeout(), settings.read_timeout()) {
            (Some(connect), Some(read)) => Some(connect + read),
            _ => None,
        };
        SharedHttpConnector::new(PlainConnector { transport: self.0.clone(), limit })
    }
}

#[derive(Debug)]
struct PlainConnector {
    transport: Transport,
    /// Who asks for an instance's metadata elsewhere than on an instance gives up early.
    limit: Option<Duration>,
}

impl HttpConnector for PlainConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // Metadata of instances and containers is in clear text, and on this side of every proxy.
        let near = request.uri().starts_with("http:");
        let Transport { connections, direct, .. } = &self.transport;
        let answer = if near { direct } else { connections }.call(request);
        match self.limit {
            Some(limit) => HttpConnectorFuture::new(within(limit, answer)),
            None => answer,
        }
    }
}

async fn within(
    limit: Duration,
    answer: HttpConnectorFuture,
) -> Result<HttpResponse, ConnectorError> {
    match tokio::time::timeout(limit, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(ConnectorError::timeout(NoAnswer(limit).into())),
    }
}

/// Lets so many exchanges with a host be under way, as `maxSockets` of Node.js does.
#[derive(Debug)]
struct Sockets {
    most: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Sockets {
    /// Waits for its turn; what it gives back is one exchange's place.
    async fn place(&self, uri: &str) -> Option<OwnedSemaphorePermit> {
        let host = uri.split('/').take(3).collect::<Vec<_>>().join("/");
        let places = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hosts.entry(host).or_insert_with(|| Arc::new(Semaphore::new(self.most))))
        };
        places.acquire_owned().await.ok()
    }
}

/// The wrapper.
#[derive(Debug)]
struct Reading {
    inner: SharedHttpConnector,
    sockets: Option<Arc<Sockets>>,
    /// Longest time until the head of the answer.
    first_byte: Option<Duration>,
}

/// The head of an answer did not come in time.
#[derive(Debug)]
struct NoAnswer(Duration);

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer within {} ms", self.0.as_millis())
    }
}

impl std::error::Error for NoAnswer {}

impl HttpConnector for Reading {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // Extensions are lost when a request is sent again; the task's own state is not.
        let expected = CALL.try_with(|call| call.expected()).unwrap_or(AnswerKind::Json);
        let Self { inner, sockets, first_byte } = self;
        let (inner, sockets, first_byte) = (inner.clone(), sockets.clone(), *first_byte);
        HttpConnectorFuture::new(async move {
            let place = match sockets {
                Some(sockets) => sockets.place(request.uri()).await,
                None => None,
            };
            let answer = inner.call(request);
            let response = match first_byte {
                Some(limit) => within(limit, answer).await?,
                None => answer.await?,
            };
            let known = known_of(&response);
            let read = match expected {
                AnswerKind::Events if response.status().is_success() => {
                    read_first_frame(response, place).await
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

async fn read_first_frame(
    mut response: HttpResponse,
    place: Option<OwnedSemaphorePermit>,
) -> Result<HttpResponse, Unread> {
    let mut source = FrameSource::new(response.take_body());
    source.place = place;
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
    /// Held as long as the stream is read.
    place: Option<OwnedSemaphorePermit>,
}

impl fmt::Debug for FrameSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrameSource")
    }
}

impl FrameSource {
    fn new(body: SdkBody) -> Self {
        Self { body, decoder: Decoder::default(), first: None, place: None }
    }

    /// The next frame; `None` where the stream ended between two frames.
    pub async fn next(&mut self) -> Result<Option<Frame>, CallError> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// The same without waiting: pending where none has arrived whole.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, CallError>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Ok(Some(first)));
        }
        loop {
            let frame = self.decoder.next_frame();
            let frame =
                frame.map_err(|error| CallError::answer("EventStreamError", error.to_string()))?;
            if frame.is_some() {
                return Poll::Ready(Ok(frame));
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(part)) => {
                    if let Some(bytes) = part.data_ref() {
                        self.decoder.push(bytes);
                    }
                }
                Some(Err(error)) => return Poll::Ready(Err(broken(&error))),
                None if self.decoder.pending() == 0 => return Poll::Ready(Ok(None)),
                None => {
                    let text = super::frames::FrameError::Truncated.to_string();
                    return Poll::Ready(Err(CallError::answer("EventStreamError", text)));
                }
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
