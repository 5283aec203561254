//! A parent's list of its children, and the order in which they are told to stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::AbortHandle;

use super::actor_cell::{AnyActor, ControlMessage};
use super::registry::ActorPath;
use super::spec::RestartPolicy;

#[derive(Default)]
pub(super) struct Children {
    /// By serial, which is the order of spawning.
    all: BTreeMap<u64, Child>,
    /// Number of children that are not permanent, and whether some of those may still have to be told to stop.
    passing: usize,
    untold: bool,
}

struct Child {
    any_actor: Arc<dyn AnyActor>,
    told: bool,
    /// Waits for the shutdown timeout of a child that was told.
    watch: Option<AbortHandle>,
}

/// A child was just told to stop and should be gone after this long.
pub(super) struct StoppingChild {
    pub serial: u64,
    pub within: Duration,
}

impl Children {
    pub(crate) fn add(&mut self, any_actor: Arc<dyn AnyActor>) {
        let child = Child { any_actor, told: false, watch: None };
        if child.is_passing() {
            self.passing += 1;
            self.untold = true;
        }
        self.all.insert(child.any_actor.core().serial, child);
    }

    /// Returns false for one that is not (any more) in the list.
    pub(crate) fn remove(&mut self, serial: u64) -> bool {
        self.take(serial).is_some()
    }

    pub(crate) fn watched_by(&mut self, serial: u64, watch: AbortHandle) {
        if let Some(child) = self.all.get_mut(&serial) {
            child.watch = Some(watch);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &ActorPath> {
        self.all.values().map(|child| &child.any_actor.core().id)
    }

    pub(crate) fn serial_of(&self, id: &ActorPath) -> Option<u64> {
        let mut all = self.all.iter();
        all.find(|(_, child)| child.any_actor.core().id == *id).map(|(serial, _)| *serial)
    }

    pub(crate) fn stop(&mut self, serial: u64) -> Option<StoppingChild> {
        let child = self.all.get_mut(&serial).filter(|child| !child.told)?;
        child.told = true;
        child.any_actor.order(ControlMessage::Stop);
        Some(StoppingChild { serial, within: child.any_actor.core().spec.shutdown_timeout })
    }

    /// Transient and temporary children stop all at once; when they are gone, permanent ones one after another,
    /// the youngest first, as an elder may serve the younger.
    pub(crate) fn stop_next(&mut self) -> Vec<StoppingChild> {
        if self.passing == 0 {
            let youngest = self.all.last_key_value().map(|(serial, _)| *serial);
            return youngest.and_then(|serial| self.stop(serial)).into_iter().collect();
        }
        if !std::mem::take(&mut self.untold) {
            return Vec::new();
        }
        let passing: Vec<u64> =
            self.all.iter().filter(|(_, child)| child.is_passing()).map(|(serial, _)| *serial).collect();
        passing.into_iter().filter_map(|serial| self.stop(serial)).collect()
    }

    /// Gives up on a child: it is dropped as soon as its thread lets go of it.
    pub(crate) fn abandon(&mut self, serial: u64) -> Option<Arc<dyn AnyActor>> {
        let child = self.take(serial)?;
        child.any_actor.order(ControlMessage::Kill);
        Some(child.any_actor.clone())
    }

    pub(crate) fn abandon_all(&mut self) {
        for child in std::mem::take(self).all.into_values() {
            child.any_actor.order(ControlMessage::Kill);
        }
    }

    fn take(&mut self, serial: u64) -> Option<Child> {
        let child = self.all.remove(&serial)?;
        self.passing -= usize::from(child.is_passing());
        Some(child)
    }
}

impl Child {
    fn is_passing(&self) -> bool {
        self.any_actor.core().spec.restart != RestartPolicy::Permanent
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            watch.abort();
        }
    }
}
