//! API keys in SQLite.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel::sqlite::SqliteConnection;

use super::txn::Txn;
use crate::api_keys::{ApiKey, ApiKeyQueries, ApiKeyRow, ApiKeyWrites, NewApiKey};
use crate::enum_text::to_json;
use crate::error::StoreError;
use crate::schema::{api_keys, owners};
use quire_domain::ids::{ApiKeyId, Micros, OwnerKey};

#[diesel::declare_sql_function]
extern "SQL" {
    fn coalesce(first: Nullable<BigInt>, second: Nullable<BigInt>) -> Nullable<BigInt>;
}

impl ApiKeyQueries for SqliteConnection {
    fn api_keys(&mut self) -> Result<Vec<ApiKey>, StoreError> {
        let rows = api_keys::table
            .inner_join(owners::table)
            .order(api_keys::id)
            .select((ApiKeyRow::as_select(), owners::name))
            .load::<(ApiKeyRow, String)>(self)?;
        rows.into_iter().map(|(row, owner_name)| row.key(owner_name)).collect()
    }

    fn api_key(&mut self, prefix: &str) -> Result<ApiKey, StoreError> {
        let found = api_keys::table
            .inner_join(owners::table)
            .filter(api_keys::prefix.eq(prefix))
            .select((ApiKeyRow::as_select(), owners::name))
            .first::<(ApiKeyRow, String)>(self)
            .optional()?;
        let (row, owner_name) = found.ok_or(StoreError::NotFound("key"))?;
        row.key(owner_name)
    }

    fn api_key_count(&mut self) -> Result<u64, StoreError> {
        Ok(api_keys::table.count().get_result::<i64>(self)? as u64)
    }

    fn ended_keys(&mut self, now: Micros, limit: u64) -> Result<Vec<ApiKeyId>, StoreError> {
        let ended_at = coalesce(api_keys::revoked_at, api_keys::expires_at);
        let oldest: Vec<i64> = api_keys::table
            .filter(api_keys::revoked_at.is_not_null().or(api_keys::expires_at.le(now)))
            .order((ended_at, api_keys::id))
            .limit(limit as i64)
            .select(api_keys::id)
            .load(self)?;
        Ok(oldest.into_iter().map(ApiKeyId).collect())
    }

    fn find_owner(&mut self, name: &str) -> Result<Option<OwnerKey>, StoreError> {
        let found = owners::table.filter(owners::name.eq(name)).select(owners::id).first(self).optional()?;
        Ok(found.map(OwnerKey))
    }

    fn is_key_valid(&mut self, key: ApiKeyId, now: Micros) -> Result<bool, StoreError> {
        let lasts = api_keys::expires_at.is_null().or(api_keys::expires_at.gt(now));
        let good = api_keys::table.find(key.0).filter(api_keys::revoked_at.is_null()).filter(lasts);
        Ok(good.count().get_result::<i64>(self)? > 0)
    }
}

impl ApiKeyWrites for Txn<'_> {
    fn owner_named(&mut self, name: &str) -> Result<OwnerKey, StoreError> {
        diesel::insert_or_ignore_into(owners::table)
            .values((owners::name.eq(name), owners::last_seq.eq(0), owners::created_at.eq(self.now)))
            .execute(self.conn)?;
        Ok(OwnerKey(owners::table.filter(owners::name.eq(name)).select(owners::id).first(self.conn)?))
    }

    fn insert_key(&mut self, new: &NewApiKey, owner: OwnerKey) -> Result<(), StoreError> {
        diesel::insert_into(api_keys::table)
            .values((
                api_keys::prefix.eq(&new.fingerprint.prefix),
                api_keys::sha256.eq(&new.fingerprint.sha256[..]),
                api_keys::owner.eq(owner.0),
                api_keys::name.eq(&new.name),
                api_keys::role.eq(new.grant.role.as_str()),
                api_keys::scopes.eq(new.grant.scopes.as_ref().map(to_json).transpose()?),
                api_keys::expires_at.eq(new.grant.expires_at),
                api_keys::created_at.eq(self.now),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    fn revoke_key(&mut self, prefix: &str) -> Result<(), StoreError> {
        let still_live = api_keys::prefix.eq(prefix).and(api_keys::revoked_at.is_null());
        diesel::update(api_keys::table.filter(still_live)).set(api_keys::revoked_at.eq(self.now)).execute(self.conn)?;
        Ok(())
    }

    fn supersede_key(&mut self, prefix: &str, expires_at: Micros, successor: ApiKeyId) -> Result<(), StoreError> {
        let row = api_keys::table.filter(api_keys::prefix.eq(prefix));
        let change = (api_keys::expires_at.eq(expires_at), api_keys::successor.eq(successor.0));
        diesel::update(row).set(change).execute(self.conn)?;
        Ok(())
    }

    fn delete_key(&mut self, key: ApiKeyId) -> Result<(), StoreError> {
        diesel::delete(api_keys::table.find(key.0)).execute(self.conn)?;
        Ok(())
    }

    fn record_key_use(&mut self, key: ApiKeyId) -> Result<(), StoreError> {
        diesel::update(api_keys::table.find(key.0)).set(api_keys::last_used_at.eq(self.now)).execute(self.conn)?;
        Ok(())
    }
}
