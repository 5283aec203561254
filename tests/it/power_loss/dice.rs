//! Luck of the disk at one cut of the power; the same seed has the same luck.

/// SplitMix64 (Steele, Lea and Flood, 2014): short, and good enough for luck.
pub(super) struct Dice {
    state: u64,
    /// Of a hundred unsynced changes so many reach the disk.
    luck: u64,
}

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Self { state: seed, luck: 0 };
        dice.luck = [0, 0, 0, 15, 50, 85, 100][dice.below(7) as usize];
        dice
    }

    /// Nothing survives that was not synced.
    pub(super) fn unlucky() -> Self {
        Self { state: 0, luck: 0 }
    }

    pub(super) fn is_lucky(&mut self) -> bool {
        self.below(100) < self.luck
    }

    /// Whether the last write of a file is cut in two.
    pub(super) fn tears(&mut self) -> bool {
        self.luck < 100 && self.below(2) == 0
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    pub(super) fn garbage(&mut self, bytes: usize) -> Vec<u8> {
        (0..bytes / 8).flat_map(|_| self.next().to_ne_bytes()).collect()
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
