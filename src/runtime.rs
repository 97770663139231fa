//! The threads that calls run on.
//!
//! They belong to the process, and not to the environment that first called: a worker thread that
//! ends must not take them from tasks that are still closing their connections, or from the others.
//!
//! There are two, each with a runtime of its own. What one call wakes is then woken on the thread that
//! runs already: two workers of one runtime take from each other, and wake each other to look for work
//! that is none, which costs a call more than the work itself. The second joins where the first has much
//! to do.

use std::future::Future;
use std::sync::LazyLock;

use napi::{Error, Result};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// Tasks that one thread runs before the other takes some: calls, streams, connections.
const MANY: usize = 128;

/// Tasks that wait for their first turn: with so many a thread has fallen behind.
const BEHIND: usize = 16;

/// Made with the first call, and never shut down; `build.rs` sees to it that the code it runs stays
/// in memory.
static RUNTIMES: LazyLock<std::io::Result<[Runtime; 2]>> =
    LazyLock::new(|| Ok([start()?, start()?]));

/// Of the kind that has several workers, of which there is one: heavy work gives its place to another
/// thread meanwhile (`lane.rs` of the core).
fn start() -> std::io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("bedrock-profile-client")
        .enable_all()
        .build()
}

/// Starts a task; an error where the system gives no threads.
pub fn spawn(task: impl Future<Output = ()> + Send + 'static) -> Result<JoinHandle<()>> {
    if let Ok(here) = Handle::try_current() {
        return Ok(here.spawn(task));
    }
    match &*RUNTIMES {
        Ok([first, second]) => Ok(less_busy(first, second).spawn(task)),
        Err(error) => Err(Error::from_reason(format!(
            "The threads that calls run on could not be started: {error}"
        ))),
    }
}

fn less_busy<'a>(first: &'a Runtime, second: &'a Runtime) -> &'a Runtime {
    let (one, other) = (first.metrics(), second.metrics());
    let running = one.num_alive_tasks();
    if running < MANY && one.global_queue_depth() < BEHIND {
        return first;
    }
    let waiting = one.global_queue_depth().cmp(&other.global_queue_depth());
    if waiting.then(running.cmp(&other.num_alive_tasks())).is_le() { first } else { second }
}
