//! The call: a request goes to its endpoint, signed, over a connection of the process's, again where
//! that may help, and comes back as a response or as an error in AWS's words.
//!
//! Endpoints, credentials and signatures are AWS's, by the crates of its SDK for Rust; the exchange
//! around them, the connections, the bodies and the event stream are ours.

pub mod bindings;
mod body;
pub mod caller_identity;
pub mod connector;
pub mod control;
pub mod credentials;
pub mod deadline;
pub mod endpoint;
pub mod error;
pub mod exchange;
mod failure;
pub mod frames;
mod http1;
mod http2;
pub mod identity;
pub mod instance;
pub mod json;
pub mod limiter;
mod origin;
mod pool;
pub mod proxy;
pub(crate) mod rejection;
pub mod replay;
mod response;
pub mod retry;
pub mod role;
pub mod secret;
pub mod shapes;
mod sign;
mod socket;
pub mod stream;
pub mod tls;
pub mod transport;
pub mod wire;

pub use error::{CallError, ErrorKind, Metadata};
