//! Whether the catalog is right about a model: AWS is asked what it states of it, beside requests and
//! never on their way.
//!
//! | what                                    | whose it is                     |
//! | --------------------------------------- | ------------------------------- |
//! | what AWS states of a model in a region  | everyone's                      |
//! | what another endpoint states            | the tenant's, at that endpoint  |
//! | that it may not be asked, or is away    | the tenant's, at that endpoint  |

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use crate::bedrock::control;
use crate::call::{Notice, Notifier};
use crate::client::{Callers, Client};
use crate::lru::Lru;
use crate::model::stated::Stated;
use crate::model::{ModelCapabilities, successor};
use crate::profile::ResolvedProfile;
use crate::profile::arn::encode_path_segment;
use crate::profile::lookup::{LookupCause, LookupError, Scope};
use crate::store::{KeyOwner, Kind, SharedStore, StoreKey};
use crate::tenant::Tenant;

impl Client {
    /// What AWS states of the models behind a resolved id is asked, where it is time to, and waited for
    /// a while. It never fails: without an answer the catalog holds.
    pub(crate) async fn confirm(&self, resolved: &ResolvedProfile, notify: &Notifier) {
        if !self.settings().discovery {
            return;
        }
        let asked = self.begin_to_confirm(resolved, notify);
        let waited = tokio::time::timeout(WAIT, futures(asked)).await;
        if waited.is_err() {
            let message = format!(
                "What AWS states of the model behind {} was not known within {} s; the catalog is used.",
                resolved.call_id,
                WAIT.as_secs()
            );
            notify(&Notice::Debug { message: &message });
        }
        self.warn_of_legacy(resolved, notify);
    }

    /// The same in the background, where the option `confirmModels` asks for it.
    pub(crate) fn confirm_in_background(&self, resolved: &ResolvedProfile, notify: &Notifier) {
        if !self.settings().confirm_models || !self.settings().discovery {
            return;
        }
        // What they bring is told by the next request: nobody may be left to hear it when they are back.
        drop(self.begin_to_confirm(resolved, notify));
        self.warn_of_legacy(resolved, notify);
    }

    /// The questions that are due, each a task of its own: it goes on when nobody waits any more.
    fn begin_to_confirm(
        &self,
        resolved: &ResolvedProfile,
        notify: &Notifier,
    ) -> Vec<tokio::task::JoinHandle<()>> {
        let Some(region) = &resolved.region else { return Vec::new() };
        let callers = self.callers(&resolved.call_id);
        let models = resolved.model.iter().chain(&resolved.other_models);
        models
            .filter(|model| shared().begin(&callers.scope(), region, model, SystemTime::now()))
            .map(|model| {
                let (callers, region) = (Arc::clone(callers), region.clone());
                let (model, notify) = (model.clone(), Arc::clone(notify));
                tokio::spawn(async move { ask(&callers, &region, &model, &notify).await })
            })
            .collect()
    }

    /// A legacy model is told once, where AWS says that it is one.
    fn warn_of_legacy(&self, resolved: &ResolvedProfile, notify: &Notifier) {
        let (Some(region), Some(model)) = (&resolved.region, &resolved.model) else { return };
        let scope = self.callers(&resolved.call_id).scope();
        if shared().about(&scope, region, model).is_none() {
            return;
        }
        let known = self.untaught(resolved);
        if let Some(message) = of_legacy(&known.capabilities, region, SystemTime::now())
            && shared().is_first(&scope, region, model)
        {
            notify(&Notice::Warning { message: &message });
        }
    }
}

/// All of some tasks.
async fn futures(tasks: Vec<tokio::task::JoinHandle<()>>) {
    for task in tasks {
        // One that panics has nothing to tell.
        let _ = task.await;
    }
}

