//! Where requests go.

use http::uri::{Scheme, Uri};

/// Where requests go: a scheme, a host and a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Whether TLS is spoken.
    pub secure: bool,
    /// The host's name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Origin {
    /// The origin of a URL; `None` for one that is not of HTTP or names no host.
    pub fn of(uri: &Uri) -> Option<Self> {
        let secure = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return None,
        };
        let host = uri.host()?.trim_matches(['[', ']']).to_ascii_lowercase();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        (!host.is_empty()).then_some(Self { secure, host, port })
    }

    /// The host as it stands in a URL, with the port where it is not the scheme's own.
    pub fn authority(&self) -> String {
        let Self { secure, host, port } = self;
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        match (secure, port) {
            (true, 443) | (false, 80) => host,
            _ => format!("{host}:{port}"),
        }
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}", self.authority())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn origin(url: &str) -> Option<Origin> {
        Origin::of(&url.parse().unwrap())
    }

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port() {
        for (url, expected) in [
            ("https://Gate.example.com/prefix?x", "https://gate.example.com"),
            ("https://gate.example.com:443", "https://gate.example.com"),
            ("http://gate.example.com:443", "http://gate.example.com:443"),
            ("http://[::1]:80/", "http://[::1]"),
            ("https://[::1]:8443/", "https://[::1]:8443"),
        ] {
            assert_eq!(origin(url).unwrap().url(), expected);
        }
        assert_eq!(origin("ftp://example.com"), None);
        assert_eq!(origin("/path"), None);
    }
}
