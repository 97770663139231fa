//! HTTP for the process: a request goes to its host over a connection that all clients with the same
//! settings share, and comes back as a head and a body that is read as far as its reader wants.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::header::HOST;
use http::uri::Uri;
use http::{HeaderMap, Method, Request, Response, Version};
use http_body_util::BodyExt;
use tokio::time::sleep;

use super::body::{Body, BodySource};
use super::connector::Connector;
use super::deadline::within;
use super::error::{CallError, ErrorKind};
use super::failure::Failed;
use super::http1::request_head;
use super::origin::Origin;
use super::pool::{Http1Place, Http2Place, Pool, PoolPlace};

pub use super::connector::{PingSettings, TransportSettings};
pub use super::response::FrameSource;

/// How often a request is sent again that no server has processed, before its caller hears of it.
const RESENDS: u32 = 8;

/// The largest answer of a provider of credentials, in bytes.
const MOST_OF_PLAIN: usize = 1024 * 1024;

/// Headers that are a connection's own, of which HTTP/2 has none.
const HOP_BY_HOP: [&str; 6] =
    ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// A request, ready to be sent any number of times.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub origin: Origin,
    /// Path and query.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Connections, shared.
#[derive(Debug, Clone)]
pub struct Transport {
    routed: TransportRoute,
    /// The same without a proxy.
    direct: TransportRoute,
}

#[derive(Debug, Clone)]
struct TransportRoute {
    connector: Arc<Connector>,
    pool: Arc<Pool>,
}

impl TransportRoute {
    fn new(settings: &TransportSettings) -> Result<Self, CallError> {
        let connector = Arc::new(Connector::new(settings)?);
        let pool = Pool::new(Arc::clone(&connector), settings.max_sockets, settings.ping);
        Ok(Self { connector, pool: Arc::new(pool) })
    }
}

impl Transport {
    /// Opens nothing yet; connections are made when they are needed.
    pub fn new(settings: &TransportSettings) -> Result<Self, CallError> {
        let routed = TransportRoute::new(settings)?;
        let direct = if settings.proxy.is_none() {
            routed.clone()
        } else {
            TransportRoute::new(&TransportSettings { proxy: None, ..settings.clone() })?
        };
        Ok(Self { routed, direct })
    }

    /// Makes a connection to this origin where there is none yet, and waits for nothing.
    pub fn warm(&self, origin: &Origin) {
        self.routed.pool.warm(origin);
    }

    /// Sends a request and waits for the head of its response; `first_byte` bounds that wait once
    /// there is a connection. Dropping the future closes the exchange.
    pub async fn send(
        &self,
        request: &Outgoing,
        first_byte: Option<Duration>,
    ) -> Result<Response<Body>, CallError> {
        self.routed.send(request, first_byte).await
    }

    /// The same connections for providers of credentials, as the AWS SDK for Rust uses them.
    pub fn plain(&self) -> SharedHttpClient {
        SharedHttpClient::new(Plain(self.clone()))
    }
}

impl TransportRoute {
    async fn send(
        &self,
        request: &Outgoing,
        first_byte: Option<Duration>,
    ) -> Result<Response<Body>, CallError> {
        let mut resends = 0;
        loop {
            let place = self.pool.place(&request.origin).await?;
            let sending = async {
                Ok(match place {
                    PoolPlace::Http1(place) => self.send_http1(place, request).await,
                    PoolPlace::Http2(place) => send_http2(place, request).await,
                })
            };
            let sent = within(first_byte, sending, |limit| {
                let message = format!("no answer within {} ms", limit.as_millis());
                CallError::transport("ETIMEDOUT", message)
            });
            match sent.await? {
                Ok(response) => return Ok(response),
                Err(Failed { resend: true, .. }) if resends < RESENDS => {
                    // At once first; a server that goes on refusing is given time.
                    if resends > 1 {
                        sleep(Duration::from_millis(5 << resends)).await;
                    }
                    resends += 1;
                }
                Err(failed) => return Err(failed.error),
            }
        }
    }

