//! Proxies: which hosts one is for, and its requests and responses.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use http::uri::Uri;
use http::{HeaderMap, HeaderName, HeaderValue};
use hyper_util::client::proxy::matcher::Matcher;
use serde::Deserialize;

use super::error::{CallError, ErrorKind};
use super::origin::Origin;
use super::secret::Secret;

/// A proxy.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProxySettings {
    /// Its URL, without credentials.
    pub url: String,
    /// Headers for it alone, its credentials among them.
    #[serde(default)]
    pub headers: Vec<(String, Secret)>,
    /// Hosts that it is not for, as in `NO_PROXY`.
    #[serde(default)]
    pub except: String,
}

/// A proxy, ready for use.
#[derive(Debug)]
pub struct Proxy {
    origin: Origin,
    headers: HeaderMap,
    except: Exceptions,
}

impl Proxy {
    /// Reads the settings.
    pub fn new(settings: &ProxySettings) -> Result<Self, CallError> {
        let wrong = |what: &str| {
            CallError::input(format!(
                "The proxy's {what} cannot be used; a proxy is a URL such as \
                 \"http://proxy.example.com:3128\"."
            ))
        };
        let uri: Uri = settings.url.parse().map_err(|_| wrong("URL"))?;
        let origin = Origin::of(&uri).ok_or_else(|| wrong("URL"))?;
        let mut headers = HeaderMap::new();
        for (name, value) in &settings.headers {
            let name: HeaderName = name.parse().map_err(|_| wrong("headers"))?;
            let mut value: HeaderValue = value.0.parse().map_err(|_| wrong("headers"))?;
            value.set_sensitive(true);
            headers.append(name, value);
        }
        Ok(Self { origin, headers, except: Exceptions::read(&settings.except) })
    }

    /// Where it is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether requests to this origin go through it.
    pub fn is_for(&self, origin: &Origin) -> bool {
        !self.except.contain(origin)
    }

    /// It cannot be reached.
    pub fn unreachable(&self, mut error: CallError) -> CallError {
        let url = self.origin.url();
        error.message = format!("the proxy {url}/ cannot be reached: {}", error.message);
        error
    }

    /// Adds what only the proxy reads to a request that goes to it.
    pub fn sign(&self, headers: &mut HeaderMap) {
        headers.extend(self.headers.clone());
    }

