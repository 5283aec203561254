//! Bookkeeping of the pool: which process is free, for which owner, which is worn out, and whether another may be
//! launched. Launching, and everything that waits, is the caller's.
//!
//! **A process that has had a document of one owner never gets one of another.** Once a second owner has come, spares
//! that nobody has used yet stand ready, so that nobody waits for the launch that this costs.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::breaker::{BreakerSettings, BreakerState, CircuitBreaker, LaunchDecision};
use quire_domain::ids::OwnerKey;

/// Limits and sizes of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Processes at work at once.
    pub processes: u32,
    /// Unused processes kept ready beside them, once documents of several owners have come.
    pub spares: u32,
    /// Whether one process may take documents of several owners.
    pub is_shared: bool,
    pub recycle_after_documents: u32,
    pub recycle_above_bytes: u64,
    /// Processor time that an idle process may use before it is ended.
    pub idle_cpu: Duration,
    pub breaker: BreakerSettings,
}

/// Usage of a process so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProcessUsage {
    pub documents: u32,
    /// Highest resident size ever.
    pub peak_memory_bytes: u64,
    /// Whether it lives and was not left in the middle of a job.
    pub usable: bool,
    /// Whether it has ended a job or waited for one: from then on its death may be nobody's doing.
    pub rested: bool,
}

/// A process as the pool sees it.
pub trait PoolMember {
    fn usage(&self) -> ProcessUsage;
    /// Processor time in its whole life; none when nobody can tell.
    fn cpu_time(&self) -> Option<Duration>;
}

/// For whom a process is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenant {
    /// The owner of the documents that it will get.
    Owner(OwnerKey),
    /// Nobody's: the document is Quire's own and its text no secret. Any process will do, and stays what it was.
    Quire,
}

/// Launches needed before everybody can be served.
#[must_use]
#[derive(Debug)]
pub enum LaunchPlan<P> {
    /// Launch one and say how it went: [`ProcessPool::add_launched`] or [`ProcessPool::launch_failed`]. It may take the place of another
    /// process, which is to be dropped.
    Launch(PendingLaunch, Option<P>),
    /// Launches failed: ask again then.
    WaitUntil(Instant),
    /// Nothing, or nothing before one is given back.
    Nothing,
}

/// The right to launch one process; holds a place in the pool until it is reported on.
#[must_use]
#[derive(Debug)]
pub struct PendingLaunch(());

/// Figures for metrics and the admin page; the counts are since the pool began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PoolHealth {
    pub idle: u32,
    pub at_work: u32,
    pub launching: u32,
    pub spawned: u64,
    pub launch_failures: u64,
    pub launch_failures_in_a_row: u32,
    /// Ended because of age or size, or to make room for one of another owner.
    pub recycled: u64,
    /// Ended in the middle of their work, by whomever.
    pub killed: u64,
    /// Ended because they used the processor without work.
    pub killed_idle: u64,
    pub breaker_open: bool,
}

/// A process that is lent out; goes to [`ProcessPool::give_back`].
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub struct ProcessLease<P> {
    pub process: P,
    /// The owner that the process belongs to from now on.
    pub owner: Option<OwnerKey>,
}

/// A process that waits, and the owner whose documents it has had.
#[derive(Debug)]
struct Idle<P> {
    process: P,
    owner: Option<OwnerKey>,
    /// Processor time it had used when it was first looked at since it is idle.
    cpu_before: Option<Duration>,
}

/// The pool's books: which processes are idle, for which owner, and how many are at work or launching.
#[derive(Debug)]
pub struct ProcessPool<P> {
    settings: PoolSettings,
    breaker: CircuitBreaker,
    /// The last one in is the first one out: its caches are warm. The first one makes room for another owner's.
    idle: Vec<Idle<P>>,
    at_work: u32,
    launching: u32,
    /// The last owner who was lent a process.
    last_owner: Option<OwnerKey>,
    has_several_owners: bool,
    spawned: u64,
    launch_failures: u64,
    recycled: u64,
    killed: u64,
    killed_idle: u64,
}

impl<P: PoolMember> ProcessPool<P> {
    pub fn new(settings: PoolSettings) -> Self {
        Self {
            breaker: CircuitBreaker::new(settings.breaker),
            settings,
            idle: Vec::new(),
            at_work: 0,
            launching: 0,
            last_owner: None,
            has_several_owners: false,
            spawned: 0,
            launch_failures: 0,
            recycled: 0,
            killed: 0,
            killed_idle: 0,
        }
    }

    /// Lends a process that suits this tenant, if one is idle.
    pub fn lease(&mut self, tenant: Tenant) -> Option<ProcessLease<P>> {
        if self.at_work >= self.settings.processes {
            return None;
        }
        let Idle { process, owner, .. } = self.idle.remove(self.find(tenant)?);
        self.at_work += 1;
        let Tenant::Owner(tenant) = tenant else { return Some(ProcessLease { process, owner }) };
        self.has_several_owners |= self.last_owner.is_some_and(|last| last != tenant);
        self.last_owner = Some(tenant);
        Some(ProcessLease { process, owner: Some(tenant) })
    }

