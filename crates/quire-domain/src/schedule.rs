//! Slot schedule: highest priority first; among equals the batch with the fewest slots, then the one served longest
//! ago. No batch starves another of the same priority.

use std::collections::BTreeMap;

use super::batch::{Batch, BatchControl};
use super::ids::{BatchKey, Micros};

#[derive(Debug, Clone)]
struct Entry {
    priority: i32,
    wanted: u32,
    held: u32,
    served_at: u64,
}

/// The slots of the engine and the batches that compete for them.
#[derive(Debug, Clone)]
pub struct SlotScheduler {
    slots: u32,
    turn: u64,
    entries: BTreeMap<BatchKey, Entry>,
}

impl SlotScheduler {
    pub fn new(slots: u32) -> Self {
        Self { slots, turn: 0, entries: BTreeMap::new() }
    }

    /// Adds a batch, as if served just now, or changes its priority.
    pub fn add_batch(&mut self, batch: BatchKey, priority: i32) {
        let turn = self.turn;
        self.entries.entry(batch).and_modify(|entry| entry.priority = priority).or_insert(Entry {
            priority,
            wanted: 0,
            held: 0,
            served_at: turn,
        });
    }

    /// Takes a batch out, and frees whatever it held.
    pub fn remove_batch(&mut self, batch: BatchKey) {
        self.entries.remove(&batch);
    }

    /// Sets how many slots the batch could use beside those it has.
    pub fn set_extra_demand(&mut self, batch: BatchKey, slots: u32) {
        if let Some(entry) = self.entries.get_mut(&batch) {
            entry.wanted = slots;
        }
    }

    /// Frees one slot of the batch.
    pub fn release_slot(&mut self, batch: BatchKey) {
        if let Some(entry) = self.entries.get_mut(&batch) {
            entry.held = entry.held.saturating_sub(1);
        }
    }

    /// Gives the next free slot to the batch whose turn it is.
    pub fn grant_next_slot(&mut self) -> Option<BatchKey> {
        if self.slots_in_use() >= self.slots {
            return None;
        }
        let (batch, entry) = self
            .entries
            .iter_mut()
            .filter(|(_, entry)| entry.wanted > 0)
            .min_by_key(|(_, entry)| (std::cmp::Reverse(entry.priority), entry.held, entry.served_at))?;
        self.turn += 1;
        entry.wanted -= 1;
        entry.held += 1;
        entry.served_at = self.turn;
        Some(*batch)
    }

    /// Slots that the batch holds.
    pub fn slots_held_by(&self, batch: BatchKey) -> u32 {
        self.entries.get(&batch).map_or(0, |entry| entry.held)
    }

    /// Slots that any batch holds.
    pub fn slots_in_use(&self) -> u32 {
        self.entries.values().map(|entry| entry.held).sum()
    }

    /// All slots, free or held.
    pub fn total_slots(&self) -> u32 {
        self.slots
    }

    /// The highest priority of a batch that holds a slot or wants one.
    pub fn highest_active_priority(&self) -> Option<i32> {
        self.entries.values().filter(|entry| entry.held > 0 || entry.wanted > 0).map(|entry| entry.priority).max()
    }
}

/// Whether the batch needs an actor: something has to be done for it, now or at a time only its actor knows.
pub fn needs_actor(batch: &Batch, now: Micros) -> bool {
    let counts = &batch.counts;
    let can_run = batch.may_start_items(now) && batch.unclaimed_items() + counts.retry_wait > 0;
    let is_overdue = batch.deadline.is_some_and(|at| !batch.deadline_hit && at <= now);
    let has_chores = batch.claimed_or_running_items() > 0 || batch.due_sweep().is_some() || batch.is_finalizable();
    !batch.is_ended() && (can_run || is_overdue || has_chores)
}

/// Whether the batch competes for slots; one that only has to be tidied up does not wait for a place.
pub fn competes_for_slots(batch: &Batch) -> bool {
    batch.control == BatchControl::Run && batch.due_sweep().is_none() && !batch.is_finalizable()
}
