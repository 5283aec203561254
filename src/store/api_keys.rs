//! Rows of `api_keys`: which keys are accepted over HTTP. Holds digests, never keys.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::error::StoreError;
use super::schema::{api_keys, owners};
use super::txn::Txn;
use crate::domain::ids::{ApiKeyId, Micros, OwnerKey};

#[derive(Debug, Clone)]
pub struct NewKey {
    /// The owner's name; one that is new is made.
    pub owner: String,
    /// What the key is for, in the operator's words.
    pub name: Option<String>,
    pub is_admin: bool,
    /// The key's public part; see [`crate::domain::api_key`].
    pub prefix: String,
    /// Of the whole key.
    pub sha256: [u8; 32],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub prefix: String,
    pub sha256: Vec<u8>,
    pub owner: OwnerKey,
    pub owner_name: String,
    pub name: Option<String>,
    pub is_admin: bool,
    pub created_at: Micros,
    /// Coarse: not each use is written.
    pub last_used_at: Option<Micros>,
    pub revoked_at: Option<Micros>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = api_keys)]
struct ApiKeyRow {
    id: i64,
    prefix: String,
    sha256: Vec<u8>,
    owner: i64,
    name: Option<String>,
    admin: bool,
    created_at: Micros,
    last_used_at: Option<Micros>,
    revoked_at: Option<Micros>,
}

/// A key that was added, and those that made room for it.
#[derive(Debug, Clone)]
pub struct AddedKey {
    pub key: ApiKey,
    pub forgotten: Vec<ApiKeyId>,
}

/// Adds a key. There are never more than `limit`: where there is no room, the key that was revoked first is forgotten.
///
/// # Errors
/// [`StoreError::Conflict`] when there is no room and no revoked key; then nothing was done.
pub fn add(txn: &mut Txn<'_>, new: &NewKey, limit: u64) -> Result<AddedKey, StoreError> {
    let forgotten = make_room(txn.conn, limit)?;
    let owner = owner(txn, &new.owner)?;
    diesel::insert_into(api_keys::table)
        .values((
            api_keys::prefix.eq(&new.prefix),
            api_keys::sha256.eq(&new.sha256[..]),
            api_keys::owner.eq(owner.0),
            api_keys::name.eq(&new.name),
            api_keys::admin.eq(new.is_admin),
            api_keys::created_at.eq(txn.now),
        ))
        .execute(txn.conn)?;
    Ok(AddedKey { key: find(txn.conn, &new.prefix)?, forgotten })
}

/// Takes a key's power away, for good. One that has none already stays as it is.
///
/// # Errors
/// [`StoreError::NotFound`] when there is no such key.
pub fn revoke(txn: &mut Txn<'_>, prefix: &str) -> Result<ApiKey, StoreError> {
    let still_live = api_keys::prefix.eq(prefix).and(api_keys::revoked_at.is_null());
    diesel::update(api_keys::table.filter(still_live)).set(api_keys::revoked_at.eq(txn.now)).execute(txn.conn)?;
    find(txn.conn, prefix)
}

/// Whether the key still opens anything, asked by a write that is done for its holder.
///
/// # Errors
/// [`StoreError::KeyRevoked`] when it does not.
pub fn must_be_good(txn: &mut Txn<'_>, key: ApiKeyId) -> Result<(), StoreError> {
    let good = api_keys::table.find(key.0).filter(api_keys::revoked_at.is_null());
    let found: i64 = good.count().get_result(txn.conn)?;
    if found == 0 { Err(StoreError::KeyRevoked) } else { Ok(()) }
}

/// Notes that a key was used.
///
/// # Errors
/// [`StoreError`]; then nothing was noted.
pub fn used(txn: &mut Txn<'_>, key: ApiKeyId) -> Result<(), StoreError> {
    diesel::update(api_keys::table.find(key.0)).set(api_keys::last_used_at.eq(txn.now)).execute(txn.conn)?;
    Ok(())
}

/// All keys, revoked ones too, oldest first; as many as [`add`] allows.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn all(conn: &mut SqliteConnection) -> Result<Vec<ApiKey>, StoreError> {
    let rows = api_keys::table
        .inner_join(owners::table)
        .order(api_keys::id)
        .select((ApiKeyRow::as_select(), owners::name))
        .load::<(ApiKeyRow, String)>(conn)?;
    Ok(rows.into_iter().map(|(row, owner_name)| row.key(owner_name)).collect())
}

fn find(conn: &mut SqliteConnection, prefix: &str) -> Result<ApiKey, StoreError> {
    let found = api_keys::table
        .inner_join(owners::table)
        .filter(api_keys::prefix.eq(prefix))
        .select((ApiKeyRow::as_select(), owners::name))
        .first::<(ApiKeyRow, String)>(conn)
        .optional()?;
    let (row, owner_name) = found.ok_or(StoreError::NotFound("key"))?;
    Ok(row.key(owner_name))
}

/// The owner of this name, made if there is none.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn owner(txn: &mut Txn<'_>, name: &str) -> Result<OwnerKey, StoreError> {
    diesel::insert_or_ignore_into(owners::table)
        .values((owners::name.eq(name), owners::last_seq.eq(0), owners::created_at.eq(txn.now)))
        .execute(txn.conn)?;
    Ok(OwnerKey(owners::table.filter(owners::name.eq(name)).select(owners::id).first(txn.conn)?))
}

fn make_room(conn: &mut SqliteConnection, limit: u64) -> Result<Vec<ApiKeyId>, StoreError> {
    let count: i64 = api_keys::table.count().get_result(conn)?;
    let surplus = (count + 1).saturating_sub(limit as i64).max(0);
    let oldest: Vec<i64> = api_keys::table
        .filter(api_keys::revoked_at.is_not_null())
        .order((api_keys::revoked_at, api_keys::id))
        .limit(surplus)
        .select(api_keys::id)
        .load(conn)?;
    if (oldest.len() as i64) < surplus {
        return Err(StoreError::Conflict(format!(
            "There are {count} API keys already (auth.max_keys); revoke one first."
        )));
    }
    for id in &oldest {
        diesel::delete(api_keys::table.find(id)).execute(conn)?;
    }
    Ok(oldest.into_iter().map(ApiKeyId).collect())
}

impl ApiKeyRow {
    fn key(self, owner_name: String) -> ApiKey {
        ApiKey {
            id: ApiKeyId(self.id),
            prefix: self.prefix,
            sha256: self.sha256,
            owner: OwnerKey(self.owner),
            owner_name,
            name: self.name,
            is_admin: self.admin,
            created_at: self.created_at,
            last_used_at: self.last_used_at,
            revoked_at: self.revoked_at,
        }
    }
}
