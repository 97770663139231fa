//! Who signs: static keys, a bearer token, a caller's provider, or AWS's default chain.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::BehaviorVersion;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::region::Region;
use serde::Deserialize;
use tokio::sync::OnceCell;

/// The keys that a provider gives.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Keys {
    /// Access key id.
    pub access_key_id: String,
    /// Secret access key.
    pub secret_access_key: String,
    /// Session token of temporary keys.
    #[serde(default)]
    pub session_token: Option<String>,
    /// When they end, in milliseconds since 1970.
    #[serde(default)]
    pub expiration: Option<u64>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(** redacted **)")
    }
}

impl From<Keys> for Credentials {
    fn from(keys: Keys) -> Self {
        let expiry = keys.expiration.map(|at| SystemTime::UNIX_EPOCH + Duration::from_millis(at));
        Credentials::new(
            keys.access_key_id,
            keys.secret_access_key,
            keys.session_token,
            expiry,
            "bedrock-profile-client",
        )
    }
}

/// What a provider's answer is awaited as.
pub type KeysFuture = Pin<Box<dyn Future<Output = Result<Keys, String>> + Send>>;

/// A caller's own provider of keys.
pub trait KeysProvider: Send + Sync {
    /// Gives keys; called again shortly before they end, never concurrently.
    fn keys(&self) -> KeysFuture;
}

/// Who signs the requests of a client.
#[derive(Clone)]
pub enum Signer {
    /// Keys that do not change.
    Static(Keys),
    /// `Authorization: Bearer`, no signature.
    Bearer(String),
    /// A caller's provider.
    Provider(Arc<dyn KeysProvider>),
    /// AWS's default chain, with a profile's name where one is given.
    Chain {
        /// The profile of the shared configuration files.
        profile: Option<String>,
    },
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Static(_) => "Signer::Static(** redacted **)",
            Self::Bearer(_) => "Signer::Bearer(** redacted **)",
            Self::Provider(_) => "Signer::Provider",
            Self::Chain { .. } => "Signer::Chain",
        })
    }
}

/// The signer's keys as the AWS SDK for Rust takes them; `None` for a bearer token.
pub(super) fn provider(signer: &Signer, region: &str) -> Option<SharedCredentialsProvider> {
    Some(match signer {
        Signer::Static(keys) => SharedCredentialsProvider::new(Credentials::from(keys.clone())),
        Signer::Bearer(_) => return None,
        Signer::Provider(provider) => {
            SharedCredentialsProvider::new(CallersProvider(Arc::clone(provider)))
        }
        Signer::Chain { profile } => SharedCredentialsProvider::new(Chain {
            region: region.to_owned(),
            profile: profile.clone(),
            ready: OnceCell::new(),
        }),
    })
}

struct CallersProvider(Arc<dyn KeysProvider>);

impl fmt::Debug for CallersProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CallersProvider")
    }
}

impl ProvideCredentials for CallersProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let keys = self.0.keys().await.map_err(CredentialsError::provider_error)?;
            Ok(Credentials::from(keys))
        })
    }
}

/// The default chain, made when it is first asked: making it reads files.
#[derive(Debug)]
struct Chain {
    region: String,
    profile: Option<String>,
    ready: OnceCell<DefaultCredentialsChain>,
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let chain = self
                .ready
                .get_or_init(|| async {
                    let region = Region::new(self.region.clone());
                    let config = ProviderConfig::without_region()
                        .with_region(Some(region.clone()))
                        .with_behavior_version(Some(BehaviorVersion::latest()));
                    let mut builder =
                        DefaultCredentialsChain::builder().configure(config).region(region);
                    if let Some(profile) = &self.profile {
                        builder = builder.profile_name(profile);
                    }
                    builder.build().await
                })
                .await;
            chain.provide_credentials().await
        })
    }
}
