//! TLS: which certificates are believed, and what Node.js calls it when one is not.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use super::error::CallError;
use super::secret::Secret;

/// What a connection's TLS depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TlsSettings {
    /// Certificates to trust, in PEM.
    pub ca: Option<String>,
    /// Files of certificates to trust as well, in PEM.
    pub ca_files: Vec<String>,
    /// Whether they are trusted instead of the system's, and not beside them.
    pub ca_only: bool,
    /// The client's own certificate with its chain, in PEM.
    pub certificate: Option<String>,
    /// Its private key, in PEM.
    pub key: Option<Secret>,
    /// Whether any certificate is accepted.
    pub unverified: bool,
}

/// Certificates to trust where the system has none.
static FALLBACK: OnceLock<String> = OnceLock::new();

/// Trusts these certificates (PEM) where the system has none at all; the first call counts.
pub fn trust_without_system(pem: String) {
    let _ = FALLBACK.set(pem);
}

/// The system's certificates, read once: reading them takes milliseconds.
static SYSTEM: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs().certs;
    match FALLBACK.get() {
        Some(pem) if found.is_empty() => certificates(pem).unwrap_or_default(),
        _ => found,
    }
});

/// The certificates in a bundle. What is none of them is passed over, as Node.js does it: bundles hold
/// what no one has looked at for years.
fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut wrong = None;
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        match certificate {
            Ok(certificate) => found.push(certificate),
            Err(error) => wrong = Some(error.to_string()),
        }
    }
    if found.is_empty() {
        return Err(wrong.unwrap_or_else(|| "there is no certificate in PEM in them".to_owned()));
    }
    Ok(found)
}

/// TLS of a set of connections. What needs the system's certificates is made at the first handshake.
#[derive(Debug)]
pub struct Tls {
    extra: Vec<CertificateDer<'static>>,
    system: bool,
    identity: Option<ClientCertificate>,
    unverified: bool,
    ready: OnceLock<Result<ClientConfig, rustls::Error>>,
}

#[derive(Debug)]
struct ClientCertificate {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Tls {
    /// Reads the certificates that the settings name and nothing else.
    pub fn new(settings: &TlsSettings) -> Result<Self, CallError> {
        let mut extra = Vec::new();
        let wrong = |error: &dyn fmt::Display| {
            CallError::input(format!("The certificates to trust cannot be used: {error}"))
        };
        let mut add = |pem: &str| {
            let found = certificates(pem)?;
            if RootCertStore::empty().add_parsable_certificates(found.iter().cloned()).0 == 0 {
                return Err("none of them is a certificate of X.509".to_owned());
            }
            extra.extend(found);
            Ok(())
        };
        if let Some(pem) = &settings.ca {
            add(pem).map_err(|error| wrong(&error))?;
        }
        for file in &settings.ca_files {
            let read = std::fs::read(file).map_err(|error| wrong(&format!("{file}: {error}")))?;
            // What stands between the certificates may be in any encoding.
            add(&String::from_utf8_lossy(&read))
                .map_err(|error| wrong(&format!("{file}: {error}")))?;
        }
        let identity = match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => {
                let wrong = |error: &dyn fmt::Display| {
                    CallError::input(format!(
                        "The agent's `cert` and `key` cannot be used: {error}"
                    ))
                };
                let chain = certificates(certificate).map_err(|error| wrong(&error))?;
                // Not the parser's text: it may quote the key.
                let key = PrivateKeyDer::from_pem_slice(key.0.as_bytes())
                    .map_err(|_| wrong(&"the key is no private key in PEM without a passphrase"))?;
                let identity = ClientCertificate { chain, key };
                identity.check().map_err(|error| wrong(&error))?;
                Some(identity)
            }
            (None, None) => None,
            _ => {
                let message = "Of the agent's `cert` and `key` only one is there; give both.";
                return Err(CallError::input(message));
            }
        };
        Ok(Self {
            extra,
            system: !settings.ca_only,
            identity,
            unverified: settings.unverified,
            ready: OnceLock::new(),
        })
    }

    /// The configuration of a handshake that offers these protocols.
    pub fn config(&self, protocols: &[&[u8]]) -> Result<Arc<ClientConfig>, rustls::Error> {
        let mut config = self.ready.get_or_init(|| self.build()).clone()?;
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(Arc::new(config))
    }

