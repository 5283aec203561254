//! A store, and what the actors around it would know of their claims.

use std::collections::{BTreeMap, HashSet};

use super::super::open;
use super::acts::{Act, Fate, Wrong};
use crate::commands::control::RetryRequest;
use crate::commands::report::{AttemptOutcome, AttemptReport};
use crate::commands::submit::{self, NewBatch};
use crate::commands::tests::harness::{TestStore, answer, batch_of, by, report, start, success, turn_of};
use crate::commands::tick::{self, ClaimedItem, TickRequest, TickResult};
use crate::commands::{control, recover};
use quire_domain::batch::{BatchControl, BatchEvent};
use quire_domain::failure::{Failure, FailureCodes};
use quire_domain::ids::{BatchKey, Fence};
use quire_domain::operation::Operation;
use quire_store::StoreError;
use quire_store::artifacts::Artifact;
use quire_store::batches::BatchSpec;
use quire_store::write::write;

pub(super) struct World {
    store: TestStore,
    batches: Vec<BatchKey>,
    /// Claims that were not reported yet, as far as their holders know.
    out: Vec<(BatchKey, ClaimedItem)>,
    /// Claims that are over.
    spent: Vec<(BatchKey, ClaimedItem)>,
    given: HashSet<(BatchKey, u32, Fence)>,
    ended: BTreeMap<BatchKey, String>,
    artifacts: Vec<Artifact>,
}

const SLOTS: u32 = 3;

impl World {
    pub(super) fn new() -> Self {
        let mut store = open();
        store.slots = SLOTS;
        store.reopen();
        let artifacts = vec![store.artifact("pages.json", b"[]"), store.artifact("text.txt", b"text")];
        let (batches, out, spent) = (Vec::new(), Vec::new(), Vec::new());
        Self { store, batches, out, spent, given: HashSet::new(), ended: BTreeMap::new(), artifacts }
    }

