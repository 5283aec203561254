//! What lies on a batch's desk: items ready to go, hands that are out, reports to be settled. No actor, no clock.

mod turns;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::pace::Pace;
use crate::actors::item_worker::{Fate, HandEnded, ItemReport, ItemStarted};
use crate::domain::batch::{Control, PauseMode};
use crate::domain::ids::Micros;
use crate::domain::item::Yielded;
use crate::store::turn::{ClaimedItem, End, Report, Start};
use crate::store::txn::Held;
use crate::worker::{StopHandle, StopSignal};

/// Numbers that do not change while the server runs.
#[derive(Debug, Clone, Copy)]
pub struct Tuning {
    pub slots: u32,
    /// Items of one claim at most.
    pub claim_items: u32,
    /// Items of one hand at most: no more than a claim, and no more than a worker process may take in its life.
    pub hand_items: u32,
    /// Wall time that the items of one hand should take together.
    pub hand_target: Duration,
    /// An item that is at work for longer is written down as running; the start of a quicker one comes with its end.
    pub start_told_after: Duration,
}

/// How far the server wants the batch to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Halt {
    No,
    /// What runs may finish.
    Drain,
    Interrupt,
}

pub struct Desk {
    tuning: Tuning,
    held: Option<Held>,
    ready: VecDeque<ClaimedItem>,
    hands: BTreeMap<u64, HandOut>,
    next_hand: u64,
    reports: Vec<Report>,
    /// Of items at work, not written yet.
    starts: Vec<Start>,
    /// There was no room for some of them.
    is_held_back: bool,
    held_back_until: Option<Micros>,
    pace: Pace,
    halt: Halt,
    slots_held: u32,
    slots_freed: u32,
    /// What the supervisor knows of the slots wanted; none when it has to be said again.
    wanted_told: Option<u32>,
    next_backoff: Option<Micros>,
    is_turn_under_way: bool,
    is_alarm_due: bool,
    is_heartbeat_due: bool,
}

/// A hand that an item worker has.
struct HandOut {
    stop: StopHandle,
    /// The items of it whose start was told.
    started: Vec<u32>,
    /// Its process is free again; only its results are still on their way to the disk.
    is_worked: bool,
}

/// Hands that may be on their way to the disk for each slot; a slow disk holds slots back beyond that.
const WORKED_PER_SLOT: usize = 4;

impl Desk {
    pub fn new(tuning: Tuning, incarnation: u32) -> Self {
        Self {
            pace: Pace::new(tuning.hand_target, tuning.hand_items),
            tuning,
            held: None,
            ready: VecDeque::new(),
            hands: BTreeMap::new(),
            // Hands of an earlier incarnation must not be taken for this one's.
            next_hand: u64::from(incarnation) << 32,
            reports: Vec::new(),
            starts: Vec::new(),
            is_held_back: false,
            held_back_until: None,
            halt: Halt::No,
            slots_held: 0,
            slots_freed: 0,
            wanted_told: Some(0),
            next_backoff: None,
            is_turn_under_way: false,
            is_alarm_due: false,
            is_heartbeat_due: false,
        }
    }

    pub fn held(&self) -> Option<Held> {
        self.held
    }

    /// Somebody else changed the batch; before it is loaded, that is of no interest.
    pub fn batch_changed(&mut self, held: Held) {
        if self.held.is_some() {
            self.adopt(held);
        }
    }

    /// The batch as it is at the beginning. When its next backoff is over only a turn tells.
    pub fn loaded(&mut self, held: Held) {
        self.adopt(held);
        self.is_alarm_due |= held.batch.counts.retry_wait > 0;
    }

    /// Takes over what was committed, unless something newer is known.
    fn adopt(&mut self, held: Held) {
        if self.held.is_none_or(|known| known.rev <= held.rev) {
            self.held = Some(held);
        }
    }

    pub fn halt(&mut self, halt: Halt) {
        self.halt = self.halt.max(halt);
    }

    pub fn slot_granted(&mut self) {
        self.slots_held += 1;
        self.wanted_told = self.wanted_told.map(|told| told.saturating_sub(1));
    }

    pub fn slot_unused(&mut self) {
        self.slots_held = self.slots_held.saturating_sub(1);
        self.slots_freed += 1;
    }

