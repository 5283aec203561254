//! Bytes of an upload that comes in pieces: one file in `incoming`, named after the upload, which outlives the process.
//!
//! **What the row counts is durable**: a piece is synced before its row is written. What lies behind that is of a piece
//! that did not get so far, and is cut off when the next one begins. A row comes before its file, so a file without an
//! open upload is nobody's ([`BlobStore::partial_uploads`] lists them for whoever can ask the rows).

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::blob_writer::TempBlob;
use super::blobs::{BlobRef, BlobStore, StagedBlob, sync_dir, to_hex};
use super::error::StoreError;
use super::file_modes;
use super::orphans::{RemovedBlobs, entries};
use super::transaction::StoreSnapshot;
use super::uploads::UploadRow;
use quire_base::safeguards::{Safeguard, is_disabled};

/// Before the id in a file's name.
const PREFIX: &str = "upload-";

/// The right to write an upload's bytes: one at a time. The janitor leaves them alone meanwhile.
#[derive(Debug)]
pub struct UploadWriteLock {
    blobs: BlobStore,
    path: PathBuf,
}

/// An upload that takes a piece.
#[derive(Debug)]
pub struct PieceWriter {
    claim: UploadWriteLock,
    /// None before the first bytes: a piece that is refused leaves no file.
    file: Option<File>,
    size_bytes: u64,
}

impl BlobStore {
    /// None while somebody else writes it.
    pub fn lock_upload(&self, id: Uuid) -> Option<UploadWriteLock> {
        let path = self.upload_path(id);
        let is_free = self.shut().insert(path.clone()) || is_disabled(Safeguard::UploadWriteLock);
        is_free.then(|| UploadWriteLock { blobs: self.clone(), path })
    }

    /// Bytes of the upload that are durable: what the row counts, as far as it is there.
    ///
    /// # Errors
    /// When the disk does not say.
    pub fn upload_offset(&self, id: Uuid, row: &UploadRow) -> io::Result<u64> {
        if row.file.is_some() {
            return Ok(row.size_bytes as u64);
        }
        match fs::metadata(self.upload_path(id)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            found if is_disabled(Safeguard::UploadOffset) => Ok(found?.len()),
            found => Ok(found?.len().min(row.received as u64)),
        }
    }

    /// Removes the bytes of an upload whose row is gone, or is done.
    ///
    /// # Errors
    /// When a file that is there cannot be removed.
    pub fn remove_upload(&self, id: Uuid) -> io::Result<()> {
        match fs::remove_file(self.upload_path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Uploads that have bytes and that nobody writes just now.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn partial_uploads(&self) -> io::Result<Vec<Uuid>> {
        let paths = entries(&self.incoming)?.into_iter().map(|entry| entry.path());
        let idle = paths.filter(|path| !self.shut().contains(path));
        Ok(idle.filter_map(|path| upload_of(path.file_name()?.to_str()?)).collect())
    }

    /// Removes the bytes of these, but for those that somebody writes by now.
    ///
    /// # Errors
    /// When a file that is there cannot be removed.
    pub fn remove_partial_uploads(&self, strays: &[Uuid]) -> io::Result<RemovedBlobs> {
        let mut removed = RemovedBlobs::default();
        for id in strays {
            let Some(claim) = self.lock_upload(*id) else { continue };
            let Ok(file) = fs::metadata(&claim.path) else { continue };
            fs::remove_file(&claim.path)?;
            removed.add(file.len());
        }
        Ok(removed)
    }

    fn upload_path(&self, id: Uuid) -> PathBuf {
        self.incoming.join(format!("{PREFIX}{}", id.simple()))
    }
}

/// The upload whose bytes a file of this name has.
pub(super) fn upload_of(name: &str) -> Option<Uuid> {
    Uuid::try_parse(name.strip_prefix(PREFIX)?).ok()
}

/// Uploads whose bytes nobody names: there is no such row, or it is done.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn orphaned_upload_ids(snapshot: &mut dyn StoreSnapshot, found: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let mut strays = Vec::new();
    for page in found.chunks(PAGE_UPLOADS) {
        let open = snapshot.open_uploads(page)?;
        strays.extend(page.iter().filter(|id| !open.contains(id) || is_disabled(Safeguard::LiveUploads)));
    }
    Ok(strays)
}

/// Uploads that are asked for in one query.
const PAGE_UPLOADS: usize = 500;

impl UploadWriteLock {
    /// Begins a piece behind the first `offset` bytes.
    pub fn begin(self, offset: u64) -> PieceWriter {
        PieceWriter { claim: self, file: None, size_bytes: offset }
    }

    /// The file at this place; what lies behind it is cut off.
    fn open(&self, offset: u64) -> io::Result<File> {
        let mut file = match file_modes::private_file_options().write(true).open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.create()?,
            found => found?,
        };
        file.set_len(offset)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(file)
    }

    /// The name is durable before any byte is.
    fn create(&self) -> io::Result<File> {
        let file = file_modes::create_new(&self.path)?;
        if self.blobs.sync {
            sync_dir(&self.blobs.incoming)?;
        }
        Ok(file)
    }

    /// All bytes, as a blob that is still to be named. They stay where they are as well, until
    /// [`BlobStore::remove_upload`]: whoever is killed in between has lost none.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn stage_blob(&self) -> io::Result<StagedBlob> {
        let (sha256, size_bytes) = digest(&mut File::open(&self.path)?)?;
        let temp = TempBlob::new(&self.blobs);
        fs::hard_link(&self.path, &temp.path)?;
        Ok(StagedBlob { blob: BlobRef { sha256, size_bytes }, temp })
    }
}

fn digest(file: &mut impl Read) -> io::Result<(String, u64)> {
    let (mut digest, mut buffer, mut size_bytes) = (Sha256::new(), vec![0; READ_BYTES], 0);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((to_hex(&digest.finalize()), size_bytes)),
            count => {
                digest.update(&buffer[..count]);
                size_bytes += count as u64;
            }
        }
    }
}

const READ_BYTES: usize = 256 << 10;

impl PieceWriter {
    /// Appends to the piece.
    ///
    /// # Errors
    /// When the disk does not take the bytes.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(self.claim.open(self.size_bytes)?);
        }
        if let Some(file) = &mut self.file {
            file.write_all(bytes)?;
        }
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Makes the piece durable: the claim, and how many bytes there are now.
    ///
    /// # Errors
    /// When the disk fails; then nothing of the piece counts.
    pub fn finish(self) -> io::Result<(UploadWriteLock, u64)> {
        if let Some(file) = self.file.filter(|_| self.claim.blobs.sync) {
            file.sync_all()?;
        }
        Ok((self.claim, self.size_bytes))
    }
}

impl Drop for UploadWriteLock {
    fn drop(&mut self) {
        self.blobs.shut().remove(&self.path);
    }
}
