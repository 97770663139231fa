//! What gating and the catalog cost, measured on their own. `npm run bench:core` runs this and
//! compares; docs/benchmarks.md says what is measured.
//!
//! `gating <model id> <file>`: the file is an input of Converse as JSON text. Prints one JSON object of
//! nanoseconds. `gating load`: how long the catalog takes at its first use in this process.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::redundant_pub_crate,
    dead_code,
    unused_imports,
    reason = "a measurement that fails must end, and only parts of what is compiled in are called"
)]

#[path = "../../core/src/gate/mod.rs"]
mod gate;
#[path = "../../core/src/labels.rs"]
mod labels;
#[path = "../../core/src/model/mod.rs"]
mod model;
#[path = "../../core/src/bedrock/shapes/mod.rs"]
mod shapes;

use std::hint::black_box;
use std::time::{Duration, Instant};

use gate::Operation;
use model::catalog;
use serde_json::{Map, Value, json};

/// The input has no bytes.
const NO_BLOBS: &[&[u8]] = &[];
/// How long each measurement goes on.
const LONG: Duration = Duration::from_millis(1500);
/// Rounds, of which the median counts.
const ROUNDS: u32 = 15;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["load"] => println!("{}", json!({ "load": first_use() })),
        [model, file] => println!("{}", measure(model, file)),
        _ => println!("usage: npm run bench:core"),
    }
}

/// The first question to the catalog, which reads it.
fn first_use() -> u64 {
    let start = Instant::now();
    black_box(catalog::find(black_box("anthropic.claude-sonnet-4-6")));
    nanoseconds(start.elapsed())
}

fn measure(model: &str, file: &str) -> Value {
    let text = std::fs::read_to_string(file).expect("the file with the input can be read");
    let input: Map<String, Value> = serde_json::from_str(&text).expect("the input is an object");
    let capabilities = catalog::capabilities(model);
    // A request that fits is handed on as it is, so it need not be copied for each round.
    let mut given = input.clone();
    let outcome = gate::gate(&mut given, &capabilities, Operation::Converse);
    assert!(outcome.changes.is_empty() && given == input, "the input fits the model");
    let lookup =
        |id: &'static str| median(|| drop(black_box(catalog::capabilities(black_box(id)))));
    json!({
        "parse": median(|| drop(black_box(serde_json::from_str::<Value>(black_box(&text))))),
        "gate": median(|| drop(black_box(gate::gate(&mut given, &capabilities, Operation::Converse)))),
        "encode": median(|| drop(black_box(shapes::encode("Converse", black_box(&input), NO_BLOBS)))),
        "lookups": {
            "exact id": lookup("anthropic.claude-sonnet-4-5-20250929-v1:0"),
            "with a geo prefix": lookup("us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
            "without version and date": lookup("anthropic.claude-sonnet-4-5"),
            "another date of a known model": lookup("us.anthropic.claude-sonnet-4-5-20270101-v1:0"),
            "unknown model of a known family": lookup("us.anthropic.claude-opus-9"),
            "unknown family": lookup("acme.wonder-1"),
            "opaque ARN": lookup(
                "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/s529qz7ddy06",
            ),
        },
    })
}

/// Nanoseconds for one run: the median of rounds, each of as many runs as fill its time.
fn median(mut run: impl FnMut()) -> u64 {
    let each = LONG / ROUNDS;
    let mut times: Vec<u64> = (0..ROUNDS)
        .map(|_| {
            let (start, mut runs) = (Instant::now(), 0_u64);
            loop {
                for _ in 0..16 {
                    run();
                }
                runs += 16;
                let spent = start.elapsed();
                if spent >= each {
                    return nanoseconds(spent) / runs;
                }
            }
        })
        .collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
