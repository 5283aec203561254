//! The store as it is: its parts, its rows, and SQL past it.

use std::path::Path;
use std::thread;

use diesel::connection::SimpleConnection as _;
use quire_store::testing::{self, SqliteConnection};

use super::TestStore;
use crate::config::Config;
use quire_domain::ids::BatchKey;
use quire_store::batches::BatchRecord;
use quire_store::check::CheckFinding;
use quire_store::offline::OfflineStore;
use quire_store::{OpenStore, StoreOptions, StoreSettings, StoreSnapshot, Synchronous, Writer};

impl TestStore {
    pub(crate) fn close(&mut self) {
        self.writer = None;
        self.opened = None;
    }

    pub(crate) fn options(&self) -> StoreOptions {
        let defaults = Config::load(None, &[]).unwrap().store;
        let settings = StoreSettings {
            synchronous: Synchronous::Normal,
            readers: 2,
            checkpoint_wal_mib: 1,
            cache_mib: 2,
            ..defaults
        };
        StoreOptions { data_dir: self.dir.path().to_path_buf(), slots: self.slots, retry: self.retry, settings }
    }

    pub(crate) fn data_dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().unwrap()
    }

    pub(crate) fn opened(&self) -> &OpenStore {
        self.opened.as_ref().unwrap()
    }

    /// The writer's actor panicked: another writer on the same data, in the same boot.
    pub(crate) fn restart_writer(&mut self) {
        self.writer = None;
        self.writer = Some(self.opened().writer().unwrap());
    }

    /// A look as `quire fsck` takes it while no server runs; the server starts again after it.
    pub(crate) fn offline<T>(&mut self, look: impl FnOnce(&mut OfflineStore) -> T) -> T {
        (self.writer, self.opened) = (None, None);
        let looked = look(&mut OfflineStore::open(self.dir.path()).unwrap());
        self.reopen();
        looked
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&mut dyn StoreSnapshot) -> T) -> T {
        self.opened().reads.run(|snapshot| Ok(read(snapshot))).unwrap()
    }

    pub(crate) fn record(&self, batch: BatchKey) -> BatchRecord {
        self.read(|snapshot| snapshot.batch(batch)).unwrap()
    }

    /// Runs SQL past the store, and past every reference.
    pub(crate) fn execute_sql(&self, sql: &str) {
        testing::vandal(self.data_dir()).batch_execute(sql).unwrap();
    }

    /// The one number that a query named `number` answers.
    pub(crate) fn query_number(&self, sql: &str) -> i64 {
        testing::query_number(&mut testing::vandal(self.data_dir()), sql)
    }

    /// Rows that the writer's connection has changed so far.
    pub(crate) fn total_changes(&mut self) -> i64 {
        testing::query_number(testing::connection_of(self.writer()), "SELECT total_changes() AS number")
    }

    /// A read with one of the store's own connections.
    pub(crate) fn read_sqlite<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> T) -> T {
        testing::read_sqlite(self.opened(), read)
    }

    /// Findings of the recount, blob bytes included.
    pub(crate) fn findings(&self) -> Vec<CheckFinding> {
        self.read_sqlite(|conn| testing::findings(conn, &self.opened().blobs)).unwrap()
    }

    pub(crate) fn assert_sound(&self) {
        let findings: Vec<_> = self.findings().iter().map(ToString::to_string).collect();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

impl Drop for TestStore {
    fn drop(&mut self) {
        if self.is_sound && !thread::panicking() {
            self.assert_sound();
        }
    }
}
