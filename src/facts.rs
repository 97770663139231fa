//! What the catalog says, at once and without a client: LibreChat's own code asks it about a name,
//! the local stand-in about all models.

use bedrock_profile_core::hints;
use bedrock_profile_core::labels::is_provider;
use bedrock_profile_core::model::catalog;
use bedrock_profile_core::notice;
use bedrock_profile_core::profile::{Mappings, mapping, partition};
use bedrock_profile_core::shared::known_models;
use napi_derive::napi;
use serde_json::{Value, json};

/// What the binary was built from, `bedrock-profile-client 1.2.3`: the package that loads it must be of the
/// same version. With the name, so that it can be found in the file.
#[napi]
pub const BUILT_FROM: &str = concat!("bedrock-profile-client ", env!("CARGO_PKG_VERSION"));

/// Every model of the catalog and what is known of it, as JSON: a list of objects with the id as
/// `model`, in which facts that nobody knows are absent.
#[napi(catch_unwind)]
pub fn catalog_models() -> String {
    let models = catalog::all().map(|entry| entry.capabilities().values());
    models.collect::<Value>().to_string()
}

/// What is wrong with mappings: a list of `{ origin, entry, severity, message }`.
pub(crate) fn problems_of(name: &str, text: &str) -> Value {
    match Mappings::read_file(name, text, &known_models) {
        Ok((_, problems)) => json!(problems),
        Err(message) => {
            json!([{ "origin": "file", "entry": null, "severity": "error", "message": message }])
        }
    }
}

/// A text of YAML as bytes of JSON, and beside them `{ lossy }`, whether it has numbers or truth values that
/// no mapping can be, or `{ error }`.
pub(crate) fn yaml_as_bytes(text: &str) -> (Value, Vec<u8>) {
    match mapping::yaml_to_json(text) {
        Ok((value, lossy)) => (json!({ "lossy": lossy }), value.to_string().into_bytes()),
        Err(error) => (json!({ "error": error }), Vec::new()),
    }
}

/// The table of hints, as JSON: a list of what errors are recognized by, their causes and ways out.
#[napi(catch_unwind)]
pub fn hint_table() -> String {
    hints::described().to_string()
}

/// A message for a chat's users, which is recognized where it comes back in a conversation.
#[napi(catch_unwind)]
pub fn marked_notice(message: String) -> String {
    notice::marked(&message)
}

/// The host of a region's inference that is AWS's own.
#[napi(catch_unwind)]
pub fn runtime_host(region: String, use_fips: bool, use_dual_stack: bool) -> String {
    partition::runtime_host(&region, use_fips, use_dual_stack)
}

/// The name and the limits of the model that an id names, as JSON; `null` where it names none.
#[napi(catch_unwind)]
pub fn facts_of(id: String) -> String {
    let capabilities = catalog::capabilities(&id);
    let Some(family) = capabilities.family.known() else {
        return Value::Null.to_string();
    };
    let lower = id.to_ascii_lowercase();
    let named = catalog::find(&id).map_or(lower.as_str(), |found| found.entry.id());
    let provider = named.split(['.', '/', ':']).rfind(|label| is_provider(label));
    json!({
        "provider": provider,
        "family": family,
        "contextWindow": capabilities.context_window.known(),
        "maxOutputTokens": capabilities.max_output_tokens.known(),
    })
    .to_string()
}
