//! Many writes, one transaction, each answered after it and undone alone.

use std::sync::atomic::Ordering;
use std::sync::mpsc;

use super::harness::{TestStore, answer, batch_of, by, turn_of};
use crate::commands::control;
use crate::commands::submit::{self, NewBatch};
use crate::commands::tick::{self, TickRequest};
use quire_domain::batch::BatchInput;
use quire_domain::ids::{BatchKey, CorrelationId};
use quire_store::batches::BatchRecord;
use quire_store::write::{Write, WriteReply, write_from_closure};
use quire_store::{ReadPool, StoreError, Transaction};

type Pending<T> = (Box<dyn Write>, WriteReply<T>);

fn submission(new: NewBatch) -> Pending<BatchRecord> {
    write_from_closure("submit", move |txn| Ok(submit::submit(txn, &new)?.record))
}

/// Does a lot, then ends as `how` says.
fn doomed(victim: BatchKey, how: fn() -> StoreError) -> Pending<()> {
    write_from_closure("doomed", move |txn| {
        let new = submit::submit(txn, &batch_of(20))?.record;
        let claim = TickRequest { claim: 5, heartbeat: true, ..turn_of(new.key) };
        assert_eq!(tick::write_tick(txn, &claim)?.claimed.len(), 5);
        control::apply_batch_input(txn, victim, &BatchInput::CancelAsked, &by())?;
        Err(how())
    })
}

fn refuse() -> StoreError {
    StoreError::Conflict("on purpose".into())
}

fn panic_on_purpose() -> StoreError {
    panic!("on purpose, in a test")
}

fn commits(store: &TestStore) -> u64 {
    store.opened().stats.commits.load(Ordering::Relaxed)
}

#[test]
fn many_writes_share_one_commit() {
    let mut store = TestStore::new();
    let (writes, replies): (Vec<_>, Vec<_>) = (1..=50).map(|items| submission(batch_of(items))).unzip();
    let wakes = store.commit(writes).unwrap();
    assert_eq!(commits(&store), 1);
    assert_eq!(wakes.iter().map(|(_, seq)| *seq).collect::<Vec<_>>(), [50], "one wake, with the newest event");
    let keys: Vec<_> = replies.into_iter().map(|reply| answer(reply).unwrap().key.0).collect();
    assert_eq!(keys, (1..=50).collect::<Vec<_>>());
}

#[test]
fn a_write_that_fails_or_panics_leaves_no_trace_and_its_neighbours_are_committed() {
    for how in [refuse, panic_on_purpose] {
        let mut store = TestStore::new();
        let victim = store.submit(batch_of(3));
        let (first, first_reply) = submission(batch_of(1));
        let (middle, middle_reply) = doomed(victim.key, how);
        let (last, last_reply) = submission(batch_of(2));
        store.commit(vec![first, middle, last]).unwrap();

        assert!(matches!(answer(middle_reply), Err(StoreError::Conflict(_) | StoreError::Aborted(_))));
        let (first, last) = (answer(first_reply).unwrap(), answer(last_reply).unwrap());
        assert_eq!(last.key.0, first.key.0 + 1, "the batch between them was never there");
        assert_eq!(format!("{:?}", store.record(victim.key)), format!("{victim:?}"), "the cancel was never asked for");
        assert_eq!(store.record(last.key).batch.counts.total, 2);
        store.assert_sound();
    }
}

#[test]
fn what_a_failed_write_has_read_of_its_own_is_not_remembered() {
    let mut store = TestStore::new();
    let failed = store.write(|txn| {
        let new = NewBatch { correlation: CorrelationId::parse("never").unwrap(), ..batch_of(9) };
        let batch = submit::submit(txn, &new)?.record.key;
        let claim = TickRequest { claim: 1, ..turn_of(batch) };
        tick::write_tick(txn, &claim)?;
        Err::<(), _>(refuse())
    });
    assert!(failed.is_err());
    let batch = store.submit(NewBatch { correlation: CorrelationId::parse("real").unwrap(), ..batch_of(2) }).key;
    assert_eq!(store.write(move |txn| txn.record(batch)).unwrap().batch.counts.total, 2);
    let claimed = store.claim(batch, 5);
    assert_eq!(claimed.iter().map(|item| &*item.correlation_id).collect::<Vec<_>>(), ["real", "real"]);
}

#[test]
fn writes_of_one_commit_see_each_other_and_each_has_a_revision_of_its_own() {
    let mut store = TestStore::new();
    let batch = store.submit(batch_of(3)).key;
    let pause = BatchInput::PauseAsked { mode: Default::default() };
    let (writes, replies): (Vec<_>, Vec<_>) = [pause, BatchInput::ResumeAsked, pause]
        .map(|event| {
            write_from_closure("control", move |txn: &mut dyn Transaction| {
                control::apply_batch_input(txn, batch, &event, &by())
            })
        })
        .into_iter()
        .unzip();
    store.commit(writes).unwrap();
    for (reply, rev) in replies.into_iter().zip(2..) {
        let controlled = answer(reply).unwrap();
        assert!(controlled.changed, "each of them found what the one before had done");
        assert_eq!(controlled.record.rev, rev);
    }
    assert_eq!(store.record(batch).rev, 4);
}

/// Tells what another connection sees at the moment of the answer.
struct Witness {
    reads: ReadPool,
    batch: BatchKey,
    seen: mpsc::Sender<bool>,
}

impl Witness {
    fn look(&self) {
        self.seen.send(self.reads.run(|snapshot| snapshot.batch(self.batch)).is_ok()).unwrap();
    }
}

impl Write for Witness {
    fn name(&self) -> &'static str {
        "witness"
    }

    fn run(&mut self, _: &mut dyn Transaction) -> Result<(), StoreError> {
        self.look();
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        committed.unwrap();
        self.look();
    }
}

#[test]
fn answers_come_after_the_commit() {
    let mut store = TestStore::new();
    let (sender, seen) = mpsc::channel();
    let witness = Box::new(Witness { reads: store.opened().reads.clone(), batch: BatchKey(1), seen: sender });
    let (first, reply) = submission(batch_of(1));
    store.commit(vec![first, witness]).unwrap();
    assert_eq!(answer(reply).unwrap().key, BatchKey(1));
    assert_eq!(seen.iter().collect::<Vec<_>>(), [false, true], "hidden while it is written, there when answered");
}

#[test]
fn a_write_whose_sender_went_away_is_done_all_the_same() {
    let mut store = TestStore::new();
    let (first, reply) = submission(batch_of(1));
    drop(reply);
    store.commit(vec![first]).unwrap();
    assert_eq!(store.record(BatchKey(1)).batch.counts.total, 1);
}
