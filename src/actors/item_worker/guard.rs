//! The promise that a hand is reported: whatever happens to the actor, the batch hears of every item once.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::starts::AtWork;
use super::{Fate, Hand, HandEnded, HandWorked, ItemReport, ItemStarted};
use crate::actors::batch::BatchActor;
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::ids::Micros;
use crate::store::batches::BatchView;
use crate::store::turn::{ClaimedItem, Start};
use crate::supervision::Ref;

/// Holds a hand; reports it when dropped.
pub struct Guard {
    batch: Ref<BatchActor>,
    number: u64,
    pub brief: Arc<BatchView>,
    /// Not begun yet, in order.
    pub waiting: Vec<ClaimedItem>,
    /// Begun, without an end so far, in order: lost if it stays so.
    pub begun: Vec<ClaimedItem>,
    pub at_work: AtWork,
    /// Of the process that has the hand.
    pub worker_pid: Option<u32>,
    pub reports: Vec<ItemReport>,
    /// The item worker is told to end: what it had begun is at no fault.
    stopped: Rc<Cell<bool>>,
}

impl Guard {
    pub fn new(hand: Hand, batch: Ref<BatchActor>) -> Self {
        let reports = Vec::with_capacity(hand.items.len());
        Self {
            batch,
            number: hand.number,
            brief: hand.brief,
            waiting: hand.items,
            begun: Vec::new(),
            at_work: AtWork::default(),
            worker_pid: None,
            reports,
            stopped: Rc::default(),
        }
    }

    /// To be set when the item worker is stopped in an orderly way.
    pub fn stopped(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.stopped)
    }

    /// What tells the batch that an item takes a while.
    pub fn teller(&self) -> impl Fn(Start) + use<> {
        let (batch, number) = (self.batch.clone(), self.number);
        move |start| {
            // A batch that is gone finds the item claimed, and takes it back.
            let _ = batch.tell_urgent(ItemStarted { number, start });
        }
    }

    /// Says that the worker process is free while this hand's results go to the disk.
    pub fn worked(&self) {
        // A batch that is gone has no slots.
        let _ = self.batch.tell_urgent(HandWorked(self.number));
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let take = std::mem::take::<Vec<ClaimedItem>>;
        let (mut begun, waiting) = (take(&mut self.begun), take(&mut self.waiting));
        if self.stopped.get() && !begun.is_empty() {
            self.reports.push(ItemReport::bare(&begun.remove(0), Fate::Interrupted));
        }
        let started_at = begun.first().and_then(|item| self.at_work.since(item.position));
        let mut ended = HandEnded::of(self.number, std::mem::take(&mut self.reports), begun, waiting, started_at);
        ended.reports.iter_mut().filter(|report| report.started_at.is_some()).for_each(|report| {
            report.worker_pid = report.worker_pid.or(self.worker_pid);
        });
        // A batch that is gone recovers its items from the store when it comes back.
        let _ = self.batch.tell_urgent(ended);
    }
}

impl HandEnded {
    /// What is to be told of a hand with these reports, when `begun` items have no end so far and `waiting` ones no
    /// beginning. The first one begun, at work since `started_at`, may be at fault for what happened; the others only
    /// stood behind it.
    pub fn of(
        number: u64,
        reports: Vec<ItemReport>,
        begun: Vec<ClaimedItem>,
        waiting: Vec<ClaimedItem>,
        started_at: Option<Micros>,
    ) -> Self {
        let (mut reports, mut begun) = (reports, begun.into_iter());
        if let Some(item) = begun.next() {
            let failure = Failure::new(FailureCode::Interrupted, "the item's actor ended before it could report");
            reports.push(ItemReport { started_at, ..ItemReport::bare(&item, Fate::Failed(failure)) });
        }
        Self { number, reports, not_started: begun.chain(waiting).collect() }
    }
}

impl ItemReport {
    pub fn bare(item: &ClaimedItem, fate: Fate) -> Self {
        Self {
            position: item.position,
            fence: item.fence,
            fate,
            started_at: None,
            worker_pid: None,
            work_micros: None,
            peak_memory_bytes: None,
        }
    }
}
