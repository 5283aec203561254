//! Registry of the tree: the one table of all actors, by path.

use std::borrow::Borrow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Serialize, Serializer};
use tokio::sync::watch;

use super::actor_cell::{AnyActor, locked};
use super::actor_outage::ActorOutage;

/// The path of an actor from the root, such as `root/db`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActorPath(Arc<str>);

pub(super) struct Registry {
    pub stuck_after: Duration,
    serials: AtomicU64,
    table: Mutex<Table>,
    /// Set once, when the root's child gives up.
    pub escalation: watch::Sender<Option<RootEscalation>>,
    pub root_ended: watch::Sender<bool>,
    /// Actors that did not end in time, in the order they were given up.
    overdue: Mutex<Vec<ActorPath>>,
}

/// A top-level child gave up; the process should end with a non-zero status.
#[derive(Debug, Clone)]
pub struct RootEscalation {
    pub id: ActorPath,
    pub reason: super::behaviour::DownReason,
}

#[derive(Default)]
struct Table {
    members: HashMap<ActorPath, Arc<dyn AnyActor>>,
    /// Ended by escalation and still shown, until the parent ends, restarts or reuses the name.
    tombstones: HashSet<ActorPath>,
}

impl ActorPath {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part of the path.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(parent, _)| parent)
    }

    fn is_below(&self, parent: &Self) -> bool {
        self.0.strip_prefix(&*parent.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl Registry {
    pub(crate) fn new(stuck_after: Duration) -> Self {
        Self {
            stuck_after,
            serials: AtomicU64::new(0),
            table: Mutex::default(),
            escalation: watch::Sender::new(None),
            root_ended: watch::Sender::new(false),
            overdue: Mutex::default(),
        }
    }

    pub(crate) fn next_serial(&self) -> u64 {
        self.serials.fetch_add(1, Relaxed)
    }

    /// Enters what `make` builds under `path`, or under `path~2`, `path~3` … when that is taken.
    pub(crate) fn enter<T: AnyActor + 'static>(&self, path: String, make: impl FnOnce(ActorPath) -> Arc<T>) -> Arc<T> {
        let mut table = locked(&self.table);
        let id = table.free_name(path);
        let any_actor = make(id.clone());
        let before = table.members.insert(id, any_actor.clone());
        drop(table);
        drop(before);
        any_actor
    }

    pub(crate) fn leave(&self, id: &ActorPath, tombstone: bool) {
        let mut table = locked(&self.table);
        let gone = if tombstone {
            table.tombstones.insert(id.clone());
            None
        } else {
            table.members.remove(id)
        };
        drop(table);
        drop(gone); // Outside the lock: this may be the last of an address.
        self.clear_tombstones_below(id);
    }

    pub(crate) fn clear_tombstones_below(&self, parent: &ActorPath) {
        let mut table = locked(&self.table);
        if table.tombstones.is_empty() {
            return;
        }
        let gone: Vec<_> = table.tombstones.extract_if(|id| id.is_below(parent)).collect();
        let gone: Vec<_> = gone.iter().filter_map(|id| table.members.remove(id)).collect();
        drop(table);
        drop(gone);
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<dyn AnyActor>> {
        let table = locked(&self.table);
        table.members.get(id).filter(|_| !table.tombstones.contains(id)).cloned()
    }

    /// Also one that has given up and is still shown.
    pub(crate) fn find_shown(&self, id: &str) -> Option<Arc<dyn AnyActor>> {
        locked(&self.table).members.get(id).cloned()
    }

    /// Everyone, parents before their children, older siblings first.
    pub(crate) fn all(&self) -> Vec<Arc<dyn AnyActor>> {
        let mut all: Vec<_> = locked(&self.table).members.values().cloned().collect();
        all.sort_unstable_by_key(|any_actor| any_actor.core().serial);
        all
    }

    /// Those that do not receive, parents before their children.
    pub(crate) fn troubles(&self) -> Vec<ActorOutage> {
        let table = locked(&self.table);
        let found = table.members.values().map(|any_actor| any_actor.core());
        let mut found: Vec<_> = found.filter_map(|core| Some((core.serial, ActorOutage::of(core)?))).collect();
        drop(table);
        found.sort_unstable_by_key(|(serial, _)| *serial);
        found.into_iter().map(|(_, trouble)| trouble).collect()
    }

    pub(crate) fn gave_up_on(&self, id: ActorPath) {
        locked(&self.overdue).push(id);
    }

    pub(crate) fn overdue(&self) -> Vec<ActorPath> {
        locked(&self.overdue).clone()
    }
}

impl Table {
    fn free_name(&mut self, path: String) -> ActorPath {
        let mut id = ActorPath(path.as_str().into());
        let mut number = 2;
        while self.members.contains_key(&id) && !self.tombstones.remove(&id) {
            id = ActorPath(format!("{path}~{number}").into());
            number += 1;
        }
        id
    }
}

impl Borrow<str> for ActorPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for ActorPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ActorPath {
    fn from(path: &str) -> Self {
        Self(path.into())
    }
}

impl fmt::Display for ActorPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ActorPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ActorPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
