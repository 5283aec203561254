//! The doors of the store: idempotency keys, and what a state forbids.

use super::open;
use crate::commands::submit::{self, Idempotency, NewBatch};
use crate::commands::tests::harness::{batch_of, described};
use quire_domain::batch::{BatchInput, FailurePolicy};
use quire_domain::ids::{BatchKey, OwnerKey};
use quire_store::StoreError;
use quire_store::write::write_from_closure;

fn keyed(key: &str, fingerprint: &str) -> NewBatch {
    let idempotency = Some(Idempotency { key: key.into(), fingerprint: fingerprint.into() });
    NewBatch { idempotency, ..batch_of(2) }
}

#[test]
fn the_same_request_makes_one_batch_however_often_it_comes() {
    let mut store = open();
    let first = store.write(|txn| submit::submit(txn, &keyed("k", "f"))).unwrap();
    store.reopen();
    store.running(first.record.key, 1);
    let again = store.write(|txn| submit::submit(txn, &keyed("k", "f"))).unwrap();
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!((again.record.key, again.record.id), (first.record.key, first.record.id));
    assert_eq!(again.record.batch.counts.running, 1, "the answer is the batch of today");
    assert_eq!(store.read(|snapshot| snapshot.batches(OwnerKey::LOCAL, None, 10)).unwrap().len(), 1);
}

#[test]
fn two_same_requests_in_one_commit_make_one_batch() {
    let mut store = open();
    let (writes, replies): (Vec<_>, Vec<_>) =
        (0..2).map(|_| write_from_closure("submit", |txn| submit::submit(txn, &keyed("k", "f")))).unzip();
    store.commit(writes).unwrap();
    let answers: Vec<_> =
        replies.into_iter().map(|reply| crate::commands::tests::harness::answer(reply).unwrap()).collect();
    assert_eq!(answers.iter().map(|answer| answer.replayed).collect::<Vec<_>>(), [false, true]);
    assert_eq!(answers[0].record.key, answers[1].record.key);
}

#[test]
fn a_key_that_stands_for_another_request_is_refused_and_makes_nothing() {
    let mut store = open();
    store.submit(keyed("k", "f"));
    assert!(matches!(store.write(|txn| submit::submit(txn, &keyed("k", "g"))), Err(StoreError::KeyReused)));
    assert_eq!(store.submit(keyed("other", "g")).key, BatchKey(2));
}

#[test]
fn a_key_whose_batch_was_undone_is_free() {
    let mut store = open();
    let failed = store.write(|txn| {
        submit::submit(txn, &keyed("k", "f"))?;
        Err::<(), _>(StoreError::Conflict("on purpose".into()))
    });
    assert!(failed.is_err());
    assert!(!store.write(|txn| submit::submit(txn, &keyed("k", "g"))).unwrap().replayed);
}

#[test]
fn verbs_that_the_state_forbids_are_refused_and_change_nothing() {
    let mut store = open();
    let batch = store.submit(described(0, |spec| spec.on_failure = FailurePolicy::FailFast)).key;
    store.tick(batch, Vec::new(), 0);
    let ended = store.record(batch);
    assert!(ended.batch.is_ended());
    for event in [BatchInput::CancelAsked, BatchInput::ResumeAsked, BatchInput::Extended { items: 1 }] {
        assert!(matches!(store.control(batch, event), Err(StoreError::Refused(_))), "{event:?}");
    }
    assert_eq!(format!("{:?}", store.record(batch)), format!("{ended:?}"));
}
