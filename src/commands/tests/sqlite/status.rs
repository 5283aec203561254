//! The stored status of batches: what the migration makes of rows that had none is what the writer gives them.

use std::collections::BTreeSet;

use crate::commands::tests::harness::{TestStore, batch_of, described, failure, success};
use quire_domain::batch::{BatchInput, PauseMode, StoredStatus};
use quire_domain::failure::FailureCode;
use quire_domain::ids::{BatchKey, OwnerKey};

const MIGRATION: &str = include_str!("../../../../migrations/2026-11-30-000050_batch_status/up.sql");

/// The statements that fill, without those that make columns and tables.
fn fillings() -> Vec<&'static str> {
    let fills = |sql: &&str| sql.starts_with("UPDATE batches") || sql.starts_with("INSERT INTO batch_status_counts");
    MIGRATION.split(';').map(str::trim).filter(fills).collect()
}

fn counts(store: &TestStore) -> BTreeSet<(StoredStatus, u64)> {
    let counts = store.read(|snapshot| snapshot.status_counts(OwnerKey::LOCAL)).unwrap();
    counts.into_iter().filter(|(_, batches)| *batches > 0).collect()
}

/// Batches of two items, of which the first runs.
fn running(store: &mut TestStore) -> BatchKey {
    let batch = store.submit(batch_of(2)).key;
    store.running(batch, 1);
    batch
}

/// One in every status that lasts for longer than a commit; of what has not started, two.
fn one_in_each(store: &mut TestStore) {
    store.submit(batch_of(1));
    store.submit(described(1, |spec| spec.not_before = Some(i64::MAX)));
    store.submit(described(1, |spec| spec.sealed = false));
    running(store);
    for event in [BatchInput::PauseAsked { mode: PauseMode::Drain }, BatchInput::CancelAsked] {
        let at_work = running(store);
        store.control(at_work, event).unwrap();
        let idle = store.submit(batch_of(1)).key;
        store.control(idle, event).unwrap();
    }
    let late = store.submit(described(1, |spec| spec.deadline = Some(1))).key;
    store.control(late, BatchInput::DeadlinePassed).unwrap();
    for (items, failed) in [(1, 0), (2, 1), (1, 1)] {
        let batch = store.submit(batch_of(items)).key;
        let claimed = store.claim(batch, 2);
        let reports = claimed.iter().enumerate().map(|(nth, item)| match nth < failed {
            true => failure(item, FailureCode::Damaged),
            false => success(item),
        });
        let reports = reports.collect();
        store.tick(batch, reports, 0);
    }
}

#[test]
fn a_migration_gives_each_row_the_status_of_its_facts_and_counts_them() {
    let mut store = TestStore::new();
    one_in_each(&mut store);
    let before = counts(&store);
    let of = |status| before.iter().find(|(of, _)| *of == status).map_or(0, |(_, batches)| *batches);
    for status in StoredStatus::ALL {
        let wanted = match status {
            StoredStatus::NotStarted => 2,
            StoredStatus::Finalizing => 0,
            _ => 1,
        };
        assert_eq!(of(*status), wanted, "{status:?}: {before:?}");
    }
    store.execute_sql("UPDATE batches SET status = 'finalizing'; DELETE FROM batch_status_counts");
    assert!(!store.findings().is_empty(), "control");
    let fillings = fillings();
    assert_eq!(fillings.len(), 2);
    fillings.iter().for_each(|sql| store.execute_sql(sql));
    assert_eq!(counts(&store), before);
    store.assert_sound();
}
