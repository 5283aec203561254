//! Steps of the world: one event each, of the batch, of an item, of the server.

use super::{Deed, World};
use crate::batch::{BatchControl, BatchInput};
use crate::counts::ItemCounts;
use crate::item::{Item, ItemState, TransitionContext};

impl World {
    pub(in crate::tests) fn context(&self) -> TransitionContext<'_> {
        TransitionContext {
            retry: &self.policy,
            cancelling: self.batch.control == BatchControl::Cancelled,
            halted: self.batch.halted,
            now: self.now,
            jitter: self.jitter,
        }
    }

    /// The counts as they must be.
    pub(in crate::tests) fn fold(&self) -> ItemCounts {
        let mut counts = ItemCounts { total: self.items.len() as u64, ..ItemCounts::default() };
        for item in &self.items {
            let slot = match item.state {
                ItemState::Queued => &mut counts.queued,
                ItemState::Running => &mut counts.running,
                ItemState::RetryWait => &mut counts.retry_wait,
                ItemState::Succeeded => &mut counts.succeeded,
                ItemState::Failed => &mut counts.failed,
                ItemState::Cancelled => &mut counts.cancelled,
                ItemState::Expired => &mut counts.expired,
                ItemState::Skipped => &mut counts.skipped,
            };
            *slot += 1;
        }
        counts
    }

    /// Number of queued items that are claimed.
    pub(in crate::tests) fn claimed(&self) -> u64 {
        self.items.iter().filter(|item| item.is_claimed).map(|_| 1).sum()
    }

    pub(super) fn place(&self, index: usize) -> Option<usize> {
        index.checked_rem(self.items.len())
    }

    pub(super) fn engine_lets(&self, index: usize, deed: Deed) -> bool {
        let item = &self.items[index];
        match deed {
            Deed::Claim => self.batch.may_start_items(self.now),
            Deed::BackoffOver => self.batch.control != BatchControl::Paused && item.run_at <= self.now,
            _ => deed.is_of_an_attempt(),
        }
    }

    pub(super) fn batch(&mut self, event: BatchInput) -> bool {
        let Ok(step) = self.batch.step(&event, self.now) else { return false };
        if let BatchInput::Extended { items } = event {
            self.items.extend(vec![Item::submitted(); items as usize]);
        }
        self.batch = step.batch;
        step.changed
    }

    pub(super) fn item(&mut self, index: usize, deed: Deed) -> bool {
        let before = self.items[index];
        let Ok((after, _)) = before.step(&deed.event(&before, self.epoch), &self.context()) else { return false };
        self.batch = self.batch.apply_item_and_policy(&before, &after).expect("the counts hold every item");
        self.items[index] = after;
        true
    }

    pub(super) fn reboot(&mut self) -> bool {
        self.epoch += 1;
        let lost = (0..self.items.len()).filter(|index| self.item(*index, Deed::Lose)).count();
        lost > 0
    }
}
