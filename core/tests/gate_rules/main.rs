//! The rules of the gate, each on both sides of its condition.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod cache;
mod models;
mod properties;
mod reasoning;
mod reasoning_family;
mod rules;
mod sampling;
mod support;
mod tokens;
