//! Orphans: finds and removes blobs that no row names, and temporary files that nobody writes.
//!
//! **A blob that a row is about to name is not removed.** Whoever finishes a blob makes it young, and so does the write
//! that names it in a row, or else refuses to ([`super::files::FileWrites::pin_blob`]). The search looks only at
//! blobs that were old before it began, after a write of its own that all earlier commits come before: what is not
//! named by then can only be named by a write that makes it young first, and its age is looked at once more, behind
//! the same door, when it is removed. So a search may take its time beside uploads and commits.

use std::collections::HashSet;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::blobs::{BlobStore, modified, to_hex};
use super::error::StoreError;
use super::files::BlobReferenceCursor;
use super::pieces::upload_of;
use super::transaction::StoreSnapshot;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::Micros;

/// A set of blobs, by their sha256.
pub type BlobHashSet = HashSet<[u8; 32]>;

/// Blobs and bytes that were removed, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RemovedBlobs {
    pub files: u64,
    pub bytes: u64,
}

impl RemovedBlobs {
    /// The sum of both.
    pub fn plus(self, more: RemovedBlobs) -> Self {
        Self { files: self.files + more.files, bytes: self.bytes + more.bytes }
    }

    pub(super) fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// Takes the blobs that one page of rows refers to out of `found`; returns where to go on.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn exclude_referenced_page(
    snapshot: &mut dyn StoreSnapshot,
    found: &mut BlobHashSet,
    at: &BlobReferenceCursor,
    rows: u32,
) -> Result<Option<BlobReferenceCursor>, StoreError> {
    let page = snapshot.blob_references(at, rows)?;
    for sha256 in page.sha256.iter().filter_map(|sha256| parse_hex(sha256)) {
        found.remove(&sha256);
    }
    Ok(page.next)
}

impl BlobStore {
    /// The time before which a blob has to have been touched last to be an orphan for a search that began at `began`:
    /// for longer than `grace`, or since before this process opened the directory, for nobody of an earlier process can
    /// be about to name anything.
    pub fn orphan_cutoff(&self, began: Micros, grace: Duration) -> Micros {
        (began - grace.as_micros() as Micros).max(self.opened_at - GRAIN)
    }

    /// Blobs of the folder `prefix` that were touched last before `before`. Files with other names than blobs have are
    /// none of ours.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn blobs_older_than(&self, prefix: u8, before: Micros) -> io::Result<BlobHashSet> {
        let folder = format!("{prefix:02x}");
        let mut found = BlobHashSet::new();
        for entry in entries(&self.root.join(&folder))? {
            let name = entry.file_name().to_str().and_then(|rest| parse_hex(&format!("{folder}{rest}")));
            let (Some(sha256), Ok(file)) = (name, entry.metadata()) else { continue };
            if file.is_file() && is_old(modified(&file), before) {
                found.insert(sha256);
            }
        }
        Ok(found)
    }

    /// Removes those of the blobs that were still touched last before `before`.
    ///
    /// # Errors
    /// When a file that is there cannot be removed.
    pub fn remove_blobs_older_than(&self, found: &[[u8; 32]], before: Micros) -> io::Result<RemovedBlobs> {
        let mut removed = RemovedBlobs::default();
        for sha256 in found {
            let path = self.blob_path(&to_hex(sha256));
            let _shut = self.shut();
            let Ok(file) = fs::metadata(&path) else { continue };
            if is_old(modified(&file), before) {
                fs::remove_file(&path)?;
                removed.add(file.len());
            }
        }
        Ok(removed)
    }

    /// Temporary files that nobody in this process writes: an earlier one left them behind. Of uploads in pieces the rows
    /// say whether anybody wants them ([`super::pieces::orphaned_upload_ids`]).
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn abandoned_temp_files(&self) -> io::Result<Vec<PathBuf>> {
        let mut abandoned = Vec::new();
        for path in entries(&self.incoming)?.iter().map(DirEntry::path) {
            let is_partial = path.file_name().and_then(|name| upload_of(name.to_str()?)).is_some();
            if !is_partial && path.is_file() && !self.shut().contains(&path) {
                abandoned.push(path);
            }
        }
        Ok(abandoned)
    }

    /// Removes the [`Self::abandoned_temp_files`].
    ///
    /// # Errors
    /// When the folder cannot be read or a file cannot be removed.
    pub fn remove_abandoned_temp_files(&self) -> io::Result<RemovedBlobs> {
        let mut removed = RemovedBlobs::default();
        for path in self.abandoned_temp_files()? {
            // One that was finished meanwhile has gone from here by itself.
            let Ok(file) = fs::metadata(&path) else { continue };
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                gone => removed.add(gone.map_or(0, |()| file.len())),
            }
        }
        Ok(removed)
    }
}

/// Older than any clock shows.
pub const WHATEVER_AGE: Micros = Micros::MAX;

/// Finds every blob that no row refers to, however young: for a data directory that no server uses.
///
/// # Errors
/// [`StoreError`] when the folders or the database cannot be read.
pub fn find_orphan_blobs(snapshot: &mut dyn StoreSnapshot, blobs: &BlobStore) -> Result<BlobHashSet, StoreError> {
    let mut found = BlobHashSet::new();
    for prefix in 0..=u8::MAX {
        found.extend(blobs.blobs_older_than(prefix, WHATEVER_AGE)?);
    }
    let mut place = Some(BlobReferenceCursor::default());
    while let Some(at) = place {
        place = exclude_referenced_page(snapshot, &mut found, &at, PAGE_ROWS)?;
    }
    Ok(found)
}

/// Rows of one page of a walk.
pub const PAGE_ROWS: u32 = 1_000;

/// A folder that is not there is empty.
pub(super) fn entries(folder: &Path) -> io::Result<Vec<DirEntry>> {
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => entries?.collect(),
    }
}

/// File systems that keep times in whole seconds, or in two.
const GRAIN: Micros = 2_000_000;

fn is_old(held_at: Micros, before: Micros) -> bool {
    held_at < before || is_disabled(Safeguard::OrphanGrace)
}

fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text.bytes().map(digit).collect::<Option<_>>()?;
    let pairs: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    (digits.len() == 64).then(|| pairs.try_into().ok()).flatten()
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}
