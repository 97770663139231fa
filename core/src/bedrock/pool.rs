//! The connections of a process, by host: how many there are, and whose turn it is.
//!
//! HTTP/2 fills one connection before it opens the next, and opens the next before the last is full.
//! HTTP/1.1 has a connection for each exchange and keeps it for the next. Whoever finds no place waits
//! in the order of coming; a connection that is made serves whoever is first by then, so that a call
//! that ends early takes no connection with it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::body::Lease;
use super::connector::{Connector, PingSettings};
use super::error::CallError;
use super::http1::Http1;
use super::http2::{Http2, IDLE};
use super::origin::Origin;

/// Connections of one host that are made at the same time.
const DIALS: usize = 32;

/// Connections that allow nothing before their host is taken to allow nothing, and waited for.
const BARRED: usize = 2;

/// Connections of one host, where no option sets the number.
const MOST: usize = 1024;

/// How long after a failure another connection is tried, where there are some that work.
const PAUSE: Duration = Duration::from_secs(1);

/// Hosts that are remembered before those without connections are forgotten.
const HOSTS: usize = 256;

/// Connections, by host.
#[derive(Debug)]
pub struct Pool {
    connector: Arc<Connector>,
    most: usize,
    ping: PingSettings,
    hosts: Mutex<HashMap<Origin, Arc<HostPool>>>,
}

/// A place on a connection.
#[derive(Debug)]
pub enum PoolPlace {
    /// A connection of HTTP/1.1.
    Http1(Http1Place),
    /// A stream of HTTP/2.
    Http2(Http2Place),
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pool {
    /// Makes no connection. `most` is how many a host may have.
    pub fn new(connector: Arc<Connector>, most: Option<usize>, ping: PingSettings) -> Self {
        Self { connector, most: most.unwrap_or(MOST).max(1), ping, hosts: Mutex::default() }
    }

    /// A place on a connection to this origin; waits for its turn.
    pub async fn place(&self, origin: &Origin) -> Result<PoolPlace, CallError> {
        let host = self.host(origin);
        let (sender, granted) = oneshot::channel();
        if let Some(place) = host.enter(Some(sender)) {
            return Ok(place);
        }
        granted.await.unwrap_or_else(|_| {
            Err(CallError::hang_up().caused_by("the attempt to connect was given up"))
        })
    }

    /// Makes a connection to this origin, where there is none, before it is needed.
    pub fn warm(&self, origin: &Origin) {
        self.host(origin).enter(None);
    }

    fn host(&self, origin: &Origin) -> Arc<HostPool> {
        let mut hosts = lock(&self.hosts);
        if let Some(host) = hosts.get(origin) {
            return Arc::clone(host);
        }
        if hosts.len() >= HOSTS {
            hosts.retain(|_, host| Arc::strong_count(host) > 1 || !lock(&host.inner).is_empty());
        }
        let http1 = self.connector.is_http1(origin);
        let host = Arc::new(HostPool {
            origin: origin.clone(),
            connector: Arc::clone(&self.connector),
            most: self.most,
            ping: self.ping,
            inner: Mutex::new(Inner { each: http1.then_some(1), ..Inner::default() }),
        });
        hosts.insert(origin.clone(), Arc::clone(&host));
        host
    }
}

type Granted = Result<PoolPlace, CallError>;

/// The connections of one host.
struct HostPool {
    origin: Origin,
    connector: Arc<Connector>,
    most: usize,
    ping: PingSettings,
    inner: Mutex<Inner>,
}

impl fmt::Debug for HostPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostPool({})", self.origin.url())
    }
}

#[derive(Default)]
struct Inner {
    http2: Vec<Arc<Http2>>,
    /// Connections of HTTP/1.1 that wait for an exchange; the one used last is used next.
    idle: Vec<(Http1, Instant)>,
    /// Connections of HTTP/1.1 that have one.
    busy: usize,
    dialing: usize,
    waiting: VecDeque<oneshot::Sender<Granted>>,
    /// How many exchanges a connection carries, once one has shown it; 1 is HTTP/1.1.
    each: Option<usize>,
    /// No connection is tried before.
    paused_until: Option<Instant>,
    /// Whether a task closes what nobody uses.
    reaping: bool,
    runtime: Option<Handle>,
}

