//! One queue of events for all calls, and one wake-up that makes JavaScript drain it.
//!
//! Tasks append records to the queue; the first record into an empty queue wakes JavaScript, which
//! takes everything that has gathered as one JSON text: an array of `[id, kind, …]`.
//!
//! | kind | what | rest of the record |
//! |---|---|---|
//! | `h` | a stream has begun | `{ metadata, profile }` |
//! | `e` | an event of a stream | event, its size, paths of what is special |
//! | `z` | a stream has ended whole | |
//! | `r` | the result of a call; its bytes, where it has some, are taken by `takeBytes` | result, paths of what is special |
//! | `x` | the error that ends a call | error |
//! | `n` | a notice to the client's listeners | notice |
//! | `k` | a provider is asked for keys or a token | provider |

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bedrock_profile_core::bedrock::CallError;
use bedrock_profile_core::bedrock::credentials::{Given, GivenFuture};
use bedrock_profile_core::bedrock::{json, tls};
use bedrock_profile_core::pipeline::Host;
use napi::Result;
use napi::bindgen_prelude::{Function, Uint8Array, Utf16String};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use serde::Serialize;
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;

use crate::client::{Job, NativeClient, NativeConfiguration, NativeMappings};

/// Events that follow a drain within this time are gathered: at a hundred streams each wake-up
/// would carry two or three events and cost more than all of them. A person sees no difference.
const GATHER: Duration = Duration::from_millis(4);

/// Bytes of a stream that may wait in JavaScript before its socket is read no further.
const WINDOW: u64 = 256 * 1024;

type Wake = ThreadsafeFunction<(), (), (), napi::Status, false, true>;

/// Records that wait for JavaScript.
#[derive(Default)]
struct Queue {
    text: String,
    waking: Waking,
    drained: Option<Instant>,
}

/// Whether JavaScript knows of the records.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Waking {
    /// Nothing waits.
    #[default]
    Quiet,
    /// It will be woken when the time to gather is over.
    Timed,
    /// It has been woken and will drain.
    Woken,
}

/// What the tasks of one JavaScript environment share.
pub struct HubState {
    queue: Mutex<Queue>,
    wake: Wake,
    calls: Mutex<HashMap<u32, Running>>,
    asked: Mutex<HashMap<u32, oneshot::Sender<std::result::Result<Given, String>>>>,
    next_question: AtomicU32,
    /// What answers that are no JSON hold, until JavaScript takes it.
    bytes: Mutex<HashMap<u32, Vec<u8>>>,
}

struct Running {
    task: AbortHandle,
    window: Arc<Window>,
}

/// How much of a stream JavaScript has not consumed yet.
#[derive(Default)]
pub struct Window {
    waiting: Mutex<u64>,
    consumed: Notify,
}

impl Window {
    /// Waits until JavaScript has consumed enough for more to be read.
    pub async fn open(&self) {
        loop {
            let consumed = self.consumed.notified();
            if *lock(&self.waiting) < WINDOW {
                return;
            }
            consumed.await;
        }
    }

    fn fill(&self, bytes: u64) {
        *lock(&self.waiting) += bytes;
    }

    fn drain(&self, bytes: u64) {
        let mut waiting = lock(&self.waiting);
        *waiting = waiting.saturating_sub(bytes);
        drop(waiting);
        self.consumed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    match json::with_halves(&json) {
        Cow::Borrowed(_) => json,
        Cow::Owned(mended) => mended,
    }
}

impl HubState {
    fn push(self: &Arc<Self>, id: u32, kind: char, rest: &[&str]) {
        let mut queue = lock(&self.queue);
        let first = queue.text.is_empty();
        queue.text.push(if first { '[' } else { ',' });
        // Writing to a String cannot fail.
        let _ = write!(queue.text, "[{id},\"{kind}\"");
        for part in rest {
            queue.text.push(',');
            queue.text.push_str(part);
        }
        queue.text.push(']');
        let wait = match queue.drained {
            // Only events of streams can wait.
            Some(drained) if kind == 'e' => GATHER.saturating_sub(drained.elapsed()),
            _ => Duration::ZERO,
        };
        match (queue.waking, wait) {
            (Waking::Woken, _) => {}
            (_, Duration::ZERO) => {
                queue.waking = Waking::Woken;
                drop(queue);
                self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
            }
            (Waking::Timed, _) => {}
            (Waking::Quiet, wait) => {
                queue.waking = Waking::Timed;
                drop(queue);
                let hub = Arc::clone(self);
                napi::bindgen_prelude::spawn(async move {
                    tokio::time::sleep(wait).await;
                    hub.gathered();
                });
            }
        }
    }

