//! The cell's life: built, failing, resting, stopping, ended. Every way through it passes `settle`.
//!
//! ```text
//!            panic, child gave up      ┌─────────► Closing (mailbox waits) ──► Unborn again, or Ended
//! Unborn ──► Running ──────────────────┤                 ▲
//!            stop or restart           └─► Stopping (mailbox goes on, children end, then `stopping`)
//!
//! An operator's stop leads over Closing to Resting: what is sent there is refused, and a restart leads to Unborn.
//! ```

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use actix::{ActorContext, ActorFutureExt, AsyncContext, Context, WrapFuture};

use super::agenda::Agenda;
use super::backoff::Verdict;
use super::behaviour::{Behaviour, DownReason};
use super::cell::Cell;
use super::line::{Order, locked};
use super::panics::{PanicNote, catch};
use super::scope::Wish;
use super::spec::Restart;
use super::time::{now_ns, ns};
use super::view::ActorState;

pub(super) enum Phase {
    /// To be built now.
    Unborn,
    Running,
    /// Orderly: the behaviour is still there and receives while its children end.
    Stopping(Then, Drain),
    /// The behaviour is gone; children end, time passes.
    Closing(Then),
    /// Stopped by an operator: it has its place in the tree and nothing else.
    Resting,
    Ended,
}

pub(super) enum Then {
    /// Not before this time, in nanoseconds.
    Rebuild {
        at: u64,
    },
    Rest,
    End(DownReason),
}

/// What becomes of the messages that wait when an orderly stop begins.
#[derive(Clone, Copy)]
pub(super) enum Drain {
    /// They wait for the next incarnation, or are dropped by an actor that stops itself.
    No,
    /// All that were sent before the last child ended are received.
    WhenChildless,
    /// Up to this sequence number.
    UpTo(u64),
}

impl<B: Behaviour> Cell<B> {
    /// Goes on until the cell runs or has to wait. True when it takes messages.
    pub fn settle(&mut self, ctx: &mut Context<Self>) -> bool {
        loop {
            self.grant_wish();
            match &self.phase {
                Phase::Unborn => self.build(),
                Phase::Running | Phase::Resting => return true,
                Phase::Ended => {
                    ctx.stop();
                    return false;
                }
                Phase::Stopping(..) => {
                    if !self.childless() || !self.drained() {
                        return true;
                    }
                    self.part();
                }
                Phase::Closing(then) => {
                    let at = if let Then::Rebuild { at } = then { *at } else { 0 };
                    if !self.childless() || now_ns() < at {
                        self.recess(at, ctx);
                        return false;
                    }
                    self.close();
                }
            }
        }
    }

