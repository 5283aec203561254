//! Nothing waits without a reason.

use proptest::prelude::*;
use proptest::sample::Index;

use super::arbitrary::{control, pause_mode};
use super::reachable;
use super::world::moved;
use crate::batch::{Batch, BatchControl, FailurePolicy, PauseMode};
use crate::item::ItemState;
use crate::waiting::{ActorDown, DownState, EngineView, WaitingBecause, batch_waiting_reason, item_waiting_reason};

fn view() -> impl Strategy<Value = EngineView> {
    let slots = (0..5u32, 0..5u32, proptest::option::of(-2..3i32));
    let engine = (0..3u32, 0..3u32, any::<bool>());
    let short = (
        proptest::option::of((0..9u64, 9..99u64)),
        proptest::option::of(-5..5i64),
        proptest::option::of(any::<bool>()),
    );
    let down = (proptest::option::of(Just(pool_stopped())), any::<bool>());
    (slots, engine, short, down).prop_map(|(slots, engine, short, (down, hands_go_on))| EngineView {
        slots_total: slots.0,
        slots_in_use: slots.1,
        served_priority: slots.2,
        active_batches: engine.0,
        active_limit: engine.1,
        draining: engine.2,
        memory_short: short.0,
        workers_unavailable_until: short.1,
        disk_fault: short.2,
        actor_down: down,
        hands_go_on,
    })
}

fn pool_stopped() -> ActorDown {
    ActorDown { actor: "root/worker-pool".into(), state: DownState::Stopped, since: 3 }
}

/// Nothing that would keep an end from being written.
fn lets_hands_end(view: &EngineView) -> bool {
    view.disk_fault.is_none() && (view.actor_down.is_none() || view.hands_go_on)
}

fn idle() -> EngineView {
    EngineView { slots_total: 2, active_limit: 2, ..EngineView::default() }
}

fn batch() -> Batch {
    Batch::submitted(2, true, FailurePolicy::Continue)
}

proptest! {
    #[test]
    fn whatever_lives_and_does_not_run_says_why(
        at in any::<Index>(),
        (priority, slots_held) in (-2..3i32, proptest::option::of(1..3u32)),
        view in view(),
    ) {
        let world = at.get(reachable::states());
        let moves = slots_held.is_some() && lets_hands_end(&view);
        let runs = world.batch.claimed_or_running_items() > 0 && world.batch.control == BatchControl::Run && moves;
        let why = batch_waiting_reason(&world.batch, priority, slots_held, None, &view, world.now);
        prop_assert_eq!(why.is_none(), world.batch.is_ended() || runs);
        for item in &world.items {
            let why = item_waiting_reason(item.state, item.run_at, &world.batch, priority, slots_held, &view, world.now);
            prop_assert_eq!(why.is_none(), item.state.is_terminal() || item.state == ItemState::Running && moves);
        }
    }

    #[test]
    fn what_the_user_asked_for_is_the_first_reason(control in control(), mode in pause_mode(), view in view()) {
        let batch = Batch { control, pause_mode: mode, ..batch() };
        let why = batch_waiting_reason(&batch, 0, Some(1), None, &view, 0);
        match control {
            BatchControl::Paused => prop_assert_eq!(why, Some(WaitingBecause::Paused { mode })),
            BatchControl::Cancelled => {
                let down = view.actor_down.map(WaitingBecause::ActorDown);
                prop_assert_eq!(why, Some(down.unwrap_or(WaitingBecause::Cancelling)));
            }
            BatchControl::Run => prop_assert!(why.is_some()),
        }
    }
}

#[test]
fn every_reachable_batch_that_waits_can_say_why() {
    for world in reachable::states() {
        let runs = world.batch.claimed_or_running_items() > 0 && world.batch.control == BatchControl::Run;
        let why = batch_waiting_reason(&world.batch, 0, Some(1), None, &idle(), world.now);
        assert_eq!(why.is_none(), world.batch.is_ended() || runs, "{:?}", world.batch);
    }
}

#[test]
fn each_shortage_of_the_engine_is_named() {
    let cases = [
        (idle(), WaitingBecause::Starting),
        (EngineView { draining: true, ..idle() }, WaitingBecause::Draining),
        (
            EngineView { memory_short: Some((64, 512)), ..idle() },
            WaitingBecause::Memory { available_mib: 64, wanted_mib: 512 },
        ),
        (EngineView { workers_unavailable_until: Some(9), ..idle() }, WaitingBecause::WorkersUnavailable { until: 9 }),
        (EngineView { disk_fault: Some(true), ..idle() }, WaitingBecause::Disk { full: true }),
        (EngineView { actor_down: Some(pool_stopped()), ..idle() }, WaitingBecause::ActorDown(pool_stopped())),
        (EngineView { served_priority: Some(4), ..idle() }, WaitingBecause::Priority { own: 0, served: 4 }),
        (EngineView { active_batches: 2, ..idle() }, WaitingBecause::Admission { active: 2, limit: 2 }),
        (EngineView { slots_in_use: 2, ..idle() }, WaitingBecause::Slots { in_use: 2, total: 2 }),
    ];
    for (view, reason) in cases {
        assert_eq!(batch_waiting_reason(&batch(), 0, None, None, &view, 0), Some(reason.clone()));
        assert_eq!(item_waiting_reason(ItemState::Queued, 0, &batch(), 0, None, &view, 0), Some(reason));
    }
}

