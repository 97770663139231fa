//! What the ledger of costs and budgets keeps in the store: counters that are exact whoever counts, and
//! texts that one process writes.
//!
//! `lib/money/` decides what is counted; here it is given keys, and done.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::bedrock::CallError;
use crate::client::Client;
use crate::store::{KeyOwner, Kind, SharedStore, StoreKey};

/// What is to be done, in this order.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct LedgerRequest {
    /// Texts to keep: subject, text, milliseconds.
    put: Vec<(String, String, u64)>,
    /// Amounts to count at once, wherever the store is: subject, amount, milliseconds.
    add: Vec<(String, i64, u64)>,
    /// Amounts that may be counted later, where the store is away.
    defer: Vec<(String, i64, u64)>,
    /// Subjects to read.
    get: Vec<String>,
    /// Whether a call waits for it: then the store is not waited for long.
    urgent: bool,
}

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerAnswer {
    /// The sums after each `add`; `null` where the store could not be asked.
    pub sums: Vec<Option<i64>>,
    /// The values of each `get`; `null` where there is none.
    pub values: Vec<Option<String>>,
    /// Whether something could not be asked: what is missing above may be there.
    pub failed: bool,
    /// Whether there is a store beside this process's memory.
    pub shared: bool,
    /// Whether there is none at all (`store: false`): nothing was done.
    pub absent: bool,
}

impl Client {
    fn ledger_key(&self, subject: &str) -> StoreKey {
        let (endpoint, tenant) = self.ledger_scope();
        let owner = tenant.and_then(KeyOwner::of).unwrap_or(KeyOwner::Everyone);
        StoreKey::new(Kind::Spend, endpoint, &owner, subject)
    }

    /// Keeps and counts what the request (JSON) says, and reads.
    pub async fn ledger(&self, request: &str) -> Result<LedgerAnswer, CallError> {
        let request = read(request)?;
        let Some(store) = self.store() else {
            return Ok(LedgerAnswer { absent: true, ..LedgerAnswer::default() });
        };
        let mut answer = LedgerAnswer { shared: store.is_shared(), ..LedgerAnswer::default() };
        self.put_texts(store, &request.put);
        for (subject, amount, lasts) in &request.add {
            let key = self.ledger_key(subject);
            let lasts = Duration::from_millis(*lasts);
            let sum = store.add_now(&key, *amount, lasts, request.urgent).await;
            answer.failed |= sum.is_none();
            answer.sums.push(sum);
        }
        self.count_later(store, &request.defer);
        for subject in &request.get {
            let value = store.get_from_store(&self.ledger_key(subject), request.urgent).await;
            answer.failed |= value.is_none();
            answer.values.push(value.flatten().map(|value| value.to_string()));
        }
        Ok(answer)
    }

    /// Keeps texts and counts without waiting, as a process does that ends.
    pub fn ledger_now(&self, request: &str) -> Result<(), CallError> {
        let request = read(request)?;
        let Some(store) = self.store() else { return Ok(()) };
        self.put_texts(store, &request.put);
        self.count_later(store, &request.add);
        self.count_later(store, &request.defer);
        Ok(())
    }

    fn put_texts(&self, store: &SharedStore, texts: &[(String, String, u64)]) {
        for (subject, text, lasts) in texts {
            store.put(&self.ledger_key(subject), text, Duration::from_millis(*lasts));
        }
    }

    fn count_later(&self, store: &SharedStore, amounts: &[(String, i64, u64)]) {
        for (subject, amount, lasts) in amounts {
            store.add(&self.ledger_key(subject), *amount, Duration::from_millis(*lasts));
        }
    }
}

fn read(request: &str) -> Result<LedgerRequest, CallError> {
    serde_json::from_str(request)
        .map_err(|error| CallError::input(format!("The ledger cannot do this: {error}")))
}
