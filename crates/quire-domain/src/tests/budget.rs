//! The budget: an item is tried so often and no more.
//!
//! The law: `charged` counts the attempts of this generation that were not given back. A waiting item has
//! charged fewer than `max_attempts`, a running one at most `max_attempts`. Beside these, only the first
//! `max_crashes - 1` crashes are free, and attempts that yielded or were lost, which are no fault of the item.

use proptest::collection::vec;
use proptest::prelude::*;

use super::arbitrary::{code, deed, life, policy};
use super::world::{Deed, World};
use crate::batch::FailurePolicy;
use crate::failure::{FailureClass, FailureCode};
use crate::item::YieldReason;
use crate::item::{AttemptEnd, Item, ItemState, TransitionContext};
use crate::retry::{AttemptsUsed, FailReason, RetryDecision, RetryPolicy};

fn world(policy: RetryPolicy) -> World {
    World::new(1, true, FailurePolicy::Continue, policy)
}

/// Claims, starts and reports, with the waiting time between them skipped.
fn tried(item: Item, deed: Deed, context: &TransitionContext<'_>) -> Item {
    let ready = match item.state {
        ItemState::RetryWait => item.step(&Deed::BackoffOver.event(&item, 1), context).unwrap().0,
        _ => item,
    };
    let claimed = ready.step(&Deed::Claim.event(&ready, 1), context).unwrap().0;
    let running = claimed.step(&Deed::Start.event(&claimed, 1), context).unwrap().0;
    running.step(&deed.event(&running, 2), context).unwrap().0
}

fn tried_until_it_ends(code: FailureCode, policy: &RetryPolicy) -> Item {
    let world = world(*policy);
    let mut item = Item::submitted();
    while !item.state.is_terminal() {
        item = tried(item, Deed::Fail(code), &world.context());
    }
    item
}

