//! SQLite's own integrity check.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;

use super::{Findings, Violation};
use crate::error::StoreError;

pub(super) fn check(conn: &mut SqliteConnection, findings: &mut Findings) -> Result<(), StoreError> {
    let said: Vec<Said> = diesel::sql_query("SELECT integrity_check AS said FROM pragma_integrity_check").load(conn)?;
    for line in said.into_iter().filter(|line| line.said != "ok") {
        findings.add(Violation::Damaged, None, None, line.said);
    }
    let dangling: Vec<Dangling> = diesel::sql_query(
        "SELECT \"table\" AS child, parent, COUNT(*) AS count FROM pragma_foreign_key_check GROUP BY 1, 2",
    )
    .load(conn)?;
    for Dangling { child, parent, count } in dangling {
        findings.add(Violation::Dangling, None, None, format!("{count} rows of {child} name rows of {parent} in vain"));
    }
    unnamed(conn, findings)
}

/// References of the log that are checked here only: a constraint would cost on every event.
fn unnamed(conn: &mut SqliteConnection, findings: &mut Findings) -> Result<(), StoreError> {
    for (column, parent) in [("owner", "owners"), ("correlation", "correlations")] {
        let sql = format!("SELECT COUNT(*) AS count FROM events WHERE {column} NOT IN (SELECT id FROM {parent})");
        let Count { count } = diesel::sql_query(sql).get_result(conn)?;
        if count > 0 {
            findings.add(
                Violation::Dangling,
                None,
                None,
                format!("{count} rows of events name rows of {parent} in vain"),
            );
        }
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

#[derive(QueryableByName)]
struct Dangling {
    #[diesel(sql_type = Text)]
    child: String,
    #[diesel(sql_type = Text)]
    parent: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}
