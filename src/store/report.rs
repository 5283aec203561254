//! Report of an attempt: how it ended, and what that does to its item.
//!
//! **A report counts once, and only while its attempt is the running one**: the item machine compares the fence.

use super::artifacts::{self, Artifact};
use super::enum_text::to_json;
use super::error::StoreError;
use super::item_steps::AttemptNotes;
use super::items::{self, StoredItem};
use super::txn::{BatchRecord, Txn};
use crate::domain::failure::{Failure, FailureCode};
use crate::domain::ids::{Fence, Micros};
use crate::domain::item::{ItemEvent, ItemState, YieldReason};
use crate::domain::operation::DocumentSummary;
use crate::safeguards::{Safeguard, is_disabled};

/// Report of one attempt's end, from the actor that drove it.
#[derive(Debug, Clone)]
pub struct AttemptReport {
    pub position: u32,
    pub fence: Fence,
    pub outcome: AttemptOutcome,
    /// When a worker process took the item; none if none did.
    pub started_at: Option<Micros>,
    pub worker_pid: Option<u32>,
    pub work_micros: Option<u64>,
    pub peak_memory_bytes: Option<u64>,
}

#[derive(Debug, Clone)]
pub enum AttemptOutcome {
    Succeeded {
        summary: Option<DocumentSummary>,
        artifacts: Vec<Artifact>,
    },
    Failed(Failure),
    Yielded(YieldReason),
    /// Stopped from outside. The item worker does not know why; the batch reports it as yielded unless it was cancelled.
    Stopped,
}

/// A report that came when its attempt was over; it changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateReport {
    pub position: u32,
    /// The attempt that the report is of.
    pub got: Fence,
    /// Where the item is: its newest attempt and its state.
    pub newest: Fence,
    pub state: ItemState,
}

/// The batch with the report in it, or why it does not count.
pub(super) fn apply_report(
    txn: &mut Txn<'_>,
    record: BatchRecord,
    report: &AttemptReport,
) -> Result<Result<BatchRecord, LateReport>, StoreError> {
    let stored = items::load(txn.conn, record.key, report.position)?;
    let (event, notes) = translate(txn, report, fence(report, &stored))?;
    let Ok((record, next)) = txn.step_item(record, &stored, &event, &notes)? else {
        let (item, position) = (stored.item, report.position);
        return Ok(Err(LateReport { position, got: report.fence, newest: item.fence(), state: item.state }));
    };
    if let (AttemptOutcome::Succeeded { artifacts: produced, .. }, ItemState::Succeeded) = (&report.outcome, next.state)
    {
        artifacts::insert(txn.conn, record.key, report.position, next.generation, produced, txn.now)?;
    }
    Ok(Ok(record))
}

fn fence(report: &AttemptReport, stored: &StoredItem) -> Fence {
    if is_disabled(Safeguard::Fence) { stored.item.fence() } else { report.fence }
}

fn translate(txn: &Txn<'_>, report: &AttemptReport, fence: Fence) -> Result<(ItemEvent, AttemptNotes), StoreError> {
    let mut notes = AttemptNotes {
        started_at: report.started_at,
        worker_pid: report.worker_pid,
        work_micros: report.work_micros,
        peak_memory_bytes: report.peak_memory_bytes,
        ..AttemptNotes::default()
    };
    let event = match &report.outcome {
        AttemptOutcome::Succeeded { summary, artifacts } => match first_gone(txn, artifacts)? {
            None => {
                notes.summary = summary.as_ref().map(to_json).transpose()?;
                ItemEvent::Succeeded { fence }
            }
            Some(name) => {
                notes.detail = Some(format!("`{name}` is no longer stored"));
                ItemEvent::Failed { fence, code: FailureCode::StorageFailed }
            }
        },
        AttemptOutcome::Failed(failure) => {
            notes.detail = Some(failure.detail.clone());
            ItemEvent::Failed { fence, code: failure.code }
        }
        AttemptOutcome::Yielded(why) => ItemEvent::Yielded { fence, why: *why },
        AttemptOutcome::Stopped => ItemEvent::Stopped { fence },
    };
    Ok((event, notes))
}

fn first_gone<'a>(txn: &Txn<'_>, artifacts: &'a [Artifact]) -> Result<Option<&'a str>, StoreError> {
    for artifact in artifacts {
        if !txn.pin_blob(&artifact.sha256)? {
            return Ok(Some(&artifact.name));
        }
    }
    Ok(None)
}
