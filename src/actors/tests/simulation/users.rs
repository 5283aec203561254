//! Users: what they ask for, what they were promised, and whether it was kept.

use std::collections::{BTreeMap, BTreeSet};

use super::mail::{Ack, Note, Who};
use super::world::{SECOND, World};
use crate::commands::tests::harness::{batch_of, by, described};
use crate::commands::{control, submit};
use quire_domain::batch::{BatchInput, FailurePolicy, PauseMode};
use quire_domain::ids::{BatchId, BatchKey};
use quire_store::StoreError;
use quire_store::batches::BatchRecord;

#[derive(Default)]
pub(super) struct Users {
    /// Acknowledged, with so many items acknowledged.
    promised: BTreeMap<BatchKey, u64>,
    sent: BTreeSet<BatchId>,
    /// Items that were asked for beyond what was acknowledged; nobody knows whether they are in.
    doubtful: BTreeMap<BatchKey, u64>,
}

impl World {
    pub(super) fn user_acts(&mut self) {
        let known: Vec<BatchKey> = self.users.promised.keys().copied().collect();
        if known.is_empty() || self.rng.u32(0..100) < 25 {
            return self.submit();
        }
        // Mostly the newest ones.
        let batch = known[known.len() - 1 - self.rng.usize(0..known.len().min(4))];
        let pause = |mode| BatchInput::PauseAsked { mode };
        let event = match self.rng.u32(0..100) {
            0..15 => return self.extend(batch),
            15..35 => BatchInput::Sealed,
            35..45 => pause(PauseMode::Drain),
            45..55 => pause(PauseMode::Interrupt),
            55..75 => BatchInput::ResumeAsked,
            75..80 => BatchInput::CancelAsked,
            _ => BatchInput::RetryAsked { cancelled_too: self.rng.bool() },
        };
        self.control(batch, event);
    }

    fn submit(&mut self) {
        let items = if self.rng.u32(0..100) < 15 { 200 } else { self.rng.usize(0..12) };
        let policies = [FailurePolicy::Continue, FailurePolicy::FailFast, FailurePolicy::Rollback];
        let at = |world: &mut Self| (world.rng.u32(0..100) < 10).then(|| world.now + world.rng.i64(0..40 * SECOND));
        let new = described(items, |spec| {
            spec.on_failure = policies[[0, 0, 0, 1, 2][self.rng.usize(0..5)]];
            spec.sealed = self.rng.u32(0..100) < 70;
            spec.priority = self.rng.i32(0..3);
            spec.not_before = at(self);
            spec.deadline = at(self);
        });
        self.users.sent.insert(new.id);
        let answer = |done: Result<submit::SubmitResult, StoreError>| {
            Note::Acknowledged(done.map_or(Ack::Refused, |done| Ack::Submitted { record: done.record }))
        };
        self.apply(Who::Users, move |txn| submit::submit(txn, &new), answer);
    }

    fn extend(&mut self, batch: BatchKey) {
        let items = self.rng.u64(0..6);
        *self.users.doubtful.entry(batch).or_default() += items;
        let new = batch_of(items as usize).items;
        let answer = move |done: Result<BatchRecord, StoreError>| {
            Note::Acknowledged(done.map_or(Ack::Refused, |record| Ack::Extended { record, items }))
        };
        self.apply(Who::Users, move |txn| submit::extend(txn, batch, &new, &by(), 1_000), answer);
    }

    fn control(&mut self, batch: BatchKey, event: BatchInput) {
        let answer = |done: Result<control::AppliedControl, StoreError>| {
            Note::Acknowledged(done.map_or(Ack::Refused, |done| Ack::Controlled { record: done.record }))
        };
        self.apply(Who::Users, move |txn| control::apply_batch_input(txn, batch, &event, &by()), answer);
    }

    pub(super) fn tell_users(&mut self, note: Note) {
        let Note::Acknowledged(ack) = note else { return };
        let record = match ack {
            Ack::Submitted { record } => {
                self.users.promised.insert(record.key, record.batch.counts.total);
                record
            }
            Ack::Extended { record, items } => {
                *self.users.promised.entry(record.key).or_default() += items;
                *self.users.doubtful.entry(record.key).or_default() -= items;
                record
            }
            Ack::Controlled { record } => record,
            Ack::Refused => return,
        };
        self.post(Who::Users, Who::Supervisor, Note::Attend(record));
    }

    /// An open batch waits for its user; this one wants to see ends.
    pub(super) fn seal_what_is_open(&mut self) {
        let live = self.store.read(|snapshot| snapshot.live_batches(None, 10_000)).unwrap();
        for record in live.into_iter().filter(|record| !record.batch.sealed) {
            self.control(record.key, BatchInput::Sealed);
        }
    }

    /// Nothing acknowledged is lost, nothing is there that nobody asked for.
    pub(super) fn assert_promises_kept(&self) {
        for (batch, items) in &self.users.promised {
            let total = self.record(*batch).batch.counts.total;
            let doubtful = self.users.doubtful.get(batch).copied().unwrap_or(0);
            assert!((*items..=items + doubtful).contains(&total), "{batch} has {total} items, promised were {items}");
        }
        let stored = (1..).map_while(|key| self.store.read(|snapshot| snapshot.batch(BatchKey(key))).ok());
        for record in stored {
            assert!(self.users.sent.contains(&record.id), "nobody asked for batch {}", record.key);
        }
    }
}