impl Inner {
    fn is_empty(&self) -> bool {
        self.http2.is_empty() && self.idle.is_empty() && self.busy + self.dialing == 0
    }

    fn connections(&self) -> usize {
        self.http2.len() + self.idle.len() + self.busy + self.dialing
    }

    /// How many connections must be made for those who wait, and for those who may come.
    fn missing(&self, most: usize) -> usize {
        if self.paused_until.is_some_and(|until| Instant::now() < until) {
            return 0;
        }
        let each = self.each.unwrap_or(usize::MAX);
        let unsettled =
            self.http2.iter().filter(|one| !one.is_settled() && !one.is_suspect()).count();
        let promised = (self.dialing + unsettled).saturating_mul(each);
        let missing = match self.waiting.len().saturating_sub(promised) {
            0 => usize::from(self.is_nearly_full()),
            waiting => waiting.div_ceil(each),
        };
        let spare = most.saturating_sub(self.connections());
        let spare = match self.barred() {
            0 => spare,
            barred => spare.min(BARRED.saturating_sub(barred + self.dialing + unsettled)),
        };
        missing.min(spare).min(DIALS.saturating_sub(self.dialing))
    }

    /// How many of the newest connections allow no stream at all, for now.
    fn barred(&self) -> usize {
        let settled = self.http2.iter().rev().filter(|one| one.is_settled() && !one.is_closing());
        settled.take_while(|one| one.capacity() == 0).count()
    }

    /// Whether the last places of HTTP/2 are being taken.
    fn is_nearly_full(&self) -> bool {
        let settled = self.http2.iter().all(|one| one.is_settled());
        if self.http2.is_empty() || !settled || self.dialing > 0 {
            return false;
        }
        let capacity: usize = self.http2.iter().map(|one| one.capacity()).sum();
        let free: usize = self.http2.iter().map(|one| one.free()).sum();
        capacity >= 10 && free < capacity / 10
    }
}

impl HostPool {
    /// A place, where one is free and nobody waits for it; else the sender is put in line. Without
    /// one, a connection is made where there is none.
    fn enter(self: &Arc<Self>, sender: Option<oneshot::Sender<Granted>>) -> Option<PoolPlace> {
        let mut inner = lock(&self.inner);
        inner.runtime = Handle::try_current().ok();
        let Some(sender) = sender else {
            let count = usize::from(inner.is_empty());
            let dials = self.dials(&mut inner, count);
            drop(inner);
            dials.start();
            return None;
        };
        if inner.waiting.is_empty()
            && let Some(place) = self.take(&mut inner)
        {
            let missing = inner.missing(self.most);
            let dials = self.dials(&mut inner, missing);
            drop(inner);
            dials.start();
            return Some(place);
        }
        inner.waiting.push_back(sender);
        drop(inner);
        self.tend();
        None
    }

    fn take(self: &Arc<Self>, inner: &mut Inner) -> Option<PoolPlace> {
        inner.http2.retain(|one| !one.is_closing());
        if let Some(connection) = inner.http2.iter().find(|one| one.free() > 0) {
            connection.open(self.ping);
            let (connection, host) = (Arc::clone(connection), Arc::clone(self));
            return Some(PoolPlace::Http2(Http2Place { connection, host }));
        }
        loop {
            let (mut connection, since) = inner.idle.pop()?;
            if since.elapsed() < IDLE && !connection.is_closed() {
                inner.busy += 1;
                let lease = Http1Lease { host: Some(Arc::clone(self)) };
                return Some(PoolPlace::Http1(Http1Place { held: Some((connection, lease)) }));
            }
        }
    }

    /// Gives free places to those who wait, and makes the connections that are missing.
    fn tend(self: &Arc<Self>) {
        let mut grants = Vec::new();
        let mut inner = lock(&self.inner);
        while let Some(first) = inner.waiting.front() {
            // Who has given up is passed over.
            let gone = first.is_closed();
            let place = if gone { None } else { self.take(&mut inner) };
            if !gone && place.is_none() {
                break;
            }
            let sender = inner.waiting.pop_front();
            grants.extend(sender.zip(place));
        }
        inner.http2.retain(|one| !one.is_closing());
        let missing = inner.missing(self.most);
        let dials = self.dials(&mut inner, missing);
        drop(inner);
        dials.start();
        for (sender, place) in grants {
            // Who has gone meanwhile leaves the place to the next, as it is dropped.
            let _ = sender.send(Ok(place));
        }
    }

