//! Batches in SQLite.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::SqliteConnection;

use super::batch_filter;
use super::txn::Txn;
use crate::batch_filter::{BatchFilter, BatchScanLimits, FilteredBatchPage};
use crate::batches::{
    BatchColumns, BatchItemOptions, BatchOutcomeTotals, BatchQueries, BatchRecord, BatchRow, BatchSpec, BatchView,
    BatchWrites, BatchesSnapshot, parse_id,
};
use crate::enum_text::{parse, to_json, to_text};
use crate::error::StoreError;
use crate::events::EventLogQueries;
use crate::schema::{batch_status_counts, batches, correlations, idempotency_keys};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::batch::{Batch, FailurePolicy, StoredStatus};
use quire_domain::ids::{BatchId, BatchKey, OwnerKey};

impl BatchQueries for SqliteConnection {
    fn batch(&mut self, key: BatchKey) -> Result<BatchRecord, StoreError> {
        let row = batches::table.find(key.0).select(BatchRow::as_select()).get_result(self).optional()?;
        row.ok_or(StoreError::NotFound("batch"))?.record()
    }

    fn batch_id(&mut self, key: BatchKey) -> Result<BatchId, StoreError> {
        let id: Option<String> = batches::table.find(key.0).select(batches::public_id).first(self).optional()?;
        parse_id(&id.ok_or(StoreError::NotFound("batch"))?)
    }

    fn find_batch(&mut self, owner: OwnerKey, id: BatchId) -> Result<BatchKey, StoreError> {
        let key = batches::table
            .filter(batches::public_id.eq(id.to_string()).and(batches::owner.eq(owner.0)))
            .select(batches::id)
            .first(self)
            .optional()?;
        key.map(BatchKey).ok_or(StoreError::NotFound("batch"))
    }

    fn batch_view(&mut self, key: BatchKey) -> Result<BatchView, StoreError> {
        let found = batches::table
            .inner_join(correlations::table)
            .filter(batches::id.eq(key.0))
            .select((BatchRow::as_select(), correlations::value))
            .first::<(BatchRow, String)>(self)
            .optional()?;
        let (row, correlation_id) = found.ok_or(StoreError::NotFound("batch"))?;
        row.view(correlation_id)
    }

    fn batches(&mut self, owner: OwnerKey, before: Option<BatchKey>, limit: u32) -> Result<Vec<BatchView>, StoreError> {
        let rows = batches::table
            .inner_join(correlations::table)
            .filter(batches::owner.eq(owner.0).and(batches::id.lt(before.map_or(i64::MAX, |key| key.0))))
            .order(batches::id.desc())
            .limit(i64::from(limit))
            .select((BatchRow::as_select(), correlations::value))
            .load::<(BatchRow, String)>(self)?;
        rows.into_iter().map(|(row, correlation_id)| row.view(correlation_id)).collect()
    }

    fn matching_batches(
        &mut self,
        owner: OwnerKey,
        filter: &BatchFilter,
        before: Option<BatchKey>,
        scan: BatchScanLimits,
    ) -> Result<FilteredBatchPage, StoreError> {
        batch_filter::matching(self, owner, filter, before, scan)
    }

    fn status_counts(&mut self, owner: OwnerKey) -> Result<Vec<(StoredStatus, u64)>, StoreError> {
        let counts: Vec<(String, i64)> = batch_status_counts::table
            .filter(batch_status_counts::owner.eq(owner.0))
            .select((batch_status_counts::status, batch_status_counts::batches))
            .load(self)?;
        counts.into_iter().map(|(status, batches)| Ok((parse(&status)?, batches as u64))).collect()
    }

    fn live_batches(&mut self, after: Option<(i32, BatchKey)>, limit: u32) -> Result<Vec<BatchRecord>, StoreError> {
        let mut query = batches::table.filter(batches::outcome.is_null()).select(BatchRow::as_select()).into_boxed();
        if let Some((priority, key)) = after {
            let behind = batches::priority.lt(priority).or(batches::priority.eq(priority).and(batches::id.gt(key.0)));
            query = query.filter(behind);
        }
        let rows = query.order((batches::priority.desc(), batches::id.asc())).limit(i64::from(limit)).load(self)?;
        rows.iter().map(BatchRow::record).collect()
    }

    fn batches_with_running(&mut self, limit: u32) -> Result<Vec<BatchKey>, StoreError> {
        let live = batches::table.filter(batches::outcome.is_null().and(batches::running.gt(0)));
        let keys: Vec<i64> = live.order(batches::id).limit(i64::from(limit)).select(batches::id).load(self)?;
        Ok(keys.into_iter().map(BatchKey).collect())
    }

    fn batches_snapshot(
        &mut self,
        owner: OwnerKey,
        only: Option<&[BatchId]>,
        limit: u32,
    ) -> Result<BatchesSnapshot, StoreError> {
        let as_of_seq = self.log_range(owner)?.latest;
        let mut found = rows(self, owner, only, false, i64::from(limit) + 1)?;
        let left = i64::from(limit) + 1 - found.len() as i64;
        found.extend(rows(self, owner, only, true, left)?);
        let complete = found.len() <= limit as usize;
        found.truncate(limit as usize);
        let batches =
            found.into_iter().map(|row| Ok((row.record()?, row.collection))).collect::<Result<_, StoreError>>()?;
        Ok(BatchesSnapshot { as_of_seq, batches, complete })
    }

