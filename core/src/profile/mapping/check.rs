//! What can only be judged when all entries are known: loops, long chains, names that nothing
//! stands behind, models that disagree.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::problem::{Problems, Severity};
use super::{MAX_CHAIN, MappingEntry, Mappings, names_model, suggest};
use crate::profile::arn::{IdKind, IdView, ModelRef};
use crate::profile::lookup::Question;
use crate::profile::quote::quoted;

pub(super) fn check(
    mappings: &mut Mappings,
    known: &dyn Fn() -> Vec<String>,
    problems: &mut Problems,
) {
    chains(mappings, problems);
    let mut checker = Checker {
        known: KnownModels { load: known, ids: None, spellings: HashMap::new() },
        problems,
    };
    checker.references(mappings);
    let mut told = Vec::new();
    for key in keys_with(mappings, |key, entry| checker.may_be_told(mappings, key, entry)) {
        if let Some(entry) = mappings.entries.get(key) {
            checker.models(mappings, key, entry, &mut told);
            for text in told.drain(..) {
                checker.problems.entry(entry.origin, key, Severity::Warning, &text);
            }
        }
    }
}

/// The keys of the entries of which this is so, sorted: problems are told in the order of the keys, and
/// entries of which there is nothing to tell are not sorted for it.
fn keys_with(mappings: &Mappings, mut is_so: impl FnMut(&str, &MappingEntry) -> bool) -> Vec<&str> {
    let chosen = mappings.entries.iter().filter(|(key, entry)| is_so(key, entry));
    let mut keys: Vec<&str> = chosen.map(|(key, _)| &**key).collect();
    keys.sort_unstable();
    keys
}

/// Where an entry leads: what it calls, or what stands behind it.
fn edges<'a>(mappings: &'a Mappings, key: &str) -> Vec<&'a str> {
    let Some(entry) = mappings.entries.get(key) else {
        return Vec::new();
    };
    edges_of(mappings, key, entry).collect()
}

fn edges_of<'a>(
    mappings: &'a Mappings,
    key: &str,
    entry: &'a MappingEntry,
) -> impl Iterator<Item = &'a str> {
    let calls = entry.profiles.iter().map(String::as_str);
    let calls = calls.filter(move |next| *next != key || !names_something(next));
    // An entry that says its model ends the question what is behind it.
    let says_model = |next: &&str| {
        let next = mappings.entries.get(*next);
        next.is_some_and(|next| next.model.is_some() || next.key_model.is_some())
    };
    calls
        .chain(entry.behind().filter(|next| !says_model(next)))
        .filter_map(|next| mappings.entries.get_key_value(next))
        .map(|(next, _)| &**next)
}

/// An id that may stand for itself: calling an ARN or a model by its own key is no loop.
fn names_something(id: &str) -> bool {
    IdView::parse(id).is_ok_and(|id| id.is_arn() || id.model.is_some())
}

/// Leaves out loops, chains that are too long, and what leads into something left out.
fn chains(mappings: &mut Mappings, problems: &mut Problems) {
    let mut height: HashMap<&str, usize> = HashMap::new();
    let mut loops: Vec<Vec<String>> = Vec::new();
    // What leads nowhere is in no loop.
    let leads = |key: &str, entry: &MappingEntry| edges_of(mappings, key, entry).next().is_some();
    for root in keys_with(mappings, leads) {
        walk(mappings, root, &mut height, &mut loops);
    }
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    for members in loops {
        let Some(first) = members.first() else {
            continue;
        };
        let path: Vec<String> = members.iter().chain([first]).map(|key| quoted(key)).collect();
        // Where an ARN only describes itself through its own alias, the alias can still be called.
        let describes = |key: &&String| {
            mappings.entries.get(key.as_str()).is_some_and(|entry| entry.behind().is_some())
        };
        let describing: Vec<String> = members.iter().filter(describes).cloned().collect();
        let leave = if describing.is_empty() { members.clone() } else { describing };
        let names: Vec<String> = leave.iter().map(|key| quoted(key)).collect();
        let text = format!(
            "the mappings go round in a loop: {}. One of them must lead to an ARN or a model id. Left out: {}.",
            path.join(" → "),
            names.join(", ")
        );
        if let Some(entry) = mappings.entries.get(first.as_str()) {
            problems.entry(entry.origin, first, Severity::Error, &text);
        }
        out.extend(leave.into_iter().map(|key| (key, text.clone())));
    }
    let is_long = |key: &str| height.get(key).is_some_and(|height| *height > MAX_CHAIN);
    for key in keys_with(mappings, |key, _| is_long(key) && !out.contains_key(key)) {
        let text = format!(
            "the chain that begins here has more than {MAX_CHAIN} links; map it to its ARN or model id directly. It is left out."
        );
        if let Some(entry) = mappings.entries.get(key) {
            problems.entry(entry.origin, key, Severity::Error, &text);
        }
        out.insert(key.to_owned(), text);
    }
    leave_out(mappings, out);
}

