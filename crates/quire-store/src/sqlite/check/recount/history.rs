//! Check of one item's attempts: their numbers rise, and the last one led to the item's state.
//!
//! A claim that came to nothing has used up a number and left no attempt.

use super::super::{Findings, Violation};
use crate::attempts::AttemptRow;
use crate::enum_text::parse;
use crate::items::StoredItem;
use quire_domain::ids::BatchKey;
use quire_domain::item::{AttemptEnd, ItemState};

pub(super) struct ItemHistory<'a> {
    pub batch: BatchKey,
    pub stored: &'a StoredItem,
    /// Ended attempts of all generations, in order.
    pub tries: &'a [AttemptRow],
}

/// Number of starts of the item in its newest generation.
pub(super) fn starts(stored: &StoredItem, tries: &[AttemptRow]) -> u32 {
    let item = &stored.item;
    let has_started = |row: &&AttemptRow| row.generation as u32 == item.generation && row.started_at > 0;
    tries.iter().filter(has_started).count() as u32 + u32::from(item.state == ItemState::Running)
}

impl ItemHistory<'_> {
    pub(super) fn check(&self, findings: &mut Findings) {
        let now = self.stored.item.generation;
        for tries in self.tries.chunk_by(|a, b| a.generation == b.generation) {
            self.numbers(tries, findings);
            self.finals(tries, findings);
            let generation = tries.first().map_or(0, |row| row.generation);
            if !(1..=now as i32).contains(&generation) {
                self.wrong(
                    Violation::AttemptNumbers,
                    format!("attempts of generation {generation} of {now}"),
                    findings,
                );
            }
        }
        self.present(findings);
    }

    fn numbers(&self, tries: &[AttemptRow], findings: &mut Findings) {
        let is_behind = |row: &AttemptRow| row.attempt < 1;
        let rises = tries.iter().zip(tries.iter().skip(1)).all(|(one, next)| one.attempt < next.attempt);
        if !rises || tries.iter().any(is_behind) {
            let numbers: Vec<_> = tries.iter().map(|row| row.attempt).collect();
            self.wrong(Violation::AttemptNumbers, format!("attempts {numbers:?} of one generation"), findings);
        }
    }

    fn finals(&self, tries: &[AttemptRow], findings: &mut Findings) {
        for row in tries {
            if parse::<AttemptEnd>(&row.ended).is_err() {
                self.wrong(
                    Violation::Unreadable,
                    format!("attempt {} ended as `{}`", row.attempt, row.ended),
                    findings,
                );
            }
        }
        // Only a failure on the way to a worker process ends what has not started.
        if let Some(row) = tries.iter().find(|row| !is(row, AttemptEnd::Failed) && row.started_at == 0) {
            let detail = format!("attempt {} {}, and no worker process had taken it", row.attempt, row.ended);
            self.wrong(Violation::AttemptEnd, detail, findings);
        }
        let is_final = |row: &AttemptRow| is(row, AttemptEnd::Succeeded) || is(row, AttemptEnd::Expired);
        if let Some(early) = tries.split_last().and_then(|(_, earlier)| earlier.iter().find(|row| is_final(row))) {
            let detail = format!("attempt {} {} and was followed by another", early.attempt, early.ended);
            self.wrong(Violation::TwoEnds, detail, findings);
        }
    }

    /// State of the item as the newest generation tells it.
    fn present(&self, findings: &mut Findings) {
        let item = &self.stored.item;
        let (earlier, newest) = self.tries.split_at(self.tries.partition_point(|row| self.is_earlier(row)));
        let last = newest.last();
        let number = last.map_or(0, |row| row.attempt as u32);
        let is_in_place = match item.state {
            ItemState::Succeeded | ItemState::Failed | ItemState::RetryWait => number == item.attempt,
            ItemState::Running => number < item.attempt,
            ItemState::Queued if item.is_claimed => number < item.attempt,
            ItemState::Queued | ItemState::Cancelled | ItemState::Expired | ItemState::Skipped => {
                number <= item.attempt
            }
        };
        if !is_in_place {
            let detail = format!("attempt {number} ended last, the item's newest is {}", item.attempt);
            self.wrong(Violation::AttemptNumbers, detail, findings);
        }
        let successes = newest.iter().filter(|row| is(row, AttemptEnd::Succeeded)).count();
        let (fits, state) = (|end| last.is_some_and(|row| is(row, end)), item.state);
        let led_here = match state {
            ItemState::Succeeded => successes == 1 && fits(AttemptEnd::Succeeded),
            ItemState::Failed => successes == 0 && fits(AttemptEnd::Failed),
            ItemState::RetryWait => successes == 0 && fits(AttemptEnd::Failed),
            ItemState::Expired => successes == 0,
            ItemState::Queued | ItemState::Running | ItemState::Cancelled | ItemState::Skipped => {
                successes == 0 && !fits(AttemptEnd::Expired)
            }
        };
        let succeeded_before = earlier.iter().any(|row| is(row, AttemptEnd::Succeeded));
        if !led_here || succeeded_before {
            let ends: Vec<_> = self.tries.iter().map(|row| (row.generation, row.ended.as_str())).collect();
            self.wrong(Violation::AttemptEnd, format!("{} after {ends:?}", state.as_str()), findings);
        }
    }

    fn is_earlier(&self, row: &AttemptRow) -> bool {
        (row.generation as u32) < self.stored.item.generation
    }

    fn wrong(&self, what: Violation, detail: String, findings: &mut Findings) {
        findings.add(what, Some(self.batch), Some(self.stored.position), detail);
    }
}

fn is(row: &AttemptRow, end: AttemptEnd) -> bool {
    row.ended == end.as_str()
}
