//! Rows of `attempts`: the history, one row a try.

use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::bulk_insert::{BulkRow, bind_all};
use super::error::StoreError;
use super::item_steps::AttemptNotes;
use super::items::StoredItem;
use super::schema::attempts;
use crate::domain::failure::FailureCode;
use crate::domain::ids::{BatchKey, Micros};
use crate::domain::item::AttemptEnd;

/// One try, as it is stored and shown.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = attempts)]
pub struct AttemptRow {
    pub batch: i64,
    pub position: i32,
    pub generation: i32,
    pub attempt: i32,
    pub epoch: i64,
    pub ended: String,
    pub failure: Option<String>,
    pub detail: Option<String>,
    pub summary: Option<String>,
    /// 0 when it failed on its way to a worker process.
    pub started_at: Micros,
    pub ended_at: Micros,
    pub worker_pid: Option<i64>,
    pub work_micros: Option<i64>,
    pub peak_memory_bytes: Option<i64>,
}

impl AttemptRow {
    pub(super) fn ended(
        batch: BatchKey,
        stored: &StoredItem,
        ended: AttemptEnd,
        failure: Option<FailureCode>,
        notes: &AttemptNotes,
        now: Micros,
    ) -> Self {
        Self {
            batch: batch.0,
            position: stored.position as i32,
            generation: stored.item.generation as i32,
            attempt: stored.item.attempt as i32,
            epoch: stored.item.epoch,
            ended: ended.as_str().into(),
            failure: failure.map(|code| code.as_str().into()),
            detail: notes.detail.clone(),
            summary: notes.summary.clone(),
            started_at: stored.started_at,
            ended_at: now,
            worker_pid: notes.worker_pid.map(i64::from),
            work_micros: notes.work_micros.map(|micros| micros as i64),
            peak_memory_bytes: notes.peak_memory_bytes.map(|bytes| bytes as i64),
        }
    }
}

impl BulkRow for AttemptRow {
    const HEAD: &'static str = "INSERT INTO attempts (batch, position, generation, attempt, epoch, ended, failure, \
                                detail, summary, started_at, ended_at, worker_pid, work_micros, peak_memory_bytes) VALUES ";

    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        bind_all!(
            out,
            BigInt => self.batch, Integer => self.position, Integer => self.generation, Integer => self.attempt,
            BigInt => self.epoch, Text => self.ended, Nullable<Text> => self.failure, Nullable<Text> => self.detail,
            Nullable<Text> => self.summary, BigInt => self.started_at, BigInt => self.ended_at,
            Nullable<BigInt> => self.worker_pid, Nullable<BigInt> => self.work_micros,
            Nullable<BigInt> => self.peak_memory_bytes
        )
    }
}

/// Every try of an item, oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn of_item(conn: &mut SqliteConnection, batch: BatchKey, position: u32) -> Result<Vec<AttemptRow>, StoreError> {
    Ok(attempts::table
        .filter(attempts::batch.eq(batch.0).and(attempts::position.eq(position as i32)))
        .order((attempts::generation, attempts::attempt))
        .select(AttemptRow::as_select())
        .load(conn)?)
}

/// The newest try of an item.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn newest(conn: &mut SqliteConnection, batch: BatchKey, position: u32) -> Result<Option<AttemptRow>, StoreError> {
    Ok(attempts::table
        .filter(attempts::batch.eq(batch.0).and(attempts::position.eq(position as i32)))
        .order((attempts::generation.desc(), attempts::attempt.desc()))
        .select(AttemptRow::as_select())
        .first(conn)
        .optional()?)
}

/// Every try of these items, item by item, oldest first.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn of_items(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    positions: &[i32],
) -> Result<Vec<AttemptRow>, StoreError> {
    Ok(attempts::table
        .filter(attempts::batch.eq(batch.0).and(attempts::position.eq_any(positions)))
        .order((attempts::position, attempts::generation, attempts::attempt))
        .select(AttemptRow::as_select())
        .load(conn)?)
}
