//! Rows of `batches`.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::enum_text::{from_json, parse, parse_opt, to_text};
use super::error::StoreError;
use super::schema::{batches, correlations};
use super::txn::BatchRecord;
use super::vault::SealedText;
use crate::domain::batch::{Batch, ItemSweep};
use crate::domain::counts::Counts;
use crate::domain::ids::{BatchId, BatchKey, CorrelationKey, Micros, OwnerKey};
use crate::domain::operation::{Operation, TextOptions};

/// Operations and limits of a batch's items; fixed at submit, stored as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct BatchOptions {
    pub text: TextOptions,
    /// Opens documents that carry no password of their own.
    pub password: Option<SealedText>,
    /// Scripted behaviours for tests, by position; opaque to the store.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub scripts: BTreeMap<u32, serde_json::Value>,
}

/// A whole batch, for readers.
#[derive(Debug, Clone)]
pub struct BatchView {
    pub record: BatchRecord,
    pub name: Option<String>,
    /// Shared by all batches of the owner that belong together.
    pub collection: Option<String>,
    pub operations: Vec<Operation>,
    pub options: BatchOptions,
    pub correlation_id: String,
    pub created_at: Micros,
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
}

impl BatchColumns {
    pub(super) fn of(record: &BatchRecord) -> Self {
        let BatchRecord { batch, .. } = record;
        let (retry_after, retry_cancelled_too) = match batch.retrying {
            Some(ItemSweep::Retry { after, cancelled_too }) => (Some(after as i32), cancelled_too),
            Some(ItemSweep::Cancel | ItemSweep::Expire | ItemSweep::Skip) | None => (None, false),
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
        }
    }

    fn counts(&self) -> Counts {
        Counts {
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
    pub(super) fn record(&self) -> Result<BatchRecord, StoreError> {
        let facts = &self.facts;
        let cancelled_too = facts.retry_cancelled_too;
        let retrying = facts.retry_after.map(|after| ItemSweep::Retry { after: after as u32, cancelled_too });
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
            retrying,
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
            batch,
        })
    }

    fn view(self, correlation_id: String) -> Result<BatchView, StoreError> {
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

/// # Errors
/// [`StoreError::NotFound`] when there is no such batch.
pub fn load(conn: &mut SqliteConnection, key: BatchKey) -> Result<BatchRecord, StoreError> {
    let row = batches::table.find(key.0).select(BatchRow::as_select()).get_result(conn).optional()?;
    row.ok_or(StoreError::NotFound("batch"))?.record()
}

/// The name that the world knows the batch by.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such batch.
pub fn public_id(conn: &mut SqliteConnection, key: BatchKey) -> Result<BatchId, StoreError> {
    let id: Option<String> = batches::table.find(key.0).select(batches::public_id).first(conn).optional()?;
    parse_id(&id.ok_or(StoreError::NotFound("batch"))?)
}

/// # Errors
/// [`StoreError`] when the database fails.
pub fn update(conn: &mut SqliteConnection, record: &BatchRecord) -> Result<(), StoreError> {
    diesel::update(batches::table.find(record.key.0)).set(BatchColumns::of(record)).execute(conn)?;
    Ok(())
}

pub(super) fn insert(conn: &mut SqliteConnection, row: &BatchRow) -> Result<(), StoreError> {
    diesel::insert_into(batches::table).values(row).execute(conn)?;
    Ok(())
}

pub(super) fn next_key(conn: &mut SqliteConnection) -> Result<BatchKey, StoreError> {
    let newest: Option<i64> = batches::table.select(diesel::dsl::max(batches::id)).first(conn)?;
    Ok(BatchKey(newest.unwrap_or(0) + 1))
}

/// An owner's batch by its public id; another owner's does not exist.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such batch.
pub fn find_key(conn: &mut SqliteConnection, owner: OwnerKey, id: BatchId) -> Result<BatchKey, StoreError> {
    let key = batches::table
        .filter(batches::public_id.eq(id.to_string()).and(batches::owner.eq(owner.0)))
        .select(batches::id)
        .first(conn)
        .optional()?;
    key.map(BatchKey).ok_or(StoreError::NotFound("batch"))
}

/// # Errors
/// [`StoreError::NotFound`] when there is no such batch.
pub fn view(conn: &mut SqliteConnection, key: BatchKey) -> Result<BatchView, StoreError> {
    let found = batches::table
        .inner_join(correlations::table)
        .filter(batches::id.eq(key.0))
        .select((BatchRow::as_select(), correlations::value))
        .first::<(BatchRow, String)>(conn)
        .optional()?;
    let (row, correlation_id) = found.ok_or(StoreError::NotFound("batch"))?;
    row.view(correlation_id)
}

/// An owner's batches, of one collection or all, newest first, older than `before`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn list(
    conn: &mut SqliteConnection,
    owner: OwnerKey,
    collection: Option<&str>,
    before: Option<BatchKey>,
    limit: u32,
) -> Result<Vec<BatchView>, StoreError> {
    let mut wanted = batches::table
        .inner_join(correlations::table)
        .filter(batches::owner.eq(owner.0).and(batches::id.lt(before.map_or(i64::MAX, |key| key.0))))
        .into_boxed();
    if let Some(collection) = collection {
        wanted = wanted.filter(batches::collection.eq(collection));
    }
    let rows = wanted
        .order(batches::id.desc())
        .limit(i64::from(limit))
        .select((BatchRow::as_select(), correlations::value))
        .load::<(BatchRow, String)>(conn)?;
    rows.into_iter().map(|(row, correlation_id)| row.view(correlation_id)).collect()
}

/// Batches in which items run; at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) fn with_running(conn: &mut SqliteConnection, limit: u32) -> Result<Vec<BatchKey>, StoreError> {
    let live = batches::table.filter(batches::outcome.is_null().and(batches::running.gt(0)));
    let keys: Vec<i64> = live.order(batches::id).limit(i64::from(limit)).select(batches::id).load(conn)?;
    Ok(keys.into_iter().map(BatchKey).collect())
}

/// Items that run, in all batches.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) fn running(conn: &mut SqliteConnection) -> Result<u64, StoreError> {
    let live = batches::table.filter(batches::outcome.is_null());
    let counts: Vec<i64> = live.filter(batches::running.gt(0)).select(batches::running).load(conn)?;
    Ok(counts.into_iter().sum::<i64>() as u64)
}

/// Batches that have not ended, highest priority first, then oldest; at most `limit` after `after`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn live(
    conn: &mut SqliteConnection,
    after: Option<(i32, BatchKey)>,
    limit: u32,
) -> Result<Vec<BatchRecord>, StoreError> {
    let mut query = batches::table.filter(batches::outcome.is_null()).select(BatchRow::as_select()).into_boxed();
    if let Some((priority, key)) = after {
        let behind = batches::priority.lt(priority).or(batches::priority.eq(priority).and(batches::id.gt(key.0)));
        query = query.filter(behind);
    }
    let rows = query.order((batches::priority.desc(), batches::id.asc())).limit(i64::from(limit)).load(conn)?;
    rows.iter().map(BatchRow::record).collect()
}
