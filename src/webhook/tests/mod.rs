//! The laws of the module, as sentences. [`egress`] really connects, to addresses of this machine.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answer;
mod egress;
mod networks;
mod payload;
mod signature;
