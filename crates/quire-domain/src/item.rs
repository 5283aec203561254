//! The item machine: three live states, five terminal ones.
//!
//! [`Item::step`] is the only way an item changes, while the server runs and when it recovers. A queued item may be
//! claimed: a batch's actor holds it for a worker process, and its attempt is counted. It runs once a worker process
//! has taken it; a claim that comes to nothing before that leaves no trace but the attempt's number.

mod states;

pub use self::states::{AttemptEnd, ItemState, YieldReason};
use super::event::EventType;
use super::failure::{FailureClass, FailureCode};
use super::ids::{Fence, Micros};
use super::retry::{AttemptsUsed, FailReason, RetryDecision, RetryPolicy};

/// An item as its machine knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub state: ItemState,
    /// Somebody holds it for a worker process; only while queued.
    pub is_claimed: bool,
    /// Rises by one with each retry by hand.
    pub generation: u32,
    /// The number of the newest attempt in this generation; only ever rises, so that it can fence.
    pub attempt: u32,
    /// Attempts that count against the budget; an attempt that yielded is given back.
    pub charged: u32,
    pub timeouts: u32,
    pub crashes: u32,
    /// The boot that holds the claim; meaningful while running.
    pub epoch: i64,
    /// When `retry_wait` is over.
    pub run_at: Micros,
    pub reason: Option<FailReason>,
    pub failure: Option<FailureCode>,
}

/// What happens to an item or is asked of it: the input of [`Item::step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemInput {
    Claimed {
        epoch: i64,
    },
    /// A worker process has taken it.
    Started {
        fence: Fence,
    },
    Succeeded {
        fence: Fence,
    },
    Failed {
        fence: Fence,
        code: FailureCode,
    },
    Yielded {
        fence: Fence,
        why: YieldReason,
    },
    /// The worker was stopped because the batch was cancelled.
    Stopped {
        fence: Fence,
    },
    /// The server that held the claim is gone.
    Lost {
        epoch: i64,
    },
    BackoffOver,
    CancelAsked,
    DeadlinePassed,
    SkipAsked,
    RetryAsked,
}

impl ItemInput {
    /// The event's word in refusals.
    pub fn input_name(&self) -> &'static str {
        match self {
            ItemInput::Claimed { .. } => "claimed",
            ItemInput::Started { .. } => "started",
            ItemInput::Succeeded { .. } => "succeeded",
            ItemInput::Failed { .. } => "failed",
            ItemInput::Yielded { .. } => "yielded",
            ItemInput::Stopped { .. } => "stopped",
            ItemInput::Lost { .. } => "lost",
            ItemInput::BackoffOver => "backoff_over",
            ItemInput::CancelAsked => "cancel_asked",
            ItemInput::DeadlinePassed => "deadline_passed",
            ItemInput::SkipAsked => "skip_asked",
            ItemInput::RetryAsked => "retry_asked",
        }
    }
}

/// Context of one transition: the batch's retry policy and flags, the time, jitter in 0..1.
#[derive(Debug, Clone, Copy)]
pub struct TransitionContext<'a> {
    pub retry: &'a RetryPolicy,
    /// The batch was cancelled: nothing is tried again.
    pub cancelling: bool,
    /// The batch has given up on its rest (`fail_fast`, `rollback`): nothing is tried again.
    pub halted: bool,
    pub now: Micros,
    /// Uniform in 0..1.
    pub jitter: f64,
}

/// Effects of a step: written beside the item itself, in the same transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ItemEffects {
    pub attempt_ended: Option<AttemptEnd>,
    pub emit: Option<EventType>,
}

/// The item's state, or its fence, does not allow the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ItemRefusal {
    #[error("`{event}` is not possible for an item that is `{}`", state.as_str())]
    Illegal { state: ItemState, event: &'static str },
    #[error("the report is of attempt {got:?}, the item is at {held:?}")]
    Fenced { held: Fence, got: Fence },
}

type StepResult = Result<(Item, ItemEffects), ItemRefusal>;

/// The new item, and how its attempt ended if one did.
type Changed = (Item, Option<AttemptEnd>);

impl Item {
    /// A new item: generation 1, not yet tried.
    pub fn submitted() -> Self {
        Self {
            state: ItemState::Queued,
            is_claimed: false,
            generation: 1,
            attempt: 0,
            charged: 0,
            timeouts: 0,
            crashes: 0,
            epoch: 0,
            run_at: 0,
            reason: None,
            failure: None,
        }
    }

    pub fn fence(&self) -> Fence {
        Fence { generation: self.generation, attempt: self.attempt, epoch: self.epoch }
    }

