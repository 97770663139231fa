//! Whose something is that was learned: the account's, the credential's, or whom the operator names.
//!
//! Below `profile` and `model`, which both keep things apart by it.

use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::lru::Lru;

/// Stands for a value without holding it: a keyed hash, whose key is of this process alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// The fingerprint of a value.
    pub fn of(value: &impl Hash) -> Self {
        static KEYS: LazyLock<[RandomState; 2]> =
            LazyLock::new(|| [RandomState::new(), RandomState::new()]);
        let [high, low] = KEYS.each_ref().map(|key| u128::from(key.hash_one(value)));
        Self(high << 64 | low)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// Whom something belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tenant {
    /// Those whom the operator has named as one (option `tenant`).
    Named(Arc<str>),
    /// An AWS account.
    Account(Arc<str>),
    /// One signer, as long as its account is not known.
    Signer(Fingerprint),
}

impl Default for Tenant {
    fn default() -> Self {
        Self::Signer(Fingerprint::default())
    }
}

/// A tenant, and under which other name it may have learned before.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Tenants {
    /// Under which it learns.
    pub now: Tenant,
    /// Under which it has learned as long as its account was not known.
    pub before: Option<Tenant>,
}

impl Tenants {
    /// Both.
    pub fn iter(&self) -> impl Iterator<Item = &Tenant> {
        std::iter::once(&self.now).chain(&self.before)
    }
}

/// Most accounts that are remembered beyond the client that has found out.
const ACCOUNTS: usize = 20_000;

/// The accounts of credentials, for those who bring the same credentials again.
static KNOWN: LazyLock<Mutex<Lru<Fingerprint, Account>>> =
    LazyLock::new(|| Mutex::new(Lru::new(ACCOUNTS)));

/// An account, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Account {
    id: Arc<str>,
    /// Who provides the credentials says it, or the control plane has answered them about something of
    /// the account's. That a model was called proves less: it may read no names.
    vouched: bool,
}

/// Whose credentials sign, as far as that decides whose something is.
#[derive(Debug)]
pub struct Principal {
    /// The signer's own: it stays when the signer's keys change.
    signer: Fingerprint,
    current: Mutex<Current>,
    changes: AtomicU64,
}

#[derive(Debug)]
struct Current {
    /// What it signs with, as [`Principal::credential`] says it.
    credential: Fingerprint,
    /// The credential that it was seen to sign with last.
    seen: Option<Fingerprint>,
    account: Option<Account>,
}

impl Principal {
    /// A signer that is known by this.
    ///
    /// Keys that do not change say nothing of their account that counts: where users bring their own,
    /// they could say another's. It is learned from what AWS answers them.
    pub fn new(signer: Fingerprint) -> Self {
        let current = Current { credential: signer, seen: None, account: None };
        let principal = Self { signer, current: Mutex::new(current), changes: AtomicU64::new(0) };
        principal.place(signer, None);
        principal
    }

    /// It signs with this credential from now on, of this account where its provider says it. Where
    /// that does not, a signer goes on being of the account that its earlier credentials were of.
    pub fn observe(&self, credential: Fingerprint, account: Option<&str>) {
        self.place(credential, account);
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // The first goes by the signer's own name: by that was known what was tried before.
        if current.seen.is_some_and(|seen| seen != credential) {
            current.credential = credential;
        }
        current.seen = Some(credential);
        drop(current);
        self.changes.fetch_add(1, Ordering::Release);
    }

    /// How often something was found out of it.
    pub fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn place(&self, credential: Fingerprint, account: Option<&str>) {
        let remembered = match account.filter(|id| is_account(id)) {
            Some(id) => Some(Account { id: Arc::from(id), vouched: true }),
            None => KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&credential).cloned(),
        };
        if remembered.is_some() {
            self.current.lock().unwrap_or_else(PoisonError::into_inner).account = remembered;
        }
    }

    /// An ARN of this account was answered for: with `vouched`, by the control plane.
    pub fn learn_account(&self, id: &str, vouched: bool) {
        if !is_account(id) {
            return;
        }
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.account.as_ref().is_some_and(|known| known.vouched || !vouched) {
            return;
        }
        let account = Account { id: Arc::from(id), vouched };
        current.account = Some(account.clone());
        let credential = current.seen.unwrap_or(self.signer);
        drop(current);
        self.changes.fetch_add(1, Ordering::Release);
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(credential, account);
    }

    /// What it is known by, whatever it signs with.
    pub fn signer(&self) -> Fingerprint {
        self.signer
    }

    /// The whole credential that it signs with.
    pub fn credential(&self) -> Fingerprint {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).credential
    }

    /// Whose what it learns is; with `vouched`, only where it is certain enough to read names.
    pub fn tenants(&self, vouched: bool) -> Tenants {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let signer = Tenant::Signer(self.signer);
        match current.account.as_ref().filter(|account| account.vouched || !vouched) {
            Some(account) => {
                Tenants { now: Tenant::Account(Arc::clone(&account.id)), before: Some(signer) }
            }
            None => Tenants { now: signer, before: None },
        }
    }
}

fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "123456789012";

    fn account(id: &str) -> Tenant {
        Tenant::Account(Arc::from(id))
    }

    #[test]
    fn a_fingerprint_is_the_same_for_the_same_value_only() {
        assert_eq!(Fingerprint::of(&("a", "b")), Fingerprint::of(&("a", "b")));
        assert_ne!(Fingerprint::of(&("a", "b")), Fingerprint::of(&("ab", "")));
    }

    #[test]
    fn an_account_is_what_the_credentials_say_or_what_answered() {
        let told = Principal::new(Fingerprint::of(&"told"));
        told.observe(Fingerprint::of(&"its keys"), Some(ACCOUNT));
        assert_eq!(told.tenants(true).now, account(ACCOUNT));
        let silent = Principal::new(Fingerprint::of(&"silent"));
        let signer = Tenant::Signer(Fingerprint::of(&"silent"));
        assert_eq!(silent.tenants(false), Tenants { now: signer.clone(), before: None });
        silent.learn_account("no account", true);
        assert_eq!(silent.tenants(false).now, signer);
        // A call proves enough for lessons, and the control plane for names too.
        silent.learn_account(ACCOUNT, false);
        assert_eq!(silent.tenants(false).now, account(ACCOUNT));
        assert_eq!(silent.tenants(true).now, signer);
        silent.learn_account(ACCOUNT, true);
        assert_eq!(silent.tenants(true), Tenants { now: account(ACCOUNT), before: Some(signer) });
        // What is known goes on being so, also for the next client.
        silent.learn_account("210987654321", true);
        let again = Principal::new(Fingerprint::of(&"silent"));
        assert_eq!(again.tenants(true).now, account(ACCOUNT));
    }

    #[test]
    fn a_signer_whose_keys_rotate_stays_who_it_is() {
        let provider = Principal::new(Fingerprint::of(&"provider"));
        provider.observe(Fingerprint::of(&"keys 1"), Some(ACCOUNT));
        assert_eq!(provider.credential(), Fingerprint::of(&"provider"));
        provider.observe(Fingerprint::of(&"keys 2"), None);
        assert_eq!(provider.credential(), Fingerprint::of(&"keys 2"));
        assert_eq!(provider.tenants(true).now, account(ACCOUNT));
        provider.observe(Fingerprint::of(&"keys 3"), Some("210987654321"));
        assert_eq!(provider.tenants(true).now, account("210987654321"));
    }
}
