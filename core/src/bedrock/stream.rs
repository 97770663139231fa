//! A stream's events: what of its frames a caller sees, and how it may end.
//!
//! A response is whole when `messageStop` has arrived. One that ends before, however its connection
//! ended, is an error that says how much had arrived: AWS's SDKs end such a stream in silence.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time::{Instant, Sleep, sleep_until};

use super::error::{CallError, ErrorKind, Metadata};
use super::frames::{Frame, FrameKind};
use super::json::{self, Document, Nodes};
use super::shapes::{self, Decoded, Delta, DeltaKind};
use super::transport::FrameSource;

/// How long a stream may be silent. A model that holds a tool's input back until it is whole, or
/// that thinks and does not show it, is silent for minutes and alive: only between two pieces of
/// text may the shorter time be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilenceLimits {
    /// After a piece of text.
    pub events: Duration,
    /// Everywhere else, before the first event too.
    pub thinking: Duration,
}

impl Default for SilenceLimits {
    fn default() -> Self {
        Self { events: Duration::from_secs(90), thinking: Duration::from_mins(10) }
    }
}

/// Takes a stream's events, in their order.
pub trait EventSink {
    /// A piece of text.
    fn delta(&mut self, delta: Delta<'_>);

    /// Any other event.
    fn event(&mut self, event: &Decoded);

    /// Whether enough has been taken for now.
    fn is_full(&self) -> bool {
        false
    }
}

/// Whether there is more to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The stream goes on.
    More,
    /// It has ended whole.
    End,
}

#[derive(Debug)]
enum EventOrigin {
    /// Frames, as they arrive.
    Frames(Box<FrameSource>),
    /// A whole response, taken apart.
    Ready(VecDeque<Decoded>),
}

/// Hears the `usage` of a response.
struct UsageListener(Box<dyn Fn(&Value) + Send + Sync>);

impl fmt::Debug for UsageListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UsageListener")
    }
}

/// Sees the error that ends a stream before its reader does.
struct ErrorEditor(Box<dyn Fn(&mut CallError) + Send + Sync>);

impl fmt::Debug for ErrorEditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ErrorEditor")
    }
}

/// When a silence has lasted too long. One timer for a whole stream: an event moves the end of the
/// silence and not the timer, which is looked at when it goes off.
#[derive(Debug, Default)]
struct Silence {
    timer: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    fn poll(&mut self, end: Option<Instant>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(end) = end else { return Poll::Pending };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if timer.deadline() > end {
            timer.as_mut().reset(end);
        }
        while timer.as_mut().poll(cx).is_ready() {
            if timer.deadline() >= end {
                return Poll::Ready(());
            }
            timer.as_mut().reset(end);
        }
        Poll::Pending
    }
}

thread_local! {
    /// Where the nodes of an event are noted: of a thread, and not of each stream that is open.
    static NODES: Cell<Nodes> = Cell::default();
}

/// The events of one answer.
#[derive(Debug)]
pub struct EventSource {
    operation: &'static str,
    origin: EventOrigin,
    limits: SilenceLimits,
    /// How long the silence may be that is now.
    limit: Duration,
    silence: Silence,
    metadata: Metadata,
    /// How many events have been given.
    events: u64,
    stopped: bool,
    /// What has arrived and has not been looked at.
    arrived: Option<Result<Option<Frame>, CallError>>,
    usage: Option<UsageListener>,
    errors: Option<ErrorEditor>,
}

impl EventSource {
    /// The events of ConverseStream in these frames.
    pub fn new(frames: Box<FrameSource>, limits: SilenceLimits, metadata: Metadata) -> Self {
        Self::of("ConverseStream", EventOrigin::Frames(frames), limits, metadata)
    }

    /// The events of InvokeModelWithResponseStream in these frames. What they hold is the model's
    /// own: neither its end nor its text can be told, so the longer silence is lawful.
    pub fn chunks(frames: Box<FrameSource>, limits: SilenceLimits, metadata: Metadata) -> Self {
        let operation = "InvokeModelWithResponseStream";
        let thinking = limits.events.max(limits.thinking);
        let limits = SilenceLimits { thinking, ..limits };
        let origin = EventOrigin::Frames(frames);
        Self { stopped: true, ..Self::of(operation, origin, limits, metadata) }
    }

    /// The events of a response that arrived whole.
    pub fn ready(events: VecDeque<Decoded>, metadata: Metadata) -> Self {
        Self::of("ConverseStream", EventOrigin::Ready(events), SilenceLimits::default(), metadata)
    }

    fn of(
        operation: &'static str,
        origin: EventOrigin,
        limits: SilenceLimits,
        metadata: Metadata,
    ) -> Self {
        Self {
            operation,
            origin,
            limits,
            limit: limits.thinking,
            silence: Silence::default(),
            metadata,
            events: 0,
            stopped: false,
            arrived: None,
            usage: None,
            errors: None,
        }
    }

    /// Tells what the event `metadata` says of tokens. Events that are ready tell nothing: the whole
    /// answer has told it.
    #[must_use]
    pub fn on_usage(mut self, listener: impl Fn(&Value) + Send + Sync + 'static) -> Self {
        self.usage = Some(UsageListener(Box::new(listener)));
        self
    }

    /// Changes the error that ends the stream, where one does.
    #[must_use]
    pub fn on_error(mut self, edit: impl Fn(&mut CallError) + Send + Sync + 'static) -> Self {
        self.errors = Some(ErrorEditor(Box::new(edit)));
        self
    }

