//! Slots go to the highest priority, in fair shares, and are never invented.

mod competitors;
mod hall;

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::ids::BatchKey;
use crate::schedule::SlotScheduler;

use hall::{Hall, Move};

/// Four batches of mostly one priority, hungry from the start: they are in each other's way.
fn moves() -> impl Strategy<Value = Vec<Move>> {
    let batch = || 0..4i64;
    let one = prop_oneof![
        1 => (batch(), 0..2i32).prop_map(|(batch, priority)| Move::Enter(batch, priority)),
        1 => batch().prop_map(Move::Leave),
        6 => (batch(), 0..6u32).prop_map(|(batch, slots)| Move::Want(batch, slots)),
        8 => batch().prop_map(Move::Release),
        12 => Just(Move::Grant),
    ];
    let begin = (0..4i64).flat_map(|batch| [Move::Enter(batch, 0), Move::Want(batch, 3)]).collect::<Vec<_>>();
    vec(one, 0..150).prop_map(move |then| [begin.as_slice(), then.as_slice()].concat())
}

proptest! {
    /// Each rival of the same priority passes a waiting batch once at most: it waits no more grants than it has rivals.
    #[test]
    fn slots_are_neither_invented_nor_hoarded_and_nobody_starves(slots in 0..7u32, moves in moves()) {
        let mut hall = Hall::new(slots);
        for a_move in moves {
            hall.make(a_move);
        }
    }

    #[test]
    fn equals_who_want_everything_share_alike(slots in 1..40u32, batches in 1..10i64) {
        let mut schedule = SlotScheduler::new(slots);
        for batch in 0..batches {
            schedule.add_batch(BatchKey(batch), 0);
            schedule.set_extra_demand(BatchKey(batch), 100);
        }
        let mut shares = vec![0u32; batches as usize];
        while let Some(BatchKey(batch)) = schedule.grant_next_slot() {
            shares[batch as usize] += 1;
        }
        let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
        prop_assert!(shares.iter().sum::<u32>() == slots && most - least <= 1, "{shares:?}");
    }

    #[test]
    fn with_one_slot_equals_take_turns(batches in 1..8i64, rounds in 1..5usize) {
        let mut schedule = SlotScheduler::new(1);
        for batch in 0..batches {
            schedule.add_batch(BatchKey(batch), 0);
            schedule.set_extra_demand(BatchKey(batch), 100);
        }
        for _ in 0..rounds {
            let mut served = BTreeSet::new();
            for _ in 0..batches {
                let batch = schedule.grant_next_slot().unwrap();
                schedule.release_slot(batch);
                served.insert(batch);
            }
            prop_assert_eq!(served.len(), batches as usize);
        }
    }
}

#[test]
fn a_batch_that_leaves_frees_its_slots() {
    let mut schedule = SlotScheduler::new(2);
    for batch in [1, 2] {
        schedule.add_batch(BatchKey(batch), 0);
        schedule.set_extra_demand(BatchKey(batch), 2);
    }
    assert_eq!(
        (schedule.grant_next_slot(), schedule.grant_next_slot(), schedule.grant_next_slot()),
        (Some(BatchKey(1)), Some(BatchKey(2)), None)
    );
    schedule.remove_batch(BatchKey(1));
    assert_eq!((schedule.slots_in_use(), schedule.grant_next_slot()), (1, Some(BatchKey(2))));
}

#[test]
fn who_holds_fewer_comes_first_even_if_served_later() {
    let mut schedule = SlotScheduler::new(3);
    for batch in [1, 2] {
        schedule.add_batch(BatchKey(batch), 0);
        schedule.set_extra_demand(BatchKey(batch), 9);
    }
    for _ in 0..3 {
        schedule.grant_next_slot();
    }
    schedule.set_extra_demand(BatchKey(1), 0);
    schedule.release_slot(BatchKey(2));
    schedule.grant_next_slot();
    schedule.set_extra_demand(BatchKey(1), 9);
    schedule.release_slot(BatchKey(2));
    assert_eq!(schedule.grant_next_slot(), Some(BatchKey(2)), "the first holds two slots and was served before");
}

#[test]
fn a_newcomer_with_an_old_row_does_not_overtake_who_waited_longer() {
    let mut schedule = SlotScheduler::new(1);
    schedule.add_batch(BatchKey(5), 0);
    schedule.set_extra_demand(BatchKey(5), 9);
    schedule.add_batch(BatchKey(6), 0);
    schedule.set_extra_demand(BatchKey(6), 9);
    schedule.grant_next_slot();
    schedule.release_slot(BatchKey(5));
    schedule.add_batch(BatchKey(1), 0);
    schedule.set_extra_demand(BatchKey(1), 9);
    assert_eq!(schedule.grant_next_slot(), Some(BatchKey(6)));
}

#[test]
fn the_served_priority_is_the_highest_that_holds_or_wants() {
    let mut schedule = SlotScheduler::new(1);
    assert_eq!(schedule.highest_active_priority(), None);
    schedule.add_batch(BatchKey(1), 7);
    schedule.add_batch(BatchKey(2), 3);
    schedule.set_extra_demand(BatchKey(2), 1);
    assert_eq!(schedule.highest_active_priority(), Some(3));
    schedule.set_extra_demand(BatchKey(1), 1);
    schedule.grant_next_slot();
    assert_eq!(schedule.highest_active_priority(), Some(7));
}

#[test]
fn a_batch_has_an_actor_while_there_is_something_to_do_for_it() {
    use crate::batch::{Batch, BatchInput, FailurePolicy, PauseMode};
    use crate::schedule::{competes_for_slots, needs_actor};

    let queued = Batch::submitted(2, true, FailurePolicy::Continue);
    assert!(needs_actor(&queued, 0) && competes_for_slots(&queued));
    let later = Batch { not_before: Some(5), ..queued };
    assert!(!needs_actor(&later, 4) && needs_actor(&later, 5));
    let paused = queued.step(&BatchInput::PauseAsked { mode: PauseMode::Drain }, 0).unwrap().batch;
    assert!(!needs_actor(&paused, 0));
    let overdue = Batch { deadline: Some(3), ..paused };
    assert!(!needs_actor(&overdue, 2) && needs_actor(&overdue, 3));
    let cancelled = paused.step(&BatchInput::CancelAsked, 0).unwrap().batch;
    assert!(needs_actor(&cancelled, 0) && !competes_for_slots(&cancelled));
}
