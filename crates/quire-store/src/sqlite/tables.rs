//! Schema version: the migrations a database has had, compared with those of this program.
//!
//! **A database of a newer version is not written to**, not even by a start: what this program does not know it would
//! break in silence.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::open::establish;
use crate::error::StoreError;
use quire_base::safeguards::{Safeguard, is_disabled};

pub(super) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations");

/// Schema version of a database compared with this program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaStatus {
    /// None that Quire made.
    None,
    Known,
    /// The next server brings them up to date.
    Older,
    /// One migration that is not known here.
    Newer(String),
}

/// Of the database in this directory, whoever uses it. Nothing is written, not even what its log holds.
///
/// # Errors
/// [`StoreError`] when there is one that cannot be read.
pub fn in_directory(data_dir: &Path) -> Result<SchemaStatus, StoreError> {
    let path = data_dir.join("quire.db");
    if fs::metadata(&path).map_or(0, |file| file.len()) == 0 {
        return Ok(SchemaStatus::None);
    }
    // A file without a log is read as it is: a connection that minds others would make files for that.
    let has_log = fs::metadata(data_dir.join("quire.db-wal")).is_ok_and(|log| log.len() > 0);
    let mode = if has_log { "mode=ro" } else { "immutable=1" };
    let mut conn = establish(&format!("{}?{mode}", file_uri(&path)))?;
    conn.batch_execute("PRAGMA query_only = ON")?;
    tables(&mut conn)
}

/// Refuses a directory whose tables are of a newer version, before anything is written into it. What cannot be read
/// is for whoever opens it to say.
///
/// # Errors
/// [`StoreError::Unusable`] that names the directory, the migration and what to do.
pub fn refuse_newer_in(data_dir: &Path) -> Result<(), StoreError> {
    match in_directory(data_dir) {
        Ok(tables) => refuse(&tables).map_err(|error| error.about(data_dir)),
        Err(_) => Ok(()),
    }
}

pub(super) fn file_uri(path: &Path) -> String {
    let escaped = path.as_os_str().as_encoded_bytes().iter().fold(String::new(), |mut uri, &byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02x}")),
        }
        uri
    });
    format!("file:{escaped}")
}

pub(super) fn tables(conn: &mut SqliteConnection) -> Result<SchemaStatus, StoreError> {
    let count = "SELECT COUNT(*) AS count FROM sqlite_master WHERE name = '__diesel_schema_migrations'";
    if diesel::sql_query(count).get_result::<Count>(conn)?.count == 0 {
        return Ok(SchemaStatus::None);
    }
    let rows: Vec<Applied> =
        diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version").load(conn)?;
    let (known, applied) = (known()?, rows.into_iter().map(|row| row.version).collect::<BTreeSet<_>>());
    Ok(match applied.difference(&known).max() {
        Some(newest) => SchemaStatus::Newer(newest.clone()),
        None if applied.len() < known.len() => SchemaStatus::Older,
        None => SchemaStatus::Known,
    })
}

/// Refuses tables of a newer version.
pub(super) fn refuse_newer(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    refuse(&tables(conn)?)
}

fn refuse(tables: &SchemaStatus) -> Result<(), StoreError> {
    match tables {
        SchemaStatus::Newer(_) if is_disabled(Safeguard::RefuseNewer) => Ok(()),
        SchemaStatus::Newer(migration) => Err(StoreError::Unusable(newer(migration))),
        SchemaStatus::None | SchemaStatus::Known | SchemaStatus::Older => Ok(()),
    }
}

/// Refuses tables of any other version.
pub(super) fn require_known(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    match tables(conn)? {
        SchemaStatus::Known => Ok(()),
        SchemaStatus::Newer(migration) => Err(StoreError::Unusable(newer(&migration))),
        SchemaStatus::None | SchemaStatus::Older => Err(StoreError::Unusable(
            "its tables are of another version of Quire; start that version's server on it, or use that version".into(),
        )),
    }
}

/// Message about tables that are newer than this program.
pub fn newer(migration: &str) -> String {
    format!(
        "its tables are of a newer version of Quire (this one, {}, does not know their migration {migration}); use that \
         version, or a backup from before it",
        env!("CARGO_PKG_VERSION")
    )
}

fn known() -> Result<BTreeSet<String>, StoreError> {
    let known = MigrationSource::<Sqlite>::migrations(&MIGRATIONS);
    let known = known.map_err(|error| StoreError::Unusable(error.to_string()))?;
    // As the table has it: without the words of the name.
    Ok(known.iter().map(|migration| migration.name().version().to_string()).collect())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = Text)]
    version: String,
}
