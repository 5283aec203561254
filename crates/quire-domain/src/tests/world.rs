//! A batch and its items, stepped together in one transaction each, as the engine does.
//!
//! [`World::obey`] keeps the rules that are the engine's own (no claim unless the batch may start items,
//! no timer while paused, items are cancelled, expired, skipped and retried by sweeps only).
//! [`World::force`] keeps none: the machines have to stand it.

use crate::batch::{Batch, BatchControl, BatchEvent, FailurePolicy, ItemSweep};
use crate::counts::{Counts, CountsBroken};
use crate::failure::{FailureCode, FailureCodes};
use crate::ids::Micros;
use crate::item::{Item, ItemEvent, ItemState, TransitionContext, YieldReason};
use crate::retry::RetryPolicy;

/// What can happen to one item; [`Deed::event`] gives it the fence of the newest attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    Claim,
    Start,
    Succeed,
    Fail(FailureCode),
    Yield(YieldReason),
    Stop,
    Lose,
    BackoffOver,
    Cancel,
    Deadline,
    Skip,
    Retry,
}

impl Deed {
    pub(super) fn event(self, item: &Item, epoch: i64) -> ItemEvent {
        let fence = item.fence();
        match self {
            Deed::Claim => ItemEvent::Claimed { epoch },
            Deed::Start => ItemEvent::Started { fence },
            Deed::Succeed => ItemEvent::Succeeded { fence },
            Deed::Fail(code) => ItemEvent::Failed { fence, code },
            Deed::Yield(why) => ItemEvent::Yielded { fence, why },
            Deed::Stop => ItemEvent::Stopped { fence },
            Deed::Lose => ItemEvent::Lost { epoch },
            Deed::BackoffOver => ItemEvent::BackoffOver,
            Deed::Cancel => ItemEvent::CancelAsked,
            Deed::Deadline => ItemEvent::DeadlinePassed,
            Deed::Skip => ItemEvent::SkipAsked,
            Deed::Retry => ItemEvent::RetryAsked,
        }
    }

    /// Whether a worker or its death reports this, not a sweep.
    fn is_of_an_attempt(self) -> bool {
        matches!(self, Deed::Start | Deed::Succeed | Deed::Fail(_) | Deed::Yield(_) | Deed::Stop)
    }
}

/// What can happen in the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    Batch(BatchEvent),
    /// To the item at this index, modulo how many there are.
    Item(usize, Deed),
    /// The server dies and starts again: everything that was claimed or ran is lost.
    Reboot,
    /// One item's worth of the sweep that is due.
    Sweep,
    Pass(Micros),
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub batch: Batch,
    pub items: Vec<Item>,
    pub policy: RetryPolicy,
    pub now: Micros,
    pub epoch: i64,
    pub jitter: f64,
}

impl World {
    pub(super) fn new(items: usize, sealed: bool, on_failure: FailurePolicy, policy: RetryPolicy) -> Self {
        let batch = Batch::submitted(items as u64, sealed, on_failure);
        Self { batch, items: vec![Item::submitted(); items], policy, now: 0, epoch: 1, jitter: 0.0 }
    }

    /// The happening, if the engine would let it happen; whether anything changed.
    pub(super) fn obey(&mut self, happening: Happening) -> bool {
        match happening {
            Happening::Item(index, deed) => match self.place(index) {
                Some(index) if self.engine_lets(index, deed) => self.item(index, deed),
                _ => false,
            },
            Happening::Batch(BatchEvent::RetrySwept { .. }) => false,
            _ => self.force(happening),
        }
    }

    /// The happening, whatever the engine would say; whether anything changed.
    pub(super) fn force(&mut self, happening: Happening) -> bool {
        match happening {
            Happening::Batch(event) => self.batch(event),
            Happening::Item(index, deed) => self.place(index).is_some_and(|index| self.item(index, deed)),
            Happening::Reboot => self.reboot(),
            Happening::Sweep => self.sweep(),
            Happening::Pass(micros) => {
                self.now += micros;
                micros > 0
            }
        }
    }

