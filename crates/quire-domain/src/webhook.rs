//! Webhooks: endpoints, their messages, and the outcome of each attempt.
//!
//! [`schedule`] is the machine: what follows from an attempt, for the message and for its endpoint.

pub mod schedule;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::event::EventType;
use super::ids::Micros;
use crate::closed_list;

/// A webhook's row in the store; never shown to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookKey(pub i64);

/// A delivery's row in the store; never shown to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryKey(pub i64);

/// A webhook's public name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct WebhookId(#[schemars(with = "String", extend("format" = "uuid"))] pub Uuid);

/// The name of one message to one endpoint, the same over all attempts: the header `webhook-id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MessageId {
    pub webhook: WebhookId,
    pub what: MessageSubject,
}

/// Subject of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageSubject {
    /// The event with this `seq` of the webhook's owner.
    Event(i64),
    /// No event: somebody asked for a test.
    Test(DeliveryKey),
}

/// The type that a test message carries; no event has it.
pub const TEST_TYPE: &str = "webhook.test";

closed_list! {
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum DisabledReason {
        /// Its owner said so.
        Asked = "asked",
        /// It answered 410.
        Gone = "gone",
        /// Nothing but failures for longer than is borne.
        Failing = "failing",
    }
}

/// An endpoint as the machine sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndpointHealth {
    pub disabled: Option<DisabledReason>,
    /// The first failure after which nothing succeeded.
    pub failing_since: Option<Micros>,
}

closed_list! {
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum DeliveryState {
        /// Waits for its next attempt, or is under way.
        Pending = "pending",
        Delivered = "delivered",
        /// No attempts are left.
        Failed = "failed",
    }
}

/// A message as the machine sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryRetryState {
    pub state: DeliveryState,
    /// Attempts since it was enqueued or asked for again.
    pub tries: u32,
    /// Not before then.
    pub next_at: Micros,
}

/// Outcome of an attempt, as far as it decides anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// 2xx.
    Accepted,
    /// Anything else; 429 and 503 may say how long to wait.
    Refused { retry_after_secs: Option<u64> },
    /// 410: the endpoint wants no more.
    Gone,
    /// There is nothing to send any more.
    Hopeless,
}

closed_list! {
    /// The error of an attempt; a closed list, the wire name is stable.
    #[derive(Deserialize, schemars::JsonSchema)]
    pub enum DeliveryError {
        /// The address is of a network that webhooks do not reach, or the name has no address that they reach. One
        /// word for all of it: names of the inside are not told apart from names that nobody has.
        #[serde(alias = "unknown_name")]
        ForbiddenAddress = "forbidden_address",
        /// No connection, or no TLS over it.
        NoConnection = "no_connection",
        Timeout = "timeout",
        /// The connection broke off before there was an answer.
        BrokenOff = "broken_off",
        /// Redirects are not followed.
        Redirect = "redirect",
        /// Any other status than 2xx.
        Status = "status",
        /// The event is no longer in the log.
        EventGone = "event_gone",
        /// The signing secret cannot be unsealed: `secret.key` is not the one that sealed it. Rotate the secret.
        SecretUnreadable = "secret_unreadable",
    }
}

/// One attempt, as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryAttempt {
    pub at: Micros,
    pub duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Absent when it was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<DeliveryError>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The beginning of what the receiver answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<String>,
}

/// Which events an endpoint gets; without a list, all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventFilter(pub Option<Vec<EventType>>);

/// Secret that signs messages. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(pub Vec<u8>);

impl EventFilter {
    /// Whether an event of this type passes.
    pub fn accepts(&self, kind: EventType) -> bool {
        self.0.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Every type that passes.
    pub fn event_types(&self) -> &[EventType] {
        self.0.as_deref().unwrap_or(EventType::ALL)
    }
}

impl MessageId {
    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Option<Self> {
        let (webhook, what) = text.strip_prefix("msg_")?.split_once('_')?;
        let webhook = WebhookId(Uuid::try_parse(webhook).ok()?);
        let what = match what.strip_prefix('t') {
            Some(row) => MessageSubject::Test(DeliveryKey(row.parse().ok()?)),
            None => MessageSubject::Event(what.parse().ok()?),
        };
        // One name for one message: no other spelling of it.
        Some(Self { webhook, what }).filter(|id| id.to_string() == text)
    }
}

/// Without a full stop: the signature puts one behind it.
impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let webhook = self.webhook.0.simple();
        match self.what {
            MessageSubject::Event(seq) => write!(f, "msg_{webhook}_{seq}"),
            MessageSubject::Test(row) => write!(f, "msg_{webhook}_t{}", row.0),
        }
    }
}

impl std::fmt::Display for WebhookId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl std::fmt::Display for WebhookKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretBytes(…)")
    }
}
