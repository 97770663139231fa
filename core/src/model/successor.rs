//! The model to move to from one whose life ends.

use std::time::SystemTime;

use super::capabilities::ModelCapabilities;
use super::catalog;
use super::lifecycle::status;

/// The model to move to from one that is legacy or at its end: the first of its successors that is
/// neither itself.
pub fn successor(facts: &ModelCapabilities, now: SystemTime) -> Option<&'static str> {
    // Longer than any chain that makes sense: one that leads back to itself ends here.
    const MOST: usize = 8;
    let mut next = facts.successor.known().cloned();
    for _ in 0..MOST {
        let entry = catalog::find(&next?).filter(|found| found.exact)?.entry;
        let capabilities = entry.capabilities();
        let stage = status(capabilities, now);
        if matches!(stage.value.as_deref(), Some("active" | "preview") | None) {
            return Some(entry.id());
        }
        next = capabilities.successor.known().cloned();
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::lifecycle::start_of;
    use super::*;

    #[test]
    fn a_successor_is_one_that_can_be_used() {
        let of =
            |id: &str, day: &str| successor(&catalog::capabilities(id), start_of(day).unwrap());
        // Sonnet 4.5 is what AWS recommended, and is legacy itself by now.
        let old = "anthropic.claude-3-5-sonnet-20241022-v2:0";
        assert_eq!(of(old, "2026-11-27"), Some("anthropic.claude-sonnet-5-5"));
        // Jamba 1.5 Mini is gone, and has no successor.
        assert_eq!(of("ai21.jamba-instruct-v1:0", "2026-11-27"), None);
        assert_eq!(of("anthropic.claude-opus-5", "2026-11-27"), None);
    }
}
