//! A client: what it shares with others, whose it is, and the callers it sends with.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use crate::bedrock::caller_identity::{self, CallerIdentity};
use crate::bedrock::credentials::{Given, GivenFuture, Provider, Signer};
use crate::bedrock::exchange::Caller;
use crate::bedrock::identity::Identity;
use crate::bedrock::retry::RetryMode;
use crate::bedrock::role::RoleToAssume;
use crate::bedrock::transport::Transport;
use crate::bedrock::wire::SendOptions;
use crate::bedrock::{CallError, control, endpoint, instance};
use crate::call::Host;
use crate::confirm;
use crate::failover::Place;
use crate::hints;
use crate::labels;
use crate::lru::Lru;
use crate::mappings_file::AT_ONCE;
use crate::model::knowledge::{self, Knowledge, Overrides, Subject, Taught};
use crate::model::learned::{self, Lesson, Owner};
use crate::profile::lookup::{
    LookupCause, LookupError, ProfileLookup, Question, Scope, Underlying,
};
use crate::profile::mapping::Destination;
use crate::profile::{self, BoxFuture, IdKind, ModelRef, ResolvedProfile, Resolver, Sources};
use crate::settings::{AccountSettings, ClientCredentials, CredentialSettings, Gating, Settings};
use crate::shared::{self, Connections, Declared, Registry};
use crate::store::SharedStore;
use crate::store::object::Keeper;
use crate::tenant::{Fingerprint, Principal, Tenant, Tenants};

pub mod listing;
mod roles;
mod warm;

use roles::{Assumed, FEW_SESSIONS};
use warm::{Basis, Warm};

/// Which host of a region is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Service {
    Runtime,
    Control,
}

/// What many clients have in common: everything but the credentials.
#[derive(Debug)]
pub struct Configuration {
    settings: Settings,
    declared: Arc<Declared>,
    overrides: Arc<Overrides>,
    connections: Arc<Connections>,
    tenant: Option<Tenant>,
    /// The endpoints for inference and of the control plane, where they are not AWS's own.
    runtime: Option<Arc<str>>,
    control: Option<Arc<str>>,
    /// Opened by the first client.
    store: OnceLock<Arc<SharedStore>>,
    warm: Warm,
}

impl Configuration {
    /// These settings (JSON of [`Settings`]) with the operator's mappings. The same settings are the
    /// same configuration, as long as anyone uses it. Does no I/O.
    pub fn open(text: &str, declared: &Arc<Declared>) -> Result<Arc<Self>, CallError> {
        // The text may hold the password of a proxy, or a private key.
        static CONFIGURATIONS: LazyLock<Registry<Configuration>> =
            LazyLock::new(|| Registry::new(1));
        let key = Fingerprint::of(&(text, Arc::as_ptr(declared).addr()));
        CONFIGURATIONS.get_or_make(key, || {
            let settings = Settings::parse(text)?;
            let overrides = match &settings.overrides {
                Some(text) => shared::overrides(text)?,
                None => Arc::default(),
            };
            let configuration = Self {
                connections: shared::connections(&settings.transport())?,
                tenant: settings.tenant.as_deref().map(|name| Tenant::Named(Arc::from(name))),
                runtime: settings.foreign_runtime(),
                control: settings.foreign_control(),
                store: OnceLock::new(),
                warm: Warm::default(),
                declared: Arc::clone(declared),
                overrides,
                settings,
            };
            Ok((configuration, None))
        })
    }
}

/// What signs requests, shared by the clients with the same credentials.
struct Signing {
    identity: Identity,
    principal: Arc<Principal>,
    /// What every process with the same configuration calls it.
    name: Option<Arc<str>>,
    /// The same of keys that do not rotate.
    keys: Option<Arc<str>>,
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signing").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// Most identities of AWS's own chains that are kept though no client uses them: they are the
/// process's. Others are kept by whoever uses them.
const MOST_CHAINS: usize = 64;

impl Signing {
    /// What signs for a principal, which observes the keys that are given.
    fn new(signer: Signer, principal: Arc<Principal>, region: &str, transport: &Transport) -> Self {
        let identity = Identity::new(signer, region, transport);
        let observer = Arc::clone(&principal);
        identity.tell(move |keys| {
            observer.observe(Fingerprint::of(keys), keys.account_id.as_deref());
        });
        Self { identity, principal, name: None, keys: None }
    }

