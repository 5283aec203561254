//! Run inputs in SQLite.

use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use super::txn::Txn;
use crate::error::StoreError;
use crate::items::{ItemRow, StoredItem};
use crate::run_inputs::{RunInputPaths, RunInputQueries, RunInputWrites, RunRow, path};
use crate::schema::{items, run_inputs};
use quire_domain::ids::{BatchKey, ItemAddress};

impl RunInputQueries for SqliteConnection {
    fn known_run_inputs(&mut self, paths: &[&Path]) -> Result<HashSet<PathBuf>, StoreError> {
        let bytes: Vec<_> = paths.iter().map(|path| path.as_os_str().as_bytes()).collect();
        let found: Vec<Vec<u8>> =
            run_inputs::table.filter(run_inputs::path.eq_any(bytes)).select(run_inputs::path).load(self)?;
        Ok(found.into_iter().map(path).collect())
    }

    fn run_inputs(&mut self, paths: &[&Path]) -> Result<Vec<(ItemAddress, RunInputPaths)>, StoreError> {
        let bytes: Vec<_> = paths.iter().map(|path| path.as_os_str().as_bytes()).collect();
        let rows = run_inputs::table.filter(run_inputs::path.eq_any(bytes)).select(RunRow::as_select());
        Ok(rows.load(self)?.into_iter().map(|row| (row.key(), row.input())).collect())
    }

    fn is_stem_taken(&mut self, stem: &Path) -> Result<bool, StoreError> {
        let same = run_inputs::table.filter(run_inputs::stem.eq(stem.as_os_str().as_bytes()));
        Ok(diesel::select(diesel::dsl::exists(same)).get_result(self)?)
    }

    fn run_input(&mut self, key: ItemAddress) -> Result<Option<RunInputPaths>, StoreError> {
        let row = run_inputs::table.find((key.batch.0, key.position as i32)).select(RunRow::as_select());
        Ok(row.first(self).optional()?.map(RunRow::input))
    }

    fn run_input_page(
        &mut self,
        after: ItemAddress,
        limit: u32,
    ) -> Result<Vec<(ItemAddress, RunInputPaths, StoredItem)>, StoreError> {
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
            .load::<(RunRow, ItemRow)>(self)?;
        rows.into_iter().map(|(run, item)| Ok((run.key(), run.input(), item.stored()?))).collect()
    }
}

impl RunInputWrites for Txn<'_> {
    fn put_run_inputs(&mut self, batch: BatchKey, after: u32, inputs: &[RunInputPaths]) -> Result<(), StoreError> {
        let rows: Vec<_> = (after + 1..).zip(inputs).map(|(nth, input)| RunRow::new(batch, nth, input)).collect();
        for chunk in rows.chunks(256) {
            let again = run_inputs::path.eq_any(chunk.iter().map(|row| &row.path));
            diesel::delete(run_inputs::table.filter(again)).execute(self.conn)?;
            diesel::insert_into(run_inputs::table).values(chunk).execute(self.conn)?;
        }
        Ok(())
    }
}
