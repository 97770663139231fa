//! What the process remembers: answers, names, failures, questions under way, warnings given.
//!
//! | what                              | whose it is                                            |
//! | --------------------------------- | ------------------------------------------------------ |
//! | the model of an ARN, said by AWS  | everyone's                                             |
//! | the model, said by another        | the tenant's, at that endpoint                         |
//! | the model of a name               | the tenant's, at that endpoint, in that region         |
//! | AWS's name for it                 | the tenant's, at that endpoint                         |
//! | a failure                         | the whole credential's, at that endpoint               |
//! | that nothing answers              | everyone's who goes the same way to the same endpoint  |

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::landed::Flight;
use super::remembered::{Remembered, STALE, millis};
use super::resolved::WarningCause;
use crate::lru::Lru;
use crate::profile::lookup::{LookupCause, LookupError, Scope};
use crate::profile::record::Record;
use crate::store::StoreKey;
use crate::tenant::{Fingerprint, Tenant};

// Ten thousand users with keys of their own and several profiles each fit in.
/// Most bytes of answers.
const KNOWN_BYTES: usize = 32 * 1024 * 1024;
/// Most bytes of names.
const NAME_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes of failures that are a credential's.
const FAILED_BYTES: usize = 32 * 1024 * 1024;
/// Most bytes of failures that are everyone's.
const UNREACHABLE_BYTES: usize = 4 * 1024 * 1024;
/// Most places in stores whose changes are followed.
const SHELVED: usize = 10_000;
/// Most warnings that are known to have been given.
const WARNED: usize = 10_000;
/// Most questions of one credential under way at once; beyond it ids stay unknown rather than queue.
pub(super) const MAX_FLIGHTS: usize = 1_000;

/// How long a store that has nothing newer is left alone, where AWS must not be asked.
const POSTPONE: Duration = Duration::from_mins(1);

/// What is asked about: an ARN, or a name within a region.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct LookupKey {
    pub(super) id: String,
    /// Absent where the id is an ARN, which names its own.
    pub(super) region: Option<String>,
}

impl LookupKey {
    fn is_arn(&self) -> bool {
        self.id.starts_with("arn:")
    }

    fn bytes(&self) -> usize {
        self.id.len() + self.region.as_ref().map_or(0, String::len)
    }
}

/// Who has said what a model is, and to whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Teller {
    /// AWS, of an ARN.
    Aws,
    /// An endpoint (AWS's own where none is named), to a tenant.
    To(Option<Arc<str>>, Tenant),
    /// An endpoint that is not AWS's own, to anyone: for questions that are nobody's in particular.
    Someone,
}

/// What a question depends on: beside its subject, who asks whom, and which store is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct FlightKey {
    pub(super) subject: LookupKey,
    pub(super) asker: Asker,
}

/// Who asks whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Asker {
    endpoint: Option<Arc<str>>,
    credential: Fingerprint,
    way: Fingerprint,
    /// Whether AWS is asked at all.
    asks: bool,
    /// Address of the store; only compared.
    store: usize,
}

impl Asker {
    pub(super) fn new(scope: &Scope, asks: bool, store: usize) -> Self {
        let Scope { endpoint, credential, way, .. } = scope;
        Self { endpoint: endpoint.clone(), credential: *credential, way: *way, asks, store }
    }
}

/// What an entry costs beside its texts.
const ENTRY_BYTES: usize = 256;

/// A failure. It is not repeated until its time is over, and never waited for again.
#[derive(Debug, Clone)]
pub(super) struct LookupFailure {
    pub(super) error: LookupError,
    until: u64,
    /// How often in a row.
    times: u32,
}

impl LookupFailure {
    /// Whether it is time to ask again.
    pub(super) fn is_due(&self, now: u64) -> bool {
        now >= self.until
    }
}

