//! What can a model do?

pub mod capabilities;

pub use capabilities::{Fact, ModelCapabilities, Source};
