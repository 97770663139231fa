//! Does a piece of the product's work so many times and says what that took: for counts that do not
//! depend on the machine's mood. `benches/counts/index.js` runs it, also under valgrind, with different
//! numbers of times: the difference belongs to the work.
//!
//! `counts <what> <times>`, with a request (`counts/index.js` writes it) on its standard input. Prints
//! one JSON object: allocations, allocated bytes, bytes given to JavaScript, and nanoseconds, which do depend
//! on it.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement that fails must end, and says what it has measured"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use bedrock_profile_core::bedrock::credentials::GivenFuture;
use bedrock_profile_core::bedrock::stream::Flow;
use bedrock_profile_core::client::Configuration;
use bedrock_profile_core::pipeline::{Call, Client, Host, Operation, ResponseBody};
use bedrock_profile_core::profile::BoxFuture;
use bedrock_profile_core::shared;
use bedrock_profile_core::store::object::Keeper;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[expect(dead_code, reason = "events alone are counted")]
#[path = "../../src/records.rs"]
mod records;

/// Counts what is allocated.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static ALLOCATED: AtomicU64 = AtomicU64::new(0);

fn count(bytes: usize) {
    ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    ALLOCATED.fetch_add(bytes as u64, Ordering::Relaxed);
}

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is the system's allocator's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: the caller's promise is handed on.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What is asked, and what the server answers.
#[derive(Deserialize)]
struct Given {
    /// As `lib/settings.js` writes them; the endpoint's port is 0.
    settings: String,
    credentials: String,
    mappings: String,
    id: String,
    /// Inputs of Converse.
    small: String,
    large: String,
    /// A whole answer, and the frames of a stream's event and of its beginning and end, in base 16.
    answer: String,
    first: String,
    event: String,
    last: String,
}

struct NoHost;

impl Host for NoHost {
    fn ask(&self, _: u32) -> GivenFuture {
        Box::pin(async { Err("there is no provider".to_owned()) })
    }
}

impl Keeper for NoHost {
    fn keep(&self, _: u32, _: String) -> BoxFuture<'static, Result<Option<String>, String>> {
        Box::pin(async { Err("there is no object".to_owned()) })
    }
}

fn main() {
    let mut words = std::env::args().skip(1);
    let what = words.next().expect("what is to be done");
    let times = words.next().expect("how often").parse().expect("a number");
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("a request");
    let given: Given = serde_json::from_str(&text).expect("a request");
    // One thread: what happens after what is always the same.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let counts = runtime.expect("a runtime").block_on(work(&what, times, &given));
    println!("{counts}");
}

fn allocations() -> (u64, u64) {
    (ALLOCATIONS.load(Ordering::Relaxed), ALLOCATED.load(Ordering::Relaxed))
}

/// Does it, and counts: also the bytes that JavaScript is given of it.
async fn work(what: &str, times: usize, given: &Given) -> Value {
    let events = if what == "event" { times } else { 0 };
    let port = serve(Served::new(given, events)).await;
    let settings = given.settings.replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
    let declared = shared::mappings(None, Some(&given.mappings), None, None, None);
    let host: Arc<dyn Host> = Arc::new(NoHost);
    let open = || {
        let configuration = Configuration::open(&settings, &declared).expect("settings");
        Client::open(&configuration, &given.credentials, &host).expect("credentials")
    };
    let client = open();
    // What the server holds ready is none of it.
    let (allocations_before, allocated_before) = allocations();
    let started = Instant::now();
    let made: usize = match what {
        "call" => calls(&client, &given.small, times).await,
        "conversation" => calls(&client, &given.large, times).await,
        "event" => events_of(&client, &given.small).await,
        "client" => (0..times).map(|_| open().settings().max_attempts as usize).sum(),
        "resolve" => {
            let resolve = |_| client.resolve_sync(&given.id, false).expect("an id").is_some();
            (0..times).filter(|at| resolve(*at)).count()
        }
        _ => unreachable!("there is no such work"),
    };
    let nanoseconds = started.elapsed().as_nanos();
    let (allocations, allocated) = allocations();
    json!({
        "nanoseconds": u64::try_from(nanoseconds).unwrap_or(u64::MAX),
        "allocations": allocations - allocations_before,
        "allocated": allocated - allocated_before,
        "given": made,
    })
}

fn call_of(input: &str) -> Call {
    Call {
        input: input.to_owned(),
        blobs: Vec::new(),
        gating: None,
        first_byte: None,
        attribution: None,
        headers: Vec::new(),
        notify: Arc::new(|_| {}),
    }
}

async fn calls(client: &Client, input: &str, times: usize) -> usize {
    let mut given = 0;
    for _ in 0..times {
        let response = Box::pin(client.call(Operation::Converse, call_of(input))).await;
        let ResponseBody::Whole(answer) = response.expect("an answer").body else {
            unreachable!("Converse answers whole");
        };
        given += answer.json.len();
    }
    given
}

async fn events_of(client: &Client, input: &str) -> usize {
    let response = Box::pin(client.call(Operation::ConverseStream, call_of(input))).await;
    let ResponseBody::Stream(mut events) = response.expect("an answer").body else {
        unreachable!("ConverseStream streams");
    };
    let mut given = 0;
    let mut made = Vec::new();
    loop {
        events.wait().await.expect("an event");
        made.clear();
        let mut sink = records::Events::new(1, &mut made);
        let flow = events.give(&mut sink).expect("events");
        given += made.len();
        if flow == Flow::End {
            return given;
        }
    }
}

/// What is served, as HTTP/1.1.
struct Served {
    answer: Vec<u8>,
    stream: Vec<u8>,
}

impl Served {
    fn new(given: &Given, events: usize) -> Self {
        let bytes = |hex: &str| {
            let digits = hex.as_bytes().chunks(2);
            let byte = |two| u8::from_str_radix(std::str::from_utf8(two).expect("text"), 16);
            digits.map(|two| byte(two).expect("base 16")).collect::<Vec<u8>>()
        };
        let frames =
            [bytes(&given.first), bytes(&given.event).repeat(events), bytes(&given.last)].concat();
        Self {
            answer: http("application/json", given.answer.as_bytes()),
            stream: http("application/vnd.amazon.eventstream", &frames),
        }
    }
}

fn http(kind: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

async fn serve(served: Served) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("its number").port();
    tokio::spawn(async move {
        let (socket, _) = listener.accept().await.expect("a connection");
        answer(socket, served).await;
    });
    port
}

/// Answers requests, each of which has its length in its head.
async fn answer(mut socket: TcpStream, served: Served) {
    let mut arrived = Vec::with_capacity(1 << 20);
    loop {
        while whole(&arrived).is_none() {
            if socket.read_buf(&mut arrived).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let streams = arrived.windows(16).take(256).any(|at| at == b"/converse-stream");
        arrived.clear();
        let bytes = if streams { &served.stream } else { &served.answer };
        socket.write_all(bytes).await.expect("a reader");
    }
}

/// Whether a request has arrived whole.
fn whole(arrived: &[u8]) -> Option<()> {
    let end = arrived.windows(4).position(|at| at == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(arrived.get(..end)?).ok()?.to_ascii_lowercase();
    let (_, rest) = head.split_once("content-length: ")?;
    let length: usize = rest.split("\r\n").next()?.parse().ok()?;
    (arrived.len() >= end + length).then_some(())
}
