//! Where a call goes: AWS's own endpoint rules, for inference and for the control plane.

use aws_sdk_bedrockruntime::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};

use super::error::{CallError, ErrorKind};

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

/// The URL for inference.
pub async fn runtime(settings: &EndpointSettings) -> Result<String, CallError> {
    let mut builder = Params::builder()
        .region(settings.region.clone())
        .use_fips(settings.use_fips)
        .use_dual_stack(settings.use_dual_stack);
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.endpoint(endpoint.clone());
    }
    let invalid = |error: &dyn std::fmt::Display| {
        let text = error.to_string();
        // AWS's rules say what is wrong with the options; the AWS SDKs give that text as it is.
        let message = if text.starts_with("Invalid Configuration") {
            text
        } else {
            format!("No endpoint for region `{}`: {text}", settings.region)
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

/// The URL of the control plane: the host of inference without `-runtime`. An explicit endpoint
/// serves both, as a reverse proxy does.
pub async fn control(settings: &EndpointSettings) -> Result<String, CallError> {
    let url = runtime(settings).await?;
    Ok(match settings.endpoint {
        Some(_) => url,
        None => url.replacen("//bedrock-runtime", "//bedrock", 1),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    async fn both(region: &str, use_fips: bool, use_dual_stack: bool) -> (String, String) {
        let settings = EndpointSettings {
            region: region.to_owned(),
            use_fips,
            use_dual_stack,
            endpoint: None,
        };
        (runtime(&settings).await.unwrap(), control(&settings).await.unwrap())
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
        assert_eq!(runtime(&settings).await.unwrap(), "http://127.0.0.1:8080/prefix");
        assert_eq!(control(&settings).await.unwrap(), "http://127.0.0.1:8080/prefix");
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
}
