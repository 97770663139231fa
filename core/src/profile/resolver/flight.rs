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
use super::memory::Memory;
use super::remembered::{FRESH, Remembered, STALE, millis};
use super::replicas::{LookupLease, Others, Shelf};
use super::request::{Request, WAIT};
use crate::profile::clock::Clock;
use crate::profile::lookup::{LookupCause, LookupError};
use crate::profile::record::Record;

/// A flight that takes longer has failed, whatever the lookup does.
const LIMIT: Duration = Duration::from_secs(30);
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
            // On the heap: whoever has a runtime pays nothing for it.
            let flight = Box::pin(fly(
                self.request.clone(),
                Arc::clone(&self.clock),
                Arc::clone(&self.memory),
            ));
            let (landed, news) = flight.await;
            self.land(landed, news);
            return;
        };
        runtime.spawn(self.run_guarded());
    }

    /// A panic or a hang of the lookup is a failure like others: remembered, and told.
    async fn run_guarded(self) {
        let mut flight = tokio::spawn(fly(
            self.request.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.memory),
        ));
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
        self.land(landed, news);
    }

    fn land(self, landed: Landed, News { name, turn }: News) {
        let key = self.request.key.clone();
        {
            let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            match &landed {
                Landed::Known(known) => {
                    if let Some(turn) = turn.as_ref().filter(|_| !known.from_store) {
                        turn.keep(&known.record);
                    }
                    memory.learn(&key, &self.request.sources.scope, known, name.as_deref());
                }
                Landed::Failed(error) => {
                    let hold = memory.fail(&key, error.clone(), self.clock.now());
                    if let Some(turn) = &turn {
                        turn.keep_failure(error, hold);
                    }
                }
                Landed::Skipped => {
                    memory.postpone(&key.subject, &self.request.sources.scope, self.clock.now());
                }
            }
            memory.end(&key);
        }
        self.landed.send_replace(Some(landed));
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
#[derive(Default)]
struct News {
    /// AWS's name for it.
    name: Option<String>,
    /// The place in the store that is to have what AWS said, and the right to write it.
    turn: Option<LookupLease>,
}

/// The store first, then AWS; what the store knows, however old, when AWS does not answer.
async fn fly(
    request: Request,
    clock: Arc<dyn Clock>,
    memory: Arc<Mutex<Memory>>,
) -> (Landed, News) {
    let shelf = Shelf::of(&request, &clock);
    if let Some(shelf) = &shelf {
        shelf.follow(&memory, &request);
    }
    let mut stored = match &shelf {
        Some(shelf) => shelf.record().await,
        None => None,
    };
    let age = |record: &Record| clock.now().saturating_sub(record.fetched_at);
    let enough = if request.known_at.is_some() { FRESH } else { STALE };
    let known = |record| (Landed::Known(Remembered::new(record, true)), News::default());
    let Some(lookup) = &request.sources.lookup else {
        return stored.map_or((Landed::Skipped, News::default()), known);
    };
    if let Some(record) = stored.take_if(|record| age(record) < millis(enough)) {
        return known(record);
    }
    let mut turn = None;
    if let Some(shelf) = shelf {
        match shelf.turn(WAIT).await {
            Others::Know(record) => return known(record),
            Others::Failed(error) => {
                return match stored {
                    Some(record) => known(record),
                    None => (Landed::Failed(error), News::default()),
                };
            }
            Others::Leave(mine) => turn = Some(mine),
        }
    }
    match chain::follow(&**lookup, &request.target, request.region.as_deref()).await {
        Ok(end) => {
            let record = Record {
                model: end.model,
                other_models: end.other_models,
                fetched_at: clock.now(),
            };
            (Landed::Known(Remembered::new(record, false)), News { name: end.name, turn })
        }
        Err(error) => match stored {
            Some(record) => {
                (Landed::Known(Remembered::new(record, true)), News { name: None, turn })
            }
            None => (Landed::Failed(error), News { name: None, turn }),
        },
    }
}
