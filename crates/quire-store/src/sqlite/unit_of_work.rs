//! Unit of work: what the writes of one commit have gathered.
//!
//! Several writes share one commit. Batches are changed in memory and written once per commit; items are written
//! together, before anybody reads them; events get their `seq` when the commit is made. A write that fails leaves no
//! trace in any of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::batches;
use super::bulk_insert::insert_many;
use super::item_sql::UpdateItem;
use super::writer::NewestSeqs;
use crate::attempts::AttemptRow;
use crate::batches::{BatchQueries as _, BatchRecord};
use crate::error::StoreError;
use crate::events::{EventRow, PendingEvent};
use crate::items::StoredItem;
use crate::schema::{correlations, owners};
use quire_base::failpoints::{Failpoint, failpoint};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::batch::{Batch, BatchControl, StoredStatus};
use quire_domain::event::{EventData, EventType};
use quire_domain::ids::{BatchKey, CorrelationKey, Micros, OwnerKey};

/// Changes that wait for the commit.
#[derive(Debug, Default)]
pub(crate) struct UnitOfWork {
    records: BTreeMap<BatchKey, BatchRecord>,
    dirty: BTreeSet<BatchKey>,
    /// Those of the write that runs: their revision has risen.
    revised: BTreeSet<BatchKey>,
    undo: Vec<(BatchKey, Option<BatchRecord>, bool)>,
    /// Of the write that runs; written before anything is read, and at its end.
    items: BTreeMap<(BatchKey, u32), UpdateItem>,
    events: Vec<PendingEvent>,
    attempts: Vec<AttemptRow>,
    seqs: BTreeMap<OwnerKey, i64>,
    /// Items that run, in all batches; none when it has to be counted anew.
    running: Option<u64>,
    /// The correlation id looked up last: neighbours mostly share it.
    correlation: Option<(CorrelationKey, Arc<str>)>,
}

/// A place to come back to.
#[derive(Debug, Clone, Copy)]
pub(super) struct UndoMark {
    running: Option<u64>,
    events: usize,
    attempts: usize,
}

const KEPT_RECORDS_MAX: usize = 256;

impl UnitOfWork {
    /// Mark to undo to when the write that starts now fails.
    pub(super) fn mark(&mut self) -> UndoMark {
        self.undo.clear();
        self.revised.clear();
        UndoMark { running: self.running, events: self.events.len(), attempts: self.attempts.len() }
    }

    pub(super) fn back_to(&mut self, mark: UndoMark) {
        self.running = mark.running;
        self.items.clear();
        self.events.truncate(mark.events);
        self.attempts.truncate(mark.attempts);
        self.correlation = None;
        while let Some((key, before, was_dirty)) = self.undo.pop() {
            match before {
                Some(record) => drop(self.records.insert(key, record)),
                None => drop(self.records.remove(&key)),
            }
            if !was_dirty {
                self.dirty.remove(&key);
            }
        }
    }

    /// Counts what runs, unless that is known; at the beginning of a commit, while the rows are right.
    pub(crate) fn count_running(&mut self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.running.is_none() {
            self.running = Some(batches::running(conn)?);
        }
        Ok(())
    }

    pub(super) fn running(&self) -> Option<u64> {
        self.running
    }

