//! Follows the event log: writes each input's results when its last event comes, passes events on as JSON lines.
//!
//! How far it came is kept in a file, so that a run that goes on exports what the one before did not.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::export::Facts;
use super::outputs::{Outputs, is_fatal};
use super::screen::{Finished, Screen};
use super::state::RunState;
use super::stop::Stop;
use crate::actors::engine::Engine;
use crate::domain::event::{Event, EventType};
use crate::domain::ids::{ItemKey, OwnerKey};
use crate::store::{StoreError, events, items, runs};

const PAGE: u32 = 256;
/// News wakes at once; this only bounds how late a stop is noticed.
const PATIENCE: Duration = Duration::from_millis(200);

pub struct Follower<'a> {
    pub engine: &'a Engine,
    pub state: &'a RunState,
    pub stop: &'a Stop,
    pub screen: &'a Screen,
    pub outputs: Arc<Outputs>,
    pub data_dir: PathBuf,
    pub json: bool,
}

impl Follower<'_> {
    /// Returns when the run is over and everything it told is written out, or when it was stopped.
    ///
    /// # Errors
    /// When the store fails or the output folder takes no more files.
    pub async fn follow(&self) -> anyhow::Result<()> {
        let mut cursor = self.load_cursor();
        let mut news = self.engine.signals.watch(OwnerKey::LOCAL);
        loop {
            // Asked before the log is read: what was logged before the end is then seen.
            let is_over = self.is_over().await?;
            let page = self.engine.world.read(move |conn| events::after(conn, OwnerKey::LOCAL, cursor, PAGE)).await?;
            if let Some(last) = page.last() {
                cursor = last.seq;
                self.export(&page).await?;
                self.pass_on(&page);
                self.save_cursor(cursor)?;
            } else if is_over {
                return Ok(());
            } else {
                let _ = tokio::time::timeout(PATIENCE, news.changed()).await;
            }
        }
    }

    async fn is_over(&self) -> Result<bool, StoreError> {
        if self.stop.is_drained() {
            return Ok(true);
        }
        Ok(self.state.is_taken_in.get() && self.state.counts(&self.engine.world).await?.1)
    }

    async fn export(&self, page: &[Event]) -> anyhow::Result<()> {
        let keys: Vec<_> = page.iter().filter_map(|event| self.ended_item(event)).collect();
        let facts = self.engine.world.read(move |conn| read_all(conn, &keys)).await?;
        let (outputs, blobs) = (Arc::clone(&self.outputs), self.engine.world.blobs.clone());
        let write = move || {
            for facts in &facts {
                match facts.export(&outputs, &blobs) {
                    Err(error) if is_fatal(&error) => return Err(error),
                    // The account at the end tries again and names it.
                    Err(error) => {
                        tracing::warn!(path = %facts.input.path.display(), %error, "a result was not written")
                    }
                    Ok(()) => {}
                }
            }
            Ok(facts)
        };
        let done = tokio::task::spawn_blocking(write).await?;
        for facts in done.context("the output folder takes no more")? {
            self.screen.finished(&Finished::of(&facts));
        }
        Ok(())
    }

    fn ended_item(&self, event: &Event) -> Option<ItemKey> {
        match event.kind {
            EventType::ItemCompleted | EventType::ItemFailed => {
                Some(ItemKey { batch: self.state.key_of(event.batch)?, position: event.item? })
            }
            _ => None,
        }
    }

    fn pass_on(&self, page: &[Event]) {
        if !self.json {
            return;
        }
        let mut stdout = io::stdout().lock();
        for event in page {
            // A reader that went away does not stop the run: its files are still wanted.
            let Ok(line) = serde_json::to_string(event) else { continue };
            let _ = writeln!(stdout, "{line}");
        }
        let _ = stdout.flush();
    }

    fn load_cursor(&self) -> i64 {
        let text = std::fs::read_to_string(self.cursor_file()).unwrap_or_default();
        text.trim().parse().unwrap_or(0)
    }

    fn save_cursor(&self, cursor: i64) -> io::Result<()> {
        self.outputs.write(&self.cursor_file(), |file| writeln!(file, "{cursor}"))
    }

    fn cursor_file(&self) -> PathBuf {
        self.data_dir.join("exported-seq")
    }
}

/// Items that were queued again since are left out: their next end has an event of its own.
fn read_all(conn: &mut diesel::SqliteConnection, keys: &[ItemKey]) -> Result<Vec<Facts>, StoreError> {
    let mut all = Vec::with_capacity(keys.len());
    for key in keys {
        let item = items::load(conn, key.batch, key.position)?;
        let Some(input) = runs::of_item(conn, *key)? else { continue };
        if item.item.state.is_terminal() {
            all.push(Facts::read(conn, *key, input, item)?);
        }
    }
    Ok(all)
}
