//! The table of keys in memory, and the check of a secret against it. No clock, no store, no lock.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use quire_domain::access::{Rights, Role};
use quire_domain::api_key;
use quire_domain::ids::{ApiKeyId, Micros, OwnerKey};
use quire_store::api_keys::ApiKey;

/// The authenticated key and its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    pub owner: OwnerKey,
    pub key: ApiKeyId,
    pub rights: Rights,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    #[error("this is no API key of this server")]
    Unknown,
    #[error("this API key was revoked")]
    Revoked,
    #[error("this API key has run out")]
    Expired,
}

/// What people call a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLabel {
    /// The key's public part.
    pub prefix: String,
    pub owner: String,
    pub name: Option<String>,
    pub role: Role,
    pub expires_at: Option<Micros>,
}

/// All keys, by their public part. A key that was revoked once stays so, in whatever order changes arrive.
#[derive(Debug, Default)]
pub(super) struct KeyTable {
    keys: HashMap<String, KeyEntry>,
    live: HashMap<ApiKeyId, KeyLabel>,
}

#[derive(Debug)]
struct KeyEntry {
    principal: Principal,
    sha256: [u8; 32],
    is_revoked: bool,
    expires_at: Option<Micros>,
    last_used_at: AtomicI64,
}

impl KeyTable {
    /// The bearer, and whether so long has passed since the last use that was noted that this one should be.
    ///
    /// # Errors
    /// [`AuthenticationError`], after the same work for each text that has the form of a key.
    pub(super) fn authenticate(
        &self,
        text: &str,
        now: Micros,
        note_after: Micros,
    ) -> Result<(Principal, bool), AuthenticationError> {
        let entry = api_key::prefix_of(text).and_then(|prefix| self.keys.get(prefix));
        let digest = digest(text);
        let is_same = digest.ct_eq(entry.map_or(&NOBODYS, |entry| &entry.sha256));
        let entry = entry.filter(|_| bool::from(is_same)).ok_or(AuthenticationError::Unknown)?;
        if entry.is_revoked {
            return Err(AuthenticationError::Revoked);
        }
        if entry.expires_at.is_some_and(|at| at <= now) {
            return Err(AuthenticationError::Expired);
        }
        Ok((entry.principal, entry.is_use_due(now, note_after)))
    }

    /// # Errors
    /// Why the key opens nothing.
    pub(super) fn standing(&self, key: ApiKeyId, now: Micros) -> Result<(), AuthenticationError> {
        let label = self.live.get(&key).ok_or(AuthenticationError::Revoked)?;
        if label.expires_at.is_some_and(|at| at <= now) { Err(AuthenticationError::Expired) } else { Ok(()) }
    }

    /// When the next key runs out.
    pub(super) fn next_expiry(&self, now: Micros) -> Option<Micros> {
        self.live.values().filter_map(|label| label.expires_at).filter(|at| *at > now).min()
    }

    pub(super) fn label(&self, key: ApiKeyId) -> Option<&KeyLabel> {
        self.live.get(&key)
    }

    /// No key was ever made; those that were revoked count.
    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Takes a key as the store has it.
    pub(super) fn put(&mut self, key: &ApiKey) {
        let was_revoked = self.keys.get(&key.prefix).is_some_and(|entry| entry.is_revoked);
        let entry = KeyEntry {
            principal: Principal { owner: key.owner, key: key.id, rights: key.grant.rights() },
            // A digest of another length matches nothing.
            sha256: key.sha256.as_slice().try_into().unwrap_or(NOBODYS),
            is_revoked: was_revoked || key.revoked_at.is_some(),
            expires_at: key.grant.expires_at,
            last_used_at: AtomicI64::new(key.last_used_at.unwrap_or(0)),
        };
        let label = KeyLabel {
            prefix: key.prefix.clone(),
            owner: key.owner_name.clone(),
            name: key.name.clone(),
            role: key.grant.role,
            expires_at: key.grant.expires_at,
        };
        match entry.is_revoked {
            true => self.live.remove(&key.id),
            false => self.live.insert(key.id, label),
        };
        self.keys.insert(key.prefix.clone(), entry);
    }

    /// What a key may do, by its public part, whether or not it still opens.
    pub(super) fn rights(&self, prefix: &str) -> Option<Rights> {
        self.keys.get(prefix).map(|entry| entry.principal.rights)
    }

    pub(super) fn forget(&mut self, keys: &[ApiKeyId]) {
        self.live.retain(|key, _| !keys.contains(key));
        self.keys.retain(|_, entry| !keys.contains(&entry.principal.key));
    }
}

