//! The snapshot of an owner's batches: consistent with the log, bounded, of nobody else.

use super::open;
use crate::commands::submit::NewBatch;
use crate::commands::tests::harness::{OTHER, TestStore, batch_of, with_other_owner};
use quire_domain::delivery::LogRange;
use quire_domain::ids::{BatchId, OwnerKey};
use quire_store::batches::BatchesSnapshot;

fn ask(store: &TestStore, owner: OwnerKey, only: Option<&[BatchId]>, limit: u32) -> BatchesSnapshot {
    store.read(|snapshot| snapshot.batches_snapshot(owner, only, limit)).unwrap()
}

fn ids(standing: &BatchesSnapshot) -> Vec<BatchId> {
    standing.batches.iter().map(|record| record.0.id).collect()
}

/// Batches without items end in their first tick.
fn three_batches(store: &mut TestStore) -> [BatchId; 3] {
    let [old, ended, new] = [1, 0, 1].map(|items| store.submit(batch_of(items)));
    store.tick(ended.key, Vec::new(), 0);
    [old.id, ended.id, new.id]
}

#[test]
fn what_has_not_ended_comes_first_and_the_limit_is_said() {
    let mut store = open();
    let [old, ended, new] = three_batches(&mut store);
    let all = ask(&store, OwnerKey::LOCAL, None, 3);
    assert_eq!((ids(&all), all.complete, all.as_of_seq), (vec![new, old, ended], true, 4));
    let some = ask(&store, OwnerKey::LOCAL, None, 2);
    assert_eq!((ids(&some), some.complete), (vec![new, old], false));
    assert_eq!(ids(&ask(&store, OwnerKey::LOCAL, Some(&[ended, old]), 3)), [old, ended]);
}

#[test]
fn another_owner_sees_none_of_it_even_by_name() {
    let mut store = with_other_owner(open());
    let theirs = three_batches(&mut store);
    let own = store.submit(NewBatch { owner: OTHER, ..batch_of(1) }).id;
    assert_eq!(ids(&ask(&store, OTHER, None, 10)), [own]);
    assert_eq!(ids(&ask(&store, OTHER, Some(&theirs), 10)), []);
    assert_eq!(ids(&ask(&store, OwnerKey::LOCAL, Some(&[own]), 10)), []);
}

#[test]
fn the_reach_of_a_log_is_told_also_when_it_is_empty_or_its_beginning_is_gone() {
    let mut store = open();
    let reach = |store: &TestStore| store.read(|snapshot| snapshot.log_range(OwnerKey::LOCAL)).unwrap();
    assert_eq!(reach(&store), LogRange { oldest: 1, latest: 0 });
    three_batches(&mut store);
    assert_eq!(reach(&store), LogRange { oldest: 1, latest: 4 });
    let cut = "DELETE FROM events WHERE seq < 3";
    store.is_sound = false;
    store.execute_sql(cut);
    assert_eq!(reach(&store), LogRange { oldest: 3, latest: 4 });
}

#[test]
fn the_name_of_the_log_stays_over_restarts() {
    let mut store = open();
    let epoch = store.opened().log_epoch.clone();
    store.reopen();
    assert_eq!(store.opened().log_epoch, epoch);
    assert_ne!(open().opened().log_epoch, epoch);
}
