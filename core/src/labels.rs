//! What ids of models begin with: geo prefixes, and who made the model. `profile` and `model` both
//! read it, and neither depends on the other.

/// Prefixes of system profile ids, longest first. `sa` and `amer` were only seen in other clients'
/// lists.
pub const GEO_PREFIXES: [&str; 11] =
    ["us-gov", "global", "apac", "amer", "us", "eu", "jp", "au", "ca", "in", "sa"];

/// Who makes models on Bedrock. Needed to tell `us.anthropic.…` from an id whose provider is `us`,
/// and the alias `team-a.anthropic.…` from an id whose provider is `team-a`. Their names stand in
/// the catalog.
pub const PROVIDERS: [&str; 20] = [
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "luma",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "stability",
    "twelvelabs",
    "writer",
    "xai",
    "zai",
];

/// Whether ids of models begin with this label.
pub fn is_provider(label: &str) -> bool {
    PROVIDERS.binary_search(&label).is_ok()
}

/// The geo prefixes that keep a request in the geography of a region, the narrowest first; none
/// where AWS has no profile for it. `global` is no geography.
pub fn home(region: &str) -> &'static [&'static str] {
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
    HOMES.iter().find(|(start, _)| region.starts_with(start)).map_or(&[], |(_, prefixes)| prefixes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_the_order_that_their_readers_need() {
        assert!(PROVIDERS.is_sorted());
        assert!(GEO_PREFIXES.is_sorted_by(|one, next| one.len() >= next.len()));
        assert!(is_provider("anthropic") && !is_provider("us") && !is_provider("team-a"));
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
    fn homes_are_geo_prefixes() {
        for region in ["us-east-1", "us-gov-east-1", "eu-west-1", "ap-northeast-1", "ap-south-1"] {
            assert!(home(region).iter().all(|prefix| GEO_PREFIXES.contains(prefix)));
        }
    }
}
