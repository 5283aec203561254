//! The actor of a batch: as thin as the real one, around the same scheduler and writes.

use super::mail::{Note, Who};
use super::world::{Bug, SECOND, World};
use crate::actors::batch::scheduler::{BatchScheduler, StopMode};
use crate::commands::recover;
use crate::commands::tick::{self, TickRequest};
use quire_domain::ids::{BatchKey, Micros};

pub(super) struct BatchActor {
    pub key: BatchKey,
    pub incarnation: u64,
    /// None while a backoff passes.
    pub life: Option<Life>,
    pub restarts: Vec<Micros>,
}

pub(super) struct Life {
    pub scheduler: BatchScheduler,
    is_loaded: bool,
    alarm: Option<Micros>,
}

const HEARTBEAT: Micros = 15 * SECOND;
/// The most that a scheduler may hold: the claims of a tick, and the items that its chunks bring back.
const DESK_MAX: u32 = 3 + 5 + 2;

/// As short as a person wants it.
impl std::fmt::Debug for BatchActor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let loads = self.life.as_ref().map(|life| (life.is_loaded, life.alarm, life.scheduler.load()));
        write!(f, "of {}: (loaded, alarm, on its desk) {loads:?}", self.key)
    }
}

impl World {
    pub(super) fn tell_batch(&mut self, actor: u64, note: Note) {
        if let Note::Rise = note {
            return self.rise_batch(actor);
        }
        let Some(batch) = self.actors.batches.get_mut(&actor) else { return };
        let (key, Some(life)) = (batch.key, &mut batch.life) else { return };
        match note {
            Note::Slot => {
                life.scheduler.slot_granted();
                match life.is_loaded {
                    true => self.dispatch(actor),
                    false => life.scheduler.slot_unused(),
                }
            }
            Note::Changed(record) => life.scheduler.batch_changed(record),
            Note::DrainBatch { interrupt } => {
                life.scheduler.stop_mode(if interrupt { StopMode::Interrupt } else { StopMode::Drain })
            }
            Note::Started(started) => life.scheduler.item_started(started),
            Note::Worked(number) => life.scheduler.chunk_processed(number),
            Note::Ended(ended) => life.scheduler.chunk_reported(ended),
            Note::TurnDone(_, Ok(tick)) => life.scheduler.tick_finished(tick),
            Note::TurnDone(request, Err(_)) => {
                life.scheduler.tick_failed(&request);
                return self.set(Who::Batch(actor), SECOND, Note::TryAgain);
            }
            Note::TryAgain => life.scheduler.try_again(),
            Note::Alarm(at) if life.alarm == Some(at) => {
                life.alarm = None;
                life.scheduler.alarm_went_off();
            }
            Note::Heartbeat => {
                life.scheduler.heartbeat_is_due();
                self.set(Who::Batch(actor), HEARTBEAT, Note::Heartbeat);
            }
            Note::Recovered(Ok(Some(after))) => return self.recover(actor, key, after),
            Note::Recovered(Ok(None)) => return self.load(actor, key),
            Note::Loaded(Ok(record)) => {
                life.is_loaded = true;
                life.scheduler.loaded(record);
            }
            Note::Recovered(Err(_)) | Note::Loaded(Err(_)) => return self.batch_panics(actor),
            _ => return,
        }
        self.batch_goes_on(actor);
    }

    fn rise_batch(&mut self, actor: u64) {
        let (tuning, incarnation) = (self.tuning, self.rng.u32(..));
        let Some(batch) = self.actors.batches.get_mut(&actor) else { return };
        batch.life = Some(Life { scheduler: BatchScheduler::new(tuning, incarnation), is_loaded: false, alarm: None });
        let key = batch.key;
        self.post(Who::Batch(actor), Who::Supervisor, Note::BatchUp(key));
        self.set(Who::Batch(actor), HEARTBEAT, Note::Heartbeat);
        match self.bug {
            Some(Bug::NoRecovery) => self.load(actor, key),
            _ => self.recover(actor, key, 0),
        }
    }

    fn recover(&mut self, actor: u64, key: BatchKey, after: u32) {
        self.apply(Who::Batch(actor), move |txn| recover::recover(txn, key, after), Note::Recovered);
    }

    fn load(&mut self, actor: u64, key: BatchKey) {
        self.apply(Who::Batch(actor), move |txn| txn.record(key), Note::Loaded);
    }

    fn batch_goes_on(&mut self, actor: u64) {
        let (now, bug, max) = (self.now, self.bug, DESK_MAX * self.tuning.slots * self.tuning.hand_items);
        let Some(batch) = self.actors.batches.get_mut(&actor) else { return };
        let (key, Some(life)) = (batch.key, &mut batch.life) else { return };
        assert!(life.scheduler.load() <= max as usize, "{} items on its desk", life.scheduler.load());
        let Some(effects) = life.scheduler.effects(key, now) else { return };
        let alarm = effects.alarm.filter(|at| life.alarm != Some(*at));
        life.alarm = alarm.or(life.alarm);
        if let Some(tick) = effects.tick {
            self.run_tick(actor, tick);
        }
        if let Some((freed, wanted)) = effects.news {
            let freed = if bug == Some(Bug::SlotsKept) { 0 } else { freed };
            self.post(Who::Batch(actor), Who::Supervisor, Note::Demand { batch: key, freed, wanted });
        }
        if let Some(at) = alarm {
            self.set(Who::Batch(actor), (at - now).max(0), Note::Alarm(at));
        }
        if effects.is_over {
            self.end_batch(actor, false);
        }
    }

    fn run_tick(&mut self, actor: u64, request: TickRequest) {
        let greedy = self.bug == Some(Bug::GreedyClaims);
        let request = TickRequest { claim: if greedy { 10_000 } else { request.claim }, ..request };
        let sent = TickRequest { reports: request.reports.clone(), starts: request.starts.clone(), ..request };
        let answer = move |taken| Note::TurnDone(request, taken);
        self.apply(Who::Batch(actor), move |txn| tick::take(txn, &sent), answer);
    }

    fn dispatch(&mut self, actor: u64) {
        let Some(batch) = self.actors.batches.get_mut(&actor) else { return };
        let dealt = batch.life.as_mut().and_then(|life| life.scheduler.next_chunk());
        if let Some((number, items, stop)) = dealt {
            self.spawn_hand(actor, number, items, stop);
        }
    }

    /// The actor is gone with its address; its parent hears of it.
    pub(super) fn end_batch(&mut self, actor: u64, escalated: bool) {
        self.actors.batches.remove(&actor);
        self.mail.close(Who::Batch(actor));
        self.post(Who::Batch(actor), Who::Supervisor, Note::ChildDown { actor, escalated });
    }
}
