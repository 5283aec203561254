//! Lifecycle of an actor: unborn, running, closing, resting, stopping, ended. Every path through it passes `settle`.
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

use super::actor_cell::{ControlMessage, locked};
use super::actor_runner::ActorRunner;
use super::backoff::RestartDecision;
use super::behaviour::{Behaviour, DownReason};
use super::panics::{PanicReport, catch};
use super::scope::DeferredAction;
use super::spec::RestartPolicy;
use super::task_set::TaskSet;
use super::time::{now_ns, ns};
use super::view::ActorState;

pub(super) enum LifecyclePhase {
    /// To be built now.
    Unborn,
    Running,
    /// Orderly: the behaviour is still there and receives while its children end.
    Stopping(AfterStop, DrainPolicy),
    /// The behaviour is gone; children end, time passes.
    Closing(AfterStop),
    /// Stopped by an operator: it has its place in the tree and nothing else.
    Resting,
    Ended,
}

pub(super) enum AfterStop {
    /// Not before this time, in nanoseconds.
    Rebuild {
        at: u64,
    },
    Rest,
    End(DownReason),
}

/// Treatment of the messages that wait when an orderly stop begins.
#[derive(Clone, Copy)]
pub(super) enum DrainPolicy {
    /// They wait for the next incarnation, or are dropped by an actor that stops itself.
    No,
    /// All that were sent before the last child ended are received.
    WhenChildless,
    /// Up to this sequence number.
    UpTo(u64),
}

impl<B: Behaviour> ActorRunner<B> {
    /// Goes on until the actor runs or has to wait. True when it takes messages.
    pub(crate) fn settle(&mut self, ctx: &mut Context<Self>) -> bool {
        loop {
            self.grant_wish();
            match &self.phase {
                LifecyclePhase::Unborn => self.build(),
                LifecyclePhase::Running | LifecyclePhase::Resting => return true,
                LifecyclePhase::Ended => {
                    ctx.stop();
                    return false;
                }
                LifecyclePhase::Stopping(..) => {
                    if !self.childless() || !self.drained() {
                        return true;
                    }
                    self.part();
                }
                LifecyclePhase::Closing(then) => {
                    let at = if let AfterStop::Rebuild { at } = then { *at } else { 0 };
                    if !self.childless() || now_ns() < at {
                        self.back_off(at, ctx);
                        return false;
                    }
                    self.close();
                }
            }
        }
    }

    /// The behaviour is lost, and the spec says what follows.
    pub(crate) fn fail(&mut self, note: PanicReport, doing: &'static str) {
        let core = &self.inside.actor_cell.core;
        tracing::error!(
            actor = %core.id, kind = core.kind, doing, panic = note.message, place = note.place,
            "a supervised actor failed"
        );
        *locked(&core.vitals.last_panic) = Some(note.clone());
        self.retire();
        let then = match std::mem::replace(&mut self.phase, LifecyclePhase::Ended) {
            LifecyclePhase::Stopping(AfterStop::Rest, _) | LifecyclePhase::Closing(AfterStop::Rest) => AfterStop::Rest,
            LifecyclePhase::Stopping(AfterStop::End(_), _) | LifecyclePhase::Closing(AfterStop::End(_)) => {
                AfterStop::End(DownReason::Panicked(note))
            }
            _ if core_restart(self) == RestartPolicy::Temporary => AfterStop::End(DownReason::Panicked(note)),
            _ => self.count_restart(),
        };
        self.go(LifecyclePhase::Closing(then));
    }

