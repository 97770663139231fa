//! Does prompt caching pay? Writing to a cache costs more than plain input, reading from it less; a
//! prompt that changes from call to call is written each time and never read.

mod diagnosis;

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;

use serde_json::Value;

use crate::lru::Lru;
use crate::tenant::Tenant;

use diagnosis::Diagnosis;
pub use diagnosis::{CachedPrefix, Limits};

/// So many of the last calls that used the cache are looked at; fewer tell nothing, since a
/// conversation begins by writing.
const CALLS: usize = 20;

/// What calls wrote and read, for each profile and model.
static LEDGER: LazyLock<Ledger> = LazyLock::new(Ledger::default);

/// Notes the `usage` of a response to a tenant, and what stood before the cache points of its request.
/// Warnings, each once for each tenant, profile and model: where the last calls wrote more than they read,
/// and what makes caching fail.
pub fn note(
    tenant: &Tenant,
    call_id: &str,
    model: Option<&str>,
    usage: &Value,
    prefix: Option<(&CachedPrefix, Limits)>,
) -> Vec<String> {
    let mut warnings: Vec<String> =
        LEDGER.note(tenant, call_id, model, usage).into_iter().collect();
    warnings.extend(prefix.and_then(|(prefix, limits)| {
        let tally = LEDGER.tally(tenant, call_id, model);
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = Tokens::read(usage);
        let finding = tally.diagnosis.observe(prefix, tokens, limits, Instant::now())?;
        Some(format!("Prompt caching of {}: {finding}", named(call_id, model)))
    }));
    warnings
}

/// A profile, with its model where that is another id.
fn named(call_id: &str, model: Option<&str>) -> String {
    let model = model.filter(|model| *model != call_id);
    let model = model.map_or_else(String::new, |model| format!(" ({model})"));
    format!("{call_id}{model}")
}

/// By whose calls they were, the id that was called and the model behind it.
type Tallies = Lru<(Tenant, String, Option<String>), Arc<Mutex<Tally>>>;

struct Ledger {
    tallies: Mutex<Tallies>,
}

impl Default for Ledger {
    fn default() -> Self {
        Self { tallies: Mutex::new(Lru::new(1024)) }
    }
}

/// The last calls of one profile.
#[derive(Debug, Default)]
struct Tally {
    calls: VecDeque<Tokens>,
    warned: bool,
    diagnosis: Diagnosis,
}

#[derive(Debug, Clone, Copy)]
struct Tokens {
    written: u64,
    read: u64,
    /// Beside these.
    input: u64,
}

impl Tokens {
    fn read(usage: &Value) -> Self {
        let tokens = |name| usage.get(name).and_then(Value::as_u64).unwrap_or(0);
        Self {
            written: tokens("cacheWriteInputTokens"),
            read: tokens("cacheReadInputTokens"),
            input: tokens("inputTokens"),
        }
    }

    /// What a call wrote and read; `None` where it used no cache.
    fn of(usage: &Value) -> Option<Self> {
        let tokens = Self::read(usage);
        (tokens.written > 0 || tokens.read > 0).then_some(tokens)
    }
}

impl Ledger {
    fn note(
        &self,
        tenant: &Tenant,
        call_id: &str,
        model: Option<&str>,
        usage: &Value,
    ) -> Option<String> {
        let tokens = Tokens::of(usage)?;
        let tally = self.tally(tenant, call_id, model);
        let all = tally.lock().unwrap_or_else(PoisonError::into_inner).add(tokens)?;
        let Tokens { written, read, .. } = all;
        let named = named(call_id, model);
        Some(format!(
            "Prompt caching costs more than it saves for {named}: over the last {CALLS} \
             calls that used the cache, {written} tokens were written to it and {read} were read. \
             Keep what stands before the cache points (tools, system prompt, earlier turns) the \
             same from call to call, let it live longer (a ttl of 1h) where calls are more than \
             five minutes apart, or leave out `promptCache` and the request's own cache points."
        ))
    }

