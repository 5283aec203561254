//! States of an item, as closed lists: its states, why it yields, how an attempt ends.

use serde::{Deserialize, Serialize};

use crate::domain::event::EventType;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    Queued,
    Running,
    RetryWait,
    Succeeded,
    Failed,
    Cancelled,
    Expired,
    Skipped,
}

impl ItemState {
    pub const ALL: [ItemState; 8] = [
        ItemState::Queued,
        ItemState::Running,
        ItemState::RetryWait,
        ItemState::Succeeded,
        ItemState::Failed,
        ItemState::Cancelled,
        ItemState::Expired,
        ItemState::Skipped,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            ItemState::Queued => "queued",
            ItemState::Running => "running",
            ItemState::RetryWait => "retry_wait",
            ItemState::Succeeded => "succeeded",
            ItemState::Failed => "failed",
            ItemState::Cancelled => "cancelled",
            ItemState::Expired => "expired",
            ItemState::Skipped => "skipped",
        }
    }

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

    /// The event of an item that ended so; the other ends come to many items at once and are told of the batch.
    pub fn told_as(self) -> Option<EventType> {
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

/// Why a running item goes back to the queue unharmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum YieldReason {
    /// The batch was paused.
    Paused,
    /// The server is shutting down.
    Drained,
    /// The attempt ended before it began: its worker process or its actor was gone.
    NotStarted,
    /// The server's disk did not take its results.
    Unstored,
}

/// How the attempt ended, for the history; one row a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptEnd {
    Succeeded,
    Failed,
    Yielded,
    Stopped,
    Lost,
    Expired,
}

impl AttemptEnd {
    pub fn as_str(self) -> &'static str {
        match self {
            AttemptEnd::Succeeded => "succeeded",
            AttemptEnd::Failed => "failed",
            AttemptEnd::Yielded => "yielded",
            AttemptEnd::Stopped => "stopped",
            AttemptEnd::Lost => "lost",
            AttemptEnd::Expired => "expired",
        }
    }
}
