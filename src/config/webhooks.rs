//! Section `[webhooks]`, with its lists.

use std::ops::RangeInclusive;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::rules::list_rule;
use quire_domain::settings;
use quire_domain::webhook::schedule::SendPolicy;

settings! {
    pub struct WebhooksConfig in "webhooks" {
        pub max_per_owner: u64 => 1..=1_000,
        pub allow_cidrs: NetworkList,
        pub timeout_secs: u64 => 1..=300,
        pub retry_pauses_ms: Vec<u64>,
        pub retry_after_max_secs: u64 => 0..=604_800,
        pub disable_after_secs: u64 => 1..=31_536_000,
        pub rotation_overlap_hours: u64 => 0..=720,
        pub max_in_flight: u64 => 1..=1_024,
        pub max_in_flight_per_endpoint: u64 => 1..=64,
        pub max_backlog: u64 => 1..=10_000_000,
        pub max_excerpt_bytes: u64 => 0..=4_096,
        pub retention_days: u64 => 1..=3_650,
    }
}

/// Networks such as `10.0.0.0/8`; a lone address is a network of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct NetworkList(pub Vec<IpNet>);

impl WebhooksConfig {
    pub fn send_policy(&self) -> SendPolicy {
        SendPolicy {
            pauses_ms: self.retry_pauses_ms.clone(),
            retry_after_max_secs: self.retry_after_max_secs,
            disable_after_secs: self.disable_after_secs,
        }
    }
}

/// Before the lists get their types, so that what does not fit is refused in the same words as elsewhere.
///
/// # Errors
/// Names the key, the value and the allowed range.
pub(super) fn check_lists(settings: &config::Config) -> Result<(), ConfigError> {
    let networks: Vec<String> = settings.get("webhooks.allow_cidrs")?;
    NetworkList::try_from(networks)?;
    let pauses = settings.get_array("webhooks.retry_pauses_ms")?;
    let count = pauses.len();
    let refused = |value: String| {
        let allowed = format!("at most {PAUSES_MAX} numbers, each {} to {}", PAUSE_MS.start(), PAUSE_MS.end());
        let allowed = list_rule(&allowed, "webhooks.retry_pauses_ms", "5000,300000");
        Err(ConfigError::OutOfRange { key: "webhooks.retry_pauses_ms", value, allowed })
    };
    for pause in pauses {
        let shown = pause.to_string();
        if !pause.into_int().is_ok_and(|pause| PAUSE_MS.contains(&pause)) {
            return refused(shown);
        }
    }
    if count > PAUSES_MAX { refused(format!("{count} numbers")) } else { Ok(()) }
}

impl TryFrom<Vec<String>> for NetworkList {
    type Error = ConfigError;

    fn try_from(texts: Vec<String>) -> Result<Self, ConfigError> {
        let texts = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
        let lone = |text: &str| text.parse::<std::net::IpAddr>().map(IpNet::from);
        let network = |text: &str| {
            text.parse().or_else(|_| lone(text)).map_err(|_| ConfigError::OutOfRange {
                key: "webhooks.allow_cidrs",
                value: text.to_owned(),
                allowed: list_rule(
                    "networks such as 10.0.0.0/8 or fd00::/8",
                    "webhooks.allow_cidrs",
                    "10.0.0.0/8,fd00::/8",
                ),
            })
        };
        texts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl From<NetworkList> for Vec<String> {
    fn from(networks: NetworkList) -> Self {
        networks.0.iter().map(ToString::to_string).collect()
    }
}

/// In the environment, with commas between their parts.
pub(super) const LISTS: [&str; 2] = ["webhooks.allow_cidrs", "webhooks.retry_pauses_ms"];

const PAUSE_MS: RangeInclusive<i64> = 1..=604_800_000;
const PAUSES_MAX: usize = 50;
