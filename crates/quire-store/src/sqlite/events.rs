//! The log in SQLite.

use std::sync::Arc;

use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::bulk_insert::{BulkRow, bind_all};
use super::txn::Txn;
use crate::batches::BatchRecord;
use crate::enum_text::parse;
use crate::error::StoreError;
use crate::events::{ChangeRow, EventLogQueries, EventLogWrites, EventRow, LogScanResult, LoggedChange, PendingEvent};
use crate::schema::{batches, correlations, events, owners};
use quire_domain::delivery::LogRange;
use quire_domain::event::{Event, EventData, EventType};
use quire_domain::ids::{BatchKey, CorrelationId, CorrelationKey, Micros, OwnerKey};
use quire_domain::webhook::EventFilter;

impl EventLogQueries for SqliteConnection {
    fn events_after(&mut self, owner: OwnerKey, after: i64, limit: u32) -> Result<Vec<Event>, StoreError> {
        let rows = events::table
            .inner_join(batches::table)
            .inner_join(correlations::table.on(correlations::id.eq(events::correlation)))
            .filter(events::owner.eq(owner.0).and(events::seq.gt(after)))
            .order(events::seq)
            .limit(i64::from(limit))
            .select((EventRow::as_select(), batches::public_id, batches::collection, correlations::value))
            .load::<(EventRow, String, Option<String>, String)>(self)?;
        let event =
            |(row, batch, collection, correlation): (EventRow, String, _, String)| -> Result<Event, StoreError> {
                let mut event = row.event(&batch, &correlation)?;
                event.data.collection = collection;
                Ok(event)
            };
        rows.into_iter().map(event).collect()
    }

    fn changes_of_batch(
        &mut self,
        owner: OwnerKey,
        batch: BatchKey,
        (after, upto): (i64, i64),
        limit: u32,
    ) -> Result<Vec<LoggedChange>, StoreError> {
        let rows: Vec<ChangeRow> = events::table
            .filter(events::owner.eq(owner.0).and(events::seq.gt(after)).and(events::seq.le(upto)))
            .filter(events::batch.eq(batch.0))
            .order(events::seq)
            .limit(i64::from(limit))
            .select((events::seq, events::kind, events::at, events::item, events::data))
            .load(self)?;
        rows.into_iter().map(LoggedChange::read).collect()
    }

    fn log_range(&mut self, owner: OwnerKey) -> Result<LogRange, StoreError> {
        let latest: Option<i64> = owners::table.find(owner.0).select(owners::last_seq).get_result(self).optional()?;
        let latest = latest.unwrap_or(0);
        let own = events::table.filter(events::owner.eq(owner.0));
        let oldest: Option<i64> = own.order(events::seq).select(events::seq).first(self).optional()?;
        Ok(LogRange { oldest: oldest.unwrap_or(latest + 1), latest })
    }

    fn events_by_seq(&mut self, owner: OwnerKey, seqs: &[i64]) -> Result<Vec<Event>, StoreError> {
        let rows = events::table
            .inner_join(batches::table)
            .inner_join(correlations::table.on(correlations::id.eq(events::correlation)))
            .filter(events::owner.eq(owner.0).and(events::seq.eq_any(seqs)))
            .select((EventRow::as_select(), batches::public_id, correlations::value))
            .load::<(EventRow, String, String)>(self)?;
        rows.into_iter().map(|(row, batch, correlation)| row.event(&batch, &correlation)).collect()
    }

    fn first_event_since(&mut self, owner: OwnerKey, since: Micros) -> Result<Option<i64>, StoreError> {
        // In the order of the log, so that a clock that was set back leaves nothing out.
        let first = events::table
            .filter(events::owner.eq(owner.0).and(events::at.ge(since)))
            .order(events::seq)
            .select(events::seq);
        Ok(first.first(self).optional()?)
    }

    fn scan_log(
        &mut self,
        owner: OwnerKey,
        cursor: i64,
        filter: &EventFilter,
        limit: u32,
    ) -> Result<LogScanResult, StoreError> {
        let rows: Vec<(i64, String)> = events::table
            .filter(events::owner.eq(owner.0).and(events::seq.gt(cursor)))
            .order(events::seq)
            .limit(i64::from(limit))
            .select((events::seq, events::kind))
            .load(self)?;
        let mut scan = LogScanResult { scanned_to: cursor, matched: 0 };
        for (seq, kind) in rows {
            scan.scanned_to = seq;
            scan.matched += u32::from(filter.accepts(parse::<EventType>(&kind)?));
        }
        Ok(scan)
    }
}

impl EventLogWrites for Txn<'_> {
    fn emit(&mut self, record: &BatchRecord, kind: EventType, item: Option<u32>, by: CorrelationKey, data: EventData) {
        let (owner, at, batch) = (record.owner, self.now, record.key);
        self.unit.put_event(PendingEvent { owner, kind, at, batch, item, correlation: by, data });
    }

    fn emit_batch(&mut self, record: &BatchRecord, kind: EventType, by: CorrelationKey) {
        self.unit.put_event(PendingEvent::of_batch(record, kind, by, self.now));
    }

    fn correlate(&mut self, id: &CorrelationId) -> Result<CorrelationKey, StoreError> {
        diesel::insert_or_ignore_into(correlations::table)
            .values(correlations::value.eq(id.as_str()))
            .execute(self.conn)?;
        let key = correlations::table
            .filter(correlations::value.eq(id.as_str()))
            .select(correlations::id)
            .first(self.conn)?;
        Ok(CorrelationKey(key))
    }

    fn correlation_id(&mut self, key: CorrelationKey) -> Result<Arc<str>, StoreError> {
        self.unit.correlation_id(self.conn, key)
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
