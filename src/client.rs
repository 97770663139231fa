//! A client's handle, and the task that each of its calls is.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bedrock_profile_core::attribution::Attribution;
use bedrock_profile_core::bedrock::shapes::Decoded;
use bedrock_profile_core::bedrock::stream::{EventSource, Flow};
use bedrock_profile_core::bedrock::{CallError, json};
use bedrock_profile_core::client::Configuration;
use bedrock_profile_core::lane::heavy;
use bedrock_profile_core::pipeline::{
    Call, CallFailure, Client, Head, Host, Notice, Notifier, Operation, Response, ResponseBody,
};
use bedrock_profile_core::profile::ResolvedProfile;
use bedrock_profile_core::settings::Gating;
use bedrock_profile_core::shared::{self, Declared};
use napi::bindgen_prelude::Utf16String;
use napi::{Error, Result};
use napi_derive::napi;
use serde::{Deserialize, Serialize};

use crate::facts::{problems_of, yaml_as_bytes};
use crate::hub::{HubState, PanicGuard, Window};
use crate::runtime;

/// The operator's mappings, read.
#[napi]
pub struct NativeMappings {
    declared: Arc<Declared>,
}

/// What many clients have in common: everything but the credentials.
#[napi]
pub struct NativeConfiguration {
    configuration: Arc<Configuration>,
}

/// A client: a configuration and credentials.
#[napi]
pub struct NativeClient {
    client: Arc<Client>,
}

/// What mappings are called that nobody has written yet.
const PROPOSED: &str = "as it would be";

/// Errors cross as data: the message is JSON, which `lib/errors.js` makes a class of.
fn thrown(error: &CallError) -> Error {
    Error::from_reason(json::to_string(error).unwrap_or_else(|_| error.to_string()))
}

fn text(value: &impl Serialize) -> Result<String> {
    json::to_string(value).map_err(|error| Error::from_reason(error.to_string()))
}

impl NativeMappings {
    /// Reads mappings; see [`shared::mappings`].
    pub fn read(
        environment: Option<&str>,
        option: Option<&str>,
        models: Option<&str>,
        file: Option<&str>,
        store: Option<&str>,
    ) -> Self {
        Self { declared: shared::mappings(environment, option, models, file, store) }
    }
}

impl NativeConfiguration {
    /// Opens a configuration; see [`Configuration::open`].
    pub fn open(settings: &str, mappings: &NativeMappings) -> Result<Self> {
        let configuration = Configuration::open(settings, &mappings.declared);
        Ok(Self { configuration: configuration.map_err(|error| thrown(&error))? })
    }
}

impl NativeClient {
    /// Opens a client; see [`Client::open`].
    pub fn open(
        configuration: &NativeConfiguration,
        credentials: &str,
        host: &Arc<dyn Host>,
    ) -> Result<Self> {
        let client = Client::open(&configuration.configuration, credentials, host);
        Ok(Self { client: client.map_err(|error| thrown(&error))? })
    }

    /// The task of one call.
    pub fn run(
        &self,
        hub: Arc<HubState>,
        id: u32,
        job: Job,
        window: Arc<Window>,
    ) -> impl Future<Output = ()> + Send + use<> {
        // On the heap, and gone before a stream is read: it is large, and streams are many.
        let begun = Box::pin(begin(Arc::clone(&self.client), Arc::clone(&hub), id, job));
        async move {
            let guard = PanicGuard { hub, id };
            if let Some(events) = begun.await {
                pump(&guard.hub, id, &window, events).await;
            }
        }
    }
}

