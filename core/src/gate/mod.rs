//! What of a request will the model accept?
//!
//! [`gate`] runs the rules of [`RULES`] over a request, in order. Each rule has one action and
//! reports what it did as a [`Change`]. Rules read the facts of [`ModelCapabilities`] and nothing
//! else about a model: what is not known is not gated.
//!
//! Values of a wrong type and members that are missing where AWS requires them are left as they
//! are, so that AWS's own words about them come back. `null` is what JavaScript makes of an
//! absent member and counts as absent.
//!
//! Some things that may go wrong have no rule, because Bedrock accepts them: a `maxTokens` that is
//! absent, sections too short to be cached, a forced tool beside adaptive thinking.

mod blocks;
mod cache;
pub mod change;
mod counted;
mod documents;
mod draft;
mod elements;
mod ids;
mod invoked;
mod limits;
mod messages;
mod names;
mod outcome;
mod output;
mod pairs;
mod path;
mod pattern;
mod plan;
mod projects;
mod reasoning;
mod refused;
mod reserve;
mod results;
mod route;
mod rule;
mod sampling;
mod schemas;
pub(crate) mod secrets;
mod separate;
mod survey;
mod tokens;
mod tools;
mod turns;
mod unions;

pub use change::{Action, Change};
pub use outcome::{Outcome, Violation};
pub use plan::{PromptCache, Ttl, plan};
pub use reserve::{Reserve, reserve};
pub use route::{Route, Site};
pub use rule::{On, Rule};

pub use crate::operation::Operation;

use serde_json::{Map, Value};

use crate::model::ModelCapabilities;
use crate::operation::Fitted;
use draft::Draft;

/// All rules in the order they run. The order keeps them from fighting: first the conversation is
/// brought into the form that the others look for; then where settings stand, then what reasoning
/// looks like, then what does not go together with it, then ranges, and only then budgets, which
/// depend on the limits.
pub const RULES: &[Rule] = &[
    // Which id is called.
    ids::I1,
    ids::I3,
    ids::I8,
    projects::I9,
    // How the conversation is written: single elements, turns with nothing in them, calls and their
    // results. A turn may end up empty, or be merged with another, before anything is read of it.
    elements::M24,
    elements::M25,
    elements::M26,
    elements::M27,
    elements::M28,
    elements::M29,
    turns::M30,
    turns::M31,
    turns::M32,
    pairs::M33,
    pairs::M34,
    pairs::M35,
    pairs::M36,
    // Where settings stand.
    secrets::K1,
    refused::L1,
    sampling::S11,
    reasoning::R18,
    reasoning::R24,
    reasoning::R25,
    // What reasoning looks like; whether it is wanted at all comes first.
    reasoning::R14,
    reasoning::R8,
    reasoning::R9,
    reasoning::R10,
    reasoning::R11,
    reasoning::R12,
    reasoning::R13,
    reasoning::R15,
    reasoning::R16,
    reasoning::R17,
    reasoning::R19,
    // The reasoning of earlier turns, and whether this call may think after them.
    reasoning::R26,
    reasoning::R27,
    reasoning::R28,
    reasoning::R29,
    reasoning::R30,
    // What does not go together.
    reasoning::R6,
    reasoning::R7,
    sampling::S2,
    sampling::S3,
    sampling::S4,
    reasoning::R1,
    reasoning::R2,
    reasoning::R2B,
    reasoning::R3,
    reasoning::R22,
    reasoning::R23,
    sampling::S1,
    // Ranges.
    sampling::S5,
    sampling::S6,
    sampling::S7,
    sampling::S8,
    sampling::S9,
    sampling::S10,
    tokens::T1,
    tokens::T2,
    tokens::T8,
    tokens::T6,
    tokens::T4,
    tokens::T5,
    reasoning::R4,
    reasoning::R5,
    // The conversation so far.
    reasoning::R20,
    reasoning::R21,
    reasoning::R31,
    // Tools and their results, then turns and their content.
    tools::M1,
    tools::M38,
    tools::M3,
    tools::M4,
    tools::M5,
    tools::M6,
    tools::M2,
    results::M7,
    tools::M8,
    results::M10,
    results::M11,
    separate::M9,
    separate::M40,
    messages::M12,
    output::M19,
    messages::M13,
    messages::M14,
    messages::M15,
    documents::M16,
    documents::M37,
    tools::M39,
    schemas::M41,
    schemas::M42,
    schemas::M43,
    schemas::M17,
    tools::M18,
    output::M20,
    output::M21,
    output::M22,
    output::M23,
    // Cache points: where they may stand, then how many, then for how long.
    cache::P1,
    cache::P6,
    cache::P8,
    cache::P7,
    cache::P2,
    cache::P4,
    cache::P5,
    // Bodies in the model's own words.
    invoked::T7,
];

/// Fits an operation's input to a model.
///
/// `request` is the operation's input as JSON (`messages`, `inferenceConfig`, …); members that AWS
/// does not know are still in it. Blobs are in it as `{"\u{0}blob": n}`. `route` is where it is to
/// go; an operation alone will do where the id is not to be changed.
///
/// Applying the changes in order to the input gives exactly the output; an object that is missing
/// on the way to an added or moved member is made.
pub fn gate<'a>(
    request: &mut Map<String, Value>,
    capabilities: &'a ModelCapabilities,
    route: impl Into<Route<'a>>,
) -> Outcome {
    let route = route.into();
    let fit = |request: &mut Map<String, Value>| {
        let mut draft = Draft::new(request, capabilities, route);
        for rule in RULES {
            rule.act(&mut draft);
        }
        draft.finish(request)
    };
    match route.operation.fitted() {
        Fitted::Nothing => Outcome::default(),
        Fitted::Counted => counted::gate(request, fit),
        Fitted::Id | Fitted::Conversation => fit(request),
    }
}
