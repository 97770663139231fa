//! What ids of models begin with: geo prefixes, and who made the model. `profile` and `model` both
//! read it, and neither depends on the other. Both lists stand in `catalog.json`, and nowhere else.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The members of the catalog that name labels, each with what it stands for.
#[derive(Debug, Deserialize, Default)]
struct Labels<'a> {
    #[serde(borrow)]
    providers: BTreeMap<&'a str, &'a str>,
    #[serde(borrow)]
    geographies: BTreeMap<&'a str, &'a str>,
}

// A test makes sure that it can be read.
static LABELS: LazyLock<Labels<'static>> =
    LazyLock::new(|| serde_json::from_str(include_str!("model/catalog.json")).unwrap_or_default());

/// Prefixes of system profile ids.
pub fn geo_prefixes() -> impl Iterator<Item = &'static str> {
    LABELS.geographies.keys().copied()
}

/// Whether ids of system profiles begin with this label.
pub fn is_geo_prefix(label: &str) -> bool {
    LABELS.geographies.contains_key(label)
}

/// Who makes models on Bedrock, by the first label of their models' ids. Needed to tell
/// `us.anthropic.…` from an id whose provider is `us`, and the alias `team-a.anthropic.…` from an id
/// whose provider is `team-a`.
pub fn providers() -> impl Iterator<Item = &'static str> {
    LABELS.providers.keys().copied()
}

/// Whether ids of models begin with this label.
pub fn is_provider(label: &str) -> bool {
    LABELS.providers.contains_key(label)
}

/// What the model that a name ends in is found by: the name from its first provider on. `None` where more
/// of the name may count: it holds what clients write around ids, or large letters.
pub fn from_provider(name: &str) -> Option<&str> {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase()
            || byte.is_ascii_digit()
            || matches!(byte, b'-' | b'.' | b'_' | b':')
    };
    if !name.bytes().all(plain) {
        return None;
    }
    let mut rest = name;
    loop {
        let (first, after) = rest.split_once('.')?;
        if is_provider(first) && !after.is_empty() {
            return Some(rest);
        }
        rest = after;
    }
}

/// Where an id is called, as a geo prefix: that of a system profile's id or ARN, or that of a
/// partition other than the commercial one. Of a call in a commercial region nothing is told.
pub fn geography<'a>(id: &'a str, region: Option<&str>, partition: &str) -> Option<&'a str> {
    let name = id.rsplit('/').next().unwrap_or(id);
    let prefix = name.split_once('.').and_then(|(first, rest)| {
        let (provider, _) = rest.split_once('.')?;
        (is_geo_prefix(first) && is_provider(provider)).then_some(first)
    });
    let by_partition = || home(region.filter(|_| partition != "aws")?).first().copied();
    prefix.or_else(by_partition)
}

/// Where regions are at home, by how their names begin; the first that fits.
const HOMES: [(&str, &[&str]); 13] = [
    ("us-gov-", &["us-gov"]),
    ("us-iso", &[]),
    ("us-", &["us"]),
    ("eu-isoe-", &[]),
    ("eu-", &["eu"]),
    ("ap-northeast-1", &["jp", "apac"]),
    ("ap-northeast-3", &["jp", "apac"]),
    ("ap-southeast-2", &["au", "apac"]),
    ("ap-southeast-4", &["au", "apac"]),
    ("ap-south-", &["in", "apac"]),
    ("ap-", &["apac"]),
    ("ca-", &["ca"]),
    ("sa-", &["sa"]),
];

/// The geo prefixes that keep a request in the geography of a region, the narrowest first; none
/// where AWS has no profile for it. `global` is no geography.
pub fn home(region: &str) -> &'static [&'static str] {
    HOMES.iter().find(|(start, _)| region.starts_with(start)).map_or(&[], |(_, prefixes)| prefixes)
}

/// Whether a region or geography lies within another one. `global` lies in itself alone.
pub fn lies_in(place: &str, outer: &str) -> bool {
    if place == outer {
        return true;
    }
    if !is_geo_prefix(place) {
        return home(place).contains(&outer);
    }
    let mut of_place = HOMES.iter().filter(|(_, prefixes)| prefixes.contains(&place)).peekable();
    of_place.peek().is_some() && of_place.all(|(_, prefixes)| prefixes.contains(&outer))
}

