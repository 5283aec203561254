//! Blobs: artifacts and documents that are there, and those that nobody names.

use std::time::Duration;

use super::TestStore;
use crate::commands::submit::NewItem;
use quire_domain::ids::Micros;
use quire_store::artifacts::NewArtifact;
use quire_store::documents::{Document, DocumentSource};
use quire_store::files::BlobReferenceCursor;
use quire_store::orphans::{self, BlobHashSet, RemovedBlobs};

impl TestStore {
    /// A blob of these bytes, as an artifact of this name.
    pub(crate) fn artifact(&self, name: &str, bytes: &[u8]) -> NewArtifact {
        let mut spool = self.opened().blobs.begin_blob().unwrap();
        spool.write(bytes).unwrap();
        let blob = spool.publish().unwrap();
        let (name, media_type) = (name.to_owned(), "text/plain".to_owned());
        NewArtifact { name, media_type, size_bytes: blob.size_bytes, sha256: blob.sha256 }
    }

    /// An item that works on a blob of these bytes.
    pub(crate) fn document(&self, bytes: &[u8]) -> NewItem {
        let blob = self.artifact("a.pdf", bytes);
        let source = DocumentSource::Blob(blob.sha256);
        Some(Document { name: blob.name, size_bytes: blob.size_bytes, source, folder: None, password: None })
    }

    /// One round of the janitor's, at once.
    pub(crate) fn collect(&mut self, grace_secs: u64) -> RemovedBlobs {
        let (orphans, before) = self.search_orphans(grace_secs);
        self.opened().blobs.remove_blobs_older_than(&orphans, before).unwrap()
    }

    /// The janitor's round up to the point where it removes what it found.
    pub(crate) fn search_orphans(&mut self, grace_secs: u64) -> (Vec<[u8; 32]>, Micros) {
        let began = self.write(|_| Ok(quire_base::clock::now())).unwrap();
        let blobs = self.opened().blobs.clone();
        let before = blobs.orphan_cutoff(began, Duration::from_secs(grace_secs));
        let mut found: BlobHashSet =
            (0..=u8::MAX).flat_map(|prefix| blobs.blobs_older_than(prefix, before).unwrap()).collect();
        let mut place = Some(BlobReferenceCursor::default());
        while let Some(at) = place {
            place = self.read(|snapshot| orphans::exclude_referenced_page(snapshot, &mut found, &at, 2)).unwrap();
        }
        (Vec::from_iter(found), before)
    }

    /// The blob was held last so long ago, before this server started.
    pub(crate) fn age(&self, sha256: &str, secs: u64) {
        let file = self.opened().blobs.open_blob(sha256).unwrap();
        let held_at = file.metadata().unwrap().modified().unwrap();
        file.set_modified(held_at - Duration::from_secs(secs)).unwrap();
    }
}
