//! The base that several crates need and no crate owns: the clock and the dice, failpoints, safeguards.

pub mod clock;
pub mod failpoints;
pub mod safeguards;
