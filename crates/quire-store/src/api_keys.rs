//! API keys: which keys are accepted over HTTP. Holds digests, never keys.

use diesel::prelude::*;

use super::enum_text::{from_json, parse};
use super::error::StoreError;
use super::schema::api_keys;
use quire_domain::access::{Rights, Role, Scope};
use quire_domain::ids::{ApiKeyId, Micros, OwnerKey};

/// An API key to be inserted.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// The owner's name; one that is new is made.
    pub owner: String,
    /// Purpose of the key, in the operator's words.
    pub name: Option<String>,
    pub grant: KeyGrant,
    pub fingerprint: KeyFingerprint,
}

/// What the store has of a key's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFingerprint {
    /// The key's public part; see [`quire_domain::api_key`].
    pub prefix: String,
    /// Of the whole key.
    pub sha256: [u8; 32],
}

/// An API key as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub prefix: String,
    pub sha256: Vec<u8>,
    pub owner: OwnerKey,
    pub owner_name: String,
    pub name: Option<String>,
    pub grant: KeyGrant,
    pub created_at: Micros,
    /// Coarse: not each use is written.
    pub last_used_at: Option<Micros>,
    pub revoked_at: Option<Micros>,
    /// The key that takes its place.
    pub successor: Option<ApiKeyId>,
}

/// What a key may do, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyGrant {
    pub role: Role,
    /// The role, narrowed to these; all of it without.
    pub scopes: Option<Vec<Scope>>,
    pub expires_at: Option<Micros>,
}

impl KeyGrant {
    /// All of a role, for as long as nobody revokes it.
    pub fn of(role: Role) -> Self {
        Self { role, scopes: None, expires_at: None }
    }

    pub fn rights(&self) -> Rights {
        Rights::of(self.role, self.scopes.as_deref())
    }
}

/// Queries of API keys. Each fails with [`StoreError`] when the database fails.
pub trait ApiKeyQueries {
    /// All keys, revoked ones too, oldest first.
    fn api_keys(&mut self) -> Result<Vec<ApiKey>, StoreError>;

    /// A key by its public part.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such key.
    fn api_key(&mut self, prefix: &str) -> Result<ApiKey, StoreError>;

    /// Number of keys, revoked ones too.
    fn api_key_count(&mut self) -> Result<u64, StoreError>;

    /// Keys that open nothing any more at this time, those that ended first, at most `limit`.
    fn ended_keys(&mut self, now: Micros, limit: u64) -> Result<Vec<ApiKeyId>, StoreError>;

    /// The owner of this name, if there is one.
    fn find_owner(&mut self, name: &str) -> Result<Option<OwnerKey>, StoreError>;

    /// Whether the key still opens anything at this time.
    fn is_key_valid(&mut self, key: ApiKeyId, now: Micros) -> Result<bool, StoreError>;
}

/// Writes of API keys and their owners, in a transaction.
pub trait ApiKeyWrites {
    /// The owner of this name, made if there is none.
    fn owner_named(&mut self, name: &str) -> Result<OwnerKey, StoreError>;

    fn insert_key(&mut self, new: &NewApiKey, owner: OwnerKey) -> Result<(), StoreError>;

    /// Revokes a key, now, unless it is revoked already.
    fn revoke_key(&mut self, prefix: &str) -> Result<(), StoreError>;

    /// Lets a key run out at this time, for the one that takes its place.
    fn supersede_key(&mut self, prefix: &str, expires_at: Micros, successor: ApiKeyId) -> Result<(), StoreError>;

    fn delete_key(&mut self, key: ApiKeyId) -> Result<(), StoreError>;

    /// Notes that a key was used now.
    fn record_key_use(&mut self, key: ApiKeyId) -> Result<(), StoreError>;
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
pub(super) struct ApiKeyRow {
    pub id: i64,
    pub prefix: String,
    sha256: Vec<u8>,
    pub owner: i64,
    pub name: Option<String>,
    pub created_at: Micros,
    pub last_used_at: Option<Micros>,
    pub revoked_at: Option<Micros>,
    role: String,
    scopes: Option<String>,
    expires_at: Option<Micros>,
    successor: Option<i64>,
}

impl ApiKeyRow {
    pub(super) fn key(self, owner_name: String) -> Result<ApiKey, StoreError> {
        let scopes = self.scopes.as_deref().map(from_json).transpose()?;
        Ok(ApiKey {
            id: ApiKeyId(self.id),
            prefix: self.prefix,
            sha256: self.sha256,
            owner: OwnerKey(self.owner),
            owner_name,
            name: self.name,
            grant: KeyGrant { role: parse(&self.role)?, scopes, expires_at: self.expires_at },
            created_at: self.created_at,
            last_used_at: self.last_used_at,
            revoked_at: self.revoked_at,
            successor: self.successor.map(ApiKeyId),
        })
    }
}
