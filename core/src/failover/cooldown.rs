//! Which destinations are not called for a while, and why. Replicas share it through the store; what is
//! about one signer, and all that concerns a signer whose account is not known, stays in the process.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::cause::Cause;
use crate::lru::Lru;
use crate::profile::clock::{Clock, SystemClock};
use crate::store::{KeyOwner, Kind, SharedStore, StoreKey};
use crate::tenant::{Fingerprint, Tenant};

/// Most that the process remembers.
const MOST: usize = 10_000;

static LOCAL: LazyLock<Mutex<Lru<(Fingerprint, String), Rest>>> =
    LazyLock::new(|| Mutex::new(Lru::new(MOST)));

/// A destination, as one signer calls it.
#[derive(Debug, Clone)]
pub struct Place {
    /// `<region>/<id>`.
    pub subject: String,
    /// The endpoint for inference, where it is not AWS's own.
    pub endpoint: Option<Arc<str>>,
    /// Whose account it is called in, as far as that is known.
    pub tenant: Tenant,
    /// Who signs, in this process.
    pub signer: Fingerprint,
    /// Who signs, where every process calls it the same and it does not rotate.
    pub keys: Option<Arc<str>>,
}

/// For how long a destination is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// Why.
    pub cause: Cause,
    /// Until when, in milliseconds since 1970.
    until: u64,
}

impl Rest {
    /// How much longer.
    pub fn left(&self) -> Duration {
        Duration::from_millis(self.until.saturating_sub(SystemClock.now()))
    }

    fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}

/// What is kept apart from the rest, of which it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestOf {
    /// Calling it.
    Calls,
    /// Calling it for a stream.
    Streams,
}

impl Place {
    fn subject(&self, about: RestOf, signers: bool) -> String {
        let what = match (about, signers) {
            (RestOf::Streams, _) => "streams/",
            (RestOf::Calls, true) => "signer/",
            (RestOf::Calls, false) => "",
        };
        format!("{what}{}", self.subject)
    }

    fn local(&self, about: RestOf, signers: bool) -> (Fingerprint, String) {
        (Fingerprint::of(&(self.signer, &self.endpoint)), self.subject(about, signers))
    }

    fn shared(&self, about: RestOf, signers: bool) -> Option<StoreKey> {
        let keys = || self.keys.clone().map(KeyOwner::Signer);
        let owner = if signers { keys() } else { KeyOwner::of(&self.tenant).or_else(keys) };
        let subject = self.subject(about, signers);
        Some(StoreKey::new(Kind::Cooldown, self.endpoint.as_deref(), &owner?, &subject))
    }

    /// Where replicas tell each other where the prompt cache of a conversation is warm that calls an id.
    pub fn stay(&self, id: &str, seed: u64) -> Option<StoreKey> {
        let keys = || self.keys.clone().map(KeyOwner::Signer);
        let owner = KeyOwner::of(&self.tenant).or_else(keys)?;
        let subject = format!("{id}/{seed:016x}");
        Some(StoreKey::new(Kind::Stay, self.endpoint.as_deref(), &owner, &subject))
    }

    /// It is not to be called for so long.
    pub fn rest(&self, store: Option<&Arc<SharedStore>>, cause: Cause, lasts: Duration) {
        let signers = cause.is_the_signers();
        let about = about(cause);
        let millis = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
        let rest = Rest { cause, until: SystemClock.now().saturating_add(millis) };
        let mut local = LOCAL.lock().unwrap_or_else(PoisonError::into_inner);
        local.insert(self.local(about, signers), rest);
        drop(local);
        if let (Some(store), Some(key)) = (store, self.shared(about, signers))
            && let Ok(text) = serde_json::to_string(&rest)
        {
            store.put(&key, &text, lasts);
        }
    }

    /// It has answered after all.
    pub fn wake(&self, store: Option<&Arc<SharedStore>>) {
        for signers in [true, false] {
            let mut local = LOCAL.lock().unwrap_or_else(PoisonError::into_inner);
            local.remove(&self.local(RestOf::Calls, signers));
            drop(local);
            if let (Some(store), Some(key)) = (store, self.shared(RestOf::Calls, signers)) {
                store.remove(&key);
            }
        }
    }

    /// Whether it is not to be called. Waits for the store no longer than requests may.
    pub async fn resting(&self, store: Option<&Arc<SharedStore>>, about: RestOf) -> Option<Rest> {
        for signers in [true, false] {
            if let Some(rest) = self.known(about, signers) {
                return Some(rest);
            }
            if let (Some(store), Some(key)) = (store, self.shared(about, signers))
                && let Some(rest) = read(store.get(&key).await)
            {
                return Some(rest);
            }
        }
        None
    }

