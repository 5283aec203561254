//! Body of a message: small, the same over all attempts. Receivers that need more fetch it.

use serde::Serialize;

use quire_base::clock::rfc3339;
use quire_domain::batch::{BatchOutcome, BatchStatus};
use quire_domain::counts::ItemCounts;
use quire_domain::event::Event;
use quire_domain::failure::FailureCode;
use quire_domain::ids::{BatchId, Micros};
use quire_domain::retry::FailReason;
use quire_domain::webhook::{TEST_TYPE, WebhookId};

#[derive(Debug, Serialize)]
struct Payload<'a, D> {
    r#type: &'a str,
    /// When it happened, not when it is sent.
    timestamp: String,
    data: D,
}

/// Fields that are missing did not change, or are not of this event.
#[derive(Debug, Serialize)]
struct EventBody<'a> {
    batch: BatchId,
    /// The item's position in its batch, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<u32>,
    /// The event's place in the owner's log.
    seq: i64,
    /// The batch's revision that holds this fact.
    rev: u64,
    correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<BatchStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<BatchOutcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counts: Option<ItemCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    generation: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<FailReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureCode>,
}

#[derive(Debug, Serialize)]
struct TestBody {
    webhook: WebhookId,
}

/// The body of a message about an event.
pub fn event_body(event: &Event) -> String {
    let said = &event.data;
    let data = EventBody {
        batch: event.batch,
        item: event.item,
        seq: event.seq,
        rev: said.rev,
        correlation_id: event.correlation_id.as_str(),
        status: said.status,
        outcome: said.outcome,
        counts: said.counts,
        generation: said.generation,
        attempt: said.attempt,
        reason: said.reason,
        failure: said.failure,
    };
    json(&Payload { r#type: event.kind.as_str(), timestamp: rfc3339(event.at), data })
}

/// The body of a test message.
pub fn test_body(webhook: WebhookId, at: Micros) -> String {
    json(&Payload { r#type: TEST_TYPE, timestamp: rfc3339(at), data: TestBody { webhook } })
}

/// Never fails: the types hold nothing that JSON has no words for.
fn json(payload: &impl Serialize) -> String {
    serde_json::to_string(payload).unwrap_or_default()
}
