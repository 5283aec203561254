//! Uploads in SQLite.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use super::txn::Txn;
use crate::error::StoreError;
use crate::schema::uploads;
use crate::uploads::{NewUpload, UploadQueries, UploadRow, UploadWrites};
use quire_domain::ids::{Micros, OwnerKey};

impl UploadQueries for SqliteConnection {
    fn upload(&mut self, owner: OwnerKey, id: Uuid) -> Result<UploadRow, StoreError> {
        let found = uploads::table
            .filter(uploads::public_id.eq(id.to_string()).and(uploads::owner.eq(owner.0)))
            .select(UploadRow::as_select())
            .first(self)
            .optional()?;
        found.ok_or(StoreError::NotFound("upload"))
    }

    fn open_uploads(&mut self, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
        let among = uploads::public_id.eq_any(ids.iter().map(Uuid::to_string));
        let open: Vec<String> =
            uploads::table.filter(uploads::file.is_null().and(among)).select(uploads::public_id).load(self)?;
        Ok(open.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect())
    }

    fn open_upload_count(&mut self, owner: OwnerKey) -> Result<u64, StoreError> {
        let open = uploads::table.filter(uploads::owner.eq(owner.0).and(uploads::file.is_null()));
        Ok(open.count().get_result::<i64>(self)? as u64)
    }
}

impl UploadWrites for Txn<'_> {
    fn insert_upload(&mut self, new: &NewUpload) -> Result<(), StoreError> {
        diesel::insert_into(uploads::table)
            .values((
                uploads::public_id.eq(new.id.to_string()),
                uploads::owner.eq(new.owner.0),
                uploads::name.eq(&new.name),
                uploads::size_bytes.eq(new.size_bytes as i64),
                uploads::received.eq(0),
                uploads::expires_at.eq(new.expires_at),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    fn set_upload_received(
        &mut self,
        owner: OwnerKey,
        id: Uuid,
        received: u64,
        expires_at: Micros,
    ) -> Result<(), StoreError> {
        let change = (uploads::received.eq(received as i64), uploads::expires_at.eq(expires_at));
        let own = uploads::public_id.eq(id.to_string()).and(uploads::owner.eq(owner.0));
        one(diesel::update(uploads::table.filter(own)).set(change).execute(self.conn)?)
    }

    fn set_upload_file(&mut self, owner: OwnerKey, id: Uuid, file: Uuid, duplicate: bool) -> Result<(), StoreError> {
        let change = (uploads::file.eq(file.to_string()), uploads::duplicate.eq(duplicate));
        let own = uploads::public_id.eq(id.to_string()).and(uploads::owner.eq(owner.0));
        one(diesel::update(uploads::table.filter(own)).set(change).execute(self.conn)?)
    }

    fn delete_upload(&mut self, owner: OwnerKey, id: Uuid) -> Result<(), StoreError> {
        let own = uploads::public_id.eq(id.to_string()).and(uploads::owner.eq(owner.0));
        one(diesel::delete(uploads::table.filter(own)).execute(self.conn)?)
    }

    fn delete_expired_uploads(&mut self, now: Micros, limit: u32) -> Result<u64, StoreError> {
        let expired = uploads::table.filter(uploads::expires_at.le(now)).order(uploads::expires_at);
        let keys: Vec<i64> = expired.limit(i64::from(limit)).select(uploads::id).load(self.conn)?;
        Ok(diesel::delete(uploads::table.filter(uploads::id.eq_any(keys))).execute(self.conn)? as u64)
    }
}

fn one(changed: usize) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound("upload")) }
}
