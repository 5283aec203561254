//! Laws of every batch, whatever happens to it and its items.

use proptest::prelude::*;

use super::arbitrary::{batch_event, history, pause_mode, world};
use super::reachable;
use super::world::{Happening, World, moved};
use crate::batch::{Batch, BatchControl, BatchInput, BatchLifecycle, BatchStatus, FailurePolicy, ItemSweep, PauseMode};
use crate::counts::{CountUnderflow, ItemCounts};
use crate::event::EventType;
use crate::failure::{FailureCode, FailureCodes};
use crate::item::{Item, ItemState};

const VERBS: [BatchInput; 7] = [
    BatchInput::PauseAsked { mode: PauseMode::Drain },
    BatchInput::PauseAsked { mode: PauseMode::Interrupt },
    BatchInput::ResumeAsked,
    BatchInput::CancelAsked,
    BatchInput::Sealed,
    BatchInput::DeadlinePassed,
    BatchInput::GivenUp,
];

fn after(batch: Batch, event: BatchInput) -> Batch {
    batch.step(&event, 0).unwrap().batch
}

proptest! {
    #[test]
    fn the_counts_are_always_a_fold_over_the_items(mut world in world(), history in history()) {
        for happening in history {
            world.force(happening);
            prop_assert_eq!(world.batch.counts, world.fold(), "after {:?}", happening);
            prop_assert_eq!(world.batch.claimed, world.claimed(), "after {:?}", happening);
            prop_assert!(world.batch.counts.adds_up());
        }
    }

    #[test]
    fn a_batch_has_ended_only_when_every_item_has(mut world in world(), history in history()) {
        for happening in history {
            world.obey(happening);
            let all_ended = world.items.iter().all(|item| item.state.is_terminal());
            prop_assert!(!world.batch.is_ended() || all_ended, "after {:?}", happening);
            prop_assert_eq!(world.batch.lifecycle(world.now) == BatchLifecycle::Ended, world.batch.is_ended());
        }
    }

    #[test]
    fn what_is_stored_of_a_status_is_the_same_at_any_time(mut world in world(), history in history()) {
        for happening in history {
            world.force(happening);
            for now in [0, world.now, crate::ids::Micros::MAX] {
                prop_assert_eq!(world.batch.status(now).stored(), world.batch.stored_status(), "after {:?}", happening);
            }
        }
    }

    #[test]
    fn a_step_that_says_nothing_changed_changes_and_logs_nothing(
        mut world in world(),
        history in history(),
        event in batch_event(),
    ) {
        for happening in history {
            world.obey(happening);
        }
        if let Ok(step) = world.batch.step(&event, world.now) {
            prop_assert!(step.changed || step.batch == world.batch && step.emit.is_none());
        }
    }

    #[test]
    fn no_item_is_claimed_before_its_time(mut world in world(), history in history()) {
        for happening in history {
            let in_hand = world.batch.claimed_or_running_items();
            world.obey(happening);
            let began = world.batch.claimed_or_running_items() > in_hand;
            prop_assert!(!began || world.batch.not_before.is_none_or(|at| at <= world.now));
        }
    }

    #[test]
    fn the_deadline_seals_only_when_it_is_there(mut world in world(), history in history()) {
        world.batch.deadline = Some(1_000_000);
        for happening in history {
            world.obey(happening);
            prop_assert!(!world.batch.deadline_hit || world.now >= 1_000_000 && world.batch.sealed);
        }
    }

    #[test]
    fn asking_for_what_is_already_so_changes_nothing(mut world in world(), history in history(), mode in pause_mode()) {
        for happening in history {
            world.obey(happening);
        }
        for event in VERBS.into_iter().chain([BatchInput::PauseAsked { mode }]) {
            let Ok(first) = world.batch.step(&event, world.now) else { continue };
            let second = first.batch.step(&event, world.now).unwrap();
            prop_assert!(!second.changed && second.batch == first.batch && second.emit.is_none(), "{event:?}");
        }
    }
}

#[test]
fn in_every_reachable_state_asking_twice_is_asking_once() {
    for world in reachable::states() {
        for event in VERBS {
            let Ok(first) = world.batch.step(&event, world.now) else { continue };
            let second = first.batch.step(&event, world.now).unwrap();
            assert!(!second.changed && second.batch == first.batch, "{event:?} on {:?}", world.batch);
        }
    }
}

#[test]
fn in_every_reachable_state_the_counts_are_a_fold() {
    for world in reachable::states() {
        assert_eq!((world.batch.counts, world.batch.claimed), (world.fold(), world.claimed()));
        let all_ended = world.items.iter().all(|item| item.state.is_terminal());
        assert!(!world.batch.is_ended() || all_ended, "{world:?}");
    }
}