    pub(super) fn context(&self) -> TransitionContext<'_> {
        TransitionContext {
            retry: &self.policy,
            cancelling: self.batch.control == BatchControl::Cancelled,
            halted: self.batch.halted,
            now: self.now,
            jitter: self.jitter,
        }
    }

    /// The counts as they must be.
    pub(super) fn fold(&self) -> Counts {
        let mut counts = Counts { total: self.items.len() as u64, ..Counts::default() };
        for item in &self.items {
            let slot = match item.state {
                ItemState::Queued => &mut counts.queued,
                ItemState::Running => &mut counts.running,
                ItemState::RetryWait => &mut counts.retry_wait,
                ItemState::Succeeded => &mut counts.succeeded,
                ItemState::Failed => &mut counts.failed,
                ItemState::Cancelled => &mut counts.cancelled,
                ItemState::Expired => &mut counts.expired,
                ItemState::Skipped => &mut counts.skipped,
            };
            *slot += 1;
        }
        counts
    }

    /// How many of the queued items are claimed.
    pub(super) fn claimed(&self) -> u64 {
        self.items.iter().filter(|item| item.is_claimed).map(|_| 1).sum()
    }

    fn place(&self, index: usize) -> Option<usize> {
        index.checked_rem(self.items.len())
    }

    fn engine_lets(&self, index: usize, deed: Deed) -> bool {
        let item = &self.items[index];
        match deed {
            Deed::Claim => self.batch.may_start_items(self.now),
            Deed::BackoffOver => self.batch.control != BatchControl::Paused && item.run_at <= self.now,
            _ => deed.is_of_an_attempt(),
        }
    }

    fn batch(&mut self, event: BatchEvent) -> bool {
        let Ok(step) = self.batch.step(&event, self.now) else { return false };
        if let BatchEvent::Extended { items } = event {
            self.items.extend(vec![Item::submitted(); items as usize]);
        }
        self.batch = step.batch;
        step.changed
    }

    fn item(&mut self, index: usize, deed: Deed) -> bool {
        let before = self.items[index];
        let Ok((after, _)) = before.step(&deed.event(&before, self.epoch), &self.context()) else { return false };
        self.batch = self.batch.item_moved(&before, &after).expect("the counts hold every item");
        self.items[index] = after;
        true
    }

    fn reboot(&mut self) -> bool {
        self.epoch += 1;
        let lost = (0..self.items.len()).filter(|index| self.item(*index, Deed::Lose)).count();
        lost > 0
    }

    fn sweep(&mut self) -> bool {
        match self.batch.due_sweep() {
            None => false,
            Some(ItemSweep::Cancel) => self.sweep_first(Deed::Cancel, is_at_rest),
            Some(ItemSweep::Skip) => self.sweep_first(Deed::Skip, is_at_rest),
            Some(ItemSweep::Expire) => self.sweep_first(Deed::Deadline, |_| true),
            Some(ItemSweep::Retry { after, cancelled_too }) => self.sweep_retry(after, |item| match item.state {
                ItemState::Failed | ItemState::Expired => true,
                ItemState::Cancelled => cancelled_too,
                _ => false,
            }),
            Some(ItemSweep::RetryFailed { after, codes, .. }) => self.sweep_retry(after, |item| failed_of(item, codes)),
        }
    }

    fn sweep_first(&mut self, deed: Deed, wanted: fn(&Item) -> bool) -> bool {
        let found = self.items.iter().position(|item| !item.state.is_terminal() && wanted(item));
        found.is_some_and(|index| self.item(index, deed))
    }

    fn sweep_retry(&mut self, after: u32, again: impl Fn(&Item) -> bool) -> bool {
        let found = (after as usize..self.items.len()).find(|index| again(&self.items[*index]));
        let retried = found.is_none_or(|index| self.item(index, Deed::Retry));
        let after = found.map(|index| index as u32 + 1);
        retried && self.batch(BatchEvent::RetrySwept { after })
    }
}

/// Whether it has failed, of one of these.
pub(super) fn failed_of(item: &Item, codes: FailureCodes) -> bool {
    item.state == ItemState::Failed && item.failure.is_some_and(|code| codes.contains(code))
}

/// Whether nobody holds it.
fn is_at_rest(item: &Item) -> bool {
    item.state != ItemState::Running && !item.is_claimed
}

/// The batch after one of its items went from one state to another.
pub(super) fn moved(batch: Batch, from: ItemState, to: ItemState) -> Result<Batch, CountsBroken> {
    let item = |state| Item { state, ..Item::submitted() };
    batch.item_moved(&item(from), &item(to))
}
