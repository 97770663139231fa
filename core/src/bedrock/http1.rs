//! A connection of HTTP/1.1: one exchange at a time, and kept for the next.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;

use super::body::http1_error;
use super::connector::Link;
use super::error::CallError;
use super::failure::Failed;
use super::socket::Health;

/// A connection. Dropping it closes it, whatever is under way.
pub struct Http1 {
    sender: SendRequest<Full<Bytes>>,
    task: AbortHandle,
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

impl Drop for Http1 {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Http1 {
    /// Speaks HTTP/1.1 on a connection that has been made.
    pub async fn start(link: Link) -> Result<Self, CallError> {
        let Link { socket, health, proxied, .. } = link;
        let started = Builder::new().handshake(TokioIo::new(socket)).await;
        let (sender, connection) = started.map_err(|error| http1_error(&error))?;
        let task = tokio::spawn(async move {
            // Whoever waits on it hears of its end.
            let _ = connection.await;
        });
        Ok(Self { sender, task: task.abort_handle(), health, proxied, kept: false })
    }

    /// Whether its other side has closed it.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Whether requests on it are a proxy's, with a whole URL.
    pub fn is_proxied(&self) -> bool {
        self.proxied
    }

    /// What is known of it.
    pub fn health(&self) -> &Arc<Health> {
        &self.health
    }

    /// It has served an exchange and waits for the next.
    pub fn keep(&mut self) {
        self.kept = true;
    }

    /// Sends a request and waits for the head of its response.
    pub async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Failed> {
        // The exchange before may have been read to its end a moment ago.
        if self.sender.ready().await.is_err() {
            let error = self.health.end().unwrap_or_else(CallError::hang_up);
            return Err(Failed { error, resend: self.kept });
        }
        let before = self.health.bytes_read();
        match self.sender.try_send_request(request).await {
            Ok(response) => Ok(response),
            Err(mut failed) => {
                let unsent = failed.take_message().is_some();
                // As Node.js has it: a kept connection on which not a byte came back was closed before
                // the request reached its server.
                let stale = self.kept && self.health.bytes_read() == before;
                let error = failed.into_error();
                let closed =
                    error.is_closed() || error.is_canceled() || error.is_incomplete_message();
                let told = self.health.end().unwrap_or_else(|| http1_error(&error));
                let broken = closed || told.code.as_deref().is_some_and(is_broken);
                Err(Failed { error: told, resend: unsent || (stale && broken) })
            }
        }
    }
}

fn is_broken(code: &str) -> bool {
    ["ECONNRESET", "EPIPE", "ECONNABORTED"].contains(&code)
}
