//! An actor that has its address and its place in the tree, and is yet to start on its arbiter.

use std::sync::Arc;

use actix::dev::channel::{AddressReceiver, channel};
use actix::{Addr, Arbiter, Context};
use tokio::sync::Semaphore;

use super::address::Ref;
use super::behaviour::{Behaviour, ChildDown, DownReason};
use super::cell::Cell;
use super::line::{Core, Desk, Line, Member, Order};
use super::panics::install_hook;
use super::registry::{ActorId, Registry};
use super::spec::{ChildSpec, Placement, Restart};
use super::view::ActorState;
use super::vitals::Vitals;

pub(super) type Factory<B> = Box<dyn FnMut() -> B + Send>;

pub(super) struct Seed<B: Behaviour> {
    line: Arc<Line<B>>,
    inbox: AddressReceiver<Cell<B>>,
    factory: Factory<B>,
    farewell: Farewell,
}

/// A seed of whatever behaviour.
pub(super) trait Sprout: Send {
    fn member(&self) -> Arc<dyn Member>;
    fn sprout(self: Box<Self>);
}

/// Tells the parent and leaves the registry when dropped, and so however the actor ends.
pub(super) struct Farewell {
    member: Arc<dyn Member>,
    pub reason: Option<DownReason>,
    own_thread: bool,
}

impl<B: Behaviour> Seed<B> {
    pub fn new(
        registry: Arc<Registry>,
        parent: Option<Arc<dyn Member>>,
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
        let make = |id| Arc::new(Line::new(id, Addr::new(addr), spec, parent, registry.clone()));
        let line = registry.enter(path, make);
        let farewell = Farewell { member: line.clone(), reason: None, own_thread: false };
        Self { line, inbox, factory: Box::new(factory), farewell }
    }

    pub fn address(&self) -> Ref<B> {
        Ref(self.line.clone())
    }

    pub fn start(mut self) {
        if self.line.core.spec.placement == Placement::Same {
            return self.start_here();
        }
        match Arbiter::try_new() {
            Ok(arbiter) => {
                self.farewell.own_thread = true;
                arbiter.spawn_fn(move || self.start_here());
            }
            Err(error) => {
                let id = &self.line.core.id;
                tracing::error!(actor = %id, %error, "no thread for this actor, it shares its parent's");
                self.start_here();
            }
        }
    }

    fn start_here(self) {
        let context = Context::with_receiver(self.inbox);
        context.run(Cell::new(self.line, self.factory, self.farewell));
    }
}

impl<B: Behaviour> Sprout for Seed<B> {
    fn member(&self) -> Arc<dyn Member> {
        self.line.clone()
    }

    fn sprout(self: Box<Self>) {
        self.start();
    }
}

impl<B: Behaviour> Line<B> {
    fn new(
        id: ActorId,
        addr: Addr<Cell<B>>,
        spec: ChildSpec,
        parent: Option<Arc<dyn Member>>,
        registry: Arc<Registry>,
    ) -> Self {
        let core = Core {
            id,
            kind: B::KIND,
            serial: registry.next_serial(),
            permits: Semaphore::new(spec.mailbox.clamp(1, Semaphore::MAX_PERMITS)),
            vitals: Vitals::new(spec.mailbox),
            desk: Desk::new(),
            spec,
            parent,
            registry,
        };
        Self { core, addr }
    }
}

impl Drop for Farewell {
    fn drop(&mut self) {
        let core = self.member.core();
        let reason = self.reason.take().unwrap_or(DownReason::Vanished);
        let escalated = matches!(reason, DownReason::Escalated { .. });
        core.permits.close();
        core.vitals.set_state(if escalated { ActorState::Escalated } else { ActorState::Stopped });
        let is_kept = core.spec.restart == Restart::Permanent || core.spec.is_kept;
        core.registry.leave(&core.id, escalated && is_kept);
        let down = ChildDown { id: core.id.clone(), kind: core.kind, restart: core.spec.restart, reason };
        match &core.parent {
            Some(parent) => parent.order(Order::ChildDown { serial: core.serial, down }),
            None => drop(core.registry.root_ended.send_replace(true)),
        }
        if self.own_thread
            && let Some(arbiter) = Arbiter::try_current()
        {
            arbiter.stop();
        }
    }
}
