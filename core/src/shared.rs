//! What the clients of a process share: LibreChat makes one for each chat request, and none of them
//! may pay for connections, certificates, credentials or mappings again.
//!
//! Each thing is shared by what it depends on. Where that holds a secret, nothing here holds it: such
//! things are found by a fingerprint and kept alive by the clients that use them.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::bedrock::CallError;
use crate::bedrock::retry::Quota;
use crate::bedrock::transport::{Transport, TransportSettings};
use crate::documents::Documents;
use crate::lru::Lru;
use crate::mappings_file::{AT_ONCE, MappingsFile};
use crate::model::catalog;
use crate::model::ends::NameEnds;
use crate::model::knowledge::Overrides;
use crate::profile::Mappings;
use crate::profile::mapping::unmapped_warning;
use crate::store::SharedStore;
use crate::store::object::Keeper;
use crate::store::settings::StoreSettings;
use crate::tenant::{Fingerprint, Tenant};

/// Things that are found again as long as anyone uses them, and some of them longer.
pub struct Registry<T>(Mutex<Entries<T>>);

struct Entries<T> {
    live: HashMap<Fingerprint, Weak<T>>,
    /// How many there may be before those that nobody uses are looked for.
    sweep_at: usize,
    kept: Lru<Fingerprint, Arc<T>>,
}

/// How many live things are not worth a sweep.
const FEW: usize = 64;

impl<T> Registry<T> {
    /// Keeps things that together weigh this much, whether or not anyone uses them.
    pub fn new(kept: usize) -> Self {
        Self(Mutex::new(Entries { live: HashMap::new(), sweep_at: FEW, kept: Lru::new(kept) }))
    }

    /// The thing of a key, made where there is none, with what it weighs; `None` where only those
    /// who use it keep it.
    pub fn get_or_make<E>(
        &self,
        key: Fingerprint,
        make: impl FnOnce() -> Result<(T, Option<usize>), E>,
    ) -> Result<Arc<T>, E> {
        // What is made twice would be paid for twice: whoever wants it meanwhile waits.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.kept.get(&key) {
            return Ok(Arc::clone(found));
        }
        if let Some(found) = all.live.get(&key).and_then(Weak::upgrade) {
            return Ok(found);
        }
        let (thing, weight) = make()?;
        let thing = Arc::new(thing);
        if all.live.len() >= all.sweep_at {
            all.live.retain(|_, live| live.strong_count() > 0);
            all.sweep_at = FEW.max(all.live.len() * 2);
        }
        all.live.insert(key, Arc::downgrade(&thing));
        if let Some(weight) = weight {
            all.kept.insert_weighing(key, Arc::clone(&thing), weight);
        }
        Ok(thing)
    }
}

/// Most bytes of mappings and overrides that are kept, read; those of living clients beside them.
const DECLARED_BYTES: usize = 32 * 1024 * 1024;
/// How many bytes a byte of JSON text becomes, about.
const READ_FACTOR: usize = 4;

/// The operator's mappings, read, with what is wrong with them.
#[derive(Debug)]
pub struct Declared {
    /// The mappings; where they say nothing, those of the file count.
    pub mappings: Mappings,
    /// What the operator should know of them.
    pub warnings: Vec<String>,
    /// The file beside them.
    pub file: Option<Arc<MappingsFile>>,
    /// What operators write into the store.
    pub documents: Option<Arc<Documents>>,
    /// ARNs of `BEDROCK_AWS_MODELS`, until the file has been read: it may name them.
    models: Mutex<Option<String>>,
}

impl Declared {
    /// The first keys of the file, sorted, as far as it has been read.
    pub fn keys_of_file(&self, most: usize) -> Vec<String> {
        let Some(file) = self.loaded_file() else { return Vec::new() };
        file.live().now().keys().take(most).map(str::to_owned).collect()
    }

    /// Whether the file has an entry of this key.
    pub fn is_in_file(&self, key: &str) -> bool {
        self.loaded_file().is_some_and(|file| file.live().now().has_entry(key))
    }

    fn loaded_file(&self) -> Option<&MappingsFile> {
        let file = self.file.as_deref()?;
        if !file.is_loaded() {
            file.loaded_within(AT_ONCE);
        }
        Some(file)
    }

    /// What the operator should know of the file, once.
    pub fn take_messages(&self) -> Vec<String> {
        let mut messages = self.documents.as_ref().map(|it| it.take_messages()).unwrap_or_default();
        let Some(file) = &self.file else { return messages };
        messages.extend(file.take_messages());
        if file.is_loaded()
            && let Some(models) = self.models.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            messages.extend(unmapped_warning(&self.mappings.unmapped_arns(&models)));
        }
        messages
    }
}

