//! What a region has for an account: its inference profiles, their tags, the foundation models. One
//! question at a time: `lib/discovery/` decides which, and how many at once.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::bedrock::{CallError, control};
use crate::client::Client;
use crate::confirm;
use crate::lru::Lru;
use crate::model::stated::Stated;
use crate::profile::arn::encode_path_segment;
use crate::profile::lookup::{LookupCause, LookupError, Question, Scope, Underlying};
use crate::profile::{ModelRef, Resolver};
use crate::store::shared::LeaseState;
use crate::store::{KeyOwner, Kind, StoreKey};
use crate::tenant::Fingerprint;

/// One question.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiscoveryQuestion {
    /// Where.
    region: String,
    /// Whose; the client's own account where it is absent.
    #[serde(default)]
    account: Option<String>,
    /// About what.
    about: About,
}

/// What is asked about.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum About {
    /// A page of `ListInferenceProfiles`.
    #[serde(rename_all = "camelCase")]
    Profiles {
        /// `SYSTEM_DEFINED` or `APPLICATION`.
        r#type: ProfileType,
        #[serde(default)]
        next_token: Option<String>,
    },
    /// `ListTagsForResource` of an ARN.
    Tags(String),
    /// `ListFoundationModels`.
    Models,
    /// What is behind an id, one step: `GetInferenceProfile`, or what AWS has for its kind.
    Behind(String),
    /// `GetFoundationModel` of a model's id.
    Model(String),
}

/// AWS's types of inference profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ProfileType {
    SystemDefined,
    Application,
}

impl About {
    /// The IAM action that it needs.
    fn permission(&self) -> String {
        let action = match self {
            Self::Profiles { .. } => "ListInferenceProfiles",
            Self::Tags(_) => "ListTagsForResource",
            Self::Models => "ListFoundationModels",
            Self::Model(_) => "GetFoundationModel",
            Self::Behind(id) => {
                let question = ModelRef::parse(id).ok().as_ref().and_then(Question::about);
                question.map_or("GetInferenceProfile", |question| question.operation)
            }
        };
        format!("bedrock:{action}")
    }
}

/// An answer, or why there is none: a question that fails ends no discovery.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DiscoveryAnswer {
    /// A page of profiles.
    #[serde(rename_all = "camelCase")]
    Profiles {
        /// In AWS's order.
        profiles: Vec<Listed>,
        /// Where the next page begins; absent on the last one.
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    },
    /// Tags by key.
    Tags(Map<String, Value>),
    /// What is stated of models.
    Models(Vec<Value>),
    /// What an id refers to; `null` where the id says it itself, or AWS has no answer.
    Behind(Option<Behind>),
    /// What is stated of a model.
    Model(Value),
    /// No answer.
    Failure(Refused),
}

/// Why a question has no answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refused {
    cause: LookupCause,
    message: String,
    /// The IAM action of the question.
    permission: String,
    /// When AWS wants to be asked again, in milliseconds.
    retry_after: Option<u64>,
}

/// What an id refers to.
#[derive(Debug, Serialize)]
pub struct Behind {
    name: Option<String>,
    status: Option<String>,
    models: Vec<Entry>,
}

/// A profile as it is listed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    arn: String,
    id: String,
    name: String,
    description: Option<String>,
    status: Option<String>,
    r#type: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    /// The account that its ARN names.
    account: Option<String>,
    /// The model behind it: the first of `models`.
    model: Option<String>,
    /// Others, where the entries of `models` disagree.
    other_models: Vec<String>,
    models: Vec<Entry>,
}

/// An entry of `models`.
#[derive(Debug, Serialize)]
struct Entry {
    arn: String,
    model: Option<String>,
    /// Absent for destinations that AWS chooses worldwide.
    region: Option<String>,
}

