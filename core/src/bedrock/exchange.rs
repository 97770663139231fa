//! One call, from its request to its response: for each attempt the identity, the signature, the
//! connection, the head, as much of the body as tells whether it has succeeded; then whether there is
//! another. One deadline runs through all of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_LENGTH, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::time::sleep;

use super::endpoint::Endpoint;
use super::error::{self, CallError, ErrorKind, Ids, Metadata};
use super::identity::Identity;
use super::rejection::Rejection;
use super::response::{check_filled, headers_of, read_first_frame, read_json, read_whole};
use super::retry::{Quota, Retry, RetryEvent};
use super::sign::{self, Signable};
use super::transport::{Outgoing, Transport};
use super::wire::{BodyFormat, CallState, WireBody, WireRequest, WireResponse};

/// The media type of an event stream.
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";

const X_AMZ_USER_AGENT: HeaderName = HeaderName::from_static("x-amz-user-agent");
const INVOCATION_ID: HeaderName = HeaderName::from_static("amz-sdk-invocation-id");
const REQUEST_INFO: HeaderName = HeaderName::from_static("amz-sdk-request");

/// Sends requests to one endpoint as one identity. Making one costs nothing and opens nothing; what it
/// holds is shared.
#[derive(Debug)]
pub struct Caller {
    endpoint: Arc<Endpoint>,
    /// The region that signatures are for.
    region: String,
    transport: Transport,
    identity: Identity,
    quota: Arc<Quota>,
}

impl Caller {
    /// `quota` is shared by all callers of the same account, region and endpoint.
    pub fn new(
        endpoint: Arc<Endpoint>,
        region: &str,
        transport: Transport,
        identity: Identity,
        quota: Arc<Quota>,
    ) -> Self {
        Self { endpoint, region: region.to_owned(), transport, identity, quota }
    }

    /// Where it sends.
    pub fn url(&self) -> &str {
        self.endpoint.url()
    }

    /// Sends a request, again where that may help. Dropping the future closes the exchange.
    pub async fn send(
        &self,
        request: WireRequest,
        state: &CallState,
    ) -> Result<WireResponse, CallError> {
        let sent = state.options.deadline.bound(self.attempts(&request, state)).await;
        sent.map_err(|error| self.describe(error, state))
    }

    async fn attempts(
        &self,
        request: &WireRequest,
        state: &CallState,
    ) -> Result<WireResponse, CallError> {
        let options = &state.options;
        let mut outgoing = self.outgoing(request, state)?;
        // A connection is made while keys are fetched and the body is hashed.
        self.transport.warm(self.endpoint.origin());
        let hash = sign::hash(&request.body).await?;
        pause(self.quota.wait(options.retry_mode)).await;
        let mut attempt = 1;
        let mut cost = 0;
        loop {
            state.begin();
            let error = match self.attempt(request, &mut outgoing, &hash, state, attempt).await {
                Ok(response) => {
                    self.quota.succeeded(options.retry_mode, cost);
                    return Ok(response);
                }
                Err(error) => error,
            };
            let attempts = (attempt, options.max_attempts);
            let retry =
                self.quota.failed(options.retry_mode, &error, attempts, options.clock_offset);
            let Some(retry) = retry else { return Err(error) };
            let delay = u64::try_from(retry.delay.as_millis()).unwrap_or(u64::MAX);
            let CallError { name, message, .. } = error;
            let max_attempts = options.max_attempts;
            state.repeats(RetryEvent { attempt, max_attempts, delay, error: name, message });
            pause(retry.delay).await;
            attempt += 1;
            Retry { cost, .. } = retry;
        }
    }

    async fn attempt(
        &self,
        request: &WireRequest,
        outgoing: &mut Outgoing,
        hash: &str,
        state: &CallState,
        attempt: u32,
    ) -> Result<WireResponse, CallError> {
        let options = &state.options;
        let ready = self.identity.get().await?;
        let time = self.quota.time(options.clock_offset);
        let info = request_info(attempt, options.max_attempts, options.deadline.left(), time);
        outgoing.headers.insert(REQUEST_INFO, info);
        let signable = Signable {
            method: request.method,
            url: &[self.endpoint.base(), &outgoing.path].concat(),
            host: self.endpoint.authority(),
            hash,
            region: &self.region,
            time,
        };
        sign::authorize(&signable, &mut outgoing.headers, &ready)?;
        let (head, body) = self.transport.send(outgoing, options.first_byte).await?.into_parts();
        let status = head.status.as_u16();
        let headers = headers_of(&head.headers);
        let ids = Ids::of_list(&headers);
        let known =
            Metadata { http_status_code: Some(status), ids: ids.clone(), ..Metadata::default() };
        let known = |error: CallError| error.with_metadata(known);
        if head.status.is_success() && request.response == BodyFormat::Events {
            let frames = read_first_frame(body, &headers, options.silence).await.map_err(known)?;
            let body = WireBody::Stream(Box::new(frames));
            return Ok(WireResponse { status, ids, headers, body });
        }
        let body = match read_whole(body, &head.headers, options.silence).await {
            Ok(body) => body,
            Err(error) => return Err(known(error)),
        };
        if !head.status.is_success() {
            let error = error::from_response(status, &headers, &body);
            if matches!(Rejection::of(&error), Some(Rejection::Expired | Rejection::NotAccepted)) {
                self.identity.refused(&ready);
            }
            return Err(error);
        }
        let body = if request.response == BodyFormat::Json {
            read_json(body).map(WireBody::Json)
        } else {
            check_filled(&body).map(|()| WireBody::Bytes(body))
        };
        let body = body.map_err(known)?;
        Ok(WireResponse { status, ids, headers, body })
    }

