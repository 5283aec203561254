//! Quire: heaps of documents, each processed in a sandboxed worker process under a supervision tree.
//!
//! The modules in reading order; arrows of import point from the bottom of this list to the top.

pub mod domain;

pub mod clock;
pub mod failpoints;
pub mod safeguards;

pub mod documents;
pub mod store;
pub mod supervision;
pub mod webhook;
pub mod worker;

pub mod commands;
pub mod config;
pub mod telemetry;

pub mod actors;

pub mod cli;
pub mod http;

pub mod app;
