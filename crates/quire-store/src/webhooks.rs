//! Webhooks: endpoints, and how far each has got in the log. Their messages are in [`super::deliveries`].

use diesel::prelude::*;
use uuid::Uuid;

use super::enum_text::{from_json, parse_opt, to_json};
use super::error::StoreError;
use super::schema::webhooks;
use super::vault::EncryptedBytes;
use quire_domain::ids::{Micros, OwnerKey};
use quire_domain::webhook::{DisabledReason, EndpointHealth, EventFilter, WebhookId, WebhookKey};

/// A webhook to be inserted.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    pub id: WebhookId,
    pub owner: OwnerKey,
    pub url: String,
    pub description: String,
    pub filter: EventFilter,
    pub secret: EncryptedBytes,
}

/// A webhook as it is stored.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub key: WebhookKey,
    pub id: WebhookId,
    pub owner: OwnerKey,
    pub url: String,
    pub description: String,
    pub filter: EventFilter,
    pub secret: EncryptedBytes,
    /// Signs as well, until then.
    pub old_secret: Option<(EncryptedBytes, Micros)>,
    pub endpoint: EndpointHealth,
    pub disabled_at: Option<Micros>,
    /// Events up to this `seq` have their deliveries, or are of no interest.
    pub cursor: i64,
    pub created_at: Micros,
    pub updated_at: Micros,
}

/// Queries of webhooks. Each fails with [`StoreError`] when the database fails.
pub trait WebhookQueries {
    /// An owner's webhook.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such webhook.
    fn webhook(&mut self, owner: OwnerKey, id: WebhookId) -> Result<Webhook, StoreError>;

    /// All of an owner's webhooks, oldest first; they are few.
    fn webhooks(&mut self, owner: OwnerKey) -> Result<Vec<Webhook>, StoreError>;

    /// Webhooks that are neither disabled nor deleted, behind `after`, at most `limit`.
    fn active_webhooks(&mut self, after: WebhookKey, limit: u32) -> Result<Vec<WebhookKey>, StoreError>;

    /// The webhook as it is, unless it is disabled, deleted or gone.
    fn active_webhook(&mut self, key: WebhookKey) -> Result<Option<Webhook>, StoreError>;

    /// The webhook by its key, disabled or deleted, until it is removed.
    fn webhook_by_key(&mut self, key: WebhookKey) -> Result<Option<Webhook>, StoreError>;

    /// Number of an owner's webhooks.
    fn webhook_count(&mut self, owner: OwnerKey) -> Result<u64, StoreError>;

    /// One that was deleted and is not yet removed.
    fn deleted_webhook(&mut self) -> Result<Option<WebhookKey>, StoreError>;
}

/// Writes of webhooks, in a transaction.
pub trait WebhookWrites {
    /// A webhook that is told of what comes behind `cursor`.
    fn insert_webhook(&mut self, new: &NewWebhook, cursor: i64) -> Result<(), StoreError>;

    /// The webhook as it is now.
    fn put_webhook(&mut self, webhook: &Webhook) -> Result<(), StoreError>;

    /// From now on nobody sees it; its rows are there until [`Self::remove_webhook`].
    fn delete_webhook(&mut self, key: WebhookKey) -> Result<(), StoreError>;

    /// Removes a webhook that has no deliveries any more.
    fn remove_webhook(&mut self, key: WebhookKey) -> Result<(), StoreError>;
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = webhooks)]
pub(super) struct WebhookRow {
    pub id: i64,
    pub public_id: String,
    pub owner: i64,
    pub url: String,
    pub description: String,
    pub event_types: Option<String>,
    pub secret: Vec<u8>,
    pub old_secret: Option<Vec<u8>>,
    pub old_secret_until: Option<Micros>,
    pub cursor: i64,
    pub disabled: Option<String>,
    pub disabled_at: Option<Micros>,
    pub failing_since: Option<Micros>,
    pub created_at: Micros,
    pub updated_at: Micros,
}

impl WebhookRow {
    pub(super) fn webhook(self) -> Result<Webhook, StoreError> {
        let broken = |_| StoreError::Corrupt(format!("webhook id `{}`", self.public_id));
        let disabled: Option<DisabledReason> = parse_opt(self.disabled.as_deref())?;
        Ok(Webhook {
            key: WebhookKey(self.id),
            id: WebhookId(Uuid::try_parse(&self.public_id).map_err(broken)?),
            owner: OwnerKey(self.owner),
            url: self.url,
            description: self.description,
            filter: EventFilter(self.event_types.as_deref().map(from_json).transpose()?),
            secret: EncryptedBytes::from_stored(self.secret),
            old_secret: self.old_secret.map(EncryptedBytes::from_stored).zip(self.old_secret_until),
            endpoint: EndpointHealth { disabled, failing_since: self.failing_since },
            disabled_at: self.disabled_at,
            cursor: self.cursor,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

/// The filter as it is stored: a list of types, or none for all.
pub(super) fn event_types(filter: &EventFilter) -> Result<Option<String>, StoreError> {
    filter.0.as_ref().map(to_json).transpose()
}
