//! The log, folded, beside the tables.

use super::harness::TestStore;
use quire_domain::history::{PastBatch, PastItem};
use quire_domain::ids::{BatchKey, OwnerKey};
use quire_domain::item::ItemState;
use quire_store::items::{ItemFilter, StoredItem};

/// A batch as its log tells it, up to the end.
pub(super) fn folded(store: &TestStore, batch: BatchKey) -> PastBatch {
    let record = store.record(batch);
    let range = (record.log_after.unwrap(), i64::MAX);
    let log = store.read(|snapshot| snapshot.changes_of_batch(OwnerKey::LOCAL, batch, range, 10_000)).unwrap();
    assert_eq!(log.last().map(|logged| logged.seq), Some(record.log_upto.max(range.0 + 1)), "{record:?}");
    log.iter().fold(None, |past, logged| Some(PastBatch::after(past, &logged.change).unwrap())).unwrap()
}

/// # Panics
/// When the fold of the log differs from the rows in anything that a user can see.
pub(super) fn assert_fold_is_table(store: &TestStore, batch: BatchKey) {
    let (past, record) = (folded(store, batch), store.record(batch));
    let machine = &record.batch;
    assert_eq!(past.status.stored(), machine.stored_status(), "the log tells another status: {past:?}\n{record:?}");
    assert_eq!((past.control, past.sealed, past.outcome), (machine.control, machine.sealed, machine.outcome));
    assert_eq!((past.counts, past.generation), (machine.counts, machine.generation));
    assert_eq!((past.started_at, past.ended_at), (record.started_at, record.ended_at));
    let all = ItemFilter::Behind { after: 0 };
    let rows = store.read(|snapshot| snapshot.items(batch, all, 10_000)).unwrap();
    assert_eq!(past.items.len(), rows.len());
    for (past, row) in past.items.iter().zip(&rows) {
        assert_item(past, row);
    }
}

fn assert_item(past: &PastItem, row: &StoredItem) {
    let item = &row.item;
    assert_eq!(
        (past.state, past.generation, past.reason, past.failure),
        (item.state, item.generation, item.reason, item.failure),
        "{past:?} {row:?}"
    );
    assert_eq!(past.state.is_terminal().then_some(past.since), row.ended_at, "{past:?} {row:?}");
    // A claim is nobody's news.
    let is_told =
        if item.state == ItemState::Queued { past.attempt <= item.attempt } else { past.attempt == item.attempt };
    assert!(is_told, "{past:?} {row:?}");
}
