//! Rate limit of a client's frames: so many a second, twice as many at once.

use super::MonotonicMillis;

/// Token bucket over a client's frames: one frame, one token.
#[derive(Debug, Clone, Copy)]
pub struct ClientFrameLimiter {
    /// Thousandths of a frame.
    left: u64,
    at: MonotonicMillis,
}

impl ClientFrameLimiter {
    /// A bucket with all the tokens it can hold.
    pub fn full(per_sec: u32, now: MonotonicMillis) -> Self {
        Self { left: most(per_sec), at: now }
    }

    /// Takes one token; false when there is none.
    pub fn try_take(&mut self, per_sec: u32, now: MonotonicMillis) -> bool {
        let gained = now.saturating_sub(self.at).saturating_mul(u64::from(per_sec));
        self.left = self.left.saturating_add(gained).min(most(per_sec));
        self.at = self.at.max(now);
        let has_one = self.left >= 1000;
        self.left -= if has_one { 1000 } else { 0 };
        has_one
    }
}

fn most(per_sec: u32) -> u64 {
    u64::from(per_sec) * 2000
}
