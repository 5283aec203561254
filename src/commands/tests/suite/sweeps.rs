//! Changes of many items: in chunks, each item once, over restarts, to the end.

use std::collections::BTreeMap;

use super::open;
use crate::commands::control::{self, RetryRequest};
use crate::commands::recover;
use crate::commands::report::AttemptOutcome;
use crate::commands::tests::harness::{TestStore, batch_of, by, described, failure, report, success};
use quire_domain::batch::{BatchInput, BatchOutcome, FailurePolicy, PauseMode};
use quire_domain::failure::{FailureCode, FailureCodes};
use quire_domain::ids::{BatchKey, OwnerKey};
use quire_domain::item::{ItemState, YieldReason};
use quire_store::StoreError;
use quire_store::items::{ItemFilter, StoredItem};

const CHUNK: u64 = 500;

fn all_items(store: &TestStore, batch: BatchKey) -> Vec<StoredItem> {
    store.read(|snapshot| snapshot.items(batch, ItemFilter::Behind { after: 0 }, 100_000)).unwrap()
}

fn fail_all(store: &mut TestStore, batch: BatchKey) {
    loop {
        let claimed = store.claim(batch, 500);
        if claimed.is_empty() {
            return;
        }
        let reports = claimed.iter().map(|item| failure(item, FailureCode::Damaged)).collect();
        store.tick(batch, reports, 0);
    }
}

#[test]
fn a_cancel_of_more_than_a_chunk_takes_several_turns_and_ends() {
    let mut store = open();
    let batch = store.submit(batch_of(1_700)).key;
    let running = store.running(batch, 10);
    let cancelled = store.control(batch, BatchInput::CancelAsked).unwrap().record;
    assert_eq!(cancelled.batch.counts.cancelled, CHUNK, "the verb itself does the first chunk");
    store.assert_sound();
    store.reopen();
    assert_eq!(store.sweep_through(batch), 3);
    let record = store.record(batch);
    assert_eq!((record.batch.counts.cancelled, record.batch.counts.running, record.batch.outcome), (1_690, 10, None));

    let mut reports: Vec<_> = running.iter().map(|item| report(item, AttemptOutcome::Stopped)).collect();
    reports[0] = success(&running[0]);
    let ended = store.tick(batch, reports, 0).record;
    assert_eq!((ended.batch.counts.succeeded, ended.batch.outcome), (1, Some(BatchOutcome::Cancelled)));
}

#[test]
fn a_deadline_expires_what_waits_and_what_runs() {
    let mut store = open();
    let deadline = Some(store.now + 10);
    let batch = store.submit(described(1_200, |spec| spec.deadline = deadline)).key;
    // Some run, the others are claimed.
    let running = store.claim(batch, 600);
    store.start(batch, &running[..300]);
    store.now += 10;
    store.sweep_through(batch);
    let record = store.record(batch);
    assert_eq!((record.batch.counts.expired, record.batch.outcome), (1_200, Some(BatchOutcome::Expired)));
    let late = running.iter().map(success).collect();
    assert_eq!(store.tick(batch, late, 0).fenced, 600);
}

#[test]
fn a_retry_takes_each_failed_item_exactly_once_even_when_some_fail_again_meanwhile() {
    let mut store = open();
    let batch = store.submit(batch_of(1_200)).key;
    fail_all(&mut store, batch);
    assert_eq!(store.record(batch).batch.outcome, Some(BatchOutcome::Failed));

    let retried = store.control(batch, BatchInput::RetryAsked { cancelled_too: false }).unwrap().record;
    assert_eq!(retried.batch.counts.queued, CHUNK);
    let mut failed_again = 0;
    while store.record(batch).batch.due_sweep().is_some() {
        let claimed = store.claim(batch, 50);
        let reports: Vec<_> = claimed.iter().map(|item| failure(item, FailureCode::Damaged)).collect();
        failed_again += store.tick(batch, reports, 0).record.batch.counts.failed.min(50);
        store.reopen();
    }
    assert!(failed_again > 0, "the sweep has to go on while items fail");
    fail_all(&mut store, batch);
    let mut generations = BTreeMap::new();
    for stored in all_items(&store, batch) {
        *generations.entry(stored.item.generation).or_insert(0) += 1;
    }
    assert_eq!(generations, BTreeMap::from([(2, 1_200)]));
    assert_eq!(store.record(batch).batch.outcome, Some(BatchOutcome::Failed));
}

