//! Live delivery over HTTP: one log, three ways to follow it. Whatever a client knows by `seq` over one of them is good
//! over the others.
//!
//! Read in this order: [`session`] (a WebSocket), [`station`] (all of one thread), [`ws`] (how one is opened), then the
//! twins [`stream`] and [`poll`].

mod frames;
mod gate;
mod peer;
pub mod poll;
mod query;
mod refused;
mod session;
mod station;
pub mod stream;
pub mod tickets;
pub mod ws;

pub use peer::{Peers, raise_descriptor_limit};
pub use station::Station;