#[test]
fn what_stands_as_running_and_does_not_move_says_why() {
    let running = moved(batch(), ItemState::Queued, ItemState::Running).unwrap();
    let down = Some(WaitingBecause::ActorDown(pool_stopped()));
    let (gone_on, held_up) = (true, false);
    let cases = [
        (Some(1), EngineView { disk_fault: Some(false), ..idle() }, Some(WaitingBecause::Disk { full: false })),
        (Some(1), stopped(gone_on), None),
        // Its chunks have ended and nobody lends it another process.
        (Some(0), stopped(gone_on), down.clone()),
        (Some(1), stopped(held_up), down),
        // An earlier life of the server left it so.
        (None, idle(), Some(WaitingBecause::Starting)),
        (None, EngineView { active_batches: 2, ..idle() }, Some(WaitingBecause::Admission { active: 2, limit: 2 })),
        (Some(0), idle(), None),
    ];
    for (slots_held, view, why) in cases {
        assert_eq!(batch_waiting_reason(&running, 0, slots_held, None, &view, 0), why, "{slots_held:?} {view:?}");
        assert_eq!(
            item_waiting_reason(ItemState::Running, 0, &running, 0, slots_held, &view, 0),
            why,
            "{slots_held:?} {view:?}"
        );
    }
}

fn stopped(hands_go_on: bool) -> EngineView {
    EngineView { actor_down: Some(pool_stopped()), hands_go_on, ..idle() }
}

#[test]
fn a_batch_that_has_the_slots_does_not_wait_for_them_but_its_queued_items_do() {
    let view = EngineView { slots_in_use: 2, served_priority: Some(4), ..idle() };
    assert_eq!(batch_waiting_reason(&batch(), 4, Some(1), None, &view, 0), Some(WaitingBecause::Starting));
    let slots = Some(WaitingBecause::Slots { in_use: 2, total: 2 });
    assert_eq!(batch_waiting_reason(&batch(), 4, Some(0), None, &view, 0), slots);
    assert_eq!(item_waiting_reason(ItemState::Queued, 0, &batch(), 4, Some(1), &view, 0), slots);
}

#[test]
fn a_backoff_that_is_over_is_no_reason() {
    let failed = |state, run_at, now| item_waiting_reason(state, run_at, &batch(), 0, Some(0), &stopped(false), now);
    assert_eq!(failed(ItemState::RetryWait, 5, 4), Some(WaitingBecause::Backoff { until: 5 }));
    assert_eq!(failed(ItemState::RetryWait, 5, 5), Some(WaitingBecause::ActorDown(pool_stopped())));
}

#[test]
fn a_worker_that_may_be_started_again_is_no_reason() {
    let view = EngineView { workers_unavailable_until: Some(9), ..idle() };
    assert_eq!(batch_waiting_reason(&batch(), 0, Some(1), None, &view, 9), Some(WaitingBecause::Starting));
}

#[test]
fn a_failed_attempt_waits_for_its_backoff_unless_it_is_paused() {
    let waits = |batch: &Batch| item_waiting_reason(ItemState::RetryWait, 5, batch, 0, Some(1), &idle(), 0);
    assert_eq!(waits(&batch()), Some(WaitingBecause::Backoff { until: 5 }));
    let paused = Batch { control: BatchControl::Paused, ..batch() };
    assert_eq!(waits(&paused), Some(WaitingBecause::Paused { mode: PauseMode::Drain }));
}

#[test]
fn a_batch_that_starts_later_says_when_and_an_open_one_that_it_is_open() {
    let later = Batch { not_before: Some(8), ..batch() };
    assert_eq!(
        batch_waiting_reason(&later, 0, Some(1), None, &idle(), 7),
        Some(WaitingBecause::NotBefore { until: 8 })
    );
    assert_eq!(batch_waiting_reason(&later, 0, Some(1), None, &idle(), 8), Some(WaitingBecause::Starting));
    let open = Batch::submitted(0, false, FailurePolicy::Continue);
    assert_eq!(batch_waiting_reason(&open, 0, Some(1), None, &idle(), 0), Some(WaitingBecause::Open));
}

#[test]
fn a_paused_batch_whose_items_still_run_is_waiting_too() {
    let running = moved(batch(), ItemState::Queued, ItemState::Running).unwrap();
    assert_eq!(batch_waiting_reason(&running, 0, Some(1), None, &idle(), 0), None);
    let pausing = Batch { control: BatchControl::Paused, ..running };
    assert_eq!(
        batch_waiting_reason(&pausing, 0, Some(1), None, &idle(), 0),
        Some(WaitingBecause::Paused { mode: PauseMode::Drain })
    );
}

#[test]
fn a_reason_goes_over_the_wire_with_its_name_and_its_numbers() {
    let slots = serde_json::to_value(WaitingBecause::Slots { in_use: 2, total: 2 }).unwrap();
    assert_eq!(slots, serde_json::json!({"reason": "slots", "in_use": 2, "total": 2}));
    let down = serde_json::to_value(WaitingBecause::ActorDown(pool_stopped())).unwrap();
    let words =
        serde_json::json!({"reason": "actor_down", "actor": "root/worker-pool", "state": "stopped", "since": 3});
    assert_eq!(down, words);
    let open = serde_json::to_value(WaitingBecause::Open).unwrap();
    assert_eq!(open, serde_json::json!({"reason": "open"}));
}
