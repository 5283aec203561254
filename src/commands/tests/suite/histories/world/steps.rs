//! Acts of users and of the engine, carried out.

use super::super::acts::{Act, Fate};
use super::World;
use crate::commands::control::RetryRequest;
use crate::commands::submit::{self, NewBatch};
use crate::commands::tests::harness::{answer, batch_of, by, start, turn_of};
use crate::commands::tick::{self, TickRequest};
use crate::commands::{control, recover};
use quire_domain::batch::BatchInput;
use quire_domain::failure::FailureCodes;
use quire_domain::ids::BatchKey;
use quire_domain::operation::Operation;
use quire_store::StoreError;
use quire_store::batches::BatchSpec;
use quire_store::write::write_from_closure;

impl World {
    /// The batch that may move on from its end, if any.
    pub(super) fn act(&mut self, act: &Act) -> Option<BatchKey> {
        if let Act::Submit { items, sealed, on_failure, starts_in, ends_in } = *act {
            let at = |in_micros: Option<i64>| in_micros.map(|micros| self.store.now + micros);
            let (not_before, deadline) = (at(starts_in), at(ends_in));
            let items =
                (0..items).map(|nth| if nth % 2 == 0 { self.store.document(b"document") } else { None }).collect();
            let spec =
                BatchSpec { sealed, on_failure, not_before, deadline, ..BatchSpec::for_operations(&[Operation::Text]) };
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
                self.store.write(move |txn| recover::end_unworkable_batch_step(txn, batch)).unwrap();
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

    pub(super) fn control(&mut self, batch: BatchKey, event: BatchInput) -> Option<BatchKey> {
        tolerate(self.store.control(batch, event));
        matches!(event, BatchInput::RetryAsked { .. }).then_some(batch)
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
        let result = self.store.write(move |txn| tick::write_tick(txn, &request)).unwrap();
        self.receive(batch, result);
    }

    fn group(&mut self, batch: BatchKey, claim: u32, event: BatchInput) -> Option<BatchKey> {
        let take = move |claim| TickRequest { claim, heartbeat: true, ..turn_of(batch) };
        let (doomed, failed) = write_from_closure("doomed", move |txn| {
            tick::write_tick(txn, &take(3))?;
            recover::end_unworkable_batch_step(txn, batch)?;
            submit::submit(txn, &batch_of(2))?;
            Err::<(), _>(StoreError::Conflict("on purpose".into()))
        });
        let (tick, turned) = write_from_closure("turn", move |txn| tick::write_tick(txn, &take(claim)));
        let (control, controlled) =
            write_from_closure("control", move |txn| control::apply_batch_input(txn, batch, &event, &by()));
        self.store.commit(vec![doomed, tick, control]).unwrap();
        assert!(answer(failed).is_err());
        self.receive(batch, answer(turned).unwrap());
        tolerate(answer(controlled));
        matches!(event, BatchInput::RetryAsked { .. }).then_some(batch)
    }
}

/// A refusal is an answer, anything else is a fault.
fn tolerate<T>(answer: Result<T, StoreError>) {
    match answer {
        Ok(_) | Err(StoreError::Refused(_) | StoreError::ExpectedDiffers { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}
