//! States of a batch, as closed lists: what the user wants, how far it is, how it ended.

use serde::{Deserialize, Serialize};

use crate::closed_list;
use crate::event::EventType;
use crate::failure::FailureCodes;
use crate::ids::Micros;

closed_list! {
    /// The user's wish for the batch.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum BatchControl {
        Run = "run",
        Paused = "paused",
        Cancelled = "cancelled",
    }
}

closed_list! {
    /// The effect of a pause on items that are running.
    #[derive(Default, Deserialize, schemars::JsonSchema)]
    pub enum PauseMode {
        /// They finish.
        #[default]
        Drain = "drain",
        /// They are stopped and queued again; their attempt is not charged.
        Interrupt = "interrupt",
    }
}

closed_list! {
    #[derive(Default, Deserialize, schemars::JsonSchema)]
    pub enum FailurePolicy {
        /// The others go on; the batch may end as `partial`.
        #[default]
        Continue = "continue",
        /// The first failure skips what has not started.
        FailFast = "fail_fast",
        /// All or nothing: the first failure skips the rest and hides every artifact of the batch.
        Rollback = "rollback",
    }
}

closed_list! {
    /// How far a batch is. Status = phase × control × outcome: see [`BatchStatus`].
    #[derive(Deserialize)]
    pub enum BatchLifecycle {
        Open = "open",
        Waiting = "waiting",
        Pending = "pending",
        Running = "running",
        Finalizing = "finalizing",
        Ended = "ended",
    }
}

closed_list! {
    // How a batch ended. What `///` says would go into the API's schema.
    #[derive(Deserialize, schemars::JsonSchema)]
    #[schemars(rename = "Outcome")]
    pub enum BatchOutcome {
        Succeeded = "succeeded",
        Partial = "partial",
        Failed = "failed",
        Cancelled = "cancelled",
        Expired = "expired",
    }
}

closed_list! {
    // Derived from phase, control and outcome. What `///` says goes into the API's schema.
    /// The one word a user sees.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum BatchStatus {
        Open = "open",
        Scheduled = "scheduled",
        Queued = "queued",
        Running = "running",
        Pausing = "pausing",
        Paused = "paused",
        Cancelling = "cancelling",
        Finalizing = "finalizing",
        Succeeded = "succeeded",
        Partial = "partial",
        Failed = "failed",
        Cancelled = "cancelled",
        Expired = "expired",
    }
}

closed_list! {
    /// As much of a batch's status as a row can know: all but whether its time has come.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum StoredStatus {
        Open = "open",
        /// `scheduled` or `queued`, which is a matter of the time.
        NotStarted = "not_started",
        Running = "running",
        Pausing = "pausing",
        Paused = "paused",
        Cancelling = "cancelling",
        Finalizing = "finalizing",
        Succeeded = "succeeded",
        Partial = "partial",
        Failed = "failed",
        Cancelled = "cancelled",
        Expired = "expired",
    }
}

impl BatchStatus {
    pub fn stored(self) -> StoredStatus {
        match self {
            BatchStatus::Open => StoredStatus::Open,
            BatchStatus::Scheduled | BatchStatus::Queued => StoredStatus::NotStarted,
            BatchStatus::Running => StoredStatus::Running,
            BatchStatus::Pausing => StoredStatus::Pausing,
            BatchStatus::Paused => StoredStatus::Paused,
            BatchStatus::Cancelling => StoredStatus::Cancelling,
            BatchStatus::Finalizing => StoredStatus::Finalizing,
            BatchStatus::Succeeded => StoredStatus::Succeeded,
            BatchStatus::Partial => StoredStatus::Partial,
            BatchStatus::Failed => StoredStatus::Failed,
            BatchStatus::Cancelled => StoredStatus::Cancelled,
            BatchStatus::Expired => StoredStatus::Expired,
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
    /// Items from this position on that failed of one of these codes, no later than this, are queued again.
    RetryFailed { after: u32, codes: FailureCodes, until: Micros },
}

impl BatchOutcome {
    /// The status of a batch that ended so.
    pub fn status(self) -> BatchStatus {
        match self {
            BatchOutcome::Succeeded => BatchStatus::Succeeded,
            BatchOutcome::Partial => BatchStatus::Partial,
            BatchOutcome::Failed => BatchStatus::Failed,
            BatchOutcome::Cancelled => BatchStatus::Cancelled,
            BatchOutcome::Expired => BatchStatus::Expired,
        }
    }

    /// The event that is logged when a batch ends so.
    pub fn event_type(self) -> EventType {
        match self {
            BatchOutcome::Succeeded | BatchOutcome::Partial => EventType::BatchCompleted,
            BatchOutcome::Failed | BatchOutcome::Expired => EventType::BatchFailed,
            BatchOutcome::Cancelled => EventType::BatchCancelled,
        }
    }
}
