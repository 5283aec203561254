//! Report of an attempt: how it ended, and what that does to its item.
//!
//! **A report counts once, and only while its attempt is the running one**: the item machine compares the fence.

use super::item_steps::{AttemptNotes, step_item};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::failure::{Failure, FailureCode};
use quire_domain::ids::{Fence, Micros};
use quire_domain::item::{ItemInput, ItemState, YieldReason};
use quire_domain::operation::DocumentSummary;
use quire_store::artifacts::NewArtifact;
use quire_store::batches::BatchRecord;
use quire_store::enum_text::to_json;
use quire_store::items::StoredItem;
use quire_store::{StoreError, Transaction};

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
        artifacts: Vec<NewArtifact>,
    },
    Failed(Failure),
    Yielded(YieldReason),
    /// Stopped from outside. The item worker does not know why; the batch reports it as yielded unless it was
    /// cancelled.
    Stopped,
}

/// A report that came when its attempt was over; it changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateReport {
    pub position: u32,
    /// The attempt that the report is of.
    pub got: Fence,
    /// The item's newest attempt, and its state.
    pub newest: Fence,
    pub state: ItemState,
}

/// The batch with the report in it and the item as it is now, or why the report does not count.
pub(super) fn apply_report(
    txn: &mut dyn Transaction,
    record: BatchRecord,
    stored: &StoredItem,
    report: &AttemptReport,
) -> Result<Result<(BatchRecord, StoredItem), LateReport>, StoreError> {
    let (event, notes) = translate(txn, report, fence(report, stored))?;
    let Ok((record, next)) = step_item(txn, record, stored, &event, &notes)? else {
        let (item, position) = (stored.item, report.position);
        return Ok(Err(LateReport { position, got: report.fence, newest: item.fence(), state: item.state }));
    };
    let is_success = next.item.state == ItemState::Succeeded;
    if let (AttemptOutcome::Succeeded { artifacts, .. }, true) = (&report.outcome, is_success) {
        txn.insert_artifacts(record.key, report.position, next.item.generation, artifacts)?;
    }
    Ok(Ok((record, next)))
}

fn fence(report: &AttemptReport, stored: &StoredItem) -> Fence {
    if is_disabled(Safeguard::Fence) { stored.item.fence() } else { report.fence }
}

fn translate(
    txn: &dyn Transaction,
    report: &AttemptReport,
    fence: Fence,
) -> Result<(ItemInput, AttemptNotes), StoreError> {
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
                ItemInput::Succeeded { fence }
            }
            Some(name) => {
                notes.detail = Some(format!("`{name}` is no longer stored"));
                ItemInput::Failed { fence, code: FailureCode::StorageFailed }
            }
        },
        AttemptOutcome::Failed(failure) => {
            notes.detail = Some(failure.detail.clone());
            ItemInput::Failed { fence, code: failure.code }
        }
        AttemptOutcome::Yielded(why) => ItemInput::Yielded { fence, why: *why },
        AttemptOutcome::Stopped => ItemInput::Stopped { fence },
    };
    Ok((event, notes))
}

fn first_gone<'a>(txn: &dyn Transaction, artifacts: &'a [NewArtifact]) -> Result<Option<&'a str>, StoreError> {
    for artifact in artifacts {
        if !txn.pin_blob(&artifact.sha256)? {
            return Ok(Some(&artifact.name));
        }
    }
    Ok(None)
}
