//! From the text of one origin to entries; what an entry refers to is checked later, when all are known.

mod profiles;

use std::collections::HashSet;
use std::collections::hash_map::Entry;

use super::json::{self, JsonNode, Members};
use super::problem::{Problems, Severity};
use super::routing::{ProfileTurn, Routing};
use super::yaml;
use super::{
    Form, MAX_ENTRIES, MAX_FILE_ENTRIES, MAX_FILE_SIZE, MAX_SIZE, MappingEntry, MappingSource,
    Mappings, Names,
};
use crate::profile::arn::{IdError, IdKind, IdView, MAX_ID_LENGTH};
use crate::profile::quote::{quoted, quoted_up_to};

/// What a value may be, for messages.
const VALUE: &str = "it must be a model id such as \"anthropic.claude-sonnet-4-6\", an ARN, an alias, or an object \
                     with \"model\", \"profiles\", \"label\", \"region\", \"allow\"";

/// Reads the text of one origin; a text that cannot be read as a whole is a problem, and no mappings.
pub(super) fn read(text: &str, origin: MappingSource, problems: &mut Problems) -> Mappings {
    match nodes(text, Form::Json, MAX_SIZE) {
        Ok(entries) => entries_of(&entries, origin, MAX_ENTRIES, problems),
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
    Ok(entries_of(&entries, origin, MAX_FILE_ENTRIES, problems))
}

fn nodes(text: &str, form: Form, most: usize) -> Result<Members<'_>, String> {
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
    entries: &Members<'_>,
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
    mappings.entries.reserve(entries.len().min(most));
    let mut models = Names::default();
    for (written, node) in entries.iter().take(most) {
        let key = written.trim();
        let mut reader = Reader { origin, key, problems, models: &mut models, fault: None };
        if key.len() < written.len() {
            reader.warn("whitespace around the key was cut off; take it out");
        }
        let place = mappings.entries.entry(Box::from(key));
        // Even where the last one is bad: what it replaces was not meant to count.
        let twice = matches!(place, Entry::Occupied(_));
        if mappings.left_out.remove(key).is_some() || twice {
            reader.warn("the key stands there more than once; the last one counts, as in JSON.parse. Keep one");
        }
        if let Some(entry) = reader.entry(node) {
            place.insert_entry(entry);
            continue;
        }
        if let Entry::Occupied(before) = place {
            before.remove();
        }
        mappings.left_out.insert(key.to_owned(), reader.fault.unwrap_or_default());
    }
    mappings
}

fn not_an_object(node: &JsonNode<'_>) -> String {
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

/// Names that were met. An object holds few, so that looking at each is quicker than hashing.
#[derive(Default)]
struct Seen<'a> {
    few: Vec<&'a str>,
    many: HashSet<&'a str>,
}

impl<'a> Seen<'a> {
    /// Whether it is met for the first time.
    fn insert(&mut self, name: &'a str) -> bool {
        if self.few.len() < 8 {
            let first = !self.few.contains(&name);
            self.few.push(name);
            return first;
        }
        !self.few.contains(&name) && self.many.insert(name)
    }
}

/// An id that stands in an entry.
struct MappingTarget<'a> {
    text: &'a str,
    /// `None` where it can only be an alias of the mappings (`My Sonnet`).
    id: Option<IdView<'a>>,
}

impl<'a> MappingTarget<'a> {
    fn model(&self) -> Option<&'a str> {
        self.id.and_then(|id| id.model)
    }
}

/// Reads one entry.
struct Reader<'a> {
    origin: MappingSource,
    key: &'a str,
    problems: &'a mut Problems,
    /// Models that were named before: many entries name the same few.
    models: &'a mut Names,
    /// The last error, which is why the entry is left out if it is.
    fault: Option<String>,
}

impl<'a> Reader<'a> {
    fn warn(&mut self, text: &str) {
        self.problems.entry(self.origin, self.key, Severity::Warning, &format!("{text}."));
    }

    fn fail(&mut self, text: &str) {
        let text = format!("{text}.");
        self.problems.entry(self.origin, self.key, Severity::Error, &text);
        self.fault = Some(text);
    }

