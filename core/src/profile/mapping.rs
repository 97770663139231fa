//! The operator's mappings: what is behind an ARN, and what to call for an alias.
//!
//! A key that is an opaque ARN says what is *behind* it (ARN → model); calls go on to the ARN. Any
//! other key says what to *call* (alias → ARN, model → ARN, alias → alias → ARN). ARN → model
//! beside model → ARN is therefore no loop. A system profile's id mapped to its own base model
//! only states what it names already, and goes on being called.
//!
//! The model of an alias is also the model behind the ARNs that it calls.
//!
//! Bad entries are reported and left out; good ones work.

mod called;
mod check;
mod json;
mod live;
mod places;
mod problem;
mod read;
mod routing;
mod suggest;
mod unmapped;
mod yaml;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

pub use live::Live;
pub use problem::{MappingProblem, MappingSource, Severity};
pub use routing::{Branch, Destination, MAX_DESTINATIONS, MAX_PRIORITY, Ways};
pub(crate) use unmapped::line_to_add;
pub use unmapped::{UnmappedArn, unmapped_warning};

use serde_json::Value;

use super::arn::IdView;
use json::JsonNode;
use problem::Problems;
use routing::Routing;

/// Largest text of mappings, in bytes.
pub const MAX_SIZE: usize = 1024 * 1024;
/// Most entries.
pub const MAX_ENTRIES: usize = 10_000;
/// Largest file of mappings, in bytes.
pub const MAX_FILE_SIZE: usize = 64 * 1024 * 1024;
/// Most entries of a file.
pub const MAX_FILE_ENTRIES: usize = 500_000;
/// Most profiles of one alias: AWS's quota for profiles of an account and region.
pub const MAX_PROFILES: usize = 1_000;
/// Longest chain alias → alias → … → ARN.
pub const MAX_CHAIN: usize = 16;

/// One entry, read. There may be hundreds of thousands: what few of them say stands apart.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MappingEntry {
    /// What to call instead of the key; the first one is called.
    profiles: Box<[String]>,
    /// The base model's id.
    model: Option<Arc<str>>,
    /// The model that the key itself names.
    key_model: Option<Arc<str>>,
    more: Option<Box<MoreOfEntry>>,
    origin: MappingSource,
}

/// What few entries say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct MoreOfEntry {
    /// An alias or ARN whose model is meant.
    behind: Option<String>,
    label: Option<String>,
    region: Option<String>,
    /// In which order its profiles are called, and where none may be.
    routing: Option<Routing>,
}

impl MappingEntry {
    /// One that says nothing yet.
    fn of(origin: MappingSource) -> Self {
        Self { profiles: Box::default(), model: None, key_model: None, more: None, origin }
    }

    fn more(&mut self) -> &mut MoreOfEntry {
        self.more.get_or_insert_default()
    }

    fn behind(&self) -> Option<&str> {
        self.more.as_ref()?.behind.as_deref()
    }

    fn label(&self) -> Option<&str> {
        self.more.as_ref()?.label.as_deref()
    }

    fn region(&self) -> Option<&str> {
        self.more.as_ref()?.region.as_deref()
    }

    fn routing(&self) -> Option<&Routing> {
        self.more.as_ref()?.routing.as_ref()
    }
}

/// Texts of which there are many alike, each kept once.
#[derive(Debug, Default)]
struct Names(HashSet<Arc<str>>);

impl Names {
    fn take(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name = Arc::<str>::from(name);
        self.0.insert(Arc::clone(&name));
        name
    }
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Form {
    /// By the name of a file; by its text where that says nothing.
    pub fn of(path: &str, text: &str) -> Self {
        match path.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            _ if text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('{') => {
                Self::Json
            }
            _ => Self::Yaml,
        }
    }
}

/// All mappings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mappings {
    entries: HashMap<Box<str>, MappingEntry>,
    /// ARNs without an entry, and the model of the aliases that call them.
    called: HashMap<Box<str>, Arc<str>>,
    /// Keys of entries that were left out, and why.
    left_out: BTreeMap<String, String>,
    /// What counts where these say nothing, and may change: those of a file, then those of the store.
    below: [Option<Live>; 2],
}

