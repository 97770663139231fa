//! Everything that is known of a model, the most trusted last: the catalog's facts, what AWS's control
//! plane states, what refusals taught, what the operator says. Of several models behind one id it is
//! what they have in common.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::capabilities::ModelCapabilities;
use super::catalog;
use super::fact::Source;
use super::learned::{Lesson, Lessons, Owner};
use super::lifecycle;
use super::refusal;
use super::stated::Stated;

/// The operator's overrides: facts by model or profile.
#[derive(Debug, Clone, Default)]
pub struct Overrides(HashMap<String, Value>);

impl Overrides {
    /// Reads the option `overrides` (JSON text of an object), or says what is wrong and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries: HashMap<String, Value> = serde_json::from_str(text).map_err(|error| {
            format!("The option \"overrides\" must be an object of objects: {error}")
        })?;
        for (id, facts) in &entries {
            ModelCapabilities::from_json(id, facts, Source::Config).map_err(|error| {
                let path =
                    if error.path.is_empty() { String::new() } else { format!(".{}", error.path) };
                format!("The option \"overrides\": [{id:?}]{path}: {}", error.problem)
            })?;
        }
        Ok(Self(entries))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// These over others, id by id.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        let mut all = below.0.clone();
        all.extend(self.0.iter().map(|(id, facts)| (id.clone(), facts.clone())));
        Self(all)
    }

    fn about(&self, subject: &str) -> Option<&Value> {
        self.0.get(subject)
    }
}

/// Who is asked about: the base model's id where it is known, and the ids it is called by, the
/// nearest to the caller last.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The base model's id.
    pub model: Option<&'a str>,
    /// Further models that may answer: those of a prompt router, of a profile.
    pub other_models: &'a [String],
    /// Where it is called, as a geo prefix (`us-gov`), where that is known.
    pub geography: Option<&'a str>,
    /// The id that is called.
    pub call_id: &'a str,
    /// The id as the caller gave it.
    pub requested_id: &'a str,
}

impl<'a> Subject<'a> {
    /// From the farthest to the nearest; the nearest is laid last and wins.
    fn ids(self) -> impl Iterator<Item = &'a str> {
        let call_id = Some(self.call_id).filter(|id| Some(*id) != self.model);
        let requested =
            Some(self.requested_id).filter(|id| Some(*id) != self.model && *id != self.call_id);
        let others = self.other_models.iter().map(String::as_str);
        self.model.into_iter().chain(others).chain(call_id).chain(requested)
    }
}

/// Facts with where they are from.
#[derive(Debug, Clone)]
pub struct Knowledge {
    /// The facts.
    pub capabilities: Arc<ModelCapabilities>,
    /// When AWS stated what it has of them; of several models, of the oldest.
    stated_at: Option<SystemTime>,
    /// When a fact was learned, by its path.
    learned_at: HashMap<String, SystemTime>,
    /// What is among them that nothing has proved yet.
    pending: Vec<Value>,
}

/// Which lessons are listened to.
#[derive(Clone, Copy)]
pub enum Taught<'a> {
    /// None.
    Nothing,
    /// Those that a request has proved.
    Proven(&'a dyn Lessons, &'a Owner),
    /// Those too that a request is to prove, and one more.
    Pending(&'a dyn Lessons, &'a Owner, Option<&'a Lesson>),
}

impl Taught<'_> {
    fn about(self, subject: &str, now: SystemTime) -> Vec<Lesson> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Proven(lessons, owner) => {
                let mut known = lessons.about(owner, subject, now);
                known.retain(|lesson| lesson.proven);
                known
            }
            Self::Pending(lessons, owner, _) => lessons.about(owner, subject, now),
        }
    }

    fn more(&self) -> Option<&Lesson> {
        match self {
            Self::Pending(.., more) => *more,
            _ => None,
        }
    }
}

/// What AWS states of a model, by its id.
pub type StatedOf<'a> = &'a dyn Fn(&str) -> Option<Arc<Stated>>;

