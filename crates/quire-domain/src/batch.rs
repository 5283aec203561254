//! The batch machine: three facts (control, phase, outcome) and one derived label (status).
//!
//! [`Batch::step`] is the only way a batch changes by request; its counts follow its items.

mod end;
mod states;

pub use self::states::{
    BatchControl, BatchLifecycle, BatchOutcome, BatchStatus, FailurePolicy, ItemSweep, PauseMode, StoredStatus,
};
use super::counts::{CountUnderflow, ItemCounts};
use super::event::EventType;
use super::failure::FailureCodes;
use super::ids::Micros;
use super::item::{Item, ItemState};

/// A batch as its machine knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batch {
    pub control: BatchControl,
    pub pause_mode: PauseMode,
    pub on_failure: FailurePolicy,
    pub sealed: bool,
    pub started: bool,
    /// The failure policy gave up on what has not started.
    pub halted: bool,
    pub deadline_hit: bool,
    pub not_before: Option<Micros>,
    pub deadline: Option<Micros>,
    pub generation: u32,
    /// A retry that has not reached every item yet.
    pub retrying: Option<ItemSweep>,
    pub counts: ItemCounts,
    /// Of the queued items, those that are claimed.
    pub claimed: u64,
    pub outcome: Option<BatchOutcome>,
}

/// What happens to a batch or is asked of it: the input of [`Batch::step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchInput {
    Extended {
        items: u64,
    },
    Sealed,
    PauseAsked {
        mode: PauseMode,
    },
    ResumeAsked,
    CancelAsked,
    RetryAsked {
        cancelled_too: bool,
    },
    /// So many failed items are to run again: all that failed of these codes by now; without codes, those that the same
    /// write queues itself.
    FailedRetryAsked {
        codes: Option<FailureCodes>,
        items: u64,
    },
    /// The retry has reached every item up to and including this one; `None` when it is done.
    RetrySwept {
        after: Option<u32>,
    },
    DeadlinePassed,
    /// The server cannot work on the batch: what has not ended is skipped.
    GivenUp,
    FinalizeAsked,
}

impl BatchInput {
    /// The event's word in refusals.
    pub fn input_name(&self) -> &'static str {
        match self {
            BatchInput::Extended { .. } => "extended",
            BatchInput::Sealed => "sealed",
            BatchInput::PauseAsked { .. } => "pause_asked",
            BatchInput::ResumeAsked => "resume_asked",
            BatchInput::CancelAsked => "cancel_asked",
            BatchInput::RetryAsked { .. } | BatchInput::FailedRetryAsked { .. } => "retry_asked",
            BatchInput::RetrySwept { .. } => "retry_swept",
            BatchInput::DeadlinePassed => "deadline_passed",
            BatchInput::GivenUp => "given_up",
            BatchInput::FinalizeAsked => "finalize_asked",
        }
    }
}

/// Result of a step: the new batch and the event to log with it; `changed` is false when it was so already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchTransition {
    pub batch: Batch,
    pub changed: bool,
    pub emit: Option<EventType>,
}

/// The batch's state does not allow the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{event}` is not possible for a batch that is `{}`", status.as_str())]
pub struct BatchRefusal {
    pub status: BatchStatus,
    pub event: &'static str,
}

impl Batch {
    /// A new batch with `items` queued items.
    pub fn submitted(items: u64, sealed: bool, on_failure: FailurePolicy) -> Self {
        let mut counts = ItemCounts::default();
        counts.add_queued(items);
        Self {
            control: BatchControl::Run,
            pause_mode: PauseMode::Drain,
            on_failure,
            sealed,
            started: false,
            halted: false,
            deadline_hit: false,
            not_before: None,
            deadline: None,
            generation: 1,
            retrying: None,
            counts,
            claimed: 0,
            outcome: None,
        }
    }

    /// Queued items that nobody holds.
    pub fn unclaimed_items(&self) -> u64 {
        self.counts.queued - self.claimed
    }

    /// Items that are claimed or run.
    pub fn claimed_or_running_items(&self) -> u64 {
        self.claimed + self.counts.running
    }

    /// Whether the machine has reached the end; `ended` is for ever, but for a retry by hand.
    pub fn is_ended(&self) -> bool {
        self.outcome.is_some()
    }

    pub fn lifecycle(&self, now: Micros) -> BatchLifecycle {
        if self.is_ended() {
            BatchLifecycle::Ended
        } else if self.is_finalizable() {
            BatchLifecycle::Finalizing
        } else if !self.sealed {
            BatchLifecycle::Open
        } else if self.started {
            BatchLifecycle::Running
        } else if self.not_before.is_some_and(|at| at > now) {
            BatchLifecycle::Waiting
        } else {
            BatchLifecycle::Pending
        }
    }