/// The ids of the models that the catalog knows.
pub fn known_models() -> Vec<String> {
    catalog::all().map(|entry| entry.id().to_owned()).collect()
}

/// Takes aliases at their word; see [`Mappings::trust_names`].
pub fn trust_names(mappings: &mut Mappings) {
    let ends = NameEnds::default();
    mappings.trust_names(&|name| ends.model(name).map(str::to_owned));
}

/// The mappings of these texts: `BEDROCK_INFERENCE_PROFILE_MAPPINGS`, the option `mappings`, and
/// `BEDROCK_AWS_MODELS`, whose ARNs they should name; those of a file, and those of the store (its
/// settings are `store`). The same texts are read once.
pub fn mappings(
    environment: Option<&str>,
    option: Option<&str>,
    models: Option<&str>,
    file: Option<&str>,
    store: Option<&str>,
) -> Arc<Declared> {
    static DECLARED: LazyLock<Registry<Declared>> = LazyLock::new(|| Registry::new(DECLARED_BYTES));
    let key = Fingerprint::of(&(environment, option, models, file, store));
    let bytes = [environment, option, models].into_iter().flatten().map(str::len).sum::<usize>();
    let read = || {
        let (mut mappings, problems) = Mappings::load(environment, option, &known_models);
        trust_names(&mut mappings);
        let mut warnings: Vec<String> =
            problems.into_iter().map(|problem| problem.message).collect();
        let file = file.map(MappingsFile::open);
        let documents = store.map(|_| Arc::<Documents>::default());
        mappings.lay_over(
            file.as_ref().map(|file| file.live()),
            documents.as_ref().map(|documents| documents.mappings()),
        );
        if let (Some(models), None) = (models, &file) {
            warnings.extend(unmapped_warning(&mappings.unmapped_arns(models)));
        }
        let weight = Some(bytes.saturating_mul(READ_FACTOR) + FEW);
        let models = Mutex::new(models.filter(|_| file.is_some()).map(str::to_owned));
        let declared = Declared { mappings, warnings, file, documents, models };
        Ok::<_, std::convert::Infallible>((declared, weight))
    };
    match DECLARED.get_or_make(key, read) {
        Ok(declared) => declared,
        Err(never) => match never {},
    }
}

/// The overrides of a text, read once.
pub fn overrides(text: &str) -> Result<Arc<Overrides>, CallError> {
    static OVERRIDES: LazyLock<Registry<Overrides>> =
        LazyLock::new(|| Registry::new(DECLARED_BYTES));
    OVERRIDES.get_or_make(Fingerprint::of(&text), || {
        let read = Overrides::parse(text).map_err(CallError::input)?;
        Ok((read, Some(text.len().saturating_mul(READ_FACTOR) + FEW)))
    })
}

/// Most stores that are kept though no client uses them.
const MOST_STORES: usize = 16;

/// The store of these settings.
pub fn store(settings: &StoreSettings, keeper: &Arc<dyn Keeper>) -> Arc<SharedStore> {
    static STORES: LazyLock<Registry<Arc<SharedStore>>> =
        LazyLock::new(|| Registry::new(MOST_STORES));
    let open = || Ok::<_, std::convert::Infallible>((settings.open(keeper), Some(1)));
    match STORES.get_or_make(Fingerprint::of(settings), open) {
        Ok(store) => Arc::clone(&store),
        Err(never) => match never {},
    }
}

/// Most sets of connections that are kept though no client uses them.
const MOST_CONNECTIONS: usize = 64;
/// How long connections that hold a secret outlive the last call over them.
const LINGER: Duration = Duration::from_mins(1);

