//! Actor of one active batch: claims its items, hands them to item workers in chunks, writes down what they report.
//!
//! Rebuilt from the store after a panic. It has at most one write under way, its *tick*; everything that happened
//! since the last one goes into the next.

mod chunk_sizer;
pub(super) mod scheduler;

use std::sync::Arc;
use std::time::Duration;

pub use self::scheduler::SchedulerSettings;
use self::scheduler::{BatchScheduler, StopMode};
use super::batch_supervisor::{BatchActorStarted, BatchSlotDemand, BatchSupervisor};
use super::engine::EngineContext;
use super::item_worker::{ChunkProcessed, ChunkReports, ItemChunk, ItemStarted, ItemWorker};
use crate::commands::recover;
use crate::commands::report::LateReport;
use crate::commands::tick;
use crate::commands::tick::TickRequest;
use crate::commands::tick::TickResult;
use quire_base::clock;
use quire_base::failpoints::{Failpoint, failpoint};
use quire_domain::ids::{BatchKey, Micros};
use quire_store::StoreError;
use quire_store::batches::BatchRecord;
use quire_store::batches::BatchView;
use quire_supervision::{ActorRef, ActorScope, Answer, Behaviour, CancelHandle, ChildSpec, Message, Receive};

/// Supervisor → batch: one slot is yours until a [`BatchSlotDemand`] gives it back.
pub struct SlotGranted;

impl Message for SlotGranted {
    type Reply = ();
    const NAME: &'static str = "SlotGranted";
}

/// Supervisor → batch: somebody else changed the batch; this was committed.
pub struct BatchChanged(pub BatchRecord);

impl Message for BatchChanged {
    type Reply = ();
    const NAME: &'static str = "BatchChanged";
}

/// Supervisor → batch: the server shuts down. Nothing new starts; with `interrupt`, what runs is stopped as well.
#[derive(Clone, Copy)]
pub struct DrainBatch {
    pub interrupt: bool,
}

impl Message for DrainBatch {
    type Reply = ();
    const NAME: &'static str = "DrainBatch";
}

pub struct BatchActor {
    context: Arc<EngineContext>,
    supervisor: ActorRef<BatchSupervisor>,
    key: BatchKey,
    batch_view: Option<Arc<BatchView>>,
    scheduler: BatchScheduler,
    alarm: Option<(Micros, CancelHandle)>,
}

/// The least pause after a write that failed.
const STORE_RETRY: Duration = Duration::from_secs(1);

impl BatchActor {
    pub fn new(context: Arc<EngineContext>, supervisor: ActorRef<BatchSupervisor>, key: BatchKey) -> Self {
        let scheduler = BatchScheduler::new(context.tuning, clock::new_incarnation());
        Self { context, supervisor, key, batch_view: None, scheduler, alarm: None }
    }

    /// Called after every change.
    fn go(&mut self, scope: &mut ActorScope<'_, Self>) {
        if let Some(record) = self.scheduler.record() {
            let collection = self.batch_view.as_ref().and_then(|batch_view| batch_view.collection.as_deref());
            self.context.progress_tracker.update_batch(record, collection, clock::now());
        }
        let Some(effects) = self.scheduler.effects(self.key, clock::now()) else { return };
        if let Some(tick) = effects.tick {
            self.run_tick(tick, scope);
        }
        if let Some((freed, wanted)) = effects.news {
            // A supervisor that is gone takes this actor with it.
            let _ = self.supervisor.tell_beyond_capacity(BatchSlotDemand { batch: self.key, freed, wanted });
        }
        if let Some(at) = effects.alarm {
            self.set_alarm(at, scope);
        }
        if effects.is_over {
            scope.stop();
        }
    }

    fn run_tick(&mut self, request: TickRequest, scope: &mut ActorScope<'_, Self>) {
        let request = Arc::new(request);
        let (db, sent) = (self.context.db.clone(), Arc::clone(&request));
        let write = async move { db.write("batch.turn", move |txn| tick::write_tick(txn, &sent)).await };
        scope.run_future(write, move |batch, result, scope| batch.tick_finished(&request, result, scope));
    }

    fn tick_finished(
        &mut self,
        request: &TickRequest,
        result: Result<TickResult, StoreError>,
        scope: &mut ActorScope<'_, Self>,
    ) {
        let tick = match result {
            Ok(tick) => tick,
            Err(error) => return self.tick_failed(request, &error, scope),
        };
        self.context.progress_tracker.count_fenced_reports(tick.fenced);
        for late in &tick.late {
            log_late(&tick.record, late);
        }
        if !tick.claimed.is_empty() {
            failpoint(Failpoint::ClaimDone);
        }
        self.scheduler.tick_finished(tick);
        self.go(scope);
    }

    /// Nothing of the tick was done: it is asked for again, reports and all.
    fn tick_failed(&mut self, request: &TickRequest, error: &StoreError, scope: &mut ActorScope<'_, Self>) {
        // A disk that fails is logged once, by the writer; a stop, by whoever gave the order.
        if !error.blocks_all_writes() {
            tracing::error!(batch = %self.key, %error, "a batch's tick failed; it is tried again");
        }
        self.scheduler.tick_failed(request);
        self.when_store_heals(scope, |batch, scope| {
            batch.scheduler.try_again();
            batch.go(scope);
        });
    }

