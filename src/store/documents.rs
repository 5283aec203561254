//! Rows of `documents`: the inputs of items.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::error::StoreError;
use super::schema::documents;
use super::vault::SealedText;
use crate::domain::ids::BatchKey;

/// Source of a document's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentSource {
    /// In the blob store, by sha256 in lower-case hex.
    Blob(String),
    /// A file of this machine, read where it is; only local commands submit such.
    Path(PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// For people; need not be unique, may hold replacement characters.
    pub name: String,
    pub size_bytes: u64,
    pub source: DocumentSource,
    /// Opens this document; goes before the batch's.
    pub password: Option<SealedText>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = documents, treat_none_as_default_value = false)]
pub(super) struct DocumentRow {
    pub batch: i64,
    pub position: i32,
    pub name: String,
    pub size_bytes: i64,
    pub sha256: Option<String>,
    pub source_path: Option<Vec<u8>>,
    pub password: Option<String>,
}

impl DocumentRow {
    pub(super) fn new(batch: BatchKey, position: u32, document: &Document) -> Self {
        let (sha256, source_path) = match &document.source {
            DocumentSource::Blob(sha256) => (Some(sha256.clone()), None),
            DocumentSource::Path(path) => (None, Some(path.as_os_str().as_bytes().to_vec())),
        };
        Self {
            batch: batch.0,
            position: position as i32,
            name: document.name.clone(),
            size_bytes: document.size_bytes as i64,
            sha256,
            source_path,
            password: document.password.clone().map(SealedText::into_text),
        }
    }

    pub(super) fn document(self) -> Result<Document, StoreError> {
        let source = match (self.sha256, self.source_path) {
            (Some(sha256), None) => DocumentSource::Blob(sha256),
            (None, Some(bytes)) => DocumentSource::Path(PathBuf::from(std::ffi::OsString::from_vec(bytes))),
            _ => return Err(StoreError::Corrupt("a document without exactly one source".into())),
        };
        Ok(Document {
            name: self.name,
            size_bytes: self.size_bytes as u64,
            source,
            password: self.password.map(SealedText::from_text),
        })
    }
}

pub(super) fn insert(conn: &mut SqliteConnection, rows: &[DocumentRow]) -> Result<(), StoreError> {
    for chunk in rows.chunks(256) {
        diesel::insert_into(documents::table).values(chunk).execute(conn)?;
    }
    Ok(())
}

/// The documents of the items at positions `first..=last`, in order; items without one are absent.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn between(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    first: u32,
    last: u32,
) -> Result<Vec<(u32, Document)>, StoreError> {
    let rows: Vec<DocumentRow> = documents::table
        .filter(documents::batch.eq(batch.0).and(documents::position.between(first as i32, last as i32)))
        .order(documents::position)
        .select(DocumentRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok((row.position as u32, row.document()?))).collect()
}

/// The document of one item, if it has one.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn of_item(conn: &mut SqliteConnection, batch: BatchKey, position: u32) -> Result<Option<Document>, StoreError> {
    Ok(between(conn, batch, position, position)?.pop().map(|(_, document)| document))
}

/// The documents of these items, in order; items without one are absent.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn of_items(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    positions: &[i32],
) -> Result<Vec<(u32, Document)>, StoreError> {
    let rows: Vec<DocumentRow> = documents::table
        .filter(documents::batch.eq(batch.0).and(documents::position.eq_any(positions)))
        .order(documents::position)
        .select(DocumentRow::as_select())
        .load(conn)?;
    rows.into_iter().map(|row| Ok((row.position as u32, row.document()?))).collect()
}