#[derive(Debug)]
pub(super) struct Memory {
    known: Lru<(LookupKey, Teller), Remembered>,
    names: Lru<(LookupKey, Teller), Arc<str>>,
    failed: Lru<FlightKey, LookupFailure>,
    unreachable: Lru<(LookupKey, Option<Arc<str>>, Fingerprint), LookupFailure>,
    flights: HashMap<Asker, HashMap<LookupKey, Flight>>,
    warned: Lru<(String, WarningCause), ()>,
    /// What is known and where a store has it.
    shelved: Lru<StoreKey, (FlightKey, Scope)>,
    /// The stores whose changes are heard of.
    heard: HashSet<usize>,
    /// How often an answer, a name or a failure came or went.
    changes: Arc<AtomicU64>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            known: Lru::new(KNOWN_BYTES),
            names: Lru::new(NAME_BYTES),
            failed: Lru::new(FAILED_BYTES),
            unreachable: Lru::new(UNREACHABLE_BYTES),
            flights: HashMap::new(),
            warned: Lru::new(WARNED),
            shelved: Lru::new(SHELVED),
            heard: HashSet::new(),
            changes: Arc::default(),
        }
    }

    /// How often what is known has changed; readable without the lock.
    pub(super) fn changes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.changes)
    }

    fn changed(&self) {
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// What is known to these; AWS's word about an ARN holds at another endpoint too.
    pub(super) fn known(&mut self, subject: &LookupKey, scope: &Scope) -> Option<Remembered> {
        self.latest(tellers(subject, scope).map(|teller| (subject.clone(), teller)))
    }

    /// What is known to anyone, by whatever endpoint: for whom it does not matter who was told.
    pub(super) fn known_to_anyone(
        &mut self,
        subject: &LookupKey,
        scope: &Scope,
    ) -> Option<Remembered> {
        let tellers = tellers(subject, scope).chain([Teller::Someone]);
        self.latest(tellers.map(|teller| (subject.clone(), teller)))
    }

    /// The first in their order, unless one that comes later is newer by more than it may be old.
    fn latest(&mut self, keys: impl Iterator<Item = (LookupKey, Teller)>) -> Option<Remembered> {
        keys.filter_map(|key| self.known.get(&key).cloned()).reduce(|first, other| {
            if other.record.fetched_at > first.record.fetched_at + millis(STALE) {
                other
            } else {
                first
            }
        })
    }

    /// AWS's name for it, for whom AWS tells it.
    pub(super) fn name(&mut self, key: &FlightKey, scope: &Scope) -> Option<String> {
        let denied = |failure: &LookupFailure| failure.error.cause.is_refusal();
        if self.failed.get(key).is_some_and(denied) {
            return None;
        }
        let to = |tenant: &Tenant| Teller::To(scope.endpoint.clone(), tenant.clone());
        scope.tenants.iter().find_map(|tenant| {
            self.names.get(&(key.subject.clone(), to(tenant))).map(ToString::to_string)
        })
    }

    /// Nobody could be asked: what is known is not looked up again at once.
    pub(super) fn postpone(&mut self, subject: &LookupKey, scope: &Scope, now: u64) {
        let refresh_at = now.saturating_add(millis(POSTPONE));
        for teller in tellers(subject, scope) {
            if let Some(known) = self.known.get_mut(&(subject.clone(), teller)) {
                known.refresh_at = refresh_at;
            }
        }
    }

    /// Why it is not known, as far as that was found out before.
    pub(super) fn failed(&mut self, key: &FlightKey) -> Option<LookupFailure> {
        let Asker { endpoint, way, .. } = &key.asker;
        let way = (key.subject.clone(), endpoint.clone(), *way);
        self.failed.get(key).or_else(|| self.unreachable.get(&way)).cloned()
    }

    /// What was said of it, and AWS's name for it.
    pub(super) fn learn(
        &mut self,
        key: &FlightKey,
        scope: &Scope,
        known: &Remembered,
        name: Option<&str>,
    ) {
        let FlightKey { subject, asker: Asker { endpoint, way, .. } } = key;
        if !known.from_store {
            self.failed.remove(key);
            self.unreachable.remove(&(subject.clone(), endpoint.clone(), *way));
        }
        let to = Teller::To(endpoint.clone(), scope.tenants.now.clone());
        let aws = endpoint.is_none() && subject.is_arn();
        let teller = if aws { Teller::Aws } else { to.clone() };
        let weight = ENTRY_BYTES + subject.bytes() + known.bytes();
        self.changed();
        if endpoint.is_some() && subject.is_arn() {
            let key = (subject.clone(), Teller::Someone);
            self.known.insert_weighing(key, known.clone(), weight);
        }
        self.known.insert_weighing((subject.clone(), teller), known.clone(), weight);
        if let Some(name) = name {
            let weight = ENTRY_BYTES + subject.bytes() + name.len();
            self.names.insert_weighing((subject.clone(), to), Arc::from(name), weight);
        }
    }

    /// It could not be found out; for how long it is not asked about again.
    pub(super) fn fail(&mut self, key: &FlightKey, error: LookupError, now: u64) -> Duration {
        let times = self.failed(key).map_or(1, |before| before.times.saturating_add(1));
        let holds = hold(&error, times);
        let hold = millis(holds);
        let until = now.saturating_add(hold + fastrand::u64(0..=hold / 10));
        let weight = ENTRY_BYTES + key.subject.bytes() + error.message.len();
        let unreachable = error.unreachable;
        self.changed();
        let failure = LookupFailure { error, until, times };
        if unreachable {
            let Asker { endpoint, way, .. } = &key.asker;
            let way = (key.subject.clone(), endpoint.clone(), *way);
            self.unreachable.insert_weighing(way, failure, weight);
        } else {
            self.failed.insert_weighing(key.clone(), failure, weight);
        }
        holds
    }

    pub(super) fn flight(&self, key: &FlightKey) -> Option<&Flight> {
        self.flights.get(&key.asker)?.get(&key.subject)
    }

    /// How many questions of this asker are under way.
    pub(super) fn flights(&self, asker: &Asker) -> usize {
        self.flights.get(asker).map_or(0, HashMap::len)
    }

    pub(super) fn start(&mut self, key: &FlightKey, flight: Flight) {
        let flights = self.flights.entry(key.asker.clone()).or_default();
        flights.insert(key.subject.clone(), flight);
    }

    pub(super) fn end(&mut self, key: &FlightKey) {
        if let Some(flights) = self.flights.get_mut(&key.asker) {
            flights.remove(&key.subject);
            if flights.is_empty() {
                self.flights.remove(&key.asker);
            }
        }
    }

    /// Where a store has what is known of a question.
    pub(super) fn shelve(&mut self, place: &StoreKey, key: &FlightKey, scope: &Scope) {
        self.shelved.insert(place.clone(), (key.clone(), scope.clone()));
    }

    /// The places in stores that are followed.
    pub(super) fn places(&self) -> Vec<StoreKey> {
        self.shelved.keys().cloned().collect()
    }

    /// Whether a store's changes are not heard of yet; from now on they are.
    pub(super) fn hears(&mut self, store: usize) -> bool {
        self.heard.insert(store)
    }

    /// Others have found something out. Only what is newer counts.
    pub(super) fn hear(&mut self, place: &StoreKey, record: Record) {
        let Some((key, scope)) = self.shelved.get(place).cloned() else { return };
        let known = self.known(&key.subject, &scope);
        if known.is_none_or(|known| known.record.fetched_at < record.fetched_at) {
            self.learn(&key, &scope, &Remembered::new(record, true), None);
        }
    }

    /// Whether a warning was not given before.
    pub(super) fn is_first(&mut self, id: &str, cause: WarningCause) -> bool {
        let key = (id.to_owned(), cause);
        let is_first = self.warned.get(&key).is_none();
        if is_first {
            self.warned.insert(key, ());
        }
        is_first
    }
}

