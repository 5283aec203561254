//! Resources as clients see them: times as RFC 3339, public ids only, never a password.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use super::history::{AsOfView, PastView};
use super::lookup::BatchWithBackoff;
use crate::actors::engine::{BatchEngineView, Engine};
use quire_base::clock::{self, rfc3339};
use quire_domain::batch::{BatchControl, BatchOutcome, BatchStatus, FailurePolicy, StoredStatus};
use quire_domain::counts::ItemCounts;
use quire_domain::failure::{FailureClass, FailureCode};
use quire_domain::history::PastBatch;
use quire_domain::ids::{BatchId, Micros};
use quire_domain::live_frames::{BatchPace, Progress, RunningItem};
use quire_domain::operation::{DocumentSummary, Operation};
use quire_domain::retry::FailReason;
use quire_domain::waiting::{WaitingBecause, batch_waiting_reason};
use quire_store::attempts::AttemptRow;

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Batch")]
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
    #[schemars(range(min = 0.0, max = 1.0))]
    pub progress: f64,
    /// Current activity and rate; absent while nobody works on it.
    pub activity: Option<ActivityView>,
    /// Rises with each change.
    pub rev: u64,
    pub generation: u32,
    #[schemars(extend("format" = "date-time"))]
    pub created_at: String,
    #[schemars(extend("format" = "date-time"))]
    pub started_at: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub ended_at: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub not_before: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub deadline: Option<String>,
    pub correlation_id: String,
    /// Why it does not run; null while it does, and when it has ended.
    #[schemars(with = "Option<WaitingView>")]
    pub waiting_because: Option<Value>,
    /// Where its events lie in its owner's log.
    pub log: LogPlaces,
    /// The place in the log that this is of, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOfView>,
    pub links: BatchLinks,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LogPlaces {
    /// All of them lie behind this `seq`; null for a batch of a version that did not log each change.
    pub after: Option<i64>,
    /// The last one, as far as the batch's row knows.
    pub upto: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct BatchLinks {
    #[serde(rename = "self")]
    pub own: String,
    pub items: String,
    pub results: String,
}

/// As in the `progress` frames.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Activity")]
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
        let BatchEngineView { engine: engine_view, slots_held } = engine.engine_view_for_batch(record.key);
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
            log: LogPlaces { after: record.log_after, upto: record.log_upto.max(record.log_after.unwrap_or(0)) },
            as_of: None,
            links: BatchLinks { items: format!("{own}/items"), results: format!("{own}/results.jsonl"), own },
        }
    }

    /// The batch as it was. What is of its own time only is left out: activity, and why it waits.
    pub(super) fn at(self, past: &PastView) -> Self {
        let PastBatch { rev, status, control, sealed, outcome, generation, counts, started_at, ended_at, .. } =
            *past.batch;
        Self {
            rev,
            status,
            control,
            sealed,
            outcome,
            generation,
            counts,
            progress: counts.ended_fraction(),
            started_at: started_at.map(rfc3339),
            ended_at: ended_at.map(rfc3339),
            activity: None,
            waiting_because: None,
            as_of: Some(past.as_of()),
            ..self
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

/// Batches of an owner by status, as the server keeps count with each change.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct StatusCounts {
    open: u64,
    /// Those that are `scheduled` or `queued`: which of the two is a matter of the time, and nobody counts it.
    not_started: u64,
    running: u64,
    pausing: u64,
    paused: u64,
    cancelling: u64,
    finalizing: u64,
    succeeded: u64,
    partial: u64,
    failed: u64,
    cancelled: u64,
    expired: u64,
}

impl StatusCounts {
    pub(super) fn of(counts: Vec<(StoredStatus, u64)>) -> Self {
        let mut all = Self::default();
        for (status, batches) in counts {
            *all.of_status(status) = batches;
        }
        all
    }

    fn of_status(&mut self, status: StoredStatus) -> &mut u64 {
        match status {
            StoredStatus::Open => &mut self.open,
            StoredStatus::NotStarted => &mut self.not_started,
            StoredStatus::Running => &mut self.running,
            StoredStatus::Pausing => &mut self.pausing,
            StoredStatus::Paused => &mut self.paused,
            StoredStatus::Cancelling => &mut self.cancelling,
            StoredStatus::Finalizing => &mut self.finalizing,
            StoredStatus::Succeeded => &mut self.succeeded,
            StoredStatus::Partial => &mut self.partial,
            StoredStatus::Failed => &mut self.failed,
            StoredStatus::Cancelled => &mut self.cancelled,
            StoredStatus::Expired => &mut self.expired,
        }
    }
}

pub(super) fn batch_url(id: BatchId) -> String {
    format!("/api/v1/batches/{id}")
}

/// Fields of a waiting reason that are times.
const WAITING_TIMES: [&str; 2] = ["until", "since"];

/// The reason as JSON, its times as RFC 3339.
pub(super) fn waiting(reason: Option<WaitingBecause>) -> Option<Value> {
    let mut value = serde_json::to_value(reason?).ok()?;
    for time in WAITING_TIMES {
        if let Some(at) = value.get(time).and_then(Value::as_i64) {
            value[time] = rfc3339(at).into();
        }
    }
    Some(value)
}

/// The shape of what [`waiting`] makes.
pub(super) struct WaitingView;

impl JsonSchema for WaitingView {
    fn schema_name() -> Cow<'static, str> {
        "WaitingBecause".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        waiting_schema(generator)
    }
}

