//! What can be said of a configuration without calling a model: whether its stores can be used, what is
//! wrong with the file of mappings, and where an alias leads.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::bedrock::CallError;
use crate::call::{Call, Notifier};
use crate::client::Client;
use crate::failover::{StepOutcome, Way};
use crate::operation::Operation;
use crate::store::shared::StoreCheck;

/// The state of what a configuration names.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkup {
    /// Each store behind memory.
    stores: Vec<StoreCheck>,
    /// What is wrong with the file of mappings; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    mappings_file: Option<Vec<String>>,
}

impl Client {
    /// Looks at the stores and at the file of mappings.
    pub async fn checkup(&self) -> Result<Checkup, CallError> {
        self.mappings_loaded().await;
        let mappings_file = self.declared().file.as_ref().map(|file| file.problems());
        let stores = match self.store() {
            Some(store) => store.check().await,
            None => Vec::new(),
        };
        Ok(Checkup { stores, mappings_file })
    }

    /// Where an id (a JSON text) leads, in the order in which it would be called; empty where there is but one
    /// way.
    pub async fn ways(&self, id: &str, notify: &Notifier) -> Result<Vec<Way>, CallError> {
        let id: String = serde_json::from_str(id)
            .map_err(|error| CallError::input(format!("There are no ways of this: {error}")))?;
        let call = Call {
            input: String::new(),
            blobs: Vec::new(),
            gating: None,
            first_byte: None,
            attribution: None,
            headers: Vec::new(),
            notify: Arc::clone(notify),
        };
        let request = Map::from_iter([("modelId".to_owned(), Value::from(id))]);
        let Some(routed) = self.routed(Operation::Converse, &request, &call).await else {
            return Ok(Vec::new());
        };
        let mut journey = self.set_out(Operation::Converse, &request, &call, routed).await;
        let mut ways = Vec::new();
        while let Some(ready) = Box::pin(self.next(&mut journey, &call)).await? {
            ways.push(Way::open(&ready.resolved));
        }
        let closed = |outcome| matches!(outcome, StepOutcome::NotAllowed | StepOutcome::OtherModel);
        ways.extend(journey.into_steps().filter(|step| closed(step.outcome)).map(Way::closed));
        Ok(ways)
    }
}
