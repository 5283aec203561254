//! Epoch of the event log: its name, which clients send along with a `seq`.
//!
//! It is kept in the database and bound to the database's file: a file that was copied back, on whatever way, has
//! another inode or another time of birth, and its log may go on otherwise than the one that clients have seen.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::UNIX_EPOCH;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::error::StoreError;
use crate::schema::server;
use quire_base::clock;

/// The log's name; a new one when it has none, or was moved to another file.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) fn log_epoch(conn: &mut SqliteConnection, file: &Path) -> Result<String, StoreError> {
    let home = home(file)?;
    let (known, at): (Option<String>, Option<String>) =
        server::table.select((server::log_epoch, server::log_home)).first(conn)?;
    if let Some(epoch) = known.filter(|_| at.as_deref() == Some(&home)) {
        return Ok(epoch);
    }
    let epoch = clock::new_log_epoch();
    diesel::update(server::table).set((server::log_epoch.eq(&epoch), server::log_home.eq(&home))).execute(conn)?;
    Ok(epoch)
}

/// Identity of a file, which no other has; file systems without times of birth leave the inode.
fn home(file: &Path) -> Result<String, StoreError> {
    let facts = fs::metadata(file)?;
    let born = facts.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    Ok(format!("{}-{}", facts.ino(), born.map_or(0, |born| born.as_micros())))
}
