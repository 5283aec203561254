//! Runner: the actix actor around a behaviour. Takes messages out of the mailbox, and lets no panic out.

use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler, WrapFuture};

use super::actor_cell::{ActorCell, MailboxSignal, ring};
use super::address::AskError;
use super::arbiter::ArbiterPulse;
use super::behaviour::{Behaviour, Receive};
use super::children::Children;
use super::lifecycle::LifecyclePhase;
use super::message::{Answer, AnswerKind, Envelope, Message, ReplyTo, link};
use super::panics::{PanicReport, catch, catch_future};
use super::scope::{ActorScope, CellView};
use super::task_set::{TaskFuture, TaskSet};
use super::unstarted::{ExitNotifier, Factory};

/// One actor's turn on its arbiter: after so many messages, or so much time, others go first.
const TURN_MESSAGES: u32 = 512;
const TURN_NS: u64 = 5_000_000;

pub(super) struct ActorRunner<B: Behaviour> {
    /// Missing while in backoff, and in the end.
    pub behaviour: Option<B>,
    pub inside: CellView<B>,
    pub factory: Factory<B>,
    pub phase: LifecyclePhase,
    pub farewell: ExitNotifier,
    turn: Turn,
}

#[derive(Default)]
struct Turn {
    messages: u32,
    began_at: u64,
}

impl<B: Behaviour> ActorRunner<B> {
    pub(crate) fn new(actor_cell: Arc<ActorCell<B>>, factory: Factory<B>, farewell: ExitNotifier) -> Self {
        let children = Children::default();
        let inside = CellView {
            actor_cell,
            task_set: TaskSet::new(),
            children,
            action: None,
            is_stopping: false,
            will_restart_after_stop: false,
        };
        Self { behaviour: None, inside, factory, phase: LifecyclePhase::Unborn, farewell, turn: Turn::default() }
    }
}

impl<B: Behaviour> Actor for ActorRunner<B> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let _ = self.inside.actor_cell.core.vitals.arbiter.set(ArbiterPulse::here());
        self.settle(ctx);
    }
}

impl<B: Receive<M>, M: Message> Handler<Envelope<M>> for ActorRunner<B> {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<M>, ctx: &mut Self::Context) {
        let Envelope { msg, reply, sent_at, admitted } = envelope;
        let core = &self.inside.actor_cell.core;
        if admitted {
            core.permits.add_permits(1);
        }
        let now = core.vitals.received(sent_at);
        if matches!(self.phase, LifecyclePhase::Resting) {
            // It was on its way when the actor came to rest; whoever asked hears that it is down.
            return self.after_message(now, ctx);
        }
        match self.enter(M::NAME, now, |behaviour, scope| behaviour.receive(msg, scope)) {
            Ok(answer) => self.answer(answer, reply),
            Err(note) => {
                panicked(reply, &note);
                self.fail(note, M::NAME);
            }
        }
        self.after_message(now, ctx);
    }
}

impl<B: Behaviour> Handler<MailboxSignal> for ActorRunner<B> {
    type Result = ();

    fn handle(&mut self, signal: MailboxSignal, ctx: &mut Self::Context) {
        match signal {
            MailboxSignal::Wake => {}
            MailboxSignal::Ping(_) if matches!(self.phase, LifecyclePhase::Resting) => {}
            MailboxSignal::Ping(pong) => drop(pong.send(())),
            // Ends when the other end is dropped: nothing is ever sent.
            MailboxSignal::Stall(gate) => self.visit("planted stall", move |_, _| _ = gate.recv()),
            MailboxSignal::Panic => self.visit("planted panic", |_, _| panic!("planted panic")),
        }
        self.after_message(super::time::now_ns(), ctx);
    }
}

