//! Items in SQLite, with their documents, attempts and artifacts.

use std::collections::{BTreeSet, HashMap};

use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::bulk_insert::{BulkRow, bind_all};
use super::item_sql::{IndexScan, InsertItems, SelectItems};
use super::name_sql::SelectByName;
use super::state_number::StateNumber;
use super::txn::Txn;
use crate::artifacts::{ArtifactRow, NewArtifact};
use crate::attempts::AttemptRow;
use crate::documents::{Document, DocumentRow};
use crate::enum_text::{parse, parse_opt, to_json};
use crate::error::StoreError;
use crate::items::{
    FailureGroup, IN_HAND, ItemDetails, ItemFilter, ItemQueries, ItemRow, ItemStateSummary, ItemWrites, NameSearch,
    StoredItem, code, state_of,
};
use crate::schema::{artifacts, attempts, correlations, documents, items};
use quire_domain::failure::FailureCode;
use quire_domain::ids::{BatchKey, CorrelationKey, Micros};
use quire_domain::item::ItemState;

impl ItemQueries for SqliteConnection {
    fn items(&mut self, batch: BatchKey, pick: ItemFilter, limit: u32) -> Result<Vec<StoredItem>, StoreError> {
        let mut walk = |by| SelectItems { batch: batch.0, by, limit: i64::from(limit) }.load(self);
        let rows: Vec<ItemRow> = match pick {
            ItemFilter::Claimable => walk(IndexScan::Queued { after: 0 })?,
            ItemFilter::InHand { after } => walk(IndexScan::Notable { state: IN_HAND, after: after as i32 })?,
            ItemFilter::BackoffOver { now } => walk(IndexScan::BackoffOver { now })?,
            ItemFilter::InState { state, after } => in_state(walk, state, after as i32, limit)?,
            ItemFilter::Failing { code, state, after } => failing(walk, (code, state), after as i32, limit)?,
            ItemFilter::Behind { after } => items::table
                .filter(items::batch.eq(batch.0).and(items::position.gt(after as i32)))
                .order(items::position)
                .limit(i64::from(limit))
                .select(ItemRow::as_select())
                .load(self)?,
        };
        rows.iter().map(ItemRow::stored).collect()
    }

    fn items_by_name(
        &mut self,
        batch: BatchKey,
        search: &NameSearch,
        limit: u32,
    ) -> Result<Vec<StoredItem>, StoreError> {
        let rows: Vec<ItemRow> = SelectByName::new(batch, search, limit).load(self)?;
        rows.iter().map(ItemRow::stored).collect()
    }

    fn failure_groups(&mut self, batch: BatchKey) -> Result<Vec<FailureGroup>, StoreError> {
        let failed = items::batch.eq(batch.0).and(items::state.eq(code(ItemState::Failed, false)));
        let groups: Vec<(Option<String>, i64, Option<i32>)> = items::table
            .filter(failed.and(items::failure.is_not_null()))
            .group_by(items::failure)
            .select((items::failure, count_star(), min(items::position)))
            .load(self)?;
        let groups = groups.into_iter().filter_map(|(failure, items, first)| {
            let (failure, first) = failure.zip(first)?;
            let code = parse(&failure);
            Some(code.map(|code| FailureGroup { code, items: items as u64, first_position: first as u32 }))
        });
        groups.collect()
    }

    fn item_state_summaries(
        &mut self,
        batch: BatchKey,
        after: u32,
        limit: u32,
    ) -> Result<Vec<ItemStateSummary>, StoreError> {
        let rows: Vec<(i32, i32, Micros, Option<String>)> = items::table
            .filter(items::batch.eq(batch.0).and(items::position.gt(after as i32)))
            .order(items::position)
            .limit(i64::from(limit))
            .select((items::position, items::state, items::started_at, items::failure))
            .load(self)?;
        let marks = rows.iter().map(|(position, state, started_at, failure)| {
            let (state, _) = state_of(*state, *started_at)?;
            Ok(ItemStateSummary { position: *position as u32, state, failure: parse_opt(failure.as_deref())? })
        });
        marks.collect()
    }

