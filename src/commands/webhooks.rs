//! Commands of owners on their webhooks: add, change, rotate the secret, enable, replay, delete.

use quire_domain::ids::{Micros, OwnerKey};
use quire_domain::webhook::{DisabledReason, EndpointHealth, EventFilter, WebhookId, WebhookKey};
use quire_store::vault::EncryptedBytes;
use quire_store::webhooks::{NewWebhook, Webhook};
use quire_store::{StoreError, Transaction};

/// Changes by an owner; fields that are missing stay.
#[derive(Debug, Clone, Default)]
pub struct WebhookChange {
    pub url: Option<String>,
    pub description: Option<String>,
    pub filter: Option<EventFilter>,
}

/// A webhook that is told of what happens from now on.
///
/// # Errors
/// [`StoreError::TooManyWebhooks`] when the owner has `limit` of them.
pub fn add(txn: &mut dyn Transaction, new: &NewWebhook, limit: u64) -> Result<Webhook, StoreError> {
    let stored = txn.read()?;
    if stored.webhook_count(new.owner)? >= limit {
        return Err(StoreError::TooManyWebhooks { limit });
    }
    let latest = stored.log_range(new.owner)?.latest;
    txn.insert_webhook(new, latest)?;
    txn.read()?.webhook(new.owner, new.id)
}

/// Changes a webhook.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such webhook.
pub fn change(
    txn: &mut dyn Transaction,
    owner: OwnerKey,
    id: WebhookId,
    change: &WebhookChange,
) -> Result<Webhook, StoreError> {
    let before = txn.read()?.webhook(owner, id)?;
    let WebhookChange { url, description, filter } = change.clone();
    put(
        txn,
        Webhook {
            url: url.unwrap_or(before.url),
            description: description.unwrap_or(before.description),
            filter: filter.unwrap_or(before.filter),
            ..before
        },
    )
}

/// Gives the webhook a new secret; the one before signs as well for `overlap` microseconds. One that is older is
/// forgotten.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such webhook.
pub fn rotate_secret(
    txn: &mut dyn Transaction,
    owner: OwnerKey,
    id: WebhookId,
    secret: &EncryptedBytes,
    overlap: Micros,
) -> Result<Webhook, StoreError> {
    let before = txn.read()?.webhook(owner, id)?;
    let old_secret = (overlap > 0).then_some((before.secret, txn.now() + overlap));
    put(txn, Webhook { secret: secret.clone(), old_secret, ..before })
}

/// Enables or disables a webhook where it is: nothing is left out, whatever happened meanwhile. What is so already
/// stays.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such webhook.
pub fn set_enabled(
    txn: &mut dyn Transaction,
    owner: OwnerKey,
    id: WebhookId,
    enabled: bool,
) -> Result<Webhook, StoreError> {
    let before = txn.read()?.webhook(owner, id)?;
    if before.endpoint.disabled.is_none() == enabled {
        return Ok(before);
    }
    let disabled = (!enabled).then_some(DisabledReason::Asked);
    put_endpoint(txn, before, EndpointHealth { disabled, failing_since: None })
}

/// Has everything from the event `first` on delivered again, whatever became of it before.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Conflict`] while it is disabled.
pub fn rewind_webhook_cursor(
    txn: &mut dyn Transaction,
    owner: OwnerKey,
    id: WebhookId,
    first: i64,
) -> Result<Webhook, StoreError> {
    let before = find_enabled(txn, owner, id)?;
    put(txn, Webhook { cursor: before.cursor.min(first - 1), ..before })
}

/// Marks the webhook as deleted: from now on nobody sees it; [`super::deliveries::purge_deleted_webhook_step`] removes
/// what is left.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such webhook.
pub fn mark_deleted(txn: &mut dyn Transaction, owner: OwnerKey, id: WebhookId) -> Result<WebhookKey, StoreError> {
    let key = txn.read()?.webhook(owner, id)?.key;
    txn.delete_webhook(key)?;
    Ok(key)
}

/// One that is enabled.
pub(super) fn find_enabled(txn: &mut dyn Transaction, owner: OwnerKey, id: WebhookId) -> Result<Webhook, StoreError> {
    let found = txn.read()?.webhook(owner, id)?;
    match found.endpoint.disabled {
        None => Ok(found),
        Some(_) => Err(StoreError::Conflict("The webhook is disabled; enable it first. Nothing was done.".into())),
    }
}

pub(super) fn put_endpoint(
    txn: &mut dyn Transaction,
    before: Webhook,
    endpoint: EndpointHealth,
) -> Result<Webhook, StoreError> {
    let disabled_at = endpoint.disabled.map(|_| txn.now());
    put(txn, Webhook { endpoint, disabled_at, ..before })
}

fn put(txn: &mut dyn Transaction, changed: Webhook) -> Result<Webhook, StoreError> {
    let changed = Webhook { updated_at: txn.now(), ..changed };
    txn.put_webhook(&changed)?;
    Ok(changed)
}
