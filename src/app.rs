//! The composition root: arguments, settings, logs, then the command that was given.

use std::process::ExitCode;

use clap::Parser;

use crate::cli::args::{Args, Command};
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
    let done = match args.command() {
        Command::Serve(serve) => cli::serve::serve(serve),
        Command::Run(run) => cli::run::run(run),
        Command::Demo(demo) => cli::demo::demo(demo),
        Command::Submit(submit) => cli::submit::submit(submit),
        Command::Watch(watch) => cli::watch::watch(watch),
        Command::Bench(bench) => cli::bench::bench(bench),
        Command::Fsck(fsck) => cli::fsck::fsck(&fsck),
        Command::Keys(keys) => cli::keys::keys(keys),
        Command::Torture(torture) => cli::torture::torture(torture),
        Command::Doctor(doctor) => cli::doctor::doctor(doctor),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("quire: {error:#}");
            CommandExit::Usage.into()
        }
    }
}
