//! Repair of a data directory that no server uses: restores what can be derived from other rows.
//!
//! Items are the truth of a batch's counts, the log is the truth of its end and of its owner's last number. What only
//! the lost thing itself could tell is never made up: [`repair_remedy`] says so for each kind of finding.

mod batches;
mod rows;

use diesel::sqlite::SqliteConnection;
use serde::Serialize;

use super::check::Violation;
use crate::blobs::BlobStore;
use crate::error::StoreError;
use crate::orphans::{self, RemovedBlobs, WHATEVER_AGE};
use crate::pieces;
use quire_domain::ids::{BatchKey, Micros};

/// Action of a repair on one kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Repairability {
    Repair,
    /// Repairs what can be derived; the rest stays a finding.
    RepairInPart,
    Not,
}

/// What a repair does about this kind of finding, in words that go on after "a repair" or say why it does nothing.
pub fn repair_remedy(what: Violation) -> (Repairability, &'static str) {
    match what {
        Violation::Counts => (Repairability::Repair, "counts the batch's items anew"),
        Violation::HalfEnded => {
            (Repairability::Repair, "ends the batch if its log says that it ended, else the server goes on with it")
        }
        Violation::Outcome => (Repairability::Repair, "judges the batch's counts anew"),
        Violation::AuditChain => (Repairability::Not, "leaves it: nobody may write what others are said to have done"),
        Violation::StatusCounts => {
            (Repairability::Repair, "derives the batch's status anew, and counts the owner's batches by it")
        }
        Violation::Epoch => {
            (Repairability::Repair, "takes the claim for one of the newest boot; the next start takes it back")
        }
        Violation::LastSeq => (
            Repairability::Repair,
            "takes the number of the owner's newest event; if events are gone, their numbers are given again and \
             listeners begin anew",
        ),
        Violation::OrphanBlob => (Repairability::Repair, "removes it"),
        Violation::TempFile => (Repairability::Repair, "removes it, as a running server does"),
        Violation::Dangling => (
            Repairability::RepairInPart,
            "removes rows that belong to nothing and names missing correlation ids; what names no batch in the log stays",
        ),
        Violation::Positions => {
            (Repairability::RepairInPart, "takes the number of items for the total; a gap among them stays")
        }
        Violation::ItemFacts => {
            (Repairability::RepairInPart, "derives when the item ended and drops a reason of what did not fail")
        }
        Violation::Damaged => (
            Repairability::RepairInPart,
            "mends rows that only break a rule of their table; a damaged file has to come back from a backup",
        ),
        Violation::Unreadable => {
            (Repairability::RepairInPart, "derives a batch's outcome; other words are known to newer versions only")
        }
        Violation::AttemptNumbers | Violation::AttemptEnd | Violation::TwoEnds => {
            (Repairability::Not, "the history is told nowhere else")
        }
        Violation::StrayArtifact => {
            (Repairability::Not, "it is kept, for it may be somebody's result; nobody is shown it")
        }
        Violation::SeqGap | Violation::EventMissing | Violation::EventExtra => {
            (Repairability::Not, "clients have read the log as it is")
        }
        Violation::BlobMissing | Violation::BlobSize | Violation::BlobHash => (
            Repairability::Not,
            "its bytes are nowhere else; submit the document again, or retry the item for a lost result",
        ),
    }
}

/// One thing that was put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepairDone {
    pub what: Violation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchKey>,
    /// For a person.
    pub detail: String,
}

impl RepairDone {
    fn new(what: Violation, batch: Option<BatchKey>, detail: impl Into<String>) -> Self {
        Self { what, batch, detail: detail.into() }
    }
}

/// Puts right what can be derived from other rows: rows in one transaction, then files. Constraints between tables must
/// be off: what breaks them is what is repaired.
///
/// # Errors
/// [`StoreError::Unusable`] when the database file itself is damaged: writing would make it worse.
pub fn repair_derivable(
    conn: &mut SqliteConnection,
    blobs: &BlobStore,
    now: Micros,
) -> Result<Vec<RepairDone>, StoreError> {
    rows::refuse_damage(conn)?;
    let mut repaired = conn.immediate_transaction(|conn| {
        let mut repaired = Vec::new();
        rows::repair(conn, now, &mut repaired)?;
        batches::repair(conn, now, &mut repaired)?;
        Ok::<_, StoreError>(repaired)
    })?;
    let found: Vec<_> = orphans::find_orphan_blobs(conn, blobs)?.into_iter().collect();
    let strays = pieces::orphaned_upload_ids(conn, &blobs.partial_uploads()?)?;
    let blobs_gone = blobs.remove_blobs_older_than(&found, WHATEVER_AGE)?;
    let files_gone = blobs.remove_abandoned_temp_files()?.plus(blobs.remove_partial_uploads(&strays)?);
    repaired.extend(removed(Violation::OrphanBlob, "blobs that no row named", blobs_gone));
    repaired.extend(removed(Violation::TempFile, "unfinished uploads", files_gone));
    Ok(repaired)
}

fn removed(what: Violation, things: &str, RemovedBlobs { files, bytes }: RemovedBlobs) -> Option<RepairDone> {
    (files > 0).then(|| RepairDone::new(what, None, format!("removed {files} {things}, {bytes} bytes")))
}