    /// Who signs with these credentials.
    fn open(
        credentials: &CredentialSettings,
        configuration: &Configuration,
        host: &Arc<dyn Host>,
    ) -> Arc<Self> {
        static SIGNING: LazyLock<Registry<Signing>> = LazyLock::new(|| Registry::new(MOST_CHAINS));
        let (signer, kept) = match credentials {
            CredentialSettings::Static(keys) => (Fingerprint::of(keys), false),
            CredentialSettings::Bearer(token) => (Fingerprint::of(&("bearer", token)), false),
            CredentialSettings::Provider(number) => (Fingerprint::of(&("provider", number)), false),
            CredentialSettings::TokenProvider(number) => {
                (Fingerprint::of(&("tokenProvider", number)), false)
            }
            CredentialSettings::Chain { profile } => (Fingerprint::of(&("chain", profile)), true),
            CredentialSettings::TokenChain { profile } => {
                (Fingerprint::of(&("tokenChain", profile)), true)
            }
        };
        let region = configuration.settings.region.as_deref().unwrap_or("us-east-1");
        let key = Fingerprint::of(&(signer, region, configuration.connections.way));
        let made = SIGNING.get_or_make(key, || {
            let name: Option<Arc<str>> = credentials.lasting_name().map(Arc::from);
            let are_keys = matches!(credentials, CredentialSettings::Static(_));
            let keys = name.clone().filter(|_| are_keys);
            let principal = Arc::new(Principal::new(signer));
            let ask = |provider| {
                let (host, principal) = (Arc::clone(host), Arc::clone(&principal));
                Arc::new(Observed { host, provider, principal }) as Arc<dyn Provider>
            };
            let signer = match credentials.clone() {
                CredentialSettings::Static(keys) => Signer::Static(keys),
                CredentialSettings::Bearer(token) => Signer::Bearer(token),
                CredentialSettings::Provider(provider) => Signer::Provider(ask(provider)),
                CredentialSettings::TokenProvider(provider) => Signer::TokenProvider(ask(provider)),
                CredentialSettings::Chain { profile } => Signer::Chain { profile },
                CredentialSettings::TokenChain { profile } => Signer::TokenChain { profile },
            };
            let transport = &configuration.connections.transport;
            let signing = Self::new(signer, principal, region, transport);
            let signing = Self { name, keys, ..signing };
            Ok::<_, std::convert::Infallible>((signing, kept.then_some(1)))
        });
        match made {
            Ok(signing) => signing,
            Err(never) => match never {},
        }
    }
}

/// A caller's provider; once it has given a token, that token is the principal.
struct Observed {
    host: Arc<dyn Host>,
    provider: u32,
    principal: Arc<Principal>,
}

impl Provider for Observed {
    fn ask(&self) -> GivenFuture {
        let given = self.host.ask(self.provider);
        let principal = Arc::clone(&self.principal);
        Box::pin(async move {
            let given = given.await?;
            if let Given::Token(token) = &given {
                principal.observe(Fingerprint::of(&("bearer", &token.token)), None);
            }
            Ok(given)
        })
    }
}

/// A client: a handful of references to what it shares.
#[derive(Debug)]
pub struct Client {
    callers: Arc<Callers>,
    /// What is set up for ARNs of other accounts (option `accounts`).
    accounts: HashMap<String, Account>,
    /// What sends in sessions with tags.
    sessions: Mutex<Lru<RoleToAssume, Arc<Callers>>>,
}

/// An account that the operator has named.
#[derive(Debug)]
struct Account {
    callers: Arc<Callers>,
    /// The role that is assumed there; `None` where it has credentials of its own.
    role: Option<RoleToAssume>,
}

impl Client {
    /// A client of a configuration, with these credentials (JSON of [`ClientCredentials`]). Does no
    /// I/O.
    pub fn open(
        configuration: &Arc<Configuration>,
        credentials: &str,
        host: &Arc<dyn Host>,
    ) -> Result<Arc<Self>, CallError> {
        let ClientCredentials { own, accounts } = ClientCredentials::parse(credentials)?;
        if let Some(settings) = &configuration.settings.store {
            configuration.store.get_or_init(|| {
                let keeper: Arc<dyn Keeper> = Arc::<dyn Host>::clone(host);
                shared::store(settings, &keeper)
            });
        }
        let own = Signing::open(&own, configuration, host);
        let of_account = |settings| match settings {
            AccountSettings::Role(role) => {
                let assumed = Assumed::open(&role, &own, configuration);
                let callers = Arc::new(Callers::assuming(configuration, &assumed, &own));
                Account { callers, role: Some(role) }
            }
            AccountSettings::Credentials(credentials) => {
                let signing = Signing::open(&credentials, configuration, host);
                Account { callers: Arc::new(Callers::new(configuration, signing)), role: None }
            }
        };
        let accounts =
            accounts.into_iter().map(|(id, settings)| (id, of_account(settings))).collect();
        let callers = Arc::new(Callers::new(configuration, own));
        let sessions = Mutex::new(Lru::new(FEW_SESSIONS));
        Ok(Arc::new(Self { callers, accounts, sessions }))
    }

