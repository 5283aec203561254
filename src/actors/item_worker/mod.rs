//! Takes one chunk of a batch's items through one worker process and reports the outcome of each, exactly once.

mod artifacts;
mod current_item;
mod drive;
mod observer;
mod report_on_drop;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use self::report_on_drop::ReportOnDrop;
use super::batch::BatchActor;
use super::engine::EngineContext;
use crate::commands::report::AttemptReport;
use crate::commands::tick::{ClaimedItem, StartReport};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_store::batches::BatchView;
use quire_supervision::{ActorRef, ActorScope, Behaviour, Message};
use quire_worker::SessionStopSignal;

/// Items of one claim that travel together.
pub struct ItemChunk {
    pub number: u64,
    pub batch_view: Arc<BatchView>,
    pub items: Vec<ClaimedItem>,
}

/// Item worker → batch: sent once for every chunk, even when the item worker panics.
pub struct ChunkReports {
    pub number: u64,
    pub reports: Vec<AttemptReport>,
    /// Nothing happened to these; they are still claimed.
    pub not_started: Vec<ClaimedItem>,
}

impl Message for ChunkReports {
    type Reply = ();
    const NAME: &'static str = "ChunkReports";
}

/// Item worker → batch: an item has been with the worker process for a while. The start of a quicker one is told with
/// its end.
pub struct ItemStarted {
    pub number: u64,
    pub start: StartReport,
}

impl Message for ItemStarted {
    type Reply = ();
    const NAME: &'static str = "ItemStarted";
}

/// Item worker → batch: the worker process is free again; the results still have to reach the disk.
pub struct ChunkProcessed(pub u64);

impl Message for ChunkProcessed {
    type Reply = ();
    const NAME: &'static str = "ChunkProcessed";
}

pub struct ItemWorker {
    context: Arc<EngineContext>,
    guard: Option<ReportOnDrop>,
    stop: Option<SessionStopSignal>,
    /// Shared with the guard.
    stopped: Rc<Cell<bool>>,
}

impl ItemWorker {
    pub fn new(
        context: Arc<EngineContext>,
        batch: ActorRef<BatchActor>,
        parts: Option<(ItemChunk, SessionStopSignal)>,
    ) -> Self {
        let (chunk, stop) = parts.unzip();
        let guard = chunk.map(|chunk| ReportOnDrop::new(chunk, batch));
        let stopped = guard.as_ref().map(ReportOnDrop::stopped).unwrap_or_default();
        Self { context, guard, stop, stopped }
    }
}

impl Behaviour for ItemWorker {
    const KIND: &'static str = "item";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        let (Some(guard), Some(stop)) = (self.guard.take(), self.stop.take()) else { return scope.stop() };
        let work = drive::drive(Arc::clone(&self.context), guard, stop);
        scope.run_future(work, |_, (), scope| scope.stop());
    }

    fn stopping(&mut self, _: &mut ActorScope<'_, Self>) {
        self.stopped.set(!is_disabled(Safeguard::ItemStopped));
    }
}