    /// What to launch when so many wait and could not be lent a process.
    pub fn plan_launch_or_eviction(&mut self, waiting: usize, now: Instant) -> LaunchPlan<P> {
        if self.launching + self.unused() >= self.wanted(waiting) {
            return LaunchPlan::Nothing;
        }
        let is_full = self.live_processes() + self.launching >= self.settings.processes + self.spares();
        let used = self.idle.iter().position(|idle| idle.owner.is_some());
        if is_full && used.is_none() {
            return LaunchPlan::Nothing;
        }
        match self.breaker.decide_launch(now) {
            LaunchDecision::Go => {
                self.launching += 1;
                let replaced = used.filter(|_| is_full).map(|place| self.idle.remove(place).process);
                self.recycled += u64::from(replaced.is_some());
                LaunchPlan::Launch(PendingLaunch(()), replaced)
            }
            LaunchDecision::WaitUntil(until) => LaunchPlan::WaitUntil(until),
        }
    }

    /// Takes in a process that was launched; it is idle, and nobody's yet.
    pub fn add_launched(&mut self, _: PendingLaunch, process: P) {
        self.breaker.record_success();
        self.launching = self.launching.saturating_sub(1);
        self.idle.push(Idle { process, owner: None, cpu_before: None });
        self.spawned += 1;
    }

    /// Notes that a launch failed.
    pub fn launch_failed(&mut self, _: PendingLaunch, now: Instant) {
        self.breaker.record_failure(now);
        self.launching = self.launching.saturating_sub(1);
        self.launch_failures += 1;
    }

    /// Takes the process back, or returns it to be dropped when it is dead or worn out.
    #[must_use = "a process that comes back out is to be dropped"]
    pub fn give_back(&mut self, lease: ProcessLease<P>) -> Option<P> {
        let ProcessLease { process, owner } = lease;
        self.at_work = self.at_work.saturating_sub(1);
        let usage = process.usage();
        if !usage.usable {
            self.killed += 1;
            return Some(process);
        }
        if self.is_worn_out(usage) {
            self.recycled += 1;
            return Some(process);
        }
        self.idle.push(Idle { process, owner, cpu_before: None });
        None
    }

    /// Takes out an idle process that has used more processor time than it may, with what it has used; it is to be
    /// dropped. Whatever it is at, nobody gave it: a document of earlier may have taken it over.
    pub fn take_runaway_idle(&mut self) -> Option<(P, Duration)> {
        let most = self.settings.idle_cpu;
        let spins = self.idle.iter_mut().enumerate().find_map(|(place, idle)| {
            let now = idle.process.cpu_time()?;
            let used = now.saturating_sub(*idle.cpu_before.get_or_insert(now));
            (used > most).then_some((place, used))
        });
        let (place, used) = spins?;
        self.killed_idle += 1;
        Some((self.idle.remove(place).process, used))
    }

    /// Takes out all idle processes, to be dropped: at shutdown, or when a setting has changed.
    pub fn take_all_idle(&mut self) -> Vec<P> {
        self.recycled += self.idle.len() as u64;
        self.idle.drain(..).map(|idle| idle.process).collect()
    }

    /// Number of processes alive, idle or at work.
    pub fn live_processes(&self) -> u32 {
        self.at_work + u32::try_from(self.idle.len()).unwrap_or(u32::MAX)
    }

    pub fn health(&self) -> PoolHealth {
        PoolHealth {
            idle: self.live_processes() - self.at_work,
            at_work: self.at_work,
            launching: self.launching,
            spawned: self.spawned,
            launch_failures: self.launch_failures,
            launch_failures_in_a_row: self.breaker.failures_in_a_row(),
            recycled: self.recycled,
            killed: self.killed,
            killed_idle: self.killed_idle,
            breaker_open: self.breaker.state() != BreakerState::Closed,
        }
    }

    /// The owner's own first, which is warm; then one that is nobody's.
    fn find(&self, tenant: Tenant) -> Option<usize> {
        let is_free = |idle: &Idle<P>| idle.owner.is_none() || self.settings.is_shared;
        match tenant {
            Tenant::Quire => self.idle.len().checked_sub(1),
            Tenant::Owner(owner) => {
                let own = self.idle.iter().rposition(|idle| idle.owner == Some(owner));
                own.or_else(|| self.idle.iter().rposition(is_free))
            }
        }
    }

    /// Unused processes that should be there or on their way.
    fn wanted(&self, waiting: usize) -> u32 {
        let places = self.settings.processes.saturating_sub(self.at_work);
        places.min(u32::try_from(waiting).unwrap_or(u32::MAX)) + self.spares()
    }

    fn unused(&self) -> u32 {
        u32::try_from(self.idle.iter().filter(|idle| idle.owner.is_none()).count()).unwrap_or(u32::MAX)
    }

    fn spares(&self) -> u32 {
        if self.has_several_owners && !self.settings.is_shared { self.settings.spares } else { 0 }
    }

    fn is_worn_out(&self, usage: ProcessUsage) -> bool {
        usage.documents >= self.settings.recycle_after_documents
            || usage.peak_memory_bytes > self.settings.recycle_above_bytes
    }
}

#[cfg(test)]
mod tests;
