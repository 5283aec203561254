//! Webhook deliveries: each message to one endpoint and what became of it.

use diesel::prelude::*;

use super::enum_text::{from_json, parse};
use super::error::StoreError;
use super::schema::webhook_deliveries;
use super::webhooks::Webhook;
use quire_domain::event::Event;
use quire_domain::ids::Micros;
use quire_domain::webhook::{
    DeliveryAttempt, DeliveryKey, DeliveryRetryState, DeliveryState, MessageId, MessageSubject, WebhookId, WebhookKey,
};

/// A delivery as its owner sees it.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub key: DeliveryKey,
    pub id: MessageId,
    pub kind: String,
    pub message: DeliveryRetryState,
    /// Oldest first.
    pub attempts: Vec<DeliveryAttempt>,
    pub created_at: Micros,
    pub ended_at: Option<Micros>,
}

/// A delivery whose time may have come.
#[derive(Debug, Clone)]
pub struct PendingDelivery {
    pub key: DeliveryKey,
    pub id: MessageId,
    pub next_at: Micros,
    pub created_at: Micros,
    /// Missing for a test, and for an event that is no longer in the log.
    pub event: Option<Event>,
}

/// Age of a delivery, for those that forget old ones.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryTimes {
    pub key: DeliveryKey,
    pub created_at: Micros,
    pub ended_at: Option<Micros>,
}

/// Queries of deliveries. Each fails with [`StoreError`] when the database fails.
pub trait DeliveryQueries {
    /// Number of waiting deliveries of a webhook; counts no further than `limit`.
    fn delivery_backlog(&mut self, key: WebhookKey, limit: u64) -> Result<u64, StoreError>;

    /// The deliveries that are or will be due first, with their events; at most `limit`.
    fn pending_deliveries(&mut self, webhook: &Webhook, limit: u32) -> Result<Vec<PendingDelivery>, StoreError>;

    /// A webhook's deliveries before `before`, newest first, at most `limit`; in one state, or in any.
    fn deliveries(
        &mut self,
        webhook: &Webhook,
        state: Option<DeliveryState>,
        before: Option<DeliveryKey>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// One delivery of a webhook.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the webhook has no such delivery.
    fn delivery(&mut self, webhook: &Webhook, id: MessageId) -> Result<Delivery, StoreError>;

    /// A delivery of the webhook by its key.
    fn delivery_by_key(&mut self, webhook: &Webhook, key: DeliveryKey) -> Result<Option<Delivery>, StoreError>;

    /// Deliveries of any webhook behind a key, in the order of their keys, at most `limit`.
    fn delivery_ages(&mut self, after: DeliveryKey, limit: u32) -> Result<Vec<DeliveryTimes>, StoreError>;

    /// The oldest deliveries of one webhook, at most `limit`.
    fn delivery_keys(&mut self, webhook: WebhookKey, limit: u32) -> Result<Vec<DeliveryKey>, StoreError>;
}

/// Writes of deliveries, in a transaction.
pub trait DeliveryWrites {
    /// A message without an event, due now.
    fn insert_test_delivery(&mut self, webhook: WebhookKey) -> Result<DeliveryKey, StoreError>;

    /// Deliveries, due now, of the events in `from`..=`until` that pass the webhook's filter. An event that has its
    /// delivery already is delivered again.
    fn enqueue_deliveries(&mut self, webhook: &Webhook, from: i64, until: i64) -> Result<(), StoreError>;

    /// The delivery's state and attempts as they are now.
    fn put_delivery(&mut self, delivery: &Delivery) -> Result<(), StoreError>;

    fn delete_deliveries(&mut self, keys: &[DeliveryKey]) -> Result<(), StoreError>;
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhook_deliveries)]
pub(super) struct DeliveryRow {
    pub id: i64,
    pub seq: Option<i64>,
    pub kind: String,
    pub state: String,
    pub tries: i32,
    pub next_at: Micros,
    pub attempts: String,
    pub created_at: Micros,
    pub ended_at: Option<Micros>,
}

impl DeliveryRow {
    pub(super) fn message(&self) -> Result<DeliveryRetryState, StoreError> {
        Ok(DeliveryRetryState { state: parse(&self.state)?, tries: self.tries as u32, next_at: self.next_at })
    }

    pub(super) fn attempts(&self) -> Result<Vec<DeliveryAttempt>, StoreError> {
        from_json(&self.attempts)
    }

    pub(super) fn delivery(self, webhook: WebhookId) -> Result<Delivery, StoreError> {
        Ok(Delivery {
            key: DeliveryKey(self.id),
            id: MessageId { webhook, what: self.subject() },
            message: self.message()?,
            attempts: self.attempts()?,
            kind: self.kind,
            created_at: self.created_at,
            ended_at: self.ended_at,
        })
    }

    pub(super) fn subject(&self) -> MessageSubject {
        self.seq.map_or(MessageSubject::Test(DeliveryKey(self.id)), MessageSubject::Event)
    }
}
