//! Deeds and happenings: the events that tests let loose on the world.

use crate::batch::BatchInput;
use crate::failure::FailureCode;
use crate::ids::Micros;
use crate::item::{Item, ItemInput, YieldReason};

/// Events of one item; [`Deed::event`] gives it the fence of the newest attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tests) enum Deed {
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
    pub(in crate::tests) fn event(self, item: &Item, epoch: i64) -> ItemInput {
        let fence = item.fence();
        match self {
            Deed::Claim => ItemInput::Claimed { epoch },
            Deed::Start => ItemInput::Started { fence },
            Deed::Succeed => ItemInput::Succeeded { fence },
            Deed::Fail(code) => ItemInput::Failed { fence, code },
            Deed::Yield(why) => ItemInput::Yielded { fence, why },
            Deed::Stop => ItemInput::Stopped { fence },
            Deed::Lose => ItemInput::Lost { epoch },
            Deed::BackoffOver => ItemInput::BackoffOver,
            Deed::Cancel => ItemInput::CancelAsked,
            Deed::Deadline => ItemInput::DeadlinePassed,
            Deed::Skip => ItemInput::SkipAsked,
            Deed::Retry => ItemInput::RetryAsked,
        }
    }

    /// Whether a worker or its death reports this, not a sweep.
    pub(super) fn is_of_an_attempt(self) -> bool {
        matches!(self, Deed::Start | Deed::Succeed | Deed::Fail(_) | Deed::Yield(_) | Deed::Stop)
    }
}

/// Events of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tests) enum Happening {
    Batch(BatchInput),
    /// To the item at this index, modulo how many there are.
    Item(usize, Deed),
    /// The server dies and starts again: everything that was claimed or ran is lost.
    Reboot,
    /// One item's worth of the sweep that is due.
    Sweep,
    Pass(Micros),
}
