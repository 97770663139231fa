//! Several ways to call one id: in which order they are taken, and where none may lead.

use std::sync::Arc;

use super::{Layers, MAX_CHAIN, Mapped, MappingEntry, Mappings, names_model};

/// Most destinations of one id; those that come after them are not called.
pub const MAX_DESTINATIONS: usize = 64;
/// Largest priority and largest weight.
pub const MAX_PRIORITY: u32 = 1_000;
/// The weight of a profile that says none.
pub const WEIGHT: u32 = 1;

/// What an entry says of the order of its profiles, and of where they may be called.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Routing {
    /// One for each of the entry's profiles, in their order.
    pub(super) turns: Vec<ProfileTurn>,
    /// Regions and geographies; nothing is called outside of them.
    pub(super) allow: Option<Arc<[String]>>,
}

/// When one of several profiles is called, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ProfileTurn {
    /// Lower comes first.
    pub(super) priority: u32,
    /// How often it comes first among its equals.
    pub(super) weight: u32,
    /// Another model than the entry's is behind it, on purpose.
    pub(super) model: Option<String>,
    /// Where to call what is no ARN.
    pub(super) region: Option<String>,
    /// Regions and geographies in which it is processed, as the operator knows.
    pub(super) runs_in: Option<Arc<[String]>>,
}

impl ProfileTurn {
    /// That of a profile that says nothing of it, at this place of its list.
    pub(super) fn at(place: usize) -> Self {
        let priority = u32::try_from(place).unwrap_or(MAX_PRIORITY).saturating_add(1);
        Self { priority, weight: WEIGHT, model: None, region: None, runs_in: None }
    }
}

/// One of the ways to call an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// What is called, and which model is behind it.
    pub mapped: Mapped,
    /// The model that the profile itself, or its own entry, names.
    pub named: Option<String>,
    /// The operator has listed it with a model of its own.
    pub other_model: bool,
    /// Regions and geographies in which it is processed, as the operator knows.
    pub runs_in: Option<Arc<[String]>>,
    /// Lists of regions and geographies, within all of which it must be processed.
    pub allow: Vec<Arc<[String]>>,
}

/// All ways to call an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ways {
    /// One.
    One(Box<Destination>),
    /// Several.
    Several(Vec<Branch>),
}

/// One of several, and when it has its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Lower comes first.
    priority: u32,
    /// How often it comes first among its equals.
    weight: u32,
    /// What tells it from the others, in every process.
    name: String,
    ways: Ways,
}

impl Ways {
    /// The destinations in the order in which they are to be called. Among those of one priority, `draw`
    /// gives each name a number between 0 and 1.
    pub fn order(self, draw: &dyn Fn(&str) -> f64) -> Vec<Destination> {
        let mut ordered = Vec::new();
        self.order_into(draw, &mut ordered);
        ordered.truncate(MAX_DESTINATIONS);
        ordered
    }

    fn order_into(self, draw: &dyn Fn(&str) -> f64, ordered: &mut Vec<Destination>) {
        match self {
            Self::One(destination) => ordered.push(*destination),
            Self::Several(branches) => {
                // Weighted rendezvous: the shares are those of the weights, and who is given the same
                // numbers again finds the same order again.
                let score = |branch: &Branch| {
                    -draw(&branch.name).clamp(f64::MIN_POSITIVE, 1.0).ln()
                        / f64::from(branch.weight)
                };
                let mut scored: Vec<(u32, f64, Ways)> = branches
                    .into_iter()
                    .map(|branch| (branch.priority, score(&branch), branch.ways))
                    .collect();
                scored.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
                for (.., ways) in scored {
                    ways.order_into(draw, ordered);
                }
            }
        }
    }
}

impl Mappings {
    /// All ways to call an id; `None` where there is but one and nothing forbids it.
    pub fn ways(&self, id: &str) -> Option<Ways> {
        let below = self.below_now();
        let layers = Layers { over: self, below: &below };
        layers.is_routed(id).then(|| layers.all_ways(id))
    }

    /// The one way to call an id.
    pub fn way(&self, id: &str) -> Ways {
        let mapped = self.find(id).unwrap_or_else(|| Mapped::as_it_is(id));
        Ways::One(Box::new(Destination {
            named: names_model(&mapped.call_id).map(str::to_owned),
            mapped,
            other_model: false,
            runs_in: None,
            allow: Vec::new(),
        }))
    }

    /// Where an id may be processed: lists of regions and geographies that all hold.
    pub fn allowed(&self, id: &str) -> Vec<Arc<[String]>> {
        let below = self.below_now();
        let layers = Layers { over: self, below: &below };
        let allow = |(_, entry): (_, &MappingEntry)| entry.routing()?.allow.clone();
        layers.entry(id).and_then(allow).into_iter().collect()
    }
}

