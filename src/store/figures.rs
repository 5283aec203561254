//! Sums over everything, for metrics.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::SqliteConnection;

use super::error::StoreError;

/// Batches of one outcome, or those that have not ended, with their items by state.
#[derive(Debug, Clone, QueryableByName)]
pub struct Figures {
    #[diesel(sql_type = Nullable<Text>)]
    pub outcome: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub batches: i64,
    #[diesel(sql_type = BigInt)]
    pub queued: i64,
    #[diesel(sql_type = BigInt)]
    pub running: i64,
    #[diesel(sql_type = BigInt)]
    pub retry_wait: i64,
    #[diesel(sql_type = BigInt)]
    pub succeeded: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    #[diesel(sql_type = BigInt)]
    pub cancelled: i64,
    #[diesel(sql_type = BigInt)]
    pub expired: i64,
    #[diesel(sql_type = BigInt)]
    pub skipped: i64,
}

/// # Errors
/// [`StoreError`] when the database fails.
pub fn by_outcome(conn: &mut SqliteConnection) -> Result<Vec<Figures>, StoreError> {
    Ok(diesel::sql_query(
        "SELECT outcome, COUNT(*) AS batches, SUM(queued) AS queued, SUM(running) AS running,
                SUM(retry_wait) AS retry_wait, SUM(succeeded) AS succeeded, SUM(failed) AS failed,
                SUM(cancelled) AS cancelled, SUM(expired) AS expired, SUM(skipped) AS skipped
         FROM batches GROUP BY outcome",
    )
    .load(conn)?)
}
