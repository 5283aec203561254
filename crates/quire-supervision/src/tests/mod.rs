//! One file for each promise of the module. Every test panics, floods or stalls for real, and waits on conditions.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod backoff;
mod escalation;
mod health;
mod mailbox;
mod panics;
mod probe;
mod rest;
mod restart;
mod shutdown;
mod timers;
