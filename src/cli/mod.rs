//! The commands. Each is the same engine with another face.
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

/// How a command ends; the numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
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

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::None | Exit::Unsound | Exit::Missed => 1,
            Exit::Usage => 2,
            Exit::Partial => 3,
            Exit::Fault => 70,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}
