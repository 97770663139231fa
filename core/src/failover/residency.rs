//! Where a request may be processed: a destination is called only where everywhere it may lead lies
//! within what the operator allows. What is not known is not within it.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::labels;
use crate::lru::Lru;
use crate::profile::clock::{Clock, SystemClock};
use crate::profile::lookup::Question;
use crate::profile::mapping::Destination;
use crate::profile::resolver::WAIT;
use crate::profile::{IdKind, ModelRef, ResolvedProfile, Sources};
use crate::store::{KeyOwner, Kind, SharedStore, StoreKey};
use crate::tenant::Fingerprint;

/// How long it is believed where a profile leads, and that it could not be found out.
const KNOWN: Duration = Duration::from_hours(1);
const UNKNOWN: Duration = Duration::from_secs(30);
/// Most profiles that are remembered.
const MOST: usize = 10_000;

/// Where profiles lead, or why that is not known; and when it was asked.
type Found = Arc<tokio::sync::Mutex<Option<(u64, Result<Vec<String>, String>)>>>;

static FOUND: LazyLock<Mutex<Lru<(Fingerprint, String), Found>>> =
    LazyLock::new(|| Mutex::new(Lru::new(MOST)));

/// Who can say where a profile leads.
pub struct DirectionsFrom<'a> {
    /// The control plane, and what other processes have asked it.
    pub sources: &'a Sources,
    /// Who asks it, and which.
    pub who: Fingerprint,
}

impl DirectionsFrom<'_> {
    /// Where the store has what AWS has said of a profile: of an ARN for everyone, else for those who were
    /// told.
    fn shelf(&self, target: &ModelRef, region: &str) -> Option<(&Arc<SharedStore>, StoreKey)> {
        let store = self.sources.store.as_ref().filter(|store| store.is_shared())?;
        let scope = &self.sources.scope;
        let told = KeyOwner::of(&scope.tenants.now);
        let told = told.or_else(|| scope.keys.clone().map(KeyOwner::Signer));
        let everyones = target.is_arn() && scope.endpoint.is_none();
        let owner = if everyones { KeyOwner::of_arn(target.as_str()) } else { told }?;
        let subject = format!("{region}/{target}");
        Some((store, StoreKey::new(Kind::Places, scope.endpoint.as_deref(), &owner, &subject)))
    }
}

/// Whether a destination stays within what is allowed; otherwise why it is not called.
pub async fn check(
    destination: &Destination,
    resolved: &ResolvedProfile,
    asker: &DirectionsFrom<'_>,
) -> Result<(), String> {
    if destination.allow.is_empty() {
        return Ok(());
    }
    let Some(region) = resolved.region.as_deref() else {
        return Err("its region is not known".to_owned());
    };
    let mut places = vec![region.to_owned()];
    match &destination.runs_in {
        Some(stated) if stated.is_empty() => {
            return Err("its \"runsIn\" names no region and no geography".to_owned());
        }
        Some(stated) => places.extend(stated.iter().cloned()),
        None => places.extend(leads_to(resolved, region, asker).await?),
    }
    // Where all regions are allowed, so is the one that is called.
    if places.iter().any(|place| place == EVERYWHERE) {
        places = vec![EVERYWHERE.to_owned()];
    }
    for allow in &destination.allow {
        let lies = |place: &&String| !allow.iter().any(|allowed| labels::lies_in(place, allowed));
        if let Some(outside) = places.iter().find(lies) {
            return Err(format!("it may run in {outside}, and {} is allowed", list(allow)));
        }
    }
    Ok(())
}

const EVERYWHERE: &str = "global";

fn list(allow: &[String]) -> String {
    if allow.is_empty() { "nothing".to_owned() } else { format!("only {}", allow.join(", ")) }
}

