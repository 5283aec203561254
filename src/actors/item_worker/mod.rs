//! Takes one hand of a batch's items through one worker process and reports what became of each, exactly once.

mod drive;
mod guard;
mod observer;
mod spool;
mod starts;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use self::guard::Guard;
use super::batch::BatchActor;
use super::engine::World;
use crate::domain::failure::Failure;
use crate::domain::ids::{Fence, Micros};
use crate::domain::operation::Summary;
use crate::planned::is_taken_away;
use crate::store::artifacts::Artifact;
use crate::store::batches::BatchView;
use crate::store::turn::{ClaimedItem, Start};
use crate::supervision::{Behaviour, Message, Ref, Scope};
use crate::worker::StopSignal;

/// Items of one claim that travel together.
pub struct Hand {
    pub number: u64,
    pub brief: Arc<BatchView>,
    pub items: Vec<ClaimedItem>,
}

/// Item worker → batch: sent once for every hand, even when the item worker panics.
pub struct HandEnded {
    pub number: u64,
    pub reports: Vec<ItemReport>,
    /// Nothing happened to these; they are still claimed.
    pub not_started: Vec<ClaimedItem>,
}

impl Message for HandEnded {
    type Reply = ();
    const NAME: &'static str = "HandEnded";
}

/// Item worker → batch: an item has been with the worker process for a while. The start of a quicker one is told with
/// its end.
pub struct ItemStarted {
    pub number: u64,
    pub start: Start,
}

impl Message for ItemStarted {
    type Reply = ();
    const NAME: &'static str = "ItemStarted";
}

/// Item worker → batch: the worker process is free again; the results still have to reach the disk.
pub struct HandWorked(pub u64);

impl Message for HandWorked {
    type Reply = ();
    const NAME: &'static str = "HandWorked";
}

pub struct ItemReport {
    pub position: u32,
    pub fence: Fence,
    pub fate: Fate,
    /// When the worker process took it; none if none did.
    pub started_at: Option<Micros>,
    pub worker_pid: Option<u32>,
    pub work_micros: Option<u64>,
    pub peak_memory_bytes: Option<u64>,
}

pub enum Fate {
    Succeeded {
        summary: Option<Summary>,
        artifacts: Vec<Artifact>,
    },
    Failed(Failure),
    /// Stopped from outside; the batch knows why.
    Interrupted,
    /// Done, but the disk did not take the results: the work is done again when it does.
    Unstored,
}

pub struct ItemWorker {
    world: Arc<World>,
    guard: Option<Guard>,
    stop: Option<StopSignal>,
    /// Shared with the guard.
    stopped: Rc<Cell<bool>>,
}

impl ItemWorker {
    pub fn new(world: Arc<World>, batch: Ref<BatchActor>, parts: Option<(Hand, StopSignal)>) -> Self {
        let (hand, stop) = parts.unzip();
        let guard = hand.map(|hand| Guard::new(hand, batch));
        let stopped = guard.as_ref().map(Guard::stopped).unwrap_or_default();
        Self { world, guard, stop, stopped }
    }
}

impl Behaviour for ItemWorker {
    const KIND: &'static str = "item";

    fn started(&mut self, scope: &mut Scope<'_, Self>) {
        let (Some(guard), Some(stop)) = (self.guard.take(), self.stop.take()) else { return scope.stop() };
        let work = drive::drive(Arc::clone(&self.world), guard, stop);
        scope.run(work, |_, (), scope| scope.stop());
    }

    fn stopping(&mut self, _: &mut Scope<'_, Self>) {
        self.stopped.set(!is_taken_away("item.stopped"));
    }
}
