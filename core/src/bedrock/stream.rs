//! A stream's events: what of its frames a caller sees, and how it may end.
//!
//! An answer is whole when it has said `messageStop`. One that ends before, however its connection
//! ended, is an error that says how much had arrived: AWS's SDKs end such a stream in silence.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::error::{CallError, ErrorKind, Metadata};
use super::frames::{Frame, FrameKind};
use super::json;
use super::shapes::{self, Decoded};
use super::transport::FrameSource;

/// How long a stream may be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilenceLimits {
    /// Between two events.
    pub events: Duration,
    /// Between two events while the model thinks: before the first content and after reasoning.
    pub thinking: Duration,
}

impl Default for SilenceLimits {
    fn default() -> Self {
        Self { events: Duration::from_secs(90), thinking: Duration::from_mins(10) }
    }
}

#[derive(Debug)]
enum Origin {
    /// Frames, as they arrive.
    Frames(Box<FrameSource>),
    /// A whole answer, taken apart.
    Ready(VecDeque<Decoded>),
}

/// Hears the `usage` of an answer.
struct UsageListener(Box<dyn Fn(&Value) + Send + Sync>);

impl fmt::Debug for UsageListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UsageListener")
    }
}

/// The events of one answer.
#[derive(Debug)]
pub struct EventSource {
    operation: &'static str,
    origin: Origin,
    limits: SilenceLimits,
    metadata: Metadata,
    events: u64,
    stopped: bool,
    thinking: bool,
    usage: Option<UsageListener>,
}

impl EventSource {
    /// The events of ConverseStream in these frames.
    pub fn new(frames: Box<FrameSource>, limits: SilenceLimits, metadata: Metadata) -> Self {
        let origin = Origin::Frames(frames);
        let operation = "ConverseStream";
        let (events, stopped, thinking, usage) = (0, false, true, None);
        Self { operation, origin, limits, metadata, events, stopped, thinking, usage }
    }

    /// The events of InvokeModelWithResponseStream in these frames. What they hold is the model's
    /// own: neither its end nor its thinking can be told, so the longer silence is lawful.
    pub fn chunks(frames: Box<FrameSource>, limits: SilenceLimits, metadata: Metadata) -> Self {
        let operation = "InvokeModelWithResponseStream";
        let limits = SilenceLimits { events: limits.events.max(limits.thinking), ..limits };
        Self { operation, stopped: true, ..Self::new(frames, limits, metadata) }
    }

    /// The events of an answer that arrived whole.
    pub fn ready(events: VecDeque<Decoded>, metadata: Metadata) -> Self {
        let (origin, limits) = (Origin::Ready(events), SilenceLimits::default());
        let operation = "ConverseStream";
        let (events, stopped, thinking, usage) = (0, true, false, None);
        Self { operation, origin, limits, metadata, events, stopped, thinking, usage }
    }

    /// Tells what the event `metadata` says of tokens. Events that are ready tell nothing: the whole
    /// answer has told it.
    #[must_use]
    pub fn on_usage(mut self, listener: impl Fn(&Value) + Send + Sync + 'static) -> Self {
        self.usage = Some(UsageListener(Box::new(listener)));
        self
    }

    /// `$metadata` of the answer.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The next event; `None` at the end of a whole answer.
    pub async fn next(&mut self) -> Result<Option<Decoded>, CallError> {
        loop {
            let limit = if self.thinking { self.limits.thinking } else { self.limits.events };
            let frames = match &mut self.origin {
                Origin::Ready(events) => return Ok(events.pop_front()),
                Origin::Frames(frames) => frames,
            };
            let frame = match timeout(limit, frames.next()).await {
                Ok(frame) => frame.map_err(|error| self.describe(error))?,
                Err(_) => return Err(self.silent(limit)),
            };
            let Some(frame) = frame else {
                if self.stopped {
                    return Ok(None);
                }
                let message = "The stream ended before its messageStop event.";
                return Err(self.describe(CallError::answer("StreamInterruptedError", message)));
            };
            if let Some(event) = self.event(frame)? {
                self.events += 1;
                return Ok(Some(event));
            }
        }
    }

    fn event(&mut self, frame: Frame) -> Result<Option<Decoded>, CallError> {
        match frame.kind {
            FrameKind::Event(event_type) => {
                let payload = parse(&frame.payload).map_err(|error| self.describe(error))?;
                let event = shapes::decode_event(self.operation, &event_type, payload);
                match event_type.as_str() {
                    "messageStop" => self.stopped = true,
                    "metadata" => self.tell_usage(event.as_ref()),
                    "contentBlockDelta" => self.thinking = is_reasoning(event.as_ref()),
                    _ => {}
                }
                Ok(event)
            }
            FrameKind::Exception(exception) => Err(exception_error(&exception, &frame.payload)),
            FrameKind::Error { code, message } => {
                Err(CallError::new(ErrorKind::Answer, &code, message))
            }
            FrameKind::Unknown(_) => Ok(None),
        }
    }

    fn tell_usage(&self, event: Option<&Decoded>) {
        let usage = event.and_then(|event| event.value.pointer("/metadata/usage"));
        if let (Some(usage), Some(UsageListener(tell))) = (usage, &self.usage) {
            tell(usage);
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

    fn silent(&self, limit: Duration) -> CallError {
        let message = format!("No event arrived for {} s.", limit.as_secs_f64());
        let mut error = CallError::answer("TimeoutError", message);
        error.code = Some("ETIMEDOUT".to_owned());
        self.describe(error)
    }
}

fn parse(payload: &[u8]) -> Result<Value, CallError> {
    if payload.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    json::parse(payload).map_err(|error| {
        CallError::answer("UnreadableAnswerError", format!("An event is no JSON: {error}"))
    })
}

fn is_reasoning(event: Option<&Decoded>) -> bool {
    event.is_some_and(|event| {
        event.value.pointer("/contentBlockDelta/delta/reasoningContent").is_some()
    })
}

/// An exception within a stream, without `$metadata`, as the AWS SDK for JavaScript throws it.
fn exception_error(exception: &str, payload: &[u8]) -> CallError {
    let text = String::from_utf8_lossy(payload);
    match shapes::stream_exception(exception) {
        Some(shape) => {
            let body = serde_json::from_str(&text).unwrap_or(Value::Null);
            CallError::service(&shape.name, shape.status, body)
        }
        None => CallError::new(ErrorKind::Answer, exception, text),
    }
}
