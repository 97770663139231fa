//! What can a model do?
//!
//! `catalog.json` holds the facts and [`catalog`] finds a model's by any form of its id;
//! [`capabilities`] declares each fact, which the rules of `gate` read, and [`facts`] reads them from
//! JSON, the operator's as well as the catalog's; [`refusal`] and [`learned`] are what Bedrock itself
//! teaches, and [`stated`] what its control plane states; [`knowledge`] lays all of it over each
//! other; [`lifecycle`] derives a model's stage of life, and [`successor`] names the model to move
//! to; [`ends`] finds the models that many names end in. A new model is a block of data: see [`catalog`].

pub mod capabilities;
pub mod catalog;
mod common;
pub mod ends;
pub mod fact;
pub mod facts;
pub mod knowledge;
pub mod learned;
pub mod lifecycle;
pub mod names;
pub mod refusal;
pub mod stated;
pub mod successor;

pub use capabilities::ModelCapabilities;
pub use catalog::find;
pub use fact::{Fact, Source};
pub use facts::FactError;
