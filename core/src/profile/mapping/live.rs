//! Mappings that may be replaced at any time by newer ones.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::Mappings;

/// Mappings as they are now. Who has taken them keeps them, whatever comes.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<LiveMappings>);

#[derive(Debug, Default)]
struct LiveMappings {
    now: RwLock<Arc<Mappings>>,
    changes: AtomicU64,
}

impl Live {
    /// The mappings now.
    pub fn now(&self) -> Arc<Mappings> {
        Arc::clone(&self.0.now.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How often they were replaced.
    pub fn changes(&self) -> u64 {
        self.0.changes.load(Ordering::Acquire)
    }

    /// Puts others in their place.
    pub fn replace(&self, mappings: Mappings) {
        let mappings = Arc::new(mappings);
        let before = std::mem::replace(
            &mut *self.0.now.write().unwrap_or_else(PoisonError::into_inner),
            mappings,
        );
        self.0.changes.fetch_add(1, Ordering::Release);
        // Large ones take a while to go: nobody waits for that with the lock.
        drop(before);
    }
}

impl PartialEq for Live {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Live {}
