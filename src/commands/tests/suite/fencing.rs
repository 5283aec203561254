//! A report of an attempt that is over changes nothing, is counted, and says what it is late for.

use super::open;
use crate::commands::recover;
use crate::commands::report::{AttemptOutcome, LateReport};
use crate::commands::tests::harness::{TestStore, batch_of, failure, report, success};
use crate::commands::tick::ClaimedItem;
use quire_domain::batch::BatchInput;
use quire_domain::failure::FailureCode;
use quire_domain::ids::{BatchKey, Fence};
use quire_domain::item::{ItemState, YieldReason};

/// The report of `old` comes while `now` is the running attempt, or before it runs; then that one's own report counts.
fn assert_late(store: &mut TestStore, batch: BatchKey, old: &ClaimedItem, now: &ClaimedItem) {
    assert_refused(store, batch, old, now, ItemState::Queued);
    assert_eq!(store.start(batch, std::slice::from_ref(old)), []);
    assert_eq!(store.record(batch).batch.counts.running, 0, "a start that is late did something");
    assert_eq!(store.start(batch, std::slice::from_ref(now)), []);
    assert_refused(store, batch, old, now, ItemState::Running);
    let tick = store.tick(batch, vec![success(now)], 0);
    assert_eq!((tick.fenced, tick.record.batch.counts.succeeded), (0, 1));
}

fn assert_refused(store: &mut TestStore, batch: BatchKey, old: &ClaimedItem, now: &ClaimedItem, state: ItemState) {
    let record = format!("{:?}", store.record(batch));
    for end in [
        AttemptOutcome::Succeeded { summary: None, artifacts: Vec::new() },
        AttemptOutcome::Yielded(YieldReason::Drained),
        AttemptOutcome::Stopped,
    ] {
        let tick = store.tick(batch, vec![report(old, end)], 0);
        let late = LateReport { position: 1, got: old.fence, newest: now.fence, state };
        assert_eq!((tick.fenced, tick.late), (1, vec![late]));
        assert_eq!(format!("{:?}", store.record(batch)), record, "it did something");
    }
}

fn claim_one(store: &mut TestStore, batch: BatchKey) -> ClaimedItem {
    store.claim(batch, 1).remove(0)
}

#[test]
fn a_report_of_an_earlier_attempt_is_refused() {
    let mut store = open();
    let batch = store.submit(batch_of(1)).key;
    let old = claim_one(&mut store, batch);
    store.start(batch, std::slice::from_ref(&old));
    store.tick(batch, vec![failure(&old, FailureCode::WorkerExited)], 0);
    let now = claim_one(&mut store, batch);
    assert_eq!((old.fence.attempt, now.fence), (1, Fence { attempt: 2, ..old.fence }));
    assert_late(&mut store, batch, &old, &now);
}

#[test]
fn a_report_of_an_earlier_generation_is_refused() {
    let mut store = open();
    let batch = store.submit(batch_of(1)).key;
    let old = claim_one(&mut store, batch);
    store.start(batch, std::slice::from_ref(&old));
    store.tick(batch, vec![failure(&old, FailureCode::Damaged)], 0);
    store.control(batch, BatchInput::RetryAsked { cancelled_too: false }).unwrap();
    let now = claim_one(&mut store, batch);
    assert_eq!((old.fence.generation, now.fence), (1, Fence { generation: 2, ..old.fence }));
    assert_late(&mut store, batch, &old, &now);
}

#[test]
fn a_report_of_an_earlier_boot_is_refused() {
    let mut store = open();
    let batch = store.submit(batch_of(1)).key;
    let old = claim_one(&mut store, batch);
    store.reopen();
    store.write(move |txn| recover::requeue_in_hand_step(txn, batch, 0)).unwrap();
    let now = claim_one(&mut store, batch);
    assert_eq!((old.fence.epoch, now.fence.epoch), (1, 2));
    let same_but_for_the_boot = ClaimedItem { fence: Fence { epoch: old.fence.epoch, ..now.fence }, ..now.clone() };
    store.tick(batch, vec![success(&old)], 0);
    assert_late(&mut store, batch, &same_but_for_the_boot, &now);
}