/// What the entries on the way to a destination say of it.
#[derive(Debug, Clone, Default)]
struct Said {
    label: Option<String>,
    region: Option<String>,
    model: Option<String>,
    key_model: Option<String>,
    other_model: bool,
    runs_in: Option<Arc<[String]>>,
    allow: Vec<Arc<[String]>>,
    profiles: Vec<String>,
}

impl<'a> Layers<'a> {
    /// Whether there are several ways to call an id, or one that something may forbid.
    fn is_routed(self, id: &str) -> bool {
        let mut key = id;
        for _ in 0..2 * MAX_CHAIN {
            let Some((_, entry)) = self.entry(key) else { return false };
            if entry.routing().is_some() || entry.profiles.len() > 1 {
                return true;
            }
            match entry.profiles.first() {
                Some(next) if next != key => key = next,
                _ => return false,
            }
        }
        false
    }

    fn all_ways(self, id: &str) -> Ways {
        // Loops were reported and left out; the bound keeps what was laid over one another harmless.
        let mut steps = 4 * MAX_DESTINATIONS;
        self.ways_from(id, Said::default(), &mut vec![], &mut steps)
    }

    fn ways_from(
        self,
        id: &str,
        mut said: Said,
        path: &mut Vec<&'a str>,
        steps: &mut usize,
    ) -> Ways {
        let own = self.entry(id).filter(|(key, _)| !path.contains(key));
        let Some((key, entry)) = own.filter(|_| *steps > 0) else {
            return Ways::One(Box::new(self.destination(id, said)));
        };
        *steps -= 1;
        let mut budget = 2 * MAX_CHAIN;
        let own = |text: Option<&str>| text.map(str::to_owned);
        said.label = said.label.or_else(|| own(entry.label()));
        said.region = said.region.or_else(|| own(entry.region()));
        said.model = said.model.or_else(|| own(self.model_of(entry, &mut budget)));
        said.key_model = said.key_model.or_else(|| own(entry.key_model.as_deref()));
        if let Some(allow) = entry.routing().and_then(|routing| routing.allow.clone()) {
            said.allow.push(allow);
        }
        if entry.profiles.is_empty() {
            return Ways::One(Box::new(self.destination(id, said)));
        }
        said.profiles = entry.profiles.to_vec();
        path.push(key);
        let mut branches = Vec::with_capacity(entry.profiles.len().min(MAX_DESTINATIONS));
        for (at, next) in entry.profiles.iter().enumerate().take(MAX_DESTINATIONS) {
            let turn = entry.turn(at);
            let name = match &turn.region {
                Some(region) => format!("{region}/{next}"),
                None => next.clone(),
            };
            let mut said = said.clone();
            said.region = turn.region.or(said.region);
            said.runs_in = turn.runs_in.or(said.runs_in);
            if turn.model.is_some() {
                (said.model, said.other_model) = (turn.model, true);
            }
            let ways = self.ways_from(next, said, path, steps);
            branches.push(Branch { priority: turn.priority, weight: turn.weight, name, ways });
        }
        path.pop();
        Ways::Several(branches)
    }

    fn destination(self, id: &str, said: Said) -> Destination {
        let Said { label, region, model, key_model, other_model, runs_in, allow, mut profiles } =
            said;
        let own = || self.find_within(id, &mut (2 * MAX_CHAIN)).and_then(|own| own.model);
        let named = names_model(id).or_else(own).map(str::to_owned);
        let model = model.or_else(|| named.clone()).or(key_model);
        let model = model.or_else(|| self.called(id).map(str::to_owned));
        profiles.retain(|profile| profile != id);
        profiles.insert(0, id.to_owned());
        let mapped = Mapped { call_id: id.to_owned(), profiles, model, label, region };
        Destination { mapped, named, other_model, runs_in, allow }
    }
}

