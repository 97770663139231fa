//! What the clients of a process share: LibreChat makes one for each chat request, and none of them
//! may pay for connections, certificates or credentials again.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::bedrock::CallError;
use crate::bedrock::retry::Quota;
use crate::bedrock::transport::{Transport, TransportSettings};

/// A map that forgets its oldest entry when it is full.
pub struct Bounded<K, V> {
    entries: HashMap<K, (u64, V)>,
    clock: u64,
    most: usize,
}

impl<K: Eq + Hash + Clone, V: Clone> Bounded<K, V> {
    /// An empty map for so many entries.
    pub fn new(most: usize) -> Self {
        Self { entries: HashMap::new(), clock: 0, most }
    }

    /// The entry, which becomes the youngest.
    pub fn get(&mut self, key: &K) -> Option<V> {
        self.clock += 1;
        let (used, value) = self.entries.get_mut(key)?;
        *used = self.clock;
        Some(value.clone())
    }

    /// Keeps an entry, in place of the one that was there.
    pub fn insert(&mut self, key: K, value: V) {
        self.clock += 1;
        if self.entries.len() >= self.most && !self.entries.contains_key(&key) {
            let oldest = self.entries.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                self.entries.remove(&oldest);
            }
        }
        self.entries.insert(key, (self.clock, value));
    }
}

static TRANSPORTS: LazyLock<Mutex<Bounded<TransportSettings, Transport>>> =
    LazyLock::new(|| Mutex::new(Bounded::new(64)));

/// The connections for these settings.
pub fn transport(settings: &TransportSettings) -> Result<Transport, CallError> {
    let mut transports = TRANSPORTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(transport) = transports.get(settings) {
        return Ok(transport);
    }
    let transport = Transport::new(settings)?;
    transports.insert(settings.clone(), transport.clone());
    Ok(transport)
}

type Quotas = Bounded<(u64, String), Arc<Quota>>;

static QUOTAS: LazyLock<Mutex<Quotas>> = LazyLock::new(|| Mutex::new(Bounded::new(1024)));

/// What retries in one region with one set of credentials may cost.
pub fn quota(identity: u64, region: &str) -> Arc<Quota> {
    let mut quotas = QUOTAS.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (identity, region.to_owned());
    if let Some(quota) = quotas.get(&key) {
        return quota;
    }
    let quota = Arc::new(Quota::default());
    quotas.insert(key, Arc::clone(&quota));
    quota
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_forgets_what_was_used_longest_ago() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        assert_eq!(map.get(&"a"), Some(1));
        map.insert("c", 3);
        assert_eq!((map.get(&"a"), map.get(&"b"), map.get(&"c")), (Some(1), None, Some(3)));
        map.insert("c", 4);
        assert_eq!((map.get(&"a"), map.get(&"c")), (Some(1), Some(4)));
    }
}
