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

    /// The event of a single item that ended so, if it has one: the other ends come to many items at once and are told
    /// of the batch.
    pub fn item_event_type(self) -> Option<EventType> {
        match self {
            ItemState::Succeeded => Some(EventType::ItemCompleted),
            ItemState::Failed => Some(EventType::ItemFailed),
            ItemState::Queued
            | ItemState::Running
            | ItemState::RetryWait
            | ItemState::Cancelled
            | ItemState::Expired
            | ItemState::Skipped => None,
        }
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
