//! A batch and its items, stepped together in one transaction each, as the engine does.
//!
//! [`World::obey`] keeps the rules that are the engine's own (no claim unless the batch may start items,
//! no timer while paused, items are cancelled, expired, skipped and retried by sweeps only).
//! [`World::force`] keeps none: the machines have to stand it.

mod deeds;
mod steps;
mod sweeps;

use crate::batch::{Batch, BatchInput, FailurePolicy};
use crate::counts::CountUnderflow;
use crate::ids::Micros;
use crate::item::{Item, ItemState};
use crate::retry::RetryPolicy;

pub(super) use deeds::{Deed, Happening};
pub(super) use sweeps::failed_of;

#[derive(Debug, Clone)]
pub(super) struct World {
    pub batch: Batch,
    pub items: Vec<Item>,
    pub policy: RetryPolicy,
    pub now: Micros,
    pub epoch: i64,
    pub jitter: f64,
}

impl World {
    pub(super) fn new(items: usize, sealed: bool, on_failure: FailurePolicy, policy: RetryPolicy) -> Self {
        let batch = Batch::submitted(items as u64, sealed, on_failure);
        Self { batch, items: vec![Item::submitted(); items], policy, now: 0, epoch: 1, jitter: 0.0 }
    }

    /// The happening, if the engine would let it happen; whether anything changed.
    pub(super) fn obey(&mut self, happening: Happening) -> bool {
        match happening {
            Happening::Item(index, deed) => match self.place(index) {
                Some(index) if self.engine_lets(index, deed) => self.item(index, deed),
                _ => false,
            },
            Happening::Batch(BatchInput::RetrySwept { .. }) => false,
            _ => self.force(happening),
        }
    }

    /// The happening, whatever the engine would say; whether anything changed.
    pub(super) fn force(&mut self, happening: Happening) -> bool {
        match happening {
            Happening::Batch(event) => self.batch(event),
            Happening::Item(index, deed) => self.place(index).is_some_and(|index| self.item(index, deed)),
            Happening::Reboot => self.reboot(),
            Happening::Sweep => self.sweep(),
            Happening::Pass(micros) => {
                self.now += micros;
                micros > 0
            }
        }
    }
}

/// The batch after one of its items went from one state to another.
pub(super) fn moved(batch: Batch, from: ItemState, to: ItemState) -> Result<Batch, CountUnderflow> {
    let item = |state| Item { state, ..Item::submitted() };
    batch.apply_item_and_policy(&item(from), &item(to))
}
