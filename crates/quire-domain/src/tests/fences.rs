//! A report counts once, and only from the attempt that is claimed or running.

use proptest::prelude::*;

use super::arbitrary::{code, history, world};
use super::world::{Deed, Happening};
use crate::failure::FailureCode;
use crate::ids::Fence;
use crate::item::{Item, ItemInput, ItemRefusal, ItemState, YieldReason};

fn reports(fence: Fence, code: FailureCode) -> [ItemInput; 5] {
    [
        ItemInput::Succeeded { fence },
        ItemInput::Failed { fence, code },
        ItemInput::Yielded { fence, why: YieldReason::NotStarted },
        ItemInput::Stopped { fence },
        ItemInput::Started { fence },
    ]
}

/// Whether such a report may come now, with the right fence.
fn listens(item: &Item, report: &ItemInput) -> bool {
    match report {
        ItemInput::Started { .. } => item.is_claimed,
        ItemInput::Succeeded { .. } => item.state == ItemState::Running,
        _ => item.is_claimed || item.state == ItemState::Running,
    }
}

proptest! {
    #[test]
    fn a_report_of_another_attempt_generation_or_boot_changes_nothing(
        mut world in world(),
        history in history(),
        (attempt, generation, epoch) in (-2..=2i64, -2..=2i64, -2..=2i64),
        code in code(),
    ) {
        prop_assume!((attempt, generation, epoch) != (0, 0, 0));
        for happening in history {
            world.obey(happening);
        }
        for item in &world.items {
            let held = item.fence();
            let got = Fence {
                attempt: held.attempt.saturating_add_signed(attempt as i32),
                generation: held.generation.saturating_add_signed(generation as i32),
                epoch: held.epoch + epoch,
            };
            for report in reports(got, code) {
                let answer = item.step(&report, &world.context());
                if listens(item, &report) && got != held {
                    prop_assert_eq!(answer, Err(ItemRefusal::Fenced { held, got }));
                } else if got != held {
                    let illegal = ItemRefusal::Illegal { state: item.state, event: report.input_name() };
                    prop_assert_eq!(answer, Err(illegal));
                }
            }
        }
    }

    #[test]
    fn a_report_that_comes_twice_counts_once(
        mut world in world(),
        history in history(),
        (first, second) in (0..4usize, 0..5usize),
        code in code(),
    ) {
        for happening in history {
            world.obey(happening);
        }
        for item in &world.items {
            let reports = reports(item.fence(), code);
            if !listens(item, &reports[first]) {
                continue;
            }
            let (once, _) = item.step(&reports[first], &world.context()).unwrap();
            prop_assert!(once.step(&reports[second], &world.context()).is_err());
        }
    }

    #[test]
    fn a_late_report_does_not_count_for_the_next_attempt_either(
        mut world in world(),
        history in history(),
        code in code(),
        later in history(),
    ) {
        for happening in history {
            world.obey(happening);
        }
        let old = world.clone();
        for happening in later {
            world.obey(happening);
        }
        for (old, new) in old.items.iter().zip(&world.items) {
            for report in reports(old.fence(), code) {
                let accepted = new.step(&report, &world.context()).is_ok();
                prop_assert!(!accepted || new.fence() == old.fence());
            }
        }
    }

    #[test]
    fn no_two_claims_ever_share_a_number(mut world in world(), history in history()) {
        for happening in history {
            let before = world.items.clone();
            world.force(happening);
            for (before, after) in before.iter().zip(&world.items) {
                let (before_no, after_no) = ((before.generation, before.attempt), (after.generation, after.attempt));
                prop_assert!(after_no >= before_no, "{before:?} → {after:?}");
                if matches!(happening, Happening::Item(_, Deed::Claim)) && before != after {
                    prop_assert_eq!(after_no, (before.generation, before.attempt + 1));
                }
            }
        }
    }

    #[test]
    fn a_reboot_takes_only_what_an_older_boot_had_claimed(mut world in world(), history in history()) {
        for happening in history {
            world.obey(happening);
        }
        for item in &world.items {
            let same = item.step(&ItemInput::Lost { epoch: item.epoch }, &world.context());
            prop_assert!(same.is_err());
            let newer = item.step(&ItemInput::Lost { epoch: item.epoch + 1 }, &world.context());
            prop_assert_eq!(newer.is_ok(), item.is_claimed || item.state == ItemState::Running);
        }
    }
}
