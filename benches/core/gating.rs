//! What gating and the catalog cost, measured on their own. `npm run bench:core` runs this and
//! compares; docs/performance.md says what is measured.
//!
//! `gating <model id> <file>`: the file is an input of Converse as JSON text. Prints one JSON object of
//! nanoseconds. `gating load`: how long the catalog takes at its first use in this process.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::redundant_pub_crate,
    clippy::unused_self,
    dead_code,
    unused_imports,
    reason = "a measurement that fails must end, and only parts of what is compiled in are called"
)]

#[path = "../../core/src/gate/mod.rs"]
mod gate;
#[path = "../../core/src/bedrock/json/mod.rs"]
mod json_text;
#[path = "../../core/src/labels.rs"]
mod labels;
#[path = "../../core/src/lru.rs"]
mod lru;
#[path = "../../core/src/model/mod.rs"]
mod model;
#[path = "../../core/src/operation.rs"]
mod operation;
#[path = "../../core/src/bedrock/shapes/mod.rs"]
mod shapes;
#[path = "../../core/src/tenant.rs"]
mod tenant;

mod bedrock {
    pub(crate) use crate::{json_text as json, shapes};
}

use std::hint::black_box;
use std::time::{Duration, Instant};

use gate::Operation;
use model::catalog;
use serde_json::{Map, Value, json};

/// The input has no bytes.
const NO_BLOBS: &[&[u8]] = &[];
/// Short rounds, of which the fastest counts: whatever else the machine does only adds to the others.
const ROUND: Duration = Duration::from_millis(20);
const ROUNDS: u32 = 60;

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
        |id: &'static str| fastest(|| drop(black_box(catalog::capabilities(black_box(id)))));
    json!({
        "parse": fastest(|| drop(black_box(serde_json::from_str::<Value>(black_box(&text))))),
        "gate": fastest(|| drop(black_box(gate::gate(&mut given, &capabilities, Operation::Converse)))),
        "encode": fastest(|| drop(black_box(shapes::encode("Converse", black_box(&input), NO_BLOBS)))),
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

/// Nanoseconds for one run.
fn fastest(mut run: impl FnMut()) -> u64 {
    let round = |_| {
        let (start, mut runs) = (Instant::now(), 0_u64);
        loop {
            for _ in 0..8 {
                run();
            }
            runs += 8;
            let spent = start.elapsed();
            if spent >= ROUND {
                return nanoseconds(spent) / runs;
            }
        }
    };
    (0..ROUNDS).map(round).min().unwrap_or_default()
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
