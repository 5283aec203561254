//! Admission of batches and the grant of slots: which batches have an actor, and which of them gets the next slot. No
//! actor, no clock.

use std::collections::BTreeMap;

use quire_domain::ids::{BatchKey, Micros};
use quire_domain::schedule::{SlotScheduler, competes_for_slots, needs_actor};
use quire_store::batches::BatchRecord;

/// The supervisor's books: batches with an actor, and free slots.
#[derive(Debug)]
pub struct AdmissionControl {
    schedule: SlotScheduler,
    /// Batches with an actor, and their priority.
    active: BTreeMap<BatchKey, i32>,
    max_active: u32,
    /// Cursor of the walk through the batches that wait for admission.
    scan_after: Option<(i32, BatchKey)>,
    is_draining: bool,
    is_held_back: bool,
}

/// Batches that one look at the store brings.
pub const SCAN_PAGE: u32 = 256;

impl AdmissionControl {
    pub fn new(slots: u32, max_active: u32) -> Self {
        Self {
            schedule: SlotScheduler::new(slots),
            active: BTreeMap::new(),
            max_active,
            scan_after: None,
            is_draining: false,
            is_held_back: false,
        }
    }

    pub fn schedule(&self) -> &SlotScheduler {
        &self.schedule
    }

    /// Batches with an actor, and their priority.
    pub fn active_batches(&self) -> &BTreeMap<BatchKey, i32> {
        &self.active
    }

    pub fn is_active(&self, batch: BatchKey) -> bool {
        self.active.contains_key(&batch)
    }

    pub fn is_draining(&self) -> bool {
        self.is_draining
    }

    /// Nothing new starts from now on.
    pub fn start_draining(&mut self) {
        self.is_draining = true;
    }

    /// Grants no slot while this is on.
    pub fn suspend_grants(&mut self, held_back: bool) {
        self.is_held_back = held_back;
    }

    /// Admits the batch if it may have an actor now; whether it was.
    pub fn admit(&mut self, record: &BatchRecord, now: Micros) -> bool {
        let outranks = self.active.values().min().is_some_and(|low| *low < record.priority);
        let has_place = self.has_room() || outranks || !competes_for_slots(&record.batch);
        if self.is_active(record.key) || self.is_draining || !has_place || !needs_actor(&record.batch, now) {
            return false;
        }
        self.active.insert(record.key, record.priority);
        self.schedule.add_batch(record.key, record.priority);
        true
    }

    /// Where the next page of live batches begins; none while draining.
    pub fn next_scan_cursor(&self) -> Option<Option<(i32, BatchKey)>> {
        (!self.is_draining).then_some(self.scan_after)
    }

    /// Admits those of a page that may have an actor now, and says whether to look at the next page at once.
    pub fn admit_from_page(&mut self, page: &[BatchRecord], now: Micros) -> (Vec<BatchKey>, bool) {
        let admitted = page.iter().filter(|record| self.admit(record, now)).map(|record| record.key).collect();
        let is_last_page = page.len() < SCAN_PAGE as usize;
        self.scan_after = page.last().filter(|_| !is_last_page).map(|record| (record.priority, record.key));
        (admitted, !is_last_page && self.has_room())
    }

    /// A batch gives slots back and says how many more it could use now.
    pub fn update_demand(&mut self, batch: BatchKey, freed: u32, additional: u32) {
        for _ in 0..freed {
            self.schedule.release_slot(batch);
        }
        self.schedule.set_extra_demand(batch, additional);
    }

    /// Grants the next free slot: to which batch, if there is one to grant.
    pub fn grant_next_slot(&mut self) -> Option<BatchKey> {
        if self.is_held_back || self.is_draining { None } else { self.schedule.grant_next_slot() }
    }

    /// Takes a batch out of the schedule and frees what it holds: a grant did not reach its actor.
    pub fn revoke_all_slots(&mut self, batch: BatchKey) {
        self.schedule.remove_batch(batch);
    }

    /// The batch's actor has started, for the first time or again, with nothing in flight: it holds no slot.
    pub fn reset_slots(&mut self, batch: BatchKey) {
        if let Some(priority) = self.active.get(&batch) {
            self.schedule.remove_batch(batch);
            self.schedule.add_batch(batch, *priority);
        }
    }

    /// The batch's actor is gone; others may have waited for its place, so the scan begins anew.
    pub fn actor_gone(&mut self, batch: BatchKey) {
        self.active.remove(&batch);
        self.schedule.remove_batch(batch);
        self.scan_after = None;
    }

    fn has_room(&self) -> bool {
        (self.active.len() as u32) < self.max_active
    }
}
