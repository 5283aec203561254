//! The composition root: arguments, settings, logs, then the command that was given.

use std::process::ExitCode;

use clap::Parser;

use crate::cli::args::Args;
use crate::cli::{self, CommandExit};

/// The whole program, but for worker processes.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors; a pipe that is closed has no reader to tell.
            let _ = error.print();
            return if error.use_stderr() { CommandExit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    match cli::dispatch(args.command()) {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("quire: {error:#}");
            CommandExit::Usage.into()
        }
    }
}
