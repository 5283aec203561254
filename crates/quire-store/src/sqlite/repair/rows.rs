//! Repair of rows that belong to nothing, and of columns of items and owners that other rows determine.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;

use super::RepairDone;
use crate::check::Violation;
use crate::error::StoreError;
use quire_domain::ids::Micros;

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

#[derive(QueryableByName)]
struct Owner {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    remembered: i64,
    #[diesel(sql_type = BigInt)]
    newest: i64,
}

/// A row against a rule of its table is no damage of the file.
pub(super) fn refuse_damage(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let said: Vec<Said> = diesel::sql_query("SELECT integrity_check AS said FROM pragma_integrity_check").load(conn)?;
    let is_rule =
        |said: &str| said == "ok" || said.starts_with("CHECK constraint failed") || said.starts_with("NULL value");
    match said.into_iter().find(|line| !is_rule(&line.said)) {
        None => Ok(()),
        Some(Said { said }) => Err(StoreError::Unusable(format!(
            "the file itself is damaged ({said}); writing would make it worse: take a backup, or what `sqlite3 .recover` saves"
        ))),
    }
}

/// Kinds of finding and their statements; each counts the rows it changed.
const DROPPED: [(&str, &str); 7] = [
    ("items without a batch", "DELETE FROM items WHERE batch NOT IN (SELECT id FROM batches)"),
    (
        "documents without an item",
        "DELETE FROM documents WHERE (batch, position) NOT IN (SELECT batch, position FROM items)",
    ),
    (
        "attempts without an item",
        "DELETE FROM attempts WHERE (batch, position) NOT IN (SELECT batch, position FROM items)",
    ),
    (
        "artifacts without an item",
        "DELETE FROM artifacts WHERE (batch, position) NOT IN (SELECT batch, position FROM items)",
    ),
    (
        "inputs of a run without an item",
        "DELETE FROM run_inputs WHERE (batch, position) NOT IN (SELECT batch, position FROM items)",
    ),
    ("idempotency keys without a batch", "DELETE FROM idempotency_keys WHERE batch NOT IN (SELECT id FROM batches)"),
    ("events without an owner", "DELETE FROM events WHERE owner NOT IN (SELECT id FROM owners)"),
];

/// Without a row, readers of the log would not see the event at all.
const NAMED: &str = "INSERT INTO correlations (id, value) SELECT DISTINCT correlation, 'lost-' || correlation FROM \
    (SELECT correlation FROM events UNION SELECT correlation FROM items UNION SELECT correlation FROM batches) \
    WHERE correlation NOT IN (SELECT id FROM correlations)";

const DERIVED: [(Violation, &str, &str); 4] = [
    (
        Violation::ItemFacts,
        "items that have not ended lost their end",
        "UPDATE items SET ended_at = NULL WHERE state < 3 AND ended_at IS NOT NULL",
    ),
    (
        Violation::ItemFacts,
        "items that have ended got the end of their last attempt or of their batch",
        "UPDATE items SET ended_at = COALESCE(
             (SELECT MAX(ended_at) FROM attempts WHERE attempts.batch = items.batch
              AND attempts.position = items.position AND attempts.generation = items.generation),
             (SELECT ended_at FROM batches WHERE id = items.batch), ?)
         WHERE state >= 3 AND ended_at IS NULL",
    ),
    (
        Violation::ItemFacts,
        "items that did not fail lost their reason",
        "UPDATE items SET reason = NULL WHERE state <> 4 AND reason IS NOT NULL",
    ),
    (
        Violation::Epoch,
        "claims were given to the newest boot",
        "UPDATE items SET epoch = (SELECT boot_epoch FROM server)
         WHERE state = 1 AND epoch NOT BETWEEN 1 AND (SELECT boot_epoch FROM server)",
    ),
];

pub(super) fn repair(
    conn: &mut SqliteConnection,
    now: Micros,
    repaired: &mut Vec<RepairDone>,
) -> Result<(), StoreError> {
    for (things, sql) in DROPPED {
        let rows = diesel::sql_query(sql).execute(conn)?;
        note(Violation::Dangling, rows, &format!("removed {rows} {things}"), repaired);
    }
    let rows = diesel::sql_query(NAMED).execute(conn)?;
    note(Violation::Dangling, rows, &format!("named {rows} missing correlation ids `lost-…`"), repaired);
    for (what, things, sql) in DERIVED {
        let statement = diesel::sql_query(sql);
        let rows = match sql.contains('?') {
            true => statement.bind::<BigInt, _>(now).execute(conn)?,
            false => statement.execute(conn)?,
        };
        note(what, rows, &format!("{rows} {things}"), repaired);
    }
    number_owners(conn, repaired)
}

fn number_owners(conn: &mut SqliteConnection, repaired: &mut Vec<RepairDone>) -> Result<(), StoreError> {
    let wrong: Vec<Owner> = diesel::sql_query(
        "SELECT id, last_seq AS remembered, newest FROM (SELECT id, last_seq, COALESCE((SELECT MAX(seq) FROM events \
         WHERE owner = owners.id), 0) AS newest FROM owners) WHERE last_seq <> newest",
    )
    .load(conn)?;
    for Owner { id, remembered, newest } in wrong {
        let set = diesel::sql_query("UPDATE owners SET last_seq = ? WHERE id = ?");
        set.bind::<BigInt, _>(newest).bind::<BigInt, _>(id).execute(conn)?;
        let again = match remembered > newest {
            true => {
                // Another log by its name: listeners that know the old one begin anew.
                diesel::sql_query("UPDATE server SET log_epoch = NULL").execute(conn)?;
                format!("; the numbers up to {remembered} are given again, so listeners begin anew")
            }
            false => String::new(),
        };
        let detail = format!("owner {id} remembers {newest} instead of {remembered}{again}");
        repaired.push(RepairDone::new(Violation::LastSeq, None, detail));
    }
    Ok(())
}

fn note(what: Violation, rows: usize, detail: &str, repaired: &mut Vec<RepairDone>) {
    if rows > 0 {
        repaired.push(RepairDone::new(what, None, detail));
    }
}
