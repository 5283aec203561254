//! Submission of a batch, and its extension.

use diesel::prelude::*;

use super::batches::{self, BatchColumns, BatchOptions, BatchRow};
use super::documents::{self, Document, DocumentRow, DocumentSource};
use super::enum_text::{to_json, to_text};
use super::error::StoreError;
use super::items;
use super::schema::idempotency_keys;
use super::txn::{BatchRecord, Txn};
use crate::domain::batch::{Batch, BatchEvent, FailurePolicy};
use crate::domain::event::EventType;
use crate::domain::ids::{BatchId, BatchKey, CorrelationId, CorrelationKey, Micros, OwnerKey};
use crate::domain::operation::Operation;

/// An item to be: what it works on, if anything.
pub type NewItem = Option<Document>;

/// A batch as its owner describes it, whichever way it comes.
#[derive(Debug, Clone)]
pub struct BatchSpec {
    pub name: Option<String>,
    /// 1 to 200 visible characters.
    pub collection: Option<String>,
    pub operations: Vec<Operation>,
    pub options: BatchOptions,
    /// Higher goes first.
    pub priority: i32,
    pub on_failure: FailurePolicy,
    pub sealed: bool,
    pub not_before: Option<Micros>,
    pub deadline: Option<Micros>,
}

impl BatchSpec {
    /// Sealed, of ordinary priority, without a name and without limits of time.
    pub fn of(operations: &[Operation]) -> Self {
        Self {
            name: None,
            collection: None,
            operations: operations.to_vec(),
            options: BatchOptions::default(),
            priority: 0,
            on_failure: FailurePolicy::Continue,
            sealed: true,
            not_before: None,
            deadline: None,
        }
    }
}

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

/// # Errors
/// [`StoreError::KeyReused`] when the idempotency key stands for another request, [`StoreError::Conflict`] when a
/// document is gone that nobody named in time.
pub fn submit(txn: &mut Txn<'_>, new: NewBatch) -> Result<SubmitResult, StoreError> {
    if let Some(idempotency) = &new.idempotency
        && let Some(key) = known_key(txn, new.owner, idempotency)?
    {
        return Ok(SubmitResult { record: txn.record(key)?, replayed: true });
    }
    let correlation = txn.correlate(&new.correlation)?;
    let record = insert_batch(txn, &new, correlation)?;
    insert_items(txn, record.key, 0, &new.items, correlation)?;
    if let Some(idempotency) = &new.idempotency {
        remember_key(txn, &record, idempotency)?;
    }
    txn.emit_batch(&record, EventType::BatchCreated, correlation)?;
    Ok(SubmitResult { record, replayed: false })
}

/// Adds items to an open batch, once for each idempotency key.
///
/// # Errors
/// As [`extend`], and [`StoreError::KeyReused`] when the key stands for another request.
pub fn extend_once(
    txn: &mut Txn<'_>,
    batch: BatchKey,
    new: &[NewItem],
    idempotency: Option<&Idempotency>,
    by: &CorrelationId,
    limit: u64,
) -> Result<SubmitResult, StoreError> {
    let record = txn.record(batch)?;
    if let Some(idempotency) = idempotency {
        if known_key(txn, record.owner, idempotency)?.is_some() {
            return Ok(SubmitResult { record, replayed: true });
        }
        remember_key(txn, &record, idempotency)?;
    }
    Ok(SubmitResult { record: extend(txn, batch, new, by, limit)?, replayed: false })
}

/// Adds items to an open batch.
///
/// # Errors
/// [`StoreError::Refused`] when the batch takes no more, [`StoreError::TooManyItems`] over the limit.
pub fn extend(
    txn: &mut Txn<'_>,
    batch: BatchKey,
    new: &[NewItem],
    by: &CorrelationId,
    limit: u64,
) -> Result<BatchRecord, StoreError> {
    let record = txn.record(batch)?;
    let step = record.batch.step(&BatchEvent::Extended { items: new.len() as u64 }, txn.now)?;
    let items = step.batch.counts.total;
    if items > limit {
        return Err(StoreError::TooManyItems { items, limit });
    }
    let correlation = txn.correlate(by)?;
    insert_items(txn, batch, record.batch.counts.total as u32, new, correlation)?;
    let record = txn.put_batch(record, step.batch);
    txn.emit_batch(&record, EventType::BatchExtended, correlation)?;
    Ok(record)
}

fn insert_batch(txn: &mut Txn<'_>, new: &NewBatch, correlation: CorrelationKey) -> Result<BatchRecord, StoreError> {
    let spec = &new.spec;
    let key = batches::next_key(txn.conn)?;
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
        batch,
    };
    let row = BatchRow {
        id: key.0,
        public_id: new.id.to_string(),
        owner: new.owner.0,
        name: spec.name.clone(),
        collection: spec.collection.clone(),
        operations: to_json(&spec.operations)?,
        options: to_json(&spec.options)?,
        priority: spec.priority,
        on_failure: to_text(spec.on_failure),
        correlation: correlation.0,
        created_at: txn.now,
        facts: BatchColumns::of(&record),
    };
    batches::insert(txn.conn, &row)?;
    Ok(record)
}

fn insert_items(
    txn: &mut Txn<'_>,
    batch: BatchKey,
    after: u32,
    new: &[NewItem],
    correlation: CorrelationKey,
) -> Result<(), StoreError> {
    if new.is_empty() {
        return Ok(());
    }
    hold_documents(txn, new)?;
    items::insert(txn.conn, batch, after + 1, after + new.len() as u32, correlation)?;
    let documents: Vec<_> = (after + 1..)
        .zip(new)
        .filter_map(|(position, document)| Some(DocumentRow::new(batch, position, document.as_ref()?)))
        .collect();
    documents::insert(txn.conn, &documents)
}

fn hold_documents(txn: &Txn<'_>, new: &[NewItem]) -> Result<(), StoreError> {
    for document in new.iter().flatten() {
        if let DocumentSource::Blob(sha256) = &document.source
            && !txn.pin_blob(sha256)?
        {
            return Err(StoreError::Conflict(format!("`{}` is no longer stored; send it again", document.name)));
        }
    }
    Ok(())
}

fn known_key(txn: &mut Txn<'_>, owner: OwnerKey, idempotency: &Idempotency) -> Result<Option<BatchKey>, StoreError> {
    let known: Option<(String, i64)> = idempotency_keys::table
        .find((owner.0, &idempotency.key))
        .select((idempotency_keys::fingerprint, idempotency_keys::batch))
        .first(txn.conn)
        .optional()?;
    match known {
        None => Ok(None),
        Some((fingerprint, batch)) if fingerprint == idempotency.fingerprint => Ok(Some(BatchKey(batch))),
        Some(_) => Err(StoreError::KeyReused),
    }
}

fn remember_key(txn: &mut Txn<'_>, record: &BatchRecord, idempotency: &Idempotency) -> Result<(), StoreError> {
    diesel::insert_into(idempotency_keys::table)
        .values((
            idempotency_keys::owner.eq(record.owner.0),
            idempotency_keys::key.eq(&idempotency.key),
            idempotency_keys::fingerprint.eq(&idempotency.fingerprint),
            idempotency_keys::batch.eq(record.key.0),
            idempotency_keys::created_at.eq(txn.now),
        ))
        .execute(txn.conn)?;
    Ok(())
}