    /// Does it when the disk takes writes again; after a short pause, if it does already.
    fn when_store_heals(
        &self,
        scope: &mut ActorScope<'_, Self>,
        then: impl FnOnce(&mut Self, &mut ActorScope<'_, Self>) + 'static,
    ) {
        scope.after(STORE_RETRY, |batch, scope| {
            let db = batch.context.db.clone();
            scope.run_future(async move { db.wait_until_fault_cleared().await }, |batch, (), scope| then(batch, scope));
        });
    }

    fn set_alarm(&mut self, at: Micros, scope: &mut ActorScope<'_, Self>) {
        if self.alarm.as_ref().is_some_and(|(set, _)| *set == at) {
            return;
        }
        if let Some((_, timer)) = self.alarm.take() {
            timer.cancel();
        }
        let delay = Duration::from_micros(at.saturating_sub(clock::now()).max(0) as u64);
        let timer = scope.after(delay, |batch, scope| {
            batch.alarm = None;
            batch.scheduler.alarm_went_off();
            batch.go(scope);
        });
        self.alarm = Some((at, timer));
    }

    fn load(&mut self, scope: &mut ActorScope<'_, Self>) {
        let (context, key) = (Arc::clone(&self.context), self.key);
        let load = async move {
            let mut after = Some(0);
            while let Some(from) = after {
                after =
                    context.db.write("batch.recover", move |txn| recover::requeue_in_hand_step(txn, key, from)).await?;
            }
            failpoint(Failpoint::RecoverDone);
            let record = context.db.write("batch.held", move |txn| txn.record(key)).await?;
            let view = context.read(move |snapshot| snapshot.batch_view(key)).await?;
            Ok((record, view))
        };
        scope.run_future(load, |batch, loaded: Result<(BatchRecord, BatchView), StoreError>, scope| match loaded {
            Ok((record, view)) => {
                batch.batch_view = Some(Arc::new(view));
                batch.scheduler.loaded(record);
                batch.go(scope);
            }
            Err(error) if error.blocks_all_writes() => batch.when_store_heals(scope, Self::load),
            Err(error) => scope.fail(format!("the batch cannot be loaded: {error}")),
        });
    }

    fn dispatch(&mut self, scope: &mut ActorScope<'_, Self>) {
        let Some(batch_view) = self.batch_view.as_ref().filter(|_| !scope.is_stopping()) else {
            return self.scheduler.slot_unused();
        };
        let Some((number, items, stop)) = self.scheduler.next_chunk() else { return };
        let chunk = ItemChunk { number, batch_view: Arc::clone(batch_view), items };
        let name = format!("item-{}", chunk.items.first().map_or(0, |item| item.position));
        let (context, me) = (Arc::clone(&self.context), scope.me());
        let mut parts = Some((chunk, stop));
        let spec = ChildSpec::temporary(name).mailbox_capacity(16).shutdown_timeout(Duration::from_secs(2));
        scope.spawn_child(spec, move || ItemWorker::new(Arc::clone(&context), me.clone(), parts.take()));
    }
}

fn log_late(record: &BatchRecord, late: &LateReport) {
    let LateReport { position, got, newest, state } = late;
    tracing::warn!(
        batch = %record.id, item = position, state = state.as_str(),
        generation = got.generation, attempt = got.attempt, epoch = got.epoch,
        newest_generation = newest.generation, newest_attempt = newest.attempt, newest_epoch = newest.epoch,
        "a late report was refused"
    );
}

impl Behaviour for BatchActor {
    const KIND: &'static str = "batch";

    fn started(&mut self, scope: &mut ActorScope<'_, Self>) {
        let _ = self.supervisor.tell_beyond_capacity(BatchActorStarted { batch: self.key });
        scope.every(self.context.heartbeat, |batch, scope| {
            batch.scheduler.heartbeat_is_due();
            batch.go(scope);
        });
        self.load(scope);
    }
}

impl Drop for BatchActor {
    fn drop(&mut self) {
        self.context.progress_tracker.forget_batch(self.key);
    }
}

impl Receive<SlotGranted> for BatchActor {
    fn receive(&mut self, _: SlotGranted, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.scheduler.slot_granted();
        self.dispatch(scope);
        self.go(scope);
        ().into()
    }
}

impl Receive<ChunkProcessed> for BatchActor {
    fn receive(&mut self, ChunkProcessed(number): ChunkProcessed, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.scheduler.chunk_processed(number);
        self.go(scope);
        ().into()
    }
}

impl Receive<ChunkReports> for BatchActor {
    fn receive(&mut self, ended: ChunkReports, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.scheduler.chunk_reported(ended);
        self.go(scope);
        ().into()
    }
}

impl Receive<ItemStarted> for BatchActor {
    fn receive(&mut self, started: ItemStarted, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.scheduler.item_started(started);
        self.go(scope);
        ().into()
    }
}

impl Receive<BatchChanged> for BatchActor {
    fn receive(&mut self, BatchChanged(record): BatchChanged, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.scheduler.batch_changed(record);
        self.go(scope);
        ().into()
    }
}

impl Receive<DrainBatch> for BatchActor {
    fn receive(&mut self, order: DrainBatch, scope: &mut ActorScope<'_, Self>) -> Answer<()> {
        self.scheduler.stop_mode(if order.interrupt { StopMode::Interrupt } else { StopMode::Drain });
        self.go(scope);
        ().into()
    }
}