    fn item(&mut self, batch: BatchKey, position: u32) -> Result<StoredItem, StoreError> {
        let row =
            items::table.find((batch.0, position as i32)).select(ItemRow::as_select()).get_result(self).optional()?;
        row.ok_or(StoreError::NotFound("item"))?.stored()
    }

    fn items_at(&mut self, batch: BatchKey, positions: &[u32]) -> Result<Vec<StoredItem>, StoreError> {
        let by = IndexScan::At { positions: to_json(&positions)? };
        let rows: Vec<ItemRow> = SelectItems { batch: batch.0, by, limit: i64::from(i32::MAX) }.load(self)?;
        rows.iter().map(ItemRow::stored).collect()
    }

    fn item_page(&mut self, batch: BatchKey, items: Vec<StoredItem>) -> Result<ItemDetails, StoreError> {
        let positions: Vec<i32> = items.iter().map(|item| item.position as i32).collect();
        let documents = documents_of(self, batch, &positions)?;
        let attempts = attempts_of(self, batch, &positions)?;
        let artifacts = artifacts_of(self, batch, &positions)?;
        let correlations = named(self, &items)?;
        Ok(ItemDetails { items, documents, attempts, artifacts, correlations })
    }

    fn next_backoff(&mut self, batch: BatchKey) -> Result<Option<Micros>, StoreError> {
        let by = IndexScan::BackoffOver { now: Micros::MAX };
        let first: Vec<ItemRow> = SelectItems { batch: batch.0, by, limit: 1 }.load(self)?;
        Ok(first.first().map(|row| row.run_at))
    }

    fn document(&mut self, batch: BatchKey, position: u32) -> Result<Option<Document>, StoreError> {
        Ok(self.documents_between(batch, position, position)?.pop().map(|(_, document)| document))
    }

    fn documents_between(
        &mut self,
        batch: BatchKey,
        first: u32,
        last: u32,
    ) -> Result<Vec<(u32, Document)>, StoreError> {
        let rows: Vec<DocumentRow> = documents::table
            .filter(documents::batch.eq(batch.0).and(documents::position.between(first as i32, last as i32)))
            .order(documents::position)
            .select(DocumentRow::as_select())
            .load(self)?;
        rows.into_iter().map(|row| Ok((row.position as u32, row.document()?))).collect()
    }

    fn newest_attempt(&mut self, batch: BatchKey, position: u32) -> Result<Option<AttemptRow>, StoreError> {
        Ok(attempts::table
            .filter(attempts::batch.eq(batch.0).and(attempts::position.eq(position as i32)))
            .order((attempts::generation.desc(), attempts::attempt.desc()))
            .select(AttemptRow::as_select())
            .first(self)
            .optional()?)
    }

    fn attempts(&mut self, batch: BatchKey, position: u32) -> Result<Vec<AttemptRow>, StoreError> {
        Ok(attempts::table
            .filter(attempts::batch.eq(batch.0).and(attempts::position.eq(position as i32)))
            .order((attempts::generation, attempts::attempt))
            .select(AttemptRow::as_select())
            .load(self)?)
    }

    fn artifacts(&mut self, batch: BatchKey, position: u32, generation: u32) -> Result<Vec<ArtifactRow>, StoreError> {
        let of_item = artifacts::batch.eq(batch.0).and(artifacts::position.eq(position as i32));
        Ok(artifacts::table
            .filter(of_item.and(artifacts::generation.eq(generation as i32)))
            .order(artifacts::name)
            .select(ArtifactRow::as_select())
            .load(self)?)
    }
}

