//! Transaction of one write in SQLite: the connection, and what is gathered for the commit.

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;

use super::unit_of_work::UnitOfWork;
use crate::error::StoreError;
use crate::transaction::{BootContext, StoreSnapshot, Transaction};
use quire_domain::ids::Micros;

/// One write's view of the transaction. The tables beside this file say what it writes.
pub(super) struct Txn<'a> {
    pub(super) conn: &'a mut SqliteConnection,
    pub(super) env: &'a BootContext,
    pub(super) now: Micros,
    pub(super) unit: &'a mut UnitOfWork,
}

impl Txn<'_> {
    /// Writes what was gathered so far: before anything is read, and at the end of the write.
    pub(super) fn write_gathered(&mut self) -> Result<(), StoreError> {
        self.unit.write_items(self.conn)
    }
}

impl Transaction for Txn<'_> {
    fn read(&mut self) -> Result<&mut dyn StoreSnapshot, StoreError> {
        self.write_gathered()?;
        Ok(self.conn)
    }

    fn now(&self) -> Micros {
        self.now
    }

    fn context(&self) -> &BootContext {
        self.env
    }

    fn probe(&mut self) -> Result<(), StoreError> {
        // A number that nobody reads. A row set to what it is would not do: SQLite compares, and writes nothing.
        Ok(self.conn.batch_execute("PRAGMA user_version = 1")?)
    }
}