    /// The new item and what to write beside it; the caller persists first and adopts after.
    ///
    /// # Errors
    /// [`ItemRefusal::Fenced`] for a report of another attempt than the claimed or running one,
    /// [`ItemRefusal::Illegal`] for a pair that has no transition.
    pub fn step(self, event: &ItemInput, context: &TransitionContext<'_>) -> StepResult {
        let (next, attempt_ended) = match self.state {
            ItemState::Queued if self.is_claimed => self.step_claimed(event, context),
            ItemState::Queued => self.step_queued(event),
            ItemState::Running => self.step_running(event, context),
            ItemState::RetryWait => self.step_retry_wait(event),
            ItemState::Failed | ItemState::Expired | ItemState::Cancelled | ItemState::Skipped => {
                self.step_ended(event)
            }
            ItemState::Succeeded => Err(self.illegal(event)),
        }?;
        // A claim that comes or goes is nobody's news.
        let is_news = next.state != self.state || next.generation != self.generation || attempt_ended.is_some();
        Ok((next, ItemEffects { attempt_ended, emit: is_news.then(|| next.state.event_type()) }))
    }

    fn step_queued(self, event: &ItemInput) -> Result<Changed, ItemRefusal> {
        match event {
            ItemInput::Claimed { epoch } => Ok(self.claimed(*epoch)),
            ItemInput::CancelAsked => Ok(self.moved(ItemState::Cancelled)),
            ItemInput::DeadlinePassed => Ok(self.moved(ItemState::Expired)),
            ItemInput::SkipAsked => Ok(self.moved(ItemState::Skipped)),
            ItemInput::Started { .. }
            | ItemInput::Succeeded { .. }
            | ItemInput::Failed { .. }
            | ItemInput::Yielded { .. }
            | ItemInput::Stopped { .. }
            | ItemInput::Lost { .. }
            | ItemInput::BackoffOver
            | ItemInput::RetryAsked => Err(self.illegal(event)),
        }
    }

    /// Whatever comes before the start gives the claim back; only a failure on the way to the worker is an attempt.
    fn step_claimed(self, event: &ItemInput, context: &TransitionContext<'_>) -> Result<Changed, ItemRefusal> {
        match event {
            ItemInput::Started { fence } => Ok(self.guarded(fence)?.started()),
            ItemInput::Failed { fence, code } => self.guarded(fence)?.attempt_failed(*code, context),
            ItemInput::Yielded { fence, .. } | ItemInput::Stopped { fence } => {
                Ok(self.guarded(fence)?.given_back(context))
            }
            ItemInput::Lost { epoch } if *epoch > self.epoch => Ok(self.given_back(context)),
            ItemInput::DeadlinePassed => Ok(self.moved(ItemState::Expired)),
            ItemInput::Lost { .. }
            | ItemInput::Claimed { .. }
            | ItemInput::Succeeded { .. }
            | ItemInput::BackoffOver
            | ItemInput::CancelAsked
            | ItemInput::SkipAsked
            | ItemInput::RetryAsked => Err(self.illegal(event)),
        }
    }

    fn step_retry_wait(self, event: &ItemInput) -> Result<Changed, ItemRefusal> {
        match event {
            ItemInput::BackoffOver => Ok(self.moved(ItemState::Queued)),
            ItemInput::CancelAsked => Ok(self.moved(ItemState::Cancelled)),
            ItemInput::DeadlinePassed => Ok(self.moved(ItemState::Expired)),
            ItemInput::SkipAsked => Ok(self.moved(ItemState::Skipped)),
            ItemInput::Claimed { .. }
            | ItemInput::Started { .. }
            | ItemInput::Succeeded { .. }
            | ItemInput::Failed { .. }
            | ItemInput::Yielded { .. }
            | ItemInput::Stopped { .. }
            | ItemInput::Lost { .. }
            | ItemInput::RetryAsked => Err(self.illegal(event)),
        }
    }

    fn step_running(self, event: &ItemInput, context: &TransitionContext<'_>) -> Result<Changed, ItemRefusal> {
        match event {
            ItemInput::Succeeded { fence } => self.guarded(fence)?.succeeded(),
            ItemInput::Failed { fence, code } => self.guarded(fence)?.attempt_failed(*code, context),
            ItemInput::Yielded { fence, .. } => self.guarded(fence)?.yielded(AttemptEnd::Yielded, context),
            ItemInput::Stopped { fence } => self.guarded(fence)?.stopped(context),
            ItemInput::Lost { epoch } if *epoch > self.epoch => self.yielded(AttemptEnd::Lost, context),
            ItemInput::DeadlinePassed => Ok(self.ended(ItemState::Expired, AttemptEnd::Expired)),
            ItemInput::Lost { .. }
            | ItemInput::Claimed { .. }
            | ItemInput::Started { .. }
            | ItemInput::BackoffOver
            | ItemInput::CancelAsked
            | ItemInput::SkipAsked
            | ItemInput::RetryAsked => Err(self.illegal(event)),
        }
    }