/// What lies below mappings at one moment.
type Below = [Option<Arc<Mappings>>; 2];

/// Nothing does.
static NOTHING: Below = [None, None];

/// What the mappings say about an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    /// What to call.
    pub call_id: String,
    /// Everything that may be called for it, `call_id` first.
    pub profiles: Vec<String>,
    /// The base model's id, where the mappings say it.
    pub model: Option<String>,
    /// What to call it before users.
    pub label: Option<String>,
    /// Where to call it, where that is no ARN.
    pub region: Option<String>,
}

impl Mapped {
    /// An id that is called itself.
    fn as_it_is(id: &str) -> Self {
        Self {
            call_id: id.to_owned(),
            profiles: vec![id.to_owned()],
            model: None,
            label: None,
            region: None,
        }
    }
}

/// A text of YAML as JSON, and whether it holds truth values, or numbers that no mapping has: those are empty
/// objects there, which no part of a mapping may be.
pub fn yaml_to_json(text: &str) -> Result<(Value, bool), String> {
    let mut lossy = false;
    let node = yaml::read(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    Ok((as_json(node, &mut lossy), lossy))
}

fn as_json(node: JsonNode<'_>, lossy: &mut bool) -> Value {
    match node {
        JsonNode::Null => Value::Null,
        JsonNode::Number(Some(number)) => Value::from(number),
        JsonNode::Bool | JsonNode::Number(None) => {
            *lossy = true;
            Value::Object(serde_json::Map::new())
        }
        JsonNode::Text(text) => Value::String(text.into_owned()),
        JsonNode::List(list) => list.into_iter().map(|item| as_json(item, lossy)).collect(),
        JsonNode::Object(entries) => Value::Object(
            entries
                .into_iter()
                .map(|(key, item)| (key.into_owned(), as_json(item, lossy)))
                .collect(),
        ),
    }
}

impl Mappings {
    /// Reads the JSON text of one origin. An empty text is no mappings.
    pub fn parse(text: &str, origin: MappingSource) -> (Self, Vec<MappingProblem>) {
        let (environment, option) = match origin {
            MappingSource::Environment => (Some(text), None),
            _ => (None, Some(text)),
        };
        Self::load(environment, option, &Vec::new)
    }

    /// Reads both origins, the option over the environment, key by key. `known` gives the ids of
    /// the known models, for "did you mean"; it is called only where there is something to suggest.
    pub fn load(
        environment: Option<&str>,
        option: Option<&str>,
        known: &dyn Fn() -> Vec<String>,
    ) -> (Self, Vec<MappingProblem>) {
        let mut problems = Problems::default();
        let mut mappings = Self::default();
        for (text, origin) in
            [(environment, MappingSource::Environment), (option, MappingSource::Option)]
        {
            if let Some(text) = text {
                mappings = mappings.merge(read::read(text, origin, &mut problems));
            }
        }
        check::check(&mut mappings, known, &mut problems);
        mappings.learn_from_aliases();
        (mappings, problems.finish())
    }

    /// Reads a file. The error says why it cannot be read as a whole, with line and column.
    pub fn read_file(
        path: &str,
        text: &str,
        known: &dyn Fn() -> Vec<String>,
    ) -> Result<(Self, Vec<MappingProblem>), String> {
        let mut problems = Problems::of_file(path);
        let form = Form::of(path, text);
        let name = format!("{} {path}", MappingSource::File.name());
        // An editor or a full disk may have left it so; to say that there are none takes a `{}`.
        if text.strip_prefix('\u{feff}').unwrap_or(text).trim().is_empty() {
            let what = "is empty at line 1, column 1: write {} where there are no mappings.";
            return Err(format!("{name} {what}"));
        }
        let mut mappings = read::read_document(text, form, MappingSource::File, &mut problems)
            .map_err(|wrong| format!("{name} {wrong}"))?;
        check::check(&mut mappings, known, &mut problems);
        mappings.learn_from_aliases();
        let mut problems = problems.finish();
        places::add(&mut problems, &name, text, form);
        Ok((mappings, problems))
    }

    /// Reads the JSON text of the store. The error says why it cannot be read as a whole.
    pub fn read_store(
        text: &str,
        known: &dyn Fn() -> Vec<String>,
    ) -> Result<(Self, Vec<MappingProblem>), String> {
        let (origin, mut problems) = (MappingSource::Store, Problems::default());
        let mut mappings = read::read_document(text, Form::Json, origin, &mut problems)
            .map_err(|wrong| format!("{} {wrong}", origin.name()))?;
        check::check(&mut mappings, known, &mut problems);
        mappings.learn_from_aliases();
        Ok((mappings, problems.finish()))
    }

    /// Lays these over those of a file, and both over those of the store.
    pub fn lay_over(&mut self, file: Option<Live>, store: Option<Live>) {
        self.below = [file, store];
    }

    fn below_now(&self) -> Below {
        self.below.each_ref().map(|live| live.as_ref().map(Live::now))
    }

    /// Which origin's entry of a key is overridden, and by which.
    pub fn overridden(&self, key: &str) -> Option<(MappingSource, MappingSource)> {
        let below = self.below_now();
        let layers = Layers { over: self, below: &below };
        let mut origins = layers.all().filter_map(|one| one.entries.get(key)).map(|it| it.origin);
        let over = origins.next()?;
        Some((origins.next()?, over))
    }

    /// Lays other mappings over these, key by key.
    #[must_use]
    pub fn merge(mut self, over: Self) -> Self {
        // An entry that was left out does not hide a good one below it.
        for key in over.entries.keys() {
            self.left_out.remove(&**key);
        }
        let below = &self.entries;
        let hidden = |key: &String| !below.contains_key(key.as_str());
        self.left_out.extend(over.left_out.into_iter().filter(|(key, _)| hidden(key)));
        self.entries.extend(over.entries);
        self
    }

    /// Takes an alias at its word where nothing else says its model: `team-a.anthropic.claude-…`
    /// names one. `names` says which model of the catalog a name ends in.
    pub fn trust_names(&mut self, names: &dyn Fn(&str) -> Option<String>) {
        let mut models = Names::default();
        for (key, entry) in &mut self.entries {
            // Where the entry says its model, nobody looks at the name.
            let says = entry.model.is_some() || entry.key_model.is_some();
            if !says && !key.starts_with("arn:") {
                entry.key_model = names(key).map(|model| models.take(&model));
            }
        }
        self.learn_from_aliases();
    }

    /// How many entries there are, those of a file and of the store not counted.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys, sorted, those of a file and of the store not counted.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let mut keys: Vec<&str> = self.entries.keys().map(|key| &**key).collect();
        keys.sort_unstable();
        keys.into_iter()
    }

    /// Why the entry of a key was left out.
    pub fn why_left_out(&self, key: &str) -> Option<Cow<'_, str>> {
        let own = self.left_out.get(key).map(|why| Cow::Borrowed(why.as_str()));
        own.or_else(|| {
            let below = self.below_now();
            let why = below.iter().flatten().find_map(|one| one.left_out.get(key).cloned());
            why.map(Cow::Owned)
        })
    }

    /// Whether the mappings say anything about an id.
    pub fn has(&self, id: &str) -> bool {
        let own =
            |mappings: &Self| mappings.entries.contains_key(id) || mappings.called.contains_key(id);
        own(self) || self.below.iter().flatten().any(|below| own(&below.now()))
    }

    /// Whether there is an entry of this key, those of a file not counted.
    pub fn has_entry(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// What the mappings say about an id; `None` where they say nothing.
    pub fn find(&self, id: &str) -> Option<Mapped> {
        let below = self.below_now();
        Layers { over: self, below: &below }.find(id)
    }

    /// The layers where there is but one.
    fn alone(&self) -> Layers<'_> {
        Layers { over: self, below: &NOTHING }
    }
}