    fn entry(&mut self, node: &JsonNode<'_>) -> Option<MappingEntry> {
        let key = self.check_key()?;
        let key = key.as_ref();
        let mut entry = MappingEntry::of(self.origin);
        entry.key_model = key.and_then(|key| key.model).map(|model| self.models.take(model));
        match node {
            JsonNode::Text(text) => {
                let target = self.target("the value", text)?;
                self.place(&mut entry, key, &target);
            }
            JsonNode::Object(members) => self.members(&mut entry, key, members)?,
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
    fn check_key(&mut self) -> Option<Option<IdView<'a>>> {
        let key = self.key;
        if key.is_empty() {
            self.fail("the key is empty; it must be an ARN, a model id or an alias. The entry is left out");
            return None;
        }
        match read_id(key) {
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

    fn target<'t>(&mut self, place: &str, text: &'t str) -> Option<MappingTarget<'t>> {
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
            && id.decorated.is_some()
        {
            let wrong = format!(
                "{place} is {}, which AWS does not take; {} is used. Write it so",
                quoted(trimmed),
                quoted(id.text)
            );
            self.warn(&wrong);
        }
        let text = id.as_ref().map_or(trimmed, |id| id.text);
        Some(MappingTarget { text, id })
    }

    fn members(
        &mut self,
        entry: &mut MappingEntry,
        key: Option<&IdView<'_>>,
        members: &Members<'_>,
    ) -> Option<()> {
        let mut model = None;
        let mut profiles = None;
        let mut allow = None;
        let mut seen = Seen::default();
        for (name, node) in members {
            if !seen.insert(name) {
                let text = format!(
                    "{} stands there more than once; the last one counts, as in JSON.parse. Keep one",
                    quoted_up_to(name, 40)
                );
                self.warn(&text);
            }
            match &**name {
                "model" => model = Some(self.model(node)?),
                "profiles" => profiles = Some(self.profiles(node)?),
                "label" => entry.more().label = self.label(node),
                "region" => entry.more().region = self.region("\"region\"", node),
                "allow" => allow = Some(self.places("\"allow\"", node)),
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
            entry.more().routing = Some(Routing { turns, allow });
        }
        let names_itself = key.is_some_and(|key| key.is_arn() || key.model.is_some());
        match (model, profiles.is_empty()) {
            (Some(model), false) => {
                match model.model() {
                    Some(named) => entry.model = Some(self.models.take(named)),
                    None => entry.more().behind = Some(model.text.to_owned()),
                }
                entry.profiles = profiles.into();
            }
            (Some(model), true) => self.place(entry, key, &model),
            (None, false) => entry.profiles = profiles.into(),
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

    /// Whether the value says what is behind the key, or what to call instead of it.
    fn place(
        &mut self,
        entry: &mut MappingEntry,
        key: Option<&IdView<'_>>,
        target: &MappingTarget<'_>,
    ) {
        let model = target.model();
        let is_base = target.id.is_some_and(|id| id.kind == IdKind::FoundationModel);
        let describes = match key {
            Some(key) if key.model.is_none() => key.is_arn(),
            Some(key) => {
                key.kind == IdKind::SystemProfile && is_base && entry.key_model.as_deref() == model
            }
            None => false,
        };
        match model {
            Some(model) if describes => entry.model = Some(self.models.take(model)),
            None if describes => entry.more().behind = Some(target.text.to_owned()),
            _ => entry.profiles = Box::from([target.text.to_owned()]),
        }
    }

    fn model<'t>(&mut self, node: &'t JsonNode<'_>) -> Option<MappingTarget<'t>> {
        let JsonNode::Text(text) = node else {
            self.fail(&format!(
                "\"model\" is {}; it must be a model id such as \"anthropic.claude-sonnet-4-6\". The entry is left out",
                node.what()
            ));
            return None;
        };
        self.target("\"model\"", text)
    }
}

/// An id; `None` where the text is none and can only be an alias.
fn read_id(text: &str) -> Result<Option<IdView<'_>>, IdError> {
    let arn_like = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("arn:"));
    match IdView::parse(text) {
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
