//! A data directory that no server uses: inspected and repaired, without a new boot.

use std::collections::BTreeMap;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;

use super::check::{self, CheckFinding, CheckReport, StoreCheckDepth, is_damage};
use super::open::{establish, refuse_foreign_or_newer, require_version};
use super::repair::{self, RepairDone};
use super::tables::require_known;
use crate::batches::BatchQueries as _;
use crate::blobs::BlobStore;
use crate::error::StoreError;
use crate::lock::{DirectoryLock, take_lock};
use quire_domain::ids::{BatchId, BatchKey, Micros};

/// A data directory that no server uses, opened for a check or a repair. The lock is held as long as this lives.
pub struct OfflineStore {
    conn: SqliteConnection,
    blobs: BlobStore,
    _lock: DirectoryLock,
}

impl OfflineStore {
    /// Opens the directory; changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while a server is there, [`StoreError::Unusable`] when there is no database of
    /// this version.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join("quire.db");
        if !path.is_file() {
            return Err(StoreError::Unusable(format!("{}: there is no quire.db", data_dir.display())));
        }
        refuse_foreign_or_newer(data_dir)?;
        let lock = take_lock(data_dir)?;
        let mut conn = establish(&path.to_string_lossy())?;
        unless_damaged(require_version(&mut conn))?;
        unless_damaged(require_known(&mut conn))?;
        let mut offline = Self { conn, blobs: BlobStore::at(data_dir, true), _lock: lock };
        offline.allow_writes(false)?;
        Ok(offline)
    }

    /// Checks rows and blobs, and finds files that no row refers to; changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read at all.
    pub fn check(&mut self, depth: StoreCheckDepth) -> Result<CheckReport, StoreError> {
        check::check_with_leftovers(&mut self.conn, &self.blobs, depth)
    }

    /// Puts right what can be derived from other rows, and removes what nothing refers to.
    ///
    /// # Errors
    /// [`StoreError`] when nothing could be written.
    pub fn repair_derivable(&mut self, now: Micros) -> Result<Vec<RepairDone>, StoreError> {
        self.allow_writes(true)?;
        let repaired = repair::repair_derivable(&mut self.conn, &self.blobs, now);
        self.allow_writes(false)?;
        repaired
    }

    /// The public ids of the batches that the findings name, as far as they can be read.
    pub fn batch_ids_of(&mut self, findings: &[CheckFinding]) -> BTreeMap<BatchKey, BatchId> {
        let keys: Vec<BatchKey> = findings.iter().filter_map(|finding| finding.batch).collect();
        let mut ids = BTreeMap::new();
        for key in keys {
            if let (false, Ok(id)) = (ids.contains_key(&key), self.conn.batch_id(key)) {
                ids.insert(key, id);
            }
        }
        ids
    }

    /// References are left unchecked: rows that break them are what a repair removes.
    fn allow_writes(&mut self, allow: bool) -> Result<(), StoreError> {
        let query_only = if allow { "OFF" } else { "ON" };
        let set = self.conn.batch_execute(&format!(
            "PRAGMA foreign_keys = OFF; PRAGMA query_only = {query_only}; PRAGMA temp_store = MEMORY; \
             PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL"
        ));
        unless_damaged(set.map_err(StoreError::from))
    }
}

/// A file that is no database any more is for the check to say.
fn unless_damaged(done: Result<(), StoreError>) -> Result<(), StoreError> {
    match done {
        Err(StoreError::Database(error)) if is_damage(&error.to_string()) => Ok(()),
        done => done,
    }
}
