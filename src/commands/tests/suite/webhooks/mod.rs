//! Webhooks: what is enqueued, what is due, what is written down, what is forgotten, and whose it is.

mod log;
mod owners;
mod queue;

use uuid::Uuid;

use super::open;
use crate::commands::deliveries::{self, ATTEMPTS_KEPT, DeliveryAttemptResult};
use crate::commands::submit::NewBatch;
use crate::commands::tests::harness::{OTHER, TestStore, batch_of, with_other_owner};
use crate::commands::webhooks;
use quire_domain::event::EventType;
use quire_domain::ids::OwnerKey;
use quire_domain::webhook::schedule::SendPolicy;
use quire_domain::webhook::{DeliveryAttempt, DeliveryKey, DeliveryOutcome, EventFilter, WebhookId};
use quire_store::deliveries::PendingDelivery;
use quire_store::vault::EncryptedBytes;
use quire_store::webhooks::{NewWebhook, Webhook};

const SECOND: i64 = 1_000_000;

fn store_of_two_owners() -> TestStore {
    with_other_owner(open())
}

fn new(owner: OwnerKey, kinds: Option<&[EventType]>) -> NewWebhook {
    NewWebhook {
        id: WebhookId(Uuid::now_v7()),
        owner,
        url: "https://example.org/hook".into(),
        description: String::new(),
        filter: EventFilter(kinds.map(<[_]>::to_vec)),
        secret: EncryptedBytes::from_stored(vec![7; 32]),
    }
}

fn add(store: &mut TestStore, owner: OwnerKey, kinds: Option<&[EventType]>) -> Webhook {
    let new = new(owner, kinds);
    store.write(move |txn| webhooks::add(txn, &new, 20)).unwrap()
}

fn again(store: &TestStore, webhook: &Webhook) -> Webhook {
    store.read(|snapshot| snapshot.webhook(webhook.owner, webhook.id)).unwrap()
}

/// Makes deliveries of the whole log, page by page, as the sender does.
fn enqueue_all(store: &mut TestStore, webhook: &Webhook) {
    loop {
        let Webhook { key, owner, cursor, filter, .. } = again(store, webhook);
        let ahead = store.read(|snapshot| snapshot.scan_log(owner, cursor, &filter, 2)).unwrap();
        if ahead.scanned_to == cursor {
            return;
        }
        let moved =
            store.write(move |txn| deliveries::enqueue_from_cursor(txn, key, cursor, ahead.scanned_to)).unwrap();
        assert_eq!(moved, deliveries::CursorMove::Moved);
    }
}

fn waiting(store: &TestStore, webhook: &Webhook) -> Vec<PendingDelivery> {
    store.read(|snapshot| snapshot.pending_deliveries(webhook, 100)).unwrap()
}

fn seqs(waiting: &[PendingDelivery]) -> Vec<i64> {
    waiting.iter().map(|waiting| waiting.event.as_ref().map_or(0, |event| event.seq)).collect()
}

fn submit(store: &mut TestStore, owner: OwnerKey) {
    store.submit(NewBatch { owner, ..batch_of(1) });
}

fn policy() -> SendPolicy {
    SendPolicy { pauses_ms: vec![1_000, 2_000], retry_after_max_secs: 60, disable_after_secs: 100 }
}

fn attempt_result(delivery: DeliveryKey, reception: DeliveryOutcome) -> DeliveryAttemptResult {
    let attempt =
        DeliveryAttempt { at: 1, duration_ms: 2, status: Some(200), error: None, detail: None, excerpt: None };
    DeliveryAttemptResult { delivery, attempt, reception, jitter: 0.0 }
}

const REFUSED: DeliveryOutcome = DeliveryOutcome::Refused { retry_after_secs: None };
