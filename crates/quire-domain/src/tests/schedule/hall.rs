//! The hall: a schedule, and everything that is asked of it.

use std::collections::BTreeMap;

use super::competitors::Competitor;
use crate::ids::BatchKey;
use crate::schedule::SlotScheduler;

#[derive(Debug, Clone, Copy)]
pub(super) enum Move {
    Enter(i64, i32),
    Leave(i64),
    Want(i64, u32),
    Release(i64),
    Grant,
}

/// The schedule, and beside it the notes of a bystander.
pub(super) struct Hall {
    pub schedule: SlotScheduler,
    pub noted: BTreeMap<i64, Competitor>,
}

impl Hall {
    pub(super) fn new(slots: u32) -> Self {
        Self { schedule: SlotScheduler::new(slots), noted: BTreeMap::new() }
    }

    pub(super) fn make(&mut self, a_move: Move) {
        match a_move {
            Move::Enter(batch, priority) => self.enter(batch, priority),
            Move::Leave(batch) => {
                self.schedule.remove_batch(BatchKey(batch));
                self.noted.remove(&batch);
            }
            Move::Want(batch, slots) => {
                self.schedule.set_extra_demand(BatchKey(batch), slots);
                self.note(batch, |competitor| competitor.wanted = slots);
            }
            Move::Release(batch) => {
                self.schedule.release_slot(BatchKey(batch));
                self.note(batch, |competitor| competitor.held = competitor.held.saturating_sub(1));
            }
            Move::Grant => self.grant(),
        }
        let held: u32 = self.noted.values().map(|competitor| competitor.held).sum();
        assert_eq!(self.schedule.slots_in_use(), held);
        assert!(held <= self.schedule.total_slots(), "{held} slots are held");
    }
}
