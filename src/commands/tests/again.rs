//! Changes that may be run again, and that one which may not is caught.

use super::harness::{Harness, TestStore, batch_of};
use crate::commands::submit;
use quire_domain::ids::BatchKey;

#[test]
fn a_change_that_is_run_again_does_the_same() {
    let mut store = TestStore::on(Harness::SqliteAgain);
    let new = batch_of(3);
    let submitted = store.write(move |txn| submit::submit(txn, &new)).unwrap();
    assert_eq!((submitted.record.key, submitted.record.batch.counts.total), (BatchKey(1), 3));
}

#[test]
fn a_change_that_spends_what_it_was_given_is_caught() {
    let mut store = TestStore::on(Harness::SqliteAgain);
    let mut items = vec![None; 3];
    let change = move |txn: &mut dyn quire_store::Transaction| {
        let new = submit::NewBatch { items: std::mem::take(&mut items), ..batch_of(0) };
        submit::submit(txn, &new)
    };
    assert_eq!(store.write(change).unwrap().record.batch.counts.total, 0, "nobody noticed");
}
