//! Where a call goes: AWS's own endpoint rules, for inference and for the control plane, asked once
//! for the same options.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use aws_sdk_bedrockruntime::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use http::Uri;

use super::error::{CallError, ErrorKind};
use super::origin::Origin;

/// How many are remembered.
const MOST: usize = 1024;

static FOUND: LazyLock<Mutex<HashMap<EndpointSettings, Arc<Endpoint>>>> =
    LazyLock::new(Mutex::default);

/// Where requests are sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Endpoint {
    url: String,
    origin: Origin,
    /// The origin's URL and authority.
    base: String,
    authority: String,
    /// The path before those of operations; no slash at its end.
    prefix: String,
}

impl Endpoint {
    fn read(url: &str) -> Result<Self, CallError> {
        let wrong = |why: &str| {
            let message = format!(
                "The endpoint `{url}` cannot be used: {why}; right is a URL such as \
                 https://gateway.example.com."
            );
            CallError::new(ErrorKind::Input, "EndpointError", message)
        };
        let uri: Uri = url.parse().map_err(|error| wrong(&format!("{error}")))?;
        let origin = Origin::of(&uri).ok_or_else(|| wrong("it names no host of http or https"))?;
        let prefix = uri.path().trim_end_matches('/').to_owned();
        let (base, authority) = (origin.url(), origin.authority());
        Ok(Self { url: url.to_owned(), origin, base, authority, prefix })
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The URL of its origin.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Host and port as they stand in a URL.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// The path before those of operations.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// What an endpoint depends on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct EndpointSettings {
    /// The region to call.
    pub region: String,
    /// An explicit endpoint, which is never replaced.
    pub endpoint: Option<String>,
    /// `bedrock-runtime-fips.…`
    pub use_fips: bool,
    /// `….api.aws`
    pub use_dual_stack: bool,
}

/// The endpoint for inference.
pub async fn runtime(settings: &EndpointSettings) -> Result<Arc<Endpoint>, CallError> {
    let found = FOUND.lock().unwrap_or_else(PoisonError::into_inner).get(settings).cloned();
    if let Some(found) = found {
        return Ok(found);
    }
    let endpoint = Arc::new(Endpoint::read(&resolve(settings).await?)?);
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if found.len() >= MOST {
        found.clear();
    }
    found.insert(settings.clone(), Arc::clone(&endpoint));
    Ok(endpoint)
}

async fn resolve(settings: &EndpointSettings) -> Result<String, CallError> {
    let region = settings.region.as_str();
    let mut builder = Params::builder()
        .region(region)
        .use_fips(settings.use_fips)
        .use_dual_stack(settings.use_dual_stack);
    if let Some(endpoint) = &settings.endpoint {
        // Whitespace around a URL is no part of it, as everywhere on the web.
        builder = builder.endpoint(endpoint.trim());
    }
    let invalid = |error: &dyn std::fmt::Display| {
        let text = error.to_string();
        // AWS's rules say what is wrong with the options; the AWS SDKs give that text as it is.
        let message = if text.starts_with("Invalid Configuration") {
            text
        } else {
            format!("No endpoint for region `{region}`: {text}")
        };
        CallError::new(ErrorKind::Input, "EndpointError", message)
    };
    let params = builder.build().map_err(|error| invalid(&error))?;
    let resolver = DefaultResolver::new();
    let endpoint = resolver.resolve_endpoint(&params).await.map_err(|error| {
        let source = std::error::Error::source(error.as_ref()).map(ToString::to_string);
        invalid(&source.unwrap_or_else(|| error.to_string()))
    })?;
    Ok(endpoint.url().to_owned())
}

/// The endpoint of the control plane: the host of inference without `-runtime`. An explicit endpoint
/// serves both, as a reverse proxy does.
pub async fn control(settings: &EndpointSettings) -> Result<Arc<Endpoint>, CallError> {
    let endpoint = runtime(settings).await?;
    if settings.endpoint.is_some() {
        return Ok(endpoint);
    }
    let url = endpoint.url.replacen("//bedrock-runtime", "//bedrock", 1);
    Ok(Arc::new(Endpoint::read(&url)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::profile::partition::runtime_host;

    async fn both(region: &str, use_fips: bool, use_dual_stack: bool) -> (String, String) {
        let settings = EndpointSettings {
            region: region.to_owned(),
            use_fips,
            use_dual_stack,
            endpoint: None,
        };
        let url = |endpoint: Arc<Endpoint>| endpoint.url().to_owned();
        (url(runtime(&settings).await.unwrap()), url(control(&settings).await.unwrap()))
    }

    #[tokio::test]
    async fn hosts_follow_region_and_partition() {
        for (region, fips, dual, inference, control) in [
            (
                "eu-west-1",
                false,
                false,
                "bedrock-runtime.eu-west-1.amazonaws.com",
                "bedrock.eu-west-1.amazonaws.com",
            ),
            (
                "us-gov-west-1",
                true,
                false,
                "bedrock-runtime-fips.us-gov-west-1.amazonaws.com",
                "bedrock-fips.us-gov-west-1.amazonaws.com",
            ),
            (
                "us-east-1",
                false,
                true,
                "bedrock-runtime.us-east-1.api.aws",
                "bedrock.us-east-1.api.aws",
            ),
            (
                "cn-north-1",
                false,
                false,
                "bedrock-runtime.cn-north-1.amazonaws.com.cn",
                "bedrock.cn-north-1.amazonaws.com.cn",
            ),
            (
                "eusc-de-east-1",
                false,
                false,
                "bedrock-runtime.eusc-de-east-1.amazonaws.eu",
                "bedrock.eusc-de-east-1.amazonaws.eu",
            ),
        ] {
            let expected = (format!("https://{inference}"), format!("https://{control}"));
            assert_eq!(runtime_host(region, fips, dual), inference);
            assert_eq!(both(region, fips, dual).await, expected);
        }
    }

    #[tokio::test]
    async fn an_explicit_endpoint_is_never_replaced() {
        let settings = EndpointSettings {
            region: "us-east-1".to_owned(),
            endpoint: Some("http://127.0.0.1:8080/prefix".to_owned()),
            ..Default::default()
        };
        let found = runtime(&settings).await.unwrap();
        assert_eq!(found.url(), "http://127.0.0.1:8080/prefix");
        assert_eq!((found.origin().port, found.prefix()), (8080, "/prefix"));
        assert!(Arc::ptr_eq(&found, &control(&settings).await.unwrap()));
    }

    #[tokio::test]
    async fn what_a_custom_endpoint_cannot_be_is_said_in_the_words_of_aws() {
        let custom = EndpointSettings {
            region: "us-east-1".to_owned(),
            endpoint: Some("https://gateway.example.com".to_owned()),
            ..Default::default()
        };
        for (settings, message) in [
            (
                EndpointSettings { use_fips: true, ..custom.clone() },
                "Invalid Configuration: FIPS and custom endpoint are not supported",
            ),
            (
                EndpointSettings { use_dual_stack: true, ..custom },
                "Invalid Configuration: Dualstack and custom endpoint are not supported",
            ),
        ] {
            assert_eq!(runtime(&settings).await.unwrap_err().message, message);
        }
    }

    #[tokio::test]
    async fn a_region_that_is_no_host_label_is_refused() {
        let settings = EndpointSettings { region: "evil.com#".to_owned(), ..Default::default() };
        let error = runtime(&settings).await.unwrap_err();
        assert_eq!(error.name, "EndpointError");
        assert!(error.message.contains("evil.com#"), "{error}");
    }

    #[tokio::test]
    async fn whitespace_around_an_endpoint_is_no_part_of_it() {
        let mut settings =
            EndpointSettings { region: "eu-west-1".to_owned(), ..Default::default() };
        settings.endpoint = Some("https://gateway.example.com/a ".to_owned());
        assert_eq!(runtime(&settings).await.unwrap().url(), "https://gateway.example.com/a");
        settings.endpoint = Some("https://gateway example.com".to_owned());
        let error = runtime(&settings).await.unwrap_err();
        assert_eq!(error.name, "EndpointError");
    }
}
