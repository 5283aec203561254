//! Commands of users on a whole batch: pause, resume, cancel, seal, retry.

use super::item_steps::step_all;
use super::tick;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::batch::BatchInput;
use quire_domain::failure::{FailureCode, FailureCodes};
use quire_domain::ids::{BatchKey, CorrelationId};
use quire_domain::item::{ItemInput, ItemState};
use quire_store::batches::BatchRecord;
use quire_store::items::StoredItem;
use quire_store::{StoreError, Transaction};

/// The batch after a step, and whether it changed.
#[derive(Debug, Clone, Copy)]
pub struct AppliedControl {
    pub record: BatchRecord,
    /// False when it was so already.
    pub changed: bool,
}

/// Items that are to be tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryRequest {
    /// Cancelled ones as well; not with codes or positions, which are of failed ones.
    pub cancelled_too: bool,
    /// Only items that failed of these.
    pub codes: Option<FailureCodes>,
    /// Only failed items at these positions; they are tried again in one write.
    pub positions: Option<Vec<u32>>,
    /// How many it has to be.
    pub expected: Option<u64>,
}

/// Takes the batch one step and does the first chunk of what follows for its items, so that a batch of usual
/// size is done with it in one transaction.
///
/// # Errors
/// [`StoreError::Refused`] when the state forbids it.
pub fn apply_batch_input(
    txn: &mut dyn Transaction,
    batch: BatchKey,
    event: &BatchInput,
    by: &CorrelationId,
) -> Result<AppliedControl, StoreError> {
    let record = txn.record(batch)?;
    step(txn, record, event, by, &[])
}

/// Tries items again, as [`apply`] does it; what is not as expected is left as it is.
///
/// # Errors
/// [`StoreError::Refused`] when the state forbids it, [`StoreError::ExpectedDiffers`] when it would be more or fewer.
pub fn retry(
    txn: &mut dyn Transaction,
    batch: BatchKey,
    request: &RetryRequest,
    by: &CorrelationId,
) -> Result<AppliedControl, StoreError> {
    let record = txn.record(batch)?;
    let (event, named) = event_of(txn, &record, request)?;
    // Whether it is possible at all comes before how many there are.
    record.batch.step(&event, txn.now())?;
    let matched = match event {
        BatchInput::FailedRetryAsked { items, .. } => items,
        _ => record.batch.count_unsuccessful_items(request.cancelled_too),
    };
    match request.expected {
        Some(expected) if expected != matched && !is_disabled(Safeguard::HttpExpected) => {
            Err(StoreError::ExpectedDiffers { expected, matched })
        }
        _ => step(txn, record, &event, by, &named),
    }
}

/// The event of the request, and the items that are named one by one.
fn event_of(
    txn: &mut dyn Transaction,
    record: &BatchRecord,
    request: &RetryRequest,
) -> Result<(BatchInput, Vec<StoredItem>), StoreError> {
    let is_wanted = |code: FailureCode| request.codes.is_none_or(|codes| codes.contains(code));
    if let Some(positions) = &request.positions {
        let mut named = txn.read()?.items_at(record.key, positions)?;
        named.retain(|stored| stored.item.state == ItemState::Failed && stored.item.failure.is_some_and(is_wanted));
        return Ok((BatchInput::FailedRetryAsked { codes: None, items: named.len() as u64 }, named));
    }
    let event = match request.codes {
        None => BatchInput::RetryAsked { cancelled_too: request.cancelled_too },
        codes @ Some(_) => {
            let groups = txn.read()?.failure_groups(record.key)?;
            let items = groups.iter().filter(|group| is_wanted(group.code)).map(|group| group.items).sum();
            BatchInput::FailedRetryAsked { codes, items }
        }
    };
    Ok((event, Vec::new()))
}

fn step(
    txn: &mut dyn Transaction,
    record: BatchRecord,
    event: &BatchInput,
    by: &CorrelationId,
    named: &[StoredItem],
) -> Result<AppliedControl, StoreError> {
    let step = record.batch.step(event, txn.now())?;
    if !step.changed {
        return Ok(AppliedControl { record, changed: false });
    }
    let record = txn.put_batch(record, step.batch);
    if let Some(kind) = step.emit {
        let correlation = txn.correlate(by)?;
        txn.emit_batch(&record, kind, correlation);
    }
    let record = step_all(txn, record, named, &ItemInput::RetryAsked)?;
    let record = tick::sweep(txn, record)?;
    let record = tick::finalize(txn, record)?;
    Ok(AppliedControl { record, changed: true })
}
