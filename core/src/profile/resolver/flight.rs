//! One question under way: who asks first leads it, the others wait for the same answer.
//!
//! The flight runs as a task of its own, so it goes on when the one who started it is gone or has
//! waited long enough. Without a Tokio runtime the leader carries it himself; if he is dropped, the
//! next one who waits starts again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::chain;
use super::landed::{Flight, Landed};
use super::memory::{FlightKey, Memory};
use super::remembered::{FRESH, Remembered, STALE, millis};
use super::sources::Sources;
use crate::profile::arn::ModelRef;
use crate::profile::clock::Clock;
use crate::profile::lookup::{LookupCause, LookupError};
use crate::profile::store::{Record, Store};

/// A flight that takes longer has failed, whatever the lookup does.
const LIMIT: Duration = Duration::from_secs(30);
/// A store that takes longer is passed over.
const STORE_LIMIT: Duration = Duration::from_secs(1);

/// How far the clocks of machines that share a store may differ.
const SKEW: Duration = Duration::from_mins(5);

/// What is asked, and of whom.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) key: FlightKey,
    pub(super) target: ModelRef,
    pub(super) region: Option<String>,
    pub(super) sources: Sources,
    /// When what is known already was fetched: only something newer from the store is news.
    pub(super) known_at: Option<u64>,
}

/// A flight, to the one who leads it. Dropping it ends the flight without an answer.
pub(super) struct Lead {
    memory: Arc<Mutex<Memory>>,
    clock: Arc<dyn Clock>,
    request: Request,
    landed: watch::Sender<Option<Landed>>,
}

impl Lead {
    /// Starts a flight; the caller holds the lock of `flights`.
    pub(super) fn start(
        memory: &Arc<Mutex<Memory>>,
        flights: &mut Memory,
        clock: &Arc<dyn Clock>,
        request: Request,
    ) -> (Flight, Self) {
        let (sender, receiver) = watch::channel(None);
        let flight = Flight { started: clock.now(), landed: receiver };
        flights.start(&request.key, flight.clone());
        let lead =
            Self { memory: Arc::clone(memory), clock: Arc::clone(clock), request, landed: sender };
        (flight, lead)
    }

    /// Flies, in a task of its own where there is a runtime; returns what is left to the caller.
    pub(super) async fn run(self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            let (landed, news) = fly(self.request.clone(), Arc::clone(&self.clock)).await;
            self.land(landed, news).await;
            return;
        };
        runtime.spawn(self.run_guarded());
    }

    /// A panic or a hang of the lookup is a failure like others: remembered, and told.
    async fn run_guarded(self) {
        let mut flight = tokio::spawn(fly(self.request.clone(), Arc::clone(&self.clock)));
        let (landed, news) = tokio::select! {
            biased;
            flown = &mut flight => flown.unwrap_or_else(|error| {
                let message = format!("the lookup broke off: {error}");
                (Landed::Failed(LookupError::new(LookupCause::Other, message)), News::default())
            }),
            () = self.clock.sleep(LIMIT) => {
                flight.abort();
                let message = format!("no answer for {} s", LIMIT.as_secs());
                let error = LookupError::new(LookupCause::Timeout, message);
                (Landed::Failed(LookupError { unreachable: true, ..error }), News::default())
            }
        };
        self.land(landed, news).await;
    }

    async fn land(self, landed: Landed, news: News) {
        let key = self.request.key.clone();
        {
            let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            match &landed {
                Landed::Known(known) => {
                    memory.learn(&key, &self.request.sources.scope, known, news.name.as_deref());
                }
                Landed::Failed(error) => memory.fail(&key, error.clone(), self.clock.now()),
                Landed::Skipped => {
                    memory.postpone(&key.subject, &self.request.sources.scope, self.clock.now());
                }
            }
            if news.trouble.is_some() {
                memory.store_trouble.clone_from(&news.trouble);
            }
            memory.end(&key);
        }
        self.landed.send_replace(Some(landed));
        if let (Some(record), Some(store)) = (news.to_store, &self.request.sources.store) {
            let kept = within(&*self.clock, store.put(self.request.target.as_str(), &record)).await;
            if let Err(trouble) = kept {
                let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.store_trouble = Some(trouble);
            }
        }
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        // Only one's own: after landing, another flight may have started.
        let own = memory
            .flight(&self.request.key)
            .is_some_and(|flight| flight.landed.same_channel(&self.landed.subscribe()));
        if own {
            memory.end(&self.request.key);
        }
    }
}

/// What a flight brings beside the answer.
#[derive(Debug, Default)]
struct News {
    /// AWS's name for it.
    name: Option<String>,
    to_store: Option<Record>,
    trouble: Option<String>,
}

/// The store first, then AWS; what the store knows, however old, when AWS does not answer.
async fn fly(request: Request, clock: Arc<dyn Clock>) -> (Landed, News) {
    let mut news = News::default();
    let mut stored = None;
    // What another endpoint says is nobody else's.
    let shared = request.target.is_arn() && request.sources.scope.endpoint.is_none();
    if let Some(store) = request.sources.store.as_ref().filter(|_| shared) {
        match read(&**store, &*clock, &request).await {
            Ok(record) => stored = record,
            Err(trouble) => news.trouble = Some(trouble),
        }
    }
    let age = |record: &Record| clock.now().saturating_sub(record.fetched_at);
    let enough = if request.known_at.is_some() { FRESH } else { STALE };
    let Some(lookup) = &request.sources.lookup else {
        return (
            stored.map_or(Landed::Skipped, |record| Landed::Known(Remembered::new(record, true))),
            news,
        );
    };
    if let Some(record) = stored.take_if(|record| age(record) < millis(enough)) {
        return (Landed::Known(Remembered::new(record, true)), news);
    }
    match chain::follow(&**lookup, &request.target, request.region.as_deref()).await {
        Ok(end) => {
            let record = Record {
                model: end.model,
                other_models: end.other_models,
                fetched_at: clock.now(),
            };
            news.name = end.name;
            news.to_store = shared.then(|| record.clone());
            (Landed::Known(Remembered::new(record, false)), news)
        }
        Err(error) => match stored {
            Some(record) => (Landed::Known(Remembered::new(record, true)), news),
            None => (Landed::Failed(error), news),
        },
    }
}

/// What the store has that is news.
async fn read(
    store: &dyn Store,
    clock: &dyn Clock,
    request: &Request,
) -> Result<Option<Record>, String> {
    let record = within(clock, store.get(request.target.as_str())).await?;
    let now = clock.now();
    Ok(record
        .map(|record| Record { fetched_at: believable(record.fetched_at, now), ..record })
        .filter(|record| request.known_at.is_none_or(|known_at| record.fetched_at > known_at))
        .filter(|record| ModelRef::parse(&record.model).is_ok_and(|model| !model.is_opaque())))
}

/// When a record was made. One from the future was written by a machine whose clock is wrong: it
/// counts as due for confirmation, or it would be fresh for ever.
fn believable(fetched_at: u64, now: u64) -> u64 {
    if fetched_at <= now.saturating_add(millis(SKEW)) {
        fetched_at.min(now)
    } else {
        now.saturating_sub(millis(FRESH))
    }
}

/// A store's answer, in time.
async fn within<T>(
    clock: &dyn Clock,
    result: impl Future<Output = Result<T, crate::profile::store::StoreError>>,
) -> Result<T, String> {
    tokio::select! {
        biased;
        result = result => result.map_err(|error| error.message),
        () = clock.sleep(STORE_LIMIT) => Err(format!("no answer within {} s", STORE_LIMIT.as_secs())),
    }
}
