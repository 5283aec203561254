//! Recount of batches one by one, with their items page by page.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::blob_check::{BlobCheck, BlobReference};
use super::log::ExpectedEvents;
use super::{Findings, Violation};
use crate::artifacts::ArtifactRow;
use crate::batches::{BatchQueries as _, BatchRecord};
use crate::documents::{Document, DocumentSource};
use crate::error::StoreError;
use crate::items::{ItemDetails, ItemFilter, ItemQueries as _, StoredItem};
use crate::schema::{batches as table, server};
use quire_domain::batch::{Batch, BatchInput, BatchOutcome};
use quire_domain::counts::ItemCounts;
use quire_domain::ids::BatchKey;
use quire_domain::item::ItemState;

mod history;

use history::ItemHistory;

pub(super) struct BatchRecount<'a, 'b> {
    pub shelf: &'a mut BlobCheck<'b>,
    pub window: ExpectedEvents,
    pub page_rows: u32,
    pub findings: &'a mut Findings,
}

/// Counts of one batch.
#[derive(Default)]
struct Seen {
    counts: ItemCounts,
    claimed: u64,
    /// The position seen last.
    last: u32,
    has_gap: bool,
}

impl BatchRecount<'_, '_> {
    pub(super) fn all(mut self, conn: &mut SqliteConnection) -> Result<(), StoreError> {
        let boot_epoch = server::table.select(server::boot_epoch).first(conn)?;
        let mut after = 0;
        loop {
            let keys: Vec<i64> = table::table
                .filter(table::id.gt(after))
                .order(table::id)
                .limit(i64::from(self.page_rows))
                .select(table::id)
                .load(conn)?;
            for key in &keys {
                self.batch(conn, BatchKey(*key), boot_epoch)?;
                after = *key;
            }
            if keys.is_empty() {
                return self.window.close(conn, self.findings);
            }
        }
    }

    fn batch(&mut self, conn: &mut SqliteConnection, key: BatchKey, boot_epoch: i64) -> Result<(), StoreError> {
        match self.readable_batch(conn, key, boot_epoch) {
            Err(StoreError::Corrupt(detail)) => {
                self.findings.add(Violation::Unreadable, Some(key), None, detail);
                self.window.leave_out(key);
                Ok(())
            }
            checked => checked,
        }
    }

    fn readable_batch(&mut self, conn: &mut SqliteConnection, key: BatchKey, epoch: i64) -> Result<(), StoreError> {
        self.findings.looked_at.batches += 1;
        let record = conn.batch(key)?;
        let stored: String = table::table.find(key.0).select(table::status).first(conn)?;
        let status = record.batch.stored_status().as_str();
        if stored != status {
            let detail = format!("the row says it is {stored}, its facts make it {status}");
            self.findings.add(Violation::StatusCounts, Some(key), None, detail);
        }
        let mut seen = Seen::default();
        loop {
            let found = conn.items(key, ItemFilter::Behind { after: seen.last }, self.page_rows)?;
            if found.is_empty() {
                break;
            }
            let page = conn.item_page(key, found)?;
            self.items(&record, &page, epoch, &mut seen);
            self.window.make_room(conn, self.findings)?;
        }
        self.totals(&record, &seen);
        self.window.add_batch(&record);
        self.window.make_room(conn, self.findings)
    }

    fn items(&mut self, record: &BatchRecord, page: &ItemDetails, boot_epoch: i64, seen: &mut Seen) {
        let looked_at = &mut self.findings.looked_at;
        looked_at.items += page.items.len() as u64;
        looked_at.documents += page.documents.len() as u64;
        looked_at.attempts += page.attempts.len() as u64;
        looked_at.artifacts += page.artifacts.len() as u64;
        let mut documents = page.documents.as_slice();
        let mut attempts = page.attempts.as_slice();
        let mut artifacts = page.artifacts.as_slice();
        for stored in &page.items {
            let position = stored.position;
            seen.has_gap |= position != seen.last + 1;
            seen.last = position;
            seen.counts.add_queued(1);
            // Cannot fail: one was just added.
            let _ = seen.counts.move_item(ItemState::Queued, stored.item.state);
            seen.claimed += u64::from(stored.item.is_claimed);
            self.facts(record, stored, boot_epoch);
            let tries = take_while(&mut attempts, |row| row.position as u32 == position);
            ItemHistory { batch: record.key, stored, tries }.check(self.findings);
            for (_, document) in take_while(&mut documents, |(of, _)| *of == position) {
                self.document(record.key, position, document);
            }
            for artifact in take_while(&mut artifacts, |row| row.position as u32 == position) {
                self.artifact(record.key, stored, artifact);
            }
            self.window.add_item(record, stored, history::starts(stored, tries));
        }
    }

