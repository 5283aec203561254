//! Batches: their values, their row, and what is asked and written of them.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::batch_filter::{BatchFilter, BatchScanLimits, FilteredBatchPage};
use super::enum_text::{from_json, parse, parse_opt, to_json, to_text};
use super::error::StoreError;
use super::schema::batches;
use super::vault::EncryptedText;
use quire_domain::batch::{Batch, FailurePolicy, ItemSweep, StoredStatus};
use quire_domain::counts::ItemCounts;
use quire_domain::ids::{BatchId, BatchKey, CorrelationKey, Micros, OwnerKey};
use quire_domain::operation::{Operation, OperationOptions};

/// A batch as the writer holds it: the machine and what its row needs beside it.
#[derive(Debug, Clone, Copy)]
pub struct BatchRecord {
    pub key: BatchKey,
    pub id: BatchId,
    pub owner: OwnerKey,
    pub priority: i32,
    pub correlation: CorrelationKey,
    pub rev: u64,
    pub started_at: Option<Micros>,
    pub ended_at: Option<Micros>,
    /// The place in the owner's log behind which all its events lie; none for a batch of a time when the log did not tell
    /// each change of an item.
    pub log_after: Option<i64>,
    /// The `seq` of its last event in the owner's log; 0 before its row was written for the second time.
    pub log_upto: i64,
    pub batch: Batch,
}

/// Operations and limits of a batch's items; fixed at submit, stored as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct BatchItemOptions {
    #[serde(flatten)]
    pub operations: OperationOptions,
    /// Opens documents that carry no password of their own.
    pub password: Option<EncryptedText>,
    /// Scripted behaviours for tests, by position; opaque to the store.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scripts: BTreeMap<u32, serde_json::Value>,
}

/// A batch as its owner describes it, whichever way it comes.
#[derive(Debug, Clone)]
pub struct BatchSpec {
    pub name: Option<String>,
    /// 1 to 200 visible characters.
    pub collection: Option<String>,
    pub operations: Vec<Operation>,
    pub options: BatchItemOptions,
    /// Higher goes first.
    pub priority: i32,
    pub on_failure: FailurePolicy,
    pub sealed: bool,
    pub not_before: Option<Micros>,
    pub deadline: Option<Micros>,
}

impl BatchSpec {
    /// A sealed batch of these operations, of ordinary priority, without a name and without limits of time.
    pub fn for_operations(operations: &[Operation]) -> Self {
        Self {
            name: None,
            collection: None,
            operations: operations.to_vec(),
            options: BatchItemOptions::default(),
            priority: 0,
            on_failure: FailurePolicy::Continue,
            sealed: true,
            not_before: None,
            deadline: None,
        }
    }
}

/// A whole batch, for readers.
#[derive(Debug, Clone)]
pub struct BatchView {
    pub record: BatchRecord,
    pub name: Option<String>,
    /// Shared by all batches of the owner that belong together.
    pub collection: Option<String>,
    pub operations: Vec<Operation>,
    pub options: BatchItemOptions,
    pub correlation_id: String,
    pub created_at: Micros,
}

/// An owner's batches at one `seq` of the log.
#[derive(Debug)]
pub struct BatchesSnapshot {
    /// Events up to this one are in `batches` already.
    pub as_of_seq: i64,
    /// Those that have not ended first, each kind newest first; each with its collection.
    pub batches: Vec<(BatchRecord, Option<String>)>,
    /// Whether these are all.
    pub complete: bool,
}

/// Batches of one outcome, or those that have not ended, with their items by state.
#[derive(Debug, Clone, QueryableByName)]
pub struct BatchOutcomeTotals {
    #[diesel(sql_type = Nullable<Text>)]
    pub outcome: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub batches: i64,
    #[diesel(sql_type = BigInt)]
    pub queued: i64,
    #[diesel(sql_type = BigInt)]
    pub running: i64,
    #[diesel(sql_type = BigInt)]
    pub retry_wait: i64,
    #[diesel(sql_type = BigInt)]
    pub succeeded: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    #[diesel(sql_type = BigInt)]
    pub cancelled: i64,
    #[diesel(sql_type = BigInt)]
    pub expired: i64,
    #[diesel(sql_type = BigInt)]
    pub skipped: i64,
}

/// Queries of batches. Each fails with [`StoreError`] when the database fails.
pub trait BatchQueries {
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such batch.
    fn batch(&mut self, key: BatchKey) -> Result<BatchRecord, StoreError>;

    /// The name that the world knows the batch by.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such batch.
    fn batch_id(&mut self, key: BatchKey) -> Result<BatchId, StoreError>;

    /// An owner's batch by its public id; another owner's does not exist.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such batch.
    fn find_batch(&mut self, owner: OwnerKey, id: BatchId) -> Result<BatchKey, StoreError>;

