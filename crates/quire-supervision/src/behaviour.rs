//! Behaviour: the trait that an actor's author implements.

use super::message::{Answer, Message};
use super::panics::PanicReport;
use super::registry::ActorPath;
use super::scope::ActorScope;
use super::spec::RestartPolicy;

/// The actor's own code. Rebuilt from its factory after a panic.
pub trait Behaviour: Sized + Unpin + 'static {
    const KIND: &'static str;

    /// Runs before the first message, and again after each rebuild.
    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        let _ = scope;
    }

    /// A child ended for good. Unless overridden, a permanent child that escalates takes its parent with it:
    /// the parent fails as if it had panicked, which counts towards the parent's own intensity.
    fn child_down(&mut self, down: ChildDown, scope: &mut ActorScope<'_, Self>) {
        down.handle_by_default(scope);
    }

    /// An operator wants a child back that gave up and is still shown. Unless overridden, nothing happens.
    fn revive(&mut self, child: &ActorPath, scope: &mut ActorScope<'_, Self>) {
        let _ = (child, scope);
    }

    /// Orderly end only (a stop or a restart that was asked for), after the last child has ended.
    fn stopping(&mut self, scope: &mut ActorScope<'_, Self>) {
        let _ = scope;
    }
}

/// An actor that takes messages of type `M`.
pub trait Receive<M: Message>: Behaviour {
    fn receive(&mut self, msg: M, scope: &mut ActorScope<'_, Self>) -> Answer<M::Reply>;
}

/// Told to a parent exactly once for each child, when the child will not come back by itself.
#[derive(Debug, Clone)]
pub struct ChildDown {
    pub id: ActorPath,
    pub kind: &'static str,
    pub restart: RestartPolicy,
    pub reason: DownReason,
}

/// Why a child is gone for good.
#[derive(Debug, Clone)]
pub enum DownReason {
    /// It stopped by itself, or was told to.
    Normal,
    /// A temporary child panicked, or any child panicked while it was ending.
    Panicked(PanicReport),
    /// More restarts than its intensity allows. `last` is missing when it stopped itself that often.
    Escalated { restarts: u32, last: Option<PanicReport> },
    /// It did not end within its shutdown timeout and was dropped without its `stopping`.
    Killed,
    /// Its arbiter went away under it.
    Vanished,
}

impl ChildDown {
    /// The default reaction, for a `child_down` that handles only some children itself: a permanent child that
    /// escalated fails its parent.
    pub fn handle_by_default<B: Behaviour>(&self, scope: &mut ActorScope<'_, B>) {
        let DownReason::Escalated { restarts, last } = &self.reason else { return };
        if self.restart == RestartPolicy::Permanent {
            let last = last.as_ref().map_or("it stopped itself", |note| &note.message);
            scope.fail(format!("child {} gave up after {restarts} restarts: {last}", self.id));
        }
    }
}
