//! Rows of `files`: documents uploaded before any batch names them.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use uuid::Uuid;

use super::error::StoreError;
use super::schema::files;
use super::txn::Txn;
use crate::domain::ids::{Micros, OwnerKey};

#[derive(Debug, Clone)]
pub struct NewFile {
    pub public_id: Uuid,
    pub owner: OwnerKey,
    pub name: String,
    pub size_bytes: u64,
    pub sha256: String,
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = files)]
pub struct FileRow {
    pub public_id: String,
    pub name: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub created_at: Micros,
}

/// Adds a file; true when the owner had the same bytes before.
///
/// # Errors
/// [`StoreError`]; then nothing was done.
pub fn add(txn: &mut Txn<'_>, new: &NewFile) -> Result<bool, StoreError> {
    if !txn.pin_blob(&new.sha256)? {
        return Err(StoreError::Conflict(format!("`{}` is no longer stored; send it again", new.name)));
    }
    let same = files::owner.eq(new.owner.0).and(files::sha256.eq(&new.sha256));
    let known: i64 = files::table.filter(same).count().get_result(txn.conn)?;
    diesel::insert_into(files::table)
        .values((
            files::public_id.eq(new.public_id.to_string()),
            files::owner.eq(new.owner.0),
            files::name.eq(&new.name),
            files::size_bytes.eq(new.size_bytes as i64),
            files::sha256.eq(&new.sha256),
            files::created_at.eq(txn.now),
        ))
        .execute(txn.conn)?;
    Ok(known > 0)
}

/// An owner's file by its public id.
///
/// # Errors
/// [`StoreError::NotFound`] when the owner has no such file.
pub fn find(conn: &mut SqliteConnection, owner: OwnerKey, id: Uuid) -> Result<FileRow, StoreError> {
    let found = files::table
        .filter(files::public_id.eq(id.to_string()).and(files::owner.eq(owner.0)))
        .select(FileRow::as_select())
        .first(conn)
        .optional()?;
    found.ok_or(StoreError::NotFound("file"))
}
