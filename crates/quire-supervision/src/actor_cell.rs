//! Actor cell: the part of an actor that others share: its address, its mailbox permits, its vitals, and a queue of
//! control messages that must not wait behind messages or a backoff.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::{Addr, dev::SendError};
use tokio::sync::{Notify, Semaphore, oneshot};

use super::actor_runner::ActorRunner;
use super::behaviour::{Behaviour, ChildDown, Receive};
use super::message::{Envelope, Message};
use super::registry::{ActorPath, Registry};
use super::spec::ChildSpec;
use super::unstarted::Start;
use super::view::ActorState;
use super::vitals::ActorVitals;

pub(super) struct ActorCell<B: Behaviour> {
    pub core: CellCore,
    pub addr: Addr<ActorRunner<B>>,
}

/// All of a line that does not depend on the behaviour.
pub(super) struct CellCore {
    pub id: ActorPath,
    pub kind: &'static str,
    /// Unlike the id never used twice; ascending in the order of spawning.
    pub serial: u64,
    pub spec: ChildSpec,
    pub permits: Semaphore,
    pub vitals: ActorVitals,
    pub control: ControlQueue,
    pub parent: Option<Arc<dyn AnyActor>>,
    pub registry: Arc<Registry>,
}

pub(super) struct ControlQueue {
    /// Something lies on the control queue or in the task set, and the runner has been signalled.
    rung: AtomicBool,
    orders: Mutex<VecDeque<ControlMessage>>,
    /// For a runner in backoff, which does not look into its mailbox.
    pub bell: Notify,
}

pub(super) enum ControlMessage {
    /// By the parent: for good.
    Stop,
    /// By an operator: until it is told to restart.
    Rest,
    Restart,
    /// This child gave up, and an operator wants it back.
    Revive(ActorPath),
    Kill,
    Adopt(Box<dyn Start>),
    ChildDown {
        serial: u64,
        down: ChildDown,
    },
    ChildOverdue {
        serial: u64,
        after: Duration,
    },
}

/// Signals that pass through the mailbox besides envelopes.
pub(super) enum MailboxSignal {
    /// Look at the control queue and the task set.
    Wake,
    Ping(oneshot::Sender<()>),
    Panic,
    /// Block the thread until the other end is dropped.
    Stall(Receiver<Infallible>),
}

impl actix::Message for MailboxSignal {
    type Result = ();
}

/// A line of whatever behaviour.
pub(super) trait AnyActor: Send + Sync {
    fn core(&self) -> &CellCore;
    /// False when the mailbox is closed.
    fn signal(&self, signal: MailboxSignal) -> bool;
}

/// A line whose behaviour receives `M`.
pub(super) trait Accepts<M: Message>: AnyActor {
    fn post(&self, envelope: Envelope<M>) -> Result<(), Envelope<M>>;
}

impl CellCore {
    /// Stopped by an operator, or ended.
    pub(crate) fn is_at_rest(&self) -> bool {
        self.vitals.state() == ActorState::Stopped
    }
}

impl dyn AnyActor {
    pub(crate) fn order(&self, order: ControlMessage) {
        self.core().control.put(order);
        ring(self);
    }
}

/// Makes the runner look at its control queue and task set soon: after the message at hand, or now if it is idle.
pub(super) fn ring(any_actor: &(impl AnyActor + ?Sized)) {
    let control = &any_actor.core().control;
    control.bell.notify_one();
    if !control.rung.swap(true, SeqCst) {
        any_actor.signal(MailboxSignal::Wake);
    }
}

impl ControlQueue {
    pub(crate) fn new() -> Self {
        Self { rung: AtomicBool::new(false), orders: Mutex::default(), bell: Notify::new() }
    }

    pub(crate) fn is_rung(&self) -> bool {
        self.rung.load(SeqCst)
    }

    /// Emptied in this order, so that whatever is put down meanwhile rings again.
    pub(crate) fn take(&self) -> VecDeque<ControlMessage> {
        self.rung.store(false, SeqCst);
        std::mem::take(&mut *locked(&self.orders))
    }

    fn put(&self, order: ControlMessage) {
        locked(&self.orders).push_back(order);
    }
}

impl<B: Behaviour> AnyActor for ActorCell<B> {
    fn core(&self) -> &CellCore {
        &self.core
    }

    fn signal(&self, signal: MailboxSignal) -> bool {
        self.addr.try_send(signal).is_ok()
    }
}

impl<M: Message, B: Receive<M>> Accepts<M> for ActorCell<B> {
    fn post(&self, envelope: Envelope<M>) -> Result<(), Envelope<M>> {
        // The actix mailbox is made unbounded (capacity 0), so `Full` cannot happen; the permits are the bound.
        self.addr.try_send(envelope).map_err(|error| match error {
            SendError::Full(envelope) | SendError::Closed(envelope) => envelope,
        })
    }
}

/// A poisoned lock guards plain data here and is as good as any.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
