//! Which models of the catalog many names end in, such as those of a file of aliases.

use std::cell::RefCell;
use std::collections::HashMap;

use super::catalog;
use crate::labels;

/// Most ends whose models are remembered.
const MOST: usize = 1_000;

/// Names end in the same few models: each end is looked up once.
#[derive(Debug, Default)]
pub struct NameEnds(RefCell<HashMap<Box<str>, Option<&'static str>>>);

impl NameEnds {
    /// The id of the model of the catalog that a name ends in (`team-a.anthropic.claude-…`).
    pub fn model(&self, name: &str) -> Option<&'static str> {
        let exactly = |name: &str| {
            let found = catalog::find(name).filter(|found| found.exact);
            found.map(|found| found.entry.id())
        };
        let Some(end) = labels::from_provider(name) else { return exactly(name) };
        if let Some(known) = self.0.borrow().get(end) {
            return *known;
        }
        let found = exactly(end);
        let mut known = self.0.borrow_mut();
        if known.len() < MOST {
            known.insert(Box::from(end), found);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_in_what_it_would_end_in_by_itself() {
        let ends = NameEnds::default();
        for name in [
            "anthropic.claude-sonnet-4-6",
            "team-a.anthropic.claude-sonnet-4-6",
            "team-b.anthropic.claude-sonnet-4-6",
            "a.b.us.anthropic.claude-sonnet-4-6",
            "Team.anthropic.claude-sonnet-4-6",
            "team.Anthropic.claude-sonnet-4-6",
            "team/anthropic.claude-sonnet-4-6[1m]",
            "team.anthropic.nothing.amazon.nova-pro-v1:0",
            "amazon.nova-pro-v1:0",
            "team.amazon.nova-pro-v1",
            "claude-sonnet-4-6",
            "anthropic",
            "team.anthropic.",
            "",
            "My Sonnet",
        ] {
            let found = catalog::find(name).filter(|found| found.exact);
            for _ in 0..2 {
                assert_eq!(ends.model(name), found.map(|found| found.entry.id()), "{name}");
            }
        }
    }
}
