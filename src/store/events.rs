//! Rows of `events`: the log that every listener reads.

use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::batches::parse_id;
use super::bulk_insert::{BulkRow, bind_all};
use super::enum_text::{from_json, parse};
use super::error::StoreError;
use super::schema::{batches, correlations, events, owners};
use crate::domain::delivery::LogRange;
use crate::domain::event::{Event, EventType};
use crate::domain::ids::{BatchKey, CorrelationId, CorrelationKey, Micros, OwnerKey};

/// An event that waits for its commit.
#[derive(Debug)]
pub(super) struct PendingEvent {
    pub owner: OwnerKey,
    pub kind: EventType,
    pub at: Micros,
    pub batch: BatchKey,
    pub item: Option<u32>,
    pub correlation: CorrelationKey,
    pub data: String,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
pub(super) struct EventRow {
    owner: i64,
    seq: i64,
    kind: String,
    at: Micros,
    batch: i64,
    item: Option<i32>,
    correlation: i64,
    data: String,
}

impl PendingEvent {
    pub(super) fn row(self, seq: i64) -> EventRow {
        EventRow {
            owner: self.owner.0,
            seq,
            kind: self.kind.as_str().into(),
            at: self.at,
            batch: self.batch.0,
            item: self.item.map(|position| position as i32),
            correlation: self.correlation.0,
            data: self.data,
        }
    }
}

impl BulkRow for EventRow {
    const HEAD: &'static str = "INSERT INTO events (owner, seq, type, at, batch, item, correlation, data) VALUES ";

    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        bind_all!(
            out,
            BigInt => self.owner, BigInt => self.seq, Text => self.kind, BigInt => self.at, BigInt => self.batch,
            Nullable<Integer> => self.item, BigInt => self.correlation, Text => self.data
        )
    }
}

/// An owner's events after `after`, in order, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn after(conn: &mut SqliteConnection, owner: OwnerKey, after: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
    let rows = events::table
        .inner_join(batches::table)
        .inner_join(correlations::table.on(correlations::id.eq(events::correlation)))
        .filter(events::owner.eq(owner.0).and(events::seq.gt(after)))
        .order(events::seq)
        .limit(i64::from(limit))
        .select((EventRow::as_select(), batches::public_id, batches::collection, correlations::value))
        .load::<(EventRow, String, Option<String>, String)>(conn)?;
    let event = |(row, batch, collection, correlation): (EventRow, String, _, String)| -> Result<Event, StoreError> {
        let mut event = row.event(&batch, &correlation)?;
        event.data.collection = collection;
        Ok(event)
    };
    rows.into_iter().map(event).collect()
}

/// Oldest and newest `seq` of an owner's log.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn reach(conn: &mut SqliteConnection, owner: OwnerKey) -> Result<LogRange, StoreError> {
    let latest: Option<i64> = owners::table.find(owner.0).select(owners::last_seq).get_result(conn).optional()?;
    let latest = latest.unwrap_or(0);
    let own = events::table.filter(events::owner.eq(owner.0));
    let oldest: Option<i64> = own.order(events::seq).select(events::seq).first(conn).optional()?;
    Ok(LogRange { oldest: oldest.unwrap_or(latest + 1), latest })
}

/// Those of an owner's events that have these numbers and are still in the log; a few dozen at once.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn some(conn: &mut SqliteConnection, owner: OwnerKey, seqs: &[i64]) -> Result<Vec<Event>, StoreError> {
    let rows = events::table
        .inner_join(batches::table)
        .inner_join(correlations::table.on(correlations::id.eq(events::correlation)))
        .filter(events::owner.eq(owner.0).and(events::seq.eq_any(seqs)))
        .select((EventRow::as_select(), batches::public_id, correlations::value))
        .load::<(EventRow, String, String)>(conn)?;
    rows.into_iter().map(|(row, batch, correlation)| row.event(&batch, &correlation)).collect()
}

impl EventRow {
    fn event(self, batch: &str, correlation: &str) -> Result<Event, StoreError> {
        let broken = || StoreError::Corrupt(format!("correlation id `{correlation}`"));
        Ok(Event {
            seq: self.seq,
            kind: parse(&self.kind)?,
            at: self.at,
            batch: parse_id(batch)?,
            item: self.item.map(|position| position as u32),
            correlation_id: CorrelationId::parse(correlation).ok_or_else(broken)?,
            data: from_json(&self.data)?,
        })
    }
}