#[test]
fn nothing_starts_while_paused_cancelled_swept_empty_or_ended() {
    for World { batch, now, .. } in reachable::states() {
        let emptied = matches!(batch.due_sweep(), Some(ItemSweep::Cancel | ItemSweep::Expire | ItemSweep::Skip));
        let must_not = batch.control != BatchControl::Run || emptied || batch.is_ended();
        assert!(!(must_not && batch.may_start_items(*now)), "{batch:?}");
    }
}

#[test]
fn only_the_user_changes_the_control_and_a_reboot_does_not() {
    reachable::each_step(|before, happening, after| {
        let asked = match happening {
            Happening::Batch(BatchInput::PauseAsked { .. }) => Some(BatchControl::Paused),
            Happening::Batch(
                BatchInput::ResumeAsked | BatchInput::RetryAsked { .. } | BatchInput::FailedRetryAsked { .. },
            ) => Some(BatchControl::Run),
            Happening::Batch(BatchInput::CancelAsked) => Some(BatchControl::Cancelled),
            _ => None,
        };
        let (was, is) = (before.batch.control, after.batch.control);
        assert!(was == is || asked == Some(is), "{was:?} → {is:?} by {happening:?}");
    });
}

#[test]
fn progress_falls_only_when_items_are_added_or_a_retry_takes_them_back() {
    reachable::each_step(|before, happening, after| {
        let fell = after.batch.counts.ended_fraction() < before.batch.counts.ended_fraction();
        let retried = matches!(before.batch.due_sweep(), Some(ItemSweep::Retry { .. } | ItemSweep::RetryFailed { .. }))
            && happening == Happening::Sweep;
        let added = matches!(happening, Happening::Batch(BatchInput::Extended { .. }));
        assert!(!fell || retried || added, "{happening:?} on {:?}", before.batch);
    });
}

#[test]
fn the_generation_rises_with_a_retry_and_never_else() {
    reachable::each_step(|before, happening, after| {
        let retried =
            matches!(happening, Happening::Batch(BatchInput::RetryAsked { .. } | BatchInput::FailedRetryAsked { .. }));
        let rise = after.batch.generation - before.batch.generation;
        assert!(rise == 0 || rise == 1 && retried, "{happening:?} on {:?}", before.batch);
    });
}

#[test]
fn the_end_is_logged_once_and_only_then() {
    let endings = [EventType::BatchCompleted, EventType::BatchFailed, EventType::BatchCancelled];
    reachable::each_step(|before, happening, after| {
        let ended = !before.batch.is_ended() && after.batch.is_ended();
        let Happening::Batch(event) = happening else { return assert!(!ended, "{happening:?}") };
        let logged = before.batch.step(&event, before.now).ok().and_then(|step| step.emit);
        assert_eq!(logged.is_some_and(|event| endings.contains(&event)), ended, "{happening:?}");
    });
}

#[test]
fn a_cancelled_batch_takes_no_items_and_cannot_go_on() {
    let cancelled = after(Batch::submitted(1, false, FailurePolicy::Continue), BatchInput::CancelAsked);
    assert!(cancelled.sealed);
    let refused = [
        BatchInput::Extended { items: 1 },
        BatchInput::ResumeAsked,
        BatchInput::PauseAsked { mode: PauseMode::Drain },
        BatchInput::RetryAsked { cancelled_too: true },
    ];
    for event in refused {
        let refusal = cancelled.step(&event, 0).unwrap_err();
        assert_eq!((refusal.status, refusal.event), (BatchStatus::Cancelling, event.input_name()));
    }
}

#[test]
fn a_gentler_pause_does_not_soften_a_harder_one() {
    let batch = Batch::submitted(1, true, FailurePolicy::Continue);
    let interrupted = after(batch, BatchInput::PauseAsked { mode: PauseMode::Interrupt });
    let asked_again = after(interrupted, BatchInput::PauseAsked { mode: PauseMode::Drain });
    assert_eq!(asked_again.pause_mode, PauseMode::Interrupt);
    let drained = after(batch, BatchInput::PauseAsked { mode: PauseMode::Drain });
    assert_eq!(after(drained, BatchInput::PauseAsked { mode: PauseMode::Interrupt }).pause_mode, PauseMode::Interrupt);
}

#[test]
fn a_batch_is_pausing_until_its_last_item_has_come_to_rest() {
    let paused =
        after(Batch::submitted(1, true, FailurePolicy::Continue), BatchInput::PauseAsked { mode: PauseMode::Drain });
    let claimed = Batch { claimed: 1, ..paused };
    let running = moved(paused, ItemState::Queued, ItemState::Running).unwrap();
    let statuses = [claimed, running, paused].map(|batch| batch.status(0));
    assert_eq!(statuses, [BatchStatus::Pausing, BatchStatus::Pausing, BatchStatus::Paused]);
}

