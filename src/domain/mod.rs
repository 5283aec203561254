//! What Quire knows to be true, without a clock, a disk or an actor.
//!
//! Pure state machines and the words of the trade. This room imports nobody: std, `serde`,
//! `thiserror` and the `Uuid` type only. Time, randomness and limits come in as arguments.
//!
//! Read in this order: [`ids`], [`failure`], [`item`], [`batch`], [`event`], [`schedule`].

// A new state or event must be met by every rule, not swallowed by a `_`.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod batch;
pub mod counts;
pub mod event;
pub mod failure;
pub mod ids;
pub mod item;
pub mod operation;
pub mod retry;
pub mod schedule;
pub mod stage;
pub mod waiting;
pub mod webhook;

#[cfg(test)]
mod tests;
