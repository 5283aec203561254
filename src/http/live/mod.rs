//! Live delivery over HTTP: one log, three ways to follow it. A `seq` from one of them is valid in the others.
//!
//! Read in this order: [`session`] (a WebSocket), [`registry`] (all of one thread), [`ws`] (how one is opened), then the
//! twins [`stream`] and [`poll`].

mod frame_guard;
mod frames;
mod peer;
pub(super) mod poll;
mod query;
mod refused;
mod registry;
mod session;
pub(super) mod stream;
pub(super) mod tickets;
pub(super) mod ws;

pub(super) use peer::SocketHandles;
pub use peer::raise_descriptor_limit;
pub(super) use registry::SessionRegistry;
