//! Which process is free, which is worn out, and whether another may be launched. Bookkeeping only: launching, and
//! everything that waits, is the caller's.

use std::time::Instant;

use serde::Serialize;

use super::breaker::{Breaker, BreakerSettings, BreakerState, Permission};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Processes alive at once: idle, at work and being launched.
    pub processes: u32,
    pub recycle_after_documents: u32,
    pub recycle_above_bytes: u64,
    pub breaker: BreakerSettings,
}

/// What a process has behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wear {
    pub documents: u32,
    /// Highest resident size ever.
    pub peak_memory_bytes: u64,
    /// Whether it lives and was not left in the middle of a job.
    pub usable: bool,
    /// Whether it has ended a job or waited for one: from then on its death may be nobody's doing.
    pub rested: bool,
}

/// Something the pool can keep.
pub trait Pooled {
    fn wear(&self) -> Wear;
}

/// The answer to a wish for a process.
#[must_use]
#[derive(Debug)]
pub enum Lease<P> {
    /// Yours until [`Pool::give_back`] or [`Pool::lost`].
    Ready(P),
    /// Launch one and say how it went: [`Pool::launched`] or [`Pool::launch_failed`].
    Launch(LaunchPermit),
    /// Launches failed: ask again then.
    WaitUntil(Instant),
    /// All are at work: ask again when one is given back.
    Busy,
}

/// The right to launch one process; holds a place in the pool until it is reported on.
#[must_use]
#[derive(Debug)]
pub struct LaunchPermit(());

/// Figures for metrics and the admin page; the counts are since the pool began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PoolHealth {
    pub idle: u32,
    pub at_work: u32,
    pub launching: u32,
    pub spawned: u64,
    pub launch_failures: u64,
    pub launch_failures_in_a_row: u32,
    /// Ended because of age or size.
    pub recycled: u64,
    /// Ended in the middle of their work, by whomever.
    pub killed: u64,
    pub breaker_open: bool,
}

#[derive(Debug)]
pub struct Pool<P> {
    settings: PoolSettings,
    breaker: Breaker,
    /// The last one in is the first one out: its caches are warm.
    idle: Vec<P>,
    at_work: u32,
    launching: u32,
    spawned: u64,
    launch_failures: u64,
    recycled: u64,
    killed: u64,
}

impl<P: Pooled> Pool<P> {
    pub fn new(settings: PoolSettings) -> Self {
        Self {
            breaker: Breaker::new(settings.breaker),
            settings,
            idle: Vec::new(),
            at_work: 0,
            launching: 0,
            spawned: 0,
            launch_failures: 0,
            recycled: 0,
            killed: 0,
        }
    }

    pub fn lease(&mut self, now: Instant) -> Lease<P> {
        if let Some(process) = self.idle.pop() {
            self.at_work += 1;
            return Lease::Ready(process);
        }
        if self.live() + self.launching >= self.settings.processes {
            return Lease::Busy;
        }
        match self.breaker.ask(now) {
            Permission::Go => {
                self.launching += 1;
                Lease::Launch(LaunchPermit(()))
            }
            Permission::WaitUntil(until) => Lease::WaitUntil(until),
        }
    }

    /// The launch went well; its process is at work from now on, leased to the caller.
    pub fn launched(&mut self, _: LaunchPermit) {
        self.breaker.succeeded();
        self.launching = self.launching.saturating_sub(1);
        self.at_work += 1;
        self.spawned += 1;
    }

    pub fn launch_failed(&mut self, _: LaunchPermit, now: Instant) {
        self.breaker.failed(now);
        self.launching = self.launching.saturating_sub(1);
        self.launch_failures += 1;
    }

    /// Takes the process back, or returns it to be dropped when it is dead or worn out.
    #[must_use = "a process that comes back out is to be dropped"]
    pub fn give_back(&mut self, process: P) -> Option<P> {
        self.at_work = self.at_work.saturating_sub(1);
        let wear = process.wear();
        if !wear.usable {
            self.killed += 1;
            return Some(process);
        }
        if self.is_worn_out(wear) {
            self.recycled += 1;
            return Some(process);
        }
        self.idle.push(process);
        None
    }

    /// A leased process will never come back; whoever had it has dropped it.
    pub fn lost(&mut self) {
        self.at_work = self.at_work.saturating_sub(1);
        self.killed += 1;
    }

    /// All idle processes, to be dropped: at shutdown, or when a setting has changed.
    pub fn drain(&mut self) -> Vec<P> {
        self.recycled += self.idle.len() as u64;
        std::mem::take(&mut self.idle)
    }

    /// Processes alive, idle or at work.
    pub fn live(&self) -> u32 {
        self.at_work + u32::try_from(self.idle.len()).unwrap_or(u32::MAX)
    }

