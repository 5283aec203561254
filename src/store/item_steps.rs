//! Steps of items: the one way an item's row changes, through the item machine, with attempts, counts and log beside
//! it.

use diesel::prelude::*;

use super::attempts::AttemptRow;
use super::error::StoreError;
use super::item_sql::UpdateItem;
use super::items::{StoredItem, code};
use super::txn::{BatchRecord, Txn};
use crate::domain::batch::Batch;
use crate::domain::event::{EventData, EventType};
use crate::domain::ids::{BatchKey, Micros};
use crate::domain::item::{AttemptEnd, Item, ItemEffects, ItemEvent, ItemRefusal, ItemState};
use crate::safeguards::{Safeguard, is_disabled};

/// Columns of an attempt beside the event that it causes.
#[derive(Debug, Clone, Default)]
pub struct AttemptNotes {
    /// When a worker process took the item, if that is not written yet.
    pub started_at: Option<Micros>,
    pub detail: Option<String>,
    pub summary: Option<String>,
    pub worker_pid: Option<u32>,
    pub work_micros: Option<u64>,
    pub peak_memory_bytes: Option<u64>,
}

type ItemStep = (Item, ItemEffects);

impl Txn<'_> {
    /// Takes one item one step: machine, row, history, counts, event. The batch given must be the newest;
    /// the newer one comes back. A start that the notes tell, and that is not written yet, goes before the end.
    ///
    /// # Errors
    /// Inner [`ItemRefusal`]: nothing changed. Outer [`StoreError`]: the write has to be given up.
    pub fn step_item(
        &mut self,
        record: BatchRecord,
        stored: &StoredItem,
        event: &ItemEvent,
        notes: &AttemptNotes,
    ) -> Result<Result<(BatchRecord, Item), ItemRefusal>, StoreError> {
        let (start, step) = match self.steps(&record.batch, &stored.item, event, notes.started_at) {
            Ok(steps) => steps,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let starts = start.is_some() || matches!(event, ItemEvent::Started { .. });
        let started_at = match (starts, step.0.is_claimed) {
            (true, _) => notes.started_at.unwrap_or(self.now),
            (false, true) => 0,
            (false, false) => stored.started_at,
        };
        let stored = StoredItem { started_at, ..*stored };
        self.persist_item(record.key, &stored, &step.0)?;
        let (mut record, mut before) = (record, stored.item);
        for (item, effects) in start.into_iter().chain([step]) {
            record = self.tell(record, &stored, &before, (item, effects), notes)?;
            before = item;
        }
        Ok(Ok((record, step.0)))
    }

    /// The start, if it has to be written as well, and the step. An item that is cancelled in the end has not started.
    fn steps(
        &self,
        batch: &Batch,
        item: &Item,
        event: &ItemEvent,
        started_at: Option<Micros>,
    ) -> Result<(Option<ItemStep>, ItemStep), ItemRefusal> {
        let transition_context = self.transition_context(batch, crate::clock::jitter());
        let fence = match event {
            ItemEvent::Succeeded { fence } => *fence,
            ItemEvent::Failed { fence, .. } if started_at.is_some() => *fence,
            _ => return Ok((None, item.step(event, &transition_context)?)),
        };
        if !item.is_claimed {
            return Ok((None, item.step(event, &transition_context)?));
        }
        let start = item.step(&ItemEvent::Started { fence }, &transition_context)?;
        let step = start.0.step(event, &transition_context)?;
        match step.0.state {
            ItemState::Cancelled => Ok((None, item.step(&ItemEvent::Stopped { fence }, &transition_context)?)),
            _ => Ok((Some(start), step)),
        }
    }

    /// Counts, history and log of one step.
    fn tell(
        &mut self,
        record: BatchRecord,
        stored: &StoredItem,
        before: &Item,
        (item, effects): ItemStep,
        notes: &AttemptNotes,
    ) -> Result<BatchRecord, StoreError> {
        let mut record = record;
        if effects.emit == Some(EventType::ItemStarted) || effects.attempt_ended.is_some() {
            record = self.begin(record)?;
        }
        let has_moved = (before.state, before.is_claimed) != (item.state, item.is_claimed);
        if has_moved && !is_disabled(Safeguard::CounterDelta) {
            record = self.put_batch(record, record.batch.item_moved(before, &item)?);
        }
        if let Some(ended) = effects.attempt_ended {
            self.record_attempt(record.key, stored, &item, ended, notes);
        }
        if let Some(kind) = effects.emit {
            let data = EventData {
                rev: record.rev,
                generation: Some(item.generation),
                attempt: Some(item.attempt),
                reason: item.reason,
                failure: item.failure.filter(|_| item.state == ItemState::Failed),
                ..EventData::default()
            };
            self.emit(&record, kind, Some(stored.position), stored.correlation, &data)?;
        }
        Ok(record)
    }

    /// The first of the batch's items has an attempt.
    fn begin(&mut self, record: BatchRecord) -> Result<BatchRecord, StoreError> {
        if record.batch.started {
            return Ok(record);
        }
        let record = self.put_batch(record, Batch { started: true, ..record.batch });
        self.emit_batch(&record, EventType::BatchStarted, record.correlation)?;
        Ok(record)
    }

    fn persist_item(&mut self, batch: BatchKey, stored: &StoredItem, next: &Item) -> Result<(), StoreError> {
        let update = UpdateItem {
            batch: batch.0,
            position: stored.position as i32,
            state: code(next.state, next.is_claimed),
            generation: next.generation as i32,
            attempt: next.attempt as i32,
            charged: next.charged as i32,
            timeouts: next.timeouts as i32,
            crashes: next.crashes as i32,
            epoch: next.epoch,
            run_at: next.run_at,
            started_at: stored.started_at,
            reason: next.reason.map(|reason| reason.as_str()),
            failure: next.failure.map(|failure| failure.as_str()),
            ended_at: next.state.is_terminal().then_some(self.now),
        };
        update.execute(self.conn)?;
        Ok(())
    }

    fn record_attempt(
        &mut self,
        batch: BatchKey,
        stored: &StoredItem,
        next: &Item,
        ended: AttemptEnd,
        notes: &AttemptNotes,
    ) {
        let failure = next.failure.filter(|_| ended == AttemptEnd::Failed);
        let row = AttemptRow::ended(batch, stored, ended, failure, notes, self.now);
        self.unit.attempts.push(row);
    }
}
