//! One queue of records for all calls, and one wake-up that makes JavaScript drain it.
//!
//! Tasks append records ([`crate::records`]) to the queue; the first record into an empty queue
//! wakes JavaScript, which takes everything that has gathered ([`crate::queue`]).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bedrock_profile_core::bedrock::CallError;
use bedrock_profile_core::bedrock::credentials::{Given, GivenFuture};
use bedrock_profile_core::bedrock::stream::{EventSource, Flow};
use bedrock_profile_core::bedrock::{json, tls};
use bedrock_profile_core::pipeline::Host;
use bedrock_profile_core::profile::BoxFuture;
use bedrock_profile_core::store::object::Keeper;
use bedrock_profile_core::store::shared::settle;
use napi::Result;
use napi::bindgen_prelude::{BufferSlice, Either, Function, Uint8Array, Utf16String};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use serde::Serialize;
use tokio::sync::{Notify, oneshot};
use tokio::task::AbortHandle;

use crate::client::{Job, NativeClient, NativeConfiguration, NativeMappings};
use crate::queue::{Queue, Wake};
use crate::records::{self, Events, RecordKind};
use crate::runtime;

/// What of a stream may wait in JavaScript, in bytes, before its socket is read no further.
const WINDOW: u64 = 256 * 1024;

/// How long a process that ends waits for what is being stored.
const SETTLE: Duration = Duration::from_secs(1);

type WakeUp = ThreadsafeFunction<(), (), (), napi::Status, false, true>;

/// What the tasks of one JavaScript environment share.
pub struct HubState {
    queue: Mutex<Queue>,
    wake: WakeUp,
    /// The environment is going: nobody is left to read a record.
    closing: AtomicBool,
    calls: Mutex<HashMap<u32, Running>>,
    questions: Mutex<HashMap<u32, oneshot::Sender<std::result::Result<Given, String>>>>,
    /// What objects that keep things are to do, until JavaScript takes it.
    requests: Mutex<HashMap<u32, String>>,
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
    waiting: AtomicU64,
    consumed: Notify,
}

impl Window {
    /// Waits until JavaScript has consumed enough for more to be read.
    pub async fn open(&self) {
        while self.waiting.load(Ordering::Acquire) >= WINDOW {
            // One that is told before it waits is told.
            self.consumed.notified().await;
        }
    }

    fn fill(&self, bytes: usize) {
        self.waiting.fetch_add(bytes as u64, Ordering::AcqRel);
    }

