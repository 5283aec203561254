//! States of an item, as closed lists: its states, why it yields, how an attempt ends.

use serde::Deserialize;

use crate::closed_list;
use crate::event::EventType;

closed_list! {
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum ItemState {
        Queued = "queued",
        Running = "running",
        RetryWait = "retry_wait",
        Succeeded = "succeeded",
        Failed = "failed",
        Cancelled = "cancelled",
        Expired = "expired",
        Skipped = "skipped",
    }
}

impl ItemState {
    pub fn is_terminal(self) -> bool {
        match self {
            ItemState::Queued | ItemState::Running | ItemState::RetryWait => false,
            ItemState::Succeeded
            | ItemState::Failed
            | ItemState::Cancelled
            | ItemState::Expired
            | ItemState::Skipped => true,
        }
    }

    /// The event of an item that came into this state.
    pub fn event_type(self) -> EventType {
        match self {
            ItemState::Queued => EventType::ItemRequeued,
            ItemState::Running => EventType::ItemStarted,
            ItemState::RetryWait => EventType::ItemRetryScheduled,
            ItemState::Succeeded => EventType::ItemCompleted,
            ItemState::Failed => EventType::ItemFailed,
            ItemState::Cancelled => EventType::ItemCancelled,
            ItemState::Expired => EventType::ItemExpired,
            ItemState::Skipped => EventType::ItemSkipped,
        }
    }

    /// The state that an item came into, as an event of this type tells; none for an event of a batch.
    pub fn told_by(kind: EventType) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.event_type() == kind)
    }
}

closed_list! {
    /// Why a running item goes back to the queue unharmed.
    #[derive(Deserialize)]
    pub enum YieldReason {
        /// The batch was paused.
        Paused = "paused",
        /// The server is shutting down.
        Drained = "drained",
        /// The attempt ended before it began: its worker process or its actor was gone.
        NotStarted = "not_started",
        /// The server's disk did not take its results.
        Unstored = "unstored",
    }
}

closed_list! {
    /// End of an attempt, for the history; one row a try.
    #[derive(Deserialize)]
    pub enum AttemptEnd {
        Succeeded = "succeeded",
        Failed = "failed",
        Yielded = "yielded",
        Stopped = "stopped",
        Lost = "lost",
        Expired = "expired",
    }
}