fn leave_out(mappings: &mut Mappings, out: impl IntoIterator<Item = (String, String)>) {
    for (key, why) in out {
        mappings.entries.remove(key.as_str());
        mappings.left_out.insert(key, why);
    }
}

/// Depth first, without recursion: a chain may have as many links as there are entries.
fn walk<'a>(
    mappings: &'a Mappings,
    root: &'a str,
    height: &mut HashMap<&'a str, usize>,
    loops: &mut Vec<Vec<String>>,
) {
    if height.contains_key(root) {
        return;
    }
    // Each step: a key, the edges not yet followed, and the height found so far.
    let mut path: Vec<(&str, Vec<&str>, usize)> = vec![(root, edges(mappings, root), 0)];
    let mut on_path: HashSet<&str> = HashSet::from([root]);
    while let Some((key, left, best)) = path.last_mut() {
        let key = *key;
        if let Some(next) = left.pop() {
            if on_path.contains(next) {
                let members = path.iter().map(|(key, ..)| *key).skip_while(|key| *key != next);
                loops.push(members.map(str::to_owned).collect());
            } else if let Some(known) = height.get(next) {
                *best = (*best).max(known + 1);
            } else {
                on_path.insert(next);
                path.push((next, edges(mappings, next), 0));
            }
        } else {
            let best = *best;
            height.insert(key, best);
            on_path.remove(key);
            path.pop();
            if let Some((.., above)) = path.last_mut() {
                *above = (*above).max(best + 1);
            }
        }
    }
}

/// The known model ids, collected once and only if needed.
struct KnownModels<'a> {
    load: &'a dyn Fn() -> Vec<String>,
    ids: Option<Vec<String>>,
    spellings: HashMap<String, Option<String>>,
}

impl KnownModels<'_> {
    fn ids(&mut self) -> &[String] {
        self.ids.get_or_insert_with(|| (self.load)())
    }

    /// What a model id was probably meant to be, where it is not known; each is judged once.
    fn spelling(&mut self, model: &str) -> Option<String> {
        if let Some(judged) = self.spellings.get(model) {
            return judged.clone();
        }
        let meant = suggest::for_id(self.ids(), model);
        self.spellings.insert(model.to_owned(), meant.clone());
        meant
    }
}

struct Checker<'a> {
    known: KnownModels<'a>,
    problems: &'a mut Problems,
}

