//! What follows from all that lies on the desk: the next turn, what the supervisor has to hear, when to look again.

use super::{Desk, Halt, bare_report};
use crate::domain::batch::Control;
use crate::domain::ids::{BatchKey, Micros};
use crate::store::turn::{TurnRequest, TurnResult};
use crate::store::txn::Held;

/// To be carried out in this order.
#[derive(Debug)]
pub struct Errands {
    /// The one write under way; its answer comes back as [`Desk::turn_taken`] or [`Desk::turn_failed`].
    pub turn: Option<TurnRequest>,
    /// Slots given back and slots wanted, when the supervisor does not know yet.
    pub news: Option<(u32, u32)>,
    /// When to look again though nothing happens.
    pub alarm: Option<Micros>,
    /// Nothing is left to do or to wait for here.
    pub is_over: bool,
}

/// When a start for which there was no room is tried again, unless another turn comes before: the end that makes room
/// is on its way to the disk.
const ROOM_AGAIN_MICROS: Micros = 20_000;

impl Desk {
    /// Looks at everything once; asked for after every change. None before the batch is loaded.
    pub fn errands(&mut self, batch: BatchKey, now: Micros) -> Option<Errands> {
        let held = self.held?;
        self.obey();
        if self.is_held_back {
            self.held_back_until.get_or_insert(now + ROOM_AGAIN_MICROS);
        }
        Some(Errands {
            turn: self.next_turn(batch, &held, now),
            news: self.news_for_supervisor(),
            // An alarm that is over would ring again and again until the turn under way comes back.
            alarm: self.next_alarm(&held, now).filter(|_| !self.is_turn_under_way),
            is_over: !self.is_turn_under_way && self.is_quiet(now),
        })
    }

    pub fn turn_taken(&mut self, turn: TurnResult) {
        self.is_turn_under_way = false;
        self.adopt(turn.held);
        self.ready.extend(turn.claimed);
        self.is_held_back = !turn.held_back.is_empty();
        self.starts.extend(turn.held_back);
        self.next_backoff = turn.next_backoff;
    }

    /// Nothing of the turn was done. No other is taken until [`Desk::try_again`].
    pub fn turn_failed(&mut self, request: &TurnRequest) {
        self.reports.splice(0..0, request.reports.iter().cloned());
        self.starts.splice(0..0, request.starts.iter().copied());
        self.is_heartbeat_due |= request.heartbeat;
    }

    pub fn try_again(&mut self) {
        self.is_turn_under_way = false;
        self.is_alarm_due = true;
    }

    pub fn alarm_rang(&mut self) {
        self.is_alarm_due = true;
    }

    /// The demand is said again as well: a supervisor that has forgotten it would never grant another slot.
    pub fn heartbeat_is_due(&mut self) {
        self.is_heartbeat_due = true;
        self.wanted_told = None;
    }

    /// Claimed items and reports that are held in memory here.
    #[cfg(test)]
    pub fn load(&self) -> usize {
        self.ready.len() + self.reports.len()
    }

    /// Does what the user's and the server's wishes ask of claimed items.
    fn obey(&mut self) {
        if self.must_return_ready() {
            for item in std::mem::take(&mut self.ready) {
                self.reports.push(bare_report(&item, self.end_of_unstarted()));
            }
        }
        if self.must_interrupt() {
            self.hands.values().for_each(|hand| hand.stop.interrupt());
        }
    }

    fn next_turn(&mut self, batch: BatchKey, held: &Held, now: Micros) -> Option<TurnRequest> {
        let claim = self.claim(held, now);
        let is_due = !self.reports.is_empty()
            || !self.starts.is_empty() && !self.is_held_back
            || claim > 0
            || held.batch.due_sweep().is_some()
            || held.batch.is_finalizable()
            || self.is_alarm_due
            || self.is_heartbeat_due;
        if self.is_turn_under_way || !is_due {
            return None;
        }
        self.is_turn_under_way = true;
        self.is_alarm_due = false;
        let heartbeat = std::mem::take(&mut self.is_heartbeat_due);
        (self.is_held_back, self.held_back_until) = (false, None);
        let (reports, starts) = (std::mem::take(&mut self.reports), std::mem::take(&mut self.starts));
        Some(TurnRequest { batch, reports, starts, claim, claim_items: self.tuning.claim_items, heartbeat })
    }

    /// How many items to claim now: whole claims while items are quick.
    fn claim(&self, held: &Held, now: Micros) -> u32 {
        if self.halt > Halt::No || held.batch.claimable() == 0 || !held.batch.may_start_items(now) {
            return 0;
        }
        self.pace.claim(self.ready.len() as u32, self.tuning.slots)
    }

    fn news_for_supervisor(&mut self) -> Option<(u32, u32)> {
        let wanted = self.wanted();
        let freed = std::mem::take(&mut self.slots_freed);
        if freed == 0 && self.wanted_told == Some(wanted) {
            return None;
        }
        self.wanted_told = Some(wanted);
        Some((freed, wanted))
    }

    fn next_alarm(&self, held: &Held, now: Micros) -> Option<Micros> {
        let batch = &held.batch;
        let backoff = self.next_backoff.filter(|_| batch.control == Control::Run && batch.counts.retry_wait > 0);
        let deadline = batch.deadline.filter(|_| !batch.deadline_hit && !batch.is_ended());
        let start = batch.not_before.filter(|at| *at > now);
        [backoff, deadline, start, self.held_back_until].into_iter().flatten().min()
    }

    fn is_quiet(&self, now: Micros) -> bool {
        let Some(held) = &self.held else { return false };
        let batch = &held.batch;
        let is_empty = self.hands.is_empty() && self.ready.is_empty() && self.reports.is_empty();
        let can_claim = batch.claimable() > 0 && batch.may_start_items(now);
        let has_work = can_claim || batch.due_sweep().is_some() || batch.is_finalizable();
        let waits = self.next_alarm(held, now).is_some();
        is_empty && self.slots_held == 0 && (self.halt > Halt::No || !(has_work || waits))
    }
}
