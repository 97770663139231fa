//! What ids were resolved to a moment ago: most requests name the same few.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::lru::Lru;
use crate::profile::ResolvedProfile;
use crate::profile::resolver::ResolveSource;
use crate::tenant::Fingerprint;

/// How long it is taken without looking again: the age that it states is at most so much too low, and
/// what is due for confirmation is confirmed so much later.
const LASTS: Duration = Duration::from_secs(1);
/// Most ids of a configuration, each for each signer.
const MOST: usize = 10_000;

/// What resolving depends on, beside the id and the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Basis {
    /// Who signs.
    pub(super) signer: Fingerprint,
    /// How often something was found out of who that is.
    pub(super) principal: u64,
    /// How often the resolver has learned something.
    pub(super) memory: u64,
    /// How often the file of mappings was read.
    pub(super) file: u64,
    /// How often those of the store were.
    pub(super) documents: u64,
    /// Whether what others were told counts too.
    pub(super) anyone: bool,
}

#[derive(Debug)]
struct Found {
    id: Box<str>,
    basis: Basis,
    at: Instant,
    resolved: Arc<ResolvedProfile>,
}

/// Resolved ids of one configuration.
#[derive(Debug)]
pub(super) struct Warm(Mutex<Lru<u64, Found>>);

impl Default for Warm {
    fn default() -> Self {
        Self(Mutex::new(Lru::new(MOST)))
    }
}

impl Warm {
    /// What an id was resolved to on the same basis a moment ago.
    pub(super) fn get(&self, id: &str, basis: &Basis) -> Option<Arc<ResolvedProfile>> {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = found.get(&place(id, basis))?;
        let holds = *found.id == *id && found.basis == *basis && found.at.elapsed() < LASTS;
        holds.then(|| Arc::clone(&found.resolved))
    }

    /// Keeps what an id was resolved to, if the next who asks would be told the same.
    pub(super) fn keep(&self, id: &str, basis: Basis, resolved: &Arc<ResolvedProfile>) {
        let lasting = match resolved.source {
            ResolveSource::Mapping | ResolveSource::Id | ResolveSource::Cache => true,
            ResolveSource::Store | ResolveSource::Aws | ResolveSource::Unknown => false,
        };
        if !lasting || resolved.warnings.iter().any(|warning| warning.first) {
            return;
        }
        let found =
            Found { id: id.into(), basis, at: Instant::now(), resolved: Arc::clone(resolved) };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(place(id, &basis), found);
    }
}

fn place(id: &str, basis: &Basis) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one((id, basis.signer, basis.anyone))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "tests")]

    use super::*;
    use crate::profile::{Mappings, Resolver, Sources};

    const SONNET: &str = "anthropic.claude-sonnet-4-6";
    const ARN: &str =
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl";

    fn basis() -> Basis {
        let signer = Fingerprint::of(&"someone");
        Basis { signer, principal: 0, memory: 0, file: 0, documents: 0, anyone: false }
    }

    fn resolved(id: &str) -> Arc<ResolvedProfile> {
        let resolver = Resolver::new(Arc::new(crate::profile::clock::SystemClock));
        let found =
            resolver.resolve_sync(id, None, &Mappings::default(), &Sources::default(), false);
        Arc::new(found.ok().flatten().expect("an id that names its model"))
    }

    #[test]
    fn what_was_resolved_holds_for_the_same_id_on_the_same_basis() {
        let (warm, known) = (Warm::default(), resolved(SONNET));
        warm.keep(SONNET, basis(), &known);
        assert!(warm.get(SONNET, &basis()).is_some_and(|found| Arc::ptr_eq(&found, &known)));
        assert!(warm.get(ARN, &basis()).is_none());
        let others = [
            Basis { signer: Fingerprint::of(&"someone else"), ..basis() },
            Basis { principal: 1, ..basis() },
            Basis { memory: 1, ..basis() },
            Basis { file: 1, ..basis() },
            Basis { documents: 1, ..basis() },
            Basis { anyone: true, ..basis() },
        ];
        for other in others {
            assert!(warm.get(SONNET, &other).is_none(), "{other:?}");
        }
    }

    #[test]
    fn what_the_next_would_be_told_otherwise_is_not_kept() {
        let warm = Warm::default();
        let known = ResolvedProfile::clone(&resolved(SONNET));
        for source in [ResolveSource::Aws, ResolveSource::Store, ResolveSource::Unknown] {
            warm.keep(SONNET, basis(), &Arc::new(ResolvedProfile { source, ..known.clone() }));
            assert!(warm.get(SONNET, &basis()).is_none(), "{source:?}");
        }
        let decorated = resolved("bedrock/anthropic.claude-sonnet-4-6");
        assert!(decorated.warnings.iter().any(|warning| warning.first));
        warm.keep(SONNET, basis(), &decorated);
        assert!(warm.get(SONNET, &basis()).is_none());
    }
}
