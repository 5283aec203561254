//! Artifacts on their way to the blob store: written on a blocking thread, fed through a short channel.

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use quire_domain::failure::{Failure, FailureCode};
use quire_store::artifacts::NewArtifact;
use quire_store::blobs::{BlobRef, BlobStore};

/// One artifact being received.
pub(super) struct IncomingArtifact {
    name: String,
    media_type: String,
    chunks: mpsc::Sender<Vec<u8>>,
    writer: JoinHandle<std::io::Result<BlobRef>>,
}

/// One artifact whose bytes are all there; its disk may still be at work.
pub(super) struct FinishingArtifact {
    name: String,
    media_type: String,
    writer: JoinHandle<std::io::Result<BlobRef>>,
}

/// 64 KiB each: what may wait in memory for a slow disk.
const CHUNKS_WAITING: usize = 16;

impl IncomingArtifact {
    pub(super) fn begin(blobs: &BlobStore, name: &str, media_type: &str) -> Self {
        let (chunks, mut arriving) = mpsc::channel::<Vec<u8>>(CHUNKS_WAITING);
        let blobs = blobs.clone();
        let writer = tokio::task::spawn_blocking(move || {
            let mut writer = blobs.begin_blob()?;
            while let Some(chunk) = arriving.blocking_recv() {
                writer.write(&chunk)?;
            }
            writer.publish()
        });
        Self { name: name.to_owned(), media_type: media_type.to_owned(), chunks, writer }
    }

    /// # Errors
    /// [`FailureCode::StorageFailed`] when the writer has given up.
    pub(super) async fn chunk(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let gone = |_| Failure::new(FailureCode::StorageFailed, format!("`{}` could not be written", self.name));
        self.chunks.send(bytes.to_vec()).await.map_err(gone)
    }

    pub(super) fn end(self) -> FinishingArtifact {
        FinishingArtifact { name: self.name, media_type: self.media_type, writer: self.writer }
    }

    /// Forgets it; an unfinished artifact leaves nothing that a row could name.
    pub(super) fn abandon(self) {
        self.writer.abort();
    }
}

impl FinishingArtifact {
    /// # Errors
    /// [`FailureCode::StorageFailed`] when the disk did not take it.
    pub(super) async fn finish(self) -> Result<NewArtifact, Failure> {
        let failed = |why: String| Failure::new(FailureCode::StorageFailed, format!("`{}`: {why}", self.name));
        let written = self.writer.await.map_err(|error| failed(error.to_string()))?;
        let BlobRef { sha256, size_bytes } = written.map_err(|error| failed(error.to_string()))?;
        Ok(NewArtifact { name: self.name, media_type: self.media_type, size_bytes, sha256 })
    }
}
