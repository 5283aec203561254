//! The database behind a [`TestStore`], past the store: raw SQL, damage, and what only SQLite can tell.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;

use crate::commands::tests::harness::TestStore;
use crate::domain::ids::Micros;
use crate::store::blobs::Blobs;
use crate::store::check::CheckFinding;
use crate::store::schema::items;
use crate::store::sqlite::check::{CheckChunks, CheckDepth, check, check_in};
use crate::store::write::Write;
use crate::store::{OpenStore, StoreError, Writer};

/// So small that a few rows make several pages and windows.
const TINY: CheckChunks = CheckChunks { page_rows: 3, window_items: 4 };
/// For thousands of rows.
const SMALL: CheckChunks = CheckChunks { page_rows: 171, window_items: 1_013 };

const PAGE_BYTES: usize = 4096;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

impl TestStore {
    /// A connection that may write anything, past every reference.
    pub fn vandal(&self) -> SqliteConnection {
        let path = self.data_dir().join("quire.db");
        let mut conn = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        conn.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
        conn
    }

    /// Runs SQL past the store.
    pub fn execute_sql(&self, sql: &str) {
        self.vandal().batch_execute(sql).unwrap();
    }

    /// The one number that a query named `number` answers.
    pub fn query_number(&self, sql: &str) -> i64 {
        diesel::sql_query(sql).get_result::<Number>(&mut self.vandal()).unwrap().number
    }

    /// A read with the store's own connection.
    pub fn read_sqlite<T>(&self, read: impl FnOnce(&mut SqliteConnection) -> T) -> T {
        self.opened().reads.run_sqlite(|conn| Ok(read(conn))).unwrap()
    }

    /// Overwrites the pages where the items and the events begin; what a start reads stays as it is.
    pub fn damage_pages(&mut self) {
        self.is_sound = false;
        self.writer().checkpoint_fully().unwrap();
        let root = |table: &str| {
            self.query_number(&format!("SELECT rootpage AS number FROM sqlite_schema WHERE name = '{table}'"))
        };
        let roots = ["items", "events"].map(root);
        self.close();
        let path = self.data_dir().join("quire.db");
        let mut bytes = std::fs::read(&path).unwrap();
        for root in roots {
            let end = root as usize * PAGE_BYTES;
            bytes[end - PAGE_BYTES..end].fill(0x5a);
        }
        std::fs::write(&path, bytes).unwrap();
        self.reopen();
    }
}

impl OpenStore {
    /// What the recount finds, blob bytes included, however much is looked at in one go.
    pub fn findings(&self) -> Vec<CheckFinding> {
        self.reads.run_sqlite(|conn| findings(conn, &self.blobs)).unwrap()
    }
}

/// What the recount finds, blob bytes included, however much is looked at in one go.
pub fn findings(conn: &mut SqliteConnection, blobs: &Blobs) -> Result<Vec<CheckFinding>, StoreError> {
    let items: i64 = items::table.count().get_result(conn).unwrap_or(0);
    let sizes = if items > 100 { SMALL } else { TINY };
    let whole = check(conn, blobs, true)?;
    let pieces = check_in(conn, blobs, CheckDepth::Deep, sizes)?.findings;
    assert_eq!(sorted(&whole), sorted(&pieces), "the findings depend on the size of the pages");
    Ok(whole)
}

fn sorted(findings: &[CheckFinding]) -> Vec<String> {
    let mut lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    lines.sort();
    lines
}

impl Writer {
    /// Rows that this connection has changed so far.
    pub fn total_changes(&mut self) -> i64 {
        let sql = "SELECT total_changes() AS number";
        diesel::sql_query(sql).get_result::<Number>(&mut self.conn).unwrap().number
    }

    /// Runs the writes in a transaction that is given up, as after a conflict with another writer.
    pub fn rehearse(&mut self, writes: &mut [Box<dyn Write>], now: Micros) {
        self.conn.batch_execute("BEGIN IMMEDIATE").unwrap();
        self.unit.count_running(&mut self.conn).unwrap();
        for write in writes {
            // What it says to this is of no interest: it is asked again.
            let _ = self.run_one(&mut **write, now);
        }
        // Gone already where a disk failed.
        let _ = self.conn.batch_execute("ROLLBACK");
        self.unit.forget();
    }
}
