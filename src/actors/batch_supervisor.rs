//! Admits batches and owns the slots: highest priority first, nobody starves among equals.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use super::batch::{BatchActor, BatchChanged, DrainBatch, SlotGranted};
use super::engine::World;
use crate::clock;
use crate::domain::ids::BatchKey;
use crate::domain::schedule::{Schedule, needs_a_place, needs_an_actor};
use crate::planned::{Point, point};
use crate::store::batches;
use crate::store::turn;
use crate::store::{StoreError, txn::Held};
use crate::supervision::{
    ActorId, Answer, Behaviour, ChildDown, ChildSpec, DownReason, Message, Promise, Receive, Ref, Scope,
};

/// Anybody → supervisor: this batch is new or was changed; the change is committed.
pub struct Attend(pub Held);

impl Message for Attend {
    type Reply = ();
    const NAME: &'static str = "Attend";
}

/// Batch → supervisor: slots given back, and how many more could be used now.
pub struct Demand {
    pub batch: BatchKey,
    pub freed: u32,
    pub wanted: u32,
}

impl Message for Demand {
    type Reply = ();
    const NAME: &'static str = "Demand";
}

/// Batch → supervisor: here I am, for the first time or again, with empty hands.
pub struct BatchUp {
    pub batch: BatchKey,
}

impl Message for BatchUp {
    type Reply = ();
    const NAME: &'static str = "BatchUp";
}

/// Engine → supervisor: start nothing new; answered when nothing runs any more.
pub struct Drain;

impl Message for Drain {
    type Reply = ();
    const NAME: &'static str = "Drain";
}

/// Engine → supervisor: stop what still runs after a [`Drain`].
pub struct InterruptAll;

impl Message for InterruptAll {
    type Reply = ();
    const NAME: &'static str = "InterruptAll";
}

struct Active {
    actor: Ref<BatchActor>,
    priority: i32,
}

pub struct BatchSupervisor {
    world: Arc<World>,
    schedule: Schedule,
    active: HashMap<BatchKey, Active>,
    by_actor: HashMap<ActorId, BatchKey>,
    /// Where the walk through the batches that wait for admission goes on.
    scan_after: Option<(i32, BatchKey)>,
    is_scan_under_way: bool,
    drained: Option<Vec<Promise<()>>>,
    memory_short: Option<(u64, u64)>,
}

const SCAN_EVERY: Duration = Duration::from_secs(1);
const SCAN_PAGE: u32 = 256;

impl BatchSupervisor {
    pub fn new(world: Arc<World>) -> Self {
        Self {
            schedule: Schedule::new(world.tuning.slots),
            world,
            active: HashMap::new(),
            by_actor: HashMap::new(),
            scan_after: None,
            is_scan_under_way: false,
            drained: None,
            memory_short: None,
        }
    }

    /// Looks through the live batches page by page for those that need an actor: after a start all of them, later
    /// for whatever a lost message or a clock has made ready.
    fn scan(&mut self, scope: &mut Scope<'_, Self>) {
        if std::mem::replace(&mut self.is_scan_under_way, true) || self.drained.is_some() {
            return;
        }
        let (world, after) = (Arc::clone(&self.world), self.scan_after);
        let read = async move { world.read(move |conn| batches::live(conn, after, SCAN_PAGE)).await };
        scope.run(read, |supervisor, found: Result<Vec<Held>, StoreError>, scope| {
            supervisor.is_scan_under_way = false;
            match found {
                Ok(found) => supervisor.scanned(&found, scope),
                Err(error) => tracing::error!(%error, "the waiting batches could not be read"),
            }
        });
    }

    fn scanned(&mut self, found: &[Held], scope: &mut Scope<'_, Self>) {
        found.iter().for_each(|held| self.admit(held, scope));
        let is_last_page = found.len() < SCAN_PAGE as usize;
        self.scan_after = found.last().filter(|_| !is_last_page).map(|held| (held.priority, held.key));
        if !is_last_page && self.has_room() {
            self.scan(scope);
        }
        self.publish();
    }

    fn admit(&mut self, held: &Held, scope: &mut Scope<'_, Self>) {
        let is_known = self.active.contains_key(&held.key);
        let outranks = self.active.values().map(|active| active.priority).min().is_some_and(|low| low < held.priority);
        let has_place = self.has_room() || outranks || !needs_a_place(&held.batch);
        if is_known || self.drained.is_some() || !has_place || !needs_an_actor(&held.batch, clock::now()) {
            return;
        }
        let (world, me, key) = (Arc::clone(&self.world), scope.me(), held.key);
        let spec = ChildSpec::transient(format!("batch-{key}"))
            .mailbox(256)
            .intensity(5, Duration::from_secs(60))
            .shutdown_timeout(Duration::from_secs(5));
        let actor = scope.spawn_child(spec, move || BatchActor::new(Arc::clone(&world), me.clone(), key));
        self.by_actor.insert(actor.id().clone(), key);
        self.active.insert(key, Active { actor, priority: held.priority });
        self.schedule.enter(key, held.priority);
    }

