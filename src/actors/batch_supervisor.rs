//! Supervisor of all batches: admits them and owns the slots. Highest priority first, nobody starves among equals.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::admission::{AdmissionControl, SCAN_PAGE};
use super::batch::{BatchActor, BatchChanged, DrainBatch, SlotGranted};
use super::engine::EngineContext;
use super::status::{ActiveBatch, BatchSupervisorSnapshot};
use crate::commands::recover;
use quire_base::clock;
use quire_base::failpoints::{Failpoint, failpoint};
use quire_domain::ids::BatchKey;
use quire_store::StoreError;
use quire_store::batches::BatchRecord;
use quire_supervision::{
    ActorPath, ActorRef, ActorScope, Answer, Behaviour, ChildDown, ChildSpec, DownReason, Message, PendingAnswer,
    Receive,
};

/// Anybody → supervisor: this batch is new or was changed; the change is committed.
pub struct BatchCommitted(pub BatchRecord);

impl Message for BatchCommitted {
    type Reply = ();
    const NAME: &'static str = "BatchCommitted";
}

/// Batch → supervisor: slots given back, and how many more could be used now.
pub struct BatchSlotDemand {
    pub batch: BatchKey,
    pub freed: u32,
    pub wanted: u32,
}

impl Message for BatchSlotDemand {
    type Reply = ();
    const NAME: &'static str = "BatchSlotDemand";
}

/// Batch → supervisor: here I am, for the first time or again, with nothing in flight.
pub struct BatchActorStarted {
    pub batch: BatchKey,
}

impl Message for BatchActorStarted {
    type Reply = ();
    const NAME: &'static str = "BatchActorStarted";
}

/// Engine → supervisor: start nothing new; answered when nothing runs any more.
pub struct Drain;

impl Message for Drain {
    type Reply = ();
    const NAME: &'static str = "Drain";
}

/// Engine → supervisor: stop what still runs after a [`Drain`].
pub struct InterruptAllBatches;

impl Message for InterruptAllBatches {
    type Reply = ();
    const NAME: &'static str = "InterruptAllBatches";
}

pub struct BatchSupervisor {
    context: Arc<EngineContext>,
    admission: AdmissionControl,
    actors: HashMap<BatchKey, ActorRef<BatchActor>>,
    by_actor: HashMap<ActorPath, BatchKey>,
    is_scan_under_way: bool,
    drained: Vec<PendingAnswer<()>>,
    memory_short: Option<(u64, u64)>,
}

const SCAN_EVERY: Duration = Duration::from_secs(1);

impl BatchSupervisor {
    pub fn new(context: Arc<EngineContext>) -> Self {
        Self {
            admission: AdmissionControl::new(context.tuning.slots, context.max_active_batches),
            context,
            actors: HashMap::new(),
            by_actor: HashMap::new(),
            is_scan_under_way: false,
            drained: Vec::new(),
            memory_short: None,
        }
    }

    /// Looks through the live batches page by page for those that need an actor: after a start all of them, later
    /// for whatever a lost message or a clock has made ready.
    fn scan(&mut self, scope: &mut ActorScope<'_, Self>) {
        // Whoever was started now would be told to stop at once.
        let is_idle = !self.is_scan_under_way && !scope.is_stopping();
        let Some(after) = self.admission.next_scan_cursor().filter(|_| is_idle) else { return };
        self.is_scan_under_way = true;
        let context = Arc::clone(&self.context);
        let read = async move { context.read(move |snapshot| snapshot.live_batches(after, SCAN_PAGE)).await };
        scope.run_future(read, |supervisor, found: Result<Vec<BatchRecord>, StoreError>, scope| {
            supervisor.is_scan_under_way = false;
            match found {
                Ok(_) if scope.is_stopping() => {}
                Ok(found) => supervisor.scanned(&found, scope),
                Err(error) => tracing::error!(%error, "the waiting batches could not be read"),
            }
        });
    }

    fn scanned(&mut self, found: &[BatchRecord], scope: &mut ActorScope<'_, Self>) {
        let (admitted, goes_on) = self.admission.admit_from_page(found, clock::now());
        admitted.into_iter().for_each(|key| self.spawn(key, scope));
        if goes_on {
            self.scan(scope);
        }
        self.publish();
    }

    fn spawn(&mut self, key: BatchKey, scope: &mut ActorScope<'_, Self>) {
        let (context, me) = (Arc::clone(&self.context), scope.me());
        let spec = ChildSpec::transient(format!("batch-{key}"))
            .mailbox_capacity(256)
            .intensity(5, Duration::from_secs(60))
            .shutdown_timeout(Duration::from_secs(5));
        let actor = scope.spawn_child(spec, move || BatchActor::new(Arc::clone(&context), me.clone(), key));
        self.by_actor.insert(actor.id().clone(), key);
        self.actors.insert(key, actor);
    }

    fn grant(&mut self) {
        let context = &self.context;
        // A chunk that gets no process, or whose end cannot be written, would only be dispatched again and again.
        let cannot_work =
            context.db.disk_fault().is_some() || context.db.is_stopped_by_operator() || context.pool.refuses_messages();
        self.admission.suspend_grants(self.memory_short.is_some() || cannot_work);
        while let Some(key) = self.admission.grant_next_slot() {
            let told = self.actors.get(&key).map(|actor| actor.tell_beyond_capacity(SlotGranted));
            if !matches!(told, Some(Ok(()))) {
                self.admission.revoke_all_slots(key);
            }
        }
        self.publish();
    }

