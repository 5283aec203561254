//! Acts: everything that can happen to a store.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use quire_domain::batch::{BatchInput, FailurePolicy, PauseMode};
use quire_domain::failure::FailureCode;
use quire_domain::ids::Micros;
use quire_domain::item::YieldReason;

/// `which` names a batch, `nth` a claimed item, each modulo how many there are.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Submit {
        items: usize,
        sealed: bool,
        on_failure: FailurePolicy,
        starts_in: Option<Micros>,
        ends_in: Option<Micros>,
    },
    Extend {
        which: usize,
        items: usize,
    },
    Control {
        which: usize,
        event: BatchInput,
    },
    /// Failed items again: those of one code or of any, within one position or all.
    RetrySome {
        which: usize,
        code: Option<FailureCode>,
        position: Option<u32>,
        expected: Option<u64>,
    },
    Turn {
        which: usize,
        claim: u32,
        starts: Vec<usize>,
        ends: Vec<(usize, Fate)>,
        heartbeat: bool,
    },
    /// A tick and a control in one commit, behind a write that does much and then fails.
    Group {
        which: usize,
        claim: u32,
        event: BatchInput,
    },
    /// A report that was settled or is of a claim that was taken back comes again.
    Late {
        which: usize,
        nth: usize,
        outcome: Fate,
    },
    /// A report of a running item comes with a fence that is almost right.
    WrongFence {
        which: usize,
        nth: usize,
        outcome: Fate,
        wrong: Wrong,
    },
    Recover {
        which: usize,
    },
    GiveUp {
        which: usize,
    },
    Reopen,
    Pass(Micros),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    Success {
        artifacts: u8,
    },
    Failure(FailureCode),
    Yield(YieldReason),
    Stopped,
    /// The same success twice in one tick.
    Twice,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Wrong {
    Generation,
    Attempt,
    AttemptBefore,
    Epoch,
}

pub(super) fn acts(at_most: usize) -> impl Strategy<Value = Vec<Act>> {
    (submit(), vec(act(), 0..at_most)).prop_map(|(first, rest)| [vec![first], rest].concat())
}

fn act() -> impl Strategy<Value = Act> {
    let which = || 0..3usize;
    prop_oneof![
        2 => submit(),
        2 => (which(), 0..4usize).prop_map(|(which, items)| Act::Extend { which, items }),
        5 => (which(), event()).prop_map(|(which, event)| Act::Control { which, event }),
        3 => (which(), option::of(select(FailureCode::ALL)), option::of(1..8u32), option::weighted(0.2, 0..3u64)).prop_map(
            |(which, code, position, expected)| Act::RetrySome { which, code, position, expected }
        ),
        14 => (which(), 0..5u32, vec(0..6usize, 0..4), vec((0..6usize, outcome()), 0..4), any::<bool>())
            .prop_map(|(which, claim, starts, ends, heartbeat)| Act::Turn { which, claim, starts, ends, heartbeat }),
        2 => (which(), 0..4u32, event()).prop_map(|(which, claim, event)| Act::Group { which, claim, event }),
        3 => (which(), 0..20usize, outcome()).prop_map(|(which, nth, outcome)| Act::Late { which, nth, outcome }),
        2 => (which(), 0..6usize, outcome(), wrong())
            .prop_map(|(which, nth, outcome, wrong)| Act::WrongFence { which, nth, outcome, wrong }),
        2 => which().prop_map(|which| Act::Recover { which }),
        1 => which().prop_map(|which| Act::GiveUp { which }),
        1 => Just(Act::Reopen),
        2 => (0..20_000i64).prop_map(Act::Pass),
    ]
}

fn submit() -> impl Strategy<Value = Act> {
    let policy = select(vec![FailurePolicy::Continue, FailurePolicy::FailFast, FailurePolicy::Rollback]);
    let at = || option::weighted(0.2, 0..40_000i64);
    (0..7usize, any::<bool>(), policy, at(), at()).prop_map(|(items, sealed, on_failure, starts_in, ends_in)| {
        Act::Submit { items, sealed, on_failure, starts_in, ends_in }
    })
}

fn event() -> impl Strategy<Value = BatchInput> {
    prop_oneof![
        2 => Just(BatchInput::Sealed),
        2 => select(vec![PauseMode::Drain, PauseMode::Interrupt]).prop_map(|mode| BatchInput::PauseAsked { mode }),
        3 => Just(BatchInput::ResumeAsked),
        1 => Just(BatchInput::CancelAsked),
        4 => any::<bool>().prop_map(|cancelled_too| BatchInput::RetryAsked { cancelled_too }),
    ]
}

fn outcome() -> impl Strategy<Value = Fate> {
    let why = vec![YieldReason::Paused, YieldReason::Drained, YieldReason::NotStarted, YieldReason::Unstored];
    prop_oneof![
        3 => (0..3u8).prop_map(|artifacts| Fate::Success { artifacts }),
        4 => select(FailureCode::ALL).prop_map(Fate::Failure),
        1 => select(why).prop_map(Fate::Yield),
        1 => Just(Fate::Stopped),
        1 => Just(Fate::Twice),
    ]
}

fn wrong() -> impl Strategy<Value = Wrong> {
    select(vec![Wrong::Generation, Wrong::Attempt, Wrong::AttemptBefore, Wrong::Epoch])
}