    /// # Errors
    /// [`StoreError::NotFound`] when there is no such batch.
    fn batch_view(&mut self, key: BatchKey) -> Result<BatchView, StoreError>;

    /// An owner's batches, newest first, older than `before`.
    fn batches(&mut self, owner: OwnerKey, before: Option<BatchKey>, limit: u32) -> Result<Vec<BatchView>, StoreError>;

    /// Those of an owner's batches that the filter keeps, newest first, older than `before`.
    fn matching_batches(
        &mut self,
        owner: OwnerKey,
        filter: &BatchFilter,
        before: Option<BatchKey>,
        scan: BatchScanLimits,
    ) -> Result<FilteredBatchPage, StoreError>;

    /// As the writer keeps them: the stored statuses that an owner's batches have, and how many have each.
    fn status_counts(&mut self, owner: OwnerKey) -> Result<Vec<(StoredStatus, u64)>, StoreError>;

    /// Batches that have not ended, highest priority first, then oldest; at most `limit` after `after`.
    fn live_batches(&mut self, after: Option<(i32, BatchKey)>, limit: u32) -> Result<Vec<BatchRecord>, StoreError>;

    /// Batches in which items run; at most `limit`.
    fn batches_with_running(&mut self, limit: u32) -> Result<Vec<BatchKey>, StoreError>;

    /// At most `limit` of the owner's batches, or of those named; one snapshot of the database.
    fn batches_snapshot(
        &mut self,
        owner: OwnerKey,
        only: Option<&[BatchId]>,
        limit: u32,
    ) -> Result<BatchesSnapshot, StoreError>;

    /// Of one owner, or of all.
    fn outcome_stats(&mut self, owner: Option<OwnerKey>) -> Result<Vec<BatchOutcomeTotals>, StoreError>;
}

/// Writes of batches, in a transaction.
pub trait BatchWrites {
    /// The batch as of this point of the transaction.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such batch.
    fn record(&mut self, key: BatchKey) -> Result<BatchRecord, StoreError>;

    /// Takes a changed machine over; its revision rises once per write.
    fn put_batch(&mut self, record: BatchRecord, batch: Batch) -> BatchRecord;

    /// Key of the next batch to be inserted.
    fn next_batch_key(&mut self) -> Result<BatchKey, StoreError>;

    /// The place in an owner's log behind which all events lie that this commit still logs.
    fn log_place(&mut self, owner: OwnerKey) -> Result<i64, StoreError>;

    fn insert_batch(&mut self, record: &BatchRecord, spec: &BatchSpec) -> Result<(), StoreError>;

    /// Changes what a later run may change of a batch that no actor has loaded yet.
    fn set_batch_options(
        &mut self,
        batch: BatchKey,
        options: &BatchItemOptions,
        on_failure: FailurePolicy,
    ) -> Result<(), StoreError>;

    /// Whether one more item may run, as of this point of the transaction.
    fn has_room_to_run(&self) -> bool;

    /// The request that an owner's idempotency key stands for, if any: its fingerprint, and the batch it made or extended.
    fn idempotent_request(&mut self, owner: OwnerKey, key: &str) -> Result<Option<(String, BatchKey)>, StoreError>;

    fn insert_idempotency_key(&mut self, record: &BatchRecord, key: &str, fingerprint: &str) -> Result<(), StoreError>;
}

#[derive(Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = batches, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct BatchRow {
    pub id: i64,
    pub public_id: String,
    pub owner: i64,
    pub name: Option<String>,
    pub collection: Option<String>,
    pub operations: String,
    pub options: String,
    pub priority: i32,
    pub on_failure: String,
    pub correlation: i64,
    pub created_at: Micros,
    /// That of the facts, so that lists can be narrowed to it and counts kept of it.
    pub status: String,
    pub log_after: Option<i64>,
    #[diesel(embed)]
    pub facts: BatchColumns,
}

/// The columns that change.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = batches, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct BatchColumns {
    control: String,
    pause_mode: String,
    sealed: bool,
    halted: bool,
    deadline_hit: bool,
    not_before: Option<Micros>,
    deadline: Option<Micros>,
    generation: i32,
    retry_after: Option<i32>,
    retry_cancelled_too: bool,
    retry_codes: Option<String>,
    retry_until: Option<Micros>,
    outcome: Option<String>,
    rev: i64,
    total: i64,
    queued: i64,
    running: i64,
    retry_wait: i64,
    succeeded: i64,
    failed: i64,
    cancelled: i64,
    expired: i64,
    skipped: i64,
    claimed: i64,
    started_at: Option<Micros>,
    ended_at: Option<Micros>,
    log_upto: i64,
}

