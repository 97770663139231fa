//! Several destinations for one id: which is called, when it is left for another one, and the way that
//! was taken.
//!
//! * `cause`: why a destination is left, and for how long it is not called then.
//! * `cooldown`: which are not called now; shared by replicas.
//! * `residency`: which must not be called.
//! * `stay`: where the prompt cache of a conversation is warm.
//! * `report`: in `$metadata.profile.route`.
//!
//! A destination is left before the first byte of its answer only. Each is prepared for by itself: the
//! request is fitted to its model, signed for its account, and says whose cost it is as goes together with
//! what is called there.

mod cause;
mod cooldown;
mod report;
mod residency;
mod stay;

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::bedrock::CallError;
use crate::bedrock::wire::{CallState, SendOptions};
use crate::call::{Call, CallFailure, Notice, ProfileReport, Response};
use crate::client::Client;
use crate::model::catalog;
use crate::operation::{Fitted, Operation, ResponseKind};
use crate::pipeline::Prepared;
use crate::profile::mapping::{Destination, Ways};
use crate::profile::resolver::ResolveSource;
use crate::profile::{ModelRef, ResolvedProfile};
use crate::tenant::Fingerprint;

pub use cause::{Cause, SET_RIGHT, denies_streaming};
pub use cooldown::{Place, Rest, RestOf};
pub use report::{RouteReport, RouteStep, StepOutcome, Way};
pub use residency::DirectionsFrom;
pub use stay::{Prefix, SharedStaying, Staying};
use stay::{StayShelf, WarmCache};

/// A call for which there are several ways, or one that something may forbid.
pub(crate) struct Routed {
    /// As the caller gave it.
    id: String,
    /// What is called for it: the profile that says whose cost it is may be another.
    called: String,
    ways: Ways,
    /// What holds for the caller's id, whatever is called for it.
    allow: Vec<Arc<[String]>>,
}

/// A destination that may be called.
pub(crate) struct ReadyDestination {
    pub(crate) resolved: ResolvedProfile,
    place: Place,
    was_resting: bool,
}

/// A destination that has not had its turn.
struct Candidate {
    destination: Destination,
    place: Place,
    /// It is the one that the mappings list first.
    leads: bool,
}

/// Where a call has got to on its way.
pub(crate) struct Journey {
    id: String,
    queue: VecDeque<Candidate>,
    resting: Vec<(Candidate, Rest)>,
    report: RouteReport,
    /// The model that is meant.
    model: Option<String>,
    prefix: Option<Prefix>,
    /// The conversation's own, by its prefix.
    key: Option<Fingerprint>,
    warm: Option<WarmCache>,
    /// Where other processes are told where its cache is.
    shelf: Option<StayShelf>,
    /// Where they would look for it, unless they have been told.
    expected: Option<String>,
    tried: bool,
}

impl Client {
    /// The ways of a call; `None` where there is but one.
    pub(crate) async fn routed(
        &self,
        operation: Operation,
        request: &Map<String, Value>,
        call: &Call,
    ) -> Option<Routed> {
        if operation.fitted() == Fitted::Nothing {
            return None;
        }
        let Some(Value::String(id)) = request.get("modelId") else { return None };
        self.mappings_loaded().await;
        let mappings = &self.declared().mappings;
        let instead = call.attribution.as_ref().and_then(|wanted| wanted.profile.as_ref());
        let called = instead.unwrap_or(id);
        let ways = |id: &str| {
            if mappings.has(id) {
                return mappings.ways(id);
            }
            // As it is resolved: without what only other clients understand.
            let plain = ModelRef::parse(id).ok().filter(|plain| plain.decorated().is_some())?;
            mappings.ways(plain.as_str())
        };
        let allow = if instead.is_some() { mappings.allowed(id) } else { Vec::new() };
        let ways = match ways(called) {
            Some(ways) => ways,
            None if allow.is_empty() => return None,
            None => mappings.way(called),
        };
        Some(Routed { id: id.clone(), called: called.clone(), ways, allow })
    }

