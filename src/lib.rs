//! The boundary between Node.js and the core: convert, call the core, convert.
//!
//! Rules of the room: no rule about models or parameters stands here; every synchronous export is
//! `catch_unwind` (a panic in one would abort Node.js); errors cross as data, because an error made
//! here belongs to another realm under jest; nothing borrowed from JavaScript lives across an await.

#![expect(clippy::unused_self, reason = "JavaScript asks the hub for all there is")]
#![expect(clippy::needless_pass_by_value, reason = "napi exports own their arguments")]
#![expect(clippy::too_many_arguments, reason = "reading an object's members costs more")]

mod client;
mod environment;
pub mod facts;
mod hub;
mod queue;
mod records;
mod runtime;
pub mod shapes;
