//! Which model stands behind an id: the mappings, what the process remembers, the store, AWS.
//!
//! Nothing here stands between a user and an answer. One flight per id asks AWS, whoever waits; an
//! answer that is an hour old is used while it is confirmed in the background; after [`WAIT`] a
//! request goes out with what is known, and the flight goes on. A failure is waited for once: it is
//! remembered by cause, and asked about again in the background, each time after a longer while. No
//! answer is ever forgotten because AWS fails: profiles do not change their model.
//!
//! Who may know what of it, and whose failure is whose, stands in `memory.rs`.

mod chain;
mod flight;
mod landed;
mod memory;
mod remembered;
mod replicas;
mod request;
mod resolution;
mod resolved;
mod sources;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

pub use request::WAIT;
pub use resolved::{ResolveSource, ResolvedProfile, Warning, WarningCause};
pub use sources::Sources;

use flight::Lead;
use landed::{Flight, Landed};
use memory::{Asker, FlightKey, LookupKey, MAX_FLIGHTS, Memory};
use remembered::{Remembered, millis};
use request::Request;
use resolution::{Resolution, failure_message, undiscovered_message};

use super::arn::{IdError, IdKind};
use super::clock::{Clock, SystemClock};
use super::lookup::{LookupCause, LookupError, Question, Scope};
use super::mapping::{Mapped, Mappings};
use super::quote::quoted;
use super::record::Record;

/// How often a waiter starts again after leaders that were dropped.
const RESTARTS: usize = 8;

/// Resolves ids; cheap to clone, every clone shares what is remembered.
#[derive(Debug, Clone)]
pub struct Resolver {
    memory: Arc<Mutex<Memory>>,
    changes: Arc<AtomicU64>,
    clock: Arc<dyn Clock>,
}

/// What memory has to say.
enum Recalled {
    Known(Remembered),
    Failed(LookupError, Option<Remembered>),
    /// A flight is to be waited for; what is known is the fallback.
    Wait(Flight, Option<Lead>, Option<Remembered>),
    /// Remembered, and worth confirming in the background.
    Confirm(Remembered, Lead),
    /// It failed before, and may be asked about again in the background.
    Retry(LookupError, Option<Remembered>, Lead),
}

