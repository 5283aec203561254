//! One item's attempts: numbered without a gap, and the last one led to where the item is.

use super::super::{Findings, What};
use crate::domain::ids::BatchKey;
use crate::domain::item::{AttemptEnd, ItemState};
use crate::store::attempts::AttemptRow;
use crate::store::items::StoredItem;
use crate::store::words::parse;

pub(super) struct History<'a> {
    pub batch: BatchKey,
    pub stored: &'a StoredItem,
    /// Ended attempts of all generations, in order.
    pub tries: &'a [AttemptRow],
}

impl History<'_> {
    pub fn check(&self, findings: &mut Findings) {
        let now = self.stored.item.generation;
        for tries in self.tries.chunk_by(|a, b| a.generation == b.generation) {
            self.numbers(tries, findings);
            self.finals(tries, findings);
            let generation = tries.first().map_or(0, |row| row.generation);
            if !(1..=now as i32).contains(&generation) {
                self.wrong(What::AttemptNumbers, format!("attempts of generation {generation} of {now}"), findings);
            }
        }
        self.present(findings);
    }

    fn numbers(&self, tries: &[AttemptRow], findings: &mut Findings) {
        if !tries.iter().map(|row| row.attempt).eq(1..=tries.len() as i32) {
            let numbers: Vec<_> = tries.iter().map(|row| row.attempt).collect();
            self.wrong(What::AttemptNumbers, format!("attempts {numbers:?} of one generation"), findings);
        }
    }

    fn finals(&self, tries: &[AttemptRow], findings: &mut Findings) {
        for row in tries {
            if parse::<AttemptEnd>(&row.ended).is_err() {
                self.wrong(What::Unreadable, format!("attempt {} ended as `{}`", row.attempt, row.ended), findings);
            }
        }
        let is_final = |row: &AttemptRow| is(row, AttemptEnd::Succeeded) || is(row, AttemptEnd::Expired);
        if let Some(early) = tries.split_last().and_then(|(_, earlier)| earlier.iter().find(|row| is_final(row))) {
            let detail = format!("attempt {} {} and was followed by another", early.attempt, early.ended);
            self.wrong(What::TwoEnds, detail, findings);
        }
    }

    /// What the newest generation tells of the item's state.
    fn present(&self, findings: &mut Findings) {
        let item = &self.stored.item;
        let (earlier, newest) = self.tries.split_at(self.tries.partition_point(|row| self.is_earlier(row)));
        let ended = item.attempt - u32::from(item.state == ItemState::Running).min(item.attempt);
        if newest.len() != ended as usize {
            let detail = format!("{} attempts ended, {ended} are in the history's place", newest.len());
            self.wrong(What::AttemptNumbers, detail, findings);
        }
        let successes = newest.iter().filter(|row| is(row, AttemptEnd::Succeeded)).count();
        let last = newest.last();
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
            self.wrong(What::AttemptEnd, format!("{} after {ends:?}", state.as_str()), findings);
        }
    }

    fn is_earlier(&self, row: &AttemptRow) -> bool {
        (row.generation as u32) < self.stored.item.generation
    }

    fn wrong(&self, what: What, detail: String, findings: &mut Findings) {
        findings.add(what, Some(self.batch), Some(self.stored.position), detail);
    }
}

fn is(row: &AttemptRow, end: AttemptEnd) -> bool {
    row.ended == end.as_str()
}
