//! What a file of mappings costs to read, and what resolving costs, measured on their own.
//! `npm run bench:core` runs this; docs/store.md says what is measured.
//!
//! `mappings <entries>`: prints one JSON object of nanoseconds.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    dead_code,
    unused_imports,
    reason = "a measurement that fails must end, and only parts of what is compiled in are called"
)]

#[path = "../../core/src/labels.rs"]
mod labels;
#[path = "../../core/src/lru.rs"]
mod lru;
#[path = "../../core/src/model/mod.rs"]
mod model;
#[path = "../../core/src/profile/mod.rs"]
mod profile;
#[path = "../../core/src/store/mod.rs"]
mod store;
#[path = "../../core/src/tenant.rs"]
mod tenant;

mod bedrock {
    pub(crate) mod credentials {
        pub(crate) use crate::secret::Secret;
    }
}
#[path = "../../core/src/bedrock/secret.rs"]
mod secret;

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use profile::Mappings;
use serde_json::{Map, Value, json};

/// Short rounds, of which the fastest counts: whatever else the machine does only adds to the others.
const LOADS: usize = 15;
const SONNET: &str = "anthropic.claude-sonnet-4-6";

/// The entry of a number.
type Shape = fn(usize) -> (String, Value);

/// How the entries of a file look.
const SHAPES: [(&str, Shape); 3] = [
    ("models of ARNs", |number| (arn(number), Value::from(SONNET))),
    ("ARNs of aliases", |number| (format!("team-{number}.{SONNET}"), Value::from(arn(number)))),
    ("objects", |number| {
        let entry = json!({ "model": SONNET, "profiles": [arn(number)], "label": "Sonnet", "region": "us-east-1" });
        (format!("Sonnet of team {number}"), entry)
    }),
];

fn arn(number: usize) -> String {
    format!("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/{number:012}")
}

fn main() {
    let entries = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let mut told = Map::new();
    for (name, entry) in SHAPES {
        let all: Map<String, Value> = (0..entries).map(entry).collect();
        let json = Value::Object(all.clone()).to_string();
        let yaml = as_yaml(&all);
        for (form, text) in [("json", json), ("yaml", yaml)] {
            let nanoseconds = fastest(&format!("mappings.{form}"), &text);
            told.insert(format!("{name}, {form}"), nanoseconds.into());
        }
    }
    println!("{}", Value::Object(told));
}

fn fastest(path: &str, text: &str) -> u64 {
    let known = || model::catalog::all().map(|entry| entry.id().to_owned()).collect();
    let load = || {
        let start = Instant::now();
        let (mut mappings, problems) =
            Mappings::read_file(path, black_box(text), &known).expect("a file");
        let ends = model::ends::NameEnds::default();
        mappings.trust_names(&|name| ends.model(name).map(str::to_owned));
        let took = start.elapsed();
        assert!(problems.is_empty(), "{:?}", problems.first());
        took
    };
    let fastest = (0..LOADS).map(|_| load()).min().unwrap_or(Duration::ZERO);
    u64::try_from(fastest.as_nanos()).unwrap_or(u64::MAX)
}

/// As people write it: blocks, and quotes where they must be.
fn as_yaml(entries: &Map<String, Value>) -> String {
    let mut text = String::from("# Written by hand\n");
    for (key, value) in entries {
        match value {
            Value::String(value) => writeln!(text, "'{key}': {value}"),
            Value::Object(members) => {
                let _ = writeln!(text, "{key}:");
                for (name, member) in members {
                    let _ = match member {
                        Value::Array(items) => {
                            let _ = writeln!(text, "  {name}:");
                            items.iter().try_for_each(|item| {
                                writeln!(text, "    - {}", item.as_str().unwrap_or_default())
                            })
                        }
                        other => writeln!(text, "  {name}: {}", other.as_str().unwrap_or_default()),
                    };
                }
                Ok(())
            }
            other => writeln!(text, "'{key}': {other}"),
        }
        .expect("a String takes everything");
    }
    text
}