impl Checker<'_> {
    /// What entries refer to: a key, an id that AWS can be called with, or a mistake.
    fn references(&mut self, mappings: &mut Mappings) {
        // Until nothing changes: leaving one out may leave another without an end.
        loop {
            let mut out: Vec<(String, String)> = Vec::new();
            let ends = |key: &str, entry: &MappingEntry| dead_end(mappings, key, entry).is_some();
            for key in keys_with(mappings, ends) {
                let Some(entry) = mappings.entries.get(key) else { continue };
                let Some(end) = dead_end(mappings, key, entry) else { continue };
                let text = match end {
                    DeadEnd::Lost(target) => format!(
                        "it leads to {}, whose entry was left out; put that one right. This one is left out too.",
                        quoted(target)
                    ),
                    DeadEnd::Nothing(target) => {
                        let meant = self.did_you_mean(target);
                        format!(
                            "{} is neither a model id, nor an ARN, nor a key of the mappings{meant}. The entry is left out.",
                            quoted(target)
                        )
                    }
                };
                self.problems.entry(entry.origin, key, Severity::Error, &text);
                out.push((key.to_owned(), text));
            }
            if out.is_empty() {
                break;
            }
            leave_out(mappings, out);
        }
        let mut models: Vec<(String, String)> = Vec::new();
        for key in keys_with(mappings, |_, entry| refers_to_no_key(mappings, entry)) {
            if let Some(entry) = mappings.entries.get(key)
                && let Some(model) = self.names(mappings, key, entry)
            {
                models.push((key.to_owned(), model));
            }
        }
        for (key, model) in models {
            if let Some(entry) = mappings.entries.get_mut(key.as_str()) {
                entry.model = Some(model.into());
                entry.more().behind = None;
            }
        }
    }

    /// Names that stand for nothing the mappings know; what is behind the entry, where that can only be
    /// a model.
    fn names(&mut self, mappings: &Mappings, key: &str, entry: &MappingEntry) -> Option<String> {
        for target in entry.profiles.iter().filter(|target| is_unknown_name(mappings, target)) {
            let meant = self.did_you_mean(target);
            let text = format!(
                "{} is not a model id (\"<provider>.<name>\"), an ARN or a key of the mappings; it is sent to AWS as it is{meant}.",
                quoted(target)
            );
            self.problems.entry(entry.origin, key, Severity::Warning, &text);
        }
        let behind = entry.behind().filter(|behind| !mappings.entries.contains_key(*behind))?;
        let id = ModelRef::parse(behind).ok()?;
        if id.is_arn() {
            let lookup =
                if Question::about(&id).is_some() { "; AWS will be asked about it" } else { "" };
            let text = format!(
                "the value should say which model is behind the key, and {} does not name one{lookup}. Write a model id \
                 such as \"anthropic.claude-sonnet-4-6\".",
                quoted(behind)
            );
            self.problems.entry(entry.origin, key, Severity::Warning, &text);
            return None;
        }
        let meant = self.did_you_mean(behind);
        let text = format!(
            "{} is not a model id (\"<provider>.<name>\") and may not be recognised{meant}.",
            quoted(behind)
        );
        self.problems.entry(entry.origin, key, Severity::Warning, &text);
        Some(behind.to_owned())
    }

    fn did_you_mean(&mut self, text: &str) -> String {
        // What is not told one by one needs no suggestion.
        if self.problems.is_full() {
            return String::new();
        }
        match suggest::for_name(self.known.ids(), text) {
            Some(meant) => format!(" (did you mean {}?)", quoted(&meant)),
            None => String::new(),
        }
    }

    /// Whether something may have to be told of an entry's models: hardly ever, and found out quickly.
    fn may_be_told(&mut self, mappings: &Mappings, key: &str, entry: &MappingEntry) -> bool {
        let plain =
            entry.more.as_ref().is_none_or(|more| more.region.is_none() && more.routing.is_none());
        let known = match (&entry.model, &*entry.profiles) {
            // What stands behind an ARN, or a model that calls nothing else.
            (Some(model), []) => {
                entry.key_model.as_ref().is_none_or(|named| named == model) && self.is_spelt(model)
            }
            (None, []) => true,
            (model, [profile]) => match behind(mappings, key, profile) {
                Some(other) => {
                    model.as_deref().is_none_or(|model| model == other) && self.is_spelt(other)
                }
                None => model.as_ref().is_none_or(|model| self.is_spelt(model)),
            },
            _ => false,
        };
        !(plain && known)
    }

    fn is_spelt(&mut self, model: &str) -> bool {
        self.known.spelling(model).is_none()
    }

    /// Misspelt models, and models that disagree.
    fn models(
        &mut self,
        mappings: &Mappings,
        key: &str,
        entry: &MappingEntry,
        told: &mut Vec<String>,
    ) {
        // One that is listed with a model of its own differs on purpose.
        let own = |at: usize| entry.routing().is_some() && entry.turn(at).model.is_some();
        let alike = entry.profiles.iter().enumerate().filter(|(at, _)| !own(*at));
        let called = alike.filter_map(|(_, profile)| behind(mappings, key, profile));
        let stated: Vec<&str> = entry.model.as_deref().into_iter().chain(called).collect();
        let distinct: BTreeSet<&str> = stated.iter().copied().collect();
        for model in &distinct {
            let own = entry.model.as_deref() == Some(*model)
                || entry.profiles.iter().any(|profile| names_model(profile) == Some(*model));
            if own && let Some(meant) = self.known.spelling(model) {
                told.push(format!(
                    "{} is not a model that is known; did you mean {}?",
                    quoted(model),
                    quoted(&meant)
                ));
            }
        }
        if distinct.len() > 1
            && let Some(first) = stated.first()
        {
            let list: Vec<String> = distinct.iter().map(|model| quoted(model)).collect();
            let others = if entry.profiles.len() > 1 {
                " Profiles of another model are not called, unless they are listed as { \"id\": …, \"model\": … }."
            } else {
                ""
            };
            told.push(format!(
                "different models are behind it ({}); requests are fitted to {}. An alias should stand for one model.{others}",
                list.join(", "),
                quoted(first)
            ));
        }
        if let (Some(named), Some(model)) = (&entry.key_model, &entry.model)
            && named != model
            && entry.profiles.is_empty()
        {
            told.push(format!(
                "the key names the model {} itself, the value says {}, which is believed. Take the entry out if that is not meant.",
                quoted(named),
                quoted(model)
            ));
        }
        let ids = entry.profiles.iter().filter_map(|profile| IdView::parse(profile).ok());
        for profile in ids {
            if let (Some(wanted), Some(fixed)) = (entry.region(), profile.region())
                && wanted != fixed
            {
                told.push(format!(
                    "\"region\" is {}, but {} is in {}, where it is called. Take \"region\" out.",
                    quoted(wanted),
                    quoted(profile.text),
                    quoted(fixed)
                ));
                break;
            }
        }
    }
}