/// Regions and geographies to which a request may be passed on.
async fn leads_to(
    resolved: &ResolvedProfile,
    region: &str,
    asker: &DirectionsFrom<'_>,
) -> Result<Vec<String>, String> {
    let ResolvedProfile { call_id, kind, partition, .. } = resolved;
    match kind {
        IdKind::FoundationModel
        | IdKind::ProvisionedModel
        | IdKind::CustomModel
        | IdKind::CustomModelDeployment
        | IdKind::ImportedModel
        | IdKind::SagemakerEndpoint => return Ok(Vec::new()),
        IdKind::SystemProfile => {
            if let Some(geography) = labels::geography(call_id, Some(region), partition) {
                return Ok(vec![geography.to_owned()]);
            }
        }
        IdKind::ApplicationProfile
        | IdKind::PromptRouter
        | IdKind::DefaultPromptRouter
        | IdKind::Prompt
        | IdKind::Alias => {}
    }
    let unknown = "where it leads is not known";
    let say = "say it in the mappings: { \"id\": …, \"runsIn\": [\"eu\"] }";
    let target = ModelRef::parse(call_id).map_err(|error| error.message().to_owned())?;
    let lookup = asker.sources.lookup.as_ref().filter(|_| Question::about(&target).is_some());
    let Some(lookup) = lookup else { return Err(format!("{unknown}: {say}")) };
    let entry = {
        let key = (asker.who, format!("{region}/{call_id}"));
        let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
        let known = found.get(&key).cloned();
        known.unwrap_or_else(|| {
            let made = Found::default();
            found.insert(key, Arc::clone(&made));
            made
        })
    };
    // One asks, whoever waits.
    let mut entry = entry.lock().await;
    let now = SystemClock.now();
    let lasts = |found: &Result<_, _>| if found.is_ok() { KNOWN } else { UNKNOWN };
    let millis = |lasts: Duration| u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
    if let Some((at, found)) = &*entry
        && now.saturating_sub(*at) < millis(lasts(found))
    {
        return found.clone();
    }
    let shelf = asker.shelf(&target, region);
    if let Some((store, key)) = &shelf
        && let Some(text) = store.get(key).await
        && let Ok(places) = serde_json::from_str::<Vec<String>>(&text)
        && !places.is_empty()
    {
        *entry = Some((now, Ok(places.clone())));
        return Ok(places);
    }
    let found = match timeout(WAIT, lookup.underlying(&target, Some(region))).await {
        Ok(Ok(underlying)) if !underlying.models.is_empty() => {
            Ok(underlying.models.iter().map(|arn| place_of(arn)).collect())
        }
        Ok(Ok(_)) => Err("AWS names no model".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", WAIT.as_secs())),
    };
    if let (Ok(places), Some((store, key))) = (&found, &shelf)
        && let Ok(text) = serde_json::to_string(places)
    {
        store.put(key, &text, KNOWN);
    }
    let found = found.map_err(|why| format!("{unknown} ({why}): {say}"));
    // Profiles do not move: what AWS has said before holds where it cannot be found.
    let found = match (&*entry, found) {
        (Some((_, Ok(before))), Err(_)) => Ok(before.clone()),
        (_, found) => found,
    };
    *entry = Some((now, found.clone()));
    found
}

/// Where a model or profile that AWS has named is.
fn place_of(arn: &str) -> String {
    let region = arn.split(':').nth(3).filter(|region| !region.is_empty());
    let prefix = labels::geography(arn, None, "aws");
    prefix.or(region).unwrap_or(EVERYWHERE).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_model_is_shows_in_its_arn() {
        let model = "foundation-model/anthropic.claude-sonnet-4-6";
        for (arn, place) in [
            (format!("arn:aws:bedrock:eu-west-1::{model}"), "eu-west-1"),
            (format!("arn:aws:bedrock:::{model}"), "global"),
            (
                "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6".to_owned(),
                "eu",
            ),
        ] {
            assert_eq!(place_of(&arn), place, "{arn}");
        }
    }
}