#[test]
fn only_a_policy_that_says_so_gives_up_after_a_failure() {
    for (policy, gives_up) in
        [(FailurePolicy::Continue, false), (FailurePolicy::FailFast, true), (FailurePolicy::Rollback, true)]
    {
        let running = moved(Batch::submitted(2, true, policy), ItemState::Queued, ItemState::Running).unwrap();
        let failed = moved(running, ItemState::Running, ItemState::Failed).unwrap();
        assert_eq!(failed.due_sweep(), gives_up.then_some(ItemSweep::Skip), "{policy:?}");
        assert_eq!(failed.may_start_items(0), !gives_up, "{policy:?}");
    }
}

#[test]
fn a_retry_lets_a_batch_that_gave_up_begin_again() {
    let running = moved(Batch::submitted(1, true, FailurePolicy::FailFast), ItemState::Queued, ItemState::Running);
    let gave_up = moved(running.unwrap(), ItemState::Running, ItemState::Failed).unwrap();
    for batch in [gave_up, after(gave_up, BatchInput::FinalizeAsked)] {
        let again = after(batch, BatchInput::RetryAsked { cancelled_too: false });
        assert_eq!((again.halted, again.outcome, again.generation), (false, None, 2));
        assert!(again.may_start_items(0));
    }
}

#[test]
fn a_retry_forgets_the_deadline_that_ended_the_batch() {
    let late = Batch { deadline: Some(0), ..Batch::submitted(1, true, FailurePolicy::Continue) };
    let expired = moved(after(late, BatchInput::DeadlinePassed), ItemState::Queued, ItemState::Expired).unwrap();
    let again = after(after(expired, BatchInput::FinalizeAsked), BatchInput::RetryAsked { cancelled_too: false });
    assert_eq!((again.deadline, again.deadline_hit), (None, false));
}

#[test]
fn an_item_of_another_batch_is_noticed_and_counts_nothing() {
    let batch = Batch::submitted(1, true, FailurePolicy::Continue);
    let broken = moved(batch, ItemState::Running, ItemState::Succeeded).unwrap_err();
    assert_eq!(broken, CountUnderflow { state: ItemState::Running });
    let claimed = Item { is_claimed: true, ..Item::submitted() };
    let broken = batch.apply_item_and_policy(&claimed, &Item::submitted()).unwrap_err();
    assert_eq!(broken, CountUnderflow { state: ItemState::Queued });
    let mut counts = batch.counts;
    counts.move_item(ItemState::Running, ItemState::Succeeded).unwrap_err();
    assert_eq!(counts, batch.counts);
}

#[test]
fn a_claimed_item_counts_as_queued_and_is_nobodys_to_sweep_or_to_claim() {
    let batch = Batch::submitted(2, true, FailurePolicy::Continue);
    let claimed = Item { is_claimed: true, ..Item::submitted() };
    let one = batch.apply_item_and_policy(&Item::submitted(), &claimed).unwrap();
    assert_eq!(
        (one.counts.queued, one.counts.running, one.unclaimed_items(), one.claimed_or_running_items()),
        (2, 0, 1, 1)
    );
    assert_eq!((one.started, one.status(0)), (false, BatchStatus::Queued));
    let both = one.apply_item_and_policy(&Item::submitted(), &claimed).unwrap();
    let cancelled = after(both, BatchInput::CancelAsked);
    assert_eq!((cancelled.due_sweep(), cancelled.status(0)), (None, BatchStatus::Cancelling));
    let running = Item { state: ItemState::Running, ..Item::submitted() };
    let started = both.apply_item_and_policy(&claimed, &running).unwrap();
    assert_eq!((started.counts.queued, started.counts.running, started.claimed, started.started), (1, 1, 1, true));
}

#[test]
fn a_retry_of_some_failures_goes_on_with_the_same_ones_and_takes_nothing_else() {
    let codes = FailureCodes::of(FailureCode::Damaged);
    let counts = ItemCounts { total: 3, failed: 3, ..ItemCounts::default() };
    let ended =
        after(Batch { counts, ..Batch::submitted(0, true, FailurePolicy::Continue) }, BatchInput::FinalizeAsked);
    let asked = |items| BatchInput::FailedRetryAsked { codes: Some(codes), items };
    assert_eq!(after(ended, asked(0)), ended, "there are none");
    let retried = after(ended, asked(2));
    assert_eq!((retried.outcome, retried.generation), (None, 2));
    assert_eq!(retried.due_sweep(), Some(ItemSweep::RetryFailed { after: 0, codes, until: 0 }));
    let further = after(retried, BatchInput::RetrySwept { after: Some(7) });
    assert_eq!(further.due_sweep(), Some(ItemSweep::RetryFailed { after: 7, codes, until: 0 }));
    assert!(further.step(&asked(1), 0).is_err(), "one at a time");
    assert_eq!(after(further, BatchInput::RetrySwept { after: None }).due_sweep(), None);
    let named = after(ended, BatchInput::FailedRetryAsked { codes: None, items: 1 });
    assert_eq!((named.outcome, named.generation, named.due_sweep()), (None, 2, None));
}