    /// The request for a tunnel.
    pub fn connect(&self, origin: &Origin) -> Vec<u8> {
        let target = target_of(origin);
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
        for (name, value) in &self.headers {
            request.extend_from_slice(name.as_str().as_bytes());
            request.extend_from_slice(b": ");
            request.extend_from_slice(value.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        request
    }

    /// Whether its response opens the tunnel.
    pub fn check(&self, response: &[u8], origin: &Origin) -> Result<(), ProxyError> {
        let text = String::from_utf8_lossy(response);
        let line = text.lines().next().unwrap_or_default();
        let status = line
            .strip_prefix("HTTP/1.")
            .and_then(|rest| rest.split(' ').nth(1))
            .and_then(|status| status.parse::<u16>().ok());
        let what = match status {
            Some(200..=299) => return Ok(()),
            Some(407) if self.headers.contains_key("proxy-authorization") => {
                "it does not accept the credentials (407)".to_owned()
            }
            Some(407) => "it asks for credentials (407); give them in its URL, as in \
                 http://user:password@host:port"
                .to_owned(),
            Some(_) => format!("it answered \"{}\"", line.chars().take(100).collect::<String>()),
            None => "its answer is no HTTP".to_owned(),
        };
        Err(ProxyError::refused(self, origin, &what))
    }
}

/// A host with its port, whatever the port is.
fn target_of(Origin { host, port, .. }: &Origin) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Why a proxy opens no connection.
#[derive(Debug)]
pub struct ProxyError {
    text: String,
    /// It closed the connection, and may not do so again.
    closed: bool,
}

impl ProxyError {
    /// It closed the connection without a response.
    pub fn mute(proxy: &Proxy, target: &Origin) -> Self {
        Self { closed: true, ..Self::refused(proxy, target, "it closed the connection") }
    }

    fn refused(proxy: &Proxy, target: &Origin, what: &str) -> Self {
        let (url, target) = (proxy.origin.url(), target_of(target));
        let text = format!("the proxy {url}/ opens no connection to {target}: {what}");
        Self { text, closed: false }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for ProxyError {}

impl From<ProxyError> for CallError {
    fn from(error: ProxyError) -> Self {
        if error.closed {
            return CallError::transport("ECONNRESET", error.text);
        }
        CallError::new(ErrorKind::Transport, "Error", error.text)
    }
}

/// `NO_PROXY`: hosts with all that is below them, addresses, networks, each with a port or without.
struct Exceptions {
    all: bool,
    with_port: Vec<(String, u16)>,
    others: Matcher,
}

impl fmt::Debug for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exceptions")
    }
}

impl Exceptions {
    fn read(text: &str) -> Self {
        let mut all = false;
        let mut with_port = Vec::new();
        let mut others = Vec::new();
        for entry in text.split([',', ' ', '\t', '\n']).filter(|entry| !entry.is_empty()) {
            let entry = entry.strip_prefix('*').unwrap_or(entry);
            if entry.is_empty() {
                all = true;
            } else if let Some((host, port)) = split_port(entry) {
                let host = host.trim_matches(['[', ']', '.']).to_ascii_lowercase();
                with_port.push((host, port));
            } else {
                others.push(entry.trim_matches(['[', ']']).to_ascii_lowercase());
            }
        }
        // A proxy of which nothing is wanted but whether its exceptions match.
        let others = Matcher::builder().all("http://proxy.invalid").no(others.join(",")).build();
        Self { all, with_port, others }
    }

    fn contain(&self, origin: &Origin) -> bool {
        let Origin { host, port, .. } = origin;
        let below = |name: &str| {
            host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        self.all
            || self.with_port.iter().any(|(name, only)| only == port && below(name))
            || origin.url().parse().is_ok_and(|uri| self.others.intercept(&uri).is_none())
    }
}

/// `host:port` taken apart; `None` for a host alone, an IPv6 address among them.
fn split_port(entry: &str) -> Option<(&str, u16)> {
    if entry.parse::<IpAddr>().is_ok() {
        return None;
    }
    let (host, port) = entry.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn skipped(except: &str, uri: &str) -> bool {
        Exceptions::read(except).contain(&Origin::of(&uri.parse().unwrap()).unwrap())
    }

    #[test]
    fn a_host_is_excepted_with_what_is_below_it() {
        for except in ["example.com", ".example.com", "*.example.com", "a.org, EXAMPLE.com"] {
            assert!(skipped(except, "https://gate.example.com/"), "{except}");
            assert!(!skipped(except, "https://example.com.evil.org/"), "{except}");
            assert!(!skipped(except, "https://anexample.com/"), "{except}");
        }
        assert!(skipped("example.com", "https://example.com/"));
        assert!(!skipped("", "https://example.com/"));
        assert!(skipped("*", "https://example.com/"));
    }

    #[test]
    fn a_port_excepts_that_port_only() {
        for (except, uri, expected) in [
            ("example.com:8443", "https://gate.example.com:8443/", true),
            ("example.com:443", "https://example.com/", true),
            ("example.com:80", "http://example.com/", true),
            ("example.com:8443", "https://example.com/", false),
            ("127.0.0.1:9000", "http://127.0.0.1:9000/", true),
            ("127.0.0.1:9000", "http://127.0.0.1:9001/", false),
            ("[::1]:9000", "http://[::1]:9000/", true),
        ] {
            assert_eq!(skipped(except, uri), expected, "{except} {uri}");
        }
    }

    #[test]
    fn addresses_and_networks_are_excepted() {
        assert!(skipped("127.0.0.1,::1", "http://127.0.0.1:9000/"));
        assert!(skipped("127.0.0.1,::1", "http://[::1]:9000/"));
        assert!(skipped("10.0.0.0/8", "https://10.2.3.4/"));
        assert!(!skipped("10.0.0.0/8", "https://11.2.3.4/"));
    }

    #[test]
    fn what_is_no_url_of_a_proxy_is_refused_without_being_shown() {
        for url in ["", "proxy", "socks5://secret:1080", "http://"] {
            let settings =
                ProxySettings { url: url.to_owned(), headers: vec![], except: String::new() };
            let error = Proxy::new(&settings).unwrap_err();
            assert!(error.message.starts_with("The proxy's URL cannot be used"), "{error}");
            assert!(!error.message.contains("secret"), "{error}");
        }
    }
}