    /// One act, and everything that must be so after any act.
    pub(super) fn go_on(&mut self, act: &Act) {
        let retried = self.act(act);
        self.store.assert_sound();
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

    /// Whatever was going on, users and workers of good will can end it.
    pub(super) fn bring_to_an_end(&mut self) {
        for batch in self.batches.clone() {
            self.recover(batch);
            for event in [BatchEvent::ResumeAsked, BatchEvent::Sealed] {
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

    /// The batch that may move on from its end, if any.
    fn act(&mut self, act: &Act) -> Option<BatchKey> {
        if let Act::Submit { items, sealed, on_failure, starts_in, ends_in } = *act {
            let at = |in_micros: Option<i64>| in_micros.map(|micros| self.store.now + micros);
            let (not_before, deadline) = (at(starts_in), at(ends_in));
            let items =
                (0..items).map(|nth| if nth % 2 == 0 { self.store.document(b"document") } else { None }).collect();
            let spec = BatchSpec { sealed, on_failure, not_before, deadline, ..BatchSpec::of(&[Operation::Text]) };
            let new = NewBatch { spec, items, ..batch_of(0) };
            self.batches.push(self.store.submit(new).key);
            return None;
        }
        match *act {
            Act::Submit { .. } => {}
            Act::Extend { which, items } => {
                let batch = self.batch(which);
                let new = batch_of(items).items;
                tolerate(self.store.write(move |txn| submit::extend(txn, batch, &new, &by(), 1_000)));
            }
            Act::Control { which, event } => return self.control(self.batch(which), event),
            Act::RetrySome { which, code, position, expected } => {
                let request = RetryRequest {
                    cancelled_too: false,
                    codes: code.map(FailureCodes::of),
                    positions: position.map(|position| vec![position]),
                    expected,
                };
                let batch = self.batch(which);
                tolerate(self.store.write(move |txn| control::retry(txn, batch, &request, &by())));
                return Some(batch);
            }
            Act::Turn { which, claim, ref starts, ref ends, heartbeat } => {
                let request = TickRequest { claim, heartbeat, ..turn_of(self.batch(which)) };
                self.tick(request, starts, ends);
            }
            Act::Group { which, claim, event } => return self.group(self.batch(which), claim, event),
            Act::Late { which, nth, outcome } => self.late(self.batch(which), nth, outcome),
            Act::WrongFence { which, nth, outcome, wrong } => self.wrong_fence(self.batch(which), nth, outcome, wrong),
            Act::Recover { which } => self.recover(self.batch(which)),
            Act::GiveUp { which } => {
                let batch = self.batch(which);
                self.store.write(move |txn| recover::give_up(txn, batch)).unwrap();
                self.take_back(batch);
            }
            Act::Reopen => self.store.reopen(),
            Act::Pass(micros) => self.store.now += micros,
        }
        None
    }

    fn batch(&self, which: usize) -> BatchKey {
        self.batches[which % self.batches.len()]
    }

    fn control(&mut self, batch: BatchKey, event: BatchEvent) -> Option<BatchKey> {
        tolerate(self.store.control(batch, event));
        matches!(event, BatchEvent::RetryAsked { .. }).then_some(batch)
    }

    fn tick(&mut self, request: TickRequest, starts: &[usize], ends: &[(usize, Fate)]) {
        let batch = request.batch;
        // Of what ends in the same tick as well.
        let mine: Vec<_> = self.out.iter().filter(|(of, _)| *of == batch).collect();
        let starting = starts.iter().filter_map(|nth| nth.checked_rem(mine.len()));
        let starts = starting.map(|nth| start(&mine[nth].1, self.store.now)).collect();
        let mut reports = Vec::new();
        for (nth, outcome) in ends {
            let mine: Vec<_> = (0..self.out.len()).filter(|place| self.out[*place].0 == batch).collect();
            let Some(place) = nth.checked_rem(mine.len()).map(|nth| mine[nth]) else { break };
            let claimed = self.out.swap_remove(place);
            let report = self.report(&claimed.1, *outcome);
            reports.extend(vec![report; if matches!(outcome, Fate::Twice) { 2 } else { 1 }]);
            self.spent.push(claimed);
        }
        let request = TickRequest { reports, starts, ..request };
        let result = self.store.write(move |txn| tick::take(txn, &request)).unwrap();
        self.receive(batch, result);
    }

    fn group(&mut self, batch: BatchKey, claim: u32, event: BatchEvent) -> Option<BatchKey> {
        let take = move |claim| TickRequest { claim, heartbeat: true, ..turn_of(batch) };
        let (doomed, failed) = write("doomed", move |txn| {
            tick::take(txn, &take(3))?;
            recover::give_up(txn, batch)?;
            submit::submit(txn, &batch_of(2))?;
            Err::<(), _>(StoreError::Conflict("on purpose".into()))
        });
        let (tick, turned) = write("turn", move |txn| tick::take(txn, &take(claim)));
        let (control, controlled) = write("control", move |txn| control::apply(txn, batch, &event, &by()));
        self.store.commit(vec![doomed, tick, control]).unwrap();
        assert!(answer(failed).is_err());
        self.receive(batch, answer(turned).unwrap());
        tolerate(answer(controlled));
        matches!(event, BatchEvent::RetryAsked { .. }).then_some(batch)
    }

    fn receive(&mut self, batch: BatchKey, result: TickResult) {
        let after = &result.record.batch;
        assert!(
            result.claimed.is_empty() || after.control == BatchControl::Run && !after.halted && !after.deadline_hit
        );
        for claimed in result.claimed {
            let (position, fence) = (claimed.position, claimed.fence);
            assert!(self.given.insert((batch, position, fence)), "{fence:?} was given out before");
            let is_same = |(of, other): &(BatchKey, ClaimedItem)| *of == batch && other.position == position;
            if let Some(place) = self.out.iter().position(is_same) {
                let before = self.out.swap_remove(place);
                assert!(before.1.fence.generation < fence.generation, "{position} was claimed twice");
                self.spent.push(before);
            }
            self.out.push((batch, claimed));
        }
    }

    fn late(&mut self, batch: BatchKey, nth: usize, outcome: Fate) {
        let mine: Vec<_> = self.spent.iter().filter(|(of, _)| *of == batch).collect();
        let Some(nth) = nth.checked_rem(mine.len()) else { return };
        let report = self.report(&mine[nth].1, outcome);
        self.assert_refused(batch, report);
    }

    fn wrong_fence(&mut self, batch: BatchKey, nth: usize, outcome: Fate, wrong: Wrong) {
        let mine: Vec<_> = self.out.iter().filter(|(of, _)| *of == batch).collect();
        let Some(nth) = nth.checked_rem(mine.len()) else { return };
        let mut report = self.report(&mine[nth].1, outcome);
        match wrong {
            Wrong::Generation => report.fence.generation += 1,
            Wrong::Attempt => report.fence.attempt += 1,
            Wrong::AttemptBefore => report.fence.attempt -= 1,
            Wrong::Epoch => report.fence.epoch += 1,
        }
        self.assert_refused(batch, report);
    }

    /// The batch has nothing else to do, so that every change would be the report's.
    fn assert_refused(&mut self, batch: BatchKey, report: AttemptReport) {
        while self.changes(|store| drop(store.tick(batch, Vec::new(), 0))) > 0 {}
        let mut fenced = 0;
        let changes = self.changes(|store| fenced = store.tick(batch, vec![report.clone(), report], 0).fenced);
        assert_eq!((fenced, changes), (2, 0), "a report that came too late did something");
    }

    /// Rows changed in the database.
    fn changes(&mut self, act: impl FnOnce(&mut TestStore)) -> i64 {
        let before = self.store.total_changes();
        act(&mut self.store);
        self.store.total_changes() - before
    }

    fn recover(&mut self, batch: BatchKey) {
        let mut after = Some(0);
        while let Some(from) = after {
            after = self.store.write(move |txn| recover::recover(txn, batch, from)).unwrap();
        }
        self.take_back(batch);
    }

    fn take_back(&mut self, batch: BatchKey) {
        let (mine, others) = self.out.drain(..).partition(|(of, _)| *of == batch);
        self.out = others;
        self.spent.extend::<Vec<_>>(mine);
    }

    fn report(&self, claimed: &ClaimedItem, outcome: Fate) -> AttemptReport {
        let made = |count: u8| self.artifacts.iter().take(count.into()).cloned().collect();
        let end = match outcome {
            Fate::Success { artifacts } => AttemptOutcome::Succeeded { summary: None, artifacts: made(artifacts) },
            Fate::Twice => AttemptOutcome::Succeeded { summary: None, artifacts: made(2) },
            Fate::Failure(code) => AttemptOutcome::Failed(Failure::new(code, "seen in a test")),
            Fate::Yield(why) => AttemptOutcome::Yielded(why),
            Fate::Stopped => AttemptOutcome::Stopped,
        };
        report(claimed, end)
    }
}

/// A refusal is an answer, anything else is a fault.
fn tolerate<T>(answer: Result<T, StoreError>) {
    match answer {
        Ok(_) | Err(StoreError::Refused(_) | StoreError::ExpectedDiffers { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}
