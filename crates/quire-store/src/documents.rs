//! Documents: the inputs of items.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use diesel::prelude::*;

use super::error::StoreError;
use super::schema::documents;
use super::vault::EncryptedText;
use quire_domain::ids::BatchKey;

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
    /// Where it lay, as its owner says: for people, never a path of this machine.
    pub folder: Option<String>,
    pub size_bytes: u64,
    pub source: DocumentSource,
    /// Opens this document; goes before the batch's.
    pub password: Option<EncryptedText>,
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
    pub folder: Option<String>,
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
            password: document.password.clone().map(EncryptedText::into_text),
            folder: document.folder.clone(),
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
            folder: self.folder,
            size_bytes: self.size_bytes as u64,
            source,
            password: self.password.map(EncryptedText::from_text),
        })
    }
}