/// Makes a call; what it was made of goes with it. The events, where a stream has begun.
async fn begin(
    client: Arc<Client>,
    hub: Arc<HubState>,
    id: u32,
    job: Job,
) -> Option<Box<EventSource>> {
    let Job { operation, input, blobs, options, listens } = job;
    // A long text is read where no stream waits for it, and kept once.
    let length = input.iter().map(|piece| piece.len()).sum();
    let input = heavy(length, move || json::from_pieces(input.iter().map(|piece| &**piece)));
    let listener = Arc::clone(&hub);
    let notify: Notifier = Arc::new(move |notice: &Notice<'_>| {
        // The log has them, whoever listens; they are few.
        let logged = matches!(
            notice,
            Notice::Warning { .. }
                | Notice::Debug { .. }
                | Notice::Failover { .. }
                | Notice::ColdWrite { .. }
        );
        if listens || logged {
            listener.notice(id, notice);
        }
    });
    let options = match CallOptions::parse(options.as_deref()) {
        Ok(options) => options,
        Err(error) => {
            hub.error(id, &error);
            return None;
        }
    };
    let CallOptions { gating, headers, request_timeout, attribution } = options;
    let first_byte = request_timeout.map(Duration::from_millis);
    let explained = match operation.as_str() {
        "resolve" => {
            let gating = client.settings().gating;
            let resolved = client.resolve_and_tell(&input, gating, &notify).await;
            finish(&hub, id, resolved.map(Arc::unwrap_or_clone));
            return None;
        }
        "capabilities" => {
            finish(&hub, id, client.capabilities(&input, &notify).await);
            return None;
        }
        "checkup" => {
            finish(&hub, id, client.checkup().await);
            return None;
        }
        "ways" => {
            finish(&hub, id, client.ways(&input, &notify).await);
            return None;
        }
        "callerIdentity" => {
            finish(&hub, id, client.caller_identity().await);
            return None;
        }
        "discover" => {
            finish(&hub, id, client.discover(&input).await);
            return None;
        }
        "document" => {
            finish(&hub, id, client.document(&input).await);
            return None;
        }
        "list" => {
            finish(&hub, id, client.list(&input).await);
            return None;
        }
        "checkMappings" => {
            let problems = heavy(input.len(), || problems_of(PROPOSED, &input));
            finish(&hub, id, Ok::<_, CallError>(problems));
            return None;
        }
        "readYaml" => {
            let (said, json) = heavy(input.len(), || yaml_as_bytes(&input));
            hub.result_with_bytes(id, said.to_string().as_bytes(), json);
            return None;
        }
        "lead" => {
            finish(&hub, id, client.leads(&input).await);
            return None;
        }
        "ledger" => {
            finish(&hub, id, Box::pin(client.ledger(&input)).await);
            return None;
        }
        "explain" => Some(Operation::Converse),
        "explainStream" => Some(Operation::ConverseStream),
        _ => None,
    };
    let call = Call { input, blobs, gating, first_byte, attribution, headers, notify };
    if let Some(operation) = explained {
        finish(&hub, id, client.explain(operation, call).await);
        return None;
    }
    let Some(operation) = Operation::named(&operation) else {
        let message = format!("There is no operation `{operation}`.");
        hub.error(id, &CallError::input(message));
        return None;
    };
    let response = client.call(operation, call).await;
    deliver(&hub, id, response)
}

/// What JavaScript wants done.
pub struct Job {
    /// `Converse`, `ConverseStream`, `resolve`, …
    pub operation: String,
    /// The input as JSON, in pieces ([`json::from_pieces`]), or an id.
    pub input: Vec<Utf16String>,
    /// The input's blobs.
    pub blobs: Vec<Vec<u8>>,
    /// Options of this call ([`CallOptions`]) as JSON.
    pub options: Option<String>,
    /// Whether anyone listens to more than warnings.
    pub listens: bool,
}

/// What [`NativeClient::resolve_sync`] gives.
#[derive(Serialize)]
struct Known<'a> {
    resolved: Option<&'a ResolvedProfile>,
    warnings: Vec<String>,
}

/// Options of one call.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CallOptions {
    /// The mode for this call.
    #[serde(default)]
    gating: Option<Gating>,
    /// Headers that go before those of the client.
    #[serde(default)]
    headers: Vec<(String, String)>,
    /// Milliseconds until the response begins.
    #[serde(default)]
    request_timeout: Option<u64>,
    /// Whose cost it is.
    #[serde(default)]
    attribution: Option<Attribution>,
}

impl CallOptions {
    fn parse(text: Option<&str>) -> std::result::Result<Self, CallError> {
        let Some(text) = text else { return Ok(Self::default()) };
        serde_json::from_str(text).map_err(|error| {
            CallError::input(format!("The options of this call cannot be used: {error}"))
        })
    }
}

#[napi]
impl NativeMappings {
    /// What the operator should know of them, as a JSON array of texts.
    #[napi(catch_unwind)]
    pub fn warnings(&self) -> Result<String> {
        text(&self.declared.warnings)
    }

