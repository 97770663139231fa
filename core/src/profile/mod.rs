//! Which model stands behind an id, and where is it called?
//!
//! * [`arn`]: the grammar of ids and ARNs.
//! * [`partition`]: AWS's partitions and their regions.
//! * [`mapping`]: what the operator says is behind an ARN, or to be called for an alias.
//! * [`lookup`]: what AWS must be asked, as a trait.
//! * [`record`]: what a store keeps of an answer.
//! * [`resolver`]: mapping, memory, store, AWS, in that order.
//! * [`clock`]: the time, as something a test can turn.

pub mod arn;
pub mod clock;
pub mod lookup;
pub mod mapping;
pub mod partition;
mod quote;
pub mod record;
pub mod resolver;
mod unjudged;

use std::future::Future;
use std::pin::Pin;

pub use arn::{IdError, IdKind, ModelRef};
pub use lookup::{LookupError, ProfileLookup, Scope, Underlying};
pub use mapping::{MappingProblem, Mappings};
pub use resolver::{ResolvedProfile, Resolver, Sources};
pub use unjudged::unjudged;

/// A boxed future: what an object-safe async method returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