    pub fn status(&self, now: Micros) -> BatchStatus {
        match (self.lifecycle(now), self.control) {
            (BatchLifecycle::Ended, _) => self.outcome.map_or(BatchStatus::Finalizing, BatchOutcome::status),
            (BatchLifecycle::Finalizing, _) => BatchStatus::Finalizing,
            (_, BatchControl::Cancelled) => BatchStatus::Cancelling,
            (_, BatchControl::Paused) if self.claimed_or_running_items() > 0 => BatchStatus::Pausing,
            (_, BatchControl::Paused) => BatchStatus::Paused,
            (BatchLifecycle::Open, BatchControl::Run) => BatchStatus::Open,
            (BatchLifecycle::Waiting, BatchControl::Run) => BatchStatus::Scheduled,
            (BatchLifecycle::Pending, BatchControl::Run) => BatchStatus::Queued,
            (BatchLifecycle::Running, BatchControl::Run) => BatchStatus::Running,
        }
    }

    /// The same at any time.
    pub fn stored_status(&self) -> StoredStatus {
        self.status(Micros::MAX).stored()
    }

    /// Whether items may be claimed now.
    pub fn may_start_items(&self, now: Micros) -> bool {
        self.control == BatchControl::Run
            && !self.halted
            && !self.deadline_hit
            && self.outcome.is_none()
            && self.not_before.is_none_or(|at| at <= now)
    }

    /// The sweep that has to come before anything else, if any is due.
    pub fn due_sweep(&self) -> Option<ItemSweep> {
        let waiting = self.unclaimed_items() + self.counts.retry_wait;
        if self.control == BatchControl::Cancelled && waiting > 0 {
            Some(ItemSweep::Cancel)
        } else if self.deadline_hit && self.counts.live_items() > 0 {
            Some(ItemSweep::Expire)
        } else if self.halted && waiting > 0 {
            Some(ItemSweep::Skip)
        } else {
            self.retrying
        }
    }

    /// The batch after one of its items changed: counts follow, and the failure policy may give up on the rest.
    ///
    /// # Errors
    /// [`CountUnderflow`] when the counts do not hold such an item.
    pub fn apply_item_and_policy(mut self, before: &Item, after: &Item) -> Result<Self, CountUnderflow> {
        if before.is_claimed {
            self.claimed = self.claimed.checked_sub(1).ok_or(CountUnderflow { state: before.state })?;
        }
        self.counts.move_item(before.state, after.state)?;
        self.claimed += u64::from(after.is_claimed);
        self.started |= after.state == ItemState::Running;
        if after.state == ItemState::Failed && self.on_failure != FailurePolicy::Continue {
            // An item that a retry has not reached yet keeps its result and can be retried again.
            (self.halted, self.retrying) = (true, None);
        }
        Ok(self)
    }

    /// The new batch and what to log; the caller persists first and adopts after.
    ///
    /// # Errors
    /// [`BatchRefusal`] when the state forbids the event; asking for what is already so is no error.
    pub fn step(self, event: &BatchInput, now: Micros) -> Result<BatchTransition, BatchRefusal> {
        match event {
            BatchInput::Extended { items } => self.extend(*items).ok_or_else(|| self.refuse(event, now)),
            BatchInput::Sealed => Ok(self.seal()),
            BatchInput::PauseAsked { mode } => self.pause(*mode).ok_or_else(|| self.refuse(event, now)),
            BatchInput::ResumeAsked => self.resume().ok_or_else(|| self.refuse(event, now)),
            BatchInput::CancelAsked => self.cancel().ok_or_else(|| self.refuse(event, now)),
            BatchInput::RetryAsked { cancelled_too } => {
                self.retry(*cancelled_too, now).ok_or_else(|| self.refuse(event, now))
            }
            BatchInput::FailedRetryAsked { codes, items } => {
                self.retry_failed(*codes, *items, now).ok_or_else(|| self.refuse(event, now))
            }
            BatchInput::RetrySwept { after } => self.swept(*after).ok_or_else(|| self.refuse(event, now)),
            BatchInput::DeadlinePassed => Ok(self.pass_deadline(now)),
            BatchInput::GivenUp => Ok(self.give_up()),
            BatchInput::FinalizeAsked => self.finalize().ok_or_else(|| self.refuse(event, now)),
        }
    }

    fn extend(self, items: u64) -> Option<BatchTransition> {
        if self.sealed || self.is_ended() || self.control == BatchControl::Cancelled || self.deadline_hit {
            return None;
        }
        let mut next = self;
        next.counts.add_queued(items);
        Some(next.changed(Some(EventType::BatchExtended)))
    }

