//! From the text of one origin to entries; what an entry refers to is checked later, when all are known.

use std::collections::HashSet;
use std::sync::Arc;

use super::json::{self, JsonNode};
use super::problem::{Problems, Severity};
use super::routing::{MAX_PRIORITY, ProfileTurn, Routing, WEIGHT};
use super::yaml;
use super::{
    Form, MAX_ENTRIES, MAX_FILE_ENTRIES, MAX_FILE_SIZE, MAX_PROFILES, MAX_SIZE, MappingEntry,
    MappingSource, Mappings,
};
use crate::labels::{geo_prefixes, is_geo_prefix};
use crate::profile::arn::{IdError, IdKind, MAX_ID_LENGTH, ModelRef};
use crate::profile::partition::is_region;
use crate::profile::quote::{quoted, quoted_up_to};

/// What a value may be, for messages.
const VALUE: &str = "it must be a model id such as \"anthropic.claude-sonnet-4-6\", an ARN, an alias, or an object \
                     with \"model\", \"profiles\", \"label\", \"region\", \"allow\"";
/// Longest label, in characters.
const MAX_LABEL: usize = 200;

/// Reads the text of one origin; a text that cannot be read as a whole is a problem, and no mappings.
pub(super) fn read(text: &str, origin: MappingSource, problems: &mut Problems) -> Mappings {
    match nodes(text, Form::Json, MAX_SIZE) {
        Ok(entries) => entries_of(entries, origin, MAX_ENTRIES, problems),
        Err(wrong) => {
            problems.whole(origin, Severity::Error, &wrong);
            Mappings::default()
        }
    }
}

/// Reads the text of a file or of the store; the error says why it cannot be read as a whole.
pub(super) fn read_document(
    text: &str,
    form: Form,
    origin: MappingSource,
    problems: &mut Problems,
) -> Result<Mappings, String> {
    let entries = nodes(text, form, MAX_FILE_SIZE)?;
    Ok(entries_of(entries, origin, MAX_FILE_ENTRIES, problems))
}

fn nodes(text: &str, form: Form, most: usize) -> Result<Vec<(String, JsonNode)>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    if text.len() > most {
        return Err(format!(
            "has {} bytes; at most {most} ({} MiB) are read. None of its mappings is used.",
            text.len(),
            most / 1024 / 1024
        ));
    }
    let node = match form {
        Form::Json => json::read(text)?,
        Form::Yaml => yaml::read(text)?,
    };
    match node {
        JsonNode::Object(entries) => Ok(entries),
        // A file of comments.
        JsonNode::Null if form == Form::Yaml => Ok(Vec::new()),
        other => Err(not_an_object(&other)),
    }
}

fn entries_of(
    entries: Vec<(String, JsonNode)>,
    origin: MappingSource,
    most: usize,
    problems: &mut Problems,
) -> Mappings {
    let mut mappings = Mappings::default();
    if entries.len() > most {
        let wrong = format!(
            "has {} entries; the first {most} are used, the others are left out.",
            entries.len()
        );
        problems.whole(origin, Severity::Error, &wrong);
    }
    for (key, node) in entries.into_iter().take(most) {
        let length = key.len();
        let key = if key.trim().len() < length { key.trim().to_owned() } else { key };
        let mut reader = Reader { origin, key, problems, fault: None };
        if reader.key.len() < length {
            reader.warn("whitespace around the key was cut off; take it out");
        }
        // Even where the last one is bad: what it replaces was not meant to count.
        let entry = mappings.entries.remove(&reader.key).is_some();
        if entry | mappings.left_out.remove(&reader.key).is_some() {
            reader.warn("the key stands there more than once; the last one counts, as in JSON.parse. Keep one");
        }
        if let Some(entry) = reader.entry(node) {
            mappings.entries.insert(reader.key, entry);
        } else {
            let why = reader.fault.unwrap_or_default();
            mappings.left_out.insert(reader.key, why);
        }
    }
    // Inserted one by one, they may take up twice as much.
    mappings.entries = std::mem::take(&mut mappings.entries).into_iter().collect();
    mappings
}

fn not_an_object(node: &JsonNode) -> String {
    let hint = match node {
        JsonNode::Text(text) if text.trim_start().starts_with('{') => {
            " It was made JSON twice: take the outer quotes and the backslashes off."
        }
        JsonNode::List(_) => " Write {…} instead of […].",
        _ => "",
    };
    format!(
        "is {}, not an object; it must be {{\"<ARN or alias>\": \"<model id or ARN>\"}}.{hint} None of its mappings is used.",
        node.what()
    )
}

/// An id that stands in an entry.
struct MappingTarget {
    text: String,
    /// `None` where it can only be an alias of the mappings (`My Sonnet`).
    id: Option<ModelRef>,
}

