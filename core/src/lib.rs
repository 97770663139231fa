//! The product, without Node: which model stands behind an id, what that model can do, what of a
//! request it will accept, and the call itself.
//!
//! A request meets four rooms in this order; `pipeline` alone knows all four:
//!
//! 1. [`profile`]: which model stands behind this id, and where is it called?
//! 2. [`model`]: what can that model do?
//! 3. [`gate`]: what of this request will it accept? Every change is reported.
//! 4. [`bedrock`]: the call.

pub mod attribution;
pub mod bedrock;
mod caching;
pub mod call;
pub mod checkup;
pub mod client;
mod confirm;
mod cut_short;
pub mod discovery;
pub mod documents;
pub mod failover;
pub mod gate;
pub mod hints;
pub mod labels;
pub mod lane;
mod learning;
mod ledger;
pub mod lru;
pub mod mappings_file;
pub mod model;
pub mod notice;
pub mod operation;
pub mod pipeline;
pub mod profile;
mod recall;
pub mod settings;
pub mod shared;
pub mod store;
mod strict;
pub mod tenant;
mod unseen;
