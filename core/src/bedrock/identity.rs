//! The keys or the token behind a client: fetched once for all that need them, kept as long as they
//! last, and renewed before they end.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_credential_types::provider::token::{ProvideToken, SharedTokenProvider};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_credential_types::{Credentials, Token};
use aws_smithy_runtime_api::client::identity::Identity as SigningIdentity;
use http::HeaderValue;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use super::credentials::{self, Identities, Keys, Signer, Surroundings};
use super::error::{CallError, ErrorKind, chain, find};
use super::json;
use super::transport::Transport;

/// How long before its end what a provider gave is fetched again: that of the AWS SDK for JavaScript.
/// It is asked in the background, unless what it gave lasted no longer from the beginning.
const EARLY: Duration = Duration::from_mins(5);

/// So close to their end keys are not used any more: a request takes time to arrive.
const LAST: Duration = Duration::from_secs(10);

/// How long a provider may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long after a failure a provider is asked again while what it gave still lasts.
const PAUSE: Duration = Duration::from_secs(10);

/// Files of the default chain may change; what has no end of its own is read again.
const REREAD: Duration = Duration::from_mins(15);

/// What proves who sends a request.
pub(super) enum Auth {
    /// Keys to sign with.
    Keys(SigningIdentity),
    /// The header `authorization` with a bearer token.
    Token(HeaderValue),
}

/// What a provider gave, ready for use.
pub struct Ready {
    pub(super) auth: Auth,
    /// `None` where it has no end.
    times: Option<Times>,
}

/// When what a provider gave is fetched again.
struct Times {
    early: SystemTime,
    /// It is used no more.
    last: SystemTime,
    /// It was given too late to be renewed in the background.
    short: bool,
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ready(** redacted **)")
    }
}

impl Ready {
    fn new(auth: Auth, end: Option<SystemTime>) -> Self {
        let times = end.map(|end| {
            let lasts = end.duration_since(SystemTime::now()).unwrap_or_default();
            let before = |time| end.checked_sub(time).unwrap_or(SystemTime::UNIX_EPOCH);
            let last = before(LAST.min(lasts / 4));
            Times { early: before(EARLY), last, short: lasts <= EARLY }
        });
        Self { auth, times }
    }
}

type ReadyResult = Result<Arc<Ready>, CallError>;

enum IdentitySource {
    /// It never changes; or it can never be used.
    Fixed(Box<ReadyResult>),
    Keys(SharedCredentialsProvider),
    Tokens(SharedTokenProvider),
}

#[derive(Default)]
struct State {
    current: Option<Arc<Ready>>,
    /// Whoever asks now hears what it comes back with.
    flight: Option<watch::Receiver<Option<ReadyResult>>>,
    failed_at: Option<Instant>,
    /// When the service did not accept what was sent.
    refused_at: Option<Instant>,
}

/// Hears which keys were given.
type Told = Box<dyn Fn(&Keys) + Send + Sync>;

struct Inner {
    name: String,
    source: IdentitySource,
    /// Whether it comes from files and variables.
    read: bool,
    /// Who is told which keys were given.
    told: OnceLock<Told>,
    state: Mutex<State>,
}

/// One set of credentials with what was resolved from it: cheap to clone, and kept by the process, so
/// that clients made for each request do not ask a provider each time.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.0.name)
    }
}

/// An identity that others keep.
#[derive(Clone, Default)]
pub(crate) struct WeakIdentity(Weak<Inner>);

