//! Submission of a batch, and its extension.

use quire_domain::batch::{Batch, BatchInput};
use quire_domain::event::EventType;
use quire_domain::ids::{BatchId, BatchKey, CorrelationId, CorrelationKey, OwnerKey};
use quire_store::batches::{BatchRecord, BatchSpec};
use quire_store::documents::{Document, DocumentSource};
use quire_store::{StoreError, Transaction};

/// An item to be: what it works on, if anything.
pub type NewItem = Option<Document>;

/// A batch to be made.
#[derive(Debug, Clone)]
pub struct NewBatch {
    pub id: BatchId,
    pub owner: OwnerKey,
    pub spec: BatchSpec,
    pub correlation: CorrelationId,
    pub idempotency: Option<Idempotency>,
    pub items: Vec<NewItem>,
}

/// A client's key and a digest of the request it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub key: String,
    pub fingerprint: String,
}

#[derive(Debug, Clone, Copy)]
pub struct SubmitResult {
    pub record: BatchRecord,
    /// The same request came before: this is the batch it made or extended then.
    pub replayed: bool,
}

/// Makes a new batch with its items, once for each idempotency key.
///
/// # Errors
/// [`StoreError::KeyReused`] when the idempotency key stands for another request, [`StoreError::Conflict`] when a
/// document is gone that nobody named in time.
pub fn submit(txn: &mut dyn Transaction, new: &NewBatch) -> Result<SubmitResult, StoreError> {
    if let Some(idempotency) = &new.idempotency
        && let Some(key) = known_batch(txn, new.owner, idempotency)?
    {
        return Ok(SubmitResult { record: txn.record(key)?, replayed: true });
    }
    let correlation = txn.correlate(&new.correlation)?;
    let record = insert_batch(txn, new, correlation)?;
    insert_items(txn, record.key, 0, &new.items, correlation)?;
    if let Some(idempotency) = &new.idempotency {
        txn.insert_idempotency_key(&record, &idempotency.key, &idempotency.fingerprint)?;
    }
    txn.emit_batch(&record, EventType::BatchCreated, correlation);
    Ok(SubmitResult { record, replayed: false })
}

/// Adds items to an open batch, once for each idempotency key.
///
/// # Errors
/// As [`extend`], and [`StoreError::KeyReused`] when the key stands for another request.
pub fn extend_idempotent(
    txn: &mut dyn Transaction,
    batch: BatchKey,
    new: &[NewItem],
    idempotency: Option<&Idempotency>,
    by: &CorrelationId,
    limit: u64,
) -> Result<SubmitResult, StoreError> {
    let record = txn.record(batch)?;
    if let Some(idempotency) = idempotency {
        if known_batch(txn, record.owner, idempotency)?.is_some() {
            return Ok(SubmitResult { record, replayed: true });
        }
        txn.insert_idempotency_key(&record, &idempotency.key, &idempotency.fingerprint)?;
    }
    Ok(SubmitResult { record: extend(txn, batch, new, by, limit)?, replayed: false })
}

/// Adds items to an open batch.
///
/// # Errors
/// [`StoreError::Refused`] when the batch takes no more, [`StoreError::TooManyItems`] over the limit.
pub fn extend(
    txn: &mut dyn Transaction,
    batch: BatchKey,
    new: &[NewItem],
    by: &CorrelationId,
    limit: u64,
) -> Result<BatchRecord, StoreError> {
    let record = txn.record(batch)?;
    let step = record.batch.step(&BatchInput::Extended { items: new.len() as u64 }, txn.now())?;
    let items = step.batch.counts.total;
    if items > limit {
        return Err(StoreError::TooManyItems { items, limit });
    }
    let correlation = txn.correlate(by)?;
    insert_items(txn, batch, record.batch.counts.total as u32, new, correlation)?;
    let record = txn.put_batch(record, step.batch);
    txn.emit_batch(&record, EventType::BatchExtended, correlation);
    Ok(record)
}

fn insert_batch(
    txn: &mut dyn Transaction,
    new: &NewBatch,
    correlation: CorrelationKey,
) -> Result<BatchRecord, StoreError> {
    let spec = &new.spec;
    let key = txn.next_batch_key()?;
    let submitted = Batch::submitted(new.items.len() as u64, spec.sealed, spec.on_failure);
    let batch = Batch { not_before: spec.not_before, deadline: spec.deadline, ..submitted };
    let record = BatchRecord {
        key,
        id: new.id,
        owner: new.owner,
        priority: spec.priority,
        correlation,
        rev: 1,
        started_at: None,
        ended_at: None,
        log_after: Some(txn.log_place(new.owner)?),
        log_upto: 0,
        batch,
    };
    txn.insert_batch(&record, spec)?;
    Ok(record)
}

fn insert_items(
    txn: &mut dyn Transaction,
    batch: BatchKey,
    after: u32,
    new: &[NewItem],
    correlation: CorrelationKey,
) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    hold_documents(txn, new)?;
    txn.insert_items(batch, after + 1, after + new.len() as u32, correlation)?;
    let documents: Vec<_> =
        (after + 1..).zip(new).filter_map(|(position, document)| Some((position, document.as_ref()?))).collect();
    txn.insert_documents(batch, &documents)
}

fn hold_documents(txn: &dyn Transaction, new: &[NewItem]) -> Result<(), StoreError> {
    for document in new.iter().flatten() {
        if let DocumentSource::Blob(sha256) = &document.source
            && !txn.pin_blob(sha256)?
        {
            return Err(StoreError::Conflict(format!("`{}` is no longer stored; send it again", document.name)));
        }
    }
    Ok(())
}

/// The batch that the same request made or extended before, if it came before.
fn known_batch(
    txn: &mut dyn Transaction,
    owner: OwnerKey,
    idempotency: &Idempotency,
) -> Result<Option<BatchKey>, StoreError> {
    match txn.idempotent_request(owner, &idempotency.key)? {
        None => Ok(None),
        Some((fingerprint, batch)) if fingerprint == idempotency.fingerprint => Ok(Some(batch)),
        Some(_) => Err(StoreError::KeyReused),
    }
}
