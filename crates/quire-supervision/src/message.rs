//! Messages, and the three ways to answer one: at once, by a future, or by a pending answer.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use super::actor_cell::locked;
use super::address::AskError;
use super::time::now_ns;

/// A message and the type of its reply.
pub trait Message: Send + 'static {
    type Reply: Send + 'static;
    /// Shown while the message is being handled.
    const NAME: &'static str;
}

/// A handler's answer to a message: given now, by a future, or later.
pub struct Answer<T>(pub(super) AnswerKind<T>);

pub(super) enum AnswerKind<T> {
    Now(T),
    Later(Pin<Box<dyn Future<Output = T>>>),
    Deferred(Arc<Mutex<AnswerSlot<T>>>),
}

/// Keeps an answer owed. Dropped unfulfilled, the asker gets [`AskError::Dropped`].
pub struct PendingAnswer<T>(Arc<Mutex<AnswerSlot<T>>>);

pub(super) type ReplyTo<T> = oneshot::Sender<Result<T, AskError>>;

pub(super) enum AnswerSlot<T> {
    /// The handler has not returned yet.
    Empty,
    Asked(ReplyTo<T>),
    Fulfilled(T),
    /// Fulfilled and taken, or nobody will ask, or nobody will answer.
    Closed,
}

/// Envelope of a message in the mailbox.
pub(super) struct Envelope<M: Message> {
    pub msg: M,
    pub reply: Option<ReplyTo<M::Reply>>,
    pub sent_at: u64,
    /// Whether a place in the mailbox has to be given back.
    pub admitted: bool,
}

impl<T> Answer<T> {
    /// The answer is what the future yields. It runs on the actor's arbiter beside its mailbox, and does not outlive
    /// the incarnation that gave it.
    pub fn from_future(future: impl Future<Output = T> + 'static) -> Self {
        Self(AnswerKind::Later(Box::pin(future)))
    }

    /// The answer is given later, through the pending answer.
    pub fn deferred() -> (Self, PendingAnswer<T>) {
        let slot = Arc::new(Mutex::new(AnswerSlot::Empty));
        (Self(AnswerKind::Deferred(slot.clone())), PendingAnswer(slot))
    }
}

impl<T> From<T> for Answer<T> {
    fn from(reply: T) -> Self {
        Self(AnswerKind::Now(reply))
    }
}

impl<T> PendingAnswer<T> {
    /// False when nobody waits for the reply (any more).
    pub fn fulfil(self, reply: T) -> bool {
        let mut slot = locked(&self.0);
        match std::mem::replace(&mut *slot, AnswerSlot::Closed) {
            AnswerSlot::Asked(to) => to.send(Ok(reply)).is_ok(),
            AnswerSlot::Empty => {
                *slot = AnswerSlot::Fulfilled(reply);
                true
            }
            AnswerSlot::Fulfilled(_) | AnswerSlot::Closed => false,
        }
    }
}

impl<T> Drop for PendingAnswer<T> {
    fn drop(&mut self) {
        let mut slot = locked(&self.0);
        if !matches!(*slot, AnswerSlot::Fulfilled(_)) {
            *slot = AnswerSlot::Closed;
        }
    }
}

/// Brings the asker and the promise together.
pub(super) fn link<T>(slot: &Mutex<AnswerSlot<T>>, reply: Option<ReplyTo<T>>) {
    let mut slot = locked(slot);
    let before = std::mem::replace(&mut *slot, AnswerSlot::Closed);
    match (before, reply) {
        (AnswerSlot::Empty, Some(to)) => *slot = AnswerSlot::Asked(to),
        (AnswerSlot::Fulfilled(value), Some(to)) => drop(to.send(Ok(value))),
        _ => {}
    }
}

impl<M: Message> Envelope<M> {
    pub(crate) fn new(msg: M, reply: Option<ReplyTo<M::Reply>>, admitted: bool) -> Self {
        Self { msg, reply, sent_at: now_ns(), admitted }
    }
}

impl<M: Message> actix::Message for Envelope<M> {
    type Result = ();
}