    /// Who sends what concerns an id: those of its account, where the operator has named some.
    pub(crate) fn callers(&self, id: &str) -> &Arc<Callers> {
        self.account(id).map_or(&self.callers, |account| &account.callers)
    }

    /// The account of an id, where the operator has named it.
    fn account(&self, id: &str) -> Option<&Account> {
        if self.accounts.is_empty() {
            return None;
        }
        let mapped = self.declared().mappings.find(id).map(|mapped| mapped.call_id);
        let id = ModelRef::parse(mapped.as_deref().unwrap_or(id)).ok()?;
        self.accounts.get(id.account()?)
    }

    /// Who sends for an account; the client's own credentials where none is named.
    pub(crate) fn callers_of(&self, account: Option<&str>) -> &Arc<Callers> {
        let account = account.and_then(|account| self.accounts.get(account));
        account.map_or(&self.callers, |account| &account.callers)
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.callers.configuration.settings
    }

    /// The operator's mappings.
    pub fn declared(&self) -> &Declared {
        &self.callers.configuration.declared
    }

    /// Where what is known is kept beyond the process; `None` with `store: false`.
    pub fn store(&self) -> Option<&Arc<SharedStore>> {
        self.callers.configuration.store.get()
    }

    /// Where and for whom costs are counted: the endpoint that is not AWS's own, and the tenant that the
    /// operator has named.
    pub(crate) fn ledger_scope(&self) -> (Option<&str>, Option<&Tenant>) {
        let configuration = &self.callers.configuration;
        (configuration.runtime.as_deref(), configuration.tenant.as_ref())
    }

    /// Whom the resolver may ask about an id for this client, and who it is.
    pub(crate) fn sources(&self, id: &str) -> Sources {
        let callers = self.callers(id);
        let lookup = self.settings().discovery.then(|| {
            let lookup: Arc<dyn ProfileLookup> = Arc::<Callers>::clone(callers);
            lookup
        });
        Sources { lookup, store: self.store().cloned(), scope: callers.scope() }
    }

    /// Waits for a file of mappings that has not been read yet, and a little for those of the store.
    pub(crate) async fn mappings_loaded(&self) {
        if let Some(file) = self.declared().file.as_ref().filter(|file| !file.is_loaded()) {
            Box::pin(file.loaded()).await;
        }
        if let Some(documents) = self.declared().documents.as_ref().filter(|it| !it.is_loaded())
            && let Some(store) = self.store().filter(|store| store.is_shared())
        {
            Box::pin(documents.load(store, self.documents_owner())).await;
        }
    }

    /// The same as [`Self::resolve`] for one of several destinations of an id.
    pub(crate) async fn resolve_mapped(
        &self,
        id: &str,
        destination: &Destination,
    ) -> Result<ResolvedProfile, CallError> {
        let region = self.settings().region.as_deref();
        let mapped = destination.mapped.clone();
        let sources = self.sources(&mapped.call_id);
        let found = Resolver::shared().resolve_mapped(id, mapped, region, &sources).await;
        found.map_err(|error| CallError::input(error.to_string()))
    }

