//! The store: one writer, many readers, one log. Every SQL statement of Quire is in this crate.
//!
//! It knows nothing of actors or HTTP, and decides nothing: that is for the commands of the server, which are functions of
//! a [`Transaction`]. Read in this order: [`transaction`] (what can be asked and written), [`write`](mod@write) (a change
//! and its answer), then the tables one by one. `sqlite` is the database behind it, [`blobs`] the files beside it.

pub mod api_keys;
pub mod artifacts;
pub mod attempts;
pub mod audit;
pub mod batch_filter;
pub mod batches;
mod blob_writer;
pub mod blobs;
pub mod deliveries;
pub mod documents;
pub mod enum_text;
pub mod error;
pub mod events;
pub mod file_modes;
pub mod files;
mod home;
pub mod items;
mod lock;
pub mod name_search;
pub mod orphans;
pub mod pieces;
pub mod run_inputs;
mod schema;
mod settings;
mod sqlite;
pub mod transaction;
pub mod uploads;
pub mod vault;
pub mod verified_reader;
pub mod webhooks;
pub mod write;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use error::{DiskFailure, StoreError};
pub use settings::{StoreOptions, StoreSettings, Synchronous};
pub use sqlite::open::{OpenStore, refuse_foreign_or_newer};
pub use sqlite::reads::ReadPool;
pub use sqlite::writer::{NewestSeqs, Writer, WriterStats};
pub use sqlite::{check, inspect, offline, repair, tables};
pub use transaction::{StoreSnapshot, Transaction};
