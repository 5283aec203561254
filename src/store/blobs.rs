//! Content-addressed files: named by the sha256 of their bytes, stored once, never changed.
//!
//! Written to a temporary file, synced, renamed, the directory synced; only then may a row name them. That is done even
//! when the same bytes are there already: nobody knows whether whoever put them there got as far as the last sync, and
//! after a sync that failed only bytes written anew are worth another one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::planned::{Point, point};

const PROBE_BYTES: usize = 64 << 10;

/// Where blobs live. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Blobs {
    root: PathBuf,
    incoming: PathBuf,
    sync: bool,
}

/// What a finished blob is called and how large it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// 64 lower-case hex digits.
    pub sha256: String,
    pub size_bytes: u64,
}

impl Blobs {
    /// # Errors
    /// When the directories cannot be made.
    pub fn open(data_dir: &Path, sync: bool) -> io::Result<Self> {
        let root = data_dir.join("blobs");
        let incoming = data_dir.join("incoming");
        fs::create_dir_all(&incoming)?;
        for prefix in 0..=255u8 {
            fs::create_dir_all(root.join(format!("{prefix:02x}")))?;
        }
        // A blob is no more durable than the names of the directories above it.
        sync_dir(&root)?;
        sync_dir(data_dir)?;
        Ok(Self { root, incoming, sync })
    }

    /// Begins a blob; dropped unfinished, it leaves nothing behind.
    ///
    /// # Errors
    /// When the temporary file cannot be made.
    pub fn begin(&self) -> io::Result<Spool> {
        let path = self.incoming.join(uuid::Uuid::now_v7().simple().to_string());
        let file = File::create_new(&path)?;
        Ok(Spool { blobs: self.clone(), file, path, digest: Sha256::new(), size_bytes: 0, named: false })
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

    /// Removes what unfinished uploads of an earlier boot left behind.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn sweep_incoming(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.incoming)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(())
    }

    pub fn path(&self, sha256: &str) -> PathBuf {
        let (prefix, rest) = sha256.split_at(sha256.len().min(2));
        self.root.join(prefix).join(rest)
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
        if self.blobs.sync {
            self.file.sync_all()?;
        }
        point(Point::BlobSynced);
        fs::rename(&self.path, &target)?;
        self.named = true;
        point(Point::BlobRenamed);
        if let (true, Some(parent)) = (self.blobs.sync, target.parent()) {
            sync_dir(parent)?;
        }
        point(Point::BlobDurable);
        Ok(blob)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        if !self.named {
            // Nobody waits for it; what stays is swept at the next start.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the names in a directory durable.
///
/// # Errors
/// When the disk fails.
pub(super) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
