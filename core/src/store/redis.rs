//! Redis or Valkey: alone, as a cluster, or behind sentinels.
//!
//! A connection is made in the background and shared by all operations; what fails on it is an error at
//! once, and the next operation has a new one made. What others change is heard on a channel of its own.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster::{ClusterClient, ClusterClientBuilder};
use redis::cluster_async::ClusterConnection;
use redis::sentinel::{SentinelClient, SentinelClientBuilder, SentinelServerType};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, ConnectionInfo, ErrorKind, FromRedisValue,
    IntoConnectionInfo, Pipeline, RedisError, RedisFuture, ServerError, TlsCertificates, Value,
    cmd, pipe,
};
use tokio::sync::{broadcast, watch};

use super::settings::RedisSettings;
use super::{Answer, FORMAT, Store, StoreChange, StoreError, StoreKey, Stored};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an operation may take on a connection: what is slower is as good as gone.
const RESPONSE: Duration = Duration::from_secs(2);
/// How long those who listen wait before they connect again: longer each time.
const AGAIN: Duration = Duration::from_millis(100);
const LONGEST_AGAIN: Duration = Duration::from_secs(1);
/// How many changes a listener may be behind.
const CHANGES: usize = 1024;

/// Takes a lease that is free, or keeps the holder's own for so long again.
const LEASE: &str = "local holder = redis.call('GET', KEYS[1]) if holder and holder ~= ARGV[1] then return 0 end redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1";

/// Gives a lease back where the holder still has it.
const RELEASE: &str = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end";

/// Adds to a number; one that was not there is 0, and lasts for so long from then on.
const ADD: &str = "redis.call('SET', KEYS[1], 0, 'PX', ARGV[2], 'NX') return redis.call('INCRBY', KEYS[1], ARGV[1])";

/// A Redis.
pub struct RedisStore {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    prefix: String,
    way: RedisTopology,
    state: Mutex<State>,
    changes: broadcast::Sender<StoreChange>,
    /// Marks what this process has changed.
    myself: String,
}

/// How a connection is made.
enum RedisTopology {
    Single(Client),
    Cluster(Box<ClusterClient>, Vec<Client>),
    Sentinel(tokio::sync::Mutex<SentinelClient>),
}

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    /// Under way: it ends with a connection in its place, or with what is wrong.
    connecting: Option<watch::Receiver<Option<Result<(), StoreError>>>>,
    /// How many connections there were.
    number: u64,
    listening: bool,
}

#[derive(Clone)]
enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("RedisStore").field(&self.inner.name).finish()
    }
}

impl Drop for RedisStore {
    fn drop(&mut self) {
        // Those who listen hold the rest weakly.
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner).connection = None;
    }
}

impl RedisStore {
    /// The Redis of these settings. Does no I/O.
    pub fn open(settings: &RedisSettings) -> Result<Self, StoreError> {
        let nodes = settings.nodes()?;
        let mut infos = Vec::new();
        for url in &nodes.urls {
            infos.push(info_of(url, settings)?);
        }
        let certificates = TlsCertificates {
            client_tls: None,
            root_cert: settings.ca.as_ref().map(|pem| pem.clone().into_bytes()),
        };
        let client = |info: &ConnectionInfo| {
            let client = match info.addr() {
                ConnectionAddr::TcpTls { .. } => {
                    Client::build_with_tls(info.clone(), certificates.clone())
                }
                _ => Client::open(info.clone()),
            };
            client.map_err(|error| unusable(&error))
        };
        let way = if let Some(service) = &nodes.service {
            let mut builder = SentinelClientBuilder::new(
                infos.iter().map(|info| info.addr().clone()),
                service.clone(),
                SentinelServerType::Master,
            )
            .map_err(|error| unusable(&error))?;
            if let Some(first) = infos.first() {
                let redis = first.redis_settings();
                if let Some(user) = redis.username() {
                    builder = builder.set_client_to_redis_username(user);
                }
                if let Some(password) = redis.password() {
                    builder = builder.set_client_to_redis_password(password);
                }
                builder = builder.set_client_to_redis_db(redis.db());
                if matches!(first.addr(), ConnectionAddr::TcpTls { .. }) {
                    builder = builder
                        .set_client_to_redis_tls_mode(redis::TlsMode::Secure)
                        .set_client_to_redis_certificates(certificates.clone())
                        .set_client_to_sentinel_tls_mode(redis::TlsMode::Secure)
                        .set_client_to_sentinel_certificates(certificates.clone());
                }
            }
            let client = builder.build().map_err(|error| unusable(&error))?;
            RedisTopology::Sentinel(tokio::sync::Mutex::new(client))
        } else if settings.cluster || infos.len() > 1 {
            let clients = infos.iter().map(client).collect::<Result<Vec<_>, _>>()?;
            let mut builder = ClusterClientBuilder::new(infos)
                .connection_timeout(CONNECT)
                .response_timeout(RESPONSE)
                .retries(1);
            if settings.ca.is_some() {
                builder = builder.certs(certificates.clone());
            }
            let cluster = builder.build().map_err(|error| unusable(&error))?;
            RedisTopology::Cluster(Box::new(cluster), clients)
        } else {
            let info =
                infos.first().ok_or_else(|| StoreError::new("no URL of a Redis is given"))?;
            RedisTopology::Single(client(info)?)
        };
        let separator = if settings.prefix.is_empty() { "" } else { "::" };
        let inner = Inner {
            name: nodes.name,
            prefix: format!("{}{separator}bedrock-profile-client:", settings.prefix),
            way,
            state: Mutex::default(),
            changes: broadcast::channel(CHANGES).0,
            myself: format!("{:016x}", fastrand::u64(..)),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    fn key(&self, key: &StoreKey) -> String {
        format!("{}{}", self.inner.prefix, key.as_str())
    }

    /// Sends one command.
    async fn send<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        let (mut connection, number) = self.inner.connection().await?;
        let answer = command.query_async(&mut connection).await;
        answer.map_err(|error| self.inner.failed(number, &error))
    }

    /// Sends several, about one key.
    async fn send_all<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, StoreError> {
        let (mut connection, number) = self.inner.connection().await?;
        let answer = commands.query_async(&mut connection).await;
        answer.map_err(|error| self.inner.failed(number, &error))
    }

    async fn publish(&self, sign: char, key: &StoreKey) -> Result<(), StoreError> {
        let Inner { myself, .. } = &*self.inner;
        let message = format!("{myself}{sign}{}", key.as_str());
        self.send::<Value>(cmd("PUBLISH").arg(self.inner.channel()).arg(message)).await?;
        Ok(())
    }
}

impl Inner {
    fn channel(&self) -> String {
        format!("{}changes", self.prefix)
    }

