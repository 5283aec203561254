//! Event types and their data. One definition for the log, the API and every kind of delivery.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::batch::{BatchControl, BatchOutcome, BatchStatus};
use super::counts::ItemCounts;
use super::failure::FailureCode;
use super::ids::{BatchId, CorrelationId, Micros};
use super::retry::FailReason;
use crate::closed_list;

closed_list! {
    /// A closed list; the wire name is stable.
    #[derive(Deserialize, JsonSchema)]
    pub enum EventType {
        BatchCreated = "batch.created",
        /// The first item of the batch was taken by a worker process, or failed on its way to one.
        BatchStarted = "batch.started",
        /// A heartbeat of a batch that runs long, and what the other events do not tell: a batch that changed its
        /// status by itself, as one that is `paused` when its last running item has ended. Carries counts.
        BatchProgress = "batch.progress",
        /// Items were added to an open batch.
        BatchExtended = "batch.extended",
        BatchSealed = "batch.sealed",
        BatchPaused = "batch.paused",
        BatchResumed = "batch.resumed",
        BatchRetried = "batch.retried",
        /// A cancel was asked for; what runs is being stopped.
        BatchCancelling = "batch.cancelling",
        /// Ended as `succeeded` or `partial`.
        BatchCompleted = "batch.completed",
        /// Ended as `failed` or `expired`.
        BatchFailed = "batch.failed",
        /// Ended as `cancelled`.
        BatchCancelled = "batch.cancelled",
        ItemStarted = "item.started",
        ItemCompleted = "item.completed",
        ItemFailed = "item.failed",
        /// An attempt failed; the next one comes after a backoff.
        ItemRetryScheduled = "item.retry_scheduled",
        /// Back in the queue: after a backoff, an attempt that came to nothing, or a retry by hand.
        ItemRequeued = "item.requeued",
        ItemCancelled = "item.cancelled",
        ItemExpired = "item.expired",
        ItemSkipped = "item.skipped",
    }
}

/// One row of the event log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Per owner, without a gap, from 1.
    pub seq: i64,
    #[serde(rename = "type")]
    pub kind: EventType,
    pub at: Micros,
    pub batch: BatchId,
    /// The item's position in its batch, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    pub correlation_id: CorrelationId,
    pub data: EventData,
}

/// What an event says beyond who and when; absent fields did not change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EventData {
    /// The batch's revision that holds this fact.
    pub rev: u64,
    /// The collection that the batch belongs to. Not in the log's rows: it never changes, readers add it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<BatchStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<BatchControl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<BatchOutcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counts: Option<ItemCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<FailReason>,
    /// The item's newest failure: in all events of items but `item.started`, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureCode>,
}

/// An event as every reader gets it: in the log, over WebSocket, as a server-sent event, by poll and by webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct EventView {
    /// Per owner, without a gap, from 1.
    pub seq: i64,
    #[serde(rename = "type")]
    pub kind: EventType,
    /// RFC 3339, UTC, milliseconds.
    #[schemars(extend("format" = "date-time"))]
    pub at: String,
    pub batch: BatchId,
    /// The item's position in its batch, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    pub correlation_id: CorrelationId,
    pub data: EventData,
}

impl EventView {
    /// `at` is the event's own time in the form that readers see; the domain knows no calendar.
    pub fn new(event: Event, at: String) -> Self {
        let Event { seq, kind, at: _, batch, item, correlation_id, data } = event;
        Self { seq, kind, at, batch, item, correlation_id, data }
    }
}