    pub fn health(&self) -> PoolHealth {
        PoolHealth {
            idle: self.live() - self.at_work,
            at_work: self.at_work,
            launching: self.launching,
            spawned: self.spawned,
            launch_failures: self.launch_failures,
            launch_failures_in_a_row: self.breaker.failures_in_a_row(),
            recycled: self.recycled,
            killed: self.killed,
            breaker_open: self.breaker.state() != BreakerState::Closed,
        }
    }

    fn is_worn_out(&self, wear: Wear) -> bool {
        wear.documents >= self.settings.recycle_after_documents
            || wear.peak_memory_bytes > self.settings.recycle_above_bytes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    impl Pooled for Wear {
        fn wear(&self) -> Wear {
            *self
        }
    }

    const FRESH: Wear = Wear { documents: 0, peak_memory_bytes: 0, usable: true, rested: false };

    fn pool() -> Pool<Wear> {
        let settings =
            PoolSettings { processes: 2, recycle_after_documents: 10, recycle_above_bytes: 100, breaker: slow() };
        Pool::new(settings)
    }

    fn slow() -> BreakerSettings {
        let sec = Duration::from_secs(1);
        BreakerSettings { first_delay: sec, max_delay: sec, failures: 3, window: sec, open_for: sec }
    }

    fn launched(pool: &mut Pool<Wear>) -> Wear {
        let Lease::Launch(permit) = pool.lease(Instant::now()) else { panic!("no launch") };
        pool.launched(permit);
        FRESH
    }

    #[test]
    fn processes_are_launched_up_to_the_limit_and_then_shared() {
        let mut pool = pool();
        let first = launched(&mut pool);
        launched(&mut pool);
        assert!(matches!(pool.lease(Instant::now()), Lease::Busy));
        assert_eq!(pool.give_back(first), None);
        assert!(matches!(pool.lease(Instant::now()), Lease::Ready(_)));
        assert_eq!(pool.health().spawned, 2);
    }

    #[test]
    fn a_launch_under_way_holds_a_place() {
        let mut pool = pool();
        let (first, second) = (pool.lease(Instant::now()), pool.lease(Instant::now()));
        assert!(matches!((first, second), (Lease::Launch(_), Lease::Launch(_))));
        assert!(matches!(pool.lease(Instant::now()), Lease::Busy));
    }

    #[test]
    fn the_worn_the_large_and_the_dead_are_not_kept() {
        let mut pool = pool();
        for worn in
            [Wear { documents: 10, ..FRESH }, Wear { peak_memory_bytes: 101, ..FRESH }, Wear { usable: false, ..FRESH }]
        {
            launched(&mut pool);
            assert_eq!(pool.give_back(worn), Some(worn));
        }
        let health = pool.health();
        assert_eq!((health.recycled, health.killed, pool.live()), (2, 1, 0));
    }

    #[test]
    fn failed_launches_make_the_next_one_wait() {
        let mut pool = pool();
        let now = Instant::now();
        let Lease::Launch(permit) = pool.lease(now) else { panic!("no launch") };
        pool.launch_failed(permit, now);
        assert!(matches!(pool.lease(now), Lease::WaitUntil(_)));
        assert_eq!(pool.health().launch_failures, 1);
    }

    proptest! {
        #[test]
        fn the_books_balance_whatever_happens(steps in prop::collection::vec((0_u8..6, 0_u32..12), 0..200)) {
            let mut pool = pool();
            let mut now = Instant::now();
            let (mut held, mut permits) = (Vec::new(), Vec::new());
            for (step, documents) in steps {
                now += Duration::from_millis(300);
                match step {
                    0 | 1 => match pool.lease(now) {
                        Lease::Ready(process) => held.push(process),
                        Lease::Launch(permit) => permits.push(permit),
                        Lease::WaitUntil(until) => prop_assert!(until > now),
                        Lease::Busy => prop_assert!(held.len() + permits.len() == 2),
                    },
                    2 => if let Some(permit) = permits.pop() { pool.launched(permit); held.push(FRESH) },
                    3 => if let Some(permit) = permits.pop() { pool.launch_failed(permit, now) },
                    4 => if held.pop().is_some() { let _ = pool.give_back(Wear { documents, ..FRESH }); },
                    _ => if held.pop().is_some() { pool.lost() },
                }
                let health = pool.health();
                prop_assert_eq!(health.at_work as usize, held.len());
                prop_assert_eq!(health.launching as usize, permits.len());
                prop_assert!(health.idle + health.at_work + health.launching <= 2);
                prop_assert_eq!(health.spawned, u64::from(pool.live()) + health.recycled + health.killed);
            }
        }
    }
}
