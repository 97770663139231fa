//! What a client is configured with, as JavaScript says it (`lib/settings.js`).

use std::time::Duration;

use serde::Deserialize;

use crate::bedrock::CallError;
use crate::bedrock::connector::Protocol;
use crate::bedrock::credentials::{Keys, Secret};
use crate::bedrock::endpoint::EndpointSettings;
use crate::bedrock::proxy::ProxySettings;
use crate::bedrock::retry::RetryMode;
use crate::bedrock::stream::SilenceLimits;
use crate::bedrock::tls::TlsSettings;
use crate::bedrock::transport::TransportSettings;
use crate::gate::{PromptCache, Reserve};

/// What becomes of a request that the model would refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gating {
    /// Repair what can be repaired, send the rest.
    Adapt,
    /// Send nothing and say everything that is wrong.
    Strict,
    /// Send it as it is.
    Off,
}

/// Who signs.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CredentialSettings {
    /// Keys that do not change.
    Static(Keys),
    /// A bearer token.
    Bearer(Secret),
    /// The number of a provider of keys in JavaScript.
    Provider(u32),
    /// The number of a provider of bearer tokens in JavaScript.
    TokenProvider(u32),
    /// AWS's default chain.
    Chain {
        /// The profile of the shared configuration files.
        profile: Option<String>,
    },
    /// AWS's chain of bearer tokens.
    TokenChain {
        /// The profile of the shared configuration files.
        profile: Option<String>,
    },
}

/// A client's settings. Times are milliseconds.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Settings {
    /// The client's region.
    pub region: Option<String>,
    /// An explicit endpoint for inference.
    pub endpoint: Option<String>,
    /// An explicit endpoint for the control plane.
    pub control_endpoint: Option<String>,
    /// Whether to call FIPS endpoints.
    #[serde(default)]
    pub use_fips: bool,
    /// Whether to call dual-stack endpoints.
    #[serde(default)]
    pub use_dual_stack: bool,
    /// Who signs.
    pub credentials: CredentialSettings,
    /// Attempts in all.
    pub max_attempts: u32,
    /// How failed attempts are repeated.
    pub retry_mode: RetryMode,
    /// What to add to a clock that is wrong.
    #[serde(default)]
    pub clock_offset: i64,
    /// Longest time to connect.
    pub connect_timeout: Option<u64>,
    /// Longest time until the answer begins.
    pub first_byte_timeout: Option<u64>,
    /// Longest silence within a stream.
    pub event_timeout: Option<u64>,
    /// Longest silence within a stream while the model thinks.
    pub thinking_timeout: Option<u64>,
    /// Longest time for a call.
    pub call_timeout: Option<u64>,
    /// The proxy.
    pub proxy: Option<ProxySettings>,
    /// Which HTTP is spoken, where not what the server offers.
    pub protocol: Option<Protocol>,
    /// How many exchanges a host may have at a time.
    pub max_sockets: Option<usize>,
    /// Certificates to trust, in PEM.
    pub ca: Option<String>,
    /// The file of certificates to trust, in PEM.
    pub ca_file: Option<String>,
    /// Whether they are trusted instead of the system's.
    #[serde(default)]
    pub ca_only: bool,
    /// The client's own certificate, in PEM.
    pub certificate: Option<String>,
    /// Its private key, in PEM.
    pub key: Option<Secret>,
    /// Whether any certificate is accepted.
    #[serde(default)]
    pub unverified: bool,
    /// What becomes of a request that the model would refuse.
    pub gating: Gating,
    /// Whether to add the cache points that the caller leaves out, and for how long.
    pub prompt_cache: Option<PromptCache>,
    /// Whether to ask for less than the model's maximum where the caller asks for that.
    pub reserve: Option<Reserve>,
    /// Whether AWS may be asked what stands behind an id.
    pub discovery: bool,
    /// Whether refusals teach.
    pub learning: bool,
    /// The option `overrides`, as JSON text.
    pub overrides: Option<String>,
    /// The option `mappings`, as JSON text.
    pub mappings: Option<String>,
    /// `BEDROCK_INFERENCE_PROFILE_MAPPINGS`.
    pub environment_mappings: Option<String>,
    /// `BEDROCK_AWS_MODELS`.
    pub models: Option<String>,
    /// The `user-agent`.
    pub user_agent: String,
}

fn millis(value: Option<u64>) -> Option<Duration> {
    value.filter(|value| *value > 0).map(Duration::from_millis)
}

impl Settings {
    /// Reads what `lib/settings.js` wrote.
    pub fn parse(text: &str) -> Result<Self, CallError> {
        serde_json::from_str(text).map_err(|error| {
            // Not the text itself: it holds the keys.
            CallError::input(format!("The client's settings cannot be used: {error}"))
        })
    }

    /// What connections depend on.
    pub fn transport(&self) -> TransportSettings {
        let default = TransportSettings::default();
        TransportSettings {
            connect_timeout: millis(self.connect_timeout).unwrap_or(default.connect_timeout),
            proxy: self.proxy.clone(),
            tls: TlsSettings {
                ca: self.ca.clone(),
                ca_file: self.ca_file.clone(),
                ca_only: self.ca_only,
                certificate: self.certificate.clone(),
                key: self.key.clone(),
                unverified: self.unverified,
            },
            protocol: self.protocol,
            max_sockets: self.max_sockets,
        }
    }

    /// Longest time until the head of an answer.
    pub fn first_byte(&self) -> Option<Duration> {
        millis(self.first_byte_timeout)
    }

    /// How long a stream may be silent.
    pub fn silence(&self) -> SilenceLimits {
        let default = SilenceLimits::default();
        SilenceLimits {
            events: millis(self.event_timeout).unwrap_or(default.events),
            thinking: millis(self.thinking_timeout).unwrap_or(default.thinking),
        }
    }

    /// Longest time for a call.
    pub fn call_timeout(&self) -> Option<Duration> {
        millis(self.call_timeout)
    }

    /// Where a region's inference is called.
    pub fn runtime_endpoint(&self, region: &str) -> EndpointSettings {
        self.endpoint_for(region, self.endpoint.as_ref())
    }

    /// Where a region's control plane is called.
    pub fn control_endpoint(&self, region: &str) -> EndpointSettings {
        self.endpoint_for(region, self.control_endpoint.as_ref())
    }

    fn endpoint_for(&self, region: &str, endpoint: Option<&String>) -> EndpointSettings {
        EndpointSettings {
            region: region.to_owned(),
            endpoint: endpoint.cloned(),
            use_fips: self.use_fips,
            use_dual_stack: self.use_dual_stack,
        }
    }
}
