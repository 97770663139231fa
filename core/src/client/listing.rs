//! What is known of many ids at once, for those who list them: nobody is asked.

use serde::{Deserialize, Serialize};

use super::Client;
use crate::bedrock::CallError;
use crate::lane::heavy;
use crate::profile::resolver::ResolveSource;
use crate::profile::{ResolvedProfile, Resolver};

/// How many bytes of text an id is worth, as work.
const WORK: usize = 512;

/// Which ids, and how much is to be said of each.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Question {
    ids: Vec<String>,
    /// Whether everything is; else what lists are sorted and searched by.
    #[serde(default)]
    whole: bool,
}

/// What is known of an id.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Listed {
    /// Everything.
    Whole(Box<ResolvedProfile>),
    /// What lists are sorted and searched by.
    Brief(Brief),
}

/// What lists are sorted and searched by.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Brief {
    call_id: String,
    source: ResolveSource,
    age: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_models: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl From<ResolvedProfile> for Brief {
    fn from(resolved: ResolvedProfile) -> Self {
        let ResolvedProfile {
            call_id, source, age, model, other_models, region, label, name, ..
        } = resolved;
        Self { call_id, source, age, model, other_models, region, label, name }
    }
}

impl Client {
    /// What is known of ids (JSON); `null` for those that AWS must be asked about, and for what is no id.
    pub async fn list(&self, question: &str) -> Result<Vec<Option<Listed>>, CallError> {
        let Question { ids, whole } = serde_json::from_str(question)
            .map_err(|error| CallError::input(format!("This cannot be listed: {error}")))?;
        self.mappings_loaded().await;
        let work = || {
            let known = ids.iter().map(|id| self.known(id));
            let said = |one: ResolvedProfile| {
                if whole { Listed::Whole(Box::new(one)) } else { Listed::Brief(one.into()) }
            };
            known.map(|one| one.map(said)).collect()
        };
        Ok(heavy(ids.len().saturating_mul(WORK), work))
    }

    /// Without the memo of warm ids: a long list would leave no place for those that are called.
    fn known(&self, id: &str) -> Option<ResolvedProfile> {
        if let Some(resolved) = self.unjudged(id, self.settings().gating) {
            return Some(resolved);
        }
        let region = self.settings().region.as_deref();
        let (mappings, sources) = (&self.declared().mappings, self.sources(id));
        Resolver::shared().resolve_sync(id, region, mappings, &sources, false).ok().flatten()
    }
}