impl BatchColumns {
    pub(super) fn of(record: &BatchRecord) -> Self {
        let BatchRecord { batch, .. } = record;
        let (retry_after, retry_cancelled_too, failed) = match batch.retrying {
            Some(ItemSweep::Retry { after, cancelled_too }) => (Some(after as i32), cancelled_too, None),
            Some(ItemSweep::RetryFailed { after, codes, until }) => (Some(after as i32), false, Some((codes, until))),
            Some(ItemSweep::Cancel | ItemSweep::Expire | ItemSweep::Skip) | None => (None, false, None),
        };
        let counts = &batch.counts;
        Self {
            control: to_text(batch.control),
            pause_mode: to_text(batch.pause_mode),
            sealed: batch.sealed,
            halted: batch.halted,
            deadline_hit: batch.deadline_hit,
            not_before: batch.not_before,
            deadline: batch.deadline,
            generation: batch.generation as i32,
            retry_after,
            retry_cancelled_too,
            retry_codes: failed.map(|(codes, _)| codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(",")),
            retry_until: failed.map(|(_, until)| until),
            outcome: batch.outcome.map(to_text),
            rev: record.rev as i64,
            total: counts.total as i64,
            queued: counts.queued as i64,
            running: counts.running as i64,
            retry_wait: counts.retry_wait as i64,
            succeeded: counts.succeeded as i64,
            failed: counts.failed as i64,
            cancelled: counts.cancelled as i64,
            expired: counts.expired as i64,
            skipped: counts.skipped as i64,
            claimed: batch.claimed as i64,
            started_at: record.started_at,
            ended_at: record.ended_at,
            log_upto: record.log_upto,
        }
    }

    fn retrying(&self) -> Result<Option<ItemSweep>, StoreError> {
        let Some(after) = self.retry_after.map(|after| after as u32) else { return Ok(None) };
        let Some(codes) = &self.retry_codes else {
            return Ok(Some(ItemSweep::Retry { after, cancelled_too: self.retry_cancelled_too }));
        };
        let codes = codes.split(',').map(parse).collect::<Result<_, _>>()?;
        let until = self.retry_until.ok_or_else(|| StoreError::Corrupt("a retry without its time".into()))?;
        Ok(Some(ItemSweep::RetryFailed { after, codes, until }))
    }

    fn counts(&self) -> ItemCounts {
        ItemCounts {
            total: self.total as u64,
            queued: self.queued as u64,
            running: self.running as u64,
            retry_wait: self.retry_wait as u64,
            succeeded: self.succeeded as u64,
            failed: self.failed as u64,
            cancelled: self.cancelled as u64,
            expired: self.expired as u64,
            skipped: self.skipped as u64,
        }
    }
}

impl BatchRow {
    pub(super) fn new(record: &BatchRecord, spec: &BatchSpec, now: Micros) -> Result<Self, StoreError> {
        Ok(Self {
            id: record.key.0,
            public_id: record.id.to_string(),
            owner: record.owner.0,
            name: spec.name.clone(),
            collection: spec.collection.clone(),
            operations: to_json(&spec.operations)?,
            options: to_json(&spec.options)?,
            priority: spec.priority,
            on_failure: to_text(spec.on_failure),
            correlation: record.correlation.0,
            created_at: now,
            status: to_text(record.batch.stored_status()),
            log_after: record.log_after,
            facts: BatchColumns::of(record),
        })
    }

    pub(super) fn record(&self) -> Result<BatchRecord, StoreError> {
        let facts = &self.facts;
        let batch = Batch {
            control: parse(&facts.control)?,
            pause_mode: parse(&facts.pause_mode)?,
            on_failure: parse(&self.on_failure)?,
            sealed: facts.sealed,
            started: facts.started_at.is_some(),
            halted: facts.halted,
            deadline_hit: facts.deadline_hit,
            not_before: facts.not_before,
            deadline: facts.deadline,
            generation: facts.generation as u32,
            retrying: facts.retrying()?,
            counts: facts.counts(),
            claimed: facts.claimed as u64,
            outcome: parse_opt(facts.outcome.as_deref())?,
        };
        Ok(BatchRecord {
            key: BatchKey(self.id),
            id: parse_id(&self.public_id)?,
            owner: OwnerKey(self.owner),
            priority: self.priority,
            correlation: CorrelationKey(self.correlation),
            rev: facts.rev as u64,
            started_at: facts.started_at,
            ended_at: facts.ended_at,
            log_after: self.log_after,
            log_upto: facts.log_upto,
            batch,
        })
    }

    pub(super) fn view(self, correlation_id: String) -> Result<BatchView, StoreError> {
        Ok(BatchView {
            record: self.record()?,
            operations: from_json(&self.operations)?,
            options: from_json(&self.options)?,
            name: self.name,
            collection: self.collection,
            created_at: self.created_at,
            correlation_id,
        })
    }
}

pub(super) fn parse_id(text: &str) -> Result<BatchId, StoreError> {
    let uuid = uuid::Uuid::try_parse(text).map_err(|_| StoreError::Corrupt(format!("batch id `{text}`")))?;
    Ok(BatchId(uuid))
}
