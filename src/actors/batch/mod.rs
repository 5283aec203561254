//! One active batch: claims its items, hands them to item workers, settles what they report.
//!
//! Rebuilt from the store after a panic. It has at most one write under way, its *turn*; everything that happened
//! since the last one goes into the next.

pub(super) mod desk;
mod pace;

use std::sync::Arc;
use std::time::Duration;

pub use self::desk::Tuning;
use self::desk::{Desk, Halt};
use super::batch_supervisor::{BatchSupervisor, BatchUp, Demand};
use super::engine::World;
use super::item_worker::{Hand, HandEnded, HandWorked, ItemStarted, ItemWorker};
use crate::clock;
use crate::domain::ids::{BatchKey, Micros};
use crate::planned::{Point, point};
use crate::store::batches::{self, BatchView};
use crate::store::turn::{self, LateReport, TurnRequest, TurnResult};
use crate::store::{StoreError, txn::Held};
use crate::supervision::{Answer, Behaviour, ChildSpec, Message, Receive, Ref, Scope, TimerHandle};

/// Supervisor → batch: one slot is yours until a [`Demand`] gives it back.
pub struct SlotGranted;

impl Message for SlotGranted {
    type Reply = ();
    const NAME: &'static str = "SlotGranted";
}

/// Supervisor → batch: somebody else changed the batch; this was committed.
pub struct BatchChanged(pub Held);

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
    world: Arc<World>,
    supervisor: Ref<BatchSupervisor>,
    key: BatchKey,
    brief: Option<Arc<BatchView>>,
    desk: Desk,
    alarm: Option<(Micros, TimerHandle)>,
}

/// The least pause after a write that failed.
const STORE_RETRY: Duration = Duration::from_secs(1);

impl BatchActor {
    pub fn new(world: Arc<World>, supervisor: Ref<BatchSupervisor>, key: BatchKey) -> Self {
        let desk = Desk::new(world.tuning, clock::new_incarnation());
        Self { world, supervisor, key, brief: None, desk, alarm: None }
    }

    /// Called after every change.
    fn go(&mut self, scope: &mut Scope<'_, Self>) {
        if let Some(held) = self.desk.held() {
            let collection = self.brief.as_ref().and_then(|brief| brief.collection.as_deref());
            self.world.board.saw(held, collection, clock::now());
        }
        let Some(errands) = self.desk.errands(self.key, clock::now()) else { return };
        if let Some(turn) = errands.turn {
            self.take_turn(turn, scope);
        }
        if let Some((freed, wanted)) = errands.news {
            // A supervisor that is gone takes this actor with it.
            let _ = self.supervisor.tell_urgent(Demand { batch: self.key, freed, wanted });
        }
        if let Some(at) = errands.alarm {
            self.set_alarm(at, scope);
        }
        if errands.is_over {
            scope.stop();
        }
    }

    fn take_turn(&mut self, request: TurnRequest, scope: &mut Scope<'_, Self>) {
        let request = Arc::new(request);
        let (db, sent) = (self.world.db.clone(), Arc::clone(&request));
        let write = async move { db.write("batch.turn", move |txn| turn::take(txn, &sent)).await };
        scope.run(write, move |batch, result, scope| batch.turn_taken(&request, result, scope));
    }

    fn turn_taken(
        &mut self,
        request: &TurnRequest,
        result: Result<TurnResult, StoreError>,
        scope: &mut Scope<'_, Self>,
    ) {
        let turn = match result {
            Ok(turn) => turn,
            Err(error) => return self.turn_failed(request, &error, scope),
        };
        self.world.board.fence(turn.fenced);
        for late in &turn.late {
            log_late(&turn.held, late);
        }
        if !turn.claimed.is_empty() {
            point(Point::ClaimDone);
        }
        self.desk.turn_taken(turn);
        self.go(scope);
    }

    /// Nothing of the turn was done: it is asked for again, reports and all.
    fn turn_failed(&mut self, request: &TurnRequest, error: &StoreError, scope: &mut Scope<'_, Self>) {
        // A disk that fails is logged once, by the writer; a stop, by whoever gave the order.
        if !error.is_of_all_writes() {
            tracing::error!(batch = %self.key, %error, "a batch's turn failed; it is tried again");
        }
        self.desk.turn_failed(request);
        self.when_store_heals(scope, |batch, scope| {
            batch.desk.try_again();
            batch.go(scope);
        });
    }

