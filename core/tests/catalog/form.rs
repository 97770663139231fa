//! The file: its order, its sources. (`__test__/catalog-schema.test.js` holds it to its schema.)

use std::collections::{BTreeSet, HashMap};

use bedrock_profile_core::labels::{geo_prefixes, is_geo_prefix, providers};
use bedrock_profile_core::model::catalog::{CatalogEntry, all};
use bedrock_profile_core::model::{ModelCapabilities, Source};
use serde_json::Value;

use crate::values_only;

fn catalog() -> Value {
    serde_json::from_str(include_str!("../../src/model/catalog.json")).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../src/model/catalog.schema.json")).unwrap()
}

/// Every block of facts with its name: classes, families, models.
fn blocks(catalog: &Value) -> Vec<(String, &Value)> {
    let named = ["classes", "families"].into_iter().flat_map(|kind| {
        let members = catalog[kind].as_object().unwrap().iter();
        members.map(move |(name, block)| (format!("{kind}: {name}"), block))
    });
    let models = || catalog["models"].as_array().unwrap().iter();
    let places = models().flat_map(|model| {
        let places = model["geographies"].as_object().into_iter().flatten();
        places.map(|(geography, block)| (format!("{} in {geography}", model["id"]), block))
    });
    let models = models().map(|model| (model["id"].as_str().unwrap().to_owned(), model));
    named.chain(models).chain(places).collect()
}

/// Paths of the facts in an object of facts, with their values.
fn paths<'a>(facts: &'a Value, properties: &Value) -> Vec<(String, &'a Value)> {
    let mut out = Vec::new();
    for (name, value) in facts.as_object().into_iter().flatten() {
        if properties[name]["type"] == "object" {
            let inner = value.as_object().unwrap().iter();
            out.extend(inner.map(|(below, value)| (format!("{name}.{below}"), value)));
        } else {
            out.push((name.clone(), value));
        }
    }
    out
}

/// What the classes of a block say.
fn inherit<'a>(
    catalog: &'a Value,
    block: &'a Value,
    properties: &Value,
    out: &mut HashMap<String, &'a Value>,
) {
    for class in block["extends"].as_array().into_iter().flatten() {
        let class = &catalog["classes"][class.as_str().unwrap()];
        inherit(catalog, class, properties, out);
        out.extend(paths(&class["facts"], properties));
    }
}

#[test]
fn the_schema_knows_the_facts_that_the_code_knows() {
    fn names(value: &Value, inner: fn(&Value) -> &Value, at: &str, out: &mut BTreeSet<String>) {
        for (name, value) in value.as_object().into_iter().flatten() {
            let path = format!("{at}/{name}");
            names(inner(value), inner, &path, out);
            out.insert(path);
        }
    }
    let (mut code, mut data) = (BTreeSet::new(), BTreeSet::new());
    let default = serde_json::to_value(ModelCapabilities::default()).unwrap();
    names(&values_only(&default), |value| value, "", &mut code);
    code.remove("/provider"); // stands in `providers`
    code.remove("/refusedFields"); // only refusals teach it
    code.remove("/status"); // derived from the dates
    let properties = &schema()["$defs"]["facts"]["properties"];
    names(properties, |value| &value["properties"], "", &mut data);
    let (schema, declared) =
        ("core/src/model/catalog.schema.json", "core/src/model/capabilities.rs");
    for (file, missing) in [(schema, &code - &data), (declared, &data - &code)] {
        assert!(missing.is_empty(), "{file} lacks {missing:?}");
    }
}

#[test]
fn capabilities_survive_being_written_and_read() {
    for entry in all() {
        let facts = entry.capabilities();
        let written = values_only(&serde_json::to_value(&**facts).unwrap());
        let read = ModelCapabilities::from_json(entry.id(), &written, Source::Catalog).unwrap();
        assert_eq!(read, **facts);
    }
}

#[test]
fn models_are_sorted_by_id_and_stand_once() {
    let catalog = catalog();
    let models = catalog["models"].as_array().unwrap();
    let ids: Vec<_> = models.iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted_by(|one, next| one < next));
    assert_eq!(ids, all().map(CatalogEntry::id).collect::<Vec<_>>());
}

#[test]
fn classes_families_and_sources_are_sorted() {
    let catalog = catalog();
    for member in ["sources", "providers", "geographies", "classes", "families"] {
        let names = catalog[member].as_object().unwrap();
        assert!(names.keys().is_sorted(), "{member}");
    }
}

/// What an id begins with stands in the catalog, and nowhere else.
#[test]
fn the_labels_of_ids_are_the_catalogs() {
    let catalog = catalog();
    let named = |member: &str| {
        let labels = catalog[member].as_object().unwrap();
        labels.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(named("providers"), providers().collect::<Vec<_>>());
    assert_eq!(named("geographies"), geo_prefixes().collect::<Vec<_>>());
}

#[test]
fn ids_and_prefixes_begin_with_a_known_provider() {
    let catalog = catalog();
    let families = catalog["families"].as_object().unwrap().values();
    let prefixes = families.flat_map(|family| family["prefixes"].as_array().unwrap());
    let prefixes = prefixes.map(|prefix| prefix.as_str().unwrap());
    let ids: Vec<&str> = all().map(CatalogEntry::id).collect();
    for id in ids.into_iter().chain(prefixes) {
        let label = id.split('.').next().unwrap();
        assert!(catalog["providers"][label].is_string(), "{id}");
    }
}

#[test]
fn geo_prefixes_are_those_that_are_known() {
    for entry in all() {
        let prefixes = entry.capabilities().inference_profile_prefixes.known();
        let prefixes = prefixes.into_iter().flatten().map(String::as_str);
        for prefix in prefixes.chain(entry.geographies()) {
            assert!(is_geo_prefix(prefix), "{}: {prefix}", entry.id());
        }
    }
}

#[test]
fn every_fact_names_its_sources_beside_it() {
    let (catalog, schema) = (catalog(), schema());
    let properties = &schema["$defs"]["facts"]["properties"];
    let known = catalog["sources"].as_object().unwrap();
    let mut used = BTreeSet::new();
    for (name, block) in blocks(&catalog) {
        // Path and whether a fact stands there.
        let mut covered: HashMap<&str, bool> = HashMap::new();
        for (source, listed) in block["sources"].as_object().into_iter().flatten() {
            assert!(known.contains_key(source), "{name}: what is {source}?");
            used.insert(source.as_str());
            covered.extend(listed.as_str().unwrap().split(' ').map(|path| (path, false)));
        }
        for (path, value) in paths(&block["facts"], properties) {
            let group = path.split('.').next().unwrap();
            let mut known = value.is_null();
            for at in [path.as_str(), group] {
                if let Some(stands) = covered.get_mut(at) {
                    (known, *stands) = (true, true);
                }
            }
            assert!(known, "{name}: where is {path} known from?");
        }
        for (path, stands) in covered {
            assert!(stands, "{name}: a source for {path}, which is not there");
        }
    }
    let unused: Vec<_> = known.keys().filter(|source| !used.contains(source.as_str())).collect();
    assert!(unused.is_empty(), "never named: {unused:?}");
}

#[test]
fn no_block_repeats_what_its_classes_say() {
    let catalog = catalog();
    let schema = schema();
    let properties = &schema["$defs"]["facts"]["properties"];
    for model in catalog["models"].as_array().unwrap() {
        let mut inherited = HashMap::new();
        inherit(&catalog, model, properties, &mut inherited);
        for (path, value) in paths(&model["facts"], properties) {
            assert_ne!(inherited.get(&path), Some(&value), "{}: {path}", model["id"]);
        }
    }
}
