//! States of a batch, as closed lists: what the user wants, how far it is, how it ended.

use serde::{Deserialize, Serialize};

use crate::domain::event::EventType;

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchControl {
    Run,
    Paused,
    Cancelled,
}

/// What a pause does to items that are running.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseMode {
    /// They finish.
    #[default]
    Drain,
    /// They are stopped and queued again; their attempt is not charged.
    Interrupt,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailurePolicy {
    /// The others go on; the batch may end as `partial`.
    #[default]
    Continue,
    /// The first failure skips what has not started.
    FailFast,
    /// All or nothing: the first failure skips the rest and hides every artifact of the batch.
    Rollback,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchPhase {
    Open,
    Waiting,
    Pending,
    Running,
    Finalizing,
    Ended,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Outcome")]
pub enum BatchOutcome {
    Succeeded,
    Partial,
    Failed,
    Cancelled,
    Expired,
}

/// The one word a user sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchStatus {
    Open,
    Scheduled,
    Queued,
    Running,
    Pausing,
    Paused,
    Cancelling,
    Finalizing,
    Succeeded,
    Partial,
    Failed,
    Cancelled,
    Expired,
}

impl BatchStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            BatchStatus::Open => "open",
            BatchStatus::Scheduled => "scheduled",
            BatchStatus::Queued => "queued",
            BatchStatus::Running => "running",
            BatchStatus::Pausing => "pausing",
            BatchStatus::Paused => "paused",
            BatchStatus::Cancelling => "cancelling",
            BatchStatus::Finalizing => "finalizing",
            BatchStatus::Succeeded => "succeeded",
            BatchStatus::Partial => "partial",
            BatchStatus::Failed => "failed",
            BatchStatus::Cancelled => "cancelled",
            BatchStatus::Expired => "expired",
        }
    }
}

/// Work on many items that a change of the batch asks for; done in chunks, resumable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemSweep {
    /// Live items that are not running become `cancelled`.
    Cancel,
    /// Every live item becomes `expired`.
    Expire,
    /// Live items that are not running become `skipped`.
    Skip,
    /// Ended items from this position on are queued again.
    Retry { after: u32, cancelled_too: bool },
}

impl BatchOutcome {
    pub fn status(self) -> BatchStatus {
        match self {
            BatchOutcome::Succeeded => BatchStatus::Succeeded,
            BatchOutcome::Partial => BatchStatus::Partial,
            BatchOutcome::Failed => BatchStatus::Failed,
            BatchOutcome::Cancelled => BatchStatus::Cancelled,
            BatchOutcome::Expired => BatchStatus::Expired,
        }
    }

    pub fn event(self) -> EventType {
        match self {
            BatchOutcome::Succeeded | BatchOutcome::Partial => EventType::BatchCompleted,
            BatchOutcome::Failed | BatchOutcome::Expired => EventType::BatchFailed,
            BatchOutcome::Cancelled => EventType::BatchCancelled,
        }
    }
}
