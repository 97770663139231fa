//! What the metadata of the instance that this runs on say (IMDS): its region, which is the last that
//! is asked for one.

use std::time::{Duration, Instant};

use aws_config::BehaviorVersion;
use aws_config::imds;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::provider_config::ProviderConfig;
use tokio::sync::Mutex;

use super::transport::Transport;

/// As long as the AWS SDK for JavaScript: elsewhere than on an instance nobody answers.
const LIMIT: Duration = Duration::from_secs(1);
/// How long nobody is asked again after nobody has answered.
const PAUSE: Duration = Duration::from_mins(1);

/// What was found, or when nothing was.
enum RegionLookup {
    Region(String),
    Nothing(Instant),
}

static FOUND: Mutex<Option<RegionLookup>> = Mutex::const_new(None);

/// The instance's region; asked once for all that wait.
pub async fn region(transport: &Transport) -> Option<String> {
    let mut found = FOUND.lock().await;
    match &*found {
        Some(RegionLookup::Region(region)) => return Some(region.clone()),
        Some(RegionLookup::Nothing(since)) if since.elapsed() < PAUSE => return None,
        _ => {}
    }
    let config = ProviderConfig::without_region()
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(transport.plain());
    let client = imds::Client::builder()
        .configure(&config)
        .connect_timeout(LIMIT)
        .read_timeout(LIMIT)
        .max_attempts(1)
        .build();
    let provider = ImdsRegionProvider::builder().configure(&config).imds_client(client).build();
    let region = provider.region().await.map(|region| region.to_string());
    let region = region.filter(|region| !region.is_empty());
    *found = Some(match &region {
        Some(region) => RegionLookup::Region(region.clone()),
        None => RegionLookup::Nothing(Instant::now()),
    });
    region
}
