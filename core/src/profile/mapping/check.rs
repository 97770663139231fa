//! What can only be judged when all entries are known: loops, long chains, names that nothing
//! stands behind, models that disagree.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::problem::{Problems, Severity};
use super::{MAX_CHAIN, MappingEntry, Mappings, names_model, suggest};
use crate::profile::arn::{IdKind, ModelRef};
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
    for (key, entry) in &mappings.entries {
        checker.models(mappings, key, entry);
    }
}

/// Where an entry leads: what it calls, or what stands behind it.
fn edges<'a>(mappings: &'a Mappings, key: &str) -> Vec<&'a str> {
    let Some(entry) = mappings.entries.get(key) else {
        return Vec::new();
    };
    let calls = entry.profiles.iter().filter(|next| next.as_str() != key || !names_something(next));
    // An entry that says its model ends the question what is behind it.
    let says_model = |next: &&String| {
        mappings
            .entries
            .get(*next)
            .is_some_and(|next| next.model.is_some() || next.key_model.is_some())
    };
    calls
        .chain(entry.behind.iter().filter(|next| !says_model(next)))
        .filter_map(|next| mappings.entries.get_key_value(next))
        .map(|(next, _)| next.as_str())
        .collect()
}

/// An id that may stand for itself: calling an ARN or a model by its own key is no loop.
fn names_something(id: &str) -> bool {
    ModelRef::parse(id).is_ok_and(|id| id.is_arn() || !id.is_opaque())
}

/// Leaves out loops, chains that are too long, and what leads into something left out.
fn chains(mappings: &mut Mappings, problems: &mut Problems) {
    let mut height: HashMap<String, usize> = HashMap::new();
    let mut loops: Vec<Vec<String>> = Vec::new();
    for (root, entry) in &mappings.entries {
        // What leads nowhere is in no loop.
        if entry.profiles.is_empty() && entry.behind.is_none() {
            continue;
        }
        walk(mappings, root, &mut height, &mut loops);
    }
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    for members in loops {
        let Some(first) = members.first() else {
            continue;
        };
        let path: Vec<String> = members.iter().chain([first]).map(|key| quoted(key)).collect();
        // Where an ARN only describes itself through its own alias, the alias can still be called.
        let describes =
            |key: &&String| mappings.entries.get(*key).is_some_and(|entry| entry.behind.is_some());
        let describing: Vec<String> = members.iter().filter(describes).cloned().collect();
        let leave = if describing.is_empty() { members.clone() } else { describing };
        let names: Vec<String> = leave.iter().map(|key| quoted(key)).collect();
        let text = format!(
            "the mappings go round in a loop: {}. One of them must lead to an ARN or a model id. Left out: {}.",
            path.join(" → "),
            names.join(", ")
        );
        if let Some(entry) = mappings.entries.get(first) {
            problems.entry(entry.origin, first, Severity::Error, &text);
        }
        out.extend(leave.into_iter().map(|key| (key, text.clone())));
    }
    for (key, entry) in &mappings.entries {
        if !out.contains_key(key) && height.get(key).is_some_and(|height| *height > MAX_CHAIN) {
            let text = format!(
                "the chain that begins here has more than {MAX_CHAIN} links; map it to its ARN or model id directly. It is left out."
            );
            problems.entry(entry.origin, key, Severity::Error, &text);
            out.insert(key.clone(), text);
        }
    }
    for (key, why) in out {
        mappings.entries.remove(&key);
        mappings.left_out.insert(key, why);
    }
}

