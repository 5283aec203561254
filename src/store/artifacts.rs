//! Rows of `artifacts`: files that operations produced.

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::error::StoreError;
use super::schema::artifacts;
use crate::domain::ids::{BatchKey, Micros};

/// A finished file in the blob store, not yet in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    pub name: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub sha256: String,
}

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

pub(super) fn insert(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    position: u32,
    generation: u32,
    produced: &[Artifact],
    now: Micros,
) -> Result<(), StoreError> {
    for artifact in produced {
        let row = ArtifactRow {
            batch: batch.0,
            position: position as i32,
            generation: generation as i32,
            name: artifact.name.clone(),
            media_type: artifact.media_type.clone(),
            size_bytes: artifact.size_bytes as i64,
            sha256: artifact.sha256.clone(),
            created_at: now,
        };
        diesel::insert_into(artifacts::table).values(&row).execute(conn)?;
    }
    Ok(())
}

/// The artifacts of one item's generation, by name.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn of_item(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    position: u32,
    generation: u32,
) -> Result<Vec<ArtifactRow>, StoreError> {
    let of_item = artifacts::batch.eq(batch.0).and(artifacts::position.eq(position as i32));
    Ok(artifacts::table
        .filter(of_item.and(artifacts::generation.eq(generation as i32)))
        .order(artifacts::name)
        .select(ArtifactRow::as_select())
        .load(conn)?)
}

/// The artifacts of these items, of all generations, item by item.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn of_items(
    conn: &mut SqliteConnection,
    batch: BatchKey,
    positions: &[i32],
) -> Result<Vec<ArtifactRow>, StoreError> {
    Ok(artifacts::table
        .filter(artifacts::batch.eq(batch.0).and(artifacts::position.eq_any(positions)))
        .order((artifacts::position, artifacts::name))
        .select(ArtifactRow::as_select())
        .load(conn)?)
}