fn waiting_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = WaitingBecause::json_schema(generator).to_value();
    let kinds = schema["oneOf"].as_array_mut().map(|kinds| kinds.iter_mut()).into_iter().flatten();
    for kind in kinds {
        // What a kind holds as a whole stands behind a reference: it is written out, as its time differs here.
        if let Some(held) = kind["$ref"].as_str().and_then(|path| path.rsplit('/').next().map(str::to_owned)) {
            let held = generator.definitions().get(&held).cloned().unwrap_or_default();
            kind.as_object_mut().map(|kind| kind.remove("$ref"));
            for part in ["properties", "required"] {
                join(&mut kind[part], &held[part]);
            }
        }
        for time in WAITING_TIMES {
            if let Some(field) = kind["properties"].get_mut(time) {
                *field = json!({ "type": "string", "format": "date-time" });
            }
        }
    }
    Schema::try_from(schema).unwrap_or_default()
}

fn join(into: &mut Value, more: &Value) {
    match (into, more) {
        (Value::Object(into), Value::Object(more)) => into.extend(more.clone()),
        (Value::Array(into), Value::Array(more)) => into.extend(more.iter().cloned()),
        _ => {}
    }
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
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

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Attempt")]
pub(super) struct AttemptView {
    pub generation: u32,
    pub attempt: u32,
    pub ended: String,
    pub failure: Option<FailureView>,
    #[schemars(with = "Option<DocumentSummary>")]
    pub summary: Option<Value>,
    /// Null for an attempt that failed on its way to a worker process.
    #[schemars(extend("format" = "date-time"))]
    pub started_at: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    pub ended_at: String,
    pub work_ms: Option<f64>,
    pub peak_memory_bytes: Option<i64>,
    pub worker_pid: Option<i64>,
}

impl From<AttemptRow> for AttemptView {
    fn from(row: AttemptRow) -> Self {
        let work_ms = row.work_ms();
        let code = row.failure.as_deref().and_then(|word| quire_store::enum_text::parse(word).ok());
        Self {
            generation: row.generation as u32,
            attempt: row.attempt as u32,
            ended: row.ended,
            failure: code.map(|code| FailureView::new(code, None, row.detail)),
            summary: row.summary.as_deref().and_then(|text| serde_json::from_str(text).ok()),
            started_at: time_if_set(row.started_at),
            ended_at: rfc3339(row.ended_at),
            work_ms,
            peak_memory_bytes: row.peak_memory_bytes,
            worker_pid: row.worker_pid,
        }
    }
}

/// A time that is 0 while there is none.
pub(super) fn time_if_set(at: Micros) -> Option<String> {
    (at > 0).then(|| rfc3339(at))
}