    /// Puts the destinations of a call in order.
    pub(crate) async fn set_out(
        &self,
        operation: Operation,
        request: &Map<String, Value>,
        call: &Call,
        routed: Routed,
    ) -> Journey {
        let Routed { id, called, ways, allow } = routed;
        let planned = self.settings().prompt_cache.is_some();
        let prefix = Prefix::of(operation, request, &call.blobs, planned);
        let seed = prefix.map_or_else(|| fastrand::u64(..), |prefix| prefix.seed);
        let place = |destination: &Destination| self.place_of(destination, call);
        // As they are listed: the first says which model is meant.
        let listed = ways.clone().order(&|_| 1.0);
        let first = listed.first().map(|destination| place(destination).subject);
        let meant = listed.iter().find(|destination| !destination.other_model);
        let model = meant.and_then(|destination| destination.mapped.model.clone());
        let mut met = HashSet::new();
        let mut queue: VecDeque<Candidate> = ways
            .order(&|name| draw(seed, name))
            .into_iter()
            .map(|mut destination| {
                destination.allow.extend(allow.iter().cloned());
                let place = place(&destination);
                let leads = first.as_ref() == Some(&place.subject);
                Candidate { destination, place, leads }
            })
            // Each is called once, however it is arrived at.
            .filter(|candidate| met.insert(candidate.place.subject.clone()))
            .collect();
        let first = queue.front().map(|candidate| candidate.place.clone());
        let who = Fingerprint::of(&first.as_ref().map(|place| (place.signer, &place.endpoint)));
        let key = prefix.map(|prefix| prefix.key(&who, &called));
        let store = self.store().filter(|store| store.is_shared() && queue.len() > 1);
        let stays = first.as_ref().zip(prefix).zip(store).and_then(|((place, prefix), store)| {
            let key = place.stay_key(&called, prefix.seed)?;
            Some(StayShelf { store: Arc::clone(store), key })
        });
        let told = match &stays {
            Some(stays) => stays.warm().await,
            None => None,
        };
        // Who has been told looks where it was told.
        let expected = first.map(|place| place.subject).filter(|_| told.is_none());
        let warm = WarmCache::later(key.as_ref().and_then(stay::warm), told);
        // It may have been warm where the mappings do not lead any more.
        let leads = |warm: &WarmCache| queue.iter().any(|one| one.place.subject == warm.place);
        let warm = warm.filter(leads);
        if let Some(warm) = &warm
            && let Some(at) = queue.iter().position(|one| one.place.subject == warm.place)
            && let Some(stays) = queue.remove(at)
        {
            queue.push_front(stays);
        }
        Journey {
            id,
            queue,
            resting: Vec::new(),
            report: RouteReport::default(),
            model,
            prefix,
            key,
            warm,
            shelf: stays,
            expected,
            tried: false,
        }
    }

    fn place_of(&self, destination: &Destination, call: &Call) -> Place {
        let mapped = &destination.mapped;
        let own = ModelRef::parse(&mapped.call_id).ok();
        let region = own.as_ref().and_then(|id| id.region()).or(mapped.region.as_deref());
        let region = region.or(self.settings().region.as_deref());
        let session = call.attribution.as_ref().and_then(|wanted| wanted.session.as_ref());
        self.place(&mapped.call_id, region, session.map(|role| role.role_arn.as_str()))
    }

    /// The next destination that may be called; `None` where there is no other. Those that cool down come
    /// last, and those that may not be called at all only where nothing else was tried.
    pub(crate) async fn next(
        &self,
        journey: &mut Journey,
        call: &Call,
    ) -> Result<Option<ReadyDestination>, CallError> {
        loop {
            let (candidate, was_resting) = match journey.queue.pop_front() {
                Some(candidate) => {
                    let rest = candidate.place.resting(self.store(), RestOf::Calls).await;
                    if let Some(rest) = rest {
                        journey.skip(&candidate, rest);
                        journey.resting.push((candidate, rest));
                        continue;
                    }
                    (candidate, false)
                }
                None => match journey.last_resort() {
                    Some(candidate) => (candidate, true),
                    None => return Ok(None),
                },
            };
            let Candidate { destination, place, leads } = candidate;
            let resolved = self.resolve_at(&journey.id, &destination, call).await?;
            let sources = self.sources(&destination.mapped.call_id);
            let asker = DirectionsFrom { sources: &sources, who: place.signer };
            if let Err(why) = residency::check(&destination, &resolved, &asker).await {
                journey.pass_over(&resolved, StepOutcome::NotAllowed, why);
                continue;
            }
            let actual = destination.named.as_ref().or(resolved.model.as_ref());
            if !destination.other_model
                && !leads
                && let (Some(meant), Some(actual)) = (&journey.model, actual)
                && same(meant) != same(actual)
            {
                let why = format!("{actual} is behind it, and {meant} is meant");
                journey.pass_over(&resolved, StepOutcome::OtherModel, why);
                continue;
            }
            if !destination.other_model && journey.model.is_none() {
                journey.model = actual.cloned();
            }
            return Ok(Some(ReadyDestination { resolved, place, was_resting }));
        }
    }

    async fn resolve_at(
        &self,
        id: &str,
        destination: &Destination,
        call: &Call,
    ) -> Result<ResolvedProfile, CallError> {
        let resolved = self.resolve_mapped(id, destination).await?;
        self.tell(&resolved, &call.notify);
        Ok(resolved)
    }

