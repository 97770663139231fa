//! What an alias says of the ARNs that it calls: that its model is behind them. LibreChat is given
//! the alias, and the client the ARN.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{MAX_CHAIN, Mappings, Names, names_model};

impl Mappings {
    /// Reads from the aliases which model is behind the ARNs that they call. An entry of the ARN's
    /// own says it better, and where two aliases differ nothing is known.
    pub(super) fn learn_from_aliases(&mut self) {
        let mut called: HashMap<&str, Option<Arc<str>>> = HashMap::new();
        let mut models = Names::default();
        let own = self.models_of_their_own();
        // One that calls nothing else says what it says of itself.
        let calling = self.entries.iter().filter(|(_, entry)| !entry.profiles.is_empty());
        for (key, _) in calling {
            let Some(found) = self.alone().find_within(key, &mut (2 * MAX_CHAIN)) else { continue };
            let Some(model) = found.model else { continue };
            for arn in found.profiles.iter().filter(|id| self.says_nothing_of(id)) {
                if own.contains(arn.as_str()) {
                    continue;
                }
                called
                    .entry(arn)
                    .and_modify(|other| {
                        if other.as_deref() != Some(model) {
                            *other = None;
                        }
                    })
                    .or_insert_with(|| Some(models.take(model)));
            }
        }
        let known = called.into_iter().filter_map(|(arn, model)| Some((Box::from(arn), model?)));
        self.called = known.collect();
    }

    /// Profiles that are listed with another model than their alias's.
    fn models_of_their_own(&self) -> HashSet<&str> {
        let routed = self.entries.values().filter_map(|entry| Some((entry, entry.routing()?)));
        let listed = routed.flat_map(|(entry, routing)| entry.profiles.iter().zip(&routing.turns));
        let own = listed.filter(|(_, turn)| turn.model.is_some());
        own.map(|(profile, _)| profile.as_str()).collect()
    }

    /// Whether neither an ARN itself nor an entry of its own names its model.
    fn says_nothing_of(&self, id: &str) -> bool {
        let stated =
            || self.alone().find_within(id, &mut (2 * MAX_CHAIN)).and_then(|own| own.model);
        id.starts_with("arn:") && names_model(id).is_none() && stated().is_none()
    }
}