impl<B: Behaviour> ActorRunner<B> {
    /// Calls into the behaviour. Without one there is nothing to call: the caller has looked, or does not mind.
    pub(crate) fn enter<T>(
        &mut self,
        what: &'static str,
        now: u64,
        visit: impl FnOnce(&mut B, &mut ActorScope<'_, B>) -> T,
    ) -> Result<T, PanicReport> {
        let Some(behaviour) = self.behaviour.as_mut() else {
            return Err(PanicReport::failure(format!("{what} came between two incarnations")));
        };
        self.inside.actor_cell.core.vitals.begin(what, now);
        let inside = &mut self.inside;
        let outcome = catch(|| visit(behaviour, &mut ActorScope(inside)));
        self.inside.actor_cell.core.vitals.end();
        outcome
    }

    /// As `enter`, for what nobody waits for.
    pub(crate) fn visit(&mut self, what: &'static str, visit: impl FnOnce(&mut B, &mut ActorScope<'_, B>)) {
        if self.behaviour.is_some()
            && let Err(note) = self.enter(what, super::time::now_ns(), visit)
        {
            self.fail(note, what);
        }
    }

    fn after_message(&mut self, now: u64, ctx: &mut Context<Self>) {
        if self.inside.actor_cell.core.control.is_rung() {
            self.apply_control();
            self.run_due();
        }
        let turn_over = self.turn.is_over(now, self.inside.actor_cell.core.vitals.waiting());
        if self.inside.task_set.has_idle() && (turn_over || self.inside.actor_cell.core.vitals.waiting() == 0) {
            self.run_idle();
        }
        if self.settle(ctx) && turn_over {
            ctx.wait(tokio::task::yield_now().into_actor(self));
        }
    }

    fn run_due(&mut self) {
        for job in self.inside.task_set.take_due() {
            // One failure ends the incarnation, and with it the rest of its jobs.
            if self.behaviour.is_none() {
                return;
            }
            match job {
                TaskFuture::Visit { cancelled, .. } if cancelled.get() => {}
                TaskFuture::Visit { what, visit, .. } => self.visit(what, visit),
                TaskFuture::Panicked(note) => self.fail(note, "future"),
            }
        }
    }

    pub(crate) fn run_idle(&mut self) {
        for visit in self.inside.task_set.take_idle() {
            self.visit("idle", visit);
        }
        if self.inside.task_set.has_idle() {
            ring(&*self.inside.actor_cell);
        }
    }

    fn answer<T: 'static>(&self, answer: Answer<T>, reply: Option<ReplyTo<T>>) {
        match answer.0 {
            AnswerKind::Now(value) => {
                if let Some(to) = reply {
                    let _ = to.send(Ok(value));
                }
            }
            AnswerKind::Deferred(slot) => link(&slot, reply),
            AnswerKind::Later(future) => {
                let (actor_cell, task_set) = (self.inside.actor_cell.clone(), self.inside.task_set.clone());
                self.inside.task_set.spawn(Default::default(), async move {
                    match (catch_future(future).await, reply) {
                        (Ok(value), Some(to)) => drop(to.send(Ok(value))),
                        (Ok(_), None) => {}
                        (Err(note), reply) => {
                            panicked(reply, &note);
                            task_set.put(TaskFuture::Panicked(note));
                            ring(&*actor_cell);
                        }
                    }
                });
            }
        }
    }
}

impl Turn {
    /// A turn ends early, and silently, when nothing waits any more.
    fn is_over(&mut self, now: u64, waiting: u64) -> bool {
        if self.messages == 0 {
            self.began_at = now;
        }
        self.messages += 1;
        let over = self.messages >= TURN_MESSAGES || now.saturating_sub(self.began_at) >= TURN_NS;
        if over || waiting == 0 {
            self.messages = 0;
        }
        over && waiting > 0
    }
}

fn panicked<T>(reply: Option<ReplyTo<T>>, note: &PanicReport) {
    if let Some(to) = reply {
        let _ = to.send(Err(AskError::Panicked { message: note.message.clone() }));
    }
}