    fn edited(&self, mut error: CallError) -> CallError {
        if let Some(ErrorEditor(edit)) = &self.errors {
            edit(&mut error);
        }
        error
    }

    /// `$metadata` of the response.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Waits until something has arrived.
    pub async fn wait(&mut self) -> Result<(), CallError> {
        let EventOrigin::Frames(frames) = &mut self.origin else { return Ok(()) };
        let (arrived, silence, limit) = (&mut self.arrived, &mut self.silence, self.limit);
        // Time in which a reader that has fallen behind is waited for is no silence.
        let mut end = None;
        let waited = poll_fn(|cx| {
            if arrived.is_none() {
                match frames.poll_next(cx) {
                    Poll::Ready(frame) => *arrived = Some(frame),
                    Poll::Pending => {
                        let end = *end.get_or_insert_with(|| Instant::now().checked_add(limit));
                        return silence.poll(end, cx).map(Err);
                    }
                }
            }
            Poll::Ready(Ok(()))
        });
        waited.await.map_err(|()| self.edited(self.silent()))
    }

    /// Gives all that has arrived, as far as the sink takes it.
    pub fn give(&mut self, sink: &mut dyn EventSink) -> Result<Flow, CallError> {
        self.give_arrived(sink).map_err(|error| self.edited(error))
    }

    fn give_arrived(&mut self, sink: &mut dyn EventSink) -> Result<Flow, CallError> {
        // Who waits next is told: see `wait`.
        let mut cx = Context::from_waker(Waker::noop());
        while !sink.is_full() {
            let frames = match &mut self.origin {
                EventOrigin::Ready(events) => match events.pop_front() {
                    Some(event) => {
                        sink.event(&event);
                        continue;
                    }
                    None => return Ok(Flow::End),
                },
                EventOrigin::Frames(frames) => frames,
            };
            let arrived = match self.arrived.take() {
                Some(arrived) => arrived,
                None => match frames.poll_next(&mut cx) {
                    Poll::Ready(frame) => frame,
                    Poll::Pending => break,
                },
            };
            match arrived.map_err(|error| self.describe(error))? {
                Some(frame) => self.event(&frame, sink)?,
                None if self.stopped => return Ok(Flow::End),
                None => {
                    let message = "The stream ended before its messageStop event.";
                    let error = CallError::bad_response("StreamInterruptedError", message);
                    return Err(self.describe(error));
                }
            }
        }
        Ok(Flow::More)
    }

    fn event(&mut self, frame: &Frame, sink: &mut dyn EventSink) -> Result<(), CallError> {
        let event_type = match &frame.kind {
            FrameKind::Event(event_type) => event_type.as_str(),
            FrameKind::Exception(exception) => {
                return Err(exception_error(exception, &frame.payload));
            }
            FrameKind::Error { code, message } => {
                return Err(CallError::new(ErrorKind::Response, code, message.as_str()));
            }
            FrameKind::Unknown(_) => return Ok(()),
        };
        let payload = match frame.payload.len() {
            0 => Bytes::from_static(b"{}"),
            _ => frame.payload.clone(),
        };
        let payload = Document::read_with(NODES.take(), payload).map_err(|error| {
            let text = format!("An event is no JSON: {error}");
            self.describe(CallError::bad_response("UnreadableAnswerError", text))
        })?;
        let delta = match event_type {
            "contentBlockDelta" if self.operation == "ConverseStream" => Delta::of(&payload),
            "messageStop" => {
                self.stopped = true;
                None
            }
            "metadata" => {
                self.tell_usage(&payload);
                None
            }
            _ => None,
        };
        let spoke = matches!(delta, Some(Delta { kind: DeltaKind::Text, .. }));
        self.limit = if spoke { self.limits.events } else { self.limits.thinking };
        if let Some(delta) = delta {
            sink.delta(delta);
            self.events += 1;
        } else {
            let mut decoded = Decoded::default();
            if shapes::decode_event(self.operation, event_type, &payload, &mut decoded) {
                sink.event(&decoded);
                self.events += 1;
            }
        }
        NODES.set(payload.into_nodes());
        Ok(())
    }

    fn tell_usage(&self, payload: &Document) {
        if let Some(UsageListener(tell)) = &self.usage
            && let Some(usage) = payload.get(payload.root(), "usage")
        {
            tell(&usage);
        }
    }

    fn describe(&self, mut error: CallError) -> CallError {
        let arrived = match self.events {
            0 => "No event had arrived".to_owned(),
            1 => "1 event had arrived".to_owned(),
            count => format!("{count} events had arrived"),
        };
        error.hint.get_or_insert(format!("{arrived}. Sending the request again may succeed."));
        error.with_metadata(self.metadata.clone())
    }

    fn silent(&self) -> CallError {
        let message = format!("No event arrived for {} s.", self.limit.as_secs_f64());
        let mut error = CallError::bad_response("TimeoutError", message);
        error.code = Some("ETIMEDOUT".to_owned());
        self.describe(error)
    }
}

/// An exception within a stream, without `$metadata`, as the AWS SDK for JavaScript throws it.
fn exception_error(exception: &str, payload: &[u8]) -> CallError {
    let Some(shape) = shapes::stream_exception(exception) else {
        return CallError::new(ErrorKind::Response, exception, String::from_utf8_lossy(payload));
    };
    let body = json::parse(payload).unwrap_or(Value::Null);
    CallError::service(&shape.name, shape.status, body)
}
