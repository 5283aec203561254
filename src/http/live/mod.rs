//! Live delivery over HTTP: one log, four ways to follow it. A `seq` from one of them is valid in the others.
//!
//! Read in this order: [`session`] (a WebSocket), [`registry`] (all of one thread), [`ws`] (how one is opened), then the
//! twins [`stream`] and [`poll`], and [`durable`], which reads as a poll does and speaks the words of another protocol.

pub(super) mod durable;
mod frame_guard;
mod frames;
mod log_reader;
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
