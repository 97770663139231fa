//! Roles that the client itself assumes: of another account, or for tags that say whose cost a call is.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::BehaviorVersion;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::ProvideCredentials;
use aws_types::region::Region;
use serde::Deserialize;

use super::credentials::{Given, GivenFuture, Keys, Provider};
use super::error::chain;
use super::identity::{Identity, WeakIdentity};
use super::transport::Transport;

/// A role to assume, and the session of it that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleToAssume {
    /// Its ARN.
    pub role_arn: String,
    /// What the role's trust policy asks for (`sts:ExternalId`).
    #[serde(default)]
    pub external_id: Option<String>,
    /// The name of its sessions, which CloudTrail shows.
    pub session_name: String,
    /// Where STS is asked; the client's region where it is absent.
    #[serde(default)]
    pub region: Option<String>,
    /// How long a session lasts, in seconds; as AWS has it where it is absent.
    #[serde(default)]
    pub duration_seconds: Option<u64>,
    /// The tags of its sessions.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

impl RoleToAssume {
    /// The account that the role is of.
    fn account(&self) -> Option<&str> {
        self.role_arn.split(':').nth(4).filter(|account| !account.is_empty())
    }
}

/// Sessions of a role, each assumed when it is asked for: [`Identity`] keeps it, and asks for the next
/// one before it ends.
pub(crate) struct AssumedRole {
    role: RoleToAssume,
    /// Whose keys assume it. Whoever uses the sessions keeps them: they leave memory with the last one.
    by: Mutex<WeakIdentity>,
    region: String,
    transport: Transport,
}

impl fmt::Debug for AssumedRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AssumedRole").field("role", &self.role).finish_non_exhaustive()
    }
}

impl AssumedRole {
    /// `region` is where STS is asked unless the role says it, over `transport`.
    pub(crate) fn new(role: RoleToAssume, region: &str, transport: &Transport) -> Arc<Self> {
        let region = role.region.as_deref().unwrap_or(region).to_owned();
        Arc::new(Self { role, by: Mutex::default(), region, transport: transport.clone() })
    }

    /// It is assumed with these keys from now on.
    pub(crate) fn assume_with(&self, by: &Identity) {
        *self.by.lock().unwrap_or_else(PoisonError::into_inner) = by.downgrade();
    }
}

impl Provider for AssumedRole {
    fn ask(&self) -> GivenFuture {
        let by = self.by.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        let (role, region) = (self.role.clone(), self.region.clone());
        let http = self.transport.plain();
        Box::pin(async move {
            let account_id = role.account().map(str::to_owned);
            let RoleToAssume {
                role_arn, external_id, session_name, duration_seconds, tags, ..
            } = role;
            let by = by.ok_or_else(|| format!("nobody is left who assumes the role {role_arn}"))?;
            let by = by.keys().await.map_err(|error| error.message)?.ok_or_else(|| {
                format!(
                    "a bearer token cannot assume the role {role_arn}: give the client keys, or give \
                     the account `credentials` of its own"
                )
            })?;
            // It reads where STS is (`AWS_ENDPOINT_URL_STS`, FIPS, dual stack) as AWS's SDKs do.
            let config = aws_config::defaults(BehaviorVersion::latest())
                .region(Region::new(region))
                .http_client(http)
                .credentials_provider(by)
                .load()
                .await;
            let mut builder = AssumeRoleProvider::builder(&role_arn)
                .session_name(session_name)
                .configure(&config);
            if let Some(external_id) = external_id {
                builder = builder.external_id(external_id);
            }
            if let Some(seconds) = duration_seconds {
                builder = builder.session_length(Duration::from_secs(seconds));
            }
            if !tags.is_empty() {
                builder = builder.tags(tags);
            }
            let given = builder.build().await.provide_credentials().await.map_err(|error| {
                format!("the role {role_arn} cannot be assumed: {}", chain(&error))
            })?;
            let lasts =
                given.expiry().and_then(|end| end.duration_since(SystemTime::UNIX_EPOCH).ok());
            let mut keys = Keys::from(&given);
            keys.expiration = lasts.and_then(|lasts| u64::try_from(lasts.as_millis()).ok());
            keys.account_id = keys.account_id.or(account_id);
            Ok(Given::Keys(keys))
        })
    }
}
