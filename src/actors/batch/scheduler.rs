//! Scheduler of one batch: items ready to start, chunks in flight, reports to be written, and the effects that follow
//! from them: the next tick, the message to the supervisor, the next alarm. No actor, no clock.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::chunk_sizer::ChunkSizer;
use crate::actors::item_worker::{ChunkReports, ItemStarted};
use crate::commands::report::{AttemptOutcome, AttemptReport};
use crate::commands::tick::{ClaimedItem, StartReport, TickRequest, TickResult};
use quire_domain::batch::{BatchControl, PauseMode};
use quire_domain::ids::{BatchKey, Micros};
use quire_domain::item::YieldReason;
use quire_store::batches::BatchRecord;
use quire_worker::{SessionStopHandle, SessionStopSignal};

/// Numbers that do not change while the server runs.
#[derive(Debug, Clone, Copy)]
pub struct SchedulerSettings {
    pub slots: u32,
    /// Items of one claim at most.
    pub claim_items: u32,
    /// Items of one chunk at most: no more than a claim, and no more than a worker process may take in its life.
    pub hand_items: u32,
    /// Wall time that the items of one chunk should take together.
    pub hand_target: Duration,
    /// An item that is at work for longer is written down as running; the start of a quicker one comes with its end.
    pub start_told_after: Duration,
}

/// Way in which the server wants the batch to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StopMode {
    No,
    /// Running items may finish.
    Drain,
    Interrupt,
}

pub(crate) struct BatchScheduler {
    tuning: SchedulerSettings,
    record: Option<BatchRecord>,
    ready: VecDeque<ClaimedItem>,
    chunks: BTreeMap<u64, ChunkInFlight>,
    next_chunk_number: u64,
    reports: Vec<AttemptReport>,
    /// Of items at work, not written yet.
    starts: Vec<StartReport>,
    /// There was no room for some of them.
    is_held_back: bool,
    held_back_until: Option<Micros>,
    pace: ChunkSizer,
    stop_mode: StopMode,
    slots_held: u32,
    slots_freed: u32,
    /// Slots wanted that the supervisor was told of; none when it has to be told again.
    wanted_sent: Option<u32>,
    next_backoff: Option<Micros>,
    is_tick_running: bool,
    is_alarm_due: bool,
    is_heartbeat_due: bool,
}

/// A chunk that an item worker has.
struct ChunkInFlight {
    stop: SessionStopHandle,
    /// The items of it whose start was told.
    started: Vec<u32>,
    /// Its process is free again; only its results are still on their way to the disk.
    is_processed: bool,
}

/// Hands that may be on their way to the disk for each slot; a slow disk holds slots back beyond that.
const PROCESSED_PER_SLOT: usize = 4;

impl BatchScheduler {
    pub(crate) fn new(tuning: SchedulerSettings, incarnation: u32) -> Self {
        Self {
            pace: ChunkSizer::new(tuning.hand_target, tuning.hand_items),
            tuning,
            record: None,
            ready: VecDeque::new(),
            chunks: BTreeMap::new(),
            // Hands of an earlier incarnation must not be taken for this one's.
            next_chunk_number: u64::from(incarnation) << 32,
            reports: Vec::new(),
            starts: Vec::new(),
            is_held_back: false,
            held_back_until: None,
            stop_mode: StopMode::No,
            slots_held: 0,
            slots_freed: 0,
            wanted_sent: Some(0),
            next_backoff: None,
            is_tick_running: false,
            is_alarm_due: false,
            is_heartbeat_due: false,
        }
    }

    pub(crate) fn record(&self) -> Option<BatchRecord> {
        self.record
    }

    /// Somebody else changed the batch; before it is loaded, that is of no interest.
    pub(crate) fn batch_changed(&mut self, record: BatchRecord) {
        if self.record.is_some() {
            self.put_batch(record);
        }
    }

    /// The batch as it is at the beginning. When its next backoff is over only a tick tells.
    pub(crate) fn loaded(&mut self, record: BatchRecord) {
        self.put_batch(record);
        self.is_alarm_due |= record.batch.counts.retry_wait > 0;
    }

    /// Takes over what was committed, unless something newer is known.
    fn put_batch(&mut self, record: BatchRecord) {
        if self.record.is_none_or(|known| known.rev <= record.rev) {
            self.record = Some(record);
        }
    }

    pub(crate) fn stop_mode(&mut self, stop_mode: StopMode) {
        self.stop_mode = self.stop_mode.max(stop_mode);
    }

    pub(crate) fn slot_granted(&mut self) {
        self.slots_held += 1;
        self.wanted_sent = self.wanted_sent.map(|told| told.saturating_sub(1));
    }

    pub(crate) fn slot_unused(&mut self) {
        self.slots_held = self.slots_held.saturating_sub(1);
        self.slots_freed += 1;
    }

