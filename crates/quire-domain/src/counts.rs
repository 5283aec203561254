//! Counts of a batch's items by state. They always add up to the total.

use serde::{Deserialize, Serialize};

use super::item::ItemState;

// Number of a batch's items in each state. What `///` says would go into the API's schema.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "Counts")]
pub struct ItemCounts {
    pub total: u64,
    pub queued: u64,
    pub running: u64,
    pub retry_wait: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub expired: u64,
    pub skipped: u64,
}

impl ItemCounts {
    /// Number of items in this state.
    pub fn in_state(&self, state: ItemState) -> u64 {
        match state {
            ItemState::Queued => self.queued,
            ItemState::Running => self.running,
            ItemState::RetryWait => self.retry_wait,
            ItemState::Succeeded => self.succeeded,
            ItemState::Failed => self.failed,
            ItemState::Cancelled => self.cancelled,
            ItemState::Expired => self.expired,
            ItemState::Skipped => self.skipped,
        }
    }

    fn slot(&mut self, state: ItemState) -> &mut u64 {
        match state {
            ItemState::Queued => &mut self.queued,
            ItemState::Running => &mut self.running,
            ItemState::RetryWait => &mut self.retry_wait,
            ItemState::Succeeded => &mut self.succeeded,
            ItemState::Failed => &mut self.failed,
            ItemState::Cancelled => &mut self.cancelled,
            ItemState::Expired => &mut self.expired,
            ItemState::Skipped => &mut self.skipped,
        }
    }

    /// `n` new items, all queued.
    pub fn add_queued(&mut self, n: u64) {
        self.total += n;
        self.queued += n;
    }

    /// Counts one item in another state than before.
    ///
    /// # Errors
    /// [`CountUnderflow`] when no item was in `from`: the caller's item is not of this batch.
    pub fn move_item(&mut self, from: ItemState, to: ItemState) -> Result<(), CountUnderflow> {
        let source = self.slot(from);
        *source = source.checked_sub(1).ok_or(CountUnderflow { state: from })?;
        *self.slot(to) += 1;
        Ok(())
    }

    /// Items whose result is not final.
    pub fn live_items(&self) -> u64 {
        self.queued + self.running + self.retry_wait
    }

    /// Items whose result is final.
    pub fn terminal_items(&self) -> u64 {
        self.succeeded + self.failed + self.cancelled + self.expired + self.skipped
    }

    /// Whether the counts of all states make the total.
    pub fn adds_up(&self) -> bool {
        self.live_items() + self.terminal_items() == self.total
    }

    /// Ended share of all items, 0 to 1; 1 for an empty batch.
    pub fn ended_fraction(&self) -> f64 {
        if self.total == 0 { 1.0 } else { self.terminal_items() as f64 / self.total as f64 }
    }
}

/// An item left a state in which the batch counts none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an item left the state `{}` in which the batch counts none", state.as_str())]
pub struct CountUnderflow {
    pub state: ItemState,
}
