//! Group commit: many writes in one transaction, each answered after it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use diesel::sqlite::SqliteConnection;

use super::txn::Txn;
use super::unit_of_work::UnitOfWork;
use crate::error::StoreError;
use crate::transaction::{BootContext, Transaction};
use crate::write::{Write, write_from_closure};
use quire_base::failpoints::{Failpoint, failpoint};
use quire_base::safeguards::{Safeguard, is_disabled};
use quire_domain::ids::{Micros, OwnerKey};

/// Statistics of the writer since the server started.
#[derive(Debug, Default)]
pub struct WriterStats {
    pub commits: AtomicU64,
    pub writes: AtomicU64,
    pub refused_writes: AtomicU64,
    pub failed_commits: AtomicU64,
    pub events: AtomicU64,
}

/// The newest `seq` of every owner that a commit gave one to.
pub type NewestSeqs = Vec<(OwnerKey, i64)>;

/// The only connection that writes; commits in groups.
pub struct Writer {
    pub(crate) conn: SqliteConnection,
    env: BootContext,
    pub(crate) unit: UnitOfWork,
    stats: Arc<WriterStats>,
    checkpoint_wal_pages: i32,
    commits_since_look: u32,
}

/// The size of the log is looked at once in so many commits.
const COMMITS_PER_LOOK: u32 = 16;

impl Writer {
    pub(super) fn new(
        conn: SqliteConnection,
        env: BootContext,
        checkpoint_wal_pages: i32,
        stats: Arc<WriterStats>,
    ) -> Self {
        Self { conn, env, unit: UnitOfWork::default(), stats, checkpoint_wal_pages, commits_since_look: 0 }
    }

    /// Runs the writes in order in one transaction and answers each after the commit. A write that fails or
    /// panics is undone alone. When the commit itself fails, nothing was done and everybody hears so.
    pub fn commit(&mut self, writes: Vec<Box<dyn Write>>, now: Micros) -> Result<NewestSeqs, StoreError> {
        let mut answers = Vec::with_capacity(writes.len());
        let committed = self.transact(writes, now, &mut answers);
        self.count(&answers, committed.is_ok());
        for (write, ran) in answers {
            write.answer(match (&committed, ran) {
                (Err(error), Ok(())) => Err(group_failed(error)),
                (_, ran) => ran,
            });
        }
        committed
    }