    /// A request with every header but those that differ from attempt to attempt.
    fn outgoing(&self, request: &WireRequest, state: &CallState) -> Result<Outgoing, CallError> {
        let mut headers = HeaderMap::with_capacity(20);
        let (_, user_agent) = sign::header("user-agent", &state.options.user_agent)?;
        headers.insert(USER_AGENT, user_agent.clone());
        headers.insert(X_AMZ_USER_AGENT, user_agent);
        headers.insert(INVOCATION_ID, invocation_id());
        match request.response {
            BodyFormat::Json => {
                headers.insert(ACCEPT, HeaderValue::from_static("application/json"))
            }
            BodyFormat::Events => headers.insert(ACCEPT, HeaderValue::from_static(EVENT_STREAM)),
            BodyFormat::Bytes => None,
        };
        for (name, value) in &request.headers {
            let (name, value) = sign::header(name, value)?;
            headers.insert(name, value);
        }
        let method = match request.method {
            "POST" => {
                headers.insert(CONTENT_LENGTH, request.body.len().into());
                Method::POST
            }
            _ => Method::GET,
        };
        let path = [self.endpoint.prefix(), &request.path].concat();
        let body = Bytes::clone(&request.body);
        Ok(Outgoing { method, origin: self.endpoint.origin().clone(), path, headers, body })
    }

    /// The same with what is known of the exchange, and where it was.
    fn describe(&self, mut error: CallError, state: &CallState) -> CallError {
        let status = error.response.as_ref().map(|response| response.status_code);
        let (status, ids) = match (&error.metadata, &error.response) {
            (Some(read), _) => (read.http_status_code, read.ids.clone()),
            (None, Some(response)) => (status, Ids::of_list(&response.headers)),
            (None, None) => (status, Ids::default()),
        };
        if error.kind == ErrorKind::Transport && error.hint.is_none() {
            error.hint = Some(format!("The endpoint is {}.", self.endpoint.base()));
        }
        error.with_metadata(state.metadata(status, ids))
    }
}

async fn pause(delay: Duration) {
    // A sleep of nothing would wait for the next tick of the timer.
    if !delay.is_zero() {
        sleep(delay).await;
    }
}

/// A version 4 UUID: the same for all attempts of a call.
fn invocation_id() -> HeaderValue {
    let random = (fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{random:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    let id = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-");
    HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// `ttl=20261127T101500Z; attempt=1; max=3`: when the caller gives up, where that is known.
fn request_info(attempt: u32, most: u32, left: Option<Duration>, now: SystemTime) -> HeaderValue {
    let attempts = format!("attempt={attempt}; max={most}");
    let text = match left.and_then(|left| now.checked_add(left)).and_then(timestamp) {
        Some(ttl) => format!("ttl={ttl}; {attempts}"),
        None => attempts,
    };
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("attempt=1"))
}

fn timestamp(time: SystemTime) -> Option<String> {
    let text = DateTime::from_secs(DateTime::from(time).secs());
    let text = text.fmt(aws_smithy_types::date_time::Format::DateTime).ok()?;
    Some(text.replace(['-', ':'], ""))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_id_of_an_invocation_is_a_uuid_of_version_4() {
        for _ in 0..100 {
            let id = invocation_id();
            let id = id.to_str().unwrap();
            let parts: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(id.get(14..15), Some("4"), "{id}");
            assert!(id.get(19..20).is_some_and(|variant| "89ab".contains(variant)), "{id}");
        }
    }

    #[test]
    fn an_attempt_says_which_it_is_and_when_its_caller_gives_up() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        assert_eq!(request_info(2, 3, None, now), "attempt=2; max=3");
        let left = Some(Duration::from_millis(60_500));
        assert_eq!(request_info(1, 3, left, now), "ttl=20010909T014740Z; attempt=1; max=3");
    }
}
