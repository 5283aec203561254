//! Rows of `items`, and the one way they change: through the item machine.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::SqliteConnection;

use super::error::StoreError;
use super::schema::items;
use super::words::{parse, parse_opt};
use super::{Txn, attempts, txn::Held};
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

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = items, treat_none_as_default_value = false)]
pub(super) struct ItemRow {
    pub batch: i64,
    pub position: i32,
    pub state: String,
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

#[derive(AsChangeset)]
#[diesel(table_name = items, treat_none_as_null = true)]
struct Change {
    state: &'static str,
    generation: i32,
    attempt: i32,
    charged: i32,
    timeouts: i32,
    crashes: i32,
    epoch: i64,
    run_at: Micros,
    claimed_at: Micros,
    reason: Option<&'static str>,
    failure: Option<&'static str>,
    ended_at: Option<Micros>,
}

impl ItemRow {
    pub(super) fn queued(batch: BatchKey, position: u32, correlation: CorrelationKey) -> Self {
        let item = Item::submitted();
        Self {
            batch: batch.0,
            position: position as i32,
            state: item.state.as_str().into(),
            generation: item.generation as i32,
            attempt: 0,
            charged: 0,
            timeouts: 0,
            crashes: 0,
            epoch: 0,
            run_at: 0,
            claimed_at: 0,
            reason: None,
            failure: None,
            ended_at: None,
            correlation: correlation.0,
        }
    }

    pub(super) fn stored(&self) -> Result<StoredItem, StoreError> {
        Ok(StoredItem {
            position: self.position as u32,
            correlation: CorrelationKey(self.correlation),
            claimed_at: self.claimed_at,
            ended_at: self.ended_at,
            item: Item {
                state: parse(&self.state)?,
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
    let of_batch = items::table.filter(items::batch.eq(batch.0)).select(ItemRow::as_select()).limit(i64::from(limit));
    // The state is part of the text so that SQLite can see that the partial index applies.
    let rows: Vec<ItemRow> = match pick {
        Pick::Queued => of_batch.filter(sql::<Bool>("state = 'queued'")).order(items::position).load(conn)?,
        Pick::BackoffOver { now } => of_batch
            .filter(sql::<Bool>("state = 'retry_wait'"))
            .filter(items::run_at.le(now))
            .order(items::run_at)
            .load(conn)?,
        Pick::InState { state, after } => of_batch
            .filter(sql::<Bool>(&format!("state = '{}'", state.as_str())))
            .filter(items::position.gt(after as i32))
            .order(items::position)
            .load(conn)?,
    };
    rows.iter().map(ItemRow::stored).collect()
}

/// # Errors
/// [`StoreError::NotFound`] when the batch has no such item.
pub fn load(conn: &mut SqliteConnection, batch: BatchKey, position: u32) -> Result<StoredItem, StoreError> {
    let row = items::table.find((batch.0, position as i32)).select(ItemRow::as_select()).first(conn).optional()?;
    row.ok_or(StoreError::NotFound("item"))?.stored()
}

/// When the next backoff of the batch is over.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn next_backoff(conn: &mut SqliteConnection, batch: BatchKey) -> Result<Option<Micros>, StoreError> {
    Ok(items::table
        .filter(items::batch.eq(batch.0))
        .filter(sql::<Bool>("state = 'retry_wait'"))
        .order(items::run_at)
        .select(items::run_at)
        .first(conn)
        .optional()?)
}

pub(super) fn insert(conn: &mut SqliteConnection, rows: &[ItemRow]) -> Result<(), StoreError> {
    for chunk in rows.chunks(256) {
        diesel::insert_into(items::table).values(chunk).execute(conn)?;
    }
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
        let held = match stored.item.state == next.state {
            true => held,
            false => self.adopt(held, held.batch.item_moved(stored.item.state, next.state)?),
        };
        if let Some(ended) = effects.attempt_ended {
            self.record_attempt(held.key, stored, &next, ended, notes)?;
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
        let change = Change {
            state: next.state.as_str(),
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
        let row = items::table.find((batch.0, stored.position as i32));
        diesel::update(row).set(change).execute(self.conn)?;
        Ok(())
    }

    fn record_attempt(
        &mut self,
        batch: BatchKey,
        stored: &StoredItem,
        next: &Item,
        ended: AttemptEnd,
        notes: &AttemptNotes,
    ) -> Result<(), StoreError> {
        let failure = next.failure.filter(|_| ended == AttemptEnd::Failed);
        attempts::insert(self.conn, batch, stored, ended, failure, notes, self.now)
    }
}