impl MappingTarget {
    fn model(&self) -> Option<String> {
        self.id.as_ref().and_then(|id| id.names_model().map(str::to_owned))
    }
}

/// Reads one entry.
struct Reader<'a> {
    origin: MappingSource,
    key: String,
    problems: &'a mut Problems,
    /// The last error, which is why the entry is left out if it is.
    fault: Option<String>,
}

impl Reader<'_> {
    fn warn(&mut self, text: &str) {
        self.problems.entry(self.origin, &self.key, Severity::Warning, &format!("{text}."));
    }

    fn fail(&mut self, text: &str) {
        let text = format!("{text}.");
        self.problems.entry(self.origin, &self.key, Severity::Error, &text);
        self.fault = Some(text);
    }

    fn entry(&mut self, node: JsonNode) -> Option<MappingEntry> {
        let key = self.check_key()?;
        let mut entry = MappingEntry {
            profiles: Vec::new(),
            model: None,
            behind: None,
            key_model: key.as_ref().and_then(|key| key.names_model().map(str::to_owned)),
            label: None,
            region: None,
            routing: None,
            origin: self.origin,
        };
        match node {
            JsonNode::Text(text) => {
                let target = self.target("the value", &text)?;
                place(&mut entry, key.as_ref(), target);
            }
            JsonNode::Object(members) => self.members(&mut entry, key.as_ref(), members)?,
            other => {
                self.fail(&format!(
                    "the value is {}; {VALUE}. The entry is left out",
                    other.what()
                ));
                return None;
            }
        }
        Some(entry)
    }

    /// The key as an id, where it is one: an alias may hold characters that no id may.
    #[expect(clippy::option_option, reason = "outer: usable as a key; inner: also an id")]
    fn check_key(&mut self) -> Option<Option<ModelRef>> {
        let key = self.key.clone();
        if key.is_empty() {
            self.fail("the key is empty; it must be an ARN, a model id or an alias. The entry is left out");
            return None;
        }
        match read_id(&key) {
            Ok(id) => Some(id),
            Err(error) => {
                self.fail(&format!(
                    "the key cannot be used. {} The entry is left out",
                    error.message()
                ));
                None
            }
        }
    }

    fn target(&mut self, place: &str, text: &str) -> Option<MappingTarget> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            self.fail(&format!("{place} is empty; {VALUE}. It is left out"));
            return None;
        }
        if trimmed.len() < text.len() {
            self.warn(&format!("whitespace around {place} was cut off; take it out"));
        }
        let id = match read_id(trimmed) {
            Ok(id) => id,
            Err(error) => {
                self.fail(&format!("{place} cannot be used. {} It is left out", error.message()));
                return None;
            }
        };
        if let Some(id) = &id
            && id.decorated().is_some()
        {
            let wrong = format!(
                "{place} is {}, which AWS does not take; {} is used. Write it so",
                quoted(trimmed),
                quoted(id.as_str())
            );
            self.warn(&wrong);
        }
        let text = id.as_ref().map_or(trimmed, ModelRef::as_str).to_owned();
        Some(MappingTarget { text, id })
    }

    fn members(
        &mut self,
        entry: &mut MappingEntry,
        key: Option<&ModelRef>,
        members: Vec<(String, JsonNode)>,
    ) -> Option<()> {
        let mut model = None;
        let mut profiles = None;
        let mut allow = None;
        let mut seen = HashSet::new();
        for (name, node) in members {
            if !seen.insert(name.clone()) {
                let text = format!(
                    "{} stands there more than once; the last one counts, as in JSON.parse. Keep one",
                    quoted_up_to(&name, 40)
                );
                self.warn(&text);
            }
            match name.as_str() {
                "model" => model = Some(self.model(&node)?),
                "profiles" => profiles = Some(self.profiles(node)?),
                "label" => entry.label = self.label(&node),
                "region" => entry.region = self.region("\"region\"", &node),
                "allow" => allow = Some(self.places("\"allow\"", &node)),
                other => {
                    let text = format!(
                        "{} means nothing here and is left out; an entry may hold \"model\", \"profiles\", \"label\", \"region\" and \"allow\"",
                        quoted_up_to(other, 40)
                    );
                    self.warn(&text);
                }
            }
        }
        let (profiles, turns): (Vec<String>, Vec<ProfileTurn>) =
            profiles.unwrap_or_default().into_iter().unzip();
        let plain = turns.iter().enumerate().all(|(place, turn)| *turn == ProfileTurn::at(place));
        if allow.is_some() || !plain {
            // Where the list cannot be read nothing is called: what it forbids is not known.
            entry.routing = Some(Box::new(Routing { turns, allow }));
        }
        let names_itself = key.is_some_and(|key| key.is_arn() || key.names_model().is_some());
        match (model, profiles.is_empty()) {
            (Some(model), false) => {
                match model.model() {
                    Some(named) => entry.model = Some(named),
                    None => entry.behind = Some(model.text),
                }
                entry.profiles = profiles;
            }
            (Some(model), true) => place(entry, key, model),
            (None, false) => entry.profiles = profiles,
            (None, true) if names_itself => {}
            (None, true) => {
                self.fail(
                    "it says neither what to call nor which model is meant; give \"profiles\" (a list of ARNs), \
                     \"model\" (a model id), or both. The entry is left out",
                );
                return None;
            }
        }
        Some(())
    }

    fn model(&mut self, node: &JsonNode) -> Option<MappingTarget> {
        let JsonNode::Text(text) = node else {
            self.fail(&format!(
                "\"model\" is {}; it must be a model id such as \"anthropic.claude-sonnet-4-6\". The entry is left out",
                node.what()
            ));
            return None;
        };
        self.target("\"model\"", text)
    }

    fn profiles(&mut self, node: JsonNode) -> Option<Vec<(String, ProfileTurn)>> {
        let JsonNode::List(list) = node else {
            self.fail(&format!(
                "\"profiles\" is {}; it must be an array of ARNs such as [\"arn:aws:bedrock:…\"]. The entry is left out",
                node.what()
            ));
            return None;
        };
        if list.is_empty() {
            self.warn("\"profiles\" is empty; list at least one ARN, or take it out");
        }
        if list.len() > MAX_PROFILES {
            self.fail(&format!(
                "\"profiles\" has {} items; the first {MAX_PROFILES} are used, the others are left out",
                list.len()
            ));
        }
        let was_empty = list.is_empty();
        let mut profiles: Vec<(String, ProfileTurn)> = Vec::new();
        let mut seen = HashSet::new();
        for (at, node) in list.into_iter().take(MAX_PROFILES).enumerate() {
            let place = format!("\"profiles\"[{at}]");
            let (text, turn) = match node {
                JsonNode::Text(text) => (text, ProfileTurn::at(at)),
                JsonNode::Object(members) => match self.turn(&place, at, members) {
                    Some(read) => read,
                    None => continue,
                },
                _ => {
                    self.fail(&format!(
                        "{place} is {}; it must be an ARN or a model id, or an object with \"id\", \"priority\", \
                         \"weight\", \"region\", \"model\" and \"runsIn\". It is left out",
                        node.what()
                    ));
                    continue;
                }
            };
            let Some(target) = self.target(&place, &text) else {
                continue;
            };
            if seen.insert((target.text.clone(), turn.region.clone())) {
                profiles.push((target.text, turn));
            } else {
                self.warn(&format!("{place} stands in the list already; take it out"));
            }
        }
        if profiles.is_empty() && !was_empty {
            self.fail("none of its \"profiles\" can be used; list at least one ARN. The entry is left out");
            return None;
        }
        profiles.sort_by_key(|(_, turn)| turn.priority);
        Some(profiles)
    }

    /// One of the profiles, as an object: its id, and when it has its turn.
    fn turn(
        &mut self,
        place: &str,
        at: usize,
        members: Vec<(String, JsonNode)>,
    ) -> Option<(String, ProfileTurn)> {
        let mut id = None;
        let mut turn = ProfileTurn::at(at);
        for (name, node) in members {
            let what = format!("{place}.{name}");
            match name.as_str() {
                "id" => id = Some(node),
                "priority" => turn.priority = self.number(&what, &node, 0, turn.priority),
                "weight" => turn.weight = self.number(&what, &node, 1, WEIGHT),
                "region" => turn.region = self.region(&what, &node),
                "runsIn" => turn.runs_in = Some(self.places(&what, &node)),
                "model" => match &node {
                    // A model that cannot be read is not known to be wanted.
                    JsonNode::Text(text) => turn.model = Some(self.own_model(&what, text)?),
                    other => {
                        self.fail(&format!(
                            "{what} is {}; it must be a model id. The profile is left out",
                            other.what()
                        ));
                        return None;
                    }
                },
                other => self.warn(&format!(
                    "{place} holds {}, which means nothing here and is left out; it may hold \"id\", \"priority\", \
                     \"weight\", \"region\", \"model\" and \"runsIn\"",
                    quoted_up_to(other, 40)
                )),
            }
        }
        match id {
            Some(JsonNode::Text(id)) => Some((id, turn)),
            Some(other) => {
                self.fail(&format!(
                    "{place}.id is {}; it must be an ARN, a model id or an alias. It is left out",
                    other.what()
                ));
                None
            }
            None => {
                self.fail(&format!(
                    "{place} has no \"id\": an ARN, a model id or an alias. It is left out"
                ));
                None
            }
        }
    }

    /// The model that a profile is listed with.
    fn own_model(&mut self, what: &str, text: &str) -> Option<String> {
        let model = self.target(what, text)?.model();
        if model.is_none() {
            self.fail(&format!(
                "{what} is {}, which names no model; write a model id such as \"anthropic.claude-sonnet-4-6\". The \
                 profile is left out",
                quoted_up_to(text, 80)
            ));
        }
        model
    }

    fn number(&mut self, what: &str, node: &JsonNode, least: u32, instead: u32) -> u32 {
        let found = match node {
            JsonNode::Number(Some(number)) => *number,
            _ => u32::MAX,
        };
        if (least..=MAX_PRIORITY).contains(&found) {
            return found;
        }
        self.warn(&format!(
            "{what} must be a whole number from {least} to {MAX_PRIORITY}. {instead} is used"
        ));
        instead
    }

    /// Regions and geographies. What cannot be read allows nothing.
    fn places(&mut self, what: &str, node: &JsonNode) -> Arc<[String]> {
        let items = match node {
            JsonNode::List(items) => items.as_slice(),
            JsonNode::Text(_) => std::slice::from_ref(node),
            _ => &[],
        };
        let mut places = Vec::new();
        for item in items {
            match item {
                JsonNode::Text(text) if is_place(text) => {
                    places.push(text.clone());
                }
                JsonNode::Text(text) => self.fail(&format!(
                    "{what} holds {}, which is neither a region such as \"eu-central-1\" nor a geography ({}). \
                     It counts for nothing",
                    quoted_up_to(text, 40),
                    geo_prefixes().collect::<Vec<_>>().join(", ")
                )),
                other => self.fail(&format!(
                    "{what} holds {}; it must be a list of texts. It counts for nothing",
                    other.what()
                )),
            }
        }
        if places.is_empty() {
            self.fail(&format!(
                "{what} names no region and no geography; it must be a list such as [\"eu\", \"eu-central-1\"]. \
                 Until it does, nothing is called"
            ));
        }
        Arc::from(places)
    }

    fn label(&mut self, node: &JsonNode) -> Option<String> {
        let wrong = match node {
            JsonNode::Text(text) if text.trim().is_empty() => "is empty".to_owned(),
            JsonNode::Text(text) if text.chars().any(char::is_control) => {
                "holds control characters".to_owned()
            }
            JsonNode::Text(text) if text.chars().count() > MAX_LABEL => {
                format!("has more than {MAX_LABEL} characters")
            }
            JsonNode::Text(text) => return Some(text.trim().to_owned()),
            other => format!("is {}", other.what()),
        };
        self.warn(&format!("\"label\" {wrong}; it must be a short text. It is left out"));
        None
    }

    fn region(&mut self, what: &str, node: &JsonNode) -> Option<String> {
        let wrong = match node {
            JsonNode::Text(text) if is_region(text) => return Some(text.clone()),
            JsonNode::Text(text) => quoted_up_to(text, 40),
            other => other.what().to_owned(),
        };
        self.warn(&format!(
            "{what} is {wrong}; it must be a region's name such as \"us-east-1\". It is left out"
        ));
        None
    }
}

