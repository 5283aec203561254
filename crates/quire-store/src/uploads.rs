//! Uploads that come in pieces: their rows. Their bytes are in [`super::pieces`].

use diesel::prelude::*;
use uuid::Uuid;

use super::error::StoreError;
use super::schema::uploads;
use quire_domain::ids::{Micros, OwnerKey};

#[derive(Debug, Clone)]
pub struct NewUpload {
    pub id: Uuid,
    pub owner: OwnerKey,
    pub name: String,
    pub size_bytes: u64,
    pub expires_at: Micros,
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = uploads)]
pub struct UploadRow {
    pub name: String,
    pub size_bytes: i64,
    /// Bytes that are durable, as far as the row knows.
    pub received: i64,
    pub expires_at: Micros,
    /// The file that it became.
    pub file: Option<String>,
    /// The owner had sent the same bytes before; of one that is done.
    pub duplicate: bool,
}

/// Queries of uploads. Each fails with [`StoreError`] when the database fails.
pub trait UploadQueries {
    /// An owner's upload.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such upload.
    fn upload(&mut self, owner: OwnerKey, id: Uuid) -> Result<UploadRow, StoreError>;

    /// Of these, the ones that wait for more bytes, or for the file that is made of them.
    fn open_uploads(&mut self, ids: &[Uuid]) -> Result<Vec<Uuid>, StoreError>;

    fn open_upload_count(&mut self, owner: OwnerKey) -> Result<u64, StoreError>;
}

/// Writes of uploads, in a transaction.
pub trait UploadWrites {
    fn insert_upload(&mut self, new: &NewUpload) -> Result<(), StoreError>;

    /// So many bytes of it are durable.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such upload.
    fn set_upload_received(
        &mut self,
        owner: OwnerKey,
        id: Uuid,
        received: u64,
        expires_at: Micros,
    ) -> Result<(), StoreError>;

    /// It is this file now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such upload.
    fn set_upload_file(&mut self, owner: OwnerKey, id: Uuid, file: Uuid, duplicate: bool) -> Result<(), StoreError>;

    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such upload.
    fn delete_upload(&mut self, owner: OwnerKey, id: Uuid) -> Result<(), StoreError>;

    /// Deletes those whose time is over, at most `limit`; how many there were.
    fn delete_expired_uploads(&mut self, now: Micros, limit: u32) -> Result<u64, StoreError>;
}
