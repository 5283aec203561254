//! Random policies, deeds and happenings.

use proptest::prelude::*;
use proptest::sample::select;

use super::world::{Deed, Happening, World};
use crate::batch::{BatchControl, BatchInput, FailurePolicy, PauseMode};
use crate::failure::{FailureCode, FailureCodes};
use crate::item::YieldReason;
use crate::retry::RetryPolicy;

pub(super) fn policy() -> impl Strategy<Value = RetryPolicy> {
    (1..6u32, 1..4u32, 1..4u32, 0..5_000u64, 0..20_000u64).prop_map(
        |(max_attempts, max_timeouts, max_crashes, backoff_base_ms, backoff_cap_ms)| RetryPolicy {
            max_attempts,
            max_timeouts,
            max_crashes,
            backoff_base_ms,
            backoff_cap_ms,
        },
    )
}

pub(super) fn code() -> impl Strategy<Value = FailureCode> {
    select(FailureCode::ALL)
}

fn codes() -> impl Strategy<Value = FailureCodes> {
    proptest::collection::vec(code(), 1..4).prop_map(|codes| codes.into_iter().collect())
}

pub(super) fn failure_policy() -> impl Strategy<Value = FailurePolicy> {
    select(FailurePolicy::ALL)
}

pub(super) fn pause_mode() -> impl Strategy<Value = PauseMode> {
    select(PauseMode::ALL)
}

pub(super) fn control() -> impl Strategy<Value = BatchControl> {
    select(BatchControl::ALL)
}

/// Deeds of a claim and of the reports of attempts, timers included.
pub(super) fn life() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::Claim),
        5 => Just(Deed::Start),
        1 => Just(Deed::Succeed),
        4 => code().prop_map(Deed::Fail),
        1 => select(YieldReason::ALL).prop_map(Deed::Yield),
        1 => Just(Deed::Lose),
        3 => Just(Deed::BackoffOver),
    ]
}

/// Anything at all.
pub(super) fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => life(),
        1 => Just(Deed::Stop),
        1 => Just(Deed::Cancel),
        1 => Just(Deed::Deadline),
        1 => Just(Deed::Skip),
        2 => Just(Deed::Retry),
    ]
}

pub(super) fn batch_event() -> impl Strategy<Value = BatchInput> {
    prop_oneof![
        2 => (1..4u64).prop_map(|items| BatchInput::Extended { items }),
        1 => Just(BatchInput::Sealed),
        2 => pause_mode().prop_map(|mode| BatchInput::PauseAsked { mode }),
        3 => Just(BatchInput::ResumeAsked),
        1 => Just(BatchInput::CancelAsked),
        2 => any::<bool>().prop_map(|cancelled_too| BatchInput::RetryAsked { cancelled_too }),
        2 => (proptest::option::of(codes()), 0..4u64)
            .prop_map(|(codes, items)| BatchInput::FailedRetryAsked { codes, items }),
        1 => proptest::option::of(0..5u32).prop_map(|after| BatchInput::RetrySwept { after }),
        1 => Just(BatchInput::DeadlinePassed),
        1 => Just(BatchInput::GivenUp),
        4 => Just(BatchInput::FinalizeAsked),
    ]
}

pub(super) fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => batch_event().prop_map(Happening::Batch),
        8 => (0..8usize, deed()).prop_map(|(index, deed)| Happening::Item(index, deed)),
        1 => Just(Happening::Reboot),
        3 => Just(Happening::Sweep),
        1 => (0..2_000_000i64).prop_map(Happening::Pass),
    ]
}

pub(super) fn history() -> impl Strategy<Value = Vec<Happening>> {
    proptest::collection::vec(happening(), 0..60)
}

/// A batch of 0 to 4 items, open or sealed, perhaps with a start time and a deadline.
pub(super) fn world() -> impl Strategy<Value = World> {
    let times = (proptest::option::of(0..1_000_000i64), proptest::option::of(0..3_000_000i64), 0.0..1.0f64);
    (0..5usize, any::<bool>(), failure_policy(), policy(), times).prop_map(
        |(items, sealed, on_failure, policy, (not_before, deadline, jitter))| {
            let mut world = World::new(items, sealed, on_failure, policy);
            world.batch.not_before = not_before;
            world.batch.deadline = deadline;
            World { jitter, ..world }
        },
    )
}