    fn facts(&mut self, record: &BatchRecord, stored: &StoredItem, boot_epoch: i64) {
        let item = &stored.item;
        let mut wrong = |what, detail: String| self.findings.add(what, Some(record.key), Some(stored.position), detail);
        let state = item.state.as_str();
        if item.state.is_terminal() != stored.ended_at.is_some() {
            wrong(Violation::ItemFacts, format!("{state}, yet its end is at {:?}", stored.ended_at));
        }
        if (item.state == ItemState::Failed) != item.reason.is_some() {
            wrong(Violation::ItemFacts, format!("{state}, yet its reason is {:?}", item.reason));
        }
        if item.generation == 0 || item.generation > record.batch.generation {
            wrong(
                Violation::ItemFacts,
                format!("generation {} in a batch of {}", item.generation, record.batch.generation),
            );
        }
        if item.charged > item.attempt {
            wrong(Violation::ItemFacts, format!("{} attempts charged of {}", item.charged, item.attempt));
        }
        let is_in_hand = item.is_claimed || item.state == ItemState::Running;
        if is_in_hand && !(1..=boot_epoch).contains(&item.epoch) {
            wrong(Violation::Epoch, format!("claimed in boot {}; the newest is {boot_epoch}", item.epoch));
        }
    }

    fn document(&mut self, batch: BatchKey, position: u32, document: &Document) {
        if let DocumentSource::Blob(sha256) = &document.source {
            let what = format!("document {}", document.name);
            let (item, size_bytes) = (Some(position), document.size_bytes);
            self.shelf.check(&BlobReference { batch: Some(batch), item, what, sha256, size_bytes }, self.findings);
        }
    }

    fn artifact(&mut self, batch: BatchKey, stored: &StoredItem, row: &ArtifactRow) {
        let (item, what) = (Some(stored.position), format!("artifact {}", row.name));
        let has_made_it = stored.item.state == ItemState::Succeeded && stored.item.generation == row.generation as u32;
        if !has_made_it {
            let detail = format!("{what} of generation {}, in which the item did not succeed", row.generation);
            self.findings.add(Violation::StrayArtifact, Some(batch), item, detail);
        }
        let size_bytes = row.size_bytes as u64;
        self.shelf
            .check(&BlobReference { batch: Some(batch), item, what, sha256: &row.sha256, size_bytes }, self.findings);
    }

    fn totals(&mut self, record: &BatchRecord, seen: &Seen) {
        let (batch, counts) = (&record.batch, &record.batch.counts);
        let mut wrong = |what, detail: String| self.findings.add(what, Some(record.key), None, detail);
        if *counts != seen.counts {
            wrong(Violation::Counts, format!("the row says {counts:?}, the items are {:?}", seen.counts));
        }
        if batch.claimed != seen.claimed {
            let detail =
                format!("the row says {} of the queued are claimed, the items {}", batch.claimed, seen.claimed);
            wrong(Violation::Counts, detail);
        }
        if !counts.adds_up() {
            wrong(Violation::Counts, format!("{counts:?} does not add up"));
        }
        if seen.has_gap || u64::from(seen.last) != counts.total {
            wrong(Violation::Positions, format!("{} items up to position {}", seen.counts.total, seen.last));
        }
        if batch.outcome.is_some() != record.ended_at.is_some() {
            wrong(Violation::HalfEnded, format!("outcome {:?}, ended at {:?}", batch.outcome, record.ended_at));
        }
        let Some(outcome) = batch.outcome else { return };
        match judge(batch) {
            Some(due) if due == outcome => {}
            Some(due) => wrong(Violation::Outcome, format!("{outcome:?}; its counts make it {due:?}")),
            None => wrong(Violation::HalfEnded, format!("{outcome:?}, yet open, being retried or with live items")),
        }
    }
}

/// The machine's own verdict; none for a batch that cannot have ended.
pub(crate) fn judge(batch: &Batch) -> Option<BatchOutcome> {
    let unjudged = Batch { outcome: None, ..*batch };
    unjudged.step(&BatchInput::FinalizeAsked, 0).ok()?.batch.outcome
}

/// The first rows of a sorted list, which loses them.
fn take_while<'a, T>(rows: &mut &'a [T], is_wanted: impl Fn(&T) -> bool) -> &'a [T] {
    let count = rows.iter().take_while(|row| is_wanted(row)).count();
    let (taken, rest) = rows.split_at(count);
    *rows = rest;
    taken
}
