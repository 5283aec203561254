//! Laws of every item, whatever happens to it.

use proptest::collection::vec;
use proptest::prelude::*;

use super::arbitrary::{deed, history, policy, world};
use super::reachable;
use super::world::{Deed, World};
use crate::batch::FailurePolicy;
use crate::event::EventType;
use crate::failure::FailureCode;
use crate::item::{AttemptEnd, Item, ItemEffects, ItemState, TransitionContext, YieldReason};
use crate::retry::{FailReason, RetryPolicy};

/// Every change of state there may be, written by hand from the design.
const ALLOWED: [(ItemState, ItemState); 19] = [
    (ItemState::Queued, ItemState::Running),
    (ItemState::Queued, ItemState::Cancelled),
    (ItemState::Queued, ItemState::Expired),
    (ItemState::Queued, ItemState::Skipped),
    (ItemState::Queued, ItemState::Failed),
    (ItemState::Queued, ItemState::RetryWait),
    (ItemState::Running, ItemState::Succeeded),
    (ItemState::Running, ItemState::Failed),
    (ItemState::Running, ItemState::RetryWait),
    (ItemState::Running, ItemState::Queued),
    (ItemState::Running, ItemState::Cancelled),
    (ItemState::Running, ItemState::Expired),
    (ItemState::RetryWait, ItemState::Queued),
    (ItemState::RetryWait, ItemState::Cancelled),
    (ItemState::RetryWait, ItemState::Expired),
    (ItemState::RetryWait, ItemState::Skipped),
    (ItemState::Failed, ItemState::Queued),
    (ItemState::Expired, ItemState::Queued),
    (ItemState::Skipped, ItemState::Queued),
];

fn is_allowed(before: &Item, after: &Item) -> bool {
    let (from, to) = (before.state, after.state);
    let failed = (from, to) == (ItemState::Queued, ItemState::Failed) || to == ItemState::RetryWait;
    let started = from == ItemState::Queued && to == ItemState::Running;
    // Only what is held can fail, and only what is claimed can start.
    let is_drawn = ALLOWED.contains(&(from, to)) || (from, to) == (ItemState::Cancelled, ItemState::Queued);
    from == to || is_drawn && (from != ItemState::Queued || before.is_claimed || !failed && !started)
}

fn one_item() -> World {
    World::new(1, true, FailurePolicy::Continue, RetryPolicy::default())
}

fn step(item: Item, deed: Deed, context: &TransitionContext<'_>) -> (Item, ItemEffects) {
    item.step(&deed.event(&item, 1), context).unwrap()
}

/// An item that a worker process has taken.
fn running(context: &TransitionContext<'_>) -> Item {
    let (claimed, _) = step(Item::submitted(), Deed::Claim, context);
    step(claimed, Deed::Start, context).0
}

proptest! {
    #[test]
    fn an_item_takes_no_way_that_the_design_does_not_draw(mut world in world(), history in history()) {
        for happening in history {
            let before = world.items.clone();
            world.force(happening);
            for (before, after) in before.iter().zip(&world.items) {
                prop_assert!(is_allowed(before, after), "{before:?} → {after:?} by {happening:?}");
            }
        }
    }

    #[test]
    fn a_terminal_item_absorbs_everything_but_a_retry(policy in policy(), deeds in vec(deed(), 0..60), last in deed()) {
        let mut world = World { policy, ..one_item() };
        for deed in deeds {
            world.force(super::world::Happening::Item(0, deed));
        }
        let item = world.items[0];
        prop_assume!(item.state.is_terminal() && last != Deed::Retry);
        prop_assert!(item.step(&last.event(&item, world.epoch + 1), &world.context()).is_err());
    }

    #[test]
    fn a_reason_is_given_for_the_failed_and_for_nobody_else(mut world in world(), history in history()) {
        for happening in history {
            world.force(happening);
        }
        for item in &world.items {
            prop_assert_eq!(item.reason.is_some(), item.state == ItemState::Failed);
            prop_assert!(item.reason.is_none() || item.failure.is_some());
        }
    }

    #[test]
    fn every_attempt_that_began_ends_exactly_once(policy in policy(), deeds in vec(deed(), 0..80)) {
        let world = World { policy, ..one_item() };
        let (mut item, mut open_attempts) = (Item::submitted(), 0);
        for deed in deeds {
            let Ok((next, effects)) = item.step(&deed.event(&item, 2), &world.context()) else { continue };
            // An attempt that fails on the way to the worker begins and ends at once.
            let began = deed == Deed::Start || item.is_claimed && effects.attempt_ended.is_some();
            open_attempts += i32::from(began) - i32::from(effects.attempt_ended.is_some());
            prop_assert_eq!(open_attempts, i32::from(next.state == ItemState::Running));
            prop_assert!(!next.is_claimed || next.state == ItemState::Queued);
            item = next;
        }
    }
}

#[test]
fn in_every_reachable_state_items_keep_to_the_design() {
    reachable::each_step(|before, happening, after| {
        for (before, after) in before.items.iter().zip(&after.items) {
            assert!(is_allowed(before, after), "{before:?} → {after:?} by {happening:?}");
        }
    });
}

