//! Sums over the batches of one owner or of all, for metrics.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::SqliteConnection;

use super::error::StoreError;
use crate::domain::ids::OwnerKey;

/// Batches of one outcome, or those that have not ended, with their items by state.
#[derive(Debug, Clone, QueryableByName)]
pub struct OutcomeStats {
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

/// Of one owner, or of all.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub fn by_outcome(conn: &mut SqliteConnection, owner: Option<OwnerKey>) -> Result<Vec<OutcomeStats>, StoreError> {
    let figures = diesel::sql_query(
        "SELECT outcome, COUNT(*) AS batches, SUM(queued) AS queued, SUM(running) AS running,
                SUM(retry_wait) AS retry_wait, SUM(succeeded) AS succeeded, SUM(failed) AS failed,
                SUM(cancelled) AS cancelled, SUM(expired) AS expired, SUM(skipped) AS skipped
         FROM batches WHERE ?1 IS NULL OR owner = ?1 GROUP BY outcome",
    );
    Ok(figures.bind::<Nullable<BigInt>, _>(owner.map(|owner| owner.0)).load(conn)?)
}