impl Client {
    /// Asks, whatever the option `discovery` says: this is asked for.
    pub async fn discover(&self, ask: &str) -> Result<DiscoveryAnswer, CallError> {
        let ask: DiscoveryQuestion = serde_json::from_str(ask)
            .map_err(|error| CallError::input(format!("This cannot be discovered: {error}")))?;
        let permission = ask.about.permission();
        // What is proposed takes no name that the mappings have.
        self.mappings_loaded().await;
        let told = self.told(&ask).await;
        Ok(told.unwrap_or_else(|error| {
            let LookupError { cause, message, retry_after, .. } = error;
            let retry_after =
                retry_after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
            DiscoveryAnswer::Failure(Refused { cause, message, permission, retry_after })
        }))
    }

    async fn told(
        &self,
        DiscoveryQuestion { region, account, about }: &DiscoveryQuestion,
    ) -> Result<DiscoveryAnswer, LookupError> {
        let callers = self.callers_of(account.as_deref());
        let (caller, options) = callers.control(region).await?;
        match about {
            About::Profiles { r#type, next_token } => {
                let kind = match r#type {
                    ProfileType::SystemDefined => "SYSTEM_DEFINED",
                    ProfileType::Application => "APPLICATION",
                };
                let mut path = format!("/inference-profiles?maxResults={PAGE}&type={kind}");
                if let Some(token) = next_token {
                    path.push_str("&nextToken=");
                    path.push_str(&encode_path_segment(token));
                }
                let page = control::get(&caller, path, options).await?;
                let items = page.get("inferenceProfileSummaries").and_then(Value::as_array);
                let Some(items) = items else {
                    return Err(unreadable("inferenceProfileSummaries"));
                };
                let profiles: Vec<Listed> = items.iter().filter_map(listed).collect();
                for Listed { arn, model, other_models, name, .. } in &profiles {
                    callers.answered(arn);
                    let Some(model) = model else { continue };
                    let scope = callers.scope();
                    Resolver::shared().learn(arn, (model, other_models), name, &scope);
                }
                Ok(DiscoveryAnswer::Profiles { profiles, next_token: text(&page, "nextToken") })
            }
            About::Tags(arn) => {
                let body = json!({ "resourceARN": arn });
                let answer = control::post(&caller, "/listTagsForResource", &body, options).await?;
                let tags = answer.get("tags").and_then(Value::as_array);
                let tags = tags.ok_or_else(|| unreadable("tags"))?.iter();
                let pair =
                    |tag: &Value| Some((text(tag, "key")?, Value::from(text(tag, "value")?)));
                Ok(DiscoveryAnswer::Tags(tags.filter_map(pair).collect()))
            }
            About::Models => {
                let answer =
                    control::get(&caller, "/foundation-models".to_owned(), options).await?;
                let models = answer.get("modelSummaries").and_then(Value::as_array);
                let models = models.ok_or_else(|| unreadable("modelSummaries"))?;
                let scope = callers.scope();
                let read = models.iter().filter_map(Stated::read).map(|(model, stated)| {
                    let described = stated.describe(&model);
                    confirm::shared().learn(&scope, region, &model, stated);
                    described
                });
                Ok(DiscoveryAnswer::Models(read.collect()))
            }
            About::Behind(id) => {
                let id = ModelRef::parse(id).map_err(|error| {
                    LookupError::new(LookupCause::Validation, error.to_string())
                })?;
                let Some(question) = Question::about(&id) else {
                    return Ok(DiscoveryAnswer::Behind(None));
                };
                let Underlying { models, name, status } =
                    control::ask(&caller, &question, options).await?;
                callers.answered(id.as_str());
                let models = models.into_iter().map(Entry::of).collect();
                Ok(DiscoveryAnswer::Behind(Some(Behind { name, status, models })))
            }
            About::Model(model) => {
                let path = format!("/foundation-models/{}", encode_path_segment(model));
                let answer = control::get(&caller, path, options).await?;
                let details = answer.get("modelDetails").and_then(Stated::read);
                let (model, stated) = details.ok_or_else(|| unreadable("modelDetails"))?;
                Ok(DiscoveryAnswer::Model(stated.describe(&model)))
            }
        }
    }
}

/// What is done by one for all, and who wants to.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Turn {
    /// What.
    about: String,
    /// Who.
    holder: String,
    /// Milliseconds.
    lasts: u64,
}