    fn build(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        if self.system {
            roots.add_parsable_certificates(SYSTEM.iter().cloned());
        }
        roots.add_parsable_certificates(self.extra.iter().cloned());
        let chains =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .ok();
        let verifier = Verifier {
            chains,
            trusted: self.extra.clone(),
            unverified: self.unverified,
            provider: Arc::clone(&provider),
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        match &self.identity {
            Some(ClientCertificate { chain, key }) => {
                builder.with_client_auth_cert(chain.clone(), key.clone_key())
            }
            None => Ok(builder.with_no_client_auth()),
        }
    }
}

impl ClientCertificate {
    /// Whether the key is one that can sign, and the certificate's own.
    fn check(&self) -> Result<(), rustls::Error> {
        let provider = aws_lc_rs::default_provider();
        rustls::sign::CertifiedKey::from_der(self.chain.clone(), self.key.clone_key(), &provider)
            .map(|_| ())
    }
}

#[derive(Debug)]
struct Verifier {
    /// `None` where there is nothing to trust.
    chains: Option<Arc<WebPkiServerVerifier>>,
    /// Certificates that were named; one of them may be the server's own.
    trusted: Vec<CertificateDer<'static>>,
    unverified: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.unverified {
            return Ok(ServerCertVerified::assertion());
        }
        let verified = match &self.chains {
            Some(chains) => chains.verify_server_cert(leaf, above, name, ocsp, now),
            None => Err(CertificateError::UnknownIssuer.into()),
        };
        let Err(rustls::Error::InvalidCertificate(error)) = verified else { return verified };
        let facts = CertificateFacts::of(leaf);
        // webpki takes no certificate of an authority for a server's, even where it is the very one
        // that was named as trusted; Node.js does.
        let named = self.trusted.iter().any(|trusted| trusted.as_ref() == leaf.as_ref());
        let in_time = facts.as_ref().is_some_and(|facts| facts.holds_at(now));
        let distrust = if matches!(error, CertificateError::Other(_)) && named && in_time {
            match rustls::client::verify_server_name(&ParsedCertificate::try_from(leaf)?, name) {
                Ok(()) => return Ok(ServerCertVerified::assertion()),
                Err(_) => Distrust::of(&CertificateError::NotValidForName, facts, above),
            }
        } else {
            Distrust::of(&error, facts, above)
        };
        Err(CertificateError::Other(rustls::OtherError(Arc::new(distrust))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Why a server's certificate is not believed, in the code and the words of Node.js.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distrust {
    /// `DEPTH_ZERO_SELF_SIGNED_CERT`, …
    pub code: &'static str,
    text: &'static str,
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl Error for Distrust {}

impl Distrust {
    fn of(
        error: &CertificateError,
        leaf: Option<CertificateFacts<'_>>,
        above: &[CertificateDer<'_>],
    ) -> Self {
        use CertificateError as E;
        let (code, text) = match error {
            E::Expired | E::ExpiredContext { .. } => {
                ("CERT_HAS_EXPIRED", "certificate has expired")
            }
            E::NotValidYet | E::NotValidYetContext { .. } => {
                ("CERT_NOT_YET_VALID", "certificate is not yet valid")
            }
            E::NotValidForName | E::NotValidForNameContext { .. } => (
                "ERR_TLS_CERT_ALTNAME_INVALID",
                "Hostname/IP does not match certificate's altnames",
            ),
            E::Revoked => ("CERT_REVOKED", "certificate revoked"),
            E::BadSignature => ("CERT_SIGNATURE_FAILURE", "certificate signature failure"),
            E::InvalidPurpose | E::InvalidPurposeContext { .. } => {
                ("INVALID_PURPOSE", "unsuitable certificate purpose")
            }
            // An authority's own certificate as a server's is `Other`.
            E::UnknownIssuer | E::Other(_) => {
                if leaf.is_some_and(|facts| facts.is_self_signed()) {
                    ("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate")
                } else if above
                    .last()
                    .and_then(CertificateFacts::of)
                    .is_some_and(|top| top.is_self_signed())
                {
                    ("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain")
                } else if above.is_empty() {
                    ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate")
                } else {
                    ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate")
                }
            }
            _ => ("CERT_REJECTED", "certificate rejected"),
        };
        Self { code, text }
    }
}

/// Why a handshake failed.
#[derive(Debug)]
pub enum HandshakeError {
    /// The server's certificate is not believed.
    Distrust(Distrust),
    /// What came is not the TLS that is spoken here.
    Protocol(rustls::Error),
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distrust(distrust) => distrust.fmt(f),
            Self::Protocol(error) => write!(f, "the TLS handshake failed: {error}"),
        }
    }
}

impl Error for HandshakeError {}

impl From<HandshakeError> for CallError {
    /// In the words of Node.js; the other side would decide the same again.
    fn from(error: HandshakeError) -> Self {
        let (code, message) = match &error {
            HandshakeError::Distrust(distrust) => (distrust.code, distrust.to_string()),
            HandshakeError::Protocol(_) => ("EPROTO", format!("write EPROTO: {error}")),
        };
        let mut made = CallError::transport(code, message);
        made.retryable = false;
        match error {
            HandshakeError::Distrust(_) => made,
            HandshakeError::Protocol(cause) => made.caused_by(cause.to_string()),
        }
    }
}

impl HandshakeError {
    /// What TLS itself has to say about a failed handshake; `None` where its connection broke.
    pub fn of(error: &std::io::Error) -> Option<Self> {
        let error = error.get_ref()?.downcast_ref::<rustls::Error>()?;
        if let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error
            && let Some(distrust) = other.0.downcast_ref::<Distrust>()
        {
            return Some(Self::Distrust(*distrust));
        }
        Some(Self::Protocol(error.clone()))
    }
}

/// What of a certificate decides how Node.js names its failure.
struct CertificateFacts<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
    not_before: &'a [u8],
    not_after: &'a [u8],
}

impl<'a> CertificateFacts<'a> {
    /// `None` for what is no X.509 certificate.
    fn of(certificate: &'a CertificateDer<'_>) -> Option<Self> {
        const SEQUENCE: u8 = 0x30;
        let mut whole = Der(certificate.as_ref());
        let mut signed = Der(whole.next(SEQUENCE)?);
        let mut body = Der(signed.next(SEQUENCE)?);
        if body.tag() == Some(0xa0) {
            body.next(0xa0)?; // version
        }
        body.next(0x02)?; // serial number
        body.next(SEQUENCE)?; // algorithm
        let issuer = body.next(SEQUENCE)?;
        let mut validity = Der(body.next(SEQUENCE)?);
        let not_before = validity.any()?;
        let not_after = validity.any()?;
        let subject = body.next(SEQUENCE)?;
        Some(Self { issuer, subject, not_before, not_after })
    }

