//! Rows of `events`: the log that everything which listens reads.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::batches::parse_id;
use super::error::StoreError;
use super::schema::{batches, correlations, events};
use super::words::{from_json, parse};
use crate::domain::event::{Event, EventType};
use crate::domain::ids::{BatchKey, CorrelationId, CorrelationKey, Micros, OwnerKey};

/// An event that waits for its commit.
#[derive(Debug)]
pub(super) struct Pending {
    pub owner: OwnerKey,
    pub kind: EventType,
    pub at: Micros,
    pub batch: BatchKey,
    pub item: Option<u32>,
    pub correlation: CorrelationKey,
    pub data: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
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

impl Pending {
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

pub(super) fn insert(conn: &mut SqliteConnection, rows: &[EventRow]) -> Result<(), StoreError> {
    for chunk in rows.chunks(256) {
        diesel::insert_into(events::table).values(chunk).execute(conn)?;
    }
    Ok(())
}

/// An owner's events after `after`, in order, at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn after(
    conn: &mut SqliteConnection,
    owner: OwnerKey,
    after: i64,
    limit: u32,
) -> Result<Vec<Event>, StoreError> {
    let rows = events::table
        .inner_join(batches::table)
        .inner_join(correlations::table.on(correlations::id.eq(events::correlation)))
        .filter(events::owner.eq(owner.0).and(events::seq.gt(after)))
        .order(events::seq)
        .limit(i64::from(limit))
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
