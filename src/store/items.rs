//! Rows of `items`, and the one way they change: through the item machine.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::artifacts::{self, ArtifactRow};
use super::attempts::{self, AttemptRow};
use super::documents::{self, Document};
use super::error::StoreError;
use super::item_sql::{InsertItems, PickItems, UpdateItem, WalkBy};
use super::protection::{Protection, is_removed};
use super::schema::{correlations, items};
use super::words::parse_opt;
use super::{Txn, txn::Held};
use crate::domain::event::EventData;
use crate::domain::ids::{BatchKey, CorrelationKey, Micros};
use crate::domain::item::{AttemptEnd, Item, ItemEvent, ItemRefusal, ItemState};

/// An item as stored: the machine and what its row needs beside it.
#[derive(Debug, Clone, Copy)]
pub struct StoredItem {
    pub position: u32,
    pub correlation: CorrelationKey,
    pub claimed_at: Micros,
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
    pub claimed_at: Micros,
    pub reason: Option<String>,
    pub failure: Option<String>,
    pub ended_at: Option<Micros>,
    pub correlation: i64,
}

/// A state as its number in the table: its place in [`ItemState::ALL`].
pub(super) fn code(state: ItemState) -> i32 {
    state as i32
}

fn state_of(code: i32) -> Result<ItemState, StoreError> {
    let known = usize::try_from(code).ok().and_then(|place| ItemState::ALL.get(place).copied());
    known.ok_or_else(|| StoreError::Corrupt(format!("item state {code}")))
}

impl ItemRow {
    pub(super) fn stored(&self) -> Result<StoredItem, StoreError> {
        Ok(StoredItem {
            position: self.position as u32,
            correlation: CorrelationKey(self.correlation),
            claimed_at: self.claimed_at,
            ended_at: self.ended_at,
            item: Item {
                state: state_of(self.state)?,
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

/// Which items of a batch.
#[derive(Debug, Clone, Copy)]
pub enum Pick {
    /// The first queued ones, in input order.
    Queued,
    /// Those whose backoff is over.
    BackoffOver { now: Micros },
    /// Those in one state, behind a position, in input order.
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
    pick: Pick,
    limit: u32,
) -> Result<Vec<StoredItem>, StoreError> {
    let batch = batch.0;
    let rows: Vec<ItemRow> = match pick {
        Pick::Queued => PickItems { batch, by: WalkBy::Queued, limit: i64::from(limit) }.load(conn)?,
        Pick::BackoffOver { now } => {
            PickItems { batch, by: WalkBy::BackoffOver { now }, limit: i64::from(limit) }.load(conn)?
        }
        Pick::InState { state, after } => {
            PickItems { batch, by: WalkBy::state(code(state), after as i32), limit: i64::from(limit) }.load(conn)?
        }
        Pick::Behind { after } => items::table
            .filter(items::batch.eq(batch).and(items::position.gt(after as i32)))
            .order(items::position)
            .limit(i64::from(limit))
            .select(ItemRow::as_select())
            .load(conn)?,
    };
    rows.iter().map(ItemRow::stored).collect()
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
    let by = WalkBy::BackoffOver { now: Micros::MAX };
    let first: Vec<ItemRow> = PickItems { batch: batch.0, by, limit: 1 }.load(conn)?;
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

/// What is known of an attempt that has ended, for its row in the history.
#[derive(Debug, Clone, Default)]
pub struct AttemptNotes {
    pub detail: Option<String>,
    pub summary: Option<String>,
    pub worker_pid: Option<u32>,
    pub work_micros: Option<u64>,
    pub peak_memory_bytes: Option<u64>,
}

impl Txn<'_> {
    /// Takes one item one step: machine, row, history, counts, event. The batch given must be the newest;
    /// the newer one comes back.
    ///
    /// # Errors
    /// Inner [`ItemRefusal`]: nothing changed. Outer [`StoreError`]: the write has to be given up.
    pub fn step_item(
        &mut self,
        held: Held,
        stored: &StoredItem,
        event: &ItemEvent,
        notes: &AttemptNotes,
    ) -> Result<Result<(Held, Item), ItemRefusal>, StoreError> {
        let around = self.around(&held.batch, crate::clock::jitter());
        let (next, effects) = match stored.item.step(event, &around) {
            Ok(stepped) => stepped,
            Err(refusal) => return Ok(Err(refusal)),
        };
        self.persist_item(held.key, stored, &next)?;
        let held = match stored.item.state == next.state || is_removed(Protection::CounterDelta) {
            true => held,
            false => self.adopt(held, held.batch.item_moved(stored.item.state, next.state)?),
        };
        if let Some(ended) = effects.attempt_ended {
            self.record_attempt(held.key, stored, &next, ended, notes);
        }
        if let Some(kind) = effects.emit {
            let data = EventData {
                rev: held.rev,
                generation: Some(next.generation),
                attempt: Some(next.attempt),
                reason: next.reason,
                failure: next.failure.filter(|_| next.state == ItemState::Failed),
                ..EventData::default()
            };
            self.emit(&held, kind, Some(stored.position), stored.correlation, &data)?;
        }
        Ok(Ok((held, next)))
    }

    fn persist_item(&mut self, batch: BatchKey, stored: &StoredItem, next: &Item) -> Result<(), StoreError> {
        let claimed = next.state == ItemState::Running && stored.item.state != ItemState::Running;
        let update = UpdateItem {
            batch: batch.0,
            position: stored.position as i32,
            state: code(next.state),
            generation: next.generation as i32,
            attempt: next.attempt as i32,
            charged: next.charged as i32,
            timeouts: next.timeouts as i32,
            crashes: next.crashes as i32,
            epoch: next.epoch,
            run_at: next.run_at,
            claimed_at: if claimed { self.now } else { stored.claimed_at },
            reason: next.reason.map(|reason| reason.as_str()),
            failure: next.failure.map(|failure| failure.as_str()),
            ended_at: next.state.is_terminal().then_some(self.now),
        };
        update.execute(self.conn)?;
        Ok(())
    }

    fn record_attempt(
        &mut self,
        batch: BatchKey,
        stored: &StoredItem,
        next: &Item,
        ended: AttemptEnd,
        notes: &AttemptNotes,
    ) {
        let failure = next.failure.filter(|_| ended == AttemptEnd::Failed);
        let row = AttemptRow::ended(batch, stored, ended, failure, notes, self.now);
        self.ledger.attempts.push(row);
    }
}