    fn is_self_signed(&self) -> bool {
        self.issuer == self.subject
    }

    fn holds_at(&self, now: UnixTime) -> bool {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let at = |time| seconds(time);
        at(self.not_before).is_some_and(|from| from <= now)
            && at(self.not_after).is_some_and(|until| now <= until)
    }
}

/// Tags, lengths and values, read one after the other.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    fn tag(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        if self.tag() == Some(tag) { self.any() } else { None }
    }

    fn any(&mut self) -> Option<&'a [u8]> {
        let (&[_, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = if first < 0x80 {
            (usize::from(first), rest)
        } else {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.len() > 4 {
                return None;
            }
            (bytes.iter().fold(0, |sum, byte| (sum << 8) | usize::from(*byte)), rest)
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }
}

/// `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ` in seconds since 1970.
fn seconds(time: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(time).ok()?.strip_suffix('Z')?;
    let text = match text.len() {
        12 if text < "50" => format!("20{text}"),
        12 => format!("19{text}"),
        _ => text.to_owned(),
    };
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    // Days since 1970 of a date (Howard Hinnant's days_from_civil).
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn times_of_certificates_are_read() {
        assert_eq!(seconds(b"700101000000Z"), Some(0));
        assert_eq!(seconds(b"20000229123456Z"), Some(951_827_696));
        assert_eq!(seconds(b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(seconds(b"soon"), None);
    }

    #[test]
    fn what_is_no_certificate_has_no_facts() {
        for bytes in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x30\x01\x02"] {
            assert!(CertificateFacts::of(&CertificateDer::from(bytes)).is_none());
        }
    }

    #[test]
    fn certificates_that_are_none_are_refused() {
        let refused = |pem: &str| {
            let settings = TlsSettings { ca: Some(pem.to_owned()), ..TlsSettings::default() };
            Tls::new(&settings).unwrap_err().message
        };
        assert_eq!(
            refused("not a certificate"),
            "The certificates to trust cannot be used: there is no certificate in PEM in them"
        );
        let garbled = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(refused(garbled).starts_with("The certificates to trust cannot be used: "));
    }
}
