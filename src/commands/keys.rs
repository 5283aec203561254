//! Commands on API keys: add, revoke, note a use.

use quire_domain::ids::{ApiKeyId, OwnerKey};
use quire_store::api_keys::{ApiKey, NewApiKey};
use quire_store::{StoreError, Transaction};

/// A key that was added, and those that made room for it.
#[derive(Debug, Clone)]
pub struct KeyInsertion {
    pub key: ApiKey,
    pub forgotten: Vec<ApiKeyId>,
}

/// Adds a key. There are never more than `limit`: where there is no room, the key that was revoked first is forgotten.
///
/// # Errors
/// [`StoreError::Conflict`] when there is no room and no revoked key; then nothing was done.
pub fn add_evicting_revoked(
    txn: &mut dyn Transaction,
    new: &NewApiKey,
    limit: u64,
) -> Result<KeyInsertion, StoreError> {
    let forgotten = make_room(txn, limit)?;
    let owner = txn.owner_named(&new.owner)?;
    txn.insert_key(new, owner)?;
    Ok(KeyInsertion { key: txn.read()?.api_key(&new.prefix)?, forgotten })
}

/// Takes a key's power away, for good. One that has none already stays as it is.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such key.
pub fn revoke(txn: &mut dyn Transaction, prefix: &str) -> Result<ApiKey, StoreError> {
    txn.revoke_key(prefix)?;
    txn.read()?.api_key(prefix)
}

/// Fails when the key was revoked; asked by a write that is done for its holder.
///
/// # Errors
/// [`StoreError::KeyRevoked`] when it does not.
pub fn require_valid_key(txn: &mut dyn Transaction, key: ApiKeyId) -> Result<(), StoreError> {
    if txn.read()?.is_key_valid(key)? { Ok(()) } else { Err(StoreError::KeyRevoked) }
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
    let oldest = if surplus == 0 { Vec::new() } else { txn.read()?.revoked_keys(surplus)? };
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
