//! The course of a history: one act after the other, everything checked behind each, and an end.

use super::super::acts::Act;
use super::{SLOTS, World};
use crate::commands::tests::fold::assert_fold_is_table;
use crate::commands::tests::harness::success;
use quire_domain::batch::BatchInput;
use quire_domain::event::Event;
use quire_domain::ids::OwnerKey;

impl World {
    /// One act, and everything that must be so after any act.
    pub(in super::super) fn go_on(&mut self, act: &Act) {
        let retried = self.act(act);
        self.store.assert_sound();
        self.assert_counts_of_their_revision(act);
        for batch in &self.batches {
            assert_fold_is_table(&self.store, *batch);
        }
        let running: u64 = self.batches.iter().map(|batch| self.store.record(*batch).batch.counts.running).sum();
        assert!(running <= SLOTS.into(), "{running} items run after {act:?}");
        for batch in self.batches.clone() {
            let row = format!("{:?}", self.store.record(batch));
            let record = self.store.write(move |txn| txn.record(batch)).unwrap();
            assert_eq!(format!("{record:?}"), row, "memory and disk differ after {act:?}");
            if let Some(end) = self.ended.remove(&batch).filter(|_| retried != Some(batch)) {
                assert_eq!(row, end, "an ended batch moved at {act:?}");
            }
            if record.batch.is_ended() {
                self.ended.insert(batch, row);
            }
        }
    }

    /// An event of a batch says the counts that its revision holds.
    fn assert_counts_of_their_revision(&mut self, act: &Act) {
        let seen = self.seen;
        let news = self.store.read(|snapshot| snapshot.events_after(OwnerKey::LOCAL, seen, 10_000)).unwrap();
        self.seen = news.last().map_or(seen, |event| event.seq);
        for batch in self.batches.clone() {
            let record = self.store.record(batch);
            let of_now = |event: &&Event| event.batch == record.id && event.data.rev == record.rev;
            for counts in news.iter().filter(of_now).filter_map(|event| event.data.counts) {
                assert_eq!(
                    counts, record.batch.counts,
                    "an event says other counts than its revision has, after {act:?}"
                );
            }
        }
    }

    /// Whatever was going on, users and workers of good will can end it.
    pub(in super::super) fn bring_to_an_end(&mut self) {
        for batch in self.batches.clone() {
            self.recover(batch);
            for event in [BatchInput::ResumeAsked, BatchInput::Sealed] {
                self.control(batch, event);
            }
            for _ in 0..200 {
                self.store.now += 1_000;
                let tick = self.store.tick(batch, Vec::new(), 3);
                let reports = tick.claimed.iter().map(success).collect();
                self.store.tick(batch, reports, 0);
            }
            assert!(self.store.record(batch).batch.is_ended(), "{:#?}", self.store.record(batch));
        }
    }
}
