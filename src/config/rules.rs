//! Rules for settings: ranges of numbers, closed choices of words, lists of names.

use std::ops::RangeInclusive;

use super::{
    AuthConfig, ConfigError, DocumentsConfig, EngineConfig, HttpConfig, LiveConfig, LogConfig, ServerConfig,
    WebhooksConfig,
};
use quire_domain::retry::RetryPolicy;
use quire_store::StoreSettings;
use quire_worker::WorkerSettings;

/// Before the numbers get their types, so that every one that does not fit is refused in the same words.
pub(super) fn check_numbers(settings: &config::Config) -> Result<(), ConfigError> {
    for (key, range) in RANGES.iter().copied().flatten() {
        let value = settings.get_int(key)?;
        if !range.contains(&value) {
            let allowed = format!("{} to {}", range.start(), range.end());
            return Err(ConfigError::OutOfRange { key, value: value.to_string(), allowed });
        }
    }
    Ok(())
}

pub(super) fn check_words(settings: &config::Config) -> Result<(), ConfigError> {
    for (key, words) in WORDS {
        let value = settings.get_string(key)?;
        if !words.contains(&value.as_str()) {
            return Err(ConfigError::OutOfRange { key, value, allowed: words.join(", ") });
        }
    }
    Ok(())
}

pub(super) fn check_list(
    (list, key, allowed): (&[String], &'static str, String),
    is_allowed: fn(&str) -> bool,
) -> Result<(), ConfigError> {
    match list.iter().find(|entry| !is_allowed(entry)) {
        Some(wrong) => Err(ConfigError::OutOfRange { key, value: wrong.clone(), allowed }),
        None => Ok(()),
    }
}

/// Rule for a list: allowed entries, and how it is written where it has no brackets.
pub(super) fn list_rule(allowed: &str, key: &str, example: &str) -> String {
    format!("{allowed}; in the environment with commas between them: {}={example}", variable(key))
}

pub(super) fn variable(key: &str) -> String {
    format!("QUIRE__{}", key.to_uppercase().replace('.', "__"))
}

/// Letters, digits and what addresses are written with.
pub(super) fn is_host(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_:".contains(&byte);
    let has_port = text.matches(':').count() == 1;
    !text.is_empty() && text.bytes().all(fits) && !has_port
}

pub(super) fn is_origin(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    matches!(scheme, "http" | "https") && is_host(bare) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

const WORDS: &[(&str, &[&str])] = &[
    ("auth.mode", &["auto", "required"]),
    ("store.synchronous", &["full", "normal"]),
    ("log.format", &["human", "json", "auto"]),
    ("testing.sandbox_without", &["nothing", "landlock", "seccomp", "both"]),
];

/// The same ranges stand in the comments of `config/default.toml`; a test compares them.
const RANGES: &[&[(&str, RangeInclusive<i64>)]] = &[
    ServerConfig::RANGES,
    HttpConfig::RANGES,
    AuthConfig::RANGES,
    EngineConfig::RANGES,
    RetryPolicy::RANGES,
    WorkerSettings::RANGES,
    DocumentsConfig::RANGES,
    StoreSettings::RANGES,
    LiveConfig::RANGES,
    WebhooksConfig::RANGES,
    LogConfig::RANGES,
];
