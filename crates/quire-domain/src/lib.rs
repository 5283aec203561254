//! The rules of Quire, without a clock, a disk or an actor.
//!
//! Pure state machines and the words of the trade. This crate depends on none of ours: std, `serde`, `schemars` (what goes
//! over the wire has a schema), `thiserror` and the `Uuid` type only. Time, randomness and limits come in as arguments.
//!
//! Read in this order: [`ids`], [`failure`], [`item`], [`batch`], [`event`], [`frames`], [`delivery`], [`schedule`].

// A new state or event must be met by every rule, not swallowed by a `_`.
#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod access;
pub mod api_key;
pub mod audit;
pub mod batch;
mod closed_list;
pub mod counts;
pub mod delivery;
pub mod event;
pub mod failure;
pub mod history;
pub mod ids;
pub mod item;
pub mod live_frames;
pub mod operation;
pub mod progress;
pub mod retry;
pub mod schedule;
mod settings;
pub mod stage;
pub mod waiting;
pub mod webhook;

#[cfg(test)]
mod tests;
