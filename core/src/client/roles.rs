//! The roles that clients assume, for other accounts (option `accounts`) and for tags that say whose
//! cost a call is (option `attribution`).

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{Callers, Client, Configuration, Signing};
use crate::bedrock::CallError;
use crate::bedrock::credentials::Signer;
use crate::bedrock::exchange::Caller;
use crate::bedrock::role::{AssumedRole, RoleToAssume};
use crate::lru::Lru;
use crate::shared::{Connections, Registry};
use crate::tenant::{Fingerprint, Principal};

/// Of how many sessions a client keeps what sends in them: it is made from what the process keeps.
pub(super) const FEW_SESSIONS: usize = 64;
/// Most sessions of roles that are kept, with the keys that STS gave, though no client uses them.
const MOST_SESSIONS: usize = 1_000;
/// How long after a session could not be had it is asked for again.
const SESSION_PAUSE: Duration = Duration::from_mins(1);

/// How long a request waits for a session: it says whose cost it is, and nobody's chat waits for that.
const SESSION_WAIT: Duration = Duration::from_secs(3);
/// Most roles of which it is remembered that STS does not answer.
const MOST_SILENT: usize = 1_000;

/// When STS was last found not to answer, by who assumes which role: with other tags it would not either.
static SILENT: LazyLock<Mutex<Lru<Fingerprint, Instant>>> =
    LazyLock::new(|| Mutex::new(Lru::new(MOST_SILENT)));

/// Sessions of a role with one set of tags, assumed by one signer: kept by the process, as clients are
/// made for each request.
pub(super) struct Assumed {
    pub(super) signing: Arc<Signing>,
    role: Arc<AssumedRole>,
    /// Since its last failure none could be had.
    failed_at: Mutex<Option<Instant>>,
    /// The role as this signer assumes it, whatever the tags.
    whose: Fingerprint,
}

impl Assumed {
    /// Another set of tags, or another signer, is another session.
    pub(super) fn open(
        role: &RoleToAssume,
        by: &Signing,
        configuration: &Configuration,
    ) -> Arc<Self> {
        static ASSUMED: LazyLock<Registry<Assumed>> =
            LazyLock::new(|| Registry::new(MOST_SESSIONS));
        let region = configuration.settings.region.as_deref().unwrap_or("us-east-1");
        let Connections { transport, way, .. } = &*configuration.connections;
        let key = Fingerprint::of(&(by.principal.signer(), region, way, role));
        let made = ASSUMED.get_or_make(key, || {
            let assumed = AssumedRole::new(role.clone(), region, transport);
            // What one role's sessions learn is the account's, whatever their tags.
            let signer = ("role", by.principal.signer(), &role.role_arn);
            let whose = Fingerprint::of(&signer);
            let principal = Arc::new(Principal::new(whose));
            let signer = Signer::Provider(Arc::<AssumedRole>::clone(&assumed));
            let signing = Signing::new(signer, principal, region, transport);
            let name = Some(Arc::from(format!("role-{}", role.role_arn)));
            let signing = Arc::new(Signing { name, ..signing });
            let made = Self { signing, role: assumed, failed_at: Mutex::default(), whose };
            Ok::<_, std::convert::Infallible>((made, Some(1)))
        });
        match made {
            Ok(assumed) => {
                assumed.role.assume_with(&by.identity);
                assumed
            }
            Err(never) => match never {},
        }
    }

    /// Asks STS where it must be asked. An error says why no session can be had, where that is news.
    async fn ready(&self) -> Result<(), Option<String>> {
        let failed_at = || self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        if failed_at().is_some_and(|at| at.elapsed() < SESSION_PAUSE) {
            return Err(None);
        }
        let silent = || SILENT.lock().unwrap_or_else(PoisonError::into_inner);
        let is_silent = silent().get(&self.whose).is_some_and(|at| at.elapsed() < SESSION_PAUSE);
        // What is known already, or comes at once, is used all the same.
        let wait = if is_silent { Duration::ZERO } else { SESSION_WAIT };
        match timeout(wait, self.signing.identity.get()).await {
            Ok(Ok(_)) => {
                *failed_at() = None;
                silent().remove(&self.whose);
                Ok(())
            }
            Ok(Err(error)) => {
                let is_news = failed_at().replace(Instant::now()).is_none();
                Err(is_news.then_some(error.message))
            }
            // It is still waited for in the background.
            Err(_) if is_silent => Err(None),
            Err(_) => {
                let mut silent = silent();
                let is_news = silent.get(&self.whose).is_none();
                silent.insert(self.whose, Instant::now());
                let why = format!("STS has not answered within {} s", SESSION_WAIT.as_secs());
                Err(is_news.then_some(why))
            }
        }
    }
}

impl Client {
    /// The role whose session signs a call of an id with the tags of the wanted one: that of the id's
    /// account, where the operator has named one. An error says why there is none.
    pub(crate) fn tagged_role(
        &self,
        wanted: &RoleToAssume,
        call_id: &str,
    ) -> Result<RoleToAssume, &'static str> {
        let Some(account) = self.account(call_id) else { return Ok(wanted.clone()) };
        let role = account.role.as_ref();
        let role =
            role.ok_or("What is called is of an account that has credentials of its own.")?;
        Ok(RoleToAssume {
            session_name: wanted.session_name.clone(),
            duration_seconds: wanted.duration_seconds,
            tags: wanted.tags.clone(),
            ..role.clone()
        })
    }

    /// Whether requests are sent with a bearer token, which cannot assume a role.
    pub(crate) fn sends_token(&self) -> bool {
        self.callers.signing.identity.is_token()
    }

    /// Sends inference to a region in a session of a role; `Err` says why none can be had, where that is
    /// news.
    pub(crate) async fn runtime_in(
        &self,
        role: &RoleToAssume,
        region: Option<&str>,
    ) -> Result<Result<Arc<Caller>, Option<String>>, CallError> {
        let Callers { signing, configuration, .. } = &*self.callers;
        let assumed = Assumed::open(role, signing, configuration);
        if let Err(why) = assumed.ready().await {
            return Ok(Err(why));
        }
        let callers = {
            let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(callers) = sessions.get(role) {
                Arc::clone(callers)
            } else {
                let made = Arc::new(Callers::assuming(configuration, &assumed, signing));
                sessions.insert(role.clone(), Arc::clone(&made));
                made
            }
        };
        self.send_through(&callers, region).await.map(Ok)
    }
}
