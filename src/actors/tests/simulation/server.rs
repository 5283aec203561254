//! The actors of the server: as thin as the real ones, around the same admission, schedulers and writes.

use std::collections::BTreeMap;

use super::mail::{Note, Pending, Who};
use super::world::{Bug, SECOND, World};
use crate::actors::admission::{Admission, SCAN_PAGE};
use crate::actors::batch::scheduler::{BatchScheduler, StopMode};
use crate::commands::recover;
use crate::commands::tick::{self, TickRequest};
use quire_domain::ids::{BatchKey, Micros};
use quire_store::write::Write;

#[derive(Debug)]
pub(super) struct Supervisor {
    pub admission: Admission,
    pub actors: BTreeMap<BatchKey, u64>,
    is_scan_under_way: bool,
}

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

pub(super) struct Db {
    pub is_up: bool,
    pub incarnation: u64,
    group_max: usize,
    pub waiting: Vec<Pending>,
}

impl Db {
    pub(super) fn new(group_max: usize) -> Self {
        Self { is_up: true, incarnation: 0, group_max, waiting: Vec::new() }
    }
}

const MAX_ACTIVE: u32 = 3;
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
    pub(super) fn start_server(&mut self) {
        self.course.boot += 1;
        while self.store.write(recover::recover_running).unwrap() {}
        self.rise_supervisor();
    }

    pub(super) fn rise_supervisor(&mut self) {
        self.actors.incarnation += 1;
        let admission = Admission::new(self.tuning.slots, MAX_ACTIVE);
        self.actors.supervisor = Some(Supervisor { admission, actors: BTreeMap::new(), is_scan_under_way: false });
        self.set(Who::Supervisor, SECOND, Note::ScanDue);
        self.scan();
    }

    fn set(&mut self, to: Who, delay: Micros, note: Note) {
        let incarnation = match to {
            Who::Supervisor => self.actors.incarnation,
            Who::Batch(actor) => self.actors.batches[&actor].incarnation,
            Who::Db => self.db.incarnation,
            Who::Users | Who::Hand(_) | Who::Alone(_) => 0,
        };
        self.mail.set(to, incarnation, self.now + delay, note);
    }

    // The supervisor.

    pub(super) fn tell_supervisor(&mut self, note: Note) {
        if let Note::Rise = note {
            return self.rise_supervisor();
        }
        let now = self.now;
        let Some(supervisor) = &mut self.actors.supervisor else { return };
        match note {
            Note::Attend(record) => match supervisor.actors.get(&record.key).copied() {
                Some(actor) => self.post(Who::Supervisor, Who::Batch(actor), Note::Changed(record)),
                None if supervisor.admission.admit(&record, now) => self.spawn_batch(record.key),
                None => {}
            },
            Note::Demand { batch, freed, wanted } => {
                supervisor.admission.demand(batch, freed, wanted);
                self.grant();
            }
            Note::BatchUp(batch) => {
                supervisor.admission.up(batch);
                self.grant();
            }
            Note::ChildDown { actor, escalated } => self.batch_is_down(actor, escalated),
            Note::ScanDue => {
                self.set(Who::Supervisor, SECOND, Note::ScanDue);
                self.scan();
            }
            Note::Scanned(page) => {
                supervisor.is_scan_under_way = false;
                let (admitted, goes_on) = supervisor.admission.scanned(&page, now);
                admitted.into_iter().for_each(|key| self.spawn_batch(key));
                if goes_on {
                    self.scan();
                }
            }
            Note::Drain | Note::InterruptAll => {
                supervisor.admission.drain();
                let interrupt = matches!(note, Note::InterruptAll);
                for actor in supervisor.actors.values().copied().collect::<Vec<_>>() {
                    self.post(Who::Supervisor, Who::Batch(actor), Note::DrainBatch { interrupt });
                }
            }
            Note::GaveUp(batch, Ok(true)) => self.give_up(batch),
            _ => {}
        }
    }

    fn scan(&mut self) {
        let Some(supervisor) = &mut self.actors.supervisor else { return };
        let Some(after) = supervisor.admission.next_scan().filter(|_| !supervisor.is_scan_under_way) else { return };
        supervisor.is_scan_under_way = true;
        let page = self.store.read(|snapshot| snapshot.live_batches(after, SCAN_PAGE)).unwrap();
        let delay = self.soon() - self.now;
        self.set(Who::Supervisor, delay, Note::Scanned(page));
    }

    fn grant(&mut self) {
        while let Some(supervisor) = &mut self.actors.supervisor
            && let Some(key) = supervisor.admission.grant()
        {
            match supervisor.actors.get(&key).copied() {
                Some(actor) => self.post(Who::Supervisor, Who::Batch(actor), Note::Slot),
                None => supervisor.admission.grant_lost(key),
            }
        }
    }

    fn spawn_batch(&mut self, key: BatchKey) {
        let actor = self.new_serial();
        if let Some(supervisor) = &mut self.actors.supervisor {
            supervisor.actors.insert(key, actor);
        }
        self.actors.batches.insert(actor, BatchActor { key, incarnation: 0, life: None, restarts: Vec::new() });
        self.set(Who::Batch(actor), 0, Note::Rise);
    }

    fn batch_is_down(&mut self, actor: u64, escalated: bool) {
        let Some(supervisor) = &mut self.actors.supervisor else { return };
        let Some(key) = supervisor.actors.iter().find(|(_, of)| **of == actor).map(|(key, _)| *key) else { return };
        supervisor.actors.remove(&key);
        supervisor.admission.down(key);
        if escalated {
            self.give_up(key);
        }
        self.grant();
        self.scan();
    }

    fn give_up(&mut self, key: BatchKey) {
        self.apply(Who::Supervisor, move |txn| recover::give_up(txn, key), move |ended| Note::GaveUp(key, ended));
    }

    // A batch.

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

    // The writer.

    pub(super) fn tell_db(&mut self, note: Note) {
        match note {
            Note::Apply(pending) => {
                self.db.waiting.push(pending);
                if self.db.waiting.len() >= self.db.group_max {
                    self.flush();
                } else if self.db.waiting.len() == 1 {
                    let delay = self.soon() - self.now;
                    self.set(Who::Db, delay, Note::Flush);
                }
            }
            Note::Flush => self.flush(),
            Note::Rise => self.db.is_up = true,
            _ => {}
        }
    }

    fn flush(&mut self) {
        let pending = std::mem::take(&mut self.db.waiting);
        if pending.is_empty() {
            return;
        }
        let split = |Pending { write, to, incarnation, answer }| (write, (to, incarnation, answer));
        let (writes, senders): (Vec<Box<dyn Write>>, Vec<_>) = pending.into_iter().map(split).unzip();
        self.store.now = self.now;
        self.store.commit(writes).unwrap();
        self.now = self.store.now;
        for (to, incarnation, answer) in senders {
            let due = self.soon();
            self.mail.set(to, incarnation, due, answer());
        }
    }
}
