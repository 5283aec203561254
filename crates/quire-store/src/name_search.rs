//! Search: what an owner has under a word or an id.

use super::error::StoreError;
use quire_domain::ids::{BatchId, OwnerKey};

/// A batch, or an item of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameSearchHit {
    pub batch: BatchId,
    /// Its position.
    pub item: Option<u32>,
    /// The document's name, or that of the batch or its collection, as far as it has one.
    pub title: Option<String>,
}

/// What is looked for, and how far.
#[derive(Debug, Clone)]
pub struct NameSearchRequest {
    /// A part of a name, or the beginning of a batch's id.
    pub text: String,
    /// Hits.
    pub limit: u32,
    /// Rows of each kind that are looked at, newest batches first.
    pub looked_at: u32,
}

/// The search. Fails with [`StoreError`] when the database fails.
pub trait NameSearchQueries {
    /// Batches by id, then by name and collection, then items by the name of their document; each newest first.
    fn search(&mut self, owner: OwnerKey, wanted: &NameSearchRequest) -> Result<Vec<NameSearchHit>, StoreError>;
}
