//! The commands. Each runs the same engine.
//!
//! May import everything but `app`.

use std::process::ExitCode;

use self::args::Command;

pub mod args;
pub mod bench;
mod browser;
pub mod demo;
pub mod doctor;
pub mod fsck;
pub mod keys;
pub mod remote;
pub mod run;
mod sandbox;
pub mod serve;
pub mod submit;
pub mod watch;

/// Runs the command that was given.
///
/// # Errors
/// Its own, in one line for a person.
pub fn dispatch(command: Command) -> anyhow::Result<CommandExit> {
    match command {
        Command::Serve(args) => serve::serve(args),
        Command::Run(args) => run::run(args),
        Command::Demo(args) => demo::demo(args),
        Command::Submit(args) => submit::submit(args),
        Command::Watch(args) => watch::watch(args),
        Command::Bench(args) => bench::bench(args),
        Command::Fsck(args) => fsck::fsck(&args),
        Command::Keys(args) => keys::keys(args),
        Command::Doctor(args) => doctor::doctor(args),
    }
}

/// Exit status of a command; the numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandExit {
    /// Everything went well.
    Fine,
    /// No document could be processed.
    NoneSucceeded,
    /// A check found what must not be.
    Unsound,
    /// The command line or the settings are wrong, or nothing could be started.
    Usage,
    /// Some documents failed.
    Partial,
    /// The server cannot go on by itself and wants to be started anew.
    Fault,
    /// Stopped by Ctrl-C.
    Interrupted,
}

impl CommandExit {
    pub fn code(self) -> u8 {
        match self {
            CommandExit::Fine => 0,
            CommandExit::NoneSucceeded | CommandExit::Unsound => 1,
            CommandExit::Usage => 2,
            CommandExit::Partial => 3,
            CommandExit::Fault => 70,
            CommandExit::Interrupted => 130,
        }
    }
}

impl From<CommandExit> for ExitCode {
    fn from(exit: CommandExit) -> Self {
        ExitCode::from(exit.code())
    }
}
