//! The boundary between Node.js and the core: convert, call the core, convert.
//!
//! Rules of the room: no rule about models or parameters stands here; every synchronous export is
//! `catch_unwind` (a panic in one would abort Node.js); errors cross as data, because an error made
//! here belongs to another realm under jest; nothing borrowed from JavaScript lives across an await.

#![expect(clippy::needless_pass_by_value, reason = "napi exports own their arguments")]
#![expect(clippy::too_many_arguments, reason = "reading an object's members costs more")]

mod client;
pub mod facts;
mod hub;
pub mod shapes;

use napi::bindgen_prelude::create_custom_tokio_runtime;
use napi_derive::module_init;

/// Two workers beat one for each core at this work, in CPU and in wake-ups.
const WORKERS: usize = 2;

#[module_init]
fn init() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("bedrock-profile-client")
        .enable_all()
        .build();
    // Without threads napi makes a runtime of its own, and reports where it cannot.
    if let Ok(runtime) = runtime {
        create_custom_tokio_runtime(runtime);
    }
}