    fn seal(self) -> BatchTransition {
        if self.sealed { self.same() } else { Batch { sealed: true, ..self }.changed(Some(EventType::BatchSealed)) }
    }

    fn pause(self, mode: PauseMode) -> Option<BatchTransition> {
        if self.is_ended() || self.control == BatchControl::Cancelled {
            return None;
        }
        if self.control == BatchControl::Paused && (self.pause_mode == mode || self.pause_mode == PauseMode::Interrupt)
        {
            return Some(self.same());
        }
        let paused = Batch { control: BatchControl::Paused, pause_mode: mode, ..self };
        Some(paused.changed(Some(EventType::BatchPaused)))
    }

    fn resume(self) -> Option<BatchTransition> {
        match self.control {
            _ if self.is_ended() => None,
            BatchControl::Cancelled => None,
            BatchControl::Run => Some(self.same()),
            BatchControl::Paused => {
                let running = Batch { control: BatchControl::Run, pause_mode: PauseMode::Drain, ..self };
                Some(running.changed(Some(EventType::BatchResumed)))
            }
        }
    }

    /// A cancel also seals: nothing more can come.
    fn cancel(self) -> Option<BatchTransition> {
        if self.control == BatchControl::Cancelled {
            return Some(self.same());
        }
        if self.is_ended() {
            return None;
        }
        let cancelled = Batch { control: BatchControl::Cancelled, sealed: true, retrying: None, ..self };
        Some(cancelled.changed(Some(EventType::BatchCancelling)))
    }

    /// Items that a retry of everything takes.
    pub fn count_unsuccessful_items(&self, include_cancelled: bool) -> u64 {
        let counts = &self.counts;
        counts.failed + counts.expired + counts.skipped + if include_cancelled { counts.cancelled } else { 0 }
    }

    /// Failed, expired and skipped items run again; cancelled ones when asked for.
    fn retry(self, cancelled_too: bool, now: Micros) -> Option<BatchTransition> {
        self.begin_again(
            self.count_unsuccessful_items(cancelled_too),
            Some(ItemSweep::Retry { after: 0, cancelled_too }),
            now,
        )
    }

    /// What fails from now on is no part of it.
    fn retry_failed(self, codes: Option<FailureCodes>, items: u64, now: Micros) -> Option<BatchTransition> {
        let sweep = codes.map(|codes| ItemSweep::RetryFailed { after: 0, codes, until: now });
        self.begin_again(items, sweep, now)
    }

    /// A deadline that has passed is over.
    fn begin_again(self, items: u64, retrying: Option<ItemSweep>, now: Micros) -> Option<BatchTransition> {
        let stopping = !self.is_ended() && (self.control == BatchControl::Cancelled || self.deadline_hit);
        if stopping || self.retrying.is_some() {
            return None;
        }
        if items == 0 {
            return Some(self.same());
        }
        let control = if self.is_ended() { BatchControl::Run } else { self.control };
        let again = Batch {
            control,
            outcome: None,
            halted: false,
            deadline: self.deadline.filter(|at| *at > now),
            deadline_hit: false,
            generation: self.generation + 1,
            retrying,
            ..self
        };
        Some(again.changed(Some(EventType::BatchRetried)))
    }

    fn swept(self, reached: Option<u32>) -> Option<BatchTransition> {
        let retrying = match self.retrying? {
            ItemSweep::Retry { cancelled_too, .. } => reached.map(|after| ItemSweep::Retry { after, cancelled_too }),
            ItemSweep::RetryFailed { codes, until, .. } => {
                reached.map(|after| ItemSweep::RetryFailed { after, codes, until })
            }
            ItemSweep::Cancel | ItemSweep::Expire | ItemSweep::Skip => return None,
        };
        Some(Batch { retrying, ..self }.changed(None))
    }

    fn pass_deadline(self, now: Micros) -> BatchTransition {
        if self.is_ended() || self.deadline_hit || self.deadline.is_none_or(|at| at > now) {
            return self.same();
        }
        Batch { deadline_hit: true, sealed: true, retrying: None, ..self }.changed(None)
    }

    fn give_up(self) -> BatchTransition {
        if self.is_ended() || self.halted && self.sealed && self.retrying.is_none() {
            return self.same();
        }
        Batch { halted: true, sealed: true, retrying: None, ..self }.changed(None)
    }

    fn changed(self, emit: Option<EventType>) -> BatchTransition {
        BatchTransition { batch: self, changed: true, emit }
    }

    fn same(self) -> BatchTransition {
        BatchTransition { batch: self, changed: false, emit: None }
    }

    fn refuse(&self, event: &BatchInput, now: Micros) -> BatchRefusal {
        BatchRefusal { status: self.status(now), event: event.input_name() }
    }
}