    /// Does it when the disk takes writes again; after a short pause, if it does already.
    fn when_store_heals(
        &self,
        scope: &mut Scope<'_, Self>,
        then: impl FnOnce(&mut Self, &mut Scope<'_, Self>) + 'static,
    ) {
        scope.after(STORE_RETRY, |batch, scope| {
            let db = batch.world.db.clone();
            scope.run(async move { db.healed().await }, |batch, (), scope| then(batch, scope));
        });
    }

    fn set_alarm(&mut self, at: Micros, scope: &mut Scope<'_, Self>) {
        if self.alarm.as_ref().is_some_and(|(set, _)| *set == at) {
            return;
        }
        if let Some((_, timer)) = self.alarm.take() {
            timer.cancel();
        }
        let delay = Duration::from_micros(at.saturating_sub(clock::now()).max(0) as u64);
        let timer = scope.after(delay, |batch, scope| {
            batch.alarm = None;
            batch.desk.alarm_rang();
            batch.go(scope);
        });
        self.alarm = Some((at, timer));
    }

    fn load(&mut self, scope: &mut Scope<'_, Self>) {
        let (world, key) = (Arc::clone(&self.world), self.key);
        let load = async move {
            let mut after = Some(0);
            while let Some(from) = after {
                after = world.db.write("batch.recover", move |txn| turn::recover(txn, key, from)).await?;
            }
            point(Point::RecoverDone);
            let held = world.db.write("batch.held", move |txn| txn.held(key)).await?;
            let view = world.read(move |conn| batches::view(conn, key)).await?;
            Ok((held, view))
        };
        scope.run(load, |batch, loaded: Result<(Held, BatchView), StoreError>, scope| match loaded {
            Ok((held, view)) => {
                batch.brief = Some(Arc::new(view));
                batch.desk.loaded(held);
                batch.go(scope);
            }
            Err(error) if error.is_of_all_writes() => batch.when_store_heals(scope, Self::load),
            Err(error) => scope.fail(format!("the batch cannot be loaded: {error}")),
        });
    }

    fn deal(&mut self, scope: &mut Scope<'_, Self>) {
        let Some(brief) = self.brief.as_ref().filter(|_| !scope.is_stopping()) else {
            return self.desk.slot_unused();
        };
        let Some((number, items, stop)) = self.desk.deal() else { return };
        let hand = Hand { number, brief: Arc::clone(brief), items };
        let name = format!("item-{}", hand.items.first().map_or(0, |item| item.position));
        let (world, me) = (Arc::clone(&self.world), scope.me());
        let mut parts = Some((hand, stop));
        let spec = ChildSpec::temporary(name).mailbox(16).shutdown_timeout(Duration::from_secs(2));
        scope.spawn_child(spec, move || ItemWorker::new(Arc::clone(&world), me.clone(), parts.take()));
    }
}

fn log_late(held: &Held, late: &LateReport) {
    let LateReport { position, got, held: newest, state } = late;
    tracing::warn!(
        batch = %held.id, item = position, state = state.as_str(),
        generation = got.generation, attempt = got.attempt, epoch = got.epoch,
        newest_generation = newest.generation, newest_attempt = newest.attempt, newest_epoch = newest.epoch,
        "a late report was refused"
    );
}

impl Behaviour for BatchActor {
    const KIND: &'static str = "batch";

    fn started(&mut self, scope: &mut Scope<'_, Self>) {
        let _ = self.supervisor.tell_urgent(BatchUp { batch: self.key });
        scope.every(self.world.heartbeat, |batch, scope| {
            batch.desk.heartbeat_is_due();
            batch.go(scope);
        });
        self.load(scope);
    }
}

impl Drop for BatchActor {
    fn drop(&mut self) {
        self.world.board.left(self.key);
    }
}

impl Receive<SlotGranted> for BatchActor {
    fn receive(&mut self, _: SlotGranted, scope: &mut Scope<'_, Self>) -> Answer<()> {
        self.desk.slot_granted();
        self.deal(scope);
        self.go(scope);
        ().into()
    }
}

impl Receive<HandWorked> for BatchActor {
    fn receive(&mut self, HandWorked(number): HandWorked, scope: &mut Scope<'_, Self>) -> Answer<()> {
        self.desk.hand_worked(number);
        self.go(scope);
        ().into()
    }
}

impl Receive<HandEnded> for BatchActor {
    fn receive(&mut self, ended: HandEnded, scope: &mut Scope<'_, Self>) -> Answer<()> {
        self.desk.hand_ended(ended);
        self.go(scope);
        ().into()
    }
}

impl Receive<ItemStarted> for BatchActor {
    fn receive(&mut self, started: ItemStarted, scope: &mut Scope<'_, Self>) -> Answer<()> {
        self.desk.item_started(started);
        self.go(scope);
        ().into()
    }
}

impl Receive<BatchChanged> for BatchActor {
    fn receive(&mut self, BatchChanged(held): BatchChanged, scope: &mut Scope<'_, Self>) -> Answer<()> {
        self.desk.batch_changed(held);
        self.go(scope);
        ().into()
    }
}

impl Receive<DrainBatch> for BatchActor {
    fn receive(&mut self, order: DrainBatch, scope: &mut Scope<'_, Self>) -> Answer<()> {
        self.desk.halt(if order.interrupt { Halt::Interrupt } else { Halt::Drain });
        self.go(scope);
        ().into()
    }
}
