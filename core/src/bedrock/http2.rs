//! A connection of HTTP/2: as many streams as the server lets it have, windows that no reader
//! exhausts for the others, and PINGs that notice when its path has gone silent.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{Builder, Connection, SendRequest};
use h2::{Ping, PingPong, Reason, RecvStream, SendStream};
use http::{Request, Response};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::body::http2_error;
use super::connector::{Link, PingSettings};
use super::error::CallError;
use super::failure::Failed;
use super::socket::{Health, Watched};

/// How many streams one connection carries, where its server lets it carry more: one lost packet
/// holds up no more than these.
const MOST_STREAMS: u8 = 100;

/// Bytes of a stream that may arrive before they are read: what a reader that has fallen behind costs.
const STREAM_WINDOW: u32 = 512 * 1024;

/// More than all streams' windows together, so that this one never holds up anybody.
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * 128;

/// What small frames may cost beyond their bytes before the connection is taken for an attack.
const FRAME_BUDGET: usize = 256 * 1024 * 1024;

/// How long bytes may be on their way for a stream that was given up.
const FORGET: Duration = Duration::from_secs(10);

/// How long a connection is kept that nobody uses.
pub const IDLE: Duration = Duration::from_mins(1);

/// A connection. It ends when it is dropped and its last stream with it.
pub struct Http2 {
    sender: SendRequest<Bytes>,
    state: Arc<State>,
}

/// What the connection's task and those who use it both know.
struct State {
    health: Arc<Health>,
    /// What the server allows; 1 until its SETTINGS have arrived.
    allowed: AtomicUsize,
    /// What it took when it refused one more.
    accepted: AtomicUsize,
    settled: AtomicBool,
    open: AtomicUsize,
    /// It takes no new streams: it has ended, is ending, or its server goes away.
    closing: AtomicBool,
    /// A PING is overdue, or the server's first word.
    suspect: AtomicBool,
    probe: Notify,
}

impl fmt::Debug for Http2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http2")
    }
}

