//! What AWS's control plane states of foundation models (`GetFoundationModel`,
//! `ListFoundationModels`): modalities, streaming, how they are called, the stages of their life. It
//! confirms or corrects the catalog.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Map, Value, json};

use super::capabilities::ModelCapabilities;
use super::fact::Source;
use super::lifecycle;

/// What is stated of one model.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// In the form of the catalog.
    facts: Value,
    /// When it was stated.
    at: SystemTime,
}

impl Stated {
    /// Reads `modelDetails`, or an entry of `modelSummaries`, with the model's id.
    ///
    /// Of contents, AWS lists some kinds only: one that it does not list says nothing, but for images.
    pub fn read(details: &Value) -> Option<(String, Self)> {
        let model = details.get("modelId")?.as_str()?.to_owned();
        let words = |member: &str| -> Option<Vec<&str>> {
            let words = details.get(member)?.as_array()?.iter();
            let words: Vec<&str> = words.filter_map(Value::as_str).collect();
            (!words.is_empty()).then_some(words)
        };
        let mut facts = Map::new();
        if let Some(inputs) = words("inputModalities") {
            let mut kinds = Map::new();
            for (word, kind) in [
                ("TEXT", "text"),
                ("IMAGE", "image"),
                ("VIDEO", "video"),
                ("AUDIO", "audio"),
                ("SPEECH", "audio"),
            ] {
                if inputs.contains(&word) {
                    kinds.insert(kind.to_owned(), Value::from(true));
                }
            }
            if !kinds.contains_key("image") && kinds.contains_key("text") {
                kinds.insert("image".to_owned(), Value::from(false));
            }
            facts.insert("inputs".to_owned(), Value::Object(kinds));
        }
        if let Some(streams) = details.get("responseStreamingSupported").and_then(Value::as_bool) {
            facts.insert("streaming".to_owned(), Value::from(streams));
        }
        if let Some(types) = words("inferenceTypesSupported") {
            if types.contains(&"ON_DEMAND") {
                facts.insert("onDemand".to_owned(), Value::from(true));
            } else if types.contains(&"INFERENCE_PROFILE") {
                facts.insert("onDemand".to_owned(), Value::from(false));
            }
        }
        if let Some(life) = details.get("modelLifecycle") {
            for (member, fact) in [("legacyTime", "legacyDate"), ("endOfLifeTime", "eolDate")] {
                if let Some(day) = life.get(member).and_then(day) {
                    facts.insert(fact.to_owned(), Value::from(day));
                }
            }
            let status = match life.get("status").and_then(Value::as_str) {
                Some("ACTIVE") => Some("active"),
                Some("LEGACY") => Some("legacy"),
                _ => None,
            };
            if let Some(status) = status {
                facts.insert("status".to_owned(), Value::from(status));
            }
        }
        Some((model, Self { facts: Value::Object(facts), at: SystemTime::now() }))
    }

    /// As it is stored: JSON with the facts and the milliseconds since 1970 at which they were stated.
    pub fn to_text(&self) -> String {
        let at = self.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        json!({ "facts": self.facts, "at": u64::try_from(at).unwrap_or(u64::MAX) }).to_string()
    }

    /// Reads that; nothing was stated later than `now`. `None` for what is no such thing.
    pub fn from_text(text: &str, now: SystemTime) -> Option<Self> {
        let mut stored: Value = serde_json::from_str(text).ok()?;
        let at = Duration::from_millis(stored.get("at")?.as_u64()?);
        let facts = stored.get_mut("facts").filter(|facts| facts.is_object())?.take();
        Some(Self { facts, at: UNIX_EPOCH.checked_add(at).unwrap_or(now).min(now) })
    }

    /// When it was stated.
    pub fn at(&self) -> SystemTime {
        self.at
    }

    /// Lays it over what the catalog says of the model.
    pub fn lay_over(&self, capabilities: &mut ModelCapabilities, now: SystemTime) {
        let mut facts = self.facts.clone();
        let status = facts.as_object_mut().and_then(|facts| facts.remove("status"));
        // Dates that contradict each other are left out with the rest, as anything is that no fact is.
        let _ = capabilities.lay_over(&facts, Source::Aws);
        let derived = lifecycle::status(capabilities, now);
        // `LEGACY` has no end of its own: the date tells that the model is gone.
        match (status.as_ref().and_then(Value::as_str), derived.value.as_deref()) {
            (Some(_), Some("eol")) | (Some("active"), Some("preview")) | (None, _) => {
                capabilities.status = derived;
            }
            (Some(status), _) => {
                let _ = capabilities.lay_over(&json!({ "status": status }), Source::Aws);
            }
        }
    }