impl MappingEntry {
    /// When the profile at a place of the list has its turn.
    pub(super) fn turn(&self, place: usize) -> ProfileTurn {
        let turns = self.routing().map(|routing| routing.turns.as_slice());
        turns.and_then(|turns| turns.get(place).cloned()).unwrap_or_else(|| ProfileTurn::at(place))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;
    use crate::profile::mapping::MappingSource;

    const MODEL: &str = "anthropic.claude-sonnet-4-6";

    fn load(mappings: &Value) -> (Mappings, Vec<String>) {
        let (mappings, problems) = Mappings::parse(&mappings.to_string(), MappingSource::Option);
        (mappings, problems.into_iter().map(|problem| problem.message).collect())
    }

    fn order(mappings: &Mappings, id: &str) -> Vec<String> {
        let all = mappings.ways(id).unwrap().order(&|_| 0.5);
        all.into_iter().map(|destination| destination.mapped.call_id).collect()
    }

    #[test]
    fn one_way_is_none_to_choose_from() {
        let (mappings, problems) = load(&json!({
            "a": "us.anthropic.claude-sonnet-4-6", "b": "a", "c": { "profiles": ["b"] },
            "eu.anthropic.claude-sonnet-4-6": { "allow": ["eu"] },
        }));
        assert_eq!(problems, Vec::<String>::new());
        for id in ["a", "b", "c", "d", MODEL] {
            assert_eq!(mappings.ways(id), None, "{id}");
        }
        let only = mappings.ways("eu.anthropic.claude-sonnet-4-6").unwrap().order(&|_| 1.0);
        assert_eq!((only.len(), only[0].allow.len()), (1, 1));
    }

    #[test]
    fn priority_weight_and_nesting_decide_the_order() {
        let (mappings, problems) = load(&json!({
            "a": { "model": MODEL, "profiles": [
                "us.anthropic.claude-sonnet-4-6",
                { "id": "inner", "priority": 0 },
                { "id": "eu.anthropic.claude-sonnet-4-6", "priority": 0, "weight": 9 },
            ]},
            "inner": { "profiles": ["jp.anthropic.claude-sonnet-4-6", "au.anthropic.claude-sonnet-4-6"] },
        }));
        assert_eq!(problems, Vec::<String>::new());
        let prefixes: Vec<String> = order(&mappings, "a")
            .iter()
            .map(|id| id.split('.').next().unwrap().to_owned())
            .collect();
        assert_eq!(prefixes, ["eu", "jp", "au", "us"]);
        assert_eq!(mappings.find("a").unwrap().call_id, "jp.anthropic.claude-sonnet-4-6");
    }

    #[test]
    fn what_a_destination_says_of_itself_stays_with_it() {
        let nova = "amazon.nova-pro-v1:0";
        let (mappings, _) = load(&json!({
            "a": { "model": MODEL, "region": "us-east-1", "allow": "us", "profiles": [
                { "id": "us.anthropic.claude-sonnet-4-6", "region": "us-west-2", "runsIn": ["us"] },
                { "id": "us.amazon.nova-pro-v1:0", "model": nova },
                "us.amazon.nova-lite-v1:0",
            ]},
        }));
        let all = mappings.ways("a").unwrap().order(&|_| 1.0);
        let said: Vec<_> = all
            .iter()
            .map(|one| (one.mapped.region.as_deref(), one.mapped.model.as_deref(), one.other_model))
            .collect();
        assert_eq!(
            said,
            [
                (Some("us-west-2"), Some(MODEL), false),
                (Some("us-east-1"), Some(nova), true),
                (Some("us-east-1"), Some(MODEL), false),
            ]
        );
        assert_eq!(all[2].named.as_deref(), Some("amazon.nova-lite-v1:0"));
        assert!(all[0].runs_in.is_some() && all.iter().all(|one| one.allow.len() == 1));
    }

    #[test]
    fn shares_are_those_of_the_weights() {
        let (mappings, _) = load(&json!({ "a": { "profiles": [
            { "id": "us.anthropic.claude-sonnet-4-6", "priority": 1, "weight": 3 },
            { "id": "eu.anthropic.claude-sonnet-4-6", "priority": 1 },
        ]}}));
        let ways = mappings.ways("a").unwrap();
        let random = fastrand::Rng::with_seed(7);
        let random = std::cell::RefCell::new(random);
        let first = (0..1000)
            .filter(|_| {
                let all = ways.clone().order(&|_| random.borrow_mut().f64());
                all[0].mapped.call_id.starts_with("us.")
            })
            .count();
        assert!((690..810).contains(&first), "{first} of 1000");
    }

    #[test]
    fn what_cannot_be_read_is_told_and_a_list_of_places_allows_nothing() {
        for (entry, text) in [
            (json!({ "profiles": [{ "priority": 1 }] }), "has no \"id\""),
            (json!({ "profiles": [{ "id": 7 }] }), "\"profiles\"[0].id is a number"),
            (
                json!({ "profiles": [{ "id": "us.a.b", "weight": 0 }] }),
                "weight must be a whole number from 1",
            ),
            (
                json!({ "profiles": [{ "id": "us.a.b", "priority": -1 }] }),
                "priority must be a whole number from 0",
            ),
            (json!({ "profiles": [{ "id": "us.a.b", "model": "claude" }] }), "names no model"),
            (json!({ "profiles": [{ "id": "us.a.b", "more": 1 }] }), "means nothing here"),
            (json!({ "profiles": [[]] }), "is an array; it must be an ARN"),
            (json!({ "profiles": ["us.a.b"], "allow": ["europe"] }), "neither a region"),
            (json!({ "profiles": ["us.a.b"], "allow": [] }), "nothing is called"),
            (json!({ "profiles": ["us.a.b"], "allow": 7 }), "nothing is called"),
        ] {
            let (mappings, problems) = load(&json!({ "alias": entry }));
            assert!(problems.iter().any(|problem| problem.contains(text)), "{entry}: {problems:?}");
            if entry.get("allow").is_some() {
                assert!(mappings.allowed("alias")[0].is_empty(), "{entry}");
            }
        }
    }
}