    /// A destination, as this client calls it; `session`: the role whose sessions sign.
    pub(crate) fn place(
        &self,
        call_id: &str,
        region: Option<&str>,
        session: Option<&str>,
    ) -> Place {
        let callers = self.callers(call_id);
        let signer = callers.signing.principal.signer();
        Place {
            subject: format!("{}/{call_id}", region.unwrap_or_default()),
            endpoint: callers.configuration.runtime.clone(),
            tenant: callers.tenants(false).now,
            signer: session.map_or(signer, |role| Fingerprint::of(&(signer, role))),
            keys: callers.signing.keys.clone().filter(|_| session.is_none()),
        }
    }

    /// Which model stands behind an id, and where it is called.
    pub async fn resolve(
        &self,
        id: &str,
        gating: Gating,
    ) -> Result<Arc<ResolvedProfile>, CallError> {
        self.mappings_loaded().await;
        if let Some(resolved) = self.unjudged(id, gating) {
            return Ok(Arc::new(resolved));
        }
        let (basis, warm) = (self.basis(id, false), &self.callers.configuration.warm);
        if let Some(resolved) = warm.get(id, &basis) {
            return Ok(resolved);
        }
        let resolved = Box::pin(self.resolve_afresh(id)).await?;
        warm.keep(id, basis, &resolved);
        Ok(resolved)
    }

    async fn resolve_afresh(&self, id: &str) -> Result<Arc<ResolvedProfile>, CallError> {
        let region = self.settings().region.as_deref();
        let mappings = &self.declared().mappings;
        let found = Resolver::shared().resolve(id, region, mappings, &self.sources(id)).await;
        found.map(Arc::new).map_err(|error| CallError::input(error.to_string()))
    }

    /// The same from what is known now; `None` where AWS must be asked. `anyone`: also from what the
    /// endpoint has said to other tenants.
    pub fn resolve_sync(
        &self,
        id: &str,
        anyone: bool,
    ) -> Result<Option<Arc<ResolvedProfile>>, CallError> {
        if let Some(file) = self.declared().file.as_ref().filter(|file| !file.is_loaded()) {
            file.loaded_within(AT_ONCE);
        }
        if let Some(resolved) = self.unjudged(id, self.settings().gating) {
            return Ok(Some(Arc::new(resolved)));
        }
        let (basis, warm) = (self.basis(id, anyone), &self.callers.configuration.warm);
        if let Some(resolved) = warm.get(id, &basis) {
            return Ok(Some(resolved));
        }
        let region = self.settings().region.as_deref();
        let (mappings, sources) = (&self.declared().mappings, self.sources(id));
        let found = Resolver::shared().resolve_sync(id, region, mappings, &sources, anyone);
        let found = found.map_err(|error| CallError::input(error.to_string()))?.map(Arc::new);
        if let Some(resolved) = &found {
            warm.keep(id, basis, resolved);
        }
        Ok(found)
    }

    /// What resolving an id depends on now.
    fn basis(&self, id: &str, anyone: bool) -> Basis {
        let principal = &self.callers(id).signing.principal;
        Basis {
            signer: principal.signer(),
            principal: principal.changes(),
            memory: Resolver::shared().changes(),
            file: self.declared().file.as_ref().map_or(0, |file| file.changes()),
            documents: self.declared().documents.as_ref().map_or(0, |it| it.changes()),
            anyone,
        }
    }

    /// With `gating: "off"` nobody is asked about an id that no mapping names.
    fn unjudged(&self, id: &str, gating: Gating) -> Option<ResolvedProfile> {
        let off = gating == Gating::Off;
        (off && !self.declared().mappings.has(id))
            .then(|| profile::unjudged(id, self.settings().region.as_deref()))
    }

    /// Whether the operator's mappings name an id: then it is called as they say.
    pub fn is_mapped(&self, id: &str) -> bool {
        let mappings = &self.declared().mappings;
        mappings.has(id) || ModelRef::parse(id).is_ok_and(|id| mappings.has(id.as_str()))
    }