    fn has_room(&self) -> bool {
        (self.active.len() as u32) < self.world.max_active_batches
    }

    fn grant(&mut self) {
        while self.memory_short.is_none() && self.drained.is_none() && self.world.db.fault().is_none() {
            let Some(key) = self.schedule.grant() else { break };
            let told = self.active.get(&key).map(|active| active.actor.tell_urgent(SlotGranted));
            if !matches!(told, Some(Ok(()))) {
                self.schedule.leave(key);
            }
        }
        self.publish();
    }

    fn publish(&self) {
        self.world.window.publish(|view, active| {
            view.slots_total = self.schedule.slots();
            view.slots_in_use = self.schedule.in_use();
            view.served_priority = self.schedule.served_priority();
            view.active_batches = self.active.len() as u32;
            view.active_limit = self.world.max_active_batches;
            view.draining = self.drained.is_some();
            view.memory_short = self.memory_short;
            if active.len() != self.active.len() || !self.active.keys().all(|key| active.contains(key)) {
                *active = self.active.keys().copied().collect::<HashSet<_>>();
            }
        });
    }

    fn look_at_memory(&mut self) {
        let wanted = self.world.min_available_memory_mib;
        let available = crate::clock::available_memory_mib().unwrap_or(u64::MAX);
        self.memory_short = (available < wanted).then_some((available, wanted));
        self.grant();
    }

    fn tell_all(&self, order: DrainBatch) {
        for active in self.active.values() {
            // One that is gone has nothing to drain.
            let _ = active.actor.tell_urgent(order);
        }
    }

    fn finish_drain(&mut self) {
        if self.active.is_empty()
            && let Some(promises) = &mut self.drained
        {
            for promise in promises.drain(..) {
                promise.fulfil(());
            }
        }
    }

    /// A batch whose actor cannot live ends as failed: what runs is taken back, the rest skipped.
    fn give_up(&mut self, key: BatchKey, scope: &mut Scope<'_, Self>) {
        tracing::error!(batch = %key, "a batch's actor gave up; the batch is ended");
        let db = self.world.db.clone();
        let end = async move {
            while db.write("batch.give_up", move |txn| turn::give_up(txn, key)).await? {}
            Ok(())
        };
        scope.run(end, move |_, ended: Result<(), StoreError>, _| {
            if let Err(error) = ended {
                tracing::error!(batch = %key, %error, "the batch could not be ended");
            }
        });
    }
}

impl Behaviour for BatchSupervisor {
    const KIND: &'static str = "batch-supervisor";

    fn started(&mut self, scope: &mut Scope<'_, Self>) {
        scope.every(SCAN_EVERY, |supervisor, scope| {
            supervisor.look_at_memory();
            supervisor.scan(scope);
        });
        self.look_at_memory();
        self.scan(scope);
    }

    fn child_down(&mut self, down: ChildDown, scope: &mut Scope<'_, Self>) {
        let Some(key) = self.by_actor.remove(&down.id) else { return };
        self.active.remove(&key);
        self.schedule.leave(key);
        if matches!(down.reason, DownReason::Escalated { .. }) {
            self.give_up(key, scope);
        }
        self.grant();
        self.finish_drain();
        self.scan_after = None;
        self.scan(scope);
    }
}

impl Receive<Attend> for BatchSupervisor {
    fn receive(&mut self, Attend(held): Attend, scope: &mut Scope<'_, Self>) -> Answer<()> {
        match self.active.get(&held.key) {
            // One that is just leaving is found again by the scan that follows its end.
            Some(active) => drop(active.actor.tell_urgent(BatchChanged(held))),
            None => self.admit(&held, scope),
        }
        self.publish();
        ().into()
    }
}

impl Receive<Demand> for BatchSupervisor {
    fn receive(&mut self, demand: Demand, _: &mut Scope<'_, Self>) -> Answer<()> {
        for _ in 0..demand.freed {
            self.schedule.release(demand.batch);
        }
        self.schedule.want(demand.batch, demand.wanted);
        self.grant();
        ().into()
    }
}

impl Receive<BatchUp> for BatchSupervisor {
    fn receive(&mut self, up: BatchUp, _: &mut Scope<'_, Self>) -> Answer<()> {
        if let Some(active) = self.active.get(&up.batch) {
            self.schedule.leave(up.batch);
            self.schedule.enter(up.batch, active.priority);
            self.grant();
        }
        ().into()
    }
}

impl Receive<Drain> for BatchSupervisor {
    fn receive(&mut self, _: Drain, _: &mut Scope<'_, Self>) -> Answer<()> {
        let (answer, promise) = Answer::deferred();
        self.drained.get_or_insert_default().push(promise);
        self.tell_all(DrainBatch { interrupt: false });
        point(Point::DrainBegins);
        self.finish_drain();
        self.publish();
        answer
    }
}

impl Receive<InterruptAll> for BatchSupervisor {
    fn receive(&mut self, _: InterruptAll, _: &mut Scope<'_, Self>) -> Answer<()> {
        self.tell_all(DrainBatch { interrupt: true });
        ().into()
    }
}
