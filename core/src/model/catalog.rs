//! What is known about models, read from `catalog.json`, and which of them an id names.
//!
//! # Adding a model
//!
//! A new model is a block under `models` (sorted by id), no code:
//!
//! ```json
//! {
//!   "id": "anthropic.claude-opus-6",
//!   "extends": ["claude-adaptive"],
//!   "facts": { "family": "claude-opus-6", "contextWindow": 1000000, "preview": false },
//!   "sources": { "aws:model-card": "contextWindow", "id": "family", "litellm": "preview" }
//! }
//! ```
//!
//! * `extends` names classes: what models have in common, laid in their order, each after what it
//!   extends itself; `facts` is laid last. Members are those of [`ModelCapabilities`]; `null` takes
//!   back what a class says, because it is not known of this model.
//! * `sources` says where each fact of the block is known from: source → paths of facts, a parent
//!   standing for all below it. The top-level `sources` explains the names.
//! * A class of its own is worth it where several models share a behaviour; a model that joins one
//!   needs a line.
//! * `geographies` of a model says what differs where a system profile of that geography, or a region
//!   of its partition, is called (`us-gov`); its facts are laid over the model's.
//! * `families` say what an unknown model is taken for, by the longest matching prefix.
//!
//! `catalog.schema.json` describes the format; `cargo test` checks it, the sources and the order.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::SystemTime;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::capabilities::ModelCapabilities;
use super::fact::{Fact, Source};
use super::lifecycle;
use super::names::{self, Name};

pub(crate) const CATALOG: &str = include_str!("catalog.json");

/// So many ids that are no entry's own have their capabilities kept: more than a process calls.
const MOST_CACHED: usize = 512;

/// Facts laid over those of the classes it extends.
#[derive(Debug, Deserialize)]
struct Layer<'a> {
    #[serde(default, borrow)]
    extends: Vec<&'a str>,
    #[serde(default)]
    facts: Map<String, Value>,
}

/// What an unknown model is taken for.
#[derive(Debug, Deserialize)]
struct Family<'a> {
    #[serde(borrow)]
    prefixes: Vec<&'a str>,
    #[serde(borrow)]
    extends: Vec<&'a str>,
    #[serde(default)]
    facts: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Model<'a> {
    id: &'a str,
    #[serde(borrow)]
    extends: Vec<&'a str>,
    facts: Map<String, Value>,
    #[serde(default, borrow)]
    geographies: HashMap<&'a str, Differences>,
}

/// What differs in a geography.
#[derive(Debug, Deserialize)]
struct Differences {
    facts: Map<String, Value>,
    #[serde(skip)]
    capabilities: OnceLock<Arc<ModelCapabilities>>,
}

/// The file, without its sources: they are for those who change it.
#[derive(Debug, Deserialize)]
struct File<'a> {
    #[serde(default)]
    collected: &'a str,
    #[serde(borrow)]
    providers: HashMap<&'a str, &'a str>,
    #[serde(borrow)]
    classes: HashMap<&'a str, Layer<'a>>,
    #[serde(borrow)]
    families: HashMap<&'a str, Family<'a>>,
    #[serde(borrow)]
    models: Vec<Model<'a>>,
}

/// A model of the catalog.
#[derive(Debug)]
pub struct CatalogEntry {
    id: &'static str,
    provider: &'static str,
    name: Name<'static>,
    layer: Layer<'static>,
    geographies: HashMap<&'static str, Differences>,
    capabilities: OnceLock<Arc<ModelCapabilities>>,
}

/// The model that an id names.
#[derive(Debug, Clone, Copy)]
pub struct CatalogMatch {
    /// The catalog's entry.
    pub entry: &'static CatalogEntry,
    /// False where the id names another date or version of it.
    pub exact: bool,
}

#[derive(Debug, Default)]
struct Catalog {
    collected: &'static str,
    providers: HashMap<&'static str, &'static str>,
    classes: HashMap<&'static str, Layer<'static>>,
    families: Vec<Family<'static>>,
    /// Prefix of an id and index of its family, the longest first: the closest relative.
    prefixes: Vec<(&'static str, usize)>,
    entries: Vec<CatalogEntry>,
    by_id: HashMap<&'static str, usize>,
    /// By name without provider, with and without version and date.
    by_name: HashMap<&'static str, Vec<usize>>,
    /// What was worked out for ids that are no entry's own.
    cached: RwLock<HashMap<String, Arc<ModelCapabilities>>>,
}

impl CatalogEntry {
    /// The base model id.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Whether the entry extends a class, directly or through another (`claude-4-6`).
    pub fn is_a(&self, class: &str) -> bool {
        catalog().linear(&self.layer.extends).contains(&class)
    }