    /// Calls an operation at one destination after the other, until one answers.
    pub(crate) async fn call_routed(
        &self,
        operation: Operation,
        call: &Call,
        request: Map<String, Value>,
        routed: Routed,
        state: &Arc<CallState>,
    ) -> Result<Response, CallFailure> {
        let mut journey = self.set_out(operation, &request, call, routed).await;
        let deadline = state.options().deadline;
        let mut failed: Option<CallFailure> = None;
        loop {
            let next = deadline.bound(self.next(&mut journey, call)).await;
            let Some(ready) = next? else { break };
            let step = RouteStep::to(&ready.resolved);
            let staying = journey.staying(&ready);
            let preparing = self.prepare(operation, call, request.clone(), Some(&ready));
            let preparing = async { Ok(preparing.await) };
            let mut prepared = match deadline.bound(preparing).await? {
                Ok(prepared) => prepared,
                Err(wrong) => {
                    journey.report.steps.push(step.failed(&wrong.error));
                    // What is wrong with the request itself is told; with another model, not in place of
                    // what the one that was meant has answered.
                    failed.get_or_insert(wrong);
                    if journey.tried {
                        continue;
                    }
                    break;
                }
            };
            journey.tried = true;
            let options = self.options_at(&journey, &ready, prepared.sent(), state.options());
            let here = state.with_options(options);
            let error = match self.send(&mut prepared, call, &here).await {
                Ok(response) => {
                    if ready.was_resting {
                        ready.place.wake(self.store());
                    }
                    if let Some(staying) = &staying {
                        staying.answered();
                    }
                    journey.arrive(step, staying.as_ref(), &prepared);
                    prepared.route = Some(journey.report);
                    prepared.staying = staying;
                    return self.answer(&prepared, call, &here, response);
                }
                Err(error) => error,
            };
            let late = deadline.left().is_some_and(|left| left.is_zero());
            let cause = Cause::of(&error, streams(prepared.sent())).filter(|_| !late);
            let Some(cause) = cause else {
                journey.report.steps.push(step.failed(&error));
                failed = Some(prepared.failure(error, call));
                break;
            };
            let cool_down = cause.cool_down(&error);
            if let Some(lasts) = cool_down {
                ready.place.rest(self.store(), cause, lasts);
            }
            if cause == Cause::Credentials {
                // Elsewhere they would be the same.
                let own = self.callers(&ready.resolved.call_id);
                let other = |one: &Candidate| {
                    !Arc::ptr_eq(own, self.callers(&one.destination.mapped.call_id))
                };
                journey.queue.retain(other);
                journey.resting.retain(|(one, _)| other(one));
            }
            let step = step.left(cause, &error, cool_down);
            if journey.goes_on() {
                (call.notify)(&Notice::Failover {
                    from: &ready.place.subject,
                    cause,
                    error: &error.name,
                    message: &error.message,
                    cool_down: step.cool_down,
                });
            }
            journey.report.steps.push(step);
            failed = Some(prepared.failure(error, call));
        }
        let mut failed = failed.unwrap_or_else(|| journey.nothing_to_call().into());
        let id = journey.id;
        let profile = failed.profile.get_or_insert_with(|| {
            Box::new(ProfileReport {
                requested_id: id.clone(),
                call_id: id,
                model: journey.model,
                region: None,
                source: ResolveSource::Unknown,
                changes: Vec::new(),
                label: None,
                route: None,
            })
        });
        profile.route = Some(journey.report);
        Err(failed)
    }

    /// How a destination is called. Where another one is ready it is not called again and again, except
    /// where leaving it would leave a warm cache; and a stream that does not begin is not waited for long.
    fn options_at(
        &self,
        journey: &Journey,
        ready: &ReadyDestination,
        operation: Operation,
        options: &SendOptions,
    ) -> SendOptions {
        let mut options = options.clone();
        let ready_too =
            |one: &Candidate| one.place.resting_here(self.store(), RestOf::Calls).is_none();
        let waiting = journey.resting.iter().any(|(_, rest)| rest.cause.passes());
        if !waiting && !journey.queue.iter().any(ready_too) {
            return options;
        }
        let warm = journey.warm.as_ref().is_some_and(|warm| warm.place == ready.place.subject);
        if !warm {
            options.max_attempts = 1;
        }
        if streams(operation) {
            let begins = self.settings().silence().events;
            options.first_byte = options.first_byte.or(Some(begins));
            options.silence = options.silence.min(begins);
        }
        options
    }
}

impl Journey {
    /// What has become of the destinations so far.
    pub(crate) fn into_steps(self) -> impl Iterator<Item = RouteStep> {
        self.report.steps.into_iter()
    }