    /// The next chunk, for a slot that was granted; without one the slot goes back.
    pub(crate) fn next_chunk(&mut self) -> Option<(u64, Vec<ClaimedItem>, SessionStopSignal)> {
        let count = self.ready.len().min(self.fair_chunk_len());
        if count == 0 || self.must_return_ready() {
            self.slot_unused();
            return None;
        }
        let items = self.ready.drain(..count).collect();
        let (stop, signal) = SessionStopHandle::new();
        self.next_chunk_number += 1;
        self.chunks.insert(self.next_chunk_number, ChunkInFlight { stop, started: Vec::new(), is_processed: false });
        Some((self.next_chunk_number, items, signal))
    }

    /// The slot goes back while the results are being made durable.
    pub(crate) fn chunk_processed(&mut self, number: u64) {
        let worked = self.chunks.values().filter(|chunk| chunk.is_processed).count();
        if worked >= PROCESSED_PER_SLOT * self.tuning.slots as usize {
            return;
        }
        if let Some(chunk) = self.chunks.get_mut(&number)
            && !std::mem::replace(&mut chunk.is_processed, true)
        {
            self.slot_unused();
        }
    }

    pub(crate) fn chunk_reported(&mut self, ended: ChunkReports) {
        let Some(chunk) = self.chunks.remove(&ended.number) else { return };
        if !chunk.is_processed {
            self.slot_unused();
        }
        let (told, not_started): (Vec<_>, Vec<_>) =
            ended.not_started.into_iter().partition(|item| chunk.started.contains(&item.position));
        for item in not_started.into_iter().rev() {
            self.ready.push_front(item);
        }
        // Perhaps it is written already that they run.
        self.reports
            .extend(told.iter().map(|item| item.unstarted_report(AttemptOutcome::Yielded(YieldReason::NotStarted))));
        ended.reports.into_iter().for_each(|report| self.add_report(report));
    }

    pub(crate) fn item_started(&mut self, started: ItemStarted) {
        if let Some(chunk) = self.chunks.get_mut(&started.number) {
            chunk.started.push(started.start.position);
            self.starts.push(started.start);
        }
    }

    fn wanted(&self) -> u32 {
        if self.must_return_ready() {
            return 0;
        }
        let chunk = self.pace.chunk().max(1);
        (self.ready.len() as u32).div_ceil(chunk).min(self.tuning.slots)
    }

    /// A chunk leaves something for the other slots when little is ready.
    fn fair_chunk_len(&self) -> usize {
        let share = (self.ready.len() as u32).div_ceil(self.tuning.slots.max(1)).max(1);
        self.pace.chunk().min(share.max(self.pace.chunk() / 2)) as usize
    }

    fn must_return_ready(&self) -> bool {
        let stopped = self.record.is_some_and(|record| {
            let batch = &record.batch;
            batch.control != BatchControl::Run || batch.halted || batch.deadline_hit
        });
        stopped || self.stop_mode > StopMode::No
    }

    fn must_interrupt(&self) -> bool {
        let stopped = self.record.is_some_and(|record| {
            let batch = &record.batch;
            let interrupted = batch.control == BatchControl::Paused && batch.pause_mode == PauseMode::Interrupt;
            batch.control == BatchControl::Cancelled || batch.deadline_hit || interrupted
        });
        stopped || self.stop_mode == StopMode::Interrupt
    }

    fn end_of_unstarted(&self) -> AttemptOutcome {
        match self.record.map(|record| record.batch.control) {
            Some(BatchControl::Cancelled) => AttemptOutcome::Stopped,
            Some(BatchControl::Paused) => AttemptOutcome::Yielded(YieldReason::Paused),
            _ if self.stop_mode > StopMode::No => AttemptOutcome::Yielded(YieldReason::Drained),
            _ => AttemptOutcome::Yielded(YieldReason::NotStarted),
        }
    }

    fn add_report(&mut self, mut report: AttemptReport) {
        if let Some(micros) = report.work_micros {
            self.pace.saw(micros);
        }
        // The item worker does not know why it was stopped.
        if matches!(report.outcome, AttemptOutcome::Stopped) {
            report.outcome = self.end_of_unstarted();
        }
        self.reports.push(report);
    }
}

/// To be carried out in this order.
#[derive(Debug)]
pub(crate) struct BatchEffects {
    /// The one write under way; its answer comes back as [`BatchScheduler::tick_finished`] or
    /// [`BatchScheduler::tick_failed`].
    pub tick: Option<TickRequest>,
    /// Slots given back and slots wanted, when the supervisor does not know yet.
    pub news: Option<(u32, u32)>,
    /// When to look again though nothing happens.
    pub alarm: Option<Micros>,
    /// Nothing is left to do or to wait for here.
    pub is_over: bool,
}

/// When a start for which there was no room is tried again, unless another tick comes before: the end that makes room
/// is on its way to the disk.
const ROOM_AGAIN_MICROS: Micros = 20_000;