    /// As [`Self::commit`], of one change.
    ///
    /// # Errors
    /// The change's own, or that of the commit.
    pub fn commit_one<T: Send + 'static>(
        &mut self,
        name: &'static str,
        now: Micros,
        change: impl FnMut(&mut dyn Transaction) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (write, mut reply) = write_from_closure(name, change);
        // The reply says what went wrong.
        let _ = self.commit(vec![write], now);
        reply.try_recv().map_err(|gone| StoreError::Aborted(gone.to_string()))?
    }

    fn transact(&mut self, writes: Vec<Box<dyn Write>>, now: Micros, ran: &mut Ran) -> Result<NewestSeqs, StoreError> {
        if let Err(error) = self.conn.batch_execute("BEGIN IMMEDIATE") {
            ran.extend(writes.into_iter().map(|write| (write, Ok(()))));
            return Err(error.into());
        }
        let mut broken = self.unit.count_running(&mut self.conn).err();
        for mut write in writes {
            let result = if broken.is_none() { self.run_one(&mut *write, now) } else { Ok(()) };
            match result {
                Err(Interrupt::Write(error)) => ran.push((write, Err(error))),
                Err(Interrupt::Group(error)) => {
                    broken = Some(error);
                    ran.push((write, Ok(())));
                }
                Ok(()) => ran.push((write, Ok(()))),
            }
        }
        let finished = match broken {
            Some(error) => Err(error),
            None => self.finish(),
        };
        if finished.is_err() {
            // Fails when the transaction is gone already, which is what it is for.
            let _ = self.conn.batch_execute("ROLLBACK");
            self.unit.forget();
        }
        finished
    }

    fn finish(&mut self) -> Result<NewestSeqs, StoreError> {
        let wakes = self.unit.flush(&mut self.conn)?;
        failpoint(Failpoint::CommitBefore);
        self.conn.batch_execute("COMMIT")?;
        failpoint(Failpoint::CommitAfter);
        self.unit.trim();
        Ok(wakes)
    }

    pub(crate) fn run_one(&mut self, write: &mut dyn Write, now: Micros) -> Result<(), Interrupt> {
        let mark = self.unit.mark();
        self.conn.batch_execute(savepoint("SAVEPOINT one")).map_err(|error| Interrupt::Group(error.into()))?;
        let mut txn = Txn { conn: &mut self.conn, env: &self.env, now, unit: &mut self.unit };
        let name = write.name();
        let ran = catch_unwind(AssertUnwindSafe(|| write.run(&mut txn).and_then(|()| txn.write_gathered())))
            .unwrap_or_else(|_| Err(StoreError::Aborted(format!("`{name}` panicked; the server's log says where"))));
        let (sql, result) = match ran {
            Ok(()) => {
                self.unit.complete_events(mark, now);
                ("RELEASE one", Ok(()))
            }
            // A disk that fails one statement fails the whole transaction: SQLite may have rolled back already.
            Err(error) if error.is_disk_failure() => return Err(Interrupt::Group(error)),
            Err(error) => {
                self.unit.back_to(mark);
                ("ROLLBACK TO one; RELEASE one", Err(Interrupt::Write(error)))
            }
        };
        self.conn.batch_execute(savepoint(sql)).map_err(|error| Interrupt::Group(error.into()))?;
        result
    }

    /// Moves committed pages from the log into the database when the log has grown; readers are not disturbed.
    ///
    /// # Errors
    /// [`StoreError`] when the disk fails.
    pub fn checkpoint_if_large(&mut self) -> Result<(), StoreError> {
        self.commits_since_look += 1;
        if self.commits_since_look < COMMITS_PER_LOOK {
            return Ok(());
        }
        self.commits_since_look = 0;
        if checkpoint(&mut self.conn, "NOOP")?.log >= self.checkpoint_wal_pages {
            self.checkpoint("PASSIVE")?;
        }
        Ok(())
    }

    /// Empties the log, unless somebody reads it; for a quiet moment.
    ///
    /// # Errors
    /// [`StoreError`] when the disk fails.
    pub fn checkpoint_fully(&mut self) -> Result<(), StoreError> {
        self.checkpoint("TRUNCATE")
    }

    fn checkpoint(&mut self, mode: &str) -> Result<(), StoreError> {
        failpoint(Failpoint::CheckpointBegins);
        checkpoint(&mut self.conn, mode)?;
        failpoint(Failpoint::CheckpointDone);
        Ok(())
    }

    /// Empties the log for certain: whatever a failed sync left in it is gone, and what is committed lies, written
    /// and synced anew, in the database.
    ///
    /// # Errors
    /// [`StoreError`] when the disk fails, or when somebody reads the log for longer than the busy timeout.
    pub(super) fn renew_log(&mut self) -> Result<(), StoreError> {
        match checkpoint(&mut self.conn, "TRUNCATE")?.busy {
            0 => Ok(()),
            _ => Err(StoreError::Aborted("somebody reads the database's log".into())),
        }
    }

    fn count(&self, ran: &Ran, committed: bool) {
        let stats = &self.stats;
        let refused = ran.iter().filter(|(_, result)| result.is_err()).count() as u64;
        if committed {
            stats.commits.fetch_add(1, Ordering::Relaxed);
            stats.writes.fetch_add(ran.len() as u64, Ordering::Relaxed);
        } else {
            stats.failed_commits.fetch_add(1, Ordering::Relaxed);
        }
        stats.refused_writes.fetch_add(refused, Ordering::Relaxed);
    }
}

fn savepoint(sql: &'static str) -> &'static str {
    if is_disabled(Safeguard::Savepoint) { "" } else { sql }
}

type Ran = Vec<(Box<dyn Write>, Result<(), StoreError>)>;

/// Scope of an error: one write, or the whole commit.
pub(crate) enum Interrupt {
    Write(StoreError),
    Group(StoreError),
}

fn group_failed(error: &StoreError) -> StoreError {
    match error {
        StoreError::Disk(trouble) => StoreError::Disk(trouble.clone()),
        other => StoreError::Aborted(format!("the commit failed: {other}")),
    }
}

pub(super) fn checkpoint(conn: &mut SqliteConnection, mode: &str) -> Result<CheckpointRow, StoreError> {
    Ok(diesel::sql_query(format!("PRAGMA wal_checkpoint({mode})")).get_result(conn)?)
}

/// SQLite's answer to a checkpoint.
#[derive(QueryableByName)]
pub(super) struct CheckpointRow {
    /// 0 when nobody stood in its way.
    #[diesel(sql_type = Integer)]
    busy: i32,
    /// Pages in the log.
    #[diesel(sql_type = Integer)]
    log: i32,
}
