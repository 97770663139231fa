//! The body of a response, whichever HTTP brings it. Dropping it before its end closes the exchange:
//! the stream of HTTP/2, the connection of HTTP/1.1.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::error::CallError;
use super::http1::{Http1, Http1Body};
use super::socket::Health;
use bytes::Bytes;

/// What an exchange holds of its host's connections. Dropping it frees its place.
pub trait Lease: Send + Sync {
    /// The body has ended, and this connection of HTTP/1.1 may serve others.
    fn give_back(self: Box<Self>, connection: Http1);
}

/// Where the bytes come from.
pub enum BodySource {
    /// A connection of HTTP/1.1.
    Http1(Http1Body),
    /// A stream of HTTP/2.
    Http2(h2::RecvStream),
}

/// A body as it arrives.
pub struct Body {
    /// Before the lease: a stream is closed before its place is free.
    source: Option<BodySource>,
    lease: Option<Box<dyn Lease>>,
    health: Arc<Health>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body")
    }
}

impl Body {
    /// The body of a response on this connection.
    pub fn new(source: BodySource, lease: Box<dyn Lease>, health: Arc<Health>) -> Self {
        Self { source: Some(source), lease: Some(lease), health }
    }

    /// The next bytes; `None` at the end.
    pub async fn chunk(&mut self) -> Option<Result<Bytes, CallError>> {
        poll_fn(|context| self.poll_chunk(context)).await
    }

    /// The same for whom polls.
    pub fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, CallError>>> {
        let next = match &mut self.source {
            None => return Poll::Ready(None),
            Some(BodySource::Http1(body)) => ready!(body.poll_chunk(context)),
            Some(BodySource::Http2(stream)) => ready!(poll_http2(stream, context)),
        };
        match next {
            Some(Ok(bytes)) => Poll::Ready(Some(Ok(bytes))),
            Some(Err(error)) => {
                self.source = None;
                self.lease = None;
                Poll::Ready(Some(Err(self.health.end().unwrap_or(error))))
            }
            None => {
                let source = self.source.take();
                let lease = self.lease.take();
                if let (Some(BodySource::Http1(body)), Some(lease)) = (source, lease)
                    && let Some(connection) = body.into_kept()
                {
                    lease.give_back(connection);
                }
                Poll::Ready(None)
            }
        }
    }
}

type Next = Poll<Option<Result<Bytes, CallError>>>;

fn poll_http2(stream: &mut h2::RecvStream, context: &mut Context<'_>) -> Next {
    Poll::Ready(match ready!(stream.poll_data(context)) {
        None => None,
        Some(Ok(bytes)) => {
            // Taken from the stream's window as it is read. It fails only where the stream has ended.
            let _ = stream.flow_control().release_capacity(bytes.len());
            Some(Ok(bytes))
        }
        // What has been answered needs no more of the request.
        Some(Err(error)) if error.is_reset() && error.reason() == Some(h2::Reason::NO_ERROR) => {
            None
        }
        Some(Err(error)) => Some(Err(http2_error(&error))),
    })
}

/// What h2 says, in the words of Node.js.
pub(super) fn http2_error(error: &h2::Error) -> CallError {
    let told = match (error.reason(), error.get_io()) {
        (_, Some(io)) if io.raw_os_error().is_some() => CallError::system("read", io, None),
        (_, Some(_)) => CallError::hang_up(),
        (Some(reason), _) => {
            let name = reason_name(reason);
            if error.is_go_away() && error.is_remote() {
                let message = format!("Session closed with error code {name}");
                CallError::transport("ERR_HTTP2_SESSION_ERROR", message)
            } else if error.is_go_away() {
                CallError::transport("ERR_HTTP2_ERROR", format!("Protocol error ({name})"))
            } else {
                let message = format!("Stream closed with error code {name}");
                CallError::transport("ERR_HTTP2_STREAM_ERROR", message)
            }
        }
        (None, None) => CallError::transport("ERR_HTTP2_ERROR", error.to_string()),
    };
    told.caused_by(error.to_string())
}

fn reason_name(reason: h2::Reason) -> String {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    let number = u32::from(reason);
    let name = usize::try_from(number).ok().and_then(|index| NAMES.get(index));
    name.map_or_else(|| number.to_string(), |name| format!("NGHTTP2_{name}"))
}