impl WeakIdentity {
    /// The identity, where anyone still keeps it.
    pub(crate) fn upgrade(&self) -> Option<Identity> {
        self.0.upgrade().map(Identity)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Identity {
    /// Asks nobody yet. `region` is where the default chain looks for STS, over `transport`.
    pub fn new(signer: Signer, region: &str, transport: &Transport) -> Self {
        let name = format!("{signer:?}");
        let read = matches!(signer, Signer::Chain { .. } | Signer::TokenChain { .. });
        let source = match signer {
            Signer::Static(keys) => {
                IdentitySource::Fixed(Box::new(of_keys(&keys.into(), false).map(Arc::new)))
            }
            Signer::Bearer(token) => IdentitySource::Fixed(Box::new(
                of_token(&Token::new(token.0, None), false).map(Arc::new),
            )),
            signer => {
                let around = Surroundings { region: region.to_owned(), http: transport.plain() };
                match credentials::identities(&signer, &around) {
                    Identities::Keys(keys) => IdentitySource::Keys(keys),
                    Identities::Tokens(tokens) => IdentitySource::Tokens(tokens),
                }
            }
        };
        let (told, state) = (OnceLock::new(), Mutex::default());
        Self(Arc::new(Inner { name, source, read, told, state }))
    }

    /// Tells of the keys that a provider or a chain gives, each time that it is asked.
    pub fn tell(&self, told: impl Fn(&Keys) + Send + Sync + 'static) {
        // Whoever was first stays.
        let _ = self.0.told.set(Box::new(told));
    }

    /// What requests are sent with now. Who waits for the same hears the same; what fails is asked
    /// again by whoever comes next.
    pub async fn get(&self) -> ReadyResult {
        if let IdentitySource::Fixed(found) = &self.0.source {
            return ReadyResult::clone(found);
        }
        let (mut flight, meanwhile) = {
            let mut state = lock(&self.0.state);
            let now = SystemTime::now();
            let usable = |ready: &&Arc<Ready>| ready.times.as_ref().is_none_or(|t| now < t.last);
            let usable = state.current.as_ref().filter(usable).map(Arc::clone);
            let old = usable.as_ref().and_then(|ready| ready.times.as_ref());
            let old = old.filter(|times| now >= times.early).map(|times| times.short);
            match (usable, old) {
                (Some(ready), None) => return Ok(ready),
                (Some(ready), Some(_))
                    if state.failed_at.is_some_and(|at| at.elapsed() < PAUSE) =>
                {
                    return Ok(ready);
                }
                (Some(ready), Some(false)) => {
                    self.fly(&mut state);
                    return Ok(ready);
                }
                (usable, _) => (self.fly(&mut state), usable),
            }
        };
        let landed = match flight.wait_for(Option::is_some).await {
            Ok(landed) => landed.clone().unwrap_or_else(|| Err(CallError::aborted())),
            Err(_) => Err(failed("asking for credentials was given up")),
        };
        match (landed, meanwhile) {
            (Err(_), Some(ready)) => Ok(ready),
            (landed, _) => landed,
        }
    }

    /// The same without keeping it.
    pub(crate) fn downgrade(&self) -> WeakIdentity {
        WeakIdentity(Arc::downgrade(&self.0))
    }

    /// Whether requests are sent with a bearer token.
    pub(crate) fn is_token(&self) -> bool {
        match &self.0.source {
            IdentitySource::Fixed(found) => {
                found.as_ref().as_ref().is_ok_and(|ready| matches!(ready.auth, Auth::Token(_)))
            }
            IdentitySource::Keys(_) => false,
            IdentitySource::Tokens(_) => true,
        }
    }

    /// The keys that requests are signed with now; `None` where they are sent with a token.
    pub(crate) async fn keys(&self) -> Result<Option<Credentials>, CallError> {
        Ok(match &self.get().await?.auth {
            Auth::Keys(identity) => identity.data::<Credentials>().cloned(),
            Auth::Token(_) => None,
        })
    }

    /// The service says that what was sent has expired, or does not know it. What came from a file may
    /// have been replaced there: it is read again by whoever comes next, though not with each call of
    /// those where it stays as it is.
    pub(super) fn refused(&self, ready: &Arc<Ready>) {
        let mut state = lock(&self.0.state);
        let is_current = |current: &Arc<Ready>| Arc::ptr_eq(current, ready);
        let again = state.refused_at.is_none_or(|at| at.elapsed() >= PAUSE);
        if self.0.read && again && state.current.as_ref().is_some_and(is_current) {
            state.current = None;
            state.refused_at = Some(Instant::now());
        }
    }

    /// The flight that is under way, or a new one. It does not end with whoever began it.
    fn fly(&self, state: &mut State) -> watch::Receiver<Option<ReadyResult>> {
        // One whose runtime has ended never lands.
        if let Some(flight) = state.flight.as_ref().filter(|flight| flight.has_changed().is_ok()) {
            return flight.clone();
        }
        let (land, flight) = watch::channel(None);
        state.flight = Some(flight.clone());
        let identity = self.clone();
        tokio::spawn(async move {
            let found = identity.ask().await.map(Arc::new);
            let mut state = lock(&identity.0.state);
            state.flight = None;
            match &found {
                Ok(ready) => {
                    state.current = Some(Arc::clone(ready));
                    state.failed_at = None;
                }
                Err(_) => state.failed_at = Some(Instant::now()),
            }
            drop(state);
            let _ = land.send(Some(found));
        });
        flight
    }

    async fn ask(&self) -> Result<Ready, CallError> {
        let asking = async {
            match &self.0.source {
                IdentitySource::Fixed(_) => Err(CallError::aborted()),
                IdentitySource::Keys(provider) => {
                    let keys = provider.provide_credentials().await;
                    let keys = keys.map_err(|error| no_keys(&error))?;
                    if let Some(told) = self.0.told.get() {
                        told(&Keys::from(&keys));
                    }
                    of_keys(&keys, self.0.read)
                }
                IdentitySource::Tokens(provider) => {
                    let token = provider.provide_token().await;
                    of_token(&token.map_err(|error| no_token(&error))?, self.0.read)
                }
            }
        };
        timeout(PATIENCE, asking).await.unwrap_or_else(|_| {
            let text = format!("no answer within {} s", PATIENCE.as_secs());
            Err(match self.0.source {
                IdentitySource::Tokens(_) => failed_token(&text),
                _ => failed(&text),
            })
        })
    }
}

fn of_keys(keys: &Credentials, read: bool) -> Result<Ready, CallError> {
    let clean = |what, value| clean(what, value, read);
    let id = clean("access key id", keys.access_key_id())?;
    let secret = clean("secret access key", keys.secret_access_key())?;
    let session = keys.session_token().map(|token| clean("session token", token)).transpose()?;
    let end = keys.expiry().or_else(|| end_of_unending(read));
    let session = session.filter(|token| !token.is_empty()).map(str::to_owned);
    let keys = Credentials::new(id, secret, session, end, "bedrock-profile-client");
    Ok(Ready::new(Auth::Keys(keys.into()), end))
}

fn of_token(token: &Token, read: bool) -> Result<Ready, CallError> {
    let cleaned = clean("bearer token", token.token(), read)?;
    let mut header = HeaderValue::from_str(&format!("Bearer {cleaned}"))
        .map_err(|_| failed_token("the bearer token cannot be a header"))?;
    header.set_sensitive(true);
    let end = token.expiration().or_else(|| end_of_unending(read));
    Ok(Ready::new(Auth::Token(header), end))
}

fn end_of_unending(read: bool) -> Option<SystemTime> {
    read.then(|| SystemTime::now() + EARLY + REREAD)
}

/// A key or a token; without the whitespace around it where it was `read` from a file or a variable,
/// which bring some along. Whatever else is no part of one is named, and never shown.
fn clean<'a>(what: &str, value: &'a str, read: bool) -> Result<&'a str, CallError> {
    let value = if read { value.trim() } else { value };
    if what != "session token" && value.is_empty() {
        return Err(unusable(what, "is empty"));
    }
    let read = json::lossy(value);
    let odd = read.chars().enumerate().find(|(_, found)| !found.is_ascii_graphic());
    let Some((position, found)) = odd else { return Ok(value) };
    let called = match found {
        ' ' => "a space".to_owned(),
        '\n' => "a line break".to_owned(),
        '\r' => "a carriage return".to_owned(),
        '\t' => "a tab".to_owned(),
        found => format!("the character U+{:04X}", u32::from(found)),
    };
    Err(unusable(
        what,
        &format!("has {called} at position {}; it has visible ASCII only", position + 1),
    ))
}

