//! A map that stays bounded.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// Forgets the least recently used entries when it is full. They leave a sixteenth at a time, so
/// that the scan for them is paid once for many insertions.
#[derive(Debug)]
pub struct Lru<K, V> {
    entries: HashMap<K, (u64, V)>,
    capacity: usize,
    tick: u64,
}

impl<K: Hash + Eq + Clone, V> Lru<K, V> {
    /// An empty map for so many entries (at least one).
    pub fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity: capacity.max(1), tick: 0 }
    }

    /// The value of a key, which counts as a use.
    pub fn get<Q>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.tick += 1;
        let (used, value) = self.entries.get_mut(key)?;
        *used = self.tick;
        Some(value)
    }

    /// Keeps a value; makes room for it first.
    pub fn insert(&mut self, key: K, value: V) {
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.make_room();
        }
        self.tick += 1;
        self.entries.insert(key, (self.tick, value));
    }

    /// Forgets a key.
    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.entries.remove(key).map(|(_, value)| value)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn make_room(&mut self) {
        let leave = (self.capacity / 16).max(1);
        let mut uses: Vec<u64> = self.entries.values().map(|(used, _)| *used).collect();
        uses.sort_unstable();
        if let Some(&last) = uses.get(leave - 1) {
            self.entries.retain(|_, (used, _)| *used > last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_entries_leave() {
        let mut map = Lru::new(3);
        for key in [1, 2, 3] {
            map.insert(key, key * 10);
        }
        assert_eq!(map.get(&1), Some(&10));
        map.insert(4, 40);
        assert_eq!(map.get(&2), None);
        assert_eq!((map.get(&1).copied(), map.len()), (Some(10), 3));
        map.insert(4, 41);
        assert_eq!((map.get(&4).copied(), map.len()), (Some(41), 3));
    }

    #[test]
    fn it_never_holds_more_than_its_capacity() {
        let mut map = Lru::new(100);
        for key in 0..1000 {
            map.insert(key, ());
            assert!(map.len() <= 100, "{} entries", map.len());
        }
        assert!(map.len() > 90);
    }
}
