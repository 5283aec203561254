//! The only clock of this module.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Nanoseconds since the first call in this process; never 0, so that 0 can mean "not".
pub(super) fn now_ns() -> u64 {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    (EPOCH.get_or_init(Instant::now).elapsed().as_nanos() as u64).max(1)
}

pub(super) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// The time of day of a reading of [`now_ns`]; the same reading is always the same time.
pub(super) fn unix_ms_of(reading_ns: u64) -> u64 {
    static ANCHOR: OnceLock<(u64, u64)> = OnceLock::new();
    let (unix, ns) = *ANCHOR.get_or_init(|| (unix_ms(), now_ns()));
    unix.saturating_add(reading_ns / 1_000_000).saturating_sub(ns / 1_000_000)
}

pub(super) fn ns(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}
