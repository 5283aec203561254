//! Read-only inspection of a data directory: no lock, no connection, no new file.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::open::{is_new_enough, sqlite_version};
use super::tables::{self, SchemaStatus};
use crate::error::StoreError;

/// Journal mode in the database file's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalMode {
    Wal,
    /// As a database is that no server has opened yet, or that another program has changed.
    Rollback,
    /// The file does not begin as a database does.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// None where there is no database yet.
    pub journal: Option<JournalMode>,
    /// None where they cannot be read.
    pub tables: Option<SchemaStatus>,
    /// The process that holds the directory's lock.
    pub held_by: Option<u32>,
}

/// # Errors
/// [`StoreError::Unusable`] when there is a database that cannot be read.
pub fn look(data_dir: &Path) -> Result<Inspection, StoreError> {
    let path = data_dir.join("quire.db");
    let unusable = |error: std::io::Error| StoreError::Unusable(format!("{}: {error}", path.display()));
    let journal = match File::open(&path) {
        Ok(file) => Some(journal_mode(&file).map_err(unusable)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(unusable(error)),
    };
    let is_database = journal.is_some_and(|mode| mode != JournalMode::Unknown);
    let tables = if is_database { tables::in_directory(data_dir).ok() } else { Some(SchemaStatus::None) };
    // A server of before holds the file alone.
    let held_by = holder(data_dir).or_else(|| holder(&data_dir.join("lock")));
    Ok(Inspection { journal, tables, held_by })
}

/// As [`look`], through a connection that is open: a process must not open and close the database's file beside SQLite,
/// whose locks on it would be gone.
pub(super) fn look_through(conn: &mut SqliteConnection, data_dir: &Path) -> Result<Inspection, StoreError> {
    let mode: Mode = diesel::sql_query("SELECT journal_mode AS mode FROM pragma_journal_mode").get_result(conn)?;
    let journal = if mode.mode == "wal" { JournalMode::Wal } else { JournalMode::Rollback };
    let tables = tables::tables(conn).ok();
    Ok(Inspection { journal: Some(journal), tables, held_by: holder(data_dir) })
}

#[derive(QueryableByName)]
struct Mode {
    #[diesel(sql_type = diesel::sql_types::Text)]
    mode: String,
}

/// The version of the library within this program, and whether it is new enough.
///
/// # Errors
/// [`StoreError`] when it does not even open a database in memory.
pub fn library() -> Result<(String, bool), StoreError> {
    let mut conn = SqliteConnection::establish(":memory:").map_err(|error| StoreError::Unusable(error.to_string()))?;
    let version = sqlite_version(&mut conn)?;
    let is_new = is_new_enough(&version);
    Ok((version, is_new))
}

/// Bytes 18 and 19 of the header are the versions that one must know to write and to read the file; 2 is WAL.
fn journal_mode(file: &File) -> std::io::Result<JournalMode> {
    let mut header = [0; 20];
    match file.read_exact_at(&mut header, 0) {
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(JournalMode::Unknown),
        other => other?,
    }
    Ok(match (header.starts_with(b"SQLite format 3\0"), header[18], header[19]) {
        (true, 2, 2) => JournalMode::Wal,
        (true, 1, 1) => JournalMode::Rollback,
        _ => JournalMode::Unknown,
    })
}

/// As the kernel lists it: to try for the lock would take it for a moment, and a server that starts then would refuse.
fn holder(locked: &Path) -> Option<u32> {
    let inode = fs::metadata(locked).ok()?.ino();
    holder_in(&fs::read_to_string("/proc/locks").ok()?, inode)
}

/// Lines such as `3: FLOCK  ADVISORY  WRITE 2315 fe:00:1835020 0 EOF`.
fn holder_in(locks: &str, inode: u64) -> Option<u32> {
    let wanted = inode.to_string();
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let is_flock = words.next()? == "FLOCK";
        let (pid, file) = (words.nth(2)?, words.next()?);
        (is_flock && file.rsplit(':').next() == Some(wanted.as_str())).then(|| pid.parse().ok())?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_holder_of_the_lock_is_read_from_the_kernels_list() {
        let locks = "1: POSIX  ADVISORY  WRITE 7 fe:00:18 0 EOF\n2: FLOCK  ADVISORY  WRITE 2315 fe:00:18 0 EOF\n\
                     2: -> FLOCK  ADVISORY  WRITE 9 fe:00:20 0 EOF\n";
        assert_eq!(holder_in(locks, 18), Some(2315));
        assert_eq!(holder_in(locks, 1), None);
        assert_eq!(holder_in(locks, 20), None, "one that only waits holds nothing");
    }
}
