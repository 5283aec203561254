//! Commands of `quire run`: batches whose items are exactly the inputs of a run.

use super::submit::{self, NewBatch, NewItem};
use quire_domain::batch::FailurePolicy;
use quire_domain::ids::{BatchKey, CorrelationId};
use quire_store::batches::{BatchItemOptions, BatchRecord};
use quire_store::run_inputs::RunInputPaths;
use quire_store::{StoreError, Transaction};

/// Makes a new batch whose items are exactly these inputs.
///
/// # Errors
/// [`StoreError`]; then there is no such batch.
pub fn submit_run(
    txn: &mut dyn Transaction,
    new: &NewBatch,
    inputs: &[RunInputPaths],
) -> Result<BatchRecord, StoreError> {
    let record = submit::submit(txn, new)?.record;
    txn.put_run_inputs(record.key, 0, inputs)?;
    Ok(record)
}

/// Adds more inputs to an open batch; `new` and `inputs` go together one by one.
///
/// # Errors
/// [`StoreError`]; then nothing was added.
pub fn extend_run(
    txn: &mut dyn Transaction,
    batch: BatchKey,
    new: &[NewItem],
    inputs: &[RunInputPaths],
    by: &CorrelationId,
) -> Result<BatchRecord, StoreError> {
    let after = txn.record(batch)?.batch.counts.total as u32;
    let record = submit::extend(txn, batch, new, by, i32::MAX as u64)?;
    txn.put_run_inputs(batch, after, inputs)?;
    Ok(record)
}

/// Changes what a later run may change of a batch that no actor has loaded yet.
///
/// # Errors
/// [`StoreError`]; then nothing was changed.
pub fn reconfigure_batch_without_actor(
    txn: &mut dyn Transaction,
    batch: BatchKey,
    options: &BatchItemOptions,
    on_failure: FailurePolicy,
) -> Result<(), StoreError> {
    txn.set_batch_options(batch, options, on_failure)
}
