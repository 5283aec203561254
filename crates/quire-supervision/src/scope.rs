//! Scope of a behaviour: what it may do to its surroundings while it handles something.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::actor_cell::{ActorCell, AnyActor, ControlMessage, ring};
use super::address::ActorRef;
use super::behaviour::Behaviour;
use super::children::{Children, StoppingChild};
use super::panics::{PanicReport, catch_future};
use super::registry::ActorPath;
use super::spec::ChildSpec;
use super::task_set::{ActorClosure, CancelHandle, TaskFuture, TaskSet};
use super::unstarted::UnstartedActor;

/// What a handler may do as its actor: timers, children, futures, its own end.
pub struct ActorScope<'a, B: Behaviour>(pub(super) &'a mut CellView<B>);

/// The runner without its behaviour.
pub(super) struct CellView<B: Behaviour> {
    pub actor_cell: Arc<ActorCell<B>>,
    pub task_set: Rc<TaskSet<B>>,
    pub children: Children,
    pub action: Option<DeferredAction>,
    pub is_stopping: bool,
    pub will_restart_after_stop: bool,
}

/// Carried out when the handler has returned.
pub(super) enum DeferredAction {
    Stop,
    Fail(PanicReport),
}

impl<B: Behaviour> ActorScope<'_, B> {
    pub fn me(&self) -> ActorRef<B> {
        ActorRef(self.0.actor_cell.clone())
    }

    pub fn id(&self) -> &ActorPath {
        &self.0.actor_cell.core.id
    }

    /// Whether this actor has been told to stop (or asked for it) and only waits for its children to end.
    pub fn is_stopping(&self) -> bool {
        self.0.is_stopping
    }

    /// Whether this actor is stopping to be rebuilt, as far as is known so far.
    pub fn will_restart_after_stop(&self) -> bool {
        self.0.will_restart_after_stop
    }

    /// The child starts after this handler. Spawned while stopping, it is told to stop at once.
    pub fn spawn_child<C: Behaviour>(
        &mut self,
        spec: ChildSpec,
        factory: impl FnMut() -> C + Send + 'static,
    ) -> ActorRef<C> {
        let me: Arc<dyn AnyActor> = self.0.actor_cell.clone();
        let seed = UnstartedActor::new(self.0.actor_cell.core.registry.clone(), Some(me), spec, factory);
        let child = seed.address();
        self.0.children.add(child.0.clone());
        seed.start();
        child
    }

    pub fn children(&self) -> impl Iterator<Item = &ActorPath> {
        self.0.children.ids()
    }

    /// Ends the child for good; `child_down` tells when. False when there is no such child.
    pub fn stop_child(&mut self, id: &ActorPath) -> bool {
        let Some(serial) = self.0.children.serial_of(id) else { return false };
        let told = self.0.children.stop(serial);
        self.0.watch(told);
        true
    }

    /// Calls `visit` once, after the delay.
    pub fn after(
        &mut self,
        delay: Duration,
        visit: impl FnOnce(&mut B, &mut ActorScope<'_, B>) + 'static,
    ) -> CancelHandle {
        self.0.run("timer", tokio::time::sleep(delay), move |behaviour, (), scope| visit(behaviour, scope))
    }

    /// First after one period. A tick that comes due while the last one still waits is skipped.
    pub fn every(
        &mut self,
        period: Duration,
        visit: impl FnMut(&mut B, &mut ActorScope<'_, B>) + 'static,
    ) -> CancelHandle {
        let cancelled = Rc::new(Cell::new(false));
        let (actor_cell, task_set, flag) = (self.0.actor_cell.clone(), self.0.task_set.clone(), cancelled.clone());
        let visit = Rc::new(RefCell::new(visit));
        self.0.task_set.spawn(cancelled, async move {
            loop {
                tokio::time::sleep(period).await;
                if Rc::strong_count(&visit) > 1 {
                    continue;
                }
                let tick = visit.clone();
                let visit: ActorClosure<B> = Box::new(move |behaviour, scope| (tick.borrow_mut())(behaviour, scope));
                task_set.put(TaskFuture::Visit { what: "timer", visit, cancelled: flag.clone() });
                ring(&*actor_cell);
            }
        })
    }

    /// Runs `future` beside the mailbox, then `then` between two messages.
    pub fn run_future<T: 'static>(
        &mut self,
        future: impl Future<Output = T> + 'static,
        then: impl FnOnce(&mut B, T, &mut ActorScope<'_, B>) + 'static,
    ) -> CancelHandle {
        self.0.run("future", future, then)
    }

    /// Runs once, when all messages that wait now have been received and before the actor waits for more. A flood
    /// cannot put it off for ever: it also runs when the actor has used up its turn on the arbiter.
    pub fn when_idle(&mut self, visit: impl FnOnce(&mut B, &mut ActorScope<'_, B>) + 'static) {
        self.0.task_set.put_idle(Box::new(visit));
    }

    /// A normal end, after this handler and then after the children's end. A permanent actor is rebuilt.
    pub fn stop(&mut self) {
        self.0.action.get_or_insert(DeferredAction::Stop);
    }

    /// As if this handler had panicked with `message`, but after it returned.
    pub fn fail(&mut self, message: impl Into<String>) {
        self.0.action = Some(DeferredAction::Fail(PanicReport::failure(message.into())));
    }
}

impl<B: Behaviour> CellView<B> {
    pub(crate) fn run<T: 'static>(
        &self,
        what: &'static str,
        future: impl Future<Output = T> + 'static,
        then: impl FnOnce(&mut B, T, &mut ActorScope<'_, B>) + 'static,
    ) -> CancelHandle {
        let cancelled = Rc::new(Cell::new(false));
        let (actor_cell, task_set, flag) = (self.actor_cell.clone(), self.task_set.clone(), cancelled.clone());
        self.task_set.spawn(cancelled, async move {
            let job = match catch_future(future).await {
                Ok(value) => {
                    let visit: ActorClosure<B> = Box::new(move |behaviour, scope| then(behaviour, value, scope));
                    TaskFuture::Visit { what, visit, cancelled: flag }
                }
                Err(note) => TaskFuture::Panicked(note),
            };
            task_set.put(job);
            ring(&*actor_cell);
        })
    }

    /// Gives up on children that have been told to stop and are not gone in time.
    pub(crate) fn watch(&mut self, told: impl IntoIterator<Item = StoppingChild>) {
        for StoppingChild { serial, within } in told {
            let me: Arc<dyn AnyActor> = self.actor_cell.clone();
            let watch = tokio::task::spawn_local(async move {
                tokio::time::sleep(within).await;
                me.order(ControlMessage::ChildOverdue { serial, after: within });
            });
            self.children.watched_by(serial, watch.abort_handle());
        }
    }
}
