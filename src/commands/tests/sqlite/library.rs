//! The library and its connections: the version, readers, other programs at the same file.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::commands::tests::harness::{TestStore, batch_of};
use quire_store::testing::is_new_enough;
use quire_store::{OpenStore, StoreError};

#[test]
fn the_library_is_new_enough_and_an_old_one_would_be_refused() {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Text)]
        version: String,
    }
    let store = TestStore::new();
    let sql = "SELECT sqlite_version() AS version";
    let Version { version } = store.read_sqlite(|conn| diesel::sql_query(sql).get_result(conn)).unwrap();
    assert!(is_new_enough(&version), "{version}");
    for old in ["3.51.2", "3.50.99", "2.99.99", "", "x"] {
        assert!(!is_new_enough(old), "{old}");
    }
    for new in ["3.51.3", "3.52.0", "4.0.0"] {
        assert!(is_new_enough(new), "{new}");
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
        let refused = store.read_sqlite(|conn| conn.batch_execute(sql)).map_err(StoreError::from);
        assert!(refused.is_err_and(|error| error.is_disk_failure()), "{sql}");
    }
}

/// As whoever closes the last connection does: for a moment it has the file for itself.
#[test]
fn a_database_that_another_program_is_just_leaving_is_waited_for() {
    let mut store = TestStore::new();
    let path = store.options().data_dir.join("quire.db");
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
fn a_second_server_on_the_same_directory_is_refused() {
    let mut store = TestStore::new();
    let second = OpenStore::open(store.options(), store.now);
    assert!(matches!(second.err(), Some(StoreError::Locked(_))));
    let epoch = store.opened().env.epoch;
    store.reopen();
    assert_eq!(store.opened().env.epoch, epoch + 1, "the refused one was no boot");
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
