//! The body of a response, whichever HTTP brings it. Dropping it before its end closes the exchange:
//! the stream of HTTP/2, the connection of HTTP/1.1.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Body as _;
use hyper::body::Incoming;

use super::error::CallError;
use super::socket::Health;

/// What an exchange holds of its connection.
pub trait Lease: Send + Sync {
    /// The body has ended: the connection may serve others. Dropping it instead gives up the exchange.
    fn finish(self: Box<Self>);
}

/// Where the bytes come from.
pub enum BodySource {
    /// A connection of HTTP/1.1.
    Http1(Incoming),
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
            Some(BodySource::Http1(incoming)) => ready!(poll_http1(incoming, context)),
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
                self.source = None;
                if let Some(lease) = self.lease.take() {
                    lease.finish();
                }
                Poll::Ready(None)
            }
        }
    }
}

type Next = Poll<Option<Result<Bytes, CallError>>>;

fn poll_http1(incoming: &mut Incoming, context: &mut Context<'_>) -> Next {
    loop {
        let frame = ready!(Pin::new(&mut *incoming).poll_frame(context));
        match frame {
            None => return Poll::Ready(None),
            Some(Err(error)) => return Poll::Ready(Some(Err(http1_error(&error)))),
            Some(Ok(frame)) => {
                if let Ok(bytes) = frame.into_data() {
                    return Poll::Ready(Some(Ok(bytes)));
                }
            }
        }
    }
}

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

/// What hyper says, in the words of Node.js.
pub(super) fn http1_error(error: &hyper::Error) -> CallError {
    let cause = super::error::chain(error);
    if let Some(io) = super::error::find::<std::io::Error>(error) {
        return CallError::system("read", io, None);
    }
    if error.is_parse() {
        // hyper tells servers alone which it was, but by its text.
        let (code, what) = if error.to_string().contains("too large") {
            ("HPE_HEADER_OVERFLOW", "Header overflow")
        } else {
            ("HPE_INVALID_CONSTANT", "Expected HTTP/")
        };
        let mut parse = CallError::transport(code, format!("Parse Error: {what}"));
        parse.retryable = false;
        return parse.caused_by(error.to_string());
    }
    CallError::hang_up().caused_by(if cause.is_empty() { error.to_string() } else { cause })
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
