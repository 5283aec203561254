//! Item workers with made-up processes: what they report, and how they end.

use futures_util::FutureExt as _;

use super::mail::{Note, Who};
use super::world::{Bug, SECOND, World};
use crate::actors::item_worker::{ChunkReports, ItemStarted};
use crate::commands::report::{AttemptOutcome, AttemptReport};
use crate::commands::tick::{ClaimedItem, StartReport};
use quire_domain::failure::{Failure, FailureClass, FailureCode};
use quire_domain::ids::Micros;
use quire_worker::SessionStopSignal;

pub(super) struct HandActor {
    pub batch: u64,
    number: u64,
    stop: SessionStopSignal,
    stage: Stage,
    waiting: Vec<ClaimedItem>,
    begun: Vec<ClaimedItem>,
    reports: Vec<AttemptReport>,
    /// Of the first of those begun, once the process has taken it.
    started_at: Option<Micros>,
}

enum Stage {
    /// Waits for a process.
    Lease,
    Work,
    /// The document at work does nothing until a clock ends it.
    Hangs {
        until: Micros,
    },
    /// The results are on their way to the disk.
    Disk,
}

impl World {
    pub(super) fn spawn_hand(&mut self, batch: u64, number: u64, items: Vec<ClaimedItem>, stop: SessionStopSignal) {
        let chunk = self.new_serial();
        let (waiting, begun, reports) = (items, Vec::new(), Vec::new());
        self.actors.chunks.insert(
            chunk,
            HandActor { batch, number, stop, stage: Stage::Lease, waiting, begun, reports, started_at: None },
        );
        self.later(chunk);
    }

    fn later(&mut self, chunk: u64) {
        let due = self.soon() + self.rng.i64(0..20_000);
        self.mail.set(Who::Hand(chunk), 0, due, Note::Go);
    }

    pub(super) fn hand_goes_on(&mut self, chunk: u64) {
        let now = self.now;
        let Some(it) = self.actors.chunks.get_mut(&chunk) else { return };
        let is_stopped = it.stop.wait_for_interrupt().now_or_never().is_some();
        match it.stage {
            Stage::Lease if is_stopped => return self.end_hand(chunk),
            Stage::Lease => {
                it.begun = std::mem::take(&mut it.waiting);
                it.stage = Stage::Work;
            }
            Stage::Hangs { until } if is_stopped || now >= until => {
                let code = if is_stopped { FailureCode::Interrupted } else { FailureCode::TimedOutSilent };
                it.conclude(code, None);
                return self.finish_hand(chunk);
            }
            Stage::Hangs { .. } => {
                let due = self.now + SECOND;
                return self.mail.set(Who::Hand(chunk), 0, due, Note::Go);
            }
            Stage::Work if it.begun.is_empty() => return self.finish_hand(chunk),
            Stage::Work if is_stopped => {
                it.conclude(FailureCode::Interrupted, None);
                return self.finish_hand(chunk);
            }
            Stage::Work => return self.work(chunk),
            Stage::Disk => return self.end_hand(chunk),
        }
        self.later(chunk);
    }

    /// One document; a process that dies takes the rest of the chunk no further.
    fn work(&mut self, chunk: u64) {
        let (roll, micros, now) = (self.rng.u32(0..100), self.rng.u64(1..60_000), self.now);
        let code = FailureCode::ALL[self.rng.usize(0..FailureCode::ALL.len())];
        let artifacts = if self.rng.bool() { vec![self.artifact.clone()] } else { Vec::new() };
        self.take_item(chunk);
        let Some(it) = self.actors.chunks.get_mut(&chunk) else { return };
        match roll {
            _ if self.course.is_calm && roll < 90 => it.succeed(artifacts, micros),
            _ if self.course.is_calm => it.conclude(FailureCode::Damaged, Some(micros)),
            0..70 => it.succeed(artifacts, micros),
            70..75 => it.stage = Stage::Hangs { until: now + 30 * SECOND },
            _ => {
                it.conclude(code, Some(micros));
                if matches!(code.class(), FailureClass::Crash | FailureClass::Timeout) {
                    return self.finish_hand(chunk);
                }
            }
        }
        self.later(chunk);
    }

    /// The process takes the next document; the batch hears of it sometimes, and then perhaps after its end.
    fn take_item(&mut self, chunk: u64) {
        let (now, is_told) = (self.now, self.rng.u32(0..100) < 40);
        let Some(it) = self.actors.chunks.get_mut(&chunk).filter(|it| it.started_at.is_none()) else { return };
        it.started_at = Some(now);
        let (batch, number) = (it.batch, it.number);
        if let Some(item) = it.begun.first().filter(|_| is_told) {
            let start = StartReport { position: item.position, fence: item.fence, at: now };
            self.post(Who::Hand(chunk), Who::Batch(batch), Note::Started(ItemStarted { number, start }));
        }
    }

    /// An item that was begun and not reported by now has not been started.
    fn finish_hand(&mut self, chunk: u64) {
        let Some(it) = self.actors.chunks.get_mut(&chunk) else { return };
        it.waiting.splice(0..0, std::mem::take(&mut it.begun));
        it.stage = Stage::Disk;
        let (batch, number) = (it.batch, it.number);
        if it.reports.iter().any(AttemptReport::has_artifacts) {
            self.post(Who::Hand(chunk), Who::Batch(batch), Note::Worked(number));
        }
        self.later(chunk);
    }

    /// However it ends, its guard says what became of its items.
    pub(super) fn end_hand(&mut self, chunk: u64) {
        let Some(it) = self.actors.chunks.remove(&chunk) else { return };
        let ended = ChunkReports::from_broken_off_chunk(it.number, it.reports, it.begun, it.waiting, it.started_at);
        if self.actors.batches.contains_key(&it.batch) {
            self.post(Who::Hand(chunk), Who::Batch(it.batch), Note::Ended(ended));
        }
    }

    pub(super) fn hand_panics(&mut self, chunk: u64) {
        match self.bug {
            Some(Bug::NoGuard) => drop(self.actors.chunks.remove(&chunk)),
            _ => self.end_hand(chunk),
        }
    }
}

impl HandActor {
    fn succeed(&mut self, artifacts: Vec<quire_store::artifacts::NewArtifact>, micros: u64) {
        self.report(AttemptOutcome::Succeeded { summary: None, artifacts }, Some(micros));
    }

    fn conclude(&mut self, code: FailureCode, micros: Option<u64>) {
        let outcome = match code {
            FailureCode::Interrupted => AttemptOutcome::Stopped,
            code => AttemptOutcome::Failed(Failure::new(code, "as the dice fell")),
        };
        self.report(outcome, micros);
    }

    fn report(&mut self, outcome: AttemptOutcome, work_micros: Option<u64>) {
        if !self.begun.is_empty() {
            let item = self.begun.remove(0);
            let started_at = self.started_at.take();
            self.reports.push(AttemptReport { started_at, work_micros, ..item.unstarted_report(outcome) });
        }
    }
}

impl AttemptReport {
    fn has_artifacts(&self) -> bool {
        matches!(&self.outcome, AttemptOutcome::Succeeded { artifacts, .. } if !artifacts.is_empty())
    }
}