    /// Forgets everything: the commit failed and memory may not run ahead of disk.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn record(&mut self, conn: &mut SqliteConnection, key: BatchKey) -> Result<BatchRecord, StoreError> {
        if let Some(record) = self.records.get(&key) {
            return Ok(*record);
        }
        let record = conn.batch(key)?;
        self.records.insert(key, record);
        // The row may be this write's own, and gone with it.
        self.undo.push((key, None, false));
        Ok(record)
    }

    pub(super) fn put_batch(&mut self, record: BatchRecord, batch: Batch, now: Micros) -> BatchRecord {
        let was_dirty = !self.dirty.insert(record.key);
        let before = self.records.get(&record.key).copied();
        let (ran, run) = (record.batch.counts.running, batch.counts.running);
        self.running = self.running.map(|all| (all + run).saturating_sub(ran));
        self.undo.push((record.key, before, was_dirty));
        let next = BatchRecord {
            rev: if self.revised.insert(record.key) { record.rev + 1 } else { record.rev },
            started_at: record.started_at.or(batch.started.then_some(now)),
            ended_at: batch.outcome.and(record.ended_at.or(Some(now))),
            batch,
            ..record
        };
        self.records.insert(record.key, next);
        next
    }

    pub(super) fn put_item(&mut self, batch: BatchKey, stored: &StoredItem) {
        self.items.insert((batch, stored.position), UpdateItem::new(batch, stored));
    }

    pub(super) fn put_attempt(&mut self, attempt: AttemptRow) {
        self.attempts.push(attempt);
    }

    pub(super) fn put_event(&mut self, event: PendingEvent) {
        self.events.push(event);
    }

    /// At the write's end: gives the events of batches since `mark` the counts that their revision holds, and tells of
    /// each batch that came out otherwise than its last event says.
    pub(super) fn complete_events(&mut self, mark: UndoMark, now: Micros) {
        for event in &mut self.events[mark.events..] {
            if let (Some(counts), Some(record)) = (&mut event.data.counts, self.records.get(&event.batch)) {
                *counts = record.batch.counts;
            }
        }
        for key in &self.revised {
            let Some(record) = self.records.get(key) else { continue };
            let own = self.events[mark.events..].iter().rev().find(|event| event.batch == *key && event.item.is_none());
            let told = match own {
                Some(event) => TellableFacts::told(&event.data),
                None => {
                    let before = self.undo.iter().find_map(|(of, before, _)| before.filter(|_| of == key));
                    before.map(|before| TellableFacts::of(&before.batch))
                }
            };
            if told != Some(TellableFacts::of(&record.batch)) && !is_disabled(Safeguard::WholeLog) {
                self.events.push(PendingEvent::of_batch(record, EventType::BatchProgress, record.correlation, now));
            }
        }
    }

    /// The place in the owner's log behind which the events of this commit lie.
    pub(super) fn log_place(&mut self, conn: &mut SqliteConnection, owner: OwnerKey) -> Result<i64, StoreError> {
        match self.seqs.get(&owner) {
            Some(seq) => Ok(*seq),
            None => last_seq(conn, owner),
        }
    }

    pub(super) fn correlation_id(
        &mut self,
        conn: &mut SqliteConnection,
        key: CorrelationKey,
    ) -> Result<Arc<str>, StoreError> {
        if let Some((known, id)) = &self.correlation
            && *known == key
        {
            return Ok(Arc::clone(id));
        }
        let id: String = correlations::table.find(key.0).select(correlations::value).get_result(conn)?;
        let id: Arc<str> = id.into();
        self.correlation = Some((key, Arc::clone(&id)));
        Ok(id)
    }

    /// Writes the items gathered so far.
    pub(super) fn write_items(&mut self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        for (_, item) in std::mem::take(&mut self.items) {
            item.execute(conn)?;
        }
        Ok(())
    }

    /// Writes batches, attempts and events; returns the newest `seq` of every owner that got one.
    pub(super) fn flush(&mut self, conn: &mut SqliteConnection) -> Result<Vec<(OwnerKey, i64)>, StoreError> {
        let (rows, wakes) = self.number_events(conn)?;
        for key in std::mem::take(&mut self.dirty) {
            if let Some(record) = self.records.get(&key) {
                batches::update(conn, record)?;
            }
        }
        failpoint(Failpoint::CommitHalf);
        insert_many(conn, &self.attempts)?;
        self.attempts.clear();
        if is_disabled(Safeguard::OneTransaction) {
            return Ok(Vec::new());
        }
        insert_many(conn, &rows)?;
        for (owner, seq) in wakes.iter().filter(|_| !is_disabled(Safeguard::Numbering)) {
            let row = owners::table.find(owner.0);
            diesel::update(row).set(owners::last_seq.eq(seq)).execute(conn)?;
        }
        Ok(wakes)
    }

    pub(super) fn trim(&mut self) {
        if self.records.len() > KEPT_RECORDS_MAX {
            self.records.clear();
        }
    }

    /// The rows of the events, and the newest `seq` of every owner that got one. Batches at hand keep their own.
    fn number_events(&mut self, conn: &mut SqliteConnection) -> Result<(Vec<EventRow>, NewestSeqs), StoreError> {
        let pending = std::mem::take(&mut self.events);
        let mut touched = BTreeSet::new();
        let mut rows = Vec::with_capacity(pending.len());
        for event in pending {
            let seq = match self.seqs.entry(event.owner) {
                std::collections::btree_map::Entry::Occupied(seq) => seq.into_mut(),
                std::collections::btree_map::Entry::Vacant(free) => free.insert(last_seq(conn, event.owner)?),
            };
            *seq += 1;
            touched.insert(event.owner);
            if let Some(record) = self.records.get_mut(&event.batch) {
                record.log_upto = *seq;
                self.dirty.insert(event.batch);
            }
            rows.push(event.row(*seq)?);
        }
        let wakes = touched.into_iter().map(|owner| (owner, self.seqs[&owner])).collect();
        Ok((rows, wakes))
    }
}

/// What a batch's last event has to say rightly.
#[derive(Debug, PartialEq, Eq)]
struct TellableFacts {
    status: StoredStatus,
    control: BatchControl,
    sealed: bool,
}

impl TellableFacts {
    fn of(batch: &Batch) -> Self {
        Self { status: batch.stored_status(), control: batch.control, sealed: batch.sealed }
    }

    fn told(data: &EventData) -> Option<Self> {
        Some(Self { status: data.status?.stored(), control: data.control?, sealed: data.sealed? })
    }
}

fn last_seq(conn: &mut SqliteConnection, owner: OwnerKey) -> Result<i64, StoreError> {
    Ok(owners::table.find(owner.0).select(owners::last_seq).get_result(conn)?)
}