    /// The same, as it is known here; the store is waited for where it has never been asked.
    pub async fn resting_once(
        &self,
        store: Option<&Arc<SharedStore>>,
        about: RestOf,
    ) -> Option<Rest> {
        for signers in [true, false] {
            if let Some(rest) = self.known(about, signers) {
                return Some(rest);
            }
            if about == RestOf::Streams && !signers {
                break;
            }
            if let (Some(store), Some(key)) = (store, self.shared(about, signers))
                && let Some(rest) = read(store.get_once(&key).await)
            {
                return Some(rest);
            }
        }
        None
    }

    /// The same as far as it is known here; waits for nothing.
    pub fn resting_here(&self, store: Option<&Arc<SharedStore>>, about: RestOf) -> Option<Rest> {
        [true, false].into_iter().find_map(|signers| {
            let shared = || read(store?.peek(&self.shared(about, signers)?));
            self.known(about, signers).or_else(shared)
        })
    }

    /// What the process itself has found out.
    fn known(&self, about: RestOf, signers: bool) -> Option<Rest> {
        let mut local = LOCAL.lock().unwrap_or_else(PoisonError::into_inner);
        local.get(&self.local(about, signers)).copied().filter(|rest| !rest.is_over())
    }
}

fn about(cause: Cause) -> RestOf {
    if cause == Cause::StreamingDenied { RestOf::Streams } else { RestOf::Calls }
}

fn read(text: Option<Arc<str>>) -> Option<Rest> {
    serde_json::from_str::<Rest>(&text?).ok().filter(|rest| !rest.is_over())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn place(tenant: Tenant, signer: &str) -> Place {
        Place {
            subject: "us-east-1/cooldown-tests".to_owned(),
            endpoint: None,
            tenant,
            signer: Fingerprint::of(&signer),
            keys: None,
        }
    }

    fn account(id: &str) -> Tenant {
        Tenant::Account(Arc::from(id))
    }

    #[tokio::test]
    async fn an_account_shares_what_is_about_all_of_it_and_no_other_hears_of_it() {
        let store = SharedStore::new(Vec::new(), Arc::new(SystemClock));
        let store = Some(&store);
        let mine = place(account("123456789012"), "a");
        let colleague = place(account("123456789012"), "b");
        let stranger = place(account("210987654321"), "c");
        mine.rest(store, Cause::Throttled, Duration::from_mins(1));
        for (who, rests) in [(&mine, true), (&colleague, true), (&stranger, false)] {
            assert_eq!(who.resting(store, RestOf::Calls).await.is_some(), rests, "{who:?}");
        }
        assert_eq!(mine.resting(store, RestOf::Streams).await, None);
        colleague.wake(store);
        assert_eq!(colleague.resting(store, RestOf::Calls).await, None);
    }

    #[tokio::test]
    async fn a_denial_is_the_signers_alone() {
        let store = SharedStore::new(Vec::new(), Arc::new(SystemClock));
        let store = Some(&store);
        let denied = place(account("123456789012"), "d");
        let other = place(account("123456789012"), "e");
        denied.rest(store, Cause::Denied, Duration::from_mins(1));
        let rest = denied.resting(store, RestOf::Calls).await.unwrap();
        assert!(rest.cause == Cause::Denied && rest.left() > Duration::from_secs(50));
        assert_eq!(other.resting(store, RestOf::Calls).await, None);
        denied.rest(store, Cause::StreamingDenied, Duration::from_mins(1));
        denied.wake(store);
        assert!(denied.resting(store, RestOf::Streams).await.is_some());
    }

    #[tokio::test]
    async fn a_rest_ends_by_itself_and_a_signer_of_an_unknown_account_has_its_own() {
        let unknown = place(Tenant::Signer(Fingerprint::of(&"f")), "f");
        unknown.rest(None, Cause::Overloaded, Duration::ZERO);
        assert_eq!(unknown.resting(None, RestOf::Calls).await, None);
        unknown.rest(None, Cause::Overloaded, Duration::from_mins(1));
        assert!(unknown.resting(None, RestOf::Calls).await.is_some());
        let other = place(Tenant::Signer(Fingerprint::of(&"g")), "g");
        assert_eq!(other.resting(None, RestOf::Calls).await, None);
    }
}
