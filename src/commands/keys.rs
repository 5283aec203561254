//! Commands on API keys: add, rotate, revoke, note a use.

use std::time::Duration;

use serde_json::json;

use quire_base::clock::rfc3339;
use quire_domain::api_key;
use quire_domain::audit::AuditAction;
use quire_domain::ids::{ApiKeyId, Micros, OwnerKey};
use quire_store::api_keys::{ApiKey, KeyFingerprint, KeyGrant, NewApiKey};
use quire_store::audit::{AuditActor, AuditNote};
use quire_store::{StoreError, Transaction};

/// A key that was added, and those that made room for it.
#[derive(Debug, Clone)]
pub struct KeyInsertion {
    pub key: ApiKey,
    pub forgotten: Vec<ApiKeyId>,
}

/// Limits of a server's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyLimits {
    /// Those that open nothing any more count as well, and make room.
    pub max_keys: u64,
    /// No key lasts longer; 0: keys need not end.
    pub max_days: u64,
}

/// Adds a key. There are never more than `limit`: where there is no room, the one that ended first is forgotten.
///
/// # Errors
/// [`StoreError::Conflict`] when there is no room and all of them open; then nothing was done.
pub fn add_evicting_ended(
    txn: &mut dyn Transaction,
    new: &NewApiKey,
    limit: u64,
    by: &AuditActor,
) -> Result<KeyInsertion, StoreError> {
    let added = add(txn, new, limit)?;
    txn.audit(by, &note(AuditAction::KeyCreated, &added.key, None))?;
    Ok(added)
}

fn add(txn: &mut dyn Transaction, new: &NewApiKey, limit: u64) -> Result<KeyInsertion, StoreError> {
    let forgotten = make_room(txn, limit)?;
    let owner = txn.owner_named(&new.owner)?;
    txn.insert_key(new, owner)?;
    Ok(KeyInsertion { key: txn.read()?.api_key(&new.fingerprint.prefix)?, forgotten })
}

/// What the audit log tells of a change of a key: never its secret, nor its digest.
fn note(action: AuditAction, after: &ApiKey, before: Option<&ApiKey>) -> AuditNote {
    let told = |key: &ApiKey| {
        json!({
            "owner": key.owner_name,
            "name": key.name,
            "role": key.grant.role,
            "scopes": key.grant.scopes,
            "expires_at": key.grant.expires_at.map(rfc3339),
            "revoked_at": key.revoked_at.map(rfc3339),
        })
    };
    AuditNote { action, object: format!("key:{}", after.prefix), before: before.map(told), after: Some(told(after)) }
}

/// A key and the one that takes its place, and those that made room for it.
#[derive(Debug, Clone)]
pub struct KeyRotation {
    pub old: ApiKey,
    pub new: ApiKey,
    pub forgotten: Vec<ApiKeyId>,
}

/// Adds a key that may do what another may, for as long as that was made for; that one runs out after `overlap`, or when
/// it would have.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such key; [`StoreError::Conflict`] when it opens nothing any more, or was
/// rotated before.
pub fn rotate(
    txn: &mut dyn Transaction,
    prefix: &str,
    fingerprint: &KeyFingerprint,
    overlap: Duration,
    limits: KeyLimits,
    by: &AuditActor,
) -> Result<KeyRotation, StoreError> {
    let now = txn.now();
    let old = txn.read()?.api_key(prefix)?;
    if !txn.read()?.is_key_valid(old.id, now)? || old.successor.is_some() {
        let why = if old.successor.is_some() { "was rotated before" } else { "opens nothing any more" };
        return Err(StoreError::Conflict(format!("The key {prefix} {why}; make or rotate another one.")));
    }
    let as_long = old.grant.expires_at.map(|at| now + (at - old.created_at));
    let at_most = api_key::expiry(None, limits.max_days, now);
    let grant = KeyGrant { expires_at: [as_long, at_most].into_iter().flatten().min(), ..old.grant.clone() };
    let (owner, name) = (old.owner_name.clone(), old.name.clone());
    let new = NewApiKey { owner, name, grant, fingerprint: fingerprint.clone() };
    let KeyInsertion { key, forgotten } = add(txn, &new, limits.max_keys)?;
    let end = now.saturating_add(Micros::try_from(overlap.as_micros()).unwrap_or(Micros::MAX));
    txn.supersede_key(prefix, old.grant.expires_at.map_or(end, |at| at.min(end)), key.id)?;
    let superseded = txn.read()?.api_key(prefix)?;
    let noted = note(AuditAction::KeyRotated, &superseded, Some(&old));
    let after = noted.after.map(|mut after| {
        after["successor"] = key.prefix.as_str().into();
        after
    });
    txn.audit(by, &AuditNote { after, ..noted })?;
    Ok(KeyRotation { old: superseded, new: key, forgotten })
}

/// Takes a key's power away, for good. One that has none already stays as it is.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such key.
pub fn revoke(txn: &mut dyn Transaction, prefix: &str, by: &AuditActor) -> Result<ApiKey, StoreError> {
    let before = txn.read()?.api_key(prefix)?;
    txn.revoke_key(prefix)?;
    let revoked = txn.read()?.api_key(prefix)?;
    if before.revoked_at.is_none() {
        txn.audit(by, &note(AuditAction::KeyRevoked, &revoked, Some(&before)))?;
    }
    Ok(revoked)
}

/// Fails when the key was revoked or has run out; asked by a write that is done for its holder.
///
/// # Errors
/// [`StoreError::KeyRevoked`] when it does not.
pub fn require_valid_key(txn: &mut dyn Transaction, key: ApiKeyId) -> Result<(), StoreError> {
    let now = txn.now();
    if txn.read()?.is_key_valid(key, now)? { Ok(()) } else { Err(StoreError::KeyRevoked) }
}

/// Notes that a key was used.
///
/// # Errors
/// [`StoreError`]; then nothing was noted.
pub fn record_key_use(txn: &mut dyn Transaction, key: ApiKeyId) -> Result<(), StoreError> {
    txn.record_key_use(key)
}

/// The owner of this name, made if there is none.
///
/// # Errors
/// [`StoreError`]; then there is none more.
pub fn find_or_create_owner(txn: &mut dyn Transaction, name: &str) -> Result<OwnerKey, StoreError> {
    txn.owner_named(name)
}

fn make_room(txn: &mut dyn Transaction, limit: u64) -> Result<Vec<ApiKeyId>, StoreError> {
    let count = txn.read()?.api_key_count()?;
    let surplus = (count + 1).saturating_sub(limit);
    let now = txn.now();
    let oldest = if surplus == 0 { Vec::new() } else { txn.read()?.ended_keys(now, surplus)? };
    if (oldest.len() as u64) < surplus {
        return Err(StoreError::Conflict(format!(
            "There are {count} API keys already (auth.max_keys); revoke one first."
        )));
    }
    for key in &oldest {
        txn.delete_key(*key)?;
    }
    Ok(oldest)
}
