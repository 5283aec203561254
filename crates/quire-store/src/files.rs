//! Files: documents uploaded before any batch names them. Also which blobs rows name at all.

use diesel::prelude::*;
use uuid::Uuid;

use super::error::StoreError;
use super::schema::files;
use quire_domain::ids::{Micros, OwnerKey};

/// A file to be inserted.
#[derive(Debug, Clone)]
pub struct NewFile {
    pub public_id: Uuid,
    pub owner: OwnerKey,
    pub name: String,
    pub size_bytes: u64,
    pub sha256: String,
}

/// A file as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = files)]
pub struct FileRow {
    pub public_id: String,
    pub name: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub created_at: Micros,
}

/// Cursor through all rows that refer to blobs: a table, and the key of its last row that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BlobReferenceCursor {
    pub(super) table: usize,
    pub(super) after: Option<BlobReferenceRow>,
}

/// Key of a row that names a blob; what a table's key does not have is 0 or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BlobReferenceRow {
    pub batch: i64,
    pub position: i32,
    pub generation: i32,
    pub name: String,
}

/// One page of the blobs that rows refer to.
#[derive(Debug)]
pub struct BlobReferencePage {
    /// 64 hex digits each.
    pub sha256: Vec<String>,
    /// None behind the last row of the last table.
    pub next: Option<BlobReferenceCursor>,
}

/// Queries of files and blobs. Each fails with [`StoreError`] when the database fails.
pub trait FileQueries {
    /// An owner's file by its public id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the owner has no such file.
    fn file(&mut self, owner: OwnerKey, id: Uuid) -> Result<FileRow, StoreError>;

    /// Whether the owner has a file of these bytes.
    fn has_file(&mut self, owner: OwnerKey, sha256: &str) -> Result<bool, StoreError>;

    /// One page of the blobs that rows name, whichever table they are in, and where to go on.
    fn blob_references(&mut self, at: &BlobReferenceCursor, limit: u32) -> Result<BlobReferencePage, StoreError>;
}

/// Writes of files, in a transaction.
pub trait FileWrites {
    fn insert_file(&mut self, new: &NewFile) -> Result<(), StoreError>;

    /// Whether the blob is there; then the janitor leaves it alone until this write is committed, and longer.
    /// Asked before a row names it.
    ///
    /// # Errors
    /// [`StoreError::Disk`] when nobody can tell.
    fn pin_blob(&self, sha256: &str) -> Result<bool, StoreError>;
}
