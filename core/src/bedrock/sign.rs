//! Signatures: AWS's own, by its crate; and what of a request must hold for one to be made.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::error::{CallError, ErrorKind};
use super::identity::{Auth, Ready};

/// Bodies above this many bytes are hashed where nothing else waits.
const BIG: usize = 256 * 1024;

/// The name of the service that signatures are for.
const SERVICE: &str = "bedrock";

/// What a signature does not cover: what says how the request is sent, and not what it asks. Each header
/// under it costs as much as a hash, and one that a gateway rewrites would make it void.
const UNSIGNED: [&str; 4] =
    ["accept", "content-length", "amz-sdk-invocation-id", "amz-sdk-request"];

/// What a signature adds to a request.
const SIGNED: [&str; 3] = ["authorization", "x-amz-date", "x-amz-security-token"];

/// The SHA-256 of a body, as signatures have it.
pub(super) async fn hash(body: &Bytes) -> Result<String, CallError> {
    if body.len() <= BIG {
        return Ok(sha256(body));
    }
    let body = body.clone();
    tokio::task::spawn_blocking(move || sha256(&body)).await.map_err(|_| CallError::aborted())
}

fn sha256(body: &[u8]) -> String {
    use std::fmt::Write;

    let digest = Sha256::digest(body);
    let mut hex = String::with_capacity(64);
    for byte in digest {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// A header of a caller's, which may have any text.
pub(super) fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), CallError> {
    let wrong = |what: &str| {
        // The text of a header may be a secret.
        CallError::input(format!("The header {name:?} cannot be sent: its {what}."))
    };
    let made = HeaderName::from_bytes(name.as_bytes());
    let made = made.map_err(|_| wrong("name has characters that HTTP does not allow"))?;
    if let Some(found) = value.chars().find(|found| !matches!(found, '\t' | ' '..='~')) {
        let what =
            format!("value has the character U+{:04X}; printable ASCII is right", u32::from(found));
        return Err(wrong(&what));
    }
    let value = HeaderValue::from_str(value).map_err(|_| wrong("value is none of HTTP"))?;
    Ok((made, value))
}

/// What is signed.
pub(super) struct Signable<'a> {
    /// The method.
    pub method: &'a str,
    /// The whole URL.
    pub url: &'a str,
    /// The host as the request names it.
    pub host: &'a str,
    /// The SHA-256 of the body.
    pub hash: &'a str,
    /// The region that the signature is for.
    pub region: &'a str,
    /// The service's time.
    pub time: SystemTime,
}

/// Adds what proves who sends a request: a signature, or a bearer token.
pub(super) fn authorize(
    request: &Signable<'_>,
    headers: &mut HeaderMap,
    ready: &Ready,
) -> Result<(), CallError> {
    let wrong = |error: &dyn std::fmt::Display| {
        let message = format!("The request cannot be signed: {error}");
        CallError::new(ErrorKind::Credentials, "CredentialsProviderError", message)
    };
    // Those of the attempt before.
    for name in SIGNED {
        headers.remove(name);
    }
    let identity = match &ready.auth {
        Auth::Token(token) => {
            headers.insert(AUTHORIZATION, token.clone());
            return Ok(());
        }
        Auth::Keys(identity) => identity,
    };
    let params = v4::SigningParams::builder()
        .identity(identity)
        .region(request.region)
        .name(SERVICE)
        .time(request.time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| wrong(&error))?;
    let named =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    let named = named.filter(|(name, _)| !UNSIGNED.contains(name));
    let named = named.chain([("host", request.host)]);
    let body = SignableBody::Precomputed(request.hash.to_owned());
    let signable = SignableRequest::new(request.method, request.url, named, body);
    // Not the signer's text for a URL: it may quote the request.
    let signable = signable.map_err(|_| wrong(&"its URL cannot be used"))?;
    let signed =
        sign(signable, &params.into()).map_err(|error| wrong(&super::error::chain(&error)))?;
    for header in signed.into_parts().0.into_parts().0 {
        let value = HeaderValue::from_str(header.value()).map_err(|error| wrong(&error))?;
        let name =
            HeaderName::from_bytes(header.name().as_bytes()).map_err(|error| wrong(&error))?;
        headers.insert(name, value);
    }
    Ok(())
}
