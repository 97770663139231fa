//! What a client is configured with, as JavaScript says it (`lib/settings.js`).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::bedrock::CallError;
use crate::bedrock::connector::Protocol;
use crate::bedrock::credentials::{Keys, Secret};
use crate::bedrock::deadline::Deadline;
use crate::bedrock::endpoint::EndpointSettings;
use crate::bedrock::json;
use crate::bedrock::proxy::ProxySettings;
use crate::bedrock::retry::RetryMode;
use crate::bedrock::role::RoleToAssume;
use crate::bedrock::stream::SilenceLimits;
use crate::bedrock::tls::TlsSettings;
use crate::bedrock::transport::TransportSettings;
use crate::bedrock::wire::SendOptions;
use crate::gate::{PromptCache, Reserve};
use crate::profile::partition::is_bedrock_host;
use crate::store::settings::StoreSettings;

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

/// The credentials that sign.
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

/// Who signs what concerns ARNs of one account.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AccountSettings {
    /// Sessions of a role, which the client's own credentials assume.
    Role(RoleToAssume),
    /// Credentials of the account.
    Credentials(CredentialSettings),
}

/// Who signs for a client.
#[derive(Debug, Clone, Deserialize)]
pub struct ClientCredentials {
    /// Everything but what `accounts` names.
    pub own: CredentialSettings,
    /// By account.
    #[serde(default)]
    pub accounts: BTreeMap<String, AccountSettings>,
}

/// What clients are configured with, but for the credentials and the mappings. Times are milliseconds.
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
    /// Whom what is learned belongs to, where the operator says it.
    pub tenant: Option<String>,
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
    /// Files of certificates to trust as well, in PEM.
    #[serde(default)]
    pub ca_files: Vec<String>,
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
    /// Whether AWS is asked, beside requests, what it states of their models.
    #[serde(default)]
    pub confirm_models: bool,
    /// Whether refusals teach.
    pub learning: bool,
    /// Where what is known is kept beyond the process.
    pub store: Option<StoreSettings>,
    /// The option `overrides`, as JSON text.
    pub overrides: Option<String>,
    /// The `user-agent`.
    pub user_agent: String,
}

/// Whether a URL is at one of Bedrock's own hosts.
fn is_bedrock(url: &str) -> bool {
    url.parse::<Uri>().is_ok_and(|url| url.host().is_some_and(is_bedrock_host))
}

fn millis(value: Option<u64>) -> Option<Duration> {
    value.filter(|value| *value > 0).map(Duration::from_millis)
}

impl CredentialSettings {
    /// What every process with the same configuration calls the signer. Nothing in it is secret, and it
    /// stays the same when keys rotate; `None` where there is no such name.
    pub fn lasting_name(&self) -> Option<String> {
        match self {
            Self::Static(keys) if keys.session_token.is_none() => {
                // Of the whole key: who knows only its id is someone else.
                let whole =
                    ["bedrock-profile-client", &keys.access_key_id, &keys.secret_access_key];
                let digest = Sha256::digest(whole.join("\n").as_bytes());
                let short = digest.iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte));
                Some(format!("key-{short:016x}"))
            }
            Self::Chain { profile } | Self::TokenChain { profile } => {
                Some(format!("chain-{}", profile.as_deref().unwrap_or("default")))
            }
            Self::Static(_) | Self::Bearer(_) | Self::Provider(_) | Self::TokenProvider(_) => None,
        }
    }
}

impl ClientCredentials {
    /// Reads what `lib/signer.js` wrote.
    pub fn parse(text: &str) -> Result<Self, CallError> {
        json::read_lossy(text).map_err(|_| {
            // Not the parser's text either: it may quote a key.
            CallError::input("The client's credentials cannot be used.")
        })
    }
}

impl Settings {
    /// Reads what `lib/settings.js` wrote.
    pub fn parse(text: &str) -> Result<Self, CallError> {
        json::read_lossy(text).map_err(|error| {
            // Not the text itself: it may hold a proxy's password.
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
                ca_files: self.ca_files.clone(),
                ca_only: self.ca_only,
                certificate: self.certificate.clone(),
                key: self.key.clone(),
                unverified: self.unverified,
            },
            protocol: self.protocol,
            max_sockets: self.max_sockets,
            ping: default.ping,
        }
    }

