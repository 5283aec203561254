//! SQLite behind the store.
//!
//! Read in this order: [`open`] (a data directory, its lock, its migrations), [`writer`] (group commit), [`txn`] and
//! [`unit_of_work`] (what a write sees and gathers), [`reads`], then the tables. [`check`] recounts everything,
//! [`repair`] derives again what can be derived.

mod api_keys;
pub(crate) mod audit;
mod batch_filter;
mod batches;
mod bulk_insert;
pub mod check;
pub(crate) mod deliveries;
mod disk;
mod events;
mod files;
pub mod inspect;
pub(crate) mod item_sql;
mod items;
mod log_epoch;
pub(crate) mod name_search;
pub(crate) mod name_sql;
pub mod offline;
pub(crate) mod open;
pub(crate) mod reads;
pub mod repair;
mod run_inputs;
pub(crate) mod state_number;
pub mod tables;
mod txn;
mod unit_of_work;
mod uploads;
mod webhooks;
pub(crate) mod writer;
