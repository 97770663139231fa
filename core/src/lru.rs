//! A map that stays bounded.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// Forgets the least recently used entries when it is full. They leave a sixteenth at a time, so
/// that the scan for them is paid once for many insertions.
#[derive(Debug)]
pub struct Lru<K, V> {
    entries: HashMap<K, Entry<V>>,
    capacity: usize,
    weight: usize,
    tick: u64,
}

#[derive(Debug)]
struct Entry<V> {
    used: u64,
    weight: usize,
    value: V,
}

impl<K: Hash + Eq + Clone, V> Lru<K, V> {
    /// An empty map that holds as much as weighs this (at least one).
    pub fn new(capacity: usize) -> Self {
        Self { entries: HashMap::new(), capacity: capacity.max(1), weight: 0, tick: 0 }
    }

    /// The value of a key, which counts as a use.
    pub fn get<Q>(&mut self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.get_mut(key).map(|value| &*value)
    }

    /// The same, to change it.
    pub fn get_mut<Q>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.tick += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.tick;
        Some(&mut entry.value)
    }

    /// Keeps a value that weighs one; makes room for it first.
    pub fn insert(&mut self, key: K, value: V) {
        self.insert_weighing(key, value, 1);
    }

    /// Keeps a value; makes room for it first. One that weighs more than the map holds is not kept.
    pub fn insert_weighing(&mut self, key: K, value: V, weight: usize) {
        self.remove(&key);
        if weight > self.capacity {
            return;
        }
        if self.weight + weight > self.capacity {
            self.make_room(weight);
        }
        self.tick += 1;
        self.weight += weight;
        self.entries.insert(key, Entry { used: self.tick, weight, value });
    }

    /// Forgets a key.
    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let entry = self.entries.remove(key)?;
        self.weight -= entry.weight;
        Some(entry.value)
    }

    /// The keys, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.entries.keys()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn make_room(&mut self, weight: usize) {
        let leave = self.capacity.saturating_sub(self.capacity / 16).saturating_sub(weight);
        let mut uses: Vec<(u64, usize)> =
            self.entries.values().map(|entry| (entry.used, entry.weight)).collect();
        uses.sort_unstable();
        let mut left = self.weight;
        let mut last = 0;
        for (used, weight) in uses {
            if left <= leave {
                break;
            }
            left -= weight;
            last = used;
        }
        self.entries.retain(|_, entry| entry.used > last);
        self.weight = left;
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

    #[test]
    fn what_weighs_more_leaves_less_room() {
        let mut map = Lru::new(100);
        for key in 0..10 {
            map.insert_weighing(key, (), 10);
        }
        assert_eq!(map.len(), 10);
        map.insert_weighing(10, (), 60);
        assert!(map.get(&10).is_some() && map.len() <= 5, "{} entries", map.len());
        map.insert_weighing(11, (), 101);
        assert_eq!(map.get(&11), None);
        assert!(map.get(&10).is_some());
        // Replaced, it weighs what the new one weighs.
        map.insert_weighing(10, (), 1);
        for key in 20..25 {
            map.insert_weighing(key, (), 10);
        }
        assert!(map.get(&10).is_some());
    }
}