#[test]
fn a_result_that_is_in_first_stays_though_a_cancel_was_asked() {
    let world = one_item();
    let context = TransitionContext { cancelling: true, ..world.context() };
    let running = running(&context);
    let (item, effects) = step(running, Deed::Succeed, &context);
    assert_eq!(item.state, ItemState::Succeeded);
    assert_eq!(effects.emit, Some(EventType::ItemCompleted));
}

#[test]
fn nothing_is_tried_again_under_a_cancel() {
    let world = one_item();
    let context = TransitionContext { cancelling: true, ..world.context() };
    let running = running(&context);
    for code in [FailureCode::StorageFailed, FailureCode::TimedOutCpu, FailureCode::WorkerSignalled] {
        let (item, effects) = step(running, Deed::Fail(code), &context);
        assert_eq!((item.state, effects.attempt_ended), (ItemState::Cancelled, Some(AttemptEnd::Failed)), "{code:?}");
    }
}

#[test]
fn a_transient_failure_in_a_batch_that_gave_up_is_final() {
    let world = one_item();
    let context = TransitionContext { halted: true, ..world.context() };
    let running = running(&context);
    let (item, _) = step(running, Deed::Fail(FailureCode::StorageFailed), &context);
    assert_eq!((item.state, item.reason), (ItemState::Failed, Some(FailReason::Exhausted)));
}

#[test]
fn a_running_item_is_not_cancelled_behind_its_workers_back() {
    let world = one_item();
    let running = running(&world.context());
    for deed in [Deed::Cancel, Deed::Skip, Deed::Claim, Deed::Start, Deed::BackoffOver, Deed::Retry] {
        assert!(running.step(&deed.event(&running, 1), &world.context()).is_err(), "{deed:?}");
    }
}

#[test]
fn a_stop_without_a_cancel_and_an_interrupt_queue_the_item_again() {
    let world = one_item();
    let running = running(&world.context());
    for deed in [Deed::Stop, Deed::Yield(YieldReason::Paused), Deed::Yield(YieldReason::Drained)] {
        let (item, _) = step(running, deed, &world.context());
        assert_eq!((item.state, item.charged, item.attempt), (ItemState::Queued, 0, 1), "{deed:?}");
    }
}

#[test]
fn a_retry_begins_a_new_generation_with_nothing_spent() {
    let world = one_item();
    let running = running(&world.context());
    let (failed, _) = step(running, Deed::Fail(FailureCode::Damaged), &world.context());
    let (again, _) = step(failed, Deed::Retry, &world.context());
    assert_eq!(again, Item { generation: 2, ..Item::submitted() });
}

#[test]
fn what_was_skipped_is_retried_and_what_succeeded_is_not() {
    let world = one_item();
    let (skipped, _) = step(Item::submitted(), Deed::Skip, &world.context());
    let (again, _) = step(skipped, Deed::Retry, &world.context());
    assert_eq!(again, Item { generation: 2, ..Item::submitted() });
    let running = running(&world.context());
    let (succeeded, _) = step(running, Deed::Succeed, &world.context());
    assert!(succeeded.step(&Deed::Retry.event(&succeeded, 1), &world.context()).is_err());
}

#[test]
fn a_claim_that_came_to_nothing_leaves_no_trace_but_a_number() {
    let world = one_item();
    let (claimed, effects) = step(Item::submitted(), Deed::Claim, &world.context());
    assert_eq!((claimed.state, claimed.charged, effects), (ItemState::Queued, 1, ItemEffects::default()));
    for deed in [Deed::Yield(YieldReason::NotStarted), Deed::Stop, Deed::Lose] {
        let event = deed.event(&claimed, 2);
        let (item, effects) = claimed.step(&event, &world.context()).unwrap();
        assert_eq!((item, effects), (Item { attempt: 1, epoch: 1, ..Item::submitted() }, ItemEffects::default()));
    }
}

#[test]
fn a_claimed_item_is_let_go_before_it_is_cancelled_and_cannot_succeed_before_it_starts() {
    let world = one_item();
    let (claimed, _) = step(Item::submitted(), Deed::Claim, &world.context());
    for deed in [Deed::Claim, Deed::Succeed, Deed::Cancel, Deed::Skip, Deed::BackoffOver, Deed::Retry] {
        assert!(claimed.step(&deed.event(&claimed, 1), &world.context()).is_err(), "{deed:?}");
    }
    let context = TransitionContext { cancelling: true, ..world.context() };
    let (stopped, effects) = step(claimed, Deed::Stop, &context);
    let told = ItemEffects { attempt_ended: None, emit: Some(EventType::ItemCancelled) };
    assert_eq!((stopped.state, effects), (ItemState::Cancelled, told));
}

#[test]
fn a_failure_on_the_way_to_the_worker_is_an_attempt_that_ended() {
    let world = one_item();
    let (claimed, _) = step(Item::submitted(), Deed::Claim, &world.context());
    let (failed, effects) = step(claimed, Deed::Fail(FailureCode::StorageFailed), &world.context());
    assert_eq!((failed.state, failed.is_claimed, failed.charged), (ItemState::RetryWait, false, 1));
    assert_eq!(effects.attempt_ended, Some(AttemptEnd::Failed));
}
