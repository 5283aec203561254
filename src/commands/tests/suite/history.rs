//! The log tells every change of a batch and of its items.

use super::open;
use crate::commands::tests::fold::{assert_fold_is_table, folded};
use crate::commands::tests::harness::{TestStore, batch_of, failure, success};
use quire_base::safeguards::{Safeguard, disable_on_this_thread};
use quire_domain::batch::{BatchInput, BatchStatus, PauseMode};
use quire_domain::failure::FailureCode;
use quire_domain::ids::BatchKey;
use quire_domain::item::ItemState;

#[test]
fn what_becomes_of_items_without_an_attempt_is_told() {
    let mut store = open();
    let batch = store.submit(batch_of(3)).key;
    let claimed = store.running(batch, 2);
    store.tick(batch, vec![success(&claimed[0]), failure(&claimed[1], FailureCode::WorkerSignalled)], 0);
    assert_fold_is_table(&store, batch);
    assert!(store.control(batch, BatchInput::CancelAsked).unwrap().changed);
    assert_fold_is_table(&store, batch);
    let states: Vec<_> = folded(&store, batch).items.iter().map(|item| item.state).collect();
    assert_eq!(states, [ItemState::Succeeded, ItemState::Cancelled, ItemState::Cancelled]);
    assert!(store.control(batch, BatchInput::RetryAsked { cancelled_too: true }).unwrap().changed);
    assert_fold_is_table(&store, batch);
    assert_eq!(folded(&store, batch).items[2].generation, 2);
}

/// A batch that is paused while one of its items runs, which then ends.
fn paused_by_itself() -> (TestStore, BatchKey) {
    let mut store = open();
    let batch = store.submit(batch_of(2)).key;
    let claimed = store.running(batch, 1);
    store.control(batch, BatchInput::PauseAsked { mode: PauseMode::Drain }).unwrap();
    assert_eq!(folded(&store, batch).status, BatchStatus::Pausing);
    store.tick(batch, vec![success(&claimed[0])], 0);
    (store, batch)
}

#[test]
fn a_status_that_a_batch_comes_to_by_itself_is_told() {
    let (store, batch) = paused_by_itself();
    assert_eq!(folded(&store, batch).status, BatchStatus::Paused);
}

#[test]
fn control_a_status_that_a_batch_comes_to_by_itself_is_missed() {
    let _disabled = disable_on_this_thread(Safeguard::WholeLog);
    let (store, batch) = paused_by_itself();
    assert_eq!(folded(&store, batch).status, BatchStatus::Pausing);
}
