//! Recovery: items that an earlier boot, or an actor that is gone, left in hand go back to the queue; a batch that nobody
//! can work on is ended.

use super::item_steps::{AttemptNotes, must, step_all, step_item};
use super::tick::{SWEEP_CHUNK, finalize, sweep};
use quire_base::failpoints::{Failpoint, failpoint};
use quire_domain::batch::BatchInput;
use quire_domain::ids::BatchKey;
use quire_domain::item::{ItemInput, ItemState, YieldReason};
use quire_store::items::ItemFilter;
use quire_store::{StoreError, Transaction};

/// One step of requeuing the items of a batch that an earlier boot, or an actor that is gone, left in hand: they take
/// the ordinary path back to the queue, one chunk a write. Returns where to go on.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn requeue_in_hand_step(txn: &mut dyn Transaction, batch: BatchKey, after: u32) -> Result<Option<u32>, StoreError> {
    let mut record = txn.record(batch)?;
    let found = txn.read()?.items(batch, ItemFilter::InHand { after }, SWEEP_CHUNK)?;
    for stored in &found {
        let event = match stored.item.epoch < txn.context().epoch {
            true => ItemInput::Lost { epoch: txn.context().epoch },
            false => ItemInput::Yielded { fence: stored.item.fence(), why: YieldReason::NotStarted },
        };
        (record, _) = must(step_item(txn, record, stored, &event, &AttemptNotes::default())?)?;
        failpoint(Failpoint::RecoverHalf);
    }
    Ok((found.len() == SWEEP_CHUNK as usize).then(|| found.last().map_or(after, |stored| stored.position)))
}

/// One step of requeuing the items of all batches that ran when an earlier boot ended, one chunk a write: nobody may
/// see them run, nor may they take the room of others. False when there are none left.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn requeue_running_step(txn: &mut dyn Transaction) -> Result<bool, StoreError> {
    let event = ItemInput::Lost { epoch: txn.context().epoch };
    let mut left = SWEEP_CHUNK as usize;
    for batch in txn.read()?.batches_with_running(SWEEP_CHUNK)? {
        let by = ItemFilter::InState { state: ItemState::Running, after: 0 };
        let mut found = txn.read()?.items(batch, by, left as u32)?;
        found.retain(|stored| stored.item.epoch < txn.context().epoch);
        let record = txn.record(batch)?;
        step_all(txn, record, &found, &event)?;
        left -= found.len();
        if left == 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// One step of ending a batch that nobody can work on, one chunk a write; false when it has ended.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn end_unworkable_batch_step(txn: &mut dyn Transaction, batch: BatchKey) -> Result<bool, StoreError> {
    let record = txn.record(batch)?;
    let step = record.batch.step(&BatchInput::GivenUp, txn.now())?;
    if step.changed {
        txn.put_batch(record, step.batch);
    }
    requeue_in_hand_step(txn, batch, 0)?;
    let record = txn.record(batch)?;
    let record = sweep(txn, record)?;
    Ok(!finalize(txn, record)?.batch.is_ended())
}
