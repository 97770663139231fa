//! What can a model do?
//!
//! `catalog.json` holds the facts and [`catalog`] finds a model's by any form of its id; [`facts`]
//! reads facts from JSON, the operator's as well as the catalog's; [`capabilities`] is what comes
//! out and what the rules of `gate` read; [`refusal`] and [`learned`] are what Bedrock itself teaches, and [`stated`] what its
//! control plane states;
//! [`knowledge`] lays all of it over each other; [`lifecycle`] derives a model's stage of life. A new
//! model is a block of data: see [`catalog`].

pub mod capabilities;
pub mod catalog;
mod common;
pub mod facts;
pub mod knowledge;
pub mod learned;
pub mod lifecycle;
pub mod names;
pub mod refusal;
pub mod stated;

pub use capabilities::{Fact, ModelCapabilities, Source};
pub use catalog::find;
pub use facts::FactError;