    /// The connection, and its number. Where there is none, one is made by a task of its own: who waits
    /// for it may give up.
    async fn connection(self: &Arc<Self>) -> Result<(Connection, u64), StoreError> {
        let mut connecting = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(connection) = &state.connection {
                return Ok((connection.clone(), state.number));
            }
            if let Some(connecting) = &state.connecting {
                connecting.clone()
            } else {
                let (sender, receiver) = watch::channel(None);
                state.connecting = Some(receiver.clone());
                let inner = Arc::clone(self);
                tokio::spawn(async move {
                    let made = tokio::time::timeout(CONNECT, inner.connect()).await;
                    let made = made.unwrap_or_else(|_| {
                        let seconds = CONNECT.as_secs();
                        Err(StoreError::new(format!("no connection within {seconds} s")))
                    });
                    let mut state = inner.state.lock().unwrap_or_else(PoisonError::into_inner);
                    state.connecting = None;
                    let outcome = made.map(|connection| {
                        state.connection = Some(connection);
                        state.number += 1;
                    });
                    sender.send_replace(Some(outcome));
                });
                receiver
            }
        };
        self.listen();
        let gone = || StoreError::new("the connection was broken off");
        connecting
            .wait_for(Option::is_some)
            .await
            .map_err(|_| gone())?
            .clone()
            .ok_or_else(gone)??;
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = state.connection.clone().ok_or_else(gone)?;
        Ok((connection, state.number))
    }

    async fn connect(&self) -> Result<Connection, StoreError> {
        let connected = match &self.way {
            RedisTopology::Cluster(cluster, _) => {
                cluster.get_async_connection().await.map(Connection::Cluster)
            }
            _ => match self.client(0).await {
                Ok(client) => {
                    let config = AsyncConnectionConfig::new()
                        .set_connection_timeout(Some(CONNECT))
                        .set_response_timeout(Some(RESPONSE));
                    let made = client.get_multiplexed_async_connection_with_config(&config).await;
                    made.map(Connection::Single)
                }
                Err(error) => Err(error),
            },
        };
        let mut connection = connected.map_err(|error| unusable(&error))?;
        self.check_format(&mut connection).await?;
        Ok(connection)
    }

    /// A server to speak to: of a cluster another one each time.
    async fn client(&self, turn: usize) -> Result<Client, RedisError> {
        match &self.way {
            RedisTopology::Single(client) => Ok(client.clone()),
            RedisTopology::Cluster(_, nodes) => {
                let node = nodes.get(turn.checked_rem(nodes.len()).unwrap_or_default());
                node.cloned().ok_or_else(|| {
                    RedisError::from((ErrorKind::InvalidClientConfig, "there is no node"))
                })
            }
            RedisTopology::Sentinel(sentinel) => sentinel.lock().await.async_get_client().await,
        }
    }

