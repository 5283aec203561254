//! The actors, and the shared state that they publish. Actors translate: message to event, effect to message; the
//! machines of `domain` decide. No actors are [`admission`] (the supervisor's books), [`merged_signal`], [`disk_state`], [`keyring`],
//! [`live`] but for its hub, [`notifier`], [`progress_tracker`], [`stall_reasons`] and [`status`]: what an actor works with,
//! or others read while it works.
//!
//! May import `domain`, `supervision`, `store`, `worker`, `webhook`, `clock` and `config`.
//! Read in this order: [`engine`] (what is there), [`batch_supervisor`], [`batch`], [`item_worker`],
//! [`worker_pool`], [`webhook_supervisor`], [`db`], [`disk_state`], [`keyring`], [`hub`], [`janitor`].

pub mod admission;
pub mod batch;
pub mod batch_supervisor;
pub mod canary;
pub mod db;
pub mod disk_state;
pub mod engine;
pub mod hub;
pub mod item_worker;
pub mod janitor;
pub mod keyring;
pub mod live;
pub mod merged_signal;
pub mod notifier;
pub mod progress_tracker;
pub mod stall_reasons;
pub mod status;
pub mod webhook_supervisor;
pub mod worker_pool;

#[cfg(test)]
mod tests;