    /// The time to gather is over.
    fn gathered(&self) {
        let mut queue = lock(&self.queue);
        if queue.waking == Waking::Timed {
            queue.waking = Waking::Woken;
            drop(queue);
            self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// A stream has begun.
    pub fn head(self: &Arc<Self>, id: u32, head: &impl Serialize) {
        self.push(id, 'h', &[&text(head)]);
    }

    /// An event of a stream; its size counts against the stream's window.
    pub fn event(
        self: &Arc<Self>,
        id: u32,
        window: &Window,
        event: &impl Serialize,
        special: &[impl Serialize],
    ) {
        let event = text(event);
        let size = event.len();
        window.fill(size as u64);
        if special.is_empty() {
            self.push(id, 'e', &[&event, &size.to_string()]);
        } else {
            self.push(id, 'e', &[&event, &size.to_string(), &text(&special)]);
        }
    }

    /// A stream has ended whole.
    pub fn end(self: &Arc<Self>, id: u32) {
        self.finish(id);
        self.push(id, 'z', &[]);
    }

    /// The result of a call.
    pub fn result(self: &Arc<Self>, id: u32, result: &impl Serialize, special: &[impl Serialize]) {
        self.finish(id);
        self.push(id, 'r', &[&text(result), &text(&special)]);
    }

    /// The result of a call with bytes beside it.
    pub fn result_with_bytes(self: &Arc<Self>, id: u32, result: &impl Serialize, bytes: Vec<u8>) {
        // Held, so that a call that is cancelled meanwhile leaves no bytes behind.
        let mut calls = lock(&self.calls);
        if calls.remove(&id).is_none() {
            return;
        }
        lock(&self.bytes).insert(id, bytes);
        drop(calls);
        self.push(id, 'r', &[&text(result), "[]"]);
    }

    /// The error that ends a call.
    pub fn error(self: &Arc<Self>, id: u32, error: &impl Serialize) {
        self.finish(id);
        self.push(id, 'x', &[&text(error)]);
    }

    /// A notice to the client's listeners.
    pub fn notice(self: &Arc<Self>, id: u32, notice: &impl Serialize) {
        self.push(id, 'n', &[&text(notice)]);
    }

    fn finish(&self, id: u32) {
        lock(&self.calls).remove(&id);
    }
}

/// The hub as the core asks it.
struct HubHost(Arc<HubState>);

impl Host for HubHost {
    fn ask(&self, provider: u32) -> GivenFuture {
        let question = self.0.next_question.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        lock(&self.0.asked).insert(question, answer);
        self.0.push(question, 'k', &[&provider.to_string()]);
        Box::pin(async move {
            answered.await.unwrap_or_else(|_| Err("the provider was never answered".to_owned()))
        })
    }
}

/// A panic in a call becomes its error.
struct PanicGuard {
    hub: Arc<HubState>,
    id: u32,
}

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let message = "bedrock-profile-client failed within; please report this.";
            self.hub.error(self.id, &CallError::answer("InternalError", message));
        }
    }
}

/// The calls of one JavaScript environment.
#[napi]
pub struct Hub {
    state: Arc<HubState>,
}

#[napi]
impl Hub {
    /// `wake` is called, at most once before the next `drain()`, when records have gathered.
    /// `certificates` (PEM) are trusted where the system has none at all.
    #[napi(constructor, catch_unwind)]
    pub fn new(wake: Function<'_, (), ()>, certificates: Option<String>) -> Result<Self> {
        if let Some(certificates) = certificates {
            tls::trust_without_system(certificates);
        }
        let wake = wake
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .build()?;
        let state = HubState {
            queue: Mutex::default(),
            wake,
            calls: Mutex::default(),
            asked: Mutex::default(),
            next_question: AtomicU32::new(1),
            bytes: Mutex::default(),
        };
        Ok(Self { state: Arc::new(state) })
    }