    /// What a newer version has written is neither read nor changed.
    async fn check_format(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let key = format!("{}format", self.prefix);
        let found: Option<String> =
            cmd("GET").arg(&key).query_async(connection).await.map_err(|error| unusable(&error))?;
        match found.map(|text| text.parse::<u32>()) {
            None => {
                // A Redis that takes no writes says so when there is something to write.
                let set = cmd("SET").arg(&key).arg(FORMAT).arg("NX").to_owned();
                let _: Result<Value, RedisError> = set.query_async(connection).await;
                Ok(())
            }
            Some(Ok(format)) if format <= FORMAT => Ok(()),
            Some(found) => Err(super::newer_format(found.ok())),
        }
    }

    /// What is wrong; a connection that is of no use any more is given up.
    fn failed(&self, number: u64, error: &RedisError) -> StoreError {
        let said = server_error(error);
        let code = said.as_ref().map(ServerError::code);
        let goes_on = code.is_some_and(|code| {
            !matches!(code, "READONLY" | "MASTERDOWN" | "CLUSTERDOWN" | "NOAUTH")
        });
        if !goes_on {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.number == number {
                state.connection = None;
            }
        }
        unusable(error)
    }

    /// Starts to hear of what others change.
    fn listen(self: &Arc<Self>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut state.listening, true) {
            return;
        }
        drop(state);
        let weak = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut again = AGAIN;
            for turn in 0_usize.. {
                let Some(inner) = weak.upgrade() else { return };
                let subscribed = tokio::time::timeout(CONNECT, async {
                    let client = inner.client(turn).await?;
                    let mut channel = client.get_async_pubsub().await?;
                    channel.subscribe(inner.channel()).await?;
                    Ok::<_, RedisError>(channel)
                });
                let subscribed = subscribed.await;
                if let Ok(Ok(channel)) = subscribed {
                    again = AGAIN;
                    // What was changed until now has not been heard.
                    let _ = inner.changes.send(StoreChange::Missed);
                    drop(inner);
                    let mut messages = channel.into_on_message();
                    while let Some(message) = messages.next().await {
                        let Some(inner) = weak.upgrade() else { return };
                        if let Ok(text) = message.get_payload::<String>() {
                            inner.heard(&text);
                        }
                    }
                } else {
                    drop(inner);
                }
                tokio::time::sleep(again).await;
                again = again.saturating_mul(2).min(LONGEST_AGAIN);
            }
        });
    }

    fn heard(&self, message: &str) {
        let Some(at) = message.find(['+', '-']) else { return };
        let (who, change) = message.split_at(at);
        if who == self.myself {
            return;
        }
        let Some(key) = change.get(1..).and_then(StoreKey::parse) else { return };
        let change =
            if change.starts_with('+') { StoreChange::Put(key) } else { StoreChange::Removed(key) };
        // Nobody needs to listen.
        let _ = self.changes.send(change);
    }
}

impl Store for RedisStore {
    fn name(&self) -> &str {
        &self.inner.name
    }

    fn get<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, Option<Stored>> {
        Box::pin(async move {
            let name = self.key(key);
            let mut commands = pipe();
            commands.cmd("GET").arg(&name).cmd("PTTL").arg(&name);
            let (value, left): (Option<String>, i64) = self.send_all(&commands).await?;
            Ok(value.map(|value| Stored {
                value: Arc::from(value),
                // Without an end: someone has written it by hand.
                left: u64::try_from(left).map_or(super::LONGEST, Duration::from_millis),
            }))
        })
    }

    fn put<'a>(&'a self, key: &'a StoreKey, value: &'a str, lasts: Duration) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut set = cmd("SET");
            set.arg(self.key(key)).arg(value).arg("PX").arg(millis(lasts));
            self.send::<Value>(&set).await?;
            self.publish('+', key).await
        })
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> Answer<'a, ()> {
        Box::pin(async move {
            self.send::<Value>(cmd("DEL").arg(self.key(key))).await?;
            self.publish('-', key).await
        })
    }

    fn add<'a>(&'a self, key: &'a StoreKey, amount: i64, lasts: Duration) -> Answer<'a, i64> {
        Box::pin(async move {
            let mut add = cmd("EVAL");
            add.arg(ADD).arg(1).arg(self.key(key)).arg(amount).arg(millis(lasts));
            self.send(&add).await
        })
    }

    fn lease<'a>(
        &'a self,
        key: &'a StoreKey,
        holder: &'a str,
        lasts: Duration,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let mut lease = cmd("EVAL");
            lease.arg(LEASE).arg(1).arg(self.key(key)).arg(holder).arg(millis(lasts));
            Ok(self.send::<i64>(&lease).await? == 1)
        })
    }

    fn release<'a>(&'a self, key: &'a StoreKey, holder: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut release = cmd("EVAL");
            release.arg(RELEASE).arg(1).arg(self.key(key)).arg(holder);
            self.send::<Value>(&release).await?;
            Ok(())
        })
    }

    fn is_starting(&self) -> bool {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner).connecting.is_some()
    }

    fn changes(&self) -> Option<broadcast::Receiver<StoreChange>> {
        Some(self.inner.changes.subscribe())
    }
}

