//! How a connection is made: directly or through a proxy, in clear text or over TLS, and what Node.js
//! would call it when that fails.
//!
//! Names with several addresses are reached as RFC 8305 has it: by turns of the families, the next one
//! a quarter of a second after the last.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsConnector;

use super::deadline::within;
use super::error::{CallError, ErrorKind};
use super::origin::Origin;
use super::proxy::{Proxy, ProxyError, ProxySettings};
use super::socket::{Health, Socket, Watched};
use super::tls::{HandshakeError, Tls, TlsSettings};

/// How often a silent connection is checked with a PING: routers forget those that say
/// nothing, and tell nobody.
const PROBE: Duration = Duration::from_secs(30);

/// How long an address is tried alone.
const ALONE: Duration = Duration::from_millis(250);

/// Which HTTP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only, in clear text too.
    Http2,
}

/// When an HTTP/2 connection is checked with a PING, and when it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PingSettings {
    /// Silence after which a connection with open streams is checked.
    pub interval: Duration,
    /// How long it has to answer; its streams fail then.
    pub timeout: Duration,
    /// The same for a connection that nobody had used, and takes a stream again.
    pub reuse_timeout: Duration,
}

impl Default for PingSettings {
    /// Together less than half a minute.
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(12),
            reuse_timeout: Duration::from_secs(5),
        }
    }
}

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
    /// How many connections a host may have; calls wait for one in their order. `None`: as many as
    /// it takes.
    pub max_sockets: Option<usize>,
    /// When a connection of HTTP/2 is believed dead.
    pub ping: PingSettings,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            proxy: None,
            tls: TlsSettings::default(),
            protocol: None,
            max_sockets: None,
            ping: PingSettings::default(),
        }
    }
}

/// A connection that has been made.
#[derive(Debug)]
pub struct Link {
    /// What is read and written.
    pub socket: Watched,
    /// What is known of it.
    pub health: Arc<Health>,
    /// Whether HTTP/2 is spoken.
    pub http2: bool,
    /// Whether requests go to a proxy and not through it.
    pub proxied: bool,
}

impl Link {
    fn new(socket: Box<dyn Socket>, http2: bool, proxied: bool) -> Self {
        let (socket, health) = Watched::new(socket);
        Self { socket, health, http2, proxied }
    }
}

/// Makes connections.
#[derive(Debug)]
pub struct Connector {
    tls: Tls,
    proxy: Option<Proxy>,
    protocol: Option<Protocol>,
    limit: Duration,
}

impl Connector {
    /// Reads certificates and proxies of the settings; makes no connection.
    pub fn new(settings: &TransportSettings) -> Result<Self, CallError> {
        Ok(Self {
            tls: Tls::new(&settings.tls)?,
            proxy: settings.proxy.as_ref().map(Proxy::new).transpose()?,
            protocol: settings.protocol,
            limit: settings.connect_timeout,
        })
    }

    /// Longest time for a connection.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Whether an origin's connections can only speak HTTP/1.1, which is known before one is made.
    pub fn is_http1(&self, origin: &Origin) -> bool {
        match self.protocol {
            Some(protocol) => protocol == Protocol::Http1,
            None => !origin.secure,
        }
    }

    /// The proxy that an origin's requests are sent to as they are, where they are in clear text.
    pub fn plain_proxy(&self, origin: &Origin) -> Option<&Proxy> {
        self.proxy_for(origin).filter(|_| !origin.secure)
    }

    fn proxy_for(&self, origin: &Origin) -> Option<&Proxy> {
        self.proxy.as_ref().filter(|proxy| proxy.is_for(origin))
    }

    /// Makes a connection in time.
    pub async fn connect(&self, origin: &Origin) -> Result<Link, CallError> {
        within(Some(self.limit), self.dial(origin), |limit| {
            let at = format!("{}:{}", origin.host, origin.port);
            let cause = format!("no connection within {} ms", limit.as_millis());
            CallError::transport("ETIMEDOUT", format!("connect ETIMEDOUT {at} ({cause})"))
                .with_member("syscall", "connect")
                .with_member("address", origin.host.as_str())
                .with_member("port", origin.port)
                .caused_by(cause)
        })
        .await
    }

