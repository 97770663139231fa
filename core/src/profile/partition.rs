//! AWS's partitions: which regions belong to which, and under which names their hosts stand.

/// One partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// The name that stands in ARNs (`aws-us-gov`).
    pub id: &'static str,
    /// What the regions' names begin with; the first partition has every other name.
    region_prefix: &'static str,
    /// Suffix of hosts.
    pub dns_suffix: &'static str,
    /// Suffix of dual-stack (IPv4 and IPv6) hosts.
    pub dual_stack_dns_suffix: &'static str,
}

const fn partition(
    id: &'static str,
    region_prefix: &'static str,
    dns_suffix: &'static str,
    dual_stack_dns_suffix: &'static str,
) -> Partition {
    Partition { id, region_prefix, dns_suffix, dual_stack_dns_suffix }
}

/// The commercial partition, which regions of no other partition are taken to be in.
pub const AWS: Partition = partition("aws", "", "amazonaws.com", "api.aws");

/// All others.
const OTHERS: [Partition; 7] = [
    partition("aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    partition("aws-us-gov", "us-gov-", "amazonaws.com", "api.aws"),
    partition("aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    partition("aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    partition("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    partition("aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    partition("aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
];

/// The partition a region belongs to. A region nobody has heard of is in `aws`, as in the AWS SDKs.
pub fn partition_of_region(region: &str) -> Partition {
    // The pseudo regions `aws-global`, `aws-us-gov-global`, … name their partition.
    let named = region.strip_suffix("-global").and_then(partition_by_id);
    let listed = || OTHERS.iter().find(|other| region.starts_with(other.region_prefix)).copied();
    named.or_else(listed).unwrap_or(AWS)
}

/// The partition with a name, where it is known.
pub fn partition_by_id(id: &str) -> Option<Partition> {
    std::iter::once(&AWS).chain(&OTHERS).find(|partition| partition.id == id).copied()
}

/// Whether a text can be a region's name: what ARNs allow, `[a-z0-9-]{1,20}`.
pub fn is_region(text: &str) -> bool {
    (1..=20).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a text has the look of a region's name (`eu-west-1`), and not merely its characters.
pub(crate) fn looks_like_region(text: &str) -> bool {
    let mut parts = text.split('-');
    let area = parts.next().unwrap_or_default();
    let number = parts.next_back().unwrap_or_default();
    let middle: Vec<&str> = parts.collect();
    let letters =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    is_region(text)
        && (2..=4).contains(&area.len())
        && letters(area)
        && !middle.is_empty()
        && middle.into_iter().all(letters)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
}