    /// The same for JavaScript.
    pub fn describe(&self, model: &str) -> Value {
        let mut described = self.facts.clone();
        if let Some(members) = described.as_object_mut() {
            members.insert("model".to_owned(), Value::from(model));
        }
        described
    }
}

/// The day of a time: epoch seconds, or the text of a time.
fn day(time: &Value) -> Option<String> {
    let time = match time {
        Value::String(text) => DateTime::from_str(text, Format::DateTimeWithOffset).ok()?,
        time => DateTime::from_secs_f64(time.as_f64().filter(|secs| secs.is_finite())?),
    };
    let text = time.fmt(Format::DateTime).ok()?;
    text.get(..10).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::super::catalog;
    use super::*;

    const CLAUDE: &str = "anthropic.claude-sonnet-4-6";

    fn stated(details: &Value) -> Stated {
        Stated::read(details).unwrap().1
    }

    fn laid(details: &Value, day: &str) -> ModelCapabilities {
        let mut capabilities = ModelCapabilities::clone(&catalog::capabilities(CLAUDE));
        stated(details).lay_over(&mut capabilities, lifecycle::start_of(day).unwrap());
        capabilities
    }

    #[test]
    fn what_aws_states_corrects_the_catalog_and_says_so() {
        let found = laid(
            &json!({
                "modelId": CLAUDE, "inputModalities": ["TEXT"], "outputModalities": ["TEXT"],
                "responseStreamingSupported": false, "inferenceTypesSupported": ["INFERENCE_PROFILE"],
                "modelLifecycle": {
                    "status": "LEGACY", "legacyTime": "2026-10-01T00:00:00Z",
                    "endOfLifeTime": "2027-04-01T12:00:00.000Z",
                },
            }),
            "2026-11-27",
        );
        assert!(found.inputs.image.no() && found.streaming.no() && found.on_demand.no());
        assert_eq!(found.inputs.image.source, Source::Aws);
        assert_eq!(found.status.value.as_deref(), Some("legacy"));
        assert_eq!(found.eol_date.value.as_deref(), Some("2027-04-01"));
        // What it does not state stays.
        assert_eq!(found.inputs.document, catalog::capabilities(CLAUDE).inputs.document);
        assert_eq!(found.max_output_tokens, catalog::capabilities(CLAUDE).max_output_tokens);
    }

    #[test]
    fn what_is_stored_is_read_back_as_it_was() {
        let lives = json!({ "modelId": CLAUDE, "modelLifecycle": { "status": "LEGACY" } });
        let (before, now) = (stated(&lives), SystemTime::now());
        let after = Stated::from_text(&before.to_text(), now).unwrap();
        assert_eq!(after.facts, before.facts);
        assert!(before.at().duration_since(after.at()).unwrap() < Duration::from_millis(1));
        let ahead = r#"{"facts":{},"at":18446744073709551615}"#;
        assert!(Stated::from_text(ahead, now).is_some_and(|stated| stated.at() <= now));
        for odd in ["", "{}", r#"{"facts":[],"at":1}"#, r#"{"facts":{},"at":-1}"#] {
            assert_eq!(Stated::from_text(odd, now), None, "{odd}");
        }
    }

    #[test]
    fn the_end_of_life_comes_by_its_date() {
        let life = |day: &str| {
            let life = json!({ "status": "LEGACY", "endOfLifeTime": 1_790_812_800 });
            laid(&json!({ "modelId": CLAUDE, "modelLifecycle": life }), day).status.value
        };
        assert_eq!(life("2026-09-30").as_deref(), Some("legacy"));
        assert_eq!(life("2026-10-01").as_deref(), Some("eol"));
    }

    #[test]
    fn what_is_not_stated_or_cannot_be_read_changes_nothing() {
        let before = laid(&json!({ "modelId": CLAUDE }), "2026-11-27");
        for odd in [
            json!({ "inputModalities": [], "inferenceTypesSupported": [] }),
            json!({ "inputModalities": "TEXT", "responseStreamingSupported": "yes" }),
            json!({ "inferenceTypesSupported": ["PROVISIONED"], "modelLifecycle": null }),
            json!({ "modelLifecycle": { "status": "NEW", "legacyTime": "soon" } }),
        ] {
            let mut details = odd.clone();
            details.as_object_mut().unwrap().insert("modelId".to_owned(), Value::from(CLAUDE));
            assert_eq!(laid(&details, "2026-11-27"), before, "{odd}");
        }
        assert_eq!(Stated::read(&json!({ "modelName": "x" })), None);
    }
}