/// Whether a text is a geography, or a region as all of them are named: a misspelt geography is none.
fn is_place(text: &str) -> bool {
    let ends = text.ends_with(|last: char| last.is_ascii_digit());
    is_geo_prefix(text) || (is_region(text) && text.contains('-') && ends)
}

/// Whether the value says what is behind the key, or what to call instead of it.
fn place(entry: &mut MappingEntry, key: Option<&ModelRef>, target: MappingTarget) {
    let model = target.model();
    let is_base = target.id.as_ref().is_some_and(|id| id.kind() == IdKind::FoundationModel);
    let describes = match key {
        Some(key) if key.is_opaque() => key.is_arn(),
        Some(key) => key.kind() == IdKind::SystemProfile && is_base && entry.key_model == model,
        None => false,
    };
    match model {
        Some(model) if describes => entry.model = Some(model),
        None if describes => entry.behind = Some(target.text),
        _ => entry.profiles = vec![target.text],
    }
}

/// An id; `None` where the text is none and can only be an alias.
fn read_id(text: &str) -> Result<Option<ModelRef>, IdError> {
    let arn_like = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:"));
    match ModelRef::parse(text) {
        Ok(id) => Ok(Some(id)),
        Err(error)
            if arn_like
                || text.chars().any(char::is_control)
                || text.chars().count() > MAX_ID_LENGTH
                || matches!(text, "." | "..") =>
        {
            Err(error)
        }
        Err(_) => Ok(None),
    }
}