#[test]
fn a_retry_leaves_what_succeeded_and_takes_cancelled_items_only_when_asked() {
    let mut store = open();
    let batch = store.submit(batch_of(4)).key;
    let claimed = store.claim(batch, 2);
    store.tick(batch, vec![success(&claimed[0]), failure(&claimed[1], FailureCode::Damaged)], 0);
    store.control(batch, BatchInput::CancelAsked).unwrap();
    store.control(batch, BatchInput::RetryAsked { cancelled_too: false }).unwrap();
    let states = |store: &TestStore| all_items(store, batch).iter().map(|stored| stored.item.state).collect::<Vec<_>>();
    use ItemState::{Cancelled, Queued, Succeeded};
    assert_eq!(states(&store), [Succeeded, Queued, Cancelled, Cancelled]);
    store.control(batch, BatchInput::RetryAsked { cancelled_too: true }).unwrap();
    assert_eq!(states(&store), [Succeeded, Queued, Queued, Queued]);
}

#[test]
fn fail_fast_skips_the_rest_and_what_runs_may_finish() {
    let mut store = open();
    let batch = store.submit(described(1_300, |spec| spec.on_failure = FailurePolicy::FailFast)).key;
    let claimed = store.claim(batch, 3);
    let first = store.tick(batch, vec![failure(&claimed[0], FailureCode::Damaged)], 25);
    assert!(first.claimed.is_empty() && first.more_to_sweep);
    store.sweep_through(batch);
    assert_eq!(store.record(batch).batch.counts.skipped, 1_297);
    let transient = failure(&claimed[1], FailureCode::WorkerUnavailable);
    let ended = store.tick(batch, vec![transient, success(&claimed[2])], 25).record;
    let counts = ended.batch.counts;
    assert_eq!((counts.succeeded, counts.failed, counts.skipped), (1, 2, 1_297), "nothing is tried again");
    assert_eq!(ended.batch.outcome, Some(BatchOutcome::Partial));
}

#[test]
fn rollback_hides_every_artifact_of_a_batch_with_a_failure() {
    let mut store = open();
    let batch = store.submit(described(3, |spec| spec.on_failure = FailurePolicy::Rollback)).key;
    let claimed = store.claim(batch, 2);
    let made = vec![store.artifact("text.txt", b"text")];
    let good =
        store.tick(batch, vec![report(&claimed[0], AttemptOutcome::Succeeded { summary: None, artifacts: made })], 0);
    assert!(!good.record.batch.hides_artifacts());
    let ended = store.tick(batch, vec![failure(&claimed[1], FailureCode::Damaged)], 0).record;
    assert!(ended.batch.hides_artifacts());
    assert_eq!(ended.batch.outcome, Some(BatchOutcome::Failed));
    assert_eq!(store.read(|snapshot| snapshot.artifacts(batch, 1, 1)).unwrap().len(), 1, "kept, for a retry");

    store.control(batch, BatchInput::RetryAsked { cancelled_too: false }).unwrap();
    let again = store.claim(batch, 5);
    let healed = store.tick(batch, again.iter().map(success).collect(), 0).record;
    assert_eq!((healed.batch.outcome, healed.batch.hides_artifacts()), (Some(BatchOutcome::Succeeded), false));
}

#[test]
fn a_pause_holds_back_claims_and_timers_and_survives_a_restart() {
    let mut store = open();
    let batch = store.submit(batch_of(3)).key;
    let claimed = store.running(batch, 2);
    store.tick(batch, vec![failure(&claimed[0], FailureCode::WorkerUnavailable)], 0);
    store.control(batch, BatchInput::PauseAsked { mode: PauseMode::Interrupt }).unwrap();
    store.now += 1_000_000;
    store.reopen();
    let yielded = report(&claimed[1], AttemptOutcome::Yielded(YieldReason::Paused));
    let paused = store.tick(batch, vec![yielded], 5);
    assert!(paused.claimed.is_empty());
    assert_eq!((paused.record.batch.counts.retry_wait, paused.record.batch.counts.queued), (1, 2));
    store.control(batch, BatchInput::ResumeAsked).unwrap();
    let attempts: Vec<_> = store.claim(batch, 5).iter().map(|item| item.fence.attempt).collect();
    assert_eq!(attempts, [2, 2, 1]);
}

