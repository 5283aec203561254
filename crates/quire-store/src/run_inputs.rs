//! Run inputs: the inputs of `quire run`, and the names of their results.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use diesel::prelude::*;

use super::error::StoreError;
use super::items::StoredItem;
use super::schema::run_inputs;
use quire_domain::ids::{BatchKey, ItemAddress};

/// An input and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInputPaths {
    /// Absolute; no other input has the same.
    pub path: PathBuf,
    /// Path of its results below the output folder, without `.txt` and `.json`; no other input has the same.
    pub stem: PathBuf,
    /// The stem is another than the input's own name would give.
    pub renamed: bool,
}

/// Queries of run inputs. Each fails with [`StoreError`] when the database fails.
pub trait RunInputQueries {
    /// Those of these paths that are inputs already; at most some thousands at once.
    fn known_run_inputs(&mut self, paths: &[&Path]) -> Result<HashSet<PathBuf>, StoreError>;

    /// The inputs with these paths; at most some thousands at once.
    fn run_inputs(&mut self, paths: &[&Path]) -> Result<Vec<(ItemAddress, RunInputPaths)>, StoreError>;

    /// Whether an input has this stem.
    fn is_stem_taken(&mut self, stem: &Path) -> Result<bool, StoreError>;

    /// The input of one item.
    fn run_input(&mut self, key: ItemAddress) -> Result<Option<RunInputPaths>, StoreError>;

    /// Inputs with their items behind `after`, in the order in which they were found; at most `limit`.
    fn run_input_page(
        &mut self,
        after: ItemAddress,
        limit: u32,
    ) -> Result<Vec<(ItemAddress, RunInputPaths, StoredItem)>, StoreError>;
}

/// Writes of run inputs, in a transaction.
pub trait RunInputWrites {
    /// The inputs of the items behind the position `after`. What is an input already is one of this batch from now
    /// on; its item of before has none any more.
    fn put_run_inputs(&mut self, batch: BatchKey, after: u32, inputs: &[RunInputPaths]) -> Result<(), StoreError>;
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = run_inputs, treat_none_as_default_value = false)]
pub(super) struct RunRow {
    pub batch: i64,
    pub position: i32,
    pub path: Vec<u8>,
    pub stem: Vec<u8>,
    pub renamed: bool,
}

impl RunRow {
    pub(super) fn new(batch: BatchKey, position: u32, input: &RunInputPaths) -> Self {
        let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
        Self {
            batch: batch.0,
            position: position as i32,
            path: bytes(&input.path),
            stem: bytes(&input.stem),
            renamed: input.renamed,
        }
    }

    pub(super) fn key(&self) -> ItemAddress {
        ItemAddress { batch: BatchKey(self.batch), position: self.position as u32 }
    }

    pub(super) fn input(self) -> RunInputPaths {
        RunInputPaths { path: path(self.path), stem: path(self.stem), renamed: self.renamed }
    }
}

pub(super) fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}
