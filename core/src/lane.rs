//! A lane for heavy work: what takes milliseconds (parsing, fitting and encoding a request with
//! large texts or files) must not hold up the streams that share a worker.

use tokio::runtime::{Handle, RuntimeFlavor};

/// From so many bytes on work is heavy: a millisecond of parsing, about.
pub const HEAVY: usize = 256 * 1024;

/// Does work on so many bytes; heavy work where no stream waits for it.
pub fn heavy<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    let shared = Handle::try_current()
        .is_ok_and(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread);
    if shared && bytes >= HEAVY { tokio::task::block_in_place(work) } else { work() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_with_and_without_a_runtime() {
        assert_eq!(heavy(0, || 1) + heavy(HEAVY, || 2), 3);
    }

    #[tokio::test]
    async fn a_runtime_of_one_thread_does_it_in_place() {
        assert_eq!(heavy(HEAVY, || 1), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn others_run_meanwhile() {
        let (done, other) = std::sync::mpsc::channel();
        tokio::spawn(async move { done.send(()) });
        // The only worker is busy here: another one must take its place.
        assert_eq!(heavy(HEAVY, || other.recv()), Ok(()));
    }
}