    /// The first keys of the file of mappings, sorted, as a JSON array; waits a moment until it has been
    /// read.
    #[napi(catch_unwind)]
    pub fn keys_of_file(&self, most: u32) -> Result<String> {
        text(&self.declared.keys_of_file(usize::try_from(most).unwrap_or(usize::MAX)))
    }

    /// Whether the file of mappings has an entry of this key; waits likewise.
    #[napi(catch_unwind)]
    pub fn is_in_file(&self, key: Utf16String) -> bool {
        self.declared.is_in_file(&json::from_utf16(&key))
    }
}

#[napi]
impl NativeClient {
    /// Keeps and counts what the ledger (JSON) wants without waiting, as a process does that ends.
    #[napi(catch_unwind)]
    pub fn ledger_now(&self, request: String) -> Result<()> {
        self.client.ledger_now(&request).map_err(|error| thrown(&error))
    }

    /// Whether the operator's mappings name an id, as far as they have been read.
    #[napi(catch_unwind)]
    pub fn is_mapped(&self, id: Utf16String) -> bool {
        self.client.is_mapped(&json::from_utf16(&id))
    }

    /// What is known of an id without asking AWS, as JSON of `{ resolved, warnings }`, the latter what
    /// was not told before; `resolved` is `null` where AWS must be asked. `anyone`: also from what
    /// the endpoint has said to other tenants.
    #[napi(catch_unwind)]
    pub fn resolve_sync(&self, id: Utf16String, anyone: bool) -> Result<String> {
        if let Some(begin) = self.client.begin_documents() {
            runtime::spawn(begin)?;
        }
        let resolved = self
            .client
            .resolve_sync(&json::from_utf16(&id), anyone)
            .map_err(|error| thrown(&error))?;
        let warnings = resolved.iter().flat_map(|resolved| &resolved.warnings);
        let first = warnings.filter(|warning| warning.first);
        let mut warnings = self.client.declared().take_messages();
        warnings.extend(first.map(|warning| warning.message.clone()));
        text(&Known { resolved: resolved.as_deref(), warnings })
    }
}

fn finish<E: Into<CallFailure>>(
    hub: &Arc<HubState>,
    id: u32,
    result: std::result::Result<impl Serialize, E>,
) {
    match result {
        Ok(value) => match json::to_string(&value) {
            Ok(text) => hub.result(id, text.as_bytes(), b""),
            Err(error) => hub.error(id, &CallError::bad_response("Error", error.to_string())),
        },
        Err(error) => hub.error(id, &error.into()),
    }
}

/// Gives a response to its call: whole, or its head. The events, where it has some.
fn deliver(
    hub: &Arc<HubState>,
    id: u32,
    response: std::result::Result<Response, CallFailure>,
) -> Option<Box<EventSource>> {
    let Response { head, body } = match response {
        Ok(response) => response,
        Err(failure) => {
            hub.error(id, &failure);
            return None;
        }
    };
    match body {
        ResponseBody::Whole(output) => {
            let Decoded { json, special } = output;
            heavy(json.len(), || {
                hub.result(id, &with_head(&head, &json), &special);
            });
            None
        }
        ResponseBody::Bytes(bytes) => {
            hub.result_with_bytes(id, &with_head(&head, b"{}"), bytes.into());
            None
        }
        ResponseBody::Stream(events) => {
            hub.head(id, &head);
            Some(events)
        }
    }
}

/// Gives a stream's events to its call as far as its reader keeps up.
async fn pump(hub: &Arc<HubState>, id: u32, window: &Window, mut events: Box<EventSource>) {
    loop {
        window.open().await;
        let flow = match events.wait().await {
            Ok(()) => hub.events(id, window, &mut events),
            Err(error) => Err(error),
        };
        match flow {
            // One that has much to give lets the others have their turn.
            Ok(Flow::More) => tokio::task::consume_budget().await,
            Ok(Flow::End) => return hub.end(id),
            Err(error) => return hub.error(id, &CallFailure::from(error)),
        }
    }
}

/// `{ head, output }` as JSON.
fn with_head(head: &Head, output: &[u8]) -> Vec<u8> {
    let head = json::to_string(head).unwrap_or_else(|_| "{}".to_owned());
    [b"{\"head\":", head.as_bytes(), b",\"output\":", output, b"}"].concat()
}
