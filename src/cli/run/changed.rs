//! Detects inputs that changed since their results were made.
//!
//! The system notes when a file was last changed or put in its place, and nobody can set that back, as one can the time
//! of the last write. A file that was not touched since its attempt began is the same; of any other the bytes decide,
//! where `info` has written down their digest, and else it is done anew.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::export::InputFacts;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::Micros;
use quire_domain::item::ItemState;
use quire_store::blobs::{BlobStore, to_hex};
use quire_store::run_inputs::RunInputPaths;
use quire_store::{StoreError, StoreSnapshot};

/// An input with results, and the size of the file that they are of.
#[derive(Debug)]
pub(super) struct ExportedInput {
    facts: InputFacts,
    size_bytes: u64,
}

/// Clocks of file systems are coarse, and behind.
const GRAIN: Micros = 50_000;

/// Those of these paths that have results.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) fn done(snapshot: &mut dyn StoreSnapshot, paths: &[PathBuf]) -> Result<Vec<ExportedInput>, StoreError> {
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let mut all = Vec::new();
    for (key, input) in snapshot.run_inputs(&paths)? {
        let item = snapshot.item(key.batch, key.position)?;
        if item.item.state == ItemState::Succeeded {
            let size_bytes = snapshot.document(key.batch, key.position)?.map_or(0, |document| document.size_bytes);
            all.push(ExportedInput { facts: InputFacts::read(snapshot, key, input, item)?, size_bytes });
        }
    }
    Ok(all)
}

/// Those that are to be done anew. Blocks.
pub(super) fn changed(done: Vec<ExportedInput>, blobs: &BlobStore) -> Vec<RunInputPaths> {
    done.into_iter().filter(|done| done.is_changed(blobs)).map(|done| done.facts.input).collect()
}

impl ExportedInput {
    /// A file that cannot be looked at has nothing newer to offer.
    fn is_changed(&self, blobs: &BlobStore) -> bool {
        let path = &self.facts.input.path;
        let Ok(now) = path.metadata() else { return false };
        let is_touched = now.len() != self.size_bytes || changed_at(&now) + GRAIN >= self.facts.started_at();
        is_touched
            && !is_disabled(Safeguard::RunChanged)
            && digest(path).is_ok_and(|now| self.known_digest(blobs) != Some(now))
    }

    fn known_digest(&self, blobs: &BlobStore) -> Option<String> {
        let info = self.facts.load("info.json", blobs).ok()??;
        serde_json::from_str(&info).ok().map(|Info { sha256 }| sha256)
    }
}

#[derive(Deserialize)]
struct Info {
    sha256: String,
}

fn changed_at(file: &Metadata) -> Micros {
    file.ctime() * 1_000_000 + file.ctime_nsec() / 1_000
}

/// Whether a file is another one now. Irregular files are for an attempt to judge.
fn digest(path: &Path) -> io::Result<String> {
    if !path.metadata()?.is_file() {
        return Ok(String::new());
    }
    let mut digest = Sha256::new();
    io::copy(&mut File::open(path)?, &mut digest)?;
    Ok(to_hex(&digest.finalize()))
}