    /// The next hand, for a slot that was granted; without one the slot goes back.
    pub fn deal(&mut self) -> Option<(u64, Vec<ClaimedItem>, StopSignal)> {
        let count = self.ready.len().min(self.fair_hand());
        if count == 0 || self.must_return_ready() {
            self.slot_unused();
            return None;
        }
        let items = self.ready.drain(..count).collect();
        let (stop, signal) = StopHandle::new();
        self.next_hand += 1;
        self.hands.insert(self.next_hand, HandOut { stop, started: Vec::new(), is_worked: false });
        Some((self.next_hand, items, signal))
    }

    /// The slot goes back while the results are being made durable.
    pub fn hand_worked(&mut self, number: u64) {
        let worked = self.hands.values().filter(|hand| hand.is_worked).count();
        if worked >= WORKED_PER_SLOT * self.tuning.slots as usize {
            return;
        }
        if let Some(hand) = self.hands.get_mut(&number)
            && !std::mem::replace(&mut hand.is_worked, true)
        {
            self.slot_unused();
        }
    }

    pub fn hand_ended(&mut self, ended: HandEnded) {
        let Some(hand) = self.hands.remove(&ended.number) else { return };
        if !hand.is_worked {
            self.slot_unused();
        }
        let (told, not_started): (Vec<_>, Vec<_>) =
            ended.not_started.into_iter().partition(|item| hand.started.contains(&item.position));
        for item in not_started.into_iter().rev() {
            self.ready.push_front(item);
        }
        // Perhaps it is written already that they run.
        self.reports.extend(told.iter().map(|item| bare_report(item, End::Yielded(Yielded::NotStarted))));
        for report in ended.reports {
            let report = self.translate(report);
            self.reports.push(report);
        }
    }

    pub fn item_started(&mut self, started: ItemStarted) {
        if let Some(hand) = self.hands.get_mut(&started.number) {
            hand.started.push(started.start.position);
            self.starts.push(started.start);
        }
    }

    fn wanted(&self) -> u32 {
        if self.must_return_ready() {
            return 0;
        }
        let hand = self.pace.hand().max(1);
        (self.ready.len() as u32).div_ceil(hand).min(self.tuning.slots)
    }

    /// A hand leaves something for the other slots when little is ready.
    fn fair_hand(&self) -> usize {
        let share = (self.ready.len() as u32).div_ceil(self.tuning.slots.max(1)).max(1);
        self.pace.hand().min(share.max(self.pace.hand() / 2)) as usize
    }

    fn must_return_ready(&self) -> bool {
        let stopped = self.held.is_some_and(|held| {
            let batch = &held.batch;
            batch.control != Control::Run || batch.halted || batch.deadline_hit
        });
        stopped || self.halt > Halt::No
    }

    fn must_interrupt(&self) -> bool {
        let stopped = self.held.is_some_and(|held| {
            let batch = &held.batch;
            let interrupted = batch.control == Control::Paused && batch.pause_mode == PauseMode::Interrupt;
            batch.control == Control::Cancelled || batch.deadline_hit || interrupted
        });
        stopped || self.halt == Halt::Interrupt
    }

    fn end_of_unstarted(&self) -> End {
        match self.held.map(|held| held.batch.control) {
            Some(Control::Cancelled) => End::Stopped,
            Some(Control::Paused) => End::Yielded(Yielded::Paused),
            _ if self.halt > Halt::No => End::Yielded(Yielded::Drained),
            _ => End::Yielded(Yielded::NotStarted),
        }
    }

    fn translate(&mut self, report: ItemReport) -> Report {
        if let Some(micros) = report.work_micros {
            self.pace.saw(micros);
        }
        let end = match report.fate {
            Fate::Succeeded { summary, artifacts } => End::Succeeded { summary, artifacts },
            Fate::Failed(failure) => End::Failed(failure),
            Fate::Interrupted => self.end_of_unstarted(),
            Fate::Unstored => End::Yielded(Yielded::Unstored),
        };
        Report {
            position: report.position,
            fence: report.fence,
            end,
            started_at: report.started_at,
            worker_pid: report.worker_pid,
            work_micros: report.work_micros,
            peak_memory_bytes: report.peak_memory_bytes,
        }
    }
}

fn bare_report(item: &ClaimedItem, end: End) -> Report {
    Report {
        position: item.position,
        fence: item.fence,
        end,
        started_at: None,
        worker_pid: None,
        work_micros: None,
        peak_memory_bytes: None,
    }
}
