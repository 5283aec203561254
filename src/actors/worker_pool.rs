//! Actor around the pool of worker processes: leases, launches, recycles, backs off.
//!
//! Launches happen on this actor's thread only, which lives as long as the server: a child's parent-death signal
//! follows the thread that launched it.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use quire_base::clock;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::Micros;
use quire_supervision::{ActorRef, ActorScope, Answer, Behaviour, Message, PendingAnswer, Receive};
use quire_worker::pool::PendingLaunch;
use quire_worker::{
    LaunchError, LaunchPlan, LaunchSpec, PoolHealth, PoolSettings, ProcessLease, ProcessPool, SandboxStatus, Tenant,
    WorkerProcess,
};

/// The pool as operators see it.
#[derive(Debug, Clone, Default)]
pub struct PoolView {
    pub health: Option<PoolHealth>,
    pub posture: Option<SandboxStatus>,
    pub last_launch_error: Option<String>,
    /// No launch before then.
    pub unavailable_until: Option<Micros>,
}

/// Where the pool publishes its view.
pub type PoolViewSender = watch::Sender<PoolView>;

/// Item worker → pool: asks for a process and waits for it.
pub struct LeaseWorker(pub Tenant);

impl Message for LeaseWorker {
    type Reply = LeasedWorker;
    const NAME: &'static str = "LeaseWorker";
}

/// A process on loan; goes back to the pool when dropped.
pub struct LeasedWorker {
    /// None once it is on its way back.
    lease: Option<ProcessLease<WorkerProcess>>,
    pool: ActorRef<WorkerPool>,
    incarnation: u32,
}

impl LeasedWorker {
    /// The process; none once it is on its way back.
    pub fn process(&mut self) -> Option<&mut WorkerProcess> {
        self.lease.as_mut().map(|lease| &mut lease.process)
    }
}

impl Drop for LeasedWorker {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        // A pool that is gone has nothing to count any more; the process ends with this value.
        let _ = self.pool.tell_beyond_capacity(WorkerReturned { lease, incarnation: self.incarnation });
    }
}

/// Item worker → pool: the loan is over.
pub struct WorkerReturned {
    lease: ProcessLease<WorkerProcess>,
    incarnation: u32,
}

impl Message for WorkerReturned {
    type Reply = ();
    const NAME: &'static str = "WorkerReturned";
}

pub struct WorkerPool {
    spec: LaunchSpec,
    status: PoolViewSender,
    pool: ProcessPool<WorkerProcess>,
    /// In the order in which they came.
    waiting: Vec<(Tenant, PendingAnswer<LeasedWorker>)>,
    is_retry_due: bool,
    incarnation: u32,
}

impl WorkerPool {
    pub fn new(spec: LaunchSpec, settings: PoolSettings, status: PoolViewSender) -> Self {
        let is_shared = settings.is_shared || is_disabled(Safeguard::OneOwner);
        let pool = ProcessPool::new(PoolSettings { is_shared, ..settings });
        Self { spec, status, pool, waiting: Vec::new(), is_retry_due: false, incarnation: clock::new_incarnation() }
    }

    /// Lends what is there to whom it suits, and has launched what the rest need.
    fn serve(&mut self, scope: &mut ActorScope<'_, Self>) {
        for (tenant, promise) in std::mem::take(&mut self.waiting) {
            match self.pool.lease(tenant) {
                Some(lease) => self.lend(lease, promise, scope),
                None => self.waiting.push((tenant, promise)),
            }
        }
        loop {
            match self.pool.plan_launch_or_eviction(self.waiting.len(), Instant::now()) {
                LaunchPlan::Launch(permit, replaced) => {
                    drop(replaced);
                    self.launch(permit, scope);
                }
                LaunchPlan::WaitUntil(at) => return self.retry_at(at, scope),
                LaunchPlan::Nothing => return,
            }
        }
    }

    /// An asker that went away drops the loan, which brings the process back.
    fn lend(
        &self,
        lease: ProcessLease<WorkerProcess>,
        asker: PendingAnswer<LeasedWorker>,
        scope: &ActorScope<'_, Self>,
    ) {
        let incarnation = self.incarnation;
        asker.fulfil(LeasedWorker { lease: Some(lease), pool: scope.me(), incarnation });
    }

