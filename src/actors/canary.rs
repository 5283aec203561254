//! Takes a known document through the pool now and then, when somebody asks whether processing works.
//!
//! The asker never waits: it reads the window, which says what came of the last flight and when that was.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::engine::World;
use super::worker_pool::LeaseWorker;
use crate::clock;
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::ids::Micros;
use crate::planned;
use crate::supervision::{Answer, Behaviour, Message, Receive, Scope};
use crate::worker::{Stats, Tenant, canary};

/// What is known of the canary.
#[derive(Debug, Clone, Default)]
pub struct CanaryView {
    pub last: Option<Flight>,
    /// One is under way since then; it may wait for a free process.
    pub flying_since: Option<Micros>,
}

/// One that came back.
#[derive(Debug, Clone)]
pub struct Flight {
    pub ended_at: Micros,
    /// Wall time of the processing, waiting for a process not counted.
    pub result: Result<Stats, Failure>,
}

pub type CanaryWindow = Arc<Mutex<CanaryView>>;

/// Faces → canary: somebody wants to know. Does nothing when the last flight is not old yet.
pub struct Fly;

impl Message for Fly {
    type Reply = ();
    const NAME: &'static str = "Fly";
}

pub struct Canary {
    world: Arc<World>,
    every: Duration,
    window: CanaryWindow,
}

impl Canary {
    pub fn new(world: Arc<World>, every: Duration, window: CanaryWindow) -> Self {
        Self { world, every, window }
    }

    fn is_due(&self, now: Micros) -> bool {
        let view = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = |flight: &Flight| now.saturating_sub(flight.ended_at) >= self.every.as_micros() as Micros;
        view.flying_since.is_none() && view.last.as_ref().is_none_or(is_old)
    }

    fn look(&self, change: impl FnOnce(&mut CanaryView)) {
        change(&mut self.window.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Behaviour for Canary {
    const KIND: &'static str = "canary";

    /// A flight of an earlier incarnation ended with it.
    fn started(&mut self, _: &mut Scope<'_, Self>) {
        self.look(|view| view.flying_since = None);
    }
}

impl Receive<Fly> for Canary {
    fn receive(&mut self, _: Fly, scope: &mut Scope<'_, Self>) -> Answer<()> {
        let now = clock::now();
        if self.is_due(now) {
            self.look(|view| view.flying_since = Some(now));
            scope.run(fly(Arc::clone(&self.world)), |canary, result, _| {
                let Some(result) = result else { return canary.look(|view| view.flying_since = None) };
                if let Err(failure) = &result {
                    tracing::error!(%failure, "the canary did not come back well: documents may not be processed");
                }
                let last = Some(Flight { ended_at: clock::now(), result });
                canary.look(|view| *view = CanaryView { last, flying_since: None });
            });
        }
        ().into()
    }
}

/// Nothing came of it when the pool went away meanwhile: that says nothing of documents, and the tree tells of it. Nor
/// does a process that somebody ended while it had nothing to do: the next one is tried.
async fn fly(world: Arc<World>) -> Option<Result<Stats, Failure>> {
    // Each one that was found dead has left the pool, so the last of these is as new as can be.
    for _ in 0..=world.tuning.slots {
        let mut leased = world.pool.ask(LeaseWorker(Tenant::Quire)).await.ok()?;
        let nothing = || Failure::new(FailureCode::WorkerUnavailable, "the pool lent nothing");
        let flown = match leased.process() {
            Some(process) => canary::fly(process, &world.rules, world.limits).await.transpose(),
            None => Some(Err(nothing())),
        };
        if flown.is_some() || planned::is_taken_away("canary.another") {
            return Some(flown.unwrap_or_else(|| Err(canary::gone())));
        }
    }
    Some(Err(canary::gone()))
}