/// Most turns that are remembered.
const MOST_TURNS: usize = 10_000;

/// Who has whose turn, until when.
static TURNS: LazyLock<Mutex<Lru<Fingerprint, (String, Instant)>>> =
    LazyLock::new(|| Mutex::new(Lru::new(MOST_TURNS)));

impl Client {
    /// Whether the holder leads what is done by one of all that have the same account and endpoint, in
    /// whatever thread of this process, and in whatever process that has the same store. It goes on leading
    /// as long as it asks again in time.
    pub async fn leads(&self, turn: &str) -> Result<bool, CallError> {
        let Turn { about, holder, lasts } = serde_json::from_str(turn)
            .map_err(|error| CallError::input(format!("This cannot be led: {error}")))?;
        let Scope { endpoint, tenants, keys, .. } = self.callers_of(None).scope();
        let key = Fingerprint::of(&(&endpoint, &tenants.now, &about));
        let lasts = Duration::from_millis(lasts);
        if !takes_turn(key, &holder, lasts) {
            return Ok(false);
        }
        let store = self.store().filter(|store| store.is_shared());
        // Replicas learn the account of their keys at different times.
        let owner = keys.map(KeyOwner::Signer).or_else(|| KeyOwner::of(&tenants.now));
        let (Some(store), Some(owner)) = (store, owner) else { return Ok(true) };
        let key = StoreKey::new(Kind::Lease, endpoint.as_deref(), &owner, &about);
        Ok(store.lease(&key, &holder, lasts).await != LeaseState::Taken)
    }
}

/// Whether the holder may lead in this process.
fn takes_turn(key: Fingerprint, holder: &str, lasts: Duration) -> bool {
    let now = Instant::now();
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    if turns.get(&key).is_some_and(|(other, until)| *other != holder && now < *until) {
        return false;
    }
    turns.insert(key, (holder.to_owned(), now.checked_add(lasts).unwrap_or(now)));
    true
}

/// Most entries of a page that AWS gives.
const PAGE: u32 = 1000;

impl Entry {
    fn of(arn: String) -> Self {
        let parsed = ModelRef::parse(&arn).ok();
        let model = parsed.as_ref().and_then(ModelRef::names_model).map(str::to_owned);
        let region = parsed.as_ref().and_then(ModelRef::region).map(str::to_owned);
        Self { arn, model, region }
    }
}

fn unreadable(member: &str) -> LookupError {
    LookupError::new(LookupCause::Other, format!("the answer has no {member}: it is not AWS's"))
}

fn text(value: &Value, member: &str) -> Option<String> {
    value.get(member).and_then(Value::as_str).map(str::to_owned)
}

fn listed(summary: &Value) -> Option<Listed> {
    let arn = text(summary, "inferenceProfileArn")?;
    let parsed = ModelRef::parse(&arn).ok();
    let entry = |item: &Value| {
        let arn = text(item, "modelArn")?;
        Some(Entry::of(arn))
    };
    let models = summary.get("models").and_then(Value::as_array);
    let models: Vec<Entry> = models.into_iter().flatten().filter_map(entry).collect();
    let mut named: Vec<String> = Vec::new();
    for model in models.iter().filter_map(|entry| entry.model.as_ref()) {
        if !named.contains(model) {
            named.push(model.clone());
        }
    }
    let mut named = named.into_iter();
    let id = text(summary, "inferenceProfileId");
    let resource = parsed.as_ref().map(|parsed| parsed.resource_id().to_owned());
    let id = id.or(resource).unwrap_or_default();
    Some(Listed {
        name: text(summary, "inferenceProfileName").unwrap_or_else(|| id.clone()),
        id,
        description: text(summary, "description"),
        status: text(summary, "status"),
        r#type: text(summary, "type"),
        created_at: text(summary, "createdAt"),
        updated_at: text(summary, "updatedAt"),
        account: parsed.as_ref().and_then(ModelRef::account).map(str::to_owned),
        model: named.next(),
        other_models: named.collect(),
        models,
        arn,
    })
}
