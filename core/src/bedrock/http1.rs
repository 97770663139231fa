//! A connection of HTTP/1.1: one exchange at a time, and kept for the next.
//!
//! It is written here and not taken from a crate for what a stream costs that is open and silent: no
//! buffer of its own, no task of its own, and one wake-up for what arrives.

mod framing;
mod head;

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes, BytesMut};
use http::response::Parts;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use self::framing::Framing;
use super::connector::Link;
use super::error::CallError;
use super::failure::Failed;
use super::socket::{Health, Watched};

pub use self::head::request_head;

/// What is read at once, in bytes.
const ROOM: usize = 64 * 1024;

/// Bodies up to this size are written together with their head.
const TOGETHER: usize = 16 * 1024;

/// A connection. Dropping it closes it, whatever is under way.
pub struct Http1 {
    socket: Watched,
    health: Arc<Health>,
    proxied: bool,
    /// Whether it has served an exchange: then its server may have closed it meanwhile.
    kept: bool,
}

impl fmt::Debug for Http1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http1")
    }
}

impl Http1 {
    /// Speaks HTTP/1.1 on a connection that has been made.
    pub fn start(link: Link) -> Self {
        let Link { socket, health, proxied, .. } = link;
        Self { socket, health, proxied, kept: false }
    }

    /// Whether its other side has closed it, or has spoken without having been asked.
    pub fn is_closed(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        poll_read(&mut self.socket, &mut context, |_| ()).is_ready()
    }

    /// Whether requests on it are a proxy's, with a whole URL.
    pub fn is_proxied(&self) -> bool {
        self.proxied
    }

    /// What is known of it.
    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// Sends a request, of which [`request_head`] has made the head, and waits for the head of its
    /// response.
    pub async fn send(self, head: Vec<u8>, body: Bytes) -> Result<(Parts, Http1Body), Failed> {
        let (health, kept) = (Arc::clone(&self.health), self.kept);
        let before = health.bytes_read();
        let mut exchange = Exchange {
            connection: self,
            unsent: Unsent::new(head, body),
            input: BytesMut::new(),
            broken: None,
            over: false,
        };
        let answered = poll_fn(|context| exchange.poll_head(context)).await;
        let (parts, framing, keeps) = answered.map_err(|error| {
            let told = health.end().unwrap_or(error);
            // As Node.js has it: a kept connection on which not a byte came back was closed before the
            // request reached its server.
            let stale = kept && health.bytes_read() == before;
            let resend = stale && told.code.as_deref().is_some_and(is_broken);
            Failed { error: told, resend }
        })?;
        let Exchange { connection, unsent, mut input, .. } = exchange;
        if input.is_empty() {
            input = BytesMut::new();
        }
        Ok((parts, Http1Body { connection, unsent, input, framing, keeps }))
    }
}

fn is_broken(code: &str) -> bool {
    ["ECONNRESET", "EPIPE", "ECONNABORTED"].contains(&code)
}

