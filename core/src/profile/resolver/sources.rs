//! Who can be asked.

use std::fmt;
use std::sync::Arc;

use crate::profile::lookup::{ProfileLookup, Scope};
use crate::store::SharedStore;

/// Who can be asked.
#[derive(Clone, Default)]
pub struct Sources {
    /// AWS; `None` where it must not be asked (`discovery: false`).
    pub lookup: Option<Arc<dyn ProfileLookup>>,
    /// Where answers are kept beyond the process.
    pub store: Option<Arc<SharedStore>>,
    /// Who asks, and whom.
    pub scope: Scope,
}

impl Sources {
    /// Whether there is anything to read beyond the process.
    pub(super) fn has_store(&self) -> bool {
        self.store.as_ref().is_some_and(|store| store.is_shared())
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sources")
            .field("lookup", &self.lookup.is_some())
            .field("store", &self.store.is_some())
            .field("scope", &self.scope)
            .finish()
    }
}