/// Connections that are made alike.
pub struct Connections {
    /// The connections.
    pub transport: Transport,
    /// Which way they go.
    pub way: Fingerprint,
    /// Whether a password of a proxy or a private key is needed to make them.
    secret: bool,
    /// When they were used last, in milliseconds since they were made.
    used: AtomicU64,
    made: Instant,
    lingers: AtomicBool,
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

impl Connections {
    /// Keeps those for a while whose secrets keep them from being kept for good: a client for each
    /// request would connect for each request. Call it within the runtime.
    pub fn linger(self: &Arc<Self>) {
        if !self.secret {
            return;
        }
        self.used.store(self.since_made(), Ordering::Relaxed);
        if self.lingers.swap(true, Ordering::Relaxed) {
            return;
        }
        let connections = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                let idle = connections.since_made() - connections.used.load(Ordering::Relaxed);
                match LINGER.checked_sub(Duration::from_millis(idle)) {
                    Some(left) if !left.is_zero() => tokio::time::sleep(left).await,
                    _ => break,
                }
            }
            connections.lingers.store(false, Ordering::Relaxed);
        });
    }

    fn since_made(&self) -> u64 {
        u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The connections for these settings.
pub fn connections(settings: &TransportSettings) -> Result<Arc<Connections>, CallError> {
    static CONNECTIONS: LazyLock<Registry<Connections>> =
        LazyLock::new(|| Registry::new(MOST_CONNECTIONS));
    let way = Fingerprint::of(settings);
    CONNECTIONS.get_or_make(way, || {
        let proxied = settings.proxy.as_ref().is_some_and(|proxy| !proxy.headers.is_empty());
        let secret = proxied || settings.tls.key.is_some();
        let transport = Transport::new(settings)?;
        let made = Connections {
            transport,
            way,
            secret,
            used: AtomicU64::new(0),
            made: Instant::now(),
            lingers: AtomicBool::new(false),
        };
        Ok((made, (!secret).then_some(1)))
    })
}

/// Most tenants and regions whose retries are counted.
const MOST_QUOTAS: usize = 20_000;

/// What a tenant's retries in one region of a service may cost. Questions about profiles, which may go
/// unanswered for hours, take nothing from inference, though one gateway serves both.
pub fn quota(tenant: &Tenant, service: &impl Hash, region: &str) -> Arc<Quota> {
    static QUOTAS: LazyLock<Mutex<Lru<Fingerprint, Arc<Quota>>>> =
        LazyLock::new(|| Mutex::new(Lru::new(MOST_QUOTAS)));
    let key = Fingerprint::of(&(tenant, service, region));
    let mut quotas = QUOTAS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(quota) = quotas.get(&key) {
        return Arc::clone(quota);
    }
    let quota = Arc::<Quota>::default();
    quotas.insert(key, Arc::clone(&quota));
    quota
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    type Made = Result<(String, Option<usize>), ()>;

    #[test]
    fn what_nobody_uses_is_gone_unless_it_is_kept() {
        let registry = Registry::new(10);
        let key = Fingerprint::of(&"a");
        let make = |text: &str, weight| -> Made { Ok((text.to_owned(), weight)) };
        let first = registry.get_or_make(key, || make("first", None)).unwrap();
        let same = registry.get_or_make(key, || make("second", None)).unwrap();
        assert!(Arc::ptr_eq(&first, &same));
        drop((first, same));
        assert_eq!(*registry.get_or_make(key, || make("third", Some(1))).unwrap(), "third");
        assert_eq!(*registry.get_or_make(key, || make("fourth", None)).unwrap(), "third");
        let wrong = registry.get_or_make(Fingerprint::of(&"b"), || -> Made { Err(()) });
        assert!(wrong.is_err());
    }

    #[test]
    fn what_was_alive_leaves_nothing_behind() {
        let registry = Registry::new(1);
        for number in 0..10_000 {
            let made = registry.get_or_make(Fingerprint::of(&number), || -> Made {
                Ok((number.to_string(), None))
            });
            drop(made.unwrap());
        }
        assert!(registry.0.lock().unwrap().live.len() <= FEW);
    }

    #[test]
    fn the_same_texts_are_read_once() {
        let text = r#"{ "mine": "anthropic.claude-sonnet-4-6" }"#;
        let one = mappings(Some(text), None, None, None, None);
        assert!(Arc::ptr_eq(&one, &mappings(Some(text), None, None, None, None)));
        assert!(!Arc::ptr_eq(&one, &mappings(None, Some(text), None, None, None)));
        assert!(Arc::ptr_eq(&overrides("{}").unwrap(), &overrides("{}").unwrap()));
        assert!(overrides("[]").is_err());
    }

    #[test]
    fn retries_are_counted_by_tenant_service_and_region() {
        let one = Tenant::Named(Arc::from("one"));
        let first = quota(&one, &"runtime", "us-east-1");
        assert!(Arc::ptr_eq(&first, &quota(&one, &"runtime", "us-east-1")));
        for other in [
            quota(&one, &"runtime", "eu-west-1"),
            quota(&one, &"control", "us-east-1"),
            quota(&Tenant::Named(Arc::from("two")), &"runtime", "us-east-1"),
        ] {
            assert!(!Arc::ptr_eq(&first, &other));
        }
    }
}
