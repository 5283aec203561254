//! Read pool: connections that cannot write.

use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::sqlite::SqliteConnection;

use crate::error::StoreError;
use crate::home::DataDirectoryIdentity;
use crate::transaction::StoreSnapshot;

/// Cheap to clone. Its calls block; keep what runs inside short and page through long lists.
#[derive(Clone)]
pub struct ReadPool {
    pool: Pool<ConnectionManager<SqliteConnection>>,
}

impl ReadPool {
    pub(super) fn open(url: &str, size: u32, home: DataDirectoryIdentity) -> Result<Self, StoreError> {
        let pool = Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .connection_timeout(Duration::from_secs(10))
            .test_on_check_out(false)
            .connection_customizer(Box::new(QueryOnly { home }))
            .build(ConnectionManager::new(url))
            .map_err(|error| StoreError::Unusable(error.to_string()))?;
        Ok(Self { pool })
    }

    /// Runs one short read; all of it sees the same state.
    ///
    /// # Errors
    /// The read's own, or [`StoreError::Aborted`] when no connection is free for 10 s.
    pub fn run<T>(&self, read: impl FnOnce(&mut dyn StoreSnapshot) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.run_sqlite(|conn| read(conn))
    }

    /// As [`Self::run`], on a blocking thread of whoever waits for it.
    ///
    /// # Errors
    /// As [`Self::run`], and [`StoreError::Aborted`] when the read panics.
    pub async fn run_blocking<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut dyn StoreSnapshot) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let reads = self.clone();
        let done = tokio::task::spawn_blocking(move || reads.run(read)).await;
        done.unwrap_or_else(|error| Err(StoreError::Aborted(error.to_string())))
    }

    /// As [`Self::run`], for what only SQLite can answer.
    pub(crate) fn run_sqlite<T>(
        &self,
        read: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut conn = self.pool.get().map_err(|error| StoreError::Aborted(error.to_string()))?;
        conn.batch_execute("BEGIN")?;
        let result = read(&mut conn);
        if conn.batch_execute("COMMIT").is_err() {
            // A snapshot that does not end would spoil the connection for everybody after.
            let _ = conn.batch_execute("ROLLBACK");
        }
        result
    }
}

#[derive(Debug)]
struct QueryOnly {
    home: DataDirectoryIdentity,
}

impl CustomizeConnection<SqliteConnection, diesel::r2d2::Error> for QueryOnly {
    fn on_acquire(&self, conn: &mut SqliteConnection) -> Result<(), diesel::r2d2::Error> {
        // A connection of later finds by the name what is there by then, and so does the first read of an earlier one:
        // it opens the log by its name. So each reads at once.
        let elsewhere = |error: StoreError| diesel::r2d2::Error::ConnectionError(bad(&error));
        self.home.require().map_err(elsewhere)?;
        conn.batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA schema_version;",
        )
        .map_err(diesel::r2d2::Error::QueryError)
    }
}

fn bad(error: &StoreError) -> diesel::ConnectionError {
    diesel::ConnectionError::BadConnection(error.to_string())
}
