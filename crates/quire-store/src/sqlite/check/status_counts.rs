//! Check of the counts of an owner's batches by status.

use std::fmt;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::SqliteConnection;

use crate::error::StoreError;

/// A count that is not that of the batches.
#[derive(Debug, QueryableByName)]
pub(in crate::sqlite) struct WrongCount {
    #[diesel(sql_type = BigInt)]
    owner: i64,
    #[diesel(sql_type = Text)]
    status: String,
    #[diesel(sql_type = BigInt)]
    kept: i64,
    #[diesel(sql_type = BigInt)]
    counted: i64,
}

impl fmt::Display for WrongCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, status, kept, counted } = self;
        write!(f, "owner {owner} is said to have {kept} batches that are {status}, and has {counted}")
    }
}

/// # Errors
/// [`StoreError`] when the database fails.
pub(in crate::sqlite) fn wrong(conn: &mut SqliteConnection) -> Result<Vec<WrongCount>, StoreError> {
    let compared = diesel::sql_query(
        "SELECT owner, status, SUM(kept) AS kept, SUM(counted) AS counted FROM
             (SELECT owner, status, batches AS kept, 0 AS counted FROM batch_status_counts
              UNION ALL SELECT owner, status, 0, COUNT(*) FROM batches GROUP BY 1, 2)
         GROUP BY 1, 2 HAVING SUM(kept) <> SUM(counted)",
    );
    Ok(compared.load(conn)?)
}

/// Counts anew.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub(in crate::sqlite) fn recount(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    diesel::sql_query("DELETE FROM batch_status_counts").execute(conn)?;
    let counted = "INSERT INTO batch_status_counts (owner, status, batches) \
        SELECT owner, status, COUNT(*) FROM batches GROUP BY 1, 2";
    diesel::sql_query(counted).execute(conn)?;
    Ok(())
}
