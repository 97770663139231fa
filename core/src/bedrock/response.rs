//! How far a response is read before its attempt counts as successful: all of it, or a stream's first
//! frame. A connection that breaks, an empty response, a page that is none, and an exception as first
//! frame then fail the attempt, and the one retry strategy sees them all.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;

use super::body::Body;
use super::deadline::within;
use super::error::{self, CallError};
use super::frames::{Decoder, Frame, FrameError, FrameKind};
use super::json::Document;
use super::shapes;
use crate::lane::heavy;

/// The largest response that is read whole, in bytes: ten times the largest that Bedrock gives.
pub const MOST_BYTES: usize = 256 * 1024 * 1024;

/// A response's headers as text; bytes that are none are replaced.
pub(super) fn headers_of(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

/// Reads a body to its end. It may be silent for no longer than `silence`.
pub(super) async fn read_whole(
    mut body: Body,
    headers: &HeaderMap,
    silence: Duration,
) -> Result<Bytes, CallError> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let length: usize = length.unwrap_or(0);
    if length > MOST_BYTES {
        return Err(too_large());
    }
    let mut next = async || {
        let chunk = async { body.chunk().await.transpose() };
        within(Some(silence), chunk, |limit| {
            let message =
                format!("Nothing more of the response arrived for {} s.", limit.as_secs_f64());
            let mut error = CallError::bad_response("TimeoutError", message);
            error.code = Some("ETIMEDOUT".to_owned());
            error
        })
        .await
    };
    let Some(first) = next().await? else { return Ok(Bytes::new()) };
    let Some(second) = next().await? else { return Ok(first) };
    let mut read = BytesMut::with_capacity(length.max(first.len() + second.len()));
    read.extend_from_slice(&first);
    read.extend_from_slice(&second);
    while let Some(chunk) = next().await? {
        if read.len() + chunk.len() > MOST_BYTES {
            return Err(too_large());
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.freeze())
}

fn too_large() -> CallError {
    let message = format!(
        "The response is larger than {} MiB, the most that is read whole.",
        MOST_BYTES / 1024 / 1024
    );
    let mut error = CallError::bad_response("ResponseTooLargeError", message);
    error.retryable = false;
    error
}

/// A response that no one can use fails the attempt: an empty one.
pub(super) fn check_filled(body: &Bytes) -> Result<(), CallError> {
    if body.is_empty() {
        let message = "The answer is empty although its status says success.";
        return Err(CallError::bad_response("EmptyAnswerError", message));
    }
    Ok(())
}

/// The same where JSON is expected: a page of something between is none.
pub(super) fn read_json(body: Bytes) -> Result<Document, CallError> {
    check_filled(&body)?;
    let start = body.slice(..body.len().min(200));
    heavy(body.len(), || Document::read(body)).map_err(|error| {
        let start = String::from_utf8_lossy(&start);
        let message = format!("The answer is no JSON ({error}): {}", start.trim());
        CallError::bad_response("UnreadableAnswerError", message)
    })
}

/// A stream's frames from its first one on, which is no exception.
pub(super) async fn read_first_frame(
    body: Body,
    headers: &[(String, String)],
    silence: Duration,
) -> Result<FrameSource, CallError> {
    let mut source = FrameSource::new(body);
    let first = within(Some(silence), source.next(), |limit| {
        let message = format!("No event arrived for {} s.", limit.as_secs_f64());
        let mut error = CallError::bad_response("TimeoutError", message);
        error.code = Some("ETIMEDOUT".to_owned());
        error
    });
    let Some(first) = first.await? else {
        let message = "The stream ended before its first event.";
        return Err(CallError::bad_response("EmptyAnswerError", message));
    };
    let (name, status, body) = match &first.kind {
        FrameKind::Exception(kind) => {
            let shape = shapes::stream_exception(kind);
            let name = shape.map_or(kind.as_str(), |shape| shape.name.as_str());
            (name.to_owned(), shape.map_or(400, |shape| shape.status), first.payload.clone())
        }
        FrameKind::Error { code, message } => {
            let body = serde_json::json!({ "message": message }).to_string();
            (code.clone(), 500, Bytes::from(body))
        }
        FrameKind::Event(_) | FrameKind::Unknown(_) => {
            source.first = Some(first);
            return Ok(source);
        }
    };
    let mut headers = headers.to_vec();
    headers.push(("x-amzn-errortype".to_owned(), name));
    Err(error::from_response(status, &headers, &body))
}

/// A stream's frames, as they arrive. Dropping it closes the exchange.
pub struct FrameSource {
    body: Body,
    decoder: Decoder,
    first: Option<Frame>,
}

impl fmt::Debug for FrameSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrameSource")
    }
}

impl FrameSource {
    fn new(body: Body) -> Self {
        Self { body, decoder: Decoder::default(), first: None }
    }

    /// The next frame; `None` where the stream ended between two frames.
    pub async fn next(&mut self) -> Result<Option<Frame>, CallError> {
        poll_fn(|context| self.poll_next(context)).await
    }

    /// The next frame, where it has arrived; pending where `next` would wait. Nobody is woken for it.
    pub fn try_next(&mut self) -> Poll<Result<Option<Frame>, CallError>> {
        self.poll_next(&mut Context::from_waker(Waker::noop()))
    }

    /// The next frame for whom polls.
    pub fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Frame>, CallError>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Ok(Some(first)));
        }
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => return Poll::Ready(Ok(Some(frame))),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Err(unreadable(&error))),
            }
            match ready!(self.body.poll_chunk(context)) {
                Some(Ok(bytes)) => self.decoder.push(&bytes),
                Some(Err(error)) => return Poll::Ready(Err(broken(error))),
                None if self.decoder.pending() == 0 => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(unreadable(&FrameError::Truncated))),
            }
        }
    }
}

fn unreadable(error: &FrameError) -> CallError {
    CallError::bad_response("EventStreamError", error.to_string())
}

/// A stream's connection broke: what it says of that stays, its name says what it means.
fn broken(error: CallError) -> CallError {
    let message = format!("The connection broke: {}", error.message);
    let mut broken = CallError::bad_response("StreamInterruptedError", message);
    broken.code = error.code;
    broken.members = error.members;
    broken.cause = error.cause;
    broken
}
