//! The database behind the store, past its ports: raw SQL, damage, and what only SQLite can tell. For tests.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "for tests only")]

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::blobs::BlobStore;
use crate::check::CheckFinding;
use crate::schema::items;
use crate::sqlite::check::{CheckChunks, StoreCheckDepth, check_consistency, check_in};
use crate::sqlite::open;
use crate::write::Write;
use crate::{OpenStore, StoreError, Writer};
pub use diesel::sqlite::SqliteConnection;
use quire_domain::ids::Micros;

/// So small that a few rows make several pages and windows.
const TINY: CheckChunks = CheckChunks { page_rows: 3, window_items: 4 };
/// For thousands of rows.
const SMALL: CheckChunks = CheckChunks { page_rows: 171, window_items: 1_013 };

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A connection that may write anything, past every reference.
pub fn vandal(data_dir: &Path) -> SqliteConnection {
    let path = data_dir.join("quire.db");
    let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
    conn
}

/// The one number that a query named `number` answers.
pub fn query_number(conn: &mut SqliteConnection, sql: &str) -> i64 {
    diesel::sql_query(sql).get_result::<Number>(conn).unwrap().number
}

/// A read with one of the store's own connections.
pub fn read_sqlite<T>(store: &OpenStore, read: impl FnOnce(&mut SqliteConnection) -> T) -> T {
    store.reads.run_sqlite(|conn| Ok(read(conn))).unwrap()
}

/// The connection of a writer.
pub fn connection_of(writer: &mut Writer) -> &mut SqliteConnection {
    &mut writer.conn
}

/// Findings of the recount, blob bytes included, however much is looked at in one go.
///
/// # Errors
/// [`StoreError`] when the database cannot be read at all.
pub fn findings(conn: &mut SqliteConnection, blobs: &BlobStore) -> Result<Vec<CheckFinding>, StoreError> {
    let items: i64 = items::table.count().get_result(conn).unwrap_or(0);
    let sizes = if items > 100 { SMALL } else { TINY };
    let whole = check_consistency(conn, blobs, true)?;
    let pieces = check_in(conn, blobs, StoreCheckDepth::Deep, sizes)?.findings;
    assert_eq!(sorted(&whole), sorted(&pieces), "the findings depend on the size of the pages");
    Ok(whole)
}

fn sorted(findings: &[CheckFinding]) -> Vec<String> {
    let mut lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    lines.sort();
    lines
}

/// Runs the writes in a transaction that is given up, as after a conflict with another writer.
pub fn rehearse(writer: &mut Writer, writes: &mut [Box<dyn Write>], now: Micros) {
    writer.conn.batch_execute("BEGIN IMMEDIATE").unwrap();
    writer.unit.count_running(&mut writer.conn).unwrap();
    for write in writes {
        // The first answer is of no interest: it is asked again.
        let _ = writer.run_one(&mut **write, now);
    }
    // Gone already where a disk failed.
    let _ = writer.conn.batch_execute("ROLLBACK");
    writer.unit.forget();
}

/// Whether a version of SQLite is one that the store works with.
pub fn is_new_enough(version: &str) -> bool {
    open::is_new_enough(version)
}
