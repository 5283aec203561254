//! Tests of the batch scheduler with real rows behind it.

use std::time::Duration;

use crate::actors::batch::SchedulerSettings;
use crate::actors::batch::scheduler::BatchScheduler;
use crate::commands::tests::harness::{TestStore, batch_of, failure};
use crate::commands::tick::{self, TickRequest};
use quire_domain::failure::FailureCode;
use quire_domain::ids::Micros;
use quire_store::batches::BatchRecord;

const NOW: Micros = 2_000_000;

fn scheduler(record: BatchRecord) -> BatchScheduler {
    let tuning = SchedulerSettings {
        slots: 2,
        claim_items: 5,
        hand_items: 5,
        hand_target: Duration::from_millis(20),
        start_told_after: Duration::from_millis(100),
    };
    let mut scheduler = BatchScheduler::new(tuning, 1);
    scheduler.loaded(record);
    scheduler
}

fn take(store: &mut TestStore, scheduler: &mut BatchScheduler, request: TickRequest) {
    let taken = store.write(move |txn| tick::write_tick(txn, &request)).unwrap();
    scheduler.tick_finished(taken);
}

/// One item that failed once and waits for its second try.
fn a_batch_that_backs_off(store: &mut TestStore) -> BatchRecord {
    store.retry.backoff_base_ms = 3_600_000;
    store.retry.backoff_cap_ms = 3_600_000;
    store.reopen();
    let batch = store.submit(batch_of(1)).key;
    let claimed = store.claim(batch, 1);
    store.tick(batch, vec![failure(&claimed[0], FailureCode::WorkerUnavailable)], 0);
    store.record(batch)
}

#[test]
fn a_scheduler_that_begins_with_a_backoff_asks_when_it_is_over_and_waits_for_it() {
    let mut store = TestStore::new();
    let record = a_batch_that_backs_off(&mut store);
    let mut scheduler = scheduler(record);
    let effects = scheduler.effects(record.key, NOW).unwrap();
    assert!(!effects.is_over, "nobody else would wake the batch");
    take(&mut store, &mut scheduler, effects.tick.expect("only a turn tells when the backoff is over"));
    let effects = scheduler.effects(record.key, NOW).unwrap();
    assert!(effects.alarm.is_some_and(|at| at > NOW) && effects.tick.is_none() && !effects.is_over);
}

#[test]
fn a_heartbeat_says_again_how_many_slots_are_wanted() {
    let mut store = TestStore::new();
    let record = store.submit(batch_of(4));
    let mut scheduler = scheduler(record);
    let request = scheduler.effects(record.key, NOW).unwrap().tick.unwrap();
    take(&mut store, &mut scheduler, request);
    let news = |scheduler: &mut BatchScheduler| scheduler.effects(record.key, NOW).unwrap().news;
    assert_eq!(news(&mut scheduler), Some((0, 2)));
    assert_eq!(news(&mut scheduler), None, "it is known");
    scheduler.heartbeat_is_due();
    assert_eq!(news(&mut scheduler), Some((0, 2)), "it may have been forgotten");
}

#[test]
fn an_alarm_that_is_over_does_not_ring_again_while_a_turn_is_under_way() {
    let mut store = TestStore::new();
    let record = a_batch_that_backs_off(&mut store);
    let mut scheduler = scheduler(record);
    let request = scheduler.effects(record.key, NOW).unwrap().tick.unwrap();
    take(&mut store, &mut scheduler, request);
    let over = scheduler.effects(record.key, NOW).unwrap().alarm.unwrap();
    scheduler.alarm_went_off();
    assert!(scheduler.effects(record.key, over + 1).unwrap().tick.is_some());
    scheduler.alarm_went_off();
    let effects = scheduler.effects(record.key, over + 1).unwrap();
    assert!(effects.tick.is_none() && effects.alarm.is_none() && !effects.is_over);
}
