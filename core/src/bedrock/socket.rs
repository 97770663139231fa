//! What a connection's bytes go through, and what is noticed as they do: signs of life, and the
//! system's own error when it ends.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::error::CallError;
use super::tls::HandshakeError;

/// A stream of bytes, in clear text or through TLS.
pub trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// What is known of a connection.
#[derive(Debug)]
pub struct Health {
    born: Instant,
    /// Milliseconds from the beginning to the last byte that arrived.
    read_at: AtomicU64,
    bytes: AtomicU64,
    end: OnceLock<CallError>,
}

impl Default for Health {
    fn default() -> Self {
        Self {
            born: Instant::now(),
            read_at: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            end: OnceLock::new(),
        }
    }
}

impl Health {
    /// When bytes last arrived.
    pub fn last_read(&self) -> Instant {
        self.born + Duration::from_millis(self.read_at.load(Ordering::Relaxed))
    }

    /// How many bytes have arrived.
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Why it ended, where that is known better than the protocol above tells it.
    pub fn end(&self) -> Option<CallError> {
        self.end.get().cloned()
    }

    /// Says why it ends; the first reason counts.
    pub fn ends(&self, error: CallError) {
        let _ = self.end.set(error);
    }

    fn arrived(&self, bytes: usize) {
        let millis = self.born.elapsed().as_millis();
        self.read_at.store(u64::try_from(millis).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn failed(&self, syscall: &str, error: &io::Error) {
        // Whichever call comes first meets a reset. Node.js reads before it writes, and says so.
        let reset = error.kind() == io::ErrorKind::ConnectionReset;
        let syscall = if reset { "read" } else { syscall };
        self.ends(match HandshakeError::of(error) {
            // What of TLS 1.3 comes after the handshake: a certificate that was refused, say.
            Some(refused) => refused.into(),
            None => CallError::system(syscall, error, None),
        });
    }
}

/// A socket whose [`Health`] is kept.
pub struct Watched {
    socket: Box<dyn Socket>,
    health: Arc<Health>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl Watched {
    /// Watches a socket from now on.
    pub fn new(socket: Box<dyn Socket>) -> (Self, Arc<Health>) {
        let health = Arc::new(Health::default());
        (Self { socket, health: Arc::clone(&health) }, health)
    }

    fn check<T>(&self, syscall: &str, result: io::Result<T>) -> io::Result<T> {
        result.inspect_err(|error| self.health.failed(syscall, error))
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.socket).poll_read(context, buffer));
        let bytes = buffer.filled().len() - before;
        if bytes > 0 {
            self.health.arrived(bytes);
        }
        Poll::Ready(self.check("read", read))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write(context, bytes));
        Poll::Ready(self.check("write", written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.socket).poll_flush(context));
        Poll::Ready(self.check("write", flushed))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write_vectored(context, parts));
        Poll::Ready(self.check("write", written))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn end_by(syscall: &str, kind: io::ErrorKind) -> String {
        let health = Health::default();
        health.failed(syscall, &kind.into());
        health.end().unwrap().message
    }

    #[test]
    fn a_reset_has_one_text_whichever_call_meets_it() {
        for syscall in ["read", "write"] {
            assert_eq!(end_by(syscall, io::ErrorKind::ConnectionReset), "read ECONNRESET");
        }
        assert_eq!(end_by("write", io::ErrorKind::BrokenPipe), "write EPIPE");
    }
}
