//! What an entry says of the profiles that it calls, and of where it may.

use std::collections::HashSet;
use std::sync::Arc;

use super::Reader;
use crate::labels::{geo_prefixes, is_geo_prefix};
use crate::profile::mapping::MAX_PROFILES;
use crate::profile::mapping::json::{JsonNode, Members};
use crate::profile::mapping::routing::{MAX_PRIORITY, ProfileTurn, WEIGHT};
use crate::profile::partition::is_region;
use crate::profile::quote::quoted_up_to;

/// Longest label, in characters.
const MAX_LABEL: usize = 200;

impl Reader<'_> {
    /// The list of what is called, in its order.
    pub(super) fn profiles(&mut self, node: &JsonNode<'_>) -> Option<Vec<(String, ProfileTurn)>> {
        let JsonNode::List(list) = node else {
            self.fail(&format!(
                "\"profiles\" is {}; it must be an array of ARNs such as [\"arn:aws:bedrock:…\"]. The entry is left out",
                node.what()
            ));
            return None;
        };
        if list.is_empty() {
            self.warn("\"profiles\" is empty; list at least one ARN, or take it out");
        }
        if list.len() > MAX_PROFILES {
            self.fail(&format!(
                "\"profiles\" has {} items; the first {MAX_PROFILES} are used, the others are left out",
                list.len()
            ));
        }
        let was_empty = list.is_empty();
        let mut profiles: Vec<(String, ProfileTurn)> = Vec::new();
        let mut seen = HashSet::new();
        for (at, node) in list.iter().take(MAX_PROFILES).enumerate() {
            let place = format!("\"profiles\"[{at}]");
            let (text, turn) = match node {
                JsonNode::Text(text) => (&**text, ProfileTurn::at(at)),
                JsonNode::Object(members) => match self.turn(&place, at, members) {
                    Some(read) => read,
                    None => continue,
                },
                _ => {
                    self.fail(&format!(
                        "{place} is {}; it must be an ARN or a model id, or an object with \"id\", \"priority\", \
                         \"weight\", \"region\", \"model\" and \"runsIn\". It is left out",
                        node.what()
                    ));
                    continue;
                }
            };
            let Some(target) = self.target(&place, text) else {
                continue;
            };
            if seen.insert((target.text, turn.region.clone())) {
                profiles.push((target.text.to_owned(), turn));
            } else {
                self.warn(&format!("{place} stands in the list already; take it out"));
            }
        }
        if profiles.is_empty() && !was_empty {
            self.fail("none of its \"profiles\" can be used; list at least one ARN. The entry is left out");
            return None;
        }
        profiles.sort_by_key(|(_, turn)| turn.priority);
        Some(profiles)
    }

    /// One of the profiles, as an object: its id, and when it has its turn.
    fn turn<'t>(
        &mut self,
        place: &str,
        at: usize,
        members: &'t Members<'_>,
    ) -> Option<(&'t str, ProfileTurn)> {
        let mut id = None;
        let mut turn = ProfileTurn::at(at);
        for (name, node) in members {
            let what = format!("{place}.{name}");
            match &**name {
                "id" => id = Some(node),
                "priority" => turn.priority = self.number(&what, node, 0, turn.priority),
                "weight" => turn.weight = self.number(&what, node, 1, WEIGHT),
                "region" => turn.region = self.region(&what, node),
                "runsIn" => turn.runs_in = Some(self.places(&what, node)),
                "model" => match node {
                    // A model that cannot be read is not known to be wanted.
                    JsonNode::Text(text) => turn.model = Some(self.own_model(&what, text)?),
                    other => {
                        self.fail(&format!(
                            "{what} is {}; it must be a model id. The profile is left out",
                            other.what()
                        ));
                        return None;
                    }
                },
                other => self.warn(&format!(
                    "{place} holds {}, which means nothing here and is left out; it may hold \"id\", \"priority\", \
                     \"weight\", \"region\", \"model\" and \"runsIn\"",
                    quoted_up_to(other, 40)
                )),
            }
        }
        match id {
            Some(JsonNode::Text(id)) => Some((id, turn)),
            Some(other) => {
                self.fail(&format!(
                    "{place}.id is {}; it must be an ARN, a model id or an alias. It is left out",
                    other.what()
                ));
                None
            }
            None => {
                self.fail(&format!(
                    "{place} has no \"id\": an ARN, a model id or an alias. It is left out"
                ));
                None
            }
        }
    }

    /// The model that a profile is listed with.
    fn own_model(&mut self, what: &str, text: &str) -> Option<String> {
        let model = self.target(what, text)?.model().map(str::to_owned);
        if model.is_none() {
            self.fail(&format!(
                "{what} is {}, which names no model; write a model id such as \"anthropic.claude-sonnet-4-6\". The \
                 profile is left out",
                quoted_up_to(text, 80)
            ));
        }
        model
    }

    fn number(&mut self, what: &str, node: &JsonNode<'_>, least: u32, instead: u32) -> u32 {
        let found = match node {
            JsonNode::Number(Some(number)) => *number,
            _ => u32::MAX,
        };
        if (least..=MAX_PRIORITY).contains(&found) {
            return found;
        }
        self.warn(&format!(
            "{what} must be a whole number from {least} to {MAX_PRIORITY}. {instead} is used"
        ));
        instead
    }

    /// Regions and geographies. What cannot be read allows nothing.
    pub(super) fn places(&mut self, what: &str, node: &JsonNode<'_>) -> Arc<[String]> {
        let items = match node {
            JsonNode::List(items) => items.as_slice(),
            JsonNode::Text(_) => std::slice::from_ref(node),
            _ => &[],
        };
        let mut places = Vec::new();
        for item in items {
            match item {
                JsonNode::Text(text) if is_place(text) => {
                    places.push(text.clone().into_owned());
                }
                JsonNode::Text(text) => self.fail(&format!(
                    "{what} holds {}, which is neither a region such as \"eu-central-1\" nor a geography ({}). \
                     It counts for nothing",
                    quoted_up_to(text, 40),
                    geo_prefixes().collect::<Vec<_>>().join(", ")
                )),
                other => self.fail(&format!(
                    "{what} holds {}; it must be a list of texts. It counts for nothing",
                    other.what()
                )),
            }
        }
        if places.is_empty() {
            self.fail(&format!(
                "{what} names no region and no geography; it must be a list such as [\"eu\", \"eu-central-1\"]. \
                 Until it does, nothing is called"
            ));
        }
        Arc::from(places)
    }

    pub(super) fn label(&mut self, node: &JsonNode<'_>) -> Option<String> {
        let wrong = match node {
            JsonNode::Text(text) if text.trim().is_empty() => "is empty".to_owned(),
            JsonNode::Text(text) if text.chars().any(char::is_control) => {
                "holds control characters".to_owned()
            }
            JsonNode::Text(text) if text.chars().count() > MAX_LABEL => {
                format!("has more than {MAX_LABEL} characters")
            }
            JsonNode::Text(text) => return Some(text.trim().to_owned()),
            other => format!("is {}", other.what()),
        };
        self.warn(&format!("\"label\" {wrong}; it must be a short text. It is left out"));
        None
    }

    pub(super) fn region(&mut self, what: &str, node: &JsonNode<'_>) -> Option<String> {
        let wrong = match node {
            JsonNode::Text(text) if is_region(text) => return Some(text.clone().into_owned()),
            JsonNode::Text(text) => quoted_up_to(text, 40),
            other => other.what().to_owned(),
        };
        self.warn(&format!(
            "{what} is {wrong}; it must be a region's name such as \"us-east-1\". It is left out"
        ));
        None
    }
}

/// Whether a text is a geography, or a region as all of them are named: a misspelt geography is none.
fn is_place(text: &str) -> bool {
    let ends = text.ends_with(|last: char| last.is_ascii_digit());
    is_geo_prefix(text) || (is_region(text) && text.contains('-') && ends)
}
