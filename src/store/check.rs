//! Recounts everything: whether tables and blobs hold what they promise. Changes nothing.
//!
//! [`ground`] asks SQLite, [`recount`] walks batches with their items, [`log`] compares the events with them,
//! [`shelf`] looks for the blobs. All of it in keyset pages: a large database costs time, not memory.

mod ground;
mod log;
mod recount;
mod shelf;

use std::fmt;

use diesel::sqlite::SqliteConnection;
use serde::Serialize;

use super::blobs::Blobs;
use super::error::StoreError;
use crate::domain::ids::BatchKey;
use log::Window;
use recount::Recount;
use shelf::Shelf;

macro_rules! whats {
    ($($(#[$doc:meta])* $name:ident = $wire:literal;)*) => {
        /// A closed list; the wire name is stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        pub enum What { $($(#[$doc])* #[serde(rename = $wire)] $name,)* }

        impl What {
            pub const ALL: &'static [What] = &[$(What::$name,)*];

            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $wire,)* } }
        }
    };
}

whats! {
    /// SQLite itself finds the file damaged, or a row against the rules of its table.
    Damaged = "damaged";
    /// A row names another that does not exist.
    Dangling = "dangling";
    /// A word or a number that this version does not know; what depends on it was not checked.
    Unreadable = "unreadable";
    /// A batch's counts are not those of its items, or do not add up to its total.
    Counts = "counts";
    /// A batch's items are not at the positions from 1 on without a gap.
    Positions = "positions";
    /// A batch is ended in one respect and not in another.
    HalfEnded = "half_ended";
    /// A batch's outcome is not that of its counts.
    Outcome = "outcome";
    /// An item's state and what goes with it (when it ended, why it failed, its generation) contradict each other.
    ItemFacts = "item_facts";
    /// A running item is claimed by a boot that has not been.
    Epoch = "epoch";
    /// An item's attempts are not numbered from 1 on, or are more or fewer than the item counts.
    AttemptNumbers = "attempt_numbers";
    /// The last attempt of an item is not one that leads to its state.
    AttemptEnd = "attempt_end";
    /// Two attempts of one generation are final, or something came after a final one.
    TwoEnds = "two_ends";
    /// An artifact of an item that did not succeed in that generation.
    StrayArtifact = "stray_artifact";
    /// An owner's events are not numbered from 1 on without a gap.
    SeqGap = "seq_gap";
    /// An owner's newest event has another number than the owner remembers.
    LastSeq = "last_seq";
    /// Something happened that the log does not say.
    EventMissing = "event_missing";
    /// The log says what did not happen, or says it twice.
    EventExtra = "event_extra";
    BlobMissing = "blob_missing";
    BlobSize = "blob_size";
    /// A blob's bytes are not those that its name promises.
    BlobHash = "blob_hash";
}

/// One thing that must never be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub what: What,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchKey>,
    /// The item's position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// For a person.
    pub detail: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what.as_str())?;
        if let Some(batch) = self.batch {
            write!(f, " batch {batch}")?;
        }
        if let Some(item) = self.item {
            write!(f, " item {item}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// How much is looked at in one go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub page_rows: u32,
    /// Items whose events are counted in one pass over the log.
    pub window_items: usize,
}

const SIZES: Sizes = Sizes { page_rows: 500, window_items: 100_000 };

/// After so many findings no more are written down.
pub const FINDINGS_MAX: usize = 1_000;

/// Everything that is wrong, at most [`FINDINGS_MAX`] findings; `deep` reads every byte of every blob. Belongs into
/// one read transaction ([`super::Reads::run`]), so that all of it is of one moment.
///
/// # Errors
/// [`StoreError`] when the database cannot be read at all.
pub fn check(conn: &mut SqliteConnection, blobs: &Blobs, deep: bool) -> Result<Vec<Finding>, StoreError> {
    check_in(conn, blobs, deep, SIZES)
}

pub(super) fn check_in(
    conn: &mut SqliteConnection,
    blobs: &Blobs,
    deep: bool,
    sizes: Sizes,
) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Findings::default();
    let ground = ground::check(conn, &mut findings);
    findings.note(ground)?;
    let rows = check_rows(conn, &mut Shelf::new(blobs, deep), sizes, &mut findings);
    findings.note(rows)?;
    Ok(findings.0)
}

fn check_rows(
    conn: &mut SqliteConnection,
    shelf: &mut Shelf<'_>,
    sizes: Sizes,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    log::check_seqs(conn, sizes.page_rows, findings)?;
    let window = Window::new(sizes);
    Recount { shelf, window, page_rows: sizes.page_rows, findings }.all(conn)?;
    shelf.check_files(conn, sizes.page_rows, findings)
}

#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    /// A file that cannot be read because it is damaged is a finding, not an error.
    fn note(&mut self, checked: Result<(), StoreError>) -> Result<(), StoreError> {
        match checked {
            Err(StoreError::Database(error)) if is_damage(&error) => {
                self.add(What::Damaged, None, None, error.to_string());
                Ok(())
            }
            checked => checked,
        }
    }

    fn add(&mut self, what: What, batch: Option<BatchKey>, item: Option<u32>, detail: impl Into<String>) {
        if self.0.len() < FINDINGS_MAX {
            self.0.push(Finding { what, batch, item, detail: detail.into() });
        }
    }
}

fn is_damage(error: &diesel::result::Error) -> bool {
    let text = error.to_string();
    text.contains("malformed") || text.contains("not a database")
}
