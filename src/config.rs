//! Settings: read once at the start, checked as a whole, then only handed around.
//!
//! `config/default.toml` is the one list of keys; it is compiled in, so that every key always has a value. A section is
//! a struct of the module that it is for, if that module is below this one; the ranges of its numbers stand beside them.

mod listing;
mod live;
mod rules;
mod webhooks;

use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat};
use serde::{Deserialize, Serialize};

pub use self::listing::{Setting, SettingSource, SettingSources};
pub use self::live::LiveConfig;
use self::rules::{check_list, check_numbers, check_words, is_host, is_origin, list_rule, variable};
use quire_domain::operation::DocumentLimits;
use quire_domain::retry::RetryPolicy;
use quire_domain::settings;
use quire_store::{StoreOptions, StoreSettings};
use quire_worker::{DisabledLayer, WorkerSettings};

pub use webhooks::{NetworkList, WebhooksConfig};

pub const DEFAULTS: &str = include_str!("../config/default.toml");

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: ServerConfig,
    pub http: HttpConfig,
    pub auth: AuthConfig,
    pub engine: EngineConfig,
    pub retry: RetryPolicy,
    pub worker: WorkerSettings,
    pub documents: DocumentsConfig,
    pub store: StoreSettings,
    pub live: LiveConfig,
    pub webhooks: WebhooksConfig,
    pub log: LogConfig,
    pub testing: TestingConfig,
    #[serde(skip)]
    pub sources: SettingSources,
}

settings! {
    pub struct ServerConfig in "server" {
        pub host: String,
        pub port: u16 => 0..=65_535,
        /// Lower case, without ports.
        pub allowed_hosts: Vec<String>,
        pub data_dir: PathBuf,
        /// Empty for what the program holds.
        pub dashboard_dir: String,
        pub http_threads: u64 => 1..=64,
        pub shutdown_timeout_secs: u64 => 1..=600,
    }
}

