//! Stages of a model's life: derived from its dates and the clock, never stored.

use std::time::{Duration, SystemTime};

use super::capabilities::ModelCapabilities;
use super::fact::Fact;

/// `preview`, `active`, `legacy` or `eol` at `now`; unknown where no fact tells.
///
/// A model is at its end of life from that day on (UTC); one whose end is announced, or that became
/// legacy, is legacy until then.
pub fn status(facts: &ModelCapabilities, now: SystemTime) -> Fact<String> {
    let (eol, legacy) = (&facts.eol_date, &facts.legacy_date);
    let (word, because) = if has_come(eol, now) {
        ("eol", eol.source)
    } else if has_come(legacy, now) {
        ("legacy", legacy.source)
    } else if eol.known().is_some() && legacy.known().is_none() {
        ("legacy", eol.source)
    } else {
        match facts.preview.value {
            Some(true) => ("preview", facts.preview.source),
            Some(false) => ("active", facts.preview.source),
            None if legacy.known().is_some() => ("active", legacy.source),
            None => return Fact::default(),
        }
    };
    Fact::new(Some(word.to_owned()), because)
}

fn has_come(day: &Fact<String>, now: SystemTime) -> bool {
    day.known().and_then(|day| start_of(day)).is_some_and(|start| start <= now)
}

/// The start of a day (`YYYY-MM-DD`), in UTC.
pub(super) fn start_of(day: &str) -> Option<SystemTime> {
    let mut parts = day.split('-').map(|part| part.parse().ok());
    let mut next = || parts.next().flatten();
    let days = days_since_1970(next()?, next()?, next()?);
    Some(SystemTime::UNIX_EPOCH + Duration::from_hours(24 * days))
}

/// The days from 1970 to a day of the Gregorian calendar.
fn days_since_1970(year: u64, month: u64, day: u64) -> u64 {
    // Years begin in March, so that a leap day ends one.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year.saturating_sub(1), month.saturating_add(9))
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day;
    days.saturating_sub(719_469)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::super::Source;
    use super::*;

    fn status_on(day: &str, facts: &Value) -> Option<String> {
        let facts = ModelCapabilities::from_json("m", facts, Source::Catalog).unwrap();
        status(&facts, start_of(day).unwrap()).value
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(days_since_1970(1970, 1, 1), 0);
        assert_eq!(days_since_1970(2000, 3, 1), 11_017);
        assert_eq!(days_since_1970(2026, 11, 22), 20_779);
    }

    #[test]
    fn what_is_no_day_is_none() {
        for day in ["", "2026", "2026-11", "next week", "0000-00-00x", "2026-x-01"] {
            assert_eq!(start_of(day), None, "{day}");
        }
        // `eolDate` of an override may be any ten characters of that form.
        assert!(start_of("0000-00-00").is_some() && start_of("9999-99-99").is_some());
    }

    #[test]
    fn the_status_follows_the_clock() {
        let facts = json!({ "legacyDate": "2026-05-26", "eolDate": "2026-11-26" });
        for (day, expected) in [
            ("2026-05-25", "active"),
            ("2026-05-26", "legacy"),
            ("2026-11-25", "legacy"),
            ("2026-11-26", "eol"),
            ("2027-01-01", "eol"),
        ] {
            assert_eq!(status_on(day, &facts).as_deref(), Some(expected), "{day}");
        }
        let announced = json!({ "preview": false, "eolDate": "2026-11-26" });
        assert_eq!(status_on("2026-01-01", &announced).as_deref(), Some("legacy"));
    }

    #[test]
    fn without_a_date_the_model_says_whether_it_is_a_preview() {
        let on = |facts| status_on("2026-11-27", &facts);
        assert_eq!(on(json!({ "preview": true })).as_deref(), Some("preview"));
        assert_eq!(on(json!({ "preview": false })).as_deref(), Some("active"));
        assert_eq!(on(json!({})), None);
    }
}
