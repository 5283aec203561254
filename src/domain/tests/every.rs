//! Every value of the closed enums that do not list themselves. A new variant breaks the build here.

use crate::domain::batch::{BatchControl, BatchOutcome, BatchPhase, BatchStatus, FailurePolicy, PauseMode};
use crate::domain::failure::FailureClass;
use crate::domain::item::{AttemptEnd, YieldReason};

macro_rules! every {
    ($list:ident: $enum:ident { $($variant:ident)* }) => {
        pub const $list: &[$enum] = &[$($enum::$variant,)*];

        const _: fn($enum) = |one| match one { $($enum::$variant => (),)* };
    };
}

every!(CONTROLS: BatchControl { Run Paused Cancelled });
every!(PAUSE_MODES: PauseMode { Drain Interrupt });
every!(FAILURE_POLICIES: FailurePolicy { Continue FailFast Rollback });
every!(PHASES: BatchPhase { Open Waiting Pending Running Finalizing Ended });
every!(OUTCOMES: BatchOutcome { Succeeded Partial Failed Cancelled Expired });
every!(STATUSES: BatchStatus {
    Open Scheduled Queued Running Pausing Paused Cancelling Finalizing Succeeded Partial Failed Cancelled Expired
});
every!(CLASSES: FailureClass { Permanent Resource Transient Timeout Crash });
every!(ATTEMPT_ENDS: AttemptEnd { Succeeded Failed Yielded Stopped Lost Expired });
every!(YIELDS: YieldReason { Paused Drained NotStarted Unstored });
