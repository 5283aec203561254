//! Clears away what nobody names: orphaned blobs and uploads that an earlier process left unfinished.
//!
//! Works beside everything else, in short pieces; [`crate::store::orphans`] says why it cannot take what is needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::engine::World;
use crate::clock;
use crate::domain::ids::Micros;
use crate::store::StoreError;
use crate::store::blobs::Blobs;
use crate::store::orphans::{self, Found, PAGE_ROWS, Place, Removed};
use crate::supervision::{Behaviour, Scope};

/// When the janitor goes round.
#[derive(Debug, Clone, Copy)]
pub struct Rounds {
    /// A blob that nobody held for so long and no row names is an orphan.
    pub grace: Duration,
    pub every: Duration,
}

/// What the janitor has done since the server started.
#[derive(Debug, Default)]
pub struct Chores {
    pub rounds: AtomicU64,
    pub blobs: AtomicU64,
    pub blob_bytes: AtomicU64,
    pub temp_files: AtomicU64,
}

pub struct Janitor {
    world: Arc<World>,
    rounds: Rounds,
}

/// What one round removed.
#[derive(Debug, Clone, Copy, Default)]
struct Round {
    blobs: Removed,
    temp_files: Removed,
}

/// The first round leaves a start its disk and its processor.
const FIRST_AFTER: Duration = Duration::from_secs(5);

/// Blobs that are compared with the rows in one walk: 32 bytes of memory for each.
const FOUND_MAX: usize = 250_000;

/// Blobs removed in one visit to the disk.
const REMOVED_AT_ONCE: usize = 500;

impl Janitor {
    pub fn new(world: Arc<World>, rounds: Rounds) -> Self {
        Self { world, rounds }
    }

    fn go_round(&mut self, scope: &mut Scope<'_, Self>) {
        let round = round(Arc::clone(&self.world), self.rounds.grace);
        scope.run(round, |janitor, done, scope| {
            janitor.note(done);
            scope.after(janitor.rounds.every, Self::go_round);
        });
    }

    fn note(&self, done: Result<Round, StoreError>) {
        let Round { blobs, temp_files } = match done {
            Ok(round) => round,
            Err(error) => return tracing::warn!(%error, "orphans could not be looked for; the next round tries again"),
        };
        let chores = &self.world.chores;
        chores.rounds.fetch_add(1, Ordering::Relaxed);
        chores.blobs.fetch_add(blobs.files, Ordering::Relaxed);
        chores.blob_bytes.fetch_add(blobs.bytes, Ordering::Relaxed);
        chores.temp_files.fetch_add(temp_files.files, Ordering::Relaxed);
        if blobs.files + temp_files.files > 0 {
            let (blobs, bytes, temp_files) = (blobs.files, blobs.bytes, temp_files.files);
            tracing::info!(blobs, bytes, temp_files, "what nobody named was removed");
        }
    }
}

impl Behaviour for Janitor {
    const KIND: &'static str = "janitor";

    fn started(&mut self, scope: &mut Scope<'_, Self>) {
        scope.after(FIRST_AFTER.min(self.rounds.every), Self::go_round);
    }
}

async fn round(world: Arc<World>, grace: Duration) -> Result<Round, StoreError> {
    let temp_files = on_disk(&world, |blobs| blobs.sweep_incoming()).await?;
    // Whatever was committed before this write is seen by the reads that follow it.
    let began = world.db.write("janitor.begin", |_| Ok(clock::now())).await?;
    let before = world.blobs.old_before(began, grace);
    let (mut blobs, mut found) = (Removed::default(), Found::new());
    for prefix in 0..=u8::MAX {
        found.extend(on_disk(&world, move |blobs| blobs.old(prefix, before)).await?);
        if found.len() >= FOUND_MAX || prefix == u8::MAX {
            let orphans = unnamed(&world, std::mem::take(&mut found)).await?;
            blobs = blobs.and(remove(&world, orphans, before).await?);
        }
    }
    Ok(Round { blobs, temp_files })
}

/// Those that no row names.
async fn unnamed(world: &World, found: Found) -> Result<Found, StoreError> {
    let (mut found, mut place) = (found, Place::start());
    while let Some(at) = place.filter(|_| !found.is_empty()) {
        let strike_out = move |conn: &mut _| {
            let place = orphans::strike_out(conn, &mut found, &at, PAGE_ROWS)?;
            Ok((found, place))
        };
        (found, place) = world.read(strike_out).await?;
    }
    Ok(found)
}

async fn remove(world: &World, orphans: Found, before: Micros) -> Result<Removed, StoreError> {
    let orphans: Vec<_> = orphans.into_iter().collect();
    let mut removed = Removed::default();
    for chunk in orphans.chunks(REMOVED_AT_ONCE).map(<[_]>::to_vec) {
        removed = removed.and(on_disk(world, move |blobs| blobs.remove_old(&chunk, before)).await?);
    }
    Ok(removed)
}

async fn on_disk<T: Send + 'static>(
    world: &World,
    work: impl FnOnce(&Blobs) -> std::io::Result<T> + Send + 'static,
) -> Result<T, StoreError> {
    let blobs = world.blobs.clone();
    let done = tokio::task::spawn_blocking(move || work(&blobs)).await;
    Ok(done.map_err(|error| StoreError::Aborted(error.to_string()))??)
}