fn unusable(what: &str, why: &str) -> CallError {
    let text = format!("the {what} {why}");
    if what == "bearer token" { failed_token(&text) } else { failed(&text) }
}

fn failed(text: &str) -> CallError {
    let message = format!("Could not load credentials from any providers: {text}");
    CallError::new(ErrorKind::Credentials, "CredentialsProviderError", message)
}

fn failed_token(text: &str) -> CallError {
    let message = format!("Could not load a token from any providers: {text}");
    CallError::new(ErrorKind::Credentials, "TokenProviderError", message)
}

fn no_keys(error: &CredentialsError) -> CallError {
    failed(&told(error))
}

fn no_token(error: &TokenError) -> CallError {
    failed_token(&told(error))
}

/// What failed below, with what its own connection failed with.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let text = chain(error);
    match find::<CallError>(error) {
        Some(below) if !text.contains(&below.message) => format!("{text}: {}", below.message),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::credentials::{Given, GivenFuture, Provider};
    use super::super::secret::Secret;
    use super::super::transport::TransportSettings;
    use super::*;

    type Next = Box<dyn Fn(usize) -> Result<Given, String> + Send + Sync>;

    struct Counting {
        calls: AtomicUsize,
        next: Next,
        delay: Duration,
    }

    impl Provider for Counting {
        fn ask(&self) -> GivenFuture {
            let count = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
            let (given, delay) = ((self.next)(count), self.delay);
            Box::pin(async move {
                tokio::time::sleep(delay).await;
                given
            })
        }
    }

    fn keys(id: &str, lasts: Option<Duration>) -> Given {
        let end = lasts.map(|lasts| SystemTime::now() + lasts);
        let end = end.map(|end| end.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis());
        Given::Keys(Keys {
            access_key_id: id.to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
            expiration: end.map(|end| u64::try_from(end).unwrap()),
            account_id: None,
        })
    }

    fn identity_of(delay: Duration, next: Next) -> (Identity, Arc<Counting>) {
        let provider = Arc::new(Counting { calls: AtomicUsize::new(0), next, delay });
        let transport = Transport::new(&TransportSettings::default()).unwrap();
        let signer = Signer::Provider(Arc::<Counting>::clone(&provider));
        (Identity::new(signer, "us-east-1", &transport), provider)
    }

    fn count(provider: &Counting) -> usize {
        provider.calls.load(Ordering::SeqCst)
    }

    fn id_of(ready: &Ready) -> String {
        match &ready.auth {
            Auth::Keys(identity) => {
                identity.data::<Credentials>().unwrap().access_key_id().to_owned()
            }
            Auth::Token(_) => String::new(),
        }
    }

    fn fixed(signer: Signer) -> Identity {
        let transport = Transport::new(&TransportSettings::default()).unwrap();
        Identity::new(signer, "us-east-1", &transport)
    }

    #[tokio::test(start_paused = true)]
    async fn all_that_wait_ask_once_and_what_lasts_is_kept() {
        let hour = Some(Duration::from_hours(1));
        let (identity, provider) =
            identity_of(Duration::from_millis(50), Box::new(move |_| Ok(keys("AKIA", hour))));
        let waiting: Vec<_> = (0..20)
            .map(|_| {
                let identity = identity.clone();
                tokio::spawn(async move { identity.get().await.is_ok() })
            })
            .collect();
        for one in waiting {
            assert!(one.await.unwrap());
        }
        identity.get().await.unwrap();
        assert_eq!(count(&provider), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asked_may_go_and_the_others_still_hear() {
        let (identity, provider) =
            identity_of(Duration::from_millis(50), Box::new(|_| Ok(keys("AKIA", None))));
        let first = identity.clone();
        let first = tokio::spawn(async move { first.get().await.is_ok() });
        tokio::task::yield_now().await;
        let second = identity.clone();
        let second = tokio::spawn(async move { second.get().await.is_ok() });
        tokio::task::yield_now().await;
        first.abort();
        assert!(second.await.unwrap());
        assert_eq!(count(&provider), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_is_told_to_who_waited_and_not_to_who_comes_later() {
        let (identity, provider) = identity_of(
            Duration::ZERO,
            Box::new(
                |count| if count == 1 { Err("no luck".to_owned()) } else { Ok(keys("B", None)) },
            ),
        );
        let error = identity.get().await.unwrap_err();
        assert_eq!(error.message, "Could not load credentials from any providers: no luck");
        assert_eq!(error.kind, ErrorKind::Credentials);
        assert_eq!(id_of(&identity.get().await.unwrap()), "B");
        assert_eq!(count(&provider), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn keys_are_renewed_in_the_background_before_they_end() {
        let early = EARLY + Duration::from_millis(40);
        let (identity, provider) = identity_of(
            Duration::ZERO,
            Box::new(move |count| {
                let lasts = if count == 1 { early } else { early * 2 };
                Ok(keys(&format!("AKIA{count}"), Some(lasts)))
            }),
        );
        assert_eq!(id_of(&identity.get().await.unwrap()), "AKIA1");
        // Five minutes before their end the old ones still serve while new ones are asked for.
        let mut id = "AKIA1".to_owned();
        while id == "AKIA1" {
            id = id_of(&identity.get().await.unwrap());
            tokio::task::yield_now().await;
        }
        assert_eq!((id.as_str(), count(&provider)), ("AKIA2", 2));
    }

    #[tokio::test(start_paused = true)]
    async fn keys_that_never_lasted_are_asked_for_again_and_used_where_that_fails() {
        let (identity, provider) = identity_of(
            Duration::ZERO,
            Box::new(|count| match count {
                1 => Ok(keys("AKIA1", Some(Duration::from_mins(1)))),
                2 => Ok(keys("AKIA2", Some(Duration::from_mins(1)))),
                _ => Err("no luck".to_owned()),
            }),
        );
        let mut ids = Vec::new();
        for _ in 0..4 {
            ids.push(id_of(&identity.get().await.unwrap()));
        }
        assert_eq!(ids, ["AKIA1", "AKIA2", "AKIA2", "AKIA2"]);
        assert_eq!(count(&provider), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_service_refuses_is_read_again_and_not_with_each_call() {
        let hour = Some(Duration::from_hours(1));
        let (identity, provider) =
            identity_of(Duration::ZERO, Box::new(move |count| Ok(keys(&count.to_string(), hour))));
        let mut inner = Arc::try_unwrap(identity.0).ok().unwrap();
        inner.read = true;
        let identity = Identity(Arc::new(inner));
        for _ in 0..3 {
            let ready = identity.get().await.unwrap();
            identity.refused(&ready);
        }
        assert_eq!((id_of(&identity.get().await.unwrap()).as_str(), count(&provider)), ("2", 2));
        tokio::time::advance(PAUSE).await;
        identity.refused(&identity.get().await.unwrap());
        assert_eq!(id_of(&identity.get().await.unwrap()), "3");
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_has_thirty_seconds() {
        let (identity, _) = identity_of(Duration::from_hours(1), Box::new(|_| Ok(keys("A", None))));
        let error = identity.get().await.unwrap_err();
        assert_eq!(
            error.message,
            "Could not load credentials from any providers: no answer within 30 s"
        );
    }

    #[test]
    fn whitespace_around_keys_and_tokens_of_files_and_variables_is_no_part_of_them() {
        let session = Some("session\n".to_owned());
        let keys = Credentials::new(" AKIA\r\n", "\tsecret\n", session, None, "test");
        let ready = of_keys(&keys, true).unwrap();
        let Auth::Keys(identity) = &ready.auth else { panic!() };
        let keys = identity.data::<Credentials>().unwrap();
        assert_eq!(
            (keys.access_key_id(), keys.secret_access_key(), keys.session_token()),
            ("AKIA", "secret", Some("session"))
        );
        let ready = of_token(&Token::new("token\n", None), true).unwrap();
        let Auth::Token(header) = &ready.auth else { panic!() };
        assert_eq!(header, "Bearer token");
    }

    #[tokio::test]
    async fn what_no_key_can_hold_is_named_and_never_shown() {
        let mut named = Vec::new();
        for (id, secret, session) in [
            ("AK\nHIDDEN", "s", None),
            ("A", "HID\u{7}DEN", None),
            ("A", "HIDDEN\u{e9}x", None),
            ("A", "s", Some("HID DEN")),
            ("", "s", None),
            ("HIDDEN\r\n", "s", None),
        ] {
            let signer = Signer::Static(Keys {
                access_key_id: id.to_owned(),
                secret_access_key: secret.to_owned(),
                session_token: session.map(str::to_owned),
                expiration: None,
                account_id: None,
            });
            named.push(fixed(signer).get().await.unwrap_err());
        }
        named.push(fixed(Signer::Bearer(Secret("HID\0DEN".to_owned()))).get().await.unwrap_err());
        let expected = [
            "the access key id has a line break at position 3;",
            "the secret access key has the character U+0007 at position 4;",
            "the secret access key has the character U+00E9 at position 7;",
            "the session token has a space at position 4;",
            "the access key id is empty",
            "the access key id has a carriage return at position 7;",
            "the bearer token has the character U+0000 at position 4;",
        ];
        for (error, expected) in named.iter().zip(expected) {
            assert!(error.message.contains(expected), "{error}");
            assert!(!error.message.contains("HID"), "{error}");
            assert_eq!(error.kind, ErrorKind::Credentials);
        }
    }
}
