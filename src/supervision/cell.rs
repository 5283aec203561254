//! The actix actor around a behaviour: takes messages out of the mailbox, and lets no panic out.

use std::sync::Arc;

use actix::{Actor, AsyncContext, Context, Handler, WrapFuture};

use super::address::AskError;
use super::agenda::{Agenda, Job};
use super::arbiter::ArbiterPulse;
use super::behaviour::{Behaviour, Receive};
use super::children::Children;
use super::lifecycle::Phase;
use super::line::{Knock, Line, ring};
use super::message::{Answer, AnswerKind, Envelope, Message, ReplyTo, link};
use super::panics::{PanicNote, catch, catch_future};
use super::scope::{Inside, Scope};
use super::seed::{Factory, Farewell};

/// One actor's turn on its arbiter: after so many messages, or so much time, others go first.
const TURN_MESSAGES: u32 = 512;
const TURN_NS: u64 = 5_000_000;

pub(super) struct Cell<B: Behaviour> {
    /// Missing while in backoff, and in the end.
    pub behaviour: Option<B>,
    pub inside: Inside<B>,
    pub factory: Factory<B>,
    pub phase: Phase,
    pub farewell: Farewell,
    turn: Turn,
}

#[derive(Default)]
struct Turn {
    messages: u32,
    began_at: u64,
}

impl<B: Behaviour> Cell<B> {
    pub fn new(line: Arc<Line<B>>, factory: Factory<B>, farewell: Farewell) -> Self {
        let children = Children::default();
        let inside =
            Inside { line, agenda: Agenda::new(), children, wish: None, is_stopping: false, comes_back: false };
        Self { behaviour: None, inside, factory, phase: Phase::Unborn, farewell, turn: Turn::default() }
    }
}

impl<B: Behaviour> Actor for Cell<B> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let _ = self.inside.line.core.vitals.arbiter.set(ArbiterPulse::here());
        self.settle(ctx);
    }
}

impl<B: Receive<M>, M: Message> Handler<Envelope<M>> for Cell<B> {
    type Result = ();

    fn handle(&mut self, envelope: Envelope<M>, ctx: &mut Self::Context) {
        let Envelope { msg, reply, sent_at, admitted } = envelope;
        let core = &self.inside.line.core;
        if admitted {
            core.permits.add_permits(1);
        }
        let now = core.vitals.received(sent_at);
        if matches!(self.phase, Phase::Resting) {
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

impl<B: Behaviour> Handler<Knock> for Cell<B> {
    type Result = ();

    fn handle(&mut self, knock: Knock, ctx: &mut Self::Context) {
        match knock {
            Knock::Wake => {}
            Knock::Ping(_) if matches!(self.phase, Phase::Resting) => {}
            Knock::Ping(pong) => drop(pong.send(())),
            // Ends when the other end is dropped: nothing is ever sent.
            Knock::Stall(gate) => self.visit("planted stall", move |_, _| _ = gate.recv()),
            Knock::Panic => self.visit("planted panic", |_, _| panic!("planted panic")),
        }
        self.after_message(super::time::now_ns(), ctx);
    }
}

impl<B: Behaviour> Cell<B> {
    /// Calls into the behaviour. Without one there is nothing to call: the caller has looked, or does not mind.
    pub fn enter<T>(
        &mut self,
        what: &'static str,
        now: u64,
        visit: impl FnOnce(&mut B, &mut Scope<'_, B>) -> T,
    ) -> Result<T, PanicNote> {
        let Some(behaviour) = self.behaviour.as_mut() else {
            return Err(PanicNote::failure(format!("{what} came between two incarnations")));
        };
        self.inside.line.core.vitals.begin(what, now);
        let inside = &mut self.inside;
        let outcome = catch(|| visit(behaviour, &mut Scope(inside)));
        self.inside.line.core.vitals.end();
        outcome
    }

    /// As `enter`, for what nobody waits for.
    pub fn visit(&mut self, what: &'static str, visit: impl FnOnce(&mut B, &mut Scope<'_, B>)) {
        if self.behaviour.is_some()
            && let Err(note) = self.enter(what, super::time::now_ns(), visit)
        {
            self.fail(note, what);
        }
    }

    fn after_message(&mut self, now: u64, ctx: &mut Context<Self>) {
        if self.inside.line.core.desk.is_rung() {
            self.obey();
            self.run_due();
        }
        let turn_over = self.turn.is_over(now, self.inside.line.core.vitals.waiting());
        if self.inside.agenda.has_idle() && (turn_over || self.inside.line.core.vitals.waiting() == 0) {
            self.run_idle();
        }
        if self.settle(ctx) && turn_over {
            ctx.wait(tokio::task::yield_now().into_actor(self));
        }
    }

    fn run_due(&mut self) {
        for job in self.inside.agenda.take_due() {
            // One failure ends the incarnation, and with it the rest of its jobs.
            if self.behaviour.is_none() {
                return;
            }
            match job {
                Job::Visit { cancelled, .. } if cancelled.get() => {}
                Job::Visit { what, visit, .. } => self.visit(what, visit),
                Job::Panicked(note) => self.fail(note, "future"),
            }
        }
    }

    pub fn run_idle(&mut self) {
        for visit in self.inside.agenda.take_idle() {
            self.visit("idle", visit);
        }
        if self.inside.agenda.has_idle() {
            ring(&*self.inside.line);
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
                let (line, agenda) = (self.inside.line.clone(), self.inside.agenda.clone());
                self.inside.agenda.spawn(Default::default(), async move {
                    match (catch_future(future).await, reply) {
                        (Ok(value), Some(to)) => drop(to.send(Ok(value))),
                        (Ok(_), None) => {}
                        (Err(note), reply) => {
                            panicked(reply, &note);
                            agenda.put(Job::Panicked(note));
                            ring(&*line);
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

fn panicked<T>(reply: Option<ReplyTo<T>>, note: &PanicNote) {
    if let Some(to) = reply {
        let _ = to.send(Err(AskError::Panicked { message: note.message.clone() }));
    }
}