    /// What the model can do.
    pub fn capabilities(&self) -> &Arc<ModelCapabilities> {
        self.capabilities.get_or_init(|| Arc::new(self.build(&Map::new())))
    }

    /// What the model can do where it is called in a geography (`us-gov`).
    pub fn capabilities_in(&self, geography: &str) -> &Arc<ModelCapabilities> {
        let Some(differences) = self.geographies.get(geography) else {
            return self.capabilities();
        };
        let build = || Arc::new(self.build(&differences.facts));
        differences.capabilities.get_or_init(build)
    }

    /// The geographies in which it differs.
    pub fn geographies(&self) -> impl Iterator<Item = &'static str> {
        self.geographies.keys().copied()
    }

    fn build(&self, differences: &Map<String, Value>) -> ModelCapabilities {
        let Layer { extends, facts } = &self.layer;
        let mut capabilities = catalog().build(extends, facts, self.provider, Source::Catalog);
        // A test lays every block.
        let _ = capabilities.lay_checked(differences, Source::Catalog);
        capabilities.status = lifecycle::status(&capabilities, SystemTime::now());
        self.id.clone_into(&mut capabilities.model);
        capabilities
    }
}

impl Catalog {
    fn parse(json: &'static str) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_str(json)?;
        let mut catalog = Self {
            collected: file.collected,
            providers: file.providers,
            classes: file.classes,
            families: file.families.into_values().collect(),
            ..Self::default()
        };
        let families = catalog.families.iter().enumerate();
        catalog.prefixes = families
            .flat_map(|(at, family)| family.prefixes.iter().map(move |prefix| (*prefix, at)))
            .collect();
        catalog.prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        for model in file.models {
            catalog.add(model);
        }
        Ok(catalog)
    }

    fn add(&mut self, model: Model<'static>) {
        let (provider, name) = model.id.split_once('.').unwrap_or(("", model.id));
        let provider = self.providers.get(provider).copied().unwrap_or(provider);
        let name = Name::parse(name);
        let at = self.entries.len();
        self.by_id.insert(model.id, at);
        let plain = name.without_plain_version().unwrap_or(name.base);
        // `claude`, which is left of `claude-v2`, is not a model's name.
        let tells = |key: &&str| key.contains(|c: char| c == '-' || c.is_ascii_digit());
        for key in [name.head, name.versionless, name.base, plain].into_iter().filter(tells) {
            let entries = self.by_name.entry(key).or_default();
            if entries.last() != Some(&at) {
                entries.push(at);
            }
        }
        self.entries.push(CatalogEntry {
            id: model.id,
            provider,
            name,
            layer: Layer { extends: model.extends, facts: model.facts },
            geographies: model.geographies,
            capabilities: OnceLock::new(),
        });
    }

