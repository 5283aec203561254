//! Events counted for one item or one batch, beside the number there should be.

use super::super::{Findings, Violation};
use super::LogRow;
use crate::batches::BatchRecord;
use crate::enum_text::{from_json, parse};
use crate::error::StoreError;
use quire_domain::batch::BatchOutcome;
use quire_domain::counts::ItemCounts;
use quire_domain::event::{EventData, EventType};
use quire_domain::ids::BatchKey;
use quire_domain::item::{Item, ItemState};

/// An event as far as it matters here.
pub(super) struct LoggedFact {
    kind: EventType,
    generation: u32,
    data: EventData,
}

impl LogRow {
    pub(super) fn fact(&self) -> Result<LoggedFact, StoreError> {
        let data: EventData = from_json(&self.data)?;
        Ok(LoggedFact { kind: parse(&self.kind)?, generation: data.generation.unwrap_or(0), data })
    }

    pub(super) fn add(&self, what: Violation, detail: &str, findings: &mut Findings) {
        let detail = format!("event {} of owner {}, `{}`: {detail}", self.seq, self.owner, self.kind);
        findings.add(what, Some(BatchKey(self.batch)), self.item.map(|position| position as u32), detail);
    }
}

pub(super) struct ItemTally {
    state: ItemState,
    generation: u32,
    attempt: u32,
    /// Starts it should have in the newest generation …
    starts: u32,
    /// … and how often the log says so.
    started: u32,
    ended: u32,
    ended_before: Vec<u32>,
    /// The state that the newest event tells, where the log tells all of them.
    told: Option<ItemState>,
}

impl ItemTally {
    pub(super) fn new(item: &Item, starts: u32, is_told_all: bool) -> Self {
        let Item { state, generation, attempt, .. } = *item;
        let told = is_told_all.then_some(ItemState::Queued);
        Self { state, generation, attempt, starts, started: 0, ended: 0, ended_before: Vec::new(), told }
    }

    pub(super) fn count(&mut self, row: &LogRow, fact: &LoggedFact, findings: &mut Findings) {
        if !(1..=self.generation).contains(&fact.generation) {
            return row.add(Violation::EventExtra, "of a generation that has not been", findings);
        }
        let Some(state) = ItemState::told_by(fact.kind) else {
            return row.add(Violation::EventExtra, "is no event of an item", findings);
        };
        self.told = self.told.map(|_| state);
        let is_now = fact.generation == self.generation;
        if state == ItemState::Running {
            self.started += u32::from(is_now);
        } else if state.is_terminal() && is_now {
            self.count_end(row, fact, findings);
        } else if state.is_terminal() {
            let is_good = state != ItemState::Succeeded && !self.ended_before.contains(&fact.generation);
            self.ended_before.push(fact.generation);
            if !is_good {
                row.add(Violation::EventExtra, "an end that no retry can have followed", findings);
            }
        }
    }

    fn count_end(&mut self, row: &LogRow, fact: &LoggedFact, findings: &mut Findings) {
        if fact.kind != self.state.event_type() {
            let detail = format!("the item is {} in {}", self.state.as_str(), self.generation);
            return row.add(Violation::EventExtra, &detail, findings);
        }
        self.ended += 1;
        if self.ended > 1 {
            row.add(Violation::EventExtra, "for the second time in one generation", findings);
        }
        if fact.data.attempt != Some(self.attempt) {
            let detail = format!("of attempt {:?}, not {}", fact.data.attempt, self.attempt);
            row.add(Violation::EventExtra, &detail, findings);
        }
    }

