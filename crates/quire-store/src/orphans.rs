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

use super::blobs::{Blobs, hex, modified};
use super::error::StoreError;
use super::files::NamedBlobCursor;
use super::pieces::upload_of;
use super::transaction::StoreSnapshot;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::Micros;

/// Blobs by their sha256.
pub type OrphanBlobs = HashSet<[u8; 32]>;

/// Blobs and bytes that were removed, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RemovedBlobs {
    pub files: u64,
    pub bytes: u64,
}

impl RemovedBlobs {
    pub fn and(self, more: RemovedBlobs) -> Self {
        Self { files: self.files + more.files, bytes: self.bytes + more.bytes }
    }

    pub(super) fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// Takes what one page of rows names out of the found; where to go on.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn remove_named(
    snapshot: &mut dyn StoreSnapshot,
    found: &mut OrphanBlobs,
    at: &NamedBlobCursor,
    rows: u32,
) -> Result<Option<NamedBlobCursor>, StoreError> {
    let page = snapshot.named_blobs(at, rows)?;
    for sha256 in page.sha256.iter().filter_map(|sha256| parse_hex(sha256)) {
        found.remove(&sha256);
    }
    Ok(page.next)
}

impl Blobs {
    /// Time before which a blob has to have been held last to be old for a search that began at `began`: for longer
    /// than `grace`, or since before this process opened the directory, for nobody of an earlier process can be about
    /// to name anything.
    pub fn old_before(&self, began: Micros, grace: Duration) -> Micros {
        (began - grace.as_micros() as Micros).max(self.opened_at - GRAIN)
    }

    /// Blobs of the folder `prefix` that were held last before `before`. Files with other names than blobs have are
    /// none of ours.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn old(&self, prefix: u8, before: Micros) -> io::Result<OrphanBlobs> {
        let folder = format!("{prefix:02x}");
        let mut found = OrphanBlobs::new();
        for entry in entries(&self.root.join(&folder))? {
            let name = entry.file_name().to_str().and_then(|rest| parse_hex(&format!("{folder}{rest}")));
            let (Some(sha256), Ok(file)) = (name, entry.metadata()) else { continue };
            if file.is_file() && is_old(modified(&file), before) {
                found.insert(sha256);
            }
        }
        Ok(found)
    }

    /// Removes those that are still as old.
    ///
    /// # Errors
    /// When a file that is there cannot be removed.
    pub fn remove_old(&self, found: &[[u8; 32]], before: Micros) -> io::Result<RemovedBlobs> {
        let mut removed = RemovedBlobs::default();
        for sha256 in found {
            let path = self.path(&hex(sha256));
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
    /// say whether anybody wants them ([`super::pieces::stray_uploads`]).
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn abandoned(&self) -> io::Result<Vec<PathBuf>> {
        let mut abandoned = Vec::new();
        for path in entries(&self.incoming)?.iter().map(DirEntry::path) {
            let is_partial = path.file_name().and_then(|name| upload_of(name.to_str()?)).is_some();
            if !is_partial && path.is_file() && !self.shut().contains(&path) {
                abandoned.push(path);
            }
        }
        Ok(abandoned)
    }

    /// Removes [`Self::abandoned`] files.
    ///
    /// # Errors
    /// When the folder cannot be read or a file cannot be removed.
    pub fn sweep_incoming(&self) -> io::Result<RemovedBlobs> {
        let mut removed = RemovedBlobs::default();
        for path in self.abandoned()? {
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

/// Every blob that no row names, however young: for a data directory that no server uses.
///
/// # Errors
/// [`StoreError`] when the folders or the database cannot be read.
pub fn search(snapshot: &mut dyn StoreSnapshot, blobs: &Blobs) -> Result<OrphanBlobs, StoreError> {
    let mut found = OrphanBlobs::new();
    for prefix in 0..=u8::MAX {
        found.extend(blobs.old(prefix, WHATEVER_AGE)?);
    }
    let mut place = Some(NamedBlobCursor::default());
    while let Some(at) = place {
        place = remove_named(snapshot, &mut found, &at, PAGE_ROWS)?;
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