proptest! {
    #[test]
    fn an_item_never_spends_more_than_its_budget(policy in policy(), deeds in vec(deed(), 0..120)) {
        let mut world = world(policy);
        for deed in deeds {
            world.epoch += i64::from(deed == Deed::Lose);
            world.force(super::world::Happening::Item(0, deed));
            let item = &world.items[0];
            let waits = matches!(item.state, ItemState::Queued | ItemState::RetryWait) && !item.is_claimed;
            prop_assert!(item.charged + u32::from(waits) <= policy.max_attempts);
            prop_assert!(item.timeouts <= policy.max_timeouts && item.crashes <= policy.max_crashes);
            prop_assert!(item.charged <= item.attempt);
        }
    }

    #[test]
    fn the_attempts_that_are_not_charged_are_those_that_were_given_back(policy in policy(), deeds in vec(life(), 0..120)) {
        let world = world(policy);
        let (mut item, mut given_back, mut failed) = (Item::submitted(), 0, 0);
        for deed in deeds {
            let Ok((next, effects)) = item.step(&deed.event(&item, 2), &world.context()) else { continue };
            let crashed_back = effects.attempt_ended == Some(AttemptEnd::Failed) && next.state == ItemState::Queued;
            let yielded = matches!(effects.attempt_ended, Some(AttemptEnd::Yielded | AttemptEnd::Lost));
            let let_go = item.is_claimed && next.state == ItemState::Queued && effects.attempt_ended.is_none();
            given_back += u32::from(crashed_back || yielded || let_go && !next.is_claimed);
            failed += u32::from(effects.attempt_ended == Some(AttemptEnd::Failed));
            item = next;
            prop_assert_eq!(item.attempt - item.charged, given_back);
            prop_assert!(failed < policy.max_attempts + policy.max_crashes);
        }
    }

    #[test]
    fn a_transient_failure_ends_after_exactly_max_attempts(policy in policy()) {
        let item = tried_until_it_ends(FailureCode::StorageFailed, &policy);
        prop_assert_eq!((item.reason, item.charged), (Some(FailReason::Exhausted), policy.max_attempts));
        prop_assert_eq!(item.attempt, policy.max_attempts);
    }

    #[test]
    fn a_document_that_hangs_ends_at_the_first_limit_it_meets(policy in policy()) {
        let item = tried_until_it_ends(FailureCode::TimedOutSilent, &policy);
        let by_clock = policy.max_timeouts <= policy.max_attempts;
        prop_assert_eq!(item.attempt, policy.max_timeouts.min(policy.max_attempts));
        prop_assert_eq!(item.reason, Some(if by_clock { FailReason::Timeout } else { FailReason::Exhausted }));
    }

    #[test]
    fn a_document_that_kills_its_worker_is_quarantined_after_max_crashes(policy in policy()) {
        let item = tried_until_it_ends(FailureCode::WorkerSignalled, &policy);
        prop_assert_eq!((item.reason, item.attempt), (Some(FailReason::CrashLoop), policy.max_crashes));
        prop_assert_eq!(item.charged, 1, "only the last one is charged");
    }

    #[test]
    fn an_attempt_that_yields_or_is_lost_costs_nothing(policy in policy(), times in 1..50u32) {
        let world = world(policy);
        let mut item = Item::submitted();
        for number in 1..=times {
            let deed = if number % 2 == 0 { Deed::Lose } else { Deed::Yield(YieldReason::ALL[0]) };
            item = tried(item, deed, &world.context());
            prop_assert_eq!((item.state, item.charged, item.attempt), (ItemState::Queued, 0, number));
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again(policy in policy(), code in code()) {
        let class = code.class();
        let first = AttemptsUsed { charged: 1, timeouts: 0, crashes: 0 };
        let verdict = policy.decide(code, first, 0.5);
        let hopeless = matches!(class, FailureClass::Permanent | FailureClass::Resource);
        prop_assert!(!hopeless || matches!(verdict, RetryDecision::Give(_)), "{:?} → {:?}", code, verdict);
    }

    #[test]
    fn a_backoff_lies_between_nothing_and_the_cap(policy in policy(), charged in any::<u32>(), jitter in -1.0..2.0f64) {
        let backoff = policy.backoff(charged, jitter);
        prop_assert!((0..=policy.backoff_cap_ms as i64 * 1_000).contains(&backoff), "{backoff}");
    }

    #[test]
    fn the_ceiling_of_the_backoff_doubles_until_the_cap(policy in policy(), charged in 1..40u32) {
        let (now, next) = (policy.backoff(charged, 1.0), policy.backoff(charged + 1, 1.0));
        let cap = policy.backoff_cap_ms as i64 * 1_000;
        prop_assert_eq!(next, (now * 2).min(cap));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow_the_backoff(charged in any::<u32>(), jitter in 0.0..1.0f64) {
        let boundless = RetryPolicy { backoff_base_ms: u64::MAX, backoff_cap_ms: u64::MAX, ..RetryPolicy::default() };
        prop_assert!(boundless.backoff(charged, jitter) >= 0);
    }
}

#[test]
fn crashing_twice_is_a_crash_loop_by_default() {
    let item = tried_until_it_ends(FailureCode::WorkerSignalled, &RetryPolicy::default());
    assert_eq!((item.state, item.reason, item.attempt), (ItemState::Failed, Some(FailReason::CrashLoop), 2));
}

#[test]
fn a_retry_wait_ends_one_backoff_after_the_failure() {
    let world = World { now: 7_000_000, jitter: 0.5, ..world(RetryPolicy::default()) };
    let item = tried(Item::submitted(), Deed::Fail(FailureCode::StorageFailed), &world.context());
    assert_eq!((item.state, item.run_at), (ItemState::RetryWait, 7_500_000));
}

#[test]
fn a_missing_password_is_named_as_the_reason() {
    for code in [FailureCode::NeedsPassword, FailureCode::WrongPassword] {
        assert_eq!(tried_until_it_ends(code, &RetryPolicy::default()).reason, Some(FailReason::Password));
    }
}
