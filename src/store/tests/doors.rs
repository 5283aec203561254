//! Admission tests: idempotency keys, the lock, the version of the library, readers.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::harness::{TestStore, batch_of, described};
use crate::domain::batch::{BatchEvent, FailurePolicy};
use crate::domain::ids::{BatchKey, OwnerKey};
use crate::store::submit::{self, Idempotency, NewBatch};
use crate::store::writer::write;
use crate::store::{OpenStore, StoreError, batches};

fn keyed(key: &str, fingerprint: &str) -> NewBatch {
    let idempotency = Some(Idempotency { key: key.into(), fingerprint: fingerprint.into() });
    NewBatch { idempotency, ..batch_of(2) }
}

#[test]
fn the_same_request_makes_one_batch_however_often_it_comes() {
    let mut store = TestStore::new();
    let first = store.write(|txn| submit::submit(txn, keyed("k", "f"))).unwrap();
    store.reopen();
    store.running(first.record.key, 1);
    let again = store.write(|txn| submit::submit(txn, keyed("k", "f"))).unwrap();
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!((again.record.key, again.record.id), (first.record.key, first.record.id));
    assert_eq!(again.record.batch.counts.running, 1, "the answer is the batch of today");
    assert_eq!(store.read(|conn| batches::list(conn, OwnerKey::LOCAL, None, None, 10)).unwrap().len(), 1);
}

#[test]
fn two_same_requests_in_one_commit_make_one_batch() {
    let mut store = TestStore::new();
    let (writes, replies): (Vec<_>, Vec<_>) =
        (0..2).map(|_| write("submit", |txn| submit::submit(txn, keyed("k", "f")))).unzip();
    store.commit(writes).unwrap();
    let answers: Vec<_> = replies.into_iter().map(|reply| super::harness::answer(reply).unwrap()).collect();
    assert_eq!(answers.iter().map(|answer| answer.replayed).collect::<Vec<_>>(), [false, true]);
    assert_eq!(answers[0].record.key, answers[1].record.key);
}

#[test]
fn a_key_that_stands_for_another_request_is_refused_and_makes_nothing() {
    let mut store = TestStore::new();
    store.submit(keyed("k", "f"));
    assert!(matches!(store.write(|txn| submit::submit(txn, keyed("k", "g"))), Err(StoreError::KeyReused)));
    assert_eq!(store.submit(keyed("other", "g")).key, BatchKey(2));
}

#[test]
fn a_key_whose_batch_was_undone_is_free() {
    let mut store = TestStore::new();
    let failed = store.write(|txn| {
        submit::submit(txn, keyed("k", "f"))?;
        Err::<(), _>(StoreError::Conflict("on purpose".into()))
    });
    assert!(failed.is_err());
    assert!(!store.write(|txn| submit::submit(txn, keyed("k", "g"))).unwrap().replayed);
}

#[test]
fn a_second_server_on_the_same_directory_is_refused() {
    let mut store = TestStore::new();
    let second = OpenStore::open(store.settings(), store.now);
    assert!(matches!(second.err(), Some(StoreError::Locked(_))));
    let epoch = store.opened().env.epoch;
    store.reopen();
    assert_eq!(store.opened().env.epoch, epoch + 1, "the refused one was no boot");
}

/// As whoever closes the last connection does: for a moment it has the file for itself.
#[test]
fn a_database_that_another_program_is_just_leaving_is_waited_for() {
    let mut store = TestStore::new();
    let path = store.settings().data_dir.join("quire.db");
    store.close();
    let mut other = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    other
        .batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA locking_mode = EXCLUSIVE;
             BEGIN IMMEDIATE; PRAGMA user_version = 2; COMMIT",
        )
        .unwrap();
    let leaves = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        drop(other);
    });
    store.reopen();
    leaves.join().unwrap();
}

#[test]
fn the_library_is_new_enough_and_an_old_one_would_be_refused() {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let store = TestStore::new();
    let sql = "SELECT sqlite_version() AS version";
    let Version { version } = store.read(|conn| diesel::sql_query(sql).get_result(conn)).unwrap();
    assert!(crate::store::open::is_new_enough(&version), "{version}");
    for old in ["3.51.2", "3.50.99", "2.99.99", "", "x"] {
        assert!(!crate::store::open::is_new_enough(old), "{old}");
    }
    for new in ["3.51.3", "3.52.0", "4.0.0"] {
        assert!(crate::store::open::is_new_enough(new), "{new}");
    }
}

#[test]
fn readers_cannot_write() {
    let mut store = TestStore::new();
    store.submit(batch_of(1));
    for sql in [
        "UPDATE batches SET rev = 9",
        "DELETE FROM events",
        "CREATE TABLE t (x)",
        "INSERT INTO owners VALUES (9, 'x', 0, 0)",
    ] {
        let refused = store.read(|conn| conn.batch_execute(sql)).map_err(StoreError::from);
        assert!(refused.is_err_and(|error| error.is_disk()), "{sql}");
    }
}

#[test]
fn a_read_that_fails_or_panics_does_not_spoil_its_connection() {
    let mut store = TestStore::new();
    let reads = store.opened().reads.clone();
    for _ in 0..20 {
        let failed = reads.run(|_| Err::<(), _>(StoreError::NotFound("thing")));
        assert!(matches!(failed, Err(StoreError::NotFound("thing"))));
        let panicked = std::panic::AssertUnwindSafe(|| reads.run(|_| -> Result<(), _> { panic!("on purpose") }));
        assert!(std::panic::catch_unwind(panicked).is_err());
    }
    let batch = store.submit(batch_of(1)).key;
    assert_eq!(store.record(batch).batch.counts.total, 1, "an old snapshot would not see it");
}

#[test]
fn verbs_that_the_state_forbids_are_refused_and_change_nothing() {
    let mut store = TestStore::new();
    let batch = store.submit(described(0, |spec| spec.on_failure = FailurePolicy::FailFast)).key;
    store.tick(batch, Vec::new(), 0);
    let ended = store.record(batch);
    assert!(ended.batch.is_ended());
    for event in [BatchEvent::CancelAsked, BatchEvent::ResumeAsked, BatchEvent::Extended { items: 1 }] {
        assert!(matches!(store.control(batch, event), Err(StoreError::Refused(_))), "{event:?}");
    }
    assert_eq!(format!("{:?}", store.record(batch)), format!("{ended:?}"));
}
