//! Nothing hangs: once nobody interferes, the obvious driver brings every batch to its end.

use proptest::prelude::*;

use super::arbitrary::{code, history, world};
use super::reachable;
use super::world::{Deed, Happening, World};
use crate::batch::{BatchControl, BatchInput, BatchOutcome};
use crate::failure::FailureCode;
use crate::item::{Item, ItemState};

/// The next deed of an engine; every attempt ends with `report`.
fn next(world: &World, report: Deed) -> Happening {
    let first = |state: ItemState| world.items.iter().position(|item| item.state == state);
    if world.batch.due_sweep().is_some() {
        Happening::Sweep
    } else if world.batch.control == BatchControl::Paused {
        Happening::Batch(BatchInput::ResumeAsked)
    } else if let Some(index) = world.items.iter().position(|item| item.is_claimed) {
        Happening::Item(index, Deed::Start)
    } else if let Some(index) = first(ItemState::Running) {
        Happening::Item(index, report)
    } else if let Some(index) = first(ItemState::RetryWait) {
        wait_or(world, world.items[index].run_at, Happening::Item(index, Deed::BackoffOver))
    } else if let Some(index) = first(ItemState::Queued) {
        wait_or(world, world.batch.not_before.unwrap_or(0), Happening::Item(index, Deed::Claim))
    } else if !world.batch.sealed {
        Happening::Batch(BatchInput::Sealed)
    } else {
        Happening::Batch(BatchInput::FinalizeAsked)
    }
}

fn wait_or(world: &World, until: i64, then: Happening) -> Happening {
    if until > world.now { Happening::Pass(until - world.now) } else { then }
}

/// Drives the batch to its end; panics when a step does nothing or there are more than `steps_max`.
fn drive(mut world: World, report: Deed, steps_max: usize) -> World {
    let begin = world.clone();
    for _ in 0..=steps_max {
        if world.batch.is_ended() {
            return world;
        }
        let happening = next(&world, report);
        assert!(world.obey(happening), "{happening:?} does nothing in {world:?}");
    }
    panic!("{begin:?} has not ended after {steps_max} steps: {world:?}");
}

/// An item: retried, swept, its backoff waited for and over, claimed, started, reported.
/// A batch: its retry done, resumed, waited for, sealed, finalized.
fn steps_max(world: &World) -> usize {
    7 * world.items.len() + 5
}

/// As before, and each item tried until nothing is left to try.
fn steps_max_of_failures(world: &World) -> usize {
    let tries = world.policy.max_attempts + world.policy.max_crashes;
    steps_max(world) + 5 * tries as usize * world.items.len()
}

#[test]
fn every_reachable_batch_ends_once_its_attempts_succeed() {
    for world in reachable::states() {
        drive(world.clone(), Deed::Succeed, steps_max(world));
    }
}

proptest! {
    #[test]
    fn every_batch_ends_once_its_attempts_succeed(mut world in world(), history in history()) {
        for happening in history {
            world.obey(happening);
        }
        let bound = steps_max(&world);
        drive(world, Deed::Succeed, bound);
    }

    #[test]
    fn every_batch_ends_even_if_every_attempt_fails(mut world in world(), history in history(), code in code()) {
        for happening in history {
            world.obey(happening);
        }
        let bound = steps_max_of_failures(&world);
        drive(world, Deed::Fail(code), bound);
    }

    #[test]
    fn a_cancel_ends_the_batch_without_another_claim(mut world in world(), history in history()) {
        for happening in history {
            world.obey(happening);
        }
        prop_assume!(!world.batch.is_ended());
        world.obey(Happening::Batch(BatchInput::CancelAsked));
        let attempts = |world: &World| world.items.iter().map(|item: &Item| item.attempt).collect::<Vec<_>>();
        let (before, bound) = (attempts(&world), steps_max(&world));
        prop_assert_eq!(attempts(&drive(world, Deed::Stop, bound)), before);
    }

    #[test]
    fn a_retry_of_a_failed_batch_can_make_it_whole(items in 1..5usize) {
        let fresh = World::new(items, true, Default::default(), Default::default());
        let bound = steps_max_of_failures(&fresh);
        let mut failed = drive(fresh, Deed::Fail(FailureCode::Damaged), bound);
        let retried = failed.obey(Happening::Batch(BatchInput::RetryAsked { cancelled_too: false }));
        prop_assert!(retried);
        let whole = drive(failed, Deed::Succeed, bound);
        prop_assert_eq!(whole.batch.outcome, Some(BatchOutcome::Succeeded));
        prop_assert!(whole.items.iter().all(|item| item.generation == 2));
    }
}
