//! Keyring: issues, revokes and checks API keys; no actor, but state that all handlers share. Checks are answered from
//! memory; the store is the truth, and memory changes only after a commit.

mod key_table;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;

use super::db::{DbHandle, as_key_holder, holder};
use crate::commands::keys::{self, KeyLimits, KeyRotation};
use crate::config::{AuthConfig, AuthMode};
pub use key_table::{AuthenticationError, KeyLabel, Principal};
use key_table::{KeyTable, digest};
use quire_base::clock;
use quire_domain::access::Rights;
use quire_domain::api_key;
use quire_domain::ids::{ApiKeyId, Micros};
use quire_store::api_keys::{ApiKey, KeyFingerprint, KeyGrant, NewApiKey};
use quire_store::audit::AuditActor;
use quire_store::{StoreError, Transaction};

/// The API keys in memory, shared by all who check, issue or revoke one. No actor. Cheap to clone.
#[derive(Clone)]
pub struct Keyring(Arc<Inner>);

struct Inner {
    table: RwLock<KeyTable>,
    changes: watch::Sender<u64>,
    mode: AuthMode,
    note_after: Micros,
    limits: KeyLimits,
    db: DbHandle,
}

/// A key that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRequest {
    pub owner: String,
    pub name: Option<String>,
    pub grant: KeyGrant,
}

/// A new key with its text, which nobody can tell again.
#[derive(Debug, Clone)]
pub struct GeneratedKey {
    pub text: String,
    pub new: NewApiKey,
}

impl Keyring {
    pub(super) fn new(keys: &[ApiKey], auth: &AuthConfig, db: DbHandle) -> Self {
        let mut table = KeyTable::default();
        keys.iter().for_each(|key| table.put(key));
        let note_after = Duration::from_secs(auth.last_used_step_secs).as_micros() as Micros;
        let changes = watch::Sender::new(0);
        let limits = KeyLimits { max_keys: auth.max_keys, max_days: auth.max_key_days };
        let inner = Inner { table: RwLock::new(table), changes, mode: auth.mode, note_after, limits, db };
        Self(Arc::new(inner))
    }

    /// Whether a request needs a key. Once a key was made this stays so, whatever becomes of the key.
    pub fn requires_key(&self) -> bool {
        self.0.mode == AuthMode::Required || !self.table().is_empty()
    }

    /// Authenticates a key. No disk, no waiting.
    ///
    /// # Errors
    /// [`AuthenticationError`].
    pub fn authenticate(&self, text: &str) -> Result<Principal, AuthenticationError> {
        let (principal, is_use_due) = self.table().authenticate(text, clock::now(), self.0.note_after)?;
        if is_use_due {
            self.record_use(principal.key);
        }
        Ok(principal)
    }

    /// Whether what was admitted with this key, or without any, would be admitted now, too. For what lives longer than
    /// a request; ask again after each of [`Self::watch_changes`].
    pub fn still_admits(&self, key: Option<ApiKeyId>) -> bool {
        match key {
            Some(_) => self.why_locked_out(key).is_none(),
            None => !self.requires_key(),
        }
    }

    /// Why the key opens nothing any more; none for what was admitted without one.
    pub fn why_locked_out(&self, key: Option<ApiKeyId>) -> Option<AuthenticationError> {
        self.table().standing(key?, clock::now()).err()
    }

