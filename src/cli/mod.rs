//! The commands. Each is the same engine with another face.
//!
//! May import everything but `app`.

use std::process::ExitCode;

pub mod args;
pub mod bench;
pub mod demo;
pub mod run;
pub mod serve;

/// How a command ends; the numbers are part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything went well.
    Fine,
    /// No document could be processed.
    None,
    /// The command line or the settings are wrong, or nothing could be started.
    Usage,
    /// Some documents failed.
    Partial,
    /// Stopped by Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Fine => 0,
            Exit::None => 1,
            Exit::Usage => 2,
            Exit::Partial => 3,
            Exit::Interrupted => 130,
        })
    }
}
