//! Commands on deliveries: test and resend by owners, enqueue and record by the sender, and what is forgotten in time.

use super::webhooks::{find_enabled, put_endpoint};
use quire_domain::ids::{Micros, OwnerKey};
use quire_domain::webhook::schedule::SendPolicy;
use quire_domain::webhook::{
    DeliveryAttempt, DeliveryKey, DeliveryOutcome, DeliveryRetryState, DeliveryState, EndpointHealth, MessageId,
    MessageSubject, WebhookId, WebhookKey,
};
use quire_store::deliveries::Delivery;
use quire_store::webhooks::Webhook;
use quire_store::{StoreError, Transaction};

/// Result of one delivery attempt.
#[derive(Debug, Clone)]
pub struct DeliveryAttemptResult {
    pub delivery: DeliveryKey,
    pub attempt: DeliveryAttempt,
    pub reception: DeliveryOutcome,
    /// In 0..1, drawn for this result.
    pub jitter: f64,
}

/// A delivery keeps this many of its newest attempts.
pub const ATTEMPTS_KEPT: usize = 32;

/// Adds a test message, one without an event, to be sent at once.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Conflict`] while the webhook is disabled.
pub fn add_test_delivery(
    txn: &mut dyn Transaction,
    owner: OwnerKey,
    id: WebhookId,
) -> Result<(WebhookKey, Delivery), StoreError> {
    let webhook = find_enabled(txn, owner, id)?;
    let key = txn.insert_test_delivery(webhook.key)?;
    let message = MessageId { webhook: id, what: MessageSubject::Test(key) };
    Ok((webhook.key, txn.read()?.delivery(&webhook, message)?))
}

/// Sends the same message once more, at once, with all its attempts anew.
///
/// # Errors
/// [`StoreError::NotFound`]; [`StoreError::Conflict`] while the webhook is disabled.
pub fn resend_delivery(
    txn: &mut dyn Transaction,
    owner: OwnerKey,
    id: WebhookId,
    message: MessageId,
) -> Result<(WebhookKey, Delivery), StoreError> {
    let webhook = find_enabled(txn, owner, id)?;
    let found = txn.read()?.delivery(&webhook, message)?;
    let due = DeliveryRetryState { state: DeliveryState::Pending, tries: 0, next_at: txn.now() };
    let delivery = Delivery { message: due, ended_at: None, ..found };
    txn.put_delivery(&delivery)?;
    Ok((webhook.key, delivery))
}

/// What became of a webhook's cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorMove {
    Moved,
    /// It was elsewhere already, or the webhook is not active any more: nothing was done, look at it anew.
    Stale,
}

/// Makes deliveries of the events in `from`..=`until` that pass the filter and moves the cursor there, in one go. An
/// event that has its delivery already is delivered again.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn enqueue_from_cursor(
    txn: &mut dyn Transaction,
    key: WebhookKey,
    from: i64,
    until: i64,
) -> Result<CursorMove, StoreError> {
    let found = txn.read()?.active_webhook(key)?;
    let Some(webhook) = found.filter(|webhook| webhook.cursor == from) else { return Ok(CursorMove::Stale) };
    txn.enqueue_deliveries(&webhook, from, until)?;
    txn.put_webhook(&Webhook { cursor: until, ..webhook })?;
    Ok(CursorMove::Moved)
}

/// Records how attempts ended and what follows from it; what the endpoint is now, unless it is gone.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn record_attempts(
    txn: &mut dyn Transaction,
    key: WebhookKey,
    results: &[DeliveryAttemptResult],
    policy: &SendPolicy,
) -> Result<Option<EndpointHealth>, StoreError> {
    let Some(webhook) = txn.read()?.webhook_by_key(key)? else { return Ok(None) };
    let before = webhook.endpoint;
    let mut endpoint = before;
    for result in results {
        endpoint = settle_one(txn, &webhook, endpoint, result, policy)?;
    }
    if endpoint != before {
        put_endpoint(txn, webhook, endpoint)?;
    }
    Ok(Some(endpoint))
}

fn settle_one(
    txn: &mut dyn Transaction,
    webhook: &Webhook,
    endpoint: EndpointHealth,
    result: &DeliveryAttemptResult,
    policy: &SendPolicy,
) -> Result<EndpointHealth, StoreError> {
    let Some(found) = txn.read()?.delivery_by_key(webhook, result.delivery)? else { return Ok(endpoint) };
    let now = txn.now();
    let (endpoint, message) = policy.apply_attempt(endpoint, found.message, result.reception, now, result.jitter);
    let mut attempts = found.attempts;
    attempts.push(result.attempt.clone());
    attempts.drain(..attempts.len().saturating_sub(ATTEMPTS_KEPT));
    let is_over = message.state != DeliveryState::Pending;
    let ended_at = found.ended_at.or(is_over.then_some(now));
    txn.put_delivery(&Delivery { message, attempts, ended_at, ..found })?;
    Ok(endpoint)
}

/// One step of forgetting old deliveries: walks at most `limit` of them behind `after` and forgets those that ended
/// before `ended_before`. Returns the key to go on from; nothing when what follows is too young.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn prune_ended_step(
    txn: &mut dyn Transaction,
    after: DeliveryKey,
    ended_before: Micros,
    limit: u32,
) -> Result<Option<DeliveryKey>, StoreError> {
    let rows = txn.read()?.delivery_ages(after, limit)?;
    let is_old = |ended: Option<Micros>| ended.is_some_and(|ended| ended < ended_before);
    let old: Vec<_> = rows.iter().filter(|age| is_old(age.ended_at)).map(|age| age.key).collect();
    txn.delete_deliveries(&old)?;
    let is_full = rows.len() == limit as usize;
    // A row that ended before then was made before then, and so were most rows in front of it.
    let last = rows.last().filter(|age| is_full && age.created_at < ended_before);
    Ok(last.map(|age| age.key))
}

/// One step of removing a webhook that was deleted: at most `limit` of its deliveries, or the webhook itself. Whether
/// there may be more.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn purge_deleted_webhook_step(txn: &mut dyn Transaction, limit: u32) -> Result<bool, StoreError> {
    let stored = txn.read()?;
    let Some(webhook) = stored.deleted_webhook()? else { return Ok(false) };
    let deliveries = stored.delivery_keys(webhook, limit)?;
    if deliveries.is_empty() {
        txn.remove_webhook(webhook)?;
    } else {
        txn.delete_deliveries(&deliveries)?;
    }
    Ok(true)
}
