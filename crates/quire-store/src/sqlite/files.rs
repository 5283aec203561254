//! Files in SQLite, and which blobs its rows name.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Text};
use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use super::txn::Txn;
use crate::error::StoreError;
use crate::files::{
    BlobReferenceCursor, BlobReferencePage, BlobReferenceRow, FileQueries, FileRow, FileWrites, NewFile,
};
use crate::schema::files;
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::OwnerKey;

impl FileQueries for SqliteConnection {
    fn file(&mut self, owner: OwnerKey, id: Uuid) -> Result<FileRow, StoreError> {
        let found = files::table
            .filter(files::public_id.eq(id.to_string()).and(files::owner.eq(owner.0)))
            .select(FileRow::as_select())
            .first(self)
            .optional()?;
        found.ok_or(StoreError::NotFound("file"))
    }

    fn has_file(&mut self, owner: OwnerKey, sha256: &str) -> Result<bool, StoreError> {
        let same = files::owner.eq(owner.0).and(files::sha256.eq(sha256));
        Ok(files::table.filter(same).count().get_result::<i64>(self)? > 0)
    }

    fn blob_references(&mut self, at: &BlobReferenceCursor, limit: u32) -> Result<BlobReferencePage, StoreError> {
        blob_references(self, at, limit)
    }
}

impl FileWrites for Txn<'_> {
    fn insert_file(&mut self, new: &NewFile) -> Result<(), StoreError> {
        diesel::insert_into(files::table)
            .values((
                files::public_id.eq(new.public_id.to_string()),
                files::owner.eq(new.owner.0),
                files::name.eq(&new.name),
                files::size_bytes.eq(new.size_bytes as i64),
                files::sha256.eq(&new.sha256),
                files::created_at.eq(self.now),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    fn pin_blob(&self, sha256: &str) -> Result<bool, StoreError> {
        Ok(is_disabled(Safeguard::BlobCheck) || self.env.blobs.touch(sha256)?)
    }
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = BigInt)]
    batch: i64,
    #[diesel(sql_type = Integer)]
    position: i32,
    #[diesel(sql_type = Integer)]
    generation: i32,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    sha256: String,
}

/// Every table that names blobs, a page of it in the order of its key. The numbers bound are the last row's key.
const NAMERS: [&str; 3] = [
    "SELECT batch, position, 0 AS generation, '' AS name, COALESCE(sha256, '') AS sha256 FROM documents \
     WHERE (batch, position) > (?1, ?2) ORDER BY batch, position LIMIT ?5",
    "SELECT batch, position, generation, name, sha256 FROM artifacts \
     WHERE (batch, position, generation, name) > (?1, ?2, ?3, ?4) ORDER BY batch, position, generation, name LIMIT ?5",
    "SELECT id AS batch, 0 AS position, 0 AS generation, '' AS name, sha256 FROM files \
     WHERE id > ?1 ORDER BY id LIMIT ?5",
];

fn blob_references(
    conn: &mut SqliteConnection,
    at: &BlobReferenceCursor,
    limit: u32,
) -> Result<BlobReferencePage, StoreError> {
    let first = BlobReferenceRow { batch: i64::MIN, position: 0, generation: 0, name: String::new() };
    let after = at.after.as_ref().unwrap_or(&first);
    let page: Vec<Named> = diesel::sql_query(NAMERS[at.table])
        .bind::<BigInt, _>(after.batch)
        .bind::<Integer, _>(after.position)
        .bind::<Integer, _>(after.generation)
        .bind::<Text, _>(&after.name)
        .bind::<BigInt, _>(i64::from(limit))
        .load(conn)?;
    let next = match page.last() {
        Some(Named { batch, position, generation, name, .. }) => {
            let last =
                BlobReferenceRow { batch: *batch, position: *position, generation: *generation, name: name.clone() };
            Some(BlobReferenceCursor { table: at.table, after: Some(last) })
        }
        None => (at.table + 1 < NAMERS.len()).then_some(BlobReferenceCursor { table: at.table + 1, after: None }),
    };
    Ok(BlobReferencePage { sha256: page.into_iter().map(|named| named.sha256).collect(), next })
}