    async fn dial(&self, origin: &Origin) -> Result<Link, CallError> {
        let clear_http2 = self.protocol == Some(Protocol::Http2);
        let socket: Box<dyn Socket> = match self.proxy_for(origin) {
            None => Box::new(reach(&origin.host, origin.port).await?),
            Some(proxy) => {
                let mut socket = self.reach_proxy(proxy).await?;
                if !origin.secure {
                    return Ok(Link::new(socket, clear_http2, true));
                }
                tunnel(&mut socket, origin, proxy).await?;
                socket
            }
        };
        if !origin.secure {
            return Ok(Link::new(socket, clear_http2, false));
        }
        let protocols: &[&[u8]] = match self.protocol {
            Some(Protocol::Http1) => &[b"http/1.1"],
            Some(Protocol::Http2) => &[b"h2"],
            None => &[b"h2", b"http/1.1"],
        };
        let (socket, http2) = self.secure(socket, &origin.host, protocols).await?;
        Ok(Link::new(socket, http2, false))
    }

    async fn reach_proxy(&self, proxy: &Proxy) -> Result<Box<dyn Socket>, CallError> {
        let Origin { secure, host, port } = proxy.origin();
        let reached = async {
            let socket: Box<dyn Socket> = Box::new(reach(host, *port).await?);
            if !secure {
                return Ok(socket);
            }
            Ok(self.secure(socket, host, &[]).await?.0)
        };
        reached.await.map_err(|error| proxy.unreachable(error))
    }

    async fn secure(
        &self,
        socket: Box<dyn Socket>,
        host: &str,
        protocols: &[&[u8]],
    ) -> Result<(Box<dyn Socket>, bool), CallError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|error| {
            let message = format!("The host `{host}` cannot be that of a certificate: {error}");
            CallError::new(ErrorKind::Input, "EndpointError", message)
        })?;
        let config = self.tls.config(protocols).map_err(HandshakeError::Protocol)?;
        let stream = TlsConnector::from(config).connect(name, socket).await;
        let stream = stream.map_err(|error| match HandshakeError::of(&error) {
            Some(refused) => refused.into(),
            None if error.kind() == io::ErrorKind::UnexpectedEof => before_tls(&error),
            None => CallError::system("read", &error, None),
        })?;
        let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok((Box::new(stream), http2))
    }
}

fn before_tls(error: &io::Error) -> CallError {
    let message = "Client network socket disconnected before secure TLS connection was established";
    CallError::transport("ECONNRESET", message).caused_by(error.to_string())
}

/// A connection of TCP to one of a host's addresses.
async fn reach(host: &str, port: u16) -> Result<TcpStream, CallError> {
    let mut addresses = resolve(host, port).await?;
    let Some(first) = addresses.pop_front() else {
        return Err(unknown_host(host, &io::Error::other("no address")));
    };
    if addresses.is_empty() {
        let connected = TcpStream::connect(first).await;
        let connected =
            connected.map_err(|error| CallError::system("connect", &error, Some(first)));
        return connected.map(tuned);
    }
    let mut trying = JoinSet::new();
    let mut failed: Option<CallError> = None;
    let mut next = Some(first);
    loop {
        if let Some(address) = next.take() {
            trying.spawn(async move {
                let connected = TcpStream::connect(address).await;
                connected.map_err(|error| CallError::system("connect", &error, Some(address)))
            });
        }
        tokio::select! {
            Some(tried) = trying.join_next() => match tried {
                Ok(Ok(stream)) => return Ok(tuned(stream)),
                Ok(Err(error)) => {
                    failed = Some(match failed {
                        Some(first) => {
                            let cause = format!("{}; {}", first.message, error.message);
                            first.caused_by(cause)
                        }
                        None => error,
                    });
                    next = addresses.pop_front();
                    if next.is_none() && trying.is_empty() {
                        return Err(failed.unwrap_or_else(CallError::hang_up));
                    }
                }
                Err(_) => next = addresses.pop_front(),
            },
            () = sleep(ALONE), if !addresses.is_empty() => next = addresses.pop_front(),
            else => return Err(failed.unwrap_or_else(CallError::hang_up)),
        }
    }
}

