//! The books of the pool, and whose process is lent to whom.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

impl PoolMember for ProcessUsage {
    fn usage(&self) -> ProcessUsage {
        *self
    }

    fn cpu_time(&self) -> Option<Duration> {
        None
    }
}

/// A process that knows its own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Numbered(u32, ProcessUsage);

impl PoolMember for Numbered {
    fn usage(&self) -> ProcessUsage {
        self.1
    }

    fn cpu_time(&self) -> Option<Duration> {
        None
    }
}

const FRESH: ProcessUsage = ProcessUsage { documents: 0, peak_memory_bytes: 0, usable: true, rested: false };

fn settings() -> PoolSettings {
    let breaker = slow();
    let (processes, spares, is_shared) = (2, 1, false);
    PoolSettings {
        processes,
        spares,
        is_shared,
        recycle_after_documents: 10,
        recycle_above_bytes: 100,
        idle_cpu: Duration::from_secs(1),
        breaker,
    }
}

fn pool() -> ProcessPool<ProcessUsage> {
    ProcessPool::new(settings())
}

fn slow() -> BreakerSettings {
    let sec = Duration::from_secs(1);
    BreakerSettings { first_delay: sec, max_delay: sec, failures: 3, window: sec, open_for: sec }
}

const A: OwnerKey = OwnerKey(1);
const B: OwnerKey = OwnerKey(2);
const C: OwnerKey = OwnerKey(3);

/// Launches as many as are needed; how many took the place of another.
fn launch_all(pool: &mut ProcessPool<ProcessUsage>, waiting: usize) -> u32 {
    let mut replaced = 0;
    while let LaunchPlan::Launch(permit, old) = pool.plan_launch_or_eviction(waiting, Instant::now()) {
        replaced += u32::from(old.is_some());
        pool.add_launched(permit, FRESH);
    }
    replaced
}

fn lease(pool: &mut ProcessPool<ProcessUsage>, owner: OwnerKey) -> ProcessLease<ProcessUsage> {
    pool.lease(Tenant::Owner(owner)).unwrap_or_else(|| panic!("nothing for {owner:?}"))
}

#[test]
fn processes_are_launched_up_to_the_limit_and_then_shared_by_the_batches_of_an_owner() {
    let mut pool = pool();
    launch_all(&mut pool, 9);
    let first = lease(&mut pool, A);
    let _second = lease(&mut pool, A);
    assert!(pool.lease(Tenant::Owner(A)).is_none());
    assert!(matches!(pool.plan_launch_or_eviction(1, Instant::now()), LaunchPlan::Nothing));
    assert_eq!(pool.give_back(first), None);
    assert!(pool.lease(Tenant::Owner(A)).is_some());
    assert_eq!(pool.health().spawned, 2);
}

#[test]
fn a_launch_under_way_holds_a_place() {
    let mut pool = pool();
    let (first, second) =
        (pool.plan_launch_or_eviction(3, Instant::now()), pool.plan_launch_or_eviction(3, Instant::now()));
    assert!(matches!((first, second), (LaunchPlan::Launch(..), LaunchPlan::Launch(..))));
    assert!(matches!(pool.plan_launch_or_eviction(3, Instant::now()), LaunchPlan::Nothing));
}

#[test]
fn an_idle_process_of_another_owner_makes_room_and_a_spare_stands_ready_from_then_on() {
    let mut pool = ProcessPool::new(PoolSettings { processes: 1, ..settings() });
    launch_all(&mut pool, 1);
    let lent = lease(&mut pool, A);
    assert_eq!(pool.give_back(lent), None);
    assert!(pool.lease(Tenant::Owner(B)).is_none());
    assert_eq!(launch_all(&mut pool, 1), 1, "the first time, somebody waits");
    let lent = lease(&mut pool, B);
    assert_eq!(launch_all(&mut pool, 0), 0, "a spare, in a place of its own");
    assert_eq!(pool.give_back(lent), None);
    let _third = lease(&mut pool, C);
    assert_eq!(launch_all(&mut pool, 0), 1, "the idle process of b makes room for the next spare");
    assert_eq!((pool.live_processes(), pool.health().at_work), (2, 1));
}

#[test]
fn the_document_of_nobody_goes_through_any_process_and_leaves_it_to_whose_it_was() {
    let mut pool = ProcessPool::new(PoolSettings { processes: 1, ..settings() });
    launch_all(&mut pool, 1);
    for _ in 0..2 {
        let lent = lease(&mut pool, A);
        let _ = pool.give_back(lent);
        let lent = pool.lease(Tenant::Quire).unwrap_or_else(|| panic!("no process"));
        assert_eq!(lent.owner, Some(A));
        let _ = pool.give_back(lent);
        assert!(pool.lease(Tenant::Owner(B)).is_none());
    }
    assert_eq!(pool.health().spawned, 1);
}

#[test]
fn shared_processes_are_anybodys_and_need_no_spare() {
    let mut pool = ProcessPool::new(PoolSettings { is_shared: true, ..settings() });
    launch_all(&mut pool, 1);
    for owner in [A, B, C] {
        let lent = lease(&mut pool, owner);
        let _ = pool.give_back(lent);
    }
    assert_eq!(launch_all(&mut pool, 0), 0);
    assert_eq!(pool.health().spawned, 1);
}