    /// The behaviour is lost, and the spec says what follows.
    pub fn fail(&mut self, note: PanicNote, doing: &'static str) {
        let core = &self.inside.line.core;
        tracing::error!(
            actor = %core.id, kind = core.kind, doing, panic = note.message, place = note.place,
            "a supervised actor failed"
        );
        *locked(&core.vitals.last_panic) = Some(note.clone());
        self.retire();
        let then = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Stopping(Then::Rest, _) | Phase::Closing(Then::Rest) => Then::Rest,
            Phase::Stopping(Then::End(_), _) | Phase::Closing(Then::End(_)) => Then::End(DownReason::Panicked(note)),
            _ if core_restart(self) == Restart::Temporary => Then::End(DownReason::Panicked(note)),
            _ => self.count_restart(),
        };
        self.go(Phase::Closing(then));
    }

    /// Carries out the orders that lie on the desk.
    pub fn obey(&mut self) {
        for order in self.inside.line.core.desk.take() {
            match order {
                Order::Stop => self.stop(Then::End(DownReason::Normal), Drain::WhenChildless),
                // Nobody could start a temporary actor again: what it was to do is not with it any more.
                Order::Rest if core_restart(self) == Restart::Temporary => {
                    self.stop(Then::End(DownReason::Normal), Drain::WhenChildless);
                }
                Order::Rest => self.stop(Then::Rest, Drain::WhenChildless),
                Order::Restart => self.stop(Then::Rebuild { at: 0 }, Drain::No),
                Order::Revive(id) => self.visit("revive", |behaviour, scope| behaviour.revive(&id, scope)),
                Order::Kill => self.kill(),
                Order::Adopt(sprout) => {
                    self.inside.children.add(sprout.member());
                    sprout.sprout();
                }
                Order::ChildDown { serial, down } => {
                    if self.inside.children.remove(serial) {
                        self.visit("child_down", |behaviour, scope| behaviour.child_down(down, scope));
                    }
                }
                Order::ChildOverdue { serial, after } => self.abandon(serial, after),
            }
            self.grant_wish();
        }
    }

    fn grant_wish(&mut self) {
        match self.inside.wish.take() {
            None => {}
            Some(_) if self.behaviour.is_none() => {}
            Some(Wish::Fail(note)) => self.fail(note, "fail"),
            Some(Wish::Stop) if core_restart(self) == Restart::Permanent => {
                if matches!(self.phase, Phase::Running) {
                    let then = self.count_restart();
                    self.stop(then, Drain::No);
                }
            }
            Some(Wish::Stop) => self.stop(Then::End(DownReason::Normal), Drain::No),
        }
    }

    /// An orderly end or restart. An end that is under way stays an end.
    fn stop(&mut self, next: Then, drain: Drain) {
        let phase = match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Unborn => match next {
                Then::End(_) | Then::Rest => Phase::Closing(next),
                Then::Rebuild { .. } => Phase::Unborn,
            },
            Phase::Running | Phase::Stopping(Then::Rebuild { .. } | Then::Rest, _) => Phase::Stopping(next, drain),
            Phase::Closing(Then::Rebuild { .. } | Then::Rest) => Phase::Closing(next),
            Phase::Resting => match next {
                Then::End(_) => Phase::Closing(next),
                Then::Rest => Phase::Resting,
                Then::Rebuild { .. } => Phase::Unborn,
            },
            same => same,
        };
        self.go(phase);
    }

    fn kill(&mut self) {
        self.inside.children.abandon_all();
        self.retire();
        self.go(Phase::Closing(Then::End(DownReason::Killed)));
    }

    fn abandon(&mut self, serial: u64, after: Duration) {
        let Some(child) = self.inside.children.abandon(serial) else { return };
        let core = child.core();
        tracing::error!(actor = %core.id, kind = core.kind, ?after, "did not stop in time and is given up");
        core.registry.gave_up_on(core.id.clone());
    }

    fn childless(&mut self) -> bool {
        let told = self.inside.children.stop_next();
        self.inside.watch(told);
        self.inside.children.is_empty()
    }

    fn drained(&mut self) -> bool {
        let vitals = &self.inside.line.core.vitals;
        match &mut self.phase {
            Phase::Stopping(_, drain @ Drain::WhenChildless) => {
                let last = vitals.sent_count();
                *drain = Drain::UpTo(last);
                vitals.received_count() >= last
            }
            Phase::Stopping(_, Drain::UpTo(last)) => vitals.received_count() >= *last,
            _ => true,
        }
    }

    fn build(&mut self) {
        let core = &self.inside.line.core;
        core.registry.clear_monuments_below(&core.id);
        core.vitals.set_state(ActorState::Starting);
        core.vitals.up_since.store(now_ns(), Relaxed);
        core.vitals.next_restart_at.store(0, Relaxed);
        self.inside.agenda = Agenda::new();
        self.inside.wish = None;
        self.inside.is_stopping = false;
        core.vitals.begin("factory", now_ns());
        let built = catch(&mut self.factory);
        core.vitals.end();
        match built {
            Ok(behaviour) => {
                self.behaviour = Some(behaviour);
                self.go(Phase::Running);
                self.visit("started", |behaviour, scope| behaviour.started(scope));
            }
            Err(note) => self.fail(note, "factory"),
        }
    }

    /// The orderly goodbye, when the last child has ended.
    fn part(&mut self) {
        self.run_idle();
        self.visit("stopping", |behaviour, scope| behaviour.stopping(scope));
        self.inside.wish = None;
        if let Phase::Stopping(then, _) = std::mem::replace(&mut self.phase, Phase::Ended) {
            self.retire();
            self.go(Phase::Closing(then));
        }
    }

    fn close(&mut self) {
        match std::mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Closing(Then::End(reason)) => {
                self.inside.line.core.permits.close();
                self.farewell.reason = Some(reason);
            }
            Phase::Closing(Then::Rest) => self.go(Phase::Resting),
            _ => self.phase = Phase::Unborn,
        }
    }

    /// Ends the incarnation: its timers and futures, then the behaviour itself.
    fn retire(&mut self) {
        let agenda = self.inside.agenda.clone();
        let behaviour = self.behaviour.take();
        for note in [catch(|| agenda.end()), catch(|| drop(behaviour))].into_iter().filter_map(Result::err) {
            let id = &self.inside.line.core.id;
            tracing::error!(actor = %id, panic = note.message, place = note.place, "panicked while being dropped");
        }
    }

    fn count_restart(&mut self) -> Then {
        let core = &self.inside.line.core;
        let now = now_ns();
        let dice = (RandomState::new().hash_one(now) >> 11) as f64 / (1u64 << 53) as f64;
        let verdict = locked(&core.vitals.restarts).failed(
            Duration::from_nanos(now),
            &core.spec.backoff,
            &core.spec.intensity,
            dice,
        );
        match verdict {
            Verdict::RestartIn(delay) => {
                let at = now.saturating_add(ns(delay));
                core.vitals.next_restart_at.store(at, Relaxed);
                Then::Rebuild { at }
            }
            Verdict::Exceeded(restarts) => {
                let last = locked(&core.vitals.last_panic).clone();
                tracing::error!(actor = %core.id, kind = core.kind, restarts, "restarts too often, gives up");
                Then::End(DownReason::Escalated { restarts, last })
            }
        }
    }

    fn go(&mut self, phase: Phase) {
        let state = match &phase {
            Phase::Unborn => ActorState::Starting,
            Phase::Running => ActorState::Running,
            Phase::Stopping(..) => ActorState::Stopping,
            Phase::Closing(Then::Rebuild { .. }) => ActorState::Backoff,
            Phase::Closing(Then::End(DownReason::Escalated { .. })) => ActorState::Escalated,
            Phase::Closing(Then::End(_) | Then::Rest) => ActorState::Stopping,
            Phase::Resting | Phase::Ended => ActorState::Stopped,
        };
        self.inside.is_stopping = matches!(phase, Phase::Stopping(..));
        self.inside.comes_back = matches!(phase, Phase::Stopping(Then::Rebuild { .. }, _));
        self.inside.line.core.vitals.set_state(state);
        self.phase = phase;
    }

    /// The mailbox waits, the desk does not.
    fn recess(&mut self, until: u64, ctx: &mut Context<Self>) {
        let line = self.inside.line.clone();
        let nap = match until.saturating_sub(now_ns()) {
            0 => Duration::from_secs(3600),
            nap => Duration::from_nanos(nap),
        };
        let wait = async move { tokio::time::timeout(nap, line.core.desk.bell.notified()).await };
        ctx.wait(wait.into_actor(self).map(|_, cell, ctx| {
            cell.obey();
            cell.settle(ctx);
        }));
    }
}

impl<B: Behaviour> Drop for Cell<B> {
    fn drop(&mut self) {
        // Only when the arbiter goes away under a running cell is there anything left to retire.
        self.retire();
    }
}

fn core_restart<B: Behaviour>(cell: &Cell<B>) -> Restart {
    cell.inside.line.core.spec.restart
}
