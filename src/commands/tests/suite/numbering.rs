//! Every owner's events are numbered from 1 on without a gap.

use super::open;
use crate::commands::submit::{self, NewBatch};
use crate::commands::tests::harness::{OTHER, TestStore, batch_of, by, success, with_other_owner};
use quire_domain::ids::OwnerKey;
use quire_store::write::{Write, write_from_closure};
use quire_store::{StoreError, Transaction};

fn store_of_two_owners() -> TestStore {
    with_other_owner(open())
}

fn seqs(store: &TestStore, owner: OwnerKey) -> Vec<i64> {
    store.read(|snapshot| snapshot.events_after(owner, 0, 10_000)).unwrap().iter().map(|event| event.seq).collect()
}

fn submission(owner: OwnerKey, fails: bool) -> Box<dyn Write> {
    let change = move |txn: &mut dyn Transaction| {
        let submitted = submit::submit(txn, &NewBatch { owner, ..batch_of(2) })?;
        if fails { Err(StoreError::Conflict("on purpose".into())) } else { Ok(submitted) }
    };
    write_from_closure("submit", change).0
}

#[test]
fn numbers_have_no_gap_across_owners_failed_writes_and_restarts() {
    let mut store = store_of_two_owners();
    for round in 1..=3 {
        let writes = [(OwnerKey::LOCAL, false), (OTHER, true), (OTHER, false), (OwnerKey::LOCAL, true), (OTHER, false)];
        let wakes = store.commit(writes.map(|(owner, fails)| submission(owner, fails)).into()).unwrap();
        assert_eq!(wakes, [(OwnerKey::LOCAL, round), (OTHER, 2 * round)]);
        store.reopen();
    }
    assert_eq!(seqs(&store, OwnerKey::LOCAL), [1, 2, 3]);
    assert_eq!(seqs(&store, OTHER), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn an_owner_without_news_is_not_woken() {
    let mut store = store_of_two_owners();
    store.submit(NewBatch { owner: OTHER, ..batch_of(1) });
    assert_eq!(store.commit(vec![submission(OwnerKey::LOCAL, false)]).unwrap(), [(OwnerKey::LOCAL, 1)]);
    assert_eq!(store.commit(vec![submission(OTHER, true)]).unwrap(), []);
}

#[test]
fn the_log_tells_a_batch_from_its_beginning_to_its_end_in_order() {
    let mut store = open();
    let batch = store.submit(batch_of(1)).key;
    let claimed = store.running(batch, 1);
    store.tick(batch, vec![success(&claimed[0])], 0);
    let log = store.read(|snapshot| snapshot.events_after(OwnerKey::LOCAL, 0, 100)).unwrap();
    let words: Vec<_> = log.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(words, ["batch.created", "batch.started", "item.started", "item.completed", "batch.completed"]);
    assert!(log.iter().all(|event| event.correlation_id == by()));
    let revs: Vec<_> = log.iter().map(|event| event.data.rev).collect();
    assert_eq!(revs, [1, 3, 3, 4, 4]);
}

#[test]
fn an_item_that_ends_before_its_start_was_written_tells_both_in_one_commit() {
    let mut store = open();
    let batch = store.submit(batch_of(1)).key;
    let claimed = store.claim(batch, 1);
    store.tick(batch, vec![success(&claimed[0])], 0);
    let log = store.read(|snapshot| snapshot.events_after(OwnerKey::LOCAL, 0, 100)).unwrap();
    let told: Vec<_> = log.iter().map(|event| (event.kind.as_str(), event.data.rev)).collect();
    let words = ["batch.started", "item.started", "item.completed", "batch.completed"];
    assert_eq!(told[1..], words.map(|word| (word, 3)));
}

#[test]
fn a_reader_that_goes_on_from_any_number_misses_nothing() {
    let mut store = open();
    for _ in 0..7 {
        store.submit(batch_of(1));
    }
    for from in 0..=7 {
        let (mut after, mut seen) = (from, Vec::new());
        loop {
            let page = store.read(|snapshot| snapshot.events_after(OwnerKey::LOCAL, after, 2)).unwrap();
            let Some(last) = page.last() else { break };
            after = last.seq;
            seen.extend(page.iter().map(|event| event.seq));
        }
        assert_eq!(seen, (from + 1..=7).collect::<Vec<_>>());
    }
}