#[test]
fn the_worn_the_large_and_the_dead_are_not_kept() {
    let mut pool = pool();
    for worn in [
        ProcessUsage { documents: 10, ..FRESH },
        ProcessUsage { peak_memory_bytes: 101, ..FRESH },
        ProcessUsage { usable: false, ..FRESH },
    ] {
        launch_all(&mut pool, 1);
        let lent = lease(&mut pool, A);
        assert_eq!(pool.give_back(ProcessLease { process: worn, ..lent }), Some(worn));
    }
    let health = pool.health();
    assert_eq!((health.recycled, health.killed, pool.live_processes()), (2, 1, 0));
}

#[test]
fn failed_launches_make_the_next_one_wait() {
    let mut pool = pool();
    let now = Instant::now();
    let LaunchPlan::Launch(permit, _) = pool.plan_launch_or_eviction(1, now) else { panic!("no launch") };
    pool.launch_failed(permit, now);
    assert!(matches!(pool.plan_launch_or_eviction(1, now), LaunchPlan::WaitUntil(_)));
    assert_eq!(pool.health().launch_failures, 1);
}

proptest! {
    #[test]
    fn the_books_balance_and_owners_never_meet_whatever_happens(
        steps in prop::collection::vec((0_u8..8, 0_u32..12), 0..300),
    ) {
        let mut pool: ProcessPool<Numbered> = ProcessPool::new(settings());
        let mut now = Instant::now();
        let (mut held, mut permits) = (Vec::new(), Vec::new());
        let mut served = std::collections::BTreeMap::new();
        for (step, number) in steps {
            now += Duration::from_millis(300);
            match step {
                0..=2 => {
                    let tenant = if number == 0 { Tenant::Quire } else { Tenant::Owner(OwnerKey(i64::from(number % 3))) };
                    if let Some(lent) = pool.lease(tenant) {
                        if let Tenant::Owner(owner) = tenant {
                            prop_assert_eq!(*served.entry(lent.process.0).or_insert(owner), owner);
                        }
                        held.push(lent);
                    }
                }
                3 | 4 => match pool.plan_launch_or_eviction(number as usize, now) {
                    LaunchPlan::Launch(permit, _) => permits.push(permit),
                    LaunchPlan::WaitUntil(until) => prop_assert!(until > now),
                    LaunchPlan::Nothing => {}
                },
                5 => if let Some(permit) = permits.pop() {
                    let name = u32::try_from(pool.health().spawned).unwrap_or(0);
                    pool.add_launched(permit, Numbered(name, FRESH));
                },
                6 => if let Some(ProcessLease { process: Numbered(name, usage), owner }) = held.pop() {
                    let process = Numbered(name, ProcessUsage { documents: number, usable: number != 0, ..usage });
                    let _ = pool.give_back(ProcessLease { process, owner });
                },
                _ => if let Some(permit) = permits.pop() { pool.launch_failed(permit, now) },
            }
            let health = pool.health();
            prop_assert_eq!(health.at_work as usize, held.len());
            prop_assert_eq!(health.launching as usize, permits.len());
            prop_assert!(health.at_work <= 2);
            prop_assert!(health.idle + health.at_work + health.launching <= 2 + 1);
            prop_assert_eq!(health.spawned, u64::from(pool.live_processes()) + health.recycled + health.killed);
        }
    }
}

/// A process with a clock of its own.
#[derive(Debug, Clone, Default)]
struct Clocked(Rc<Cell<Option<Duration>>>);

impl Clocked {
    fn works(&self, secs: u64) {
        let before = self.0.get().unwrap_or_default();
        self.0.set(Some(before + Duration::from_secs(secs)));
    }
}

impl PoolMember for Clocked {
    fn usage(&self) -> ProcessUsage {
        ProcessUsage { usable: true, ..ProcessUsage::default() }
    }

    fn cpu_time(&self) -> Option<Duration> {
        self.0.get()
    }
}

#[test]
fn a_process_that_works_while_it_is_idle_is_taken_out_and_what_it_did_before_is_not_held_against_it() {
    let mut pool = ProcessPool::new(settings());
    let process = Clocked::default();
    let LaunchPlan::Launch(permit, None) = pool.plan_launch_or_eviction(1, Instant::now()) else {
        panic!("nothing to launch")
    };
    pool.add_launched(permit, process.clone());
    assert!(pool.take_runaway_idle().is_none(), "its clock cannot be read");
    for _ in 0..3 {
        let lent = pool.lease(Tenant::Owner(A)).unwrap();
        process.works(100);
        assert!(pool.give_back(lent).is_none());
        assert!(pool.take_runaway_idle().is_none(), "that was a document's");
        process.works(1);
        assert!(pool.take_runaway_idle().is_none(), "that is what it may use");
    }
    process.works(1);
    let (_, used) = pool.take_runaway_idle().unwrap();
    assert_eq!(used, Duration::from_secs(2));
    assert_eq!((pool.health().killed_idle, pool.live_processes()), (1, 0));
}
