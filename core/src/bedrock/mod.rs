//! The call: AWS's endpoints, credentials, signatures and TLS by the AWS SDK for Rust; the bodies,
//! the retries and the event stream by us, because its typed data path loses what a chat needs
//! (floats, the order of keys, members newer than the crate, exceptions by name).

pub mod bindings;
pub mod call;
pub mod connector;
pub mod control;
pub mod credentials;
pub mod endpoint;
pub mod error;
pub mod frames;
pub mod instance;
pub mod json;
pub mod limiter;
pub mod proxy;
pub mod replay;
pub mod retry;
pub mod shapes;
pub mod stream;
pub mod tls;
pub mod transport;

pub use error::{CallError, ErrorKind, Metadata};
