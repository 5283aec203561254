//! What users ask of a batch as a whole.

use super::error::StoreError;
use super::turn;
use super::txn::{Held, Txn};
use crate::domain::batch::BatchEvent;
use crate::domain::ids::{BatchKey, CorrelationId};

#[derive(Debug, Clone, Copy)]
pub struct Controlled {
    pub held: Held,
    /// False when it was so already.
    pub changed: bool,
}

/// Takes the batch one step and does the first chunk of what follows for its items, so that a batch of usual
/// size is done with it in one transaction.
///
/// # Errors
/// [`StoreError::Refused`] when the state forbids it.
pub fn apply(
    txn: &mut Txn<'_>,
    batch: BatchKey,
    event: &BatchEvent,
    by: &CorrelationId,
) -> Result<Controlled, StoreError> {
    let held = txn.held(batch)?;
    let step = held.batch.step(event, txn.now)?;
    if !step.changed {
        return Ok(Controlled { held, changed: false });
    }
    let held = txn.adopt(held, step.batch);
    if let Some(kind) = step.emit {
        let correlation = txn.correlate(by)?;
        txn.emit_batch(&held, kind, correlation)?;
    }
    let held = turn::sweep(txn, held)?;
    let held = turn::finalize(txn, held)?;
    Ok(Controlled { held, changed: true })
}
