//! Canary: takes a known document through the pool now and then, when somebody asks whether processing works.
//!
//! The asker never waits: it reads the status, which says what came of the last probe and when that was.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::engine::EngineContext;
use super::worker_pool::LeaseWorker;
use quire_base::clock;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::ids::Micros;
use quire_supervision::{ActorScope, Answer, Behaviour, Message, Receive};
use quire_worker::{JobStats, Tenant, canary};

/// State of the canary: its last result, and when that was.
#[derive(Debug, Clone, Default)]
pub struct CanaryView {
    pub last: Option<CanaryResult>,
    /// One is under way since then; it may wait for a free process.
    pub running_since: Option<Micros>,
}

/// Result of one canary run.
#[derive(Debug, Clone)]
pub struct CanaryResult {
    pub ended_at: Micros,
    /// Wall time of the processing, waiting for a process not counted.
    pub result: Result<JobStats, Failure>,
}

/// Where the canary publishes its view.
pub type CanaryViewSender = watch::Sender<CanaryView>;

/// Engine → canary: somebody wants to know. Does nothing when the last result is not old yet.
pub struct RefreshCanary;

impl Message for RefreshCanary {
    type Reply = ();
    const NAME: &'static str = "RunProbe";
}

/// The actor that runs a known document now and then, to see whether processing works.
pub struct Canary {
    context: Arc<EngineContext>,
    every: Duration,
    status: CanaryViewSender,
}

impl Canary {
    pub fn new(context: Arc<EngineContext>, every: Duration, status: CanaryViewSender) -> Self {
        Self { context, every, status }
    }

    fn is_due(&self, now: Micros) -> bool {
        let view = self.status.borrow();
        let is_old = |flight: &CanaryResult| now.saturating_sub(flight.ended_at) >= self.every.as_micros() as Micros;
        view.running_since.is_none() && view.last.as_ref().is_none_or(is_old)
    }

    fn update_status(&self, change: impl FnOnce(&mut CanaryView)) {
        self.status.send_modify(change);
    }
}

impl Behaviour for Canary {
    const KIND: &'static str = "canary";

    /// A flight of an earlier incarnation ended with it.
    fn started(&mut self, _: &mut ActorScope<'_, Self>) {
        self.update_status(|view| view.running_since = None);
    }
}

impl Receive<RefreshCanary> for Canary {
    fn receive(&mut self, _: RefreshCanary, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        let now = clock::now();
        if self.is_due(now) {
            self.update_status(|view| view.running_since = Some(now));
            scope.run_future(probe(Arc::clone(&self.context)), |canary, result, _| {
                let Some(result) = result else { return canary.update_status(|view| view.running_since = None) };
                if let Err(failure) = &result {
                    tracing::error!(%failure, "the canary did not come back well: documents may not be processed");
                }
                let last = Some(CanaryResult { ended_at: clock::now(), result });
                canary.update_status(|view| *view = CanaryView { last, running_since: None });
            });
        }
        ().into()
    }
}

/// Nothing came of it when the pool went away meanwhile: that says nothing of documents, and the tree tells of it. Nor
/// does a process that somebody ended while it had nothing to do: the next one is tried.
async fn probe(context: Arc<EngineContext>) -> Option<Result<JobStats, Failure>> {
    // Each one that was found dead has left the pool, so the last of these is as new as can be.
    for _ in 0..=context.tuning.slots {
        let mut leased = context.pool.ask(LeaseWorker(Tenant::Quire)).await.ok()?;
        let nothing = || Failure::new(FailureCode::WorkerUnavailable, "the pool lent nothing");
        let result = match leased.process() {
            Some(process) => canary::run_canary(process, &context.rules, context.limits).await.transpose(),
            None => Some(Err(nothing())),
        };
        if result.is_some() || is_disabled(Safeguard::CanaryAnother) {
            return Some(result.unwrap_or_else(|| Err(canary::process_unavailable_failure())));
        }
    }
    Some(Err(canary::process_unavailable_failure()))
}
