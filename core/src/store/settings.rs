//! Which store is used, as JavaScript says it (`lib/store.js`).

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;

use super::file::FileStore;
use super::object::{Keeper, ObjectStore};
#[cfg(feature = "redis")]
use super::redis::RedisStore;
use super::{SharedStore, Store, StoreError};
use crate::bedrock::credentials::Secret;
use crate::profile::clock::SystemClock;

/// Which store is used. Where several are, a Redis or an object counts first, and the file stands in for
/// it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoreSettings {
    /// A Redis or Valkey.
    pub redis: Option<RedisSettings>,
    /// The number of an object in JavaScript with `get`, `set` and `delete`.
    pub object: Option<u32>,
    /// A file.
    pub file: Option<PathBuf>,
    /// Nobody has named the file: where it cannot be used, nobody is told.
    #[serde(default)]
    pub file_is_default: bool,
}

/// How a Redis is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedisSettings {
    /// `redis://` or `rediss://`; several, with commas between them, are the nodes of a cluster.
    /// `redis+sentinel://host:26379,host:26379/name` names sentinels.
    pub url: Secret,
    /// Where the URL names no user.
    pub username: Option<String>,
    /// Where the URL has no password.
    pub password: Option<Secret>,
    /// Certificates to trust, in PEM.
    pub ca: Option<String>,
    /// `redis://` means TLS: certificates to trust were named, whether or not they can be read.
    #[serde(default)]
    pub tls: bool,
    /// One URL is a node of a cluster.
    #[serde(default)]
    pub cluster: bool,
    /// What keys begin with.
    #[serde(default)]
    pub prefix: String,
}

/// What a URL names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct RedisNodes {
    /// A URL for each node.
    pub(super) urls: Vec<String>,
    /// The name by which sentinels know the primary.
    pub(super) service: Option<String>,
    /// All of it, without passwords.
    pub(super) name: String,
}

impl RedisSettings {
    /// The nodes of the URL.
    pub(super) fn nodes(&self) -> Result<RedisNodes, StoreError> {
        let text = self.url.0.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let scheme = &*scheme.to_ascii_lowercase();
        let (base, is_sentinel) = match scheme.strip_suffix("+sentinel") {
            Some(base) => (base, true),
            None => (scheme, false),
        };
        if !["redis", "rediss", "valkey", "valkeys"].contains(&base) {
            return Err(StoreError::new("its URL does not begin with redis:// or rediss://"));
        }
        let mut service = None;
        let mut nodes = Vec::new();
        if is_sentinel {
            let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
            let mut path = path.split('/');
            let name = path.next().unwrap_or_default();
            if name.is_empty() {
                return Err(StoreError::new(
                    "its URL does not name the primary: redis+sentinel://host:26379/name",
                ));
            }
            service = Some(name.to_owned());
            let database = path.next().unwrap_or("0");
            let (login, hosts) =
                hosts.rsplit_once('@').map_or(("", hosts), |(login, hosts)| (login, hosts));
            let at = if login.is_empty() { "" } else { "@" };
            for host in hosts.split(',').map(str::trim).filter(|host| !host.is_empty()) {
                let port = if host.contains(':') { "" } else { ":26379" };
                nodes.push(format!("{base}://{login}{at}{host}{port}/{database}"));
            }
        } else {
            for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                nodes.push(match part.split_once("://") {
                    Some((scheme, rest)) => format!("{}://{rest}", scheme.to_ascii_lowercase()),
                    None => format!("{base}://{part}"),
                });
            }
        }
        let shown: Vec<&str> = nodes.iter().map(|node| without_login(node)).collect();
        let name = format!("{scheme}://{}", shown.join(","));
        if shown.is_empty() || shown.iter().any(|host| host.is_empty()) {
            return Err(StoreError::new("its URL names no host"));
        }
        Ok(RedisNodes { urls: nodes, service, name })
    }

    /// What it is called in messages though its URL cannot be read.
    fn name(&self) -> String {
        self.nodes().map_or_else(|_| "redis".to_owned(), |nodes| nodes.name)
    }
}

/// A node's host and port.
fn without_login(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.rsplit('@').next().unwrap_or_default();
    host.split(['/', '?', '#']).next().unwrap_or_default()
}

impl StoreSettings {
    /// Opens the stores. Does no I/O.
    pub fn open(&self, keeper: &Arc<dyn Keeper>) -> Arc<SharedStore> {
        let mut stores: Vec<(Arc<dyn Store>, bool)> = Vec::new();
        let mut wrong = None;
        let clock = Arc::new(SystemClock);
        if let Some(settings) = &self.redis {
            match open_redis(settings) {
                Ok(store) => stores.push((store, false)),
                Err(error) => {
                    let name = settings.name();
                    wrong = Some(format!(
                        "The store {name} cannot be used: {error}. {} on.",
                        if self.file.is_some() {
                            "A file and memory carry"
                        } else {
                            "Memory carries"
                        }
                    ));
                }
            }
        }
        if let Some(object) = self.object {
            let keeper = Arc::clone(keeper);
            stores.push((Arc::new(ObjectStore::new(object, keeper)), false));
        }
        if let Some(path) = &self.file {
            let clock = Arc::clone(&clock) as _;
            stores.push((Arc::new(FileStore::new(path.clone(), clock)), self.file_is_default));
        }
        SharedStore::with(stores, clock, wrong)
    }
}

#[cfg(feature = "redis")]
fn open_redis(settings: &RedisSettings) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(RedisStore::open(settings)?))
}

#[cfg(not(feature = "redis"))]
fn open_redis(_: &RedisSettings) -> Result<Arc<dyn Store>, StoreError> {
    Err(StoreError::new("this build has no support for Redis (the cargo feature `redis`)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> RedisSettings {
        RedisSettings {
            url: Secret(url.to_owned()),
            username: None,
            password: None,
            ca: None,
            tls: false,
            cluster: false,
            prefix: String::new(),
        }
    }

    #[test]
    fn a_url_names_one_several_or_sentinels_and_shows_no_password() {
        let long = "rediss+sentinel://u:secret@s1,s2:26380/primary/2";
        for (url, nodes, service, name) in [
            ("redis://h", &["redis://h"][..], None, "redis://h"),
            ("redis://:secret@h:1/3", &["redis://:secret@h:1/3"], None, "redis://h:1"),
            ("redis://a:1, redis://b:2", &["redis://a:1", "redis://b:2"], None, "redis://a:1,b:2"),
            ("REDIS://h", &["redis://h"], None, "redis://h"),
            ("rediss://a:1,b:2", &["rediss://a:1", "rediss://b:2"], None, "rediss://a:1,b:2"),
            (
                long,
                &["rediss://u:secret@s1:26379/2", "rediss://u:secret@s2:26380/2"],
                Some("primary"),
                "rediss+sentinel://s1:26379,s2:26380",
            ),
        ] {
            let expected = RedisNodes {
                urls: nodes.iter().map(ToString::to_string).collect(),
                service: service.map(str::to_owned),
                name: name.to_owned(),
            };
            assert_eq!(settings(url).nodes(), Ok(expected), "{url}");
        }
        for wrong in ["", "http://h", "redis", "redis+sentinel://h", "redis://,"] {
            assert!(settings(wrong).nodes().is_err(), "{wrong}");
        }
    }
}
