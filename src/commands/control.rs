//! Commands of users on a whole batch: pause, resume, cancel, seal, retry.

use super::tick;
use quire_domain::batch::BatchEvent;
use quire_domain::ids::{BatchKey, CorrelationId};
use quire_store::batches::BatchRecord;
use quire_store::{StoreError, Transaction};

/// The batch after a step, and whether it changed.
#[derive(Debug, Clone, Copy)]
pub struct ControlResult {
    pub record: BatchRecord,
    /// False when it was so already.
    pub changed: bool,
}

/// Takes the batch one step and does the first chunk of what follows for its items, so that a batch of usual size is
/// done with it in one transaction.
///
/// # Errors
/// [`StoreError::Refused`] when the state forbids it.
pub fn apply_batch_event(
    txn: &mut dyn Transaction,
    batch: BatchKey,
    event: &BatchEvent,
    by: &CorrelationId,
) -> Result<ControlResult, StoreError> {
    let record = txn.record(batch)?;
    let step = record.batch.step(event, txn.now())?;
    if !step.changed {
        return Ok(ControlResult { record, changed: false });
    }
    let record = txn.put_batch(record, step.batch);
    if let Some(kind) = step.emit {
        let correlation = txn.correlate(by)?;
        txn.emit_batch(&record, kind, correlation)?;
    }
    let record = tick::sweep(txn, record)?;
    let record = tick::finalize(txn, record)?;
    Ok(ControlResult { record, changed: true })
}