/// Asks about one model.
async fn ask(callers: &Callers, region: &str, model: &str, notify: &Notifier) {
    let asking = Asking { callers, region, model, over: false };
    let path = format!("/foundation-models/{}", encode_path_segment(model));
    let shelf = callers.model_shelf(region, model);
    if let Some((store, key)) = &shelf
        && let Some(text) = store.get(key).await
        && let Some(stated) = Stated::from_text(&text, SystemTime::now())
        && is_fresh(&stated, SystemTime::now())
    {
        return asking.ended(Ok(stated));
    }
    let answer = async {
        let (caller, options) = callers.control(region).await?;
        let answer = control::get(&caller, path, options).await?;
        let stated = answer.get("modelDetails").and_then(Stated::read);
        stated.map(|(_, stated)| stated).ok_or_else(|| {
            let message = "the answer has no modelDetails: it is not AWS's";
            LookupError::new(LookupCause::Other, message)
        })
    };
    match answer.await {
        Ok(stated) => {
            if let Some((store, key)) = &shelf {
                store.put(key, &stated.to_text(), FRESH);
            }
            asking.ended(Ok(stated));
        }
        Err(error) => {
            let message = format!(
                "What AWS states of {model} in {region} is not known ({error}); the catalog is used. \
                 The permission is bedrock:GetFoundationModel."
            );
            notify(&Notice::Debug { message: &message });
            asking.ended(Err(&error));
        }
    }
}

/// A question under way. One that is dropped goes on being due.
struct Asking<'a> {
    callers: &'a Callers,
    region: &'a str,
    model: &'a str,
    over: bool,
}

impl Asking<'_> {
    fn ended(mut self, answer: Result<Stated, &LookupError>) {
        self.over = true;
        let scope = self.callers.scope();
        shared().ended(&scope, self.region, self.model, answer, SystemTime::now());
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.over {
            let error = LookupError::new(LookupCause::Other, "it was given up");
            let scope = self.callers.scope();
            shared().ended(&scope, self.region, self.model, Err(&error), SystemTime::now());
        }
    }
}

fn is_fresh(stated: &Stated, now: SystemTime) -> bool {
    now.duration_since(stated.at()).is_ok_and(|age| age < FRESH)
}

impl Callers {
    /// Where replicas keep what is stated of a model; `None` where they share nothing, or it is not known
    /// whose it is.
    fn model_shelf(&self, region: &str, model: &str) -> Option<(Arc<SharedStore>, StoreKey)> {
        let store = self.store().filter(|store| store.is_shared())?;
        let Scope { endpoint, tenants, keys, .. } = self.scope();
        let owner = KeyOwner::of(&tenants.now).or_else(|| keys.map(KeyOwner::Signer))?;
        let subject = format!("{region}/{model}");
        let key = StoreKey::new(Kind::Model, endpoint.as_deref(), &owner, &subject);
        Some((Arc::clone(store), key))
    }
}

/// What the operator should know of a model that is legacy or gone, as AWS states it.
fn of_legacy(model: &ModelCapabilities, region: &str, now: SystemTime) -> Option<String> {
    let id = &model.model;
    let stage = match model.status.value.as_deref() {
        Some("legacy") => match model.legacy_date.known() {
            Some(day) => format!("{id} is a legacy model in {region} since {day}"),
            None => format!("{id} is a legacy model in {region}"),
        },
        Some("eol") => format!("{id} is at its end of life in {region}"),
        _ => return None,
    };
    let end = match (model.status.value.as_deref(), model.eol_date.known()) {
        (Some("legacy"), Some(day)) => format!("; AWS ends it on {day}"),
        (Some("eol"), Some(day)) => format!(" since {day}"),
        _ => String::new(),
    };
    let remedy = match successor::successor(model, now) {
        Some(successor) => format!(" Move to another model: {successor} is its successor."),
        None => " Move to another model.".to_owned(),
    };
    Some(format!("{stage}{end}.{remedy}"))
}

/// How long what was stated is used without asking again.
const FRESH: Duration = Duration::from_hours(24);
/// How long a question is not repeated that may not be asked, of whatever model.
const DENIED: Duration = Duration::from_hours(1);
/// How long one is not repeated that had no answer.
const FAILED: Duration = Duration::from_mins(5);
/// How long whoever wants to know waits for the answer.
const WAIT: Duration = Duration::from_secs(3);

/// Models that are remembered: some hundreds, in some tens of regions.
const MOST: usize = 20_000;
/// Questions that are not to be repeated yet, by tenant.
const MOST_WAITS: usize = 20_000;

