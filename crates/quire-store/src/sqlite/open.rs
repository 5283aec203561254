//! Opening a data directory: lock, database, migrations, boot epoch.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use diesel_migrations::MigrationHarness;

use super::check::{CheckFinding, check_consistency};
use super::inspect::{DirectoryInspection, look_through};
use super::log_epoch::log_epoch;
use super::reads::ReadPool;
use super::tables::{MIGRATIONS, file_uri, refuse_newer, refuse_newer_schema};
use super::writer::{Writer, WriterStats, checkpoint};
use crate::blobs::{BlobStore, sync_dir};
use crate::error::StoreError;
use crate::file_modes::{self, ExposedPathCounts};
use crate::home::DataDirectoryIdentity;
use crate::lock::{DirectoryLock, take_lock};
use crate::schema::{owners, server};
use crate::settings::{StoreOptions, StoreSettings};
use crate::transaction::BootContext;
use crate::vault::Vault;
use quire_base::failpoints::{Failpoint, failpoint};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::{Micros, OwnerKey};

/// Older libraries can corrupt a database in a race that resets the write-ahead log.
const SQLITE_AT_LEAST: (u32, u32, u32) = (3, 51, 3);

/// An open data directory. The lock is held as long as this lives.
pub struct OpenStore {
    pub reads: ReadPool,
    pub blobs: BlobStore,
    pub stats: Arc<WriterStats>,
    pub env: BootContext,
    pub vault: Arc<Vault>,
    /// Names the event log: the same over restarts, another one once the files were replaced.
    pub log_epoch: String,
    /// Paths that were open to others until this start.
    pub narrowed: ExposedPathCounts,
    home: DataDirectoryIdentity,
    url: String,
    pub(super) options: StoreOptions,
    _lock: DirectoryLock,
}

const PAGE_BYTES: u64 = 4096;

impl OpenStore {
    /// Takes the directory for this process, brings its tables up to date and starts a new boot epoch.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another server is there, [`StoreError::Unusable`] when it cannot be used.
    pub fn open(options: StoreOptions, now: Micros) -> Result<Self, StoreError> {
        let StoreOptions { data_dir: dir, slots, retry, settings } = &options;
        refuse_foreign_or_newer(dir)?;
        make_dir(dir).map_err(|error| unusable(dir, &error))?;
        let lock = take_lock(dir)?;
        let database = database(dir)?;
        // The file is there; where it is no longer, a connection must not make another.
        let url = format!("{}?mode=rw", file_uri(&database));
        let home = DataDirectoryIdentity::of(dir, &database).map_err(|error| unusable(dir, &error))?;
        let mut conn = establish(&url)?;
        // Again: a newer version may have been here just now.
        refuse_newer(&mut conn).map_err(|error| error.about(dir))?;
        let narrowed = file_modes::narrow(dir).map_err(|error| unusable(dir, &error))?;
        let blobs = BlobStore::open(dir, settings.syncs_fully()).map_err(|error| unusable(dir, &error))?;
        blobs.remove_abandoned_temp_files().map_err(|error| unusable(dir, &error))?;
        let vault = Arc::new(Vault::open(dir).map_err(|error| unusable(dir, &error))?);
        configure(&mut conn, settings)?;
        require_version(&mut conn)?;
        distrust_log(&mut conn)?;
        conn.run_pending_migrations(MIGRATIONS).map_err(|error| StoreError::Unusable(error.to_string()))?;
        let epoch = begin_epoch(&mut conn, now)?;
        let log_epoch = log_epoch(&mut conn, &database)?;
        failpoint(Failpoint::BootEpoch);
        let reads = ReadPool::open(&url, settings.readers as u32, home.clone())?;
        // A reader that has read holds the log; without one, SQLite would remove it with `conn` and make another.
        reads.run_sqlite(|conn| Ok(server::table.select(server::boot_epoch).first::<i64>(conn)?))?;
        // SQLite does the same when it first syncs a log it made, but takes no notice of a failure.
        sync_dir(dir).map_err(|error| unusable(dir, &error))?;
        let env = BootContext { epoch, slots: *slots, retry: *retry, blobs: blobs.clone() };
        Ok(Self {
            reads,
            blobs,
            stats: Arc::default(),
            env,
            vault,
            log_epoch,
            narrowed,
            home,
            url,
            options,
            _lock: lock,
        })
    }

    /// Opens a writer with a connection of its own; there must be one at a time.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the database cannot be opened.
    pub fn open_writer(&self) -> Result<Writer, StoreError> {
        self.home.require()?;
        let mut conn = establish(&self.url)?;
        configure(&mut conn, &self.options.settings)?;
        let pages = (self.options.settings.checkpoint_wal_mib << 20) / PAGE_BYTES;
        Ok(Writer::new(conn, self.env.clone(), pages as i32, Arc::clone(&self.stats)))
    }

