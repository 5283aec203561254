//! Rules for settings: ranges of numbers, closed choices of words, lists of names.

use std::ops::RangeInclusive;

use super::ConfigError;

/// Before the numbers get their types, so that every one that does not fit is refused in the same words.
pub(super) fn check_numbers(settings: &config::Config) -> Result<(), ConfigError> {
    for (key, range) in NUMBERS {
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

/// What a list may hold, and how it is written where it has no brackets.
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
const NUMBERS: &[(&str, RangeInclusive<i64>)] = &[
    ("server.port", 0..=65_535),
    ("server.http_threads", 1..=64),
    ("server.shutdown_timeout_secs", 1..=600),
    ("http.max_json_kib", 1..=65_536),
    ("http.max_file_mib", 1..=65_536),
    ("http.max_json_fields", 32..=10_000),
    ("http.max_list_words", 32..=10_000),
    ("http.max_named_files", 1..=1_000_000),
    ("http.max_upload_mib", 1..=1_048_576),
    ("http.max_upload_files", 1..=100_000),
    ("http.max_batch_items", 1..=10_000_000),
    ("http.max_page_items", 1..=10_000),
    ("http.head_timeout_ms", 100..=3_600_000),
    ("http.body_silence_ms", 100..=3_600_000),
    ("http.body_window_ms", 100..=3_600_000),
    ("http.body_min_bytes_per_sec", 0..=1_073_741_824),
    ("auth.max_keys", 1..=10_000),
    ("auth.last_used_step_secs", 1..=86_400),
    ("engine.slots", 0..=1_024),
    ("engine.claim_items", 1..=100),
    ("engine.hand_target_ms", 1..=1_000),
    ("engine.start_told_after_ms", 1..=60_000),
    ("engine.max_active_batches", 1..=1_000),
    ("engine.heartbeat_secs", 1..=3_600),
    ("engine.min_available_memory_mib", 0..=1_048_576),
    ("engine.stuck_after_ms", 100..=600_000),
    ("retry.max_attempts", 1..=100),
    ("retry.max_timeouts", 1..=100),
    ("retry.max_crashes", 1..=100),
    ("retry.backoff_base_ms", 1..=3_600_000),
    ("retry.backoff_cap_ms", 1..=86_400_000),
    ("worker.memory_mib", 128..=1_048_576),
    ("worker.cpu_secs", 1..=86_400),
    ("worker.stack_mib", 8..=1_024),
    ("worker.attempt_timeout_secs", 1..=86_400),
    ("worker.silence_timeout_secs", 1..=86_400),
    ("worker.silence_again_min_ms", 1..=86_400_000),
    ("worker.ready_timeout_secs", 1..=600),
    ("worker.grace_ms", 0..=600_000),
    ("worker.spare_processes", 0..=64),
    ("worker.idle_cpu_ms", 10..=86_400_000),
    ("worker.recycle_after_documents", 1..=1_000_000),
    ("worker.recycle_growth_mib", 16..=1_048_576),
    ("worker.max_output_mib", 1..=65_536),
    ("worker.max_artifacts", 1..=10_000),
    ("worker.launch_backoff_ms", 1..=60_000),
    ("worker.launch_backoff_max_ms", 1..=600_000),
    ("worker.breaker_failures", 1..=1_000),
    ("worker.breaker_window_secs", 1..=3_600),
    ("worker.breaker_open_secs", 1..=3_600),
    ("worker.canary_secs", 1..=86_400),
    ("documents.max_file_mib", 1..=4_096),
    ("documents.max_pages", 1..=10_000_000),
    ("documents.max_decompressed_mib", 1..=65_536),
    ("store.readers", 1..=64),
    ("store.group_max_writes", 1..=10_000),
    ("store.checkpoint_wal_mib", 1..=4_096),
    ("store.cache_mib", 1..=4_096),
    ("store.orphan_grace_secs", 60..=2_592_000),
    ("store.orphan_sweep_secs", 1..=604_800),
    ("live.heartbeat_ms", 100..=60_000),
    ("live.patience_ms", 200..=600_000),
    ("live.stall_ms", 200..=600_000),
    ("live.progress_ms", 50..=1_000),
    ("live.window_events", 1..=10_000),
    ("live.window_kib", 1..=1_024),
    ("live.ring_events", 16..=1_000_000),
    ("live.ring_kib", 16..=1_048_576),
    ("live.snapshot_batches", 1..=10_000),
    ("live.max_connections", 1..=1_000_000),
    ("live.max_connections_per_owner", 1..=1_000_000),
    ("live.max_wait_secs", 1..=300),
    ("live.max_frame_kib", 1..=1_024),
    ("live.max_frames_per_sec", 1..=100_000),
    ("live.max_subscriptions", 1..=10_000),
    ("live.max_tickets_per_owner", 1..=100_000),
    ("live.ticket_ttl_ms", 100..=600_000),
    ("webhooks.max_per_owner", 1..=1_000),
    ("webhooks.timeout_secs", 1..=300),
    ("webhooks.retry_after_max_secs", 0..=604_800),
    ("webhooks.disable_after_secs", 1..=31_536_000),
    ("webhooks.rotation_overlap_hours", 0..=720),
    ("webhooks.max_in_flight", 1..=1_024),
    ("webhooks.max_in_flight_per_endpoint", 1..=64),
    ("webhooks.max_backlog", 1..=10_000_000),
    ("webhooks.max_excerpt_bytes", 0..=4_096),
    ("webhooks.retention_days", 1..=3_650),
    ("store.min_free_mib", 0..=1_048_576),
    ("store.disk_probe_secs", 1..=3_600),
    ("log.retention_days", 1..=3_650),
];
