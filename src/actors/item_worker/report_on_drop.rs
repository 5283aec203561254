//! Reports on drop: whatever happens to the actor, the batch gets one report for every item of the chunk.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::current_item::CurrentItem;
use super::{ChunkProcessed, ChunkReports, ItemChunk, ItemStarted};
use crate::actors::batch::BatchActor;
use crate::commands::report::{AttemptOutcome, AttemptReport};
use crate::commands::tick::{ClaimedItem, StartReport};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::ids::Micros;
use quire_store::batches::BatchView;
use quire_supervision::ActorRef;

/// Holds a chunk; reports it when dropped.
pub(super) struct ReportOnDrop {
    batch: ActorRef<BatchActor>,
    number: u64,
    pub batch_view: Arc<BatchView>,
    /// Not begun yet, in order.
    pub waiting: Vec<ClaimedItem>,
    /// Begun, without an end so far, in order: lost if it stays so.
    pub begun: Vec<ClaimedItem>,
    pub at_work: CurrentItem,
    /// Of the process that has the chunk.
    pub worker_pid: Option<u32>,
    pub reports: Vec<AttemptReport>,
    /// The item worker is told to end: what it had begun is at no fault.
    stopped: Rc<Cell<bool>>,
}

impl ReportOnDrop {
    pub(super) fn new(chunk: ItemChunk, batch: ActorRef<BatchActor>) -> Self {
        let reports = Vec::with_capacity(chunk.items.len());
        Self {
            batch,
            number: chunk.number,
            batch_view: chunk.batch_view,
            waiting: chunk.items,
            begun: Vec::new(),
            at_work: CurrentItem::default(),
            worker_pid: None,
            reports,
            stopped: Rc::default(),
        }
    }

    /// To be set when the item worker is stopped in an orderly way.
    pub(super) fn stopped(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.stopped)
    }

    /// Notifier that tells the batch about an item that takes a while.
    pub(super) fn start_notifier(&self) -> impl Fn(StartReport) + use<> {
        let (batch, number) = (self.batch.clone(), self.number);
        move |start| {
            // A batch that is gone finds the item claimed, and takes it back.
            let _ = batch.tell_beyond_capacity(ItemStarted { number, start });
        }
    }

    /// Says that the worker process is free while this chunk's results go to the disk.
    pub(super) fn worked(&self) {
        // A batch that is gone has no slots.
        let _ = self.batch.tell_beyond_capacity(ChunkProcessed(self.number));
    }
}

impl Drop for ReportOnDrop {
    fn drop(&mut self) {
        let take = std::mem::take::<Vec<ClaimedItem>>;
        let (mut begun, waiting) = (take(&mut self.begun), take(&mut self.waiting));
        if self.stopped.get() && !begun.is_empty() {
            self.reports.push(begun.remove(0).unstarted_report(AttemptOutcome::Stopped));
        }
        let started_at = begun.first().and_then(|item| self.at_work.since(item.position));
        let mut ended = ChunkReports::from_broken_off_chunk(
            self.number,
            std::mem::take(&mut self.reports),
            begun,
            waiting,
            started_at,
        );
        ended.reports.iter_mut().filter(|report| report.started_at.is_some()).for_each(|report| {
            report.worker_pid = report.worker_pid.or(self.worker_pid);
        });
        // A batch that is gone recovers its items from the store when it comes back.
        let _ = self.batch.tell_beyond_capacity(ended);
    }
}

impl ChunkReports {
    /// The report of a chunk that broke off: the reports there are, and one for each item that has none. `begun` items
    /// have no end so far and `waiting` ones no beginning. The first one begun, at work since `started_at`, may be at
    /// fault for what happened; the others only stood behind it.
    pub fn from_broken_off_chunk(
        number: u64,
        reports: Vec<AttemptReport>,
        begun: Vec<ClaimedItem>,
        waiting: Vec<ClaimedItem>,
        started_at: Option<Micros>,
    ) -> Self {
        let (mut reports, mut begun) = (reports, begun.into_iter());
        if let Some(item) = begun.next() {
            let failure = Failure::new(FailureCode::Interrupted, "the item's actor ended before it could report");
            reports.push(AttemptReport { started_at, ..item.unstarted_report(AttemptOutcome::Failed(failure)) });
        }
        Self { number, reports, not_started: begun.chain(waiting).collect() }
    }
}