    /// Counts connections in that are about to be made.
    fn dials(self: &Arc<Self>, inner: &mut Inner, count: usize) -> Dials {
        inner.dialing += count;
        let dialing = || Dialing { host: Arc::clone(self), done: false };
        Dials { runtime: inner.runtime.clone(), dials: (0..count).map(|_| dialing()).collect() }
    }

    /// A connection cannot be made. Where others work, those who wait are served by them.
    fn failed(self: &Arc<Self>, error: &CallError) {
        let mut inner = lock(&self.inner);
        inner.dialing -= 1;
        inner.waiting.retain(|sender| !sender.is_closed());
        if inner.http2.iter().any(|one| !one.is_closing() && one.capacity() > 0) {
            inner.paused_until = Some(Instant::now() + PAUSE);
            let host = Arc::downgrade(self);
            if let Some(runtime) = &inner.runtime {
                runtime.spawn(async move {
                    sleep(PAUSE).await;
                    tend(&host);
                });
            }
            return;
        }
        // A connection of HTTP/1.1 was for one, one of HTTP/2 for all. Where nobody answers, those whose
        // turn has not come would wait as long again: each of those that are being made is for some.
        let silent = error.code.as_deref() == Some("ETIMEDOUT");
        let one_each = inner.each == Some(1);
        let others = inner.dialing;
        let count = match others {
            _ if one_each && silent => inner.waiting.len().div_ceil(others + 1),
            _ if one_each => 1,
            0 => inner.waiting.len(),
            _ => 0,
        };
        let count = count.min(inner.waiting.len());
        let told: Vec<_> = inner.waiting.drain(..count).collect();
        drop(inner);
        for sender in told {
            let _ = sender.send(Err(error.clone()));
        }
        // The others have their own tries.
        if one_each && (!silent || others == 0) {
            self.tend();
        }
    }

    fn made_http2(self: &Arc<Self>, connection: Http2) {
        let mut inner = lock(&self.inner);
        inner.dialing -= 1;
        inner.paused_until = None;
        inner.http2.push(Arc::new(connection));
        drop(inner);
        self.tend();
    }

    fn made_http1(self: &Arc<Self>, connection: Http1) {
        let mut inner = lock(&self.inner);
        inner.dialing -= 1;
        inner.each = Some(1);
        // Whoever waits is given it as it is: what its server has done to it meanwhile is an answer.
        inner.waiting.retain(|sender| !sender.is_closed());
        let Some(first) = inner.waiting.pop_front() else {
            self.rest(&mut inner, connection);
            return;
        };
        inner.busy += 1;
        drop(inner);
        let lease = Http1Lease { host: Some(Arc::clone(self)) };
        let place = Http1Place { held: Some((connection, lease)) };
        // Who has gone meanwhile leaves the place to the next, as it is dropped.
        let _ = first.send(Ok(PoolPlace::Http1(place)));
        self.tend();
    }

    /// A connection of HTTP/1.1 waits for its next exchange, and not for ever.
    fn rest(self: &Arc<Self>, inner: &mut Inner, connection: Http1) {
        inner.idle.push((connection, Instant::now()));
        if inner.reaping {
            return;
        }
        let Some(runtime) = &inner.runtime else { return };
        inner.reaping = true;
        let host = Arc::downgrade(self);
        runtime.spawn(async move {
            loop {
                sleep(IDLE / 2).await;
                let Some(host) = host.upgrade() else { return };
                let mut inner = lock(&host.inner);
                inner.idle.retain_mut(|(one, since)| since.elapsed() < IDLE && !one.is_closed());
                inner.reaping = !inner.idle.is_empty();
                if !inner.reaping {
                    return;
                }
            }
        });
    }
}

/// The same for whom a host may outlive.
fn tend(host: &Weak<HostPool>) {
    if let Some(host) = host.upgrade() {
        host.tend();
    }
}

