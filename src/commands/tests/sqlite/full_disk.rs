//! A disk that takes no more: nobody's write was done, everybody hears so, and it works again when there is space.

use quire_store::testing::{connection_of, vandal};
use std::sync::atomic::Ordering;
use std::sync::mpsc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer};

use crate::commands::report::{AttemptOutcome, AttemptReport};
use crate::commands::submit;
use crate::commands::tests::harness::{TestStore, answer, batch_of, failure, turn_of};
use crate::commands::tick::{self, TickRequest};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::ids::BatchKey;
use quire_domain::item::ItemState;
use quire_store::StoreError;
use quire_store::write::write_from_closure;

#[derive(QueryableByName)]
struct Pages {
    #[diesel(sql_type = BigInt)]
    pages: i64,
}

#[derive(QueryableByName)]
struct Log {
    #[diesel(sql_type = Integer)]
    log: i32,
}

impl TestStore {
    fn log_pages(&self) -> i64 {
        let Log { log } =
            diesel::sql_query("PRAGMA wal_checkpoint(NOOP)").get_result(&mut vandal(self.data_dir())).unwrap();
        i64::from(log)
    }

    /// The database may grow by so many pages of 4 KiB from now on.
    fn leave_pages(&mut self, more: i64) {
        let sql = "SELECT page_count AS pages FROM pragma_page_count";
        let conn = connection_of(self.writer());
        let Pages { pages } = diesel::sql_query(sql).get_result(conn).unwrap();
        conn.batch_execute(&format!("PRAGMA max_page_count = {}", pages + more)).unwrap();
    }
}

const PLENTY: i64 = 1 << 20;

#[test]
fn a_full_disk_fails_the_whole_group_and_nothing_of_it_exists() {
    let mut store = TestStore::new();
    let before = store.submit(batch_of(1));
    store.leave_pages(10);
    let (writes, replies): (Vec<_>, Vec<_>) = [1, 20_000, 2]
        .map(|items| write_from_closure("submit", move |txn| Ok(submit::submit(txn, &batch_of(items))?.record)))
        .into_iter()
        .unzip();
    let failed = store.commit(writes);
    assert!(failed.is_err_and(|error| error.is_disk_failure()));
    for reply in replies {
        assert!(matches!(answer(reply), Err(StoreError::Disk(_))));
    }
    assert_eq!(store.opened().stats.failed_commits.load(Ordering::Relaxed), 1);
    assert_eq!(store.read(|snapshot| snapshot.live_batches(None, 10)).unwrap().len(), 1);
    store.assert_sound();

    store.leave_pages(PLENTY);
    let after = store.submit(batch_of(20_000));
    assert_eq!(after.key.0, before.key.0 + 1);
}

#[test]
fn a_disk_that_fills_up_while_the_commit_is_settled_undoes_the_turns_of_everybody() {
    let mut store = TestStore::new();
    let batch = store.submit(batch_of(200)).key;
    let claimed = store.claim(batch, 200);
    let record = store.record(batch);
    let reports: Vec<AttemptReport> = claimed
        .iter()
        .map(|item| {
            let failure = Failure::new(FailureCode::Damaged, "x".repeat(20_000));
            AttemptReport { outcome: AttemptOutcome::Failed(failure), ..crate::commands::tests::harness::success(item) }
        })
        .collect();

    store.leave_pages(40);
    let request = TickRequest { reports: reports.clone(), ..turn_of(batch) };
    let (sender, ran_through) = mpsc::channel();
    let (tick, turn_reply) = write_from_closure("turn", move |txn| {
        let taken = tick::write_tick(txn, &request);
        sender.send(taken.is_ok()).unwrap();
        taken
    });
    let (neighbour, neighbour_reply) = write_from_closure("submit", |txn| submit::submit(txn, &batch_of(1)));
    assert!(store.commit(vec![tick, neighbour]).is_err_and(|error| error.is_disk_failure()));
    assert!(ran_through.recv().unwrap(), "the disk has to fill up after the turn, when its history is written");
    assert!(matches!(answer(turn_reply), Err(StoreError::Disk(_))));
    assert!(matches!(answer(neighbour_reply), Err(StoreError::Disk(_))));
    assert_eq!(format!("{:?}", store.record(batch)), format!("{record:?}"));
    store.assert_sound();

    store.leave_pages(PLENTY);
    let settled = store.tick(batch, reports, 0);
    assert_eq!((settled.fenced, settled.record.batch.counts.in_state(ItemState::Failed)), (0, 200));
}

/// A probe that writes nothing finds every disk sound.
#[test]
fn a_touch_is_a_write() {
    let mut store = TestStore::new();
    for _ in 0..3 {
        let before = store.log_pages();
        store.write(|txn| txn.probe()).unwrap();
        assert!(store.log_pages() > before);
    }
    let before = store.log_pages();
    connection_of(store.writer()).batch_execute("UPDATE server SET boot_epoch = boot_epoch").unwrap();
    assert_eq!(store.log_pages(), before, "this way of touching would be blind");
}

#[test]
fn memory_does_not_run_ahead_of_a_commit_that_failed() {
    let mut store = TestStore::new();
    let batch = store.submit(batch_of(3)).key;
    let claimed = store.running(batch, 3);
    store.leave_pages(0);
    let (report, other) = (failure(&claimed[0], FailureCode::Damaged), batch_of(20_000));
    let failed = store.write(move |txn| {
        tick::write_tick(txn, &TickRequest { reports: vec![report.clone()], ..turn_of(batch) })?;
        submit::submit(txn, &other)
    });
    assert!(failed.is_err_and(|error| error.is_disk_failure()));
    store.leave_pages(PLENTY);
    let record = store.write(move |txn| txn.record(batch)).unwrap();
    assert_eq!((record.batch.counts.running, record.batch.counts.failed), (3, 0));
    assert_eq!(record.key, BatchKey(1));
}