    fn drain(&self, bytes: u64) {
        let taken = |waiting: u64| Some(waiting.saturating_sub(bytes));
        // It always gives a number.
        let _ = self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, taken);
        self.consumed.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(value: &impl Serialize) -> Vec<u8> {
    json::to_string(value).unwrap_or_else(|_| "null".to_owned()).into_bytes()
}

thread_local! {
    /// Where records are made, so that the queue is held only while they are copied.
    static MAKING: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What is kept of the memory in which records were made.
const KEPT: usize = 256 * 1024;

impl HubState {
    fn add(self: &Arc<Self>, records: &[u8], count: u32, patient: bool) {
        if self.closing.load(Ordering::Acquire) {
            return;
        }
        let wake = lock(&self.queue).add(records, count, patient);
        match wake {
            Wake::No => {}
            Wake::Now => self.wake(),
            Wake::After(wait) => {
                let hub = Arc::downgrade(self);
                let timed = runtime::spawn(async move {
                    tokio::time::sleep(wait).await;
                    if let Some(hub) = hub.upgrade()
                        && lock(&hub.queue).gathered()
                    {
                        hub.wake();
                    }
                });
                if timed.is_err() && lock(&self.queue).gathered() {
                    self.wake();
                }
            }
        }
    }

    fn wake(&self) {
        if !self.closing.load(Ordering::Acquire) {
            self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    fn push(self: &Arc<Self>, id: u32, kind: RecordKind, text: &[u8], special: &[u8]) {
        let mut record = Vec::with_capacity(text.len() + special.len() + 32);
        records::write(&mut record, id, kind, text, special);
        self.add(&record, 1, false);
    }

    /// A stream has begun.
    pub fn head(self: &Arc<Self>, id: u32, head: &impl Serialize) {
        self.push(id, RecordKind::Head, &text(head), b"");
    }

    /// The events of a stream that have arrived; what they weigh counts against its window.
    pub fn events(
        self: &Arc<Self>,
        id: u32,
        window: &Window,
        events: &mut EventSource,
    ) -> std::result::Result<Flow, CallError> {
        MAKING.with_borrow_mut(|made| {
            made.clear();
            let mut sink = Events::new(id, made);
            let flow = events.give(&mut sink);
            let Events { count, weight, .. } = sink;
            if count > 0 {
                window.fill(weight);
                self.add(made, count, true);
            }
            if made.capacity() > KEPT {
                *made = Vec::new();
            }
            flow
        })
    }

    /// A stream has ended whole.
    pub fn end(self: &Arc<Self>, id: u32) {
        self.finish(id);
        self.push(id, RecordKind::End, b"", b"");
    }

    /// The result of a call, as JSON.
    pub fn result(self: &Arc<Self>, id: u32, result: &[u8], special: &[u8]) {
        self.finish(id);
        self.push(id, RecordKind::Result, result, special);
    }

    /// The result of a call with bytes beside it.
    pub fn result_with_bytes(self: &Arc<Self>, id: u32, result: &[u8], bytes: Vec<u8>) {
        // Held, so that a call that is cancelled meanwhile leaves no bytes behind.
        let mut calls = lock(&self.calls);
        if calls.remove(&id).is_none() {
            return;
        }
        lock(&self.bytes).insert(id, bytes);
        drop(calls);
        self.push(id, RecordKind::Result, result, b"");
    }

    /// The error that ends a call.
    pub fn error(self: &Arc<Self>, id: u32, error: &impl Serialize) {
        self.finish(id);
        self.push(id, RecordKind::Error, &text(error), b"");
    }

    /// A notice to the client's listeners.
    pub fn notice(self: &Arc<Self>, id: u32, notice: &impl Serialize) {
        self.push(id, RecordKind::Notice, &text(notice), b"");
    }

    fn finish(&self, id: u32) {
        lock(&self.calls).remove(&id);
    }
}

/// The hub as the core asks it.
struct HubHost(Arc<HubState>);

impl HubHost {
    /// Asks the provider or the object of a number; `request` is what an object is to do.
    fn question(&self, provider: u32, request: Option<String>) -> GivenFuture {
        let question = self.0.next_question.fetch_add(1, Ordering::Relaxed);
        if let Some(request) = request {
            lock(&self.0.requests).insert(question, request);
        }
        let (sender, receiver) = oneshot::channel();
        lock(&self.0.questions).insert(question, sender);
        let mut record = Vec::with_capacity(16);
        records::write_number(&mut record, question, RecordKind::Ask, provider);
        self.0.add(&record, 1, false);
        Box::pin(async move {
            receiver.await.unwrap_or_else(|_| Err("the provider was never answered".to_owned()))
        })
    }
}

impl Host for HubHost {
    fn ask(&self, provider: u32) -> GivenFuture {
        self.question(provider, None)
    }
}

impl Keeper for HubHost {
    fn keep(
        &self,
        object: u32,
        request: String,
    ) -> BoxFuture<'static, std::result::Result<Option<String>, String>> {
        let answer = self.question(object, Some(request));
        Box::pin(async move {
            match answer.await? {
                Given::Value(value) => Ok(value),
                _ => Err("the object's answer cannot be used".to_owned()),
            }
        })
    }
}

/// A panic in a call becomes its error.
pub struct PanicGuard {
    /// Where the call is.
    pub hub: Arc<HubState>,
    /// Its number.
    pub id: u32,
}

impl Drop for PanicGuard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let message = "bedrock-profile-client failed within; please report this.";
            self.hub.error(self.id, &CallError::bad_response("InternalError", message));
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
            closing: AtomicBool::new(false),
            calls: Mutex::default(),
            questions: Mutex::default(),
            requests: Mutex::default(),
            next_question: AtomicU32::new(1),
            bytes: Mutex::default(),
        };
        Ok(Self { state: Arc::new(state) })
    }