impl Resolver {
    /// A resolver with a memory of its own.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let memory = Memory::new();
        let changes = memory.changes();
        Self { memory: Arc::new(Mutex::new(memory)), changes, clock }
    }

    /// How often what is remembered has changed.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    /// The process's resolver.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Resolver> = OnceLock::new();
        SHARED.get_or_init(|| Self::new(Arc::new(SystemClock)))
    }

    /// Which model stands behind an id. Fails only where the id itself cannot be one.
    pub async fn resolve(
        &self,
        id: &str,
        client_region: Option<&str>,
        mappings: &Mappings,
        sources: &Sources,
    ) -> Result<ResolvedProfile, IdError> {
        self.resolve_further(Resolution::new(id, client_region, mappings)?, sources).await
    }

    /// The same where it is known what is called for the id.
    pub async fn resolve_mapped(
        &self,
        id: &str,
        mapped: Mapped,
        client_region: Option<&str>,
        sources: &Sources,
    ) -> Result<ResolvedProfile, IdError> {
        self.resolve_further(Resolution::of_mapped(id, mapped, client_region)?, sources).await
    }

    async fn resolve_further(
        &self,
        resolution: Resolution,
        sources: &Sources,
    ) -> Result<ResolvedProfile, IdError> {
        if resolution.is_final() {
            return Ok(self.finish(resolution, sources));
        }
        if sources.lookup.is_none() && !sources.has_store() {
            let known = self.lock().known(&subject_of(&resolution), &sources.scope);
            return Ok(match known {
                Some(known) => self.finish_known(resolution, sources, &known, true),
                None => self.finish_undiscovered(resolution, sources),
            });
        }
        Ok(self.resolve_asking(resolution, sources).await)
    }

    /// What is known now; `None` where AWS or the store must be asked. `anyone`: also what any
    /// endpoint has said to others, for whom it does not matter who was told.
    pub fn resolve_sync(
        &self,
        id: &str,
        client_region: Option<&str>,
        mappings: &Mappings,
        sources: &Sources,
        anyone: bool,
    ) -> Result<Option<ResolvedProfile>, IdError> {
        let resolution = Resolution::new(id, client_region, mappings)?;
        if resolution.is_final() {
            return Ok(Some(self.finish(resolution, sources)));
        }
        let (subject, scope) = (subject_of(&resolution), &sources.scope);
        let known = if anyone {
            self.lock().known_to_anyone(&subject, scope)
        } else {
            self.lock().known(&subject, scope)
        };
        Ok(known.map(|known| self.finish_known(resolution, sources, &known, true)))
    }

    /// Keeps what AWS has said of an ARN in a list: it need not be asked about it alone.
    pub fn learn(
        &self,
        arn: &str,
        (model, other_models): (&str, &[String]),
        name: &str,
        scope: &Scope,
    ) {
        let fetched_at = self.clock.now();
        let record =
            Record { model: model.to_owned(), other_models: other_models.to_vec(), fetched_at };
        let subject = LookupKey { id: arn.to_owned(), region: None };
        let key = FlightKey { subject, asker: Asker::new(scope, true, 0) };
        self.lock().learn(&key, scope, &Remembered::new(record, false), Some(name));
    }

    async fn resolve_asking(&self, resolution: Resolution, sources: &Sources) -> ResolvedProfile {
        let mut from_memory = true;
        let deadline = self.clock.now().saturating_add(millis(WAIT));
        for _ in 0..RESTARTS {
            match self.recall(&resolution, sources) {
                Recalled::Known(known) => {
                    return self.finish_known(resolution, sources, &known, from_memory);
                }
                Recalled::Confirm(known, lead) => {
                    in_background(lead).await;
                    return self.finish_known(resolution, sources, &known, true);
                }
                Recalled::Retry(error, known, lead) => {
                    in_background(lead).await;
                    return self.finish_failed(resolution, sources, &error, known);
                }
                Recalled::Failed(error, known) => {
                    return self.finish_failed(resolution, sources, &error, known);
                }
                Recalled::Wait(flight, lead, known) => {
                    from_memory = false;
                    let Some(landed) = self.wait(flight, lead, deadline).await else {
                        continue;
                    };
                    return match landed {
                        Landed::Known(known) => {
                            self.finish_known(resolution, sources, &known, false)
                        }
                        Landed::Failed(error) => {
                            self.finish_failed(resolution, sources, &error, known)
                        }
                        Landed::Skipped => match known {
                            Some(known) => self.finish_known(resolution, sources, &known, true),
                            None => self.finish_undiscovered(resolution, sources),
                        },
                    };
                }
            }
        }
        let error =
            LookupError::new(LookupCause::Other, "the lookup was broken off again and again");
        self.finish_failed(resolution, sources, &error, None)
    }

    /// Looks into memory and joins or starts a flight, all under one lock: two that ask at once
    /// can never start two flights.
    fn recall(&self, resolution: &Resolution, sources: &Sources) -> Recalled {
        let now = self.clock.now();
        let key = flight_key(resolution, sources);
        let mut memory = self.lock();
        let known = memory.known(&key.subject, &sources.scope);
        if let Some(known) = known.as_ref().filter(|known| known.is_fresh(now)) {
            return Recalled::Known(known.clone());
        }
        let usable = known.as_ref().filter(|known| known.is_usable(now)).cloned();
        let failure = memory.failed(&key);
        let failed = |error, known: Option<Remembered>| match usable.clone() {
            Some(usable) => Recalled::Known(usable),
            None => Recalled::Failed(error, known),
        };
        if let Some(failure) = failure.as_ref().filter(|failure| !failure.is_due(now)) {
            return failed(failure.error.clone(), known);
        }
        if let Some(flight) = memory.flight(&key) {
            return match (usable.clone(), &failure) {
                (None, Some(failure)) => failed(failure.error.clone(), known),
                (Some(usable), _) => Recalled::Known(usable),
                (None, None) => Recalled::Wait(flight.clone(), None, known),
            };
        }
        if memory.flights(&key.asker) >= MAX_FLIGHTS {
            let message = format!("{MAX_FLIGHTS} other ids are being looked up");
            return failed(LookupError::new(LookupCause::Throttled, message), known);
        }
        let request = Request {
            key,
            target: resolution.target.clone(),
            region: resolution.profile.region.clone(),
            sources: sources.clone(),
            known_at: known.as_ref().map(|known| known.record.fetched_at),
        };
        let (flight, lead) = Lead::start(&self.memory, &mut memory, &self.clock, request);
        match (usable, failure) {
            (Some(usable), _) => Recalled::Confirm(usable, lead),
            (None, Some(failure)) => Recalled::Retry(failure.error, known, lead),
            (None, None) => Recalled::Wait(flight, Some(lead), known),
        }
    }

    /// How a flight ended, or that it takes too long; `None` where its leader is gone.
    async fn wait(&self, mut flight: Flight, lead: Option<Lead>, deadline: u64) -> Option<Landed> {
        if let Some(lead) = lead {
            lead.run().await;
        }
        let until = deadline.min(flight.started.saturating_add(millis(WAIT)));
        let left = Duration::from_millis(until.saturating_sub(self.clock.now()));
        tokio::select! {
            biased;
            landed = flight.landed() => landed,
            () = self.clock.sleep(left) => {
                let message = format!("not within {} s; it is still waited for in the background", WAIT.as_secs());
                Some(Landed::Failed(LookupError::new(LookupCause::Timeout, message)))
            }
        }
    }

    fn finish_known(
        &self,
        mut resolution: Resolution,
        sources: &Sources,
        known: &Remembered,
        from_memory: bool,
    ) -> ResolvedProfile {
        let record = &known.record;
        resolution.profile.model = Some(record.model.clone());
        resolution.profile.other_models.clone_from(&record.other_models);
        resolution.profile.name =
            self.lock().name(&flight_key(&resolution, sources), &sources.scope);
        resolution.profile.age = self.clock.now().saturating_sub(record.fetched_at);
        resolution.profile.source = match (from_memory, known.from_store) {
            (true, _) => ResolveSource::Cache,
            (false, true) => ResolveSource::Store,
            (false, false) => ResolveSource::Aws,
        };
        if !record.other_models.is_empty() {
            let others: Vec<String> =
                record.other_models.iter().map(|model| quoted(model)).collect();
            let message =
                several_models(&resolution.profile, &quoted(&record.model), &others.join(", "));
            resolution.warnings.push((WarningCause::SeveralModels, message));
        }
        self.finish(resolution, sources)
    }

    /// Without an answer an old one still holds: profiles do not change their model.
    fn finish_failed(
        &self,
        mut resolution: Resolution,
        sources: &Sources,
        error: &LookupError,
        known: Option<Remembered>,
    ) -> ResolvedProfile {
        if let Some(known) = known {
            return self.finish_known(resolution, sources, &known, true);
        }
        let message = failure_message(&resolution.profile.call_id, error);
        resolution.warnings.push((WarningCause::Lookup(error.cause), message));
        self.finish(resolution, sources)
    }

    fn finish_undiscovered(
        &self,
        mut resolution: Resolution,
        sources: &Sources,
    ) -> ResolvedProfile {
        let why = "AWS is not to be asked (\"discovery\" is false)";
        let message = undiscovered_message(&resolution.profile.call_id, why);
        resolution.warnings.push((WarningCause::NotAsked, message));
        self.finish(resolution, sources)
    }

    fn finish(&self, mut resolution: Resolution, sources: &Sources) -> ResolvedProfile {
        let call_id = resolution.profile.call_id.clone();
        if resolution.profile.model.is_none() && Question::about(&resolution.target).is_none() {
            let message =
                undiscovered_message(&call_id, "AWS does not tell it for this kind of id");
            resolution.warnings.push((WarningCause::CannotTell, message));
        }
        let mut memory = self.lock();
        if let Some(trouble) = sources.store.as_ref().and_then(|store| store.take_trouble()) {
            resolution.warnings.push((WarningCause::Store, trouble));
        }
        let mut profile = resolution.profile;
        profile.warnings = resolution
            .warnings
            .into_iter()
            .map(|(cause, message)| {
                // These are not about what is called.
                let other = matches!(cause, WarningCause::Store | WarningCause::Overridden);
                let about = if other { &message } else { &call_id };
                let first = memory.is_first(about, cause);
                Warning { cause, message, first }
            })
            .collect();
        profile
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        // A poisoned lock holds valid maps: nothing under it leaves one half done.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the operator should know of a profile whose `models` disagree, or of a router.
fn several_models(profile: &ResolvedProfile, first: &str, others: &str) -> String {
    let id = quoted(&profile.call_id);
    let named = format!(
        "AWS names several models behind {id}: {first} and {others}. Requests are fitted to what they have in \
         common."
    );
    if matches!(profile.kind, IdKind::PromptRouter | IdKind::DefaultPromptRouter) {
        return named;
    }
    format!(
        "{named} {first} counts as its model, because AWS names it first. If only one of them is meant, map \
         {id} to it in BEDROCK_INFERENCE_PROFILE_MAPPINGS."
    )
}

/// Without a runtime there is no background; then it is asked when it must be.
async fn in_background(lead: Lead) {
    if tokio::runtime::Handle::try_current().is_ok() {
        lead.run().await;
    }
}

fn subject_of(resolution: &Resolution) -> LookupKey {
    let id = resolution.target.as_str().to_owned();
    let region = resolution.profile.region.clone().filter(|_| !resolution.target.is_arn());
    LookupKey { id, region }
}

fn flight_key(resolution: &Resolution, sources: &Sources) -> FlightKey {
    let store = sources.store.as_ref().map_or(0, |store| Arc::as_ptr(store).addr());
    let asker = Asker::new(&sources.scope, sources.lookup.is_some(), store);
    FlightKey { subject: subject_of(resolution), asker }
}
