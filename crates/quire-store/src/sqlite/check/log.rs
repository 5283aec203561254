//! Check of the event log against the items: every transition is logged once.
//!
//! The log has no index by item. A window of items is held in memory and the log is walked once for each window.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use diesel::sqlite::SqliteConnection;

use super::{CheckChunks, Findings, Violation};
use crate::batches::BatchRecord;
use crate::error::StoreError;
use crate::items::StoredItem;
use crate::schema::owners;
use quire_domain::ids::BatchKey;

mod seqs;
mod tally;

pub(super) use seqs::check_seqs;
use tally::{BatchTally, ItemTally};

/// Expected events of some neighbouring items, and of the batches that end among them.
pub(super) struct ExpectedEvents {
    sizes: CheckChunks,
    /// Items up to and including this place were in earlier windows.
    from: Place,
    items: BTreeMap<Place, ItemTally>,
    batches: BTreeMap<i64, BatchTally>,
    unreadable: BTreeSet<i64>,
}

/// A batch and a position in it; batches themselves come behind all their items.
type Place = (i64, u32);

const BEHIND_ITEMS: u32 = u32::MAX;

#[derive(QueryableByName)]
pub(super) struct LogRow {
    #[diesel(sql_type = BigInt)]
    owner: i64,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    batch: i64,
    #[diesel(sql_type = Nullable<Integer>)]
    item: Option<i32>,
    #[diesel(sql_type = Text)]
    data: String,
}

impl ExpectedEvents {
    pub(super) fn new(sizes: CheckChunks) -> Self {
        Self {
            sizes,
            from: (i64::MIN, 0),
            items: BTreeMap::new(),
            batches: BTreeMap::new(),
            unreadable: BTreeSet::new(),
        }
    }

    /// The item should have started so often in its newest generation.
    pub(super) fn add_item(&mut self, batch: &BatchRecord, stored: &StoredItem, starts: u32) {
        let tally = ItemTally::new(&stored.item, starts, batch.log_after.is_some());
        self.items.insert((batch.key.0, stored.position), tally);
    }

    pub(super) fn add_batch(&mut self, record: &BatchRecord) {
        self.batches.insert(record.key.0, BatchTally::new(record));
    }

    /// A batch that cannot be read cannot be compared.
    pub(super) fn leave_out(&mut self, batch: BatchKey) {
        self.unreadable.insert(batch.0);
        self.items.retain(|(of, _), _| *of != batch.0);
    }

    /// Compares and empties the window when it is full.
    pub(super) fn make_room(&mut self, conn: &mut SqliteConnection, findings: &mut Findings) -> Result<(), StoreError> {
        if self.items.len() + self.batches.len() < self.sizes.window_items {
            return Ok(());
        }
        let newest_item = self.items.keys().next_back().copied();
        let newest_batch = self.batches.keys().next_back().map(|batch| (*batch, BEHIND_ITEMS));
        let to = newest_item.max(newest_batch).unwrap_or(self.from);
        self.compare(conn, to, findings)
    }

    /// Compares what is left, up to the end of the log.
    pub(super) fn close(mut self, conn: &mut SqliteConnection, findings: &mut Findings) -> Result<(), StoreError> {
        self.compare(conn, (i64::MAX, BEHIND_ITEMS), findings)
    }

    fn compare(&mut self, conn: &mut SqliteConnection, to: Place, findings: &mut Findings) -> Result<(), StoreError> {
        let owners: Vec<i64> = owners::table.select(owners::id).order(owners::id).load(conn)?;
        for owner in owners {
            self.walk(conn, owner, to, findings)?;
        }
        for (place, tally) in std::mem::take(&mut self.items) {
            tally.close(BatchKey(place.0), place.1, findings);
        }
        for (batch, tally) in std::mem::take(&mut self.batches) {
            tally.close(BatchKey(batch), findings);
        }
        self.unreadable.retain(|batch| *batch >= to.0);
        self.from = to;
        Ok(())
    }

    fn walk(
        &mut self,
        conn: &mut SqliteConnection,
        owner: i64,
        to: Place,
        findings: &mut Findings,
    ) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let rows: Vec<LogRow> = diesel::sql_query(
                "SELECT owner, seq, type AS kind, batch, item, data FROM events \
                 WHERE owner = ? AND seq > ? AND batch BETWEEN ? AND ? ORDER BY seq LIMIT ?",
            )
            .bind::<BigInt, _>(owner)
            .bind::<BigInt, _>(after)
            .bind::<BigInt, _>(self.from.0)
            .bind::<BigInt, _>(to.0)
            .bind::<BigInt, _>(i64::from(self.sizes.page_rows))
            .load(conn)?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.seq;
            for row in &rows {
                let place = (row.batch, row.item.map_or(BEHIND_ITEMS, |position| position as u32));
                if self.from < place && place <= to && !self.unreadable.contains(&row.batch) {
                    self.count(row, findings);
                }
            }
        }
    }

    fn count(&mut self, row: &LogRow, findings: &mut Findings) {
        let fact = match row.fact() {
            Ok(fact) => fact,
            Err(StoreError::Corrupt(detail)) => return row.add(Violation::Unreadable, &detail, findings),
            Err(error) => return row.add(Violation::Unreadable, &error.to_string(), findings),
        };
        match row.item {
            Some(position) => match self.items.get_mut(&(row.batch, position as u32)) {
                Some(tally) => tally.count(row, &fact, findings),
                None => row.add(Violation::EventExtra, "of an item that does not exist", findings),
            },
            None => match self.batches.get_mut(&row.batch) {
                Some(tally) => tally.count(row, &fact, findings),
                None => row.add(Violation::EventExtra, "of a batch that does not exist", findings),
            },
        }
    }
}
