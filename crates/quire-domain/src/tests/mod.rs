//! The laws of the module, as sentences.
//!
//! [`world`] steps a batch and its items together, as the engine does; [`reachable`] walks every
//! state a small batch can get into. The other files hold the laws.
//! `docs/STATES.md` is rendered from the machines by [`states_doc`].

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod api_doc;
mod arbitrary;
mod batch_laws;
mod blessed;
mod budget;
mod doc_batches;
mod doc_items;
mod doc_words;
mod fences;
mod item_laws;
mod live;
mod liveness;
mod outcomes;
mod progress;
mod reachable;
mod schedule;
mod states_doc;
mod waiting;
mod webhooks;
mod words;
mod world;
