//! One delivery attempt, from its slot to its result.

use super::SenderContext;
use crate::commands::deliveries::DeliveryAttemptResult;
use crate::webhook::client::{OutgoingMessage, SendResult};
use crate::webhook::{payload, signature};
use quire_base::clock;
use quire_domain::ids::Micros;
use quire_domain::webhook::{DeliveryAttempt, MessageSubject, SecretBytes};
use quire_store::deliveries::PendingDelivery;
use quire_store::vault::Vault;
use quire_store::webhooks::Webhook;

pub(super) async fn send_attempt(
    sender: &SenderContext,
    webhook: &Webhook,
    waiting: PendingDelivery,
) -> DeliveryAttemptResult {
    // Never closed; without a place the attempt would only be early.
    let _place = sender.slots.acquire().await;
    let at = clock::now();
    let sent = match build_message(&sender.engine.vault, webhook, &waiting, at) {
        Ok(message) => sender.client.deliver(message).await,
        Err(sent) => sent,
    };
    let duration_ms = u64::try_from((clock::now() - at) / 1_000).unwrap_or(0);
    tracing::debug!(webhook = %webhook.id, message = %waiting.id, status = sent.status, duration_ms,
        error = sent.trouble.map(quire_domain::webhook::DeliveryError::as_str), "a webhook message was sent");
    let SendResult { reception, status, trouble, detail, excerpt } = sent;
    let attempt = DeliveryAttempt { at, duration_ms, status, error: trouble, detail, excerpt };
    DeliveryAttemptResult { delivery: waiting.key, attempt, reception, jitter: clock::jitter() }
}

/// Or how it ends without having been sent.
fn build_message(
    vault: &Vault,
    webhook: &Webhook,
    waiting: &PendingDelivery,
    at: Micros,
) -> Result<OutgoingMessage, SendResult> {
    let (body, correlation_id) = match (waiting.id.what, &waiting.event) {
        (MessageSubject::Test(_), _) => (payload::test_body(webhook.id, waiting.created_at), None),
        (MessageSubject::Event(_), Some(event)) => {
            (payload::event_body(event), Some(event.correlation_id.as_str().to_owned()))
        }
        (MessageSubject::Event(_), None) => return Err(SendResult::event_gone()),
    };
    let id = waiting.id.to_string();
    let old = webhook.old_secret.as_ref().filter(|(_, until)| *until > at).map(|(secret, _)| secret);
    let decrypted = |secret| vault.decrypt_bytes(secret).map(SecretBytes);
    let newest = decrypted(&webhook.secret).ok_or_else(SendResult::secret_unreadable)?;
    let secrets: Vec<_> = std::iter::once(newest).chain(old.and_then(decrypted)).collect();
    let signatures = signature::signature_header(&secrets, &id, at.div_euclid(1_000_000), &body);
    Ok(OutgoingMessage { url: webhook.url.clone(), id, at, signatures, correlation_id, body })
}
