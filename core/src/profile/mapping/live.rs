//! Mappings that may be replaced at any time by newer ones.

use std::sync::{Arc, PoisonError, RwLock};

use super::Mappings;

/// Mappings as they are now. Who has taken them keeps them, whatever comes.
#[derive(Debug, Clone, Default)]
pub struct Live(Arc<RwLock<Arc<Mappings>>>);

impl Live {
    /// The mappings now.
    pub fn now(&self) -> Arc<Mappings> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts others in their place.
    pub fn replace(&self, mappings: Mappings) {
        let mappings = Arc::new(mappings);
        let before = std::mem::replace(
            &mut *self.0.write().unwrap_or_else(PoisonError::into_inner),
            mappings,
        );
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
