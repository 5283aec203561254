//! Janitor: removes orphaned blobs, uploads that an earlier process left unfinished, and uploads in pieces whose time is
//! over.
//!
//! Works beside everything else, in short pieces; [`quire_store::orphans`] says why it cannot take what is needed.

use std::sync::Arc;
use std::time::Duration;

use super::engine::EngineContext;
use crate::commands::uploads;
use quire_base::clock;
use quire_domain::ids::Micros;
use quire_store::blobs::BlobStore;
use quire_store::files::BlobReferenceCursor;
use quire_store::orphans::{self, BlobHashSet, PAGE_ROWS, RemovedBlobs};
use quire_store::pieces;
use quire_store::{StoreError, StoreSnapshot};
use quire_supervision::{ActorScope, Behaviour};

/// When the janitor goes round.
#[derive(Debug, Clone, Copy)]
pub struct JanitorSchedule {
    /// A blob that nobody held for so long and no row names is an orphan.
    pub grace: Duration,
    pub every: Duration,
}

/// Work of the janitor since the server started.
#[derive(Debug, Clone, Copy, Default)]
pub struct JanitorStats {
    pub rounds: u64,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub temp_files: u64,
}

pub struct Janitor {
    context: Arc<EngineContext>,
    rounds: JanitorSchedule,
}

/// Blobs and files that one round removed.
#[derive(Debug, Clone, Copy, Default)]
struct SweepResult {
    blobs: RemovedBlobs,
    temp_files: RemovedBlobs,
}

/// The first round leaves a start its disk and its processor.
const FIRST_AFTER: Duration = Duration::from_secs(5);

/// Blobs that are compared with the rows in one walk: 32 bytes of memory for each.
const FOUND_MAX: usize = 250_000;

/// Blobs removed in one visit to the disk.
const REMOVED_AT_ONCE: usize = 500;

impl Janitor {
    pub fn new(context: Arc<EngineContext>, rounds: JanitorSchedule) -> Self {
        Self { context, rounds }
    }

    fn go_round(&mut self, scope: &mut ActorScope<'_, Self>) {
        let round = round(Arc::clone(&self.context), self.rounds.grace);
        scope.run_future(round, |janitor, done, scope| {
            janitor.note(done);
            scope.after(janitor.rounds.every, Self::go_round);
        });
    }

    fn note(&self, done: Result<SweepResult, StoreError>) {
        let SweepResult { blobs, temp_files } = match done {
            Ok(round) => round,
            // Who writes has said so, and says when it is over.
            Err(error) if error.is_disk_failure() => return tracing::debug!(%error, "the next round looks for orphans"),
            Err(error) => return tracing::warn!(%error, "orphans could not be looked for; the next round tries again"),
        };
        self.context.janitor_stats.send_modify(|stats| {
            stats.rounds += 1;
            stats.blobs += blobs.files;
            stats.blob_bytes += blobs.bytes;
            stats.temp_files += temp_files.files;
        });
        if blobs.files + temp_files.files > 0 {
            let (blobs, bytes, temp_files) = (blobs.files, blobs.bytes, temp_files.files);
            tracing::info!(blobs, bytes, temp_files, "what nobody named was removed");
        }
    }
}

impl Behaviour for Janitor {
    const KIND: &'static str = "janitor";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        scope.after(FIRST_AFTER.min(self.rounds.every), Self::go_round);
    }
}

async fn round(context: Arc<EngineContext>, grace: Duration) -> Result<SweepResult, StoreError> {
    let temp_files =
        on_disk(&context, |blobs| blobs.remove_abandoned_temp_files()).await?.plus(sweep_uploads(&context).await?);
    // Whatever was committed before this write is seen by the reads that follow it.
    let began = context.db.write("janitor.begin", |_| Ok(clock::now())).await?;
    let before = context.blobs.orphan_cutoff(began, grace);
    let (mut blobs, mut found) = (RemovedBlobs::default(), BlobHashSet::new());
    for prefix in 0..=u8::MAX {
        found.extend(on_disk(&context, move |blobs| blobs.blobs_older_than(prefix, before)).await?);
        if found.len() >= FOUND_MAX || prefix == u8::MAX {
            let orphans = unnamed(&context, std::mem::take(&mut found)).await?;
            blobs = blobs.plus(remove(&context, orphans, before).await?);
        }
    }
    Ok(SweepResult { blobs, temp_files })
}

/// Forgets uploads whose time is over, then removes the bytes of those that nobody goes on with.
async fn sweep_uploads(context: &EngineContext) -> Result<RemovedBlobs, StoreError> {
    while context.db.write("uploads.forget", uploads::forget_expired).await? {}
    // Looked for before the rows are asked: a row comes before its file.
    let found = on_disk(context, |blobs| blobs.partial_uploads()).await?;
    let strays = context.read(move |snapshot| pieces::orphaned_upload_ids(snapshot, &found)).await?;
    on_disk(context, move |blobs| blobs.remove_partial_uploads(&strays)).await
}

/// Those that no row names.
async fn unnamed(context: &EngineContext, found: BlobHashSet) -> Result<BlobHashSet, StoreError> {
    let (mut found, mut place) = (found, Some(BlobReferenceCursor::default()));
    while let Some(at) = place.filter(|_| !found.is_empty()) {
        let remove_rows = move |snapshot: &mut dyn StoreSnapshot| {
            let place = orphans::exclude_referenced_page(snapshot, &mut found, &at, PAGE_ROWS)?;
            Ok((found, place))
        };
        (found, place) = context.read(remove_rows).await?;
    }
    Ok(found)
}

async fn remove(context: &EngineContext, orphans: BlobHashSet, before: Micros) -> Result<RemovedBlobs, StoreError> {
    let orphans: Vec<_> = orphans.into_iter().collect();
    let mut removed = RemovedBlobs::default();
    for chunk in orphans.chunks(REMOVED_AT_ONCE).map(<[_]>::to_vec) {
        removed = removed.plus(on_disk(context, move |blobs| blobs.remove_blobs_older_than(&chunk, before)).await?);
    }
    Ok(removed)
}

async fn on_disk<T: Send + 'static>(
    context: &EngineContext,
    work: impl FnOnce(&BlobStore) -> std::io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let blobs = context.blobs.clone();
    let done = tokio::task::spawn_blocking(move || work(&blobs)).await;
    Ok(done.map_err(|error| StoreError::Aborted(error.to_string()))??)
}
