//! Durations in power-of-two buckets. One thread writes, any thread reads.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const BUCKETS: usize = 40; // 2^40 ns is 18 minutes

pub(super) struct Histogram([AtomicU32; BUCKETS]);

impl Histogram {
    pub(crate) fn new() -> Self {
        Self([const { AtomicU32::new(0) }; BUCKETS])
    }

    /// A plain load and store: the writer is always the actor's own thread.
    pub(crate) fn record(&self, ns: u64) {
        let bucket = &self.0[((64 - ns.leading_zeros()) as usize).min(BUCKETS - 1)];
        bucket.store(bucket.load(Relaxed).saturating_add(1), Relaxed);
    }

    /// Halves the weight of everything so far, so that percentiles speak of the recent past.
    pub(crate) fn fade(&self) {
        for bucket in &self.0 {
            bucket.store(bucket.load(Relaxed) / 2, Relaxed);
        }
    }

    /// Nanoseconds, interpolated within the bucket; 0 when nothing was recorded.
    pub(crate) fn percentile(&self, percent: f64) -> f64 {
        let counts = self.0.each_ref().map(|bucket| f64::from(bucket.load(Relaxed)));
        let mut rest = counts.iter().sum::<f64>() * percent / 100.0;
        for (index, count) in counts.into_iter().enumerate() {
            if count > 0.0 && rest <= count {
                let floor = if index == 0 { 0.0 } else { 2f64.powi(index as i32 - 1) };
                return floor + floor.max(1.0) * (rest / count);
            }
            rest -= count;
        }
        0.0
    }
}
