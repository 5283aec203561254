//! The content of a message.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::webhook::payload::{of_event, of_test};
use quire_domain::batch::BatchStatus;
use quire_domain::counts::Counts;
use quire_domain::event::{Event, EventData, EventType};
use quire_domain::ids::{BatchId, CorrelationId};
use quire_domain::webhook::WebhookId;

#[test]
fn a_message_about_an_event_has_its_type_its_time_and_small_data() {
    let event = Event {
        seq: 7,
        kind: EventType::BatchPaused,
        at: 1_500_000,
        batch: BatchId(Uuid::nil()),
        item: None,
        correlation_id: CorrelationId::parse("c-1").unwrap(),
        data: EventData {
            rev: 3,
            status: Some(BatchStatus::Paused),
            counts: Some(Counts::default()),
            ..EventData::default()
        },
    };
    let said: Value = serde_json::from_str(&of_event(&event)).unwrap();
    assert_eq!((&said["type"], &said["timestamp"]), (&json!("batch.paused"), &json!("1970-01-01T00:00:01.500Z")));
    let data = said["data"].as_object().unwrap();
    let keys: Vec<&str> = data.keys().map(String::as_str).collect();
    assert_eq!(keys, ["batch", "correlation_id", "counts", "rev", "seq", "status"], "and nothing that did not change");
    assert_eq!((&data["seq"], &data["rev"], &data["status"]), (&json!(7), &json!(3), &json!("paused")));
    assert!(of_event(&event).len() < 500);
}

#[test]
fn a_test_says_that_it_is_one() {
    let said: Value = serde_json::from_str(&of_test(WebhookId(Uuid::nil()), 0)).unwrap();
    assert_eq!(said["type"], "webhook.test");
    assert_eq!(said["data"]["webhook"], Uuid::nil().to_string());
}
