//! What follows from one attempt: when the next one is, whether there is one, whether the endpoint stays.

use super::{DeliveryState, DisabledReason, Endpoint, Message, Reception};
use crate::domain::ids::Micros;

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
    pub fn judge(
        &self,
        endpoint: Endpoint,
        message: Message,
        reception: Reception,
        at: Micros,
        jitter: f64,
    ) -> (Endpoint, Message) {
        (self.endpoint_after(endpoint, reception, at), self.message_after(message, reception, at, jitter))
    }

    fn endpoint_after(&self, before: Endpoint, reception: Reception, at: Micros) -> Endpoint {
        let first_failure = before.failing_since.unwrap_or(at);
        let failing_since = Some(first_failure);
        match reception {
            Reception::Accepted => Endpoint { failing_since: None, ..before },
            Reception::Hopeless => before,
            Reception::Gone => Endpoint { disabled: before.disabled.or(Some(DisabledReason::Gone)), failing_since },
            Reception::Refused { .. } => {
                let is_too_long = at - first_failure >= micros(self.disable_after_secs, 1_000_000);
                let disabled = before.disabled.or(is_too_long.then_some(DisabledReason::Failing));
                Endpoint { disabled, failing_since }
            }
        }
    }

    /// What has ended stays as it is, whatever arrives late.
    fn message_after(&self, before: Message, reception: Reception, at: Micros, jitter: f64) -> Message {
        if before.state != DeliveryState::Pending {
            return before;
        }
        let tries = before.tries.saturating_add(1);
        let ended = |state| Message { state, tries, next_at: before.next_at };
        let asked_secs = match reception {
            Reception::Accepted => return ended(DeliveryState::Delivered),
            Reception::Hopeless => return ended(DeliveryState::Failed),
            Reception::Refused { retry_after_secs } => retry_after_secs.unwrap_or(0),
            Reception::Gone => 0,
        };
        let Some(pause_ms) = self.pauses_ms.get(tries as usize - 1) else { return ended(DeliveryState::Failed) };
        let pause = micros(*pause_ms, 1_000);
        let pause = pause.saturating_add((pause as f64 * JITTER * jitter) as Micros);
        let asked = micros(asked_secs.min(self.retry_after_max_secs), 1_000_000);
        Message { state: DeliveryState::Pending, tries, next_at: at.saturating_add(pause.max(asked)) }
    }
}

fn micros(count: u64, each: Micros) -> Micros {
    Micros::try_from(count).unwrap_or(Micros::MAX).saturating_mul(each)
}