/// A URL with what the settings say beside it.
fn info_of(url: &str, settings: &RedisSettings) -> Result<ConnectionInfo, StoreError> {
    let info = url.into_connection_info().map_err(|error| unusable(&error))?;
    let mut redis = info.redis_settings().clone();
    if let Some(user) = settings.username.as_deref().filter(|_| redis.username().is_none()) {
        redis = redis.set_username(user);
    }
    if let Some(password) = settings.password.as_ref().filter(|_| redis.password().is_none()) {
        redis = redis.set_password(&password.0);
    }
    let addr = match info.addr() {
        // As in LibreChat: who names a certificate means TLS.
        ConnectionAddr::Tcp(host, port) if settings.tls => ConnectionAddr::TcpTls {
            host: host.clone(),
            port: *port,
            insecure: false,
            tls_params: None,
        },
        // Certificates are checked, whatever a URL says.
        ConnectionAddr::TcpTls { insecure: true, .. } => {
            return Err(StoreError::new(
                "its URL ends in #insecure, but certificates are always checked; name the certificate to \
                 trust in REDIS_CA",
            ));
        }
        addr => addr.clone(),
    };
    Ok(info.set_addr(addr).set_redis_settings(redis))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// What the server itself has answered, the first of it where it was asked for several things.
fn server_error(error: &RedisError) -> Option<ServerError> {
    error.clone().into_server_errors()?.first().map(|(_, said)| said.clone())
}

/// What is wrong, and what to do about it.
fn unusable(error: &RedisError) -> StoreError {
    let text = error.to_string();
    let said = server_error(error);
    let code = said.as_ref().map_or_else(|| error.code().unwrap_or_default(), ServerError::code);
    let details = said.as_ref().and_then(ServerError::details).or_else(|| error.detail());
    let details = details.unwrap_or(&text);
    match (error.kind(), code) {
        (_, "WRONGPASS") | (ErrorKind::AuthenticationFailed, _) => StoreError::lasting(
            "the user name or the password is wrong (set REDIS_USERNAME and REDIS_PASSWORD, or write them \
             into the URL)",
        ),
        (_, "NOAUTH") => StoreError::lasting(NO_PASSWORD),
        // That of a URL that names a database.
        _ if text.contains("Authentication required") => StoreError::lasting(NO_PASSWORD),
        _ if text.contains("refused to switch database") => StoreError::lasting(format!(
            "it does not let the database be chosen that its URL names ({})",
            details.trim_end_matches('.')
        )),
        (_, "NOPERM") => StoreError::lasting(format!(
            "its user may not do what is needed: GET, SET, DEL, PTTL, INCRBY, EVAL, PUBLISH and SUBSCRIBE, \
             CLUSTER SLOTS of a cluster, and SELECT where its URL names a database ({details})"
        )),
        (_, "READONLY") => {
            StoreError::new("it is read-only: this is a replica, or its primary is changing")
        }
        (_, "OOM") => StoreError::new("it is full (maxmemory is reached)"),
        (_, "MISCONF" | "NOREPLICAS") => {
            let why = details.split(" script: ").next().unwrap_or(details);
            StoreError::new(format!("it takes no writes ({})", why.trim_end_matches('.')))
        }
        (_, "BUSY") => StoreError::new("it is busy with a script"),
        (_, "LOADING") => StoreError::new("it is still loading its data"),
        (_, "CLUSTERDOWN") => {
            StoreError::new("its cluster is down: not all of its slots are served")
        }
        (ErrorKind::Parse, _) => StoreError::new("what answers there is no Redis"),
        (ErrorKind::InvalidClientConfig, _) if text.contains("did not parse") => {
            StoreError::lasting(
                "its URL cannot be read: it is redis://host:6379 or rediss://user:password@host:6379; write \
             special characters of a user name and password as %23 for #, or set REDIS_USERNAME and \
             REDIS_PASSWORD",
            )
        }
        _ if error.is_connection_refusal() => {
            StoreError::new("nothing listens there (connection refused)")
        }
        _ if error.is_timeout() => StoreError::new("no answer in time"),
        _ if error.is_connection_dropped() => StoreError::new(
            "it closed the connection: it is starting anew, has too many clients (maxclients), or speaks TLS \
             where its URL does not (rediss://), or the other way round",
        ),
        _ => match &said {
            Some(said) => StoreError::new(format!("{} {details}", said.code())),
            None => StoreError::new(text),
        },
    }
}

const NO_PASSWORD: &str = "it wants a password (set REDIS_PASSWORD, or write it into the URL)";
