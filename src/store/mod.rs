//! The store: one writer, many readers, one log. Every SQL statement of Quire is in this module.
//!
//! May import `domain` and `clock`; knows nothing of actors or HTTP.
//! Read in this order: [`txn`] (what a write sees), [`writer`] (group commit), [`tick`] (what a batch
//! does to its items), [`submit`] and [`control`] (what users do), then the tables one by one.

pub mod api_keys;
pub mod artifacts;
pub mod attempts;
pub mod batches;
pub mod blobs;
mod bulk_insert;
pub mod check;
pub mod control;
mod disk;
pub mod documents;
pub mod enum_text;
pub mod error;
pub mod events;
pub mod files;
mod home;
pub mod inspect;
mod item_sql;
mod item_steps;
pub mod items;
mod lock;
mod log_epoch;
pub mod offline;
pub mod open;
pub mod orphans;
pub mod private;
pub mod proof;
pub mod reads;
pub mod repair;
mod report;
pub mod run_inputs;
pub mod schema;
pub mod snapshot;
mod spool;
pub mod stats;
pub mod submit;
pub mod tables;
pub mod tick;
pub mod txn;
pub mod vault;
pub mod webhooks;
pub mod writer;

#[cfg(test)]
pub(crate) mod tests;

/// What a read is a function of; other modules need no other name of the database.
pub use diesel::sqlite::SqliteConnection;
pub use error::{DiskFailure, StoreError};
pub use open::{OpenStore, StoreSettings};
pub use reads::ReadPool;
pub use txn::Txn;
