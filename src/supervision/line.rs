//! What the world shares with a running actor: its address, its mailbox permits, its vitals, and a desk where
//! control orders are left that must not wait behind messages or a backoff.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::{Addr, dev::SendError};
use tokio::sync::{Notify, Semaphore, oneshot};

use super::behaviour::{Behaviour, ChildDown, Receive};
use super::cell::Cell;
use super::message::{Envelope, Message};
use super::registry::{ActorId, Registry};
use super::seed::Sprout;
use super::spec::ChildSpec;
use super::view::ActorState;
use super::vitals::Vitals;

pub(super) struct Line<B: Behaviour> {
    pub core: Core,
    pub addr: Addr<Cell<B>>,
}

/// All of a line that does not depend on the behaviour.
pub(super) struct Core {
    pub id: ActorId,
    pub kind: &'static str,
    /// Unlike the id never used twice; ascending in the order of spawning.
    pub serial: u64,
    pub spec: ChildSpec,
    pub permits: Semaphore,
    pub vitals: Vitals,
    pub desk: Desk,
    pub parent: Option<Arc<dyn Member>>,
    pub registry: Arc<Registry>,
}

pub(super) struct Desk {
    /// Something lies on the desk or in the agenda, and the cell has been knocked at.
    rung: AtomicBool,
    orders: Mutex<VecDeque<Order>>,
    /// For a cell in recess, which does not look into its mailbox.
    pub bell: Notify,
}

pub(super) enum Order {
    /// By the parent: for good.
    Stop,
    /// By an operator: until it is told to restart.
    Rest,
    Restart,
    /// This child gave up, and an operator wants it back.
    Revive(ActorId),
    Kill,
    Adopt(Box<dyn Sprout>),
    ChildDown {
        serial: u64,
        down: ChildDown,
    },
    ChildOverdue {
        serial: u64,
        after: Duration,
    },
}

/// What passes through the mailbox besides envelopes.
pub(super) enum Knock {
    /// Look at the desk and the agenda.
    Wake,
    Ping(oneshot::Sender<()>),
    Panic,
    /// Block the thread until the other end is dropped.
    Stall(Receiver<Infallible>),
}

impl actix::Message for Knock {
    type Result = ();
}

/// A line of whatever behaviour.
pub(super) trait Member: Send + Sync {
    fn core(&self) -> &Core;
    /// False when the mailbox is closed.
    fn knock(&self, knock: Knock) -> bool;
}

/// A line whose behaviour receives `M`.
pub(super) trait Inlet<M: Message>: Member {
    fn post(&self, envelope: Envelope<M>) -> Result<(), Envelope<M>>;
}

impl Core {
    /// Stopped by an operator, or ended.
    pub fn is_at_rest(&self) -> bool {
        self.vitals.state() == ActorState::Stopped
    }
}

impl dyn Member {
    pub fn order(&self, order: Order) {
        self.core().desk.put(order);
        ring(self);
    }
}

/// Makes the cell look at its desk and agenda soon: after the message at hand, or now if it is idle.
pub(super) fn ring(member: &(impl Member + ?Sized)) {
    let desk = &member.core().desk;
    desk.bell.notify_one();
    if !desk.rung.swap(true, SeqCst) {
        member.knock(Knock::Wake);
    }
}

impl Desk {
    pub fn new() -> Self {
        Self { rung: AtomicBool::new(false), orders: Mutex::default(), bell: Notify::new() }
    }

    pub fn is_rung(&self) -> bool {
        self.rung.load(SeqCst)
    }

    /// Emptied in this order, so that whatever is put down meanwhile rings again.
    pub fn take(&self) -> VecDeque<Order> {
        self.rung.store(false, SeqCst);
        std::mem::take(&mut *locked(&self.orders))
    }

    fn put(&self, order: Order) {
        locked(&self.orders).push_back(order);
    }
}

impl<B: Behaviour> Member for Line<B> {
    fn core(&self) -> &Core {
        &self.core
    }

    fn knock(&self, knock: Knock) -> bool {
        self.addr.try_send(knock).is_ok()
    }
}

impl<M: Message, B: Receive<M>> Inlet<M> for Line<B> {
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