/// What is known of a model.
pub fn about(
    subject: Subject<'_>,
    stated: StatedOf<'_>,
    overrides: &Overrides,
    taught: Taught<'_>,
    now: SystemTime,
) -> Knowledge {
    let stated_at = Cell::new(None);
    let of = |model| {
        let mut facts = catalog::capabilities_in(model, subject.geography);
        if let Some(stated) = stated(model) {
            stated.lay_over(Arc::make_mut(&mut facts), now);
            let at = stated.at();
            stated_at.set(Some(stated_at.get().map_or(at, |earlier: SystemTime| earlier.min(at))));
        }
        facts
    };
    let base = match subject.model {
        Some(model) if subject.other_models.is_empty() => of(model),
        Some(model) => Arc::new(
            subject
                .other_models
                .iter()
                .fold(ModelCapabilities::clone(&of(model)), |common, other| {
                    common.in_common(&of(other))
                }),
        ),
        None => Arc::new(ModelCapabilities {
            model: subject.call_id.to_owned(),
            ..ModelCapabilities::default()
        }),
    };
    let stated_at = stated_at.get();
    let mut known = Knowledge {
        capabilities: base,
        stated_at,
        learned_at: HashMap::new(),
        pending: Vec::new(),
    };
    // What the catalog keeps was derived when it was first needed; what AWS states was just now.
    let status = lifecycle::status(&known.capabilities, now);
    if status != known.capabilities.status && stated_at.is_none() {
        Arc::make_mut(&mut known.capabilities).status = status;
    }
    for id in subject.ids() {
        for lesson in taught.about(id, now) {
            known.learn(&lesson);
        }
    }
    if let Some(lesson) = taught.more() {
        known.learn(lesson);
    }
    for facts in subject.ids().filter_map(|id| overrides.about(id)) {
        known.lay(facts, Source::Config);
    }
    known
}

impl Knowledge {
    fn lay(&mut self, facts: &Value, source: Source) {
        // Checked when it was read; facts that contradict the catalog's are left out.
        let _ = Arc::make_mut(&mut self.capabilities).lay_over(facts, source);
    }

    /// Lays what a refusal taught over the rest.
    pub fn learn(&mut self, lesson: &Lesson) {
        for path in refusal::paths(&lesson.facts) {
            self.learned_at.insert(path, lesson.at);
        }
        if !lesson.proven && !self.pending.contains(&lesson.facts) {
            self.pending.push(lesson.facts.clone());
        }
        let mut facts = lesson.facts.clone();
        // Lists add up: what was refused before goes on being refused.
        if let (Some(Value::Array(refused)), Some(known)) =
            (facts.get_mut("refusedFields"), self.capabilities.refused_fields.known())
        {
            let new = |field: &&String| !refused.iter().any(|refused| refused == field.as_str());
            let known: Vec<Value> =
                known.iter().filter(new).map(|field| Value::from(field.as_str())).collect();
            refused.extend(known);
        }
        if let (Some(Value::Array(places)), Some(known)) = (
            facts.pointer_mut("/promptCaching/fields"),
            self.capabilities.prompt_caching.fields.known(),
        ) {
            places.retain(|place| known.iter().any(|known| place == known.as_str()));
        }
        self.lay(&facts, Source::Learned);
    }

    /// Lessons that were listened to and that nothing has proved yet.
    pub fn pending(&self) -> &[Value] {
        &self.pending
    }

    /// Whether refusals have taught anything about it.
    pub fn has_lessons(&self) -> bool {
        !self.learned_at.is_empty()
    }

    /// The facts as callers see them: each with its value, source and age in milliseconds.
    pub fn describe(&self, now: SystemTime) -> Value {
        let mut described = serde_json::to_value(&*self.capabilities).unwrap_or_default();
        if let Value::Object(members) = &mut described {
            self.describe_members("", members, now);
        }
        described
    }

    fn describe_members(&self, prefix: &str, members: &mut Map<String, Value>, now: SystemTime) {
        for (name, member) in members {
            let Value::Object(member) = member else { continue };
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            match member.get("source").and_then(Value::as_str) {
                Some(source) => {
                    let age = self.age(&path, source, now);
                    member.insert("age".to_owned(), age.map_or(Value::Null, Value::from));
                }
                None => self.describe_members(&path, member, now),
            }
        }
    }

    /// How old a fact is, in milliseconds; `None` where it has no age.
    fn age(&self, path: &str, source: &str, now: SystemTime) -> Option<u64> {
        let since = match source {
            "learned" => *self.learned_at.get(path)?,
            "aws" => self.stated_at?,
            "catalog" | "pattern" => {
                // The catalog knows the day only.
                let age = now.duration_since(catalog::collected()).unwrap_or_default();
                return Some(age.as_secs() / 86_400 * 86_400_000);
            }
            _ => return None,
        };
        let age = now.duration_since(since).unwrap_or_default();
        u64::try_from(age.as_millis()).ok()
    }
}
