//! Why a request that was given a connection has no response.

use super::error::CallError;

/// Why a request that was given a connection has no response.
#[derive(Debug)]
pub struct Failed {
    /// What became of it.
    pub error: CallError,
    /// The server has not processed it: it is sent again, and nobody hears of it.
    pub resend: bool,
}
