//! Content-addressed files: named by the sha256 of their bytes, stored once, never changed.
//!
//! Written to a temporary file, synced, renamed, the directory synced; only then may a row name them. That is done even
//! when the same bytes are there already: nobody knows whether whoever put them there got as far as the last sync, and
//! after a sync that failed only bytes written anew are worth another one. A blob's age, by which [`super::orphans`]
//! knows what nobody is about to name, counts from the last time somebody finished or held it.

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest, Sha256};

use super::private;
use super::proof::Proofs;
use super::protection::{Protection, is_removed};
use crate::clock;
use crate::domain::ids::Micros;
use crate::planned::{Point, point};

const PROBE_BYTES: usize = 64 << 10;

/// Where blobs live. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    pub(super) root: PathBuf,
    pub(super) incoming: PathBuf,
    sync: bool,
    /// Whatever is held from then on is younger.
    pub(super) opened_at: Micros,
    /// Temporary files that somebody writes. Shut while a look at a blob's age decides what becomes of it.
    door: Arc<Mutex<HashSet<PathBuf>>>,
    pub(super) proofs: Proofs,
}

/// What a finished blob is called and how large it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// 64 lower-case hex digits.
    pub sha256: String,
    pub size_bytes: u64,
}

/// A blob that is held again sooner stays as it is: `store.orphan_grace_secs` is at least twice as long.
const YOUNG_SECS: i64 = 30;

impl Blobs {
    /// # Errors
    /// When the directories cannot be made.
    pub fn open(data_dir: &Path, sync: bool) -> io::Result<Self> {
        let blobs = Self::at(data_dir, sync);
        private::make_dir(&blobs.incoming)?;
        private::make_dir(&blobs.root)?;
        for prefix in 0..=255u8 {
            private::make_dir(&blobs.root.join(format!("{prefix:02x}")))?;
        }
        // A blob is no more durable than the names of the directories above it.
        sync_dir(&blobs.root)?;
        sync_dir(data_dir)?;
        Ok(blobs)
    }

    /// The same without touching the disk.
    pub(super) fn at(data_dir: &Path, sync: bool) -> Self {
        let (root, incoming) = (data_dir.join("blobs"), data_dir.join("incoming"));
        Self { root, incoming, sync, opened_at: clock::now(), door: Arc::default(), proofs: Proofs::default() }
    }

    /// Begins a blob; dropped unfinished, it leaves nothing behind.
    ///
    /// # Errors
    /// When the temporary file cannot be made.
    pub fn begin(&self) -> io::Result<Spool> {
        let path = self.incoming.join(uuid::Uuid::now_v7().simple().to_string());
        self.shut().insert(path.clone());
        match private::create_new(&path) {
            Ok(file) => {
                Ok(Spool { blobs: self.clone(), file, path, digest: Sha256::new(), size_bytes: 0, named: false })
            }
            Err(error) => {
                self.shut().remove(&path);
                Err(error)
            }
        }
    }

    /// Whether a blob can be made durable now: makes one that is like no other, and removes it.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn probe(&self) -> io::Result<()> {
        let mut spool = self.begin()?;
        spool.write(&uuid::Uuid::now_v7().as_bytes().repeat(PROBE_BYTES / 16))?;
        fs::remove_file(self.path(&spool.finish()?.sha256))
    }

    /// # Errors
    /// When there is no such blob or it cannot be read.
    pub fn read(&self, sha256: &str) -> io::Result<File> {
        File::open(self.path(sha256))
    }

    /// Makes the blob young, so that the janitor leaves it alone; false when there is none.
    ///
    /// # Errors
    /// When the disk does not say.
    pub fn hold(&self, sha256: &str) -> io::Result<bool> {
        let _shut = self.shut();
        self.freshen(&self.path(sha256))
    }

    pub fn path(&self, sha256: &str) -> PathBuf {
        let (prefix, rest) = sha256.split_at(sha256.len().min(2));
        self.root.join(prefix).join(rest)
    }

    /// The age of a blob that is there counts from now; false when there is none.
    fn freshen(&self, path: &Path) -> io::Result<bool> {
        let found = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            found => found?,
        };
        let now = clock::now();
        if !is_removed(Protection::Freshening) && modified(&found) < self.opened_at.max(now - YOUNG_SECS * 1_000_000) {
            File::open(path)?.set_modified(time(now))?;
        }
        Ok(true)
    }

    /// Between a look and the deed that follows from it; holds the temporary files that somebody writes.
    pub(super) fn shut(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A blob being written. Its calls block on the disk.
#[derive(Debug)]
pub struct Spool {
    blobs: Blobs,
    file: File,
    path: PathBuf,
    digest: Sha256,
    size_bytes: u64,
    named: bool,
}

impl Spool {
    /// # Errors
    /// When the disk does not take the bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.digest.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Makes the blob durable and gives it its name.
    ///
    /// # Errors
    /// When the disk fails; the blob does not exist then.
    pub fn finish(mut self) -> io::Result<BlobRef> {
        let sha256 = hex(&self.digest.finalize_reset());
        let target = self.blobs.path(&sha256);
        let blob = BlobRef { sha256, size_bytes: self.size_bytes };
        // The last byte may have come long ago.
        self.file.set_modified(time(clock::now()))?;
        if self.blobs.sync {
            self.file.sync_all()?;
        }
        point(Point::BlobSynced);
        self.take_name(&target)?;
        point(Point::BlobRenamed);
        if let (true, Some(parent)) = (self.blobs.sync, target.parent()) {
            sync_dir(parent)?;
        }
        point(Point::BlobDurable);
        Ok(blob)
    }

    fn take_name(&mut self, target: &Path) -> io::Result<()> {
        let _shut = self.blobs.shut();
        fs::rename(&self.path, target)?;
        self.named = true;
        Ok(())
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if !self.named {
            // Nobody waits for it; what stays is swept by the janitor.
            let _ = fs::remove_file(&self.path);
        }
        self.blobs.shut().remove(&self.path);
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

fn time(at: Micros) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(at.max(0) as u64)
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