/// Why an entry cannot be used.
enum DeadEnd<'a> {
    /// It leads to one that was left out.
    Lost(&'a str),
    /// It leads to what is no id and no key.
    Nothing(&'a str),
}

fn dead_end<'a>(mappings: &Mappings, key: &str, entry: &'a MappingEntry) -> Option<DeadEnd<'a>> {
    let is_key = |target: &str| mappings.entries.contains_key(target);
    let usable = |target: &str| target == key || IdView::parse(target).is_ok() || is_key(target);
    // An alias whose own entry was left out has no other meaning.
    let lost = |target: &str| {
        mappings.left_out.contains_key(target) && !is_key(target) && !names_something(target)
    };
    entry.profiles.iter().map(String::as_str).chain(entry.behind()).find_map(|target| {
        if lost(target) {
            Some(DeadEnd::Lost(target))
        } else if usable(target) {
            None
        } else {
            Some(DeadEnd::Nothing(target))
        }
    })
}

/// Whether an entry refers to what may have to be told of: to something that is no key.
fn refers_to_no_key(mappings: &Mappings, entry: &MappingEntry) -> bool {
    entry.behind().is_some_and(|behind| !mappings.entries.contains_key(behind))
        || entry.profiles.iter().any(|target| is_unknown_name(mappings, target))
}

/// Whether a profile is a name that is no key.
fn is_unknown_name(mappings: &Mappings, target: &str) -> bool {
    IdView::parse(target).is_ok_and(|id| id.kind == IdKind::Alias)
        && !mappings.entries.contains_key(target)
}

/// The model behind a profile of an entry, where the mappings or the profile itself say it.
fn behind<'a>(mappings: &'a Mappings, key: &str, profile: &'a str) -> Option<&'a str> {
    if profile == key {
        return names_model(profile);
    }
    match mappings.alone().find_within(profile, &mut (2 * MAX_CHAIN)) {
        Some(found) => found.model,
        None => names_model(profile),
    }
}