    fn publish(&self) {
        self.context.status.publish(|BatchSupervisorSnapshot { view, active }| {
            let (schedule, now_active) = (self.admission.schedule(), self.admission.active_batches());
            view.slots_total = schedule.total_slots();
            view.slots_in_use = schedule.slots_in_use();
            view.served_priority = schedule.highest_active_priority();
            view.active_batches = now_active.len() as u32;
            view.active_limit = self.context.max_active_batches;
            view.draining = self.admission.is_draining();
            view.memory_short = self.memory_short;
            active.retain(|key, _| self.actors.contains_key(key));
            for (key, actor) in &self.actors {
                let slots_held = schedule.slots_held_by(*key);
                match active.get_mut(key) {
                    Some(known) if known.actor == *actor.id() => known.slots_held = slots_held,
                    _ => drop(active.insert(*key, ActiveBatch { actor: actor.id().clone(), slots_held })),
                }
            }
        });
    }

    /// Nothing is at work for a batch that an operator stopped. One that failed just before gave no slot back.
    fn release_stopped(&mut self) {
        let stopped = self.actors.iter().filter(|(_, actor)| actor.refuses_messages());
        stopped.for_each(|(key, _)| self.admission.reset_slots(*key));
    }

    fn check_memory(&mut self) {
        let wanted = self.context.min_available_memory_mib;
        let available = quire_base::clock::available_memory_mib().unwrap_or(u64::MAX);
        self.memory_short = (available < wanted).then_some((available, wanted));
        self.grant();
    }

    fn tell_all(&self, order: DrainBatch) {
        for actor in self.actors.values() {
            // One that is gone has nothing to drain.
            let _ = actor.tell_beyond_capacity(order);
        }
    }

    fn finish_drain(&mut self) {
        if self.actors.is_empty() {
            for promise in self.drained.drain(..) {
                promise.fulfil(());
            }
        }
    }

    /// A batch whose actor cannot live ends as failed: what runs is taken back, the rest skipped.
    fn give_up(&mut self, key: BatchKey, scope: &mut ActorScope<'_, Self>) {
        tracing::error!(batch = %key, "a batch's actor gave up; the batch is ended");
        let db = self.context.db.clone();
        let end = async move {
            while db.write("batch.give_up", move |txn| recover::end_unworkable_batch_step(txn, key)).await? {}
            Ok(())
        };
        scope.run_future(end, move |_, ended: Result<(), StoreError>, _| {
            if let Err(error) = ended {
                tracing::error!(batch = %key, %error, "the batch could not be ended");
            }
        });
    }
}

impl Behaviour for BatchSupervisor {
    const KIND: &'static str = "batch-supervisor";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        scope.every(SCAN_EVERY, |supervisor, scope| {
            supervisor.release_stopped();
            supervisor.check_memory();
            supervisor.scan(scope);
        });
        self.check_memory();
        self.scan(scope);
    }

    fn child_down(&mut self, down: ChildDown, scope: &mut ActorScope<'_, Self>) {
        let Some(key) = self.by_actor.remove(&down.id) else { return };
        self.actors.remove(&key);
        self.admission.actor_gone(key);
        if matches!(down.reason, DownReason::Escalated { .. }) {
            self.give_up(key, scope);
        }
        self.grant();
        self.finish_drain();
        self.scan(scope);
    }
}

impl Receive<BatchCommitted> for BatchSupervisor {
    fn receive(&mut self, BatchCommitted(record): BatchCommitted, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        match self.actors.get(&record.key) {
            // One that is just leaving is found again by the scan that follows its end.
            Some(actor) => drop(actor.tell_beyond_capacity(BatchChanged(record))),
            None if scope.is_stopping() => {}
            None if self.admission.admit(&record, clock::now()) => self.spawn(record.key, scope),
            None => {}
        }
        self.publish();
        ().into()
    }
}

impl Receive<BatchSlotDemand> for BatchSupervisor {
    fn receive(&mut self, demand: BatchSlotDemand, _: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.admission.update_demand(demand.batch, demand.freed, demand.wanted);
        self.grant();
        ().into()
    }
}

impl Receive<BatchActorStarted> for BatchSupervisor {
    fn receive(&mut self, up: BatchActorStarted, _: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.admission.reset_slots(up.batch);
        self.grant();
        ().into()
    }
}

impl Receive<Drain> for BatchSupervisor {
    fn receive(&mut self, _: Drain, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        let (answer, promise) = Answer::deferred();
        self.drained.push(promise);
        self.admission.start_draining();
        // One that an operator stopped hears no order.
        for stopped in self.actors.values().filter(|actor| actor.refuses_messages()) {
            scope.stop_child(stopped.id());
        }
        self.tell_all(DrainBatch { interrupt: false });
        failpoint(Failpoint::DrainBegins);
        self.finish_drain();
        self.publish();
        answer
    }
}

impl Receive<InterruptAllBatches> for BatchSupervisor {
    fn receive(&mut self, _: InterruptAllBatches, _: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.tell_all(DrainBatch { interrupt: true });
        ().into()
    }
}
