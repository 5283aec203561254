//! Classifies a receiver's response: delivered, retry, or gone.

use chrono::DateTime;

use quire_domain::ids::Micros;
use quire_domain::webhook::{DeliveryError, DeliveryOutcome};

/// What a receiver's response means for the delivery, and its error. `retry_after` is the header, as it came.
pub fn classify_response(
    status: u16,
    retry_after: Option<&str>,
    now: Micros,
) -> (DeliveryOutcome, Option<DeliveryError>) {
    match status {
        200..=299 => (DeliveryOutcome::Accepted, None),
        300..=399 => (REFUSED, Some(DeliveryError::Redirect)),
        410 => (DeliveryOutcome::Gone, Some(DeliveryError::Status)),
        429 | 503 => {
            let retry_after_secs = retry_after.and_then(|value| wait_secs(value, now));
            (DeliveryOutcome::Refused { retry_after_secs }, Some(DeliveryError::Status))
        }
        _ => (REFUSED, Some(DeliveryError::Status)),
    }
}

pub const REFUSED: DeliveryOutcome = DeliveryOutcome::Refused { retry_after_secs: None };

/// `Retry-After`: seconds, or a date of HTTP.
fn wait_secs(value: &str, now: Micros) -> Option<u64> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value.parse().ok();
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?.timestamp();
    // A time that has passed is no wait.
    Some(u64::try_from(until - now.div_euclid(1_000_000)).unwrap_or(0))
}

/// The beginning of a response's body as text that can be shown: no control characters, whatever it was.
pub fn printable_excerpt(bytes: &[u8]) -> Option<String> {
    let text: String =
        String::from_utf8_lossy(bytes).chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
