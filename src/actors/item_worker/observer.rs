//! Observer of a worker process: passes progress to the tracker, artifacts to the store, results to the reports.

use std::collections::VecDeque;
use std::sync::Arc;

use super::artifacts::{FinishingArtifact, IncomingArtifact};
use super::current_item::CurrentItem;
use crate::actors::engine::EngineContext;
use crate::commands::tick::ClaimedItem;
use quire_base::clock;
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::ids::{BatchKey, ItemAddress, Micros};
use quire_domain::stage::Stage;
use quire_worker::{JobObserver, JobResult, WorkPosition};

/// Output of one job: its result, and its artifacts that are still on their way to the disk.
pub(super) struct JobOutput {
    pub item: ClaimedItem,
    /// When the process took it; none if it ended before that.
    pub started_at: Option<Micros>,
    pub conclusion: JobResult,
    pub artifacts: Vec<FinishingArtifact>,
}

pub(super) struct ChunkObserver {
    context: Arc<EngineContext>,
    batch: BatchKey,
    /// Those without a conclusion, in the order of the chunk, which is the one in which they are worked off. An item's
    /// ticket is its position.
    items: VecDeque<ClaimedItem>,
    at_work: CurrentItem,
    /// Of the item at work.
    reached: WorkPosition,
    incoming: Option<IncomingArtifact>,
    finishing: Vec<FinishingArtifact>,
    pub heard: Vec<JobOutput>,
}

impl ChunkObserver {
    pub(super) fn new(
        context: Arc<EngineContext>,
        batch: BatchKey,
        items: &[ClaimedItem],
        at_work: CurrentItem,
    ) -> Self {
        let items: VecDeque<_> = items.iter().cloned().collect();
        let heard = Vec::with_capacity(items.len());
        let listener =
            Self { context, batch, items, at_work, reached: None, incoming: None, finishing: Vec::new(), heard };
        listener.announce_next();
        listener
    }

    /// The process works in order: the first item left is the one at work.
    fn announce_next(&self) {
        let Some(item) = self.items.front() else { return self.at_work.ends() };
        let now = clock::now();
        self.at_work.begins(item, now);
        if let Some(document) = &item.document {
            self.context.progress_tracker.item_started(self.key(item.position), &document.name, now);
        }
    }

    /// Remembers what the next try of this item, or of others, has to know.
    fn learn(&mut self, item: ItemAddress, conclusion: &JobResult) {
        let reached = self.reached.take();
        match conclusion {
            Ok((summary, stats)) if summary.pages > 0 => {
                self.context.last_silence().record_page_time(summary.pages, stats.micros)
            }
            Err(failure) if failure.code == FailureCode::TimedOutSilent => {
                self.context.last_silence().record_silence(item, reached);
            }
            _ => {}
        }
    }

    fn key(&self, position: u32) -> ItemAddress {
        ItemAddress { batch: self.batch, position }
    }
}

impl JobObserver for ChunkObserver {
    fn progress(&mut self, ticket: u64, stage: Stage, page: u32, pages: u32) {
        self.reached = Some((stage, page));
        self.context.progress_tracker.item_progressed(self.key(ticket as u32), stage, page, pages, clock::now());
    }

    async fn artifact_begin(&mut self, _: u64, name: &str, media_type: &str, _: u64) -> Result<(), Failure> {
        self.incoming = Some(IncomingArtifact::begin(&self.context.blobs, name, media_type));
        Ok(())
    }

    async fn artifact_chunk(&mut self, _: u64, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.incoming {
            Some(incoming) => incoming.chunk(bytes).await,
            None => Err(Failure::new(FailureCode::ProtocolViolation, "bytes of an artifact that never began")),
        }
    }

    async fn artifact_end(&mut self, _: u64) -> Result<(), Failure> {
        self.finishing.extend(self.incoming.take().map(IncomingArtifact::end));
        Ok(())
    }

    fn ended(&mut self, ticket: u64, conclusion: JobResult) {
        if let Some(unfinished) = self.incoming.take() {
            unfinished.abandon();
        }
        let artifacts = std::mem::take(&mut self.finishing);
        let place = self.items.iter().position(|item| u64::from(item.position) == ticket);
        let Some(item) = place.and_then(|place| self.items.remove(place)) else { return };
        self.learn(self.key(item.position), &conclusion);
        if item.document.is_some() {
            let pages = conclusion.as_ref().map_or(0, |(summary, _)| summary.pages);
            self.context.progress_tracker.item_ended(self.key(item.position), pages);
        }
        let started_at = self.at_work.since(item.position);
        self.heard.push(JobOutput { item, started_at, conclusion, artifacts });
        self.announce_next();
    }
}

impl Drop for ChunkObserver {
    fn drop(&mut self) {
        for position in self.items.iter().filter(|item| item.document.is_some()).map(|item| item.position) {
            self.context.progress_tracker.item_ended(self.key(position), 0);
        }
    }
}
