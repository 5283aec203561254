//! Exporter: follows the event log, writes each input's results at its last event, and prints events as JSON lines.
//!
//! A file keeps how far it came, so that a run that goes on exports what the one before did not.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;

use super::export::InputFacts;
use super::outputs::{Outputs, is_fatal};
use super::screen::FinishedInput;
use quire_domain::event::{Event, EventType};
use quire_domain::ids::{BatchId, BatchKey, ItemAddress, OwnerKey};
use quire_store::blobs::BlobStore;
use quire_store::{ReadPool, StoreError, StoreSnapshot};

const PAGE: u32 = 256;

pub(super) struct Exporter {
    reads: ReadPool,
    blobs: BlobStore,
    outputs: Arc<Outputs>,
    cursor_file: PathBuf,
    cursor: i64,
    json: bool,
    newest_batch: Option<(BatchId, BatchKey)>,
}

/// Result of one export step.
#[derive(Debug)]
pub(super) struct ExportStep {
    pub finished: Vec<FinishedInput>,
    /// There may be more.
    pub has_news: bool,
}

impl Exporter {
    /// Goes on where the exporter before it ended.
    pub(super) fn new(
        reads: ReadPool,
        blobs: BlobStore,
        outputs: Arc<Outputs>,
        cursor_file: PathBuf,
        json: bool,
    ) -> Self {
        let text = std::fs::read_to_string(&cursor_file).unwrap_or_default();
        let cursor = text.trim().parse().unwrap_or(0);
        Self { reads, blobs, outputs, cursor_file, cursor, json, newest_batch: None }
    }

    /// The next page of the log. Blocks.
    ///
    /// # Errors
    /// When the store fails or the output folder takes no more files.
    pub(super) fn step(&mut self) -> anyhow::Result<ExportStep> {
        let reads = self.reads.clone();
        let page = reads.run(|snapshot| snapshot.events_after(OwnerKey::LOCAL, self.cursor, PAGE))?;
        let Some(last) = page.last() else { return Ok(ExportStep { finished: Vec::new(), has_news: false }) };
        let facts = reads.run(|snapshot| self.facts(snapshot, &page))?;
        self.export(&facts).context("the output folder takes no more")?;
        if self.json {
            pass_on(&page);
        }
        self.cursor = last.seq;
        self.outputs.keep(&self.cursor_file, |file| writeln!(file, "{}", self.cursor))?;
        Ok(ExportStep { finished: facts.iter().map(FinishedInput::of).collect(), has_news: true })
    }

    /// Items that were queued again since are left out: their next end has an event of its own.
    fn facts(&mut self, snapshot: &mut dyn StoreSnapshot, page: &[Event]) -> Result<Vec<InputFacts>, StoreError> {
        let mut all = Vec::new();
        for event in page.iter().filter(|event| is_end(event.kind)) {
            let Some(position) = event.item else { continue };
            let key = ItemAddress { batch: self.key_of(snapshot, event.batch)?, position };
            let item = snapshot.item(key.batch, position)?;
            let input = snapshot.run_input(key)?.filter(|_| item.item.state.is_terminal());
            if let Some(input) = input {
                all.push(InputFacts::read(snapshot, key, input, item)?);
            }
        }
        Ok(all)
    }

    fn key_of(&mut self, snapshot: &mut dyn StoreSnapshot, id: BatchId) -> Result<BatchKey, StoreError> {
        match self.newest_batch {
            Some((known, key)) if known == id => Ok(key),
            _ => {
                let key = snapshot.find_batch(OwnerKey::LOCAL, id)?;
                self.newest_batch = Some((id, key));
                Ok(key)
            }
        }
    }

    fn export(&self, all: &[InputFacts]) -> io::Result<()> {
        for facts in all {
            match facts.export(&self.outputs, &self.blobs) {
                Err(error) if is_fatal(&error) => return Err(error),
                // The account at the end tries again and names it.
                Err(error) => tracing::warn!(path = %facts.input.path.display(), %error, "a result was not written"),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}

fn is_end(kind: EventType) -> bool {
    matches!(kind, EventType::ItemCompleted | EventType::ItemFailed)
}

fn pass_on(page: &[Event]) {
    let mut stdout = io::stdout().lock();
    for event in page {
        // A reader that went away does not stop the run: its files are still wanted.
        let Ok(line) = serde_json::to_string(event) else { continue };
        let _ = writeln!(stdout, "{line}");
    }
    let _ = stdout.flush();
}
