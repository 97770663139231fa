//! The threads that calls run on.
//!
//! They belong to the process, and not to the environment that first called: a worker thread that
//! ends must not take them from tasks that are still closing their connections, or from the others.

use std::future::Future;
use std::sync::LazyLock;

use napi::{Error, Result};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Two workers beat one for each core at this work, in CPU and in wake-ups.
const WORKERS: usize = 2;

/// Made with the first call, and never shut down; `build.rs` sees to it that the code it runs stays
/// in memory.
static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("bedrock-profile-client")
        .enable_all()
        .build()
});

/// Starts a task; an error where the system gives no threads.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Result<JoinHandle<()>> {
    match &*RUNTIME {
        Ok(runtime) => Ok(runtime.spawn(task)),
        Err(error) => Err(Error::from_reason(format!(
            "The threads that calls run on could not be started: {error}"
        ))),
    }
}
