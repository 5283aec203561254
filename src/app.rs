//! The composition root: arguments, settings, logs, then the command that was given.

use std::process::ExitCode;

use clap::Parser;

use crate::cli::args::Args;
use crate::cli::{self, CommandExit};

/// The whole program, but for worker processes.
pub fn main() -> ExitCode {
    run(|args: Args| cli::dispatch(args.command()))
}

/// A program that has commands of its own beside these.
pub fn run<A: Parser>(dispatch: impl FnOnce(A) -> anyhow::Result<CommandExit>) -> ExitCode {
    let args = match A::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors; a pipe that is closed has no reader to tell.
            let _ = error.print();
            return if error.use_stderr() { CommandExit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    match dispatch(args) {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("quire: {error:#}");
            CommandExit::Usage.into()
        }
    }
}
