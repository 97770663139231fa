//! Credentials and signing: static keys, a bearer token, a caller's provider, or AWS's default chain.

use std::fmt;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::BehaviorVersion;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::default_provider::token::DefaultTokenChain;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::attributes::AccountId;
use aws_credential_types::provider::error::{CredentialsError, TokenError};
use aws_credential_types::provider::token::{ProvideToken, SharedTokenProvider};
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_credential_types::{Credentials, Token};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::region::Region;
use serde::Deserialize;

pub use super::secret::Secret;

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
    /// The AWS account that they belong to, where the provider names it.
    #[serde(default)]
    pub account_id: Option<String>,
}

impl Hash for Keys {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // What AWS judges: neither when they end nor whose they are said to be.
        let Self { access_key_id, secret_access_key, session_token, .. } = self;
        ("keys", access_key_id, secret_access_key, session_token).hash(state);
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(** redacted **)")
    }
}

fn time(millis: Option<u64>) -> Option<SystemTime> {
    millis.and_then(|at| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(at)))
}

impl From<Keys> for Credentials {
    fn from(keys: Keys) -> Self {
        let mut credentials = Credentials::builder()
            .access_key_id(keys.access_key_id)
            .secret_access_key(keys.secret_access_key)
            .provider_name("bedrock-profile-client");
        credentials.set_session_token(keys.session_token);
        credentials.set_expiry(time(keys.expiration));
        credentials.set_account_id(keys.account_id.map(AccountId::from));
        credentials.build()
    }
}

impl From<&Credentials> for Keys {
    fn from(given: &Credentials) -> Self {
        Self {
            access_key_id: given.access_key_id().to_owned(),
            secret_access_key: given.secret_access_key().to_owned(),
            session_token: given.session_token().map(str::to_owned),
            expiration: None,
            account_id: given.account_id().map(|id| id.as_str().to_owned()),
        }
    }
}

/// A bearer token.
#[derive(Debug, Clone, Deserialize)]
pub struct BearerToken {
    /// The token.
    pub token: Secret,
    /// When it ends, in milliseconds since 1970.
    #[serde(default)]
    pub expiration: Option<u64>,
}

impl From<BearerToken> for Token {
    fn from(given: BearerToken) -> Self {
        Self::new(given.token.0, time(given.expiration))
    }
}

/// What a provider gives.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Given {
    /// Keys to sign with.
    Keys(Keys),
    /// A bearer token.
    Token(BearerToken),
    /// What an object keeps.
    Value(Option<String>),
}

/// What a provider's answer is awaited as.
pub type GivenFuture = Pin<Box<dyn Future<Output = Result<Given, String>> + Send>>;

/// A caller's own provider.
pub trait Provider: Send + Sync {
    /// Asks it; again some minutes before what it gave ends, never concurrently.
    fn ask(&self) -> GivenFuture;
}

/// The credentials that sign the requests of a client.
#[derive(Clone)]
pub enum Signer {
    /// Keys that do not change.
    Static(Keys),
    /// `Authorization: Bearer`, no signature.
    Bearer(Secret),
    /// A caller's provider of keys.
    Provider(Arc<dyn Provider>),
    /// A caller's provider of bearer tokens.
    TokenProvider(Arc<dyn Provider>),
    /// AWS's default chain, with a profile's name where one is given.
    Chain {
        /// The profile of the shared configuration files.
        profile: Option<String>,
    },
    /// AWS's chain of bearer tokens: that of a sign-in with SSO.
    TokenChain {
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
            Self::TokenProvider(_) => "Signer::TokenProvider",
            Self::Chain { .. } => "Signer::Chain",
            Self::TokenChain { .. } => "Signer::TokenChain",
        })
    }
}

/// A signer as the AWS SDK for Rust asks it.
pub(super) enum Identities {
    /// For signatures.
    Keys(SharedCredentialsProvider),
    /// For bearer tokens.
    Tokens(SharedTokenProvider),
}

/// What a signer's providers need: where STS and SSO are, and how they are reached.
#[derive(Clone)]
pub(super) struct Surroundings {
    pub(super) region: String,
    pub(super) http: SharedHttpClient,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Surroundings")
    }
}

impl Surroundings {
    fn config(&self) -> ProviderConfig {
        ProviderConfig::without_region()
            .with_region(Some(Region::new(self.region.clone())))
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_http_client(self.http.clone())
    }
}

