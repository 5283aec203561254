//! One writer, many readers, one log. Every SQL statement of Quire is in this room.
//!
//! May import `domain` and `clock`; knows nothing of actors or HTTP.
//! Read in this order: [`txn`] (what a write sees), [`writer`] (group commit), [`turn`] (what a batch
//! does to its items), [`submit`] and [`control`] (what users do), then the tables one by one.

pub mod api_keys;
pub mod artifacts;
pub mod attempts;
pub mod batches;
pub mod blobs;
pub mod check;
pub mod control;
mod disk;
pub mod documents;
pub mod error;
pub mod events;
pub mod figures;
pub mod files;
mod home;
mod item_sql;
mod item_steps;
pub mod items;
mod lock;
mod log_epoch;
pub mod look;
mod many;
pub mod offline;
pub mod open;
pub mod orphans;
pub mod private;
pub mod proof;
mod protection;
pub mod reads;
pub mod repair;
mod report;
pub mod runs;
pub mod schema;
mod spool;
pub mod standing;
pub mod submit;
pub mod tables;
pub mod turn;
pub mod txn;
pub mod vault;
pub mod webhooks;
pub mod words;
pub mod writer;

#[cfg(test)]
pub(crate) mod tests;

/// What a read is a function of; other rooms need no other name of the database.
pub use diesel::sqlite::SqliteConnection;
pub use error::{DiskTrouble, StoreError};
pub use open::{Opened, Settings};
pub use reads::Reads;
pub use txn::Txn;
