//! A data directory that no server uses: looked at and repaired, without a new boot.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::MigrationHarness;

use super::batches;
use super::blobs::Blobs;
use super::check::{self, Depth, Finding, Survey, is_damage};
use super::error::StoreError;
use super::open::{MIGRATIONS, require_version, take_lock};
use super::repair::{self, Repaired};
use crate::domain::ids::{BatchId, BatchKey, Micros};

/// The lock is held as long as this lives.
pub struct Offline {
    conn: SqliteConnection,
    blobs: Blobs,
    _lock: File,
}

impl Offline {
    /// Changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while a server is there, [`StoreError::Unusable`] when there is no database of this version.
    pub fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join("quire.db");
        if !path.is_file() {
            return Err(StoreError::Unusable(format!("{}: there is no quire.db", data_dir.display())));
        }
        let lock = take_lock(data_dir)?;
        let url = path.to_string_lossy();
        let mut conn = SqliteConnection::establish(&url).map_err(|error| StoreError::Unusable(error.to_string()))?;
        unless_damaged(require_version(&mut conn))?;
        require_tables(&mut conn)?;
        let mut offline = Self { conn, blobs: Blobs::at(data_dir, true), _lock: lock };
        offline.allow_writes(false)?;
        Ok(offline)
    }

    /// # Errors
    /// [`StoreError`] when the database cannot be read at all.
    pub fn survey(&mut self, depth: Depth) -> Result<Survey, StoreError> {
        check::survey(&mut self.conn, &self.blobs, depth)
    }

    /// # Errors
    /// [`StoreError`] when nothing could be written.
    pub fn repair(&mut self, now: Micros) -> Result<Vec<Repaired>, StoreError> {
        self.allow_writes(true)?;
        let repaired = repair::repair(&mut self.conn, &self.blobs, now);
        self.allow_writes(false)?;
        repaired
    }

    /// The public ids of the batches that the findings name, as far as they can be read.
    pub fn ids(&mut self, findings: &[Finding]) -> BTreeMap<BatchKey, BatchId> {
        let keys: Vec<BatchKey> = findings.iter().filter_map(|finding| finding.batch).collect();
        let mut ids = BTreeMap::new();
        for key in keys {
            if let (false, Ok(id)) = (ids.contains_key(&key), batches::public_id(&mut self.conn, key)) {
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

/// A file that is no database any more is for the survey to say.
fn unless_damaged(done: Result<(), StoreError>) -> Result<(), StoreError> {
    match done {
        Err(StoreError::Database(error)) if is_damage(&error.to_string()) => Ok(()),
        done => done,
    }
}

fn require_tables(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    match is_of_this_version(conn) {
        Ok(true) => Ok(()),
        Err(words) if is_damage(&words) => Ok(()),
        Ok(false) => Err(StoreError::Unusable(
            "its tables are of another version of Quire; start that version's server on it, or use that version".into(),
        )),
        Err(words) => Err(StoreError::Unusable(words)),
    }
}

fn is_of_this_version(conn: &mut SqliteConnection) -> Result<bool, String> {
    let words = |error: Box<dyn std::error::Error + Send + Sync>| error.to_string();
    let known = diesel::migration::MigrationSource::<Sqlite>::migrations(&MIGRATIONS).map_err(words)?.len();
    let applied = conn.applied_migrations().map_err(words)?.len();
    Ok(applied == known && !conn.has_pending_migration(MIGRATIONS).map_err(words)?)
}