settings! {
    pub struct HttpConfig in "http" {
        pub max_json_kib: u64 => 1..=65_536,
        pub max_json_fields: u64 => 32..=10_000,
        pub max_list_words: u64 => 32..=10_000,
        pub max_named_files: u64 => 1..=1_000_000,
        pub max_file_mib: u64 => 1..=65_536,
        pub max_upload_mib: u64 => 1..=1_048_576,
        pub max_upload_files: u64 => 1..=100_000,
        pub upload_piece_max_mib: u64 => 4..=1_024,
        pub upload_expiry_hours: u64 => 1..=8_760,
        pub max_open_uploads_per_owner: u64 => 1..=100_000,
        pub max_batch_items: u64 => 1..=10_000_000,
        pub max_page_items: u64 => 1..=10_000,
        /// They are tried again in one write.
        pub max_retry_positions: u64 => 1..=500,
        pub max_searched_items: u64 => 1..=10_000_000,
        pub max_pages_kib: u64 => 16..=65_536,
        pub max_scanned_batches: u64 => 1..=1_000_000,
        pub history_cache_mib: u64 => 0..=65_536,
        pub max_bulk_batches: u64 => 1..=100_000,
        pub max_searched_rows: u64 => 1..=10_000_000,
        pub head_timeout_ms: u64 => 100..=3_600_000,
        pub body_silence_ms: u64 => 100..=3_600_000,
        pub body_window_ms: u64 => 100..=3_600_000,
        pub body_min_bytes_per_sec: u64 => 0..=1_073_741_824,
        /// As browsers send them, such as `https://app.example:8443`.
        pub allowed_origins: Vec<String>,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMode {
    /// As soon as a key was made.
    Auto,
    Required,
}

settings! {
    pub struct AuthConfig in "auth" {
        pub mode: AuthMode,
        pub allow_open_network: bool,
        /// 0: keys need not end.
        pub max_key_days: u64 => 0..=36_500,
        pub max_keys: u64 => 1..=10_000,
        pub last_used_step_secs: u64 => 1..=86_400,
        pub allow_insecure_cookie: bool,
        pub session_idle_hours: u64 => 1..=8_760,
        pub session_max_days: u64 => 1..=365,
        pub max_key_sessions: u64 => 1..=10_000,
        pub max_wrong_keys_per_min: u64 => 1..=1_000_000,
    }
}

settings! {
    pub struct EngineConfig in "engine" {
        pub slots: u64 => 0..=1_024,
        pub claim_items: u64 => 1..=100,
        pub hand_target_ms: u64 => 1..=1_000,
        pub start_told_after_ms: u64 => 1..=60_000,
        pub max_active_batches: u64 => 1..=1_000,
        pub heartbeat_secs: u64 => 1..=3_600,
        pub min_available_memory_mib: u64 => 0..=1_048_576,
        pub stuck_after_ms: u64 => 100..=600_000,
    }
}

settings! {
    pub struct DocumentsConfig in "documents" {
        pub max_file_mib: u64 => 1..=4_096,
        pub max_pages: u64 => 1..=10_000_000,
        pub max_decompressed_mib: u64 => 1..=65_536,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Auto,
    Human,
    Json,
}

settings! {
    pub struct LogConfig in "log" {
        pub level: String,
        pub format: LogFormat,
        pub files: bool,
        pub retention_days: u64 => 1..=3_650,
        pub recent_lines: u64 => 0..=100_000,
        pub searched_mib: u64 => 1..=1_024,
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestingConfig {
    pub allow_scripts: bool,
    pub allow_planted_panics: bool,
    pub allow_planned_deaths: bool,
    pub sandbox_without: DisabledLayer,
}

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the settings: {0}")]
    Unreadable(#[from] config::ConfigError),
    #[error("{key} = {value} is out of range; allowed: {allowed}")]
    OutOfRange { key: &'static str, value: String, allowed: String },
}

impl Config {
    /// Defaults, then `file`, then `QUIRE__SECTION__KEY`, then `flags` (`section.key`, value).
    ///
    /// # Errors
    /// Names the key, the value and the allowed range, or the place of a syntax error.
    pub fn load(file: Option<&Path>, flags: &[(&str, String)]) -> Result<Self, ConfigError> {
        let mut builder = config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = file {
            builder = builder.add_source(File::from(path).format(FileFormat::Toml));
        }
        builder = builder.add_source(environment());
        for key in LISTS.iter().copied().chain(webhooks::LISTS) {
            if let Some(list) = list_in_environment(key) {
                builder = builder.set_override(key, list)?;
            }
        }
        for (key, value) in flags {
            builder = builder.set_override(*key, value.clone())?;
        }
        let settings = builder.build()?;
        check_numbers(&settings)?;
        check_words(&settings)?;
        webhooks::check_lists(&settings)?;
        let config: Config = settings.try_deserialize()?;
        config.check()?;
        Ok(Config { sources: SettingSources::find(file, flags)?, ..config })
    }

    pub fn slots(&self) -> u32 {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
        (if self.engine.slots == 0 { processors } else { self.engine.slots }) as u32
    }

    /// Options of the store's opening.
    pub fn store_options(&self) -> StoreOptions {
        StoreOptions {
            data_dir: self.server.data_dir.clone(),
            slots: self.slots(),
            retry: self.retry,
            settings: self.store.clone(),
        }
    }

    pub fn document_limits(&self) -> DocumentLimits {
        DocumentLimits {
            max_file_bytes: self.documents.max_file_mib << 20,
            max_pages: self.documents.max_pages as u32,
            max_decompressed_bytes: self.documents.max_decompressed_mib << 20,
            max_output_bytes: self.worker.max_output_mib << 20,
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.retry.backoff_cap_ms < self.retry.backoff_base_ms {
            let allowed = format!("retry.backoff_base_ms ({}) or more", self.retry.backoff_base_ms);
            let value = self.retry.backoff_cap_ms.to_string();
            return Err(ConfigError::OutOfRange { key: "retry.backoff_cap_ms", value, allowed });
        }
        self.server.host.parse::<std::net::IpAddr>().map_err(|_| ConfigError::OutOfRange {
            key: "server.host",
            value: self.server.host.clone(),
            allowed: "an IP address such as 127.0.0.1 or ::1".into(),
        })?;
        let hosts = list_rule("names in lower case, without ports", "server.allowed_hosts", "quire.example,10.0.0.5");
        check_list((&self.server.allowed_hosts, "server.allowed_hosts", hosts), is_host)?;
        let origins = "https://name or http://name:port, lower case";
        let origins = list_rule(origins, "http.allowed_origins", "https://app.example,http://localhost:5173");
        check_list((&self.http.allowed_origins, "http.allowed_origins", origins), is_origin)
    }
}

/// Besides those of the webhooks.
const LISTS: &[&str] = &["server.allowed_hosts", "http.allowed_origins"];

fn environment() -> Environment {
    Environment::with_prefix("QUIRE").prefix_separator("__").separator("__").try_parsing(true)
}

/// A list has commas between its parts, with spaces or without; one part is a list, and nothing is an empty one.
fn list_in_environment(key: &str) -> Option<Vec<String>> {
    let variable = variable(key);
    let is_it = |name: &std::ffi::OsStr| name.to_str().is_some_and(|name| name.eq_ignore_ascii_case(&variable));
    let (_, value) = std::env::vars_os().find(|(name, _)| is_it(name))?;
    let value = value.to_string_lossy();
    Some(value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
}
