//! Identifiers. Public ids are for clients, keys are rows of the store.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Microseconds since 1970-01-01 UTC.
pub type Micros = i64;

/// Key of an owner of data. One local user has the key 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OwnerKey(pub i64);

impl OwnerKey {
    pub const LOCAL: OwnerKey = OwnerKey(1);
}

/// An API key's row in the store; never given twice, never shown to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiKeyId(pub i64);

/// A batch's row in the store; never shown to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchKey(pub i64);

/// A batch's public name: a UUIDv7, so that it sorts by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct BatchId(#[schemars(with = "String", extend("format" = "uuid"))] pub Uuid);

/// An item: its batch and its place in it, counted from 1. The place is the item's public id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemAddress {
    pub batch: BatchKey,
    pub position: u32,
}

/// An interned correlation id; see [`CorrelationId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CorrelationKey(pub i64);

/// Follows one request through every log line, event and item it caused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String", extend("minLength" = 1, "maxLength" = 128))]
pub struct CorrelationId(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a correlation id is 1 to 128 printable ASCII characters without spaces")]
pub struct BadCorrelationId;

impl CorrelationId {
    pub const MAX_LEN: usize = 128;

    /// Takes a client's id when it is 1 to 128 printable ASCII characters without spaces.
    pub fn parse(given: &str) -> Option<Self> {
        let fits = !given.is_empty() && given.len() <= Self::MAX_LEN;
        (fits && given.bytes().all(|byte| byte.is_ascii_graphic())).then(|| Self(given.to_owned()))
    }

    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid.simple().to_string())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for CorrelationId {
    type Error = BadCorrelationId;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        Self::parse(&given).ok_or(BadCorrelationId)
    }
}

impl From<CorrelationId> for String {
    fn from(id: CorrelationId) -> Self {
        id.0
    }
}

/// Names one attempt and no other: a report whose fence does not match is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fence {
    pub generation: u32,
    pub attempt: u32,
    /// The boot of the server that made the claim.
    pub epoch: i64,
}

impl std::fmt::Display for BatchId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl std::fmt::Display for BatchKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::fmt::Display for ItemAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.batch, self.position)
    }
}
