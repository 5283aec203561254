//! Actors that do not receive though they exist: which, how, since when.

use std::sync::Arc;

use super::actor_cell::CellCore;
use super::registry::ActorPath;
use super::spec::RestartPolicy;
use super::time::{now_ns, unix_ms_of};
use super::view::{ActorState, state_of};

/// An actor that does not receive though it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorOutage {
    pub id: ActorPath,
    pub restart: RestartPolicy,
    /// Stopping, backoff, stopped, escalated or stuck.
    pub state: ActorState,
    pub since_unix_ms: u64,
    /// Stuck, it holds up the root and whoever else has no thread of its own.
    pub is_on_roots_thread: bool,
}

impl ActorOutage {
    /// Whoever is not permanent stops in the ordinary course of its life.
    pub(super) fn of(core: &CellCore) -> Option<Self> {
        let (state, since) = state_of(core, now_ns());
        let is_well = match state {
            ActorState::Starting | ActorState::Running => true,
            ActorState::Stopping => core.spec.restart != RestartPolicy::Permanent,
            ActorState::Backoff | ActorState::Stopped | ActorState::Escalated | ActorState::Stuck => false,
        };
        (!is_well).then(|| Self {
            id: core.id.clone(),
            restart: core.spec.restart,
            state,
            since_unix_ms: unix_ms_of(since),
            is_on_roots_thread: is_on_roots_thread(core),
        })
    }
}

fn is_on_roots_thread(core: &CellCore) -> bool {
    let mut root = core;
    while let Some(parent) = &root.parent {
        root = parent.core();
    }
    let pulses = core.vitals.arbiter.get().zip(root.vitals.arbiter.get());
    pulses.is_some_and(|(own, roots)| Arc::ptr_eq(own, roots))
}