    pub(super) fn close(self, batch: BatchKey, position: u32, findings: &mut Findings) {
        let mut wrong = |what, detail: String| findings.add(what, Some(batch), Some(position), detail);
        let kind = self.state.event_type();
        // A version before logged no other ends.
        let always = matches!(self.state, ItemState::Succeeded | ItemState::Failed);
        if self.ended == 0 && self.state.is_terminal() && (always || self.told.is_some()) {
            wrong(Violation::EventMissing, format!("`{}` of generation {}", kind.as_str(), self.generation));
        } else if let Some(told) = self.told.filter(|told| *told != self.state) {
            let detail = format!("`{}`: its newest event tells that it is {}", kind.as_str(), told.as_str());
            wrong(Violation::EventMissing, detail);
        }
        if self.started != self.starts {
            let what = if self.started < self.starts { Violation::EventMissing } else { Violation::EventExtra };
            wrong(what, format!("started {} times, {} times `item.started`", self.starts, self.started));
        }
    }
}

pub(super) struct BatchTally {
    owner: i64,
    generation: u32,
    outcome: Option<BatchOutcome>,
    counts: ItemCounts,
    created: u32,
    /// The newest generation that the log says has ended.
    ended_in: u32,
    rev: u64,
}

impl BatchTally {
    pub(super) fn new(record: &BatchRecord) -> Self {
        let (owner, batch) = (record.owner.0, &record.batch);
        let (generation, outcome, counts) = (batch.generation, batch.outcome, batch.counts);
        Self { owner, generation, outcome, counts, created: 0, ended_in: 0, rev: 0 }
    }

    pub(super) fn count(&mut self, row: &LogRow, fact: &LoggedFact, findings: &mut Findings) {
        if row.owner != self.owner {
            return row.add(Violation::EventExtra, "in the log of another owner", findings);
        }
        if !(self.ended_in.max(1)..=self.generation).contains(&fact.generation) || fact.data.rev < self.rev {
            return row.add(Violation::EventExtra, "of a time that has not been or was over", findings);
        }
        self.rev = fact.data.rev;
        match fact.kind {
            EventType::BatchCreated => {
                self.created += 1;
                if self.created > 1 {
                    row.add(Violation::EventExtra, "for the second time", findings);
                }
            }
            EventType::BatchCompleted | EventType::BatchFailed | EventType::BatchCancelled => {
                self.count_end(row, fact, findings);
            }
            EventType::ItemStarted
            | EventType::ItemCompleted
            | EventType::ItemFailed
            | EventType::ItemRetryScheduled
            | EventType::ItemRequeued
            | EventType::ItemCancelled
            | EventType::ItemExpired
            | EventType::ItemSkipped => {
                row.add(Violation::EventExtra, "names no item", findings);
            }
            EventType::BatchStarted
            | EventType::BatchProgress
            | EventType::BatchExtended
            | EventType::BatchSealed
            | EventType::BatchPaused
            | EventType::BatchResumed
            | EventType::BatchRetried
            | EventType::BatchCancelling => {}
        }
    }

    fn count_end(&mut self, row: &LogRow, fact: &LoggedFact, findings: &mut Findings) {
        if fact.generation == self.ended_in {
            row.add(Violation::EventExtra, "the second end of one generation", findings);
        }
        self.ended_in = fact.generation;
        if fact.data.outcome.map(BatchOutcome::event_type) != Some(fact.kind) {
            row.add(Violation::EventExtra, &format!("with the outcome {:?}", fact.data.outcome), findings);
        }
        let says = (fact.data.outcome, fact.data.counts);
        if fact.generation == self.generation && says != (self.outcome, Some(self.counts)) {
            row.add(
                Violation::EventExtra,
                &format!("the batch is {:?} with {:?}", self.outcome, self.counts),
                findings,
            );
        }
    }

    pub(super) fn close(self, batch: BatchKey, findings: &mut Findings) {
        let mut wrong = |detail: String| findings.add(Violation::EventMissing, Some(batch), None, detail);
        if self.created == 0 {
            wrong("`batch.created`".into());
        }
        if self.outcome.is_some() && self.ended_in != self.generation {
            wrong(format!("the end of generation {}", self.generation));
        }
    }
}
