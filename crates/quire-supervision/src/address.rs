//! Handles to an actor. The sender chooses: wait for room, or get its message back.

use std::fmt;
use std::sync::Arc;

use tokio::sync::{TryAcquireError, oneshot};

use super::actor_cell::{Accepts, ActorCell, CellCore};
use super::behaviour::{Behaviour, Receive};
use super::message::{Envelope, Message, ReplyTo};
use super::registry::ActorPath;

/// The address of one actor, the same over all its restarts.
pub struct ActorRef<B: Behaviour>(pub(super) Arc<ActorCell<B>>);

/// The address of any actor that receives `M`.
pub struct Recipient<M: Message>(Arc<dyn Accepts<M>>);

/// Gives the message back.
#[derive(thiserror::Error)]
pub enum TellError<M> {
    #[error("the mailbox is full")]
    Busy(M),
    #[error("the actor is down")]
    Down(M),
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    #[error("the mailbox is full")]
    Busy,
    #[error("the actor is down")]
    Down,
    #[error("the actor panicked over this message: {message}")]
    Panicked { message: String },
    #[error("the actor dropped the question unanswered")]
    Dropped,
}

impl<M: Message> Recipient<M> {
    pub fn id(&self) -> &ActorPath {
        &self.0.core().id
    }

    /// Never waits: `Busy` when the mailbox is full.
    pub fn tell(&self, msg: M) -> Result<(), TellError<M>> {
        tell(&*self.0, msg)
    }

    /// As [`ActorRef::tell_beyond_capacity`].
    pub fn tell_beyond_capacity(&self, msg: M) -> Result<(), TellError<M>> {
        post(&*self.0, msg, None, false).map_err(TellError::Down)
    }

    /// Waits for room.
    pub async fn send(&self, msg: M) -> Result<(), TellError<M>> {
        send(&*self.0, msg, None).await.map_err(TellError::Down)
    }

    /// Waits for room, then for the reply.
    pub async fn ask(&self, msg: M) -> Result<M::Reply, AskError> {
        ask(&*self.0, msg).await
    }

    /// Waits for the reply only.
    pub async fn try_ask(&self, msg: M) -> Result<M::Reply, AskError> {
        try_ask(&*self.0, msg).await
    }
}

impl<B: Behaviour> ActorRef<B> {
    pub fn id(&self) -> &ActorPath {
        &self.0.core.id
    }

    /// By an operator, or because it has ended: what is sent to it is refused.
    pub fn refuses_messages(&self) -> bool {
        self.0.core.is_at_rest()
    }

    pub fn recipient<M: Message>(&self) -> Recipient<M>
    where
        B: Receive<M>,
    {
        Recipient(self.0.clone())
    }

    /// Never waits: `Busy` when the mailbox is full.
    pub fn tell<M: Message>(&self, msg: M) -> Result<(), TellError<M>>
    where
        B: Receive<M>,
    {
        tell(&*self.0, msg)
    }

    /// Never waits and needs no room: for control messages whose number is bounded by other means.
    pub fn tell_beyond_capacity<M: Message>(&self, msg: M) -> Result<(), TellError<M>>
    where
        B: Receive<M>,
    {
        post(&*self.0, msg, None, false).map_err(TellError::Down)
    }

    /// Waits for room.
    pub async fn send<M: Message>(&self, msg: M) -> Result<(), TellError<M>>
    where
        B: Receive<M>,
    {
        send(&*self.0, msg, None).await.map_err(TellError::Down)
    }

    /// Waits for room, then for the reply.
    pub async fn ask<M: Message>(&self, msg: M) -> Result<M::Reply, AskError>
    where
        B: Receive<M>,
    {
        ask(&*self.0, msg).await
    }

    /// Waits for the reply only.
    pub async fn try_ask<M: Message>(&self, msg: M) -> Result<M::Reply, AskError>
    where
        B: Receive<M>,
    {
        try_ask(&*self.0, msg).await
    }
}

fn tell<M: Message>(inlet: &(impl Accepts<M> + ?Sized), msg: M) -> Result<(), TellError<M>> {
    match inlet.core().permits.try_acquire() {
        Ok(permit) => permit.forget(),
        Err(TryAcquireError::NoPermits) => return Err(TellError::Busy(msg)),
        Err(TryAcquireError::Closed) => return Err(TellError::Down(msg)),
    }
    post(inlet, msg, None, true).map_err(TellError::Down)
}

async fn send<M: Message>(
    inlet: &(impl Accepts<M> + ?Sized),
    msg: M,
    reply: Option<ReplyTo<M::Reply>>,
) -> Result<(), M> {
    match inlet.core().permits.acquire().await {
        Ok(permit) => permit.forget(),
        Err(_closed) => return Err(msg),
    }
    post(inlet, msg, reply, true)
}

async fn ask<M: Message>(inlet: &(impl Accepts<M> + ?Sized), msg: M) -> Result<M::Reply, AskError> {
    let (reply, answer) = oneshot::channel();
    send(inlet, msg, Some(reply)).await.map_err(|_| AskError::Down)?;
    answered(inlet.core(), answer).await
}

async fn try_ask<M: Message>(inlet: &(impl Accepts<M> + ?Sized), msg: M) -> Result<M::Reply, AskError> {
    match inlet.core().permits.try_acquire() {
        Ok(permit) => permit.forget(),
        Err(TryAcquireError::NoPermits) => return Err(AskError::Busy),
        Err(TryAcquireError::Closed) => return Err(AskError::Down),
    }
    let (reply, answer) = oneshot::channel();
    post(inlet, msg, Some(reply), true).map_err(|_| AskError::Down)?;
    answered(inlet.core(), answer).await
}

async fn answered<T>(core: &CellCore, answer: oneshot::Receiver<Result<T, AskError>>) -> Result<T, AskError> {
    let lost = |_| if core.permits.is_closed() || core.is_at_rest() { AskError::Down } else { AskError::Dropped };
    answer.await.map_err(lost)?
}

fn post<M: Message>(
    inlet: &(impl Accepts<M> + ?Sized),
    msg: M,
    reply: Option<ReplyTo<M::Reply>>,
    admitted: bool,
) -> Result<(), M> {
    if inlet.core().is_at_rest() {
        if admitted {
            inlet.core().permits.add_permits(1);
        }
        return Err(msg);
    }
    let envelope = Envelope::new(msg, reply, admitted);
    inlet.core().vitals.sent(envelope.sent_at);
    inlet.post(envelope).map_err(|envelope| envelope.msg)
}

impl<B: Behaviour> Clone for ActorRef<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M: Message> Clone for Recipient<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Behaviour> fmt::Debug for ActorRef<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.id())
    }
}

impl<M: Message> fmt::Debug for Recipient<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbox({})", self.id())
    }
}

impl<M> fmt::Debug for TellError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
