//! Resources as clients see them: times as RFC 3339, public ids only, never a password.

use serde::Serialize;
use serde_json::Value;

use super::lookup::BatchWithBackoff;
use crate::actors::engine::Engine;
use quire_base::clock::{self, rfc3339};
use quire_domain::batch::{BatchControl, BatchOutcome, BatchStatus, FailurePolicy};
use quire_domain::counts::ItemCounts;
use quire_domain::failure::{FailureClass, FailureCode};
use quire_domain::frames::{BatchPace, Progress, RunningItem};
use quire_domain::ids::{BatchId, Micros};
use quire_domain::operation::Operation;
use quire_domain::retry::FailReason;
use quire_domain::waiting::{WaitingBecause, batch_waiting_reason};
use quire_store::attempts::AttemptRow;

#[derive(Debug, Serialize)]
pub(super) struct BatchResource {
    pub id: BatchId,
    pub name: Option<String>,
    pub collection: Option<String>,
    pub status: BatchStatus,
    pub control: BatchControl,
    pub outcome: Option<BatchOutcome>,
    pub operations: Vec<Operation>,
    pub priority: i32,
    pub on_failure: FailurePolicy,
    pub sealed: bool,
    pub counts: ItemCounts,
    /// Ended share of all items, 0 to 1.
    pub progress: f64,
    /// Current activity and rate; absent while nobody works on it.
    pub activity: Option<ActivityView>,
    /// Rises with each change.
    pub rev: u64,
    pub generation: u32,
    pub created_at: String,
    pub started_at: Option<String>,
    pub ended_at: Option<String>,
    pub not_before: Option<String>,
    pub deadline: Option<String>,
    pub correlation_id: String,
    pub waiting_because: Option<Value>,
    pub links: BatchLinks,
}

#[derive(Debug, Serialize)]
pub(super) struct BatchLinks {
    #[serde(rename = "self")]
    pub own: String,
    pub items: String,
    pub results: String,
}

/// As in the `progress` frames.
#[derive(Debug, Serialize)]
pub(super) struct ActivityView {
    #[serde(flatten)]
    pub pace: BatchPace,
    pub running: Vec<RunningItem>,
}

impl From<Progress> for ActivityView {
    fn from(now: Progress) -> Self {
        Self { pace: now.pace, running: now.running }
    }
}

impl BatchResource {
    pub(super) fn of(seen: BatchWithBackoff, engine: &Engine) -> Self {
        let BatchWithBackoff { view, next_backoff } = seen;
        let now = clock::now();
        let record = view.record;
        let (engine_view, slots_held) = engine.engine_view_for_batch(record.key);
        let own = batch_url(record.id);
        Self {
            id: record.id,
            name: view.name,
            collection: view.collection,
            status: record.batch.status(now),
            control: record.batch.control,
            outcome: record.batch.outcome,
            operations: view.operations,
            priority: record.priority,
            on_failure: record.batch.on_failure,
            sealed: record.batch.sealed,
            counts: record.batch.counts,
            progress: record.batch.counts.ended_fraction(),
            activity: engine.context.progress_tracker.batch_progress(record.key, now).map(ActivityView::from),
            rev: record.rev,
            generation: record.batch.generation,
            created_at: rfc3339(view.created_at),
            started_at: record.started_at.map(rfc3339),
            ended_at: record.ended_at.map(rfc3339),
            not_before: record.batch.not_before.map(rfc3339),
            deadline: record.batch.deadline.map(rfc3339),
            correlation_id: view.correlation_id,
            waiting_because: waiting(batch_waiting_reason(
                &record.batch,
                record.priority,
                slots_held,
                next_backoff,
                &engine_view,
                now,
            )),
            links: BatchLinks { items: format!("{own}/items"), results: format!("{own}/results.jsonl"), own },
        }
    }

    /// Changes with the revision, and with what clocks and other batches change without one.
    pub(super) fn etag(&self) -> String {
        let passing = format!("{:?}{:?}{:?}", self.status, self.waiting_because, self.activity);
        let digest = passing.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv: short and the same in every build.
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        format!("W/\"{}-{digest:016x}\"", self.rev)
    }
}

pub(super) fn batch_url(id: BatchId) -> String {
    format!("/api/v1/batches/{id}")
}

/// The reason as JSON, its times as RFC 3339.
pub(super) fn waiting(reason: Option<WaitingBecause>) -> Option<Value> {
    let mut value = serde_json::to_value(reason?).ok()?;
    for time in ["until", "since"] {
        if let Some(at) = value.get(time).and_then(Value::as_i64) {
            value[time] = rfc3339(at).into();
        }
    }
    Some(value)
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct FailureView {
    pub code: FailureCode,
    pub class: FailureClass,
    /// Why the item ended; absent while it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<FailReason>,
    pub detail: Option<String>,
    /// Remedy: an action for the user.
    pub remedy: &'static str,
}

impl FailureView {
    pub(super) fn new(code: FailureCode, reason: Option<FailReason>, detail: Option<String>) -> Self {
        Self { code, class: code.class(), reason, detail, remedy: code.remedy() }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct AttemptView {
    pub generation: u32,
    pub attempt: u32,
    pub ended: String,
    pub failure: Option<FailureView>,
    pub summary: Option<Value>,
    /// Null for an attempt that failed on its way to a worker process.
    pub started_at: Option<String>,
    pub ended_at: String,
    pub work_ms: Option<f64>,
    pub peak_memory_bytes: Option<i64>,
    pub worker_pid: Option<i64>,
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> Self {
        let code = row.failure.as_deref().and_then(|word| quire_store::enum_text::parse(word).ok());
        Self {
            generation: row.generation as u32,
            attempt: row.attempt as u32,
            ended: row.ended,
            failure: code.map(|code| FailureView::new(code, None, row.detail)),
            summary: row.summary.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            started_at: time_if_set(row.started_at),
            ended_at: rfc3339(row.ended_at),
            work_ms: row.work_micros.map(|micros| micros as f64 / 1e3),
            peak_memory_bytes: row.peak_memory_bytes,
            worker_pid: row.worker_pid,
        }
    }
}

/// A time that is 0 while there is none.
pub(super) fn time_if_set(at: Micros) -> Option<String> {
    (at > 0).then(|| rfc3339(at))
}
