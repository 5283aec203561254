//! Writes: commits, and the commands that tests give most often.

use quire_store::testing;

use super::{Harness, TestStore, answer, by, start, turn_of};
use crate::commands::control::{self, AppliedControl};
use crate::commands::report::AttemptReport;
use crate::commands::submit::{self, NewBatch};
use crate::commands::tick::{self, ClaimedItem, StartReport, TickRequest, TickResult};
use quire_domain::batch::BatchInput;
use quire_domain::ids::{BatchKey, OwnerKey};
use quire_store::batches::BatchRecord;
use quire_store::write::{Write, write_from_closure};
use quire_store::{StoreError, Transaction};

impl TestStore {
    /// One commit of all these writes.
    pub(crate) fn commit(&mut self, writes: Vec<Box<dyn Write>>) -> Result<Vec<(OwnerKey, i64)>, StoreError> {
        self.now += 1;
        let (mut writes, now) = (writes, self.now);
        if self.harness == Harness::SqliteAgain {
            testing::rehearse(self.writer(), &mut writes, now);
            self.restart_writer();
        }
        self.writer().commit(writes, now)
    }

    /// One write in a commit of its own.
    pub(crate) fn write<T: Send + 'static>(
        &mut self,
        change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (write, reply) = write_from_closure("test", change);
        // The reply says what went wrong.
        let _ = self.commit(vec![write]);
        answer(reply)
    }

    pub(crate) fn submit(&mut self, new: NewBatch) -> BatchRecord {
        self.write(move |txn| submit::submit(txn, &new)).unwrap().record
    }

    pub(crate) fn control(&mut self, batch: BatchKey, event: BatchInput) -> Result<AppliedControl, StoreError> {
        self.write(move |txn| control::apply_batch_input(txn, batch, &event, &by()))
    }

    pub(crate) fn tick(&mut self, batch: BatchKey, reports: Vec<AttemptReport>, claim: u32) -> TickResult {
        let request = TickRequest { reports, claim, ..turn_of(batch) };
        self.write(move |txn| tick::write_tick(txn, &request)).unwrap()
    }

    pub(crate) fn claim(&mut self, batch: BatchKey, limit: u32) -> Vec<ClaimedItem> {
        self.tick(batch, Vec::new(), limit).claimed
    }

    /// A worker process takes each of the items; those for which there was no room come back.
    pub(crate) fn start(&mut self, batch: BatchKey, claimed: &[ClaimedItem]) -> Vec<StartReport> {
        let starts = claimed.iter().map(|item| start(item, self.now)).collect();
        let request = TickRequest { starts, ..turn_of(batch) };
        self.write(move |txn| tick::write_tick(txn, &request)).unwrap().held_back
    }

    /// Items that run.
    pub(crate) fn running(&mut self, batch: BatchKey, limit: u32) -> Vec<ClaimedItem> {
        let claimed = self.claim(batch, limit);
        assert_eq!(self.start(batch, &claimed), []);
        claimed
    }

    /// Turns with nothing to report until no sweep is left; how many it took.
    pub(crate) fn sweep_through(&mut self, batch: BatchKey) -> u32 {
        (1..).find(|_| !self.tick(batch, Vec::new(), 0).more_to_sweep).unwrap()
    }
}