    /// Counts a change whenever a key runs out; does not end.
    pub async fn count_expiries(&self) {
        let mut changes = self.watch_changes();
        loop {
            changes.mark_unchanged();
            let next = self.table().next_expiry(clock::now());
            let wait = next.map(|at| Duration::from_micros((at - clock::now()).max(0) as u64));
            tokio::select! {
                _ = changes.changed() => {}
                () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)), if wait.is_some() => {
                    self.0.changes.send_modify(|changes| *changes += 1);
                }
            }
        }
    }

    /// What people call a key that opens.
    pub fn label(&self, key: ApiKeyId) -> Option<KeyLabel> {
        self.table().label(key).cloned()
    }

    /// What a key may do, by its public part, whether or not it still opens.
    pub fn rights(&self, prefix: &str) -> Option<Rights> {
        self.table().rights(prefix)
    }

    /// Returns when [`Self::still_admits`] does not hold any more, at once if it does not now.
    pub async fn wait_until_locked_out(&self, key: Option<ApiKeyId>) {
        // The sender is a field of `self`.
        let _ = self.watch_changes().wait_for(|_| !self.still_admits(key)).await;
    }

    /// Follows the number of changes: it rises with each key that is made, is revoked or runs out.
    pub fn watch_changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Makes a key and stores it; when this returns, it is on disk and opens.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there are too many; then there is none more.
    pub async fn create_key(&self, order: KeyRequest, by: AuditActor) -> Result<(String, ApiKey), StoreError> {
        let GeneratedKey { text, new } = generate_unstored_key(order)?;
        let (table, limit) = (self.clone(), self.0.limits.max_keys);
        let added = to_the_end(async move {
            let added =
                table.0.db.write("keys.add", move |txn| keys::add_evicting_ended(txn, &new, limit, &by)).await?;
            table.change(|table| {
                table.forget(&added.forgotten);
                table.put(&added.key);
            });
            Ok(added.key)
        });
        Ok((text, added.await?))
    }

    /// Makes a key that takes another's place and may do the same; that one runs out after `overlap`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such key, [`StoreError::Conflict`] when it opens nothing any more.
    pub async fn rotate_key(
        &self,
        prefix: String,
        overlap: Duration,
        by: AuditActor,
    ) -> Result<(String, ApiKey), StoreError> {
        let (text, fresh) = generate_key_text()?;
        let (table, limits) = (self.clone(), self.0.limits);
        let rotated = to_the_end(async move {
            let change = move |txn: &mut dyn Transaction| keys::rotate(txn, &prefix, &fresh, overlap, limits, &by);
            let KeyRotation { old, new, forgotten } = table.0.db.write("keys.rotate", change).await?;
            table.change(|table| {
                table.forget(&forgotten);
                table.put(&old);
                table.put(&new);
            });
            Ok(new)
        });
        Ok((text, rotated.await?))
    }

    /// Revokes a key, by its public part; when this returns, it opens nothing. Revoking twice is no mistake.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such key.
    pub async fn revoke_key(&self, prefix: String, by: AuditActor) -> Result<ApiKey, StoreError> {
        let table = self.clone();
        let revoked = to_the_end(async move {
            let revoked = table.0.db.write("keys.revoke", move |txn| keys::revoke(txn, &prefix, &by)).await?;
            table.change(|table| table.put(&revoked));
            Ok(revoked)
        });
        revoked.await
    }

    fn record_use(&self, key: ApiKeyId) {
        let db = self.0.db.clone();
        // Not worth a wait: a use that is not noted now is noted the next time.
        tokio::spawn(async move { db.try_write("keys.used", move |txn| keys::record_key_use(txn, key)).await });
    }

    fn table(&self) -> std::sync::RwLockReadGuard<'_, KeyTable> {
        self.0.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut KeyTable)) {
        change(&mut self.0.table.write().unwrap_or_else(PoisonError::into_inner));
        self.0.changes.send_modify(|changes| *changes += 1);
    }
}

/// Makes a new key out of the system's randomness; nothing is stored yet.
///
/// # Errors
/// [`StoreError::Unusable`] when the system gives no randomness.
pub fn generate_unstored_key(order: KeyRequest) -> Result<GeneratedKey, StoreError> {
    let (text, fingerprint) = generate_key_text()?;
    let KeyRequest { owner, name, grant } = order;
    Ok(GeneratedKey { text, new: NewApiKey { owner, name, grant, fingerprint } })
}

/// The text of a key that is nobody's yet, and what of it is stored.
///
/// # Errors
/// [`StoreError::Unusable`] when the system gives no randomness.
pub fn generate_key_text() -> Result<(String, KeyFingerprint), StoreError> {
    let mut bytes = [0; api_key::PREFIX_CHARS + api_key::SECRET_CHARS];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Unusable(format!("no randomness: {error}")))?;
    let text = api_key::key_from_random(&bytes);
    let prefix = api_key::prefix_of(&text).unwrap_or_default().to_owned();
    let sha256 = digest(&text);
    Ok((text, KeyFingerprint { prefix, sha256 }))
}

/// A client that hangs up takes its request's future along; memory would then miss what the disk has.
async fn to_the_end(
    work: impl Future<Output = Result<ApiKey, StoreError>> + Send + 'static,
) -> Result<ApiKey, StoreError> {
    tokio::spawn(as_key_holder(holder(), work))
        .await
        .unwrap_or_else(|error| Err(StoreError::Aborted(error.to_string())))
}
