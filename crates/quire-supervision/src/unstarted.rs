//! Unstarted actor: it has its address and its place in the tree, and is yet to start on its arbiter.

use std::sync::Arc;

use actix::dev::channel::{AddressReceiver, channel};
use actix::{Addr, Arbiter, Context};
use tokio::sync::Semaphore;

use super::actor_cell::{ActorCell, AnyActor, CellCore, ControlMessage, ControlQueue};
use super::actor_runner::ActorRunner;
use super::address::ActorRef;
use super::behaviour::{Behaviour, ChildDown, DownReason};
use super::panics::install_hook;
use super::registry::{ActorPath, Registry};
use super::spec::{ChildSpec, Placement, RestartPolicy};
use super::view::ActorState;
use super::vitals::ActorVitals;

pub(super) type Factory<B> = Box<dyn FnMut() -> B + Send>;

pub(super) struct UnstartedActor<B: Behaviour> {
    actor_cell: Arc<ActorCell<B>>,
    inbox: AddressReceiver<ActorRunner<B>>,
    factory: Factory<B>,
    farewell: ExitNotifier,
}

/// A seed of whatever behaviour.
pub(super) trait Start: Send {
    fn any_actor(&self) -> Arc<dyn AnyActor>;
    fn start_boxed(self: Box<Self>);
}

/// Tells the parent and leaves the registry when dropped, and so however the actor ends.
pub(super) struct ExitNotifier {
    any_actor: Arc<dyn AnyActor>,
    pub reason: Option<DownReason>,
    own_thread: bool,
}

impl<B: Behaviour> UnstartedActor<B> {
    pub(crate) fn new(
        registry: Arc<Registry>,
        parent: Option<Arc<dyn AnyActor>>,
        spec: ChildSpec,
        factory: impl FnMut() -> B + Send + 'static,
    ) -> Self {
        install_hook();
        // Capacity 0 makes actix's own mailbox unbounded; the bound is kept by the permits.
        let (addr, inbox) = channel(0);
        let path = match &parent {
            Some(parent) => format!("{}/{}", parent.core().id, spec.id),
            None => spec.id.clone(),
        };
        let make = |id| Arc::new(ActorCell::new(id, Addr::new(addr), spec, parent, registry.clone()));
        let actor_cell = registry.enter(path, make);
        let farewell = ExitNotifier { any_actor: actor_cell.clone(), reason: None, own_thread: false };
        Self { actor_cell, inbox, factory: Box::new(factory), farewell }
    }

    pub(crate) fn address(&self) -> ActorRef<B> {
        ActorRef(self.actor_cell.clone())
    }

    pub(crate) fn start(mut self) {
        if self.actor_cell.core.spec.placement == Placement::Same {
            return self.start_here();
        }
        match Arbiter::try_new() {
            Ok(arbiter) => {
                self.farewell.own_thread = true;
                arbiter.spawn_fn(move || self.start_here());
            }
            Err(error) => {
                let id = &self.actor_cell.core.id;
                tracing::error!(actor = %id, %error, "no thread for this actor, it shares its parent's");
                self.start_here();
            }
        }
    }

    fn start_here(self) {
        let context = Context::with_receiver(self.inbox);
        context.run(ActorRunner::new(self.actor_cell, self.factory, self.farewell));
    }
}

impl<B: Behaviour> Start for UnstartedActor<B> {
    fn any_actor(&self) -> Arc<dyn AnyActor> {
        self.actor_cell.clone()
    }

    fn start_boxed(self: Box<Self>) {
        self.start();
    }
}

impl<B: Behaviour> ActorCell<B> {
    fn new(
        id: ActorPath,
        addr: Addr<ActorRunner<B>>,
        spec: ChildSpec,
        parent: Option<Arc<dyn AnyActor>>,
        registry: Arc<Registry>,
    ) -> Self {
        let core = CellCore {
            id,
            kind: B::KIND,
            serial: registry.next_serial(),
            permits: Semaphore::new(spec.mailbox.clamp(1, Semaphore::MAX_PERMITS)),
            vitals: ActorVitals::new(spec.mailbox),
            control: ControlQueue::new(),
            spec,
            parent,
            registry,
        };
        Self { core, addr }
    }
}

impl Drop for ExitNotifier {
    fn drop(&mut self) {
        let core = self.any_actor.core();
        let reason = self.reason.take().unwrap_or(DownReason::Vanished);
        let escalated = matches!(reason, DownReason::Escalated { .. });
        core.permits.close();
        core.vitals.set_state(if escalated { ActorState::Escalated } else { ActorState::Stopped });
        let is_kept = core.spec.restart == RestartPolicy::Permanent || core.spec.is_kept;
        core.registry.leave(&core.id, escalated && is_kept);
        let down = ChildDown { id: core.id.clone(), kind: core.kind, restart: core.spec.restart, reason };
        match &core.parent {
            Some(parent) => parent.order(ControlMessage::ChildDown { serial: core.serial, down }),
            None => drop(core.registry.root_ended.send_replace(true)),
        }
        if self.own_thread
            && let Some(arbiter) = Arbiter::try_current()
        {
            arbiter.stop();
        }
    }
}