/// Who states something, where that is not AWS itself: an endpoint, to a tenant.
type Teller = Option<(Arc<str>, Tenant)>;

fn teller(scope: &Scope) -> Teller {
    scope.endpoint.clone().map(|endpoint| (endpoint, scope.tenants.now.clone()))
}

/// A model in a region, and who states it.
type Key = (String, String, Teller);

/// Whom a wait is for, at which endpoint, in which region: about one model, or about any.
type Wait = (Option<Arc<str>>, Tenant, String, Option<String>);

#[derive(Debug)]
struct Entries {
    known: Lru<Key, Arc<Stated>>,
    /// Until when nothing is asked.
    waits: Lru<Wait, SystemTime>,
    asking: HashSet<Key>,
    warned: Lru<Key, ()>,
}

/// What was stated of models.
#[derive(Debug)]
pub(crate) struct StatedModels(Mutex<Entries>);

/// The process's.
pub(crate) fn shared() -> &'static StatedModels {
    static SHARED: OnceLock<StatedModels> = OnceLock::new();
    SHARED.get_or_init(StatedModels::new)
}

impl StatedModels {
    /// Nothing is known yet.
    fn new() -> Self {
        Self(Mutex::new(Entries {
            known: Lru::new(MOST),
            waits: Lru::new(MOST_WAITS),
            asking: HashSet::new(),
            warned: Lru::new(MOST),
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // A poisoned lock holds valid maps: nothing under it leaves one half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing is known.
    pub(crate) fn is_empty(&self) -> bool {
        self.lock().known.is_empty()
    }

    /// What was stated of a model in a region, to those who ask.
    pub(crate) fn about(&self, scope: &Scope, region: &str, model: &str) -> Option<Arc<Stated>> {
        self.lock().known.get(&key(scope, region, model)).cloned()
    }

    /// Keeps what was stated.
    pub(crate) fn learn(&self, scope: &Scope, region: &str, model: &str, stated: Stated) {
        let mut entries = self.lock();
        entries.known.insert(key(scope, region, model), Arc::new(stated));
    }

    /// Begins to ask about a model, where it is time to and nobody does; the asker tells how it
    /// [went](Self::ended).
    pub(crate) fn begin(&self, scope: &Scope, region: &str, model: &str, now: SystemTime) -> bool {
        let key = key(scope, region, model);
        let mut entries = self.lock();
        if entries.known.get(&key).is_some_and(|stated| is_fresh(stated, now))
            || entries.asking.contains(&key)
        {
            return false;
        }
        for about in [None, Some(model.to_owned())] {
            let wait =
                (scope.endpoint.clone(), scope.tenants.now.clone(), region.to_owned(), about);
            if entries.waits.get(&wait).is_some_and(|until| now < *until) {
                return false;
            }
        }
        entries.asking.insert(key);
        true
    }

    /// A question is over: with an answer, or with why there is none.
    pub(crate) fn ended(
        &self,
        scope: &Scope,
        region: &str,
        model: &str,
        answer: Result<Stated, &LookupError>,
        now: SystemTime,
    ) {
        let key = key(scope, region, model);
        let mut entries = self.lock();
        entries.asking.remove(&key);
        let error = match answer {
            Ok(stated) => {
                entries.known.insert(key, Arc::new(stated));
                return;
            }
            Err(error) => error,
        };
        let (about, hold) = match error.cause {
            // Whose policy names single models is rare; most may ask about all, or about none.
            LookupCause::AccessDenied => (None, DENIED),
            LookupCause::NotFound | LookupCause::Validation => (Some(model.to_owned()), FRESH),
            LookupCause::Throttled => (None, error.retry_after.unwrap_or(FAILED)),
            _ => (None, FAILED),
        };
        let wait = (scope.endpoint.clone(), scope.tenants.now.clone(), region.to_owned(), about);
        entries.waits.insert(wait, now + hold.min(FRESH));
    }

    /// Whether the stage of a model's life was not told before.
    pub(crate) fn is_first(&self, scope: &Scope, region: &str, model: &str) -> bool {
        let key = key(scope, region, model);
        let mut entries = self.lock();
        let first = entries.warned.get(&key).is_none();
        if first {
            entries.warned.insert(key, ());
        }
        first
    }
}

fn key(scope: &Scope, region: &str, model: &str) -> Key {
    (model.to_owned(), region.to_owned(), teller(scope))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;
    use crate::model::catalog;

    const CLAUDE: &str = "anthropic.claude-sonnet-4-6";

    fn scope(endpoint: Option<&str>, account: &str) -> Scope {
        let mut scope = Scope { endpoint: endpoint.map(Arc::from), ..Scope::default() };
        scope.tenants.now = Tenant::Account(Arc::from(account));
        scope
    }

    fn stated(details: &Value) -> Stated {
        Stated::read(details).unwrap().1
    }

    #[test]
    fn a_legacy_model_is_told_with_its_date_and_its_successor() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(498_816);
        let mut model = ModelCapabilities::clone(&catalog::capabilities(
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
        ));
        let life = json!({ "status": "LEGACY", "legacyTime": "2026-05-01T00:00:00Z",
            "endOfLifeTime": "2027-03-01T00:00:00Z" });
        stated(&json!({ "modelId": "x", "modelLifecycle": life })).lay_over(&mut model, now);
        assert_eq!(
            of_legacy(&model, "eu-west-1", now).unwrap(),
            "anthropic.claude-3-5-sonnet-20241022-v2:0 is a legacy model in eu-west-1 since 2026-05-01; AWS \
             ends it on 2027-03-01. Move to another model: anthropic.claude-sonnet-5-5 is its successor."
        );
        let model = catalog::capabilities("anthropic.claude-sonnet-5-5");
        assert_eq!(of_legacy(&model, "eu-west-1", now), None);
    }

    #[test]
    fn one_asks_at_a_time_and_an_answer_holds_for_a_day() {
        let models = StatedModels::new();
        let (scope, now) = (scope(None, "1"), SystemTime::now());
        assert!(models.begin(&scope, "us-east-1", CLAUDE, now));
        assert!(!models.begin(&scope, "us-east-1", CLAUDE, now));
        let answer = stated(&json!({ "modelId": CLAUDE }));
        models.ended(&scope, "us-east-1", CLAUDE, Ok(answer), now);
        assert!(!models.begin(&scope, "us-east-1", CLAUDE, now + Duration::from_hours(23)));
        assert!(models.begin(&scope, "us-east-1", CLAUDE, now + Duration::from_hours(25)));
        assert!(models.begin(&scope, "eu-west-1", CLAUDE, now));
    }

    #[test]
    fn what_may_not_be_asked_is_remembered_of_the_account_for_every_model() {
        let models = StatedModels::new();
        let (one, two, now) = (scope(None, "1"), scope(None, "2"), SystemTime::now());
        assert!(models.begin(&one, "us-east-1", CLAUDE, now));
        let error = LookupError::new(LookupCause::AccessDenied, "no");
        models.ended(&one, "us-east-1", CLAUDE, Err(&error), now);
        assert!(!models.begin(&one, "us-east-1", "amazon.nova-pro-v1:0", now));
        assert!(models.begin(&one, "us-east-1", CLAUDE, now + Duration::from_hours(2)));
        assert!(models.begin(&two, "us-east-1", "amazon.nova-pro-v1:0", now));
    }

    #[test]
    fn what_another_endpoint_states_is_its_tenants() {
        let models = StatedModels::new();
        let gateway = scope(Some("https://gateway.example"), "1");
        let answer = stated(&json!({ "modelId": CLAUDE }));
        models.learn(&gateway, "us-east-1", CLAUDE, answer.clone());
        assert!(models.about(&gateway, "us-east-1", CLAUDE).is_some());
        for other in [scope(None, "1"), scope(Some("https://gateway.example"), "2")] {
            assert_eq!(models.about(&other, "us-east-1", CLAUDE), None);
        }
        models.learn(&scope(None, "1"), "us-east-1", CLAUDE, answer);
        assert!(models.about(&scope(None, "2"), "us-east-1", CLAUDE).is_some());
    }
}
