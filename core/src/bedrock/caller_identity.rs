//! Whose the credentials are, as STS says it (`GetCallerIdentity`). Everyone may ask that.

use aws_config::BehaviorVersion;
use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_types::region::Region;
use serde::Serialize;
use serde_json::json;

use super::error::{CallError, chain, find};
use super::identity::Identity;
use super::transport::Transport;

/// Whose the credentials are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallerIdentity {
    /// `sigv4` or `httpBearerAuth`. STS takes no tokens: then nothing else is known.
    scheme: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arn: Option<String>,
}

/// Asks STS in a region, over `transport`.
pub(crate) async fn ask(
    identity: &Identity,
    region: &str,
    transport: &Transport,
) -> Result<CallerIdentity, CallError> {
    let Some(keys) = identity.keys().await? else {
        return Ok(CallerIdentity { scheme: "httpBearerAuth", account: None, arn: None });
    };
    // It reads where STS is (`AWS_ENDPOINT_URL_STS`, FIPS, dual stack) as AWS's SDKs do.
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .http_client(transport.plain())
        .credentials_provider(keys)
        .load()
        .await;
    let asked = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    let answer = asked.map_err(|error| failure(&error))?;
    Ok(CallerIdentity {
        scheme: "sigv4",
        account: answer.account().map(str::to_owned),
        arn: answer.arn().map(str::to_owned),
    })
}

fn failure<E>(error: &SdkError<E>) -> CallError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    SdkError<E>: std::error::Error,
{
    if let SdkError::ServiceError(refused) = error {
        let status = refused.raw().status().as_u16();
        let code = refused.err().code().unwrap_or("Unknown");
        let text = refused.err().message().unwrap_or_default();
        return CallError::service(code, status, json!({ "message": text }));
    }
    find::<CallError>(error).cloned().unwrap_or_else(|| CallError::transport("EIO", chain(error)))
}
