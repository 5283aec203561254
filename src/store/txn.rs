//! Transaction of one write: the connection, the batches it touches, the events it causes.
//!
//! Several writes share one commit. Batches are changed in memory and written once per commit; events
//! get their `seq` when the commit is made. A write that fails leaves no trace in either.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::attempts::AttemptRow;
use super::blobs::Blobs;
use super::bulk_insert::insert_many;
use super::enum_text::to_json;
use super::error::StoreError;
use super::schema::{correlations, owners};
use super::{batches, events};
use crate::domain::batch::Batch;
use crate::domain::event::{EventData, EventType};
use crate::domain::ids::{BatchId, BatchKey, CorrelationId, CorrelationKey, Micros, OwnerKey};
use crate::domain::item::TransitionContext;
use crate::domain::retry::RetryPolicy;
use crate::failpoints::{Failpoint, failpoint};
use crate::safeguards::{Safeguard, is_disabled};

/// A batch as the writer holds it: the machine and what its row needs beside it.
#[derive(Debug, Clone, Copy)]
pub struct BatchRecord {
    pub key: BatchKey,
    pub id: BatchId,
    pub owner: OwnerKey,
    pub priority: i32,
    pub correlation: CorrelationKey,
    pub rev: u64,
    pub started_at: Option<Micros>,
    pub ended_at: Option<Micros>,
    pub batch: Batch,
}

/// Constants of the server's life.
#[derive(Debug, Clone)]
pub struct WriteContext {
    pub epoch: i64,
    /// Items that may run at once.
    pub slots: u32,
    pub retry: RetryPolicy,
    pub blobs: Blobs,
}

/// Changes that wait for the commit.
#[derive(Debug, Default)]
pub struct UnitOfWork {
    records: BTreeMap<BatchKey, BatchRecord>,
    dirty: BTreeSet<BatchKey>,
    undo: Vec<(BatchKey, Option<BatchRecord>, bool)>,
    pub(super) events: Vec<events::PendingEvent>,
    pub(super) attempts: Vec<AttemptRow>,
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
        UndoMark { running: self.running, events: self.events.len(), attempts: self.attempts.len() }
    }

    pub(super) fn back_to(&mut self, mark: UndoMark) {
        self.running = mark.running;
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
    pub(super) fn count_running(&mut self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.running.is_none() {
            self.running = Some(batches::running(conn)?);
        }
        Ok(())
    }

    /// Forgets everything: the commit failed and memory may not run ahead of disk.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Writes batches, attempts and events; returns the newest `seq` of every owner that got one.
    pub(super) fn flush(&mut self, conn: &mut SqliteConnection) -> Result<Vec<(OwnerKey, i64)>, StoreError> {
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
        self.number_events(conn)
    }

    pub(super) fn trim(&mut self) {
        if self.records.len() > KEPT_RECORDS_MAX {
            self.records.clear();
        }
    }

    fn number_events(&mut self, conn: &mut SqliteConnection) -> Result<Vec<(OwnerKey, i64)>, StoreError> {
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
            rows.push(event.row(*seq));
        }
        insert_many(conn, &rows)?;
        let wakes: Vec<_> = touched.into_iter().map(|owner| (owner, self.seqs[&owner])).collect();
        for (owner, seq) in wakes.iter().filter(|_| !is_disabled(Safeguard::Numbering)) {
            let row = owners::table.find(owner.0);
            diesel::update(row).set(owners::last_seq.eq(seq)).execute(conn)?;
        }
        Ok(wakes)
    }
}

fn last_seq(conn: &mut SqliteConnection, owner: OwnerKey) -> Result<i64, StoreError> {
    Ok(owners::table.find(owner.0).select(owners::last_seq).get_result(conn)?)
}

/// One write's view of the transaction.
pub struct Txn<'a> {
    pub conn: &'a mut SqliteConnection,
    pub env: &'a WriteContext,
    /// The same instant for everything in one commit.
    pub now: Micros,
    pub(super) unit: &'a mut UnitOfWork,
}

