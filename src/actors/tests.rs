//! The actors put together, in a world of virtual time.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod scheduler;
mod simulation;
