//! Sessions that the client itself takes from a role, with tags that say whose cost a call is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::BehaviorVersion;
use aws_sdk_sts::types::Tag;
use aws_types::region::Region;
use serde::Deserialize;

use super::credentials::{Given, GivenFuture, Keys, Provider};
use super::error::chain;
use super::identity::{Identity, WeakIdentity};
use super::transport::Transport;

/// A session of a role.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Session {
    /// The role's ARN.
    pub role_arn: String,
    /// What the role's trust policy may ask for.
    #[serde(default)]
    pub external_id: Option<String>,
    /// `RoleSessionName`.
    pub session_name: String,
    /// How long it lasts, in seconds.
    #[serde(default)]
    pub duration_seconds: Option<i32>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl Session {
    /// The account of its role.
    pub(crate) fn account(&self) -> Option<&str> {
        self.role_arn.split(':').nth(4).filter(|account| !account.is_empty())
    }
}

/// Takes a session with the keys of another identity.
pub(crate) struct AssumedRole {
    session: Session,
    /// Whose keys take the role: of a client that uses the session now, which keeps them.
    base: Mutex<WeakIdentity>,
    region: String,
    transport: Transport,
}

impl fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumedRole")
            .field("role_arn", &self.session.role_arn)
            .finish_non_exhaustive()
    }
}

impl AssumedRole {
    /// `region` is where STS is asked, over `transport`.
    pub(crate) fn new(session: Session, region: &str, transport: &Transport) -> Arc<Self> {
        let (region, transport) = (region.to_owned(), transport.clone());
        Arc::new(Self { session, base: Mutex::default(), region, transport })
    }

    /// The role is taken with these keys from now on.
    pub(crate) fn take_with(&self, base: &Identity) {
        *self.base.lock().unwrap_or_else(PoisonError::into_inner) = base.downgrade();
    }
}

impl Provider for AssumedRole {
    fn ask(&self) -> GivenFuture {
        let base = self.base.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        let session = self.session.clone();
        let (region, http) = (self.region.clone(), self.transport.plain());
        Box::pin(async move {
            let base = base.ok_or("the client that took the role is gone")?;
            let keys = base.keys().await.map_err(|error| error.message)?;
            let config = aws_config::defaults(BehaviorVersion::latest())
                .region(Region::new(region))
                .http_client(http)
                .credentials_provider(keys)
                .load()
                .await;
            let account_id = session.account().map(str::to_owned);
            let Session { role_arn, external_id, session_name, duration_seconds, tags } = session;
            let mut tagged = Vec::new();
            for (key, value) in tags {
                tagged
                    .push(Tag::builder().key(key).value(value).build().map_err(|e| e.to_string())?);
            }
            let answered = aws_sdk_sts::Client::new(&config)
                .assume_role()
                .role_arn(&role_arn)
                .role_session_name(session_name)
                .set_external_id(external_id)
                .set_duration_seconds(duration_seconds)
                .set_tags((!tagged.is_empty()).then_some(tagged))
                .send()
                .await;
            let given = answered.map_err(|error| {
                format!("sts:AssumeRole of {role_arn} failed: {}", chain(&error))
            })?;
            let keys = given.credentials.ok_or("sts:AssumeRole gave no credentials")?;
            Ok(Given::Keys(Keys {
                expiration: u64::try_from(keys.expiration.to_millis().unwrap_or(0)).ok(),
                access_key_id: keys.access_key_id,
                secret_access_key: keys.secret_access_key,
                session_token: Some(keys.session_token),
                account_id,
            }))
        })
    }
}
