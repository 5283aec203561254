//! Where an owner's batches stand: consistent with the log, bounded, of nobody else.

use diesel::prelude::*;

use super::harness::{TestStore, batch_of};
use crate::domain::delivery::LogRange;
use crate::domain::ids::{BatchId, OwnerKey};
use crate::store::events;
use crate::store::schema::owners;
use crate::store::snapshot::{BatchSnapshot, standing};
use crate::store::submit::NewBatch;

const OTHER: OwnerKey = OwnerKey(2);

fn ask(store: &TestStore, owner: OwnerKey, only: Option<&[BatchId]>, limit: u32) -> BatchSnapshot {
    store.read(|conn| standing(conn, owner, only, limit)).unwrap()
}

fn ids(standing: &BatchSnapshot) -> Vec<BatchId> {
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
    let mut store = TestStore::new();
    let [old, ended, new] = three_batches(&mut store);
    let all = ask(&store, OwnerKey::LOCAL, None, 3);
    assert_eq!((ids(&all), all.complete, all.as_of_seq), (vec![new, old, ended], true, 4));
    let some = ask(&store, OwnerKey::LOCAL, None, 2);
    assert_eq!((ids(&some), some.complete), (vec![new, old], false));
    assert_eq!(ids(&ask(&store, OwnerKey::LOCAL, Some(&[ended, old]), 3)), [old, ended]);
}

#[test]
fn another_owner_sees_none_of_it_even_by_name() {
    let mut store = TestStore::new();
    let other = (owners::id.eq(OTHER.0), owners::name.eq("other"), owners::created_at.eq(1i64));
    store.write(move |txn| Ok(diesel::insert_into(owners::table).values(other).execute(txn.conn)?)).unwrap();
    let theirs = three_batches(&mut store);
    let own = store.submit(NewBatch { owner: OTHER, ..batch_of(1) }).id;
    assert_eq!(ids(&ask(&store, OTHER, None, 10)), [own]);
    assert_eq!(ids(&ask(&store, OTHER, Some(&theirs), 10)), []);
    assert_eq!(ids(&ask(&store, OwnerKey::LOCAL, Some(&[own]), 10)), []);
}

#[test]
fn the_reach_of_a_log_is_told_also_when_it_is_empty_or_its_beginning_is_gone() {
    let mut store = TestStore::new();
    let reach = |store: &TestStore| store.read(|conn| events::reach(conn, OwnerKey::LOCAL)).unwrap();
    assert_eq!(reach(&store), LogRange { oldest: 1, latest: 0 });
    three_batches(&mut store);
    assert_eq!(reach(&store), LogRange { oldest: 1, latest: 4 });
    let cut = "DELETE FROM events WHERE seq < 3";
    store.is_sound = false;
    store.write(move |txn| Ok(diesel::sql_query(cut).execute(txn.conn)?)).unwrap();
    assert_eq!(reach(&store), LogRange { oldest: 3, latest: 4 });
}

#[test]
fn the_name_of_the_log_stays_over_restarts() {
    let mut store = TestStore::new();
    let epoch = store.opened().log_epoch.clone();
    store.reopen();
    assert_eq!(store.opened().log_epoch, epoch);
    assert_ne!(TestStore::new().opened().log_epoch, epoch);
}