/// Mappings over others, as they are at one moment.
#[derive(Clone, Copy)]
struct Layers<'a> {
    over: &'a Mappings,
    below: &'a Below,
}

/// What mappings say about an id, where they say it.
#[derive(Clone, Copy)]
struct FoundEntry<'a> {
    call_id: &'a str,
    profiles: &'a [String],
    model: Option<&'a str>,
    label: Option<&'a str>,
    region: Option<&'a str>,
}

impl FoundEntry<'_> {
    fn to_mapped(self) -> Mapped {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let profiles = match self.profiles {
            [] => vec![self.call_id.to_owned()],
            profiles => profiles.to_vec(),
        };
        Mapped {
            call_id: self.call_id.to_owned(),
            profiles,
            model: own(self.model),
            label: own(self.label),
            region: own(self.region),
        }
    }
}

impl<'a> Layers<'a> {
    /// Each of them, the one that counts first.
    fn all(self) -> impl Iterator<Item = &'a Mappings> {
        std::iter::once(self.over).chain(self.below.iter().flatten().map(|below| &**below))
    }

    fn find(self, id: &str) -> Option<Mapped> {
        // Loops and long chains were reported and left out; the bound keeps a merge that was not
        // checked harmless.
        let found = self.find_within(id, &mut (2 * MAX_CHAIN)).map(FoundEntry::to_mapped);
        let mut found =
            found.or_else(|| self.called(id).is_some().then(|| Mapped::as_it_is(id)))?;
        found.model = found.model.or_else(|| Some(self.called(&found.call_id)?.to_owned()));
        Some(found)
    }

    fn entry(self, key: &str) -> Option<(&'a str, &'a MappingEntry)> {
        let found = self.all().find_map(|mappings| mappings.entries.get_key_value(key));
        found.map(|(key, entry)| (&**key, entry))
    }

    fn called(self, arn: &str) -> Option<&'a str> {
        self.all().find_map(|mappings| mappings.called.get(arn)).map(|model| &**model)
    }

    fn find_within(self, id: &str, steps: &mut usize) -> Option<FoundEntry<'a>> {
        let (mut key, mut entry) = self.entry(id)?;
        let mut found =
            FoundEntry { call_id: key, profiles: &[], model: None, label: None, region: None };
        let mut key_model = None;
        while *steps > 0 {
            *steps -= 1;
            // What stands nearer to the requested id wins.
            found.label = found.label.or_else(|| entry.label());
            found.region = found.region.or_else(|| entry.region());
            found.model = found.model.or_else(|| self.model_of(entry, steps));
            key_model = key_model.or(entry.key_model.as_deref());
            let Some(next) = entry.profiles.first() else {
                break;
            };
            found.call_id = next;
            found.profiles = &entry.profiles;
            if let Some(turn) = entry.routing().and_then(|routing| routing.turns.first()) {
                found.region = turn.region.as_deref().or(found.region);
                found.model = turn.model.as_deref().or(found.model);
            }
            match self.entry(next).filter(|(next, _)| *next != key) {
                Some((next_key, next_entry)) => (key, entry) = (next_key, next_entry),
                None => break,
            }
        }
        found.model = found.model.or_else(|| names_model(found.call_id)).or(key_model);
        Some(found)
    }

    /// The model that an entry states, itself or through what it refers to.
    fn model_of(self, entry: &'a MappingEntry, steps: &mut usize) -> Option<&'a str> {
        if entry.model.is_some() || *steps == 0 {
            return entry.model.as_deref();
        }
        let behind = entry.behind()?;
        match self.find_within(behind, steps) {
            Some(found) => found.model,
            None => names_model(behind),
        }
    }
}

/// The base model's id that an id names.
fn names_model(id: &str) -> Option<&str> {
    IdView::parse(id).ok()?.model
}
