//! A client: its settings, its mappings, and the callers it sends with.

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use crate::bedrock::call::CallOptions;
use crate::bedrock::credentials::{GivenFuture, Provider, Signer};
use crate::bedrock::exchange::Caller;
use crate::bedrock::identity::Identity;
use crate::bedrock::retry::RetryMode;
use crate::bedrock::transport::Transport;
use crate::bedrock::{CallError, control, endpoint, instance};
use crate::exchange::Host;
use crate::labels;
use crate::model::catalog;
use crate::model::knowledge::{self, Known, Overrides, Subject};
use crate::model::learned::{self, MemoryLessons};
use crate::profile::lookup::{LookupCause, LookupError, ProfileLookup, Question, Underlying};
use crate::profile::mapping::unmapped_warning;
use crate::profile::{self, BoxFuture, Mappings, ModelRef, ResolvedProfile, Resolver, Sources};
use crate::settings::{CredentialSettings, Gating, Settings};
use crate::shared::{self, Bounded};

/// Which host of a region is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Service {
    Runtime,
    Control,
}

/// A client.
pub struct Client {
    mappings: Mappings,
    overrides: Overrides,
    warnings: Mutex<Vec<String>>,
    sources: Sources,
    callers: Arc<Callers>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("callers", &self.callers).finish_non_exhaustive()
    }
}

/// Clients by their settings: the same settings are the same client, so that what was resolved and
/// signed for one request serves the next.
static CLIENTS: LazyLock<Mutex<Bounded<String, Arc<Client>>>> =
    LazyLock::new(|| Mutex::new(Bounded::new(128)));

impl Client {
    /// A client with these settings (JSON of [`Settings`]). Does no I/O.
    pub fn open(text: &str, host: Arc<dyn Host>) -> Result<Arc<Self>, CallError> {
        let cached = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner).get(&text.to_owned());
        if let Some(client) = cached {
            return Ok(client);
        }
        let settings = Settings::parse(text)?;
        // A provider belongs to its JavaScript environment and goes with its client.
        let lasting = !matches!(
            settings.credentials,
            CredentialSettings::Provider(_) | CredentialSettings::TokenProvider(_)
        );
        let client = Arc::new(Self::new(settings, text, host)?);
        if lasting {
            let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
            clients.insert(text.to_owned(), Arc::clone(&client));
        }
        Ok(client)
    }

    fn new(settings: Settings, text: &str, host: Arc<dyn Host>) -> Result<Self, CallError> {
        let known = || catalog::all().map(|entry| entry.id().to_owned()).collect();
        let (mut mappings, problems) = Mappings::load(
            settings.environment_mappings.as_deref(),
            settings.mappings.as_deref(),
            &known,
        );
        mappings.trust_names(&|name| {
            let found = catalog::find(name).filter(|found| found.exact);
            found.map(|found| found.entry.id().to_owned())
        });
        let mut warnings: Vec<String> =
            problems.into_iter().map(|problem| problem.message).collect();
        if let Some(models) = &settings.models {
            warnings.extend(unmapped_warning(&mappings.unmapped_arns(models)));
        }
        let overrides = match &settings.overrides {
            Some(text) => Overrides::parse(text).map_err(CallError::input)?,
            None => Overrides::default(),
        };
        let callers = Arc::new(Callers::new(settings, text, host)?);
        let lookup = callers.settings.discovery.then(|| {
            let lookup: Arc<dyn ProfileLookup> = Arc::<Callers>::clone(&callers);
            lookup
        });
        let sources = Sources { lookup, store: None };
        Ok(Self { mappings, overrides, warnings: Mutex::new(warnings), sources, callers })
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.callers.settings
    }

    /// What the operator should know and nobody has been told yet.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Which model stands behind an id, and where it is called.
    pub async fn resolve(&self, id: &str, gating: Gating) -> Result<ResolvedProfile, CallError> {
        if let Some(resolved) = self.unjudged(id, gating) {
            return Ok(resolved);
        }
        let region = self.settings().region.as_deref();
        let resolver = Resolver::shared();
        let found = resolver.resolve(id, region, &self.mappings, &self.sources).await;
        found.map_err(|error| CallError::input(error.to_string()))
    }

    /// The same from what is known now; `None` where AWS must be asked. What the operator should
    /// know joins [`Client::take_warnings`].
    pub fn resolve_sync(&self, id: &str) -> Result<Option<ResolvedProfile>, CallError> {
        if let Some(resolved) = self.unjudged(id, self.settings().gating) {
            return Ok(Some(resolved));
        }
        let region = self.settings().region.as_deref();
        let resolver = Resolver::shared();
        let found = resolver.resolve_sync(id, region, &self.mappings, &self.sources);
        let found = found.map_err(|error| CallError::input(error.to_string()))?;
        if let Some(found) = &found {
            let first = found.warnings.iter().filter(|warning| warning.first);
            let first = first.map(|warning| warning.message.clone());
            self.warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(first);
        }
        Ok(found)
    }

    /// With `gating: "off"` nobody is asked about an id that no mapping names.
    fn unjudged(&self, id: &str, gating: Gating) -> Option<ResolvedProfile> {
        let off = gating == Gating::Off;
        (off && self.mappings.find(id).is_none())
            .then(|| profile::unjudged(id, self.settings().region.as_deref()))
    }

    /// Whether the operator's mappings name an id: then it is called as they say.
    pub(crate) fn is_mapped(&self, id: &str) -> bool {
        let names = |id: &str| self.mappings.find(id).is_some();
        names(id) || ModelRef::parse(id).is_ok_and(|id| names(id.as_str()))
    }

    /// What is known of the model behind a resolved id; `learned`, with what refusals taught.
    pub(crate) fn knowledge(&self, resolved: &ResolvedProfile, learned: bool) -> Known {
        let now = SystemTime::now();
        if learned && self.settings().learning {
            knowledge::about(subject(resolved), &self.overrides, &*learned::shared(), now)
        } else {
            let nothing = MemoryLessons::default();
            knowledge::about(subject(resolved), &self.overrides, &nothing, now)
        }
    }

    /// Sends inference to a region.
    pub(crate) async fn runtime(&self, region: Option<&str>) -> Result<Arc<Caller>, CallError> {
        let of_instance = match region {
            Some(_) => None,
            None => instance::region(&self.callers.transport).await,
        };
        let region = region.or(of_instance.as_deref()).ok_or_else(|| {
            CallError::input("Region is missing").with_hint(
                "Give the client a `region`, set BEDROCK_AWS_DEFAULT_REGION, or call an ARN, which \
                 names its region.",
            )
        })?;
        self.callers.get(region, Service::Runtime).await
    }
}

