//! A blob on its way: [`BlobWriter`], written in pieces to a temporary file; [`StagedBlob`], durable and without a name;
//! [`PublishedBlob`], what rows may refer to. Their calls block on the disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::blobs::{BlobRef, BlobStore, sync_dir, time, to_hex};
use super::file_modes;
use quire_base::clock;
use quire_base::failpoints::{Failpoint, failpoint};

/// A blob that is being written, in a temporary file. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct BlobWriter {
    temp: TempBlob,
    file: File,
    digest: Sha256,
    size_bytes: u64,
}

/// A blob whose bytes are complete and durable, and which has no name yet. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub struct StagedBlob {
    pub blob: BlobRef,
    pub(super) temp: TempBlob,
}

/// A blob that has its final name, its sha256: rows may refer to it.
#[derive(Debug)]
pub struct PublishedBlob {
    pub blob: BlobRef,
    /// No blob had this name.
    pub(super) is_new: bool,
    pub(super) inode: u64,
}

/// A temporary file that the janitor leaves alone.
#[derive(Debug)]
pub(super) struct TempBlob {
    blobs: BlobStore,
    pub(super) path: PathBuf,
    is_moved: bool,
}

impl TempBlob {
    /// A name of its own; whoever has it makes the file.
    pub(super) fn new(blobs: &BlobStore) -> Self {
        let path = blobs.incoming.join(uuid::Uuid::now_v7().simple().to_string());
        blobs.shut().insert(path.clone());
        Self { blobs: blobs.clone(), path, is_moved: false }
    }
}

impl BlobWriter {
    pub(super) fn begin(blobs: &BlobStore) -> io::Result<Self> {
        let temp = TempBlob::new(blobs);
        let file = file_modes::create_new(&temp.path)?;
        Ok(Self { temp, file, digest: Sha256::new(), size_bytes: 0 })
    }

    /// Appends bytes.
    ///
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

    /// Makes the bytes durable, without a name.
    ///
    /// # Errors
    /// When the disk fails; nothing is left behind.
    pub fn sync(self) -> io::Result<StagedBlob> {
        if self.temp.blobs.sync {
            self.file.sync_all()?;
        }
        failpoint(Failpoint::BlobSynced);
        let blob = BlobRef { sha256: to_hex(&self.digest.finalize()), size_bytes: self.size_bytes };
        Ok(StagedBlob { blob, temp: self.temp })
    }

    /// Makes the blob durable and gives it its final name.
    ///
    /// # Errors
    /// When the disk fails; the blob does not exist then.
    pub fn publish(self) -> io::Result<BlobRef> {
        let named = self.sync()?.name()?;
        Ok(named.blob)
    }
}

impl StagedBlob {
    fn name(self) -> io::Result<PublishedBlob> {
        let blobs = self.temp.blobs.clone();
        let named = self.take_name()?;
        if let (true, Some(folder)) = (blobs.sync, blobs.blob_path(&named.blob.sha256).parent()) {
            sync_dir(folder)?;
        }
        failpoint(Failpoint::BlobDurable);
        Ok(named)
    }

    /// The name is durable when its folder is.
    pub(super) fn take_name(mut self) -> io::Result<PublishedBlob> {
        let (path, target) = (&self.temp.path, self.temp.blobs.blob_path(&self.blob.sha256));
        // The last byte may have come long ago.
        let file = File::open(path)?;
        file.set_modified(time(clock::now()))?;
        let inode = file.metadata()?.ino();
        let is_new = {
            let _shut = self.temp.blobs.shut();
            let is_new = !target.try_exists()?;
            fs::rename(path, &target)?;
            is_new
        };
        self.temp.is_moved = true;
        failpoint(Failpoint::BlobRenamed);
        Ok(PublishedBlob { blob: self.blob.clone(), is_new, inode })
    }
}

impl Drop for TempBlob {
    fn drop(&mut self) {
        if !self.is_moved {
            // Nobody waits for it; what stays is swept by the janitor.
            let _ = fs::remove_file(&self.path);
        }
        self.blobs.shut().remove(&self.path);
    }
}