    /// Moves records to the front of `into` (`lib/records.js` reads them) and says how many bytes they
    /// are: 0 where nothing waits, more than there is room for where nothing was moved.
    #[napi(catch_unwind)]
    pub fn drain(&self, mut into: BufferSlice<'_>) -> u32 {
        let length = lock(&self.state.queue).drain(&mut into);
        u32::try_from(length).unwrap_or(u32::MAX)
    }

    /// The operator's mappings of these texts and of a file, or of the store with these settings, read
    /// once.
    #[napi(catch_unwind)]
    pub fn mappings(
        &self,
        environment: Option<String>,
        option: Option<String>,
        models: Option<String>,
        file: Option<String>,
        store: Option<String>,
    ) -> NativeMappings {
        NativeMappings::read(
            environment.as_deref(),
            option.as_deref(),
            models.as_deref(),
            file.as_deref(),
            store.as_deref(),
        )
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
        NativeClient::open(configuration, &credentials, &host)
    }

    /// A number for a provider that no other provider of this process has, in whatever thread.
    #[napi(catch_unwind)]
    pub fn number_provider(&self) -> u32 {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    /// Starts a call; its records carry `id`. `input` may be in pieces, as `lib/blobs.js` makes them of a
    /// long conversation; `options` is JSON.
    #[napi(catch_unwind)]
    pub fn call(
        &self,
        client: &NativeClient,
        id: u32,
        operation: String,
        input: Either<Utf16String, Vec<Utf16String>>,
        blobs: Vec<Uint8Array>,
        options: Option<String>,
        listens: bool,
    ) -> Result<()> {
        // UTF-16 is how JavaScript keeps text; it is read on another thread.
        let blobs = blobs.iter().map(|blob| blob.to_vec()).collect();
        let input = match input {
            Either::A(whole) => vec![whole],
            Either::B(pieces) => pieces,
        };
        let job = Job { operation, input, blobs, options, listens };
        let window = Arc::new(Window::default());
        let run = client.run(Arc::clone(&self.state), id, job, Arc::clone(&window));
        // Held while the task starts, so that a task that ends at once still finds its entry.
        let mut calls = lock(&self.state.calls);
        let task = runtime::spawn(run)?;
        calls.insert(id, Running { task: task.abort_handle(), window });
        Ok(())
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

    /// What an object is to do, as JSON, once.
    #[napi(catch_unwind)]
    pub fn take_request(&self, question: u32) -> Option<String> {
        lock(&self.state.requests).remove(&question)
    }

    /// Waits, as the process ends, until what is being stored is stored; not for long.
    #[napi(catch_unwind)]
    pub fn settle(&self) {
        settle(SETTLE);
    }

    /// Answers a `k` record: `{ given: { keys } }`, `{ given: { token } }`, `{ given: { value } }` or
    /// `{ error }` as JSON.
    #[napi(catch_unwind)]
    pub fn provide(&self, question: u32, provided: String) {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        enum Provided {
            Given(Given),
            Error(String),
        }
        let Some(waiting) = lock(&self.state.questions).remove(&question) else { return };
        let given = match json::read(&provided) {
            Ok(Provided::Given(given)) => Ok(given),
            Ok(Provided::Error(error)) => Err(error),
            // JavaScript has looked at it; and not the parser's text: it may quote a key.
            Err(_) => Err("the provider's answer cannot be used".to_owned()),
        };
        // The call may have been cancelled meanwhile.
        let _ = waiting.send(given);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.state.closing.store(true, Ordering::Release);
        for call in lock(&self.state.calls).values() {
            call.task.abort();
        }
    }
}
