//! The rules of the gate, each on both sides of its condition.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::needless_pass_by_value,
    clippy::assigning_clones,
    clippy::default_trait_access,
    clippy::cloned_ref_to_slice_refs,
    clippy::too_many_lines,
    clippy::unnecessary_wraps,
    clippy::wildcard_imports,
    missing_docs,
    reason = "tests"
)]

mod asks;
mod cache;
mod conversations;
mod elements;
mod ids;
mod messages;
mod models;
mod output;
mod pairs;
mod plan;
mod projects;
mod properties;
mod reasoning;
mod reasoning_family;
mod reasoning_history;
mod reasoning_loop;
mod reasoning_shape;
mod reserve;
mod rules;
mod sampling;
mod schemas;
mod secrets;
mod support;
mod tokens;
mod tools;
mod turns;
