//! The supervisor of the batches: as thin as the real one, around the same admission.

use std::collections::BTreeMap;

use super::batch::BatchActor;
use super::mail::{Note, Who};
use super::world::{SECOND, World};
use crate::actors::admission::{AdmissionControl, SCAN_PAGE};
use crate::commands::recover;
use quire_domain::ids::BatchKey;

#[derive(Debug)]
pub(super) struct Supervisor {
    pub admission: AdmissionControl,
    pub actors: BTreeMap<BatchKey, u64>,
    is_scan_under_way: bool,
}

const MAX_ACTIVE: u32 = 3;

impl World {
    pub(super) fn rise_supervisor(&mut self) {
        self.actors.incarnation += 1;
        let admission = AdmissionControl::new(self.tuning.slots, MAX_ACTIVE);
        self.actors.supervisor = Some(Supervisor { admission, actors: BTreeMap::new(), is_scan_under_way: false });
        self.set(Who::Supervisor, SECOND, Note::ScanDue);
        self.scan();
    }

    pub(super) fn tell_supervisor(&mut self, note: Note) {
        if let Note::Rise = note {
            return self.rise_supervisor();
        }
        let now = self.now;
        let Some(supervisor) = &mut self.actors.supervisor else { return };
        match note {
            Note::Attend(record) => match supervisor.actors.get(&record.key).copied() {
                Some(actor) => self.post(Who::Supervisor, Who::Batch(actor), Note::Changed(record)),
                None if supervisor.admission.admit(&record, now) => self.spawn_batch(record.key),
                None => {}
            },
            Note::Demand { batch, freed, wanted } => {
                supervisor.admission.update_demand(batch, freed, wanted);
                self.grant();
            }
            Note::BatchUp(batch) => {
                supervisor.admission.reset_slots(batch);
                self.grant();
            }
            Note::ChildDown { actor, escalated } => self.batch_is_down(actor, escalated),
            Note::ScanDue => {
                self.set(Who::Supervisor, SECOND, Note::ScanDue);
                self.scan();
            }
            Note::Scanned(page) => {
                supervisor.is_scan_under_way = false;
                let (admitted, goes_on) = supervisor.admission.admit_from_page(&page, now);
                admitted.into_iter().for_each(|key| self.spawn_batch(key));
                if goes_on {
                    self.scan();
                }
            }
            Note::Drain | Note::InterruptAllBatches => {
                supervisor.admission.start_draining();
                let interrupt = matches!(note, Note::InterruptAllBatches);
                for actor in supervisor.actors.values().copied().collect::<Vec<_>>() {
                    self.post(Who::Supervisor, Who::Batch(actor), Note::DrainBatch { interrupt });
                }
            }
            Note::GaveUp(batch, Ok(true)) => self.give_up(batch),
            _ => {}
        }
    }

    fn scan(&mut self) {
        let Some(supervisor) = &mut self.actors.supervisor else { return };
        let Some(after) = supervisor.admission.next_scan_cursor().filter(|_| !supervisor.is_scan_under_way) else {
            return;
        };
        supervisor.is_scan_under_way = true;
        let page = self.store.read(|snapshot| snapshot.live_batches(after, SCAN_PAGE)).unwrap();
        let delay = self.soon() - self.now;
        self.set(Who::Supervisor, delay, Note::Scanned(page));
    }

    fn grant(&mut self) {
        while let Some(supervisor) = &mut self.actors.supervisor
            && let Some(key) = supervisor.admission.grant_next_slot()
        {
            match supervisor.actors.get(&key).copied() {
                Some(actor) => self.post(Who::Supervisor, Who::Batch(actor), Note::Slot),
                None => supervisor.admission.revoke_all_slots(key),
            }
        }
    }

    fn spawn_batch(&mut self, key: BatchKey) {
        let actor = self.new_serial();
        if let Some(supervisor) = &mut self.actors.supervisor {
            supervisor.actors.insert(key, actor);
        }
        self.actors.batches.insert(actor, BatchActor { key, incarnation: 0, life: None, restarts: Vec::new() });
        self.set(Who::Batch(actor), 0, Note::Rise);
    }

    fn batch_is_down(&mut self, actor: u64, escalated: bool) {
        let Some(supervisor) = &mut self.actors.supervisor else { return };
        let Some(key) = supervisor.actors.iter().find(|(_, of)| **of == actor).map(|(key, _)| *key) else { return };
        supervisor.actors.remove(&key);
        supervisor.admission.actor_gone(key);
        if escalated {
            self.give_up(key);
        }
        self.grant();
        self.scan();
    }

    fn give_up(&mut self, key: BatchKey) {
        self.apply(
            Who::Supervisor,
            move |txn| recover::end_unworkable_batch_step(txn, key),
            move |ended| Note::GaveUp(key, ended),
        );
    }
}