/// What a connection's TCP is set to; that it cannot be is no reason to do without it.
fn tuned(stream: TcpStream) -> TcpStream {
    let _ = stream.set_nodelay(true);
    let probe = TcpKeepalive::new().with_time(PROBE).with_interval(PROBE);
    let _ = SockRef::from(&stream).set_tcp_keepalive(&probe);
    stream
}

/// A host's addresses, by turns of their families.
async fn resolve(host: &str, port: u16) -> Result<VecDeque<SocketAddr>, CallError> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(VecDeque::from([SocketAddr::new(address, port)]));
    }
    let found = tokio::net::lookup_host((host, port)).await;
    let found: Vec<SocketAddr> = found.map_err(|error| unknown_host(host, &error))?.collect();
    let first_family = found.first().is_some_and(SocketAddr::is_ipv6);
    let (ours, others): (Vec<SocketAddr>, Vec<SocketAddr>) =
        found.into_iter().partition(|address| address.is_ipv6() == first_family);
    let mut turns = VecDeque::with_capacity(ours.len() + others.len());
    let mut others = others.into_iter();
    for address in ours {
        turns.push_back(address);
        turns.extend(others.next());
    }
    turns.extend(others);
    Ok(turns)
}

/// `getaddrinfo ENOTFOUND host`. Node.js's numbers for these are its own.
fn unknown_host(host: &str, error: &io::Error) -> CallError {
    let text = error.to_string().to_ascii_lowercase();
    let again = text.contains("temporary failure") || text.contains("try again");
    let (code, errno) = if again { ("EAI_AGAIN", -3001) } else { ("ENOTFOUND", -3008) };
    CallError::transport(code, format!("getaddrinfo {code} {host}"))
        .with_member("errno", errno)
        .with_member("syscall", "getaddrinfo")
        .with_member("hostname", host)
        .caused_by(error.to_string())
}

/// Asks a proxy for a connection to an origin.
async fn tunnel(
    socket: &mut Box<dyn Socket>,
    origin: &Origin,
    proxy: &Proxy,
) -> Result<(), CallError> {
    const MOST: usize = 16 * 1024;
    let broken = |error: io::Error| CallError::system("read", &error, None);
    socket.write_all(&proxy.connect(origin)).await.map_err(broken)?;
    socket.flush().await.map_err(broken)?;
    let mut response = Vec::new();
    while !response.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = socket.read_buf(&mut response).await.map_err(broken)?;
        if read == 0 || response.len() > MOST {
            return Err(ProxyError::mute(proxy, origin).into());
        }
    }
    Ok(proxy.check(&response, origin)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test]
    async fn a_refused_connection_has_the_text_and_the_fields_of_node() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let error = reach("127.0.0.1", port).await.unwrap_err();
        assert_eq!(error.message, format!("connect ECONNREFUSED 127.0.0.1:{port}"));
        assert_eq!((error.name.as_str(), error.code.as_deref()), ("Error", Some("ECONNREFUSED")));
        assert_eq!(error.members.get("address").unwrap(), "127.0.0.1");
        assert_eq!(error.members.get("port").unwrap(), port);
        assert_eq!(error.members.get("syscall").unwrap(), "connect");
        assert!(error.retryable && error.cause.is_some());
    }

    #[tokio::test]
    async fn every_address_of_a_name_is_tried() {
        // `localhost` has an address of each family on most machines; only one is listened at.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(reach("localhost", port).await.is_ok());
    }
}
