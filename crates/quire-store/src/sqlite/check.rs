//! Check of a data directory: recounts everything in tables and blobs. Changes nothing.
//!
//! [`sqlite`] asks SQLite, [`recount`] walks batches with their items, [`log`] compares the events with them,
//! [`status_counts`] counts them by status, [`blob_check`] looks
//! for the blobs. All of it in keyset pages: a large database costs time, not memory. What can be
//! derived again is put right by [`super::repair`].

mod blob_check;
mod log;
mod recount;
mod sqlite;
pub(super) mod status_counts;

use std::fmt;

use diesel::sqlite::SqliteConnection;
use serde::Serialize;

use super::audit;
use crate::blobs::{BlobStore, modified, to_hex};
use crate::error::StoreError;
use crate::orphans::{self, BlobHashSet};
use crate::pieces;
use blob_check::BlobCheck;
use log::ExpectedEvents;
use quire_base::clock;
use quire_domain::closed_list;
use quire_domain::ids::BatchKey;
use recount::BatchRecount;
pub(super) use recount::judge;

closed_list! {
    /// Kind of a finding: which rule the stored data breaks. A closed list; the wire name is stable.
    pub enum Violation {
        /// SQLite itself finds the file damaged, or a row against the rules of its table.
        Damaged = "damaged",
        /// A row names another that does not exist.
        Dangling = "dangling",
        /// A word or a number that this version does not know; what depends on it was not checked.
        Unreadable = "unreadable",
        /// A batch's counts are not those of its items, or do not add up to its total.
        Counts = "counts",
        /// A batch's items are not at the positions from 1 on without a gap.
        Positions = "positions",
        /// A batch is ended in one respect and not in another.
        HalfEnded = "half_ended",
        /// A batch's outcome is not that of its counts.
        Outcome = "outcome",
        /// A batch's stored status is not that of its facts, or an owner's counts by status are not those of its batches.
        StatusCounts = "status_counts",
        /// A line of the audit log was changed, or one before it taken out.
        AuditChain = "audit_chain",
        /// An item's state and what goes with it (when it ended, why it failed, its generation) contradict each other.
        ItemFacts = "item_facts",
        /// A running item is claimed by a boot that has not been.
        Epoch = "epoch",
        /// An item's attempts are not numbered from 1 on, or are more or fewer than the item counts.
        AttemptNumbers = "attempt_numbers",
        /// The last attempt of an item is not one that leads to its state.
        AttemptEnd = "attempt_end",
        /// Two attempts of one generation are final, or something came after a final one.
        TwoEnds = "two_ends",
        /// An artifact of an item that did not succeed in that generation.
        StrayArtifact = "stray_artifact",
        /// An owner's events are not numbered from 1 on without a gap.
        SeqGap = "seq_gap",
        /// An owner's newest event has another number than the owner remembers.
        LastSeq = "last_seq",
        /// Something happened that the log does not say.
        EventMissing = "event_missing",
        /// The log says what did not happen, or says it twice.
        EventExtra = "event_extra",
        BlobMissing = "blob_missing",
        BlobSize = "blob_size",
        /// A blob's bytes are not those that its name promises.
        BlobHash = "blob_hash",
        /// A blob that no row names and no janitor removes; one that waits for the janitor is no finding.
        OrphanBlob = "orphan_blob",
        /// A temporary file that nobody writes. No finding, for the next start removes it; a repair says that it did.
        TempFile = "temp_file",
    }
}

/// One thing that must never be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckFinding {
    pub what: Violation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchKey>,
    /// The item's position.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// For a person.
    pub detail: String,
}

impl fmt::Display for CheckFinding {
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

/// Rows and bytes that are checked in one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CheckChunks {
    pub page_rows: u32,
    /// Items whose events are counted in one pass over the log.
    pub window_items: usize,
}

const SIZES: CheckChunks = CheckChunks { page_rows: 500, window_items: 100_000 };

/// After so many findings no more are written down.
pub const FINDINGS_MAX: usize = 1_000;

/// Depth of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreCheckDepth {
    /// The database only.
    Quick,
    /// Also whether each blob is there and as long as it should be.
    Usual,
    /// Also every byte of every blob.
    Deep,
}

/// Rows and blobs that were checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CheckedCounts {
    pub batches: u64,
    pub items: u64,
    pub attempts: u64,
    pub events: u64,
    pub documents: u64,
    pub artifacts: u64,
    pub files: u64,
    /// Each once, however many rows name it; of a very large store some twice.
    pub blobs: u64,
    pub blob_bytes: u64,
}

/// Result of a check.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// At most [`FINDINGS_MAX`].
    pub findings: Vec<CheckFinding>,
    /// There is more that was not written down.
    pub is_cut: bool,
    pub looked_at: CheckedCounts,
    pub waiting: CleanupBacklog,
}

/// Number and size of the files that no row refers to and nobody writes, such as leftovers of attempts that were
/// killed: the next server removes them soon after its start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CleanupBacklog {
    pub blobs: u64,
    pub blob_bytes: u64,
    pub temp_files: u64,
    /// Age of the oldest of them, at the most.
    pub oldest_secs: u64,
}