    /// Carries out the orders that lie on the control queue.
    pub(crate) fn apply_control(&mut self) {
        for order in self.inside.actor_cell.core.control.take() {
            match order {
                ControlMessage::Stop => self.stop(AfterStop::End(DownReason::Normal), DrainPolicy::WhenChildless),
                // Nobody could start a temporary actor again: what it was to do is not with it any more.
                ControlMessage::Rest if core_restart(self) == RestartPolicy::Temporary => {
                    self.stop(AfterStop::End(DownReason::Normal), DrainPolicy::WhenChildless);
                }
                ControlMessage::Rest => self.stop(AfterStop::Rest, DrainPolicy::WhenChildless),
                ControlMessage::Restart => self.stop(AfterStop::Rebuild { at: 0 }, DrainPolicy::No),
                ControlMessage::Revive(id) => self.visit("revive", |behaviour, scope| behaviour.revive(&id, scope)),
                ControlMessage::Kill => self.kill(),
                ControlMessage::Adopt(start) => {
                    self.inside.children.add(start.any_actor());
                    start.start_boxed();
                }
                ControlMessage::ChildDown { serial, down } => {
                    if self.inside.children.remove(serial) {
                        self.visit("child_down", |behaviour, scope| behaviour.child_down(down, scope));
                    }
                }
                ControlMessage::ChildOverdue { serial, after } => self.abandon(serial, after),
            }
            self.grant_wish();
        }
    }

    fn grant_wish(&mut self) {
        match self.inside.action.take() {
            None => {}
            Some(_) if self.behaviour.is_none() => {}
            Some(DeferredAction::Fail(note)) => self.fail(note, "fail"),
            Some(DeferredAction::Stop) if core_restart(self) == RestartPolicy::Permanent => {
                if matches!(self.phase, LifecyclePhase::Running) {
                    let then = self.count_restart();
                    self.stop(then, DrainPolicy::No);
                }
            }
            Some(DeferredAction::Stop) => self.stop(AfterStop::End(DownReason::Normal), DrainPolicy::No),
        }
    }

    /// An orderly end or restart. An end that is under way stays an end.
    fn stop(&mut self, next: AfterStop, drain: DrainPolicy) {
        let phase = match std::mem::replace(&mut self.phase, LifecyclePhase::Ended) {
            LifecyclePhase::Unborn => match next {
                AfterStop::End(_) | AfterStop::Rest => LifecyclePhase::Closing(next),
                AfterStop::Rebuild { .. } => LifecyclePhase::Unborn,
            },
            LifecyclePhase::Running | LifecyclePhase::Stopping(AfterStop::Rebuild { .. } | AfterStop::Rest, _) => {
                LifecyclePhase::Stopping(next, drain)
            }
            LifecyclePhase::Closing(AfterStop::Rebuild { .. } | AfterStop::Rest) => LifecyclePhase::Closing(next),
            LifecyclePhase::Resting => match next {
                AfterStop::End(_) => LifecyclePhase::Closing(next),
                AfterStop::Rest => LifecyclePhase::Resting,
                AfterStop::Rebuild { .. } => LifecyclePhase::Unborn,
            },
            same => same,
        };
        self.go(phase);
    }

    fn kill(&mut self) {
        self.inside.children.abandon_all();
        self.retire();
        self.go(LifecyclePhase::Closing(AfterStop::End(DownReason::Killed)));
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
        let vitals = &self.inside.actor_cell.core.vitals;
        match &mut self.phase {
            LifecyclePhase::Stopping(_, drain @ DrainPolicy::WhenChildless) => {
                let last = vitals.sent_count();
                *drain = DrainPolicy::UpTo(last);
                vitals.received_count() >= last
            }
            LifecyclePhase::Stopping(_, DrainPolicy::UpTo(last)) => vitals.received_count() >= *last,
            _ => true,
        }
    }

    fn build(&mut self) {
        let core = &self.inside.actor_cell.core;
        core.registry.clear_tombstones_below(&core.id);
        core.vitals.set_state(ActorState::Starting);
        core.vitals.up_since.store(now_ns(), Relaxed);
        core.vitals.next_restart_at.store(0, Relaxed);
        self.inside.task_set = TaskSet::new();
        self.inside.action = None;
        self.inside.is_stopping = false;
        core.vitals.begin("factory", now_ns());
        let built = catch(&mut self.factory);
        core.vitals.end();
        match built {
            Ok(behaviour) => {
                self.behaviour = Some(behaviour);
                self.go(LifecyclePhase::Running);
                self.visit("started", |behaviour, scope| behaviour.started(scope));
            }
            Err(note) => self.fail(note, "factory"),
        }
    }