    /// Everything that has gathered, as one JSON array; the empty text where nothing has.
    #[napi(catch_unwind)]
    pub fn drain(&self) -> String {
        let mut queue = lock(&self.state.queue);
        queue.waking = Waking::Quiet;
        queue.drained = Some(Instant::now());
        let mut records = std::mem::take(&mut queue.text);
        drop(queue);
        if !records.is_empty() {
            records.push(']');
        }
        records
    }

    /// The operator's mappings of these texts, read once.
    #[napi(catch_unwind)]
    pub fn mappings(
        &self,
        environment: Option<String>,
        option: Option<String>,
        models: Option<String>,
    ) -> NativeMappings {
        NativeMappings::read(environment.as_deref(), option.as_deref(), models.as_deref())
    }

    /// What clients with these settings (JSON) and mappings have in common. Throws an error whose
    /// message is an error as JSON.
    #[napi(catch_unwind)]
    pub fn configure(
        &self,
        settings: String,
        mappings: &NativeMappings,
    ) -> Result<NativeConfiguration> {
        NativeConfiguration::open(&settings, mappings)
    }

    /// A client with these credentials (JSON). Throws likewise.
    #[napi(catch_unwind)]
    pub fn open(
        &self,
        configuration: &NativeConfiguration,
        credentials: String,
    ) -> Result<NativeClient> {
        let host: Arc<dyn Host> = Arc::new(HubHost(Arc::clone(&self.state)));
        NativeClient::open(configuration, &credentials, host)
    }

    /// A number for a provider that no other provider of this process has, in whatever thread.
    #[napi(catch_unwind)]
    pub fn number_provider(&self) -> u32 {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// Starts a call; its records carry `id`. `options` is JSON.
    #[napi(catch_unwind)]
    pub fn call(
        &self,
        client: &NativeClient,
        id: u32,
        operation: String,
        input: Utf16String,
        blobs: Vec<Uint8Array>,
        options: Option<String>,
        listens: bool,
    ) {
        // UTF-16 is how JavaScript keeps text: copied here, read as UTF-8 on another thread.
        let input = input.to_vec();
        let blobs = blobs.iter().map(|blob| blob.to_vec()).collect();
        let job = Job { operation, input, blobs, options, listens };
        let window = Arc::new(Window::default());
        let guard = PanicGuard { hub: Arc::clone(&self.state), id };
        let run = client.run(Arc::clone(&self.state), id, job, Arc::clone(&window));
        // Held while the task starts, so that a task that ends at once still finds its entry.
        let mut calls = lock(&self.state.calls);
        let task = napi::bindgen_prelude::spawn(async move {
            let _guard = guard;
            run.await;
        });
        calls.insert(id, Running { task: task.abort_handle(), window });
    }

    /// JavaScript has consumed so many bytes of a stream.
    #[napi(catch_unwind)]
    pub fn consumed(&self, id: u32, bytes: u32) {
        if let Some(call) = lock(&self.state.calls).get(&id) {
            call.window.drain(u64::from(bytes));
        }
    }

    /// Ends a call and closes its connection; no further record of it comes.
    #[napi(catch_unwind)]
    pub fn cancel(&self, id: u32) {
        let mut calls = lock(&self.state.calls);
        let call = calls.remove(&id);
        lock(&self.state.bytes).remove(&id);
        drop(calls);
        if let Some(call) = call {
            call.task.abort();
        }
    }

    /// The bytes of a result, once.
    #[napi(catch_unwind)]
    pub fn take_bytes(&self, id: u32) -> Option<Uint8Array> {
        lock(&self.state.bytes).remove(&id).map(Uint8Array::from)
    }

    /// Answers a `k` record: `{ given: { keys } }`, `{ given: { token } }` or `{ error }` as JSON.
    #[napi(catch_unwind)]
    pub fn answer(&self, question: u32, answer: String) {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        enum Answer {
            Given(Given),
            Error(String),
        }
        let Some(asked) = lock(&self.state.asked).remove(&question) else { return };
        let answer = match serde_json::from_str(&answer) {
            Ok(Answer::Given(given)) => Ok(given),
            Ok(Answer::Error(error)) => Err(error),
            // JavaScript has looked at it; and not the parser's text: it may quote a key.
            Err(_) => Err("the provider's answer cannot be used".to_owned()),
        };
        // The call may have been cancelled meanwhile.
        let _ = asked.send(answer);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        for call in lock(&self.state.calls).values() {
            call.task.abort();
        }
    }
}