/// Finds everything that is wrong in the rows and in the blobs that they refer to, at most [`FINDINGS_MAX`] findings;
/// `deep` reads every byte of every blob. Belongs into one read transaction ([`crate::ReadPool::run`]), so that all of
/// it is of one moment.
///
/// # Errors
/// [`StoreError`] when the database cannot be read at all.
pub fn check_consistency(
    conn: &mut SqliteConnection,
    blobs: &BlobStore,
    deep: bool,
) -> Result<Vec<CheckFinding>, StoreError> {
    let depth = if deep { StoreCheckDepth::Deep } else { StoreCheckDepth::Usual };
    check_in(conn, blobs, depth, SIZES).map(|report| report.findings)
}

/// As [`check_consistency`], and finds files that no row refers to: only for a data directory that no server uses.
///
/// # Errors
/// [`StoreError`] when the database cannot be read at all.
pub fn check_with_leftovers(
    conn: &mut SqliteConnection,
    blobs: &BlobStore,
    depth: StoreCheckDepth,
) -> Result<CheckReport, StoreError> {
    let mut report = check_in(conn, blobs, depth, SIZES)?;
    let is_damaged = report.findings.iter().any(|finding| finding.what == Violation::Damaged);
    if depth == StoreCheckDepth::Quick || is_damaged {
        // Rows that cannot be read may name what seems to be nobody's.
        return Ok(report);
    }
    let mut findings = Findings { list: std::mem::take(&mut report.findings), ..Findings::default() };
    let strays = pieces::orphaned_upload_ids(conn, &blobs.partial_uploads()?)?;
    let mut waiting = wait(orphans::find_orphan_blobs(conn, blobs)?, blobs, &mut findings)?;
    waiting.temp_files += strays.len() as u64;
    Ok(CheckReport { findings: findings.list, is_cut: report.is_cut || findings.is_cut, waiting, ..report })
}

/// Counts what the next janitor removes. A file dated later than now is not old for any, and is a finding.
fn wait(orphans: BlobHashSet, blobs: &BlobStore, findings: &mut Findings) -> Result<CleanupBacklog, StoreError> {
    let mut orphans = Vec::from_iter(orphans);
    orphans.sort_unstable();
    let (mut waiting, now) = (
        CleanupBacklog { temp_files: blobs.abandoned_temp_files()?.len() as u64, ..CleanupBacklog::default() },
        clock::now(),
    );
    for sha256 in orphans.iter().map(|sha256| to_hex(sha256)) {
        let file = std::fs::metadata(blobs.blob_path(&sha256))?;
        let age = now - modified(&file);
        if age < 0 {
            let detail = format!("blob {sha256} is named by no row and dated {} s from now", -age / 1_000_000);
            findings.add(Violation::OrphanBlob, None, None, detail);
            continue;
        }
        waiting.blobs += 1;
        waiting.blob_bytes += file.len();
        waiting.oldest_secs = waiting.oldest_secs.max(age as u64 / 1_000_000);
    }
    Ok(waiting)
}

impl CleanupBacklog {
    /// Whether there are no such files.
    pub fn is_empty(self) -> bool {
        self.blobs + self.temp_files == 0
    }
}

pub(crate) fn check_in(
    conn: &mut SqliteConnection,
    blobs: &BlobStore,
    depth: StoreCheckDepth,
    sizes: CheckChunks,
) -> Result<CheckReport, StoreError> {
    let mut findings = Findings::default();
    let ground = sqlite::check(conn, &mut findings);
    findings.note(ground)?;
    let rows = check_rows(conn, &mut BlobCheck::new(blobs, depth), sizes, &mut findings);
    findings.note(rows)?;
    Ok(CheckReport {
        findings: findings.list,
        is_cut: findings.is_cut,
        looked_at: findings.looked_at,
        waiting: CleanupBacklog::default(),
    })
}

fn check_rows(
    conn: &mut SqliteConnection,
    shelf: &mut BlobCheck<'_>,
    sizes: CheckChunks,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    log::check_seqs(conn, sizes.page_rows, findings)?;
    let window = ExpectedEvents::new(sizes);
    BatchRecount { shelf, window, page_rows: sizes.page_rows, findings }.all(conn)?;
    for wrong in status_counts::wrong(conn)? {
        findings.add(Violation::StatusCounts, None, None, wrong.to_string());
    }
    for line in audit::broken_links(conn)? {
        let detail = format!("line {line} of the audit log does not follow from the one before");
        findings.add(Violation::AuditChain, None, None, detail);
    }
    shelf.check_files(conn, sizes.page_rows, findings)
}

#[derive(Debug, Default)]
struct Findings {
    list: Vec<CheckFinding>,
    is_cut: bool,
    looked_at: CheckedCounts,
}

impl Findings {
    /// A file that cannot be read because it is damaged is a finding, not an error.
    fn note(&mut self, checked: Result<(), StoreError>) -> Result<(), StoreError> {
        match checked {
            Err(StoreError::Database(error)) if is_damage(&error.to_string()) => {
                self.add(Violation::Damaged, None, None, error.to_string());
                Ok(())
            }
            checked => checked,
        }
    }

    fn add(&mut self, what: Violation, batch: Option<BatchKey>, item: Option<u32>, detail: impl Into<String>) {
        match self.list.len() < FINDINGS_MAX {
            true => self.list.push(CheckFinding { what, batch, item, detail: detail.into() }),
            false => self.is_cut = true,
        }
    }
}

/// Whether these words of SQLite's say that the file is none any more.
pub(super) fn is_damage(words: &str) -> bool {
    words.contains("malformed") || words.contains("not a database")
}