    /// Whether there may be another destination.
    fn goes_on(&self) -> bool {
        !self.queue.is_empty() || self.resting.iter().any(|(_, rest)| rest.cause.passes())
    }

    /// The one that cools down for the shortest time from now on.
    fn last_resort(&mut self) -> Option<Candidate> {
        let tried = self.tried;
        self.resting.retain(|(_, rest)| !tried || rest.cause.passes());
        let by_time =
            |(_, (_, rest)): &(usize, &(Candidate, Rest))| (!rest.cause.passes(), rest.left());
        let (at, _) = self.resting.iter().enumerate().min_by_key(by_time)?;
        Some(self.resting.swap_remove(at).0)
    }

    fn skip(&mut self, candidate: &Candidate, rest: Rest) {
        let mapped = &candidate.destination.mapped;
        let region = candidate.place.subject.split('/').next().map(str::to_owned);
        let left = u64::try_from(rest.left().as_millis()).unwrap_or(u64::MAX);
        self.report.steps.push(RouteStep {
            call_id: mapped.call_id.clone(),
            region: region.filter(|region| !region.is_empty()),
            model: mapped.model.clone(),
            outcome: StepOutcome::CoolingDown,
            reason: serde_json::to_value(rest.cause)
                .ok()
                .and_then(|cause| Some(cause.as_str()?.to_owned())),
            cool_down: Some(left),
        });
    }

    fn pass_over(&mut self, resolved: &ResolvedProfile, outcome: StepOutcome, why: String) {
        let step = RouteStep { outcome, reason: Some(why), ..RouteStep::to(resolved) };
        self.report.steps.push(step);
    }

    /// The conversation, as it is answered at a destination.
    fn staying(&self, ready: &ReadyDestination) -> Option<SharedStaying> {
        let prefix = self.prefix?;
        let place = ready.place.subject.clone();
        let left = self.warm.clone().filter(|warm| warm.place != place);
        let stays = self.shelf.clone().filter(|_| self.expected.as_ref() != Some(&place));
        Some(Arc::new(Staying { key: self.key?, prefix, place, left, shelf: stays }))
    }

    fn arrive(&mut self, step: RouteStep, staying: Option<&SharedStaying>, prepared: &Prepared) {
        self.report.steps.push(RouteStep { outcome: StepOutcome::Answered, ..step });
        let left = staying.and_then(|staying| staying.left.as_ref());
        self.report.warm = self.warm.is_some() && left.is_none();
        self.report.cold_tokens = left.map(|left| left.tokens).filter(|tokens| *tokens > 0);
        if prepared.streaming_denied {
            self.report.comes_whole(prepared.sent());
        }
    }

    /// No destination could be called at all.
    pub(crate) fn nothing_to_call(&self) -> CallError {
        let why: Vec<String> = self
            .report
            .steps
            .iter()
            .map(|step| format!("{}: {}", step.call_id, step.reason.as_deref().unwrap_or_default()))
            .collect();
        let message = format!(
            "Nothing may be called for {}; nothing was sent. {}",
            Value::from(self.id.as_str()),
            why.join(". ")
        );
        CallError::input(message).with_hint(
            "Its entry in the mappings says with \"allow\" in which regions and geographies requests may be \
             processed. List a profile that stays within them.",
        )
    }
}

impl RouteStep {
    fn to(resolved: &ResolvedProfile) -> Self {
        Self {
            call_id: resolved.call_id.clone(),
            region: resolved.region.clone(),
            model: resolved.model.clone(),
            outcome: StepOutcome::Failed,
            reason: None,
            cool_down: None,
        }
    }

    fn failed(self, error: &CallError) -> Self {
        Self { outcome: StepOutcome::Failed, reason: Some(error.name.clone()), ..self }
    }

    fn left(self, cause: Cause, error: &CallError, lasts: Option<std::time::Duration>) -> Self {
        let cool_down = lasts.map(|lasts| u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX));
        let reason = Some(error.name.clone());
        Self { outcome: StepOutcome::Left(cause), reason, cool_down, ..self }
    }
}

fn streams(operation: Operation) -> bool {
    matches!(operation.response(), ResponseKind::Events)
}

/// A model's id as the catalog has it.
fn same(model: &str) -> String {
    let known = catalog::find(model).filter(|found| found.exact);
    known.map_or_else(|| model.to_owned(), |found| found.entry.id().to_owned())
}

/// A number between 0 and 1 that is the same in every process.
fn draw(seed: u64, name: &str) -> f64 {
    // FNV-1a, and the end of SplitMix64 so that all bits count.
    let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    let high = u32::try_from(hash >> 32).unwrap_or(u32::MAX);
    (f64::from(high) + 0.5) / (f64::from(u32::MAX) + 1.0)
}
