//! Artifacts: files that operations produced.

use diesel::prelude::*;

use super::schema::artifacts;
use quire_domain::ids::{BatchKey, Micros};

/// An artifact to be inserted: its file is finished in the blob store, its row is not yet written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArtifact {
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub sha256: String,
}

/// An artifact as it is stored.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = artifacts)]
pub struct ArtifactRow {
    pub batch: i64,
    pub position: i32,
    pub generation: i32,
    pub name: String,
    pub media_type: String,
    pub size_bytes: i64,
    pub sha256: String,
    pub created_at: Micros,
}

impl ArtifactRow {
    pub(super) fn new(batch: BatchKey, position: u32, generation: u32, artifact: &NewArtifact, now: Micros) -> Self {
        Self {
            batch: batch.0,
            position: position as i32,
            generation: generation as i32,
            name: artifact.name.clone(),
            media_type: artifact.media_type.clone(),
            size_bytes: artifact.size_bytes as i64,
            sha256: artifact.sha256.clone(),
            created_at: now,
        }
    }
}
