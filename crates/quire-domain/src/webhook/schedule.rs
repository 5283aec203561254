//! Delivery schedule: from the outcome of one attempt to the next attempt, and to the endpoint's state.

use super::{DeliveryOutcome, DeliveryRetryState, DeliveryState, DisabledReason, EndpointHealth};
use crate::ids::Micros;

/// Limits of delivery, all from the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendPolicy {
    /// From the end of a failed attempt to the next one; after the last of them there is none.
    pub pauses_ms: Vec<u64>,
    /// The longest wait that a receiver may ask for.
    pub retry_after_max_secs: u64,
    /// Of failures without a success between them; then the endpoint is disabled.
    pub disable_after_secs: u64,
}

/// A pause is up to this share longer, so that messages that failed together do not come back together.
pub const JITTER: f64 = 0.1;

impl SendPolicy {
    /// The endpoint and the message after an attempt that ended `at`; `jitter` is in 0..1.
    pub fn apply_attempt(
        &self,
        endpoint: EndpointHealth,
        message: DeliveryRetryState,
        reception: DeliveryOutcome,
        at: Micros,
        jitter: f64,
    ) -> (EndpointHealth, DeliveryRetryState) {
        (self.endpoint_after(endpoint, reception, at), self.message_after(message, reception, at, jitter))
    }

    fn endpoint_after(&self, before: EndpointHealth, reception: DeliveryOutcome, at: Micros) -> EndpointHealth {
        let first_failure = before.failing_since.unwrap_or(at);
        let failing_since = Some(first_failure);
        match reception {
            DeliveryOutcome::Accepted => EndpointHealth { failing_since: None, ..before },
            DeliveryOutcome::Hopeless => before,
            DeliveryOutcome::Gone => {
                EndpointHealth { disabled: before.disabled.or(Some(DisabledReason::Gone)), failing_since }
            }
            DeliveryOutcome::Refused { .. } => {
                let is_too_long = at - first_failure >= micros(self.disable_after_secs, 1_000_000);
                let disabled = before.disabled.or(is_too_long.then_some(DisabledReason::Failing));
                EndpointHealth { disabled, failing_since }
            }
        }
    }

    /// A message that has ended stays as it is, whatever arrives late.
    fn message_after(
        &self,
        before: DeliveryRetryState,
        reception: DeliveryOutcome,
        at: Micros,
        jitter: f64,
    ) -> DeliveryRetryState {
        if before.state != DeliveryState::Pending {
            return before;
        }
        let tries = before.tries.saturating_add(1);
        let ended = |state| DeliveryRetryState { state, tries, next_at: before.next_at };
        let asked_secs = match reception {
            DeliveryOutcome::Accepted => return ended(DeliveryState::Delivered),
            DeliveryOutcome::Hopeless => return ended(DeliveryState::Failed),
            DeliveryOutcome::Refused { retry_after_secs } => retry_after_secs.unwrap_or(0),
            DeliveryOutcome::Gone => 0,
        };
        let Some(pause_ms) = self.pauses_ms.get(tries as usize - 1) else { return ended(DeliveryState::Failed) };
        let pause = micros(*pause_ms, 1_000);
        let pause = pause.saturating_add((pause as f64 * JITTER * jitter) as Micros);
        let asked = micros(asked_secs.min(self.retry_after_max_secs), 1_000_000);
        DeliveryRetryState { state: DeliveryState::Pending, tries, next_at: at.saturating_add(pause.max(asked)) }
    }
}

fn micros(count: u64, each: Micros) -> Micros {
    Micros::try_from(count).unwrap_or(Micros::MAX).saturating_mul(each)
}
