//! The actors. They translate: message to event, effect to message; the machines of `domain` decide.
//!
//! May import `domain`, `supervision`, `store`, `worker`, `clock` and `config`.
//! Read in this order: [`engine`] (what is there), [`batch_supervisor`], [`batch`], [`item_worker`],
//! [`worker_pool`], [`db`], [`disk`].

pub mod batch;
pub mod batch_supervisor;
pub mod board;
pub mod db;
pub mod disk;
pub mod engine;
pub mod item_worker;
pub mod signals;
pub mod window;
pub mod worker_pool;