thread_local! {
    /// Where bytes are read to, so that a connection on which nothing arrives holds no room for them.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Gives what has arrived to `take`: nothing at the end.
fn poll_read<T>(
    socket: &mut Watched,
    context: &mut Context<'_>,
    take: impl FnOnce(&[u8]) -> T,
) -> Poll<io::Result<T>> {
    READ.with_borrow_mut(|room| {
        room.resize(ROOM, 0);
        let mut buffer = ReadBuf::new(room);
        ready!(Pin::new(socket).poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(take(buffer.filled())))
    })
}

/// What of a request has not been written yet.
struct Unsent {
    head: Bytes,
    body: Bytes,
    /// Nothing more is written.
    flushed: bool,
    /// All of it has been.
    whole: bool,
}

impl Unsent {
    fn new(mut head: Vec<u8>, mut body: Bytes) -> Self {
        if body.len() <= TOGETHER {
            head.extend_from_slice(&body);
            body = Bytes::new();
        }
        Self { head: head.into(), body, flushed: false, whole: false }
    }

    /// Ready once all is written, or nothing more can be.
    fn poll(&mut self, socket: &mut Watched, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.flushed {
            return Poll::Ready(Ok(()));
        }
        let written = ready!(self.poll_write(socket, context));
        // What cannot be written is tried once. What has been is let go of: an empty rest still holds all.
        self.whole = written.is_ok();
        self.flushed = true;
        (self.head, self.body) = (Bytes::new(), Bytes::new());
        Poll::Ready(written)
    }

    fn poll_write(
        &mut self,
        socket: &mut Watched,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let mut socket = Pin::new(socket);
        while self.head.has_remaining() || self.body.has_remaining() {
            let written = if self.body.is_empty() {
                ready!(socket.as_mut().poll_write(context, &self.head))?
            } else {
                let parts = [IoSlice::new(&self.head), IoSlice::new(&self.body)];
                let parts = parts.get(usize::from(self.head.is_empty())..).unwrap_or_default();
                ready!(socket.as_mut().poll_write_vectored(context, parts))?
            };
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let of_head = written.min(self.head.len());
            self.head.advance(of_head);
            self.body.advance(written.saturating_sub(of_head).min(self.body.len()));
        }
        socket.poll_flush(context)
    }
}

/// A request under way, until the head of its response.
struct Exchange {
    connection: Http1,
    unsent: Unsent,
    input: BytesMut,
    /// Why the request cannot be written. Its server may have responded all the same.
    broken: Option<CallError>,
    /// Its other side has ended the connection: what had arrived is still to be read, and then the end.
    over: bool,
}

impl Exchange {
    fn poll_head(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<(Parts, Framing, bool), CallError>> {
        let Self { connection, unsent, input, broken, over } = self;
        if let Poll::Ready(Err(error)) = unsent.poll(&mut connection.socket, context) {
            use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
            *over = matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset);
            *broken = Some(CallError::system("write", &error, None));
        }
        loop {
            let before = input.len();
            let read = poll_read(&mut connection.socket, context, |bytes| {
                input.extend_from_slice(bytes);
            });
            let failed = match read {
                Poll::Ready(Ok(())) if input.len() > before => None,
                Poll::Pending if broken.is_none() || *over => return Poll::Pending,
                Poll::Ready(Err(error)) => Some(CallError::system("read", &error, None)),
                Poll::Ready(Ok(())) | Poll::Pending => Some(CallError::hang_up()),
            };
            if let Some(error) = failed {
                return Poll::Ready(Err(broken.take().unwrap_or(error)));
            }
            // A head ends with a line.
            let has_line = input.get(before..).is_some_and(|arrived| arrived.contains(&b'\n'));
            if (has_line || input.len() > head::MOST_HEAD)
                && let Some(head) = head::response(input)?
            {
                return Poll::Ready(Ok(head));
            }
        }
    }
}

/// The body of a response as it arrives, on its connection. Dropping it closes the connection.
pub struct Http1Body {
    connection: Http1,
    /// A server need not have read the whole request to respond.
    unsent: Unsent,
    /// What arrived with the head.
    input: BytesMut,
    framing: Framing,
    /// Whether the server keeps the connection.
    keeps: bool,
}

impl fmt::Debug for Http1Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http1Body")
    }
}

impl Http1Body {
    /// The next bytes; `None` at the end.
    pub fn poll_chunk(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, CallError>>> {
        let Self { connection, unsent, input, framing, .. } = self;
        // That it cannot be written shows as it is read, or matters to nobody.
        let _ = unsent.poll(&mut connection.socket, context);
        while !framing.has_ended() {
            let taken = if input.is_empty() {
                let read =
                    ready!(poll_read(&mut connection.socket, context, |bytes| framing.take(bytes)));
                read.unwrap_or_else(|error| Err(CallError::system("read", &error, None)))
            } else {
                framing.take(&std::mem::take(input))
            };
            match taken {
                Ok(bytes) if bytes.is_empty() => {}
                taken => return Poll::Ready(Some(taken)),
            }
        }
        Poll::Ready(None)
    }

    /// The connection after the end of the body, where it may serve another exchange.
    pub fn into_kept(self) -> Option<Http1> {
        let Self { mut connection, unsent, input, framing, keeps } = self;
        let whole = framing.has_ended() && !framing.has_excess() && input.is_empty();
        connection.kept = true;
        (keeps && unsent.whole && whole).then_some(connection)
    }
}

#[cfg(test)]
mod tests;
