//! The actors, and the shared state that they publish. Actors translate: message to event, effect to message; the
//! machines of `domain` decide. No actors are [`admission`] (the supervisor's books), [`coalesced`], [`disk`], [`keyring`],
//! [`live`] but for its hub, [`notifier`], [`progress_tracker`], [`stall_reasons`] and [`status`]: what an actor works with,
//! or others read while it works.
//!
//! May import `domain`, `supervision`, `store`, `worker`, `webhook`, `clock` and `config`.
//! Read in this order: [`engine`] (what is there), [`batch_supervisor`], [`batch`], [`item_worker`],
//! [`worker_pool`], [`webhook_sender`], [`db`], [`disk`], [`keyring`], [`hub`], [`janitor`].

pub mod admission;
pub mod batch;
pub mod batch_supervisor;
pub mod canary;
pub mod coalesced;
pub mod db;
pub mod disk;
pub mod engine;
pub mod hub;
pub mod item_worker;
pub mod janitor;
pub mod keyring;
pub mod live;
pub mod notifier;
pub mod progress_tracker;
pub mod stall_reasons;
pub mod status;
pub mod webhook_sender;
pub mod worker_pool;

#[cfg(test)]
mod tests;