impl Txn<'_> {
    /// The batch as of this point of the transaction.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such batch.
    pub fn record(&mut self, key: BatchKey) -> Result<BatchRecord, StoreError> {
        if let Some(record) = self.unit.records.get(&key) {
            return Ok(*record);
        }
        let record = batches::load(self.conn, key)?;
        self.unit.records.insert(key, record);
        // The row may be this write's own, and gone with it.
        self.unit.undo.push((key, None, false));
        Ok(record)
    }

    /// Adopts a changed machine; its revision rises once per commit.
    pub fn put_batch(&mut self, record: BatchRecord, batch: Batch) -> BatchRecord {
        let was_dirty = !self.unit.dirty.insert(record.key);
        let before = self.unit.records.get(&record.key).copied();
        let (ran, run) = (record.batch.counts.running, batch.counts.running);
        self.unit.running = self.unit.running.map(|all| (all + run).saturating_sub(ran));
        self.unit.undo.push((record.key, before, was_dirty));
        let next = BatchRecord {
            rev: if was_dirty { record.rev } else { record.rev + 1 },
            started_at: record.started_at.or(batch.started.then_some(self.now)),
            ended_at: batch.outcome.and(record.ended_at.or(Some(self.now))),
            batch,
            ..record
        };
        self.unit.records.insert(record.key, next);
        next
    }

    /// Whether one more item may run, as of this point of the transaction.
    pub(super) fn has_room_to_run(&self) -> bool {
        let is_full = self.unit.running.is_some_and(|running| running >= u64::from(self.env.slots));
        !is_full || is_disabled(Safeguard::RoomToRun)
    }

    /// Logs a fact of a batch with its counts.
    pub fn emit_batch(&mut self, record: &BatchRecord, kind: EventType, by: CorrelationKey) -> Result<(), StoreError> {
        let data = EventData {
            rev: record.rev,
            status: Some(record.batch.status(self.now)),
            outcome: record.batch.outcome,
            counts: Some(record.batch.counts),
            generation: Some(record.batch.generation),
            ..EventData::default()
        };
        self.emit(record, kind, None, by, &data)
    }

    /// Logs a fact; it gets its `seq` when the commit is made.
    pub fn emit(
        &mut self,
        record: &BatchRecord,
        kind: EventType,
        item: Option<u32>,
        by: CorrelationKey,
        data: &EventData,
    ) -> Result<(), StoreError> {
        let data = to_json(data)?;
        let pending = events::PendingEvent {
            owner: record.owner,
            kind,
            at: self.now,
            batch: record.key,
            item,
            correlation: by,
            data,
        };
        self.unit.events.push(pending);
        Ok(())
    }

    /// Whether the blob is there; then the janitor leaves it alone until this write is committed, and longer.
    /// Asked before a row names it.
    ///
    /// # Errors
    /// [`StoreError::Disk`] when nobody can tell.
    pub fn pin_blob(&self, sha256: &str) -> Result<bool, StoreError> {
        Ok(is_disabled(Safeguard::BlobCheck) || self.env.blobs.hold(sha256)?)
    }

    /// The key of a correlation id, new or known.
    pub fn correlate(&mut self, id: &CorrelationId) -> Result<CorrelationKey, StoreError> {
        diesel::insert_or_ignore_into(correlations::table)
            .values(correlations::value.eq(id.as_str()))
            .execute(self.conn)?;
        let key = correlations::table
            .filter(correlations::value.eq(id.as_str()))
            .select(correlations::id)
            .first(self.conn)?;
        Ok(CorrelationKey(key))
    }

    /// The correlation id of a key.
    pub fn correlation_id(&mut self, key: CorrelationKey) -> Result<Arc<str>, StoreError> {
        if let Some((known, id)) = &self.unit.correlation
            && *known == key
        {
            return Ok(Arc::clone(id));
        }
        let id: String = correlations::table.find(key.0).select(correlations::value).get_result(self.conn)?;
        let id: Arc<str> = id.into();
        self.unit.correlation = Some((key, Arc::clone(&id)));
        Ok(id)
    }

    /// Context of an item's transition; `jitter` is drawn anew each time by the caller.
    pub fn transition_context(&self, batch: &Batch, jitter: f64) -> TransitionContext<'_> {
        TransitionContext {
            retry: &self.env.retry,
            cancelling: batch.control == crate::domain::batch::BatchControl::Cancelled,
            halted: batch.halted,
            now: self.now,
            jitter,
        }
    }
}
