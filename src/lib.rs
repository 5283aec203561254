//! Quire: heaps of documents, each processed in a sandboxed worker process under a supervision tree.
//!
//! Below this crate, each on its own and in reading order: `quire_domain` (machines and values), `quire_base` (clock,
//! failpoints), `quire_supervision`, `quire_documents`, `quire_worker`, `quire_store`. Above it stands `quire_lab`, which
//! tries it. The modules here, arrows of import pointing from the bottom of this list to the top:

pub mod commands;
pub mod config;
pub mod doctor;
pub mod telemetry;
pub mod webhook;

pub mod actors;

pub mod cli;
pub mod http;

pub mod app;