#[test]
fn recovery_of_more_than_a_chunk_goes_on_where_it_was_and_gives_the_attempts_back() {
    let mut store = open();
    let batch = store.submit(batch_of(1_100)).key;
    let claimed = store.claim(batch, 1_100);
    assert_eq!((claimed.len(), store.start(batch, &claimed[550..])), (1_100, vec![]));
    store.reopen();
    let (mut after, mut writes) = (Some(0), 0);
    while let Some(from) = after {
        after = store.write(move |txn| recover::requeue_in_hand_step(txn, batch, from)).unwrap();
        writes += 1;
    }
    assert_eq!(writes, 3);
    assert!(all_items(&store, batch).iter().all(|stored| {
        let item = stored.item;
        (item.state, item.attempt, item.charged) == (ItemState::Queued, 1, 0)
    }));
}

#[test]
fn a_batch_that_is_given_up_ends_whatever_it_was_doing() {
    let mut store = open();
    let batch = store.submit(described(1_200, |spec| spec.sealed = false)).key;
    let claimed = store.claim(batch, 700);
    store.start(batch, &claimed[..300]);
    while store.write(move |txn| recover::end_unworkable_batch_step(txn, batch)).unwrap() {}
    let record = store.record(batch);
    assert_eq!((record.batch.counts.skipped, record.batch.outcome), (1_200, Some(BatchOutcome::Failed)));
    assert!(!store.write(move |txn| recover::end_unworkable_batch_step(txn, batch)).unwrap());
    let log = store.read(|snapshot| snapshot.events_after(OwnerKey::LOCAL, 0, 10_000)).unwrap();
    assert_eq!(log.last().map(|event| event.kind.as_str()), Some("batch.failed"));
}

#[test]
fn what_ran_when_the_server_ended_is_queued_again_before_anything_else_is_looked_at() {
    let mut store = open();
    let batches = [600, 3].map(|items| store.submit(batch_of(items)).key);
    for batch in batches {
        let claimed = store.claim(batch, 600);
        assert_eq!(store.start(batch, &claimed[1..]), []);
    }
    store.reopen();
    while store.write(recover::requeue_running_step).unwrap() {}
    let in_hand = batches.map(|batch| (store.record(batch).batch.counts.running, store.record(batch).batch.claimed));
    assert_eq!(in_hand, [(0, 1); 2], "what was only claimed waits for the batch's own actor");
}

#[test]
fn a_retry_of_one_code_takes_what_failed_of_it_by_then_over_restarts_and_nothing_else() {
    let mut store = open();
    let batch = store.submit(batch_of(2_400)).key;
    loop {
        let claimed = store.claim(batch, 500);
        if claimed.is_empty() {
            break;
        }
        let codes = [FailureCode::Damaged, FailureCode::NotAPdf];
        let reports = claimed.iter().map(|item| failure(item, codes[item.position as usize % 2])).collect();
        store.tick(batch, reports, 0);
    }
    let request = RetryRequest {
        codes: Some(FailureCodes::of(FailureCode::NotAPdf)),
        expected: Some(1_200),
        ..RetryRequest::default()
    };
    let asked = request.clone();
    let retried = store.write(move |txn| control::retry(txn, batch, &asked, &by())).unwrap().record;
    assert_eq!((retried.batch.counts.queued, retried.batch.due_sweep().is_some()), (CHUNK, true));
    while store.record(batch).batch.due_sweep().is_some() {
        store.reopen();
        // Some fail of the same once more, before the sweep has come to all of them.
        let claimed = store.claim(batch, 50);
        let reports = claimed.iter().map(|item| failure(item, FailureCode::NotAPdf)).collect();
        store.tick(batch, reports, 0);
    }
    for stored in all_items(&store, batch) {
        assert_eq!(stored.item.generation, 1 + stored.position % 2, "item {}", stored.position);
    }
    let refused = store.write(move |txn| control::retry(txn, batch, &request, &by()));
    assert!(matches!(refused, Err(StoreError::ExpectedDiffers { expected: 1_200, .. })), "{refused:?}");
}

#[test]
fn items_that_are_named_are_tried_again_in_the_write_that_asks() {
    let mut store = open();
    let batch = store.submit(batch_of(6)).key;
    fail_all(&mut store, batch);
    let request = RetryRequest { positions: Some(vec![2, 5, 99]), expected: Some(2), ..RetryRequest::default() };
    let retried = store.write(move |txn| control::retry(txn, batch, &request, &by())).unwrap().record;
    assert_eq!((retried.batch.counts.queued, retried.batch.outcome, retried.batch.due_sweep()), (2, None, None));
    store.reopen();
    let generations: Vec<_> = all_items(&store, batch).iter().map(|stored| stored.item.generation).collect();
    assert_eq!(generations, [1, 2, 1, 1, 2, 1]);
}