    /// What is known of the model behind a resolved id without what refusals taught.
    pub(crate) fn untaught(&self, resolved: &ResolvedProfile) -> Knowledge {
        self.about(resolved, Taught::Nothing)
    }

    /// The same with what refusals taught, as far as requests have proved it.
    pub(crate) fn knowledge(&self, resolved: &ResolvedProfile) -> Knowledge {
        self.about(resolved, Taught::Proven(&*learned::shared(), &self.owner(&resolved.call_id)))
    }

    /// The same with what is to be proved by the next request, and with one more lesson.
    pub(crate) fn presumption(
        &self,
        resolved: &ResolvedProfile,
        more: Option<&Lesson>,
    ) -> Knowledge {
        let owner = self.owner(&resolved.call_id);
        self.about(resolved, Taught::Pending(&*learned::shared(), &owner, more))
    }

    fn about(&self, resolved: &ResolvedProfile, taught: Taught<'_>) -> Knowledge {
        let taught = if self.settings().learning { taught } else { Taught::Nothing };
        let stored = self.declared().documents.as_ref().map(|documents| documents.overrides());
        let stored = stored.filter(|stored| !stored.is_empty());
        let merged = stored.map(|stored| self.callers.configuration.overrides.over(&stored));
        let overrides = merged.as_ref().unwrap_or(&self.callers.configuration.overrides);
        let stated = |model: &str| {
            let region = resolved.region.as_deref()?;
            let models = confirm::shared();
            if models.is_empty() {
                None
            } else {
                models.about(&self.callers(&resolved.call_id).scope(), region, model)
            }
        };
        knowledge::about(subject(resolved), &stated, overrides, taught, SystemTime::now())
    }

    /// What the keys of those who call an id are called in every process, where they do not rotate.
    pub(crate) fn lasting_keys(&self, call_id: &str) -> Option<Arc<str>> {
        self.callers(call_id).signing.keys.clone()
    }

    /// Whose the lessons are that calling an id teaches.
    pub(crate) fn owner(&self, call_id: &str) -> Owner {
        let callers = self.callers(call_id);
        let endpoint = callers.configuration.runtime.clone();
        Owner { endpoint, tenants: callers.tenants(false) }
    }

    /// An id was called, and AWS has answered.
    pub(crate) fn called(&self, id: &str) {
        if self.callers.configuration.runtime.is_none() {
            self.callers(id).learn_account(id, false);
        }
    }

    /// Whose the client's own credentials are.
    pub async fn caller_identity(&self) -> Result<CallerIdentity, CallError> {
        let Callers { configuration, signing, .. } = &*self.callers;
        let transport = &configuration.connections.transport;
        let region = configuration.settings.region.as_deref().unwrap_or("us-east-1");
        let mut asked = caller_identity::ask(&signing.identity, region, transport).await;
        if let Err(error) = &mut asked {
            hints::advise(error, None);
        }
        asked
    }

    /// Sends inference to a region, as the account of what is called.
    pub(crate) async fn runtime(
        &self,
        region: Option<&str>,
        call_id: Option<&str>,
    ) -> Result<Arc<Caller>, CallError> {
        let callers = call_id.map_or(&self.callers, |id| self.callers(id));
        self.send_through(callers, region).await
    }

    async fn send_through(
        &self,
        callers: &Callers,
        region: Option<&str>,
    ) -> Result<Arc<Caller>, CallError> {
        let connections = &self.callers.configuration.connections;
        connections.linger();
        let of_instance = match region {
            Some(_) => None,
            None => instance::region(&connections.transport).await,
        };
        let region = region.or(of_instance.as_deref()).ok_or_else(|| {
            CallError::input("Region is missing").with_hint(
                "Give the client a `region`, set BEDROCK_AWS_DEFAULT_REGION, or call an ARN, which \
                 names its region.",
            )
        })?;
        callers.get(region, Service::Runtime).await
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

/// What a caller is kept by: the region, the service, and whose retries it counts.
type CallerKey = (String, Service, Tenant);

/// What sends.
pub(crate) struct Callers {
    configuration: Arc<Configuration>,
    signing: Arc<Signing>,
    /// What assumes the role whose sessions sign: nothing else keeps its keys.
    _assumed_by: Option<Arc<Signing>>,
    ready: Mutex<HashMap<CallerKey, Arc<Caller>>>,
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callers").field("signing", &self.signing).finish_non_exhaustive()
    }
}

impl Callers {
    fn new(configuration: &Arc<Configuration>, signing: Arc<Signing>) -> Self {
        let (configuration, ready) = (Arc::clone(configuration), Mutex::default());
        Self { configuration, signing, _assumed_by: None, ready }
    }

