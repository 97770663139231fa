//! The sessions that clients take from a role, so that AWS's bills show whose cost their calls are.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Callers, Client, Configuration, Signing};
use crate::bedrock::CallError;
use crate::bedrock::credentials::Signer;
use crate::bedrock::exchange::Caller;
use crate::bedrock::identity::Identity;
use crate::bedrock::session::{AssumedRole, Session};
use crate::shared::{Connections, Registry};
use crate::tenant::{Fingerprint, Principal};

/// Of how many sessions a client keeps what sends in them: it is made from what the process keeps.
pub(super) const FEW_SESSIONS: usize = 64;
/// Most sessions of roles that are kept, with the keys that STS gave, though no client uses them.
const MOST_SESSIONS: usize = 1_000;
/// How long after a session could not be had it is asked for again.
const SESSION_PAUSE: Duration = Duration::from_mins(1);

/// A session that a client takes from a role: kept by the process, as clients are made for each request.
pub(super) struct InSession {
    signing: Arc<Signing>,
    role: Arc<AssumedRole>,
    failed_at: Mutex<Option<Instant>>,
}

impl InSession {
    /// The session of these tags, taken by this signer. Another set of tags is another session.
    fn open(session: &Session, base: &Signing, configuration: &Configuration) -> Arc<Self> {
        static SESSIONS: LazyLock<Registry<InSession>> =
            LazyLock::new(|| Registry::new(MOST_SESSIONS));
        let region = configuration.settings.region.as_deref().unwrap_or("us-east-1");
        let Connections { transport, way, .. } = &*configuration.connections;
        let key = Fingerprint::of(&("session", base.principal.signer(), region, way, session));
        let made = SESSIONS.get_or_make(key, || {
            let role = AssumedRole::new(session.clone(), region, transport);
            // What one role's sessions learn is the account's, whatever their tags.
            let signer = ("role", base.principal.signer(), &session.role_arn);
            let principal = Arc::new(Principal::new(Fingerprint::of(&signer)));
            let signer = Signer::Provider(Arc::<AssumedRole>::clone(&role));
            let identity = Identity::new(signer, region, transport);
            let observer = Arc::clone(&principal);
            identity.tell(move |keys| {
                observer.observe(Fingerprint::of(keys), keys.account_id.as_deref());
            });
            let signing = Arc::new(Signing { identity, principal, name: None, keys: None });
            let made = Self { signing, role, failed_at: Mutex::default() };
            Ok::<_, std::convert::Infallible>((made, Some(1)))
        });
        match made {
            Ok(session) => {
                session.role.take_with(&base.identity);
                session
            }
            Err(never) => match never {},
        }
    }

    /// Asks STS where it must be asked. An error says why the session cannot be had, where that is news.
    async fn ready(&self) -> Result<(), Option<String>> {
        let failed_at = || self.failed_at.lock().unwrap_or_else(PoisonError::into_inner);
        if failed_at().is_some_and(|at| at.elapsed() < SESSION_PAUSE) {
            return Err(None);
        }
        match self.signing.identity.get().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let before = failed_at().replace(Instant::now());
                let told = before.is_some_and(|at| at.elapsed() < SESSION_PAUSE);
                Err((!told).then_some(error.message))
            }
        }
    }
}

impl Client {
    /// Sends inference to a region in a session; `Err` says why the session cannot be had, where that
    /// is news.
    pub(crate) async fn runtime_in(
        &self,
        session: &Session,
        region: Option<&str>,
    ) -> Result<Result<Arc<Caller>, Option<String>>, CallError> {
        let Callers { signing, configuration, .. } = &*self.callers;
        if self.signs_with_token() {
            return Ok(Err(None));
        }
        let opened = InSession::open(session, signing, configuration);
        if let Err(why) = opened.ready().await {
            return Ok(Err(why));
        }
        let callers = {
            let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(callers) = sessions.get(session) {
                Arc::clone(callers)
            } else {
                let made = Arc::new(Callers::new(configuration, Arc::clone(&opened.signing)));
                sessions.insert(session.clone(), Arc::clone(&made));
                made
            }
        };
        self.send_through(&callers, region).await.map(Ok)
    }

    /// Whether requests are sent with a bearer token, which cannot take a role.
    pub(crate) fn signs_with_token(&self) -> bool {
        self.callers.signing.identity.is_token()
    }
}
