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

/// The host of a region's inference, as AWS's endpoint rules have it.
pub fn runtime_host(region: &str, use_fips: bool, use_dual_stack: bool) -> String {
    let partition = partition_of_region(region);
    let fips = if use_fips { "-fips" } else { "" };
    let suffix =
        if use_dual_stack { partition.dual_stack_dns_suffix } else { partition.dns_suffix };
    format!("bedrock-runtime{fips}.{region}.{suffix}")
}

/// Whether a host is one of Bedrock's own: `bedrock.us-east-1.amazonaws.com`, those of FIPS and dual
/// stack, of inference, and of interface endpoints (`vpce-….bedrock.us-east-1.vpce.amazonaws.com`).
/// Others below AWS's suffixes are not: a customer's gateway or load balancer has one too.
pub fn is_bedrock_host(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    std::iter::once(&AWS).chain(&OTHERS).any(|partition| {
        [partition.dns_suffix, partition.dual_stack_dns_suffix].into_iter().any(|suffix| {
            let labels = host.strip_suffix(suffix).and_then(|labels| labels.strip_suffix('.'));
            labels.is_some_and(|labels| is_bedrock_in(partition, labels))
        })
    })
}

/// Whether the labels before a partition's suffix are those of Bedrock in one of its regions.
fn is_bedrock_in(partition: &Partition, labels: &str) -> bool {
    let (labels, interface) = match labels.strip_suffix(".vpce") {
        Some(labels) => (labels, true),
        None => (labels, false),
    };
    let mut labels = labels.rsplit('.');
    let region = labels.next().unwrap_or_default();
    let service = labels.next().unwrap_or_default();
    let rest = labels.count();
    looks_like_region(region)
        && partition_of_region(region).id == partition.id
        && (service == "bedrock" || service.starts_with("bedrock-"))
        && (rest == 0 || (interface && rest == 1))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bedrocks_hosts_are_known_in_every_partition() {
        for host in [
            "bedrock.us-east-1.amazonaws.com",
            "bedrock-runtime.us-east-1.amazonaws.com",
            "Bedrock-Runtime.US-EAST-1.amazonaws.com.",
            "bedrock-runtime-fips.us-gov-west-1.amazonaws.com",
            "bedrock.eu-west-1.api.aws",
            "bedrock.cn-north-1.amazonaws.com.cn",
            "bedrock.cn-north-1.api.amazonwebservices.com.cn",
            "bedrock.us-iso-east-1.c2s.ic.gov",
            "bedrock.us-isob-east-1.sc2s.sgov.gov",
            "bedrock.eu-isoe-west-1.cloud.adc-e.uk",
            "bedrock.us-isof-south-1.csp.hci.ic.gov",
            "bedrock.eusc-de-east-1.amazonaws.eu",
            "vpce-0123-abcd.bedrock-runtime.us-east-1.vpce.amazonaws.com",
            "vpce-0123-abcd-us-east-1a.bedrock.us-east-1.vpce.amazonaws.com",
        ] {
            assert!(is_bedrock_host(host), "{host}");
        }
    }

    #[test]
    fn other_hosts_are_not_whatever_they_end_in() {
        for host in [
            "",
            "localhost",
            "127.0.0.1",
            "gateway.example.com",
            "amazonaws.com",
            "bedrock.amazonaws.com",
            "evilbedrock.us-east-1.amazonaws.com",
            "bedrock.us-east-1.evilamazonaws.com",
            "bedrock.us-east-1.amazonaws.com.example.com",
            "abc123.execute-api.us-east-1.amazonaws.com",
            "bedrock-123.us-east-1.elb.amazonaws.com",
            "bedrock.s3.us-east-1.amazonaws.com",
            "a.bedrock.us-east-1.amazonaws.com",
            "bedrock.cn-north-1.amazonaws.com",
            "bedrock.us-east-1.amazonaws.com.cn",
        ] {
            assert!(!is_bedrock_host(host), "{host}");
        }
    }
}