    /// What sends in the sessions of a role.
    fn assuming(configuration: &Arc<Configuration>, role: &Assumed, by: &Arc<Signing>) -> Self {
        let signing = Arc::clone(&role.signing);
        Self { _assumed_by: Some(Arc::clone(by)), ..Self::new(configuration, signing) }
    }

    /// Whose what is learned is; with `vouched`, only where that is certain enough to read names.
    fn tenants(&self, vouched: bool) -> Tenants {
        match &self.configuration.tenant {
            Some(named) => Tenants { now: named.clone(), before: None },
            None => self.signing.principal.tenants(vouched),
        }
    }

    /// Where what is known is kept beyond the process.
    pub(crate) fn store(&self) -> Option<&Arc<SharedStore>> {
        self.configuration.store.get()
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope {
            endpoint: self.configuration.control.clone(),
            tenants: self.tenants(true),
            credential: self.signing.principal.credential(),
            signer: self.signing.name.clone(),
            keys: self.signing.keys.clone(),
            way: self.configuration.connections.way,
        }
    }

    /// The control plane has answered about an ARN.
    pub(crate) fn answered(&self, id: &str) {
        if self.configuration.control.is_none() {
            self.learn_account(id, true);
        }
    }

    /// AWS has answered about an ARN: whoever asked is of its account.
    fn learn_account(&self, id: &str, vouched: bool) {
        let Ok(id) = ModelRef::parse(id) else { return };
        // Other resources may be shared with an account.
        let own = matches!(id.kind(), IdKind::ApplicationProfile | IdKind::SystemProfile);
        if let Some(account) = id.account().filter(|_| own) {
            self.signing.principal.learn_account(account, vouched);
        }
    }

    /// Who asks a region's control plane, and how.
    pub(crate) async fn control(
        &self,
        region: &str,
    ) -> Result<(Arc<Caller>, SendOptions), LookupError> {
        let caller = self.get(region, Service::Control).await;
        let caller = caller.map_err(|error| LookupError::new(LookupCause::Other, error.message))?;
        // AWS's limits for questions about profiles are others than those for inference.
        let options = self.configuration.settings.call_options();
        Ok((caller, SendOptions { retry_mode: RetryMode::Standard, ..options }))
    }

    async fn get(&self, region: &str, service: Service) -> Result<Arc<Caller>, CallError> {
        let key = (region.to_owned(), service, self.tenants(false).now);
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(caller) = ready {
            return Ok(caller);
        }
        let caller = Arc::new(self.make(region, service, &key.2).await?);
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Arc::clone(ready.entry(key).or_insert(caller)))
    }

    async fn make(
        &self,
        region: &str,
        service: Service,
        tenant: &Tenant,
    ) -> Result<Caller, CallError> {
        let Configuration { settings, connections, runtime, control, .. } = &*self.configuration;
        let (endpoint, foreign) = match service {
            Service::Runtime => {
                (endpoint::runtime(&settings.runtime_endpoint(region)).await?, runtime)
            }
            Service::Control => {
                (endpoint::control(&settings.control_endpoint(region)).await?, control)
            }
        };
        let quota = shared::quota(tenant, &(service, foreign), region);
        let (transport, identity) = (connections.transport.clone(), self.signing.identity.clone());
        Ok(Caller::new(endpoint, region, transport, identity, quota))
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
            let (caller, options) = self.control(region).await?;
            let found = control::ask(&caller, &question, options).await?;
            self.answered(target.as_str());
            Ok(found)
        })
    }
}
