//! Messages per second, decaying over about ten seconds. One thread counts, any thread reads.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::vitals::bump;

const SECOND_NS: u64 = 1_000_000_000;
/// Weight that the past keeps per second: half of it is gone after seven seconds.
const KEPT: f64 = 0.9;

pub(super) struct MessageRate {
    since: AtomicU64,
    count: AtomicU64,
    /// The bits of an `f64`, messages per second before `since`.
    past: AtomicU64,
}

impl MessageRate {
    pub(crate) fn new(now: u64) -> Self {
        Self { since: AtomicU64::new(now), count: AtomicU64::new(0), past: AtomicU64::new(0f64.to_bits()) }
    }

    pub(crate) fn count(&self, now: u64) {
        if now.saturating_sub(self.since.load(Relaxed)) >= SECOND_NS {
            self.past.store(self.per_second(now).to_bits(), Relaxed);
            self.count.store(0, Relaxed);
            self.since.store(now, Relaxed);
        }
        bump(&self.count);
    }

    pub(crate) fn per_second(&self, now: u64) -> f64 {
        let past = f64::from_bits(self.past.load(Relaxed));
        let seconds = now.saturating_sub(self.since.load(Relaxed)) as f64 / SECOND_NS as f64;
        if seconds <= 0.0 {
            return past;
        }
        let kept = KEPT.powf(seconds);
        past * kept + self.count.load(Relaxed) as f64 / seconds * (1.0 - kept)
    }
}
