//! Puts right what can be derived from what is left: for a data directory that no server uses.
//!
//! Items are the truth of a batch's counts, the log is the truth of its end and of its owner's last number. What only
//! the lost thing itself could tell is never made up: [`remedy`] says so for each kind of finding.

mod batches;
mod rows;

use diesel::sqlite::SqliteConnection;
use serde::Serialize;

use super::blobs::Blobs;
use super::check::What;
use super::error::StoreError;
use super::orphans::{self, Removed, WHATEVER_AGE};
use crate::domain::ids::{BatchKey, Micros};

/// What a repair can do about one kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Can {
    Repair,
    /// What can be derived; the rest stays a finding.
    RepairInPart,
    Not,
}

/// The kind's remedy, in words that go on after "a repair" or say why there is none.
pub fn remedy(what: What) -> (Can, &'static str) {
    match what {
        What::Counts => (Can::Repair, "counts the batch's items anew"),
        What::HalfEnded => {
            (Can::Repair, "ends the batch if its log says that it ended, else the server goes on with it")
        }
        What::Outcome => (Can::Repair, "judges the batch's counts anew"),
        What::Epoch => (Can::Repair, "takes the claim for one of the newest boot; the next start takes it back"),
        What::LastSeq => (
            Can::Repair,
            "takes the number of the owner's newest event; if events are gone, their numbers are given again and \
             listeners begin anew",
        ),
        What::OrphanBlob => (Can::Repair, "removes it"),
        What::TempFile => (Can::Repair, "removes it, as a running server does"),
        What::Dangling => (
            Can::RepairInPart,
            "removes rows that belong to nothing and names missing correlation ids; what names no batch in the log stays",
        ),
        What::Positions => (Can::RepairInPart, "takes the number of items for the total; a gap among them stays"),
        What::ItemFacts => (Can::RepairInPart, "derives when the item ended and drops a reason of what did not fail"),
        What::Damaged => (
            Can::RepairInPart,
            "mends rows that only break a rule of their table; a damaged file has to come back from a backup",
        ),
        What::Unreadable => {
            (Can::RepairInPart, "derives a batch's outcome; other words are known to newer versions only")
        }
        What::AttemptNumbers | What::AttemptEnd | What::TwoEnds => (Can::Not, "the history is told nowhere else"),
        What::StrayArtifact => (Can::Not, "it is kept, for it may be somebody's result; nobody is shown it"),
        What::SeqGap | What::EventMissing | What::EventExtra => (Can::Not, "clients have read the log as it is"),
        What::BlobMissing | What::BlobSize | What::BlobHash => {
            (Can::Not, "its bytes are nowhere else; submit the document again, or retry the item for a lost result")
        }
    }
}

/// One thing that was put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repaired {
    pub what: What,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchKey>,
    /// For a person.
    pub detail: String,
}

impl Repaired {
    fn new(what: What, batch: Option<BatchKey>, detail: impl Into<String>) -> Self {
        Self { what, batch, detail: detail.into() }
    }
}

/// Rows in one transaction, then files. Constraints between tables must be off: what breaks them is what is repaired.
///
/// # Errors
/// [`StoreError::Unusable`] when the database file itself is damaged: writing would make it worse.
pub fn repair(conn: &mut SqliteConnection, blobs: &Blobs, now: Micros) -> Result<Vec<Repaired>, StoreError> {
    rows::refuse_damage(conn)?;
    let mut repaired = conn.immediate_transaction(|conn| {
        let mut repaired = Vec::new();
        rows::repair(conn, now, &mut repaired)?;
        batches::repair(conn, now, &mut repaired)?;
        Ok::<_, StoreError>(repaired)
    })?;
    let found: Vec<_> = orphans::search(conn, blobs)?.into_iter().collect();
    let (blobs_gone, files_gone) = (blobs.remove_old(&found, WHATEVER_AGE)?, blobs.sweep_incoming()?);
    repaired.extend(removed(What::OrphanBlob, "blobs that no row named", blobs_gone));
    repaired.extend(removed(What::TempFile, "unfinished uploads", files_gone));
    Ok(repaired)
}

fn removed(what: What, things: &str, Removed { files, bytes }: Removed) -> Option<Repaired> {
    (files > 0).then(|| Repaired::new(what, None, format!("removed {files} {things}, {bytes} bytes")))
}
