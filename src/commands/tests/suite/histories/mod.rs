//! Random histories of several batches: whatever is asked in whatever order, the store stays sound.

mod acts;
mod world;

use proptest::prelude::*;
use quire_domain::batch::FailurePolicy;

use acts::{Act, Fate, acts};
use world::World;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

fn live_through(acts: &[Act]) -> World {
    let mut world = World::new();
    for act in acts {
        world.go_on(act);
    }
    world
}

proptest! {
    #![proptest_config(config(96))]

    #[test]
    fn every_step_of_any_history_leaves_the_store_sound(acts in acts(40)) {
        live_through(&acts);
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn after_any_history_every_batch_can_be_brought_to_its_end(acts in acts(25)) {
        let mut world = live_through(&acts);
        world.bring_to_an_end();
    }
}

#[test]
fn a_deadline_may_pass_at_the_moment_of_a_late_report() {
    for ends_in in 0..32 {
        let outcome = Fate::Success { artifacts: 0 };
        let submit = Act::Submit {
            items: 1,
            sealed: false,
            on_failure: FailurePolicy::Continue,
            starts_in: None,
            ends_in: Some(ends_in),
        };
        let claim = Act::Turn { which: 0, claim: 1, starts: vec![], ends: vec![], heartbeat: false };
        let end = Act::Turn { which: 0, claim: 0, starts: vec![], ends: vec![(0, outcome)], heartbeat: false };
        live_through(&[submit, claim, end, Act::Late { which: 0, nth: 0, outcome }]);
    }
}