fn subject(resolved: &ResolvedProfile) -> Subject<'_> {
    let ResolvedProfile { call_id, region, partition, .. } = resolved;
    Subject {
        model: resolved.model.as_deref(),
        other_models: &resolved.other_models,
        geography: labels::geography(call_id, region.as_deref(), partition),
        call_id: &resolved.call_id,
        requested_id: &resolved.requested_id,
    }
}

/// What sends, by region and service.
#[derive(Debug)]
struct Callers {
    settings: Settings,
    transport: Transport,
    identity: Identity,
    identity_key: u64,
    ready: Mutex<HashMap<(String, Service), Arc<Caller>>>,
}

struct HostProvider {
    host: Arc<dyn Host>,
    provider: u32,
}

impl Provider for HostProvider {
    fn ask(&self) -> GivenFuture {
        self.host.ask(self.provider)
    }
}

impl Callers {
    fn new(settings: Settings, text: &str, host: Arc<dyn Host>) -> Result<Self, CallError> {
        let asked = |provider: u32| Arc::new(HostProvider { host, provider });
        let signer = match &settings.credentials {
            CredentialSettings::Static(keys) => Signer::Static(keys.clone()),
            CredentialSettings::Bearer(token) => Signer::Bearer(token.clone()),
            CredentialSettings::Provider(provider) => Signer::Provider(asked(*provider)),
            CredentialSettings::TokenProvider(provider) => Signer::TokenProvider(asked(*provider)),
            CredentialSettings::Chain { profile } => Signer::Chain { profile: profile.clone() },
            CredentialSettings::TokenChain { profile } => {
                Signer::TokenChain { profile: profile.clone() }
            }
        };
        let mut hasher = DefaultHasher::new();
        match &settings.credentials {
            CredentialSettings::Static(keys) => keys.access_key_id.hash(&mut hasher),
            CredentialSettings::Bearer(token) => token.0.hash(&mut hasher),
            CredentialSettings::Provider(_) | CredentialSettings::TokenProvider(_) => {
                text.hash(&mut hasher);
            }
            CredentialSettings::Chain { profile } | CredentialSettings::TokenChain { profile } => {
                profile.hash(&mut hasher);
            }
        }
        settings.control_endpoint.hash(&mut hasher);
        let region = settings.region.as_deref().unwrap_or("us-east-1");
        let transport = shared::transport(&settings.transport())?;
        let identity = Identity::new(signer, region, &transport);
        Ok(Self {
            identity_key: hasher.finish(),
            settings,
            transport,
            identity,
            ready: Mutex::default(),
        })
    }

    async fn get(&self, region: &str, service: Service) -> Result<Arc<Caller>, CallError> {
        let key = (region.to_owned(), service);
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(caller) = ready {
            return Ok(caller);
        }
        let endpoint = match service {
            Service::Runtime => endpoint::runtime(&self.settings.runtime_endpoint(region)).await?,
            Service::Control => endpoint::control(&self.settings.control_endpoint(region)).await?,
        };
        let quota = shared::quota(self.identity_key, region);
        let (transport, identity) = (self.transport.clone(), self.identity.clone());
        let caller = Arc::new(Caller::new(endpoint, region, transport, identity, quota));
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(ready.entry(key).or_insert(caller)))
    }
}

impl ProfileLookup for Callers {
    fn underlying<'a>(
        &'a self,
        target: &'a ModelRef,
        region: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Underlying, LookupError>> {
        Box::pin(async move {
            let other = |message: &str| LookupError::new(LookupCause::Other, message);
            let question =
                Question::about(target).ok_or_else(|| other("AWS has no answer for this id"))?;
            let region = region.ok_or_else(|| other("no region is known to ask in"))?;
            let caller = self.get(region, Service::Control).await;
            let caller = caller.map_err(|error| other(&error.message))?;
            // AWS's limits for questions about profiles are others than those for inference.
            let options =
                CallOptions { retry_mode: RetryMode::Standard, ..self.settings.call_options() };
            control::ask(&caller, &question, options).await
        })
    }

    fn scope(&self) -> String {
        format!("{:016x}", self.identity_key)
    }
}
