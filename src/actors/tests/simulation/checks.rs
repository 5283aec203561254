//! Checks of a world: everything that must be so whatever has happened.

use super::world::{SECOND, World};
use crate::commands::tests::witness;
use quire_domain::batch::BatchControl;
use quire_domain::ids::{BatchKey, OwnerKey};
use quire_store::batches::BatchRecord;

impl World {
    /// Batches that are neither ended nor paused with nothing in hand.
    pub(super) fn restless(&self) -> Vec<BatchRecord> {
        let live = self.store.read(|snapshot| snapshot.live_batches(None, 10_000)).unwrap();
        let is_paused =
            |record: &BatchRecord| record.batch.control == BatchControl::Paused && record.batch.in_hand() == 0;
        live.into_iter().filter(|record| !is_paused(record)).collect()
    }

    /// A picture of the world in which nothing ends, for a person.
    pub(super) fn lament(&self) -> String {
        let line = |record: &BatchRecord| format!("{}: priority {}, {:?}", record.key, record.priority, record.batch);
        let waiting: Vec<String> = self.restless().iter().map(line).collect();
        let actors: Vec<String> = self
            .actors
            .batches
            .iter()
            .map(|(actor, batch)| format!("{actor} {batch:?}, {:?}", self.record(batch.key).batch))
            .collect();
        format!(
            "never ended, at {} s, step {}:\n{}\nsupervisor: {:?}\nactors:\n{}\n{} hands, writer up: {}",
            self.now / SECOND,
            self.course.steps,
            waiting.join("\n"),
            self.actors.supervisor,
            actors.join("\n"),
            self.actors.chunks.len(),
            self.db.is_up,
        )
    }

    pub(super) fn record(&self, batch: BatchKey) -> BatchRecord {
        self.store.record(batch)
    }

    pub(super) fn batches_ended(&self) -> u64 {
        let ended =
            |key: i64| self.store.read(|snapshot| snapshot.batch(BatchKey(key))).ok().map(|it| it.ended_at.is_some());
        (1..).map_while(ended).filter(|ended| *ended).count() as u64
    }

    pub(super) fn log_length(&self) -> usize {
        self.store.read(|snapshot| snapshot.events_after(OwnerKey::LOCAL, 0, 1_000_000)).unwrap().len()
    }

    pub(super) fn assert_safe(&self) {
        let findings = self.store.opened().check(false).unwrap();
        assert!(findings.is_empty(), "the store is not sound: {findings:#?}");
        let live = self.store.read(|snapshot| snapshot.live_batches(None, 10_000)).unwrap();
        let running: u64 = live.iter().map(|record| record.batch.counts.running).sum();
        assert!(running <= self.tuning.slots.into(), "{running} items run in {} slots", self.tuning.slots);
    }

    pub(super) fn assert_log_tells_no_wonders(&self) {
        let complaints = witness::complaints(&self.store);
        assert!(complaints.is_empty(), "the log tells {complaints:#?}");
    }
}