    fn tally(&self, tenant: &Tenant, call_id: &str, model: Option<&str>) -> Arc<Mutex<Tally>> {
        let key = (tenant.clone(), call_id.to_owned(), model.map(str::to_owned));
        let mut tallies = self.tallies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tally) = tallies.get(&key) {
            return Arc::clone(tally);
        }
        let tally = Arc::<Mutex<Tally>>::default();
        tallies.insert(key, Arc::clone(&tally));
        tally
    }
}

impl Tally {
    /// What the last calls wrote and read in all, where that is worth a warning.
    fn add(&mut self, tokens: Tokens) -> Option<Tokens> {
        if self.warned {
            return None;
        }
        self.calls.push_back(tokens);
        if self.calls.len() > CALLS {
            self.calls.pop_front();
        }
        let sum =
            |part: fn(&Tokens) -> u64| self.calls.iter().map(part).fold(0, u64::saturating_add);
        let all = Tokens {
            written: sum(|call| call.written),
            read: sum(|call| call.read),
            input: sum(|call| call.input),
        };
        self.warned = self.calls.len() == CALLS && all.written > all.read;
        self.warned.then_some(all)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    const ARN: &str = "arn:aws:bedrock:us-east-1:123456789123:application-inference-profile/abc";

    fn usage(written: u64, read: u64) -> Value {
        json!({
            "inputTokens": 5, "cacheWriteInputTokens": written, "cacheReadInputTokens": read,
        })
    }

    /// The call that a warning comes with, the first being 1.
    fn warned_at(ledger: &Ledger, calls: impl IntoIterator<Item = Value>) -> Option<usize> {
        let told = calls
            .into_iter()
            .map(|usage| ledger.note(&Tenant::default(), ARN, Some("a.b"), &usage));
        told.enumerate().find_map(|(index, told)| told.map(|_| index + 1))
    }

    fn times(count: usize, usage: &Value) -> Vec<Value> {
        vec![usage.clone(); count]
    }

    #[test]
    fn writing_more_than_reading_is_told_once_for_each_profile_and_model() {
        let ledger = Ledger::default();
        assert_eq!(warned_at(&ledger, times(19, &usage(100, 40))), None);
        let told = ledger.note(&Tenant::default(), ARN, Some("a.b"), &usage(100, 40)).unwrap();
        assert!(told.contains(ARN) && told.contains("(a.b)"), "{told}");
        assert!(told.contains("2000 tokens were written to it and 800 were read"), "{told}");
        assert_eq!(warned_at(&ledger, times(50, &usage(100, 40))), None);
        let other =
            |model| (0..20).find_map(|_| ledger.note(&Tenant::default(), ARN, model, &usage(1, 0)));
        assert!(other(Some("c.d")).is_some());
        assert!(other(None).unwrap().contains("/abc: over"));
    }

    #[test]
    fn only_the_last_calls_that_used_the_cache_count() {
        assert_eq!(warned_at(&Ledger::default(), times(50, &usage(0, 0))), None);
        assert_eq!(warned_at(&Ledger::default(), times(50, &usage(7, 7))), None);
        let mut calls = times(20, &usage(0, 100));
        calls.extend(times(20, &usage(100, 0)));
        // Eleven calls that write against nine that read.
        assert_eq!(warned_at(&Ledger::default(), calls), Some(31));
        let mut calls = times(19, &usage(1, 0));
        calls.extend(times(5, &usage(0, 0)));
        calls.extend(times(1, &usage(1, 0)));
        assert_eq!(warned_at(&Ledger::default(), calls), Some(25));
    }

    #[test]
    fn a_usage_that_says_nothing_of_a_cache_is_none() {
        for usage in [json!(null), json!({}), json!({ "cacheWriteInputTokens": -1 }), json!("x")] {
            assert_eq!(warned_at(&Ledger::default(), times(30, &usage)), None, "{usage}");
        }
    }

    #[test]
    fn numbers_out_of_all_proportion_do_no_harm() {
        let calls = times(20, &usage(u64::MAX, 1));
        assert_eq!(warned_at(&Ledger::default(), calls), Some(20));
    }
}