/// Depth first, without recursion: a chain may have as many links as there are entries.
fn walk(
    mappings: &Mappings,
    root: &str,
    height: &mut HashMap<String, usize>,
    loops: &mut Vec<Vec<String>>,
) {
    if height.contains_key(root) {
        return;
    }
    // Each step: a key, the edges not yet followed, and the height found so far.
    let mut path: Vec<(&str, Vec<&str>, usize)> = vec![(root, edges(mappings, root), 0)];
    let mut on_path: BTreeSet<&str> = BTreeSet::from([root]);
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
            height.insert(key.to_owned(), best);
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
            for (key, entry) in &mappings.entries {
                if let Some(text) = self.dead_end(mappings, key, entry) {
                    self.problems.entry(entry.origin, key, Severity::Error, &text);
                    out.push((key.clone(), text));
                }
            }
            if out.is_empty() {
                break;
            }
            for (key, why) in out {
                mappings.entries.remove(&key);
                mappings.left_out.insert(key, why);
            }
        }
        let keys: BTreeSet<String> = mappings.entries.keys().cloned().collect();
        for (key, entry) in &mut mappings.entries {
            self.names(&keys, key, entry);
        }
    }

    /// Why an entry cannot be used.
    fn dead_end(&mut self, mappings: &Mappings, key: &str, entry: &MappingEntry) -> Option<String> {
        let usable = |next: &str| {
            next == key || mappings.entries.contains_key(next) || ModelRef::parse(next).is_ok()
        };
        let targets = entry.profiles.iter().chain(&entry.behind);
        for target in targets {
            // An alias whose own entry was left out has no other meaning.
            let lost = mappings.left_out.contains_key(target)
                && !mappings.entries.contains_key(target)
                && !names_something(target);
            if lost {
                return Some(format!(
                    "it leads to {}, whose entry was left out; put that one right. This one is left out too.",
                    quoted(target)
                ));
            }
            if !usable(target) {
                let meant = self.did_you_mean(target);
                return Some(format!(
                    "{} is neither a model id, nor an ARN, nor a key of the mappings{meant}. The entry is left out.",
                    quoted(target)
                ));
            }
        }
        None
    }

    /// Names that stand for nothing the mappings know.
    fn names(&mut self, keys: &BTreeSet<String>, key: &str, entry: &mut MappingEntry) {
        for target in &entry.profiles {
            let is_name = ModelRef::parse(target).is_ok_and(|id| id.kind() == IdKind::Alias);
            if is_name && !keys.contains(target) {
                let meant = self.did_you_mean(target);
                let text = format!(
                    "{} is not a model id (\"<provider>.<name>\"), an ARN or a key of the mappings; it is sent to AWS as it is{meant}.",
                    quoted(target)
                );
                self.problems.entry(entry.origin, key, Severity::Warning, &text);
            }
        }
        let Some(behind) = entry.behind.clone().filter(|behind| !keys.contains(behind)) else {
            return;
        };
        let Ok(id) = ModelRef::parse(&behind) else {
            return;
        };
        if id.is_arn() {
            let lookup =
                if Question::about(&id).is_some() { "; AWS will be asked about it" } else { "" };
            let text = format!(
                "the value should say which model is behind the key, and {} does not name one{lookup}. Write a model id \
                 such as \"anthropic.claude-sonnet-4-6\".",
                quoted(&behind)
            );
            self.problems.entry(entry.origin, key, Severity::Warning, &text);
            return;
        }
        let meant = self.did_you_mean(&behind);
        let text = format!(
            "{} is not a model id (\"<provider>.<name>\") and may not be recognised{meant}.",
            quoted(&behind)
        );
        self.problems.entry(entry.origin, key, Severity::Warning, &text);
        entry.model = Some(behind);
        entry.behind = None;
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

    /// Misspelt models, and models that disagree.
    fn models(&mut self, mappings: &Mappings, key: &str, entry: &MappingEntry) {
        // One that is listed with a model of its own differs on purpose.
        let own = |at: usize| entry.routing.is_some() && entry.turn(at).model.is_some();
        let alike = entry.profiles.iter().enumerate().filter(|(at, _)| !own(*at));
        let called: Vec<(&String, Option<String>)> =
            alike.map(|(_, profile)| (profile, behind(mappings, key, profile))).collect();
        let stated: Vec<&String> = entry
            .model
            .iter()
            .chain(called.iter().filter_map(|(_, model)| model.as_ref()))
            .collect();
        let distinct: BTreeSet<&String> = stated.iter().copied().collect();
        for model in &distinct {
            let own = entry.model.as_ref() == Some(*model)
                || entry
                    .profiles
                    .iter()
                    .any(|profile| names_model(profile).as_ref() == Some(*model));
            if own && let Some(meant) = self.known.spelling(model) {
                let text = format!(
                    "{} is not a model that is known; did you mean {}?",
                    quoted(model),
                    quoted(&meant)
                );
                self.problems.entry(entry.origin, key, Severity::Warning, &text);
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
            let text = format!(
                "different models are behind it ({}); requests are fitted to {}. An alias should stand for one model.{others}",
                list.join(", "),
                quoted(first)
            );
            self.problems.entry(entry.origin, key, Severity::Warning, &text);
        }
        if let (Some(named), Some(model)) = (&entry.key_model, &entry.model)
            && named != model
            && entry.profiles.is_empty()
        {
            let text = format!(
                "the key names the model {} itself, the value says {}, which is believed. Take the entry out if that is not meant.",
                quoted(named),
                quoted(model)
            );
            self.problems.entry(entry.origin, key, Severity::Warning, &text);
        }
        let regions = entry.profiles.iter().filter_map(|profile| ModelRef::parse(profile).ok());
        for profile in regions {
            if let (Some(wanted), Some(fixed)) = (entry.region.as_deref(), profile.region())
                && wanted != fixed
            {
                let text = format!(
                    "\"region\" is {}, but {} is in {}, where it is called. Take \"region\" out.",
                    quoted(wanted),
                    quoted(profile.as_str()),
                    quoted(fixed)
                );
                self.problems.entry(entry.origin, key, Severity::Warning, &text);
                break;
            }
        }
    }
}

/// The model behind a profile of an entry, where the mappings or the profile itself say it.
fn behind(mappings: &Mappings, key: &str, profile: &str) -> Option<String> {
    if profile == key {
        return names_model(profile);
    }
    match mappings.find(profile) {
        Some(found) => found.model,
        None => names_model(profile),
    }
}