    fn step_ended(self, event: &ItemInput) -> Result<Changed, ItemRefusal> {
        match event {
            ItemInput::RetryAsked => Ok((Item { generation: self.generation + 1, ..Item::submitted() }, None)),
            ItemInput::Claimed { .. }
            | ItemInput::Started { .. }
            | ItemInput::Succeeded { .. }
            | ItemInput::Failed { .. }
            | ItemInput::Yielded { .. }
            | ItemInput::Stopped { .. }
            | ItemInput::Lost { .. }
            | ItemInput::BackoffOver
            | ItemInput::CancelAsked
            | ItemInput::DeadlinePassed
            | ItemInput::SkipAsked => Err(self.illegal(event)),
        }
    }

    fn claimed(self, epoch: i64) -> Changed {
        let claimed = Item { is_claimed: true, attempt: self.attempt + 1, charged: self.charged + 1, epoch, ..self };
        (claimed, None)
    }

    fn started(self) -> Changed {
        self.moved(ItemState::Running)
    }

    /// The claim came to nothing: as if it had not been, but for the attempt's number.
    fn given_back(self, context: &TransitionContext<'_>) -> Changed {
        let state = if context.cancelling { ItemState::Cancelled } else { ItemState::Queued };
        Item { charged: self.charged.saturating_sub(1), ..self }.moved(state)
    }

    fn succeeded(self) -> Result<Changed, ItemRefusal> {
        Ok(Item { failure: None, ..self }.ended(ItemState::Succeeded, AttemptEnd::Succeeded))
    }

    fn attempt_failed(self, code: FailureCode, context: &TransitionContext<'_>) -> Result<Changed, ItemRefusal> {
        let spent = Item {
            timeouts: self.timeouts + u32::from(code.class() == FailureClass::Timeout),
            crashes: self.crashes + u32::from(code.class() == FailureClass::Crash),
            failure: Some(code),
            ..self
        };
        let decision = context.retry.decide(code, spent.spent(), context.jitter);
        Ok(match decision {
            RetryDecision::Give(reason) => spent.failed(reason),
            RetryDecision::RetryAfter(_) | RetryDecision::Requeue if context.cancelling => {
                spent.ended(ItemState::Cancelled, AttemptEnd::Failed)
            }
            RetryDecision::RetryAfter(_) | RetryDecision::Requeue if context.halted => {
                spent.failed(FailReason::Exhausted)
            }
            RetryDecision::RetryAfter(delay) => {
                Item { run_at: context.now + delay, ..spent }.ended(ItemState::RetryWait, AttemptEnd::Failed)
            }
            RetryDecision::Requeue => spent.requeued(AttemptEnd::Failed),
        })
    }

    /// Back to the queue with the attempt given back, unless the batch wants no more of it.
    fn yielded(self, end: AttemptEnd, context: &TransitionContext<'_>) -> Result<Changed, ItemRefusal> {
        if context.cancelling {
            return Ok(self.ended(ItemState::Cancelled, end));
        }
        Ok(self.requeued(end))
    }

    /// A stop that comes without a cancel (the batch was retried meanwhile) is a yield.
    fn stopped(self, context: &TransitionContext<'_>) -> Result<Changed, ItemRefusal> {
        self.yielded(AttemptEnd::Stopped, context)
    }

    fn requeued(self, end: AttemptEnd) -> Changed {
        let charged = self.charged.saturating_sub(1);
        Item { charged, ..self }.ended(ItemState::Queued, end)
    }

    fn failed(self, reason: FailReason) -> Changed {
        Item { reason: Some(reason), ..self }.ended(ItemState::Failed, AttemptEnd::Failed)
    }

    fn ended(self, state: ItemState, end: AttemptEnd) -> Changed {
        (Item { state, is_claimed: false, ..self }, Some(end))
    }

    /// A change with which no attempt ends.
    fn moved(self, state: ItemState) -> Changed {
        (Item { state, is_claimed: false, ..self }, None)
    }

    fn guarded(self, got: &Fence) -> Result<Item, ItemRefusal> {
        let held = self.fence();
        if held == *got { Ok(self) } else { Err(ItemRefusal::Fenced { held, got: *got }) }
    }

    fn spent(&self) -> AttemptsUsed {
        AttemptsUsed { charged: self.charged, timeouts: self.timeouts, crashes: self.crashes }
    }

    fn illegal(&self, event: &ItemInput) -> ItemRefusal {
        ItemRefusal::Illegal { state: self.state, event: event.input_name() }
    }
}