impl KeyEntry {
    /// True for one caller at a time.
    fn is_use_due(&self, now: Micros, note_after: Micros) -> bool {
        let last = self.last_used_at.load(Ordering::Relaxed);
        let is_due = now.saturating_sub(last) >= note_after;
        is_due && self.last_used_at.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// Digest of a key's text; the text itself is not stored.
pub(super) fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Compared with where there is no key, so that its absence does not show in the time.
const NOBODYS: [u8; 32] = [0; 32];

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use quire_store::api_keys::KeyGrant;

    const MINUTE: Micros = 60_000_000;

    fn text(nth: u8) -> String {
        api_key::key_from_random(&[nth; api_key::PREFIX_CHARS + api_key::SECRET_CHARS])
    }

    fn key(nth: u8, revoked_at: Option<Micros>) -> ApiKey {
        let prefix = api_key::prefix_of(&text(nth)).unwrap().to_owned();
        ApiKey {
            id: ApiKeyId(i64::from(nth)),
            prefix,
            sha256: digest(&text(nth)).to_vec(),
            owner: OwnerKey(7),
            owner_name: "seven".into(),
            name: None,
            grant: KeyGrant::of(Role::Operator),
            created_at: 0,
            last_used_at: None,
            revoked_at,
            successor: None,
        }
    }

    fn table(keys: &[ApiKey]) -> KeyTable {
        let mut table = KeyTable::default();
        keys.iter().for_each(|key| table.put(key));
        table
    }

    #[test]
    fn a_key_is_its_owners_and_another_secret_under_its_prefix_is_nobodys() {
        let table = table(&[key(1, None), key(2, None)]);
        let (principal, _) = table.authenticate(&text(1), 0, MINUTE).unwrap();
        let rights = Rights::of(Role::Operator, None);
        assert_eq!(principal, Principal { owner: OwnerKey(7), key: ApiKeyId(1), rights });
        let crossed = format!("{}{}", &text(1)[..12], &text(2)[12..]);
        for wrong in [crossed.as_str(), &text(3), "", "qk_", "Bearer", &text(1)[1..]] {
            assert_eq!(table.authenticate(wrong, 0, MINUTE), Err(AuthenticationError::Unknown), "{wrong}");
        }
    }

    #[test]
    fn a_revoked_key_says_so_only_to_who_has_it_and_no_late_change_brings_it_back() {
        let mut table = table(&[key(1, Some(5))]);
        table.put(&key(1, None));
        assert_eq!(table.authenticate(&text(1), 9, MINUTE), Err(AuthenticationError::Revoked));
        let guessed = format!("{}{}", &text(1)[..12], &text(2)[12..]);
        assert_eq!(table.authenticate(&guessed, 9, MINUTE), Err(AuthenticationError::Unknown));
        assert!(table.standing(ApiKeyId(1), 9) == Err(AuthenticationError::Revoked) && !table.is_empty());
        table.forget(&[ApiKeyId(1)]);
        assert_eq!(table.authenticate(&text(1), 9, MINUTE), Err(AuthenticationError::Unknown));
    }

    #[test]
    fn a_key_that_has_run_out_says_so_and_the_next_one_is_known() {
        let until = |nth, expires_at| {
            let key = key(nth, None);
            ApiKey { grant: KeyGrant { expires_at, ..key.grant }, ..key }
        };
        let table = table(&[until(1, Some(5)), until(2, Some(9)), until(3, None)]);
        assert!(table.authenticate(&text(1), 4, MINUTE).is_ok() && table.standing(ApiKeyId(1), 4).is_ok());
        assert_eq!(table.authenticate(&text(1), 5, MINUTE), Err(AuthenticationError::Expired));
        assert_eq!(table.standing(ApiKeyId(1), 5), Err(AuthenticationError::Expired));
        assert_eq!([4, 5, 9].map(|now| table.next_expiry(now)), [Some(5), Some(9), None]);
    }

    #[test]
    fn a_use_is_noted_once_in_a_while() {
        let table = table(&[key(1, None)]);
        let due = |now| table.authenticate(&text(1), now, MINUTE).unwrap().1;
        let noted: Vec<_> = [MINUTE, MINUTE + 1, 2 * MINUTE - 1, 2 * MINUTE, 2 * MINUTE].into_iter().map(due).collect();
        assert_eq!(noted, [true, false, false, true, false]);
    }
}