    /// The classes and what they extend, in the order their facts are laid.
    fn linear(&self, classes: &[&'static str]) -> Vec<&'static str> {
        fn walk(
            catalog: &Catalog,
            classes: &[&'static str],
            depth: usize,
            out: &mut Vec<&'static str>,
        ) {
            // Deeper than any catalog that makes sense: a class that extends itself ends here.
            const MAX_DEPTH: usize = 16;
            for class in classes {
                if out.contains(class) || depth == MAX_DEPTH {
                    continue;
                }
                if let Some(layer) = catalog.classes.get(class) {
                    walk(catalog, &layer.extends, depth + 1, out);
                }
                out.push(class);
            }
        }
        let mut out = Vec::new();
        walk(self, classes, 0, &mut out);
        out
    }

    fn build(
        &self,
        classes: &[&'static str],
        facts: &Map<String, Value>,
        provider: &str,
        source: Source,
    ) -> ModelCapabilities {
        let mut capabilities = ModelCapabilities {
            provider: Fact::new(Some(provider.to_owned()), source),
            ..ModelCapabilities::default()
        };
        let classes = self.linear(classes);
        let layers = classes.iter().filter_map(|class| self.classes.get(class));
        for facts in layers.map(|layer| &layer.facts).chain([facts]) {
            // A test lays every block; a block that failed would leave its other facts unknown.
            let _ = capabilities.lay_checked(facts, source);
        }
        capabilities
    }

    /// The entry that a name without provider is, or is an edition of.
    fn named(&'static self, provider: Option<&str>, name: &str) -> Option<CatalogMatch> {
        let wanted = Name::parse(name);
        let provider = provider.and_then(|label| self.providers.get(label).copied());
        let best = |key: &str| {
            let entries = self.by_name.get(key)?.iter();
            entries
                .filter_map(|&at| self.entries.get(at))
                .filter(|entry| provider.is_none_or(|name| name == entry.provider))
                .map(|entry| (entry.name.edition.fit(&wanted.edition), entry))
                // Of equals the last: ids sort by date.
                .max_by_key(|(fit, _)| *fit)
                .map(|((_, exact), entry)| CatalogMatch { entry, exact })
        };
        [wanted.head, wanted.versionless, wanted.base].into_iter().find_map(best)
    }

    /// The entry with this very id.
    fn entry(&'static self, id: &str) -> Option<&'static CatalogEntry> {
        self.by_id.get(id).and_then(|&at| self.entries.get(at))
    }

    fn find(&'static self, id: &str) -> Option<CatalogMatch> {
        if let Some(entry) = self.entry(id) {
            return Some(CatalogMatch { entry, exact: true });
        }
        let id = id.trim().to_ascii_lowercase();
        let (spoken, must_qualify) = names::spoken(&id)?;
        let mut qualified = names::qualified(spoken).peekable();
        if qualified.peek().is_some() {
            return qualified.find_map(|(provider, name)| {
                self.named(Some(provider), name)
                    .or_else(|| self.named(Some(provider), &dashed(name)?))
            });
        }
        if must_qualify || !spoken.contains('-') {
            return None;
        }
        self.named(None, spoken).or_else(|| self.named(None, &dashed(spoken)?))
    }

    /// The family whose prefix begins an id, or, of a name without provider, the prefix's name.
    fn family(
        &self,
        provider: Option<&str>,
        name: &str,
    ) -> Option<(&'static str, &Family<'static>)> {
        let begins = |prefix: &str| {
            let (of, begin) = prefix.split_once('.').unwrap_or((prefix, ""));
            match provider {
                Some(provider) => provider == of && name.starts_with(begin),
                // `deepseek.r` is too little to know a bare name by.
                None => begin.len() > 1 && name.starts_with(begin),
            }
        };
        let (prefix, at) = self.prefixes.iter().find(|(prefix, _)| begins(prefix))?;
        Some((*prefix, self.families.get(*at)?))
    }

    /// What the model behind an id can do that is no entry's own.
    fn work_out(&'static self, id: &str) -> Arc<ModelCapabilities> {
        match self.find(id) {
            Some(CatalogMatch { entry, exact: true }) => Arc::clone(entry.capabilities()),
            Some(CatalogMatch { entry, .. }) => {
                let mut capabilities = ModelCapabilities::clone(entry.capabilities());
                capabilities.mark_all(Source::Pattern);
                id.clone_into(&mut capabilities.model);
                Arc::new(capabilities)
            }
            None => Arc::new(self.relative(id).unwrap_or_else(|| ModelCapabilities {
                model: id.to_owned(),
                ..ModelCapabilities::default()
            })),
        }
    }

    /// What an unknown model is taken for: its family, or only its provider.
    fn relative(&self, id: &str) -> Option<ModelCapabilities> {
        let lower = id.trim().to_ascii_lowercase();
        let (spoken, must_qualify) = names::spoken(&lower)?;
        let qualified = names::qualified(spoken).last();
        if qualified.is_none() && must_qualify {
            return None;
        }
        let (provider, name) =
            qualified.map_or((None, spoken), |(label, name)| (Some(label), name));
        let family = self.family(provider, name);
        let label = provider.or_else(|| family?.0.split('.').next())?;
        let none = Map::new();
        let (extends, facts) =
            family.map_or((&[][..], &none), |(_, family)| (&family.extends[..], &family.facts));
        let provider = self.providers.get(label).copied()?;
        let mut capabilities = self.build(extends, facts, provider, Source::Pattern);
        let base = family.map(|_| Name::parse(name).base.to_owned());
        capabilities.family = Fact::new(base, Source::Pattern);
        capabilities.status = lifecycle::status(&capabilities, SystemTime::now());
        id.clone_into(&mut capabilities.model);
        Some(capabilities)
    }
}

/// The name as it is where dots are dashes (`claude-sonnet-4.6`), if it has dots.
fn dashed(name: &str) -> Option<String> {
    name.contains('.').then(|| name.replace('.', "-"))
}

/// The catalog, read at its first use. A test makes sure that it can be read; a process in which it
/// cannot be knows no model and changes no request.
fn catalog() -> &'static Catalog {
    static LOADED: OnceLock<Catalog> = OnceLock::new();
    LOADED.get_or_init(|| Catalog::parse(CATALOG).unwrap_or_default())
}

/// The model of the catalog that an id names, in any form that shows a name.
///
/// Base ids with or without version and context variant, system profile ids, aliases that end in
/// `<provider>.<model>`, names without provider, clients' decorations, mixed case, and ARNs of
/// foundation models, system profiles and custom models. An opaque ARN names nothing: resolve it
/// first.
pub fn find(id: &str) -> Option<CatalogMatch> {
    catalog().find(id)
}

/// What the model behind an id can do.
///
/// A model of the catalog has its facts as `catalog`; another date or version of one, and an
/// unknown model of a known family, as `pattern`; of all others nothing is known.
pub fn capabilities(id: &str) -> Arc<ModelCapabilities> {
    let catalog = catalog();
    if let Some(entry) = catalog.entry(id) {
        return Arc::clone(entry.capabilities());
    }
    let cached = || catalog.cached.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(capabilities) = cached().get(id) {
        return Arc::clone(capabilities);
    }
    let capabilities = catalog.work_out(id);
    let mut cached = catalog.cached.write().unwrap_or_else(PoisonError::into_inner);
    if cached.len() >= MOST_CACHED {
        cached.clear();
    }
    cached.insert(id.to_owned(), Arc::clone(&capabilities));
    capabilities
}

/// What the model behind an id can do where it is called in a geography: the geo prefix of a system
/// profile, or of the region's partition.
pub fn capabilities_in(id: &str, geography: Option<&str>) -> Arc<ModelCapabilities> {
    let found = geography.zip(find(id).filter(|found| found.exact));
    match found {
        Some((geography, found)) => Arc::clone(found.entry.capabilities_in(geography)),
        None => capabilities(id),
    }
}

/// When the facts were collected: the start of that day.
pub fn collected() -> SystemTime {
    lifecycle::start_of(catalog().collected).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Every model of the catalog, by id.
pub fn all() -> impl Iterator<Item = &'static CatalogEntry> {
    catalog().entries.iter()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;

    #[test]
    fn the_day_of_collection_can_be_read() {
        assert!(Some(collected()) >= lifecycle::start_of("2026-11-22"));
    }

    #[test]
    fn the_catalog_can_be_read() {
        let catalog = Catalog::parse(CATALOG).unwrap();
        assert!(catalog.entries.len() >= 135);
    }

    #[test]
    fn every_block_can_be_laid() {
        let catalog = Catalog::parse(CATALOG).unwrap();
        let classes = catalog.classes.iter().map(|(name, layer)| (*name, &layer.facts));
        let families = catalog.families.iter().map(|family| (family.prefixes[0], &family.facts));
        let models = catalog.entries.iter().map(|entry| (entry.id, &entry.layer.facts));
        let places = catalog.entries.iter().flat_map(|entry| {
            entry.geographies.values().map(|differences| (entry.id, &differences.facts))
        });
        for (name, facts) in classes.chain(families).chain(models).chain(places) {
            let laid = ModelCapabilities::default().lay_checked(facts, Source::Catalog);
            assert_eq!(laid, Ok(()), "{name}");
        }
    }

    #[test]
    fn every_class_exists_and_has_members() {
        let catalog = Catalog::parse(CATALOG).unwrap();
        let mut used = std::collections::HashSet::new();
        let models = catalog.entries.iter().map(|entry| &entry.layer.extends);
        let families = catalog.families.iter().map(|family| &family.extends);
        for extends in models.chain(families) {
            for class in catalog.linear(extends) {
                assert!(catalog.classes.contains_key(class), "{class} is missing");
                used.insert(class);
            }
        }
        for class in catalog.classes.keys() {
            assert!(used.contains(class), "nothing extends {class}");
        }
    }

    /// Not the budget itself (2 ms in a release build), only that nobody made it another order.
    #[test]
    fn loading_is_a_matter_of_milliseconds() {
        let load = || {
            let start = std::time::Instant::now();
            std::hint::black_box(Catalog::parse(std::hint::black_box(CATALOG))).unwrap();
            start.elapsed()
        };
        let fastest = (0..20).map(|_| load()).min().unwrap();
        assert!(fastest < std::time::Duration::from_millis(20), "{fastest:?}");
    }

    #[test]
    fn a_class_that_extends_itself_ends() {
        let json = r#"{ "providers": {}, "families": {}, "models": [],
            "classes": { "a": { "extends": ["b"] }, "b": { "extends": ["a"] } } }"#;
        let catalog = Catalog::parse(json).unwrap();
        assert!(catalog.linear(&["a"]).contains(&"b"));
    }
}
