//! How connections are made and kept: directly or through a proxy, in clear text or over TLS.
//!
//! The AWS SDK's own connector cannot do what callers of Node.js expect: codes of certificates that
//! are not believed, certificates of clients, the answers of proxies that refuse.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::uri::{Scheme, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{
    CaptureConnection, Connected, Connection, HttpConnector as Tcp, capture_connection,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tower_service::Service;

use super::error::CallError;
use super::proxy::{Proxy, ProxyError};
use super::tls::{HandshakeError, Tls};
use super::transport::TransportSettings;

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_mins(1);

/// How often a silent connection is asked whether it is still there: routers forget those that say
/// nothing, and tell nobody.
const PROBE: Duration = Duration::from_secs(30);

/// Which HTTP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only, in clear text too.
    Http2,
}

/// Connections that are kept and shared.
#[derive(Clone)]
pub struct Connections {
    client: Client<Dial, SdkBody>,
    route: Arc<Route>,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

impl Connections {
    /// Opens none yet.
    pub fn new(settings: &TransportSettings) -> Result<Self, CallError> {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(PROBE));
        let route = Arc::new(Route {
            tcp,
            tls: Tls::new(&settings.tls)?,
            proxy: settings.proxy.as_ref().map(Proxy::new).transpose()?,
            protocol: settings.protocol,
            limit: settings.connect_timeout,
        });
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http2_only(settings.protocol == Some(Protocol::Http2))
            .build(Dial(Arc::clone(&route)));
        Ok(Self { client, route })
    }
}

impl HttpConnector for Connections {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into())));
            }
        };
        if let Some(proxy) = self.route.proxy_for(request.uri())
            && request.uri().scheme() == Some(&Scheme::HTTP)
        {
            // A tunnel is asked for with these headers; here the request itself goes to the proxy.
            proxy.sign(request.headers_mut());
        }
        let captured = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || connection_of(&captured));
        }
        let answer = self.client.request(request);
        HttpConnectorFuture::new(async move {
            let response = answer.await.map_err(|error| match find::<ConnectTimeout>(&error) {
                Some(_) => ConnectorError::timeout(error.into()),
                None => ConnectorError::io(error.into()),
            })?;
            HttpResponse::try_from(response.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Lets the orchestrator drop a connection whose answer says that its host is in trouble.
fn connection_of(captured: &CaptureConnection) -> Option<ConnectionMetadata> {
    captured.connection_metadata().as_ref()?;
    let captured = captured.clone();
    let poison = move || {
        if let Some(connection) = captured.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(false).poison_fn(poison).build())
}

/// The error of this type that another one comes from.
pub(super) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// A connection took longer than it may.
#[derive(Debug)]
struct ConnectTimeout(Duration);

impl fmt::Display for ConnectTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no connection within {} ms", self.0.as_millis())
    }
}

impl Error for ConnectTimeout {}

/// Where connections lead.
struct Route {
    tcp: Tcp,
    tls: Tls,
    proxy: Option<Proxy>,
    protocol: Option<Protocol>,
    limit: Duration,
}

impl Route {
    fn proxy_for(&self, uri: &Uri) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|proxy| proxy.is_for(uri))
    }

    async fn dial(&self, uri: &Uri) -> Result<Link, BoxError> {
        let secure = uri.scheme() == Some(&Scheme::HTTPS);
        let socket = match self.proxy_for(uri) {
            None => self.reach(uri).await?,
            Some(proxy) => {
                let mut socket = self.reach_proxy(proxy).await?;
                if !secure {
                    return Ok(Link { io: TokioIo::new(socket), h2: false, proxied: true });
                }
                tunnel(&mut socket, uri, proxy).await?;
                socket
            }
        };
        if !secure {
            return Ok(Link { io: TokioIo::new(socket), h2: false, proxied: false });
        }
        let protocols: &[&[u8]] = match self.protocol {
            Some(Protocol::Http1) => &[b"http/1.1"],
            Some(Protocol::Http2) => &[b"h2"],
            None => &[b"h2", b"http/1.1"],
        };
        let (socket, h2) = self.secure(socket, uri, protocols).await?;
        Ok(Link { io: TokioIo::new(socket), h2, proxied: false })
    }

    async fn reach(&self, uri: &Uri) -> Result<Box<dyn Socket>, BoxError> {
        Ok(Box::new(self.tcp.clone().call(uri.clone()).await?.into_inner()))
    }

    async fn reach_proxy(&self, proxy: &Proxy) -> Result<Box<dyn Socket>, BoxError> {
        let reached = async {
            let socket = self.reach(proxy.uri()).await?;
            if proxy.uri().scheme() != Some(&Scheme::HTTPS) {
                return Ok(socket);
            }
            Ok(self.secure(socket, proxy.uri(), &[]).await?.0)
        };
        reached.await.map_err(|error| ProxyError::unreachable(proxy.uri(), error).into())
    }

    async fn secure(
        &self,
        socket: Box<dyn Socket>,
        uri: &Uri,
        protocols: &[&[u8]],
    ) -> Result<(Box<dyn Socket>, bool), BoxError> {
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(host)?;
        let config = self.tls.config(protocols).map_err(HandshakeError::Protocol)?;
        let stream = TlsConnector::from(config).connect(name, socket).await;
        let stream = stream.map_err(|error| match HandshakeError::of(&error) {
            Some(refused) => BoxError::from(refused),
            None => error.into(),
        })?;
        let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Box::new(stream), h2))
    }
}

/// Asks a proxy for a connection to `uri`.
async fn tunnel(socket: &mut Box<dyn Socket>, uri: &Uri, proxy: &Proxy) -> Result<(), BoxError> {
    const MOST: usize = 16 * 1024;
    socket.write_all(&proxy.connect(uri)).await?;
    socket.flush().await?;
    let mut answer = Vec::new();
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = socket.read_buf(&mut answer).await?;
        if read == 0 || answer.len() > MOST {
            return Err(ProxyError::mute(proxy.uri(), uri).into());
        }
    }
    proxy.check(&answer, uri).map_err(Into::into)
}

/// Makes connections.
#[derive(Clone)]
struct Dial(Arc<Route>);

impl Service<Uri> for Dial {
    type Response = Link;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Link, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let route = Arc::clone(&self.0);
        Box::pin(async move {
            match timeout(route.limit, route.dial(&uri)).await {
                Ok(dialled) => dialled,
                Err(_) => Err(ConnectTimeout(route.limit).into()),
            }
        })
    }
}

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A connection.
struct Link {
    io: TokioIo<Box<dyn Socket>>,
    h2: bool,
    /// Whether requests go to a proxy and not through it.
    proxied: bool,
}

impl Connection for Link {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.proxied);
        if self.h2 { connected.negotiated_h2() } else { connected }
    }
}

impl Read for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, parts)
    }
}