    async fn send_http1(
        &self,
        place: Http1Place,
        request: &Outgoing,
    ) -> Result<Response<Body>, Failed> {
        let Some((connection, lease)) = place.into_parts() else {
            return Err(Failed { error: CallError::hang_up(), resend: true });
        };
        let url = if connection.is_proxied() { request.origin.url() } else { String::new() };
        let target = uri(&format!("{url}{}", request.path))?;
        let mut headers = request.headers.clone();
        if !headers.contains_key(HOST)
            && let Ok(host) = request.origin.authority().parse()
        {
            headers.insert(HOST, host);
        }
        if let Some(proxy) = self.connector.plain_proxy(&request.origin) {
            proxy.sign(&mut headers);
        }
        let health = Arc::clone(connection.health());
        let head = request_head(&request.method, &target, &headers, request.body.len());
        let sent = connection.send(head, request.body.clone()).await;
        if sent.as_ref().is_err_and(|failed| failed.resend) {
            lease.forget_idle();
        }
        let (head, body) = sent?;
        let body = Body::new(BodySource::Http1(body), Box::new(lease), health);
        Ok(Response::from_parts(head, body))
    }
}

async fn send_http2(place: Http2Place, request: &Outgoing) -> Result<Response<Body>, Failed> {
    let mut made = Request::new(());
    *made.version_mut() = Version::HTTP_2;
    *made.method_mut() = request.method.clone();
    let mut headers = request.headers.clone();
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    let authority = headers.remove(HOST);
    let authority = authority.and_then(|host| host.to_str().map(str::to_owned).ok());
    let scheme = if request.origin.secure { "https" } else { "http" };
    let authority = authority.unwrap_or_else(|| request.origin.authority());
    *made.uri_mut() = uri(&format!("{scheme}://{authority}{}", request.path))?;
    *made.headers_mut() = headers;
    let connection = Arc::clone(place.connection());
    let sent = connection.send(made, request.body.clone()).await;
    let (head, body) = sent?.into_parts();
    let health = Arc::clone(connection.health());
    Ok(Response::from_parts(head, Body::new(BodySource::Http2(body), Box::new(place), health)))
}

fn uri(text: &str) -> Result<Uri, Failed> {
    text.parse().map_err(|error| Failed {
        // Not the text: a path may hold what a caller would not have shown.
        error: CallError::new(
            ErrorKind::Input,
            "ValidationException",
            format!("The URL of the request cannot be used: {error}."),
        ),
        resend: false,
    })
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

struct PlainConnector {
    transport: Transport,
    /// Who asks for an instance's metadata elsewhere than on an instance gives up early.
    limit: Option<Duration>,
}

impl fmt::Debug for PlainConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainConnector")
    }
}

impl HttpConnector for PlainConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        // Metadata of instances and containers is in clear text, and on this side of every proxy.
        let near = request.uri().starts_with("http:");
        let route = if near { &self.transport.direct } else { &self.transport.routed };
        let (route, limit) = (route.clone(), self.limit);
        HttpConnectorFuture::new(async move {
            let request = outgoing(request).await.map_err(ConnectorError::user)?;
            let late = |limit: Duration| {
                let message = format!("no answer within {} ms", limit.as_millis());
                CallError::transport("ETIMEDOUT", message)
            };
            let response = within(limit, whole(&route, &request), late).await;
            response.map_err(|error| match error.code.as_deref() {
                Some("ETIMEDOUT") => ConnectorError::timeout(error.into()),
                _ => ConnectorError::io(error.into()),
            })
        })
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

async fn outgoing(request: HttpRequest) -> Result<Outgoing, BoxError> {
    let (head, body) = request.try_into_http1x()?.into_parts();
    let origin = Origin::of(&head.uri).ok_or("the URL is none of HTTP")?;
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let body = body.collect().await?.to_bytes();
    Ok(Outgoing { method: head.method, origin, path, headers: head.headers, body })
}

async fn whole(route: &TransportRoute, request: &Outgoing) -> Result<HttpResponse, CallError> {
    let (head, mut body) = route.send(request, None).await?.into_parts();
    let mut read = Vec::new();
    while let Some(chunk) = body.chunk().await {
        read.extend_from_slice(&chunk?);
        if read.len() > MOST_OF_PLAIN {
            let message = format!("The answer is larger than {MOST_OF_PLAIN} bytes.");
            return Err(CallError::bad_response("ResponseTooLargeError", message));
        }
    }
    let response = Response::from_parts(head, SdkBody::from(read));
    response
        .try_into()
        .map_err(|error| CallError::bad_response("UnreadableAnswerError", format!("{error}")))
}

#[cfg(test)]
mod tests;