impl ItemWrites for Txn<'_> {
    fn insert_items(
        &mut self,
        batch: BatchKey,
        first: u32,
        last: u32,
        correlation: CorrelationKey,
    ) -> Result<(), StoreError> {
        let (first, last) = (first as i32, last as i32);
        InsertItems { batch: batch.0, first, last, correlation: correlation.0 }.execute(self.conn)?;
        Ok(())
    }

    fn insert_documents(&mut self, batch: BatchKey, documents: &[(u32, &Document)]) -> Result<(), StoreError> {
        let rows = documents.iter().map(|(position, document)| DocumentRow::new(batch, *position, document));
        for chunk in rows.collect::<Vec<_>>().chunks(256) {
            diesel::insert_into(documents::table).values(chunk).execute(self.conn)?;
        }
        Ok(())
    }

    fn put_item(&mut self, batch: BatchKey, stored: &StoredItem) {
        self.unit.put_item(batch, stored);
    }

    fn put_attempt(&mut self, attempt: AttemptRow) {
        self.unit.put_attempt(attempt);
    }

    fn insert_artifacts(
        &mut self,
        batch: BatchKey,
        position: u32,
        generation: u32,
        produced: &[NewArtifact],
    ) -> Result<(), StoreError> {
        for artifact in produced {
            let row = ArtifactRow::new(batch, position, generation, artifact, self.now);
            diesel::insert_into(artifacts::table).values(&row).execute(self.conn)?;
        }
        Ok(())
    }
}

fn in_state(
    mut walk: impl FnMut(IndexScan) -> QueryResult<Vec<ItemRow>>,
    state: ItemState,
    after: i32,
    limit: u32,
) -> QueryResult<Vec<ItemRow>> {
    match state {
        ItemState::Queued => {
            let mut rows = walk(IndexScan::Queued { after })?;
            rows.extend(walk(IndexScan::Claimed { after })?);
            rows.sort_unstable_by_key(|row| row.position);
            rows.truncate(limit as usize);
            Ok(rows)
        }
        ItemState::Running => walk(IndexScan::Running { after }),
        ItemState::RetryWait => walk(IndexScan::BackingOff { after }),
        ItemState::Succeeded => walk(IndexScan::Succeeded { after }),
        ItemState::Failed | ItemState::Cancelled | ItemState::Expired | ItemState::Skipped => {
            walk(IndexScan::Notable { state: code(state, false), after })
        }
    }
}

/// Items in one state, or in any, that failed of this; each state is a walk of its own.
fn failing(
    mut walk: impl FnMut(IndexScan) -> QueryResult<Vec<ItemRow>>,
    (failure, state): (FailureCode, Option<ItemState>),
    after: i32,
    limit: u32,
) -> QueryResult<Vec<ItemRow>> {
    let (mut rows, failure) = (Vec::new(), failure.as_str());
    for number in StateNumber::of(state) {
        rows.extend(walk(IndexScan::Failing { failure, number, after })?);
    }
    rows.sort_unstable_by_key(|row| row.position);
    rows.truncate(limit as usize);
    Ok(rows)
}

fn documents_of(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    positions: &[i32],
) -> Result<Vec<(u32, Document)>, StoreError> {
    let rows: Vec<DocumentRow> = documents::table
        .filter(documents::batch.eq(batch.0).and(documents::position.eq_any(positions)))
        .order(documents::position)
        .select(DocumentRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok((row.position as u32, row.document()?))).collect()
}

fn attempts_of(conn: &mut SqliteConnection, batch: BatchKey, positions: &[i32]) -> Result<Vec<AttemptRow>, StoreError> {
    Ok(attempts::table
        .filter(attempts::batch.eq(batch.0).and(attempts::position.eq_any(positions)))
        .order((attempts::position, attempts::generation, attempts::attempt))
        .select(AttemptRow::as_select())
        .load(conn)?)
}

fn artifacts_of(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    positions: &[i32],
) -> Result<Vec<ArtifactRow>, StoreError> {
    Ok(artifacts::table
        .filter(artifacts::batch.eq(batch.0).and(artifacts::position.eq_any(positions)))
        .order((artifacts::position, artifacts::name))
        .select(ArtifactRow::as_select())
        .load(conn)?)
}

fn named(conn: &mut SqliteConnection, items: &[StoredItem]) -> Result<HashMap<CorrelationKey, String>, StoreError> {
    let keys: BTreeSet<i64> = items.iter().map(|item| item.correlation.0).collect();
    let rows: Vec<(i64, String)> = correlations::table.filter(correlations::id.eq_any(keys)).load(conn)?;
    Ok(rows.into_iter().map(|(key, id)| (CorrelationKey(key), id)).collect())
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