/// Connections that are about to be made, once nothing is locked: a runtime that is ending drops them
/// at once.
struct Dials {
    runtime: Option<Handle>,
    dials: Vec<Dialing>,
}

impl Dials {
    fn start(self) {
        if let Some(runtime) = self.runtime {
            for dialing in self.dials {
                runtime.spawn(dialing.dial());
            }
        }
    }
}

/// A connection that is being made.
struct Dialing {
    host: Arc<HostPool>,
    done: bool,
}

impl Dialing {
    async fn dial(mut self) {
        let host = Arc::clone(&self.host);
        let made = async {
            let link = host.connector.connect(&host.origin).await?;
            if !link.http2 {
                return Ok(Made::Http1(Http1::start(link)));
            }
            let weak = Arc::downgrade(&host);
            let changed = move || settled(&weak);
            let started = Http2::start(link, host.ping, host.connector.limit(), changed);
            started.await.map(Made::Http2)
        };
        let made = made.await;
        self.done = true;
        match made {
            Ok(Made::Http1(connection)) => host.made_http1(connection),
            Ok(Made::Http2(connection)) => host.made_http2(connection),
            Err(error) => host.failed(&error),
        }
    }
}

enum Made {
    Http1(Http1),
    Http2(Http2),
}

/// A connection of HTTP/2 has learned what it can take.
fn settled(host: &Weak<HostPool>) {
    let Some(host) = host.upgrade() else { return };
    let mut inner = lock(&host.inner);
    let newest = inner.http2.iter().rev().find(|one| one.is_settled() && !one.is_closing());
    if let Some(capacity) = newest.map(|one| one.capacity().max(1)) {
        inner.each = Some(capacity);
    }
    drop(inner);
    host.tend();
}

impl Drop for Dialing {
    /// The runtime that made it is ending: so is all that waits for it.
    fn drop(&mut self) {
        if !self.done {
            let mut inner = lock(&self.host.inner);
            inner.dialing -= 1;
            inner.waiting.clear();
        }
    }
}

/// A connection of HTTP/1.1, lent for one exchange; one that does not begin gives it back.
#[derive(Debug)]
pub struct Http1Place {
    /// `None` once the exchange has begun.
    held: Option<(Http1, Http1Lease)>,
}

impl Http1Place {
    /// The connection, for an exchange that begins, and what gives it back.
    pub fn into_parts(mut self) -> Option<(Http1, Http1Lease)> {
        self.held.take()
    }
}

impl Drop for Http1Place {
    fn drop(&mut self) {
        if let Some((connection, mut lease)) = self.held.take() {
            lease.end(Some(connection));
        }
    }
}

/// The place of a connection of HTTP/1.1 that has an exchange.
#[derive(Debug)]
pub struct Http1Lease {
    /// `None` once it is over.
    host: Option<Arc<HostPool>>,
}

impl Http1Lease {
    /// Closes the connections that wait for an exchange: one of them has been found dead, and they are as
    /// old.
    pub fn forget_idle(&self) {
        let idle = self.host.as_ref().map(|host| std::mem::take(&mut lock(&host.inner).idle));
        drop(idle);
    }

    fn end(&mut self, connection: Option<Http1>) {
        let Some(host) = self.host.take() else { return };
        let mut inner = lock(&host.inner);
        inner.busy -= 1;
        if let Some(connection) = connection {
            host.rest(&mut inner, connection);
        }
        drop(inner);
        host.tend();
    }
}

impl Lease for Http1Lease {
    fn give_back(mut self: Box<Self>, connection: Http1) {
        self.end(Some(connection));
    }
}

impl Drop for Http1Lease {
    fn drop(&mut self) {
        self.end(None);
    }
}

/// A stream's place on a connection of HTTP/2.
#[derive(Debug)]
pub struct Http2Place {
    connection: Arc<Http2>,
    host: Arc<HostPool>,
}

impl Http2Place {
    /// The connection.
    pub fn connection(&self) -> &Arc<Http2> {
        &self.connection
    }
}

impl Lease for Http2Place {
    fn give_back(self: Box<Self>, _: Http1) {}
}

impl Drop for Http2Place {
    fn drop(&mut self) {
        self.connection.close();
        self.host.tend();
    }
}
