//! The only place that reads the time, makes random numbers, or reads the machine's memory.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};
use uuid::Uuid;

use quire_domain::delivery::MonotonicMillis;
use quire_domain::ids::{BatchId, CorrelationId, Micros};

/// Microseconds since 1970-01-01 UTC.
pub fn now() -> Micros {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as Micros)
}

/// Milliseconds since the first call in this process, on a clock that never goes back.
pub fn monotonic_millis() -> MonotonicMillis {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed().as_millis() as MonotonicMillis
}

/// Uniform in 0..1; good enough to spread retries, not for secrets.
pub fn jitter() -> f64 {
    fastrand::f64()
}

/// Dice that fall the same way again for the same seed; for plans that can be replayed.
pub type SeededRng = fastrand::Rng;

pub fn seeded_rng(seed: u64) -> SeededRng {
    SeededRng::with_seed(seed)
}

/// Tells one incarnation of an actor from another.
pub fn new_incarnation() -> u32 {
    fastrand::u32(..)
}

pub fn new_batch_id() -> BatchId {
    BatchId(Uuid::now_v7())
}

/// A public name for an uploaded file.
pub fn new_file_id() -> Uuid {
    Uuid::now_v7()
}

/// A name for an event log.
pub fn new_log_epoch() -> String {
    Uuid::now_v7().simple().to_string()
}

/// A public name for a webhook.
pub fn new_webhook_id() -> Uuid {
    Uuid::now_v7()
}

pub fn new_correlation_id() -> CorrelationId {
    CorrelationId::from_uuid(Uuid::now_v7())
}

/// RFC 3339 in UTC with milliseconds.
pub fn rfc3339(at: Micros) -> String {
    DateTime::from_timestamp_micros(at).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Memory that new work could use, in MiB; `None` where the system does not say.
pub fn available_memory_mib() -> Option<u64> {
    kib_of("/proc/meminfo", "MemAvailable:").map(|kib| kib / 1024)
}

/// The largest resident size this process ever had, in KiB.
pub fn peak_memory_kib() -> Option<u64> {
    kib_of("/proc/self/status", "VmHWM:")
}

/// The resident size of a process in KiB; `process` is its number or `self`.
pub fn resident_memory_kib(process: &str) -> Option<u64> {
    kib_of(&format!("/proc/{process}/status"), "VmRSS:")
}

/// The part of a process's resident memory that no file backs, in KiB.
pub fn anonymous_memory_kib(process: &str) -> Option<u64> {
    kib_of(&format!("/proc/{process}/status"), "RssAnon:")
}

fn kib_of(path: &str, field: &str) -> Option<u64> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