impl Http2 {
    /// Speaks HTTP/2 on a connection that has been made. `changed` is called when it can take more
    /// streams or fewer than before.
    pub async fn start(
        link: Link,
        ping: PingSettings,
        limit: Duration,
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, CallError> {
        let Link { socket, health, .. } = link;
        let started = Builder::new()
            .enable_push(false)
            .initial_max_send_streams(1)
            .initial_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .data_frame_budget(FRAME_BUDGET)
            .max_header_list_size(256 * 1024)
            // What is still on its way for streams that were given up is no fault of the server's, and
            // must not end the connection of the others.
            .max_concurrent_reset_streams(1024)
            .reset_stream_duration(FORGET)
            .max_local_error_reset_streams(None)
            .handshake::<_, Bytes>(socket)
            .await;
        let (sender, connection) =
            started.map_err(|error| health.end().unwrap_or_else(|| http2_error(&error)))?;
        let state = Arc::new(State {
            health,
            allowed: AtomicUsize::new(1),
            accepted: AtomicUsize::new(usize::MAX),
            settled: AtomicBool::new(false),
            open: AtomicUsize::new(0),
            closing: AtomicBool::new(false),
            suspect: AtomicBool::new(false),
            probe: Notify::new(),
        });
        let ending = Ending { state: Arc::clone(&state), changed };
        tokio::spawn(drive(connection, ending, Pings::new(ping, limit)));
        Ok(Self { sender, state })
    }

    /// Whether its server's SETTINGS, which limit streams, have arrived.
    pub fn is_settled(&self) -> bool {
        self.state.settled.load(Ordering::Acquire)
    }

    /// Whether its server may be there no more: nobody is to wait for it.
    pub fn is_suspect(&self) -> bool {
        self.state.suspect.load(Ordering::Relaxed)
    }

    /// Whether it takes no new streams, ever.
    pub fn is_closing(&self) -> bool {
        self.state.closing.load(Ordering::Acquire)
    }

    /// How many streams it carries at most.
    pub fn capacity(&self) -> usize {
        let State { allowed, accepted, .. } = &*self.state;
        let most = allowed.load(Ordering::Relaxed).min(accepted.load(Ordering::Relaxed));
        most.min(usize::from(MOST_STREAMS))
    }

    /// How many more streams it can take now.
    pub fn free(&self) -> usize {
        if self.is_closing() || self.is_suspect() {
            return 0;
        }
        self.capacity().saturating_sub(self.state.open.load(Ordering::Relaxed))
    }

    /// What is known of it.
    pub fn health(&self) -> &Arc<Health> {
        &self.state.health
    }

    /// Counts a stream in. One that comes after a silence is asked whether anyone is there.
    pub fn open(&self, ping: PingSettings) {
        let open = self.state.open.fetch_add(1, Ordering::Relaxed);
        if open == 0 && self.state.health.last_read().elapsed() > ping.interval {
            self.state.probe.notify_one();
        }
    }

    /// Counts a stream out.
    pub fn close(&self) {
        self.state.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Sends a request, which has been counted in, and waits for the head of its response.
    pub async fn send(
        &self,
        request: Request<()>,
        body: Bytes,
    ) -> Result<Response<RecvStream>, Failed> {
        let sent = self.sender.clone().send_request(request, body.is_empty());
        let (response, stream) = sent.map_err(|error| self.failed(&error, true))?;
        let mut response = pin!(response);
        let Some(rest) = send_at_once(stream, body) else {
            return response.await.map_err(|error| self.failed(&error, false));
        };
        let mut rest = Box::pin(send_rest(rest.0, rest.1));
        tokio::select! {
            biased;
            // The server need not have read the whole body to respond.
            head = response.as_mut() => {
                let head = head.map_err(|error| self.failed(&error, false))?;
                tokio::spawn(rest);
                Ok(head)
            }
            () = rest.as_mut() => response.await.map_err(|error| self.failed(&error, false)),
        }
    }

    /// What became of a stream that has no response.
    fn failed(&self, error: &h2::Error, unsent: bool) -> Failed {
        let state = &self.state;
        let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
        let away = error.is_go_away() && error.reason() == Some(Reason::NO_ERROR);
        if unsent || away {
            state.closing.store(true, Ordering::Release);
        }
        if refused {
            let others = state.open.load(Ordering::Relaxed).saturating_sub(1).max(1);
            state.accepted.fetch_min(others, Ordering::Relaxed);
        }
        let told = state.health.end().unwrap_or_else(|| http2_error(error));
        Failed { error: told, resend: unsent || refused || away }
    }
}

/// Sends what fits into the windows, which is most often all; else what is left.
fn send_at_once(mut stream: SendStream<Bytes>, body: Bytes) -> Option<(SendStream<Bytes>, Bytes)> {
    if body.is_empty() {
        return None;
    }
    stream.reserve_capacity(body.len());
    if stream.capacity() < body.len() {
        return Some((stream, body));
    }
    // It fails only where the stream has ended, which the response tells.
    let _ = stream.send_data(body, true);
    None
}

async fn send_rest(mut stream: SendStream<Bytes>, mut body: Bytes) {
    while !body.is_empty() {
        stream.reserve_capacity(body.len());
        match poll_fn(|context| stream.poll_capacity(context)).await {
            Some(Ok(capacity)) => {
                let part = body.split_to(capacity.min(body.len()));
                if !part.is_empty() && stream.send_data(part, body.is_empty()).is_err() {
                    return;
                }
            }
            // The stream has ended, which the response tells.
            Some(Err(_)) | None => return,
        }
    }
}

/// Says that the connection has ended, however its task ends.
struct Ending<F: Fn()> {
    state: Arc<State>,
    changed: F,
}

impl<F: Fn()> Drop for Ending<F> {
    fn drop(&mut self) {
        self.state.closing.store(true, Ordering::Release);
        (self.changed)();
    }
}

/// When a connection is checked with a PING.
struct Pings {
    settings: PingSettings,
    /// When it is looked at next.
    due: Instant,
    /// When the server's SETTINGS must have arrived.
    settled_by: Instant,
    /// Since when a response is awaited, and how long it may take.
    awaited: Option<(Instant, Duration)>,
    idle_since: Instant,
}

/// What silence has come to.
enum Verdict {
    Fine,
    Ask,
    Dead(Box<CallError>),
    /// Nobody has used it for long.
    Unused,
}

impl Pings {
    fn new(settings: PingSettings, limit: Duration) -> Self {
        let now = Instant::now();
        let mut pings =
            Self { settings, due: now, settled_by: now + limit, awaited: None, idle_since: now };
        pings.due += pings.pace();
        pings
    }

    /// How often it is looked at.
    fn pace(&self) -> Duration {
        let PingSettings { interval, timeout, reuse_timeout } = self.settings;
        (interval.min(timeout).min(reuse_timeout) / 4).max(Duration::from_millis(1))
    }

    /// Time in which this process itself stood still is nobody's silence.
    fn forgive(&mut self, now: Instant) {
        let late = now.saturating_duration_since(self.due);
        self.settled_by += late;
        if let Some((asked, _)) = &mut self.awaited {
            *asked = (*asked + late).min(now);
        }
        self.due = now + self.pace();
    }

    fn judge(&mut self, state: &State) -> Verdict {
        let now = Instant::now();
        self.forgive(now);
        let in_use = state.open.load(Ordering::Relaxed) > 0;
        let overdue = !state.settled.load(Ordering::Relaxed) && now >= self.settled_by;
        if overdue && !in_use {
            let message = "The server has not begun to speak HTTP/2 (no SETTINGS).";
            return Verdict::Dead(Box::new(CallError::transport("ETIMEDOUT", message)));
        }
        if let Some((sent_at, patience)) = self.awaited {
            // Whatever arrives is a sign of life.
            let silent = now.saturating_duration_since(sent_at.max(state.health.last_read()));
            state.suspect.store(overdue || silent >= patience / 2, Ordering::Relaxed);
            if silent >= patience {
                let message = format!(
                    "The connection has gone silent: no answer to an HTTP/2 PING within {} s.",
                    patience.as_secs_f64()
                );
                return Verdict::Dead(Box::new(CallError::transport("ETIMEDOUT", message)));
            }
            return Verdict::Fine;
        }
        if overdue {
            // It may be at work on what it was sent, which is not sent again before that is known to
            // be lost; the others need not wait for it.
            state.suspect.store(true, Ordering::Relaxed);
            return Verdict::Ask;
        }
        if in_use {
            self.idle_since = now;
            let silent = now.saturating_duration_since(state.health.last_read());
            return if silent >= self.settings.interval { Verdict::Ask } else { Verdict::Fine };
        }
        if now.saturating_duration_since(self.idle_since) >= IDLE {
            Verdict::Unused
        } else {
            Verdict::Fine
        }
    }
}

/// Moves the connection's frames until it ends.
async fn drive<F: Fn()>(
    mut connection: Connection<Watched, Bytes>,
    ending: Ending<F>,
    mut pings: Pings,
) {
    let state = Arc::clone(&ending.state);
    let mut ping_pong = connection.ping_pong();
    let mut tick = pin!(sleep_until(pings.due));
    let mut probe = pin!(state.probe.notified());
    poll_fn(|context| {
        loop {
            if let Poll::Ready(ended) = std::pin::Pin::new(&mut connection).poll(context) {
                if let Err(error) = ended {
                    state.health.ends(http2_error(&error));
                }
                return Poll::Ready(());
            }
            let allowed = connection.max_concurrent_send_streams();
            let before = state.allowed.swap(allowed, Ordering::Relaxed);
            // Until the server speaks, there is what it was taken for: one.
            let settled = allowed != 1 || state.health.bytes_read() > 0;
            let news = settled && !state.settled.swap(true, Ordering::Release);
            if news {
                state.suspect.store(false, Ordering::Relaxed);
            }
            if news || allowed != before {
                (ending.changed)();
            }
            if let Some(ping_pong) = &mut ping_pong
                && pings.awaited.is_some()
                && ping_pong.poll_pong(context).is_ready()
            {
                pings.awaited = None;
                if state.suspect.swap(false, Ordering::Relaxed) {
                    (ending.changed)();
                }
            }
            if probe.as_mut().poll(context).is_ready() {
                probe.set(state.probe.notified());
                let patience = pings.settings.reuse_timeout;
                ask(&mut ping_pong, &mut pings, patience);
                continue;
            }
            if tick.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let was_suspect = state.suspect.load(Ordering::Relaxed);
            let verdict = pings.judge(&state);
            tick.as_mut().reset(pings.due);
            if !was_suspect && state.suspect.load(Ordering::Relaxed) {
                // Whoever waits for it is better served by another.
                (ending.changed)();
            }
            match verdict {
                Verdict::Fine => {}
                Verdict::Ask => {
                    let patience = pings.settings.timeout;
                    ask(&mut ping_pong, &mut pings, patience);
                }
                Verdict::Dead(error) => {
                    state.health.ends(*error);
                    return Poll::Ready(());
                }
                Verdict::Unused => {
                    // Its place in the pool goes, and it ends with that.
                    state.closing.store(true, Ordering::Release);
                    (ending.changed)();
                    pings.idle_since = Instant::now();
                }
            }
        }
    })
    .await;
}

fn ask(ping_pong: &mut Option<PingPong>, pings: &mut Pings, patience: Duration) {
    if pings.awaited.is_none()
        && let Some(ping_pong) = ping_pong
        && ping_pong.send_ping(Ping::opaque()).is_ok()
    {
        pings.awaited = Some((Instant::now(), patience));
    }
}