/// Whether a geo prefix keeps requests in the geography of some regions.
pub fn is_home(prefix: &str) -> bool {
    HOMES.iter().any(|(_, prefixes)| prefixes.contains(&prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_of_the_catalog_can_be_read() {
        assert!(providers().count() >= 20 && geo_prefixes().count() >= 11);
        assert!(is_provider("anthropic") && !is_provider("us") && !is_provider("team-a"));
        assert!(is_geo_prefix("us-gov") && !is_geo_prefix("anthropic") && !is_geo_prefix(""));
        assert!(geo_prefixes().all(|prefix| !is_provider(prefix)));
    }

    #[test]
    fn where_an_id_is_called_shows_in_it_or_in_the_partition() {
        let gov = Some("us-gov-west-1");
        let arn = "arn:aws-us-gov:bedrock:us-gov-west-1:123456789012";
        for (id, region, partition, expected) in [
            ("us-gov.anthropic.claude-sonnet-5", gov, "aws-us-gov", Some("us-gov")),
            ("anthropic.claude-sonnet-5", gov, "aws-us-gov", Some("us-gov")),
            (
                &format!("{arn}:application-inference-profile/abc"),
                gov,
                "aws-us-gov",
                Some("us-gov"),
            ),
            (
                &format!("{arn}:inference-profile/us-gov.xai.grok-4.7"),
                gov,
                "aws-us-gov",
                Some("us-gov"),
            ),
            ("eu.anthropic.claude-sonnet-5", Some("eu-west-1"), "aws", Some("eu")),
            ("anthropic.claude-sonnet-5", Some("us-east-1"), "aws", None),
            ("team-a", None, "aws", None),
            ("us.acme.rocket", Some("us-east-1"), "aws", None),
            ("anthropic.claude-sonnet-5", Some("cn-north-1"), "aws-cn", None),
        ] {
            assert_eq!(geography(id, region, partition), expected, "{id}");
        }
    }

    #[test]
    fn a_region_is_at_home_in_its_own_geography() {
        for (region, expected) in [
            ("us-east-1", &["us"][..]),
            ("us-gov-west-1", &["us-gov"]),
            ("us-iso-east-1", &[]),
            ("us-isob-east-1", &[]),
            ("eu-west-2", &["eu"]),
            ("eu-isoe-west-1", &[]),
            ("eusc-de-east-1", &[]),
            ("ap-northeast-1", &["jp", "apac"]),
            ("ap-northeast-2", &["apac"]),
            ("ap-southeast-4", &["au", "apac"]),
            ("ap-south-1", &["in", "apac"]),
            ("ca-central-1", &["ca"]),
            ("sa-east-1", &["sa"]),
            ("me-south-1", &[]),
            ("cn-north-1", &[]),
        ] {
            assert_eq!(home(region), expected, "{region}");
        }
    }

    #[test]
    fn a_region_or_geography_lies_within_another() {
        for (place, outer, lies) in [
            ("eu-central-1", "eu", true),
            ("eu-central-1", "eu-central-1", true),
            ("eu-central-1", "eu-west-1", false),
            ("us-gov-west-1", "us", false),
            ("ap-northeast-1", "apac", true),
            ("eu", "eu", true),
            ("eu", "eu-central-1", false),
            ("jp", "apac", true),
            ("apac", "jp", false),
            ("global", "global", true),
            ("global", "us", false),
            ("us-east-1", "global", false),
            ("us-gov", "us", false),
            ("me-south-1", "eu", false),
        ] {
            assert_eq!(lies_in(place, outer), lies, "{place} in {outer}");
        }
    }

    #[test]
    fn homes_are_geo_prefixes_and_each_geography_is_a_home() {
        for prefix in HOMES.iter().flat_map(|(_, prefixes)| *prefixes) {
            assert!(is_geo_prefix(prefix), "`geographies` of catalog.json lacks {prefix}");
        }
        // These two span geographies.
        for prefix in geo_prefixes().filter(|prefix| !["global", "amer"].contains(prefix)) {
            assert!(is_home(prefix), "`HOMES` of core/src/labels.rs lacks {prefix}");
        }
    }
}
