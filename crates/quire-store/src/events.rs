//! The log: events that every listener reads, by owner.

use std::sync::Arc;

use diesel::prelude::*;

use super::batches::{BatchRecord, parse_id};
use super::enum_text::{from_json, parse, to_json};
use super::error::StoreError;
use super::schema::events;
use quire_domain::delivery::LogRange;
use quire_domain::event::{Event, EventData, EventType};
use quire_domain::history::BatchChange;
use quire_domain::ids::{BatchKey, CorrelationId, CorrelationKey, Micros, OwnerKey};
use quire_domain::webhook::EventFilter;

/// How far a scan of the log behind a cursor came, and how many of those events pass the filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogScanResult {
    /// The last `seq` that was read; the cursor itself when there is nothing behind it.
    pub scanned_to: i64,
    /// Number of the events read that pass the filter.
    pub matched: u32,
}

/// An event of a batch, as far as it tells how the batch and its items changed.
#[derive(Debug)]
pub struct LoggedChange {
    pub seq: i64,
    pub change: BatchChange,
}

/// Queries of the log. Each fails with [`StoreError`] when the database fails.
pub trait EventLogQueries {
    /// An owner's events after `after`, in order, at most `limit`.
    fn events_after(&mut self, owner: OwnerKey, after: i64, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// What an owner's log tells of one batch behind `after` and up to `upto`, in order, at most `limit`.
    fn changes_of_batch(
        &mut self,
        owner: OwnerKey,
        batch: BatchKey,
        range: (i64, i64),
        limit: u32,
    ) -> Result<Vec<LoggedChange>, StoreError>;

    /// Oldest and newest `seq` of an owner's log.
    fn log_range(&mut self, owner: OwnerKey) -> Result<LogRange, StoreError>;

    /// Those of an owner's events that have these numbers and are still in the log; a few dozen at once.
    fn events_by_seq(&mut self, owner: OwnerKey, seqs: &[i64]) -> Result<Vec<Event>, StoreError>;

    /// The owner's first event at or after `since`.
    fn first_event_since(&mut self, owner: OwnerKey, since: Micros) -> Result<Option<i64>, StoreError>;

    /// The next events of the log, at most `limit`, of which some pass the filter.
    fn scan_log(
        &mut self,
        owner: OwnerKey,
        cursor: i64,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<LogScanResult, StoreError>;
}

/// Writes of the log, in a transaction.
pub trait EventLogWrites {
    /// Logs a fact; it gets its `seq` when the commit is made.
    fn emit(&mut self, record: &BatchRecord, kind: EventType, item: Option<u32>, by: CorrelationKey, data: EventData);

    /// Logs a fact of a batch with its counts, as they are at the end of the write: those of the event's revision.
    fn emit_batch(&mut self, record: &BatchRecord, kind: EventType, by: CorrelationKey);

    /// The key of a correlation id, new or known.
    fn correlate(&mut self, id: &CorrelationId) -> Result<CorrelationKey, StoreError>;

    /// The correlation id of a key.
    fn correlation_id(&mut self, key: CorrelationKey) -> Result<Arc<str>, StoreError>;
}

/// An event that waits for its commit.
#[derive(Debug)]
pub(super) struct PendingEvent {
    pub owner: OwnerKey,
    pub kind: EventType,
    pub at: Micros,
    pub batch: BatchKey,
    pub item: Option<u32>,
    pub correlation: CorrelationKey,
    /// Written when the commit is made.
    pub data: EventData,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = events)]
pub(super) struct EventRow {
    pub owner: i64,
    pub seq: i64,
    pub kind: String,
    pub at: Micros,
    pub batch: i64,
    pub item: Option<i32>,
    pub correlation: i64,
    pub data: String,
}

impl PendingEvent {
    pub(super) fn of_batch(record: &BatchRecord, kind: EventType, by: CorrelationKey, now: Micros) -> Self {
        let BatchRecord { owner, key, rev, batch, .. } = record;
        let data = EventData {
            rev: *rev,
            status: Some(batch.status(now)),
            control: Some(batch.control),
            sealed: Some(batch.sealed),
            outcome: batch.outcome,
            counts: Some(batch.counts),
            generation: Some(batch.generation),
            ..EventData::default()
        };
        Self { owner: *owner, kind, at: now, batch: *key, item: None, correlation: by, data }
    }

    pub(super) fn row(self, seq: i64) -> Result<EventRow, StoreError> {
        Ok(EventRow {
            owner: self.owner.0,
            seq,
            kind: self.kind.as_str().into(),
            at: self.at,
            batch: self.batch.0,
            item: self.item.map(|position| position as i32),
            correlation: self.correlation.0,
            data: to_json(&self.data)?,
        })
    }
}

/// The columns of [`LoggedChange`].
pub(super) type ChangeRow = (i64, String, Micros, Option<i32>, String);

impl LoggedChange {
    pub(super) fn read((seq, kind, at, item, data): ChangeRow) -> Result<Self, StoreError> {
        let item = item.map(|position| position as u32);
        Ok(Self { seq, change: BatchChange { kind: parse(&kind)?, at, item, data: from_json(&data)? } })
    }
}

impl EventRow {
    pub(super) fn event(self, batch: &str, correlation: &str) -> Result<Event, StoreError> {
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
