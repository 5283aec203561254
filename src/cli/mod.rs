//! The commands. Each runs the same engine.
//!
//! May import everything but `app`.

use std::process::ExitCode;

pub mod args;
pub mod bench;
pub mod demo;
pub mod doctor;
pub mod fsck;
pub mod keys;
pub mod remote;
pub mod run;
mod sandbox;
pub mod serve;
pub mod submit;
pub mod torture;
pub mod watch;

/// Exit status of a command; the numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandExit {
    /// Everything went well.
    Fine,
    /// No document could be processed.
    None,
    /// A check found what must not be.
    Unsound,
    /// A measurement missed its aim.
    Missed,
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
            CommandExit::None | CommandExit::Unsound | CommandExit::Missed => 1,
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
