//! Content-addressed files: named by the sha256 of their bytes, stored once, never changed.
//!
//! Written to a temporary file, synced, renamed, the directory synced; only then may a row name them. That is done even
//! when the same bytes are there already: nobody knows whether whoever put them there got as far as the last sync, and
//! after a sync that failed only bytes written anew are worth another one. A blob's age, by which [`super::orphans`]
//! knows what nobody is about to name, counts from the last time somebody finished or held it.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use super::blob_writer::{BlobWriter, PublishedBlob, StagedBlob};
use super::file_modes;
use super::verified_reader::VerifiedBlobs;
use quire_base::clock;
use quire_base::failpoints::{Failpoint, failpoint};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::Micros;

const PROBE_BYTES: usize = 64 << 10;

/// The store of files by their sha256. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BlobStore {
    pub(super) root: PathBuf,
    pub(super) incoming: PathBuf,
    pub(super) sync: bool,
    /// Time of the opening: blobs held from then on are younger.
    pub(super) opened_at: Micros,
    /// Temporary files that somebody writes. Shut while a look at a blob's age decides what becomes of it.
    door: Arc<Mutex<HashSet<PathBuf>>>,
    pub(super) proofs: VerifiedBlobs,
}

/// Name (sha256) and size of a finished blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// 64 lower-case hex digits.
    pub sha256: String,
    pub size_bytes: u64,
}

/// A blob that is held again sooner stays as it is: `store.orphan_grace_secs` is at least twice as long.
const YOUNG_SECS: i64 = 30;

impl BlobStore {
    /// Free space for this process where the blobs lie, in MiB.
    ///
    /// # Errors
    /// When the directory cannot be looked at.
    pub fn free_disk_mib(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.root)?;
        Ok((stat.f_bavail * stat.f_frsize) >> 20)
    }

    /// Opens the blob store of a data directory, made where there is none.
    ///
    /// # Errors
    /// When the directories cannot be made.
    pub fn open(data_dir: &Path, sync: bool) -> io::Result<Self> {
        let blobs = Self::at(data_dir, sync);
        file_modes::make_private_dir(&blobs.incoming)?;
        file_modes::make_private_dir(&blobs.root)?;
        for prefix in 0..=255u8 {
            file_modes::make_private_dir(&blobs.root.join(format!("{prefix:02x}")))?;
        }
        // A blob is no more durable than the names of the directories above it.
        sync_dir(&blobs.root)?;
        sync_dir(data_dir)?;
        Ok(blobs)
    }

    /// The same without touching the disk.
    pub(super) fn at(data_dir: &Path, sync: bool) -> Self {
        let (root, incoming) = (data_dir.join("blobs"), data_dir.join("incoming"));
        Self { root, incoming, sync, opened_at: clock::now(), door: Arc::default(), proofs: VerifiedBlobs::default() }
    }

    /// Begins to write a blob; dropped unfinished, it leaves nothing behind.
    ///
    /// # Errors
    /// When the temporary file cannot be made.
    pub fn begin_blob(&self) -> io::Result<BlobWriter> {
        BlobWriter::begin(self)
    }

    /// Whether a blob can be made durable now: makes one that is like no other, and removes it.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn probe_write(&self) -> io::Result<()> {
        let mut writer = self.begin_blob()?;
        writer.write(&uuid::Uuid::now_v7().as_bytes().repeat(PROBE_BYTES / 16))?;
        fs::remove_file(self.blob_path(&writer.publish()?.sha256))
    }

    /// Gives synced blobs their final names, each content once; all of them, or none.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn publish_all(&self, synced: Vec<StagedBlob>) -> io::Result<Vec<PublishedBlob>> {
        let mut published: Vec<PublishedBlob> = Vec::with_capacity(synced.len());
        let mut contents = HashSet::new();
        let fresh = synced.into_iter().filter(|synced| contents.insert(synced.blob.sha256.clone()));
        let done = fresh.map(StagedBlob::take_name).try_for_each(|taken| taken.map(|taken| published.push(taken)));
        let done = done.and_then(|()| self.sync_folders(&published));
        if let Err(error) = done {
            self.unpublish_new(&published)?;
            return Err(error);
        }
        published.iter().for_each(|_| failpoint(Failpoint::BlobDurable));
        Ok(published)
    }

    fn sync_folders(&self, published: &[PublishedBlob]) -> io::Result<()> {
        let paths: Vec<PathBuf> = published.iter().map(|published| self.blob_path(&published.blob.sha256)).collect();
        let folders: BTreeSet<&Path> = paths.iter().filter_map(|path| path.parent()).collect();
        folders.into_iter().filter(|_| self.sync).try_for_each(sync_dir)
    }

    /// Removes again those just published that nobody else can have named in a row: they were new, and nobody has
    /// finished the same bytes since. To be asked only when it is sure that no row was written for them.
    ///
    /// # Errors
    /// When a file that is there cannot be removed.
    pub fn unpublish_new(&self, published: &[PublishedBlob]) -> io::Result<()> {
        for published in published.iter().filter(|published| published.is_new) {
            let path = self.blob_path(&published.blob.sha256);
            let _shut = self.shut();
            if fs::metadata(&path).is_ok_and(|found| found.ino() == published.inode) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Opens a blob's file for reading.
    ///
    /// # Errors
    /// When there is no such blob or it cannot be read.
    pub fn open_blob(&self, sha256: &str) -> io::Result<File> {
        File::open(self.blob_path(sha256))
    }

    /// Makes the blob's age count from now, so that the janitor leaves it alone; false when there is none.
    ///
    /// # Errors
    /// When the disk does not say.
    pub fn touch(&self, sha256: &str) -> io::Result<bool> {
        let _shut = self.shut();
        self.make_young(&self.blob_path(sha256))
    }

    /// The path of the blob with this name, whether it is there or not.
    pub fn blob_path(&self, sha256: &str) -> PathBuf {
        let (prefix, rest) = sha256.split_at(sha256.len().min(2));
        self.root.join(prefix).join(rest)
    }

    /// The age of a blob that is there counts from now; false when there is none.
    fn make_young(&self, path: &Path) -> io::Result<bool> {
        let found = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            found => found?,
        };
        let now = clock::now();
        if !is_disabled(Safeguard::Freshening) && modified(&found) < self.opened_at.max(now - YOUNG_SECS * 1_000_000) {
            File::open(path)?.set_modified(time(now))?;
        }
        Ok(true)
    }

    /// Between a look and the deed that follows from it; holds the temporary files that somebody writes.
    pub(super) fn shut(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the names in a directory durable.
///
/// # Errors
/// When the disk fails.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// When the file was held last.
pub(super) fn modified(file: &Metadata) -> Micros {
    let since = file.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| since.as_micros() as Micros)
}

pub(super) fn time(at: Micros) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(at.max(0) as u64)
}

/// Lower-case hex.
pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