    /// The orderly goodbye, when the last child has ended.
    fn part(&mut self) {
        self.run_idle();
        self.visit("stopping", |behaviour, scope| behaviour.stopping(scope));
        self.inside.action = None;
        if let LifecyclePhase::Stopping(then, _) = std::mem::replace(&mut self.phase, LifecyclePhase::Ended) {
            self.retire();
            self.go(LifecyclePhase::Closing(then));
        }
    }

    fn close(&mut self) {
        match std::mem::replace(&mut self.phase, LifecyclePhase::Ended) {
            LifecyclePhase::Closing(AfterStop::End(reason)) => {
                self.inside.actor_cell.core.permits.close();
                self.farewell.reason = Some(reason);
            }
            LifecyclePhase::Closing(AfterStop::Rest) => self.go(LifecyclePhase::Resting),
            _ => self.phase = LifecyclePhase::Unborn,
        }
    }

    /// Ends the incarnation: its timers and futures, then the behaviour itself.
    fn retire(&mut self) {
        let task_set = self.inside.task_set.clone();
        let behaviour = self.behaviour.take();
        for note in [catch(|| task_set.end()), catch(|| drop(behaviour))].into_iter().filter_map(Result::err) {
            let id = &self.inside.actor_cell.core.id;
            tracing::error!(actor = %id, panic = note.message, place = note.place, "panicked while being dropped");
        }
    }

    fn count_restart(&mut self) -> AfterStop {
        let core = &self.inside.actor_cell.core;
        let now = now_ns();
        let rng = (RandomState::new().hash_one(now) >> 11) as f64 / (1u64 << 53) as f64;
        let decision = locked(&core.vitals.restarts).failed(
            Duration::from_nanos(now),
            &core.spec.backoff,
            &core.spec.intensity,
            rng,
        );
        match decision {
            RestartDecision::RestartIn(delay) => {
                let at = now.saturating_add(ns(delay));
                core.vitals.next_restart_at.store(at, Relaxed);
                AfterStop::Rebuild { at }
            }
            RestartDecision::Exceeded(restarts) => {
                let last = locked(&core.vitals.last_panic).clone();
                tracing::error!(actor = %core.id, kind = core.kind, restarts, "restarts too often, gives up");
                AfterStop::End(DownReason::Escalated { restarts, last })
            }
        }
    }

    fn go(&mut self, phase: LifecyclePhase) {
        let state = match &phase {
            LifecyclePhase::Unborn => ActorState::Starting,
            LifecyclePhase::Running => ActorState::Running,
            LifecyclePhase::Stopping(..) => ActorState::Stopping,
            LifecyclePhase::Closing(AfterStop::Rebuild { .. }) => ActorState::Backoff,
            LifecyclePhase::Closing(AfterStop::End(DownReason::Escalated { .. })) => ActorState::Escalated,
            LifecyclePhase::Closing(AfterStop::End(_) | AfterStop::Rest) => ActorState::Stopping,
            LifecyclePhase::Resting | LifecyclePhase::Ended => ActorState::Stopped,
        };
        self.inside.is_stopping = matches!(phase, LifecyclePhase::Stopping(..));
        self.inside.will_restart_after_stop = matches!(phase, LifecyclePhase::Stopping(AfterStop::Rebuild { .. }, _));
        self.inside.actor_cell.core.vitals.set_state(state);
        self.phase = phase;
    }

    /// The mailbox waits, the control queue does not.
    fn back_off(&mut self, until: u64, ctx: &mut Context<Self>) {
        let actor_cell = self.inside.actor_cell.clone();
        let nap = match until.saturating_sub(now_ns()) {
            0 => Duration::from_secs(3600),
            nap => Duration::from_nanos(nap),
        };
        let wait = async move { tokio::time::timeout(nap, actor_cell.core.control.bell.notified()).await };
        ctx.wait(wait.into_actor(self).map(|_, runner, ctx| {
            runner.apply_control();
            runner.settle(ctx);
        }));
    }
}

impl<B: Behaviour> Drop for ActorRunner<B> {
    fn drop(&mut self) {
        // Only when the arbiter goes away under a running actor is there anything left to retire.
        self.retire();
    }
}

fn core_restart<B: Behaviour>(runner: &ActorRunner<B>) -> RestartPolicy {
    runner.inside.actor_cell.core.spec.restart
}
