//! Ids that nothing is known or asked about.

use super::partition::partition_of_region;
use super::resolver::ResolveSource;
use super::{IdKind, ModelRef, ResolvedProfile};

/// With `gating: "off"` an id that no mapping names goes out as it is, lawful or not.
pub fn unjudged(id: &str, client_region: Option<&str>) -> ResolvedProfile {
    let parsed = ModelRef::parse(id).ok();
    let region = parsed.as_ref().and_then(ModelRef::region).or(client_region);
    let partition = match parsed.as_ref().and_then(ModelRef::partition) {
        Some(partition) => partition,
        None => partition_of_region(region.unwrap_or("us-east-1")).id,
    };
    let model = parsed.as_ref().and_then(ModelRef::names_model).map(str::to_owned);
    ResolvedProfile {
        requested_id: id.to_owned(),
        call_id: id.to_owned(),
        kind: parsed.as_ref().map_or(IdKind::Alias, ModelRef::kind),
        source: if model.is_some() { ResolveSource::Id } else { ResolveSource::Unknown },
        model,
        other_models: Vec::new(),
        region: region.map(str::to_owned),
        partition: partition.to_owned(),
        age: 0,
        label: None,
        name: None,
        profiles: vec![id.to_owned()],
        warnings: Vec::new(),
    }
}