/// Whose word about a subject these believe, their own endpoint's first.
fn tellers<'a>(subject: &LookupKey, scope: &'a Scope) -> impl Iterator<Item = Teller> + use<'a> {
    let arn = subject.is_arn();
    let aws = arn.then_some(Teller::Aws);
    let own = (!arn || scope.endpoint.is_some()).then(|| {
        scope.tenants.iter().map(|tenant| Teller::To(scope.endpoint.clone(), tenant.clone()))
    });
    own.into_iter().flatten().chain(aws)
}

/// How long a failure is remembered: as long as its cause is likely to last, and longer each time.
fn hold(error: &LookupError, times: u32) -> Duration {
    let first = match error.cause {
        cause if cause.is_refusal() => Duration::from_mins(5),
        LookupCause::Validation => Duration::from_mins(5),
        LookupCause::NotFound => Duration::from_mins(1),
        LookupCause::Throttled => error
            .retry_after
            .unwrap_or(Duration::from_secs(5))
            .clamp(Duration::from_secs(1), Duration::from_mins(1)),
        LookupCause::Unavailable | LookupCause::Timeout => Duration::from_secs(15),
        _ => Duration::from_secs(30),
    };
    let most = match error.cause {
        cause if cause.is_refusal() => Duration::from_hours(1),
        LookupCause::Validation | LookupCause::NotFound => Duration::from_hours(1),
        _ => Duration::from_mins(15),
    };
    first.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1))).min(most)
}
