//! The HTTP API, on real servers.

mod admin;
mod batch_actions;
mod collections;
mod conclusions;
mod crash;
mod downloads;
mod failures;
mod fencing;
mod hostile;
mod hosts;
mod idempotency;
pub(crate) mod isolation;
mod items_list;
mod items_states;
mod keys;
mod limits;
mod names;
mod origins;
mod orphans;
mod pages;
mod passwords;
mod quarantine;
mod refusals;
mod sandbox;
mod serve;
mod strict;
mod submit;
