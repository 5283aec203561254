//! Rows of `items`: how they are read, found and created. They change in [`super::item_steps`].

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::artifacts::{self, ArtifactRow};
use super::attempts::{self, AttemptRow};
use super::documents::{self, Document};
use super::enum_text::parse_opt;
use super::error::StoreError;
use super::item_sql::{IndexScan, InsertItems, SelectItems};
use super::schema::{correlations, items};
use crate::domain::ids::{BatchKey, CorrelationKey, Micros};
use crate::domain::item::{Item, ItemState};

/// An item as stored: the machine and what its row needs beside it.
#[derive(Debug, Clone, Copy)]
pub struct StoredItem {
    pub position: u32,
    pub correlation: CorrelationKey,
    /// When a worker process took it last; 0 before, and while it is claimed.
    pub started_at: Micros,
    pub ended_at: Option<Micros>,
    pub item: Item,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = items)]
pub(super) struct ItemRow {
    pub position: i32,
    pub state: i32,
    pub generation: i32,
    pub attempt: i32,
    pub charged: i32,
    pub timeouts: i32,
    pub crashes: i32,
    pub epoch: i64,
    pub run_at: Micros,
    pub started_at: Micros,
    pub reason: Option<String>,
    pub failure: Option<String>,
    pub ended_at: Option<Micros>,
    pub correlation: i64,
}

/// A state as its number in the table: its place in [`ItemState::ALL`]. A claimed item has the number of a running one,
/// and no start.
pub(super) fn code(state: ItemState, is_claimed: bool) -> i32 {
    if is_claimed { IN_HAND } else { state as i32 }
}

const IN_HAND: i32 = ItemState::Running as i32;

pub(super) fn state_of(code: i32, started_at: Micros) -> Result<(ItemState, bool), StoreError> {
    if code == IN_HAND && started_at == 0 {
        return Ok((ItemState::Queued, true));
    }
    let known = usize::try_from(code).ok().and_then(|place| ItemState::ALL.get(place).copied());
    known.map(|state| (state, false)).ok_or_else(|| StoreError::Corrupt(format!("item state {code}")))
}

impl ItemRow {
    pub(super) fn stored(&self) -> Result<StoredItem, StoreError> {
        let (state, is_claimed) = state_of(self.state, self.started_at)?;
        Ok(StoredItem {
            position: self.position as u32,
            correlation: CorrelationKey(self.correlation),
            started_at: self.started_at,
            ended_at: self.ended_at,
            item: Item {
                state,
                is_claimed,
                generation: self.generation as u32,
                attempt: self.attempt as u32,
                charged: self.charged as u32,
                timeouts: self.timeouts as u32,
                crashes: self.crashes as u32,
                epoch: self.epoch,
                run_at: self.run_at,
                reason: parse_opt(self.reason.as_deref())?,
                failure: parse_opt(self.failure.as_deref())?,
            },
        })
    }
}

/// Filter of a batch's items.
#[derive(Debug, Clone, Copy)]
pub enum ItemFilter {
    /// The first that may be claimed, in input order.
    Claimable,
    /// Those that are claimed or run, behind a position, in input order.
    InHand { after: u32 },
    /// Those whose backoff is over.
    BackoffOver { now: Micros },
    /// Those in one state, claimed ones among the queued, behind a position, in input order.
    InState { state: ItemState, after: u32 },
    /// All of them behind a position, in input order.
    Behind { after: u32 },
}

/// At most `limit` items of a batch.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn pick(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    pick: ItemFilter,
    limit: u32,
) -> Result<Vec<StoredItem>, StoreError> {
    let mut walk = |by| SelectItems { batch: batch.0, by, limit: i64::from(limit) }.load(conn);
    let rows: Vec<ItemRow> = match pick {
        ItemFilter::Claimable => walk(IndexScan::Queued { after: 0 })?,
        ItemFilter::InHand { after } => walk(IndexScan::Notable { state: IN_HAND, after: after as i32 })?,
        ItemFilter::BackoffOver { now } => walk(IndexScan::BackoffOver { now })?,
        ItemFilter::InState { state, after } => in_state(walk, state, after as i32, limit)?,
        ItemFilter::Behind { after } => items::table
            .filter(items::batch.eq(batch.0).and(items::position.gt(after as i32)))
            .order(items::position)
            .limit(i64::from(limit))
            .select(ItemRow::as_select())
            .load(conn)?,
    };
    rows.iter().map(ItemRow::stored).collect()
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

/// Some items with all that readers want to see of them.
#[derive(Debug)]
pub struct ItemPage {
    pub items: Vec<StoredItem>,
    pub documents: Vec<(u32, Document)>,
    /// Of all generations, in the order in which they were made.
    pub attempts: Vec<AttemptRow>,
    pub artifacts: Vec<ArtifactRow>,
    /// What the items' correlation keys stand for.
    pub correlations: HashMap<CorrelationKey, String>,
}

/// The same items with their documents, attempts and artifacts.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn page(conn: &mut SqliteConnection, batch: BatchKey, items: Vec<StoredItem>) -> Result<ItemPage, StoreError> {
    let positions: Vec<i32> = items.iter().map(|item| item.position as i32).collect();
    let documents = documents::of_items(conn, batch, &positions)?;
    let attempts = attempts::of_items(conn, batch, &positions)?;
    let artifacts = artifacts::of_items(conn, batch, &positions)?;
    let correlations = named(conn, &items)?;
    Ok(ItemPage { items, documents, attempts, artifacts, correlations })
}

fn named(conn: &mut SqliteConnection, items: &[StoredItem]) -> Result<HashMap<CorrelationKey, String>, StoreError> {
    let keys: BTreeSet<i64> = items.iter().map(|item| item.correlation.0).collect();
    let rows: Vec<(i64, String)> = correlations::table.filter(correlations::id.eq_any(keys)).load(conn)?;
    Ok(rows.into_iter().map(|(key, id)| (CorrelationKey(key), id)).collect())
}

/// # Errors
/// [`StoreError::NotFound`] when the batch has no such item.
pub fn load(conn: &mut SqliteConnection, batch: BatchKey, position: u32) -> Result<StoredItem, StoreError> {
    let row = items::table.find((batch.0, position as i32)).select(ItemRow::as_select()).get_result(conn).optional()?;
    row.ok_or(StoreError::NotFound("item"))?.stored()
}

/// When the next backoff of the batch is over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn next_backoff(conn: &mut SqliteConnection, batch: BatchKey) -> Result<Option<Micros>, StoreError> {
    let by = IndexScan::BackoffOver { now: Micros::MAX };
    let first: Vec<ItemRow> = SelectItems { batch: batch.0, by, limit: 1 }.load(conn)?;
    Ok(first.first().map(|row| row.run_at))
}

/// New items at the positions `first..=last`, all queued and all alike.
pub(super) fn insert(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    first: u32,
    last: u32,
    correlation: CorrelationKey,
) -> Result<(), StoreError> {
    let (first, last) = (first as i32, last as i32);
    InsertItems { batch: batch.0, first, last, correlation: correlation.0 }.execute(conn)?;
    Ok(())
}