    /// How a call is made that begins now.
    pub fn call_options(&self) -> SendOptions {
        SendOptions {
            deadline: Deadline::after(millis(self.call_timeout)),
            first_byte: millis(self.first_byte_timeout),
            silence: self.silence().thinking,
            max_attempts: self.max_attempts,
            retry_mode: self.retry_mode,
            clock_offset: self.clock_offset,
            user_agent: Arc::from(self.user_agent.as_str()),
        }
    }

    /// How long a stream may be silent.
    pub fn silence(&self) -> SilenceLimits {
        let default = SilenceLimits::default();
        SilenceLimits {
            events: millis(self.event_timeout).unwrap_or(default.events),
            thinking: millis(self.thinking_timeout).unwrap_or(default.thinking),
        }
    }

    /// Where a region's inference is called.
    pub fn runtime_endpoint(&self, region: &str) -> EndpointSettings {
        self.endpoint_for(region, self.endpoint.as_ref())
    }

    /// Where a region's control plane is called.
    pub fn control_endpoint(&self, region: &str) -> EndpointSettings {
        self.endpoint_for(region, self.control().as_ref())
    }

    /// The explicit endpoint of the control plane: a gateway for inference serves it too, and a host
    /// of Bedrock's serves the one or the other.
    fn control(&self) -> Option<String> {
        let gateway = || self.endpoint.clone().filter(|url| !is_bedrock(url));
        self.control_endpoint.clone().or_else(gateway)
    }

    /// The endpoint for inference, where it is not AWS's own.
    pub fn foreign_runtime(&self) -> Option<Arc<str>> {
        self.foreign(self.endpoint.as_deref())
    }

    /// The endpoint of the control plane, where it is not AWS's own.
    pub fn foreign_control(&self) -> Option<Arc<str>> {
        self.foreign(self.control().as_deref())
    }

    /// Who answers at an endpoint is AWS only where its certificate is checked.
    fn foreign(&self, endpoint: Option<&str>) -> Option<Arc<str>> {
        match endpoint {
            None if self.unverified => Some(Arc::from("")),
            None => None,
            Some(url) if url.starts_with("https:") && is_bedrock(url) && !self.unverified => None,
            Some(url) => Some(Arc::from(url.trim_end_matches('/'))),
        }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn settings(more: &serde_json::Value) -> Settings {
        let mut all = json!({
            "maxAttempts": 3, "retryMode": "standard", "gating": "adapt", "discovery": true,
            "learning": true, "userAgent": "test",
        });
        let members = more.as_object().unwrap().clone();
        all.as_object_mut().unwrap().extend(members);
        Settings::parse(&all.to_string()).unwrap()
    }

    #[test]
    fn a_gateway_serves_the_control_plane_too_and_a_host_of_bedrocks_does_not() {
        for (endpoint, control) in [
            ("https://gateway.example.com", Some("https://gateway.example.com")),
            ("http://127.0.0.1:8080/p", Some("http://127.0.0.1:8080/p")),
            ("https://bedrock-runtime.us-east-1.amazonaws.com", None),
            ("https://vpce-1.bedrock-runtime.us-iso-east-1.vpce.c2s.ic.gov", None),
            (
                "https://a.execute-api.us-east-1.amazonaws.com",
                Some("https://a.execute-api.us-east-1.amazonaws.com"),
            ),
        ] {
            let found = settings(&json!({ "endpoint": endpoint })).control_endpoint("us-east-1");
            assert_eq!(found.endpoint.as_deref(), control, "{endpoint}");
        }
        let both =
            json!({ "endpoint": "https://a.example", "controlEndpoint": "https://b.example" });
        let found = settings(&both).control_endpoint("us-east-1");
        assert_eq!(found.endpoint.as_deref(), Some("https://b.example"));
    }

    #[test]
    fn an_endpoint_is_awss_own_where_its_host_is_and_its_certificate_is_checked() {
        let own = "https://bedrock.us-east-1.amazonaws.com";
        for (more, foreign) in [
            (json!({}), None),
            (json!({ "controlEndpoint": own }), None),
            (json!({ "controlEndpoint": "https://g.example/" }), Some("https://g.example")),
            (
                json!({ "controlEndpoint": "http://bedrock.us-east-1.amazonaws.com" }),
                Some("http://bedrock.us-east-1.amazonaws.com"),
            ),
            (json!({ "controlEndpoint": own, "unverified": true }), Some(own)),
            (json!({ "unverified": true }), Some("")),
        ] {
            assert_eq!(settings(&more).foreign_control().as_deref(), foreign, "{more}");
        }
    }
}