    /// Finds everything that is wrong, in rows and blobs, at one moment; changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be read at all.
    pub fn check_consistency(&self, deep: bool) -> Result<Vec<CheckFinding>, StoreError> {
        self.reads.run_sqlite(|conn| check_consistency(conn, &self.blobs, deep))
    }

    /// The database as it is open here.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be read.
    pub fn inspect(&self) -> Result<DirectoryInspection, StoreError> {
        self.reads.run_sqlite(|conn| look_through(conn, &self.options.data_dir))
    }

    /// Asked before each commit.
    ///
    /// # Errors
    /// [`StoreError::Disk`] when the directory is not where it was opened.
    pub fn require_dir_in_place(&self) -> Result<(), StoreError> {
        self.home.require()
    }

    /// The value of `PRAGMA synchronous` that commits are made with.
    pub fn synchronous_pragma(&self) -> &'static str {
        if self.options.settings.syncs_fully() { "FULL" } else { "NORMAL" }
    }
}

/// Refuses a data directory that this user or this version must keep out of, before anything is written there.
///
/// # Errors
/// [`StoreError::Unusable`] with what to do.
pub fn refuse_foreign_or_newer(dir: &Path) -> Result<(), StoreError> {
    file_modes::refuse_foreign_or_sticky(dir)?;
    refuse_newer_schema(dir)
}

/// Makes the directory and what is missing above it, each name durable.
fn make_dir(dir: &Path) -> io::Result<()> {
    let above = match dir.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    };
    if dir.is_dir() || dir == Path::new(".") {
        return Ok(());
    }
    make_dir(above)?;
    file_modes::make_private_dir(dir)?;
    sync_dir(above)
}

/// Pages that an earlier server left in the log are written and synced anew before anybody trusts them: if that server's
/// last sync failed, the log reads well and is not on the disk, and what is appended to it is lost with it (ADR 8). When
/// another program reads the log just now, it stays, its pages safe in the database.
fn distrust_log(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    match is_disabled(Safeguard::DistrustLog) {
        true => Ok(()),
        false => checkpoint(conn, "TRUNCATE").map(drop),
    }
}

/// The database's file, made where there is none.
fn database(dir: &Path) -> Result<PathBuf, StoreError> {
    let path = dir.join("quire.db");
    file_modes::make_database(&path).map_err(|error| unusable(&path, &error))?;
    Ok(path)
}

/// A connection that waits its turn from the first statement on: whoever closes the last one before it, a server that
/// ends or a person's `sqlite3`, locks the file for a moment.
pub(super) fn establish(url: &str) -> Result<SqliteConnection, StoreError> {
    let refused = |error: &dyn Display| StoreError::Unusable(format!("{url}: {error}"));
    let mut conn = SqliteConnection::establish(url).map_err(|error| refused(&error))?;
    conn.batch_execute("PRAGMA busy_timeout = 5000").map_err(|error| refused(&error))?;
    Ok(conn)
}

fn configure(conn: &mut SqliteConnection, settings: &StoreSettings) -> Result<(), StoreError> {
    let synchronous = if settings.syncs_fully() { "FULL" } else { "NORMAL" };
    conn.batch_execute(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
         PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;
         PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -{};",
        settings.cache_mib << 10
    ))?;
    Ok(())
}

pub(super) fn require_version(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let version = sqlite_version(conn)?;
    if !is_new_enough(&version) {
        return Err(StoreError::Unusable(format!("SQLite {version} is too old; 3.51.3 is needed")));
    }
    Ok(())
}

pub(super) fn sqlite_version(conn: &mut SqliteConnection) -> Result<String, StoreError> {
    let row: Version = diesel::sql_query("SELECT sqlite_version() AS version").get_result(conn)?;
    Ok(row.version)
}

pub(crate) fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next()) >= SQLITE_AT_LEAST
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Text)]
    version: String,
}

fn begin_epoch(conn: &mut SqliteConnection, now: Micros) -> Result<i64, StoreError> {
    conn.immediate_transaction(|conn| {
        diesel::insert_or_ignore_into(server::table)
            .values((server::id.eq(1), server::boot_epoch.eq(0), server::created_at.eq(now)))
            .execute(conn)?;
        diesel::insert_or_ignore_into(owners::table)
            .values((owners::id.eq(OwnerKey::LOCAL.0), owners::name.eq("local"), owners::created_at.eq(now)))
            .execute(conn)?;
        diesel::update(server::table).set(server::boot_epoch.eq(server::boot_epoch + 1)).execute(conn)?;
        server::table.select(server::boot_epoch).first(conn)
    })
    .map_err(StoreError::from)
}

pub(crate) fn unusable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unusable(format!("{}: {error}", path.display()))
}
