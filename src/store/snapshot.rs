//! Snapshot of an owner's batches at one point of the log: for a client that has lost its place.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::batches::BatchRow;
use super::error::StoreError;
use super::events;
use super::schema::batches;
use super::txn::BatchRecord;
use crate::domain::ids::{BatchId, OwnerKey};

#[derive(Debug)]
pub struct BatchSnapshot {
    /// Events up to this one are in `batches` already.
    pub as_of_seq: i64,
    /// Those that have not ended first, each kind newest first; each with its collection.
    pub batches: Vec<(BatchRecord, Option<String>)>,
    /// Whether these are all.
    pub complete: bool,
}

/// At most `limit` of the owner's batches, or of those named; one snapshot of the database.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn standing(
    conn: &mut SqliteConnection,
    owner: OwnerKey,
    only: Option<&[BatchId]>,
    limit: u32,
) -> Result<BatchSnapshot, StoreError> {
    let as_of_seq = events::reach(conn, owner)?.latest;
    let mut found = rows(conn, owner, only, false, i64::from(limit) + 1)?;
    let left = i64::from(limit) + 1 - found.len() as i64;
    found.extend(rows(conn, owner, only, true, left)?);
    let complete = found.len() <= limit as usize;
    found.truncate(limit as usize);
    let batches =
        found.into_iter().map(|row| Ok((row.record()?, row.collection))).collect::<Result<_, StoreError>>()?;
    Ok(BatchSnapshot { as_of_seq, batches, complete })
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
