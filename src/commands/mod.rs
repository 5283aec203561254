//! Commands: what is done to the store, one use case a function. The only module that writes.
//!
//! Each is a function of [`Transaction`](quire_store::Transaction) and runs inside a commit, where the machines of
//! [`quire_domain`] decide on the rows as they are (ADR 1). **Each may be run again**, so it keeps what it was given.
//! Whoever calls one gives it to the writer; see [`quire_store::write`].
//!
//! Read in this order: [`submit`], [`tick`] (everything a batch does to its items in one write), [`item_steps`] (the one
//! way an item changes), [`report`], [`recover`], [`control`], then [`webhooks`], [`deliveries`], [`keys`], [`audit`], [`files`],
//! [`uploads`].

pub mod audit;
pub mod control;
pub mod deliveries;
pub mod files;
mod item_steps;
pub mod keys;
pub mod recover;
pub mod report;
pub mod run_inputs;
pub mod submit;
pub mod tick;
pub mod uploads;
pub mod webhooks;

#[cfg(test)]
pub(crate) mod tests;