/// The signer's keys or tokens.
pub(super) fn identities(signer: &Signer, around: &Surroundings) -> Identities {
    match signer {
        Signer::Static(keys) => {
            Identities::Keys(SharedCredentialsProvider::new(Credentials::from(keys.clone())))
        }
        Signer::Bearer(token) => {
            Identities::Tokens(SharedTokenProvider::new(Token::new(token.0.clone(), None)))
        }
        Signer::Provider(provider) => {
            Identities::Keys(SharedCredentialsProvider::new(ProvidedIdentity(Arc::clone(provider))))
        }
        Signer::TokenProvider(provider) => {
            Identities::Tokens(SharedTokenProvider::new(ProvidedIdentity(Arc::clone(provider))))
        }
        Signer::Chain { profile } => Identities::Keys(SharedCredentialsProvider::new(Chain {
            around: around.clone(),
            profile: profile.clone(),
        })),
        Signer::TokenChain { profile } => {
            Identities::Tokens(SharedTokenProvider::new(TokenChain {
                region: around.region.clone(),
                profile: profile.clone(),
            }))
        }
    }
}

struct ProvidedIdentity(Arc<dyn Provider>);

impl fmt::Debug for ProvidedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProvidedIdentity")
    }
}

impl ProvideCredentials for ProvidedIdentity {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            match self.0.ask().await.map_err(CredentialsError::provider_error)? {
                Given::Keys(keys) => Ok(Credentials::from(keys)),
                Given::Token(_) | Given::Value(_) => {
                    Err(CredentialsError::provider_error("it gave no keys"))
                }
            }
        })
    }
}

impl ProvideToken for ProvidedIdentity {
    fn provide_token<'a>(&'a self) -> future::ProvideToken<'a>
    where
        Self: 'a,
    {
        future::ProvideToken::new(async move {
            match self.0.ask().await.map_err(TokenError::provider_error)? {
                Given::Token(token) => Ok(Token::from(token)),
                Given::Keys(_) | Given::Value(_) => {
                    Err(TokenError::provider_error("it gave no token"))
                }
            }
        })
    }
}

/// The default chain, made anew each time that it is asked: what it is made of reads files once, and
/// keys in files rotate.
#[derive(Debug)]
struct Chain {
    around: Surroundings,
    profile: Option<String>,
}

impl Chain {
    async fn make(&self) -> SharedCredentialsProvider {
        let config = self.around.config();
        let Some(profile) = &self.profile else {
            let region = Region::new(self.around.region.clone());
            let chain = DefaultCredentialsChain::builder().configure(config).region(region);
            return SharedCredentialsProvider::new(chain.build().await);
        };
        // A profile that is named goes before keys of the environment, as in the AWS SDK for JavaScript.
        let named = ProfileFileCredentialsProvider::builder().configure(&config);
        let web_identity = WebIdentityTokenCredentialsProvider::builder().configure(&config);
        let chain =
            CredentialsProviderChain::first_try("Profile", named.profile_name(profile).build())
                .or_else("WebIdentityToken", web_identity.build())
                .or_else(
                    "EcsContainer",
                    EcsCredentialsProvider::builder().configure(&config).build(),
                )
                .or_else(
                    "Ec2InstanceMetadata",
                    ImdsCredentialsProvider::builder().configure(&config).build(),
                );
        SharedCredentialsProvider::new(chain)
    }
}

impl ProvideCredentials for Chain {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(
            async move { self.make().await.provide_credentials().await },
        )
    }
}

/// The same for bearer tokens.
#[derive(Debug)]
struct TokenChain {
    region: String,
    profile: Option<String>,
}

impl TokenChain {
    async fn make(&self) -> DefaultTokenChain {
        let region = Region::new(self.region.clone());
        // It takes no configuration: it asks SSO over connections of its own.
        let mut chain = DefaultTokenChain::builder().region(region);
        if let Some(profile) = &self.profile {
            chain = chain.profile_name(profile);
        }
        chain.build().await
    }
}

impl ProvideToken for TokenChain {
    fn provide_token<'a>(&'a self) -> future::ProvideToken<'a>
    where
        Self: 'a,
    {
        future::ProvideToken::new(async move { self.make().await.provide_token().await })
    }
}
