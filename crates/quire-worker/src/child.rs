//! The child side: what the hidden subcommand `worker` runs, from the first line of `main` to the exit.
//!
//! Entered before any runtime starts. Standard input is the channel. May touch `documents`; nothing else in this
//! room may.

mod budget;
mod harden;
mod inbox;
mod meter;
mod panics;
mod perform;
mod reader;
mod serve;
mod wire;

use std::io;
use std::process::ExitCode;

use super::codec::FrameError;
use quire_base::safeguards::SafeguardError;

/// The status of a worker that could not even begin, or whose parent spoke nonsense.
pub const EXIT_NOT_SERVING: u8 = 70;

/// Why a worker process ends otherwise than by its parent closing the channel.
#[derive(Debug, thiserror::Error)]
enum ChildError {
    #[error("standard input is not the channel of a parent; `worker` is started by the server, not by hand")]
    NoChannel,
    #[error("the parent is gone")]
    Orphaned,
    #[error("the parent speaks protocol version {0}")]
    Version(u32),
    #[error("the parent sent what no parent sends: {0}")]
    Parent(&'static str),
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error(transparent)]
    Safeguards(#[from] SafeguardError),
    #[error("{0}: {1}")]
    System(&'static str, io::Error),
}

/// Serves jobs until the parent closes the channel.
pub fn main() -> ExitCode {
    match harden::enter() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker: {error}");
            ExitCode::from(EXIT_NOT_SERVING)
        }
    }
}
