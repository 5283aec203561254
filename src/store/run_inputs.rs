//! Rows of `run_inputs`: the inputs of `quire run`, and the names of their results.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::batches::BatchOptions;
use super::enum_text::{to_json, to_text};
use super::error::StoreError;
use super::items::{ItemRow, StoredItem};
use super::schema::{batches, items, run_inputs};
use super::submit::{self, NewBatch, NewItem};
use super::txn::{BatchRecord, Txn};
use crate::domain::batch::FailurePolicy;
use crate::domain::ids::{BatchKey, CorrelationId, ItemKey};

/// An input and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunInput {
    /// Absolute; no other input has the same.
    pub path: PathBuf,
    /// Where its results go below the output folder, without `.txt` and `.json`; no other input has the same.
    pub stem: PathBuf,
    /// The stem is another than the input's own name would give.
    pub renamed: bool,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = run_inputs, treat_none_as_default_value = false)]
struct RunRow {
    batch: i64,
    position: i32,
    path: Vec<u8>,
    stem: Vec<u8>,
    renamed: bool,
}

impl RunRow {
    fn new(batch: BatchKey, position: u32, input: &RunInput) -> Self {
        let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
        Self {
            batch: batch.0,
            position: position as i32,
            path: bytes(&input.path),
            stem: bytes(&input.stem),
            renamed: input.renamed,
        }
    }

    fn key(&self) -> ItemKey {
        ItemKey { batch: BatchKey(self.batch), position: self.position as u32 }
    }

    fn input(self) -> RunInput {
        RunInput { path: path(self.path), stem: path(self.stem), renamed: self.renamed }
    }
}

fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes))
}

/// A new batch whose items are exactly these inputs.
///
/// # Errors
/// [`StoreError`]; then there is no such batch.
pub fn submit(txn: &mut Txn<'_>, new: NewBatch, inputs: &[RunInput]) -> Result<BatchRecord, StoreError> {
    let record = submit::submit(txn, new)?.record;
    insert(txn, record.key, 0, inputs)?;
    Ok(record)
}

/// More inputs for an open batch; `new` and `inputs` go together one by one.
///
/// # Errors
/// [`StoreError`]; then nothing was added.
pub fn extend(
    txn: &mut Txn<'_>,
    batch: BatchKey,
    new: &[NewItem],
    inputs: &[RunInput],
    by: &CorrelationId,
) -> Result<BatchRecord, StoreError> {
    let after = txn.record(batch)?.batch.counts.total as u32;
    let record = submit::extend(txn, batch, new, by, i32::MAX as u64)?;
    insert(txn, batch, after, inputs)?;
    Ok(record)
}

/// What is an input already is one of this batch from now on; its item of before has none any more.
fn insert(txn: &mut Txn<'_>, batch: BatchKey, after: u32, inputs: &[RunInput]) -> Result<(), StoreError> {
    let rows: Vec<_> = (after + 1..).zip(inputs).map(|(nth, input)| RunRow::new(batch, nth, input)).collect();
    for chunk in rows.chunks(256) {
        let again = run_inputs::path.eq_any(chunk.iter().map(|row| &row.path));
        diesel::delete(run_inputs::table.filter(again)).execute(txn.conn)?;
        diesel::insert_into(run_inputs::table).values(chunk).execute(txn.conn)?;
    }
    Ok(())
}

/// Changes what a later run may change of a batch that no actor has loaded yet.
///
/// # Errors
/// [`StoreError`]; then nothing was changed.
pub fn reconfigure(
    txn: &mut Txn<'_>,
    batch: BatchKey,
    options: &BatchOptions,
    on_failure: FailurePolicy,
) -> Result<(), StoreError> {
    let change = (batches::options.eq(to_json(options)?), batches::on_failure.eq(to_text(on_failure)));
    diesel::update(batches::table.find(batch.0)).set(change).execute(txn.conn)?;
    Ok(())
}

/// Those of these paths that are inputs already; at most some thousands at once.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn known(conn: &mut SqliteConnection, paths: &[&Path]) -> Result<HashSet<PathBuf>, StoreError> {
    let bytes: Vec<_> = paths.iter().map(|path| path.as_os_str().as_bytes()).collect();
    let found: Vec<Vec<u8>> =
        run_inputs::table.filter(run_inputs::path.eq_any(bytes)).select(run_inputs::path).load(conn)?;
    Ok(found.into_iter().map(path).collect())
}

/// The inputs with these paths; at most some thousands at once.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn inputs(conn: &mut SqliteConnection, paths: &[&Path]) -> Result<Vec<(ItemKey, RunInput)>, StoreError> {
    let bytes: Vec<_> = paths.iter().map(|path| path.as_os_str().as_bytes()).collect();
    let rows = run_inputs::table.filter(run_inputs::path.eq_any(bytes)).select(RunRow::as_select());
    Ok(rows.load(conn)?.into_iter().map(|row| (row.key(), row.input())).collect())
}

/// Whether an input has this stem.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn is_taken(conn: &mut SqliteConnection, stem: &Path) -> Result<bool, StoreError> {
    let same = run_inputs::table.filter(run_inputs::stem.eq(stem.as_os_str().as_bytes()));
    Ok(diesel::select(diesel::dsl::exists(same)).get_result(conn)?)
}

/// The input of one item.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn of_item(conn: &mut SqliteConnection, key: ItemKey) -> Result<Option<RunInput>, StoreError> {
    let row = run_inputs::table.find((key.batch.0, key.position as i32)).select(RunRow::as_select());
    Ok(row.first(conn).optional()?.map(RunRow::input))
}

/// Inputs with their items behind `after`, in the order in which they were found; at most `limit`.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn page(
    conn: &mut SqliteConnection,
    after: ItemKey,
    limit: u32,
) -> Result<Vec<(ItemKey, RunInput, StoredItem)>, StoreError> {
    let same_item = items::batch.eq(run_inputs::batch).and(items::position.eq(run_inputs::position));
    let (batch, position) = (after.batch.0, after.position as i32);
    let behind = run_inputs::batch.gt(batch).or(run_inputs::batch.eq(batch).and(run_inputs::position.gt(position)));
    let rows = run_inputs::table
        .inner_join(items::table.on(same_item))
        // The first condition is implied by the second; with it SQLite walks its index from the right place.
        .filter(run_inputs::batch.ge(batch).and(behind))
        .order((run_inputs::batch, run_inputs::position))
        .limit(i64::from(limit))
        .select((RunRow::as_select(), ItemRow::as_select()))
        .load::<(RunRow, ItemRow)>(conn)?;
    rows.into_iter().map(|(run, item)| Ok((run.key(), run.input(), item.stored()?))).collect()
}