    fn launch(&mut self, permit: PendingLaunch, scope: &mut ActorScope<'_, Self>) {
        let spec = self.spec.clone();
        scope.run_future(async move { WorkerProcess::launch(&spec).await }, move |pool, launched, scope| {
            pool.launched(permit, launched, scope);
        });
    }

    fn launched(
        &mut self,
        permit: PendingLaunch,
        launched: Result<WorkerProcess, LaunchError>,
        scope: &mut ActorScope<'_, Self>,
    ) {
        match launched {
            Ok(process) => {
                self.warn_of(process.sandbox_status());
                self.update_status(|view| {
                    view.posture = Some(process.sandbox_status().clone());
                    (view.last_launch_error, view.unavailable_until) = (None, None);
                });
                self.pool.add_launched(permit, process);
            }
            Err(error) => {
                tracing::error!(%error, "a worker process could not be started");
                self.pool.launch_failed(permit, Instant::now());
                self.update_status(|view| {
                    view.last_launch_error = Some(error.to_string());
                    if let LaunchError::Exposed(posture) = error {
                        view.posture = Some(posture);
                    }
                });
            }
        }
        self.serve(scope);
        self.publish();
    }

    fn retry_at(&mut self, at: Instant, scope: &mut ActorScope<'_, Self>) {
        let delay = at.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        let until = clock::now() + delay.as_micros() as Micros;
        self.update_status(|view| view.unavailable_until = Some(until));
        if std::mem::replace(&mut self.is_retry_due, true) {
            return;
        }
        scope.after(delay, |pool, scope| {
            pool.is_retry_due = false;
            pool.serve(scope);
        });
    }

    /// Once, not for every process: what stands open stays open until the system changes.
    fn warn_of(&self, posture: &SandboxStatus) {
        let mut is_known = false;
        self.update_status(|view| is_known = view.posture.as_ref() == Some(posture));
        if let (false, Some(remedy)) = (is_known, posture.remedy()) {
            let missing = posture.missing_parts().join(", ");
            tracing::warn!(
                missing,
                remedy,
                "the sandbox of worker processes is not enforced; `quire doctor` shows more"
            );
        }
    }

    fn end_spinning(&mut self, scope: &mut ActorScope<'_, Self>) {
        while let Some((process, used)) = self.pool.take_runaway_idle() {
            let (pid, used_ms) = (process.pid(), used.as_millis() as u64);
            tracing::warn!(pid, used_ms, "a worker process worked without a job; it is ended");
            drop(process);
            self.serve(scope);
        }
    }

    fn publish(&self) {
        let health = self.pool.health();
        self.update_status(|view| view.health = Some(health));
    }

    fn update_status(&self, change: impl FnOnce(&mut PoolView)) {
        self.status.send_modify(change);
    }
}

impl Behaviour for WorkerPool {
    const KIND: &'static str = "worker-pool";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        let looks_after = !is_disabled(Safeguard::IdleCpu);
        scope.every(Duration::from_secs(1), move |pool, scope| {
            if looks_after {
                pool.end_spinning(scope);
            }
            pool.publish();
        });
    }

    fn stopping(&mut self, _: &mut ActorScope<'_, Self>) {
        drop(self.pool.take_all_idle());
    }
}

impl Receive<LeaseWorker> for WorkerPool {
    fn receive(&mut self, LeaseWorker(tenant): LeaseWorker, scope: &mut ActorScope<'_, Self>) -> Answer<LeasedWorker> {
        let (answer, promise) = Answer::deferred();
        self.waiting.push((tenant, promise));
        self.serve(scope);
        answer
    }
}

impl Receive<WorkerReturned> for WorkerPool {
    fn receive(&mut self, back: WorkerReturned, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        // A loan of an earlier incarnation is not in this one's books: the process just ends.
        if back.incarnation == self.incarnation {
            drop(self.pool.give_back(back.lease));
            self.serve(scope);
            self.publish();
        }
        ().into()
    }
}
