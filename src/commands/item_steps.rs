//! Steps of items: the one way an item's row changes, through the item machine, with attempts, counts and log beside
//! it.

use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::batch::{Batch, BatchControl};
use quire_domain::event::{EventData, EventType};
use quire_domain::failure::FailureCode;
use quire_domain::ids::{BatchKey, Micros};
use quire_domain::item::{AttemptEnd, Item, ItemEffects, ItemInput, ItemRefusal, ItemState, TransitionContext};
use quire_store::attempts::AttemptRow;
use quire_store::batches::BatchRecord;
use quire_store::items::StoredItem;
use quire_store::{StoreError, Transaction};

/// Columns of an attempt beside the event that it causes.
#[derive(Debug, Clone, Default)]
pub(super) struct AttemptNotes {
    /// When a worker process took the item, if that is not written yet.
    pub started_at: Option<Micros>,
    pub detail: Option<String>,
    pub summary: Option<String>,
    pub worker_pid: Option<u32>,
    pub work_micros: Option<u64>,
    pub peak_memory_bytes: Option<u64>,
}

type ItemStep = (Item, ItemEffects);

/// Takes one item one step: machine, row, history, counts, event. The batch given must be the newest;
/// the newer one comes back, and the item as it is now. A start that the notes tell, and that is not written yet, goes
/// before the end.
///
/// # Errors
/// Inner [`ItemRefusal`]: nothing changed. Outer [`StoreError`]: the write has to be given up.
pub(super) fn step_item(
    txn: &mut dyn Transaction,
    record: BatchRecord,
    stored: &StoredItem,
    event: &ItemInput,
    notes: &AttemptNotes,
) -> Result<Result<(BatchRecord, StoredItem), ItemRefusal>, StoreError> {
    let (start, step) = match steps(txn, &record.batch, &stored.item, event, notes.started_at) {
        Ok(steps) => steps,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let next = step.0;
    let starts = start.is_some() || matches!(event, ItemInput::Started { .. });
    let started_at = match (starts, next.is_claimed) {
        (true, _) => notes.started_at.unwrap_or(txn.now()),
        (false, true) => 0,
        (false, false) => stored.started_at,
    };
    let ended_at = next.state.is_terminal().then_some(txn.now());
    let after = StoredItem { started_at, ended_at, item: next, ..*stored };
    txn.put_item(record.key, &after);
    let tried = StoredItem { started_at, ..*stored };
    let (mut record, mut before) = (record, stored.item);
    for (item, effects) in start.into_iter().chain([step]) {
        record = tell(txn, record, &tried, &before, &(item, effects), notes)?;
        before = item;
    }
    Ok(Ok((record, after)))
}

/// A step that the items' own rows call for cannot be refused.
pub(super) fn must<T>(stepped: Result<T, ItemRefusal>) -> Result<T, StoreError> {
    stepped.map_err(|refusal| StoreError::Corrupt(refusal.to_string()))
}

/// Takes each of the items the same step.
pub(super) fn step_all(
    txn: &mut dyn Transaction,
    record: BatchRecord,
    found: &[StoredItem],
    event: &ItemInput,
) -> Result<BatchRecord, StoreError> {
    let mut record = record;
    for stored in found {
        (record, _) = must(step_item(txn, record, stored, event, &AttemptNotes::default())?)?;
    }
    Ok(record)
}

/// The start, if it has to be written as well, and the step. An item that is cancelled in the end has not started.
fn steps(
    txn: &dyn Transaction,
    batch: &Batch,
    item: &Item,
    event: &ItemInput,
    started_at: Option<Micros>,
) -> Result<(Option<ItemStep>, ItemStep), ItemRefusal> {
    let context = TransitionContext {
        retry: &txn.context().retry,
        cancelling: batch.control == BatchControl::Cancelled,
        halted: batch.halted,
        now: txn.now(),
        jitter: quire_base::clock::jitter(),
    };
    let fence = match event {
        ItemInput::Succeeded { fence } => *fence,
        ItemInput::Failed { fence, .. } if started_at.is_some() => *fence,
        _ => return Ok((None, item.step(event, &context)?)),
    };
    if !item.is_claimed {
        return Ok((None, item.step(event, &context)?));
    }
    let start = item.step(&ItemInput::Started { fence }, &context)?;
    let step = start.0.step(event, &context)?;
    match step.0.state {
        ItemState::Cancelled => Ok((None, item.step(&ItemInput::Stopped { fence }, &context)?)),
        _ => Ok((Some(start), step)),
    }
}

/// Counts, history and log of one step of the item that was `tried`.
fn tell(
    txn: &mut dyn Transaction,
    record: BatchRecord,
    tried: &StoredItem,
    before: &Item,
    (item, effects): &ItemStep,
    notes: &AttemptNotes,
) -> Result<BatchRecord, StoreError> {
    let mut record = record;
    if effects.emit == Some(EventType::ItemStarted) || effects.attempt_ended.is_some() {
        record = begin(txn, record);
    }
    let has_moved = (before.state, before.is_claimed) != (item.state, item.is_claimed);
    if has_moved && !is_disabled(Safeguard::CounterDelta) {
        record = txn.put_batch(record, record.batch.apply_item_and_policy(before, item)?);
    }
    if let Some(ended) = effects.attempt_ended {
        let failure = item.failure.filter(|_| ended == AttemptEnd::Failed);
        txn.put_attempt(attempt(record.key, tried, ended, failure, notes, txn.now()));
    }
    if let Some(kind) = effects.emit {
        let data = EventData {
            rev: record.rev,
            generation: Some(item.generation),
            attempt: Some(item.attempt),
            reason: item.reason,
            failure: item.failure.filter(|_| kind != EventType::ItemStarted),
            ..EventData::default()
        };
        txn.emit(&record, kind, Some(tried.position), tried.correlation, data);
    }
    Ok(record)
}

/// The first of the batch's items has an attempt.
fn begin(txn: &mut dyn Transaction, record: BatchRecord) -> BatchRecord {
    if record.batch.started {
        return record;
    }
    let record = txn.put_batch(record, Batch { started: true, ..record.batch });
    txn.emit_batch(&record, EventType::BatchStarted, record.correlation);
    record
}

fn attempt(
    batch: BatchKey,
    tried: &StoredItem,
    ended: AttemptEnd,
    failure: Option<FailureCode>,
    notes: &AttemptNotes,
    now: Micros,
) -> AttemptRow {
    AttemptRow {
        batch: batch.0,
        position: tried.position as i32,
        generation: tried.item.generation as i32,
        attempt: tried.item.attempt as i32,
        epoch: tried.item.epoch,
        ended: ended.as_str().into(),
        failure: failure.map(|code| code.as_str().into()),
        detail: notes.detail.clone(),
        summary: notes.summary.clone(),
        started_at: tried.started_at,
        ended_at: now,
        worker_pid: notes.worker_pid.map(i64::from),
        work_micros: notes.work_micros.map(|micros| micros as i64),
        peak_memory_bytes: notes.peak_memory_bytes.map(|bytes| bytes as i64),
    }
}
