//! What a batch's desk asks for, with real rows behind it.

use std::time::Duration;

use crate::actors::batch::Tuning;
use crate::actors::batch::desk::Desk;
use crate::domain::failure::FailureCode;
use crate::domain::ids::Micros;
use crate::store::tests::harness::{TestStore, batch_of, failure};
use crate::store::turn::{self, TurnRequest};
use crate::store::txn::Held;

const NOW: Micros = 2_000_000;

fn desk(held: Held) -> Desk {
    let tuning = Tuning {
        slots: 2,
        claim_items: 5,
        hand_items: 5,
        hand_target: Duration::from_millis(20),
        start_told_after: Duration::from_millis(100),
    };
    let mut desk = Desk::new(tuning, 1);
    desk.loaded(held);
    desk
}

fn take(store: &mut TestStore, desk: &mut Desk, request: TurnRequest) {
    let taken = store.write(move |txn| turn::take(txn, &request)).unwrap();
    desk.turn_taken(taken);
}

/// One item that failed once and waits for its second try.
fn a_batch_that_backs_off(store: &mut TestStore) -> Held {
    store.retry.backoff_base_ms = 3_600_000;
    store.retry.backoff_cap_ms = 3_600_000;
    store.reopen();
    let batch = store.submit(batch_of(1)).key;
    let claimed = store.claim(batch, 1);
    store.turn(batch, vec![failure(&claimed[0], FailureCode::WorkerUnavailable)], 0);
    store.held(batch)
}

#[test]
fn a_desk_that_begins_with_a_backoff_asks_when_it_is_over_and_waits_for_it() {
    let mut store = TestStore::new();
    let held = a_batch_that_backs_off(&mut store);
    let mut desk = desk(held);
    let errands = desk.errands(held.key, NOW).unwrap();
    assert!(!errands.is_over, "nobody else would wake the batch");
    take(&mut store, &mut desk, errands.turn.expect("only a turn tells when the backoff is over"));
    let errands = desk.errands(held.key, NOW).unwrap();
    assert!(errands.alarm.is_some_and(|at| at > NOW) && errands.turn.is_none() && !errands.is_over);
}

#[test]
fn a_heartbeat_says_again_how_many_slots_are_wanted() {
    let mut store = TestStore::new();
    let held = store.submit(batch_of(4));
    let mut desk = desk(held);
    let request = desk.errands(held.key, NOW).unwrap().turn.unwrap();
    take(&mut store, &mut desk, request);
    let news = |desk: &mut Desk| desk.errands(held.key, NOW).unwrap().news;
    assert_eq!(news(&mut desk), Some((0, 2)));
    assert_eq!(news(&mut desk), None, "it is known");
    desk.heartbeat_is_due();
    assert_eq!(news(&mut desk), Some((0, 2)), "it may have been forgotten");
}

#[test]
fn an_alarm_that_is_over_does_not_ring_again_while_a_turn_is_under_way() {
    let mut store = TestStore::new();
    let held = a_batch_that_backs_off(&mut store);
    let mut desk = desk(held);
    let request = desk.errands(held.key, NOW).unwrap().turn.unwrap();
    take(&mut store, &mut desk, request);
    let over = desk.errands(held.key, NOW).unwrap().alarm.unwrap();
    desk.alarm_rang();
    assert!(desk.errands(held.key, over + 1).unwrap().turn.is_some());
    desk.alarm_rang();
    let errands = desk.errands(held.key, over + 1).unwrap();
    assert!(errands.turn.is_none() && errands.alarm.is_none() && !errands.is_over);
}