    fn outcome_stats(&mut self, owner: Option<OwnerKey>) -> Result<Vec<BatchOutcomeTotals>, StoreError> {
        let figures = diesel::sql_query(
            "SELECT outcome, COUNT(*) AS batches, SUM(queued) AS queued, SUM(running) AS running,
                    SUM(retry_wait) AS retry_wait, SUM(succeeded) AS succeeded, SUM(failed) AS failed,
                    SUM(cancelled) AS cancelled, SUM(expired) AS expired, SUM(skipped) AS skipped
             FROM batches WHERE ?1 IS NULL OR owner = ?1 GROUP BY outcome",
        );
        Ok(figures.bind::<Nullable<BigInt>, _>(owner.map(|owner| owner.0)).load(self)?)
    }
}

impl BatchWrites for Txn<'_> {
    fn record(&mut self, key: BatchKey) -> Result<BatchRecord, StoreError> {
        self.unit.record(self.conn, key)
    }

    fn put_batch(&mut self, record: BatchRecord, batch: Batch) -> BatchRecord {
        self.unit.put_batch(record, batch, self.now)
    }

    fn next_batch_key(&mut self) -> Result<BatchKey, StoreError> {
        let newest: Option<i64> = batches::table.select(diesel::dsl::max(batches::id)).first(self.conn)?;
        Ok(BatchKey(newest.unwrap_or(0) + 1))
    }

    fn log_place(&mut self, owner: OwnerKey) -> Result<i64, StoreError> {
        self.unit.log_place(self.conn, owner)
    }

    fn insert_batch(&mut self, record: &BatchRecord, spec: &BatchSpec) -> Result<(), StoreError> {
        let row = BatchRow::new(record, spec, self.now)?;
        diesel::insert_into(batches::table).values(&row).execute(self.conn)?;
        count_one_more(self.conn, record.owner, &row.status)
    }

    fn set_batch_options(
        &mut self,
        batch: BatchKey,
        options: &BatchItemOptions,
        on_failure: FailurePolicy,
    ) -> Result<(), StoreError> {
        let change = (batches::options.eq(to_json(options)?), batches::on_failure.eq(to_text(on_failure)));
        diesel::update(batches::table.find(batch.0)).set(change).execute(self.conn)?;
        Ok(())
    }

    fn has_room_to_run(&self) -> bool {
        let is_full = self.unit.running().is_some_and(|running| running >= u64::from(self.env.slots));
        !is_full || is_disabled(Safeguard::RoomToRun)
    }

    fn idempotent_request(&mut self, owner: OwnerKey, key: &str) -> Result<Option<(String, BatchKey)>, StoreError> {
        let known: Option<(String, i64)> = idempotency_keys::table
            .find((owner.0, key))
            .select((idempotency_keys::fingerprint, idempotency_keys::batch))
            .first(self.conn)
            .optional()?;
        Ok(known.map(|(fingerprint, batch)| (fingerprint, BatchKey(batch))))
    }

    fn insert_idempotency_key(&mut self, record: &BatchRecord, key: &str, fingerprint: &str) -> Result<(), StoreError> {
        diesel::insert_into(idempotency_keys::table)
            .values((
                idempotency_keys::owner.eq(record.owner.0),
                idempotency_keys::key.eq(key),
                idempotency_keys::fingerprint.eq(fingerprint),
                idempotency_keys::batch.eq(record.key.0),
                idempotency_keys::created_at.eq(self.now),
            ))
            .execute(self.conn)?;
        Ok(())
    }
}

/// # Errors
/// [`StoreError`] when the database fails.
pub(super) fn update(conn: &mut SqliteConnection, record: &BatchRecord) -> Result<(), StoreError> {
    diesel::update(batches::table.find(record.key.0)).set(BatchColumns::of(record)).execute(conn)?;
    put_status(conn, record).map(drop)
}

/// Gives the row the status of its facts, and counts it there; whether it had another. Apart from the facts, so that
/// the index is written only when the status changes.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(super) fn put_status(conn: &mut SqliteConnection, record: &BatchRecord) -> Result<bool, StoreError> {
    let row = batches::table.find(record.key.0);
    let (was, is) = (row.select(batches::status).first::<String>(conn).optional()?, record.batch.stored_status());
    let Some(was) = was.filter(|was| was != is.as_str()) else { return Ok(false) };
    diesel::update(row).set(batches::status.eq(is.as_str())).execute(conn)?;
    // A count that is wrong already is for the check to say: no batch has to stand still for it.
    let less = "UPDATE batch_status_counts SET batches = MAX(batches - 1, 0) WHERE owner = ?1 AND status = ?2";
    diesel::sql_query(less).bind::<BigInt, _>(record.owner.0).bind::<Text, _>(was).execute(conn)?;
    count_one_more(conn, record.owner, is.as_str())?;
    Ok(true)
}

fn count_one_more(conn: &mut SqliteConnection, owner: OwnerKey, status: &str) -> Result<(), StoreError> {
    let more = "INSERT INTO batch_status_counts (owner, status, batches) VALUES (?1, ?2, 1) \
        ON CONFLICT (owner, status) DO UPDATE SET batches = batches + 1";
    diesel::sql_query(more).bind::<BigInt, _>(owner.0).bind::<Text, _>(status).execute(conn)?;
    Ok(())
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

fn rows(
    conn: &mut SqliteConnection,
    owner: OwnerKey,
    only: Option<&[BatchId]>,
    ended: bool,
    limit: i64,
) -> Result<Vec<BatchRow>, StoreError> {
    let mut query = batches::table
        .filter(batches::owner.eq(owner.0).and(batches::outcome.is_not_null().eq(ended)))
        .select(BatchRow::as_select())
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(batches::public_id.eq_any(only.iter().map(BatchId::to_string)));
    }
    Ok(query.order(batches::id.desc()).limit(limit).load(conn)?)
}
