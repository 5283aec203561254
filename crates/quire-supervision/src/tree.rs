//! The tree from outside: start it, list it, act on it, end it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::time::timeout;

use super::actor_cell::{AnyActor, ControlMessage, MailboxSignal, locked};
use super::actor_outage::ActorOutage;
use super::address::ActorRef;
use super::behaviour::{Behaviour, ChildDown, DownReason};
use super::registry::{ActorPath, Registry, RootEscalation};
use super::scope::ActorScope;
use super::spec::{ChildSpec, RestartPolicy};
use super::unstarted::UnstartedActor;
use super::view::ActorView;

/// The tree of actors: starts, watches, stops and shows them.
#[derive(Clone)]
pub struct SupervisionTree {
    registry: Arc<Registry>,
    root: Arc<dyn AnyActor>,
    /// Senders that hold the actors a test has stalled.
    stalls: Arc<Mutex<HashMap<ActorPath, Sender<Infallible>>>>,
}

#[derive(Debug, Clone)]
pub struct StuckDetection {
    /// An actor at one message for longer than this is shown as stuck.
    pub stuck_after: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no actor {0}")]
pub struct UnknownActor(pub String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PingError {
    #[error(transparent)]
    Unknown(#[from] UnknownActor),
    #[error("no answer within the deadline")]
    TimedOut,
    #[error("the actor ended")]
    Down,
}

impl Default for StuckDetection {
    fn default() -> Self {
        Self { stuck_after: Duration::from_secs(10) }
    }
}

impl SupervisionTree {
    /// Starts the root on the current arbiter. Must be called within an actix `System`.
    pub fn start(settings: StuckDetection) -> Self {
        let registry = Arc::new(Registry::new(settings.stuck_after));
        let spec = ChildSpec::permanent("root");
        let mut births = 0;
        let seed = UnstartedActor::new(registry.clone(), None, spec, {
            let registry = registry.clone();
            move || {
                births += 1;
                Root { registry: registry.clone(), births }
            }
        });
        let root = seed.address().0;
        seed.start();
        Self { registry, root, stalls: Arc::default() }
    }

    /// Spawns a child of the root, from any thread. Its messages wait until it has started.
    pub fn spawn_top_level<C: Behaviour>(
        &self,
        spec: ChildSpec,
        factory: impl FnMut() -> C + Send + 'static,
    ) -> ActorRef<C> {
        let seed = UnstartedActor::new(self.registry.clone(), Some(self.root.clone()), spec, factory);
        let child = seed.address();
        self.root.order(ControlMessage::Adopt(Box::new(seed)));
        child
    }

    /// Returns when a permanent top-level child has given up, for every caller.
    pub async fn wait_for_escalation(&self) -> RootEscalation {
        let mut escalation = self.registry.escalation.subscribe();
        loop {
            if let Some(escalation) = &*escalation.borrow_and_update() {
                return escalation.clone();
            }
            // The sender lives in the registry, which `self` keeps.
            let _ = escalation.changed().await;
        }
    }

    /// Views of all actors, parents before their children.
    pub fn actor_views(&self) -> Vec<ActorView> {
        let all = self.registry.all();
        all.iter().map(|any_actor| ActorView::of(any_actor.core())).collect()
    }

    /// View of one actor.
    pub fn actor_view(&self, id: impl AsRef<str>) -> Result<ActorView, UnknownActor> {
        let any_actor = self.registry.find_shown(id.as_ref()).ok_or_else(|| UnknownActor(id.as_ref().to_owned()))?;
        Ok(ActorView::of(any_actor.core()))
    }

    /// Sends a ping through the actor's mailbox, behind all that waits there. Returns how long it took.
    pub async fn ping_actor(&self, id: impl AsRef<str>, deadline: Duration) -> Result<Duration, PingError> {
        let any_actor = self.find(id.as_ref())?;
        let (pong, answer) = oneshot::channel();
        let began = Instant::now();
        if !any_actor.signal(MailboxSignal::Ping(pong)) {
            return Err(PingError::Down);
        }
        match timeout(deadline, answer).await {
            Ok(Ok(())) => Ok(began.elapsed()),
            Ok(Err(_)) => Err(PingError::Down),
            Err(_) => Err(PingError::TimedOut),
        }
    }

    /// Restarts one actor: orderly, at once, and not counted towards the intensity; an actor in backoff is rebuilt now,
    /// one that is stopped starts, and the parent of one that gave up is asked to start it.
    pub fn restart_actor(&self, id: impl AsRef<str>) -> Result<(), UnknownActor> {
        if let Some(any_actor) = self.registry.find(id.as_ref()) {
            any_actor.order(ControlMessage::Restart);
            return Ok(());
        }
        let shown = self.registry.find_shown(id.as_ref()).ok_or_else(|| UnknownActor(id.as_ref().to_owned()))?;
        if let Some(parent) = &shown.core().parent {
            parent.order(ControlMessage::Revive(shown.core().id.clone()));
        }
        Ok(())
    }

    /// Stops one actor: orderly, whatever the restart rule; what waits in its mailbox is received first. It stays in
    /// the tree as stopped until [`Self::restart_actor`] starts it again or its parent ends; a temporary actor ends.
    pub fn stop_actor(&self, id: impl AsRef<str>) -> Result<(), UnknownActor> {
        self.find(id.as_ref()).map(|any_actor| any_actor.order(ControlMessage::Rest))
    }

    /// Makes the actor panic inside a handler, for tests of the supervision itself. The caller guards access to this.
    pub fn inject_panic(&self, id: impl AsRef<str>) -> Result<(), UnknownActor> {
        self.find(id.as_ref()).map(|any_actor| _ = any_actor.signal(MailboxSignal::Panic))
    }

    /// Makes the actor block its thread inside a handler, for tests, until [`Self::end_injected_stall`], or the tree,
    /// ends that. The caller guards access to this.
    pub fn inject_stall(&self, id: impl AsRef<str>) -> Result<(), UnknownActor> {
        let any_actor = self.find(id.as_ref())?;
        let (hold, gate) = channel();
        locked(&self.stalls).insert(any_actor.core().id.clone(), hold);
        any_actor.signal(MailboxSignal::Stall(gate));
        Ok(())
    }

    /// Ends what [`Self::inject_stall`] began.
    pub fn end_injected_stall(&self, id: impl AsRef<str>) -> Result<(), UnknownActor> {
        locked(&self.stalls).remove(id.as_ref()).map(drop).ok_or_else(|| UnknownActor(id.as_ref().to_owned()))
    }

    /// Actors that do not receive though they should, parents before their children.
    pub fn unavailable_actors(&self) -> Vec<ActorOutage> {
        self.registry.troubles()
    }

    /// Stops the whole tree: children first, each within its own timeout, then their parents; all within `deadline`.
    /// Returns those that did not make it.
    pub async fn shutdown(&self, deadline: Duration) -> Vec<ActorPath> {
        let mut ended = self.registry.root_ended.subscribe();
        self.root.order(ControlMessage::Stop);
        let in_time = timeout(deadline, ended.wait_for(|ended| *ended)).await.is_ok();
        let mut late = self.registry.overdue();
        if !in_time {
            let left = self.registry.all();
            late.extend(left.iter().map(|any_actor| any_actor.core().id.clone()));
            late.sort();
            late.dedup();
        }
        late
    }

    fn find(&self, id: &str) -> Result<Arc<dyn AnyActor>, UnknownActor> {
        self.registry.find(id).ok_or_else(|| UnknownActor(id.to_owned()))
    }
}

impl fmt::Debug for SupervisionTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SupervisionTree")
    }
}

/// One for one: a child's end concerns no sibling, until a permanent one gives up.
struct Root {
    registry: Arc<Registry>,
    births: u32,
}

impl Behaviour for Root {
    const KIND: &'static str = "root";

    /// The children of an earlier root have ended and were spawned from outside: nobody spawns them again.
    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        if self.births > 1 {
            self.escalate(scope.id().clone(), DownReason::Escalated { restarts: self.births - 1, last: None });
        }
    }

    /// Whoever is permanent and will not come back takes the process along, unless that ends anyhow.
    fn child_down(&mut self, down: ChildDown, scope: &mut ActorScope<'_, Self>) {
        let is_lost = match down.reason {
            DownReason::Escalated { .. } => true,
            DownReason::Vanished | DownReason::Killed => !scope.is_stopping(),
            DownReason::Normal | DownReason::Panicked(_) => false,
        };
        if down.restart == RestartPolicy::Permanent && is_lost {
            self.escalate(down.id, down.reason);
        }
    }
}

impl Root {
    fn escalate(&self, id: ActorPath, reason: DownReason) {
        self.registry.escalation.send_replace(Some(RootEscalation { id, reason }));
    }
}
