//! One attempt, from a place among those under way to its result.

use super::Office;
use crate::clock;
use crate::domain::ids::Micros;
use crate::domain::webhook::{Attempt, SecretBytes, Subject};
use crate::store::vault::Vault;
use crate::store::webhooks::Webhook;
use crate::store::webhooks::queue::{Landed, Waiting};
use crate::webhook::egress::{Landing, Letter};
use crate::webhook::{payload, signature};

pub(super) async fn fly(office: &Office, webhook: &Webhook, waiting: Waiting) -> Landed {
    // Never closed; without a place the attempt would only be early.
    let _place = office.slots.acquire().await;
    let at = clock::now();
    let landing = match letter(&office.world.vault, webhook, &waiting, at) {
        Ok(letter) => office.courier.deliver(letter).await,
        Err(landing) => landing,
    };
    let duration_ms = u64::try_from((clock::now() - at) / 1_000).unwrap_or(0);
    tracing::debug!(webhook = %webhook.id, message = %waiting.id, status = landing.status, duration_ms,
        error = landing.trouble.map(crate::domain::webhook::Trouble::as_str), "a webhook message was sent");
    let Landing { reception, status, trouble, detail, excerpt } = landing;
    let attempt = Attempt { at, duration_ms, status, error: trouble, detail, excerpt };
    Landed { delivery: waiting.key, attempt, reception, jitter: clock::jitter() }
}

/// Or how it ends without having been sent.
fn letter(vault: &Vault, webhook: &Webhook, waiting: &Waiting, at: Micros) -> Result<Letter, Landing> {
    let (body, correlation_id) = match (waiting.id.what, &waiting.event) {
        (Subject::Test(_), _) => (payload::of_test(webhook.id, waiting.created_at), None),
        (Subject::Event(_), Some(event)) => (payload::of_event(event), Some(event.correlation_id.as_str().to_owned())),
        (Subject::Event(_), None) => return Err(Landing::event_gone()),
    };
    let id = waiting.id.to_string();
    let old = webhook.old_secret.as_ref().filter(|(_, until)| *until > at).map(|(secret, _)| secret);
    let unsealed = |sealed| vault.unseal_bytes(sealed).map(SecretBytes);
    let newest = unsealed(&webhook.secret).ok_or_else(Landing::secret_unreadable)?;
    let secrets: Vec<_> = std::iter::once(newest).chain(old.and_then(unsealed)).collect();
    let signatures = signature::signatures(&secrets, &id, at.div_euclid(1_000_000), &body);
    Ok(Letter { url: webhook.url.clone(), id, at, signatures, correlation_id, body })
}
