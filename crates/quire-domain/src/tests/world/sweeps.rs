//! Sweeps of the world, one item at a time.

use super::{Deed, World};
use crate::batch::{BatchInput, ItemSweep};
use crate::failure::FailureCodes;
use crate::item::{Item, ItemState};

impl World {
    pub(super) fn sweep(&mut self) -> bool {
        match self.batch.due_sweep() {
            None => false,
            Some(ItemSweep::Cancel) => self.sweep_first(Deed::Cancel, is_at_rest),
            Some(ItemSweep::Skip) => self.sweep_first(Deed::Skip, is_at_rest),
            Some(ItemSweep::Expire) => self.sweep_first(Deed::Deadline, |_| true),
            Some(ItemSweep::Retry { after, cancelled_too }) => self.sweep_retry(after, |item| match item.state {
                ItemState::Failed | ItemState::Expired => true,
                ItemState::Cancelled => cancelled_too,
                _ => false,
            }),
            Some(ItemSweep::RetryFailed { after, codes, .. }) => self.sweep_retry(after, |item| failed_of(item, codes)),
        }
    }

    fn sweep_first(&mut self, deed: Deed, wanted: fn(&Item) -> bool) -> bool {
        let found = self.items.iter().position(|item| !item.state.is_terminal() && wanted(item));
        found.is_some_and(|index| self.item(index, deed))
    }

    fn sweep_retry(&mut self, after: u32, again: impl Fn(&Item) -> bool) -> bool {
        let found = (after as usize..self.items.len()).find(|index| again(&self.items[*index]));
        let retried = found.is_none_or(|index| self.item(index, Deed::Retry));
        let after = found.map(|index| index as u32 + 1);
        retried && self.batch(BatchInput::RetrySwept { after })
    }
}

/// Whether it has failed, of one of these.
pub(in super::super) fn failed_of(item: &Item, codes: FailureCodes) -> bool {
    item.state == ItemState::Failed && item.failure.is_some_and(|code| codes.contains(code))
}

/// Whether nobody holds it.
fn is_at_rest(item: &Item) -> bool {
    item.state != ItemState::Running && !item.is_claimed
}
