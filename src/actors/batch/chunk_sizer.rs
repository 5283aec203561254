//! Size of a chunk: as many items as take about one target time, judged by the last ones.

use std::time::Duration;

/// A running mean of the work one item makes, in microseconds.
#[derive(Debug, Clone)]
pub(super) struct ChunkSizer {
    target_micros: f64,
    hand_max: u32,
    mean_micros: Option<f64>,
}

/// The weight of a new reading once there are some; slow items count at once.
const WEIGHT: f64 = 0.1;

impl ChunkSizer {
    pub(super) fn new(target: Duration, hand_max: u32) -> Self {
        Self { target_micros: target.as_micros() as f64, hand_max, mean_micros: None }
    }

    pub(super) fn saw(&mut self, work_micros: u64) {
        let seen = work_micros as f64;
        self.mean_micros = Some(match self.mean_micros {
            None => seen,
            Some(mean) => mean + WEIGHT * (seen - mean),
        });
    }

    /// Items of one chunk: one until the first reading, then as many as fit the target time.
    pub(super) fn chunk(&self) -> u32 {
        match self.mean_micros {
            None => 1,
            Some(mean) => (self.target_micros / mean.max(1.0)).clamp(1.0, f64::from(self.hand_max)) as u32,
        }
    }

    /// Number of items to claim when `ready` wait here and `slots` could take a chunk each: none while there is a chunk
    /// for every slot, else enough for a few rounds.
    pub(super) fn claim(&self, ready: u32, slots: u32) -> u32 {
        let round = self.chunk().saturating_mul(slots);
        if ready >= round { 0 } else { round.saturating_mul(ROUNDS).saturating_sub(ready) }
    }
}

const ROUNDS: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn pace() -> ChunkSizer {
        ChunkSizer::new(Duration::from_millis(20), 25)
    }

    #[test]
    fn an_unknown_item_travels_alone() {
        assert_eq!(pace().chunk(), 1);
    }

    #[test]
    fn quick_items_travel_together_and_slow_ones_alone() {
        let mut quick = pace();
        quick.saw(3);
        assert_eq!(quick.chunk(), 25);
        let mut slow = pace();
        slow.saw(50_000);
        assert_eq!(slow.chunk(), 1);
    }

    #[test]
    fn nothing_is_claimed_while_there_is_a_hand_for_every_slot() {
        let mut pace = pace();
        pace.saw(50_000);
        assert_eq!(pace.claim(2, 2), 0);
        assert_eq!(pace.claim(1, 2), 5);
    }
}