impl BatchScheduler {
    /// Looks at everything once; asked for after every change. None before the batch is loaded.
    pub(crate) fn effects(&mut self, batch: BatchKey, now: Micros) -> Option<BatchEffects> {
        let record = self.record?;
        self.apply_control();
        if self.is_held_back {
            self.held_back_until.get_or_insert(now + ROOM_AGAIN_MICROS);
        }
        Some(BatchEffects {
            tick: self.next_tick(batch, &record, now),
            news: self.supervisor_update(),
            // An alarm that is over would ring again and again until the tick under way comes back.
            alarm: self.next_alarm(&record, now).filter(|_| !self.is_tick_running),
            is_over: !self.is_tick_running && self.is_quiet(now),
        })
    }

    pub(crate) fn tick_finished(&mut self, tick: TickResult) {
        self.is_tick_running = false;
        self.put_batch(tick.record);
        self.ready.extend(tick.claimed);
        self.is_held_back = !tick.held_back.is_empty();
        self.starts.extend(tick.held_back);
        self.next_backoff = tick.next_backoff;
    }

    /// Nothing of the tick was done. No other is taken until [`BatchScheduler::try_again`].
    pub(crate) fn tick_failed(&mut self, request: &TickRequest) {
        self.reports.splice(0..0, request.reports.iter().cloned());
        self.starts.splice(0..0, request.starts.iter().copied());
        self.is_heartbeat_due |= request.heartbeat;
    }

    pub(crate) fn try_again(&mut self) {
        self.is_tick_running = false;
        self.is_alarm_due = true;
    }

    pub(crate) fn alarm_went_off(&mut self) {
        self.is_alarm_due = true;
    }

    /// The demand is said again as well: a supervisor that has forgotten it would never grant another slot.
    pub(crate) fn heartbeat_is_due(&mut self) {
        self.is_heartbeat_due = true;
        self.wanted_sent = None;
    }

    /// Claimed items and reports that are held in memory here.
    #[cfg(test)]
    pub(crate) fn load(&self) -> usize {
        self.ready.len() + self.reports.len()
    }

    /// Does what the user's and the server's wishes ask of claimed items.
    fn apply_control(&mut self) {
        if self.must_return_ready() {
            for item in std::mem::take(&mut self.ready) {
                self.reports.push(item.unstarted_report(self.end_of_unstarted()));
            }
        }
        if self.must_interrupt() {
            self.chunks.values().for_each(|chunk| chunk.stop.interrupt());
        }
    }

    fn next_tick(&mut self, batch: BatchKey, record: &BatchRecord, now: Micros) -> Option<TickRequest> {
        let claim = self.claim(record, now);
        let is_due = !self.reports.is_empty()
            || !self.starts.is_empty() && !self.is_held_back
            || claim > 0
            || record.batch.due_sweep().is_some()
            || record.batch.is_finalizable()
            || self.is_alarm_due
            || self.is_heartbeat_due;
        if self.is_tick_running || !is_due {
            return None;
        }
        self.is_tick_running = true;
        self.is_alarm_due = false;
        let heartbeat = std::mem::take(&mut self.is_heartbeat_due);
        (self.is_held_back, self.held_back_until) = (false, None);
        let (reports, starts) = (std::mem::take(&mut self.reports), std::mem::take(&mut self.starts));
        Some(TickRequest { batch, reports, starts, claim, claim_items: self.tuning.claim_items, heartbeat })
    }

    /// Number of items to claim now: whole claims while items are quick.
    fn claim(&self, record: &BatchRecord, now: Micros) -> u32 {
        if self.stop_mode > StopMode::No || record.batch.unclaimed_items() == 0 || !record.batch.may_start_items(now) {
            return 0;
        }
        self.pace.claim(self.ready.len() as u32, self.tuning.slots)
    }

    fn supervisor_update(&mut self) -> Option<(u32, u32)> {
        let wanted = self.wanted();
        let freed = std::mem::take(&mut self.slots_freed);
        if freed == 0 && self.wanted_sent == Some(wanted) {
            return None;
        }
        self.wanted_sent = Some(wanted);
        Some((freed, wanted))
    }

    fn next_alarm(&self, record: &BatchRecord, now: Micros) -> Option<Micros> {
        let batch = &record.batch;
        let backoff = self.next_backoff.filter(|_| batch.control == BatchControl::Run && batch.counts.retry_wait > 0);
        let deadline = batch.deadline.filter(|_| !batch.deadline_hit && !batch.is_ended());
        let start = batch.not_before.filter(|at| *at > now);
        [backoff, deadline, start, self.held_back_until].into_iter().flatten().min()
    }

    fn is_quiet(&self, now: Micros) -> bool {
        let Some(record) = &self.record else { return false };
        let batch = &record.batch;
        let is_empty = self.chunks.is_empty() && self.ready.is_empty() && self.reports.is_empty();
        let can_claim = batch.unclaimed_items() > 0 && batch.may_start_items(now);
        let has_work = can_claim || batch.due_sweep().is_some() || batch.is_finalizable();
        let waits = self.next_alarm(record, now).is_some();
        is_empty && self.slots_held == 0 && (self.stop_mode > StopMode::No || !(has_work || waits))
    }
}
